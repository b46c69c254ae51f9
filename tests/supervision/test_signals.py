"""What people do with signals and orders: the authority explains, a supervisor judges, nobody removes."""

from datetime import date, datetime

import pytest
from django.db import IntegrityError, ProgrammingError

from tests.requirements import requirement
from tests.reviews import given as cases
from tests.reviews.given import as_, officer
from tongban.calendars.types import SHANGHAI
from tongban.cases import actions as work
from tongban.cases.errors import CaseNotFound
from tongban.cases.rules import commitment
from tongban.identity.types import Role
from tongban.kernel import database, events
from tongban.kernel.errors import HouseError
from tongban.reviews import actions as reviews
from tongban.reviews import queries as given_reviews
from tongban.reviews.errors import TextMissing, TextTooLong
from tongban.reviews.tasks import announce_overdue
from tongban.reviews.types import TokenHolder
from tongban.supervision import actions, queries
from tongban.supervision.errors import (
    AlreadyRaised,
    AnswerNotNeeded,
    OrderDueInPast,
    OrderNotAnswered,
    OrderNotFound,
    OrderSettledAlready,
    OwnExplanation,
    RuleNotByHand,
    SignalMoveNotAllowed,
    SignalNotFound,
    StillTimeToExplain,
    SupervisorOnly,
    UnitOnly,
)
from tongban.supervision.types import MOVES, Kind, Rule, SignalState

WORDS = "等待另一部门的意见，已催办。"


@pytest.fixture
def card(desk, catch_up):
    """A red card a supervisor raised by hand, before the authority; returns its number."""

    def make():
        number = cases.accepted(desk)
        with as_(desk.supervisor):
            signal = actions.raise_signal(desk.supervisor, case_number=number, rule=Rule.UNAUTHORISED_CHARGE,
                                          description="收取了清单以外的费用。")
        catch_up()
        return signal

    return make


def call(actor, action, **arguments):
    with as_(actor):
        return action(actor, **arguments)


def take(desk, number, *steps):
    work = {
        "explain": lambda: call(desk.reviewer, actions.explain_signal, number=number, explanation=WORDS),
        "confirm": lambda: call(desk.supervisor, actions.confirm_signal, number=number, reason=WORDS),
        "cancel": lambda: call(desk.supervisor, actions.cancel_signal, number=number, reason=WORDS),
        "correct": lambda: call(desk.reviewer, actions.correct_signal, number=number, correction=WORDS),
        "close": lambda: call(desk.supervisor, actions.close_signal, number=number),
    }
    for step in steps:
        work[step]()


REACHED = {
    SignalState.NOTIFIED: (), SignalState.EXPLAINED: ("explain",), SignalState.CONFIRMED: ("explain", "confirm"),
    SignalState.CANCELLED: ("explain", "cancel"), SignalState.CORRECTED: ("explain", "confirm", "correct"),
    SignalState.CLOSED: ("explain", "confirm", "correct", "close"),
}
TARGET = {"explain": SignalState.EXPLAINED, "confirm": SignalState.CONFIRMED, "cancel": SignalState.CANCELLED,
          "correct": SignalState.CORRECTED, "close": SignalState.CLOSED}


def test_a_card_goes_its_whole_way_and_the_history_tells_it(desk, card):
    number = card()
    take(desk, number, *REACHED[SignalState.CLOSED])
    assert [each.after for each in queries.signal_steps(number)] == [
        SignalState.RAISED, SignalState.NOTIFIED, SignalState.EXPLAINED, SignalState.CONFIRMED, SignalState.CORRECTED,
        SignalState.CLOSED]
    assert [each.by for each in queries.signal_steps(number)] == [
        desk.supervisor.account, None, desk.reviewer.account, desk.supervisor.account, desk.reviewer.account,
        desk.supervisor.account]
    assert WORDS not in str([each.payload for each in events.of_subject(f"signal:{number}")])


def test_what_was_written_can_be_checked_against_the_record(desk, card):
    number = card()
    take(desk, number, *REACHED[SignalState.CLOSED])
    rows = database.row("select explanation, explanation_salt, reason, reason_salt, correction, correction_salt "
                        "from supervision_signal where number = %s", [number])
    moved = [each.payload["text_hash"] for each in events.of_subject(f"signal:{number}") if each.name == "SignalMoved"]
    assert moved == [*(commitment(salt, text) for text, salt in zip(rows[::2], rows[1::2], strict=True)), ""]
    assert rows[::2] == (WORDS,) * 3 and len(set(rows[1::2])) == 3


def test_a_signal_confirmed_in_silence_commits_to_nothing(desk, card, at):
    number = card()
    at(datetime(2026, 3, 9, 10, 0, tzinfo=SHANGHAI))
    call(desk.supervisor, actions.confirm_signal, number=number)
    [moved] = [each.payload for each in events.of_subject(f"signal:{number}") if each.name == "SignalMoved"]
    assert moved == {"signal": number, "before": "NOTIFIED", "after": "CONFIRMED", "text_hash": ""}


def test_an_order_its_answer_and_its_result_can_be_checked_against_the_record(desk, card):
    signal = card()
    order = call(desk.supervisor, actions.send_order, signal=signal, content=WORDS, due_on=date(2026, 3, 6))
    call(desk.reviewer, actions.answer_order, order=order, answer=f"{WORDS}答")
    call(desk.supervisor, actions.settle_order, order=order, result=f"{WORDS}结")
    rows = database.row("select content, content_salt, answer, answer_salt, result, result_salt "
                        "from supervision_order where id = %s", [order])
    assert [each.payload["text_hash"] for each in events.of_subject(f"order:{order}")] == [
        commitment(salt, text) for text, salt in zip(rows[::2], rows[1::2], strict=True)]
    assert len(set(rows[1::2])) == 3


@pytest.mark.parametrize("here", REACHED)
def test_every_step_out_of_order_is_refused_and_nothing_is_written(desk, card, here):
    number = card()
    take(desk, number, *REACHED[here])
    before = (queries.signal(number), events.of_subject(f"signal:{number}"))
    for step, there in TARGET.items():
        if (here, there) in MOVES and (here, there) != (SignalState.NOTIFIED, SignalState.CLOSED):
            continue
        with pytest.raises((SignalMoveNotAllowed, StillTimeToExplain)):
            take(desk, number, step)
    if here is SignalState.NOTIFIED:
        with pytest.raises(StillTimeToExplain):
            take(desk, number, "confirm")
    assert (queries.signal(number), events.of_subject(f"signal:{number}")) == before


@pytest.mark.parametrize("here", REACHED)
def test_the_database_refuses_illegal_moves_and_changes_of_substance(desk, card, here):
    number = card()
    take(desk, number, *REACHED[here])
    changes = [f"state = '{there}', reason = 'x'" for there in SignalState
               if there is not here and (here, there) not in MOVES]
    for change in (*changes, "kind = 1", "rule = 'NO_STEP'", "case_number = 'x'", "description = ''",
                   "raised_at = kernel_now() + interval '1 day'"):
        with as_(desk.supervisor), pytest.raises(IntegrityError), database.atomic():
            database.execute(f"update supervision_signal set {change} where number = %s", [number])


@pytest.mark.parametrize("login", ["public", "citizen", "officer", "auditor", "worker", "owner"])
def test_no_login_removes_a_signal_or_its_history(desk, card, login):
    card()
    for table in ("supervision_signal", "supervision_step"):
        with database.serving(login), pytest.raises(ProgrammingError), database.acting(authorities=[desk.authority]):
            database.execute(f"delete from {table}")


def test_two_working_days_to_explain_around_a_holiday_then_a_supervisor_may_confirm(desk, card, at):
    at(datetime(2026, 4, 3, 16, 0, tzinfo=SHANGHAI))
    number = card()
    assert queries.signal(number).explain_due_on == date(2026, 4, 8)
    at(datetime(2026, 4, 8, 23, 59, tzinfo=SHANGHAI))
    assert queries.signal(number).is_unanswered is False
    with pytest.raises(StillTimeToExplain):
        take(desk, number, "confirm")
    at(datetime(2026, 4, 9, 0, 0, tzinfo=SHANGHAI))
    assert queries.signal(number).is_unanswered is True
    take(desk, number, "confirm")
    assert queries.signal(number).state is SignalState.CONFIRMED


def test_only_a_supervisor_cancels_and_only_with_a_reason(desk, card):
    number = card()
    take(desk, number, "explain")
    for actor in (desk.reviewer, desk.decider, desk.reception):
        with pytest.raises(SupervisorOnly):
            call(actor, actions.cancel_signal, number=number, reason=WORDS)
    for reason in ("", "  ", "可以", "\x00" * 9, "长" * 2001):
        with pytest.raises((TextMissing, TextTooLong)):
            call(desk.supervisor, actions.cancel_signal, number=number, reason=reason)
    assert queries.signal(number).state is SignalState.EXPLAINED
    take(desk, number, "cancel", "close")
    assert queries.signal(number).reason == WORDS


def test_who_explained_does_not_judge_and_who_only_supervises_does_not_explain(desk, card):
    number = card()
    with pytest.raises(UnitOnly):
        call(desk.supervisor, actions.explain_signal, number=number, explanation=WORDS)
    both = officer(desk.authority, Role.REVIEWER, Role.SUPERVISOR)
    call(both, actions.explain_signal, number=number, explanation=WORDS)
    with pytest.raises(OwnExplanation):
        call(both, actions.cancel_signal, number=number, reason=WORDS)


def test_a_reminder_is_not_explained_or_judged(desk, tick, at):
    number = cases.accepted(desk)
    at(datetime(2026, 3, 12, tzinfo=SHANGHAI))
    tick()
    for signal in queries.signals_of_case(number):
        assert signal.explain_due_on is None
        with pytest.raises(AnswerNotNeeded):
            call(desk.reviewer, actions.explain_signal, number=signal.number, explanation=WORDS)
        with pytest.raises(AnswerNotNeeded):
            call(desk.supervisor, actions.cancel_signal, number=signal.number, reason=WORDS)


@requirement("SUP-04")
@pytest.mark.parametrize("rule", Rule)
def test_a_supervisor_raises_what_no_clock_sees_and_nothing_else(desk, rule):
    number = cases.accepted(desk)
    raising = {"action": actions.raise_signal, "case_number": number, "rule": rule, "description": WORDS}
    if not rule.by_hand:
        with pytest.raises(RuleNotByHand):
            call(desk.supervisor, **raising)
        return
    with pytest.raises(SupervisorOnly):
        call(desk.decider, **raising)
    with pytest.raises(CaseNotFound):
        call(desk.stranger, **raising)
    signal = call(desk.supervisor, **raising)
    with pytest.raises(AlreadyRaised):
        call(desk.supervisor, **raising)
    found = queries.signal(signal)
    red = {Rule.ILLEGAL_REFUSAL, Rule.UNAUTHORISED_CHARGE}
    assert (found.kind, found.description) == (Kind.RED if rule in red else Kind.YELLOW, WORDS)


def test_an_order_is_sent_answered_and_settled(desk, card):
    signal = card()
    sending = {"action": actions.send_order, "signal": signal, "content": WORDS}
    with pytest.raises(SupervisorOnly):
        call(desk.decider, due_on=date(2026, 3, 6), **sending)
    with pytest.raises(OrderDueInPast):
        call(desk.supervisor, due_on=date(2026, 3, 1), **sending)
    order = call(desk.supervisor, due_on=date(2026, 3, 6), **sending)
    with pytest.raises(OrderNotAnswered):
        call(desk.supervisor, actions.settle_order, order=order, result=WORDS)
    with pytest.raises(OrderNotFound):
        call(desk.stranger, actions.answer_order, order=order, answer=WORDS)
    call(desk.reviewer, actions.answer_order, order=order, answer=WORDS)
    with pytest.raises(OrderSettledAlready):
        call(desk.reviewer, actions.answer_order, order=order, answer=WORDS)
    call(desk.supervisor, actions.settle_order, order=order, result=WORDS)
    with as_(desk.supervisor):
        [found] = queries.orders(signal_number=signal)
        assert queries.orders(signal_number=signal, open_only=True) == []
    assert (found.content, found.authority, found.answer, found.result) == (WORDS, desk.authority, WORDS, WORDS)
    assert [each.name for each in events.of_subject(f"order:{order}")] == ["OrderSent", "OrderAnswered", "OrderSettled"]


def test_a_strange_authority_sees_neither_signal_nor_order(desk, card):
    number = card()
    with as_(desk.stranger):
        assert queries.signal(number) is None
        assert number not in [each.number for each in queries.signals(open_only=False, limit=500)]
        with pytest.raises(SignalNotFound):
            actions.explain_signal(desk.stranger, number=number, explanation=WORDS)
    with as_(desk.citizen), pytest.raises(ProgrammingError):
        queries.signal(number)


@requirement("SUP-04")
def test_a_poor_review_not_answered_in_time_is_one_yellow_card(desk, tick, at, catch_up):
    number = cases.decided(desk)
    catch_up()
    with as_(desk.citizen):
        link = given_reviews.link_of(number)
    with as_(None):
        reviews.submit_review(TokenHolder(), token=link.split("/")[2], grade=4)
    catch_up()
    at(datetime(2026, 3, 4, tzinfo=SHANGHAI))
    [key] = [each.id for each in given_reviews.rectifications(limit=500) if each.review.case_number == number]
    announce_overdue()
    tick()
    announce_overdue()
    tick()
    with as_(desk.supervisor):
        [signal] = queries.signals_of_case(number)
        assert given_reviews.rectification(key).is_overdue
    assert (signal.rule, signal.kind, signal.state) == (Rule.RECTIFICATION_LATE, Kind.YELLOW, SignalState.NOTIFIED)


@pytest.mark.parametrize("text", ["<b>x</b>\x00 '; drop", "{state} %s {{7*7}}", "\u202e反过来的字", "🙂" * 9])
def test_odd_words_are_kept_harmless(desk, card, text):
    number = card()
    try:
        call(desk.reviewer, actions.explain_signal, number=number, explanation=text)
    except HouseError:
        pytest.fail("these are words enough")
    kept = queries.signal(number).explanation
    assert not any(each in kept for each in "\x00\u202e")


def test_whoever_worked_on_the_case_or_answered_does_not_judge_close_or_settle(desk, card):
    number = card()
    case = queries.signal(number).case_number
    both = officer(desk.authority, Role.REVIEWER, Role.SUPERVISOR)
    with as_(both):
        work.examine_case(both, number=case, recommends=True, opinion="")
    call(desk.reviewer, actions.explain_signal, number=number, explanation=WORDS)
    with pytest.raises(OwnExplanation):
        call(both, actions.cancel_signal, number=number, reason=WORDS)
    order = call(desk.supervisor, actions.send_order, signal=number, content=WORDS, due_on=date(2026, 3, 9))
    call(both, actions.answer_order, order=order, answer=WORDS)
    with pytest.raises(OwnExplanation):
        call(both, actions.settle_order, order=order, result=WORDS)
    call(desk.supervisor, actions.confirm_signal, number=number)
    call(both, actions.correct_signal, number=number, correction=WORDS)
    with pytest.raises(OwnExplanation):
        call(both, actions.close_signal, number=number)
    call(desk.supervisor, actions.close_signal, number=number)
    call(desk.supervisor, actions.settle_order, order=order, result=WORDS)
