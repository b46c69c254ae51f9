"""Letting systems in: proposed by one administrator, confirmed by another, shut out by either."""

import re
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from tongban.authorities import queries as authorities
from tongban.identity.access import require_duty
from tongban.identity.actions.assessing import agree_to_assessment, write_assessment
from tongban.identity.errors import ClientNotProposed, ClientUnknown, RegistrationNotValid
from tongban.identity.events import ClientClosed, ClientConfirmed, ClientProposed
from tongban.identity.queries import token_hash
from tongban.identity.types import Actor, ClientKind, Duty, Registration, Scope
from tongban.kernel import clock, database, events, ids, parameters

LOOPBACK = frozenset({"127.0.0.1", "[::1]"})
PLAIN = re.compile(r"[!-~]{8,300}")
MOST = 20


def propose_client(actor: Actor, *, registration: Registration) -> str:
    """The system administrator proposes a system as it is to be let in; returns its key, which is no secret."""
    require_duty(actor, Duty.SYSTEM)
    check_registration(registration)
    hours = parameters.value("identity.founding_hours", clock.today())
    key, told = ids.public_id(), registration
    with database.atomic():
        database.execute(
            "insert into identity_client (key, kind, name, name_en, purpose, purpose_en, basis, redirects, returns, scopes, "
            "sector, logout_uri, confidential, secret_hash, proofing, strength, proposed_by_id, authorities, expires_at) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', %s, %s, %s, %s, kernel_now() + %s)",
            [key, told.kind, told.name.zh, told.name.en, told.purpose.zh, told.purpose.en, told.basis, list(told.redirects),
             list(told.returns), [str(each) for each in told.scopes], told.sector, told.logout_uri, told.confidential,
             int(told.proofing), int(told.strength), actor.account, list(told.authorities), timedelta(hours=hours)])
        write_assessment(actor, client=key, released=(*told.scopes, *told.authorities), assessment=told.assessment)
        events.record(actor, ClientProposed(client=key, kind=told.kind), subject=f"client:{key}")
    return key


def confirm_client(actor: Actor, *, key: str, assessment: int) -> str:
    """The security administrator lets a proposed system in, with the assessment they read; returns its secret, once, or
    nothing if it can keep none.
    """
    require_duty(actor, Duty.SECURITY)
    with database.atomic():
        found = database.row(
            "select confidential from identity_client where key = %s and confirmed_at is null and closed_at is null "
            "and expires_at > kernel_now() for update", [key])
        if found is None:
            raise ClientNotProposed
        agree_to_assessment(actor, key=key, assessment=assessment)
        secret = secrets.token_urlsafe(32) if found[0] else ""
        database.execute("update identity_client set secret_hash = %s, confirmed_by_id = %s, confirmed_at = kernel_now() "
                         "where key = %s", [token_hash(secret) if secret else "", actor.account, key])
        events.record(actor, ClientConfirmed(client=key), subject=f"client:{key}")
    return secret


def close_client(actor: Actor, *, key: str) -> None:
    """The system or the security administrator shuts a system out; its tokens end with that."""
    require_duty(actor, Duty.SYSTEM, Duty.SECURITY)
    with database.atomic():
        if not database.execute("update identity_client set closed_at = kernel_now() where key = %s and closed_at is null",
                                [key]):
            raise ClientUnknown
        events.record(actor, ClientClosed(client=key), subject=f"client:{key}")


def check_registration(told: Registration) -> None:
    """Refuse what could not be kept to: an address others could take, a scope nobody needs, a purpose nobody wrote."""
    if not (told.name.zh and told.name.en and told.purpose.zh and told.purpose.en and told.basis):
        raise RegistrationNotValid(why="name, purpose and legal basis are written in full, in both languages")
    if told.kind is ClientKind.PROVISIONING:
        if told.redirects or told.returns or told.logout_uri or not told.confidential:
            raise RegistrationNotValid(why="a provisioning system signs nobody in and keeps a secret")
        if not 0 < len(told.authorities) <= MOST or len(authorities.authority_keys(told.authorities)) < len(set(told.authorities)):
            raise RegistrationNotValid(why="a provisioning system names one to twenty authorities here whose posts it fills")
        return
    if told.authorities:
        raise RegistrationNotValid(why="only a provisioning system fills posts")
    if not 0 < len(told.redirects) <= MOST or len(told.returns) > MOST or Scope.OPENID not in told.scopes:
        raise RegistrationNotValid(why="it needs the scope openid and one to twenty addresses to return to")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{2,79}", told.sector):
        raise RegistrationNotValid(why="the sector is a host name")
    for address in (*told.redirects, *told.returns, *([told.logout_uri] if told.logout_uri else [])):
        if not may_return_to(address):
            raise RegistrationNotValid(why=f"{address} is no plain https address")


def may_return_to(address: str) -> bool:
    """Is this an address that only its owner can take: https, or this machine; no wildcard, user, fragment or dots?"""
    if not PLAIN.fullmatch(address) or any(mark in address for mark in "#*\\@<>\"'`{}|^"):
        return False
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.geturl() != address or not host or port == 0 or "/." in parts.path or "%2e" in parts.path.lower():
        return False
    local = parts.scheme == "http" and parts.netloc.rpartition(":")[0 if parts.port else 2] in LOOPBACK
    return local or (parts.scheme == "https" and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) is not None)
