"""Words of documents: the four types we take, what a look inside finds, where files lie, and a kept file."""

from dataclasses import dataclass, field
from enum import StrEnum


class MediaType(StrEnum):
    """What a file is by its content (MAT-05). Nothing else is taken."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    OFD = "application/ofd"

    @property
    def suffix(self) -> str:
        """How the name of such a file ends."""
        return {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png", "application/ofd": ".ofd"}[self]


class Folder(StrEnum):
    """Where sealed bytes lie; each folder is written in one zone (ADR 14)."""

    FILES = "files"
    MADE = "made"
    INSIDE = "inside"


class Flaw(StrEnum):
    """Why a file is not taken."""

    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    TWO_TYPES = "TWO_TYPES"
    DAMAGED = "DAMAGED"
    LOCKED = "LOCKED"
    ACTIVE = "ACTIVE"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    UNPACKS_TOO_LARGE = "UNPACKS_TOO_LARGE"
    INFECTED = "INFECTED"
    MARKED = "MARKED"
    TOO_MUCH_TEXT = "TOO_MUCH_TEXT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a look inside a file found: its type and pages, or the flaw for which it is not taken, and the mark it bears."""

    media_type: MediaType | None = None
    pages: int = 0
    flaw: Flaw | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What the scanner said; `simulated` where no real scanner stands behind it."""

    clean: bool
    simulated: bool
    scanner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedFile:
    """A file that is sound and lies in the store, but belongs to nobody yet; `key` opens what lies there as `stored`."""

    name: str
    sha256: str
    stored: str
    key: bytes = field(repr=False)
    media_type: MediaType
    size: int
    pages: int
    scan: Scan


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the gate between the zones found; `flaw` is what a file is held for, `mark` what it bears."""

    flaw: Flaw | None
    scan: Scan
    mark: str = ""


PASSED = "PASSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDocument:
    """A kept file as others know it; the bytes are had by `access.content`.

    Its bytes lie under `stored`. `gate` is what became of it on the way inside: nothing yet, `PASSED`, or the flaw it is held for.
    """

    id: int
    party: int
    sha256: str
    stored: str
    name: str
    media_type: str
    size: int
    pages: int
    made: bool
    gate: str

    @property
    def held(self) -> bool:
        """Was it held at the gate? Then nobody opens it, on either side."""
        return self.gate not in ("", PASSED)
