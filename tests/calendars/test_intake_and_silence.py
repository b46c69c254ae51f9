"""The five days of intake, deemed acceptance, and the supplement term."""

import pytest

from tests.calendars.given import CALENDAR, at, clock, day
from tests.requirements import requirement
from tongban.calendars.rules import (
    deemed_accepted_at,
    due,
    due_at,
    intake_due,
    is_late,
    received_on,
    start_after_silence,
    supplement_due,
)
from tongban.calendars.types import Due, Unit
from tongban.kernel.types import Channel


def intake(submitted: str, channel: Channel = Channel.WEB) -> Due:
    return intake_due(received_on(at(submitted), CALENDAR), calendar=CALENDAR, channel=channel)


@requirement("CASE-15", "TIM-03", "TIM-R5")
@pytest.mark.parametrize(
    ("submitted", "last"),
    [
        ("2026-03-02 10:00", "2026-03-09"),
        ("2026-03-02 08:00", "2026-03-09"),
        ("2026-03-02 18:00", "2026-03-10"),
        ("2026-03-07 10:00", "2026-03-16"),
        ("2026-02-11 10:00", "2026-02-25"),
    ],
)
def test_acceptance_is_decided_within_five_working_days_after_receipt(submitted: str, last: str) -> None:
    assert intake(submitted).on == day(last)


@requirement("CASE-15", "TIM-R12")
def test_intake_at_a_window_ends_at_close() -> None:
    assert intake("2026-03-02", Channel.WINDOW).at == at("2026-03-09 17:30")
    assert intake("2026-03-02").at == at("2026-03-10 00:00")


@requirement("TIM-R5")
def test_a_resubmission_starts_a_new_five_days() -> None:
    assert intake("2026-03-05 19:00").on == day("2026-03-13")


@requirement("TIM-R13")
def test_intake_warns_if_the_day_of_receipt_is_in_a_missing_year() -> None:
    assert intake("2026-12-31 18:00").missing_years == (2027,)
    assert intake("2023-12-29 10:00").missing_years == (2023,)
    assert intake("2026-12-10 10:00").missing_years == ()
    received_in_2023 = intake_due(day("2023-12-31"), calendar=CALENDAR, channel=Channel.WEB)
    assert received_in_2023.missing_years == (2023,)


@requirement("CASE-15", "TIM-R5")
@pytest.mark.parametrize(
    ("submitted", "dated"),
    [
        ("2026-03-02 10:20", "2026-03-02 10:20"),
        ("2026-03-02 07:00", "2026-03-02 09:00"),
        ("2026-03-02 18:00", "2026-03-03 09:00"),
        ("2026-03-07 10:00", "2026-03-09 09:00"),
    ],
)
def test_silence_dates_acceptance_back_to_the_day_of_receipt(submitted: str, dated: str) -> None:
    assert deemed_accepted_at(at(submitted), CALENDAR) == at(dated)


@requirement("TIM-R10", "CASE-15")
@pytest.mark.parametrize("channel", [Channel.WEB, Channel.WINDOW])
@pytest.mark.parametrize(
    ("count", "unit", "last"),
    [
        (1, Unit.WORKDAY, "2026-03-10"),
        (3, Unit.WORKDAY, "2026-03-12"),
        (5, Unit.WORKDAY, "2026-03-16"),
        (6, Unit.WORKDAY, "2026-03-10"),
        (20, Unit.WORKDAY, "2026-03-30"),
        (1, Unit.DAY, "2026-03-10"),
        (7, Unit.DAY, "2026-03-16"),
        (8, Unit.DAY, "2026-03-10"),
    ],
)
def test_a_limit_within_the_five_days_starts_on_the_working_day_on_which_silence_is_found(
    channel: Channel, count: int, unit: Unit, last: str
) -> None:
    deadline = intake("2026-03-02", channel)
    running = clock("2026-03-02", count, unit, channel=channel)
    start = start_after_silence(running, intake=deadline, found_at=deadline.at, calendar=CALENDAR)
    restarted = clock(start.isoformat(" ")[:19], count, unit, channel=channel)
    assert due(restarted, calendar=CALENDAR).on == day(last)
    assert not is_late(deadline.at, due_at(restarted, calendar=CALENDAR))


@requirement("TIM-R10")
def test_an_hour_limit_starts_when_silence_is_found_and_runs_in_office_hours() -> None:
    running = clock("2026-03-06 10:00", 2, Unit.HOUR)
    deadline = intake("2026-03-06")
    start = start_after_silence(running, intake=deadline, found_at=deadline.at, calendar=CALENDAR)
    assert deadline.at == start == at("2026-03-14 00:00")
    assert due_at(clock("2026-03-14 00:00", 2, Unit.HOUR), calendar=CALENDAR) == at("2026-03-16 11:00")


@requirement("TIM-R10")
def test_silence_found_on_a_weekend_starts_the_clock_on_monday() -> None:
    running = clock("2026-03-06", 2, Unit.DAY)
    deadline = intake("2026-03-06")
    start = start_after_silence(running, intake=deadline, found_at=deadline.at, calendar=CALENDAR)
    assert start.date() == day("2026-03-15")
    assert due(clock("2026-03-15 17:30", 2, Unit.DAY), calendar=CALENDAR).on == day("2026-03-17")


@requirement("CASE-17", "TIM-R10")
def test_a_supplement_is_awaited_for_twenty_working_days() -> None:
    online = supplement_due(at("2026-03-16 16:00"), calendar=CALENDAR, channel=Channel.WEB)
    window = supplement_due(at("2026-03-16 16:00"), calendar=CALENDAR, channel=Channel.WINDOW)
    assert online.at == at("2026-04-15 00:00")
    assert window.at == at("2026-04-14 17:30")
