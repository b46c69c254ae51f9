"""What stops a clock, for how long, and what does not."""

from dataclasses import replace

import pytest

from tests.calendars.given import CALENDAR, at, clock, day, stop
from tests.requirements import requirement
from tongban.calendars.errors import (
    AnnouncedEndTooEarly,
    ProcedureNotListed,
    SecondSuspensionNeedsApproval,
    SuspensionOverlaps,
)
from tongban.calendars.rules import check_suspension, due, due_at, standing
from tongban.calendars.types import ListedProcedure, SpecialProcedure, Suspension, Unit
from tongban.kernel.types import Channel


def refused(asked: Suspension, *earlier: Suspension, **more: object) -> list[type]:
    return [type(each) for each in check_suspension(asked, earlier, **more)]  # type: ignore[arg-type]


@requirement("TIM-08", "TIM-R2")
def test_the_eight_procedures_of_the_law_stop_the_clock() -> None:
    names = ["hearing", "bidding", "auction", "inspection", "testing", "quarantine", "appraisal", "expert_review"]
    assert sorted(SpecialProcedure) == sorted(names)
    for name in names:
        assert refused(stop("2026-03-04", None, name)) == []


@requirement("TIM-R2")
def test_another_procedure_stops_it_only_if_the_item_lists_it_with_its_article() -> None:
    asked = stop("2026-03-04", None, "public notice")
    assert refused(asked) == [ProcedureNotListed]
    assert refused(asked, listed=[ListedProcedure(name="public notice", article=" ")]) == [ProcedureNotListed]
    assert refused(asked, listed=[ListedProcedure(name="public notice", article="art. 36")]) == []
    (refusal,) = check_suspension(asked, ())
    assert str(refusal).startswith("“public notice” does not stop the clock.")


@requirement("TIM-09", "TIM-R9")
def test_suspensions_do_not_overlap_but_one_may_begin_when_another_ended() -> None:
    earlier = stop("2026-03-04 10:00", "2026-03-06 10:00", "hearing")
    assert refused(stop("2026-03-06 09:59", None), earlier) == [SuspensionOverlaps]
    assert refused(stop("2026-03-06 10:00", None), earlier) == []
    assert refused(stop("2026-03-03 10:00", "2026-03-04 10:01"), earlier) == [SuspensionOverlaps]
    assert refused(stop("2026-03-09 10:00", None), replace(earlier, ended_at=None)) == [SuspensionOverlaps]


@requirement("TIM-09", "TIM-R9")
def test_a_second_suspension_of_the_same_name_needs_approval() -> None:
    earlier = stop("2026-03-04 10:00", "2026-03-06 10:00")
    void = stop("2026-03-04 10:00", "2026-03-04 10:00")
    again = stop("2026-03-09 10:00", None)
    assert refused(again, earlier) == [SecondSuspensionNeedsApproval]
    assert refused(again, earlier, approved=True) == []
    assert refused(stop("2026-03-09 10:00", None, "hearing"), earlier) == []
    assert refused(again, void) == []


@requirement("TIM-08")
def test_the_announced_end_lies_ahead() -> None:
    assert refused(stop("2026-03-04", None, announced="2026-03-03")) == [AnnouncedEndTooEarly]
    assert refused(stop("2026-03-04", None, announced="2026-03-04")) == []


@requirement("TIM-R9")
@pytest.mark.parametrize(
    ("start", "end", "last"),
    [
        ("2026-03-04 00:00", "2026-03-04 00:01", "2026-03-10"),
        ("2026-03-04 23:59", "2026-03-05 00:00", "2026-03-11"),
        ("2026-03-06 18:00", "2026-03-07 10:00", "2026-03-10"),
        ("2026-03-07 10:00", "2026-03-08 10:00", "2026-03-09"),
        ("2026-03-02 11:00", "2026-03-02 12:00", "2026-03-09"),
        ("2026-03-09 10:00", "2026-03-09 11:00", "2026-03-10"),
        ("2026-03-04 10:00", "2026-03-04 10:00", "2026-03-09"),
    ],
)
def test_first_and_last_dates_are_taken_whole_and_the_same_instant_is_void(start: str, end: str, last: str) -> None:
    assert due(clock("2026-03-02", 5, Unit.WORKDAY, stop(start, end)), calendar=CALENDAR).on == day(last)


@requirement("TIM-R9")
@pytest.mark.parametrize(
    ("count", "unit", "start", "end", "last"),
    [
        (10, Unit.DAY, "2026-03-07 10:00", "2026-03-08 10:00", "2026-03-16"),
        (10, Unit.DAY, "2026-03-04 10:00", "2026-03-04 12:00", "2026-03-13"),
        (1, Unit.MONTH, "2026-03-10 10:00", "2026-03-19 10:00", "2026-04-13"),
        (1, Unit.YEAR, "2026-03-10 10:00", "2026-03-12 10:00", "2027-03-05"),
        (5, Unit.DAY, "2026-03-08 10:00", "2026-03-10 10:00", "2026-03-11"),
        (5, Unit.DAY, "2026-03-09 10:00", "2026-03-09 11:00", "2026-03-10"),
    ],
)
def test_calendar_days_and_months_lose_the_days_inside_and_a_rolled_end_skips_them(
    count: int, unit: Unit, start: str, end: str, last: str
) -> None:
    assert due(clock("2026-03-02", count, unit, stop(start, end)), calendar=CALENDAR).on == day(last)


@requirement("TIM-R9")
def test_hour_limits_stop_to_the_second() -> None:
    stopped = clock("2026-03-02 09:00", 4, Unit.HOUR, stop("2026-03-02 10:00:30", "2026-03-02 14:00:45"))
    assert due_at(stopped, calendar=CALENDAR) == at("2026-03-02 17:00:15")
    overnight = clock("2026-03-02 16:30", 2, Unit.HOUR, stop("2026-03-02 17:00", "2026-03-03 09:15"))
    assert due_at(overnight, calendar=CALENDAR) == at("2026-03-03 10:45")


@requirement("TIM-R9")
def test_a_day_shared_by_two_suspensions_is_taken_once() -> None:
    two = (stop("2026-03-04 10:00", "2026-03-05 10:00"), stop("2026-03-05 10:00", "2026-03-06 10:00", "hearing"))
    assert due(clock("2026-03-02", 5, Unit.WORKDAY, *two), calendar=CALENDAR).on == day("2026-03-12")
    assert due(clock("2026-03-02", 5, Unit.WORKDAY, *reversed(two)), calendar=CALENDAR).on == day("2026-03-12")


@requirement("TIM-R9")
def test_a_suspension_begun_after_the_limit_ran_out_moves_nothing_and_its_time_is_not_used() -> None:
    late = clock("2026-03-02", 5, Unit.WORKDAY, stop("2026-03-11 10:00", "2026-03-13 10:00"))
    assert due(late, calendar=CALENDAR).on == day("2026-03-09")
    assert standing(late, calendar=CALENDAR, now=at("2026-03-16")).used == 7
    assert standing(replace(late, suspensions=()), calendar=CALENDAR, now=at("2026-03-16")).used == 10


@requirement("TIM-R9", "TIM-R12")
def test_at_a_window_the_limit_has_run_out_at_close_of_the_due_day() -> None:
    evening = stop("2026-03-09 17:30", "2026-03-10 10:00")
    window = clock("2026-03-02", 5, Unit.WORKDAY, evening, channel=Channel.WINDOW)
    assert due_at(window, calendar=CALENDAR) == at("2026-03-09 17:30")
    assert standing(window, calendar=CALENDAR, now=at("2026-03-09 18:00")).used == 5
    assert due(clock("2026-03-02", 5, Unit.WORKDAY, evening), calendar=CALENDAR).on == day("2026-03-11")


@requirement("TIM-R9")
def test_a_second_suspension_counts_if_the_first_had_moved_the_end_past_its_beginning() -> None:
    first, second = stop("2026-03-04", "2026-03-06"), stop("2026-03-11", "2026-03-11 12:00", "hearing")
    assert due(clock("2026-03-02", 5, Unit.WORKDAY, second), calendar=CALENDAR).on == day("2026-03-09")
    assert due(clock("2026-03-02", 5, Unit.WORKDAY, first, second), calendar=CALENDAR).on == day("2026-03-13")


@requirement("TIM-R9")
def test_while_open_the_due_date_is_shown_as_if_it_ended_now_with_the_announced_end() -> None:
    running = clock("2026-03-02", 5, Unit.WORKDAY, stop("2026-03-04 11:00", None, announced="2026-03-20"))
    shown = [due(running, calendar=CALENDAR, now=at(f"2026-03-{text}")) for text in ("04 11:00", "05", "06", "08")]
    assert [each.on for each in shown] == [day(f"2026-03-{text}") for text in ("10", "11", "12", "12")]
    assert {each.announced_end for each in shown} == {day("2026-03-20")}
    closed = replace(running, suspensions=(stop("2026-03-04 11:00", "2026-03-06"),))
    assert due(closed, calendar=CALENDAR).announced_end is None
    with pytest.raises(ValueError, match="present instant"):
        due(running, calendar=CALENDAR)


@requirement("TIM-R9")
def test_an_open_suspension_that_lies_ahead_stops_nothing_yet() -> None:
    ahead = clock("2026-03-02", 5, Unit.WORKDAY, stop("2026-03-06", None))
    found = due(ahead, calendar=CALENDAR, now=at("2026-03-04"))
    assert (found.on, found.announced_end) == (day("2026-03-09"), None)


def test_a_suspension_that_ends_before_it_began_is_a_bug() -> None:
    with pytest.raises(ValueError, match="end before"):
        stop("2026-03-04 10:00", "2026-03-04 09:59")
