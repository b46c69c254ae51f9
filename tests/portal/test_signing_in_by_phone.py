"""A phone signs a computer in: once, in two minutes, only the browser that asked, only after a fresh yes."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.test import Client

from tests import journeys
from tests.conftest import MONDAY
from tests.portal.public import text_of
from tests.portal.test_signed_in_pages import browser
from tests.requirements import requirement
from tongban.identity import queries
from tongban.identity.actions import answer_pairing, ask_to_pair, open_session, use_pairing
from tongban.identity.actions.pairing import code_of
from tongban.identity.errors import PairingOver
from tongban.identity.types import Strength
from tongban.kernel import database, events
from tongban.kernel.types import Channel
from tongban.messages import queries as inbox

PAGE = "/sign-in/phone/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"


@pytest.fixture
def person(db):
    return journeys.citizen()


@pytest.fixture
def computer(db):
    client = Client(headers={"user-agent": FIREFOX})
    assert client.post(PAGE)["Location"] == PAGE
    return client


def kept(computer):
    return computer.cookies["pairing"].value


def question(computer):
    return f"/me/sign-in/?code={code_of(kept(computer))}"


def is_signed_in(computer):
    return computer.get("/me/").status_code == 200


@requirement("IDN-12")
def test_a_phone_signs_in_the_computer_that_waits(person, computer, catch_up):
    waiting = computer.get(PAGE)
    assert waiting["Cache-Control"] == "no-store" and 'data-waits-for="/sign-in/phone/?wait"' in waiting.content.decode()
    assert computer.get(f"{PAGE}?wait").status_code == 204
    assert computer.get("/sign-in/phone/code.svg")["Content-Type"] == "image/svg+xml"
    phone = browser(person)
    asked = unescape(re.sub("<[^>]+>", " ", phone.get(question(computer)).content.decode()))
    assert "Firefox · Windows" in asked and "127.0.…" in asked and not is_signed_in(computer)
    assert "张示例" in asked, "the phone says as whom"
    assert phone.post(question(computer), {"allow": "1"}).status_code == 200
    assert computer.get(f"{PAGE}?wait").status_code == 200 and not is_signed_in(computer), "asking alone signs nobody in"
    assert computer.get(PAGE)["Location"] == "/me/" and is_signed_in(computer)
    with database.serving("citizen"):
        actor = queries.actor_by_session(computer.cookies[settings.SESSION_COOKIE_NAME].value)
        assert (actor.account, actor.strength, actor.proved_seconds) == (person.account, Strength.S2, 0)
        assert [each.browser for each in queries.sessions_of(person.account)].count("Firefox · Windows") == 1
    catch_up()
    with database.serving("worker"):
        assert [each.title.zh for each in inbox.inbox((person.party,), before=None, limit=9)] == ["您用手机登录了一台电脑"]
        names = [each.name for each in events.of_subject(f"account:{person.account}")]
    assert names[-3:] == ["PairingAnswered", "SignedIn", "PairingUsed"]
    assert "PairingAsked" in [each.name for each in events.of_subject("pairing")]


def test_a_picture_that_was_passed_on_signs_in_nobody_else(person, computer):
    thief = Client(headers={"user-agent": FIREFOX})
    browser(person).post(question(computer), {"allow": "1"})
    for cookie in (code_of(kept(computer)), "x", ""):
        thief.cookies["pairing"] = cookie
        assert "Location" not in thief.get(PAGE) and not is_signed_in(thief)
    assert computer.get(PAGE).status_code == 303, "and the browser that asked still can"


def test_a_code_works_once(person, computer):
    phone, value = browser(person), kept(computer)
    phone.post(question(computer), {"allow": "1"})
    used_up = phone.post(f"/me/sign-in/?code={code_of(value)}", {"allow": "1"})
    assert used_up.status_code == 404 and "在电脑上重新显示" in text_of(used_up) and "检查网址" not in text_of(used_up)
    assert computer.get(PAGE).status_code == 303
    again = Client(headers={"user-agent": FIREFOX})
    again.cookies["pairing"] = value
    assert "Location" not in again.get(PAGE) and not is_signed_in(again)


def test_two_minutes_are_all_there_is(person, at):
    late, answered = Client(), Client()
    for each in (late, answered):
        each.post(PAGE)
    phone = browser(person)
    phone.post(question(answered), {"allow": "1"})
    at(MONDAY + timedelta(seconds=120))
    assert phone.get(question(late)).status_code == 404 and phone.post(question(late), {"allow": "1"}).status_code == 404
    assert "Location" not in answered.get(PAGE) and not is_signed_in(answered)
    shown = late.get(PAGE).content.decode()
    assert "二维码过期了" in shown and "data-waits-for" not in shown and late.get(f"{PAGE}?wait").status_code == 200


def test_who_says_no_signs_nobody_in(person, computer):
    assert "没有登录" in browser(person).post(question(computer), {"refuse": "1"}).content.decode()
    shown = computer.get(PAGE)
    assert "手机上没有同意" in shown.content.decode() and "data-waits-for" not in shown.content.decode() and not is_signed_in(computer)
    assert browser(person).post(question(computer), {"allow": "1"}).status_code == 404


def test_a_page_that_waits_is_never_loaded_again_under_whoever_reads_it(person, computer):
    waiting = computer.get(PAGE)
    assert "Refresh" not in waiting and "http-equiv" not in waiting.content.decode()
    assert "还没收到手机上的同意" in computer.get(f"{PAGE}?asked=1").content.decode() and not is_signed_in(computer)
    browser(person).post(question(computer), {"allow": "1"})
    assert computer.get(f"{PAGE}?asked=1")["Location"] == "/me/" and is_signed_in(computer)


def test_saying_yes_needs_a_fresh_proof(person, computer, at):
    phone = browser(person)
    at(MONDAY + timedelta(seconds=301))
    fresh = Client()
    fresh.post(PAGE)
    assert phone.get(question(fresh)).status_code == 200
    assert phone.post(question(fresh), {"allow": "1"}).status_code == 403
    assert "Location" not in fresh.get(PAGE)


def test_only_people_answer_and_no_other_site_can_for_them(person, computer):
    assert Client().get(question(computer)).status_code == 401
    officer = journeys.officer(journeys.authority_of("food-operation-gaoling"))
    assert browser(officer).get(question(computer)).status_code == 403
    phone = browser(person)
    phone.handler.enforce_csrf_checks = True
    assert phone.get(question(computer)).status_code == 200
    assert phone.post(question(computer), {"allow": "1"}).status_code == 403
    assert "Location" not in computer.get(PAGE)


def test_a_computer_in_another_network_is_named_as_such(person):
    far = Client(REMOTE_ADDR="203.0.113.9")
    far.post(PAGE)
    shown = browser(person).get(question(far)).content.decode()
    assert "不在同一个网络" in shown and "203.0.…" in shown and "113" not in shown.split("203.0.…")[1][:5]


def test_the_verbs_themselves_know_time_and_number(person, at):
    token = open_session(account=person.account, channel=Channel.WEB)
    with database.serving("citizen"), database.acting(parties=person.parties, account=person.account):
        first, second = (ask_to_pair(browser="", place="") for _ in range(2))
        assert use_pairing(kept=first, browser="") == ""
        answer_pairing(person, token=token, code=code_of(first), allowed=True)
        with pytest.raises(PairingOver):
            answer_pairing(person, token=token, code=code_of(first), allowed=True)
        assert use_pairing(kept=first, browser="") and use_pairing(kept=first, browser="") == ""
        answer_pairing(person, token=token, code=code_of(second), allowed=False)
        assert use_pairing(kept=second, browser="") == ""
        third, fourth = (ask_to_pair(browser="", place="") for _ in range(2))
        answer_pairing(person, token=token, code=code_of(third), allowed=True)
    at(MONDAY + timedelta(seconds=120))
    with database.serving("citizen"), database.acting(parties=person.parties, account=person.account):
        assert use_pairing(kept=third, browser="") == ""
        with pytest.raises(PairingOver):
            answer_pairing(person, token=token, code=code_of(fourth), allowed=True)


def test_one_place_does_not_fill_the_record_with_codes_nobody_answers(db):
    client = Client(REMOTE_ADDR="192.0.2.78")
    asked = [client.post(PAGE).status_code for _ in range(61)]
    assert set(asked[:60]) == {303} and asked[60] == 429
    assert Client(REMOTE_ADDR="192.0.2.80").post(PAGE).status_code == 303
