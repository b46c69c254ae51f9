"""The words of the catalogue: the definition of an item as it is written, and the guide people read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Literal

import msgspec

from tongban.calendars.types import Limit, Unit
from tongban.kernel.types import Text


class Status(StrEnum):
    """What may be done with an item (CAT-17)."""

    IN_USE = "1"
    SUSPENDED = "2"
    CANCELLED = "3"


class Pace(StrEnum):
    """Decided on the spot (即办件) or within a time limit (承诺件) (CAT-12)."""

    INSTANT = "INSTANT"
    TERM = "TERM"


class PowerType(StrEnum):
    """事项类型 (CAT-07)."""

    GROUP = "00"
    PERMIT = "01"
    PUNISHMENT = "02"
    COERCION = "03"
    LEVY = "04"
    PAYMENT = "05"
    INSPECTION = "06"
    CONFIRMATION = "07"
    REWARD = "08"
    ADJUDICATION = "09"
    OTHER = "10"
    PUBLIC_SERVICE = "20"
    FURTHER_SERVICE = "21"


class PowerSource(StrEnum):
    """权力来源 (CAT-10)."""

    STATUTORY = "1"
    DELEGATED = "2"
    AUTHORISED_BY_SUPERIOR = "3"
    AUTHORISED_BY_PEER = "4"
    ENTRUSTED_BY_SUPERIOR = "5"
    ENTRUSTED_BY_PEER = "6"


class ServiceObject(StrEnum):
    """服务对象 (CAT-11)."""

    PERSON = "1"
    ENTERPRISE = "2"
    INSTITUTION = "3"
    SOCIAL_ORGANISATION = "4"
    UNINCORPORATED = "5"
    ORGAN = "6"
    OTHER = "9"

    @property
    def is_legal(self) -> bool:
        return self not in (ServiceObject.PERSON, ServiceObject.OTHER)


class HandlingForm(StrEnum):
    """How one can apply (CAT-13)."""

    WINDOW = "1"
    WEB = "2"
    MOBILE = "3"
    COURIER = "4"
    OTHER = "9"


class Depth(StrEnum):
    """How far an item goes online (CAT-15)."""

    CONSULTATION = "1"
    RECEIVING = "2"
    PRE_REVIEW = "3"
    ACCEPTANCE = "4"
    HANDLING = "5"
    RESULT = "6"
    ELECTRONIC_LICENCE = "7"
    OTHER_HERE = "8"
    OTHER = "9"


class ServiceLevel(StrEnum):
    """Service level for reporting, derived and never typed (CAT-16)."""

    INFORMATION = "I"
    DOWNLOAD = "II"
    ONLINE_APPLICATION = "III"
    WHOLLY_ONLINE = "IV"


class FourLists(StrEnum):
    """四办四清单: in which of the four published lists an item stands (CAT-47)."""

    RECEIVED_AND_DONE = "RECEIVED_AND_DONE"
    SAME_DAY = "SAME_DAY"
    TIME_LIMITED = "TIME_LIMITED"
    AGENCY = "AGENCY"


class MaterialKind(StrEnum):
    """What a material is (CAT-22)."""

    PROOF = "PROOF"
    FORM = "FORM"
    OTHER = "OTHER"


class Medium(StrEnum):
    """On what a material may be handed in (CAT-22)."""

    PAPER = "PAPER"
    ELECTRONIC = "ELECTRONIC"
    BOTH = "BOTH"


class Necessity(StrEnum):
    """Must it be there: at once, not always, or later (容缺后补) (CAT-22)."""

    REQUIRED = "REQUIRED"
    OPTIONAL = "OPTIONAL"
    DEFERRABLE = "DEFERRABLE"


class MaterialSource(StrEnum):
    """Who issues a material (CAT-22)."""

    APPLICANT = "APPLICANT"
    GOVERNMENT = "GOVERNMENT"
    OTHER = "OTHER"


class ResultKind(StrEnum):
    """What comes out (CAT-21)."""

    LICENCE = "LICENCE"
    DOCUMENT = "DOCUMENT"
    OTHER = "OTHER"


class StepRole(StrEnum):
    """Who does a step of the flow (CAT-28)."""

    APPLICANT = "APPLICANT"
    RECEPTIONIST = "RECEPTIONIST"
    REVIEWER = "REVIEWER"
    DECIDER = "DECIDER"
    ISSUER = "ISSUER"


class CommitmentKind(StrEnum):
    """Whether a written commitment may stand in for a proof or for the licence conditions (告知承诺)."""

    NONE = "NONE"
    PROOF = "PROOF"
    LICENCE = "LICENCE"


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a definition: exactly the fields named, nothing else."""


class LimitSpec(Written):
    """A time limit as published; a count of nought means on the spot."""

    count: int
    unit: Literal["WORKDAY", "DAY", "HOUR", "MONTH", "YEAR"]
    note: Text | None = None

    @property
    def limit(self) -> Limit | None:
        """The limit as calendars count it; None where there is nothing to count."""
        return Limit(count=self.count, unit=Unit[self.unit]) if self.count else None


class LegalBasis(Written):
    """An article of law an item rests on; `gist` is our sentence, not the law's."""

    law: str
    full_title: str
    article: str
    gist: Text


class Option(Written):
    """One answer to the question of a situation."""

    code: str
    label: Text


class Situation(Written):
    """情形: one question whose answer decides which materials are needed (CAT-26)."""

    question: Text
    options: tuple[Option, ...]


class Exemption(Written):
    """Why a material need not be handed in: the licence library holds it (CAT-40)."""

    licence_type: str
    reason: Text


class Material(Written):
    """One paper an item asks for (CAT-22)."""

    code: str
    name: Text
    kind: MaterialKind
    medium: Medium
    necessity: Necessity
    source: MaterialSource
    originals: int
    copies: int
    hint: Text
    source_note: Text | None = None
    basis: str = ""
    situations: tuple[str, ...] = ()
    from_form: bool = False
    exempt_by: Exemption | None = None

    @property
    def is_exempt(self) -> bool:
        return self.exempt_by is not None

    def concerns(self, situation: str) -> bool:
        """Is it asked for in this situation? One that names no situation is asked for in all."""
        return not self.situations or situation in self.situations


class Step(Written):
    """A step of the flow as people read it (CAT-28); the limit is in working days."""

    name: Text
    text: Text
    role: StepRole
    limit_days: float | None = None


class FeeProject(Written):
    """One charge (CAT-23)."""

    name: Text
    standard: Text
    basis: str
    amount_fen: int | None = None


class Fee(Written):
    """What it costs (CAT-34)."""

    charged: bool
    note: Text | None = None
    projects: tuple[FeeProject, ...] = ()
    online_payment: bool | None = None


class Result(Written):
    """What the applicant gets. `field_map`: field of the licence -> path of the answer or fact that fills it."""

    kind: ResultKind
    name: Text
    licence_type: str = ""
    validity_years: int | None = None
    field_map: dict[str, str] = {}


class Window(Written):
    """Where and when one can come."""

    name: Text
    address: Text
    hours: Text
    transport: Text | None = None


class Faq(Written):
    """A question people ask, and its answer (CAT-24)."""

    q: Text
    a: Text


class Source(Written):
    """The published page from which an item was taken."""

    title: str
    url: str
    date: str
    note: Text | None = None


class ItemDefinition(Written):
    """A service item as its authority writes it (实施清单); `made_up` names the fields the source did not have."""

    slug: str
    basic_code: str
    authority: str
    level: str
    name: Text
    summary: Text
    aliases: tuple[str, ...]
    power_type: PowerType
    power_source: PowerSource
    objects: tuple[ServiceObject, ...]
    themes_person: tuple[str, ...]
    themes_entity: tuple[str, ...]
    life_stage: str
    pace: Pace
    statutory_limit: LimitSpec
    promised_limit: LimitSpec
    legal_basis: tuple[LegalBasis, ...]
    conditions: tuple[Text, ...]
    materials: tuple[Material, ...]
    form: str
    process: str
    steps: tuple[Step, ...]
    visits: int
    fee: Fee
    result: Result
    window: Window
    consultation_phone: str
    complaint_phone: str
    handling_forms: tuple[HandlingForm, ...]
    depth: tuple[Depth, ...]
    cross_area: tuple[str, ...]
    commitment: CommitmentKind
    faq: tuple[Faq, ...]
    source: Source
    made_up: tuple[str, ...]
    effective_from: date
    situation: Situation | None = None
    must_come_reason: Text | None = None
    materials_before: int | None = None

    @property
    def is_online(self) -> bool:
        return HandlingForm.WEB in self.handling_forms or HandlingForm.MOBILE in self.handling_forms

    def materials_for(self, situation: str = "") -> tuple[Material, ...]:
        """The materials a situation asks for, in the order of the guide; exempt ones are among them, flagged."""
        return tuple(material for material in self.materials if material.concerns(situation))

    def to_hand_in(self, situation: str = "") -> tuple[Material, ...]:
        """What an applicant has to bring or upload: neither the form, which is filled online, nor what is exempt."""
        return tuple(each for each in self.materials_for(situation) if not each.is_exempt and not each.from_form)


class Guide(ItemDefinition):
    """办事指南: one published version of an item, made of the item and never typed apart (GUI-01).

    `is_open`: applications are taken for the item today (CAT-44); all else of a version never changes.
    """

    code: str
    version: int
    published_at: datetime
    form_version: int
    process_version: int
    authority_id: int
    authority_name: Text
    authority_short: Text
    region: str
    region_name: Text
    is_open: bool

    @property
    def form_code(self) -> str:
        return self.form

    @property
    def process_code(self) -> str:
        return self.process


class Theme(Written):
    """A theme of the navigation (POR-04)."""

    code: str
    name: Text


class LifeStage(Written):
    """A group of the home page."""

    code: str
    name: Text
    hint: Text


class Themes(Written):
    """Themes for people and for legal entities, and the groups of the home page."""

    person: tuple[Theme, ...]
    entity: tuple[Theme, ...]
    life_stages: tuple[LifeStage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """An item in a list."""

    code: str
    slug: str
    name: Text
    summary: Text
    authority_id: int
    authority_name: Text
    authority_short: Text
    region: str
    region_name: Text
    level: str
    power_type: PowerType
    pace: Pace
    status: Status
    version: int
    visits: int
    promised_limit: LimitSpec
    handling_forms: tuple[HandlingForm, ...]
    is_online: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """Some rows of a list; `after` continues it and is empty at its end."""

    rows: tuple[ItemRow, ...]
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many open items stand under each heading of the navigation (POR-03)."""

    total: int
    themes_person: Mapping[str, int]
    themes_entity: Mapping[str, int]
    life_stages: Mapping[str, int]
    authorities: Mapping[int, int]
    regions: Mapping[str, int]
    levels: Mapping[str, int]
    objects: Mapping[str, int]
    handling_forms: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistLine:
    """One line of the one-time notice: what to bring, or why it need not be brought."""

    code: str
    name: Text
    hint: Text
    necessity: Necessity
    originals: int
    copies: int
    is_exempt: bool
    from_form: bool
    reason: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """一次性告知: all that a situation needs, dated and with the version it was told from (GUI-06)."""

    code: str
    version: int
    name: Text
    authority_name: Text
    situation: Text | None
    on: date
    lines: tuple[ChecklistLine, ...]
    conditions: tuple[Text, ...]
    promised_limit: LimitSpec
    fee: Fee
    window: Window
    consultation_phone: str
    complaint_phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Which of the fourteen core and six extended elements a guide lacks (GUI-02)."""

    missing_core: tuple[str, ...]
    missing_extended: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        return not self.missing_core


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """What has been cut for applicants (CAT-48). None where the figures to compare with are not known."""

    items: int
    time_cut: Fraction | None
    materials_cut: Fraction | None
    average_visits: Fraction | None
    materials_before: int
    materials_now: int
