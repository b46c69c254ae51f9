"""What others read: guides, lists, the navigation, the one-time notice and what is derived from an item."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

import msgspec

from tongban.catalogue.types.definitions import Fee, ItemDefinition, LimitSpec, Window
from tongban.catalogue.types.words import HandlingForm, Necessity, Pace, PowerType, Status
from tongban.kernel.types import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A field in which the services of one basic code differ though they must not (CAT-39): what each code says."""

    basic_code: str
    field: str
    values: tuple[tuple[str, str], ...]


class Guide(ItemDefinition, frozen=True, kw_only=True):
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


class Theme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A theme of the navigation (POR-04)."""

    code: str
    name: Text


class LifeStage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of the home page."""

    code: str
    name: Text
    hint: Text


class Themes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    """How many open items stand under each heading of the navigation (POR-03); `demanded` were ever applied for."""

    total: int
    demanded: int
    themes_person: Mapping[str, int]
    themes_entity: Mapping[str, int]
    life_stages: Mapping[str, int]
    authorities: Mapping[int, int]
    regions: Mapping[str, int]
    levels: Mapping[str, int]
    objects: Mapping[str, int]
    handling_forms: Mapping[str, int]
    service_levels: Mapping[str, int]
    four_lists: Mapping[str, int]
    visits: Mapping[str, int]


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
