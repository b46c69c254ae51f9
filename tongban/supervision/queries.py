"""What others may read of supervision: signals, orders, the figures of oversight and items nobody applies for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tongban.cases import queries as cases
from tongban.cases.queries import AuthorityFigures, CaseRow, Figure
from tongban.cases.types import State
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import ItemRow
from tongban.kernel import database
from tongban.supervision.types import (
    Asked,
    AwaitedRow,
    Ending,
    ExportRow,
    ExportState,
    Family,
    Kind,
    Listing,
    OrderRow,
    Rule,
    Shown,
    SignalRow,
    SignalState,
    Step,
)

SIGNAL = """s.id, s.number, s.case_number, s.item_code, s.authority_id, s.rule, s.kind, s.family, s.state, s.raised_at,
 s.description, s.explain_due_on, s.explanation, s.explained_by_id, s.reason, s.correction, s.ending, s.closed_at,
 s.state = 'NOTIFIED' and s.explain_due_on < kernel_today()"""
CHOSEN = """from supervision_signal s where (%(all)s or s.authority_id = any(%(authorities)s))
 and (not %(open_only)s or s.state <> 'CLOSED') and (%(kind)s::int is null or s.kind = %(kind)s)
 and (%(state)s::text is null or s.state = %(state)s) and (%(before)s::bigint is null or s.id < %(before)s)"""

AWAITED = """from (
  select s.id, case s.state when 'NOTIFIED' then 'EXPLANATION' else 'CORRECTION' end as asked, s.number, s.case_number,
    s.item_code, s.authority_id, s.rule, s.kind, case s.state when 'NOTIFIED' then s.explain_due_on end as due_on
  from supervision_signal s
  where s.authority_id = any(%(authorities)s) and s.state in ('NOTIFIED', 'CONFIRMED') and s.kind >= 3
  union all
  select o.id, 'ANSWER', s.number, s.case_number, s.item_code, o.authority_id, s.rule, s.kind, o.due_on
  from supervision_order o join supervision_signal s on s.id = o.signal_id
  where o.authority_id = any(%(authorities)s) and o.answered_at is null and o.settled_at is null) x"""
EXPORT = """e.id, e.key, e.asked_by_id, e.asked_at, e.authorities, e.figure, e.case_state, e.since, e.until, e.item, e.region,
 e.language, e.reason, e.state, e.rows_asked, e.alone, e.due_at, e.decided_by_id, e.decided_at, e.decision,
 e.rows_made, e.made_at"""
EXPORTS = """from supervision_export e where e.authorities <@ %(authorities)s::bigint[]
 and (%(show)s = 'all' or %(show)s = 'mine' and e.asked_by_id = %(account)s
   or %(show)s = 'awaiting' and e.state = 'AWAITING' and e.due_at > kernel_now() and e.asked_by_id <> %(account)s)"""
PLACE = "(coalesce(x.due_on, date '9999-12-31'), x.asked, x.id)"


@dataclass(frozen=True, slots=True, kw_only=True)
class OversightRow:
    """An authority on the oversight page: its cases and its open signals by kind.

    `cases_behind` lists what a figure is made of, `signals(kind=)` what a number of signals is.
    """

    authority: int
    cases: AuthorityFigures
    open_signals: dict[Kind, int]


def signals(*, authorities: Sequence[int] | None = None, open_only: bool = True, kind: Kind | None = None,
            state: SignalState | None = None, before: int | None = None, limit: int = 20) -> list[SignalRow]:
    """Signals the caller may see, newest first; None: of every authority of the caller, or of the node."""
    return [_signal(row) for row in database.rows(
        f"select {SIGNAL} {CHOSEN} order by s.id desc limit %(limit)s",
        {"all": authorities is None, "authorities": list(authorities or ()), "open_only": open_only,
         "kind": None if kind is None else int(kind), "state": state, "before": before, "limit": limit})]


def signal(number: str) -> SignalRow | None:
    """One signal the caller may see."""
    found = database.row(f"select {SIGNAL} from supervision_signal s where s.number = %s", [number])
    return _signal(found) if found else None


def signals_of_case(number: str) -> list[SignalRow]:
    """The signals of a case, oldest first."""
    return [_signal(row) for row in database.rows(
        f"select {SIGNAL} from supervision_signal s where s.case_number = %s order by s.id", [number])]


def signal_steps(number: str) -> list[Step]:
    """The history of a signal, oldest first."""
    return [Step(before=SignalState(before) if before else None, after=SignalState(after), at=at, by=by)
            for before, after, at, by in database.rows(
                "select t.before, t.after, t.at, t.by from supervision_step t "
                "join supervision_signal s on s.id = t.signal_id where s.number = %s order by t.id", [number])]


def orders(*, authorities: Sequence[int] | None = None, signal_number: str = "", open_only: bool = False,
           before: int | None = None, limit: int = 20) -> list[OrderRow]:
    """Supervision orders the caller may see, newest first; open ones are not settled."""
    return [OrderRow(id=key, signal=number, authority=authority, content=content, sent_at=sent, due_on=due,
                     answer=answer, answered_at=answered, result=result)
            for key, number, authority, content, sent, due, answer, answered, result in database.rows(
                "select o.id, s.number, o.authority_id, o.content, o.sent_at, o.due_on, o.answer, o.answered_at, "
                "o.result from supervision_order o join supervision_signal s on s.id = o.signal_id "
                "where (%s or o.authority_id = any(%s)) and (%s = '' or s.number = %s) "
                "and (not %s or o.settled_at is null) and (%s::bigint is null or o.id < %s) "
                "order by o.id desc limit %s",
                [authorities is None, list(authorities or ()), signal_number, signal_number, open_only, before, before,
                 limit])]


def awaited(authorities: Sequence[int], *, after: tuple[date, Asked, int] | None = None,
            limit: int = 20) -> list[AwaitedRow]:
    """What these authorities have to answer, the nearest day first, what has no day last (SUP-02, SUP-08).

    `after`: the place of the last row of the page before, see `place_of`.
    """
    day, asked, key = after or (None, None, None)
    return [AwaitedRow(id=row[0], asked=Asked(row[1]), signal=row[2], case_number=row[3], item_code=row[4],
                       authority=row[5], rule=Rule(row[6]), kind=Kind(row[7]), due_on=row[8])
            for row in database.rows(
                f"select x.* {AWAITED} where %(day)s::date is null or {PLACE} > (%(day)s, %(asked)s, %(key)s) "
                f"order by {PLACE} limit %(limit)s",
                {"authorities": list(authorities), "day": day, "asked": asked, "key": key, "limit": limit})]


def place_of(row: AwaitedRow) -> tuple[date, Asked, int]:
    """Where a row stands in the order of `awaited`."""
    return (row.due_on or date.max, row.asked, row.id)


def count_awaited(authorities: Sequence[int]) -> int:
    """How many answers these authorities owe, exactly."""
    found = database.planned_row(f"select count(*) {AWAITED}", {"authorities": list(authorities)})
    return int(found[0]) if found else 0


def figures(*, since: date, until: date, authorities: Sequence[int] | None = None) -> list[OversightRow]:
    """The oversight page: exact counts per authority that the caller may see, in two statements."""
    open_by: dict[int, dict[Kind, int]] = {}
    for authority, kind, number in database.rows(
            "select s.authority_id, s.kind, count(*) from supervision_signal s where s.state <> 'CLOSED' "
            "and (%s or s.authority_id = any(%s)) group by 1, 2", [authorities is None, list(authorities or ())]):
        open_by.setdefault(authority, {})[Kind(kind)] = number
    return [OversightRow(authority=each.authority, cases=each,
                         open_signals={kind: open_by.get(each.authority, {}).get(kind, 0) for kind in Kind})
            for each in cases.figures_by_authority(since=since, until=until, authorities=authorities)]


def cases_behind(figure: Figure, *, authority: int, since: date, until: date, before: int | None = None,
                 limit: int = 20) -> list[CaseRow]:
    """The cases a figure is made of; the pages together are exactly its count."""
    return cases.cases_behind(figure, authority=authority, since=since, until=until, before=before, limit=limit)


def listed(listing: Listing, *, before: int | None = None, limit: int = 20) -> list[CaseRow]:
    """The cases of a list, newest first; those behind a figure of several authorities in one order."""
    if not listing.figure or not (listing.since and listing.until):
        states = [listing.state] if listing.state else []
        return cases.cases_at(listing.authorities, states=states, before=before, limit=limit)
    found = [row for key in listing.authorities for row in cases.cases_behind(
        Figure(listing.figure), authority=key, since=listing.since, until=listing.until, before=before, limit=limit,
        item=listing.item, region=listing.region)]
    return sorted(found, key=lambda row: -row.id)[:limit]


def counted(listing: Listing) -> dict[int, int]:
    """How many cases are behind the figure of a list, by authority; those with none are left out."""
    figure = Figure(listing.figure)
    return {row.authority: row.counts[figure] for row in cases.figures_by_authority(
        since=listing.since or date.min, until=listing.until or date.max, authorities=listing.authorities, item=listing.item,
        region=listing.region) if row.counts[figure]}


def count_listed(listing: Listing, *, most: int) -> int:
    """How many cases a list holds; one without a figure is counted no further than `most`."""
    if listing.figure:
        return sum(counted(listing).values())
    return cases.count_at(listing.authorities, states=[listing.state] if listing.state else [], most=most)


def keys_listed(listing: Listing, *, most: int) -> list[int]:
    """The keys of the cases of a list, no more than `most`."""
    if not listing.figure or not (listing.since and listing.until):
        return cases.keys_at(listing.authorities, states=[listing.state] if listing.state else [], most=most)
    return cases.keys_behind(Figure(listing.figure), authorities=listing.authorities, since=listing.since, until=listing.until,
                             item=listing.item, region=listing.region, most=most)


def left_alone() -> int:
    """How many rows the caller may take now without a second person, after what the same person took so lately."""
    found = database.row("select supervision_left_alone()")
    return int(found[0]) if found else 0


def exports(show: Shown, *, account: int, authorities: Sequence[int], before: int | None = None, limit: int = 20) -> list[ExportRow]:
    """Requests for files about some of these authorities and no others, newest first."""
    return [_export(row) for row in database.rows(
        f"select {EXPORT} {EXPORTS} and (%(before)s::bigint is null or e.id < %(before)s) order by e.id desc limit %(limit)s",
        {"show": show, "account": account, "authorities": list(authorities), "before": before, "limit": limit})]


def export(key: str, *, authorities: Sequence[int]) -> ExportRow | None:
    """One request for a file, if it is about no other authorities than these."""
    found = database.row(f"select {EXPORT} from supervision_export e where e.key = %s and e.authorities <@ %s::bigint[]",
                         [key, list(authorities)])
    return _export(found) if found else None


def overdue_exports(limit: int) -> list[str]:
    """Requests that nobody decided in time, or whose approval ran out before the file was made (worker only)."""
    return [key for (key,) in database.rows("select key from supervision_export where state in ('AWAITING', 'MAKING') "
                                            "and due_at <= kernel_now() order by due_at limit %s", [limit])]


def oldest_export() -> datetime | None:
    """When the oldest file that is still here was made (worker only)."""
    found = database.row("select min(made_at) from supervision_export_file")
    return found[0] if found else None


def items_without_cases(*, since: date, authority: int | None = None) -> list[ItemRow]:
    """Items offered online for which nobody applied since a day (SUP-16)."""
    applied = cases.counts_by_item(since=since)
    found: list[ItemRow] = []
    after = ""
    while True:
        page = catalogue.items(online=True, authority=authority, after=after, limit=100)
        found.extend(row for row in page.rows if row.code not in applied)
        if not page.after:
            return found
        after = page.after


def due_numbers(limit: int) -> list[str]:
    """Cases whose clock deserves a look now (worker only)."""
    return [number for (number,) in database.rows(
        "select case_number from supervision_watch where next_at <= kernel_now() order by next_at limit %s", [limit])]


def _signal(row: Sequence[Any]) -> SignalRow:
    return SignalRow(
        id=row[0], number=row[1], case_number=row[2], item_code=row[3], authority=row[4], rule=Rule(row[5]),
        kind=Kind(row[6]), family=Family(row[7]), state=SignalState(row[8]), raised_at=row[9], description=row[10],
        explain_due_on=row[11], explanation=row[12], explained_by=row[13], reason=row[14], correction=row[15],
        ending=Ending(row[16]) if row[16] else None, closed_at=row[17], is_unanswered=bool(row[18]))


def _export(row: Sequence[Any]) -> ExportRow:
    listing = Listing(authorities=tuple(row[4]), figure=row[5], state=State(row[6]) if row[6] else None, since=row[7],
                      until=row[8], item=row[9], region=row[10])
    return ExportRow(
        id=row[0], key=row[1], asked_by=row[2], asked_at=row[3], listing=listing, language=row[11], reason=row[12],
        state=ExportState(row[13]), rows_asked=row[14], alone=row[15], due_at=row[16], decided_by=row[17], decided_at=row[18],
        decision=row[19], rows_made=row[20], made_at=row[21])
