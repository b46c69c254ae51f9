"""Nodes whose sign-in is believed here, and which of them open an account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tongban.identity.queries.granting import KEY
from tongban.identity.types import SourceView, Strength
from tongban.kernel import database, vault
from tongban.kernel.types import Text

OPEN = "confirmed_at is not null and closed_at is null"
COLUMNS = "key, name, name_en, issuer, client_id, secret, private, strength"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """An identity elsewhere that opens an account; `used_at` is None until it did."""

    id: int
    name: Text
    linked_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BelievedRow:
    """A node whose sign-in is believed, and on what basis."""

    key: str
    name: Text
    issuer: str
    basis: str
    strength: Strength
    confirmed_at: datetime


def source(key: str) -> SourceView | None:
    """A node that two people let in and nobody shut out."""
    if not KEY.fullmatch(key):
        return None
    found = database.row(f"select {COLUMNS} from identity_source where key = %s and {OPEN}", [key])
    return _source(found) if found else None


def sources() -> list[tuple[str, Text]]:
    """Key and name of every node people may sign in with, by name."""
    return [(key, Text(zh=name, en=name_en)) for key, name, name_en in database.rows(
        f"select key, name, name_en from identity_source where {OPEN} order by name, key limit 40")]


def proposed_source(key: str) -> str | None:
    """What waits to be confirmed under a key, a line a fact, for whoever is to confirm it."""
    names = ("name", "name_en", "issuer", "client_id", "basis", "private", "strength")
    found = database.row(f"select {', '.join(names)} from identity_source where key = %s and confirmed_at is null "
                         "and closed_at is null and expires_at > kernel_now()", [key])
    return "\n".join(f"{name:14}{value}" for name, value in zip(names, found, strict=True)) if found else None


def believed_sources() -> list[BelievedRow]:
    """Every node two people let in and nobody shut out, with why."""
    return [BelievedRow(key=key, name=Text(zh=name, en=name_en), issuer=issuer, basis=basis, strength=Strength(strength), confirmed_at=at)
            for key, name, name_en, issuer, basis, strength, at in database.rows(
                f"select key, name, name_en, issuer, basis, strength, confirmed_at from identity_source where {OPEN} "
                "order by confirmed_at desc, key limit 40")]


def links_of(account: int) -> list[LinkRow]:
    """The identities elsewhere that open an account, the newest first."""
    return [LinkRow(id=key, name=Text(zh=name, en=name_en), linked_at=linked, used_at=used) for key, name, name_en, linked, used in
            database.rows("select l.id, s.name, s.name_en, l.linked_at, l.used_at from identity_link l join identity_source s "
                          "on s.key = l.source_id where l.account_id = %s and l.ended_at is null order by l.id desc", [account])]


def _source(row: Any) -> SourceView:
    key, name, name_en, issuer, client_id, secret, private, strength = row
    return SourceView(key=key, name=Text(zh=name, en=name_en), issuer=issuer, client_id=client_id, private=private,
                      secret=vault.unseal("identity_source", "secret", key, secret), strength=Strength(strength))
