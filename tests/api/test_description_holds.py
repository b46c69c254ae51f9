"""Whatever is sent, every answer is one the description names, in the form it names, and none is a failure of ours."""

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.given import application, firm, new_key
from tongban.api import urls
from tongban.config.wsgi import application as house

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
schema = schemathesis.openapi.from_dict(msgspec.json.decode(urls.written())).exclude(path="/api/v1/health")
schema.app = house
tries = settings(max_examples=40, deadline=None, derandomize=True, database=None,
                 phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))


@pytest.fixture
def known(food):
    """A person with a firm, a case, and a file: values with which an address leads somewhere."""
    _, uscc, program = firm()
    body = application(food, uscc, program)
    receipt = program.apply(body).json
    return {"token": {"Authorization": f"Bearer {program.token}"}, "body": body, "receipt": receipt,
            "codes": {"items": food.code, "authorities": food.authority, "cases": receipt["number"]}}


@schema.parametrize()
@tries
def test_without_a_token(case, db):
    _check(case, {})


@schema.parametrize()
@tries
def test_with_a_token_and_addresses_that_lead_somewhere(case, known):
    for name in case.path_parameters or {}:
        case.path_parameters[name] = known["codes"].get(case.path.split("/")[3], case.path_parameters[name])
    _check(case, known["token"])


@schema.include(path="/api/v1/cases", method="POST").parametrize()
@tries
def test_with_a_complete_application_spoilt_in_one_place(case, known):
    if isinstance(case.body, dict):
        whole = known["body"]
        name = sorted(whole)[len(repr(case.body)) % len(whole)]
        case.body = {**whole, name: case.body.get(name, whole[name])}
    _check(case, {**known["token"], "Idempotency-Key": new_key()})


def _check(case, headers):
    response = case.call(headers=headers)
    case.validate_response(response, checks=CHECKS)
