"""The words of territory and power: regions, authorities and the level at which a power is held."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from tongban.kernel.types import Text


class RegionLevel(IntEnum):
    """The five administrative levels (ARC-05)."""

    PROVINCE = 1
    PREFECTURE = 2
    COUNTY = 3
    TOWNSHIP = 4
    VILLAGE = 5


class Level(StrEnum):
    """行使层级: the level at which a power is exercised (CAT-08)."""

    NATIONAL = "1"
    PROVINCE = "2"
    CITY = "3"
    COUNTY = "4"
    TOWNSHIP = "5"
    VILLAGE = "6"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRegion:
    """A region to be entered: twelve-digit code, own name, code of the region above or none."""

    code: str
    name: Text
    level: RegionLevel
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRow:
    """A region; `full_name` is the Chinese name from the province down."""

    code: str
    name: Text
    full_name: str
    level: RegionLevel
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRow:
    """A body that holds powers; `sample` marks an invented credit code."""

    id: int
    uscc: str
    name: Text
    short_name: Text
    region: str
    region_name: Text
    level: Level
    field: str
    sample: bool
