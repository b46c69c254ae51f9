"""Words of licences: type, state, trust level, one licence, evidence drawn from it, and what a verifier is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import msgspec

from tongban.kernel.types import Text

NO_REGION = "000000000000"


class TrustLevel(StrEnum):
    """How far a licence may be relied on (MAT-01); what this platform issues is A (LIC-09)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class LicenceState(StrEnum):
    """Life of a licence (LIC-10)."""

    DRAFT = "DRAFT"
    SIGNED = "SIGNED"
    ISSUED = "ISSUED"
    SUSPENDED = "SUSPENDED"
    REPLACED = "REPLACED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    CANCELLED = "CANCELLED"


class Verdict(StrEnum):
    """What a verifier is told in one word; `NOT_GENUINE` if a signature does not hold, whatever the state."""

    VALID = "VALID"
    NOT_YET_VALID = "NOT_YET_VALID"
    EXPIRED = "EXPIRED"
    SUSPENDED = "SUSPENDED"
    REVOKED = "REVOKED"
    REPLACED = "REPLACED"
    CANCELLED = "CANCELLED"
    NOT_GENUINE = "NOT_GENUINE"


class Category(StrEnum):
    """证照 or 批文."""

    LICENCE = "LICENCE"
    DOCUMENT = "DOCUMENT"


class HolderKind(StrEnum):
    """Who may hold a licence of a type."""

    PERSON = "PERSON"
    ENTITY = "ENTITY"
    BOTH = "BOTH"


class LicenceField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field of a licence type; only public ones reach a verifier."""

    name: str
    label: Text
    public: bool


class LicenceTypeDefinition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A licence type as defined (LIC-01). `single`: one valid licence a holder at most (LIC-14).

    `annual_check`: month and day up to which a licence is checked every year after that of its beginning, like 05-31.
    """

    code: str
    name: Text
    defining_authority: Text
    category: Category
    holder: HolderKind
    fields: tuple[LicenceField, ...]
    validity_years: int | None
    single: bool
    sample: bool
    region: str = NO_REGION
    annual_check: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceTypeView:
    """A published version of a licence type; `id` is what licences refer to."""

    id: int
    version: int
    active: bool
    definition: LicenceTypeDefinition

    @property
    def code(self) -> str:
        return self.definition.code

    @property
    def name(self) -> Text:
        return self.definition.name


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValue:
    """One filled field."""

    name: str
    label: Text
    value: str
    public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceView:
    """A licence in clear, for its holder and its issuer. `issuer` is None where another node issued it."""

    id: int
    code: str
    identifier: str
    type_code: str
    type_name: Text
    category: Category
    holder: int
    holder_name: str
    holder_code: str
    holder_code_type: str
    number: str
    issuer: int | None
    issuer_name: Text
    issuer_uscc: str
    issued_on: date
    valid_from: date
    valid_to: date | None
    state: LicenceState
    version: int
    case_number: str
    trust: TrustLevel
    document: int | None
    sample: bool
    fields: tuple[FieldValue, ...]
    annual_check: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A decision about an issued licence, with its reason in words, and who is in the record for it."""

    at: datetime
    new: LicenceState
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a licence proves for an application: the fields, and whose word it is."""

    code: str
    identifier: str
    type_code: str
    type_name: Text
    source: Text
    holder: int
    number: str
    fields: Mapping[str, str]
    valid_to: date | None
    trust: TrustLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureCheck:
    """One signature of the payload, recomputed now."""

    algorithm: str
    key_id: str
    is_software: bool
    holds: bool


class PublicField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field as a verifier sees it."""

    name: str
    label: Text
    value: str


class PublicIssuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who answers for a licence."""

    name: Text
    uscc: str


class Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed: all a verifier is shown, and the hash of the PDF. Persons are masked (LIC-21)."""

    kind: str = "licence"
    format: int = 1
    code: str
    identifier: str
    version: int
    type_code: str
    type_name: Text
    number: str
    issuer: PublicIssuer
    holder: str
    fields: tuple[PublicField, ...]
    issued_on: date
    valid_from: date
    valid_to: date | None
    pdf_sha256: str
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The answer to a verifier. `shown` is None where the payload is not genuine: nothing of it is repeated then."""

    code: str
    verdict: Verdict
    state: LicenceState
    changed_at: datetime
    shown: Payload | None
    payload: bytes
    signatures: tuple[SignatureCheck, ...]
