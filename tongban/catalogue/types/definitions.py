"""The definition of an item as it is written, part by part."""

from datetime import date
from typing import Literal

import msgspec

from tongban.calendars.types import Limit, Unit
from tongban.catalogue.types.words import (
    BodyNature,
    CommitmentKind,
    Depth,
    HandlingForm,
    MaterialKind,
    MaterialSource,
    Medium,
    Necessity,
    OfflineReason,
    Pace,
    PowerSource,
    PowerType,
    ResultKind,
    ServiceObject,
    StepRole,
)
from tongban.identity.types import Proofing, Strength
from tongban.kernel.types import Text


class LimitSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time limit as published; a count of nought means on the spot."""

    count: int
    unit: Literal["WORKDAY", "DAY", "HOUR", "MONTH", "YEAR"]
    note: Text | None = None

    @property
    def limit(self) -> Limit | None:
        """The limit as calendars count it; None where there is nothing to count."""
        return Limit(count=self.count, unit=Unit[self.unit]) if self.count else None


class LegalBasis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An article of law an item rests on; `gist` is our sentence, not the law's."""

    law: str
    full_title: str
    article: str
    gist: Text


class Option(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer to the question of a situation."""

    code: str
    label: Text


class Situation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """情形: one question whose answer decides which materials are needed (CAT-26)."""

    question: Text
    options: tuple[Option, ...]


class Exemption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a material need not be handed in: the licence library holds it (CAT-40)."""

    licence_type: str
    reason: Text


class Material(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of the flow as people read it (CAT-28); the limit is in working days."""

    name: Text
    text: Text
    role: StepRole
    limit_days: float | None = None


class FeeProject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One charge (CAT-23), in the order of the list; one that names a basis of reduction can be reduced."""

    name: Text
    standard: Text
    basis: str
    amount_fen: int | None = None
    reduction_basis: str = ""
    remark: Text | None = None

    @property
    def is_reducible(self) -> bool:
        return bool(self.reduction_basis)


class Fee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it costs (CAT-34)."""

    charged: bool
    note: Text | None = None
    projects: tuple[FeeProject, ...] = ()
    online_payment: bool | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the applicant gets. `field_map`: field of the licence -> path of the answer or fact that fills it."""

    kind: ResultKind
    name: Text
    licence_type: str = ""
    validity_years: int | None = None
    field_map: dict[str, str] = {}


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where and when one can come."""

    name: Text
    address: Text
    hours: Text
    transport: Text | None = None


class Procedure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A procedure beyond the eight of the law that stops the clock of this item, and the article that says so (TIM-R2)."""

    code: str
    name: Text
    article: str


class Faq(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question people ask, and its answer (CAT-24)."""

    q: Text
    a: Text


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The published page from which an item was taken."""

    title: str
    url: str
    date: str
    note: Text | None = None


class Offline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an item cannot be handled online, and the law that says so (State Council order 716, art. 4; ARC-09)."""

    reason: OfflineReason
    basis: Text


class ItemDefinition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service item as its authority writes it (实施清单); `made_up` names the fields the source did not have.

    `appointment` and `intermediary`: how to book a time and which paid service of others is involved, or that none is (GUI-02).
    `corrections_stop_clock`: the time in which an accepted applicant puts things right is not counted (TIM-09).
    `proofing` and `strength`: how well a person must be known, and how surely have proved who they are, to apply (IDN-05);
    the third strength is asked for only to send, at a counter the clerk who sees the person stands for it.
    """

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
    cross_area: tuple[Literal["1", "2", "3", "4"], ...]
    commitment: CommitmentKind
    faq: tuple[Faq, ...]
    source: Source
    made_up: tuple[str, ...]
    effective_from: date
    situation: Situation | None = None
    must_come_reason: Text | None = None
    materials_before: int | None = None
    body_nature: BodyNature | None = None
    offline: Offline | None = None
    appointment: Text | None = None
    intermediary: Text | None = None
    procedures: tuple[Procedure, ...] = ()
    corrections_stop_clock: bool = False
    proofing: Proofing = Proofing.L2
    strength: Strength = Strength.S2

    @property
    def is_online(self) -> bool:
        return HandlingForm.WEB in self.handling_forms or HandlingForm.MOBILE in self.handling_forms

    def materials_for(self, situation: str = "") -> tuple[Material, ...]:
        """The materials a situation asks for, in the order of the guide; exempt ones are among them, flagged."""
        return tuple(material for material in self.materials if material.concerns(situation))

    def to_hand_in(self, situation: str = "") -> tuple[Material, ...]:
        """What an applicant has to bring or upload: neither the form, which is filled online, nor what is exempt."""
        return tuple(each for each in self.materials_for(situation) if not each.is_exempt and not each.from_form)
