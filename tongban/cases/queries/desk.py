"""What waits for an officer: one row a case with its open steps, sorted, keyset-paged and counted; and saved views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from tongban.calendars import queries as calendars
from tongban.calendars.rules import add_working_days
from tongban.cases.queries.lists import SUMMARY, CaseRow, case_of_row
from tongban.cases.rules import steps_for
from tongban.cases.types import Due, Order, Wanted
from tongban.identity.types import Actor
from tongban.kernel import clock, database, parameters
from tongban.kernel.types import Text

WAITING = """
select c.id, c.number, c.item_code, c.item_name, c.submitted_at, c.state = 'SUSPENDED' as stopped,
  case when c.state = 'SUSPENDED' then 'infinity' else coalesce(min(t.due_at), 'infinity') end as due_at,
  array_agg(t.verb::text) as verbs, jsonb_agg(t.name order by t.id)::text as steps, bool_or(p.own) as own,
  exists (select from cases_correction x where x.case_id = c.id and x.answered_at is not null and not exists (
    select from cases_task d where d.case_id = c.id and d.done_at > x.answered_at)) as corrected
from cases_task t
join unnest(%(authorities)s::bigint[], %(roles)s::text[], %(verbs)s::text[], %(own)s::boolean[])
  as p(authority, role, verb, own) on p.authority = t.authority and p.role = t.role and p.verb = t.verb
join cases_case c on c.id = t.case_id
where t.done_at is null and c.state in ('SUBMITTED', 'ACCEPTED', 'UNDER_REVIEW', 'SUSPENDED')
  and c.applicant_id <> all(%(stakes)s)
  and c.agent_id <> %(account)s and c.agent_id <> all(array(select a.id from identity_account a where a.party_id = %(party)s))
  and not exists (select from cases_correction k where k.case_id = c.id and (k.answered_by_id = %(account)s
    or k.answered_by_id = any(array(select a.id from identity_account a where a.party_id = %(party)s))))
  and (t.verb <> 'decide' or not exists (select 1 from cases_task x where x.case_id = c.id
    and %(account)s in (x.done_by_id, x.companion_id) and x.verb in ('examine', 'inspect')))
group by c.id"""
"""Cases with open steps for an officer's posts: not the decision on what they examined, nothing of their own applications.
While its clock stands still nothing of a case is due; corrected is what nobody has acted on since."""

WITHIN = {
    Due.ANY: "true", Due.OVERDUE: "q.due_at <= kernel_now()",
    Due.TODAY: "q.due_at > kernel_now() and q.due_at <= %(tonight)s",
    Due.SOON: "q.due_at > kernel_now() and q.due_at <= %(soon)s", Due.STOPPED: "q.stopped",
}
PLACES = {Order.DUE: ("q.due_at", ">=", "asc"), Order.RECEIVED: ("q.submitted_at", ">=", "asc"),
          Order.NEWEST: ("q.submitted_at", "<=", "desc")}
"""What a queue is sorted by, how what comes later compares, and which way; the case's key makes each place one row's."""
BACKWARDS = {">=": "<", "<=": ">", "asc": "desc", "desc": "asc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a queue: the instant it is sorted by (None: no limit runs) and the key of the case."""

    at: datetime | None
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """A case in a queue, with the steps of it that wait."""

    case: CaseRow
    steps: tuple[Text, ...]
    due_at: datetime | None
    corrected: bool
    place: Place
    before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A part of a queue: its rows, how many stand before the first of them, and how many there are."""

    rows: tuple[WaitingRow, ...]
    earlier: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemWaiting:
    """An item of which cases wait."""

    code: str
    name: Text
    acts: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRow:
    """A queue an officer saved under a name."""

    id: int
    name: str
    wanted: Wanted


def queue(actor: Actor, wanted: Wanted, *, today: date, at: Place | None = None, number: str = "", moved: bool = False,
          before: int = 0, limit: int = 25) -> Waiting:
    """Cases from a place of the queue on, and up to `before` rows before it, in one statement.

    The place is that of the case `number`, else `at`, else the beginning; for a case that `moved` by what was just done
    to it, first `at`.
    """
    place, later, way = PLACES[wanted.order]
    conditions, values = _narrowed(wanted, "")
    ends = "('infinity'::timestamptz, 9223372036854775807)" if way == "desc" else "('-infinity'::timestamptz, 0)"
    found = database.rows(f"""
with q as materialized (select q.*, {place} as place from ({WAITING}) q where {conditions}),
here as (select h.place, h.id from (
    select place, id, %(moved)s * 2 as rank from q where number = %(number)s
    union all select coalesce(%(at)s::timestamptz, 'infinity'), %(key)s::bigint, 1 where %(key)s is not null
    union all select e.*, 3 from (values {ends}) as e) h order by h.rank limit 1),
shown as (
  (select q.*, true as earlier from q, here where (q.place, q.id) {BACKWARDS[later]} (here.place, here.id)
   order by q.place {BACKWARDS[way]}, q.id {BACKWARDS[way]} limit %(before)s)
  union all
  (select q.*, false from q, here where (q.place, q.id) {later} (here.place, here.id)
   order by q.place {way}, q.id {way} limit %(limit)s))
select shown.steps, nullif(shown.due_at, 'infinity'), shown.corrected, nullif(shown.place, 'infinity'), shown.earlier,
  (select count(*) from q, here where (q.place, q.id) {BACKWARDS[later]} (here.place, here.id)),
  (select count(*) from q), {SUMMARY}
from shown join cases_case c on c.id = shown.id order by shown.place {way}, shown.id {way}""", {
        **_at_desk(actor, today), **values, "number": number, "moved": int(moved), "at": at.at if at else None,
        "key": at.id if at else None, "before": before, "limit": limit})
    rows = tuple(WaitingRow(
        steps=msgspec.json.decode(row[0], type=tuple[Text, ...]), due_at=row[1], corrected=row[2],
        place=Place(at=row[3], id=row[7]), before=row[4], case=case_of_row(row[7:])) for row in found)
    return Waiting(rows=rows, earlier=found[0][5] - sum(row.before for row in rows) if found else 0,
                   total=found[0][6] if found else 0)


def count_queue(actor: Actor, wanted: Sequence[Wanted], *, today: date) -> list[int]:
    """How many cases wait in each of these queues (exact), in one statement."""
    values: dict[str, Any] = {}
    counts = []
    for place, each in enumerate(wanted):
        conditions, more = _narrowed(each, str(place))
        values.update(more)
        counts.append(f"count(*) filter (where {conditions})")
    found = database.row(f"select {', '.join(counts)} from ({WAITING}) q", {**_at_desk(actor, today), **values})
    return list(found or ())


def items_waiting(actor: Actor, *, shared: bool, today: date) -> list[ItemWaiting]:
    """The items of which cases wait for an officer, by code, with the acts those cases wait for."""
    found = database.rows(
        "select q.item_code, (array_agg(q.item_name::text order by q.id desc))[1], "
        f"string_agg(array_to_string(q.verbs, ','), ',') from ({WAITING}) q where q.own = %(mine)s "
        "group by q.item_code order by q.item_code", {**_at_desk(actor, today), "mine": not shared})
    return [ItemWaiting(code=code, name=msgspec.json.decode(name, type=Text), acts=frozenset(verbs.split(",")))
            for code, name, verbs in found]


def views_of(actor: Actor) -> list[ViewRow]:
    """The queues an officer saved, in the order they were first saved."""
    return [ViewRow(id=key, name=name, wanted=msgspec.json.decode(wanted, type=Wanted)) for key, name, wanted in
            database.rows("select id, name, wanted::text from cases_view where account_id = %s order by id",
                          [actor.account])]


def _narrowed(wanted: Wanted, mark: str) -> tuple[str, dict[str, Any]]:
    """The conditions of a queue, and their values under names of their own."""
    conditions = ["not q.own" if wanted.shared else "q.own", WITHIN[wanted.due]]
    values: dict[str, Any] = {}
    if wanted.item:
        conditions.append(f"q.item_code = %(item{mark})s")
        values[f"item{mark}"] = wanted.item
    if wanted.act:
        conditions.append(f"%(act{mark})s = any(q.verbs)")
        values[f"act{mark}"] = wanted.act
    if wanted.corrected:
        conditions.append("q.corrected")
    return " and ".join(conditions), values


def _at_desk(actor: Actor, today: date) -> dict[str, Any]:
    steps = steps_for(actor.posts)
    held = {(post.authority, str(post.role)) for post in actor.posts}
    days = parameters.value("cases.soon_days", today)
    return {"authorities": [step[0] for step in steps], "roles": [step[1] for step in steps],
            "verbs": [step[2] for step in steps], "own": [step[:2] in held for step in steps],
            "stakes": list(actor.stakes), "party": actor.party, "account": actor.account, "tonight": _end_of(today),
            "soon": _end_of(add_working_days(today, days, calendars.calendar()))}


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.SHANGHAI)
