"""Nobody has a say in what is theirs or decides what they examined (T12): every person at every step of every process.

By the verbs, by the pages of the desk, and by SQL as the logins of the application: where the verbs are passed by, the
database refuses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from tests import journeys
from tests.cases.given import INSTANT, LICENSED, PLAIN, REASON, Matter, accepted, examined, received
from tests.cases.test_two_officers import desk_of
from tests.journeys import act
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.errors import CaseNotFound
from tongban.cases.types import Outcome
from tongban.identity import actions as identity
from tongban.identity.errors import AdministratorHoldsNoPost
from tongban.identity.types import Actor, ActorKind, Post, Role
from tongban.kernel import clock, database
from tongban.kernel.errors import HouseError
from tongban.kernel.types import Channel

VERBS = {"accept": cases.accept_case, "examine": cases.examine_case, "inspect": cases.examine_case,
         "decide": cases.decide_case}
EXAMINING = {"examine", "inspect"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A case and the people at its desk, each with every post: whose it is, who acts for its firm, and two others."""

    matter: Matter
    people: dict[str, Actor]
    concerned: frozenset[str]


def room(slug: str) -> Room:
    """The desk of a case just received."""
    if slug == LICENSED:
        owner = journeys.with_firm(journeys.citizen())
        agent = journeys.citizen()
        identity.appoint_agent(journeys.TESTER, agent=agent.party or 0, entity=owner.entities[0], valid_from=date(2026, 1, 1))
        matter = replace(received(slug), number=journeys.submitted(owner, slug), person=owner)
        concerned = {"self": owner, "agent": agent}
    else:
        matter = received(slug)
        concerned = {"self": matter.person}
    place = matter.row.authority_id
    people = {name: desk_of(person, place, *Role) for name, person in concerned.items()}
    people |= {name: desk_of(journeys.citizen(), place, *Role) for name in ("one", "two")}
    return Room(matter=matter, people=people, concerned=frozenset(concerned))


@contextmanager
def undone() -> Iterator[None]:
    """A step to try and take back."""
    with database.atomic():
        yield
        transaction.set_rollback(True, using=database.alias())


def tries(place: Room, verb: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Everybody, and for a visit to the site every companion, with what the verb asks for."""
    for name in place.people:
        if verb == "inspect":
            for other in place.people:
                if other != name:
                    yield (name, other), {"recommends": True, **journeys.check(verb, place.people[other])}
        else:
            yield (name,), {"accept": {}, "examine": {"recommends": True, "opinion": "", "verb": "examine"},
                            "decide": {"outcome": Outcome.GRANTED}}[verb]


def walk(place: Room, examiners: frozenset[str], paths: list[int]) -> None:
    """From here every verb by everybody: allowed exactly when the law says so, and on from each that was."""
    with journeys.as_actor(place.people["one"]):
        verbs = sorted({verb for (verb,) in database.rows(
            "select t.verb from cases_task t join cases_case c on c.id = t.case_id where c.number = %s "
            "and t.done_at is null", [place.matter.number])})
    for verb in verbs:
        for names, arguments in tries(place, verb):
            with undone():
                lawful = not place.concerned & set(names) and not (verb == "decide" and examiners & set(names))
                try:
                    act(place.people[names[0]], VERBS[verb], number=place.matter.number, **arguments)
                except HouseError:
                    assert not lawful, (verb, names, examiners)
                else:
                    assert lawful, (verb, names, examiners)
                    paths.append(1)
                    walk(place, examiners | (set(names) if verb in EXAMINING else set()), paths)


@requirement("IDN-14", "CASE-19")
@pytest.mark.parametrize(("slug", "least"), [(INSTANT, 4), (PLAIN, 8), (LICENSED, 20)])
def test_no_order_of_officers_leads_to_self_approval(db, slug, least):
    place = room(slug)
    paths: list[int] = []
    with database.serving("officer"):
        walk(place, frozenset(), paths)
    assert len(paths) >= least
    assert place.matter.row.state == "SUBMITTED"


@requirement("IDN-14")
def test_a_post_given_in_the_middle_of_a_case_opens_no_way_round(db):
    matter = accepted()
    place = matter.row.authority_id
    late, own = desk_of(journeys.citizen(), place, Role.REVIEWER), desk_of(matter.person, place)
    act(late, cases.examine_case, number=matter.number, recommends=True, opinion="")
    for officer in (late, own):
        identity.give_post(journeys.TESTER, account=officer.account, authority=place, role=Role.DECIDER,
                           valid_from=clock.today())
        now = replace(officer, posts=(*officer.posts, *journeys.officer(place, Role.DECIDER).posts))
        with pytest.raises(HouseError):
            act(now, cases.decide_case, number=matter.number, outcome=Outcome.GRANTED)
    assert matter.row.decided_by_id is None


@requirement("IDN-14")
def test_at_the_pages_of_the_desk_nobody_acts_on_their_own(db):
    place = room(LICENSED)
    for name in place.concerned:
        browser = Client(SERVER_NAME="127.0.0.1")
        browser.cookies[settings.SESSION_COOKIE_NAME] = identity.open_session(
            account=place.people[name].account, channel=Channel.WEB)
        for page, typed in (("accept", {}), ("decline", {"ground": "NO_PERMIT_NEEDED", "reason": REASON}),
                            ("examine", {"pass": "examine"}), ("decide", {"outcome": "GRANTED"}),
                            ("extend", {"days": "3", "reason": REASON})):
            assert browser.post(reverse(f"counter:{page}", args=[place.matter.number]), typed).status_code in (403, 409, 422)
        voided = browser.post(reverse("oversight:case", args=[place.matter.number]), {"act": "void", "reason": REASON})
        assert voided.status_code in (403, 409, 422)
    assert place.matter.row.state == "SUBMITTED"


def told(actor: Actor, statement: str, **values: Any) -> str:
    """What the database says to a statement with the login and scope of an actor; nothing is kept."""
    with journeys.as_actor(actor), undone():
        try:
            with database.atomic():
                database.execute(statement, values)
        except DatabaseError as error:
            return str(error.__cause__ or error).split(":")[0].split("\n")[0]
        return "done"


SIGN = "update cases_case set {column} = %(who)s where number = %(number)s"
STEP = ("update cases_task set done_at = kernel_now(), done_by_id = %(who)s, recommends = true where done_at is null and "
        "case_id = (select id from cases_case where number = %(number)s)")
VISIT = ("insert into cases_task (case_id, party, authority, node, name, role, verb, opened_at, done_at, done_by_id, "
         "companion_id, visited_on, opinion, salt) select id, applicant_id, authority_id, 'x', '{{}}', 'REVIEWER', 'inspect', "
         "kernel_now(), kernel_now(), %(who)s, %(other)s, kernel_today(), '', '' from cases_case where number = %(number)s")
DECISION = ("insert into cases_decision (case_id, party, authority, kind, ground, right_organ, reason, salt, at, by_id) "
            "select id, applicant_id, authority_id, '{kind}', '', '', '', '', kernel_now(), %(who)s from cases_case "
            "where number = %(number)s")


@requirement("IDN-14")
def test_by_sql_nobody_signs_what_is_their_own(db):
    place = room(LICENSED)
    for name in place.concerned:
        mine = {"number": place.matter.number, "who": place.people[name].account}
        for column in ("accepted_by_id", "examined_by_id", "decided_by_id"):
            assert told(place.people[name], SIGN.format(column=column), **mine) == "cases_case_not_own"
        assert told(place.people[name], STEP, **mine) == "cases_task_not_own"
        for kind in ("DECLINED", "GRANTED"):
            assert told(place.people[name], DECISION.format(kind=kind), **mine) == "cases_decision_own_hand"
        assert told(place.people["one"], VISIT.format(), number=place.matter.number, who=place.people["one"].account,
                    other=place.people[name].account) == "cases_task_not_own"


@requirement("IDN-14")
def test_by_sql_nobody_signs_for_a_colleague_or_without_the_post(db):
    matter = accepted()
    clerk, reviewer, decider = matter.staff.clerk, matter.staff.reviewer, matter.staff.decider
    for officer, column in ((reviewer, "decided_by_id"), (clerk, "examined_by_id"), (decider, "accepted_by_id")):
        for who in (officer, decider if officer is not decider else reviewer):
            assert told(officer, SIGN.format(column=column), number=matter.number, who=who.account) == "cases_case_own_hand"
    for who in (clerk, reviewer):
        assert told(clerk, STEP, number=matter.number, who=who.account) == "cases_task_own_hand"
    assert told(reviewer, STEP, number=matter.number, who=reviewer.account) == "done"
    assert told(reviewer, VISIT.format(), number=matter.number, who=reviewer.account,
                other=journeys.officer(matter.row.authority_id, Role.SUPERVISOR).account) == "cases_task_own_hand"
    assert told(reviewer, VISIT.format(), number=matter.number, who=reviewer.account, other=clerk.account) == "done"
    assert told(decider, DECISION.format(kind="GRANTED"), number=matter.number,
                who=decider.account) == "cases_decision_own_hand"
    assert "cases_case_decider" in told(decider, "update cases_case set state = 'DECIDED' where number = %(number)s",
                                        number=matter.number)


@requirement("IDN-14")
def test_by_sql_what_was_signed_stays(db):
    matter = examined()
    reviewer, decider = matter.staff.reviewer, matter.staff.decider
    again = "update cases_task set {change} where case_id = (select id from cases_case where number = %(number)s)"
    for change in ("verb = 'accept'", "opinion = 'x'", "done_by_id = null, done_at = null"):
        assert told(reviewer, again.format(change=change) + " and done_at is not null",
                    number=matter.number) == "cases_task_kept"
    assert told(decider, again.format(change="verb = 'examine'") + " and done_at is null",
                number=matter.number) == "cases_task_kept"
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED)
    assert told(decider, VISIT.format(), number=matter.number, who=decider.account,
                other=reviewer.account) == "cases_case_two_officers"
    assert told(reviewer, SIGN.format(column="decided_by_id"), number=matter.number,
                who=reviewer.account) in ("cases_case_two_officers", "cases_case_own_hand")
    assert told(reviewer, "update cases_case set outcome = 'REFUSED' where number = %(number)s",
                number=matter.number) == "cases_case_own_hand"
    assert told(decider, "update cases_decision set reason = 'x' where case_id = (select id from cases_case where "
                         "number = %(number)s)", number=matter.number) == "cases_decision_kept"


@requirement("IDN-14")
def test_by_sql_an_applicant_does_nothing_that_is_an_officers(db):
    matter = received()
    mine = {"number": matter.number, "who": matter.person.account}
    for column in ("accepted_by_id", "examined_by_id", "decided_by_id"):
        assert told(matter.person, SIGN.format(column=column), **mine) == "cases_case_own_hand"
        assert told(matter.person, SIGN.format(column=column),
                    **mine | {"who": matter.staff.decider.account}) == "cases_case_own_hand"
    assert told(matter.person, STEP, **mine) == "cases_task_own_hand"
    for kind in ("DECLINED", "GRANTED"):
        assert told(matter.person, DECISION.format(kind=kind), **mine) == "cases_decision_own_hand"
    assert told(matter.person, "update cases_case set outcome = 'GRANTED' where number = %(number)s",
                **mine) == "cases_case_own_hand"
    for state in ("ACCEPTED", "NOT_ACCEPTED", "TRANSFERRED"):
        assert told(matter.person, f"update cases_case set state = '{state}' where number = %(number)s",
                    **mine) == "cases_case_by_office"
    assert told(matter.person, "update cases_case set state = 'WITHDRAWN' where number = %(number)s", **mine) == "done"


@requirement("IDN-14")
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.CATALOGUE_AUDITOR, Role.DATA_STEWARD, Role.CATALOGUE_EDITOR])
def test_by_sql_no_other_post_signs_anything(db, role):
    matter = accepted()
    officer = journeys.officer(matter.row.authority_id, role)
    mine = {"number": matter.number, "who": officer.account}
    for column in ("accepted_by_id", "examined_by_id", "decided_by_id"):
        assert told(officer, SIGN.format(column=column), **mine) == "cases_case_own_hand"
    assert told(officer, STEP, **mine) == "cases_task_own_hand"
    assert told(officer, DECISION.format(kind="DECLINED"), **mine) == "cases_decision_own_hand"


@requirement("IDN-14")
def test_whoever_runs_the_system_decides_no_case(db):
    matter = accepted()
    account = identity.open_account(journeys.TESTER, kind=ActorKind.OFFICER, login=f"system-{next(journeys.COUNTER)}",
                                    password="secret-word", name="甲一", sample=True)
    posted = Actor(account=account, kind=ActorKind.OFFICER, party=None,
                   posts=tuple(Post(authority=matter.row.authority_id, role=role) for role in Role))
    with database.atomic():
        database.execute("insert into identity_administrator (account_id, duty) values (%s, 'SYSTEM')", [account])
        with pytest.raises(AdministratorHoldsNoPost):
            identity.give_post(journeys.TESTER, account=account, authority=matter.row.authority_id, role=Role.DECIDER,
                               valid_from=clock.today())
        with pytest.raises(IntegrityError, match="identity_post_apart"), database.atomic():
            database.execute("insert into identity_post (account_id, authority_id, role, valid_from) values "
                             "(%s, %s, 'DECIDER', '2026-01-01')", [account, matter.row.authority_id])
        with pytest.raises(IntegrityError, match="identity_administrator_apart"), database.atomic():
            database.execute("insert into identity_administrator (account_id, duty) values (%s, 'AUDIT')",
                             [matter.staff.decider.account])
        transaction.set_rollback(True, using=database.alias())
    assert told(posted, SIGN.format(column="decided_by_id"), number=matter.number, who=account) == "cases_case_own_hand"
    with pytest.raises(CaseNotFound):
        act(replace(posted, posts=()), cases.decide_case, number=matter.number, outcome=Outcome.GRANTED)
