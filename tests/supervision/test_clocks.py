"""Signals of the clock: at the right instant, once, and ended when their ground is gone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connections

from tests.cases.test_recalculating import moves  # noqa: F401
from tests.requirements import requirement
from tests.reviews import given as cases
from tests.reviews.given import as_
from tongban.calendars.types import SHANGHAI, DayKind
from tongban.cases import actions as verbs
from tongban.cases import queries as queries_of_cases
from tongban.kernel import database, events, parameters, ticking
from tongban.kernel.types import System
from tongban.supervision import actions, queries
from tongban.supervision.types import Ending, Kind, Rule, SignalState

TICK = System(name="tick")
SECOND = timedelta(seconds=1)


class Undone(Exception):
    """Takes back what a test set."""


def midnight(month, day):
    return datetime(2026, month, day, tzinfo=SHANGHAI)


WARNING, YELLOW, RED = midnight(3, 12), midnight(3, 17), midnight(3, 31)
"""Accepted on Monday 2 March: ten working days end with the 16th, two of them are left from the 12th on; twenty end
with the 30th."""


@requirement("SUP-03", "SUP-04")
def test_each_signal_comes_at_its_instant_not_a_second_before_and_once(desk, tick, raised, at):
    number = cases.accepted(desk)
    for moment, name in ((WARNING, "PROMISE_NEAR"), (YELLOW, "PROMISE_EXCEEDED"), (RED, "LAW_EXCEEDED")):
        at(moment - SECOND)
        tick()
        assert name not in raised(number)
        at(moment)
        tick()
        assert raised(number).count(name) == 1
    at(midnight(5, 1))
    tick()
    signals = [each for each in queries.signals_of_case(number) if each.rule != "NO_STEP"]
    assert [(each.kind, each.raised_at) for each in signals] == [
        (Kind.WARNING, WARNING), (Kind.YELLOW, YELLOW), (Kind.RED, RED)]
    happened = database.rows("select payload->>'rule' from kernel_event where name = 'SignalRaised' "
                             "and payload->>'case_number' = %s order by id", [number])
    assert sorted(rule for (rule,) in happened) == ["LAW_EXCEEDED", "NO_STEP", "PROMISE_EXCEEDED", "PROMISE_NEAR"]


@requirement("SUP-04")
def test_a_short_promise_warns_with_one_working_day_left(db, tick, raised, at):
    desk = cases.desk(promised=3, statutory=20)
    number = cases.accepted(desk)
    at(midnight(3, 4) - SECOND)
    tick()
    assert raised(number) == []
    at(midnight(3, 4))
    tick()
    assert raised(number) == ["PROMISE_NEAR"]


@requirement("SUP-04")
def test_the_last_working_day_before_a_holiday_is_a_working_day_left(db, tick, raised, at):
    desk = cases.desk(promised=3, statutory=20)
    at(datetime(2026, 4, 1, 10, 0, tzinfo=SHANGHAI))
    number = cases.accepted(desk)
    at(midnight(4, 3) - SECOND)
    tick()
    assert raised(number) == []
    at(midnight(4, 3))
    tick()
    assert raised(number) == ["PROMISE_NEAR"]
    at(midnight(4, 8) - SECOND)
    tick()
    assert "PROMISE_EXCEEDED" not in raised(number)
    at(midnight(4, 8))
    tick()
    assert "PROMISE_EXCEEDED" in raised(number)


@requirement("SUP-04")
def test_after_a_standstill_only_the_gravest_is_raised(desk, tick, raised, at):
    number = cases.accepted(desk)
    at(RED)
    tick()
    assert sorted(raised(number)) == ["LAW_EXCEEDED", "NO_STEP"]


def test_a_case_finished_in_time_raises_nothing_ever(desk, tick, raised, at, catch_up):
    number = cases.decided(desk)
    catch_up()
    with as_(desk.citizen):
        verbs.deliver_case(desk.citizen, number=number)
    at(RED + timedelta(days=30))
    tick()
    assert raised(number) == []
    assert database.row("select next_at from supervision_watch where case_number = %s", [number]) == (None,)


@requirement("SUP-04")
def test_a_case_decided_late_though_no_tick_saw_it_is_found(desk, catch_up, raised, at):
    late, later = cases.accepted(desk), cases.accepted(desk)
    catch_up()
    at(YELLOW)
    cases.examine(desk, late)
    cases.decide(desk, late)
    catch_up()
    at(RED)
    cases.examine(desk, later)
    cases.decide(desk, later)
    catch_up()
    assert raised(late) == ["PROMISE_EXCEEDED"]
    assert raised(later) == ["LAW_EXCEEDED"]


@requirement("SUP-04")
def test_the_law_is_judged_at_the_decision(desk, tick, raised, at):
    number = cases.examined(desk)
    at(YELLOW)
    tick()
    at(RED - SECOND)
    cases.decide(desk, number)
    at(RED + timedelta(days=1))
    tick()
    assert "LAW_EXCEEDED" not in raised(number)


def test_a_stopped_clock_raises_nothing_and_runs_on_with_its_new_end(desk, tick, raised, at):
    number = cases.examined(desk)
    with as_(desk.reviewer):
        verbs.suspend_case(desk.reviewer, number=number, procedure="hearing",
                           announced_end=midnight(3, 20).date())
    at(midnight(3, 20))
    tick()
    assert raised(number) == []
    with as_(desk.reviewer):
        verbs.resume_case(desk.reviewer, number=number)
    tick()
    assert raised(number) == []
    with as_(desk.reviewer):
        due = database.row("select promised_due_at from cases_case where number = %s", [number])[0]
    at(due - SECOND)
    tick()
    assert "PROMISE_EXCEEDED" not in raised(number)
    at(due)
    tick()
    assert raised(number).count("PROMISE_EXCEEDED") == 1


def test_a_withdrawn_case_is_not_judged_any_more(desk, tick, raised, at):
    number = cases.accepted(desk)
    at(WARNING)
    tick()
    with as_(desk.citizen):
        verbs.withdraw_case(desk.citizen, number=number)
    at(RED)
    tick()
    assert "PROMISE_EXCEEDED" not in raised(number)
    assert {each.state for each in queries.signals_of_case(number)} == {SignalState.CLOSED}


@requirement("SUP-16")
def test_three_working_days_without_a_step_are_noticed_once_for_each_standstill(desk, tick, raised, at):
    number = cases.accepted(desk)
    at(midnight(3, 6) - SECOND)
    tick()
    assert raised(number) == []
    at(midnight(3, 6))
    tick()
    assert raised(number) == ["NO_STEP"]
    cases.examine(desk, number)
    tick()
    [signal] = queries.signals_of_case(number)
    assert (signal.kind, signal.state, signal.ending) == (Kind.BLUE, SignalState.CLOSED, Ending.MOVED_ON)
    at(midnight(3, 12) - SECOND)
    tick()
    assert raised(number) == ["NO_STEP"]
    at(midnight(3, 12))
    tick()
    assert raised(number).count("NO_STEP") == 2


def test_a_case_that_is_returned_to_examination_went_a_step_on(desk, tick, raised, at):
    number = cases.examined(desk)
    at(midnight(3, 6))
    tick()
    with as_(desk.decider):
        verbs.return_case(desk.decider, number=number, node="examine", reason="请核对补交的材料")
    tick()
    [signal] = queries.signals_of_case(number)
    assert (signal.rule, signal.state, signal.ending) == (Rule.NO_STEP, SignalState.CLOSED, Ending.MOVED_ON)
    at(midnight(3, 12))
    tick()
    assert raised(number).count("NO_STEP") == 2


@requirement("SUP-16")
def test_items_offered_online_without_a_single_case_are_named(desk, at):
    first = queries.items_without_cases(since=midnight(3, 1).date(), authority=desk.authority)
    assert desk.item in {each.code for each in first}
    cases.submitted(desk)
    again = queries.items_without_cases(since=midnight(3, 1).date(), authority=desk.authority)
    assert desk.item not in {each.code for each in again}
    later = queries.items_without_cases(since=midnight(3, 3).date(), authority=desk.authority)
    assert desk.item in {each.code for each in later}


def test_reminders_end_when_the_case_is_finished_and_cards_do_not(desk, tick, at):
    number = cases.examined(desk)
    at(WARNING)
    tick()
    at(YELLOW)
    tick()
    cases.decide(desk, number)
    tick()
    found = {str(each.rule): (each.state, each.ending) for each in queries.signals_of_case(number)}
    assert found["PROMISE_NEAR"] == (SignalState.CLOSED, Ending.SUPERSEDED)
    assert found["PROMISE_EXCEEDED"] == (SignalState.NOTIFIED, None)


def test_a_step_in_a_late_case_ends_the_reminder_of_standstill_because_the_case_went_on(desk, tick, at):
    number = cases.accepted(desk)
    at(YELLOW)
    tick()
    cases.examine(desk, number)
    tick()
    found = {str(each.rule): (each.state, each.ending, each.number) for each in queries.signals_of_case(number)}
    assert found["PROMISE_EXCEEDED"][:2] == (SignalState.NOTIFIED, None)
    assert found["NO_STEP"][:2] == (SignalState.CLOSED, Ending.MOVED_ON)
    last = events.of_subject(f"signal:{found['NO_STEP'][2]}")[-1]
    assert (last.name, last.payload) == ("SignalClosed", {"signal": found["NO_STEP"][2], "ending": "MOVED_ON"})


def test_red_takes_the_place_of_a_yellow_nobody_explained_and_leaves_an_explained_one(desk, tick, at):
    first, second = cases.accepted(desk), cases.accepted(desk)
    at(YELLOW)
    tick()
    [yellow] = [each for each in queries.signals_of_case(second) if each.kind is Kind.YELLOW]
    with as_(desk.reviewer):
        actions.explain_signal(desk.reviewer, number=yellow.number, explanation="等待另一部门的意见。")
    at(RED)
    tick()
    states = [next(each.state for each in queries.signals_of_case(number) if each.kind is Kind.YELLOW)
              for number in (first, second)]
    assert states == [SignalState.CLOSED, SignalState.EXPLAINED]


def test_eight_ticks_at_once_raise_one_signal(desk, catch_up, at, raised):
    numbers = [cases.accepted(desk) for _ in range(5)]
    catch_up()
    at(YELLOW)

    def look(_):
        try:
            with database.serving("worker"):
                return actions.raise_signals(TICK, limit=200)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(8)))
    for number in numbers:
        assert raised(number).count("PROMISE_EXCEEDED") == 1
        assert database.row("select count(*) from kernel_event where name = 'SignalRaised' and "
                            "payload->>'case_number' = %s and payload->>'rule' = 'PROMISE_EXCEEDED'", [number])[0] == 1


@requirement("SUP-04")
def test_a_case_that_cannot_be_judged_does_not_stop_the_next(desk, catch_up, at, raised):
    broken, sound = cases.accepted(desk), cases.accepted(desk)
    catch_up()
    with database.serving("owner"):
        database.execute("update cases_case set item_version = item_version + 900 where number = %s", [broken])
    at(YELLOW)
    ticking.TICKS["supervision.signals"]()
    assert (raised(broken), "PROMISE_EXCEEDED" in raised(sound)) == ([], True)
    with database.serving("owner"):
        database.execute("update cases_case set item_version = item_version - 900 where number = %s", [broken])
    ticking.TICKS["supervision.signals"]()
    assert "PROMISE_EXCEEDED" in raised(broken)


def test_the_database_refuses_a_second_signal_of_the_same_rule(desk, tick, at):
    number = cases.accepted(desk)
    at(YELLOW)
    tick()
    with pytest.raises(IntegrityError), database.atomic():
        database.execute(
            "insert into supervision_signal (number, case_number, item_code, authority_id, rule, occasion, kind, "
            "family, state, raised_at, description, explanation, explanation_salt, reason, reason_salt, correction, "
            "correction_salt, ending) select 'other', case_number, item_code, authority_id, rule, occasion, kind, "
            "family, 'RAISED', raised_at, '', '', '', '', '', '', '', '' from supervision_signal "
            "where case_number = %s and rule = 'PROMISE_EXCEEDED'", [number])


@requirement("SUP-02")
def test_a_signal_has_the_fields_of_the_record(desk, tick, at):
    number = cases.accepted(desk)
    at(YELLOW)
    tick()
    signal = next(each for each in queries.signals_of_case(number) if each.kind is Kind.YELLOW)
    assert (signal.case_number, signal.item_code, signal.authority, signal.raised_at) == (
        number, desk.item, desk.authority, YELLOW)
    assert 10 <= len(signal.number) <= 20
    assert signal.number.isalnum()
    assert len(signal.rule) <= 20
    assert int(signal.kind) == 3
    assert [each.name for each in events.of_subject(f"signal:{signal.number}")] == ["SignalRaised", "SignalNotified"]


def test_an_hour_limit_warns_with_an_office_day_left_to_the_second(db, tick, raised, at):
    desk = cases.desk(promised=14, statutory=70, unit="HOUR")
    number = cases.accepted(desk)
    at(datetime(2026, 3, 3, 9, 59, 59, tzinfo=SHANGHAI))
    tick()
    assert raised(number) == []
    at(datetime(2026, 3, 3, 10, 0, 0, tzinfo=SHANGHAI))
    tick()
    assert raised(number) == ["PROMISE_NEAR"]
    at(datetime(2026, 3, 4, 9, 59, 59, tzinfo=SHANGHAI))
    tick()
    assert raised(number) == ["PROMISE_NEAR"]
    at(datetime(2026, 3, 4, 10, 0, 0, tzinfo=SHANGHAI))
    tick()
    assert raised(number) == ["PROMISE_NEAR", "PROMISE_EXCEEDED"]


@requirement("TIM-13", "SUP-04")
def test_signals_come_at_the_instant_that_new_working_days_make(desk, tick, raised, at, moves):  # noqa: F811
    number = cases.accepted(desk)
    tick()
    moves(date(2026, 3, 7), DayKind.WORKDAY)
    at(midnight(3, 11) - SECOND)
    tick()
    assert "PROMISE_NEAR" not in raised(number)
    at(midnight(3, 11))
    tick()
    assert raised(number).count("PROMISE_NEAR") == 1


@requirement("TIM-R7")
def test_how_little_must_be_left_for_a_warning_are_two_figures(desk, raised, at):
    number = cases.accepted(desk)
    at(midnight(3, 9))
    actions.watch_cases(TICK, numbers=[number])
    assert "PROMISE_NEAR" not in raised(number)
    with pytest.raises(Undone), database.atomic():
        for name, value in (("calendars.warning_percent", 50), ("calendars.warning_days", 0)):
            parameters.set_value(TICK, name=name, value=value, effective_from=date(2026, 3, 1), source="test")
        parameters.forget()
        actions.watch_cases(TICK, numbers=[number])
        assert "PROMISE_NEAR" in raised(number)
        raise Undone
    parameters.forget()


@requirement("SUP-01")
def test_each_step_is_seen_by_supervision_at_once_and_looking_changes_no_case(desk, at):
    def seen(number):
        with as_(desk.supervisor):
            return queries_of_cases.by_number(number).state, queries_of_cases.clocks([number])[0].last_step_at

    def rows(number):
        return database.row("select to_jsonb(c)::text from cases_case c where number = %s", [number])

    number = cases.submitted(desk)
    told = [seen(number)]
    for day, act in ((3, lambda: accept(desk, number)), (4, lambda: cases.examine(desk, number)),
                     (5, lambda: cases.decide(desk, number))):
        at(datetime(2026, 3, day, 10, tzinfo=SHANGHAI))
        act()
        told.append(seen(number))
    assert [state for state, _ in told] == ["SUBMITTED", "ACCEPTED", "UNDER_REVIEW", "DECIDED"]
    assert [moment.day for _, moment in told[1:3]] == [3, 4]
    late = cases.accepted(desk)
    at(midnight(5, 1))
    before = rows(late)
    actions.watch_cases(TICK, numbers=[late])
    with as_(desk.supervisor):
        actions.raise_signal(desk.supervisor, case_number=late, rule=Rule.BEYOND_GUIDE, description="要了指南外的材料")
    assert len(queries.signals_of_case(late)) >= 3 and rows(late) == before


def accept(desk, number):
    with as_(desk.reception):
        verbs.accept_case(desk.reception, number=number)


@requirement("CASE-22")
def test_ten_working_days_from_the_decision_to_the_result_are_watched_and_warned_of(desk, raised, at):
    number = cases.examined(desk)
    cases.decide(desk, number)
    for moment, found in ((midnight(3, 12) - SECOND, []), (midnight(3, 12), ["DELIVERY_NEAR"]),
                          (midnight(3, 17) - SECOND, ["DELIVERY_NEAR"]), (midnight(3, 17), ["DELIVERY_NEAR", "DELIVERY_EXCEEDED"])):
        at(moment)
        actions.watch_cases(TICK, numbers=[number])
        assert [each for each in raised(number) if each.startswith("DELIVERY")] == found
    signals = {each.rule: each for each in queries.signals_of_case(number)}
    assert (signals[Rule.DELIVERY_NEAR].state, signals[Rule.DELIVERY_EXCEEDED].kind) == (SignalState.CLOSED, Kind.RED)


@requirement("CASE-22", "SUP-04")
def test_the_warning_of_a_late_result_reaches_somebody_though_the_promise_is_broken_already(db, at):
    desk = cases.desk(promised=3, statutory=20)
    number = cases.examined(desk)
    cases.decide(desk, number)

    def looked(moment):
        at(moment)
        actions.watch_cases(TICK, numbers=[number])
        actions.notify_signals(TICK, raised={each.number: each.kind for each in queries.signals_of_case(number)
                                             if each.state is SignalState.RAISED})
        return {str(each.rule): (each.state, each.ending) for each in queries.signals_of_case(number)}

    told = (SignalState.NOTIFIED, None)
    assert looked(midnight(3, 12)) == {"PROMISE_EXCEEDED": told, "DELIVERY_NEAR": told}
    assert looked(midnight(3, 17)) == {"PROMISE_EXCEEDED": told, "DELIVERY_NEAR": (SignalState.CLOSED, Ending.SUPERSEDED),
                                       "DELIVERY_EXCEEDED": told}


@requirement("CASE-22")
def test_the_next_look_at_a_decision_without_a_result_is_when_its_time_is_nearly_over(db, at):
    desk = cases.desk(promised=18, statutory=20)
    number = cases.examined(desk)
    cases.decide(desk, number)
    looks = []
    for _ in range(2):
        actions.watch_cases(TICK, numbers=[number])
        next_at, = database.row("select next_at from supervision_watch where case_number = %s", [number])
        looks.append(next_at)
        at(next_at)
    assert looks == [midnight(3, 12), midnight(3, 17)]


@requirement("CASE-22")
def test_a_result_nobody_opened_in_ten_working_days_is_a_reminder_until_it_is_opened(desk, tick, raised, at):
    number = cases.decided(desk)
    tick()
    at(midnight(3, 17) - SECOND)
    tick()
    assert raised(number) == []
    at(midnight(3, 17))
    tick()
    assert raised(number) == ["RESULT_UNOPENED"]
    signal, = queries.signals_of_case(number)
    assert (signal.kind, signal.state) == (Kind.BLUE, SignalState.NOTIFIED)
    with as_(desk.citizen):
        verbs.deliver_case(desk.citizen, number=number)
    tick()
    assert queries.signals_of_case(number)[0].state is SignalState.CLOSED
