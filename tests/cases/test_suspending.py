"""A procedure the law names stops the clock; what did not count moves both ends (LAL art. 45; TIM-08, TIM-09)."""

import threading
from datetime import date, datetime

import psycopg
import pytest
from django.db import connections

from tests import database as test_database
from tests.cases.given import FIVE_DAYS, REASON, applied, examined, own_item, refused, shanghai, suspended
from tests.catalogue.given import limit, text
from tests.requirements import requirement
from tongban.calendars.errors import AnnouncedEndTooEarly, ProcedureNotListed, SecondSuspensionNeedsApproval
from tongban.calendars.types import SpecialProcedure
from tongban.cases import actions as cases
from tongban.cases.errors import Incomplete, MoveNotAllowed, NoSecondStop, RightMissing
from tongban.cases.types import State
from tongban.catalogue.types import Procedure
from tongban.kernel import database


def stop(matter, procedure="expert_review", until=date(2026, 3, 20)):
    matter.by("reviewer", cases.suspend_case, procedure=procedure, announced_end=until)


@requirement("TIM-14", "TIM-08")
def test_three_suspended_days_move_the_end_from_monday_to_thursday(db, at):
    matter = examined(FIVE_DAYS)
    at(shanghai(3, 4, 9))
    stop(matter, until=date(2026, 3, 6))
    at(shanghai(3, 6, 17))
    matter.by("reviewer", cases.resume_case)
    assert matter.row.promised_due_at == matter.row.statutory_due_at == shanghai(3, 13)
    assert matter.state is State.UNDER_REVIEW


@requirement("TIM-R9")
@pytest.mark.parametrize(("begun", "ended", "due"), [
    pytest.param((3, 4, 16), (3, 4, 16, 5), (3, 11), id="five minutes of a Wednesday are the whole day"),
    pytest.param((3, 6, 10), (3, 9, 10), (3, 12), id="a weekend inside counts for nothing either way"),
    pytest.param((3, 7, 10), (3, 8, 10), (3, 10), id="days that would not count anyway move nothing"),
    pytest.param((3, 3, 10), (3, 12, 10), (3, 20), id="longer than what was left"),
])
def test_the_days_that_do_not_count_are_taken_whole(db, at, begun, ended, due):
    matter = examined(FIVE_DAYS)
    at(shanghai(*begun))
    stop(matter)
    at(shanghai(*ended))
    matter.by("reviewer", cases.resume_case)
    assert matter.row.promised_due_at == matter.row.statutory_due_at == shanghai(*due)


def test_whoever_waits_for_the_row_acts_at_the_time_they_get_it(db, house):
    matter = suspended(FIVE_DAYS)
    url, got = test_database.owner_url(house), shanghai(3, 2, 16)

    def resume() -> None:
        try:
            matter.by("reviewer", cases.resume_case)
        finally:
            connections.close_all()

    waiting = threading.Thread(target=resume)
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watch:
        holder.execute("select 1 from cases_case where number = %s for update", [matter.number])
        waiting.start()
        while not watch.execute("select count(*) from pg_stat_activity where datname = current_database() "
                                "and wait_event_type = 'Lock'").fetchone()[0]:
            assert waiting.is_alive()
        holder.execute("update test_clock set at = %s", [got])
    waiting.join()
    assert database.row("select ended_at from cases_stop where case_id = %s", [matter.row.id])[0] == got


@requirement("TIM-09")
def test_two_suspensions_add_up(db, at):
    matter = examined(FIVE_DAYS)
    for procedure, day in (("hearing", 3), ("appraisal", 5)):
        at(shanghai(3, day, 10))
        stop(matter, procedure)
        at(shanghai(3, day, 15))
        matter.by("reviewer", cases.resume_case)
    assert matter.row.statutory_due_at == shanghai(3, 12)


@requirement("TIM-09")
def test_a_second_one_of_the_same_name_needs_approval(db, at):
    matter = suspended()
    at(shanghai(3, 2, 15))
    matter.by("reviewer", cases.resume_case)
    at(shanghai(3, 3, 10))
    refused(SecondSuspensionNeedsApproval, matter.staff.reviewer, cases.suspend_case, number=matter.number,
            procedure="expert_review", announced_end=date(2026, 3, 20))


@requirement("TIM-09")
def test_a_supervisor_allows_a_second_one_of_the_same_name_once_and_with_a_reason(db, at):
    matter = suspended(FIVE_DAYS)
    allow = {"number": matter.number}
    again = {"procedure": "expert_review", "announced_end": date(2026, 3, 20)}
    at(shanghai(3, 3, 10))
    refused(MoveNotAllowed, matter.staff.supervisor, cases.allow_second_stop, **allow, procedure="expert_review", reason=REASON)
    matter.by("reviewer", cases.resume_case)
    for procedure in ("hearing", "corrections", "x"):
        refused(NoSecondStop, matter.staff.supervisor, cases.allow_second_stop, **allow, procedure=procedure, reason=REASON)
    refused(Incomplete, matter.staff.supervisor, cases.allow_second_stop, **allow, procedure="expert_review", reason="短")
    refused(RightMissing, matter.staff.decider, cases.allow_second_stop, **allow, procedure="expert_review", reason=REASON)
    matter.by("supervisor", cases.allow_second_stop, procedure="expert_review", reason=REASON)
    told = matter.events[-1]
    assert (told.name, told.payload["procedure"]) == ("SecondStopAllowed", "expert_review") and REASON not in str(told.payload)
    refused(NoSecondStop, matter.staff.supervisor, cases.allow_second_stop, **allow, procedure="expert_review", reason=REASON)
    at(shanghai(3, 4, 10))
    matter.by("reviewer", cases.suspend_case, **again)
    at(shanghai(3, 5, 10))
    matter.by("reviewer", cases.resume_case)
    assert matter.row.statutory_due_at == shanghai(3, 13)
    refused(SecondSuspensionNeedsApproval, matter.staff.reviewer, cases.suspend_case, number=matter.number, **again)


@requirement("TIM-R2")
def test_only_the_eight_procedures_of_the_law_stop_the_clock(db):
    matter = examined()
    for name in ("holiday", "waiting_for_another_office", ""):
        refused(ProcedureNotListed, matter.staff.reviewer, cases.suspend_case, number=matter.number, procedure=name,
                announced_end=date(2026, 3, 20))
    assert len(SpecialProcedure) == 8
    for name in SpecialProcedure:
        stop(matter, name)
        matter.by("reviewer", cases.resume_case)


@requirement("TIM-R2")
def test_a_further_procedure_stops_the_clock_where_the_service_lists_it_with_its_article(db, at):
    notice = Procedure(code="public_notice", name=text("公示", "Public notice"), article="某条例第八条")
    matter = applied(own_item(procedures=(notice,), promised_limit=limit(5), statutory_limit=limit(5)))
    matter.by("clerk", cases.accept_case)
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    at(shanghai(3, 4, 9))
    stop(matter, "public_notice", until=date(2026, 3, 6))
    assert matter.events[-1].payload["procedure"] == "public_notice"
    at(shanghai(3, 6, 17))
    matter.by("reviewer", cases.resume_case)
    assert matter.row.statutory_due_at == matter.row.promised_due_at == shanghai(3, 13)
    refused(ProcedureNotListed, examined().staff.reviewer, cases.suspend_case, number=examined().number,
            procedure="public_notice", announced_end=date(2026, 3, 20))


@requirement("TIM-08")
def test_the_expected_end_is_told_and_lies_ahead(db):
    matter = examined()
    refused(AnnouncedEndTooEarly, matter.staff.reviewer, cases.suspend_case, number=matter.number,
            procedure="testing", announced_end=date(2026, 3, 1))
    stop(matter, "testing")
    event = matter.events[-1]
    assert event.name == "CaseSuspended"
    assert event.payload == {"procedure": "testing", "announced_end": "2026-03-20"}


@requirement("TIM-09")
def test_they_do_not_overlap(db):
    matter = suspended()
    refused(MoveNotAllowed, matter.staff.reviewer, cases.suspend_case, number=matter.number, procedure="hearing",
            announced_end=date(2026, 3, 20))


def test_the_open_steps_move_with_the_promise(db, at):
    matter = suspended(FIVE_DAYS)
    at(shanghai(3, 4, 10))
    matter.by("reviewer", cases.resume_case)
    told = datetime.fromisoformat(matter.events[-1].payload["promised_due_at"])
    assert told == matter.row.promised_due_at
    assert database.rows("select due_at from cases_task where case_id = %s and done_at is null",
                         [matter.row.id]) == [(matter.row.promised_due_at,)]
    assert matter.row.promised_due_at == shanghai(3, 12)


def test_a_running_clock_cannot_be_resumed(db):
    matter = examined()
    error = refused(MoveNotAllowed, matter.staff.reviewer, cases.resume_case, number=matter.number)
    assert error.facts == MoveNotAllowed(state="UNDER_REVIEW", act="resumed").facts
