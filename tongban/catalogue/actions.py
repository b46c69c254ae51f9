"""Verbs of the catalogue: publish forms, processes and items; suspend, resume and cancel items; list foreign ones."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from django.db.transaction import on_commit
from psycopg.types.json import Jsonb

from tongban.authorities.errors import AuthorityUnknown
from tongban.authorities.queries import authority_by_uscc, authority_keys, regions_named, regions_of
from tongban.authorities.rules import sort_key
from tongban.catalogue.errors import ItemAlreadyCancelled, ItemNotPublishable, ItemUnknown
from tongban.catalogue.events import (
    DemandNoted,
    FormPublished,
    ItemCancelled,
    ItemListed,
    ItemPublished,
    ItemResumed,
    ItemScheduled,
    ItemSuspended,
    ProcessPublished,
)
from tongban.catalogue.queries import forget, form, themes
from tongban.catalogue.rules import (
    check_field_map,
    check_item,
    check_references,
    code_of,
    four_lists,
    listed_code,
    service_level,
)
from tongban.catalogue.types import ItemDefinition, Status
from tongban.catalogue.types.listings import Imported, Record, Unread
from tongban.forms.rules import compile_form
from tongban.forms.types import FormDefinition
from tongban.kernel import clock, database, events
from tongban.kernel.errors import Problem
from tongban.kernel.events import Entry
from tongban.kernel.types import Who
from tongban.workflows.rules import compile_process, read_process

NEW_ITEM = """
insert into catalogue_item (code, slug, basic_code, authority_id, region_id, replaces_id, level, power_type, status,
  name, summary, pinyin, pace, promised_limit, visits, objects_served, themes_person, themes_entity, life_stage,
  handling_forms, is_online, service_level, four_lists, demand)
values (%(code)s, %(slug)s, %(basic_code)s, %(authority)s, %(region)s,
  (select id from catalogue_item where code = %(replaces)s), %(level)s, %(power_type)s, '1', %(name)s, %(summary)s,
  %(pinyin)s, %(pace)s, %(promised_limit)s, %(visits)s, %(objects)s, %(themes_person)s, %(themes_entity)s,
  %(life_stage)s, %(handling_forms)s, %(is_online)s,
  %(service_level)s, %(four_lists)s, 0)
on conflict (code) do nothing
"""
IN_FORCE = """
update catalogue_item set current_version = %(version)s, slug = %(slug)s, name = %(name)s, summary = %(summary)s,
  pinyin = %(pinyin)s, pace = %(pace)s, promised_limit = %(promised_limit)s, visits = %(visits)s,
  objects_served = %(objects)s, themes_person = %(themes_person)s, themes_entity = %(themes_entity)s,
  life_stage = %(life_stage)s, handling_forms = %(handling_forms)s, is_online = %(is_online)s,
  service_level = %(service_level)s, four_lists = %(four_lists)s
where code = %(code)s
"""
NEW_VERSION = """
insert into catalogue_version (item_id, version, definition, digest, form_id, process_id, effective_from, published_at)
values (%s, %s, %s, %s, %s, %s, %s, kernel_now())
"""
DUE = """
select v.definition::text from catalogue_item i join catalogue_version v on v.item_id = i.id
where i.code = %s and v.version = %s and v.effective_from <= kernel_today()
  and v.version > coalesce(i.current_version, 0) and i.status <> '3' for update of i
"""
SLUG_TAKEN = """
select i.code from catalogue_item i where i.slug = %(slug)s and i.status <> '3' and i.code <> %(code)s
union all
select i.code from catalogue_item i join catalogue_version v on v.item_id = i.id
where v.definition->>'slug' = %(slug)s and v.version > coalesce(i.current_version, 0) and i.status <> '3'
  and i.code <> %(code)s
limit 1
"""

LISTED = """
insert into catalogue_listed (code, source, key, name, department, authority_id, region_id, level, power_type, pinyin,
  version)
select code, %(source)s, key, name, department, authority, region, level, power_type, pinyin, version
from jsonb_to_recordset(%(rows)s) as x(code text, key text, name text, department text, authority bigint, region text,
  level text, power_type text, pinyin text, version int)
on conflict (code) do update set name = excluded.name, department = excluded.department,
  authority_id = excluded.authority_id, region_id = excluded.region_id, level = excluded.level,
  power_type = excluded.power_type, pinyin = excluded.pinyin, version = excluded.version
"""
LISTED_VERSION = """
insert into catalogue_listed_version (listed_id, version, file, number, raw, digest, listing, unread, reading, taken_at)
select l.id, x.version, %(file)s, x.number, x.raw, x.digest, x.listing, x.unread, x.reading, kernel_now()
from jsonb_to_recordset(%(rows)s) as x(code text, version int, number int, raw text, digest text, listing text,
  unread text, reading text) join catalogue_listed l on l.code = x.code
"""


def publish_form(who: Who, *, definition: FormDefinition) -> int:
    """Publish a form; returns its version. The same content again is no new version; the number written is ignored.

    Refuses with the errors of `tongban.forms.errors` what cannot be asked.
    """
    compile_form(definition)
    content = msgspec.json.encode(msgspec.structs.replace(definition, version=0))
    with database.atomic():
        version, is_new = _next_version("catalogue_form", definition.code, digest := _digest(content))
        if is_new:
            written = msgspec.json.encode(msgspec.structs.replace(definition, version=version)).decode()
            database.execute("insert into catalogue_form (code, version, definition, digest, published_at) "
                             "values (%s, %s, %s, %s, kernel_now())", [definition.code, version, written, digest])
            events.record(who, FormPublished(form=definition.code, version=version), subject=f"form:{definition.code}")
    return version


def publish_process(who: Who, *, code: str, xml: bytes) -> int:
    """Publish a process; returns its version. The same drawing again is no new version.

    Refuses with the errors of `tongban.workflows.errors` what cannot be read or may not end.
    """
    compile_process(read_process(xml))
    with database.atomic():
        version, is_new = _next_version("catalogue_process", code, digest := _digest(xml))
        if is_new:
            database.execute("insert into catalogue_process (code, version, xml, digest, published_at) "
                             "values (%s, %s, %s, %s, kernel_now())", [code, version, xml.decode(), digest])
            events.record(who, ProcessPublished(process=code, version=version), subject=f"process:{code}")
    return version


def publish_item(who: Who, *, definition: ItemDefinition, licence_types: Mapping[str, str], replaces: str = "") -> int:
    """Publish a version of an item with the newest form and process it names; returns the version.

    The same content with the same form and process is no new version, and a next version holds from today at the
    earliest. Refuses with `ItemNotPublishable`, which carries every problem at once. A version whose day has not come
    takes effect on it. `licence_types`: code -> Chinese name of
    the types in the licence library. `replaces`: code of the cancelled item this one continues (CAT-06).
    """
    with database.atomic():
        form_key, form_version = _newest("catalogue_form", definition.form)
        process_key, process_version = _newest("catalogue_process", definition.process)
        _refuse_problems(definition, licence_types, form_version, process_version)
        item, status = _item_for_update(definition, replaces)
        if status is Status.CANCELLED:
            raise ItemAlreadyCancelled
        digest = _digest(msgspec.json.encode([definition, form_version, process_version], order="sorted"))
        latest = database.row("select version, digest from catalogue_version where item_id = %s "
                              "order by version desc limit 1", [item])
        if latest and latest[1] == digest:
            return int(latest[0])
        version = (latest[0] if latest else 0) + 1
        if latest and definition.effective_from < clock.today():
            definition = msgspec.structs.replace(definition, effective_from=clock.today())
        database.execute(NEW_VERSION, [item, version, Jsonb(msgspec.to_builtins(definition)), digest, form_key,
                                       process_key, definition.effective_from])
        _announce(who, definition, version)
    return version


def bring_into_force(who: Who, *, code: str, version: int) -> bool:
    """Let a version whose day has come replace the one before it; False if there is nothing to do."""
    with database.atomic():
        found = database.row(DUE, [code, version])
        if found is None:
            return False
        _set_in_force(who, code, version, msgspec.json.decode(found[0], type=ItemDefinition))
    return True


def suspend_item(who: Who, *, code: str) -> None:
    """Take no applications for an item until it is resumed (CAT-17). Open cases go on."""
    _set_status(who, code, Status.SUSPENDED, ItemSuspended(code=code))


def resume_item(who: Who, *, code: str) -> None:
    """Take applications for an item again."""
    _set_status(who, code, Status.IN_USE, ItemResumed(code=code))


def cancel_item(who: Who, *, code: str) -> None:
    """End an item for good; its code stays reserved (CAT-06). Open cases go on."""
    _set_status(who, code, Status.CANCELLED, ItemCancelled(code=code))


def list_items(who: Who, *, source: str, file: str, records: Sequence[Record]) -> Imported:
    """Take in records of another system's list. The same record again changes nothing; a changed one is a next version.

    They become listed items, of which one can read and for which one cannot apply; of records with one key the last
    counts. `source` names the list for good, `file` where these records stood.
    """
    with database.atomic():
        database.execute("select pg_advisory_xact_lock(hashtext('catalogue_listed'), hashtext(%s))", [source])
        known = {code: (version, digest, reading) for code, version, digest, reading in database.rows(
            "select l.code, l.version, v.digest, v.reading from catalogue_listed l "
            "join catalogue_listed_version v on v.listed_id = l.id and v.version = l.version where l.code = any(%s)",
            [[listed_code(source, each.key) for each in records]])}
        once = tuple({each.key: each for each in records}.values())
        rows = [row for row in _listed_rows(source, once, {code: each[0] for code, each in known.items()})
                if known.get(row.code, (0, "", ""))[1:] != (row.digest, row.reading)]
        if rows:
            written = Jsonb([asdict(row) for row in rows])
            database.execute(LISTED, {"source": source, "rows": written})
            database.execute(LISTED_VERSION, {"file": file, "rows": written})
            events.record_all(who, [Entry(subject=f"listed:{row.code}", happened=ItemListed(
                code=row.code, version=row.version, digest=row.digest)) for row in rows])
            on_commit(forget, using=database.alias())
    changed = sum(row.version > 1 for row in rows)
    return Imported(new=len(rows) - changed, changed=changed, same=len(records) - len(rows))


def note_demand(who: Who, *, counts: Mapping[str, int]) -> None:
    """Remember how often items were applied for, for the list of popular ones."""
    with database.atomic():
        database.execute(
            "update catalogue_item i set demand = i.demand + x.value::bigint from jsonb_each_text(%s) x "
            "where i.code = x.key", [Jsonb(dict(counts))])
        events.record_all(who, [Entry(happened=DemandNoted(code=code, count=count), subject=f"item:{code}")
                                for code, count in counts.items()])


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRecord:
    """A record as the two tables of listed items keep it."""

    code: str
    key: str
    name: str
    department: str
    authority: int | None
    region: str | None
    level: str
    power_type: str
    pinyin: str
    version: int
    number: int
    raw: str
    digest: str
    listing: str
    unread: str
    reading: str


def _listed_rows(source: str, records: Sequence[Record], versions: Mapping[str, int]) -> list[ListedRecord]:
    """The records with what they mean here: regions by code or full name, authorities by their credit code."""
    named = regions_named({each.listing.area_name for each in records if each.listing.area_name})
    known = regions_of({each.listing.area for each in records if each.listing.area})
    bodies = authority_keys({body for each in records for body in (each.listing.credit_code, _body(each)) if body})
    return [_listed_row(source, each, versions, named, known, bodies) for each in records]


def _listed_row(source: str, record: Record, versions: Mapping[str, int], named: Mapping[str, str],
                known: frozenset[str], bodies: Mapping[str, int]) -> ListedRecord:
    one, unread = record.listing, list(record.unread)
    region = one.area if one.area in known else named.get(one.area_name)
    if one.area and one.area not in known:
        unread.append(Unread(field="area", about="area", value=one.area))
    if one.area_name and one.area_name not in named:
        unread.append(Unread(field="area_name", about="area_name", value=one.area_name))
    listing, missing = msgspec.json.encode(one).decode(), msgspec.json.encode(unread).decode()
    code = listed_code(source, record.key)
    return ListedRecord(
        code=code, key=record.key, name=one.name or record.key, department=one.department, region=region,
        authority=bodies.get(one.credit_code) or bodies.get(_body(record)), level=one.level,
        power_type=one.power_type or "", pinyin=sort_key(one.name or record.key), version=versions.get(code, 0) + 1,
        number=record.number, raw=record.raw, digest=record.digest, listing=listing, unread=missing,
        reading=_digest(f"{listing}{missing}".encode()))


def _body(record: Record) -> str:
    return record.listing.code.body if record.listing.code else ""


def _next_version(table: str, code: str, digest: str) -> tuple[int, bool]:
    """The version this content has or gets, and whether it is new. Holds a lock on the code."""
    database.execute("select pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", [table, code])
    found = database.row(f"select version, digest from {table} where code = %s order by version desc limit 1", [code])
    if found and found[1] == digest:
        return int(found[0]), False
    return (int(found[0]) if found else 0) + 1, True


def _newest(table: str, code: str) -> tuple[int, int]:
    found = database.row(f"select id, version from {table} where code = %s order by version desc limit 1", [code])
    return (int(found[0]), int(found[1])) if found else (0, 0)


def _refuse_problems(definition: ItemDefinition, licence_types: Mapping[str, str], form_version: int,
                     process_version: int) -> None:
    problems = [*check_item(definition, licence_types=licence_types), *check_references(definition, themes())]
    if form_version:
        problems += check_field_map(definition, form(definition.form, form_version).fields)
    else:
        problems.append(Problem(code="form_unknown", field="form", message="There is no published form of this code."))
    if not process_version:
        problems.append(Problem(code="process_unknown", field="process",
                                message="There is no published process of this code."))
    try:
        authority_by_uscc(definition.authority)
    except AuthorityUnknown:
        problems.append(Problem(code="authority_unknown", field="authority",
                                message="There is no authority with this code."))
    if not problems and database.row(SLUG_TAKEN, {"slug": definition.slug, "code": code_of(definition)}):
        problems.append(Problem(code="slug_taken", field="slug", message="Another service has this name in addresses."))
    if problems:
        raise ItemNotPublishable(slug=definition.slug, problems=problems)


def _item_for_update(definition: ItemDefinition, replaces: str) -> tuple[int, Status]:
    authority = authority_by_uscc(definition.authority)
    database.execute(NEW_ITEM, {**_columns(definition), "basic_code": definition.basic_code, "authority": authority.id,
                                "region": authority.region, "level": definition.level,
                                "power_type": definition.power_type, "replaces": replaces})
    found = database.row("select id, status from catalogue_item where code = %s for update",
                         [code_of(definition)])
    if found is None:
        raise ItemUnknown(code=code_of(definition))
    return int(found[0]), Status(found[1])


def _announce(who: Who, definition: ItemDefinition, version: int) -> None:
    if definition.effective_from <= clock.today():
        _set_in_force(who, code_of(definition), version, definition)
        return
    code, day = code_of(definition), definition.effective_from
    events.record(who, ItemScheduled(code=code, version=version, effective_from=day.isoformat()),
                  subject=f"item:{code}")


def _set_in_force(who: Who, code: str, version: int, definition: ItemDefinition) -> None:
    database.execute(IN_FORCE, {**_columns(definition), "version": version})
    events.record(who, ItemPublished(code=code, version=version), subject=f"item:{code}",
                  effective_on=min(definition.effective_from, clock.today()))
    on_commit(forget, using=database.alias())


def _columns(definition: ItemDefinition) -> dict[str, Any]:
    """What lists show and search, as columns."""
    return {
        "code": code_of(definition), "slug": definition.slug, "name": Jsonb(msgspec.to_builtins(definition.name)),
        "summary": Jsonb(msgspec.to_builtins(definition.summary)), "pinyin": sort_key(definition.name.zh),
        "pace": definition.pace, "promised_limit": Jsonb(msgspec.to_builtins(definition.promised_limit)),
        "visits": definition.visits, "objects": list(definition.objects),
        "themes_person": list(definition.themes_person), "themes_entity": list(definition.themes_entity),
        "life_stage": definition.life_stage, "handling_forms": list(definition.handling_forms),
        "is_online": definition.is_online, "service_level": service_level(definition),
        "four_lists": four_lists(definition),
    }


def _set_status(who: Who, code: str, status: Status, happened: ItemSuspended | ItemResumed | ItemCancelled) -> None:
    with database.atomic():
        found = database.row("select status from catalogue_item where code = %s for update", [code])
        if found is None:
            raise ItemUnknown(code=code)
        if found[0] == status:
            return
        if found[0] == Status.CANCELLED:
            raise ItemAlreadyCancelled
        database.execute("update catalogue_item set status = %s where code = %s", [status, code])
        events.record(who, happened, subject=f"item:{code}")
        on_commit(forget, using=database.alias())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
