"""Silence accepts, dated back to the day of receipt (LAL art. 32; CASE-15, TIM-R10)."""

from datetime import date

from tests.cases.given import PLAIN, THREE_DAYS, accepted, asked_to_correct, missing, received, refused, shanghai
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.errors import AnsweredBySilence, RightMissing
from tongban.cases.tasks import act_on_due
from tongban.cases.types import DeclineGround, State
from tongban.kernel import database
from tongban.kernel.types import System

TICK = System(name="tick")


@requirement("CASE-15", "TIM-R10")
def test_the_tick_accepts_what_nobody_answered_and_dates_it_back(db, at):
    matter = received()
    at(shanghai(3, 9, 23, 59, 59))
    act_on_due()
    assert matter.state is State.SUBMITTED
    at(shanghai(3, 10))
    assert act_on_due() >= 1
    case = matter.row
    assert case.state == "ACCEPTED"
    assert case.deemed
    assert case.accepted_by_id is None
    assert case.accepted_at == shanghai(3, 2, 10)
    assert (case.promised_due_at, case.statutory_due_at) == (shanghai(3, 17), shanghai(3, 31))
    event = matter.events[-1]
    assert (event.name, event.actor, event.payload["deemed"]) == ("CaseAccepted", "system:tick", True)
    assert event.effective_on == date(2026, 3, 2)
    assert event.at == shanghai(3, 10)


@requirement("CASE-15")
def test_a_tick_that_comes_late_dates_back_all_the_same(db, at):
    matter = received()
    at(shanghai(3, 13, 11))
    act_on_due()
    assert matter.row.accepted_at == shanghai(3, 2, 10)
    assert matter.row.promised_due_at == shanghai(3, 17)


def test_the_tick_accepts_once(db, at):
    matter = received()
    at(shanghai(3, 10))
    act_on_due()
    act_on_due()
    assert matter.happened.count("CaseAccepted") == 1
    assert not cases.deem_accepted(TICK, number=matter.number)


def test_what_was_accepted_in_time_is_left_alone(db, at):
    matter = accepted()
    at(shanghai(3, 10))
    act_on_due()
    assert not matter.row.deemed
    assert matter.happened.count("CaseAccepted") == 1


@requirement("TIM-R5", "CASE-15")
def test_after_corrections_silence_dates_back_to_the_day_they_came(db, at):
    matter = asked_to_correct()
    at(shanghai(3, 5, 11))
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    at(shanghai(3, 12, 23, 59, 59))
    act_on_due()
    assert matter.state is State.SUBMITTED
    at(shanghai(3, 13))
    act_on_due()
    assert matter.row.accepted_at == shanghai(3, 5, 11)
    assert matter.row.promised_due_at == shanghai(3, 20)
    assert matter.events[-1].effective_on == date(2026, 3, 5)


@requirement("TIM-R10")
def test_a_promise_shorter_than_the_time_to_answer_starts_when_silence_is_found(db, at):
    matter = received(THREE_DAYS)
    at(shanghai(3, 10))
    act_on_due()
    assert matter.row.accepted_at == shanghai(3, 9, 17, 30)
    assert matter.row.promised_due_at == shanghai(3, 13)


@requirement("CASE-15", "TIM-R10")
def test_an_answer_after_its_time_changes_nothing_even_before_the_tick_came_by(db, at):
    matter = received(PLAIN)
    at(shanghai(3, 10))
    clerk = matter.staff.clerk
    refused(AnsweredBySilence, clerk, cases.accept_case, number=matter.number)
    refused(AnsweredBySilence, clerk, cases.decline_case, number=matter.number, ground=DeclineGround.BARRED,
            reason="申请人被禁止申请。")
    refused(AnsweredBySilence, clerk, cases.request_corrections, number=matter.number, items=missing())
    act_on_due()
    assert matter.row.accepted_at == shanghai(3, 2, 10)


def test_one_case_that_cannot_be_moved_holds_up_no_other(db, at):
    broken, sound = received(), received()
    tokens = broken.row.tokens
    database.execute("update cases_case set tokens = '{}' where id = %s", [broken.row.id])
    at(shanghai(3, 10))
    act_on_due()
    assert broken.state is State.SUBMITTED
    assert sound.state is State.ACCEPTED
    database.execute("update cases_case set tokens = %s where id = %s", [tokens, broken.row.id])
    act_on_due()
    assert broken.state is State.ACCEPTED


def test_a_person_cannot_play_the_tick(db, at):
    matter = received()
    at(shanghai(3, 10))
    for who in ("person", "clerk", "supervisor"):
        refused(RightMissing, matter.actor(who), cases.deem_accepted, number=matter.number)
