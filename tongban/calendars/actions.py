"""Verbs of calendars: enter what the State Council gave notice of."""

from collections.abc import Mapping
from datetime import date

import msgspec
from django.db.transaction import on_commit
from psycopg.types.json import Jsonb

from tongban.calendars.errors import DayOutsideYear
from tongban.calendars.events import CalendarChanged
from tongban.calendars.queries import forget
from tongban.calendars.types import DayKind
from tongban.kernel import database, events
from tongban.kernel.types import Text, Who

YEAR = """
insert into calendars_year (year, noticed, notice, noticed_on, source)
values (%(year)s, %(noticed)s, %(notice)s, %(noticed_on)s, %(source)s)
on conflict (year) do update set noticed = excluded.noticed, notice = excluded.notice,
  noticed_on = excluded.noticed_on, source = excluded.source
"""
DAYS = """
with given as (select * from jsonb_to_recordset(%(days)s) as x(day date, kind text, name jsonb)),
gone as (delete from calendars_day d
         where d.year_id = %(year)s and not exists (select from given g where g.day = d.day))
insert into calendars_day (day, year_id, kind, name) select day, %(year)s, kind, name from given
on conflict (day) do update set kind = excluded.kind, name = excluded.name
"""


def set_days(who: Who, *, year: int, days: Mapping[date, tuple[DayKind, Text]], noticed: bool, notice: str = "",
             noticed_on: date | None = None, source: str = "") -> bool:
    """Let a year have exactly these days that differ from their weekday; returns whether anything changed (TIM-01).

    The same days again change nothing. Whoever runs clocks follows `CalendarChanged` (TIM-R11).
    """
    outside = sorted(day for day in days if day.year != year)
    if outside:
        raise DayOutsideYear(day=outside[0].isoformat(), year=year)
    with database.atomic():
        database.execute("select pg_advisory_xact_lock(hashtext('calendars.year'), %s)", [year])
        before = {day: (DayKind(kind), msgspec.convert(name, Text)) for day, kind, name in _days_of(year)}
        known = database.row("select noticed, notice, noticed_on, source from calendars_year where year = %s", [year])
        changed = sorted(day for day in before.keys() | days.keys() if before.get(day) != days.get(day))
        if known == (noticed, notice, noticed_on, source) and not changed:
            return False
        database.execute(YEAR, {"year": year, "noticed": noticed, "notice": notice, "noticed_on": noticed_on,
                                "source": source})
        rows = [{"day": day.isoformat(), "kind": kind, "name": msgspec.to_builtins(name)}
                for day, (kind, name) in days.items()]
        database.execute(DAYS, {"year": year, "days": Jsonb(rows)})
        happened = CalendarChanged(year=year, noticed=noticed, days=tuple(day.isoformat() for day in changed))
        events.record(who, happened, subject=f"calendar:{year}")
        on_commit(forget, using=database.alias())
    return True


def _days_of(year: int) -> list[tuple[date, str, dict[str, str]]]:
    found = database.rows("select day, kind, name::text from calendars_day where year_id = %s", [year])
    return [(day, kind, msgspec.json.decode(name)) for day, kind, name in found]
