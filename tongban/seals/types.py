"""Words of seals: the seal, its states, its certificates, and the record of one stamping."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

SealId = NewType("SealId", str)


class SealKind(StrEnum):
    """Type of seal (GB/T 39046 table 13)."""

    UNIT = "unit"
    SPECIAL_BUSINESS = "special_business"
    PERSON_NAME = "person_name"
    CONTRACT = "contract"


class SealState(StrEnum):
    """Life of a seal (SEAL-03). Only `ACTIVE` may stamp."""

    APPLIED = "applied"
    APPROVED = "approved"
    MADE = "made"
    ACTIVE = "active"
    FROZEN = "frozen"
    CANCELLED = "cancelled"
    LOST = "lost"


class VerificationStep(StrEnum):
    """What is checked of a stamp, in this order (SEAL-06)."""

    FORMAT = "format"
    SIGNATURE_VALUE = "signature_value"
    SIGNER_CERTIFICATE = "signer_certificate"
    SEAL = "seal"
    CERTIFICATE_LISTED = "certificate_listed"
    DOCUMENT_HASH = "document_hash"


class Outcome(StrEnum):
    """Result of one step; a step that needs an earlier one which failed was not reached."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One key a seal may sign with. `revoked_at` ends it for stampings from then on."""

    key_id: str
    valid_from: datetime
    valid_to: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A seal as registered (SEAL-02); `picture` is SVG."""

    id: SealId
    version: int
    kind: SealKind
    name: str
    owner_uscc: str
    maker: str
    made_on: date
    issued_on: date
    valid_from: datetime
    valid_to: datetime
    picture: str
    certificates: tuple[Certificate, ...]
    state: SealState


@dataclass(frozen=True, slots=True, kw_only=True)
class StampRecord:
    """One stamping (SEAL-04): which document, by its hash, was sealed for which case, with which seal and key."""

    version: int
    seal_id: SealId
    seal_version: int
    signer: str
    stamped_at: datetime
    document_hash: str
    algorithm: str
    key_id: str
    case_number: str
    page: int
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StampEvidence:
    """What was found outside the seal register when a stamp was checked."""

    well_formed: bool
    signature_holds: bool
    document_hash: str
