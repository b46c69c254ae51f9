"""The applicant is written to at every turn, in both languages (CASE-28)."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from django.test.utils import CaptureQueriesContext

from tests.cases.given import (
    LICENSED,
    REASON,
    Matter,
    accepted,
    asked_to_correct,
    decided,
    examined,
    received,
    shanghai,
)
from tests.journeys import as_actor
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.followers import tell_applicant
from tongban.cases.tasks import act_on_due
from tongban.cases.types import DeclineGround, Outcome
from tongban.kernel import database
from tongban.licences.tasks import issue
from tongban.messages import queries as messages


def letters(matter: Matter, catch_up) -> list[messages.MessageRow]:
    """What the applicant finds in the inbox about the case, oldest first."""
    catch_up()
    with as_actor(matter.person):
        found = [each for each in messages.inbox(matter.person.parties, limit=100) if each.about == matter.number]
    return [each for each in found[::-1] if not each.link]


def titles(matter: Matter, catch_up) -> list[tuple[str, str]]:
    return [(each.title.zh.split("：")[0], each.title.en.split(":")[0]) for each in letters(matter, catch_up)]


@requirement("CASE-28")
def test_a_long_case_tells_every_turn_and_no_more(db, at, catch_up):
    matter = asked_to_correct()
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    matter.by("clerk", cases.accept_case)
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    matter.by("reviewer", cases.suspend_case, procedure="hearing", announced_end=shanghai(3, 9).date())
    at(shanghai(3, 4, 10))
    matter.by("reviewer", cases.resume_case)
    matter.by("decider", cases.extend_case, days=2, reason=REASON)
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED)
    written = [each.body.zh for each in letters(matter, catch_up)]
    assert [each for each in written if re.search(r"） [\u4e00-\u9fff]", each)] == [] and "（周" in "".join(written)
    assert titles(matter, catch_up) == [
        ("收到了", "Received"), ("请补充材料", "Please correct"), ("受理了", "Accepted"), ("计时暂停", "Clock stopped"),
        ("继续办理", "Clock running again"), ("办理期限延长", "Time limit extended"), ("办好了", "Done")]


@requirement("CASE-28")
def test_each_letter_says_the_thing_in_both_languages(db, catch_up):
    matter = asked_to_correct()
    for each in letters(matter, catch_up):
        assert each.title.en != each.title.zh
        assert each.body.en != each.body.zh
        assert each.body.en.isascii() or "“" in each.body.en
        assert any("\u4e00" <= character <= "\u9fff" for character in each.body.zh)
    received_letter, correction = letters(matter, catch_up)
    assert "3月9日（周一）" in received_letter.body.zh
    assert "Monday 9 March" in received_letter.body.en
    assert "3月30日（周一）" in correction.body.zh
    assert correction.body.en.startswith("There is 1 thing to put right")


def declined() -> Matter:
    matter = received()
    matter.by("clerk", cases.decline_case, ground=DeclineGround.BARRED, reason=REASON)
    return matter


def voided() -> Matter:
    matter = accepted()
    matter.by("supervisor", cases.void_case, reason=REASON)
    return matter


@requirement("CASE-28")
@pytest.mark.parametrize(("bring", "last"), [
    (declined, ("没有受理", "Not accepted")), (voided, ("已作废", "Voided")),
    (lambda: decided(outcome=Outcome.REFUSED), ("没有批准", "Refused")), (decided, ("办好了", "Done")),
], ids=["not accepted", "voided", "refused", "granted"])
def test_however_a_case_ends_the_applicant_is_told(db, catch_up, bring, last):
    assert titles(bring(), catch_up)[-1] == last


@requirement("CASE-28", "CASE-15")
def test_acceptance_by_silence_is_told_as_such(db, at, catch_up):
    matter = received()
    at(shanghai(3, 10))
    act_on_due()
    last = letters(matter, catch_up)[-1]
    assert "视为已经受理" in last.body.zh
    assert "by law" in last.body.en


@requirement("CASE-28", "CASE-17")
def test_closing_is_told(db, at, catch_up):
    matter = asked_to_correct()
    at(shanghai(3, 31))
    act_on_due()
    assert titles(matter, catch_up)[-1] == ("已结束", "Closed")


@requirement("TIM-05")
def test_an_extension_is_told_with_its_reason(db, catch_up):
    matter = accepted()
    matter.by("decider", cases.extend_case, days=2, reason=REASON)
    last = letters(matter, catch_up)[-1]
    assert REASON in last.body.zh
    assert REASON in last.body.en
    assert "4月1日" in last.body.zh
    voided_one = letters(voided(), catch_up)[-1]
    assert REASON in voided_one.body.zh


@requirement("CASE-28")
def test_only_a_case_with_a_licence_speaks_of_one(db, catch_up):
    assert "证照" not in letters(decided(), catch_up)[-1].body.zh
    matter = decided(LICENSED)
    catch_up()
    assert titles(matter, catch_up)[-1] == ("受理了", "Accepted")
    code, = database.row("select code from licences_licence where case_number = %s", [matter.number])
    issue(code=code)
    assert "我的证照" in letters(matter, catch_up)[-1].body.zh


def test_nobody_else_finds_the_letters(db, catch_up):
    matter, stranger = examined(), received().person
    assert letters(matter, catch_up)
    with as_actor(stranger):
        assert messages.about(matter.number) == []


def test_telling_waits_for_nobody_who_works_on_the_case(db, catch_up):
    catch_up()
    matters = [received(), accepted(), decided(LICENSED)]
    with working_on(matters):
        catch_up()
        assert database.row("select count(*) from kernel_parked where subject = any(%s)",
                            [[each.number for each in matters]]) == (0,)
        assert [len(letters(each, catch_up)) for each in matters] == [1, 2, 2]
    assert database.row("select count(*) from licences_licence where case_number = %s", [matters[2].number]) == (1,)


@contextmanager
def working_on(matters: list[Matter]) -> Iterator[None]:
    """Officers hold these cases in a transaction of their own."""
    hold = Event()

    def work(held: Event) -> bool:
        with database.serving("owner"):
            try:
                with database.atomic():
                    database.rows("select 1 from cases_case where number = any(%s) for update",
                                  [[each.number for each in matters]])
                    held.set()
                    return hold.wait(10)
            finally:
                database.connection().close()

    held = Event()
    with ThreadPoolExecutor(1) as office:
        work_done = office.submit(work, held)
        held.wait(60)
        with database.connection().cursor() as cursor:
            cursor.execute("set lock_timeout = '200ms'")
        try:
            yield
        finally:
            hold.set()
            database.execute("reset lock_timeout")
            assert work_done.result(), "the letters waited for the officers"


def test_a_batch_of_letters_takes_no_more_statements_than_one(db, catch_up):
    catch_up()
    asked = []
    for many in (1, 6):
        batch = [each.events[0] for each in [received() for _ in range(many)]]
        with CaptureQueriesContext(database.connection()) as captured:
            tell_applicant(batch)
        asked.append(len(captured))
    assert asked[0] == asked[1]
