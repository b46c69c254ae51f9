"""Examination by the steps of the process; parallel ones both before the decision (CASE-05, CASE-12)."""

from datetime import date

import pytest
from django.db import IntegrityError

from tests import journeys
from tests.cases.given import (
    INSTANT,
    PAPERS,
    REASON,
    SITE,
    accepted,
    asked_to_correct,
    examined,
    problems_of,
    refused,
    shanghai,
    suspended,
)
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.errors import Incomplete, MoveNotAllowed, NotYourTurn
from tongban.cases.queries import steps_of
from tongban.cases.rules import commitment
from tongban.cases.types import Outcome, State, Visit
from tongban.identity.types import Role
from tongban.kernel import database


@requirement("CASE-05")
def test_an_examination_is_recorded_with_officer_opinion_and_recommendation(db, at):
    matter = accepted()
    at(shanghai(3, 3, 11))
    matter.by("reviewer", cases.examine_case, recommends=False, opinion=f" {REASON} ")
    assert matter.state is State.UNDER_REVIEW
    step = next(each for each in steps_of(matter.row.id) if each.verb == "examine")
    assert (step.recommends, step.opinion, step.done_by) == (False, REASON, matter.staff.reviewer.account)
    assert (step.opened_at, step.done_at) == (shanghai(3, 2, 10), shanghai(3, 3, 11))
    salt, = database.row("select salt from cases_task where case_id = %s and verb = 'examine'", [matter.row.id])
    event = matter.events[-1]
    assert event.name == "CaseExamined"
    assert event.payload["opinion_hash"] == commitment(salt, REASON)
    assert REASON not in str(event.payload)


def test_a_negative_opinion_must_say_why(db):
    matter = accepted()
    error = refused(Incomplete, matter.staff.reviewer, cases.examine_case, number=matter.number, recommends=False,
                    opinion="")
    assert problems_of(error) == {"reason_missing"}
    error = refused(Incomplete, matter.staff.reviewer, cases.examine_case, number=matter.number, recommends=True,
                    opinion="长" * 2001)
    assert problems_of(error) == {"reason_too_long"}


def test_an_opinion_on_what_is_passed_may_be_short(db):
    matter = accepted()
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="可")
    assert [each.opinion for each in steps_of(matter.row.id) if each.verb == "examine"] == ["可"]


@requirement("CASE-19")
def test_a_visit_is_recorded_with_its_day_two_officers_and_what_was_found(db, at):
    matter = accepted(SITE)
    at(shanghai(3, 4, 9))
    clerk, inspector = matter.staff.clerk, matter.staff.inspector
    matter.by("inspector", cases.examine_case, recommends=False,
              **journeys.check("inspect", clerk, on=date(2026, 3, 3), findings=REASON))
    step = next(each for each in steps_of(matter.row.id) if each.verb == "inspect")
    assert (step.visited_on, step.officers, step.opinion) == (date(2026, 3, 3), (inspector.account, clerk.account), REASON)
    event = matter.events[-1]
    assert event.name == "CaseExamined"
    assert (event.payload["visited_on"], event.payload["companion"]) == ("2026-03-03", clerk.actor_id)
    assert REASON not in str(event.payload)


@requirement("CASE-19")
def test_no_visit_without_a_possible_day_a_colleague_from_here_and_words(db, at):
    matter = accepted(SITE)
    at(shanghai(3, 4, 9))
    inspector, clerk = matter.staff.inspector, matter.staff.clerk
    stranger = journeys.officer(journeys.authority_of(PAPERS), Role.RECEPTIONIST)
    right = journeys.check("inspect", clerk)
    wrong = {
        "visit_day_missing": {"visit": Visit(on=None, companion=clerk.account)},
        "reason_missing": {"opinion": "好"},
    }
    for code, typed in wrong.items():
        assert problems_of(refused(Incomplete, inspector, cases.examine_case, number=matter.number, recommends=True,
                                   **right | typed)) == {code}
    for day in (date(2026, 3, 1), date(2026, 3, 5)):
        assert problems_of(refused(Incomplete, inspector, cases.examine_case, number=matter.number, recommends=True,
                                   **journeys.check("inspect", clerk, on=day))) == {"visit_day_wrong"}
    for companion in (inspector, stranger, matter.staff.supervisor, matter.person):
        assert problems_of(refused(Incomplete, inspector, cases.examine_case, number=matter.number, recommends=True,
                                   **journeys.check("inspect", companion))) == {"companion_missing"}
    assert problems_of(refused(Incomplete, inspector, cases.examine_case, number=matter.number, recommends=True,
                               opinion="", verb="inspect")) == {"visit_day_missing", "companion_missing", "reason_missing"}


@requirement("CASE-19")
def test_the_database_keeps_no_visit_of_one_officer(db):
    matter = accepted(SITE)
    account = matter.staff.inspector.account
    for typed in ({"visited_on": None, "companion_id": None}, {"visited_on": "2026-03-02", "companion_id": account}):
        with pytest.raises(IntegrityError, match="cases_task_"), database.atomic():
            database.execute("update cases_task set done_by_id = %s, visited_on = %s, companion_id = %s "
                             "where case_id = %s and verb = 'inspect'", [account, *typed.values(), matter.row.id])


@requirement("CASE-12")
@pytest.mark.parametrize("order", [("examine", "inspect"), ("inspect", "examine")])
def test_documents_and_site_are_both_examined_before_the_decision(db, order):
    matter = accepted(SITE)
    assert journeys.open_verbs(matter.number) == {"examine", "inspect"}
    for done, verb in enumerate(order):
        error = refused(NotYourTurn, matter.staff.decider, cases.decide_case, number=matter.number,
                        outcome=Outcome.GRANTED)
        assert len(error.facts["open_step"].zh.split("、")) == 2 - done
        matter.by("reviewer", cases.examine_case, recommends=True, **journeys.check(verb, matter.staff.clerk))
    assert journeys.open_verbs(matter.number) == {"decide"}
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED)


def test_a_step_is_done_once(db):
    matter = accepted(SITE)
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    refused(NotYourTurn, matter.staff.inspector, cases.examine_case, number=matter.number, recommends=True, opinion="")


@requirement("CASE-12")
def test_a_plain_case_is_not_decided_unexamined(db):
    matter = accepted()
    refused(NotYourTurn, matter.staff.decider, cases.decide_case, number=matter.number, outcome=Outcome.GRANTED)


@requirement("CASE-25")
def test_a_case_done_on_the_spot_goes_from_acceptance_to_the_decision(db):
    matter = accepted(INSTANT)
    refused(NotYourTurn, matter.staff.reviewer, cases.examine_case, number=matter.number, recommends=True, opinion="")
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED)
    assert matter.state is State.DECIDED
    assert matter.happened == ["CaseSubmitted", "CaseAccepted", "CaseDecided"]


@requirement("CASE-12")
def test_while_the_clock_stands_or_the_applicant_corrects_nothing_is_examined(db):
    for matter in (suspended(), asked_to_correct(after_acceptance=True)):
        error = refused(MoveNotAllowed, matter.staff.reviewer, cases.examine_case, number=matter.number,
                        recommends=True, opinion="")
        assert error.facts == MoveNotAllowed(state=matter.row.state, act="examined").facts


def test_the_next_step_opens_when_the_last_is_done(db):
    matter = examined()
    assert [(each.verb, each.done_at is None) for each in steps_of(matter.row.id)] == [
        ("accept", False), ("examine", False), ("decide", True)]
