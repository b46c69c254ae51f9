"""Verbs of authorities: make regions and authorities known."""

import hashlib
from collections.abc import Iterable

import msgspec
from django.db.transaction import on_commit
from psycopg.types.json import Jsonb

from tongban.authorities.errors import AuthorityCodeNotValid, RegionNotBelow
from tongban.authorities.events import AuthorityAdded, RegionsAdded
from tongban.authorities.queries import forget, region
from tongban.authorities.rules import CODE_LENGTH, lies_below, sort_key
from tongban.authorities.types import Level, NewRegion, RegionLevel
from tongban.kernel import database, events
from tongban.kernel.codes import is_uscc
from tongban.kernel.types import Text, Who

REGIONS = """
insert into authorities_region (code, name, name_en, full_name, level, parent_id, pinyin)
select code, name, name_en, full_name, level, parent, pinyin
from jsonb_to_recordset(%s) as x(code text, name text, name_en text, full_name text, level smallint, parent text,
                                 pinyin text)
on conflict (code) do nothing returning code
"""


def add_regions(who: Who, *, regions: Iterable[NewRegion]) -> int:
    """Make regions known in one statement; returns how many were new. Known ones stay as they are.

    A parent is known already or among them. Refuses with `RegionNotBelow` if a code contradicts its parent.
    """
    wanted = sorted(regions, key=lambda each: (each.level, each.code))
    with database.atomic():
        found = database.rows("select code, full_name, level from authorities_region where code = any(%s)",
                              [[each.parent for each in wanted if each.parent]])
        above = {code: (full_name, RegionLevel(level)) for code, full_name, level in found}
        rows = []
        for each in wanted:
            full_name, level = above.get(each.parent or "", ("", RegionLevel.PROVINCE))
            if len(each.code) != CODE_LENGTH or not lies_below(each, level) or (each.parent and not full_name):
                raise RegionNotBelow(code=each.code, parent=each.parent or "—")
            full_name += each.name.zh
            above[each.code] = (full_name, each.level)
            rows.append({"code": each.code, "name": each.name.zh, "name_en": each.name.en, "full_name": full_name,
                         "level": int(each.level), "parent": each.parent, "pinyin": sort_key(each.name.zh)})
        new = sorted(code for (code,) in database.rows(REGIONS, [Jsonb(rows)]))
        if new:
            digest = hashlib.sha256("\n".join(new).encode()).hexdigest()
            events.record(who, RegionsAdded(count=len(new), digest=digest), subject="regions")
            on_commit(forget, using=database.alias())
    return len(new)


def add_region(who: Who, *, new: NewRegion) -> bool:
    """Make one region known; returns whether it was new."""
    return add_regions(who, regions=[new]) == 1


def add_authority(who: Who, *, uscc: str, name: Text, short_name: Text, region_code: str, level: Level, field: str,
                  sample: bool, source: str) -> int:
    """Make an authority known; returns its key. One that is known stays as it is."""
    if not is_uscc(uscc):
        raise AuthorityCodeNotValid(name=name.zh)
    seat = region(region_code).code
    with database.atomic():
        found = database.row(
            "insert into authorities_authority (uscc, name, short_name, region_id, level, field, sample, source) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (uscc) do nothing returning id",
            [uscc, Jsonb(msgspec.to_builtins(name)), Jsonb(msgspec.to_builtins(short_name)), seat, level, field,
             sample, source])
        if found is None:
            known = database.row("select id from authorities_authority where uscc = %s", [uscc])
            return int(known[0]) if known else 0
        events.record(who, AuthorityAdded(authority=found[0], uscc=uscc), subject=f"authority:{uscc}",
                      authority=found[0])
    return int(found[0])
