"""Only a supervisor voids, only what is accepted and undecided, only with a reason (CASE-12)."""

import pytest

from tests import journeys
from tests.cases.given import REASON, accepted, decided, examined, problems_of, received, refused, suspended
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.errors import Incomplete, MoveNotAllowed, RightMissing
from tongban.cases.queries import steps_of
from tongban.cases.rules import commitment
from tongban.cases.types import State
from tongban.kernel import database


@requirement("CASE-12")
@pytest.mark.parametrize("bring", [accepted, examined])
def test_a_supervisor_voids_an_accepted_case(db, bring):
    matter = bring()
    matter.by("supervisor", cases.void_case, reason=f" {REASON} ")
    assert matter.state is State.VOID
    assert matter.row.completed_at is not None
    assert journeys.open_verbs(matter.number) == set()
    step = next(each for each in steps_of(matter.row.id) if each.verb == "void")
    assert (step.opinion, step.done_by) == (REASON, matter.staff.supervisor.account)
    salt, = database.row("select salt from cases_task where case_id = %s and verb = 'void'", [matter.row.id])
    event = matter.events[-1]
    assert event.name == "CaseVoided"
    assert event.payload == {"reason_hash": commitment(salt, REASON)}


@requirement("CASE-12")
def test_nobody_else_voids(db):
    matter = examined()
    for who in ("person", "clerk", "reviewer", "decider"):
        refused(RightMissing, matter.actor(who), cases.void_case, number=matter.number, reason=REASON)


@requirement("CASE-12")
@pytest.mark.parametrize("bring", [received, suspended, decided])
def test_a_case_that_is_not_under_way_is_not_voided(db, bring):
    matter = bring()
    refused(MoveNotAllowed, matter.staff.supervisor, cases.void_case, number=matter.number, reason=REASON)


def test_without_a_reason_it_is_refused(db):
    matter = accepted()
    error = refused(Incomplete, matter.staff.supervisor, cases.void_case, number=matter.number, reason="错了")
    assert problems_of(error) == {"reason_missing"}
