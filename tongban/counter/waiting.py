"""A queue on the page: one row a case, the part of it around an opened case, its name and its numbers in words."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext, ngettext

from tongban.calendars import queries as calendars
from tongban.cases import queries
from tongban.cases.queries import Waiting, WaitingRow
from tongban.cases.types import Due, State, Wanted
from tongban.counter.clocks import left
from tongban.counter.folder import Folder
from tongban.counter.narrowing import ACTS, CLOCKS, Asked
from tongban.identity.types import Actor
from tongban.kernel import clock
from tongban.web.jinja import day_short, language, say

PAGE = 25
BEFORE = 3
"""So many rows stand before the opened case, so that it is in sight without scrolling."""


def window(actor: Actor, folder: Folder, *, moved: bool) -> dict[str, Any]:
    """The queue a case was opened from, around its place; `moved` if it has just been acted on."""
    asked, now = folder.asked, clock.local(folder.case.now)
    found = queries.queue(actor, asked.wanted, today=now.date(), at=asked.on, number=folder.number, moved=moved,
                          before=BEFORE, limit=PAGE)
    numbers = [row.case.number for row in found.rows]
    here = numbers.index(folder.number) if folder.number in numbers else None
    cut = here if here is not None and not moved else sum(row.before for row in found.rows)
    before, later = ([row for row in part if row.case.number != folder.number]
                     for part in (found.rows[:cut], found.rows[cut:]))
    following = later[0] if later else before[0] if moved and before else None
    return {
        "rows": rows_of(found.rows, asked, now=now, chosen=folder.number), "title": name_of(asked.wanted, found.rows),
        "total": found.total, "list_href": asked.list_path(),
        "told": "" if here is None else gettext("{place} of {total}").format(
            place=found.earlier + here + 1, total=found.total),
        "previous": _path(asked, before[-1]) if before else "", "next_case": _path(asked, following) if following else ""}


def _path(asked: Asked, row: WaitingRow) -> str:
    return asked.case_path(row.case.number, row.place)


def rows_of(found: Sequence[WaitingRow], asked: Asked, *, now: datetime, chosen: str = "") -> list[dict[str, Any]]:
    """One row a case, with every step of it that waits."""
    calendar = calendars.calendar()
    comma = ", " if language() == "en" else "、"
    rows = []
    for row in found:
        case = row.case
        stopped, new = case.state is State.SUSPENDED, case.state is State.SUBMITTED
        tag = left(row.due_at, now=now, calendar=calendar, stopped=stopped, begun=case.received_on if new else None)
        step = comma.join(say(name) for name in row.steps)
        told = [say(case.item_name), step, gettext("Corrected") if row.corrected else ""]
        rows.append({
            "title": case.applicant_name, "href": _path(asked, row), "tag": tag.text, "tone": tag.tone,
            "text": " · ".join(each for each in told if each), "item": say(case.item_name), "step": step,
            "number": case.number[-12:], "corrected": row.corrected, "chosen": case.number == chosen,
            "received": day_short(case.submitted_at),
            "at": day_short(last_day(row.due_at)) if row.due_at and not stopped else ""})
    return rows


def name_of(wanted: Wanted, found: Sequence[WaitingRow]) -> str:
    """What a queue is called."""
    parts = [
        str(CLOCKS[wanted.due]) if wanted.due is not Due.ANY else "",
        (say(found[0].case.item_name) if found else gettext("One item")) if wanted.item else "",
        str(ACTS[wanted.act]) if wanted.act else "", gettext("Corrected") if wanted.corrected else ""]
    whose = gettext("Of other posts") if wanted.shared else gettext("Mine")
    return " · ".join([whose, *(part for part in parts if part)])


def told(found: Waiting, shown: int) -> str:
    """Which part of a queue is on the page."""
    if shown == found.total:
        return ngettext("{count} case, all shown", "{count} cases, all shown", shown).format(count=shown)
    return gettext("Cases {first} to {last} of {total}").format(first=found.earlier + 1, last=found.earlier + shown,
                                                                total=found.total)


def last_day(due_at: datetime) -> date:
    """The last day on which an act is in time."""
    return clock.local(due_at - due_at.resolution).date()
