"""A signal on its way: explained by the authority, judged by a supervisor, put right, closed; orders beside it."""

import html
import re

import pytest

from tests.oversight import given
from tests.oversight.given import Browser, Town
from tests.requirements import requirement
from tongban.identity.types import Actor, Role


def signal_of(town: Town, name: str, rule: str) -> str:
    return given.one("select number from supervision_signal where case_number = %s and rule = %s",
                     [town.numbers[name], rule])


def state_of(number: str) -> str:
    return given.one("select state from supervision_signal where number = %s", [number])


@pytest.fixture
def red(own_town: Town) -> str:
    return signal_of(own_town, "overdue_by_law", "LAW_EXCEEDED")


@pytest.fixture
def browser(own_town: Town) -> Browser:
    return given.officer({own_town.desk.authority: Role.SUPERVISOR})


def desk_of(actor: Actor) -> Browser:
    """A desk at which this officer has just signed in."""
    return Browser(actor=actor, client=given.browser_of(actor.account))


def awaited(who: Browser) -> list[str]:
    """Where the list of the desk leads, page after page."""
    found, path = [], "/desk/signals/"
    while path:
        source = who.get(path).source
        found += re.findall(r'<th scope="row".*?href="([^"]+)"', source, re.DOTALL)
        after = re.search(r'href="([^"]+)" rel="next"', source)
        path = html.unescape(after[1]) if after else ""
    return found


def explained(town: Town, number: str, text: str = "经办人请假，材料压了三天") -> None:
    found = desk_of(town.desk.reviewer).post(f"/desk/signals/{number}/", act="explain", words=text)
    assert found.status == 303, found.words


@requirement("SUP-02")
def test_a_signal_shows_what_is_to_be_recorded_of_it(own_town: Town, red: str, browser: Browser):
    explained(own_town, red, "经办人请假，电话13800138000")
    words = browser.get(f"/oversight/signals/{red}/").words
    for each in (red, own_town.numbers["overdue_by_law"], "LAW_EXCEEDED", "红牌", "已说明，待认定",
                 "2026年3月10日 10:00", "高陵区市场监管局", "食品经营许可", "经办人请假，电话***"):
        assert each in words, each


@requirement("SUP-08")
def test_a_card_goes_from_raising_to_its_end_by_the_pages_of_both_sides(own_town: Town, browser: Browser, catch_up):
    case = own_town.numbers["open"]
    browser.post(f"/oversight/cases/{case}/", act="raise", rule="UNAUTHORISED_CHARGE", description="多收了五十元")
    number = signal_of(own_town, "open", "UNAUTHORISED_CHARGE")
    path, answer = f"/oversight/signals/{number}/", f"/desk/signals/{number}/"
    clerk, head = desk_of(own_town.desk.reviewer), desk_of(own_town.desk.decider)
    catch_up()
    assert state_of(number) == "NOTIFIED"
    assert answer in awaited(clerk)
    assert "多收了五十元" in clerk.get(answer).words and "请在 3月12日（周四）前说明" in clerk.get(answer).words
    assert clerk.post(answer, act="explain", words="窗口误收，当天已退还").where == f"{answer}?done=explain"
    assert answer not in awaited(clerk)
    assert "窗口误收，当天已退还" in browser.get(path).words
    assert browser.post(path, act="close").status == 422
    assert browser.post(path, act="confirm", reason="说明不成立").where == path
    assert answer in awaited(clerk) and "说明不成立" in head.get(answer).words
    assert head.post(answer, act="correct", words="已向申请人道歉，收费窗口换人").where == f"{answer}?done=correct"
    assert "已向申请人道歉，收费窗口换人" in browser.get(path).words
    assert browser.post(path, act="close").where == path
    assert state_of(number) == "CLOSED"
    assert "现在可以做" not in browser.get(path).words and "已经结束" in clerk.get(answer).words


@requirement("SUP-08")
def test_a_card_is_cancelled_only_with_a_reason(own_town: Town, red: str, browser: Browser):
    path = f"/oversight/signals/{red}/"
    explained(own_town, red)
    refused = browser.post(path, act="cancel", reason="短")
    assert refused.status == 422 and ">\n短</textarea>" in refused.source and 'href="#cancel-reason"' in refused.source
    assert state_of(red) == "EXPLAINED"
    assert browser.post(path, act="cancel", reason="系统故障造成，说明属实").where == path
    assert state_of(red) == "CANCELLED"
    assert browser.post(path, act="close").where == path
    assert state_of(red) == "CLOSED"


def test_an_unexplained_card_may_be_confirmed_only_when_the_time_to_explain_is_over(own_town: Town, red: str, at):
    path = f"/oversight/signals/{red}/"
    early = given.officer({own_town.desk.authority: Role.SUPERVISOR})
    assert early.post(path, act="confirm").status == 422 and state_of(red) == "NOTIFIED"
    assert "认定信号成立" not in early.get(path).words
    at(given.day(13))
    late = given.officer({own_town.desk.authority: Role.SUPERVISOR})
    assert "没有说明。您可以认定信号成立" in late.get(path).words
    assert late.post(path, act="confirm").where == path
    assert state_of(red) == "CONFIRMED"


def test_a_reminder_is_not_judged(own_town: Town, browser: Browser):
    number = signal_of(own_town, "overdue", "NO_STEP")
    found = browser.get(f"/oversight/signals/{number}/")
    assert "不用答复，办件往下走就自动结束" in found.words and "撤销信号" not in found.words
    assert browser.post(f"/oversight/signals/{number}/", act="cancel", reason="这只是提醒而已").status == 422


@requirement("SUP-02")
def test_an_order_is_sent_answered_and_settled_by_the_pages_of_both_sides(own_town: Town, red: str, browser: Browser):
    path, desk = f"/oversight/signals/{red}/", f"/desk/signals/{red}/"
    assert browser.post(path, act="order", content="两个工作日内办结", due="13.3.2026").status == 422
    assert browser.post(path, act="order", content="两个工作日内办结", due="2026-03-09").status == 422
    assert browser.post(path, act="order", content="两个工作日内办结", due="2026-03-12").where == path
    order = given.one("select o.id from supervision_order o join supervision_signal s on s.id = o.signal_id "
                      "where s.number = %s", [red])
    assert browser.post(path, act=f"settle-{order}", result="已经办结并核实").status == 422
    head = desk_of(own_town.desk.decider)
    assert f"{desk}#order-{order}" in awaited(head)
    assert "两个工作日内办结" in head.get(desk).words
    assert head.post(desk, act="answer", order=str(order), words="今天已经办结").where == f"{desk}?done=answer"
    assert f"{desk}#order-{order}" not in awaited(head)
    assert "今天已经办结" in browser.get(path).words
    assert browser.post(path, act=f"settle-{order}", result="已经办结并核实").where == path
    assert "已经办结并核实" in head.get(desk).words
    assert given.one("select result from supervision_order where id = %s", [order]) == "已经办结并核实"


def test_a_signal_of_another_authority_is_not_found(own_town: Town, red: str):
    stranger = given.officer({own_town.desk.other: Role.SUPERVISOR, own_town.desk.authority: Role.DECIDER})
    assert stranger.get(f"/oversight/signals/{red}/").status == 404
    refused = stranger.post(f"/oversight/signals/{red}/", act="order", content="立即办结本件", due="2026-03-12")
    assert refused.status == 404
