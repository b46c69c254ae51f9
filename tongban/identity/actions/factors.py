"""Second factors of one's own: an app, passkeys, codes for the day both are lost; set up, used, removed."""

import hmac
import secrets

import pyotp

from tongban.identity.actions.attempts import GATE
from tongban.identity.actions.sessions import open_session
from tongban.identity.actions.stepping_up import check_guesses, know_device, raise_by_new_factor, raise_session, wrong
from tongban.identity.errors import DeviceUnknown, FactorUnknown, WayNotOpen, WrongProof
from tongban.identity.events import DeviceRemoved, FactorAdded, FactorRemoved, RecoveryCodesMade, SignInFailed
from tongban.identity.queries import factors_allowed, passkeys, token_hash
from tongban.identity.queries.passkeys import Seen
from tongban.identity.types import Actor, ActorKind, Factor, NewFactor, Strength
from tongban.kernel import clock, database, events, vault
from tongban.kernel.types import Channel

SECONDS = 30
AROUND = (0, -1, 1)
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_CODES, RECOVERY_LENGTH = 8, 10
UNUSED = "insert into identity_used (challenge_hash, used_at) values (%s, kernel_now()) on conflict do nothing"


def add_totp(actor: Actor, *, token: str, secret: str, code: str, name: str) -> NewFactor:
    """Set up an app that shows codes, once it shows the right one."""
    _check_allowed(actor, Factor.TOTP)
    place = check_guesses(actor, Factor.TOTP, token)
    step = _step(secret, code, after=0)
    if not step:
        raise wrong(actor, Factor.TOTP, place)
    with database.atomic():
        key = _next_key()
        database.execute(
            "insert into identity_factor (id, account_id, kind, name, credential, sealed, count, step, added_at) "
            "values (%s, %s, %s, %s, '', %s, 0, %s, kernel_now())",
            [key, actor.account, Factor.TOTP, name, vault.seal("identity_factor", "sealed", key, secret), step])
        return _added(actor, token, key, Factor.TOTP)


def add_passkey(actor: Actor, *, token: str, answer: str, name: str) -> NewFactor:
    """Set up a passkey from what the browser made."""
    _check_allowed(actor, Factor.PASSKEY)
    made = passkeys.read_new(answer)
    with database.atomic():
        _use_up(made)
        key = _next_key()
        added = database.execute(
            "insert into identity_factor (id, account_id, kind, name, credential, sealed, count, step, added_at) "
            "values (%s, %s, %s, %s, %s, %s, %s, 0, kernel_now()) on conflict do nothing",
            [key, actor.account, Factor.PASSKEY, name, made.credential, made.key, made.count])
        if not added:
            raise WrongProof
        return _added(actor, token, key, Factor.PASSKEY)


def remove_factor(actor: Actor, *, token: str, key: int) -> None:
    """Give a factor up; all other sessions end with it, and without factors the recovery codes are void."""
    with database.atomic():
        removed = database.row("update identity_factor set removed_at = kernel_now() where id = %s and account_id = %s "
                               "and removed_at is null returning kind", [key, actor.account])
        if removed is None:
            raise FactorUnknown
        if database.row("select 1 from identity_factor where account_id = %s and removed_at is null limit 1",
                        [actor.account]) is None:
            _void_recovery_codes(actor)
        _end_others(actor, token)
        events.record(actor, FactorRemoved(account=actor.account, kind=removed[0]), subject=f"account:{actor.account}",
                      party=actor.party)


def remove_device(actor: Actor, *, token: str, key: int) -> None:
    """No longer be known on a browser: whoever signs in there proves themselves anew; its sessions end, but not this one."""
    with database.atomic():
        removed = database.row("update identity_device set removed_at = kernel_now() where id = %s and account_id = %s "
                               "and removed_at is null returning device_hash", [key, actor.account])
        if removed is None:
            raise DeviceUnknown
        database.execute("update identity_session set closed_at = kernel_now() where account_id = %s and device_hash = %s "
                         "and closed_at is null and token_hash <> %s", [actor.account, removed[0], token_hash(token)])
        events.record(actor, DeviceRemoved(account=actor.account, device=key), subject=f"account:{actor.account}",
                      party=actor.party)


def make_recovery_codes(actor: Actor) -> tuple[str, ...]:
    """Eight codes, each good once, in place of those there were; only what they lead to is kept."""
    made = tuple("".join(secrets.choice(LETTERS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES))
    with database.atomic():
        _void_recovery_codes(actor)
        database.execute("insert into identity_recovery (account_id, code_index, made_at) "
                         "select %s, code, kernel_now() from unnest(%s::text[]) as code",
                         [actor.account, [_recovery_index(actor.account, code) for code in made]])
        events.record(actor, RecoveryCodesMade(account=actor.account), subject=f"account:{actor.account}", party=actor.party)
    return tuple(f"{code[:5]}-{code[5:]}" for code in made)


def prove_by_totp(actor: Actor, *, token: str, code: str) -> str:
    """Prove it by the app's code; each is good once. Returns the session's new token."""
    place = check_guesses(actor, Factor.TOTP, token)
    with database.atomic():
        for key, sealed, last in database.rows(
                "select id, sealed, step from identity_factor where account_id = %s and kind = %s and removed_at is null "
                "order by id for update", [actor.account, Factor.TOTP]):
            step = _step(vault.unseal("identity_factor", "sealed", key, sealed), code, after=last)
            if step and Factor.TOTP in factors_allowed(actor.kind):
                database.execute("update identity_factor set step = %s, used_at = kernel_now() where id = %s", [step, key])
                return raise_session(actor, token=token, factor=Factor.TOTP)
    raise wrong(actor, Factor.TOTP, place)


def prove_by_recovery(actor: Actor, *, token: str, code: str) -> str:
    """Prove it by a recovery code, which is gone with it. Returns the session's new token."""
    place = check_guesses(actor, Factor.RECOVERY, token)
    with database.atomic():
        used = database.execute(
            "update identity_recovery set used_at = kernel_now() where account_id = %s and code_index = %s and used_at is null",
            [actor.account, _recovery_index(actor.account, code.replace("-", "").lower())])
        if used:
            return raise_session(actor, token=token, factor=Factor.RECOVERY)
    raise wrong(actor, Factor.RECOVERY, place)


def prove_by_passkey(actor: Actor, *, token: str, answer: str) -> str:
    """Prove it by a passkey of one's own. Returns the session's new token."""
    account = _used(answer)
    if account != actor.account or Factor.PASSKEY not in factors_allowed(actor.kind):
        raise WrongProof
    return raise_session(actor, token=token, factor=Factor.PASSKEY)


def sign_in_by_passkey(*, answer: str, browser: str = "", given: str = "") -> str:
    """Sign in by a passkey alone, which is two factors: the key, and the finger, face or PIN. Returns the token."""
    try:
        account = _used(answer)
        _check_open_to(account)
    except WrongProof:
        events.record(GATE, SignInFailed(known=False), subject="sign-in")
        raise
    with database.atomic():
        token = open_session(account=account, channel=Channel.WEB, browser=browser, strength=Strength.S2, device=given,
                             passkey=True)
        know_device(GATE, account=account, device=token_hash(given) if given else "", browser=browser)
    return token


def _check_open_to(account: int) -> None:
    kind = database.row("select kind from identity_account where id = %s", [account])
    if kind is None or Factor.PASSKEY not in factors_allowed(ActorKind(kind[0])):
        raise WrongProof


def _used(answer: str) -> int:
    """The account whose passkey this is; a count that did not grow is that of a copy, and a challenge is good once."""
    credential = passkeys.credential_of(answer)
    with database.atomic():
        found = database.row("select key, account, public_key, uses from identity_passkey(%s)", [credential])
        if found is None:
            raise WrongProof
        key, account, public, count = found
        seen = passkeys.read_use(answer, key=public, account=account)
        if (seen.count or count) and seen.count <= count:
            raise WrongProof
        _use_up(seen)
        database.execute("select identity_passkey_used(%s, %s)", [key, seen.count])
    return int(account)


def _use_up(seen: Seen) -> None:
    if not database.execute(UNUSED, [token_hash(seen.challenge.decode())]):
        raise WrongProof


def _step(secret: str, code: str, *, after: int) -> int:
    """The half-minute a code belongs to, now or one before or after; nought if it is wrong or was used."""
    now = int(clock.now().timestamp()) // SECONDS
    shown = pyotp.TOTP(secret, interval=SECONDS)
    return next((now + each for each in AROUND if now + each > after
                 and hmac.compare_digest(shown.generate_otp(now + each).encode(), code.encode())), 0)


def _added(actor: Actor, token: str, key: int, kind: Factor) -> NewFactor:
    """Whoever just proved a new factor has two; the first one brings the recovery codes with it."""
    events.record(actor, FactorAdded(account=actor.account, kind=kind), subject=f"account:{actor.account}", party=actor.party)
    _end_others(actor, token)
    first = database.row("select 1 from identity_factor where account_id = %s and id <> %s and removed_at is null limit 1",
                         [actor.account, key]) is None
    return NewFactor(token=raise_by_new_factor(actor, token=token, factor=kind),
                     recovery_codes=make_recovery_codes(actor) if first else ())


def _check_allowed(actor: Actor, factor: Factor) -> None:
    if factor not in factors_allowed(actor.kind):
        raise WayNotOpen


def _end_others(actor: Actor, token: str) -> None:
    database.execute("update identity_session set closed_at = kernel_now() where account_id = %s and closed_at is null "
                     "and channel <> %s and token_hash <> %s", [actor.account, Channel.API, token_hash(token)])


def _void_recovery_codes(actor: Actor) -> None:
    database.execute("update identity_recovery set used_at = kernel_now() where account_id = %s and used_at is null",
                     [actor.account])


def _recovery_index(account: int, code: str) -> str:
    return vault.token("recovery", f"{account}:{code}")


def _next_key() -> int:
    found = database.row("select nextval('identity_factor_id_seq')")
    return int(found[0]) if found else 0
