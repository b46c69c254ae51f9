"""Who may call what: every route, asked as every actor, answers as the reviewed table `matrix.yaml` says."""

import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.http import HttpResponse
from structlog.testing import capture_logs

from tests.access.asking import UNKNOWN, ask, comparable, outcome
from tests.access.routes import routes
from tests.access.world import ACTORS, STRANGERS, TOKENS, World
from tests.requirements import requirement
from tongban.kernel.types import Audience
from tongban.web.gate import Gate

pytestmark = pytest.mark.xdist_group("access")
TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("matrix.yaml").read_text())
PROFILES: dict[str, list[str]] = TABLE["profiles"]
ROWS: dict[str, dict[str, Any]] = TABLE["routes"]
CELLS = [(name, method) for name, row in ROWS.items() for method in ("GET", "POST") if method in row]
IDENTIFYING = {"number", "key", "token", "code", "material"}
WRITING = {"portal:case": {"cases_case", "kernel_event"}, "portal:inbox": {"messages_message", "kernel_event"},
           "counter:file": {"kernel_disclosure", "documents_document", "kernel_event"},
           **{name: {"kernel_disclosure"} for name in ("counter:case", "oversight:case", "oversight:account_pair")}}
"""What looking writes: that a decision reached whom it is for, that messages were read, that an officer read of a person, what
the gate found in a file that nobody inside had opened yet.
A session also keeps when it was last seen. What another node sends a browser back with is no part of this table."""
STAFF_RATING = ("portal:review", "refused")
FINDING = [(name, method) for name, method in CELLS if IDENTIFYING & set(ROWS[name].get("with") or {})]


def expected(name: str, method: str) -> dict[str, str]:
    """What the table says, by actor."""
    return dict(zip(ACTORS, PROFILES[ROWS[name][method]], strict=True))


def filled(world: World, written: dict[str, Any] | None) -> dict[str, Any]:
    """Things of the town by name, anything else as it stands."""
    return {name: world.things.get(value, value) for name, value in (written or {}).items()}


def asked(world: World, name: str, method: str, actor: str, values: dict[str, Any],
          changed: set[str] | None = None) -> HttpResponse:
    """The answer of a row to an actor."""
    query = ROWS[name].get("query", "").format_map(world.things) if method == "GET" else ""
    return ask(world, routes()[name], actor, method, values, filled(world, ROWS[name].get("body")), query, changed)


def kept_out(world: World, name: str, found: dict[str, str]) -> list[tuple[int, str]]:
    """Who must leave a line: accounts that are let into no such route, or not to this thing where not everybody is."""
    hiding = routes()[name].view.gate.audience is not Audience.PUBLIC
    return [(world.people[TOKENS.get(actor, actor)].account, name) for actor, told in found.items()
            if actor != "anonymous" and (told == "denied" or (told == "hidden" and hiding) or (name, told) == STAFF_RATING)]


def noted(said: list[Any]) -> list[tuple[int, str]]:
    return [(line["account"], line["route"]) for line in said if line["event"] == "access_refused"]


@requirement("SEC-06")
def test_every_route_stands_in_the_table_and_no_other():
    assert set(routes()) - set(ROWS) == set(), "routes nobody reviewed"
    assert set(ROWS) - set(routes()) == set(), "routes that are gone"


def test_every_route_says_at_its_gate_who_may_call_it():
    assert [name for name, route in routes().items() if not isinstance(getattr(route.view, "gate", None), Gate)] == []


def test_every_acting_route_is_also_asked_to_act():
    for name, route in routes().items():
        method = getattr(route.view, "method", "")
        acts = method == "POST" if name.startswith("api:") else "request.method" in inspect.getsource(
            inspect.unwrap(route.view))
        assert not acts or "POST" in ROWS.get(name, {}), f"{name} acts, but the table does not say for whom"


def test_every_profile_is_used_and_names_every_actor():
    assert TABLE["actors"] == list(ACTORS)
    assert {row[method] for row in ROWS.values() for method in ("GET", "POST") if method in row} == set(PROFILES)
    assert {name for name, outcomes in PROFILES.items() if len(outcomes) != len(ACTORS)} == set()


@requirement("SEC-06")
@pytest.mark.parametrize(("name", "method"), CELLS, ids=[f"{method} {name}" for name, method in CELLS])
def test_a_route_answers_each_actor_as_the_table_says(db: None, world: World, name: str, method: str) -> None:
    values = filled(world, ROWS[name].get("with"))
    changed: set[str] | None = set() if method == "GET" else None
    with capture_logs() as said:
        found = {actor: outcome(asked(world, name, method, actor, values, changed)) for actor in ACTORS}
    assert found == expected(name, method)
    assert noted(said) == kept_out(world, name, found), "whoever is kept out leaves a line, and nobody else"
    assert (changed or set()) - {"identity_session"} == (WRITING.get(name, set()) if method == "GET" else set()), "to look changes nothing"


@requirement("SEC-06")
@pytest.mark.parametrize(("name", "method"), FINDING, ids=[f"{method} {name}" for name, method in FINDING])
def test_a_stranger_cannot_tell_what_is_hidden_from_what_does_not_exist(db, world, name, method):
    told, values = expected(name, method), filled(world, ROWS[name]["with"])
    unknown = {key: 999_999_999 if isinstance(value, int) else UNKNOWN.get(key, value) for key, value in values.items()}
    for actor in STRANGERS:
        if told[actor] in ("hidden", "denied", "sign_in"):
            there, nowhere = (asked(world, name, method, actor, each) for each in (values, unknown))
            route = routes()[name]
            assert comparable(there, route.at(values), values) == comparable(nowhere, route.at(unknown), unknown), actor
