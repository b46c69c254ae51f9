"""Generated clocks against a model that lives through the time one day, or one quarter of an hour, after another."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.calendars.given import CALENDAR
from tests.requirements import requirement
from tongban.calendars.rules import add_working_days, due, promised_due, standing, working_days_between
from tongban.calendars.types import SHANGHAI, Clock, DayKind, Limit, Suspension, Unit
from tongban.kernel.types import Channel

DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
EDGES = [
    *(each for each, kind in CALENDAR.days.items() if kind is DayKind.MAKE_UP_WORKDAY),
    *(date(year, month, 1) - DAY for year in (2024, 2025, 2026, 2027) for month in range(1, 13)),
    *(date(year, month, last) for year in (2024, 2025, 2026) for month, last in ((1, 29), (1, 30), (12, 31), (10, 8))),
    date(2028, 2, 29),
]
DATES = st.one_of(st.sampled_from(EDGES), st.dates(date(2024, 1, 1), date(2027, 12, 31)))
CHANNELS = st.sampled_from([Channel.WEB, Channel.WINDOW])
DAY_LIMITS = st.one_of(
    st.builds(Limit, count=st.integers(1, 45), unit=st.sampled_from([Unit.WORKDAY, Unit.DAY])),
    st.builds(Limit, count=st.integers(1, 14), unit=st.just(Unit.MONTH)),
    st.builds(Limit, count=st.integers(1, 2), unit=st.just(Unit.YEAR)),
)
HOUR_LIMITS = st.builds(Limit, count=st.integers(1, 40), unit=st.just(Unit.HOUR))
HOLIDAYS = {each for each, kind in CALENDAR.days.items() if kind is DayKind.HOLIDAY}


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    midnight = datetime.combine(draw(DATES), time(), SHANGHAI)
    return midnight + QUARTER * draw(st.integers(0, 95))


@st.composite
def clocks(draw: st.DrawFn, limits: st.SearchStrategy[Limit] = DAY_LIMITS) -> Clock:
    """A clock with up to three closed suspensions, some of them void, adjoining or begun after the end."""
    start = draw(moments())
    stops, reached = [], start
    for _ in range(draw(st.integers(0, 3))):
        begun = reached + QUARTER * draw(st.sampled_from([0, 1, 40, 96, 300, 1000, 4000]))
        reached = begun + QUARTER * draw(st.sampled_from([0, 1, 30, 96, 200, 700]))
        stops.append(Suspension(name="testing", started_at=begun, ended_at=reached, announced_end=reached.date()))
    return Clock(start=start, limit=draw(limits), channel=draw(CHANNELS), suspensions=tuple(stops))


def works(each: date) -> bool:
    if each.year in (2024, 2025, 2026) and each in CALENDAR.days:
        return each not in HOLIDAYS
    return each.isoweekday() < 6


def in_months(start: date, months: int) -> date:
    first, wanted = start.replace(day=1), start.day
    for _ in range(months):
        first = (first + timedelta(days=31)).replace(day=1)
    while True:
        try:
            return first.replace(day=wanted)
        except ValueError:
            wanted -= 1


def days_to_count(clock: Clock) -> int:
    start, count = clock.start.date(), clock.limit.count
    match clock.limit.unit:
        case Unit.MONTH:
            return (in_months(start, count) - start).days
        case Unit.YEAR:
            return (in_months(start, 12 * count) - start).days
        case _:
            return count


def end_of(day: date, clock: Clock) -> datetime:
    if clock.channel is Channel.WINDOW:
        return datetime.combine(day, time(17, 30), SHANGHAI)
    return datetime.combine(day + DAY, time(), SHANGHAI)


def lived_days(clock: Clock) -> Iterator[tuple[date, bool, bool]]:
    """Day after day: whether it is stopped at its end of office, and whether it is once the whole day is known."""
    day = clock.start.date()
    while True:
        day += DAY
        known = [
            each.started_at
            for each in clock.suspensions
            if each.ended_at
            and each.started_at < each.ended_at
            and each.started_at.date() <= day <= each.ended_at.date()
        ]
        yield day, any(begun < end_of(day, clock) for begun in known), bool(known)


def naive_last_day(clock: Clock) -> date:
    left = days_to_count(clock)
    for day, stopped_in_time, stopped in lived_days(clock):
        counted = clock.limit.unit is not Unit.WORKDAY or works(day)
        if works(day) and not stopped_in_time and left - counted <= 0:
            return day
        left -= counted and not stopped
    raise AssertionError


def is_open(moment: datetime) -> bool:
    minutes = moment.hour * 60 + moment.minute
    return works(moment.date()) and (540 <= minutes < 720 or 810 <= minutes < 1050)


def naive_hours(clock: Clock) -> Iterator[tuple[datetime, bool]]:
    moment = clock.start
    while True:
        stopped = any(each.started_at <= moment < (each.ended_at or moment) for each in clock.suspensions)
        yield moment + QUARTER, is_open(moment) and not stopped
        moment += QUARTER


@requirement("TIM-04", "TIM-R4", "TIM-R8", "TIM-R9", "TIM-R12")
@settings(max_examples=3000, deadline=None)
@given(clocks())
def test_day_limits_end_where_a_day_by_day_count_ends(clock: Clock) -> None:
    found = due(clock, calendar=CALENDAR)
    last = naive_last_day(clock)
    assert found.on == last
    assert found.at == end_of(last, clock)


@requirement("TIM-04", "TIM-R4", "TIM-R9")
@settings(max_examples=600, deadline=None)
@given(clocks(HOUR_LIMITS))
def test_hour_limits_end_where_a_quarter_by_quarter_count_ends(clock: Clock) -> None:
    left = clock.limit.count * 4
    for moment, counted in naive_hours(clock):
        left -= counted
        if not left:
            assert due(clock, calendar=CALENDAR).at == moment
            return


@requirement("TIM-R6", "TIM-R9", "TIM-09")
@settings(max_examples=1500, deadline=None)
@given(clocks(), st.integers(0, 70))
def test_used_days_are_the_days_lived_and_not_stopped(clock: Clock, later: int) -> None:
    now = clock.start + later * DAY
    found = standing(clock, calendar=CALENDAR, now=now)
    used = 0
    for day, stopped_in_time, stopped in lived_days(clock):
        if day > now.date():
            break
        held = stopped_in_time if day == found.due.on else stopped
        used += not held and (clock.limit.unit is not Unit.WORKDAY or works(day))
    assert found.used == used
    assert found.remaining == max(found.total - used, 0)
    if clock.limit.unit is Unit.WORKDAY:
        assert found.total == clock.limit.count
    assert found.total >= days_to_count(clock)


@requirement("TIM-R6", "TIM-R9")
@settings(max_examples=300, deadline=None)
@given(clocks(HOUR_LIMITS), st.integers(0, 800))
def test_used_hours_are_the_office_hours_lived_and_not_stopped(clock: Clock, quarters: int) -> None:
    now = clock.start + quarters * QUARTER
    found = standing(clock, calendar=CALENDAR, now=now)
    used = sum(counted for moment, counted in naive_hours_until(clock, now) if moment <= now)
    assert found.used == Fraction(used, 4)
    assert found.total == clock.limit.count
    assert found.remaining == max(found.total - found.used, 0)


def naive_hours_until(clock: Clock, now: datetime) -> Iterator[tuple[datetime, bool]]:
    for moment, counted in naive_hours(clock):
        if moment > now:
            return
        yield moment, counted


@requirement("TIM-08", "TIM-14", "TIM-R9")
@settings(max_examples=1000, deadline=None)
@given(DATES, st.integers(2, 60), st.integers(0, 90), st.integers(0, 40), CHANNELS)
def test_a_suspension_of_k_counted_days_moves_the_end_by_exactly_k_working_days(
    accepted: date, count: int, offset: int, length: int, channel: Channel
) -> None:
    start = datetime.combine(accepted, time(10), SHANGHAI)
    plain = Clock(start=start, limit=Limit(count=count, unit=Unit.WORKDAY), channel=channel)
    begun = start + offset * DAY
    ended = begun + length * DAY + timedelta(hours=1)
    end = due(plain, calendar=CALENDAR)
    assume(begun < end.at)
    stop = Suspension(name="hearing", started_at=begun, ended_at=ended, announced_end=ended.date())
    counted = working_days_between(max(begun.date() - DAY, accepted), ended.date(), CALENDAR)
    moved = due(replace(plain, suspensions=(stop,)), calendar=CALENDAR)
    assert moved.on == add_working_days(end.on, counted, CALENDAR)


@requirement("TIM-04")
@settings(max_examples=1000, deadline=None)
@given(moments(), st.one_of(DAY_LIMITS, HOUR_LIMITS), CHANNELS, st.integers(0, 300))
def test_a_later_start_never_ends_earlier_and_a_longer_limit_neither(
    start: datetime, limit: Limit, channel: Channel, quarters: int
) -> None:
    clock = Clock(start=start, limit=limit, channel=channel)
    end = due(clock, calendar=CALENDAR).at
    assert end > start
    assert due(replace(clock, start=start + quarters * QUARTER), calendar=CALENDAR).at >= end
    assert due(replace(clock, limit=replace(limit, count=limit.count + 1)), calendar=CALENDAR).at >= end


@requirement("TIM-09")
@settings(max_examples=500, deadline=None)
@given(clocks())
def test_suspensions_only_ever_move_an_end_later_in_any_order_and_counting_again_changes_nothing(clock: Clock) -> None:
    end = due(clock, calendar=CALENDAR)
    assert end == due(clock, calendar=CALENDAR)
    assert end == due(replace(clock, suspensions=clock.suspensions[::-1]), calendar=CALENDAR)
    assert end.at >= due(replace(clock, suspensions=clock.suspensions[:-1]), calendar=CALENDAR).at


@requirement("TIM-R3")
@settings(max_examples=500, deadline=None)
@given(clocks(), DAY_LIMITS)
def test_an_extension_never_shortens_and_in_the_same_unit_is_one_longer_limit(clock: Clock, more: Limit) -> None:
    extended = due(replace(clock, extension=more), calendar=CALENDAR)
    assert extended.at >= due(clock, calendar=CALENDAR).at
    if more.unit is clock.limit.unit:
        longer = replace(clock.limit, count=clock.limit.count + more.count)
        assert extended == due(replace(clock, limit=longer), calendar=CALENDAR)


@requirement("TIM-R8")
@settings(max_examples=500, deadline=None)
@given(clocks(), DAY_LIMITS, DAY_LIMITS)
def test_a_promise_is_never_later_than_the_law(clock: Clock, law: Limit, more: Limit) -> None:
    statutory = replace(clock, limit=law)
    promise = promised_due(clock, statutory, calendar=CALENDAR)
    assert promise.at == min(due(clock, calendar=CALENDAR).at, due(statutory, calendar=CALENDAR).at)
    assert promise == promised_due(clock, replace(statutory, extension=more), calendar=CALENDAR)
