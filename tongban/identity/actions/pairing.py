"""Signing a computer in by phone: the computer shows a code, the phone of somebody signed in says yes, once, in time."""

import hashlib
import secrets
from datetime import timedelta

from tongban.identity.actions.attempts import GATE, check_place, note_place
from tongban.identity.actions.sessions import open_session
from tongban.identity.errors import PairingOver
from tongban.identity.events import PairingAnswered, PairingAsked, PairingUsed
from tongban.identity.queries import token_hash
from tongban.identity.types import Actor, Arrived, Strength
from tongban.kernel import clock, database, events, parameters
from tongban.kernel.types import Channel

PAIRINGS = "pairings:any"


def ask_to_pair(*, browser: str, place: str, address: str = "") -> str:
    """A browser waits for a phone; returns what only this browser keeps. Nobody needs many, and each is an event for good."""
    today, kept = clock.today(), secrets.token_urlsafe(32)
    seconds = parameters.value("identity.pairing_seconds", today)
    check_place(PAIRINGS, address, most=parameters.value("identity.codes_an_address", today), minutes=60)
    with database.atomic():
        note_place(PAIRINGS, address)
        database.execute("insert into identity_pairing (code_hash, browser, place, asked_at, expires_at, strength, allowed) "
                         "values (%s, %s, %s, kernel_now(), kernel_now() + %s, 1, false)",
                         [token_hash(code_of(kept)), browser, place, timedelta(seconds=seconds)])
        events.record(GATE, PairingAsked(), subject="pairing")
    return kept


def answer_pairing(actor: Actor, *, token: str, code: str, allowed: bool) -> None:
    """The phone says whether the browser that waits is signed in as whoever holds the phone; only the first answer counts.

    `token`: the phone's own; where another node signed it in, what that node ends there ends for the browser too.
    """
    with database.atomic():
        answered = database.execute(
            "with s as (select * from identity_session where token_hash = %s and account_id = %s and closed_at is null for share) "
            "update identity_pairing p set account_id = s.account_id, strength = %s, allowed = %s, answered_at = kernel_now(), "
            "source = s.source, source_subject = s.source_subject, source_sid = s.source_sid from s "
            "where p.code_hash = %s and p.opener = '' and p.answered_at is null and p.expires_at > kernel_now()",
            [token_hash(token), actor.account, int(min(actor.strength, Strength.S2)), allowed, token_hash(code)])
        if not answered:
            raise PairingOver
        events.record(actor, PairingAnswered(account=actor.account, allowed=allowed), subject=f"account:{actor.account}",
                      party=actor.party)


def use_pairing(*, kept: str, browser: str) -> str:
    """The session of the browser that asked, once its phone said yes; nothing before, and nothing a second time."""
    with database.atomic():
        found = database.row(
            "update identity_pairing set used_at = kernel_now() where code_hash = %s and opener = '' and allowed "
            "and used_at is null and expires_at > kernel_now() returning account_id, strength, source, source_subject, source_sid",
            [token_hash(code_of(kept))])
        if found is None:
            return ""
        account, strength, source, subject, sid = found
        if database.row("select 1 from identity_account where id = %s and active", [account]) is None:
            return ""
        token = open_session(account=account, channel=Channel.WEB, browser=browser, strength=Strength(strength), arrived=Arrived(
            source=source, subject=subject, sid=sid, strength=Strength(strength)))
        events.record(GATE, PairingUsed(account=account), subject=f"account:{account}")
    return token


def code_of(kept: str) -> str:
    """What the picture shows: whoever reads it cannot tell what the browser keeps."""
    return hashlib.sha256(b"tongban.pairing.v1|" + kept.encode()).hexdigest()[:40]
