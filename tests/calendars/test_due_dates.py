"""When a limit ends: units, starts, channels, extensions, the cap of promises and missing years."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from tests.calendars.given import CALENDAR, at, clock, day, limit, stop
from tests.requirements import requirement
from tongban.calendars.errors import AlreadyExtended, ExtensionTooLate, ExtensionUnitDiffers
from tongban.calendars.rules import (
    check_extension,
    due,
    due_at,
    is_late,
    promised_due,
    revised_due_at,
)
from tongban.calendars.types import Calendar, Clock, DayKind, Limit, OfficeHours, Span, Unit
from tongban.kernel.types import Channel


@requirement("TIM-14", "TIM-03", "TIM-R4")
def test_five_working_days_from_monday_2_march_2026_end_on_monday_9_march() -> None:
    assert due(clock("2026-03-02", 5), calendar=CALENDAR).on == day("2026-03-09")


@requirement("TIM-14", "TIM-08", "TIM-R9")
def test_a_suspension_from_wednesday_4_to_friday_6_moves_them_to_thursday_12_march() -> None:
    stopped = clock("2026-03-02", 5, Unit.WORKDAY, stop("2026-03-04 11:00", "2026-03-06 09:00"))
    assert due(stopped, calendar=CALENDAR).on == day("2026-03-12")


@requirement("TIM-14", "TIM-01")
def test_twenty_working_days_over_tomb_sweeping_day_follow_the_table() -> None:
    spanning = clock("2026-03-16", 20)
    assert due(spanning, calendar=CALENDAR).on == day("2026-04-14")
    without = Calendar(days={}, noticed=CALENDAR.noticed)
    assert due(spanning, calendar=without).on == day("2026-04-13")


@requirement("TIM-02", "TIM-04", "TIM-R8")
@pytest.mark.parametrize(
    ("start", "count", "unit", "last"),
    [
        ("2026-03-02", 1, Unit.WORKDAY, "2026-03-03"),
        ("2026-02-13", 1, Unit.WORKDAY, "2026-02-14"),
        ("2026-02-13", 2, Unit.WORKDAY, "2026-02-24"),
        ("2026-03-02", 4, Unit.DAY, "2026-03-06"),
        ("2026-03-02", 5, Unit.DAY, "2026-03-09"),
        ("2026-02-04", 10, Unit.DAY, "2026-02-14"),
        ("2026-02-05", 10, Unit.DAY, "2026-02-24"),
        ("2026-03-02", 1, Unit.MONTH, "2026-04-02"),
        ("2024-01-31", 1, Unit.MONTH, "2024-02-29"),
        ("2025-12-31", 2, Unit.MONTH, "2026-02-28"),
        ("2026-01-31", 1, Unit.MONTH, "2026-02-28"),
        ("2026-03-31", 1, Unit.MONTH, "2026-04-30"),
        ("2026-03-05", 1, Unit.MONTH, "2026-04-07"),
        ("2025-11-30", 1, Unit.MONTH, "2025-12-30"),
        ("2024-02-29", 1, Unit.YEAR, "2025-02-28"),
        ("2024-12-31", 1, Unit.YEAR, "2025-12-31"),
        ("2025-01-01", 1, Unit.YEAR, "2026-01-04"),
    ],
)
def test_a_limit_ends_on_its_last_day_or_the_next_working_day(start: str, count: int, unit: Unit, last: str) -> None:
    assert due(clock(start, count, unit), calendar=CALENDAR).on == day(last)


@requirement("TIM-R4")
@pytest.mark.parametrize("hour", ["00:00", "08:00", "17:30", "23:59:59"])
def test_acceptance_counts_on_its_own_day_at_any_hour(hour: str) -> None:
    assert due(clock(f"2026-03-02 {hour}", 5), calendar=CALENDAR).on == day("2026-03-09")


@requirement("TIM-R4")
def test_acceptance_on_a_day_off_counts_on_that_day() -> None:
    assert due(clock("2026-03-07", 1), calendar=CALENDAR).on == day("2026-03-09")
    assert due(clock("2026-03-07", 3, Unit.DAY), calendar=CALENDAR).on == day("2026-03-10")


@requirement("TIM-04", "TIM-R12")
def test_an_online_case_ends_at_midnight_and_a_window_case_at_close() -> None:
    online = due(clock("2026-03-02", 5), calendar=CALENDAR)
    window = due(clock("2026-03-02", 5, channel=Channel.WINDOW), calendar=CALENDAR)
    assert online.at == at("2026-03-10 00:00")
    assert online.at.utcoffset() == timedelta(hours=8)
    assert window.at == at("2026-03-09 17:30")
    assert online.on == window.on == day("2026-03-09")


@requirement("TIM-R6")
def test_an_act_at_the_very_due_instant_is_late() -> None:
    end = due_at(clock("2026-03-02", 5), calendar=CALENDAR)
    assert is_late(end, end)
    assert not is_late(end - timedelta(microseconds=1), end)


@requirement("TIM-04", "TIM-R4", "TIM-R12")
@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-03-02 10:00", 1, "2026-03-02 11:00"),
        ("2026-03-02 10:00", 2, "2026-03-02 12:00"),
        ("2026-03-02 11:30", 1, "2026-03-02 14:00"),
        ("2026-03-02 12:30", 4, "2026-03-02 17:30"),
        ("2026-03-06 16:30", 2, "2026-03-09 10:00"),
        ("2026-03-07 10:00", 1, "2026-03-09 10:00"),
        ("2026-02-14 17:00", 1, "2026-02-24 09:30"),
        ("2026-03-02 10:00:01", 14, "2026-03-04 10:00:01"),
    ],
)
def test_hours_are_office_hours_from_the_instant_of_acceptance(start: str, count: int, end: str) -> None:
    for channel in (Channel.WEB, Channel.WINDOW):
        assert due_at(clock(start, count, Unit.HOUR, channel=channel), calendar=CALENDAR) == at(end)


@requirement("TIM-04", "TIM-R12")
def test_hours_are_those_of_the_deciding_hall() -> None:
    hall = OfficeHours(spans=(Span(opens=time(8), closes=time(11)),))
    short = clock("2026-03-02 10:00", 2, Unit.HOUR, hours=hall)
    assert due_at(short, calendar=CALENDAR) == at("2026-03-03 09:00")
    window = clock("2026-03-02 10:00", 1, hours=hall, channel=Channel.WINDOW)
    assert due_at(window, calendar=CALENDAR) == at("2026-03-03 11:00")


@requirement("TIM-R3", "TIM-05", "TIM-09")
def test_an_extension_lengthens_the_period_and_only_its_final_end_rolls() -> None:
    assert (
        due(clock("2026-03-02", 20, extension=limit(10)), calendar=CALENDAR).on
        == due(clock("2026-03-02", 30), calendar=CALENDAR).on
    )
    rolled_twice = day("2026-03-16")
    lengthened = due(clock("2026-03-02", 5, Unit.DAY, extension=limit(5, Unit.DAY)), calendar=CALENDAR).on
    assert lengthened == day("2026-03-12") != rolled_twice


@requirement("TIM-R3", "TIM-R8")
@pytest.mark.parametrize(
    ("start", "first", "more", "last"),
    [
        ("2026-01-31", limit(1, Unit.MONTH), limit(1, Unit.MONTH), "2026-03-31"),
        ("2024-02-29", limit(1, Unit.YEAR), limit(2, Unit.MONTH), "2025-04-29"),
        ("2026-03-02", limit(5, Unit.DAY), limit(2), "2026-03-10"),
        ("2026-03-02", limit(5), limit(5, Unit.DAY), "2026-03-16"),
        ("2026-03-02", limit(1), limit(1, Unit.MONTH), "2026-04-03"),
    ],
)
def test_an_extension_may_be_in_another_unit(start: str, first: Limit, more: Limit, last: str) -> None:
    extended = Clock(start=at(start), limit=first, extension=more, channel=Channel.WEB)
    assert due(extended, calendar=CALENDAR).on == day(last)


@requirement("TIM-R3")
def test_hours_are_extended_by_hours_only() -> None:
    longer = clock("2026-03-02 10:00", 1, Unit.HOUR, extension=limit(1, Unit.HOUR))
    assert due_at(longer, calendar=CALENDAR) == at("2026-03-02 12:00")
    with pytest.raises(ValueError, match="extend"):
        clock("2026-03-02 10:00", 1, Unit.HOUR, extension=limit(1))
    refused = check_extension(
        clock("2026-03-02", 5), limit(3, Unit.HOUR), calendar=CALENDAR, now=at("2026-03-03 10:00")
    )
    assert [type(each) for each in refused] == [ExtensionUnitDiffers]


@requirement("TIM-05", "TIM-R3")
def test_a_limit_is_extended_once_and_before_it_ends() -> None:
    running = clock("2026-03-02", 5)
    end = due_at(running, calendar=CALENDAR)

    def refused(asked: Clock, now: str) -> list[type]:
        return [type(each) for each in check_extension(asked, limit(10), calendar=CALENDAR, now=at(now))]

    assert refused(running, "2026-03-09 23:59:59") == []
    assert refused(running, end.isoformat(" ")[:19]) == [ExtensionTooLate]
    assert refused(replace(running, extension=limit(10)), "2026-03-09 10:00") == [AlreadyExtended]


@requirement("TIM-R3")
def test_a_limit_may_be_extended_while_it_is_suspended() -> None:
    suspended = clock("2026-03-02", 5, Unit.WORKDAY, stop("2026-03-04", None))
    assert check_extension(suspended, limit(10), calendar=CALENDAR, now=at("2026-05-08")) == ()


@requirement("TIM-R8", "CAT-31")
def test_a_promise_is_capped_by_the_law() -> None:
    promise, law = clock("2026-03-02", 15), clock("2026-03-02", 14, Unit.DAY)
    capped = promised_due(promise, law, calendar=CALENDAR)
    assert due(promise, calendar=CALENDAR).on == day("2026-03-23")
    assert capped.on == due(law, calendar=CALENDAR).on == day("2026-03-16")
    assert promised_due(clock("2026-03-02", 5), law, calendar=CALENDAR).on == day("2026-03-09")


@requirement("TIM-R3", "TIM-R8")
def test_an_extension_moves_the_law_but_never_the_promise_even_a_capped_one() -> None:
    promise, law = clock("2026-03-02", 15), clock("2026-03-02", 10)
    extended = replace(law, extension=limit(10))
    assert due(extended, calendar=CALENDAR).on == day("2026-03-30")
    assert promised_due(promise, extended, calendar=CALENDAR).on == day("2026-03-16")


@requirement("TIM-R13", "TIM-01")
@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        (clock("2026-12-24", 5), ()),
        (clock("2026-12-24", 6), (2027,)),
        (clock("2027-12-20", 20), (2027, 2028)),
        (clock("2026-10-30", 2, Unit.MONTH), ()),
        (clock("2026-11-02", 2, Unit.MONTH), (2027,)),
        (clock("2023-11-30", 3, Unit.MONTH), ()),
        (clock("2026-12-31 16:30", 1, Unit.HOUR), ()),
        (clock("2026-12-31 16:31", 1, Unit.HOUR), (2027,)),
        (clock("2023-12-29", 1), (2023,)),
        (clock("2023-12-31", 1), ()),
    ],
)
def test_a_due_date_that_depends_on_a_missing_year_carries_a_warning(asked: Clock, missing: tuple[int, ...]) -> None:
    assert due(asked, calendar=CALENDAR).missing_years == missing


@requirement("TIM-R13", "TIM-R8")
def test_a_promise_warns_of_the_missing_years_of_the_law_that_may_cap_it() -> None:
    capped = promised_due(clock("2026-12-24", 3), clock("2026-12-24", 20), calendar=CALENDAR)
    assert capped.missing_years == (2027,)


def test_a_new_holiday_moves_an_open_due_date_and_moving_it_again_changes_nothing() -> None:
    running = clock("2026-03-02", 5)
    closed = Calendar(days={**CALENDAR.days, day("2026-03-05"): DayKind.HOLIDAY}, noticed=CALENDAR.noticed)
    old, new = due_at(running, calendar=CALENDAR), due_at(running, calendar=closed)
    assert new == at("2026-03-11 00:00")
    for now in ("2026-03-04", "2026-03-10", "2026-03-20"):
        first = revised_due_at(old, new, now=at(now))
        assert first == new == revised_due_at(first, new, now=at(now))


def test_a_due_date_is_never_moved_into_the_past() -> None:
    old, new = at("2026-03-11 00:00"), at("2026-03-10 00:00")
    assert revised_due_at(old, new, now=at("2026-03-09 23:59")) == new
    assert revised_due_at(old, new, now=new) == old
    assert revised_due_at(old, new, now=at("2026-03-10 10:00")) == old


def test_a_limit_of_nothing_is_a_bug_and_units_keep_their_exchange_codes() -> None:
    with pytest.raises(ValueError, match="at least one"):
        limit(0)
    assert [unit.code for unit in (Unit.WORKDAY, Unit.DAY, Unit.HOUR, Unit.MONTH, Unit.YEAR)] == [1, 2, 3, 4, 5]
