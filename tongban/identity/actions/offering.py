"""Going on at a phone: a computer that is signed in shows a code, a phone opens it, and only the computer says whether it goes on."""

import secrets
from datetime import timedelta

from tongban.identity.actions.attempts import GATE, check_place, note_place
from tongban.identity.actions.pairing import PAIRINGS
from tongban.identity.actions.sessions import open_session, stay_signed_in
from tongban.identity.errors import PairingOver
from tongban.identity.events import OfferAnswered, OfferMade, OfferNotFound, OfferTaken, OfferUsed
from tongban.identity.queries import offer_at_computer, offer_hash, token_hash
from tongban.identity.rules import offered_code
from tongban.identity.types import Actor, ActorKind, Arrived, Strength
from tongban.kernel import clock, database, events, parameters
from tongban.kernel.errors import NotPermitted
from tongban.kernel.types import Channel

WRONG = "offers:wrong"
MAKE = """
insert into identity_pairing (code_hash, opener, account_id, browser, place, asked_at, expires_at, strength, allowed)
select %(code)s, token_hash, account_id, %(browser)s, %(place)s, kernel_now(), kernel_now() + %(lasting)s, 1, false
from identity_session where token_hash = %(token)s on conflict do nothing
"""
END = """
update identity_pairing set expires_at = kernel_now() where opener = %(token)s and answered_at is null and expires_at > kernel_now()
"""
TAKE = """
update identity_pairing set phone_hash = %(phone)s, phone_browser = %(browser)s, phone_place = %(place)s,
  expires_at = kernel_now() + %(lasting)s
where code_hash = %(code)s and opener <> '' and phone_hash = '' and answered_at is null and expires_at > kernel_now()
returning account_id
"""
ANSWER = """
with s as (select * from identity_session where token_hash = %(token)s and closed_at is null for share)
update identity_pairing p set allowed = %(allowed)s, answered_at = kernel_now(), source = s.source, source_subject = s.source_subject,
  source_sid = s.source_sid, expires_at = case when %(allowed)s then kernel_now() + %(lasting)s else p.expires_at end
from s where p.code_hash = %(code)s and p.opener = s.token_hash and p.phone_hash <> '' and p.answered_at is null
  and p.expires_at > kernel_now()
"""
USE = """
update identity_pairing p set used_at = kernel_now() from identity_session s join identity_account a on a.id = s.account_id
where p.code_hash = %(code)s and p.phone_hash = %(phone)s and p.allowed and p.used_at is null and p.expires_at > kernel_now()
  and s.token_hash = p.opener and s.closed_at is null and s.last_seen_at > kernel_now() - s.idle and s.expires_at > kernel_now()
  and a.active
returning a.id, s.strength, s.source, s.source_subject, s.source_sid, s.expires_at, s.proved_at
"""
"""The session of the computer must be open still: whoever signed out there, or was signed out, lets no phone in."""


def offer_phone(actor: Actor, *, token: str, browser: str, place: str, address: str = "") -> str:
    """Show a code to the phone at which its person goes on; returns what only this browser keeps, and ends what it kept before.

    Staff stay at their desk, and a clerk who helps somebody takes nobody's session anywhere.
    """
    if actor.kind is not ActorKind.CITIZEN or actor.channel is not Channel.WEB:
        raise NotPermitted
    today, made, kept = clock.today(), 0, ""
    check_place(PAIRINGS, address, most=parameters.value("identity.codes_an_address", today), minutes=60)
    with database.atomic():
        stay_signed_in(token)
        note_place(PAIRINGS, address)
        database.execute(END, {"token": token_hash(token)})
        while not made:
            kept = secrets.token_urlsafe(32)
            made = database.execute(MAKE, {"code": offer_hash(offered_code(kept)), "token": token_hash(token), "browser": browser,
                                           "place": place, "lasting": _lasting()})
        events.record(actor, OfferMade(account=actor.account), subject=f"account:{actor.account}", party=actor.party)
    return kept


def check_unknown_offers(*, address: str) -> None:
    """A place that tries many codes which no computer shows is not listened to for a while."""
    today = clock.today()
    check_place(WRONG, address, most=parameters.value("identity.login_failures", today),
                minutes=parameters.value("identity.lockout_minutes", today))


def note_unknown_offer(*, address: str) -> None:
    """Count a code that no computer shows."""
    with database.atomic():
        note_place(WRONG, address)
        events.record(GATE, OfferNotFound(), subject="offer")


def take_offer(*, code: str, browser: str, place: str) -> str:
    """The first phone that opens the code waits for the computer, and no other one does; returns what only this phone keeps.

    Nothing is opened by it. From here on the person has the same time once more, to carry the number to the computer.
    """
    secret = secrets.token_urlsafe(32)
    with database.atomic():
        found = database.row(TAKE, {"code": offer_hash(code), "phone": token_hash(secret), "browser": browser, "place": place,
                                    "lasting": _lasting()})
        if found is None:
            raise PairingOver
        events.record(GATE, OfferTaken(account=found[0]), subject=f"account:{found[0]}")
    return f"{code}.{secret}"


def answer_offer(actor: Actor, *, token: str, kept: str, number: str) -> bool:
    """The computer lets the phone in that shows this number; any other number, or none, ends the matter. Returns which it was.

    Only the session that showed the code answers, and only once. The phone has the same time again to come.
    """
    with database.atomic():
        found = offer_at_computer(kept, token)
        allowed = found is not None and found.asks and found.number == number
        if not database.execute(ANSWER, {"token": token_hash(token), "code": offer_hash(offered_code(kept)), "allowed": allowed,
                                         "lasting": _lasting()}):
            raise PairingOver
        events.record(actor, OfferAnswered(account=actor.account, allowed=allowed), subject=f"account:{actor.account}",
                      party=actor.party)
    return allowed


def use_offer(*, kept: str, browser: str) -> str:
    """The session of the phone, once the computer let it in; nothing before, and nothing a second time.

    It is no stronger than that of the computer and ends no later, and its proof is not fresh: nobody proved anything here.
    """
    code, _, secret = kept.partition(".")
    with database.atomic():
        found = database.row(USE, {"code": offer_hash(code), "phone": token_hash(secret)})
        if found is None:
            return ""
        account, strength, source, subject, sid, until, proved_at = found
        stale = clock.now() - timedelta(seconds=parameters.value("identity.fresh_seconds_citizen", clock.today()) + 1)
        strength = min(Strength(strength), Strength.S2)
        token = open_session(account=account, channel=Channel.WEB, browser=browser, strength=strength, until=until,
                             proved_at=min(proved_at, stale), arrived=Arrived(source=source, subject=subject, sid=sid, strength=strength))
        events.record(GATE, OfferUsed(account=account), subject=f"account:{account}")
    return token


def _lasting() -> timedelta:
    return timedelta(seconds=parameters.value("identity.pairing_seconds", clock.today()))
