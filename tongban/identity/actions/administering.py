"""The three administrators, and the staff they let in together."""

import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta

from django.contrib.auth.hashers import make_password

from tongban.identity.access import require_duty
from tongban.identity.actions.accounts import give_post, open_account
from tongban.identity.actions.first_secrets import UNUSABLE, give_first_secret
from tongban.identity.actions.passwords import check_new_password
from tongban.identity.actions.proofing import checked_number
from tongban.identity.actions.staffing import identify_staff
from tongban.identity.errors import (
    AdministratorsExist,
    FoundersNotApart,
    LoginTaken,
    ProposalNotFound,
    SecretNotValid,
)
from tongban.identity.events import (
    AdministratorConfirmed,
    AdministratorMade,
    AdministratorsBegun,
    StaffConfirmed,
    StaffProposed,
)
from tongban.identity.queries import kind_of, token_hash
from tongban.identity.rules import RESIDENT
from tongban.identity.types import Actor, ActorKind, Duty, Founder, Role
from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.types import Who


def begin_administrators(who: Who, *, founders: Mapping[Duty, Founder]) -> dict[Duty, str]:
    """Ask three people to become the first administrators; returns a one-time secret for each, valid for a day.

    Beginning again voids what was begun before; once there are administrators it is refused.
    """
    named = list(founders.values())
    if set(founders) != set(Duty) or min(len({each.login for each in named}), len({each.name for each in named})) < 3:
        raise FoundersNotApart
    hours = parameters.value("identity.founding_hours", clock.today())
    made = {duty: secrets.token_urlsafe(15) for duty in Duty}
    with database.atomic():
        _lock_founding()
        if any(kind_of(each.login) for each in named):
            raise LoginTaken
        latest = database.row("select coalesce(max(round), 0) + 1 from identity_founder")
        number = int(latest[0]) if latest else 1
        for duty, each in founders.items():
            database.execute(
                "insert into identity_founder (round, duty, login, name, secret_hash, password, expires_at) "
                "values (%s, %s, %s, %s, %s, '', kernel_now() + %s)",
                [number, duty, each.login, each.name, token_hash(made[duty]), timedelta(hours=hours)])
        events.record(who, AdministratorsBegun(round=number), subject="administrators")
    return made


def confirm_administrator(who: Who, *, login: str, secret: str, password: str) -> bool:
    """One of the three confirms with a password of their own; returns whether that made the administrators."""
    check_new_password(password)
    with database.atomic():
        _lock_founding()
        found = database.row(
            "select id, round, duty, secret_hash from identity_founder where login = %s and confirmed_at is null "
            "and expires_at > kernel_now() and round = (select max(round) from identity_founder)", [login])
        if found is None or not hmac.compare_digest(found[3], token_hash(secret)):
            raise SecretNotValid
        key, number, duty, _hash = found
        database.execute("update identity_founder set password = %s, secret_hash = '', confirmed_at = kernel_now() "
                         "where id = %s", [make_password(password), key])
        events.record(who, AdministratorConfirmed(round=number, duty=duty), subject="administrators")
        ready = database.rows("select duty, login, name, password from identity_founder where round = %s "
                              "and confirmed_at is not null order by id", [number])
        if len(ready) < len(Duty):
            return False
        for each, account_name, name, encoded in ready:
            account = open_account(who, kind=ActorKind.OFFICER, login=account_name, password="", name=name, encoded=encoded)
            database.execute("insert into identity_administrator (account_id, duty) values (%s, %s)", [account, each])
            events.record(who, AdministratorMade(account=account, duty=each), subject=f"account:{account}")
        database.execute("update identity_founder set password = '' where round = %s", [number])
    return True


def propose_staff(actor: Actor, *, login: str, name: str, number: str, authority: int, role: Role) -> int:
    """The system administrator proposes a post for someone, new or known, with their identity number; returns the proposal."""
    require_duty(actor, Duty.SYSTEM)
    number = checked_number(RESIDENT, number)
    hours = parameters.value("identity.founding_hours", clock.today())
    with database.atomic():
        database.execute("update identity_proposal set id_number = '' where confirmed_at is null and expires_at <= kernel_now() "
                         "and id_number <> ''")
        found = database.row(
            "insert into identity_proposal (id_number, login, name, role, authority_id, proposed_by_id, expires_at) "
            "values ('', %s, %s, %s, %s, %s, kernel_now() + %s) returning id",
            [login, name, role, authority, actor.account, timedelta(hours=hours)])
        key = int(found[0]) if found else 0
        database.execute("update identity_proposal set id_number = %s where id = %s",
                         [vault.seal("identity_proposal", "id_number", key, number), key])
        events.record(actor, StaffProposed(proposal=key, authority=authority, role=role), subject=f"proposal:{key}",
                      authority=authority)
    return key


def confirm_staff(actor: Actor, *, login: str) -> str:
    """The security administrator confirms what waits for an account name; returns the first secret of a new account."""
    require_duty(actor, Duty.SECURITY)
    with database.atomic():
        waiting = database.rows(
            "select id, name, authority_id, role, id_number from identity_proposal where login = %s and confirmed_at is null "
            "and expires_at > kernel_now() order by id for update", [login])
        if not waiting:
            raise ProposalNotFound
        known = database.row("select id, kind from identity_account where login = %s", [login])
        if known and known[1] != ActorKind.OFFICER:
            raise LoginTaken
        account = int(known[0]) if known else open_account(actor, kind=ActorKind.OFFICER, login=login, password="",
                                                           name=waiting[0][1], encoded=UNUSABLE)
        secret = "" if known else give_first_secret(account=account)
        for key, _name, authority, role, sealed in waiting:
            identify_staff(actor, account=account, number=vault.unseal("identity_proposal", "id_number", key, sealed))
            if not database.row("select 1 from identity_post where account_id = %s and authority_id = %s and role = %s "
                                "and (valid_to is null or valid_to >= kernel_today())", [account, authority, role]):
                give_post(actor, account=account, authority=authority, role=Role(role), valid_from=clock.today())
            database.execute("update identity_proposal set confirmed_at = kernel_now(), id_number = '' where id = %s", [key])
            events.record(actor, StaffConfirmed(proposal=key, account=account), subject=f"proposal:{key}",
                          authority=authority)
    return secret


def _lock_founding() -> None:
    """One founding step at a time, and none once there are administrators."""
    database.row("select pg_advisory_xact_lock(hashtext('identity_founder'))")
    if database.row("select 1 from identity_administrator limit 1"):
        raise AdministratorsExist
