"""Browsers that wait to be signed in by a phone."""

from dataclasses import dataclass
from datetime import datetime

from tongban.identity.queries.callers import token_hash
from tongban.kernel import database


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingRow:
    """A browser that waits, or waited."""

    browser: str
    place: str
    asked_at: datetime
    waits: bool
    answered: bool
    allowed: bool


def pairing(code: str) -> PairingRow | None:
    """The browser behind a code; `waits` while it may still be answered."""
    found = database.row("select browser, place, asked_at, expires_at > kernel_now() and answered_at is null, "
                         "answered_at is not null, allowed and used_at is null from identity_pairing where code_hash = %s and opener = ''",
                         [token_hash(code)])
    if found is None:
        return None
    browser, place, asked_at, waits, answered, allowed = found
    return PairingRow(browser=browser, place=place, asked_at=asked_at, waits=waits, answered=answered, allowed=allowed)
