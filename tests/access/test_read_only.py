"""While the house is for reading only, no route changes a matter, whoever asks."""

import pytest

from tests.access.asking import ask
from tests.access.routes import routes
from tests.access.test_matrix import CELLS, ROWS, filled
from tests.access.world import ACTORS
from tongban.kernel import events, modes
from tongban.kernel.modes import Mode
from tongban.kernel.types import System, Text

pytestmark = pytest.mark.xdist_group("access")
GUARD = {"portal:csp_reports", "portal:sign_in", "portal:passkey", "portal:prove", "portal:sign_out", "portal:oidc_logout",
         "portal:ended_there", "portal:status", "counter:sign_out", "counter:applicant", "oversight:sign_out"}
"""What may be posted in every mode: it looks up or signs in and out, and changes no matter."""


@pytest.fixture
def read_only(db):
    who = System(name="operator")
    modes.change(who, mode=Mode.READ_ONLY, reason=Text(zh="升级"))
    yield
    modes.change(who, mode=Mode.NORMAL)


@pytest.fixture
def refused_writes(monkeypatch):
    """Events that a request tried to write."""
    tried, write = [], events.record_all
    monkeypatch.setattr(events, "record_all", lambda who, entries: (
        tried.extend(type(each.happened).__name__ for each in entries), write(who, entries)))
    return tried


def test_only_the_guards_own_posts_work_in_every_mode():
    assert {name for name, route in routes().items() if route.view.gate.always} == GUARD


@pytest.mark.parametrize(("name", "method"), CELLS, ids=[f"{method} {name}" for name, method in CELLS])
def test_no_route_changes_a_matter(read_only, world, refused_writes, name, method):
    values = filled(world, ROWS[name].get("with"))
    query = ROWS[name].get("query", "").format_map(world.things) if method == "GET" else ""
    for actor in ACTORS:
        status = ask(world, routes()[name], actor, method, values, filled(world, ROWS[name].get("body")),
                     query).status_code
        if method == "POST" and name not in GUARD:
            assert status in (401, 403, 503), (actor, status)
    assert set(refused_writes) <= {"SignedIn", "SignedOut", "SignInFailed", "LookUpFailed", "ProofFailed"}
