"""The secret with which a member of staff chooses a password: for a new account, or once two administrators let them begin anew.

No administrator knows or chooses a password: what they hand over is good once, for a day, and only for choosing one.
"""

import secrets
from datetime import timedelta

from django.contrib.auth.hashers import make_password

from tongban.identity.access import require_duty
from tongban.identity.actions.attempts import GATE, check_place, note_place
from tongban.identity.actions.passwords import check_new_password
from tongban.identity.errors import ProposalNotFound, SecretNotValid
from tongban.identity.events import FirstPasswordChosen, SignInFailed, StaffReset, StaffResetProposed
from tongban.identity.queries import token_hash
from tongban.identity.types import Actor, ActorKind, Duty
from tongban.kernel import clock, database, events, parameters

TRIED = "first-secrets:any"
UNUSABLE = make_password(None)
VOID = (
    "update identity_account set password = %(unusable)s where id = %(account)s",
    "update identity_session set closed_at = kernel_now() where account_id = %(account)s and closed_at is null",
    "update identity_factor set removed_at = kernel_now() where account_id = %(account)s and removed_at is null",
    "update identity_recovery set used_at = kernel_now() where account_id = %(account)s and used_at is null",
    "update identity_device set removed_at = kernel_now() where account_id = %(account)s and removed_at is null",
)


def give_first_secret(*, account: int) -> str:
    """Make the secret of an account, valid for a day; one before it is void. What calls this records it."""
    made = secrets.token_urlsafe(15)
    database.execute(
        "insert into identity_first_secret (account_id, secret_hash, expires_at) values (%s, %s, kernel_now() + %s) "
        "on conflict (account_id) do update set secret_hash = excluded.secret_hash, expires_at = excluded.expires_at, reset_until = null",
        [account, token_hash(made), _lasting()])
    return made


def propose_reset(actor: Actor, *, login: str) -> None:
    """The system administrator proposes that a member of staff begins anew."""
    require_duty(actor, Duty.SYSTEM)
    with database.atomic():
        found = database.row("select id from identity_account where login = %s and kind = %s and active and id <> %s",
                             [login, ActorKind.OFFICER, actor.account])
        if found is None:
            raise ProposalNotFound
        database.execute(
            "insert into identity_first_secret (account_id, secret_hash, expires_at, reset_until) "
            "values (%s, '', kernel_now(), kernel_now() + %s) on conflict (account_id) do update set reset_until = excluded.reset_until",
            [found[0], _lasting()])
        events.record(actor, StaffResetProposed(account=found[0]), subject=f"account:{found[0]}")


def confirm_reset(actor: Actor, *, login: str) -> str:
    """The security administrator agrees; what opened the account is void. Returns the secret, shown once."""
    require_duty(actor, Duty.SECURITY)
    with database.atomic():
        found = database.row(
            "delete from identity_first_secret f using identity_account a where a.id = f.account_id and a.login = %s "
            "and f.reset_until > kernel_now() and a.id <> %s returning a.id, a.party_id", [login, actor.account])
        if found is None:
            raise ProposalNotFound
        account = int(found[0])
        for statement in VOID:
            database.execute(statement, {"account": account, "unusable": UNUSABLE})
        made = give_first_secret(account=account)
        events.record(actor, StaffReset(account=account), subject=f"account:{account}", party=found[1])
    return made


def use_first_secret(*, login: str, secret: str, password: str, address: str) -> int:
    """Choose a password with the secret, which is gone with it. Returns the account.

    The secret is too long to guess; wrong ones count against the place alone, so that nobody keeps its owner out.
    """
    check_new_password(password, about=(login,))
    today = clock.today()
    check_place(TRIED, address, most=parameters.value("identity.login_failures", today),
                minutes=parameters.value("identity.lockout_minutes", today))
    with database.atomic():
        found = database.row("select identity_use_first_secret(%s, %s, %s)", [login, token_hash(secret), make_password(password)])
        account = found[0] if found else None
        if account is not None:
            events.record(GATE, FirstPasswordChosen(account=account), subject=f"account:{account}")
            return int(account)
        note_place(TRIED, address)
        events.record(GATE, SignInFailed(known=False), subject="sign-in")
    raise SecretNotValid


def _lasting() -> timedelta:
    return timedelta(hours=parameters.value("identity.founding_hours", clock.today()))
