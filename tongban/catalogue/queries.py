"""What is published: guides, forms and processes for good by version, lists and counts for the navigation."""

from collections.abc import Iterable
from functools import lru_cache
from time import monotonic
from typing import Any

import msgspec
import yaml
from django.conf import settings

from tongban.authorities.queries import region_path
from tongban.authorities.rules import prefix_of
from tongban.authorities.types import Level
from tongban.catalogue.errors import FormUnknown, ItemUnknown, ListedItemUnknown, ProcessUnknown
from tongban.catalogue.rules import comparing
from tongban.catalogue.types import (
    Counts,
    Deviation,
    Guide,
    HandlingForm,
    ItemDefinition,
    ItemPage,
    ItemRow,
    LimitSpec,
    Pace,
    PowerType,
    Status,
    Themes,
)
from tongban.catalogue.types.listings import ListedCounts, ListedItem, ListedPage, ListedRow, Listing, Unread
from tongban.forms.rules import compile_form
from tongban.forms.types import CompiledForm, FormDefinition
from tongban.kernel import database
from tongban.kernel.types import Text
from tongban.workflows.rules import compile_process, read_process
from tongban.workflows.types import Graph

LISTED = """
select l.code, l.name, l.department, l.region_id, r.name, r.name_en, l.level, l.power_type
"""
LISTED_FROM = "from catalogue_listed l left join authorities_region r on r.code = l.region_id"
LISTED_PAGE = f"""
{LISTED} {LISTED_FROM}
where (%(prefix)s = '' or starts_with(l.region_id, %(prefix)s))
  and (%(department)s = '' or l.department = %(department)s)
  and (%(after)s = '' or (l.pinyin, l.code) > (select pinyin, code from catalogue_listed where code = %(after)s))
order by l.pinyin, l.code limit %(limit)s
"""
LISTED_WHOLE = f"""
{LISTED}, v.version, l.source, v.file, v.number, v.digest, v.taken_at, v.raw, v.listing, v.unread, a.name::text
{LISTED_FROM} join catalogue_listed_version v on v.listed_id = l.id and v.version = l.version
  left join authorities_authority a on a.id = l.authority_id
where l.code = any(%s) order by l.code
"""
LISTED_COUNTS = """
select coalesce(region_id, ''), department, count(*) from catalogue_listed group by 1, 2 order by 1, 3 desc, 2
"""
FRESH_SECONDS = 5
NATIONWIDE = Text(zh="全国", en="The whole country")
COUNTS_FRESH_SECONDS = 30
VERSION = """
select v.definition::text, v.published_at, f.version, p.version, a.id, a.name::text, a.short_name::text,
       r.code, r.name, r.name_en
from catalogue_item i join catalogue_version v on v.item_id = i.id
  join catalogue_form f on f.id = v.form_id join catalogue_process p on p.id = v.process_id
  join authorities_authority a on a.id = i.authority_id join authorities_region r on r.code = i.region_id
where i.code = %s and v.version = %s
"""
ROWS = """
select i.code, i.slug, i.name::text, i.summary::text, i.authority_id, a.name::text, a.short_name::text, i.region_id,
       r.name, r.name_en, i.level, i.power_type, i.pace, i.status, i.current_version, i.visits,
       i.promised_limit::text, i.handling_forms, i.is_online
from catalogue_item i join authorities_authority a on a.id = i.authority_id
  join authorities_region r on r.code = i.region_id
where i.status = '1' and i.current_version is not null
"""
LIST = ROWS + """
  and (%(audience)s = '' or (%(audience)s = 'person' and i.objects_served && '{1,9}')
       or (%(audience)s = 'entity' and i.objects_served && '{2,3,4,5,6}'))
  and (%(theme)s = '' or (%(audience)s <> 'entity' and %(theme)s = any(i.themes_person))
       or (%(audience)s <> 'person' and %(theme)s = any(i.themes_entity)))
  and (%(life_stage)s = '' or i.life_stage = %(life_stage)s)
  and (%(prefix)s = '' or i.level = '1' or starts_with(i.region_id, %(prefix)s) or i.region_id = any(%(above)s))
  and (%(authority)s::bigint is null or i.authority_id = %(authority)s)
  and (%(level)s = '' or i.level = %(level)s)
  and (%(handling_form)s = '' or %(handling_form)s = any(i.handling_forms))
  and (%(online)s::boolean is null or i.is_online = %(online)s)
  and (%(after)s = '' or (i.pinyin, i.code) > (select pinyin, code from catalogue_item where code = %(after)s))
order by i.pinyin, i.code limit %(limit)s
"""
POPULAR = ROWS + " order by i.demand desc, '1' = any(i.objects_served) desc, i.pinyin, i.code limit %s"
NAMED = ROWS + " and i.code = any(%s) order by i.code"
COUNTS = """
with listed as (select * from catalogue_item where status = '1' and current_version is not null)
select 'total', '', count(*) from listed
union all select 'demanded', '', count(*) from listed where demand > 0
union all select 'themes_person', theme, count(*) from listed, unnest(themes_person) theme group by theme
union all select 'themes_entity', theme, count(*) from listed, unnest(themes_entity) theme group by theme
union all select 'life_stages', life_stage, count(*) from listed group by life_stage
union all select 'authorities', authority_id::text, count(*) from listed group by authority_id
union all select 'regions', region_id, count(*) from listed group by region_id
union all select 'levels', level, count(*) from listed group by level
union all select 'objects', object, count(*) from listed, unnest(objects_served) object group by object
union all select 'handling_forms', way, count(*) from listed, unnest(handling_forms) way group by way
union all select 'service_levels', service_level, count(*) from listed group by service_level
union all select 'four_lists', four_lists, count(*) from listed group by four_lists
union all select 'visits', visits::text, count(*) from listed group by visits
order by 1, 2
"""


def guide(code: str, version: int | None = None) -> Guide:
    """The guide of an item, by default of its version in force; refuses with `ItemUnknown`.

    A version is read once and kept for good; whether the item is open is at most five seconds old.
    """
    if version is None:
        state, version = _standing(code)
    else:
        state, _ = _recent_standing(code, int(monotonic() / FRESH_SECONDS))
    return _guide(code, version, is_open=state is Status.IN_USE)


def deviations(basic_code: str = "") -> list[Deviation]:
    """In what the services of one basic code differ though they must not (CAT-39); of one code, or of all."""
    found = database.rows("select array_agg(code order by code) from catalogue_item where status <> '3' and current_version "
                          "is not null and (%s = '' or basic_code = %s) group by basic_code having count(*) > 1 "
                          "order by basic_code", [basic_code, basic_code])
    return [each for (codes,) in found for each in comparing.deviations([guide(code) for code in codes])]


def latest_version(code: str) -> int:
    """The newest version of an item, in force or waiting for its day; 0 if there is none."""
    found = database.row("select coalesce(max(v.version), 0) from catalogue_version v join catalogue_item i on i.id = v.item_id "
                         "where i.code = %s", [code])
    return int(found[0]) if found else 0


def edition() -> int:
    """The number of the catalogue as the public sees it; it rises with every visible change."""
    found = database.row("select number from catalogue_edition")
    return int(found[0]) if found else 0


def status(code: str) -> Status:
    """What may be done with an item today (CAT-17); refuses with `ItemUnknown`."""
    return _standing(code)[0]


def code_of(slug: str) -> str:
    """The code of the item with this name in addresses; refuses with `ItemUnknown`."""
    found = database.row("select code from catalogue_item where slug = %s and current_version is not null "
                         "order by status limit 1", [slug])
    if found is None:
        raise ItemUnknown(code=slug)
    return str(found[0])


@lru_cache(maxsize=1024)
def form_definition(code: str, version: int) -> FormDefinition:
    """A form as it was published; refuses with `FormUnknown`."""
    found = database.row("select definition from catalogue_form where code = %s and version = %s", [code, version])
    if found is None:
        raise FormUnknown(code=code, version=version)
    return msgspec.json.decode(found[0], type=FormDefinition)


@lru_cache(maxsize=1024)
def form(code: str, version: int) -> CompiledForm:
    """A form ready to be asked and checked; refuses with `FormUnknown`."""
    return compile_form(form_definition(code, version))


@lru_cache(maxsize=256)
def process_xml(code: str, version: int) -> str:
    """A process as it was drawn; refuses with `ProcessUnknown`."""
    found = database.row("select xml from catalogue_process where code = %s and version = %s", [code, version])
    if found is None:
        raise ProcessUnknown(code=code, version=version)
    return str(found[0])


@lru_cache(maxsize=256)
def process(code: str, version: int) -> Graph:
    """A process ready to run; refuses with `ProcessUnknown`."""
    return compile_process(read_process(process_xml(code, version).encode()))


def items(*, audience: str = "", theme: str = "", life_stage: str = "", region: str = "",
          authority: int | None = None, level: str = "", handling_form: str = "", online: bool | None = None,
          after: str = "", limit: int = 20) -> ItemPage:
    """Open items by name (POR-03). `audience` is person or entity; a theme without audience may be of either list.

    `region`: what can be used there, so items of the region, of those in it, of those above it and of the whole country.
    `after` is the code of the last row seen.
    """
    path = region_path(region) if region else ()
    found = database.rows(LIST, {
        "audience": audience, "theme": theme, "life_stage": life_stage, "authority": authority, "level": level,
        "prefix": prefix_of(path[-1].code, path[-1].level) if path else "", "above": [each.code for each in path],
        "handling_form": handling_form, "online": online, "after": after, "limit": limit + 1})
    rows = _as_rows(found[:limit])
    return ItemPage(rows=rows, after=rows[-1].code if len(found) > limit else "")


def items_by_code(codes: Iterable[str]) -> dict[str, ItemRow]:
    """The open ones among these items, by code: for results of a search."""
    return {row.code: row for row in _as_rows(database.rows(NAMED, [list(codes)]))}


def popular(limit: int = 8) -> tuple[ItemRow, ...]:
    """The items applied for most often; items for people first among equals."""
    return _as_rows(database.rows(POPULAR, [limit]))


def counts() -> Counts:
    """How many open items stand under each heading (POR-03); at most half a minute old."""
    return _counts(int(monotonic() / COUNTS_FRESH_SECONDS))


def listed_items(*, region: str = "", department: str = "", after: str = "", limit: int = 20) -> ListedPage:
    """Listed items by name: those of a region and all in it, of a department as the lists call it."""
    path = region_path(region) if region else ()
    found = database.rows(LISTED_PAGE, {
        "prefix": prefix_of(path[-1].code, path[-1].level) if path else "", "department": department, "after": after,
        "limit": limit + 1})
    rows = tuple(_as_listed_row(row) for row in found[:limit])
    return ListedPage(rows=rows, after=rows[-1].code if len(found) > limit else "")


def listed(codes: Iterable[str]) -> dict[str, ListedItem]:
    """Listed items by code, whole; unknown ones are absent."""
    return {item.row.code: item for item in map(_as_listed, database.rows(LISTED_WHOLE, [list(codes)]))}


def listed_item(code: str) -> ListedItem:
    """One listed item; refuses with `ListedItemUnknown`."""
    found = listed([code]).get(code)
    if found is None:
        raise ListedItemUnknown(code=code)
    return found


def listed_codes(source: str) -> frozenset[str]:
    """The codes of all items that were taken in from a list."""
    return frozenset(code for (code,) in database.rows("select code from catalogue_listed where source = %s", [source]))


def listed_counts() -> ListedCounts:
    """How many listed items there are by region and department; at most half a minute old."""
    return _listed_counts(int(monotonic() / COUNTS_FRESH_SECONDS))


def due_versions() -> list[tuple[str, int]]:
    """Code and version of what should be in force by now and is not, in order."""
    return [(code, version) for code, version in database.rows(
        "select i.code, v.version from catalogue_item i join catalogue_version v on v.item_id = i.id "
        "where v.effective_from <= kernel_today() and v.version > coalesce(i.current_version, 0) and i.status <> '3' "
        "order by i.code, v.version")]


@lru_cache(maxsize=1)
def themes() -> Themes:
    """The themes of the navigation, from data/themes.yaml (POR-04)."""
    written = yaml.safe_load((settings.DATA / "themes.yaml").read_text(encoding="utf-8"))
    return msgspec.convert(written, Themes)


def forget() -> None:
    """Drop what this process remembers of things that change."""
    _recent_standing.cache_clear()
    _counts.cache_clear()
    _listed_counts.cache_clear()


def _standing(code: str) -> tuple[Status, int]:
    found = database.row("select status, current_version from catalogue_item where code = %s", [code])
    if found is None or found[1] is None:
        raise ItemUnknown(code=code)
    return Status(found[0]), int(found[1])


@lru_cache(maxsize=65536)
def _recent_standing(code: str, moment: int) -> tuple[Status, int]:
    return _standing(code)


@lru_cache(maxsize=8192)
def _guide(code: str, version: int, *, is_open: bool) -> Guide:
    found = database.row(VERSION, [code, version])
    if found is None:
        raise ItemUnknown(code=code)
    written, published_at, form_version, process_version, authority, name, short, region, zh, en = found
    definition = msgspec.json.decode(written, type=ItemDefinition)
    return Guide(
        **{each: getattr(definition, each) for each in definition.__struct_fields__}, code=code, version=version,
        published_at=published_at, form_version=form_version, process_version=process_version, authority_id=authority,
        authority_name=msgspec.json.decode(name, type=Text), authority_short=msgspec.json.decode(short, type=Text),
        region=region, region_name=_region_name(definition.level, zh, en), is_open=is_open)


@lru_cache(maxsize=1)
def _counts(moment: int) -> Counts:
    found: dict[str, dict[str, int]] = {}
    for heading, key, count in database.rows(COUNTS):
        found.setdefault(heading, {})[key] = count
    total, demanded = found.pop("total")[""], found.pop("demanded")[""]
    by_authority = {int(key): count for key, count in found.pop("authorities", {}).items()}
    names = ("themes_person", "themes_entity", "life_stages", "regions", "levels", "objects", "handling_forms",
             "service_levels", "four_lists", "visits")
    return Counts(total=total, demanded=demanded, authorities=by_authority, **{name: found.get(name, {}) for name in names})


def _region_name(level: str, zh: str, en: str) -> Text:
    return NATIONWIDE if level == Level.NATIONAL else Text(zh=zh, en=en)


@lru_cache(maxsize=1)
def _listed_counts(moment: int) -> ListedCounts:
    found = database.rows(LISTED_COUNTS)
    regions: dict[str, int] = {}
    for region, _, count in found:
        regions[region] = regions.get(region, 0) + count
    return ListedCounts(total=sum(regions.values()), regions={code: count for code, count in regions.items() if code},
                        departments={(region, department): count for region, department, count in found})


def _as_listed_row(row: Any) -> ListedRow:
    code, name, department, region, region_zh, region_en, level, power_type = row
    return ListedRow(code=code, name=Text(zh=name), department=department, region=region or "", level=level,
                     region_name=Text(zh=region_zh, en=region_en) if region else None,
                     power_type=PowerType(power_type) if power_type else None)


def _as_listed(row: Any) -> ListedItem:
    version, source, file, number, digest, taken_at, raw, listing, unread, authority = row[8:]
    return ListedItem(
        row=_as_listed_row(row[:8]), version=version, source=source, file=file, number=number, digest=digest,
        taken_at=taken_at, raw=raw, listing=msgspec.json.decode(listing, type=Listing),
        unread=msgspec.json.decode(unread, type=tuple[Unread, ...]),
        authority_name=msgspec.json.decode(authority, type=Text) if authority else None)


def _as_rows(found: Iterable[Any]) -> tuple[ItemRow, ...]:
    return tuple(_as_row(row) for row in found)


def _as_row(row: Any) -> ItemRow:
    (code, slug, name, summary, authority, authority_name, short, region, region_zh, region_en, level, power_type, pace,
     state, version, visits, promised, forms, online) = row
    return ItemRow(
        code=code, slug=slug, name=msgspec.json.decode(name, type=Text),
        summary=msgspec.json.decode(summary, type=Text), authority_id=authority,
        authority_name=msgspec.json.decode(authority_name, type=Text),
        authority_short=msgspec.json.decode(short, type=Text), region=region,
        region_name=_region_name(level, region_zh, region_en), level=level, power_type=PowerType(power_type), pace=Pace(pace),
        status=Status(state), version=version, visits=visits,
        promised_limit=msgspec.json.decode(promised, type=LimitSpec),
        handling_forms=tuple(HandlingForm(form) for form in forms), is_online=online)
