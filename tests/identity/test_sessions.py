"""Sessions end when idle, when old, and when closed (IDN-12)."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from tests import journeys
from tests.cases.given import shanghai
from tests.identity.given import person, seen, sign_in
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.kernel import database
from tongban.kernel.errors import SignInRequired
from tongban.kernel.types import Channel

NOON = shanghai(3, 2, 12)


@requirement("IDN-12")
def test_a_session_ends_after_a_quarter_of_an_hour_without_a_word(db, at):
    at(NOON)
    token = sign_in(person())
    at(NOON + timedelta(minutes=14, seconds=59))
    assert seen(token) is not None
    at(NOON + timedelta(minutes=29, seconds=58))
    assert seen(token) is not None
    at(NOON + timedelta(minutes=44, seconds=58))
    assert seen(token) is None


@requirement("IDN-12")
def test_an_idle_session_does_not_wake_up_again(db, at):
    at(NOON)
    token = sign_in(person())
    at(NOON + timedelta(minutes=15))
    assert seen(token) is None
    at(NOON + timedelta(minutes=10))
    assert seen(token) is not None
    at(NOON + timedelta(minutes=16))
    assert seen(token) is not None


@requirement("IDN-12")
def test_however_busy_a_session_ends_after_twelve_hours(db, at):
    at(NOON)
    token = sign_in(person())
    for minutes in range(10, 12 * 60, 10):
        at(NOON + timedelta(minutes=minutes))
        assert seen(token) is not None, minutes
    at(NOON + timedelta(hours=12))
    assert seen(token) is None


@requirement("IDN-12")
def test_signing_out_closes_the_session_at_once_and_no_other(db):
    who = person()
    first, second = sign_in(who), sign_in(who)
    actor = seen(first)
    assert actor is not None
    with database.serving("citizen"):
        identity.sign_out(actor, token=first)
    assert seen(first) is None
    assert seen(second) is not None
    assert database.rows("select name from kernel_event where subject = %s order by id desc limit 1",
                         [f"account:{who.account}"]) == [("SignedOut",)]


def test_two_sessions_have_nothing_in_common(db):
    who = person()
    assert sign_in(who) != sign_in(who)


@pytest.mark.parametrize("token", ["", "made-up", "' or true --"])
def test_a_made_up_token_stands_for_nobody(db, token):
    assert seen(token) is None


def test_a_token_for_a_program_lives_as_long_as_was_said(db, at):
    at(NOON)
    token = identity.open_session(account=person().account, channel=Channel.API, days=30)
    at(NOON + timedelta(days=29))
    actor = seen(token)
    assert actor is not None
    assert actor.channel is Channel.API
    at(NOON + timedelta(days=30))
    assert seen(token) is None


def test_a_key_is_made_by_nobody_who_was_signed_out_meanwhile(db):
    """A request that was let in before the session ended makes nothing that opens the account afterwards."""
    who = person()
    token = identity.open_session(account=who.account, channel=Channel.WEB)
    actor = queries.actor_by_session(token)
    ending = "update identity_session set closed_at = kernel_now() where token_hash = %s"
    with journeys.as_actor(actor):
        assert identity.give_key(actor, token=token, key="first-key", days=1)
        with database.serving("worker"), pytest.raises(OperationalError), database.atomic():
            database.execute("set local lock_timeout = '100ms'")
            database.execute(ending, [queries.token_hash(token)])
    database.execute(ending, [queries.token_hash(token)])
    with journeys.as_actor(actor), pytest.raises(SignInRequired):
        identity.give_key(actor, token=token, key="second-key", days=1)
    assert queries.actor_by_session("first-key") and not queries.actor_by_session("second-key")
