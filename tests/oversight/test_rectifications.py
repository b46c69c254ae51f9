"""A poor review on its way to an answer by the acts on its page (EVA-10)."""

import pytest

from tests.oversight import given
from tests.oversight.given import Browser, Town
from tests.requirements import requirement
from tests.reviews import given as desks
from tongban.identity.types import Role
from tongban.reviews import actions

DONE = "已经当面说明，并且改了流程。"


@pytest.fixture
def browser(own_town: Town) -> Browser:
    return given.officer({own_town.desk.authority: Role.SUPERVISOR})


@pytest.fixture
def poor(own_town: Town) -> int:
    return given.one("select id from reviews_rectification where case_number = %s", [own_town.numbers["bad"]])


def state_of(key: int) -> str:
    return given.one("select state from reviews_rectification where id = %s", [key])


def step(browser: Browser, key: int, expected: str, **typed: str) -> None:
    """One act on the page, which leads to the expected state."""
    path = f"/oversight/rectifications/{key}/"
    found = browser.post(path, **typed)
    assert found.where == path, found.words
    assert state_of(key) == expected


@requirement("EVA-10")
def test_a_true_complaint_is_assigned_looked_into_put_right_answered_called_back_and_closed(
        own_town: Town, poor: int, browser: Browser):
    handler, other = str(own_town.desk.reviewer.account), given.officer({own_town.desk.authority: Role.SUPERVISOR})
    step(browser, poor, "ASSIGNED", act="assign", account=handler)
    step(browser, poor, "VERIFIED", act="verify", finding="TRUE")
    step(browser, poor, "RECTIFYING", act="rectify", remedy="LIMITED", done=DONE)
    before = given.one("select due_on from reviews_rectification where id = %s", [poor])
    step(other, poor, "RECTIFYING", act="extend", reason="要等设备到货，多给几天")
    assert given.one("select due_on from reviews_rectification where id = %s", [poor]) > before
    step(browser, poor, "FED_BACK", act="answer", answer="已增派人手，以后两天内办好")
    step(other, poor, "REVISITED", act="revisit", grade="2")
    step(other, poor, "CLOSED", act="close")
    words = browser.get(f"/oversight/rectifications/{poor}/").words
    for each in ("属实", DONE, "已增派人手，以后两天内办好", "已延期一次：要等设备到货，多给几天", "满意", "已经没有要做的了"):
        assert each in words, each
    assert words.index("已回访，待了结") < words.index("整改中") < words.index("待指派")


@requirement("EVA-10")
def test_a_mistaken_review_needs_a_published_reason_and_stays_in_the_list(own_town: Town, poor: int, browser: Browser):
    path = f"/oversight/rectifications/{poor}/"
    step(browser, poor, "ASSIGNED", act="assign", account=str(own_town.desk.reviewer.account))
    refused = browser.post(path, act="verify", finding="MISTAKEN", reason="")
    assert refused.status == 422 and 'value="MISTAKEN" selected' in refused.source
    assert state_of(poor) == "ASSIGNED"
    step(browser, poor, "VERIFIED", act="verify", finding="MISTAKEN", reason="说的是另一个部门的事")
    listed = browser.get("/en/oversight/reviews/", show="poor")
    assert own_town.numbers["bad"] in listed.source and "found mistaken or malicious are listed" in listed.words
    href = next(href for href, _text in browser.get("/en/oversight/").links("/en/oversight/reviews/?show=uncounted"))
    assert f"/en/oversight/cases/{own_town.numbers['bad']}/" in given.walk(browser, href, "cases")
    assert own_town.numbers["late"] not in browser.get(href).source
    step(browser, poor, "FED_BACK", act="answer", answer="您说的是另一个部门，我们已转告")


def test_only_who_handled_the_case_can_be_made_responsible(own_town: Town, poor: int, browser: Browser):
    path = f"/oversight/rectifications/{poor}/"
    outsider = given.officer({own_town.desk.authority: Role.REVIEWER})
    for account in (str(outsider.actor.account), "", "x", str(browser.actor.account)):
        assert browser.post(path, act="assign", account=account).status == 422
    assert state_of(poor) == "RECEIVED"
    assert browser.get(path).source.count("<option") == 4


@pytest.mark.parametrize("typed", [
    {"act": "close"}, {"act": "revisit", "grade": "1"}, {"act": "rectify", "remedy": "IMMEDIATE", "done": "已经当面说明并改了流程"},
    {"act": "answer", "answer": "已经办好，请放心"}, {"act": "extend", "reason": "要等设备到货"},
    {"act": "verify", "finding": "TRUE"}, {"act": "erase"}])
def test_steps_out_of_turn_are_refused(own_town: Town, poor: int, browser: Browser, typed):
    assert browser.post(f"/oversight/rectifications/{poor}/", **typed).status == 422
    assert state_of(poor) == "RECEIVED"


def test_whoever_did_the_work_may_not_close_it(own_town: Town, poor: int, browser: Browser):
    with desks.as_(own_town.desk.decider):
        actions.assign_rectification(own_town.desk.decider, rectification=poor, account=browser.actor.account)
    step(browser, poor, "VERIFIED", act="verify", finding="TRUE")
    step(browser, poor, "RECTIFYING", act="rectify", remedy="IMMEDIATE", done=DONE)
    step(browser, poor, "FED_BACK", act="answer", answer="已经补办好，向您道歉")
    assert browser.post(f"/oversight/rectifications/{poor}/", act="revisit", grade="0").status == 422
    assert state_of(poor) == "FED_BACK"


def test_a_missed_due_day_is_said_and_listed(own_town: Town, poor: int, at):
    at(given.day(12))
    late = given.officer({own_town.desk.authority: Role.SUPERVISOR})
    assert f"/oversight/rectifications/{poor}/" in given.walk(late, "/oversight/rectifications/?show=overdue",
                                                              "rectifications")
    assert "已经过了，评价人还在等" in late.get(f"/oversight/rectifications/{poor}/").words


def test_a_rectification_of_another_authority_is_not_found(own_town: Town, poor: int):
    stranger = given.officer({own_town.desk.other: Role.SUPERVISOR, own_town.desk.authority: Role.DECIDER})
    assert stranger.get(f"/oversight/rectifications/{poor}/").status == 404
    assert stranger.post(f"/oversight/rectifications/{poor}/", act="close").status == 404
