"""The calendar in the database: entered year by year, read as one value, changes announced."""

from datetime import date

import pytest
from django.db import IntegrityError, ProgrammingError

from tests.calendars.given import CALENDAR, day
from tests.requirements import requirement
from tongban.calendars import actions, queries
from tongban.calendars.errors import DayOutsideYear
from tongban.calendars.events import CalendarChanged
from tongban.calendars.types import DayKind
from tongban.kernel import database, events
from tongban.kernel.types import System, Text

EDITOR = System(name="editor")
NAME = Text(zh="元旦", en="New Year's Day")
NOTICE = {"noticed": True, "notice": "国办发明电〔2030〕1号", "noticed_on": date(2030, 11, 1), "source": "https://www.gov.cn/"}


def days(*dates, kind=DayKind.HOLIDAY):
    return {day(each): (kind, NAME) for each in dates}


@requirement("TIM-01")
def test_the_loaded_calendar_is_that_of_the_data_file(db):
    queries.forget()
    found = queries.calendar()
    ours = {each: kind for each, kind in found.days.items() if each.year <= 2027}
    assert ours == CALENDAR.days
    assert {year for year in found.noticed if year <= 2027} == CALENDAR.noticed
    assert found.kind_of(date(2026, 2, 14)) is DayKind.MAKE_UP_WORKDAY


@requirement("TIM-01")
def test_a_year_is_replaced_as_a_whole_and_the_changed_days_announced(db):
    assert actions.set_days(EDITOR, year=2031, days=days("2031-01-01", "2031-01-02"), **NOTICE)
    assert queries.calendar().kind_of(day("2031-01-02")) is DayKind.HOLIDAY
    assert actions.set_days(EDITOR, year=2031, days=days("2031-01-01", "2031-01-03"), **NOTICE)
    assert queries.calendar().kind_of(day("2031-01-02")) is DayKind.WORKDAY
    announced = [event.payload for event in events.of_subject("calendar:2031")]
    assert {event.name for event in events.of_subject("calendar:2031")} == {CalendarChanged.__name__}
    assert announced == [{"year": 2031, "noticed": True, "days": ["2031-01-01", "2031-01-02"]},
                         {"year": 2031, "noticed": True, "days": ["2031-01-02", "2031-01-03"]}]


def test_the_same_again_changes_and_announces_nothing(db):
    assert actions.set_days(EDITOR, year=2032, days=days("2032-01-01"), **NOTICE)
    assert not actions.set_days(EDITOR, year=2032, days=days("2032-01-01"), **NOTICE)
    assert len(events.of_subject("calendar:2032")) == 1
    assert actions.set_days(EDITOR, year=2032, days=days("2032-01-01", kind=DayKind.WORKDAY), **NOTICE)
    assert len(events.of_subject("calendar:2032")) == 2


@requirement("TIM-R13")
def test_a_year_whose_notice_is_missing_is_known_as_such(db):
    actions.set_days(EDITOR, year=2033, days=days("2033-01-03"), noticed=False)
    assert not queries.calendar().is_noticed(2033)
    assert queries.calendar().is_working(day("2033-01-03"))


def test_a_day_of_another_year_is_refused_and_nothing_written(db):
    with pytest.raises(DayOutsideYear):
        actions.set_days(EDITOR, year=2034, days=days("2034-01-01", "2035-01-01"), **NOTICE)
    assert database.row("select count(*) from calendars_year where year = 2034") == (0,)
    assert events.of_subject("calendar:2034") == []


def test_the_database_refuses_a_day_of_another_year_and_a_notice_without_number(db):
    actions.set_days(EDITOR, year=2036, days={}, noticed=False)
    with pytest.raises(IntegrityError), database.atomic():
        database.execute("insert into calendars_day values ('2037-01-01', 'holiday', '{}', 2036)")
    with pytest.raises(IntegrityError), database.atomic():
        database.execute("update calendars_year set noticed = true where year = 2036")


def test_everyone_reads_the_calendar_and_only_the_worker_writes(db):
    for login in ("public", "citizen", "officer", "auditor"):
        with database.serving(login):
            queries.forget()
            assert queries.calendar().is_noticed(2026)
            with pytest.raises(ProgrammingError):
                actions.set_days(EDITOR, year=2038, days={}, noticed=False)
