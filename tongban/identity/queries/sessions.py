"""Where an account is signed in, and which programs hold a key of it."""

from dataclasses import dataclass
from datetime import datetime

from tongban.kernel import database
from tongban.kernel.types import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session in force; `key` is the hash of its token."""

    key: str
    opened_at: datetime
    seen_at: datetime
    browser: str


def sessions_of(account: int) -> list[SessionRow]:
    """Where an account is signed in now, latest first."""
    return [SessionRow(key=key, opened_at=opened, seen_at=seen, browser=browser) for key, opened, seen, browser in
            database.rows(
                "select token_hash, opened_at, last_seen_at, browser from identity_session where account_id = %s "
                "and channel <> %s and closed_at is null and expires_at > kernel_now() "
                "and last_seen_at > kernel_now() - idle order by last_seen_at desc, token_hash limit 50",
                [account, Channel.API])]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key of a program in force; `key` is its hash, `used_at` is None until a program came with it."""

    key: str
    opened_at: datetime
    used_at: datetime | None
    expires_at: datetime


def keys_of(account: int) -> list[KeyRow]:
    """The keys for programs that an account has given out and that still work, newest first."""
    return [KeyRow(key=key, opened_at=opened, used_at=used, expires_at=expires) for key, opened, used, expires in
            database.rows(
                "select token_hash, opened_at, nullif(last_seen_at, opened_at), expires_at from identity_session where account_id = %s "
                "and channel = %s and closed_at is null and expires_at > kernel_now() "
                "and last_seen_at > kernel_now() - idle order by opened_at desc, token_hash limit 50",
                [account, Channel.API])]


def oldest_session() -> datetime | None:
    """When the oldest session that is still kept ended (worker only)."""
    found = database.row("select min(least(closed_at, expires_at, last_seen_at + idle)) from identity_session")
    return found[0] if found else None


def oldest_attempt() -> datetime | None:
    """When the oldest failed sign-in that is still kept was (worker only)."""
    found = database.row("select min(at) from identity_attempt")
    return found[0] if found else None
