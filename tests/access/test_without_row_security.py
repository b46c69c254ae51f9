"""With row security passed by (the worker's login sees every row): the checks in Python alone keep strangers away."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.access.world import World
from tests.requirements import requirement
from tongban.cases.access import case_by_rule, case_for_update, case_to_read, draft_for_update, draft_to_read
from tongban.cases.errors import RightMissing
from tongban.cases.types import Right
from tongban.identity.types import ActorKind
from tongban.kernel import database
from tongban.kernel.errors import NotFound, NotPermitted
from tongban.reviews.access import rectification_for_update
from tongban.reviews.types import Duty
from tongban.supervision.access import signal_of_unit

pytestmark = pytest.mark.xdist_group("access")
STRANGERS = ("other", "elsewhere", "expired")
ALLOWED = {
    Right.READ: {"owner", "agent", "daughter", "preparer", "reception", "review", "decision", "supervisor"},
    Right.APPLY: {"owner", "agent", "daughter"},
    Right.ACCEPT: {"reception", "review"},
    Right.EXAMINE: {"review", "decision"},
    Right.DECIDE: {"decision"},
    Right.VOID: {"supervisor"},
    Right.ALLOW: {"supervisor"},
}


@pytest.fixture(autouse=True)
def in_a_transaction(db: None) -> Iterator[None]:
    """Locks need one; nothing is kept."""
    with database.atomic():
        yield
        transaction.set_rollback(True, using=database.alias())


@requirement("SEC-06")
@pytest.mark.parametrize("right", Right)
def test_each_right_to_a_case_belongs_to_its_posts_only(db, world: World, right):
    for name, actor in world.people.items():
        if name in ALLOWED[right]:
            assert case_for_update(actor, world.things["received"], right).number == world.things["received"]
        else:
            with pytest.raises(NotFound if name in STRANGERS else RightMissing):
                case_for_update(actor, world.things["received"], right)


@requirement("SEC-06")
@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_is_told_that_nothing_is_there(db, world: World, name):
    actor = world.people[name]
    with pytest.raises(NotFound) as hidden:
        case_to_read(actor, world.things["received"])
    with pytest.raises(NotFound) as missing:
        case_to_read(actor, "11610117MB9A0001464000131022001202603029999")
    assert type(hidden.value) is type(missing.value)
    assert hidden.value.facts == missing.value.facts


@pytest.mark.parametrize("name", ["other", "reception", "elsewhere", "supervisor", "expired"])
def test_a_draft_is_its_owners_alone(db, world: World, name):
    for fetch in (draft_to_read, draft_for_update):
        assert fetch(world.people["agent"], world.things["draft"]).applicant == world.firm
        with pytest.raises(NotFound):
            fetch(world.people[name], world.things["draft"])


def test_nobody_passes_for_the_machine(db, world: World):
    for actor in world.people.values():
        with pytest.raises(RightMissing):
            case_by_rule(actor, world.things["received"])


@pytest.mark.parametrize("name", ["owner", "other", "reception", "review", "elsewhere", "editor"])
def test_a_rectification_is_assigned_by_its_authority_alone(db, world: World, name):
    with pytest.raises((NotFound, NotPermitted)):
        rectification_for_update(world.people[name], world.things["rectification"], Duty.ASSIGN)


@pytest.mark.parametrize("name", ["owner", "other", "elsewhere"])
def test_a_signal_is_explained_by_its_authority_alone(db, world: World, name):
    assert world.people[name].kind is (ActorKind.OFFICER if name == "elsewhere" else ActorKind.CITIZEN)
    with pytest.raises((NotFound, NotPermitted)):
        signal_of_unit(world.people[name], world.things["signal"])
