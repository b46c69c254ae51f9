"""Knowing who calls and binding the database to their rows: one statement that travels with BEGIN."""

import tempfile
from datetime import timedelta

import pytest
from django.db import DataError, connections

from tests import journeys
from tests.conftest import MONDAY
from tests.portal.public import signed_in
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.types import Extent, Role, Terms
from tongban.kernel import clock, database
from tongban.kernel.errors import NotFound
from tongban.kernel.types import Channel

ITEM = "food-operation-gaoling"
SCOPE = "select " + ", ".join(f"coalesce(current_setting('app.{name}', true), '')" for name in (
    "parties", "authorities", "account", "scopes", "reach"))


def session(actor, channel=Channel.WEB):
    return identity.open_session(account=actor.account, channel=channel)


def entrusted(agent, *items):
    """A mandate of somebody for these items; of none, for all."""
    with journeys.as_actor(agent):
        phone = known.party(agent.party).phone
    today = clock.today()
    terms = Terms(extent=Extent.SIGN, items=items, valid_from=today, valid_to=today + timedelta(days=9))
    principal = journeys.citizen()
    code = journeys.act(principal, identity.offer_mandate, principal=principal.party, name="周代办", phone=phone, terms=terms)
    journeys.act(agent, identity.accept_mandate, code=code)


def helping(clerk):
    """A session of this clerk in which they help somebody."""
    token, person = session(clerk), journeys.citizen("周示例")
    with journeys.as_actor(person):
        code, last = identity.ask_help(person), known.party(person.party).code[-4:]
    journeys.act(known.actor_by_session(token), identity.start_help, token=token, code=code, last=last)
    return token


def entered(login, token, *, helped=False):
    """Who comes in, and the scope of their transaction, each setting as a set."""
    with database.serving(login), known.entered(token, helped=helped) as actor:
        return actor, [frozenset(filter(None, each.strip("{}").split(","))) for each in database.row(SCOPE)]


def scope_of(actor):
    return [frozenset(str(each) for each in given) for given in (
        actor.parties, actor.authorities, [actor.account], actor.scopes, actor.reach)]


@requirement("SEC-06")
def test_the_database_is_bound_to_what_the_caller_may_see(db):
    plain = journeys.citizen()
    firm, agent, merged = (journeys.with_firm(journeys.citizen("周代办")) for _ in range(3))
    entrusted(agent, "a-item", "b-item")
    entrusted(agent)
    with connections["owner"].cursor() as cursor:
        cursor.execute("update identity_party set merged_into_id = %s where id = %s", [merged.party, journeys.citizen().party])
    for each in (plain, firm, agent, merged):
        for channel in (Channel.WEB, Channel.API):
            actor, scope = entered("citizen", session(each, channel))
            assert actor.account == each.account
            assert scope == scope_of(actor)
    actor, scope = entered("citizen", session(agent))
    assert len(actor.mandates) == 2
    assert [len(each) for each in scope] == [2, 0, 1, 3, 4]
    assert len(entered("citizen", session(merged))[1][0]) == 3


@requirement("SEC-06")
def test_staff_are_bound_to_their_authorities_and_a_helper_to_the_person(db):
    clerk = journeys.officer(journeys.authority_of(ITEM), Role.RECEPTIONIST, Role.REVIEWER)
    token = helping(clerk)
    actor, scope = entered("officer", token)
    assert scope == scope_of(actor)
    assert [len(each) for each in scope] == [0, 1, 1, 0, 0]
    actor, scope = entered("officer", token, helped=True)
    assert scope == scope_of(actor.as_helper())
    assert [len(each) for each in scope] == [0, 0, 1, 1, 1]
    alone = entered("officer", session(clerk), helped=True)
    assert alone[1] == scope_of(alone[0])


@requirement("SEC-06")
def test_nobody_is_bound_to_nothing_and_no_scope_outlives_its_transaction(db):
    person = journeys.citizen()
    assert entered("citizen", session(person))[1][0]
    assert entered("citizen", "made-up") == (None, [frozenset()] * 5)
    with database.serving("citizen"):
        assert set(database.row(SCOPE)) == {"", "{}"}
        assert known.actor_by_session(session(person)).account == person.account
        with database.atomic():
            assert known.actor_by_session(session(person)).account == person.account
            assert set(database.row(SCOPE)) == {"", "{}"}


def trips(call):
    """How often the server is waited for."""
    link = connections["citizen"].connection
    with tempfile.NamedTemporaryFile() as wire:
        link.pgconn.trace(wire.fileno())
        call()
        link.pgconn.untrace()
        wire.seek(0)
        return wire.read().count(b"ReadyForQuery")


def test_knowing_who_calls_costs_no_round_trip(db):
    token = session(journeys.citizen())

    def bare():
        with database.atomic():
            database.row("select 1")

    def caller():
        with known.entered(token) as actor:
            assert actor is not None
            database.row("select 1")

    with database.serving("citizen"):
        bare(), caller()
        assert trips(caller) == trips(bare) == 3


def test_whoever_is_refused_was_here_all_the_same(db, at):
    at(MONDAY)
    token = session(journeys.citizen())
    at(MONDAY + timedelta(minutes=14))
    with pytest.raises(NotFound), database.serving("citizen"), known.entered(token):
        raise NotFound
    at(MONDAY + timedelta(minutes=28))
    assert entered("citizen", token)[0] is not None


def test_a_connection_that_was_lost_is_a_page_that_waits_and_the_next_one_is_shown(db):
    browser = signed_in(session(journeys.citizen()))
    assert browser.get("/me/").status_code == 200
    with connections["citizen"].cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        lost = cursor.fetchone()[0]
    with connections["owner"].cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 2000)", [lost])
    assert browser.get("/me/").status_code == 503
    assert browser.get("/me/").status_code == 200


def test_a_statement_that_fails_is_an_error_of_the_database(db):
    with database.serving("citizen"):
        with pytest.raises(DataError), database.beginning("select (1 / $1::int)::text", "0"):
            pass
        with database.beginning("select $1::text", "it's") as told:
            assert told == b"it's"
