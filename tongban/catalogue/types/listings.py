"""Listed items: services another system names, with what was understood of its words and what was not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from tongban.catalogue.types.words import HandlingForm, MaterialSource, Necessity, Pace, PowerType, ResultKind
from tongban.kernel.types import Text


class ReadLimit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A time limit as it was understood. DAY: the source does not say whether it counts working days only."""

    count: int
    unit: Literal["WORKDAY", "CALENDAR_DAY", "DAY", "HOUR", "MONTH", "YEAR"]
    label: str = ""
    note: str = ""


class ReadCharge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One charge: so much `per` each of these (piece, square metre, day)."""

    fen: int
    per: tuple[str, ...] = ()
    label: str = ""


class ReadFee(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a service costs, as it was understood."""

    charged: bool
    charges: tuple[ReadCharge, ...] = ()


class ReadHours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a counter is open. `days`: WORKDAYS, DAILY, or 1-7 and 1-5 for Monday to Friday; empty if it is not said.

    `season` is the source's word for it, `since` and `until` its days as MM-DD where the source names them.
    """

    spans: tuple[tuple[str, str], ...]
    days: str = ""
    season: str = ""
    since: str = ""
    until: str = ""
    except_holidays: bool = False


class ReadPhone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A telephone number and whose it is."""

    number: str
    label: str = ""


class ReadMaterial(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One paper. `pieces`: how many where the source does not say whether originals or copies; nought is not said."""

    name: str
    originals: int = 0
    copies: int = 0
    pieces: int = 0
    kinds: tuple[Literal["ORIGINAL", "COPY", "SCAN", "PAPER", "ELECTRONIC"], ...] = ()
    either: bool = False
    to_show: bool = False
    necessity: Necessity | None = None
    source: MaterialSource | None = None


class ReadCode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A code whose parts hold: national ones, a region's own that names its area and, if it is valid, its body, or one in
    the earlier width of the standard, which has no parts.
    """

    kind: Literal["IMPLEMENTATION", "HANDLING", "REGIONAL", "EARLIER"]
    code: str
    body: str = ""
    level: int = 0
    basic: str = ""
    area: str = ""
    number: int = 0


class Listing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was understood of one record; what is absent the source does not say, or says unreadably.

    `texts` are words that need no reading, by our names; `judged` are names of fields the collector filled in.
    """

    name: str
    department: str = ""
    credit_code: str = ""
    organisation_code: str = ""
    code: ReadCode | None = None
    basic_code: str = ""
    area: str = ""
    area_name: str = ""
    power_type: PowerType | None = None
    level: str = ""
    pace: Pace | None = None
    statutory: tuple[ReadLimit, ...] = ()
    promised: tuple[ReadLimit, ...] = ()
    visits: int | None = None
    fee: ReadFee | None = None
    hours: tuple[ReadHours, ...] = ()
    phones: tuple[ReadPhone, ...] = ()
    complaints: tuple[ReadPhone, ...] = ()
    forms: tuple[HandlingForm, ...] = ()
    result_kind: ResultKind | None = None
    materials: tuple[ReadMaterial, ...] = ()
    texts: dict[str, tuple[str, ...]] = {}
    url: str = ""
    judged: tuple[str, ...] = ()
    shortened: bool = False
    second_hand: bool = False


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A value that could not be understood, in the source's words; `about` is our name of it, empty if we have none."""

    field: str
    about: str
    value: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a file with what was understood of it. `raw` is the whole record, `digest` its SHA-256."""

    key: str
    number: int
    raw: str
    digest: str
    listing: Listing
    unread: tuple[Unread, ...]
    empty: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRow:
    """A listed item in a list."""

    code: str
    name: Text
    department: str
    region: str
    region_name: Text | None
    level: str
    power_type: PowerType | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """Some rows of a list; `after` continues it and is empty at its end."""

    rows: tuple[ListedRow, ...]
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """A listed item with all there is of its newest version."""

    row: ListedRow
    version: int
    source: str
    file: str
    number: int
    digest: str
    taken_at: datetime
    raw: str
    listing: Listing
    unread: tuple[Unread, ...]
    authority_name: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCounts:
    """How many listed items there are in all, by region, and by region and department."""

    total: int
    regions: Mapping[str, int]
    departments: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import changed."""

    new: int
    changed: int
    same: int
