"""Whoever is kept from a route or from what is not theirs leaves a line; whoever is not known, or is let in, leaves none."""

import json

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.access.asking import ask
from tests.access.routes import routes
from tongban.kernel import parameters

pytestmark = pytest.mark.xdist_group("access")


def counted(kind):
    return REGISTRY.get_sample_value("tongban_access_refused_total", {"kind": kind}) or 0


@pytest.mark.parametrize(("actor", "name", "things", "code"), [
    ("other", "portal:case", {"number": "finished"}, "case_not_found"), ("other", "counter:queue", {}, "not_permitted"),
    ("elsewhere", "counter:case", {"number": "received"}, "case_not_found"), ("editor", "oversight:cases", {}, "not_permitted"),
    ("other_token", "api:case", {"number": "received"}, "case_not_found")])
def test_the_line_says_who_where_and_why_and_never_what_was_asked_for(db, world, capsys, actor, name, things, code):
    person = world.people[{"other_token": "other"}.get(actor, actor)]
    before = counted(person.kind)
    answer = ask(world, routes()[name], actor, "GET", {key: world.things[thing] for key, thing in things.items()})
    assert answer.status_code in (403, 404)
    (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines() if "access_refused" in each]
    assert (line["account"], line["route"], line["method"], line["code"]) == (person.account, name, "GET", code)
    assert line["timestamp"] and line["level"] == "warning" and line["role"] == person.role
    assert not any(world.things[thing] in str(line) for thing in things.values())
    assert counted(person.kind) - before == 1


@pytest.mark.parametrize(("actor", "name", "value"), [
    ("anonymous", "portal:case", "finished"), ("anonymous", "api:case", "received"), ("owner", "portal:case", "finished"),
    ("other", "portal:guide", "nothing"), ("owner", "portal:verify", "nothing")])
def test_nobody_unknown_nobody_let_in_and_nothing_public_leaves_a_line(db, world, actor, name, value):
    route = routes()[name]
    with capture_logs() as said:
        ask(world, route, actor, "GET", {route.parameters[0]: world.things.get(value, value)})
    assert [line for line in said if line["event"] == "access_refused"] == []


def test_who_is_asked_to_prove_it_first_was_not_kept_out(db, world, monkeypatch):
    known = parameters.value
    monkeypatch.setattr(parameters, "value", lambda name, on: -1 if name.startswith("identity.fresh_seconds") else known(name, on))
    with capture_logs() as said:
        assert ask(world, routes()["portal:security"], "owner", "POST", {}, {"password-present": "x"}).status_code == 403
    assert [line for line in said if line["event"] == "access_refused"] == []
