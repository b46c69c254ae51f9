"""The legal limit is extended once, within what the law allows; the promise stays (LAL art. 42; TIM-05, TIM-R3)."""

from datetime import datetime

import pytest

from tests.cases.given import (
    FIVE_DAYS,
    REASON,
    accepted,
    asked_to_correct,
    decided,
    problems_of,
    received,
    refused,
    shanghai,
    suspended,
)
from tests.requirements import requirement
from tongban.calendars.errors import AlreadyExtended, ExtensionTooLate
from tongban.cases import actions as cases
from tongban.cases.errors import ExtensionNotCounted, Incomplete, MoveNotAllowed
from tongban.cases.queries import steps_of
from tongban.cases.rules import commitment
from tongban.kernel import database, parameters
from tongban.kernel.clock import today


def extend(matter, days=10):
    matter.by("decider", cases.extend_case, days=days, reason=REASON)


@requirement("TIM-05", "TIM-R3")
def test_ten_working_days_lengthen_the_law_and_not_the_promise(db):
    matter = accepted()
    extend(matter)
    assert matter.row.statutory_due_at == shanghai(4, 15)
    assert matter.row.promised_due_at == shanghai(3, 17)
    assert matter.row.extension_days == 10


@requirement("TIM-R3")
def test_a_promise_as_long_as_the_law_does_not_grow_with_it(db):
    matter = accepted(FIVE_DAYS)
    extend(matter, 3)
    assert matter.row.statutory_due_at == shanghai(3, 13)
    assert matter.row.promised_due_at == shanghai(3, 10)


@requirement("TIM-05")
def test_no_more_is_given_than_the_law_allows(db):
    matter = accepted()
    longest = parameters.value("cases.extension_days", today())
    extend(matter, 30)
    assert matter.row.extension_days == longest == 10
    assert matter.events[-1].payload["days"] == 10
    assert matter.row.statutory_due_at == shanghai(4, 15)


@requirement("TIM-R3")
def test_a_second_extension_is_refused(db):
    matter = accepted()
    extend(matter, 1)
    refused(AlreadyExtended, matter.staff.decider, cases.extend_case, number=matter.number, days=1, reason=REASON)


@requirement("TIM-R3")
def test_it_is_refused_once_the_limit_has_ended(db, at):
    matter = accepted(FIVE_DAYS)
    at(shanghai(3, 10))
    refused(ExtensionTooLate, matter.staff.decider, cases.extend_case, number=matter.number, days=1, reason=REASON)
    at(shanghai(3, 9, 23, 59, 59))
    extend(matter, 1)
    assert matter.row.statutory_due_at == shanghai(3, 11)


@pytest.mark.parametrize("days", [0, -3])
def test_it_lasts_at_least_a_day(db, days):
    matter = accepted()
    refused(ExtensionNotCounted, matter.staff.decider, cases.extend_case, number=matter.number, days=days,
            reason=REASON)


@requirement("TIM-R3")
def test_it_may_be_given_while_the_clock_stands_and_both_count(db, at):
    matter = suspended(FIVE_DAYS)
    extend(matter, 2)
    at(shanghai(3, 4, 12))
    matter.by("reviewer", cases.resume_case)
    assert matter.row.statutory_due_at == shanghai(3, 14)
    assert matter.row.promised_due_at == shanghai(3, 12)


@requirement("TIM-05")
def test_the_reason_is_kept_among_the_steps_and_the_record_has_its_hash(db):
    matter = accepted()
    extend(matter, 4)
    step = next(each for each in steps_of(matter.row.id) if each.verb == "extend")
    assert (step.opinion, step.done_by) == (REASON, matter.staff.decider.account)
    salt, = database.row("select salt from cases_task where case_id = %s and verb = 'extend'", [matter.row.id])
    event = matter.events[-1]
    assert event.name == "CaseExtended"
    assert event.payload["reason_hash"] == commitment(salt, REASON)
    assert datetime.fromisoformat(event.payload["statutory_due_at"]) == matter.row.statutory_due_at


@requirement("TIM-05")
def test_without_a_reason_it_is_refused(db):
    matter = accepted()
    error = refused(Incomplete, matter.staff.decider, cases.extend_case, number=matter.number, days=5, reason=" ")
    assert problems_of(error) == {"reason_missing"}


def test_it_needs_a_clock_that_runs(db):
    for matter in (received(), asked_to_correct(), decided()):
        error = refused(MoveNotAllowed, matter.staff.decider, cases.extend_case, number=matter.number, days=5,
                        reason=REASON)
        assert error.facts == MoveNotAllowed(state=matter.row.state, act="extended").facts


def test_it_leaves_the_state_and_the_applicants_term_alone(db):
    matter = asked_to_correct(after_acceptance=True)
    term = matter.row.correction_due_at
    extend(matter)
    assert (matter.row.state, matter.row.next_due_at) == ("SUPPLEMENT_AFTER", term)
