"""Systems that people sign in to, and what each person let each of them know."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tongban.identity.queries.callers import token_hash
from tongban.identity.types import ClientKind, Proofing, Strength
from tongban.kernel import database
from tongban.kernel.types import Text

KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
COLUMNS = ("key, kind, name, name_en, purpose, purpose_en, basis, redirects, returns, scopes, sector, logout_uri, "
           "confidential, secret_hash, proofing, strength, confirmed_at, authorities")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView:
    """A registered system."""

    key: str
    kind: ClientKind
    name: Text
    purpose: Text
    basis: str
    redirects: tuple[str, ...]
    returns: tuple[str, ...]
    scopes: tuple[str, ...]
    sector: str
    logout_uri: str
    confidential: bool
    secret_hash: str
    proofing: Proofing
    strength: Strength
    confirmed_at: datetime
    authorities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRow:
    """What one person lets one system know; `used_at` is None until the system asked."""

    key: int
    client: str
    name: Text
    purpose: Text
    scopes: tuple[str, ...]
    given_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None


def client(key: str) -> ClientView | None:
    """A system that two people let in and nobody shut out."""
    if not KEY.fullmatch(key):
        return None
    found = database.row(f"select {COLUMNS} from identity_client where key = %s and confirmed_at is not null "
                         "and closed_at is null", [key])
    return _client(found) if found else None


def proposed_client(key: str) -> str | None:
    """What waits to be confirmed under a key, a line a fact, for whoever is to confirm it."""
    names = ("kind", "name", "name_en", "purpose", "purpose_en", "basis", "redirects", "returns", "scopes", "sector",
             "logout_uri", "confidential", "proofing", "strength")
    found = database.row(f"select {', '.join(names)} from identity_client where key = %s and confirmed_at is null "
                         "and closed_at is null and expires_at > kernel_now()", [key])
    return "\n".join(f"{name:14}{value}" for name, value in zip(names, found, strict=True)) if found else None


def clients() -> list[ClientView]:
    """All systems that are let in, the newest first."""
    return [_client(row) for row in database.rows(
        f"select {COLUMNS} from identity_client where confirmed_at is not null and closed_at is null "
        "order by confirmed_at desc, key limit 500")]


def granted_scopes(account: int, key: str) -> tuple[str, ...]:
    """What the person of an account lets a system know now; nothing if there is no such grant."""
    found = database.row("select scopes from identity_grant where account_id = %s and client_id = %s "
                         "and withdrawn_at is null", [account, key])
    return tuple(found[0]) if found else ()


def grants_of(account: int) -> list[GrantRow]:
    """What a person lets systems know, those in force first."""
    found = database.rows(
        "select g.id, c.key, c.name, c.name_en, c.purpose, c.purpose_en, g.scopes, g.given_at, g.used_at, g.withdrawn_at "
        "from identity_grant g join identity_client c on c.key = g.client_id where g.account_id = %s "
        "order by g.withdrawn_at desc nulls first, g.given_at desc, g.id desc limit 100", [account])
    return [GrantRow(key=key, client=system, name=Text(zh=name, en=name_en), purpose=Text(zh=purpose, en=purpose_en),
                     scopes=tuple(scopes), given_at=given, used_at=used, withdrawn_at=withdrawn)
            for key, system, name, name_en, purpose, purpose_en, scopes, given, used, withdrawn in found]


def signed_on(session_hash: str) -> list[Text]:
    """The systems that a session signed someone in to."""
    return [Text(zh=name, en=name_en) for name, name_en in database.rows(
        "select c.name, c.name_en from identity_sign_on o join identity_client c on c.key = o.client_id "
        "where o.session_hash = %s order by o.at", [session_hash])]


def party_of_code(hashed: str) -> int | None:
    """Whose rows a code leads to."""
    found = database.row("select party_id from identity_grant_code where code_hash = %s", [hashed])
    return found[0] if found else None


def party_of_token(hashed: str) -> int | None:
    """Whose rows a token of a system leads to."""
    found = database.row("select party_id from identity_grant_token where token_hash = %s", [hashed])
    return found[0] if found else None


def names_of_clients(keys: set[str]) -> dict[str, Text]:
    """What systems are called, shut out or not."""
    return {key: Text(zh=name, en=name_en) for key, name, name_en in database.rows(
        "select key, name, name_en from identity_client where key = any(%s)", [sorted(keys)])}


def _client(row: Any) -> ClientView:
    (key, kind, name, name_en, purpose, purpose_en, basis, redirects, returns, scopes, sector, logout_uri, confidential,
     secret_hash, proofing, strength, confirmed_at, places) = row
    return ClientView(
        key=key, kind=ClientKind(kind), name=Text(zh=name, en=name_en), purpose=Text(zh=purpose, en=purpose_en),
        basis=basis, redirects=tuple(redirects), returns=tuple(returns), scopes=tuple(scopes), sector=sector,
        logout_uri=logout_uri, confidential=confidential, secret_hash=secret_hash, proofing=Proofing(proofing),
        strength=Strength(strength), confirmed_at=confirmed_at, authorities=tuple(places))


def waiting_for_logout(account: int) -> list[int]:
    """The sign-ons of an account whose session has ended and whose system was not told; the worker's login may ask."""
    return [key for (key,) in database.rows(
        "select o.id from identity_sign_on o join identity_session s on s.token_hash = o.session_hash "
        "join identity_client c on c.key = o.client_id where s.account_id = %s and s.closed_at is not null "
        "and o.told_at is null and c.logout_uri <> '' order by o.id", [account])]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedRow:
    """An account a provisioning system brought, with its posts as `authority:role`, the authority by its credit code."""

    key: str
    login: str
    display: str
    external: str
    active: bool
    posts: tuple[str, ...]
    made_at: datetime
    changed_at: datetime


def provisioning_client(secret: str) -> ClientView | None:
    """The provisioning system that keeps this secret; the worker's login may ask."""
    found = database.row(f"select {COLUMNS} from identity_client where secret_hash = %s and kind = 'PROVISIONING' "
                         "and confirmed_at is not null and closed_at is null", [token_hash(secret)]) if secret else None
    return _client(found) if found else None


def provisioned(key: str, *, only: str = "") -> list[ProvisionedRow]:
    """The accounts a provisioning system brought and has not removed, or only the one of that key."""
    return [ProvisionedRow(key=name, login=login, display=display, external=external, active=active, posts=tuple(posts),
                           made_at=made, changed_at=changed)
            for name, login, display, external, active, posts, made, changed in database.rows(
                "select v.key, a.login, a.display, v.external_id, a.active, array(select u.uscc || ':' || p.role "
                "from identity_post p join authorities_authority u on u.id = p.authority_id where p.account_id = a.id "
                "and (p.valid_to is null or p.valid_to >= kernel_today()) order by 1), v.made_at, v.changed_at "
                "from identity_provisioned v join identity_account a on a.id = v.account_id where v.client_id = %s "
                "and v.removed_at is null and (%s = '' or v.key = %s) order by v.made_at, v.account_id", [key, only, only])]
