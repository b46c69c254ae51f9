"""Counting working days and receiving at the office."""

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.calendars.given import CALENDAR, at, day
from tests.requirements import requirement
from tongban.calendars.rules import add_working_days, next_working_day, received_on, working_days_between
from tongban.calendars.types import OFFICE_HOURS, SHANGHAI, OfficeHours, Span

DATES = st.dates(date(2023, 12, 1), date(2028, 3, 31))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(SHANGHAI))  # noqa: DTZ001


@requirement("TIM-01", "TIM-02")
@pytest.mark.parametrize(
    ("after", "then"),
    [
        ("2026-03-06", "2026-03-09"),
        ("2026-02-13", "2026-02-14"),
        ("2026-02-14", "2026-02-24"),
        ("2026-04-03", "2026-04-07"),
        ("2025-12-31", "2026-01-04"),
        ("2026-12-31", "2027-01-01"),
    ],
)
def test_the_next_working_day_skips_weekends_and_holidays_and_keeps_make_up_days(after: str, then: str) -> None:
    assert next_working_day(day(after), CALENDAR) == day(then)


@given(DATES, st.integers(0, 60), st.integers(0, 60))
def test_working_days_add_up(start: date, one: int, two: int) -> None:
    middle = add_working_days(start, one, CALENDAR)
    assert add_working_days(middle, two, CALENDAR) == add_working_days(start, one + two, CALENDAR)


@given(DATES, st.integers(1, 80))
def test_counting_is_the_inverse_of_adding(start: date, count: int) -> None:
    end = add_working_days(start, count, CALENDAR)
    assert CALENDAR.is_working(end)
    assert working_days_between(start, end, CALENDAR) == count
    assert working_days_between(start, end - timedelta(days=1), CALENDAR) == count - 1


def test_there_are_no_working_days_before_the_first_and_none_are_counted_backwards() -> None:
    assert working_days_between(day("2026-03-09"), day("2026-03-02"), CALENDAR) == 0
    with pytest.raises(ValueError, match="forwards"):
        add_working_days(day("2026-03-09"), -1, CALENDAR)


@requirement("TIM-03", "TIM-R5")
@pytest.mark.parametrize(
    ("submitted", "received"),
    [
        ("2026-03-02 07:10", "2026-03-02"),
        ("2026-03-02 12:30", "2026-03-02"),
        ("2026-03-02 17:29:59", "2026-03-02"),
        ("2026-03-02 17:30", "2026-03-03"),
        ("2026-03-02 23:59:59", "2026-03-03"),
        ("2026-03-06 18:00", "2026-03-09"),
        ("2026-03-07 10:00", "2026-03-09"),
        ("2026-02-14 10:00", "2026-02-14"),
        ("2026-02-14 18:00", "2026-02-24"),
        ("2026-02-17 10:00", "2026-02-24"),
        ("2025-12-31 20:00", "2026-01-04"),
    ],
)
def test_a_submission_is_received_the_same_day_until_closing_and_else_the_next_working_day(
    submitted: str, received: str
) -> None:
    assert received_on(at(submitted), CALENDAR, OFFICE_HOURS) == day(received)


@requirement("TIM-R5", "TIM-R12")
def test_the_hall_that_closes_earlier_receives_earlier() -> None:
    mornings = OfficeHours(spans=(Span(opens=time(8), closes=time(12)),))
    assert received_on(at("2026-03-02 12:30"), CALENDAR, mornings) == day("2026-03-03")


@requirement("TIM-R5")
def test_receipt_goes_by_the_clock_of_shanghai() -> None:
    utc = datetime(2026, 3, 2, 9, 30, tzinfo=timezone.utc)  # noqa: UP017
    assert received_on(utc, CALENDAR) == day("2026-03-03")


@given(MOMENTS)
def test_what_was_received_is_received_on_a_working_day_and_only_once(moment: datetime) -> None:
    received = received_on(moment, CALENDAR)
    assert CALENDAR.is_working(received) and received >= moment.date()
    assert received_on(datetime.combine(received, time(9), SHANGHAI), CALENDAR) == received


@pytest.mark.parametrize(
    "spans",
    [
        (),
        (Span(opens=time(12), closes=time(9)),),
        (Span(opens=time(9), closes=time(12)), Span(opens=time(11), closes=time(15))),
    ],
)
def test_office_hours_that_make_no_sense_are_a_bug(spans: tuple[Span, ...]) -> None:
    with pytest.raises(ValueError, match="office hours"):
        OfficeHours(spans=spans)


def test_an_instant_without_a_time_zone_is_a_bug() -> None:
    with pytest.raises(ValueError, match="time zone"):
        received_on(datetime(2026, 3, 2), CALENDAR)  # noqa: DTZ001
