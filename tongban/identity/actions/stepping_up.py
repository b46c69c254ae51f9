"""Proving once more who one is: the session gets a new token, and the old one is worth nothing (table 5.8)."""

import hmac
import secrets
from datetime import timedelta

from django.contrib.auth.hashers import check_password

from tongban.identity.actions.attempts import digest
from tongban.identity.errors import TooManyGuessesToday, WrongProof
from tongban.identity.events import DeviceAdded, ProofFailed, Proved
from tongban.identity.queries import token_hash, ways
from tongban.identity.types import Actor, Factor, Purpose, Strength
from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.errors import SignInRequired
from tongban.kernel.types import Who

RENEW = """
with old as (
  update identity_session set closed_at = kernel_now()
  where token_hash = %(old)s and account_id = %(account)s and closed_at is null returning *)
insert into identity_session (token_hash, account_id, channel, opened_at, last_seen_at, idle, expires_at, browser, strength,
  proved_at, device_hash, source, source_subject, source_sid, passkey_at, faced_at)
select %(new)s, account_id, channel, opened_at, kernel_now(), case when %(strength)s > 2 then %(idle)s else idle end,
  case when %(strength)s > 2 then least(expires_at, kernel_now() + %(total)s) else expires_at end, browser,
  greatest(strength, %(strength)s), kernel_now(), device_hash, source, source_subject, source_sid,
  case when %(passkey)s then kernel_now() else passkey_at end,
  case when %(face)s then kernel_now() else faced_at end
from old
returning strength, device_hash, browser
"""
TRY = """
update identity_code set tries = tries + 1
where id = (select id from identity_code where session_hash = %(session)s and purpose = %(purpose)s order by id desc limit 1)
  and account_id = %(account)s and used_at is null and expires_at > kernel_now() and tries < %(tries)s
returning id, nonce
"""
KNOW = """
with before as (select from identity_device where account_id = %(account)s and device_hash = %(device)s and removed_at is null)
insert into identity_device (account_id, device_hash, browser, first_at, last_at)
values (%(account)s, %(device)s, %(browser)s, kernel_now(), kernel_now())
on conflict (account_id, device_hash) do update set last_at = kernel_now(), browser = excluded.browser, removed_at = null
returning id, not exists(select from before), (select party_id from identity_account where id = %(account)s)
"""
PLACE = """
select d.device_hash from identity_session s
join identity_device d on d.account_id = s.account_id and d.device_hash = s.device_hash and d.removed_at is null
where s.token_hash = %s
"""


def prove_by_code(actor: Actor, *, token: str, code: str) -> str:
    """Prove it by a code that was sent; returns the session's new token. Codes are good once, and only in their session."""
    place = check_guesses(actor, Factor.CODE, token)
    found = database.row(TRY, {"session": token_hash(token), "account": actor.account, "purpose": Purpose.PROVE,
                               "tries": parameters.value("identity.code_tries", clock.today())})
    if found is None or not hmac.compare_digest(vault.digits(Purpose.PROVE, found[1]), code):
        raise wrong(actor, Factor.CODE, place)
    with database.atomic():
        database.execute("update identity_code set used_at = kernel_now() where id = %s", [found[0]])
        return raise_session(actor, token=token, factor=Factor.CODE)


def prove_by_password(actor: Actor, *, token: str, password: str) -> str:
    """Prove it by the password, where that is enough: the session is fresh again, and no stronger than before."""
    place = check_guesses(actor, Factor.PASSWORD, token)
    found = database.row("select password from identity_account where id = %s and active", [actor.account])
    if Factor.PASSWORD not in ways(actor) or found is None or not check_password(password, found[0]):
        raise wrong(actor, Factor.PASSWORD, place)
    return raise_session(actor, token=token, factor=Factor.PASSWORD, strength=Strength.S1)


def raise_session(actor: Actor, *, token: str, factor: Factor, strength: Strength = Strength.S2) -> str:
    """Give the session of whoever has just proved who they are a new token, its strength and the instant of the proof.

    The end of the session does not move; with strength S3 it comes sooner. With two factors the browser is known from now on.
    """
    return _raised(actor, token, factor, strength, used=factor)


def raise_by_new_factor(actor: Actor, *, token: str, factor: Factor) -> str:
    """The same for whoever has just set up a factor: it was proved, and not used yet."""
    return _raised(actor, token, factor, Strength.S2, used=None)


def _raised(actor: Actor, token: str, factor: Factor, strength: Strength, *, used: Factor | None) -> str:
    today, new = clock.today(), secrets.token_urlsafe(32)
    with database.atomic():
        renewed = database.row(RENEW, {
            "old": token_hash(token), "new": token_hash(new), "account": actor.account, "strength": int(strength),
            "passkey": used is Factor.PASSKEY, "face": used is Factor.FACE,
            "idle": timedelta(minutes=parameters.value("identity.session_idle_minutes_s3", today)),
            "total": timedelta(hours=parameters.value("identity.session_total_hours_s3", today))})
        if renewed is None:
            raise SignInRequired
        now, device, browser = renewed
        events.record(actor, Proved(account=actor.account, factor=factor, strength=now), subject=f"account:{actor.account}",
                      party=actor.party)
        if now >= Strength.S2:
            know_device(actor, account=actor.account, device=device, browser=browser)
    return new


def know_device(who: Who, *, account: int, device: str, browser: str) -> None:
    """Let an account be known on a browser from now on, by the hash of its cookie; whose it is gets told if it is new."""
    if not device:
        return
    with database.atomic():
        known = database.row(KNOW, {"account": account, "device": device, "browser": browser})
        if known and known[1]:
            events.record(who, DeviceAdded(account=account, device=known[0]), subject=f"account:{account}", party=known[2])


def check_guesses(actor: Actor, factor: Factor, token: str) -> str:
    """Refuse once a factor was wrong too often today, here: on each known device apart, elsewhere all together.

    One try at a time, so that many at once are not counted as one. Returns the place, as wrong tries are counted by it.
    """
    about = digest(f"{factor}:{actor.account}")
    database.row("select pg_advisory_xact_lock(hashtext('identity_guess:' || %s))", [about])
    known = database.row(PLACE, [token_hash(token)])
    place = digest(f"device:{known[0]}" if known else "anywhere")
    found = database.row("select count(*) from identity_attempt where login_hash = %s and address_hash = %s "
                         "and at > kernel_now() - interval '1 day'", [about, place])
    if found and found[0] >= parameters.value(f"identity.{factor.lower()}_tries_day", clock.today()):
        raise TooManyGuessesToday
    return place


def wrong(actor: Actor, factor: Factor, place: str) -> WrongProof:
    """Count a wrong try; what to raise then, where the page catches it inside its transaction."""
    with database.atomic():
        database.execute("insert into identity_attempt (login_hash, address_hash, at) values (%s, %s, kernel_now())",
                         [digest(f"{factor}:{actor.account}"), place])
        events.record(actor, ProofFailed(account=actor.account, factor=factor), subject=f"account:{actor.account}",
                      party=actor.party)
    return WrongProof()
