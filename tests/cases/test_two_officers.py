"""Whoever examined may not decide, and nobody acts on their own application (T12)."""

import psycopg
import pytest
from django.db import IntegrityError

from tests import database as test_database
from tests import journeys
from tests.cases.given import REASON, SITE, Matter, accepted, examined, received, refused
from tests.journeys import act
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.errors import OwnCase, SameOfficer
from tongban.cases.types import Outcome
from tongban.identity.types import Actor, ActorKind, Role
from tongban.kernel import database

BOTH = (Role.REVIEWER, Role.DECIDER)


def posts(actor: Actor) -> list[tuple[int, str]]:
    return [(post.authority, str(post.role)) for post in actor.posts]


def waiting_for(actor: Actor) -> set[str]:
    with journeys.as_actor(actor):
        found = queries.queue(posts(actor), account=actor.account, limit=500)
        assert queries.count_queue(posts(actor), account=actor.account)[0] == len(found)
    return {task.case.number for task in found}


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
    act(pair[1], cases.examine_case, number=matter.number, recommends=True, opinion="", verb="inspect")
    refused(SameOfficer, both, cases.decide_case, number=matter.number, outcome=Outcome.GRANTED)
    assert matter.number not in waiting_for(both)
    assert matter.number in waiting_for(matter.staff.decider)


@requirement("IDN-14")
def test_the_database_refuses_it_too(db, house):
    matter = accepted(SITE)
    first = matter.staff.reviewer.account
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    matter.by("inspector", cases.examine_case, recommends=True, opinion="", verb="inspect")
    with psycopg.connect(test_database.owner_url(house), autocommit=True) as owner:
        for account in (first, matter.staff.inspector.account):
            with pytest.raises(psycopg.errors.CheckViolation, match="two_officers"):
                owner.execute("update cases_case set decided_by_id = %s where number = %s", [account, matter.number])
    assert matter.row.decided_by_id is None


def own(matter: Matter, *roles: Role) -> Actor:
    """The applicant's own account as if it held posts at the authority."""
    like = journeys.officer(matter.row.authority_id, *roles)
    return Actor(account=matter.person.account, kind=ActorKind.OFFICER, party=None, posts=like.posts)


@requirement("IDN-14")
def test_nobody_acts_on_an_application_they_made(db):
    fresh = received()
    refused(OwnCase, own(fresh, Role.RECEPTIONIST), cases.accept_case, number=fresh.number)
    ready = examined()
    refused(OwnCase, own(ready, Role.DECIDER), cases.decide_case, number=ready.number, outcome=Outcome.GRANTED)
    assert ready.number not in waiting_for(own(ready, *BOTH))


@requirement("IDN-14")
def test_the_database_lets_nobody_decide_their_own_application(db):
    matter = examined()
    with pytest.raises(IntegrityError, match="cases_case_not_own"), database.atomic():
        database.execute("update cases_case set decided_by_id = agent_id where number = %s", [matter.number])
