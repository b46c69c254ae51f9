"""Acceptance starts both clocks (TIM-04, TIM-10, TIM-14)."""

import pytest

from tests.cases.given import FIVE_DAYS, PLAIN, SITE, THREE_DAYS, accepted, applied, own_item, received, shanghai
from tests.catalogue.given import limit
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.kernel import database


@requirement("TIM-14")
def test_five_working_days_from_a_monday_end_with_the_next_monday(db):
    case = accepted(FIVE_DAYS).row
    assert case.accepted_at == shanghai(3, 2, 10)
    assert case.promised_due_at == case.statutory_due_at == shanghai(3, 10)


@requirement("TIM-10")
@pytest.mark.parametrize(("slug", "promised", "statutory"), [
    (PLAIN, (3, 17), (3, 31)), (SITE, (3, 17), (3, 24)), (THREE_DAYS, (3, 6), (3, 31)),
])
def test_acceptance_sets_the_end_of_the_promise_and_of_the_law(db, slug, promised, statutory):
    matter = accepted(slug)
    assert matter.row.promised_due_at == shanghai(*promised)
    assert matter.row.statutory_due_at == shanghai(*statutory)
    event = matter.events[-1]
    assert event.name == "CaseAccepted"
    assert event.payload["deemed"] is False
    assert event.actor == matter.staff.clerk.actor_id


@requirement("TIM-14")
def test_days_of_a_holiday_are_not_counted(db, at):
    at(shanghai(4, 1, 10))
    matter = applied(own_item(promised_limit=limit(3), statutory_limit=limit(5)))
    matter.by("clerk", cases.accept_case)
    assert matter.row.promised_due_at == shanghai(4, 8)
    assert matter.row.statutory_due_at == shanghai(4, 10)


def test_a_promise_never_ends_after_the_law(db):
    matter = applied(own_item(promised_limit=limit(5), statutory_limit=limit(7, "DAY")))
    matter.by("clerk", cases.accept_case)
    assert matter.row.promised_due_at == matter.row.statutory_due_at == shanghai(3, 10)


def test_the_steps_that_open_are_due_with_the_promise(db):
    matter = accepted(SITE)
    open_steps = database.rows("select verb, due_at from cases_task where case_id = %s and done_at is null "
                               "order by verb", [matter.row.id])
    assert open_steps == [("examine", shanghai(3, 17)), ("inspect", shanghai(3, 17))]


def test_an_accepted_case_no_longer_waits_for_silence(db):
    matter = received()
    assert matter.row.next_due_at == shanghai(3, 10)
    matter.by("clerk", cases.accept_case)
    assert matter.row.next_due_at is None
