"""What rules do: look at clocks, raise what they deserve once, end what has lost its ground, notify."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from tongban.calendars import queries as calendars
from tongban.calendars.types import local
from tongban.cases import queries as cases
from tongban.cases.queries import ClockRow
from tongban.cases.rules import clocks, delivery_clock
from tongban.catalogue import queries as catalogue
from tongban.kernel import clock, database, events, parameters, ticking
from tongban.kernel.events import Entry
from tongban.kernel.types import Who
from tongban.supervision.errors import SupervisorOnly
from tongban.supervision.events import SignalClosed, SignalNotified, SignalRaised
from tongban.supervision.queries import due_numbers
from tongban.supervision.rules import both, explain_due_on, judge, judge_delivery, occasion
from tongban.supervision.types import Ending, Judgement, Kind, Rule

RAISE = """
with asked as (
  select x.*, nextval('supervision_signal_id_seq') as id
  from jsonb_to_recordset(%(rows)s) as x(case_number text, item_code text, authority bigint, rule text, occasion text,
                                         kind smallint, family text, description text)
  where not exists (select from supervision_signal s where (s.case_number, s.rule, s.kind, s.occasion)
                    = (x.case_number, x.rule, x.kind, x.occasion))
)
insert into supervision_signal (id, number, case_number, item_code, authority_id, rule, occasion, kind, family, state,
  raised_at, raised_by_id, description, explanation, explanation_salt, reason, reason_salt, correction, correction_salt,
  ending)
select id, 'S' || to_char(kernel_today(), 'YYYYMMDD') || lpad(id::text, greatest(8, length(id::text)), '0'), case_number,
  item_code, authority,
  rule, occasion, kind, family, 'RAISED', kernel_now(), %(by)s, description, '', '', '', '', '', '', ''
from asked on conflict (case_number, rule, kind, occasion) do nothing
returning number, case_number, authority_id, rule, kind, family
"""
LOCK = """
with added as (insert into supervision_watch (case_number) select unnest(%(numbers)s::text[]) on conflict do nothing)
select case_number from supervision_watch where case_number = any(%(numbers)s) order by case_number for update
"""
LOOK_AGAIN = """
update supervision_watch w set next_at = x.next_at
from jsonb_to_recordset(%s) as x(case_number text, next_at timestamptz) where w.case_number = x.case_number
"""
GROUNDLESS = """
update supervision_signal s set state = 'CLOSED', closed_at = kernel_now(), moved_by_id = null,
  ending = case when s.family = 'TIME' and s.rule <> 'DELIVERY_NEAR' and s.kind < x.worst
    or s.rule = 'DELIVERY_NEAR' and 'DELIVERY_EXCEEDED' = any(x.deserved) then 'SUPERSEDED' else x.ending end
from jsonb_to_recordset(%s) as x(case_number text, deserved text[], worst smallint, ending text)
where s.case_number = x.case_number and s.state in ('RAISED', 'NOTIFIED') and (
  s.rule in ('PROMISE_NEAR', 'NO_STEP', 'DELIVERY_NEAR', 'RESULT_UNOPENED') and not s.rule = any(x.deserved)
  or s.family = 'TIME' and s.rule <> 'DELIVERY_NEAR' and s.kind < x.worst)
returning s.number, s.authority_id, s.ending
"""
NOTIFY = """
update supervision_signal s set state = 'NOTIFIED', notified_at = kernel_now(), explain_due_on = x.due,
  moved_by_id = null
from jsonb_to_recordset(%s) as x(number text, due date) where s.number = x.number and s.state = 'RAISED'
returning s.number, s.authority_id, s.explain_due_on
"""


def raise_signals(who: Who, *, limit: int) -> int:
    """Look at the clocks that are due, at most `limit` of them, each case alone; returns how many (SUP-04)."""
    return ticking.each_alone(due_numbers(limit), lambda number: watch_cases(who, numbers=[number]))


def watch_cases(who: Who, *, numbers: Sequence[str]) -> None:
    """Judge the clocks of these cases anew: raise what they deserve, end reminders without ground, set the next look.

    Cases are read afresh, so it does not matter how far behind the caller is. Again changes nothing.
    """
    with database.atomic():
        wanted = sorted(set(numbers))
        database.rows(LOCK, {"numbers": wanted})
        now = clock.now()
        found = [(case, _judged(case, now)) for case in cases.clocks(wanted)]
        _raise(who, [_row(case, rule) for case, judged in found for rule in sorted(judged.rules)])
        _end_groundless(who, found)
        database.execute(LOOK_AGAIN, [Jsonb([
            {"case_number": case.number, "next_at": judged.next_at.isoformat() if judged.next_at else None}
            for case, judged in found])])


def raise_for_rectification(who: Who, *, case_numbers: Iterable[str]) -> None:
    """Give a yellow card to cases whose poor review was not answered in time."""
    with database.atomic():
        _raise(who, [_row(case, Rule.RECTIFICATION_LATE) for case in cases.clocks(sorted(set(case_numbers)))])


def raise_for_second_notice(who: Who, *, case_numbers: Iterable[str]) -> None:
    """Give a yellow card to cases whose applicant was told a second time what is missing."""
    with database.atomic():
        _raise(who, [_row(case, Rule.SECOND_NOTICE) for case in cases.clocks(sorted(set(case_numbers)))])


def raise_for_reading(who: Who, *, case_number: str, reader: str, position: int) -> None:
    """Give a yellow card to the case at which somebody had read of many people within few minutes, every time (T27)."""
    with database.atomic():
        _raise(who, [_row(case, Rule.MANY_READ) | {"occasion": f"{reader} {position}"} for case in cases.clocks([case_number])])


def notify_signals(who: Who, *, raised: Mapping[str, Kind]) -> None:
    """Put signals before their authority; yellow and red cards are to be explained within two working days (SUP-08)."""
    with database.atomic():
        today = clock.today()
        days = parameters.value("supervision.explain_days", today)
        due = {number: explain_due_on(kind, today, days, calendars.calendar()) for number, kind in raised.items()}
        found = database.rows(NOTIFY, [Jsonb([{"number": number, "due": day.isoformat() if day else None}
                                              for number, day in due.items()])])
        events.record_all(who, [
            Entry(happened=SignalNotified(signal=number, explain_due_on=day.isoformat() if day else ""),
                  subject=f"signal:{number}", authority=authority) for number, authority, day in found])


def raise_for(who: Who, case: ClockRow, rule: Rule, *, description: str, account: int) -> str | None:
    """Raise one signal a person found; None if the case has it already."""
    found = _raise(who, [_row(case, rule) | {"description": description}], account=account)
    return found[0] if found else None


def _judged(case: ClockRow, now: datetime) -> Judgement:
    if case.accepted_at is None:
        return Judgement()
    guide = catalogue.guide(case.item_code, case.item_version)
    promised, statutory = clocks(guide, accepted_at=case.accepted_at, channel=case.channel,
                                 suspensions=case.suspensions, extension_days=case.extension_days)
    calendar, threshold = calendars.calendar(), calendars.warning_threshold(now.date())
    found = judge(case, promised=promised, statutory=statutory, calendar=calendar, now=now,
                  idle_days=parameters.value("supervision.idle_days", now.date()), threshold=threshold)
    if case.decided_at is None:
        return found
    delivery = delivery_clock(case.decided_at, case.channel, parameters.value("cases.delivery_days", local(case.decided_at).date()))
    return both(found, judge_delivery(case, delivery, calendar=calendar, now=now, threshold=threshold))


def _row(case: ClockRow, rule: Rule) -> dict[str, Any]:
    return {"case_number": case.number, "item_code": case.item_code, "authority": case.authority, "rule": rule,
            "occasion": occasion(rule, case), "kind": int(rule.kind), "family": rule.family, "description": ""}


def _raise(who: Who, rows: Sequence[dict[str, Any]], account: int | None = None) -> list[str]:
    if not rows:
        return []
    if account is None and who.role != "SYSTEM":
        raise SupervisorOnly
    found = database.rows(RAISE, {"rows": Jsonb(list(rows)), "by": account})
    events.record_all(who, [
        Entry(happened=SignalRaised(signal=number, case_number=case, rule=rule, kind=kind, family=family),
              subject=f"signal:{number}", authority=authority)
        for number, case, authority, rule, kind, family in found])
    return [row[0] for row in found]


def _end_groundless(who: Who, found: Sequence[tuple[ClockRow, Judgement]]) -> None:
    """End reminders whose ground is gone and time signals a graver one replaces, unless they were explained."""
    rows = [{"case_number": case.number, "deserved": sorted(judged.rules), "worst": _worst(judged.rules),
             "ending": Ending.MOVED_ON if case.completed_at is None and case.state.is_open else Ending.FINISHED}
            for case, judged in found]
    closed = database.rows(GROUNDLESS, [Jsonb(rows)])
    events.record_all(who, [
        Entry(happened=SignalClosed(signal=number, ending=ending), subject=f"signal:{number}", authority=authority)
        for number, authority, ending in closed])


def _worst(rules: Iterable[Rule]) -> int:
    return max((int(rule.kind) for rule in rules if rule in (Rule.PROMISE_EXCEEDED, Rule.LAW_EXCEEDED)), default=0)
