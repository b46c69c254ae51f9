"""Entering licences that existed before: recorded once, signed, and without a word of what they say in the record."""

import json
from datetime import date

import msgspec

from tests.licences.conftest import TESTER
from tongban.kernel import database, events
from tongban.licences import actions, queries
from tongban.licences.events import LicenceTypePublished
from tongban.licences.types import LicenceState, TrustLevel


def entries(code: str) -> list[tuple[object, ...]]:
    found = database.rows("select name, party, payload::text from kernel_event where subject = %s order by id",
                         [f"licence:{code}"])
    return [(first, second, json.loads(payload)) for first, second, payload in found]


def enter(given, kind: str, **dates: date) -> str:
    return actions.register_licence(TESTER, type_code=kind, holder=given.firm, fields={"name": "某某示例"},
                                    number="旧字第7号", trust=TrustLevel.B, **dates)


def test_entering_a_licence_is_recorded_once_and_the_licence_is_in_force(given, publish):
    kind = publish()
    code = enter(given, kind, valid_from=date(2026, 1, 1))
    assert enter(given, kind, valid_from=date(2026, 1, 1)) == code
    found = queries.licence(code)
    (name, party, payload), = entries(code)
    assert (name, party) == ("LicenceRegistered", given.firm)
    assert payload == {"identifier": found.identifier, "code": code, "type_code": kind, "trust": "B",
                       "payload_sha256": database.row(
                           "select encode(sha256(payload), 'hex') from licences_verifiable where code = %s", [code])[0]}
    assert "示例" not in str(payload) and "旧字" not in str(payload)
    assert (found.state, found.number) == (LicenceState.ISSUED, "旧字第7号")


def test_a_type_is_announced_once_a_version_and_one_that_says_the_same_stays(publish):
    code = publish()
    definition = queries.licence_type(code).definition
    assert actions.publish_licence_type(TESTER, definition=definition) == 1
    assert actions.publish_licence_type(TESTER, definition=msgspec.structs.replace(definition, validity_years=3)) == 2
    found = events.of_subject(f"licence-type:{code}")
    assert [(each.name, each.payload) for each in found] == [
        (LicenceTypePublished.__name__, {"code": code, "licence_version": version}) for version in (1, 2)]
    assert queries.licence_type(code).definition.validity_years == 3


def test_one_that_has_run_out_is_entered_as_expired(given, publish):
    code = enter(given, publish(), valid_from=date(2020, 1, 1), valid_to=date(2025, 1, 1))
    assert entries(code)[0][0] == "LicenceRegistered" and len(entries(code)) == 2
    assert queries.licence(code).state is LicenceState.EXPIRED
