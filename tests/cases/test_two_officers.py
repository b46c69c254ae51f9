"""Whoever examined may not decide, and nobody acts on their own application (T12)."""

from dataclasses import replace
from datetime import date

import psycopg
import pytest
from django.db import IntegrityError, connections

from tests import database as test_database
from tests import journeys
from tests.cases.given import (
    LICENSED,
    REASON,
    SITE,
    accepted,
    examined,
    missing,
    received,
    refused,
    shanghai,
    suspended,
)
from tests.journeys import act
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.errors import NobodyElseDecides, OwnCase, SameOfficer
from tongban.cases.types import DeclineGround, Outcome, Wanted
from tongban.identity import actions as identity
from tongban.identity import queries as identity_queries
from tongban.identity.types import Actor, ActorKind, Role
from tongban.kernel import clock, database
from tongban.kernel.types import Channel

BOTH = (Role.REVIEWER, Role.DECIDER)


def waiting_for(actor: Actor) -> set[str]:
    with journeys.as_actor(actor):
        found = queries.queue(actor, Wanted(), today=clock.today(), limit=500)
        assert queries.count_queue(actor, [Wanted()], today=clock.today()) == [found.total] == [len(found.rows)]
    return {row.case.number for row in found.rows}


@requirement("IDN-14")
def test_whoever_examined_cannot_decide_even_with_both_posts(db):
    matter = accepted()
    both = journeys.officer(matter.row.authority_id, *BOTH)
    act(both, cases.examine_case, number=matter.number, recommends=True, opinion="")
    for outcome in Outcome:
        refused(SameOfficer, both, cases.decide_case, number=matter.number, outcome=outcome, reason=REASON)
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED)


@requirement("IDN-14")
@pytest.mark.parametrize("first", [True, False], ids=["examined first", "examined last"])
def test_with_two_examiners_neither_decides(db, first):
    matter = accepted(SITE)
    both = journeys.officer(matter.row.authority_id, *BOTH)
    pair = (both, matter.staff.inspector) if first else (matter.staff.inspector, both)
    act(pair[0], cases.examine_case, number=matter.number, recommends=True, opinion="")
    act(pair[1], cases.examine_case, number=matter.number, recommends=True,
        **journeys.check("inspect", matter.staff.clerk))
    refused(SameOfficer, both, cases.decide_case, number=matter.number, outcome=Outcome.GRANTED)
    assert matter.number not in waiting_for(both)
    assert matter.number in waiting_for(matter.staff.decider)


@requirement("IDN-14")
def test_nobody_examines_a_case_that_nobody_could_then_decide(db):
    matter = accepted(SITE)
    place = matter.row.authority_id
    decider = journeys.officer(place, Role.DECIDER)
    with journeys.alone_deciding(place, decider.account):
        refused(NobodyElseDecides, decider, cases.examine_case, number=matter.number, recommends=True, opinion="")
    second = journeys.officer(place, *BOTH)
    with journeys.alone_deciding(place, decider.account, second.account):
        act(decider, cases.examine_case, number=matter.number, recommends=True, opinion="")
        refused(NobodyElseDecides, second, cases.examine_case, number=matter.number, recommends=True,
                **journeys.check("inspect", matter.staff.clerk))
    with journeys.alone_deciding(place):
        reviewer = accepted()
        reviewer.by("reviewer", cases.examine_case, recommends=True, opinion="")


@requirement("IDN-14")
def test_a_decider_whose_own_application_it_is_does_not_count_as_a_colleague_who_decides(db):
    matter = accepted()
    place = matter.row.authority_id
    first, owner = journeys.officer(place, Role.DECIDER), desk_of(matter.person, place, Role.DECIDER)
    with journeys.alone_deciding(place, first.account, owner.account):
        refused(NobodyElseDecides, first, cases.examine_case, number=matter.number, recommends=True, opinion="")


@requirement("IDN-14", "CASE-19")
def test_whoever_went_along_to_the_site_does_not_decide_either(db):
    matter = accepted(SITE)
    both = journeys.officer(matter.row.authority_id, *BOTH)
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    matter.by("inspector", cases.examine_case, recommends=True, **journeys.check("inspect", both))
    refused(SameOfficer, both, cases.decide_case, number=matter.number, outcome=Outcome.GRANTED)
    assert matter.number not in waiting_for(both)
    with pytest.raises(IntegrityError, match="two_officers"), database.atomic():
        database.execute("update cases_case set decided_by_id = %s where number = %s", [both.account, matter.number])
    lone = accepted(SITE)
    with journeys.alone_deciding(lone.row.authority_id, both.account):
        refused(NobodyElseDecides, lone.staff.inspector, cases.examine_case, number=lone.number, recommends=True,
                **journeys.check("inspect", both))


@requirement("IDN-14")
def test_the_database_refuses_it_too(db, house):
    matter = accepted(SITE)
    first = matter.staff.reviewer.account
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    matter.by("inspector", cases.examine_case, recommends=True, **journeys.check("inspect", matter.staff.clerk))
    with psycopg.connect(test_database.owner_url(house), autocommit=True) as owner:
        for account in (first, matter.staff.inspector.account):
            with pytest.raises(psycopg.errors.CheckViolation, match="two_officers"):
                owner.execute("update cases_case set decided_by_id = %s where number = %s", [account, matter.number])
    assert matter.row.decided_by_id is None


def desk_of(person: Actor, authority: int, *roles: Role) -> Actor:
    """The person at work: their account as a member of staff, as the gate knows it."""
    account = identity.open_account(journeys.TESTER, kind=ActorKind.OFFICER, login=f"desk-of-{next(journeys.COUNTER)}",
                                    password="secret-word", name="张示例", party=person.party, sample=True)
    for role in roles:
        identity.give_post(journeys.TESTER, account=account, authority=authority, role=role,
                           valid_from=date(2026, 1, 1))
    token = identity.open_session(account=account, channel=Channel.WEB)
    actor = identity_queries.actor_by_session(token)
    assert actor is not None
    return actor


ACTS = {
    "accept": (cases.accept_case, {}, "received"),
    "decline": (cases.decline_case, {"ground": DeclineGround.BARRED, "reason": REASON}, "received"),
    "ask": (cases.request_corrections, {"items": missing()}, "received"),
    "examine": (cases.examine_case, {"recommends": True, "opinion": ""}, "accepted"),
    "suspend": (cases.suspend_case, {"procedure": "expert_review", "announced_end": date(2026, 3, 5)}, "examined"),
    "resume": (cases.resume_case, {}, "suspended"),
    "extend": (cases.extend_case, {"days": 3, "reason": REASON}, "examined"),
    "decide": (cases.decide_case, {"outcome": Outcome.GRANTED}, "examined"),
    "return": (cases.return_case, {"node": "examine", "reason": REASON}, "examined"),
    "void": (cases.void_case, {"reason": REASON}, "examined"),
}
STAGES = {"received": received, "accepted": accepted, "examined": examined, "suspended": suspended}


@requirement("IDN-14")
@pytest.mark.parametrize("name", ACTS)
def test_at_their_desk_nobody_does_anything_to_the_application_they_made_at_home(db, name):
    action, arguments, stage = ACTS[name]
    matter = STAGES[stage]()
    desk = desk_of(matter.person, matter.row.authority_id, *Role)
    refused(OwnCase, desk, action, number=matter.number, **arguments)
    assert matter.number not in waiting_for(desk)
    colleague = desk_of(journeys.citizen(), matter.row.authority_id, *Role)
    act(colleague, action, number=matter.number, **arguments)


@requirement("IDN-14")
def test_whoever_acts_for_a_firm_keeps_off_its_applications_and_whoever_sent_one_for_good(db, at):
    owner, place = journeys.with_firm(journeys.citizen()), journeys.authority_of(LICENSED)
    agent, firm = journeys.citizen(), owner.entities[0]
    identity.appoint_agent(journeys.TESTER, agent=agent.party, entity=firm, valid_from=date(2026, 1, 1),
                           valid_to=date(2026, 3, 2))
    number = journeys.submitted(replace(agent, entities=(firm,)), LICENSED)
    for person in (owner, agent):
        refused(OwnCase, desk_of(person, place, Role.RECEPTIONIST), cases.accept_case, number=number)
        assert number not in waiting_for(desk_of(person, place, *BOTH, Role.RECEPTIONIST))
    at(shanghai(3, 3, 10))
    sender = desk_of(agent, place, Role.RECEPTIONIST)
    assert sender.entities == ()
    refused(OwnCase, sender, cases.accept_case, number=number)
    assert number not in waiting_for(sender)


@requirement("IDN-14")
@pytest.mark.parametrize("column", ["accepted_by_id", "examined_by_id", "decided_by_id"])
def test_the_database_keeps_people_off_their_own_applications(db, column):
    matter = examined()
    firms = received(LICENSED)
    for case in (matter, firms):
        desk = desk_of(case.person, case.row.authority_id, Role.DECIDER)
        with pytest.raises(IntegrityError, match="cases_case_not_own"), database.atomic():
            database.execute(f"update cases_case set {column} = %s where number = %s", [desk.account, case.number])


@requirement("IDN-14")
def test_the_database_knows_that_an_applicant_was_found_to_be_the_officer(db):
    matter, twin = examined(), journeys.citizen()
    desk = desk_of(twin, matter.row.authority_id, Role.DECIDER)
    with connections["owner"].cursor() as cursor:
        cursor.execute("update identity_party set merged_into_id = %s where id = %s", [twin.party, matter.person.party])
    with pytest.raises(IntegrityError, match="cases_case_not_own"), database.atomic():
        database.execute("update cases_case set decided_by_id = %s where number = %s", [desk.account, matter.number])
