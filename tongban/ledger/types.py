"""The words of the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Hash = bytes
"""32 bytes of SHA-256."""

ReadHashes = Callable[[int, int, int], Sequence[Hash]]
"""(level, number, width): the first `width` hashes of one tile; level 0 holds leaves, each next one roots of full tiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What a position commits to: two digests of the salted record, so that neither family is a single point."""

    position: int
    salt: bytes
    sha256: bytes
    sm3: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A tree at one size."""

    origin: str
    size: int
    root: Hash


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """One signature under a note: whose, which of their keys, and the bytes."""

    name: str
    key_hash: bytes
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A signed note in the form of C2SP: the text that is signed, and the lines under it."""

    text: str
    lines: tuple[NoteLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKey:
    """A public key as notes name it; `kind` is 0x01 (Ed25519), 0x04 (cosignature of a witness) or 0xff (SM2)."""

    name: str
    kind: int
    public: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A checkpoint as stored; its note carries the witnesses' lines where it was asked for with them."""

    id: int
    size: int
    root: Hash
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the record stands: what is entered, what is sealed, since when the seal is fresh."""

    origin: str
    entered: int
    sealed: int
    sealed_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event and its place in the record; `position` is None until it has one, `sealed_at` until it is sealed."""

    event: int
    name: str
    at: datetime
    position: int | None
    sealed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that does not fit: where (`events`, `leaves`, `tiles`, `checkpoints`, `state`), at which position, what."""

    place: str
    position: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One look at everything."""

    at: datetime
    entries: int
    faults: int


class Verdict(StrEnum):
    """What a witness says of a checkpoint that was brought to it (C2SP tlog-witness)."""

    COSIGNED = "COSIGNED"
    MALFORMED = "MALFORMED"
    UNKNOWN = "UNKNOWN"
    UNSIGNED = "UNSIGNED"
    MOVED = "MOVED"
    FORKED = "FORKED"
    UNPROVED = "UNPROVED"
    SILENT = "SILENT"


REFUSED = frozenset({Verdict.MOVED, Verdict.FORKED, Verdict.UNPROVED})
"""A log that hears one of these is not the one its witness knew: it forgot entries, or tells another history."""


class StoppedAct(StrEnum):
    """What stops while nothing is sealed."""

    DECIDE = "DECIDE"
    ISSUE = "ISSUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveRow:
    """Leave for one act although nothing is sealed."""

    subject: str
    act: StoppedAct
    at: datetime
    until: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A checkpoint brought to a witness: the size it saw last, the proof of growth from there, the signed note."""

    old: int
    proof: tuple[Hash, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A witness's answer: the verdict, the size it knows, and the line it signed."""

    verdict: Verdict
    size: int = 0
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a witness is to be asked now: to cosign one checkpoint."""

    witness: str
    url: str
    key: NoteKey
    checkpoint: int
    head: Head
    known: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessRow:
    """A witness of this log, and how it stands with it; `refused` is the verdict it gives now."""

    name: str
    url: str
    key: NoteKey
    size: int
    cosigned_at: datetime | None
    refused: Verdict | None
    refused_at: datetime | None
    answers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Entries of this record that a witness saw and that are not here, or are others here now."""

    witness: str
    verdict: Verdict
    since: datetime
    first: int
    last: int
    restored_at: datetime | None
