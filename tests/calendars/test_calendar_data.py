"""The committed calendar says what the State Council's notices say."""

from datetime import date, timedelta

import holidays
import pytest

from tests.calendars.given import CALENDAR, day, years
from tests.requirements import requirement
from tongban.calendars.types import Calendar, DayKind


@requirement("TIM-01")
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2024-02-04", DayKind.MAKE_UP_WORKDAY),
        ("2024-02-09", DayKind.WORKDAY),
        ("2024-02-10", DayKind.HOLIDAY),
        ("2024-02-17", DayKind.HOLIDAY),
        ("2024-02-18", DayKind.MAKE_UP_WORKDAY),
        ("2024-10-07", DayKind.HOLIDAY),
        ("2024-10-12", DayKind.MAKE_UP_WORKDAY),
        ("2025-01-27", DayKind.WORKDAY),
        ("2025-01-28", DayKind.HOLIDAY),
        ("2025-10-08", DayKind.HOLIDAY),
        ("2025-10-11", DayKind.MAKE_UP_WORKDAY),
        ("2026-01-02", DayKind.HOLIDAY),
        ("2026-01-04", DayKind.MAKE_UP_WORKDAY),
        ("2026-02-14", DayKind.MAKE_UP_WORKDAY),
        ("2026-02-15", DayKind.HOLIDAY),
        ("2026-02-23", DayKind.HOLIDAY),
        ("2026-02-24", DayKind.WORKDAY),
        ("2026-04-06", DayKind.HOLIDAY),
        ("2026-04-11", DayKind.WEEKEND),
        ("2026-09-20", DayKind.MAKE_UP_WORKDAY),
        ("2026-09-28", DayKind.WORKDAY),
        ("2026-10-10", DayKind.MAKE_UP_WORKDAY),
    ],
)
def test_a_day_is_what_the_notice_says(text: str, kind: DayKind) -> None:
    assert CALENDAR.kind_of(day(text)) is kind


@requirement("TIM-01")
@pytest.mark.parametrize(("year", "off", "made_up"), [(2024, 28, 8), (2025, 28, 5), (2026, 33, 6)])
def test_each_year_has_as_many_days_off_and_made_up_as_its_notice(year: int, off: int, made_up: int) -> None:
    kinds = [kind for each, kind in CALENDAR.days.items() if each.year == year]
    assert kinds.count(DayKind.HOLIDAY) == off
    assert kinds.count(DayKind.MAKE_UP_WORKDAY) == made_up
    assert len(kinds) == off + made_up


@requirement("TIM-01")
@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_an_independent_calendar_agrees_on_every_day(year: int) -> None:
    other = holidays.country_holidays("CN", years=year)
    each = date(year, 1, 1)
    while each.year == year:
        works = each in other.weekend_workdays or (each not in other and each.weekday() < 5)
        assert CALENDAR.is_working(each) is works, each
        each += timedelta(days=1)


def test_every_year_names_its_notice_and_every_day_its_holiday_in_both_languages() -> None:
    for year in years():
        assert not year["noticed"] or (
            year["notice"].startswith("国办发明电") and year["source"].startswith("https://")
        )
        assert year["noticed"] or not year["days"]
        dates = [row["date"] for row in year["days"]]
        assert dates == sorted(set(dates))
        for row in year["days"]:
            assert row["date"].year == year["year"]
            assert row["name"]["zh"] and row["name"]["en"]
            assert (row["kind"] == "make_up_workday") <= (row["date"].weekday() >= 5)


@requirement("TIM-01", "TIM-R13")
def test_a_year_without_notice_has_only_weekends_off_even_if_holidays_are_known() -> None:
    rows = {date(2027, 10, 1): DayKind.HOLIDAY, date(2027, 9, 26): DayKind.MAKE_UP_WORKDAY}
    known = Calendar(days=rows, noticed=frozenset())
    assert not CALENDAR.is_noticed(2027)
    for calendar in (CALENDAR, known):
        assert calendar.is_working(date(2027, 10, 1))
        assert not calendar.is_working(date(2027, 9, 26))
        assert not calendar.is_working(date(2027, 10, 2))
