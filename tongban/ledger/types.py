"""The words of the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

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
    """A public key as notes name it; `kind` is 0x01 (Ed25519) or 0xff (SM2)."""

    name: str
    kind: int
    public: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A checkpoint as stored."""

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
