"""Whoever is to decide has a step of the examination done again (CASE-05)."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from django.db import connections

from tests import journeys
from tests.cases.given import PLAIN, REASON, SITE, accepted, examined, refused, shanghai
from tests.cases.test_two_officers import waiting_for
from tests.journeys import act
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.errors import Incomplete, NothingToExamine, NotYourTurn, SameOfficer
from tongban.cases.events import CaseReturned
from tongban.cases.rules import commitment
from tongban.cases.types import Outcome, State
from tongban.identity.types import Role
from tongban.kernel import database
from tongban.kernel.errors import HouseError

GRANT = {"outcome": Outcome.GRANTED}
WAITING = ("select count(distinct pid) from pg_locks w where not granted and exists (select from pg_locks d join pg_database b "
           "on b.oid = d.database where d.pid = w.pid and b.datname = current_database())")


def examine_again(matter, verb="examine", *, recommends=True) -> None:
    found = journeys.check(verb, matter.staff.clerk)
    matter.by("reviewer", cases.examine_case, **(found if recommends else {**found, "opinion": REASON}), recommends=recommends)


@requirement("CASE-05")
def test_a_case_returned_to_examination_is_examined_again_while_its_clocks_run_on(db, at):
    matter = examined(PLAIN)
    clocks = (matter.row.promised_due_at, matter.row.statutory_due_at)
    at(shanghai(3, 3, 10))
    matter.by("decider", cases.return_case, node="examine", reason=f" {REASON} ")
    assert (matter.state, journeys.open_verbs(matter.number)) == (State.UNDER_REVIEW, {"examine"})
    assert (matter.row.promised_due_at, matter.row.statutory_due_at) == clocks
    step = next(each for each in queries.steps_of(matter.row.id) if each.verb == "return")
    salt, = database.row("select salt from cases_task where verb = 'return' and case_id = %s", [matter.row.id])
    assert (step.opinion, step.done_by) == (REASON, matter.staff.decider.account)
    assert matter.events[-1].happened == CaseReturned(task="examine", reason_hash=commitment(salt, REASON))
    assert matter.number in waiting_for(matter.staff.reviewer) and matter.number not in waiting_for(matter.staff.decider)
    refused(NotYourTurn, matter.staff.decider, cases.decide_case, number=matter.number, **GRANT)
    examine_again(matter)
    matter.by("decider", cases.return_case, node="examine", reason=REASON)
    examine_again(matter)
    matter.by("decider", cases.decide_case, **GRANT)
    assert matter.state is State.DECIDED


@pytest.mark.parametrize("verb", ["examine", "inspect"])
def test_only_the_step_that_was_named_is_done_again(db, verb):
    matter = accepted(SITE)
    for each in ("examine", "inspect"):
        examine_again(matter, each)
    matter.by("decider", cases.return_case, node=verb, reason=REASON)
    assert journeys.open_verbs(matter.number) == {verb}
    examine_again(matter, verb)
    assert journeys.open_verbs(matter.number) == {"decide"}


@pytest.mark.parametrize("first", [True, False], ids=["passed first", "passed last"])
def test_of_a_step_done_again_the_last_result_counts(db, first):
    matter = accepted(PLAIN)
    examine_again(matter, recommends=first)
    matter.by("decider", cases.return_case, node="examine", reason=REASON)
    examine_again(matter, recommends=not first)
    if first:
        refused(Incomplete, matter.staff.decider, cases.decide_case, number=matter.number, **GRANT)
    else:
        matter.by("decider", cases.decide_case, **GRANT)


@pytest.mark.parametrize("node", ["accept", "decide", "nowhere", ""])
def test_only_a_finished_step_of_the_examination_is_done_again(db, node):
    matter = examined(PLAIN)
    refused(NothingToExamine, matter.staff.decider, cases.return_case, number=matter.number, node=node, reason=REASON)


def test_what_is_still_examined_is_not_returned(db):
    matter = accepted(SITE)
    examine_again(matter)
    refused(NotYourTurn, matter.staff.decider, cases.return_case, number=matter.number, node="examine", reason=REASON)


@pytest.mark.parametrize("reason", ["", "再看看", "x" * 2001])
def test_a_return_says_what_is_to_be_examined(db, reason):
    matter = examined(PLAIN)
    refused(Incomplete, matter.staff.decider, cases.return_case, number=matter.number, node="examine", reason=reason)


@requirement("IDN-14")
def test_whoever_examined_does_not_return_the_case_as_its_decider(db):
    matter = accepted(PLAIN)
    both = journeys.officer(matter.row.authority_id, Role.REVIEWER, Role.DECIDER)
    act(both, cases.examine_case, number=matter.number, recommends=True, opinion="")
    refused(SameOfficer, both, cases.return_case, number=matter.number, node="examine", reason=REASON)


def test_a_return_and_a_decision_at_the_same_instant_do_not_both_happen(db):
    matter = examined(PLAIN)
    other = journeys.officer(matter.row.authority_id, Role.DECIDER)

    def happens(who, action, **arguments) -> bool:
        with connections["officer"].cursor() as cursor:
            cursor.execute("set lock_timeout = '30s'; set statement_timeout = '30s'")
        try:
            act(who, action, number=matter.number, **arguments)
        except HouseError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        with database.serving(database.OWNER), database.atomic():
            database.execute("select from cases_case where number = %s for update", [matter.number])
            tried = [pool.submit(happens, matter.staff.decider, cases.decide_case, **GRANT),
                     pool.submit(happens, other, cases.return_case, node="examine", reason=REASON)]
            while database.row(WAITING) != (2,) and not any(each.done() for each in tried):
                sleep(0.01)
        assert sorted(each.result() for each in tried) == [False, True]
