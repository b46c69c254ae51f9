"""The law of supervision: which signals a case deserves at an instant and when to look again (SUP-04, TIM-R7)."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from tongban.calendars.rules import add_working_days, colour, due, promised_standing, standing
from tongban.calendars.types import SHANGHAI, Calendar, Clock, Colour, Standing, Unit, WarningThreshold, local
from tongban.cases.types import State
from tongban.identity.types import Actor, Role
from tongban.kernel.types import Text
from tongban.reviews.rules import clean
from tongban.supervision.types import MOVES, Judgement, Kind, Rule, SignalState, Watched

LEAST, MOST = 5, 2000
UNIT = frozenset({Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER, Role.ISSUER})
JUDGED = frozenset({State.ACCEPTED, State.UNDER_REVIEW, State.SUPPLEMENT_AFTER, State.DECIDED, State.COMPLETED,
                    State.DELIVERED})
"""States in which a clock is judged: not while it is stopped, nor once the case ended without a result."""
IN_HAND = frozenset({State.ACCEPTED, State.UNDER_REVIEW})
"""States in which it is the authority's turn."""
BY_COLOUR = {Colour.WARNING: Rule.PROMISE_NEAR, Colour.YELLOW: Rule.PROMISE_EXCEEDED, Colour.RED: Rule.LAW_EXCEEDED}
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def judge(case: Watched, *, promised: Clock, statutory: Clock, calendar: Calendar, now: datetime,
          idle_days: int, threshold: WarningThreshold) -> Judgement:
    """What the clock of a case deserves at `now`, and the next instant at which that changes by itself.

    The due instants are those the applicant was told; how much is left of the promise is counted on its clock.
    """
    if any(each.ended_at is None for each in promised.suspensions):
        return Judgement()
    if case.state not in JUDGED or not (case.promised_due_at and case.statutory_due_at and case.last_step_at):
        return Judgement()
    promise = _until(promised_standing(promised, statutory, calendar=calendar, now=now), case.promised_due_at)
    law = _until(standing(statutory, calendar=calendar, now=now), case.statutory_due_at)
    found = colour(promised=promise, statutory=law, decided_at=case.decided_at, completed_at=case.completed_at,
                   threshold=threshold)
    rules = {BY_COLOUR[found]} if found in BY_COLOUR else set()
    if case.completed_at is not None:
        return Judgement(rules=frozenset(rules))
    instants = [case.promised_due_at]
    if found is Colour.NONE:
        instants.append(near_at(case.promised_due_at, promised=promised, statutory=statutory, calendar=calendar, now=now,
                                threshold=threshold))
    if case.decided_at is None:
        instants.append(case.statutory_due_at)
        if case.state in IN_HAND:
            idle = idle_at(case.last_step_at, idle_days, calendar)
            instants.append(idle)
            if now >= idle:
                rules.add(Rule.NO_STEP)
    return Judgement(rules=frozenset(rules), next_at=min((each for each in instants if each > now), default=None))


def judge_delivery(case: Watched, delivery: Clock, *, calendar: Calendar, now: datetime,
                   threshold: WarningThreshold) -> Judgement:
    """What a decided case deserves whose result is not issued, or issued and not opened yet (LAL art. 44, CASE-22)."""
    end = due(delivery, calendar=calendar, now=now).at
    waiting = None if now >= end else end
    if case.state is State.COMPLETED:
        return Judgement(rules=frozenset({Rule.RESULT_UNOPENED} if waiting is None else ()), next_at=waiting)
    if case.state is not State.DECIDED:
        return Judgement()
    if waiting is None:
        return Judgement(rules=frozenset({Rule.DELIVERY_EXCEEDED}))
    stands = standing(delivery, calendar=calendar, now=now)
    if colour(promised=stands, statutory=None, threshold=threshold) is Colour.WARNING:
        return Judgement(rules=frozenset({Rule.DELIVERY_NEAR}), next_at=end)
    return Judgement(next_at=near_at(end, promised=delivery, statutory=delivery, calendar=calendar, now=now,
                                     threshold=threshold))


def both(one: Judgement, other: Judgement) -> Judgement:
    """Two judgements of one case as one."""
    instants = [each for each in (one.next_at, other.next_at) if each is not None]
    return Judgement(rules=one.rules | other.rules, next_at=min(instants, default=None))


def near_at(due_at: datetime, *, promised: Clock, statutory: Clock, calendar: Calendar, now: datetime,
            threshold: WarningThreshold) -> datetime:
    """The first instant after `now` at which the promise deserves its warning, or its end if none comes before.

    What is left only shrinks, from midnight to midnight and for hour limits from second to second, so the instant is
    found by halving.
    """
    today, end = local(now).date(), local(due_at)
    by_second = promised.limit.unit is Unit.HOUR
    start = local(now).replace(microsecond=0)

    def moment(step: int) -> datetime:
        return start + step * SECOND if by_second else datetime.combine(today + step * DAY, time(), SHANGHAI)

    def is_near(step: int) -> bool:
        promise = promised_standing(promised, statutory, calendar=calendar, now=moment(step))
        return colour(promised=_until(promise, end), statutory=None, threshold=threshold) is not Colour.NONE

    low, high = 0, max(int((end - start) / SECOND) if by_second else (end.date() - today).days, 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_near(middle) else (middle, high)
    return min(moment(high), end)


def idle_at(last_step_at: datetime, days: int, calendar: Calendar) -> datetime:
    """When a case has been left alone for so many whole working days (SUP-16)."""
    last = add_working_days(local(last_step_at).date(), days, calendar)
    return datetime.combine(last + DAY, time(), SHANGHAI)


def occasion(rule: Rule, case: Watched) -> str:
    """What makes a reminder a new one: another due instant, another last step. Cards come once for a case."""
    if rule is Rule.PROMISE_NEAR and case.promised_due_at is not None:
        return local(case.promised_due_at).isoformat()
    if rule is Rule.NO_STEP and case.last_step_at is not None:
        return local(case.last_step_at).isoformat()
    return ""


def explain_due_on(kind: Kind, notified_on: date, days: int, calendar: Calendar) -> date | None:
    """The last day for the authority to answer a card (SUP-08)."""
    return add_working_days(notified_on, days, calendar) if kind.needs_answer else None


def may_move(state: SignalState, to: SignalState) -> bool:
    """Is the move allowed (SUP-08)?"""
    return (state, to) in MOVES


def is_supervisor(actor: Actor, authority: int) -> bool:
    """Does the actor supervise this authority?"""
    return actor.holds(Role.SUPERVISOR, authority)


def is_of_unit(actor: Actor, authority: int) -> bool:
    """Does the actor work on this authority's cases?"""
    return any(actor.holds(role, authority) for role in UNIT)


def units_of(actor: Actor) -> tuple[int, ...]:
    """The authorities on whose cases the actor works, and for which they answer."""
    return tuple(key for key in actor.authorities if is_of_unit(actor, key))


def promise_used(accepted_at: datetime | None, completed_at: datetime | None, promised_due_at: datetime | None) -> Fraction | None:
    """The share of the promised time a finished case took, by elapsed time, as in the average."""
    if not (accepted_at and completed_at and promised_due_at):
        return None
    total = promised_due_at - accepted_at
    return Fraction((completed_at - accepted_at) / total) if total else None


def harmless(value: str) -> str:
    """A value that no spreadsheet takes for a formula, in full width either (ASVS 1.2.10)."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")) else value


def taken_by(who: str, *, asked_at: datetime, made_at: datetime, request: str, asked: int, rows: int, reason: str,
             approved_by: str) -> Text:
    """What a file says of itself first and last: by whom, when and for what it was taken, what is in it, and who let it go (SEC-11)."""
    listed, made, why = f"{local(asked_at):%Y-%m-%d %H:%M}", f"{local(made_at):%Y-%m-%d %H:%M}", " ".join(reason.split())
    let_go = Text(zh=f"批准：{approved_by}，{asked} 件", en=f"approved: {approved_by}, {asked} cases") if approved_by else Text(
        zh="不需要第二人批准", en="no second person had to approve")
    gone = Text(zh=f"，另有 {asked - rows} 件提出人已不能查看，未列入",
                en=f", {asked - rows} more left out that the taker may no longer see") if asked > rows else Text(zh="", en="")
    return Text(zh=f"导出：{who}，{made}；申请编号 {request}；共 {rows} 件{gone.zh}；列入 {listed} 提出时清单上的办件，"
                   f"情况截至 {made}；用途：{why}；{let_go.zh}",
                en=f"Taken by: {who}, {made}; request {request}; {rows} cases{gone.en}; those listed when asked for, {listed}, "
                   f"as they stood at {made}; for: {why}; {let_go.en}")


def file_of(mark: str, head: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    """A table as spreadsheets open it: UTF-8 with its mark of order, every value quoted; who took it stands first and last."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([harmless(value) for value in line] for line in ([mark], head, *lines, [mark]))
    return written.getvalue().encode("utf-8-sig")


def words(text: str) -> str:
    """The text as it is kept; refused when it says too little or too much."""
    return clean(text, longest=MOST, shortest=LEAST)


def _until(found: Standing, due_at: datetime) -> Standing:
    return replace(found, due=replace(found.due, at=due_at))
