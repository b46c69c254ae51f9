"""What oversight counts of cases, and the cases behind each count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from tongban.calendars.types import SHANGHAI, Suspension
from tongban.cases.queries.lists import OPEN_STATES, CaseRow, cases_where
from tongban.cases.types import State
from tongban.kernel import database
from tongban.kernel.types import Channel


class Figure(StrEnum):
    """What oversight counts of cases; `cases_behind` lists the cases a count is made of."""

    RECEIVED = "RECEIVED"
    ACCEPTED = "ACCEPTED"
    DECIDED = "DECIDED"
    FINISHED = "FINISHED"
    EARLY = "EARLY"
    ON_TIME = "ON_TIME"
    LATE = "LATE"
    BEYOND_LAW = "BEYOND_LAW"
    OPEN = "OPEN"
    OVERDUE = "OVERDUE"
    OVERDUE_BY_LAW = "OVERDUE_BY_LAW"


FINISHED = "c.completed_at >= %(since)s and c.completed_at < %(until)s and c.state in ('COMPLETED', 'DELIVERED')"
RUNNING = "not exists (select from cases_stop s where s.case_id = c.id and s.ended_at is null)"
MEANING = {
    Figure.RECEIVED: "c.submitted_at >= %(since)s and c.submitted_at < %(until)s",
    Figure.ACCEPTED: "c.accepted_at >= %(since)s and c.accepted_at < %(until)s",
    Figure.DECIDED: "c.decided_at >= %(since)s and c.decided_at < %(until)s",
    Figure.FINISHED: FINISHED,
    Figure.EARLY: f"{FINISHED} and c.completed_at < c.promised_due_at - interval '1 day'",
    Figure.ON_TIME: f"{FINISHED} and c.completed_at < c.promised_due_at",
    Figure.LATE: f"{FINISHED} and c.completed_at >= c.promised_due_at",
    Figure.BEYOND_LAW: "c.decided_at >= %(since)s and c.decided_at < %(until)s and c.decided_at >= c.statutory_due_at",
    Figure.OPEN: f"c.state in ({OPEN_STATES})",
    Figure.OVERDUE: "c.state in ('ACCEPTED', 'UNDER_REVIEW', 'SUPPLEMENT_AFTER', 'DECIDED') "
                    f"and c.promised_due_at <= kernel_now() and {RUNNING}",
    Figure.OVERDUE_BY_LAW: "c.state in ('ACCEPTED', 'UNDER_REVIEW', 'SUPPLEMENT_AFTER') "
                           f"and c.statutory_due_at <= kernel_now() and {RUNNING}",
}
"""One condition a figure, for its count and for its list. All are of a period but the last three, which are of now.

Early is what was ready on a day before the last of the promise, which ends at 24:00.
"""
USED = "extract(epoch from {end} - c.accepted_at) / nullif(extract(epoch from c.{due} - c.accepted_at), 0)"
AMONG = "(%(item)s = '' or c.item_code = %(item)s) and (%(region)s = '' or c.region = %(region)s)"


class Grouping(StrEnum):
    """By what the promises kept are told (TIM-12)."""

    ITEM = "item"
    AUTHORITY = "authority"
    REGION = "region"


GROUPED = {Grouping.ITEM: "c.item_code", Grouping.AUTHORITY: "c.authority_id::text", Grouping.REGION: "c.region"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """What decides how the clock of a case stands."""

    number: str
    authority: int
    item_code: str
    item_version: int
    state: State
    channel: Channel
    accepted_at: datetime | None
    promised_due_at: datetime | None
    statutory_due_at: datetime | None
    decided_at: datetime | None
    completed_at: datetime | None
    extension_days: int
    last_step_at: datetime | None
    suspensions: tuple[Suspension, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """How the cases finished of one item, authority or region kept their promise; shares are averages of elapsed time."""

    key: str
    finished: int
    early: int
    on_time: int
    late: int
    promise_used: float | None
    law_used: float | None
    promise_of_law: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityFigures:
    """The counts of an authority, and which share of promise and law finished cases used on average (elapsed time)."""

    authority: int
    counts: dict[Figure, int]
    promise_used: float | None
    law_used: float | None

    @property
    def on_time_rate(self) -> float | None:
        finished = self.counts[Figure.FINISHED]
        return self.counts[Figure.ON_TIME] / finished if finished else None


def clocks(numbers: Sequence[str]) -> list[ClockRow]:
    """The clocks of these cases with all that stopped them."""
    found = database.rows(
        "select c.number, c.authority_id, c.item_code, c.item_version, c.state, c.channel, c.accepted_at, "
        "c.promised_due_at, c.statutory_due_at, c.decided_at, c.completed_at, c.extension_days, "
        "greatest(c.accepted_at, (select max(t.done_at) from cases_task t where t.case_id = c.id), "
        "(select max(coalesce(x.answered_at, x.requested_at)) from cases_correction x where x.case_id = c.id), "
        "(select max(coalesce(s.ended_at, s.started_at)) from cases_stop s where s.case_id = c.id)), "
        "(select json_agg(json_build_object('name', s.procedure, 'started_at', s.started_at, 'announced_end', "
        "s.announced_end, 'ended_at', s.ended_at) order by s.started_at)::text from cases_stop s "
        "where s.case_id = c.id) from cases_case c where c.number = any(%s) order by c.id", [list(numbers)])
    return [ClockRow(number=row[0], authority=row[1], item_code=row[2], item_version=row[3], state=State(row[4]),
                     channel=Channel(row[5]), accepted_at=row[6], promised_due_at=row[7], statutory_due_at=row[8],
                     decided_at=row[9], completed_at=row[10], extension_days=row[11], last_step_at=row[12],
                     suspensions=msgspec.json.decode(row[13] or "[]", type=tuple[Suspension, ...])) for row in found]


def figures_by_authority(*, since: date, until: date, authorities: Sequence[int] | None = None, item: str = "",
                         region: str = "") -> list[AuthorityFigures]:
    """Counts per authority over the days from `since` to `until`, exact; None: every authority the caller may see."""
    found = database.rows(
        "select c.authority_id, "
        + ", ".join(f"count(*) filter (where {MEANING[figure]})" for figure in Figure)
        + f", avg({USED.format(end='c.completed_at', due='promised_due_at')}) filter (where {FINISHED})"
        f", avg({USED.format(end='c.decided_at', due='statutory_due_at')}) filter (where {FINISHED}) "
        f"from cases_case c where (%(all)s or c.authority_id = any(%(authorities)s)) and {AMONG} group by 1 order by 1",
        {**_period(since, until), "all": authorities is None, "authorities": list(authorities or ()), "item": item,
         "region": region})
    return [AuthorityFigures(authority=row[0], counts=dict(zip(Figure, row[1:-2], strict=True)),
                             promise_used=None if row[-2] is None else float(row[-2]),
                             law_used=None if row[-1] is None else float(row[-1])) for row in found]


def promises_kept(by: Grouping, *, since: date, until: date, authorities: Sequence[int], limit: int = 200) -> list[KeptRow]:
    """How the promises of the cases finished in a period were kept, those with most late first (TIM-12)."""
    counts = ", ".join(f"count(*) filter (where {MEANING[figure]})" for figure in (
        Figure.EARLY, Figure.ON_TIME, Figure.LATE))
    shares = ", ".join((f"avg({USED.format(end='c.completed_at', due='promised_due_at')})::float",
                        f"avg({USED.format(end='c.decided_at', due='statutory_due_at')})::float",
                        f"avg({USED.format(end='c.promised_due_at', due='statutory_due_at')})::float"))
    return [KeptRow(key=key, finished=finished, early=early, on_time=on_time, late=late, promise_used=promise,
                    law_used=law, promise_of_law=of_law)
            for key, finished, early, on_time, late, promise, law, of_law in database.rows(
                f"select {GROUPED[by]}, count(*), {counts}, {shares} from cases_case c where {FINISHED} "
                "and c.authority_id = any(%(authorities)s) group by 1 order by 5 desc, 2 desc, 1 limit %(limit)s",
                {**_period(since, until), "authorities": list(authorities), "limit": limit})]


def cases_behind(figure: Figure, *, authority: int, since: date, until: date, before: int | None = None,
                 limit: int = 20, item: str = "", region: str = "") -> list[CaseRow]:
    """The cases a figure of an authority is made of, newest first; the pages together are exactly its count."""
    return cases_where(f"c.authority_id = %(authority)s and {MEANING[figure]} and {AMONG} and (%(before)s::bigint is null "
                  "or c.id < %(before)s) order by c.id desc limit %(limit)s",
                  {**_period(since, until), "authority": authority, "before": before, "limit": limit, "item": item,
                   "region": region})


def keys_behind(figure: Figure, *, authorities: Sequence[int], since: date, until: date, item: str = "", region: str = "",
                most: int) -> list[int]:
    """The keys of the cases a figure of these authorities is made of, no more than `most`."""
    return [key for (key,) in database.rows(
        f"select c.id from cases_case c where c.authority_id = any(%(authorities)s) and {MEANING[figure]} and {AMONG} limit %(most)s",
        {**_period(since, until), "authorities": list(authorities), "item": item, "region": region, "most": most})]


def counts_by_item(*, since: date) -> dict[str, int]:
    """Applications per item submitted on or after a day."""
    return dict(database.rows("select c.item_code, count(*) from cases_case c where c.submitted_at >= %s group by 1 "
                              "order by 1", [datetime.combine(since, time(), SHANGHAI)]))


def _period(since: date, until: date) -> dict[str, Any]:
    return {"since": datetime.combine(since, time(), SHANGHAI),
            "until": datetime.combine(until + timedelta(days=1), time(), SHANGHAI)}
