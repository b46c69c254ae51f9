"""The applicant takes an application back until it is decided (CASE-24)."""

from functools import partial

import pytest

from tests import journeys
from tests.cases.given import accepted, asked_to_correct, decided, examined, received, refused, suspended
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.errors import CaseNotFound, MoveNotAllowed, RightMissing
from tongban.cases.tasks import act_on_due
from tongban.cases.types import State


@requirement("CASE-24")
@pytest.mark.parametrize("bring", [received, asked_to_correct, accepted, examined,
                                   partial(asked_to_correct, after_acceptance=True)])
def test_an_open_application_can_be_taken_back(db, bring):
    matter = bring()
    matter.by("person", cases.withdraw_case)
    assert matter.state is State.WITHDRAWN
    assert matter.happened[-1] == "CaseWithdrawn"
    assert journeys.open_verbs(matter.number) == set()
    assert matter.row.next_due_at is None


@requirement("CASE-24")
@pytest.mark.parametrize("bring", [decided, suspended])
def test_a_decided_or_suspended_one_cannot(db, bring):
    matter = bring()
    error = refused(MoveNotAllowed, matter.person, cases.withdraw_case, number=matter.number)
    assert error.facts == MoveNotAllowed(state=matter.row.state, act="withdrawn").facts


def test_nobody_else_takes_it_back(db):
    matter = received()
    refused(CaseNotFound, journeys.citizen(), cases.withdraw_case, number=matter.number)
    for who in ("clerk", "decider", "supervisor"):
        refused(RightMissing, matter.actor(who), cases.withdraw_case, number=matter.number)


def test_time_brings_nothing_more_to_it(db, at):
    matter = asked_to_correct()
    matter.by("person", cases.withdraw_case)
    at(matter.row.correction_due_at)
    act_on_due()
    assert matter.state is State.WITHDRAWN
    assert not cases.close_unanswered(journeys.TESTER, number=matter.number)
