"""How much of a limit is used, how much is left, and which colour that gives."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from tests.calendars.given import CALENDAR, at, clock, day, limit, stop
from tests.requirements import requirement
from tongban.calendars.rules import colour, promised_standing, share_used, standing
from tongban.calendars.types import Clock, Colour, Standing, Unit, WarningThreshold
from tongban.kernel.types import Channel

PROMISE, LAW = clock("2026-03-02", 10), clock("2026-03-02", 20)


def stands(asked: Clock, now: str) -> Standing:
    return standing(asked, calendar=CALENDAR, now=at(now))


FIFTH = WarningThreshold(share=Fraction(1, 5), working_days=Fraction(1))


def told(found: Standing) -> tuple[float, float, float]:
    """Used, remaining and total."""
    return float(found.used), float(found.remaining), float(found.total)


def shade(now: str, promise: Clock = PROMISE, law: Clock | None = LAW, **acts: str) -> Colour:
    """The colour at `now`; `decided` and `completed` say when those acts happened."""
    moment = at(now)
    promised = promised_standing(promise, law or promise, calendar=CALENDAR, now=moment)
    return colour(
        promised=promised,
        statutory=standing(law, calendar=CALENDAR, now=moment) if law else None,
        decided_at=at(acts["decided"]) if "decided" in acts else None,
        completed_at=at(acts["completed"]) if "completed" in acts else None,
        threshold=FIFTH,
    )


@requirement("TIM-R6", "TIM-09", "CASE-27")
@pytest.mark.parametrize(
    ("now", "used", "remaining"),
    [
        ("2026-03-02 18:00", 0, 5),
        ("2026-03-03 00:00", 1, 4),
        ("2026-03-03 23:59", 1, 4),
        ("2026-03-07 12:00", 4, 1),
        ("2026-03-09 00:00", 5, 0),
        ("2026-03-09 23:59", 5, 0),
        ("2026-03-10 00:00", 6, 0),
        ("2026-03-16 10:00", 10, 0),
    ],
)
def test_a_begun_day_is_used_and_on_the_due_day_nothing_is_left(now: str, used: int, remaining: int) -> None:
    found = stands(clock("2026-03-02", 5), now)
    assert told(found) == (used, remaining, 5)
    assert share_used(found) == Fraction(used, 5)


@requirement("TIM-R6")
def test_months_and_years_are_shown_in_calendar_days_and_shares_are_of_the_period_as_rolled() -> None:
    found = stands(clock("2026-03-05", 1, Unit.MONTH), "2026-03-16")
    assert found.due.on == day("2026-04-07")
    assert found.unit is Unit.DAY
    assert told(found) == (11, 22, 33)
    assert share_used(found) == Fraction(1, 3)
    assert stands(clock("2026-01-05", 1, Unit.YEAR), "2026-01-06").unit is Unit.DAY
    assert stands(clock("2026-01-05", 9, Unit.WORKDAY), "2026-01-06").unit is Unit.WORKDAY


@requirement("TIM-R6", "TIM-04")
def test_hours_are_used_as_the_office_is_open() -> None:
    asked = clock("2026-03-02 11:00", 4, Unit.HOUR)
    for now, used in (("10:00", 0), ("11:45", 0.75), ("13:00", 1), ("16:30", 4), ("17:30", 5)):
        found = stands(asked, f"2026-03-02 {now}")
        assert found.unit is Unit.HOUR
        assert told(found) == (used, max(4 - used, 0), 4)


@requirement("TIM-09", "TIM-R9", "TIM-08")
def test_suspended_time_is_not_used_time() -> None:
    running = clock("2026-03-02", 5, Unit.WORKDAY, stop("2026-03-04 11:00", None))
    for now in ("2026-03-04 12:00", "2026-03-06 10:00", "2026-03-20 10:00"):
        assert told(stands(running, now)) == (1, 4, 5)
    hours = clock("2026-03-02 09:00", 4, Unit.HOUR, stop("2026-03-02 10:00", None))
    assert told(stands(hours, "2026-03-02 17:00")) == (1, 3, 4)


@requirement("TIM-09", "TIM-R3")
def test_an_extension_does_not_stop_the_clock() -> None:
    extended = stands(clock("2026-03-02", 5, extension=limit(5)), "2026-03-09")
    assert told(extended) == (5, 5, 10)


@requirement("TIM-R7", "SUP-03", "SUP-04")
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-02 18:00", Colour.NONE),
        ("2026-03-11 23:59", Colour.NONE),
        ("2026-03-12 00:00", Colour.WARNING),
        ("2026-03-16 23:59", Colour.WARNING),
        ("2026-03-17 00:00", Colour.YELLOW),
        ("2026-03-30 23:59", Colour.YELLOW),
        ("2026-03-31 00:00", Colour.RED),
    ],
)
def test_an_open_case_is_warned_of_then_yellow_then_red(now: str, expected: Colour) -> None:
    assert shade(now) is expected


@requirement("TIM-R7", "SUP-04")
@pytest.mark.parametrize(
    ("promise", "quiet", "warned"),
    [
        (clock("2026-03-02", 3), "2026-03-03", "2026-03-04"),
        (clock("2026-03-02", 40), "2026-04-15", "2026-04-16"),
        (clock("2026-03-02", 10, Unit.DAY), "2026-03-09", "2026-03-10"),
        (clock("2026-03-27", 10, Unit.DAY), "2026-04-02", "2026-04-03"),
        (clock("2026-03-02 09:00", 21, Unit.HOUR), "2026-03-03 17:29:59", "2026-03-03 17:30"),
        (clock("2026-03-02 09:00", 70, Unit.HOUR), "2026-03-11 17:29:59", "2026-03-11 17:30"),
    ],
)
def test_the_warning_comes_at_a_fifth_or_one_working_or_office_day_left(
    promise: Clock, quiet: str, warned: str
) -> None:
    law = replace(promise, limit=limit(1, Unit.YEAR))
    assert shade(quiet, promise, law) is Colour.NONE
    assert shade(warned, promise, law) is Colour.WARNING


@requirement("TIM-R7", "TIM-R9")
def test_a_suspension_holds_the_colour() -> None:
    held = stop("2026-03-11 10:00", None)
    promise, law = replace(PROMISE, suspensions=(held,)), replace(LAW, suspensions=(held,))
    assert shade("2026-05-08", promise, law) is Colour.NONE


@requirement("TIM-R1", "TIM-R6")
def test_what_is_finished_in_time_has_no_colour() -> None:
    assert shade("2026-06-01", decided="2026-03-12", completed="2026-03-16 23:59:59") is Colour.NONE
    assert shade("2026-06-01", completed="2026-03-16 23:59:59") is Colour.NONE


@requirement("TIM-R1", "SUP-04")
def test_the_law_is_judged_at_the_decision_and_the_promise_at_completion() -> None:
    assert shade("2026-06-01", decided="2026-03-30 23:59", completed="2026-04-20") is Colour.YELLOW
    assert shade("2026-06-01", decided="2026-03-31 00:00", completed="2026-04-20") is Colour.RED
    assert shade("2026-06-01", decided="2026-03-13") is Colour.YELLOW
    assert shade("2026-03-13", decided="2026-03-13") is Colour.WARNING
    assert shade("2026-06-01", completed="2026-03-17 00:00") is Colour.YELLOW
    assert shade("2026-06-01", completed="2026-03-31 00:00") is Colour.RED


@requirement("TIM-R3")
def test_an_extension_turns_red_into_yellow_and_leaves_the_promise_broken() -> None:
    assert shade("2026-04-01") is Colour.RED
    assert shade("2026-04-01", law=replace(LAW, extension=limit(10))) is Colour.YELLOW


@requirement("TIM-R8")
def test_a_capped_promise_is_measured_on_the_capped_period_and_breaks_with_the_law() -> None:
    promise = replace(PROMISE, limit=limit(30))
    found = promised_standing(promise, LAW, calendar=CALENDAR, now=at("2026-03-16"))
    assert told(found) == (10, 10, 20)
    assert shade("2026-03-30", promise) is Colour.WARNING
    assert shade("2026-03-31 00:00", promise) is Colour.RED


@requirement("TIM-R7")
def test_where_no_law_sets_a_limit_a_broken_promise_stays_yellow() -> None:
    assert shade("2027-03-30", law=None) is Colour.YELLOW


@requirement("TIM-R12", "TIM-R7")
def test_a_window_case_is_late_from_the_close_of_its_due_day() -> None:
    promise, law = replace(PROMISE, channel=Channel.WINDOW), replace(LAW, channel=Channel.WINDOW)
    assert shade("2026-03-16 17:29:59", promise, law) is Colour.WARNING
    assert shade("2026-03-16 17:30", promise, law) is Colour.YELLOW


@requirement("TIM-R7")
def test_the_threshold_is_a_parameter() -> None:
    found = standing(PROMISE, calendar=CALENDAR, now=at("2026-03-02 18:00") + timedelta(days=7))
    half = WarningThreshold(share=Fraction(1, 2), working_days=Fraction(0))
    assert found.used == 5
    assert colour(promised=found, statutory=None, threshold=FIFTH) is Colour.NONE
    assert colour(promised=found, statutory=None, threshold=half) is Colour.WARNING
