"""The words of federation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from tongban.kernel.types import Text

ENVELOPE = "node+jwt"
"""The kind of token (header `typ`) that vouches for one request of a node and for nothing else."""
SCHEMA = 1


class Kind(StrEnum):
    """What was found (SEC-12)."""

    VULNERABILITY = "VULNERABILITY"
    ATTACK = "ATTACK"
    INCIDENT = "INCIDENT"


class Severity(StrEnum):
    """How grave it is; each has its time to be reported."""

    MAJOR = "MAJOR"
    ORDINARY = "ORDINARY"


class Rehearsal(StrEnum):
    """What was only practised (SEC-02): a drill each quarter, an exercise each year."""

    DRILL = "DRILL"
    EXERCISE = "EXERCISE"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerTold:
    """What a file says of another node; `keys` as RFC 7517 has them, `networks` as addresses with a length."""

    code: str
    site: str
    name: Text
    networks: tuple[str, ...]
    keys: Mapping[str, Any]
    basis: str
    superior: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another node as it is known here; `superior`: what happens here is reported to it."""

    key: str
    code: str
    site: str
    name: Text
    networks: tuple[str, ...]
    keys: Mapping[str, Any]
    basis: str
    superior: bool
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTold:
    """What is known of an incident; no person is named in it. `people`: how many it concerns, None while nobody knows."""

    kind: Kind
    severity: Severity
    what: str
    measures: str
    people: int | None = None
    rehearsal: Rehearsal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One of this node's own incidents; `due_at`: until when the superior node must have heard of it, None where there is none above."""

    id: int
    key: str
    kind: Kind
    severity: Severity
    rehearsal: Rehearsal | None
    what: str
    measures: str
    people: int | None
    version: int
    known_at: datetime
    due_at: datetime | None
    reported_at: datetime | None
    reported_version: int
    closed_at: datetime | None

    def is_late(self, now: datetime) -> bool:
        """Had the superior node to hear of it before, and did not, or not in time?"""
        if self.due_at is None:
            return False
        return self.reported_at > self.due_at if self.reported_at else now >= self.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An incident as another node reported it."""

    id: int
    peer: str
    name: Text
    report: "Report"
    received_at: datetime


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sent of an incident: its newest version, whole. Instants in ISO 8601 with their offset."""

    schema: int
    incident: str
    version: int
    kind: Kind
    severity: Severity
    rehearsal: Rehearsal | None
    what: str
    measures: str
    people: int | None
    known_at: datetime
    closed_at: datetime | None


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the superior node answers: which version it holds, and when its first one came."""

    incident: str
    version: int
    received_at: datetime
