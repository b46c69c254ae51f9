"""Sessions and keys of programs: opened, ended, cleaned away."""

import secrets
from datetime import datetime, timedelta

from tongban.identity.actions.attempts import GATE
from tongban.identity.events import KeyGiven, KeyWithdrawn, SessionsClosed, SignedIn, SignedOut, SignInsCleaned
from tongban.identity.queries import token_hash
from tongban.identity.types import Actor, Arrived, Strength
from tongban.kernel import clock, database, events, parameters
from tongban.kernel.errors import SignInRequired
from tongban.kernel.types import Channel, Who

OPEN = """
insert into identity_session (token_hash, account_id, channel, opened_at, last_seen_at, idle, expires_at, browser, strength,
  proved_at, device_hash, source, source_subject, source_sid, passkey_at)
select %(token)s, id, %(channel)s, kernel_now(), kernel_now(), coalesce(%(days)s, case when kind = 'OFFICER' then %(idle_officer)s
  else %(idle)s end), least(%(until)s, kernel_now() + coalesce(%(days)s, case when kind = 'OFFICER' then %(total_officer)s
  else %(total)s end)),
  %(browser)s, %(strength)s, coalesce(%(proved_at)s, kernel_now()), %(device)s, %(source)s, %(subject)s, %(sid)s,
  case when %(passkey)s then kernel_now() end
from identity_account where id = %(account)s
"""
CLOSE = """
update identity_session set closed_at = kernel_now() where account_id = %(account)s and closed_at is null and token_hash <> %(keep)s
  and (%(only)s = '' or token_hash = %(only)s) and channel <> %(apart)s
"""
VOID = """
update identity_pairing set allowed = false where account_id = %(account)s and allowed and used_at is null
  and (%(opener)s = '' or opener = %(opener)s)
"""
"""Whoever was let in and has not come yet stays out."""


def open_session(*, account: int, channel: Channel, days: float | None = None, browser: str = "",
                 strength: Strength = Strength.S2, device: str = "", arrived: Arrived | None = None, passkey: bool = False,
                 until: datetime | None = None, proved_at: datetime | None = None) -> str:
    """Open a session for an account whose holder has just proved who they are, by default with two factors.

    Returns the token, which is stored only as a hash. `device`: what the browser is given to be known by. `arrived`: who
    said so, if another node did; `passkey`: was one of the factors a passkey? `until`: it ends then at the latest;
    `proved_at`: when they proved it, if not just now.
    """
    today = clock.today()
    token = secrets.token_urlsafe(32)
    idle, idle_officer = (timedelta(minutes=parameters.value(f"identity.session_idle_minutes{kind}", today))
                          for kind in ("", "_officer"))
    total, total_officer = (timedelta(hours=parameters.value(f"identity.session_total_hours{kind}", today))
                            for kind in ("", "_officer"))
    with database.atomic():
        database.execute(OPEN, {
            "token": token_hash(token), "account": account, "channel": channel, "idle": idle, "total": total,
            "idle_officer": idle_officer, "total_officer": total_officer, "browser": browser, "strength": int(strength),
            "days": timedelta(days=days) if days else None, "device": token_hash(device) if device else "",
            "source": arrived.source if arrived else "", "subject": arrived.subject if arrived else "",
            "sid": arrived.sid if arrived else "", "passkey": passkey, "until": until, "proved_at": proved_at})
        events.record(GATE, SignedIn(account=account, channel=channel), subject=f"account:{account}")
    return token


def sign_out(actor: Actor, *, token: str) -> None:
    """Close the session of a token at once; a phone that goes on from it comes before, or not at all."""
    with database.atomic():
        database.execute("update identity_session set closed_at = kernel_now() where token_hash = %s and closed_at is "
                         "null", [token_hash(token)])
        database.execute(VOID, {"account": actor.account, "opener": token_hash(token)})
        events.record(actor, SignedOut(account=actor.account), subject=f"account:{actor.account}")


def close_sessions(actor: Actor, *, keep: str, only: str = "") -> int:
    """End one's own sessions elsewhere, or only the one listed under a hash; the session of the token `keep` stays."""
    with database.atomic():
        closed = close_open(actor.account, keep=keep, only=only, apart=Channel.API)
        if closed:
            events.record(actor, SessionsClosed(account=actor.account, count=closed), subject=f"account:{actor.account}",
                          party=actor.party)
    return closed


def close_open(account: int, *, keep: str, only: str = "", apart: str = "") -> int:
    """Close sessions of an account but that of the token `keep`, and let nobody in who was let in there; returns how many.

    Sessions come first, so that nobody is let in by one; then those who were; then sessions again: what another transaction
    made of one of these while we waited for it. `apart`: a channel that stays.
    """
    told = {"account": account, "keep": token_hash(keep), "only": only, "apart": apart}
    closed = database.execute(CLOSE, told)
    database.execute(VOID, {"account": account, "opener": ""})
    return closed + database.execute(CLOSE, told)


def stay_signed_in(token: str) -> None:
    """Hold the session open until the transaction is over: what opens the account from now on is made by nobody who was signed out."""
    if database.row("select 1 from identity_session where token_hash = %s and closed_at is null for share", [token_hash(token)]) is None:
        raise SignInRequired


def give_key(actor: Actor, *, token: str, key: str, days: int) -> bool:
    """Let programs act for a citizen with this key for some days; the same key again changes nothing and is no key made.

    No key is of the third strength: a program has no face. `token`: of the session that asks.
    """
    with database.atomic():
        stay_signed_in(token)
        made = database.execute(
            "insert into identity_session (token_hash, account_id, channel, opened_at, last_seen_at, idle, expires_at, browser, "
            "strength, proved_at, device_hash) "
            "values (%s, %s, %s, kernel_now(), kernel_now(), %s, kernel_now() + %s, '', %s, kernel_now() - %s, '') "
            "on conflict do nothing",
            [token_hash(key), actor.account, Channel.API, timedelta(days=days), timedelta(days=days), int(min(actor.strength, Strength.S2)),
             timedelta(seconds=actor.proved_seconds)])
        if made:
            events.record(actor, KeyGiven(account=actor.account, days=days), subject=f"account:{actor.account}",
                          party=actor.party)
    return bool(made)


def withdraw_key(actor: Actor, *, key: str) -> None:
    """Close a key of one's own, by the hash it is listed under; it stops working at once."""
    with database.atomic():
        closed = database.execute(
            "update identity_session set closed_at = kernel_now() where token_hash = %s and account_id = %s "
            "and channel = %s and closed_at is null", [key, actor.account, Channel.API])
        if closed:
            events.record(actor, KeyWithdrawn(account=actor.account), subject=f"account:{actor.account}",
                          party=actor.party)


def clean_up(who: Who) -> int:
    """Delete failed sign-ins and ended sessions that are past their time; returns how many."""
    today = clock.today()
    kept = timedelta(days=parameters.value("identity.session_days", today))
    with database.atomic():
        attempts = database.execute("delete from identity_attempt where at < kernel_now() - %s",
                                    [timedelta(days=parameters.value("identity.attempt_days", today))])
        sessions = database.execute(
            "delete from identity_session where least(closed_at, expires_at, last_seen_at + idle) < kernel_now() - %s",
            [kept])
        codes = database.execute("delete from identity_code where asked_at < kernel_now() - interval '1 day'")
        codes += database.execute("delete from identity_enrolment where expires_at < kernel_now() - interval '1 day'")
        codes += database.execute("delete from identity_first_secret where expires_at < kernel_now() "
                                  "and coalesce(reset_until < kernel_now(), true)")
        codes += database.execute("delete from identity_proofing_code where expires_at < kernel_now()")
        database.execute("delete from identity_used where used_at < kernel_now() - interval '1 day'")
        if attempts or sessions or codes:
            events.record(who, SignInsCleaned(attempts=attempts, sessions=sessions), subject="sign-in")
    return attempts + sessions + codes
