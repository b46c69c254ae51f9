"""Giving a review: once, genuine, with the reasons offered; kept as it was given, whoever tries what."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import Error, IntegrityError, ProgrammingError, connections

from tests.requirements import requirement
from tests.reviews import given as cases
from tests.reviews.given import as_
from tongban.cases.rules import commitment
from tongban.kernel import clock, database, events
from tongban.kernel.errors import HouseError
from tongban.reviews import actions, queries
from tongban.reviews.errors import (
    AlreadyFollowedUp,
    AlreadyReviewed,
    GradeMissing,
    InvitationNotFound,
    NotReviewedYet,
    OptionNotOffered,
    StaffMayNotReview,
    TextMissing,
    TextTooLong,
)
from tongban.reviews.types import Grade, TokenHolder

HOLDER = TokenHolder()
POISON = ["<script>alert(1)</script>", "'; drop table reviews_review; --", "a\x00b\x1b[31m", "\u202egnp.exe",
          "{field} %s %(x)s {{ 7*7 }}", "🙂" * 100, "很慢\r\n\r\n等了三天", "\ud800", "é" * 100, "|" * 500]


def give(token, *, grade=5, text="", options=(), who=HOLDER, actor=None):
    with as_(actor):
        return actions.submit_review(who, token=token, grade=grade, text=text, options_ticked=options)


def stored(key):
    return database.row("select text, public_text, grade, options, signed_in, text_salt, case_number from "
                        "reviews_review where id = %s", [key])


def given_events(case_number):
    return database.rows("select payload from kernel_event where name = 'ReviewGiven' "
                         "and payload->>'case_number' = %s", [case_number])


def test_sixteen_at_once_make_one_review(token):
    held = token()
    gate = threading.Barrier(16)

    def attempt(number):
        try:
            with database.serving("public"):
                database.row("select 1")
                gate.wait(timeout=30)
                return give(held, grade=number % 5 + 1)
        except AlreadyReviewed as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(attempt, range(16)))
    assert len([each for each in results if isinstance(each, int)]) == 1
    assert len([each for each in results if isinstance(each, AlreadyReviewed)]) == 15
    number = queries.invitation(held).case_number
    assert database.row("select count(*) from reviews_review where case_number = %s", [number])[0] == 1
    assert len(given_events(number)) == 1


@requirement("EVA-03")
@pytest.mark.parametrize(("grade", "poor"), [(1, False), (2, False), (3, False), (4, True), (5, True)])
def test_grades_four_and_five_are_poor_and_open_a_rectification(review, grade, poor):
    held = review(grade)
    asked = queries.invitation(held)
    assert asked.grade == grade
    assert asked.grade.is_poor is poor
    assert (asked.rectification is not None) is poor


@requirement("EVA-03")
@pytest.mark.parametrize("grade", [0, 6, -1, 99999])
def test_there_is_no_grade_beside_the_five(token, grade):
    held = token()
    with pytest.raises(GradeMissing):
        give(held, grade=grade)
    assert queries.invitation(held).grade is None


def test_the_database_itself_knows_no_sixth_grade(token):
    held = token()
    with pytest.raises(IntegrityError), as_(None):
        database.row("select reviews_give(encode(sha256(%s::bytea), 'hex'), 6, '{}', 1, '', '', '', false, 'web')",
                     [held])
    assert queries.invitation(held).grade is None


@pytest.mark.parametrize("signed_in", [True, False])
def test_the_link_is_enough_and_signing_in_makes_it_a_real_name_review(desk, token, signed_in):
    held = token()
    key = give(held, who=desk.citizen, actor=desk.citizen) if signed_in else give(held)
    assert stored(key)[4] is signed_in


def test_a_link_held_by_someone_else_gives_no_real_name_review(token):
    stranger = cases.citizen()
    assert stored(give(token(), who=stranger, actor=stranger))[4] is False


def test_staff_cannot_review(desk, token):
    held = token()
    for actor in (desk.decider, desk.supervisor):
        with as_(None), pytest.raises(StaffMayNotReview):
            actions.submit_review(actor, token=held, grade=1)
        with as_(actor), pytest.raises(ProgrammingError):
            actions.submit_review(actor, token=held, grade=1)
    assert queries.invitation(held).grade is None


@requirement("EVA-08")
def test_only_the_reasons_offered_with_the_grade_are_taken(token):
    held = token()
    offered = queries.options(on=clock.today())
    good, bad = (tuple(each.code for each in offered.of(grade)) for grade in (Grade.SATISFIED, Grade.DISSATISFIED))
    for options in (bad[:1], (*good, "999"), (good[0], good[0]), ("",), ("'",)):
        with pytest.raises(OptionNotOffered):
            give(held, grade=2, options=options)
    key = give(held, grade=2, options=good)
    assert tuple(stored(key)[3]) == good


@pytest.mark.parametrize("text", POISON)
def test_odd_text_is_kept_harmless_and_read_back(token, text):
    key = give(token(), grade=4, text=text)
    kept = stored(key)[0]
    assert not any(each in kept for each in "\x00\x1b\u202e\ud800\r")
    assert kept.replace("\n", "") == "".join(each for each in text if each not in "\x00\x1b\u202e\ud800\r\n")
    assert queries.public_reviews(limit=1)[0].text == kept


def test_five_hundred_and_one_characters_are_too_many(token):
    held = token()
    with pytest.raises(TextTooLong):
        give(held, text="慢" * 501)
    assert queries.invitation(held).grade is None
    give(held, text="慢" * 500)


def test_the_event_holds_a_salted_hash_and_not_the_words(token):
    key = give(token(), grade=5, text="窗口的人很凶")
    text, _, _, _, _, salt, number = stored(key)
    [(payload,)] = given_events(number)
    assert commitment(salt, text) in payload
    assert "窗口" not in payload


def test_one_comment_may_follow_and_only_one(token):
    held = token()
    with as_(None), pytest.raises(NotReviewedYet):
        actions.follow_up(HOLDER, token=held, text="补一句")
    give(held, grade=5)
    with as_(None), pytest.raises(TextMissing):
        actions.follow_up(HOLDER, token=held, text=" \x00 ")
    with as_(None):
        actions.follow_up(HOLDER, token=held, text="后来打电话来道歉了，电话13800138000")
    with as_(None), pytest.raises(AlreadyFollowedUp):
        actions.follow_up(HOLDER, token=held, text="再补一句")
    assert queries.public_reviews(limit=1)[0].follow_up == "后来打电话来道歉了，电话***"
    assert queries.invitation(held).grade is Grade.VERY_DISSATISFIED


WRITES = ["update reviews_review set grade = 1", "update reviews_review set public_text = ''",
          "update reviews_review set erased_at = kernel_now(), text = '', public_text = '', follow_up = ''",
          "delete from reviews_review", "truncate reviews_review cascade",
          "update reviews_invitation set expires_at = kernel_now()", "delete from reviews_invitation",
          "delete from reviews_rectification", "delete from reviews_step", "update reviews_step set after = 'CLOSED'"]


@requirement("EVA-02")
@pytest.mark.parametrize("login", ["public", "citizen", "officer", "auditor"])
def test_nobody_can_alter_hide_or_delete_a_review(desk, review, login):
    review(5, text="很慢")
    for act in WRITES:
        with database.serving(login), pytest.raises(ProgrammingError), database.acting(
                parties=desk.citizen.parties, authorities=[desk.authority]):
            database.execute(act)


@requirement("EVA-02")
@pytest.mark.parametrize("login", ["worker", "owner"])
def test_not_even_the_machine_changes_what_was_said(review, login):
    held = review(5, text="很慢")
    with as_(None):
        actions.follow_up(HOLDER, token=held, text="还是慢")
    for act in BY_MACHINE:
        with database.serving(login), pytest.raises(Error), database.atomic():
            database.execute(act)
    assert queries.public_reviews(limit=1)[0].text == "很慢"


BY_MACHINE = [
    *(each for each in WRITES if "erased_at" not in each),
    "update reviews_review set options = '{}'", "update reviews_review set at = kernel_now()",
    "update reviews_review set text = 'x'", "update reviews_review set signed_in = true",
    "update reviews_review set follow_up = '', follow_up_at = null where follow_up_at is not null",
    "update reviews_review set follow_up = 'x' where follow_up_at is not null"]


def test_an_officer_of_another_authority_sees_no_review(desk, review):
    held = review(5)
    number = queries.invitation(held).case_number
    with as_(desk.stranger):
        for table in ("reviews_invitation", "reviews_review", "reviews_rectification"):
            assert database.row(f"select count(*) from {table} where case_number = %s", [number])[0] == 0
        assert database.row("select count(*) from reviews_step where authority = %s", [desk.authority])[0] == 0
    with as_(desk.reviewer):
        assert queries.reviews(limit=1)[0].case_number == number


@requirement("EVA-02")
def test_the_public_reads_neither_who_nor_which_case(desk, token):
    held = token()
    give(held, grade=4, text="我叫王五，身份证 110101 19850101 123X，手机１３８００１３８０００，"
                             f"卡号6222-0212-3456-7890，件号{desk.numbers[-1]}，邮箱 wang.wu@example.com，"
                             "2026-03-02 去的，等了 3 小时")
    with as_(None):
        seen = queries.public_reviews(item_code=desk.item)[0]
    assert seen.text == "我叫王五，身份证 ***，手机***，卡号***，件号***，邮箱 ***，2026-03-02 去的，等了 3 小时"
    with as_(None):
        names = [column for (column,) in database.rows(
            "select unnest(proargnames) from pg_proc where proname in ('reviews_public', 'reviews_counts')")]
        shown = database.row("select reviews_public::text from reviews_public(%s, null, null, 100)", [desk.item])[0]
    assert not {"party", "case_number", "token_hash", "text"} & set(names)
    assert desk.numbers[-1] not in shown
    assert f",{desk.citizen.party}," not in shown


def test_only_the_reviewer_takes_the_words_back_and_the_grade_stays(desk, token):
    held = token()
    key = give(held, grade=5, text="我是王五")
    with as_(desk.supervisor), pytest.raises(ProgrammingError):
        actions.erase_text(desk.supervisor, token=held)
    with as_(None), pytest.raises(StaffMayNotReview):
        actions.erase_text(desk.supervisor, token=held)
    assert stored(key)[0] == "我是王五"
    with as_(None):
        actions.erase_text(HOLDER, token=held)
        actions.erase_text(HOLDER, token=held)
    assert stored(key)[:3] == ("", "", 5)
    assert queries.public_reviews(limit=1)[0].grade is Grade.VERY_DISSATISFIED
    subject = f"review:{queries.invitation(held).id}"
    assert [each.name for each in events.of_subject(subject)].count("ReviewTextErased") == 1
    with as_(None), pytest.raises(AlreadyFollowedUp):
        actions.follow_up(HOLDER, token=held, text="再说一遍")


def test_a_refused_review_leaves_no_trace(token):
    held = token()
    before = database.row("select count(*) from kernel_event")[0]
    attempts = [{"grade": 9}, {"options": ("x",)}, {"text": "长" * 600}]
    for each in attempts:
        with pytest.raises(HouseError):
            give(held, **each)
    with pytest.raises(InvitationNotFound):
        give("0" * 32)
    assert database.row("select count(*) from kernel_event")[0] == before
