"""Putting a poor review right: due days in working days, every step in its order, an answer everyone can read."""

import itertools
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError

from tests.requirements import requirement
from tests.reviews import given as cases
from tests.reviews.given import as_, officer
from tongban.calendars.types import SHANGHAI
from tongban.cases.rules import commitment
from tongban.identity import actions as identity
from tongban.identity.types import Role
from tongban.kernel import database, events, ticking
from tongban.kernel.errors import HouseError
from tongban.kernel.types import System
from tongban.reviews import actions, queries, tasks
from tongban.reviews.errors import (
    AlreadyExtended,
    DutyMissing,
    GradeMissing,
    NotFedBack,
    NothingToExtend,
    OwnWork,
    RectificationMoveNotAllowed,
    RectificationNotFound,
    StaffUnknown,
    TextMissing,
)
from tongban.reviews.types import MOVES, Finding, Grade, RectificationState, Remedy, TokenHolder

BEFORE_TOMB_SWEEPING = datetime(2026, 4, 2, 16, 0, tzinfo=SHANGHAI)
"""A Thursday; 4 to 6 April 2026 are the holiday."""
ANSWER = "已向您道歉，并改正了流程。"
REASON = "经核实，评的是另一件事。"
DONE = "已经当面说明，并且改了流程，可打13800138000。"


@pytest.fixture
def poor(review):
    """A poor review; returns token and number of its rectification."""

    def make():
        held = review(5, text="等了很久")
        found = database.row("select f.id from reviews_rectification f where f.case_number = %s",
                             [queries.invitation(held).case_number])
        return held, found[0]

    return make


def take(desk, key, *steps):
    """Take a rectification through steps by name."""
    work = {
        "assign": lambda: call(desk.supervisor, actions.assign_rectification, rectification=key,
                               account=desk.reviewer.account),
        "verify": lambda: call(desk.reviewer, actions.verify_rectification, rectification=key, finding=Finding.TRUE),
        "mistaken": lambda: call(desk.supervisor, actions.verify_rectification, rectification=key,
                                 finding=Finding.MISTAKEN, reason=REASON),
        "rectify": lambda: call(desk.reviewer, actions.rectify, rectification=key, remedy=Remedy.LIMITED, done=DONE),
        "feed_back": lambda: call(desk.reviewer, actions.feed_back, rectification=key, answer=ANSWER),
        "revisit": lambda: call(desk.supervisor, actions.revisit_by_call, rectification=key, grade=2),
        "close": lambda: call(desk.supervisor, actions.close_rectification, rectification=key),
    }
    for step in steps:
        work[step]()


def call(actor, action, **arguments):
    with as_(actor):
        return action(actor, **arguments)


def state(key):
    return queries.rectification(key).state


WAY = ("assign", "verify", "rectify", "feed_back", "revisit", "close")


@requirement("EVA-10")
def test_a_poor_review_goes_its_whole_way_and_the_history_tells_it(desk, poor):
    _, key = poor()
    take(desk, key, *WAY)
    steps = queries.rectification_steps(key)
    assert [each.after for each in steps] == list(RectificationState)
    assert [each.by for each in steps] == [None, desk.supervisor.account, *[desk.reviewer.account] * 3,
                                           *[desk.supervisor.account] * 2]
    assert [each.payload["after"] for each in events.of_subject(f"rectification:{key}")
            if each.name == "RectificationMoved"] == [str(each) for each in RectificationState][1:]


REACHED = {
    RectificationState.RECEIVED: (), RectificationState.ASSIGNED: WAY[:1], RectificationState.VERIFIED: WAY[:2],
    RectificationState.RECTIFYING: WAY[:3], RectificationState.FED_BACK: WAY[:4],
    RectificationState.REVISITED: WAY[:5], RectificationState.CLOSED: WAY,
}
TARGET = {"assign": RectificationState.ASSIGNED, "verify": RectificationState.VERIFIED,
          "mistaken": RectificationState.VERIFIED, "rectify": RectificationState.RECTIFYING,
          "feed_back": RectificationState.FED_BACK, "revisit": RectificationState.REVISITED,
          "close": RectificationState.CLOSED}
ILLEGAL = [(here, step) for here, step in itertools.product(RectificationState, TARGET)
           if (here, TARGET[step]) not in MOVES or (here, step) == (RectificationState.VERIFIED, "feed_back")]


@requirement("EVA-10")
@pytest.mark.parametrize("here", RectificationState)
def test_every_step_out_of_order_is_refused_and_nothing_is_written(desk, poor, here):
    _, key = poor()
    take(desk, key, *REACHED[here])
    before = (queries.rectification(key), events.of_subject(f"rectification:{key}"))
    steps = [step for state, step in ILLEGAL if state is here]
    assert len(steps) >= 4
    for step in steps:
        with pytest.raises(RectificationMoveNotAllowed):
            take(desk, key, step)
    assert (queries.rectification(key), events.of_subject(f"rectification:{key}")) == before


@pytest.mark.parametrize("here", RectificationState)
def test_the_database_refuses_illegal_moves_too(desk, poor, here):
    _, key = poor()
    take(desk, key, *REACHED[here])
    for there in RectificationState:
        if there is here or (here, there) in MOVES:
            continue
        with as_(desk.supervisor), pytest.raises(IntegrityError), database.atomic():
            database.execute("update reviews_rectification set state = %s, answer = coalesce(nullif(answer, ''), 'x'), "
                             "in_time = coalesce(in_time, true), answered_at = coalesce(answered_at, kernel_now()) "
                             "where id = %s", [there, key])
    assert state(key) is here


def test_an_answer_stays_as_it_was_published(desk, poor):
    _, key = poor()
    take(desk, key, *WAY[:4])
    for change in ("answer = 'x'", "in_time = not in_time", "finding = 'MALICIOUS', finding_reason = 'xxxxx'",
                   "due_on = due_on + 100"):
        with as_(desk.supervisor), pytest.raises(IntegrityError), database.atomic():
            database.execute(f"update reviews_rectification set {change} where id = %s", [key])


@requirement("EVA-11")
def test_due_days_are_working_days_from_the_review_around_a_holiday(desk, poor, at):
    at(BEFORE_TOMB_SWEEPING)
    (_, simple), (_, complex_), (_, explained) = poor(), poor(), poor()
    due = {}
    for key, remedy in ((simple, Remedy.IMMEDIATE), (complex_, Remedy.LIMITED), (explained, Remedy.EXPLAINED)):
        due[key] = [queries.rectification(key).due_on]
        take(desk, key, "assign", "verify")
        due[key].append(queries.rectification(key).due_on)
        call(desk.reviewer, actions.rectify, rectification=key, remedy=remedy, done=DONE)
        due[key].append(queries.rectification(key).due_on)
    contact, five, fifteen = date(2026, 4, 3), date(2026, 4, 10), date(2026, 4, 24)
    assert due == {simple: [contact, five, five], complex_: [contact, five, fifteen],
                   explained: [contact, five, five]}
    call(desk.supervisor, actions.extend_rectification, rectification=complex_, reason="要换设备，等到货。")
    assert queries.rectification(complex_).due_on == date(2026, 5, 19)


@requirement("EVA-11")
def test_a_review_on_a_day_before_the_holiday_is_contacted_on_the_first_day_after(desk, poor, at):
    at(datetime(2026, 4, 3, 20, 0, tzinfo=SHANGHAI))
    _, key = poor()
    assert queries.rectification(key).due_on == date(2026, 4, 7)


@requirement("EVA-11")
def test_one_extension_for_complex_ones_by_a_supervisor_before_the_day_has_passed(desk, poor, at):
    (_, simple), (_, complex_), (_, late) = poor(), poor(), poor()
    take(desk, simple, "assign", "verify")
    call(desk.reviewer, actions.rectify, rectification=simple, remedy=Remedy.IMMEDIATE, done=DONE)
    take(desk, complex_, "assign", "verify", "rectify")
    take(desk, late, "assign", "verify", "rectify")
    extend = {"action": actions.extend_rectification, "reason": "要换设备，等到货。"}
    with pytest.raises(NothingToExtend):
        call(desk.supervisor, rectification=simple, **extend)
    with pytest.raises(DutyMissing):
        call(desk.decider, rectification=complex_, **extend)
    call(desk.supervisor, rectification=complex_, **extend)
    with pytest.raises(AlreadyExtended):
        call(desk.supervisor, rectification=complex_, **extend)
    at(datetime.combine(queries.rectification(late).due_on + timedelta(days=1), datetime.min.time(), SHANGHAI))
    with pytest.raises(NothingToExtend):
        call(desk.supervisor, rectification=late, **extend)


@requirement("EVA-11")
def test_a_passed_due_day_is_announced_once_and_the_next_one_once_more(desk, poor, at):
    _, key = poor()
    subject = f"rectification:{key}"

    def announced():
        ticking.TICKS["reviews.overdue"]()
        return [each.payload["due_on"] for each in events.of_subject(subject) if each.name == "RectificationOverdue"]

    at(datetime(2026, 3, 3, 23, 59, 59, tzinfo=SHANGHAI))
    assert announced() == []
    at(datetime(2026, 3, 4, 0, 0, tzinfo=SHANGHAI))
    assert announced() == announced() == ["2026-03-03"]
    take(desk, key, "assign", "verify")
    at(datetime(2026, 3, 10, 0, 0, tzinfo=SHANGHAI))
    assert announced() == announced() == ["2026-03-03", "2026-03-09"]
    take(desk, key, "rectify", "feed_back")
    assert queries.rectification(key).in_time is True
    at(datetime(2026, 6, 1, 0, 0, tzinfo=SHANGHAI))
    assert announced() == ["2026-03-03", "2026-03-09"]


def test_answering_on_the_due_day_is_in_time_and_a_day_later_is_not(desk, poor, at):
    (_, first), (_, second) = poor(), poor()
    for key in (first, second):
        take(desk, key, "assign", "verify", "rectify")
    due = queries.rectification(first).due_on
    at(datetime.combine(due, datetime.max.time(), SHANGHAI))
    take(desk, first, "feed_back")
    at(datetime.combine(due + timedelta(days=1), datetime.min.time(), SHANGHAI))
    take(desk, second, "feed_back")
    assert [queries.rectification(key).in_time for key in (first, second)] == [True, False]


@requirement("EVA-10")
@pytest.mark.parametrize("finding", [Finding.MISTAKEN, Finding.MALICIOUS])
def test_only_a_supervisor_with_a_published_reason_takes_a_review_out_of_the_count(desk, poor, finding):
    _, key = poor()
    take(desk, key, "assign")
    find = {"action": actions.verify_rectification, "rectification": key, "finding": finding}
    for actor in (desk.reviewer, desk.decider):
        with pytest.raises(DutyMissing):
            call(actor, reason=REASON, **find)
    for reason in ("", "   ", "不是"):
        with pytest.raises(TextMissing):
            call(desk.supervisor, reason=reason, **find)
    assert queries.public_counts(item_code=desk.item).grades[Grade.VERY_DISSATISFIED] == 1
    call(desk.supervisor, reason=REASON, **find)
    counts = queries.public_counts(item_code=desk.item)
    assert (counts.total, counts.not_counted) == (0, 1)
    with as_(None):
        shown = queries.public_reviews(item_code=desk.item)[0]
    assert (shown.finding, shown.finding_reason, shown.text) == (finding, REASON, "等了很久")
    with pytest.raises(RectificationMoveNotAllowed):
        take(desk, key, "rectify")
    take(desk, key, "feed_back")


def test_the_reviewer_says_once_whether_the_answer_settles_it_and_the_first_grade_stays(desk, poor, catch_up):
    held, key = poor()
    holder = TokenHolder()

    def say(grade):
        with as_(None):
            actions.revisit(holder, token=held, grade=grade)

    with pytest.raises(NotFedBack):
        say(1)
    take(desk, key, *WAY[:4])
    catch_up()
    sent = database.rows("select link from messages_message where party = %s and title->>'en' = %s",
                         [desk.citizen.party, "Your review was answered"])
    assert sent == [(f"/reviews/{held}/",)]
    assert queries.invitation(held).answer == ANSWER
    with pytest.raises(GradeMissing):
        say(0)
    say(2)
    with pytest.raises(NotFedBack):
        say(1)
    found = queries.rectification(key)
    assert (found.state, found.revisit_grade, found.review.grade) == ("REVISITED", 2, 5)


@requirement("EVA-11")
def test_every_poor_review_is_opened_once(poor, catch_up):
    _, key = poor()
    catch_up()
    found = database.row("select review_id, case_number from reviews_rectification where id = %s", [key])
    assert actions.open_rectification(System(name="reviews"), review=found[0]) is None
    assert database.row("select count(*) from reviews_rectification where case_number = %s", [found[1]])[0] == 1


def test_who_holds_no_post_there_sees_no_rectification_and_who_lacks_the_post_is_refused(desk, poor):
    _, key = poor()
    for actor in (desk.stranger, desk.reception):
        with as_(actor), pytest.raises(RectificationNotFound if actor is desk.stranger else DutyMissing):
            actions.assign_rectification(actor, rectification=key, account=desk.reviewer.account)
    with pytest.raises(StaffUnknown):
        call(desk.supervisor, actions.assign_rectification, rectification=key, account=desk.citizen.account)
    assert state(key) is RectificationState.RECEIVED
    assert not any(desk.stranger.holds(role, desk.authority) for role in Role)


def test_who_did_the_work_neither_calls_back_nor_closes(desk, poor):
    _, key = poor()
    call(desk.supervisor, actions.assign_rectification, rectification=key, account=desk.supervisor.account)
    take(desk, key, "verify", "rectify", "feed_back")
    with pytest.raises(DutyMissing):
        take(desk, key, "revisit")


def test_refusals_write_nothing(desk, poor):
    _, key = poor()
    take(desk, key, "assign", "verify", "rectify")
    before = events.of_subject(f"rectification:{key}")
    for answer in ("", "  ", "好", "长" * 2001):
        with pytest.raises(HouseError):
            call(desk.reviewer, actions.feed_back, rectification=key, answer=answer)
    assert events.of_subject(f"rectification:{key}") == before
    assert state(key) is RectificationState.RECTIFYING


def test_an_answer_keeps_the_office_telephone_and_loses_personal_numbers(desk, poor):
    _, key = poor()
    take(desk, key, "assign", "verify", "rectify")
    call(desk.reviewer, actions.feed_back, rectification=key,
         answer="王五（身份证11010119850101123X，手机13800138000）请打 029-86912345。")
    assert queries.rectification(key).answer == "王五（身份证***，手机***）请打 029-86912345。"


def announced(key, name):
    """What events of a name say of a rectification."""
    return [each.payload for each in events.of_subject(f"rectification:{key}") if each.name == name]


def test_opening_tells_which_case_and_by_when(poor):
    held, key = poor()
    assert announced(key, "RectificationOpened") == [
        {"rectification": key, "case_number": queries.invitation(held).case_number, "due_on": "2026-03-03"}]


def test_an_extension_keeps_its_reason_and_anyone_can_recompute_what_its_event_commits_to(desk, poor):
    held, key = poor()
    take(desk, key, "assign", "verify", "rectify")
    call(desk.supervisor, actions.extend_rectification, rectification=key, reason="等设备到货，联系 13800138000。")
    reason, salt = database.row("select extension_reason, extension_salt from reviews_rectification where id = %s",
                                [key])
    assert (reason, len(salt)) == ("等设备到货，联系 ***。", 32)
    assert queries.rectification(key).extension_reason == reason
    assert announced(key, "RectificationExtended") == [
        {"rectification": key, "case_number": queries.invitation(held).case_number,
         "due_on": queries.rectification(key).due_on.isoformat(), "reason_hash": commitment(salt, reason)}]


@pytest.mark.parametrize(("steps", "after", "columns"), [
    (("assign", "mistaken"), "VERIFIED", "finding_reason, finding_salt"),
    (WAY[:4], "FED_BACK", "answer, answer_salt")])
def test_what_a_step_commits_to_can_be_recomputed_from_the_row(desk, poor, steps, after, columns):
    _, key = poor()
    take(desk, key, *steps)
    words, salt = database.row(f"select {columns} from reviews_rectification where id = %s", [key])
    [told] = [each for each in announced(key, "RectificationMoved") if each["after"] == after]
    assert words and told["text_hash"] == commitment(salt, words)


def test_the_reason_of_an_extension_stays_as_it_was_given(desk, poor):
    _, key = poor()
    take(desk, key, "assign", "verify", "rectify")
    call(desk.supervisor, actions.extend_rectification, rectification=key, reason="要换设备，等到货。")
    for change in ("extension_reason = 'x'", "extension_salt = ''", "extended = false"):
        with as_(desk.supervisor), pytest.raises(IntegrityError), database.atomic():
            database.execute(f"update reviews_rectification set {change} where id = %s", [key])


def test_only_who_holds_a_working_post_at_the_authority_can_be_made_responsible(desk, poor):
    _, key = poor()
    gone, editor = cases.officer(desk.authority), cases.officer(desk.authority, Role.CATALOGUE_EDITOR)
    identity.give_post(cases.TESTER, account=gone.account, authority=desk.authority, role=Role.REVIEWER,
                       valid_from=date(2026, 1, 1))
    with database.serving("worker"):
        database.execute("update identity_post set valid_to = '2026-03-01' where account_id = %s", [gone.account])
    for account in (desk.stranger.account, gone.account, editor.account, 0, 2**62):
        with pytest.raises(StaffUnknown):
            call(desk.supervisor, actions.assign_rectification, rectification=key, account=account)
    assert (state(key), announced(key, "RectificationMoved")) == (RectificationState.RECEIVED, [])
    call(desk.supervisor, actions.assign_rectification, rectification=key, account=desk.reviewer.account)
    assert queries.rectification(key).assigned_to == desk.reviewer.account


def test_one_rectification_that_cannot_be_announced_holds_up_none_after_it(desk, poor, at, monkeypatch):
    keys = [poor()[1] for _ in range(4)]
    at(datetime(2026, 3, 4, 9, 0, tzinfo=SHANGHAI))
    told = actions.note_overdue

    def breaks_at_the_first(who, *, rectification):
        told(who, rectification=rectification)
        if rectification == keys[0]:
            raise RuntimeError("broken row")

    monkeypatch.setattr(tasks, "AT_ONCE", 1)
    monkeypatch.setattr(tasks, "note_overdue", breaks_at_the_first)
    ticking.TICKS["reviews.overdue"]()
    assert [len(announced(key, "RectificationOverdue")) for key in keys] == [0, 1, 1, 1]


@requirement("EVA-11")
def test_what_was_done_is_told_read_by_reviewer_and_authority_and_kept_out_of_the_event(desk, poor):
    held, key = poor()
    take(desk, key, "assign", "verify")
    for done in ("", "  ", "改了"):
        with pytest.raises(TextMissing):
            call(desk.reviewer, actions.rectify, rectification=key, remedy=Remedy.IMMEDIATE, done=done)
    assert state(key) is RectificationState.VERIFIED
    take(desk, key, "rectify")
    kept = queries.rectification(key).remedy_text
    assert "改了流程" in kept and "13800138000" not in kept and queries.own_review(held).remedy_text == kept
    moved = [each.payload for each in events.of_subject(f"rectification:{key}") if each.name == "RectificationMoved"][-1]
    salt = database.row("select remedy_salt from reviews_rectification where id = %s", [key])[0]
    assert moved["text_hash"] == commitment(salt, kept) and "流程" not in str(moved)
    with as_(desk.supervisor), pytest.raises(IntegrityError), database.atomic():
        database.execute("update reviews_rectification set remedy_text = 'x' where id = %s", [key])


@pytest.mark.parametrize("step", ["rectify", "feed_back"])
def test_a_supervisor_who_did_the_work_in_place_of_who_is_responsible_judges_none_of_it(desk, poor, step):
    _, key = poor()
    take(desk, key, "assign", "verify")
    done = {"rectify": lambda by: call(by, actions.rectify, rectification=key, remedy=Remedy.LIMITED, done=DONE),
            "feed_back": lambda by: call(by, actions.feed_back, rectification=key, answer=ANSWER)}
    for name, does in done.items():
        does(desk.supervisor if name == step else desk.reviewer)
    with pytest.raises(OwnWork):
        take(desk, key, "revisit")
    other = officer(desk.authority, Role.SUPERVISOR)
    call(other, actions.revisit_by_call, rectification=key, grade=2)
    with pytest.raises(OwnWork):
        take(desk, key, "close")
    call(other, actions.close_rectification, rectification=key)


def test_whoever_handled_the_case_does_not_find_its_review_mistaken(desk, poor):
    _, key = poor()
    take(desk, key, "assign")
    identity.give_post(System(name="tester"), account=desk.decider.account, authority=desk.authority, role=Role.SUPERVISOR,
                       valid_from=date(2026, 1, 1))
    both = replace(desk.decider, posts=(*desk.decider.posts, *desk.supervisor.posts))
    for finding in (Finding.MISTAKEN, Finding.MALICIOUS):
        with pytest.raises(OwnWork):
            call(both, actions.verify_rectification, rectification=key, finding=finding, reason=REASON)
    assert state(key) is RectificationState.ASSIGNED
