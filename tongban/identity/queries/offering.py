"""Computers that offer a phone to go on, and the phones that opened their codes."""

from dataclasses import dataclass
from datetime import datetime

from tongban.identity.queries.callers import token_hash
from tongban.identity.rules import offered_code, offered_number
from tongban.kernel import database

OFFER = """
select a.display, p.browser, p.place, p.asked_at, p.phone_hash, p.phone_browser, p.phone_place,
  p.answered_at is null and p.expires_at > kernel_now(), p.answered_at is not null and not p.allowed,
  p.allowed and p.used_at is null and p.expires_at > kernel_now(), p.used_at is not null
from identity_pairing p join identity_account a on a.id = p.account_id
where p.code_hash = %(code)s and p.opener <> '' and p.opener = coalesce(%(opener)s, p.opener)
  and p.phone_hash = coalesce(%(phone)s, p.phone_hash)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """A computer that offers to go on, whose it is by a masked name, and what is known of the phone, if one opened the code.

    `waits`: for a phone; `asks`: a phone waits for the computer; `number`: what that phone shows; `allowed`: it may come in still.
    """

    name: str
    browser: str
    place: str
    asked_at: datetime
    phone_browser: str
    phone_place: str
    number: str
    waits: bool
    asks: bool
    refused: bool
    allowed: bool
    used: bool


def offer(code: str) -> OfferRow | None:
    """The computer that shows a code."""
    return _offer(code)


def offer_at_computer(kept: str, token: str) -> OfferRow | None:
    """What became of the code that the session of this token shows, and of no other session."""
    return _offer(offered_code(kept), opener=token_hash(token))


def offer_at_phone(kept: str) -> OfferRow | None:
    """What became of the code that this phone opened."""
    code, _, secret = kept.partition(".")
    return _offer(code, phone=token_hash(secret))


def offer_hash(code: str) -> str:
    """What the table keeps of a code: never the same as of one that a phone answers."""
    return token_hash(f"offer|{code}")


def _offer(code: str, *, opener: str | None = None, phone: str | None = None) -> OfferRow | None:
    found = database.row(OFFER, {"code": offer_hash(code), "opener": opener, "phone": phone})
    if found is None:
        return None
    name, browser, place, asked_at, phone_hash, phone_browser, phone_place, is_open, refused, allowed, used = found
    return OfferRow(name=name, browser=browser, place=place, asked_at=asked_at, phone_browser=phone_browser, phone_place=phone_place,
                    number=offered_number(phone_hash) if phone_hash else "", waits=is_open and not phone_hash,
                    asks=is_open and bool(phone_hash), refused=refused, allowed=allowed, used=used)
