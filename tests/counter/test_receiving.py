"""Receiving: accept, ask once, turn down."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.counter import given
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.identity.types import Role
from tongban.kernel import database


def test_one_press_on_the_case_page_accepts_and_the_clock_runs(db):
    number = given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    assert f'formaction="/desk/{number}/accept/"' in clerk.get(f"/desk/{number}/").response.content.decode()
    done = clerk.post(f"/desk/{number}/accept/")
    assert (done.status, done.where) == (303, f"/desk/{number}/?done=accept")
    assert given.state_of(number) == "ACCEPTED"
    assert clerk.get(done.where).says("受理了，开始计时。")
    role, = database.row("select role from kernel_event where subject = %s and name = 'CaseAccepted'", [number])
    assert role == "RECEPTIONIST"


def test_what_accepting_brings_is_said_before_and_comes_true(db):
    number = given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    assert clerk.get(f"/desk/{number}/accept/").says("3月10日（周二）前办结")
    assert clerk.get(f"/en/desk/{number}/accept/").says("finish by Tuesday 10 March")
    clerk.post(f"/desk/{number}/accept/")
    assert given.reviewer(given.SITE).get(f"/desk/{number}/").says("承诺 3月10日（周二）前办好")


def test_accepting_twice_is_refused_with_the_rule_and_changes_nothing(db):
    number = given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    clerk.post(f"/desk/{number}/accept/")
    again = clerk.post(f"/desk/{number}/accept/")
    assert again.status == 422 and given.events_of(number).count("CaseAccepted") == 1
    assert clerk.get(f"/desk/{number}/accept/").says("现在不能办")


@pytest.mark.parametrize("part", ["accept", "corrections", "decline"])
def test_a_decider_may_not_receive(db, part):
    number = given.received(given.SITE)
    assert given.decider(given.SITE).post(f"/desk/{number}/{part}/").status == 403
    assert given.state_of(number) == "SUBMITTED"


def test_an_instant_case_goes_straight_on_to_its_decision(db):
    number = given.received(given.INSTANT)
    both = given.officer(given.journeys.authority_of(given.INSTANT), given.Role.RECEPTIONIST, given.Role.DECIDER)
    accepted = both.post(f"/desk/{number}/accept/")
    assert (accepted.status, accepted.where) == (303, f"/desk/{number}/decide/")
    assert both.get(accepted.where).says("准予")
    assert both.post(accepted.where, outcome="GRANTED").status == 303
    assert given.state_of(number) == "DECIDED"


@requirement("CASE-17")
def test_the_applicant_is_told_once_everything_that_is_missing(db):
    number = given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    path = f"/desk/{number}/corrections/"
    form = clerk.get(path)
    for line in ("营业执照", "位置图和卫生设施平面图", "卫生管理制度", "开在哪里？", "谁负责卫生？"):
        assert form.says(line)
    wanted = {"on-m-location-plan": "on", "what-m-location-plan": "看不清，请重新拍照。", "what-p-people": "人数不对"}
    notice = clerk.post(path, preview="1", **wanted)
    assert notice.status == 200 and notice.says("1. 位置图和卫生设施平面图 看不清，请重新拍照。")
    assert notice.says("请在 3月30日（周一）前补上") and given.state_of(number) == "SUBMITTED"
    assert clerk.post(path, change="1", **wanted).says("哪里不对")
    sent = clerk.post(path, send="1", **wanted)
    assert sent.status == 303 and given.state_of(number) == "SUPPLEMENT_BEFORE"
    page = clerk.get(f"/desk/{number}/")
    assert page.says("人数不对") and page.says("等申请人补正")
    again = clerk.post(path, send="1", **wanted)
    assert again.status == 422 and "人数不对" in again.response.content.decode()
    assert given.events_of(number).count("CorrectionsRequested") == 1


def test_a_second_notice_is_refused_after_the_applicant_answered(db):
    person = given.journeys.with_firm(given.journeys.citizen())
    number = given.journeys.submitted(person, given.SITE)
    clerk = given.clerk(given.SITE)
    path = f"/desk/{number}/corrections/"
    clerk.post(path, send="1", **{"what-p-people": "人数不对"})
    given.journeys.act(person, cases.answer_corrections, number=number, answers={}, materials=())
    assert given.state_of(number) == "SUBMITTED"
    assert clerk.get(path).says("现在不能办")
    again = clerk.post(path, send="1", **{"what-p-people": "还有一处"})
    assert again.status == 422 and 'value="还有一处"' in again.response.content.decode()


def test_corrections_without_words_are_asked_for_and_what_was_ticked_stays(db):
    number = given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    path = f"/desk/{number}/corrections/"
    nothing = clerk.post(path, preview="1")
    assert nothing.status == 422 and nothing.says("至少勾选一项")
    ticked = clerk.post(path, preview="1", **{"on-m-air-test": "on"})
    assert ticked.status == 422 and ticked.says("请写明哪里不对、怎么补")
    assert 'id="on-m-air-test" name="on-m-air-test" checked' in ticked.response.content.decode()
    assert given.state_of(number) == "SUBMITTED"


@requirement("CASE-16")
def test_an_application_is_turned_down_only_on_one_of_three_grounds(db):
    number = given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    path = f"/desk/{number}/decline/"
    for ground in ("", "MATERIALS_MISSING"):
        refused = clerk.post(path, ground=ground, reason="材料不齐，请回去补。")
        assert refused.status == 422 and "材料不齐，请回去补。" in refused.response.content.decode()
    organ = clerk.post(path, ground="NOT_OUR_POWER", reason="这件事由卫生健康局办理。")
    assert organ.status == 422 and 'id="right_organ--error"' in organ.response.content.decode()
    assert given.state_of(number) == "SUBMITTED" and "CaseDeclined" not in given.events_of(number)
    done = clerk.post(path, ground="NOT_OUR_POWER", reason="这件事由卫生健康局办理。", right_organ="广安区卫生健康局")
    assert done.status == 303 and given.state_of(number) == "NOT_ACCEPTED"
    page = clerk.get(f"/desk/{number}/")
    assert page.says("不属于本机关职权") and page.says("广安区卫生健康局") and page.says("这件事由卫生健康局办理。")


@pytest.mark.parametrize("typed", ["\x00", "<script>alert(1)</script>", "x" * 100_000, "\u202e反", "\ufffe"])
def test_whatever_is_typed_into_a_notice_is_kept_as_text(db, typed):
    number = given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    page = clerk.post(f"/desk/{number}/corrections/", preview="1", **{"what-p-people": typed})
    assert page.status in (200, 422) and b"<script>alert" not in page.response.content
    sent = clerk.post(f"/desk/{number}/decline/", ground="BARRED", reason=typed)
    assert sent.status in (303, 422) and b"<script>alert" not in sent.response.content


def test_an_act_refused_in_a_second_window_leaves_only_what_can_be_done_now(db):
    number = given.received(given.PLAIN)
    first, second = given.clerk(given.PLAIN), given.clerk(given.PLAIN)
    first.post(f"/desk/{number}/accept/")
    refused = second.post(f"/desk/{number}/accept/")
    assert refused.status == 422 and refused.says("办件现在是“已受理”")
    main = refused.response.content.decode().partition("<main")[2].partition("</main>")[0]
    assert "<button" not in main and f"/desk/{number}/corrections/" not in main
    assert re.search(rf'<a class="btn[^"]*" href="/desk/{number}/"', main)


def test_what_other_posts_do_now_is_told_in_a_sentence_and_a_list(db):
    number = given.accepted(given.PLAIN)
    page = given.clerk(given.PLAIN).get(f"/desk/{number}/")
    acts = page.response.content.decode().partition('class="acts"')[2]
    assert page.says("现在轮到审查岗办理。您的岗位可以看这个办件，不办下面这些：")
    assert re.findall(r"<li>([^<]+)</li>", acts)[:2] == ["审查：通过", "写意见"]
    assert given.reviewer(given.PLAIN).get(f"/en/desk/{number}/").status == 200
    assert given.clerk(given.PLAIN).get(f"/en/desk/{number}/").says("It is the turn of another post: examination.")


@requirement("TIM-R5", "TIM-R6")
def test_an_application_sent_after_closing_time_has_the_same_days_left_at_the_desk_as_on_its_receipt(db, at):
    at(datetime(2026, 3, 2, 19, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    number = given.received(given.PLAIN)
    clerk = given.clerk(given.PLAIN)
    page = clerk.get(f"/desk/{number}/")
    assert page.says("剩 5 个工作日") and not page.says("剩 6 个工作日")
    at(datetime(2026, 3, 4, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    given.sign_in_again(clerk)
    assert clerk.get(f"/desk/{number}/").says("剩 4 个工作日")


def test_staff_are_called_by_their_english_name_on_english_pages(db):
    place = given.journeys.authority_of(given.PLAIN)
    officer = given.officer(place, Role.SUPERVISOR, Role.DECIDER)
    database.execute("update identity_account set display_en = 'Sun Lixin' where id = %s", [officer.actor.account])
    for path in ("oversight/", "desk/"):
        assert officer.get(f"/en/{path}").says("Sun Lixin") and not officer.get(f"/en/{path}").says(officer.name)
        assert officer.get(f"/{path}").says(officer.name)
