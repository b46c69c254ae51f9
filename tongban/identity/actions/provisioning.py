"""Accounts of staff that arrive from outside (SCIM): opened without a password, given posts, closed at once.

A provisioning system reaches the accounts it brought and no other, whatever it names; no administrator is among them.
"""

import secrets

from django.contrib.auth.hashers import make_password

from tongban.authorities import queries as places
from tongban.identity.actions.accounts import give_post, open_account
from tongban.identity.actions.staffing import forget_staff, identify_staff, put_staff_right
from tongban.identity.errors import AccountNotProvisioned, LoginTaken
from tongban.identity.events import (
    AccountChanged,
    AccountProvisioned,
    AccountRemoved,
    PostTaken,
    SessionsClosed,
)
from tongban.identity.queries import ClientView
from tongban.identity.types import ActorKind, Role
from tongban.kernel import clock, database, events, ids
from tongban.kernel.types import Channel, System


def provision_account(client: ClientView, *, login: str, display: str, external: str, active: bool, number: str = "") -> str:
    """Open an account of staff that awaits its first signing in; returns the name the system knows it by.

    `number`: the identity number of whoever holds it, so that they keep off what is their own; the system may say it later.
    """
    who, key = _system(client), ids.public_id()
    with database.atomic():
        _refuse_taken(login)
        account = open_account(who, kind=ActorKind.OFFICER, login=login, password="", name=display,
                               encoded=make_password(secrets.token_urlsafe(32)))
        database.execute(
            "insert into identity_provisioned (account_id, client_id, key, external_id, made_at, changed_at) "
            "values (%s, %s, %s, %s, kernel_now(), kernel_now())", [account, client.key, key, external])
        if not active:
            database.execute("update identity_account set active = false where id = %s", [account])
        _bring_identity(client, account, number)
        events.record(who, AccountProvisioned(account=account, client=client.key, active=active), subject=f"account:{account}")
    return key


def change_provisioned(client: ClientView, *, key: str, login: str, display: str, external: str, active: bool,
                       number: str = "") -> None:
    """Change what a system said of an account; one that is no longer active is signed out everywhere at once."""
    who = _system(client)
    with database.atomic():
        account = _account(client, key)
        database.row("select id from identity_account where id = %s for update", [account])
        _refuse_taken(login, but=account)
        database.execute("update identity_account set login = %s, display = %s, active = %s where id = %s",
                         [login, display, active, account])
        database.execute("update identity_provisioned set external_id = %s, changed_at = kernel_now() where account_id = %s",
                         [external, account])
        _bring_identity(client, account, number)
        if not active:
            _sign_out(who, account)
        events.record(who, AccountChanged(account=account, client=client.key, active=active), subject=f"account:{account}",
                      party=None if active else _party(account))


def remove_provisioned(client: ClientView, *, key: str) -> None:
    """Close an account for good: signed out, without posts; what it did stays on record under its name."""
    who = _system(client)
    with database.atomic():
        account = _account(client, key)
        database.execute("update identity_account set active = false where id = %s", [account])
        _sign_out(who, account)
        for authority, role in database.rows("select authority_id, role from identity_post where account_id = %s "
                                             "and (valid_to is null or valid_to >= kernel_today())", [account]):
            take_post(who, account=account, authority=authority, role=Role(role))
        party = _party(account)
        forget_staff(who, account=account)
        database.execute("update identity_provisioned set removed_at = kernel_now(), changed_at = kernel_now() "
                         "where account_id = %s", [account])
        events.record(who, AccountRemoved(account=account, client=client.key), subject=f"account:{account}", party=party)


def set_post_holders(client: ClientView, *, authority: int, role: Role, keys: frozenset[str]) -> None:
    """Let these accounts of the system, and none other of its own, hold a post of one of its authorities from today on."""
    who = _system(client)
    if authority not in places.authority_keys(client.authorities).values():
        raise AccountNotProvisioned
    with database.atomic():
        database.row("select pg_advisory_xact_lock(hashtext(%s))", [f"identity_post:{client.key}"])
        wanted = {_account(client, key) for key in keys}
        held = {account for (account,) in database.rows(
            "select p.account_id from identity_post p join identity_provisioned v on v.account_id = p.account_id "
            "where v.client_id = %s and v.removed_at is null and p.authority_id = %s and p.role = %s "
            "and (p.valid_to is null or p.valid_to >= kernel_today())", [client.key, authority, role])}
        for account in sorted(held - wanted):
            take_post(who, account=account, authority=authority, role=role)
        for account in sorted(wanted - held):
            give_post(who, account=account, authority=authority, role=role, valid_from=clock.today())


def take_post(who: System, *, account: int, authority: int, role: Role) -> None:
    """End a post: whoever held it no longer does, from this moment on."""
    with database.atomic():
        database.execute("update identity_post set valid_to = kernel_today() - 1 where account_id = %s "
                         "and authority_id = %s and role = %s", [account, authority, role])
        events.record(who, PostTaken(account=account, authority=authority, role=role), subject=f"account:{account}",
                      authority=authority)


def _bring_identity(client: ClientView, account: int, number: str) -> None:
    """Tie an account to its person; a system puts right what it brought itself, never what two administrators said."""
    if number:
        put_staff_right(_system(client), account=account, number=number, brought_by=client.key)
        identify_staff(_system(client), account=account, number=number, brought_by=client.key)


def _account(client: ClientView, key: str) -> int:
    from_here = database.row("select account_id from identity_provisioned where client_id = %s and key = %s "
                             "and removed_at is null", [client.key, key])
    if from_here is None:
        raise AccountNotProvisioned
    return int(from_here[0])


def _party(account: int) -> int | None:
    """Who holds it, as far as it is known: what is kept of them may have ended with it."""
    found = database.row("select party_id from identity_account where id = %s", [account])
    return found[0] if found else None


def _refuse_taken(login: str, *, but: int = 0) -> None:
    if database.row("select 1 from identity_account where lower(login) = lower(%s) and id <> %s", [login, but]):
        raise LoginTaken


def _sign_out(who: System, account: int) -> None:
    closed = database.execute("update identity_session set closed_at = kernel_now() where account_id = %s "
                              "and closed_at is null", [account])
    if closed:
        events.record(who, SessionsClosed(account=account, count=closed), subject=f"account:{account}")


def _system(client: ClientView) -> System:
    return System(name=f"client:{client.key}", role="CLIENT", channel=Channel.API)
