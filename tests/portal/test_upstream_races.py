"""What an identity from elsewhere opened ends also where another act makes a session of it at the very same moment."""

import threading
from dataclasses import dataclass

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from tests import database as test_database
from tests import journeys
from tests.relying import administrators
from tests.requirements import requirement
from tests.upstream import arrived, joined, session
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.actions.pairing import code_of
from tongban.identity.actions.stepping_up import raise_session
from tongban.identity.rules import offered_code
from tongban.identity.types import Actor, Arrived, Duty, Factor, Strength
from tongban.kernel import database


@dataclass(frozen=True)
class Opened:
    """A session that a node opened here, with what stands in its row."""

    actor: Actor
    token: str
    arrived: Arrived


@pytest.fixture
def opened(db, source, node):
    person = journeys.citizen()
    joined(person, source, node)
    client, _ = arrived(source, node)
    subject, sid = database.row("select source_subject, source_sid from identity_session where account_id = %s and source = %s",
                                [person.account, source])
    return Opened(actor=session(client), token=client.cookies[settings.SESSION_COOKIE_NAME].value,
                  arrived=Arrived(source=source, subject=subject, sid=sid, strength=Strength.S2))


def at_once(house, first, second):
    """Begin an act, then another beside it; let the first one end once the second waits for it, or is through."""
    done, begun, go = [], threading.Event(), threading.Event()

    def hold():
        try:
            with database.serving("citizen"), database.atomic():
                done.append(first())
                begun.set()
                go.wait(10)
        finally:
            begun.set()
            connections.close_all()

    def follow():
        try:
            with database.serving("worker"):
                second()
        finally:
            connections.close_all()

    holder, follower = threading.Thread(target=hold), threading.Thread(target=follow)
    holder.start()
    begun.wait(10)
    follower.start()
    with psycopg.connect(test_database.owner_url(house), autocommit=True) as watch:
        while follower.is_alive() and not watch.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'").fetchone()[0]:
            pass
    go.set()
    holder.join()
    follower.join()
    return done[0]


def close(opened):
    closer = administrators()[Duty.SECURITY]
    return lambda: identity.close_source(closer, key=opened.arrived.source)


def unlink(opened):
    link = database.row("select id from identity_link where account_id = %s", [opened.actor.account])[0]
    return lambda: identity.unlink_source(opened.actor, link=link)


def end_others(opened):
    return lambda: identity.close_sessions(opened.actor, keep="another")


def change(opened):
    def act():
        with database.acting(parties=opened.actor.parties, account=opened.actor.account):
            identity.change_password(opened.actor, present="secret-word", new="sieben-zwerge-am-berg", address="", keep="another")
    return act


def leave(opened):
    return lambda: identity.sign_out(opened.actor, token=opened.token)


ENDINGS = [close, unlink, end_others, change]


def asked():
    with database.serving("public"):
        return identity.ask_to_pair(browser="Firefox", place="127.0.…")


def answer(opened, kept):
    with database.serving("citizen"):
        identity.answer_pairing(opened.actor, token=opened.token, code=code_of(kept), allowed=True)


@requirement("IDN-12")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_session_that_is_raised_meanwhile_ends_too(opened, house, ending):
    token = at_once(house, lambda: raise_session(opened.actor, token=opened.token, factor=Factor.CODE), ending(opened))
    assert queries.actor_by_session(token) is None and queries.actor_by_session(opened.token) is None


@requirement("IDN-12")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_computer_that_is_signed_in_meanwhile_is_signed_out_again(opened, house, ending):
    kept = asked()
    answer(opened, kept)
    token = at_once(house, lambda: identity.use_pairing(kept=kept, browser="Firefox"), ending(opened))
    assert token and queries.actor_by_session(token) is None


@requirement("IDN-12")
@pytest.mark.parametrize("ending", ENDINGS)
def test_an_answer_that_is_given_meanwhile_signs_no_computer_in(opened, house, ending):
    kept = asked()
    at_once(house, lambda: answer(opened, kept), ending(opened))
    with database.serving("public"):
        assert identity.use_pairing(kept=kept, browser="Firefox") == ""


@requirement("IDN-12")
@pytest.mark.parametrize("ending", [close, unlink])
def test_whoever_signs_in_meanwhile_is_signed_out_again(opened, house, ending):
    token = at_once(house, lambda: identity.sign_in_by_source(arrived=opened.arrived, browser="Firefox"), ending(opened))
    assert token and queries.actor_by_session(token) is None


def taken(opened):
    """What a computer keeps of its code, and the phone that opened it."""
    with database.serving("citizen"):
        kept = identity.offer_phone(opened.actor, token=opened.token, browser="Firefox", place="127.0.…")
        return kept, identity.take_offer(code=offered_code(kept), browser="Chrome", place="127.0.…")


def let_in(opened, kept, phone):
    with database.serving("citizen"):
        assert identity.answer_offer(opened.actor, token=opened.token, kept=kept, number=queries.offer_at_phone(phone).number)


@requirement("IDN-12")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_phone_that_goes_on_meanwhile_is_signed_out_again(opened, house, ending):
    kept, phone = taken(opened)
    let_in(opened, kept, phone)
    token = at_once(house, lambda: identity.use_offer(kept=phone, browser="Chrome"), ending(opened))
    assert token and queries.actor_by_session(token) is None


@requirement("IDN-12")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_phone_that_is_let_in_meanwhile_does_not_go_on(opened, house, ending):
    kept, phone = taken(opened)
    at_once(house, lambda: let_in(opened, kept, phone), ending(opened))
    with database.serving("public"):
        assert identity.use_offer(kept=phone, browser="Chrome") == ""


@requirement("IDN-12")
@pytest.mark.parametrize("ending", [end_others, change, leave])
def test_a_phone_that_comes_while_the_computer_is_signed_out_does_not_go_on(opened, house, ending):
    kept, phone = taken(opened)
    let_in(opened, kept, phone)
    came = []
    at_once(house, ending(opened), lambda: came.append(identity.use_offer(kept=phone, browser="Chrome")))
    assert came == [""]
