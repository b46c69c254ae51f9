"""The law of working days and time limits (TIM-01 to TIM-15, rulings TIM-R1 to TIM-R13).

LAL is the Administrative Licensing Law. Dates are those of Asia/Shanghai; instants are aware.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from tongban.calendars.errors import (
    AlreadyExtended,
    AnnouncedEndTooEarly,
    ExtensionTooLate,
    ExtensionUnitDiffers,
    ProcedureNotListed,
    SecondSuspensionNeedsApproval,
    SuspensionOverlaps,
)
from tongban.calendars.types import (
    OFFICE_HOURS,
    SHANGHAI,
    Calendar,
    Clock,
    Colour,
    Due,
    Limit,
    ListedProcedure,
    OfficeHours,
    SpecialProcedure,
    Standing,
    Stop,
    Suspension,
    Unit,
    WarningThreshold,
    local,
)
from tongban.kernel.errors import Refusal
from tongban.kernel.types import Channel

INTAKE_LIMIT = Limit(count=5, unit=Unit.WORKDAY)
"""Accept, or tell once what is missing: LAL art. 32."""
SUPPLEMENT_LIMIT = Limit(count=20, unit=Unit.WORKDAY)
"""For the applicant to bring what was asked (CASE-17)."""

ONE_DAY = timedelta(days=1)

Counts = Callable[[date], bool]


# Working days


def next_working_day(day: date, calendar: Calendar) -> date:
    """First working day after `day`."""
    return _walk(day, 1, calendar.is_working)


def add_working_days(day: date, count: int, calendar: Calendar) -> date:
    """The `count`-th working day after `day`; `day` itself for nought."""
    if count < 0:
        raise ValueError("working days are counted forwards")
    return _walk(day, count, calendar.is_working)


def working_days_between(after: date, until: date, calendar: Calendar) -> int:
    """Working days after `after` up to and including `until`; nought when there are none."""
    return _count(after, until, calendar.is_working)


def received_on(at: datetime, calendar: Calendar, hours: OfficeHours = OFFICE_HOURS) -> date:
    """Day on which a submission counts as received: the next working day from closing time on (TIM-R5)."""
    moment = local(at)
    if calendar.is_working(moment.date()) and moment.time() < hours.closes:
        return moment.date()
    return next_working_day(moment.date(), calendar)


# When a clock ends


def due(clock: Clock, *, calendar: Calendar, now: datetime | None = None) -> Due:
    """When `clock` ends; needs `now` while a suspension is open, which then counts as ended now (TIM-R9)."""
    stops: tuple[Stop, ...] = ()
    at, years = _end(clock, stops, calendar)
    for stop in _stops(clock.suspensions, now):
        if stop.since >= at:
            break
        stops += (stop,)
        at, years = _end(clock, stops, calendar)
    announced = [item.announced_end for item in clock.suspensions if _is_open(item, now)]
    return Due(
        at=at,
        stops=stops,
        announced_end=max(announced, default=None),
        missing_years=tuple(sorted(year for year in years if not calendar.is_noticed(year))),
    )


def due_at(clock: Clock, *, calendar: Calendar, now: datetime | None = None) -> datetime:
    """The instant at which an act is late; see `due`."""
    return due(clock, calendar=calendar, now=now).at


def promised_due(promised: Clock, statutory: Clock, *, calendar: Calendar, now: datetime | None = None) -> Due:
    """When a promise ends: never later than the law's own period, an extension of which moves no promise (R3, R8)."""
    promise = due(promised, calendar=calendar, now=now)
    law = due(replace(statutory, extension=None), calendar=calendar, now=now)
    years = tuple(sorted({*promise.missing_years, *law.missing_years}))
    return replace(promise if promise.at <= law.at else law, missing_years=years)


def intake_due(
    received: date,
    *,
    calendar: Calendar,
    channel: Channel,
    hours: OfficeHours = OFFICE_HOURS,
    limit: Limit = INTAKE_LIMIT,
) -> Due:
    """When silence becomes acceptance (LAL art. 32); a resubmission after a supplement starts a new one."""
    opening = _at(received, hours.opens)
    found = due(Clock(start=opening, limit=limit, channel=channel, hours=hours), calendar=calendar)
    if calendar.is_noticed(received.year):
        return found
    return replace(found, missing_years=tuple(sorted({received.year, *found.missing_years})))


def supplement_due(
    told_at: datetime,
    *,
    calendar: Calendar,
    channel: Channel,
    hours: OfficeHours = OFFICE_HOURS,
    limit: Limit = SUPPLEMENT_LIMIT,
) -> Due:
    """When a case closes because what was asked did not come (CASE-17, TIM-R10)."""
    return due(Clock(start=told_at, limit=limit, channel=channel, hours=hours), calendar=calendar)


def deemed_accepted_at(submitted_at: datetime, calendar: Calendar, hours: OfficeHours = OFFICE_HOURS) -> datetime:
    """Instant to which silence dates acceptance back: on the day of receipt, not before the office opened."""
    received = received_on(submitted_at, calendar, hours)
    return max(local(submitted_at), _at(received, hours.opens))


def start_after_silence(clock: Clock, *, intake: Due, found_at: datetime, calendar: Calendar) -> datetime:
    """Start of a clock whose case silence accepted, `clock` being started on the day of receipt.

    A limit that would be over with the intake deadline has as its first day the working day on which silence is
    found (TIM-R10), so day limits start at the close of the day before.
    """
    if due(clock, calendar=calendar, now=found_at).at > intake.at:
        return clock.start
    if clock.limit.unit is Unit.HOUR:
        return local(found_at)
    return _at(received_on(found_at, calendar, clock.hours) - ONE_DAY, clock.hours.closes)


def is_late(at: datetime, due_at: datetime) -> bool:
    """Whether an act at `at` is late; at the very due instant it is (TIM-R6)."""
    return local(at) >= local(due_at)


def revised_due_at(old: datetime, new: datetime, *, now: datetime) -> datetime:
    """Due instant of an open clock after a recount: a date is never moved into the past (TIM-R11)."""
    return new if local(new) >= local(old) or local(new) > local(now) else old


# How a clock stands


def standing(clock: Clock, *, calendar: Calendar, now: datetime) -> Standing:
    """Used and remaining time of a clock at `now`: the instant asked about, or that of the act that stopped it."""
    return _standing(clock, due(clock, calendar=calendar, now=now), calendar, now)


def promised_standing(promised: Clock, statutory: Clock, *, calendar: Calendar, now: datetime) -> Standing:
    """`standing` of a promise, capped by the law."""
    return _standing(promised, promised_due(promised, statutory, calendar=calendar, now=now), calendar, now)


def share_used(standing: Standing) -> Fraction:
    """Part of the period that is used; more than one when late."""
    return standing.used / standing.total if standing.total else Fraction(1)


def colour(
    *,
    promised: Standing,
    statutory: Standing | None,
    decided_at: datetime | None = None,
    completed_at: datetime | None = None,
    threshold: WarningThreshold,
) -> Colour:
    """Red beyond the law, yellow beyond the promise, warning when little of it is left (SUP-04, TIM-R7).

    The law is judged at the decision, the promise at completion (TIM-R1); `statutory` is None where no law limits.
    """
    if statutory is not None and is_late(decided_at or completed_at or statutory.at, statutory.due.at):
        return Colour.RED
    if is_late(completed_at or promised.at, promised.due.at):
        return Colour.YELLOW
    if completed_at is not None:
        return Colour.NONE
    few = promised.working_days_left <= threshold.working_days
    return Colour.WARNING if few or 1 - share_used(promised) <= threshold.share else Colour.NONE


# Stopping and extending


def check_suspension(
    asked: Suspension,
    earlier: Iterable[Suspension],
    *,
    listed: Iterable[ListedProcedure] = (),
    approved: bool = False,
) -> tuple[Refusal, ...]:
    """Why `asked` may not stop the clock (LAL art. 45; TIM-09, R2, R9); `earlier` are those of the same case."""
    names = {*SpecialProcedure, *(item.name for item in listed if item.article.strip())}
    before = [item for item in earlier if not item.is_void]
    problems: list[Refusal] = []
    if asked.name not in names:
        problems.append(ProcedureNotListed(name=asked.name))
    problems.extend(SuspensionOverlaps(name=item.name) for item in before if _overlap(item, asked))
    if not approved and any(item.name == asked.name for item in before):
        problems.append(SecondSuspensionNeedsApproval(name=asked.name))
    if asked.announced_end < local(asked.started_at).date():
        problems.append(AnnouncedEndTooEarly(announced_end=asked.announced_end))
    return tuple(problems)


def check_extension(clock: Clock, extension: Limit, *, calendar: Calendar, now: datetime) -> tuple[Refusal, ...]:
    """Why a statutory limit may not be extended now: once, and before it ends (LAL art. 42, TIM-R3)."""
    problems: list[Refusal] = []
    end = due(clock, calendar=calendar, now=now)
    if clock.extension is not None:
        problems.append(AlreadyExtended())
    if is_late(now, end.at):
        problems.append(ExtensionTooLate(due_on=end.on))
    if (clock.limit.unit is Unit.HOUR) is not (extension.unit is Unit.HOUR):
        problems.append(ExtensionUnitDiffers())
    return tuple(problems)


# Days, counted one by one


def _walk(day: date, count: int, counts: Counts) -> date:
    while count:
        day += ONE_DAY
        count -= counts(day)
    return day


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += ONE_DAY


def _count(after: date, until: date, counts: Counts) -> int:
    return sum(counts(day) for day in _days(after + ONE_DAY, until))


def _at(day: date, clock_time: time) -> datetime:
    return datetime.combine(day, clock_time, SHANGHAI)


def _same_day_of_month(day: date, months: int) -> date:
    """The corresponding day `months` later, else the last of that month (Civil Code, art. 202)."""
    year, before = divmod(day.year * 12 + day.month - 1 + months, 12)
    month = before + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def last_day_of_term(first: date, years: int) -> date:
    """The last day of a term of years: the eve of the day of the same date, `years` later.

    From 29 February the term ends on 28 February, the last day of that month (Civil Code, art. 202).
    """
    day = _same_day_of_month(first, years * 12)
    return day - ONE_DAY if day.day == first.day else day


# Suspensions


def _is_open(item: Suspension, now: datetime | None) -> bool:
    return item.ended_at is None and now is not None and local(item.started_at) <= local(now)


def _stops(suspensions: Iterable[Suspension], now: datetime | None) -> tuple[Stop, ...]:
    """Suspensions in force by `now`, in order; void ones and open ones that lie ahead stop nothing."""
    found = []
    for item in suspensions:
        if item.ended_at is None and now is None:
            raise ValueError("an open suspension needs the present instant")
        until = item.ended_at or now
        if until is not None and not item.is_void and local(until) >= local(item.started_at):
            found.append(Stop(since=local(item.started_at), until=local(until)))
    return tuple(sorted(found, key=lambda stop: (stop.since, stop.until)))


def _stopped_days(stops: Iterable[Stop]) -> frozenset[date]:
    """First and last dates are taken whole, whatever the hour (TIM-R9)."""
    return frozenset(day for stop in stops for day in _days(stop.since.date(), stop.until.date()))


def _overlap(one: Suspension, other: Suspension) -> bool:
    starts_first, then = sorted((one, other), key=lambda item: item.started_at)
    return starts_first.ended_at is None or starts_first.ended_at > then.started_at


# Ends


def _end(clock: Clock, stops: tuple[Stop, ...], calendar: Calendar) -> tuple[datetime, set[int]]:
    """End of the clock and the years whose working days it asked about."""
    years: set[int] = set()

    def is_working(day: date) -> bool:
        years.add(day.year)
        return calendar.is_working(day)

    if clock.limit.unit is Unit.HOUR:
        return _hour_end(clock, stops, is_working), years
    day = _last_day(clock, _stopped_days(stops), is_working)
    if clock.channel is Channel.WINDOW:
        return _at(day, clock.hours.closes), years
    return _at(day + ONE_DAY, time()), years


def _last_day(clock: Clock, stopped: frozenset[date], is_working: Counts) -> date:
    day = local(clock.start).date()
    for part in _parts(clock):
        if part.unit is Unit.WORKDAY:
            day = _walk(day, part.count, lambda each: each not in stopped and is_working(each))
        elif part.unit is Unit.DAY:
            day = _walk(day, part.count, lambda each: each not in stopped)
        else:
            length = (_same_day_of_month(day, part.count) - day).days
            day = _walk(day, length, lambda each: each not in stopped)
    while day in stopped or not is_working(day):
        day += ONE_DAY
    return day


def _parts(clock: Clock) -> list[Limit]:
    """Limit and extension as one period, years told in months; only its final end rolls (TIM-R3)."""
    parts: list[Limit] = []
    for limit in filter(None, (clock.limit, clock.extension)):
        part = Limit(count=limit.count * 12, unit=Unit.MONTH) if limit.unit is Unit.YEAR else limit
        if parts and parts[0].unit is part.unit:
            parts[0] = replace(part, count=parts[0].count + part.count)
        else:
            parts.append(part)
    return parts


# Office time


def _office_spans(day: date, hours: OfficeHours, stops: tuple[Stop, ...]) -> Iterator[tuple[datetime, datetime]]:
    """Open office time of a day, less the suspensions, to the second (TIM-R9)."""
    for span in hours.spans:
        opens, closes = _at(day, span.opens), _at(day, span.closes)
        for stop in stops:
            if stop.since >= closes or stop.until <= opens:
                continue
            if stop.since > opens:
                yield opens, stop.since
            opens = min(stop.until, closes)
        if opens < closes:
            yield opens, closes


def _hour_end(clock: Clock, stops: tuple[Stop, ...], is_working: Counts) -> datetime:
    left = timedelta(hours=sum(part.count for part in _parts(clock)))
    start = local(clock.start)
    day = start.date()
    while True:
        for opens, closes in _office_spans(day, clock.hours, stops):
            begins = max(opens, start)
            if begins >= closes or not is_working(day):
                continue
            if closes - begins >= left:
                return begins + left
            left -= closes - begins
        day += ONE_DAY


def _office_time(
    since: datetime, until: datetime, hours: OfficeHours, stops: tuple[Stop, ...], calendar: Calendar
) -> Fraction:
    """Office hours in [since, until), less the suspensions."""
    found = timedelta()
    for day in _days(since.date(), until.date()):
        if calendar.is_working(day):
            for opens, closes in _office_spans(day, hours, stops):
                found += max(min(closes, until) - max(opens, since), timedelta())
    return _hours(found)


def _hours(length: timedelta) -> Fraction:
    return Fraction(length // timedelta(microseconds=1), 3_600_000_000)


# Amounts


def _standing(clock: Clock, due: Due, calendar: Calendar, now: datetime) -> Standing:
    count = _count_hours if clock.limit.unit is Unit.HOUR else _count_days
    total, used, remaining, working_days_left = count(clock, due, calendar, local(now))
    return Standing(
        at=local(now),
        due=due,
        unit=clock.limit.unit.shown,
        total=total,
        used=used,
        remaining=remaining,
        working_days_left=working_days_left,
    )


def _count_hours(clock: Clock, due: Due, calendar: Calendar, now: datetime) -> tuple[Fraction, ...]:
    start, end, hours = local(clock.start), local(due.at), clock.hours
    total = _office_time(start, end, hours, due.stops, calendar)
    used = _office_time(start, now, hours, _stops(clock.suspensions, now), calendar)
    remaining = _office_time(max(start, now), end, hours, due.stops, calendar)
    return total, used, remaining, remaining / _hours(hours.length)


def _count_days(clock: Clock, due: Due, calendar: Calendar, now: datetime) -> tuple[Fraction, ...]:
    """Days in the unit shown; past the due day a suspension begun too late to move it still is not used (TIM-R9)."""
    start, today = local(clock.start).date(), now.date()
    moved, stopped = _stopped_days(due.stops), _stopped_days(_stops(clock.suspensions, now))

    def works(day: date) -> bool:
        return calendar.is_working(day) and day not in moved

    def counts(day: date) -> bool:
        return works(day) if clock.limit.unit is Unit.WORKDAY else day not in moved

    begun = max(start, min(today, due.on))
    used = _count(start, begun, counts)
    over = _count(max(start, due.on), today, lambda day: counts(day) and day not in stopped)
    remaining = _count(begun, due.on, counts)
    amounts = (used + remaining, used + over, remaining, _count(begun, due.on, works))
    return tuple(Fraction(amount) for amount in amounts)
