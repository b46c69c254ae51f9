"""Regions and authorities as frozen rows."""

from collections.abc import Iterable
from functools import lru_cache
from time import monotonic
from typing import Any

import msgspec

from tongban.authorities.errors import AuthorityUnknown, RegionUnknown
from tongban.authorities.rules import full_code, short_prefecture
from tongban.authorities.types import AuthorityRow, Level, RegionLevel, RegionRow
from tongban.kernel import database
from tongban.kernel.types import Text

FRESH_SECONDS = 60
REGION = "select r.code, r.name, r.name_en, r.full_name, r.level, r.parent_id from authorities_region r"
PATH = f"""
with recursive above as (
  {REGION} where r.code = %s
  union all
  select r.code, r.name, r.name_en, r.full_name, r.level, r.parent_id
  from authorities_region r join above a on r.code = a.parent_id
)
select * from above order by level
"""
AUTHORITY = """
select a.id, a.uscc, a.name::text, a.short_name::text, a.region_id, r.name, r.name_en, a.level, a.field, a.sample
from authorities_authority a join authorities_region r on r.code = a.region_id
"""


def region(code: str) -> RegionRow:
    """The region of a code or of a prefix of 2, 4, 6 or 9 digits (ARC-05); refuses with `RegionUnknown`."""
    found = _region(full_code(code) or "", int(monotonic() / FRESH_SECONDS))
    if found is None:
        raise RegionUnknown(code=code)
    return found


def region_path(code: str) -> tuple[RegionRow, ...]:
    """A region and all above it, from the top; refuses with `RegionUnknown`."""
    found = database.rows(PATH, [full_code(code) or ""])
    if not found:
        raise RegionUnknown(code=code)
    return tuple(_as_region(row) for row in found)


def children(code: str = "") -> tuple[RegionRow, ...]:
    """The regions right below one, or the provinces, by pinyin."""
    if not code:
        found = database.rows(f"{REGION} where r.parent_id is null order by r.pinyin, r.code")
    else:
        found = database.rows(f"{REGION} where r.parent_id = %s order by r.pinyin, r.code", [region(code).code])
    return tuple(_as_region(row) for row in found)


def with_children(codes: Iterable[str]) -> frozenset[str]:
    """Those of the regions that have others below them."""
    return frozenset(code for (code,) in database.rows(
        "select c.code from unnest(%s::text[]) as c(code) "
        "where exists (select 1 from authorities_region r where r.parent_id = c.code)", [list(codes)]))


def regions_named(names: Iterable[str]) -> dict[str, str]:
    """Codes by full Chinese name, from the province down; an autonomous prefecture may be shortened. One name that
    means no region or several has none.
    """
    wanted = {name: name for name in names}
    prefectures = [(short_prefecture(name), name) for (name,) in database.rows(
        "select name from authorities_region where level = 2 and name like '%%自治州'", {})]
    for name in wanted:
        for short, whole in prefectures:
            if short in name:
                wanted[name] = name.replace(short, whole, 1)
    found = dict(database.rows("select full_name, min(code) from authorities_region where full_name = any(%s) "
                               "group by full_name having count(*) = 1", [list({*wanted, *wanted.values()})]))
    return {name: code for name, whole in wanted.items() if (code := found.get(name) or found.get(whole))}


def regions_of(codes: Iterable[str]) -> frozenset[str]:
    """Those of the codes that are regions."""
    return frozenset(code for (code,) in database.rows("select code from authorities_region where code = any(%s)",
                                                       [list(codes)]))


def authority_keys(codes: Iterable[str]) -> dict[str, int]:
    """The keys of authorities by credit code; unknown ones are absent."""
    return dict(database.rows("select uscc, id from authorities_authority where uscc = any(%s)", [list(codes)]))


def region_names(codes: list[str]) -> dict[str, Text]:
    """The names of several regions by code."""
    found = database.rows("select code, name, name_en from authorities_region where code = any(%s)", [codes])
    return {code: Text(zh=name, en=name_en) for code, name, name_en in found}


def authority(key: int) -> AuthorityRow:
    """An authority by key; refuses with `AuthorityUnknown`."""
    return _authority(key, int(monotonic() / FRESH_SECONDS))


def authority_by_uscc(uscc: str) -> AuthorityRow:
    """An authority by its unified social credit code; refuses with `AuthorityUnknown`."""
    found = database.row(f"{AUTHORITY} where a.uscc = %s", [uscc])
    if found is None:
        raise AuthorityUnknown(code=uscc)
    return _as_authority(found)


def authorities(*, region: str = "", field: str = "") -> tuple[AuthorityRow, ...]:
    """The authorities, or those seated in one region or of one field, for pickers; by region and name."""
    found = database.rows(
        f"{AUTHORITY} where (%(region)s = '' or a.region_id = %(region)s) and (%(field)s = '' or a.field = %(field)s) "
        "order by a.region_id, a.uscc", {"region": full_code(region) or region, "field": field})
    return tuple(_as_authority(row) for row in found)


def forget() -> None:
    """Drop what this process remembers."""
    _region.cache_clear()
    _authority.cache_clear()


@lru_cache(maxsize=4096)
def _region(code: str, moment: int) -> RegionRow | None:
    found = database.row(f"{REGION} where r.code = %s", [code])
    return _as_region(found) if found else None


@lru_cache(maxsize=4096)
def _authority(key: int, moment: int) -> AuthorityRow:
    found = database.row(f"{AUTHORITY} where a.id = %s", [key])
    if found is None:
        raise AuthorityUnknown(code=key)
    return _as_authority(found)


def _as_region(row: Any) -> RegionRow:
    code, name, name_en, full_name, level, parent = row
    return RegionRow(code=code, name=Text(zh=name, en=name_en), full_name=full_name, level=RegionLevel(level),
                     parent=parent)


def _as_authority(row: Any) -> AuthorityRow:
    key, uscc, name, short_name, region_code, region_zh, region_en, level, field, sample = row
    return AuthorityRow(
        id=key, uscc=uscc, name=msgspec.json.decode(name, type=Text),
        short_name=msgspec.json.decode(short_name, type=Text), region=region_code,
        region_name=Text(zh=region_zh, en=region_en), level=Level(level), field=field, sample=sample)
