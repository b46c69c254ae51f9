"""Decisions with reasons, what follows from them, and the result in the applicant's hands (CASE-13, LIC-11)."""

from tests import journeys
from tests.cases.given import (
    LICENSED,
    PAPERS,
    REASON,
    Matter,
    accepted,
    decided,
    examined,
    problems_of,
    refused,
    shanghai,
    written,
)
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.errors import Incomplete, MoveNotAllowed, RightMissing
from tongban.cases.queries import decision_of
from tongban.cases.rules import commitment
from tongban.cases.types import Outcome, State
from tongban.catalogue import queries as catalogue
from tongban.identity import queries as identity
from tongban.kernel import database
from tongban.licences import queries as licences
from tongban.licences.tasks import issue


def run_licence_jobs(number: str) -> list[str]:
    """Do the jobs that were deferred for the licences of a case, as the worker does."""
    codes = [code for (code,) in database.rows("select code from licences_licence where case_number = %s", [number])]
    jobs = [code for (code,) in database.rows(
        "select args->>'code' from procrastinate_jobs where task_name = 'licences.issue' and args->>'code' = any(%s)",
        [codes])]
    for code in jobs:
        issue(code=code)
    return jobs


@requirement("CASE-18")
def test_a_refusal_without_reasons_is_refused(db):
    matter = examined()
    for reason in ("", "不行", "长" * 2001):
        error = refused(Incomplete, matter.staff.decider, cases.decide_case, number=matter.number,
                        outcome=Outcome.REFUSED, reason=reason)
        assert len(problems_of(error)) == 1


def test_a_decision_is_kept_with_its_reason_and_the_record_with_its_hash(db, at):
    matter = examined()
    at(shanghai(3, 4, 15))
    matter.by("decider", cases.decide_case, outcome=Outcome.REFUSED, reason=f" {REASON} ")
    case = matter.row
    assert (case.state, case.outcome, case.decided_at) == ("DECIDED", "REFUSED", shanghai(3, 4, 15))
    assert case.decided_by_id == matter.staff.decider.account
    found = decision_of(case.id)
    assert found is not None
    assert (found.kind, found.reason, found.by) == ("REFUSED", REASON, matter.staff.decider.account)
    salt, = database.row("select salt from cases_decision where case_id = %s", [case.id])
    event = matter.events[-1]
    assert event.name == "CaseDecided"
    assert event.payload["reason_hash"] == commitment(salt, REASON)
    assert REASON not in str(event.payload)


@requirement("CASE-05")
def test_a_grant_although_a_check_was_not_passed_says_why(db):
    matter = accepted()
    matter.by("reviewer", cases.examine_case, recommends=False, opinion=REASON)
    for reason in ("", "可以"):
        error = refused(Incomplete, matter.staff.decider, cases.decide_case, number=matter.number,
                        outcome=Outcome.GRANTED, reason=reason)
        assert problems_of(error) == {"reason_missing"}
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED, reason=f" {REASON} ")
    found = decision_of(matter.row.id)
    assert found is not None and (found.kind, found.reason) == ("GRANTED", REASON)
    salt, = database.row("select salt from cases_decision where case_id = %s", [matter.row.id])
    assert matter.events[-1].payload["reason_hash"] == commitment(salt, REASON)


@requirement("CASE-13")
def test_a_refusal_concludes_with_kind_one_and_orders_no_licence(db, catch_up):
    matter = decided(outcome=Outcome.REFUSED)
    catch_up()
    assert matter.state is State.COMPLETED
    event = matter.events[-1]
    assert (event.name, event.actor) == ("CaseConcluded", "system:cases")
    assert event.payload["completion_kind"] == "1"
    assert run_licence_jobs(matter.number) == []
    assert matter.row.licence == ""


@requirement("CASE-13")
def test_a_grant_without_a_licence_concludes_at_once_with_kind_six(db, catch_up):
    matter = decided()
    catch_up()
    assert matter.state is State.COMPLETED
    assert matter.events[-1].payload["completion_kind"] == "6"


@requirement("CASE-13", "CASE-22", "LIC-11")
def test_a_grant_orders_the_licence_and_its_issue_concludes_the_case(db, catch_up):
    matter = decided(LICENSED)
    catch_up()
    assert matter.state is State.DECIDED
    jobs = run_licence_jobs(matter.number)
    assert len(jobs) == 1
    catch_up()
    case = matter.row
    assert case.state == "COMPLETED"
    assert matter.events[-1].payload["completion_kind"] == "0"
    licence = licences.licence(jobs[0])
    guide = catalogue.guide(case.item_code)
    assert (licence.identifier, licence.case_number) == (case.licence, matter.number)
    assert (licence.holder, licence.type_code) == (case.applicant_id, guide.result.licence_type)
    assert licence.issued_on == shanghai(3, 2).date()
    holder = identity.party(case.applicant_id)
    assert holder is not None
    assert holder.name in {field.value for field in licence.fields}


@requirement("LIC-11")
def test_the_job_run_twice_issues_one_licence_and_concludes_once(db, catch_up):
    matter = decided(PAPERS)
    catch_up()
    assert run_licence_jobs(matter.number) == run_licence_jobs(matter.number)
    catch_up()
    assert matter.happened.count("CaseConcluded") == 1
    assert database.row("select count(*) from kernel_event where name = 'LicenceIssued' and payload->>'case_number' = "
                        "%s", [matter.number]) == (1,)


def completed(catch_up) -> Matter:
    matter = decided()
    catch_up()
    return matter


@requirement("CASE-22")
def test_a_result_is_delivered_once_by_the_applicant(db, catch_up):
    matter = completed(catch_up)
    refused(RightMissing, matter.staff.clerk, cases.deliver_case, number=matter.number)
    matter.by("person", cases.deliver_case)
    assert matter.state is State.DELIVERED
    before = written()
    matter.by("person", cases.deliver_case)
    assert written() == before
    assert matter.happened.count("CaseDelivered") == 1


def test_a_delivered_case_is_not_concluded_again(db, catch_up):
    matter = completed(catch_up)
    matter.by("person", cases.deliver_case)
    before = written()
    cases.conclude_case(journeys.TESTER, number=matter.number, completion_kind="0")
    assert written() == before


@requirement("CASE-12")
def test_a_case_is_decided_once(db):
    matter = decided()
    other = journeys.officer(matter.row.authority_id, *(post.role for post in matter.staff.decider.posts))
    before = written()
    for outcome in Outcome:
        refused(MoveNotAllowed, other, cases.decide_case, number=matter.number, outcome=outcome, reason=REASON)
    assert written() == before
