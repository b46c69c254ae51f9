"""Reads of federation: nodes, incidents of our own, incidents of others."""

from typing import Any

import msgspec
from django.conf import settings

from tongban.federation.types import (
    Heard,
    Incident,
    Kind,
    Peer,
    Rehearsal,
    Report,
    Severity,
)
from tongban.kernel import database, vault
from tongban.kernel.types import Text

OPEN = "confirmed_at is not null and closed_at is null"
WAITS = "confirmed_at is null and closed_at is null and expires_at > kernel_now()"
PEER = "key, code, site, name, name_en, networks, keys, basis, superior, private"
SAME = "(code = %(code)s or site = %(site)s or (superior and %(superior)s))"
INCIDENT = ("id, key, kind, severity, rehearsal, what, measures, people, version, known_at, due_at, reported_at, reported_version, "
            "closed_at")


def peer_at(site: str) -> Peer | None:
    """The node that speaks for a site, if two people let it in and nobody shut it out."""
    found = database.row(f"select {PEER} from federation_peer where site = %s and {OPEN}", [site])
    return _peer(found) if found else None


def superior() -> Peer | None:
    """The node that this one reports to."""
    found = database.row(f"select {PEER} from federation_peer where superior and {OPEN}")
    return _peer(found) if found else None


def peers() -> list[Peer]:
    """Every node let in, the superior one first."""
    return [_peer(row) for row in database.rows(f"select {PEER} from federation_peer where {OPEN} order by superior desc, code limit 200")]


def proposed_peer(key: str) -> Peer | None:
    """What waits to be confirmed under a key, for whoever is to confirm it."""
    found = database.row(f"select {PEER} from federation_peer where key = %s and {WAITS}", [key])
    return _peer(found) if found else None


def waiting_peers() -> list[Peer]:
    """What was proposed and waits to be confirmed, the oldest first."""
    return [_peer(row) for row in database.rows(
        f"select {PEER} from federation_peer where {WAITS} order by expires_at, key limit 200")]


def replaced_by(told: Peer) -> list[Peer]:
    """The nodes whose place one that waits would take: the same one, or the superior one if it is to be that."""
    return [_peer(row) for row in database.rows(
        f"select {PEER} from federation_peer where {OPEN} and {SAME} order by code",
        {"code": told.code, "site": told.site, "superior": told.superior})]


def incidents(*, limit: int = 100) -> list[Incident]:
    """This node's incidents, those that are open first, then the newest."""
    return [_incident(row) for row in database.rows(
        f"select {INCIDENT} from federation_incident order by closed_at is not null, id desc limit %s", [limit])]


def incident(key: str) -> Incident | None:
    """One of this node's incidents."""
    found = database.row(f"select {INCIDENT} from federation_incident where key = %s", [key])
    return _incident(found) if found else None


def unreported() -> list[str]:
    """Keys of incidents whose newest version the superior node does not hold, the first due first."""
    return [key for (key,) in database.rows(
        "select key from federation_incident where reported_version < version order by due_at limit 500")]


def overdue() -> list[str]:
    """Keys of incidents that are due, of which the superior node has heard nothing, and which nobody was told of."""
    return [] if settings.HUB else [key for (key,) in database.rows(
        "select key from federation_incident where reported_at is null and overdue_at is null and due_at <= kernel_now() "
        "order by due_at limit 500")]


def heard(*, limit: int = 100) -> list[Heard]:
    """What other nodes reported, the newest first."""
    return [Heard(id=key, peer=peer, name=Text(zh=name, en=name_en), received_at=received, report=msgspec.json.decode(
        vault.unseal("federation_heard", "report", f"{code}:{told}", report), type=Report))
        for key, peer, code, name, name_en, told, report, received in database.rows(
            "select h.id, p.key, h.code, p.name, p.name_en, h.incident, h.report, h.received_at from federation_heard h "
            "join federation_peer p on p.key = h.peer_id order by h.id desc limit %s", [limit])]


def _peer(row: Any) -> Peer:
    key, code, site, name, name_en, networks, keys, basis, above, private = row
    return Peer(key=key, code=code, site=site, name=Text(zh=name, en=name_en), networks=tuple(networks), basis=basis,
                keys=msgspec.json.decode(keys) if isinstance(keys, str) else keys, superior=above, private=private)


def _incident(row: Any) -> Incident:
    (number, key, kind, severity, rehearsal, what, measures, people, version, known, due, reported, reported_version, closed) = row
    return Incident(id=number, key=key, kind=Kind(kind), severity=Severity(severity), people=people, version=version, known_at=known,
                    rehearsal=Rehearsal(rehearsal) if rehearsal else None, due_at=None if settings.HUB else due, reported_at=reported,
                    what=vault.unseal("federation_incident", "what", key, what),
                    measures=vault.unseal("federation_incident", "measures", key, measures),
                    reported_version=reported_version, closed_at=closed)
