"""Whoever is signed in at a computer goes on at their phone: the code opens a question, and the computer alone lets a phone in."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.test import Client

from tests import journeys
from tests.cases.given import PAPERS
from tests.conftest import MONDAY
from tests.portal.public import text_of
from tests.portal.test_signed_in_pages import browser
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.actions.stepping_up import raise_session
from tongban.identity.errors import PairingOver
from tongban.identity.rules import offered_code
from tongban.identity.types import Factor, Role, Strength
from tongban.kernel import database, events
from tongban.kernel.errors import NotPermitted
from tongban.kernel.types import Channel
from tongban.messages import queries as inbox

SHOW, CODE, PHONE, DEVICES = "/me/phone/", "/me/phone/code/", "/phone/", "/me/security/"
ANDROID = "Mozilla/5.0 (Linux; Android 15) Chrome/140.0"


@pytest.fixture
def person(db):
    return journeys.citizen()


@pytest.fixture
def computer(person):
    client = browser(person)
    assert client.post(SHOW)["Location"] == CODE
    return client


def mobile(address="127.0.0.1"):
    return Client(headers={"user-agent": ANDROID}, REMOTE_ADDR=address)


def question(computer):
    return f"{PHONE}?code={offered_code(computer.cookies['pairing'].value)}"


def opened(computer):
    phone = mobile()
    assert phone.post(question(computer))["Location"] == PHONE
    return phone


def number(phone):
    return re.search(r'<code class="key">(\d\d)</code>', phone.get(PHONE).content.decode())[1]


def allow(computer, typed):
    return computer.post(CODE, {"allow": "1", "number": typed})


def token_of(client):
    found = client.cookies.get(settings.SESSION_COOKIE_NAME)
    return found.value if found else ""


def asking(client):
    """The address at which the page of the code, or of the question, asks whether it is still true."""
    return unescape(re.search(r'data-waits-for="([^"]+)"', client.get(CODE).content.decode())[1])


def session(client):
    with database.serving("citizen"):
        return queries.actor_by_session(token_of(client))


def is_kept_out(phone):
    """No session is made, however often the phone asks."""
    before = count_sessions()
    refused = phone.get(PHONE)
    return refused.status_code == 200 and not token_of(phone) and count_sessions() == before and phone.get("/me/").status_code == 401


def count_sessions():
    return database.row("select count(*) from identity_session")[0]


def names(person):
    return [each.name for each in events.of_subject(f"account:{person.account}")]


@requirement("IDN-12")
def test_a_person_goes_on_at_the_phone_that_shows_the_number_they_type(person, computer, catch_up):
    shown = computer.get(CODE)
    code = offered_code(computer.cookies["pairing"].value)
    assert f"{code[:4]} {code[4:]}" in text_of(shown) and shown["Cache-Control"] == "no-store" and 'role="img"' in shown.content.decode()
    still = asking(computer)
    assert computer.get(still).status_code == 204
    assert "还没有手机打开" in text_of(computer.get(f"{CODE}?asked=1"))
    phone = mobile()
    before = count_sessions()
    asked = unescape(re.sub("<[^>]+>", " ", phone.get(question(computer)).content.decode()))
    assert "张**" in asked and "张示例" not in asked and "127.0.…" in asked and "您本人就坐在那台电脑前" in asked
    assert computer.get(still).status_code == 204, "looking is not opening"
    assert phone.post(question(computer))["Location"] == PHONE
    assert computer.get(still).status_code == 200 and phone.get(f"{PHONE}?wait").status_code == 204
    typed = number(phone)
    at_computer = text_of(computer.get(CODE))
    assert "Chrome · Android" in at_computer and "127.0.…" in at_computer and typed not in re.findall(r"(?<!\d)\d\d(?!\d)", at_computer)
    assert "还没有同意" in text_of(phone.get(f"{PHONE}?asked=1"))
    assert is_kept_out(phone) and count_sessions() == before, "opening alone signs nobody in"
    assert allow(computer, typed)["Location"] == CODE and "您的手机可以继续了" in text_of(computer.get(CODE))
    assert phone.get(f"{PHONE}?wait").status_code == 200
    assert phone.get(PHONE)["Location"] == "/me/" and phone.get("/me/").status_code == 200
    assert session(phone).account == person.account and session(computer) is not None
    with database.serving("citizen"):
        assert [each.browser for each in queries.sessions_of(person.account)].count("Chrome · Android") == 1
    assert names(person)[-5:] == ["OfferMade", "OfferTaken", "OfferAnswered", "SignedIn", "OfferUsed"]
    catch_up()
    with database.serving("worker"):
        assert [each.title.zh for each in inbox.inbox((person.party,), before=None, limit=9)] == ["您从电脑转到一部手机上继续办理"]


@requirement("IDN-12")
def test_the_session_of_the_phone_is_no_stronger_no_longer_and_not_fresh(person, at):
    client = browser(person)
    at(MONDAY + timedelta(minutes=10))
    with journeys.as_actor(person):
        client.cookies[settings.SESSION_COOKIE_NAME] = raise_session(session(client), token=token_of(client), factor=Factor.FACE,
                                                                     strength=Strength.S3)
    client.post(SHOW)
    phone = opened(client)
    allow(client, number(phone))
    phone.get(PHONE)
    ends = "select expires_at from identity_session where token_hash = %s"
    assert database.row(ends, [queries.token_hash(token_of(phone))]) == database.row(ends, [queries.token_hash(token_of(client))])
    found = session(phone)
    assert (found.strength, found.passkey_seconds, found.faced_seconds) == (Strength.S2, None, None)
    assert found.proved_seconds > 300
    assert phone.post(DEVICES, {"end": ""}).status_code == 403, "what is sensitive asks for a proof first"
    assert phone.post(SHOW).status_code == 403


@requirement("IDN-12")
def test_a_code_that_was_passed_on_lets_nobody_in_who_is_not_confirmed(person, computer):
    stranger = mobile("203.0.113.9")
    assert "203.0" not in text_of(computer.get(CODE))
    stranger.post(question(computer))
    assert "203.0.…" in text_of(computer.get(CODE)) and "113.9" not in text_of(computer.get(CODE))
    assert "不在同一个网络" in text_of(computer.get(CODE))
    assert is_kept_out(stranger)
    wrong = f"{(int(number(stranger)) - 9) % 90 + 10}"
    assert allow(computer, wrong)["Location"] == CODE and "没有让手机登录" in text_of(computer.get(CODE))
    assert is_kept_out(stranger) and "没有同意" in text_of(stranger.get(PHONE))
    assert allow(computer, queries.offer_at_phone(stranger.cookies["pairing"].value).number).status_code == 422, "one wrong number ends it"
    assert is_kept_out(stranger)


@requirement("IDN-12")
def test_who_says_no_or_nothing_lets_no_phone_in(person, computer):
    phone = opened(computer)
    typed = number(phone)
    empty = computer.post(CODE, {"allow": "1", "number": " "})
    assert empty.status_code == 422 and "请输入手机上显示的两位数字" in text_of(empty) and is_kept_out(phone)
    computer.post(CODE, {"refuse": "1", "number": typed})
    assert is_kept_out(phone) and allow(computer, typed).status_code == 422 and is_kept_out(phone)


def test_a_number_typed_in_full_width_counts(person, computer):
    phone = opened(computer)
    allow(computer, "".join(chr(ord(each) + 0xFEE0) for each in number(phone)))
    assert phone.get(PHONE)["Location"] == "/me/"


@requirement("IDN-12")
def test_of_two_phones_with_one_code_only_the_first_waits_and_only_the_confirmed_goes_on(person, computer):
    first, late = opened(computer), mobile()
    for answer in (late.get(question(computer)), late.post(question(computer))):
        assert answer.status_code == 422 and "另一部手机已经打开" in text_of(answer)
    late.cookies["pairing"] = first.cookies["pairing"].value[:20]
    allow(computer, number(first))
    assert is_kept_out(late)
    assert first.get(PHONE)["Location"] == "/me/"
    late.cookies["pairing"] = first.cookies.get("pairing").value or "x"
    assert is_kept_out(late)


@requirement("IDN-12")
def test_a_code_works_once(person, computer):
    phone = opened(computer)
    kept = phone.cookies["pairing"].value
    allow(computer, number(phone))
    assert phone.get(PHONE).status_code == 303
    again = mobile()
    again.cookies["pairing"] = kept
    assert is_kept_out(again) and "已经用过" in text_of(again.get(PHONE))
    for answer in (again.get(question(computer)), again.post(question(computer))):
        assert answer.status_code == 422 and "只能用一次" in text_of(answer)
    assert allow(computer, "11").status_code == 422


@requirement("IDN-12")
def test_two_minutes_are_all_there_is_until_it_is_opened_and_two_more_after(person, computer, at):
    other = browser(person)
    other.post(SHOW)
    phone = opened(computer)
    typed = number(phone)
    at(MONDAY + timedelta(seconds=120))
    late = mobile()
    for answer in (late.get(question(other)), late.post(question(other))):
        assert answer.status_code == 422 and is_kept_out(late)
    assert "二维码过期了" in text_of(other.get(CODE)) and 'role="img"' not in other.get(CODE).content.decode()
    assert allow(computer, typed).status_code == 422 and is_kept_out(phone) and "二维码过期了" in text_of(phone.get(PHONE))


@requirement("IDN-12")
def test_a_question_that_waited_too_long_says_so_by_itself_and_a_late_answer_meets_a_new_code(person, computer, at):
    phone = opened(computer)
    typed, still = number(phone), asking(computer)
    assert computer.get(still).status_code == 204
    at(MONDAY + timedelta(seconds=120))
    assert computer.get(still).status_code == 200, "the page of the question loads itself again"
    for answer in (allow(computer, typed), computer.post(CODE, {"refuse": "1"}), computer.get(CODE)):
        assert "二维码过期了" in text_of(answer) and f'action="{SHOW}"' in answer.content.decode()
    assert is_kept_out(phone)


@requirement("IDN-12")
def test_a_newer_code_of_the_same_session_ends_the_older_and_the_phone_left_out_is_told(person, computer):
    phone, other = opened(computer), browser(person)
    other.post(SHOW)
    elsewhere, still, first = opened(other), asking(computer), computer.cookies["pairing"].value
    typed = number(phone)
    assert computer.post(SHOW)["Location"] == CODE
    second, late = opened(computer), mobile()
    assert computer.get(still).status_code == 200, "the tab that shows the older one shows the newer"
    assert phone.get(f"{PHONE}?wait").status_code == 200 and "二维码过期了" in text_of(phone.get(PHONE))
    assert late.get(f"{PHONE}?code={offered_code(first)}").status_code == 422
    with journeys.as_actor(person), pytest.raises(PairingOver):
        identity.answer_offer(person, token=token_of(computer), kept=first, number=typed)
    assert is_kept_out(phone)
    allow(computer, number(second))
    assert second.get(PHONE)["Location"] == "/me/" and number(elsewhere), "another session's code is not touched"


@pytest.mark.parametrize("typed", ["", "123", "abcdefgh", "123456789"])
def test_what_is_no_code_is_told_apart_from_a_code_nobody_shows_and_stays_typed(db, typed):
    phone = mobile()
    for answer in (phone.get(PHONE, {"code": typed}), phone.post(f"{PHONE}?code={typed}")):
        assert answer.status_code == 422 and "请输入电脑上显示的八位数字" in text_of(answer) and "没有电脑" not in text_of(answer)
        assert f'id="code" name="code" value="{typed}"' in answer.content.decode()
    unknown = phone.get(f"{PHONE}?code=0000 0000")
    assert "八位数字。别人" in text_of(unknown) and "请输入电脑上显示的八位数字" not in text_of(unknown)
    assert 'name="code" value="0000 0000"' in unknown.content.decode()


@requirement("IDN-12")
def test_a_phone_that_was_let_in_comes_within_two_minutes(person, computer, at):
    phone = opened(computer)
    allow(computer, number(phone))
    at(MONDAY + timedelta(seconds=120))
    assert is_kept_out(phone)


@requirement("IDN-12")
def test_digits_typed_in_the_last_second_leave_the_phone_two_minutes_more(person, computer, at):
    phone = opened(computer)
    at(MONDAY + timedelta(seconds=119))
    allow(computer, number(phone))
    at(MONDAY + timedelta(seconds=121))
    assert "您的手机可以继续了" in text_of(computer.get(CODE))
    assert phone.get(PHONE)["Location"] == "/me/" and session(phone).account == person.account


def test_a_computer_never_says_that_a_phone_goes_on_which_came_too_late(person, computer, at):
    phone = opened(computer)
    allow(computer, number(phone))
    at(MONDAY + timedelta(seconds=120))
    for page in (computer.get(CODE), phone.get(PHONE)):
        assert "二维码过期了" in text_of(page) and "您的手机可以继续了" not in text_of(page)


@requirement("IDN-12")
@pytest.mark.parametrize("end", ["sign out", "ended elsewhere", "frozen", "password", "proved anew"])
def test_a_computer_that_is_signed_in_no_more_lets_no_phone_in(person, computer, end):
    phone, waiting = opened(computer), browser(person)
    waiting.post(SHOW)
    unanswered = opened(waiting)
    typed = number(unanswered)
    allow(computer, number(phone))
    with journeys.as_actor(person):
        for each in (computer, waiting):
            if end == "sign out":
                identity.sign_out(person, token=token_of(each))
            if end == "proved anew":
                raise_session(session(each), token=token_of(each), factor=Factor.CODE)
        if end == "ended elsewhere":
            identity.close_sessions(person, keep="another")
        if end == "frozen":
            identity.freeze_account(person)
        if end == "password":
            identity.change_password(person, present="secret-word", new="sieben-zwerge-am-berg", address="", keep="another")
    assert is_kept_out(phone)
    assert allow(waiting, typed).status_code == 401 and is_kept_out(unanswered)


@requirement("IDN-12")
def test_only_the_session_that_showed_the_code_answers(person, computer):
    phone, other = opened(computer), journeys.citizen()
    typed, kept = number(phone), computer.cookies["pairing"].value
    for client in (browser(other), browser(person)):
        client.cookies["pairing"] = kept
        assert "Chrome · Android" not in text_of(client.get(CODE))
        assert allow(client, typed).status_code == 422 and is_kept_out(phone)
    assert Client().post(CODE, {"allow": "1", "number": typed}).status_code == 401
    computer.handler.enforce_csrf_checks = True
    assert allow(computer, typed).status_code == 403 and is_kept_out(phone), "no other site answers"


@requirement("IDN-12")
def test_showing_a_code_needs_a_fresh_proof(person, at):
    client = browser(person)
    at(MONDAY + timedelta(seconds=301))
    assert client.get(SHOW).status_code == 200
    assert client.post(SHOW).status_code == 403 and "pairing" not in client.cookies
    assert "OfferMade" not in names(person)


@requirement("IDN-12")
def test_staff_helpers_and_programs_take_nobody_to_a_phone(person, db):
    clerk = journeys.officer(journeys.authority_of(PAPERS), Role.RECEPTIONIST)
    offers = "select count(*) from identity_pairing where opener <> ''"
    before = database.row(offers)
    desk = browser(clerk)
    assert desk.post(SHOW).status_code == 403 and desk.get(CODE).status_code == 403
    with journeys.as_actor(person):
        code, last = identity.ask_help(person), queries.party(person.party).code[-4:]
    journeys.act(session(desk), identity.start_help, token=token_of(desk), code=code, last=last)
    helping = session(desk)
    assert helping.helping is not None and desk.post(SHOW).status_code == 403 and desk.get(CODE).status_code == 403
    with journeys.as_actor(person):
        key = identity.open_session(account=person.account, channel=Channel.API, days=1)
    program = Client()
    program.cookies[settings.SESSION_COOKIE_NAME] = key
    for client in (program, Client(headers={"authorization": f"Bearer {key}"})):
        assert client.post(SHOW).status_code == 401 and client.get(CODE).status_code == 401
    for actor, token in ((clerk, token_of(desk)), (helping.as_helper(), token_of(desk)), (session(program), key)):
        with journeys.as_actor(person), pytest.raises(NotPermitted):
            identity.offer_phone(actor, token=token, browser="", place="")
    assert database.row(offers) == before


@requirement("IDN-12")
def test_one_way_is_not_gone_with_the_code_of_the_other(person, computer):
    """Nobody answers for a computer that shows a phone a code as if it waited for one, and no phone fetches what a computer waits for."""
    thief, code = journeys.citizen(), offered_code(computer.cookies["pairing"].value)
    phone = opened(computer)
    for said in (code, f"offer|{code}"):
        assert browser(thief).post(f"/me/sign-in/?code={said}", {"allow": "1"}).status_code == 404
        with journeys.as_actor(thief), pytest.raises(PairingOver):
            identity.answer_pairing(thief, token=token_of(browser(thief)), code=said, allowed=True)
    assert is_kept_out(phone)
    allow(computer, number(phone))
    with database.serving("public"):
        assert identity.use_pairing(kept=computer.cookies["pairing"].value, browser="") == ""


@requirement("IDN-12")
def test_the_verbs_themselves_know_whose_turn_it_is(person, computer):
    kept, other = computer.cookies["pairing"].value, journeys.citizen()
    code = offered_code(kept)
    with database.serving("public"):
        phone = identity.take_offer(code=code, browser="", place="")
        with pytest.raises(PairingOver):
            identity.take_offer(code=code, browser="", place="")
    for actor, token in ((other, token_of(browser(other))), (person, token_of(browser(person)))):
        with journeys.as_actor(actor), pytest.raises(PairingOver):
            identity.answer_offer(actor, token=token, kept=kept, number="")
    with journeys.as_actor(person):
        assert identity.answer_offer(person, token=token_of(computer), kept=kept, number=queries.offer_at_phone(phone).number)
    with database.serving("public"):
        for wrong in (code, f"{code}.", f"{code}.{kept}", kept, ""):
            assert identity.use_offer(kept=wrong, browser="") == ""
        assert identity.use_offer(kept=phone, browser="") and identity.use_offer(kept=phone, browser="") == ""


def test_a_phone_on_which_somebody_is_signed_in_stays_as_it_is(person, computer):
    phone = browser(journeys.citizen())
    before, still = token_of(phone), asking(computer)
    for answer in (phone.get(question(computer)), phone.post(question(computer))):
        assert answer.status_code == 200 and "已经有人登录" in text_of(answer)
        assert answer.content.decode().split("<main")[1].count('action="/sign-out/"') == 1, "what it asks for first, it offers"
    assert token_of(phone) == before and computer.get(still).status_code == 204


def test_no_place_tries_codes_without_end(person, computer):
    phone = mobile("192.0.2.79")
    assert [phone.get(f"{PHONE}?code={tried:08d}").status_code for tried in range(20)] == [422] * 20
    assert phone.get(question(computer)).status_code == 429 and phone.post(question(computer)).status_code == 429
    assert "OfferNotFound" in [each.name for each in events.of_subject("offer")]
    assert mobile().get(question(computer)).status_code == 200


def test_one_place_does_not_fill_the_record_with_codes(person):
    client = browser(person)
    asked = [client.post(SHOW, REMOTE_ADDR="192.0.2.81").status_code for _ in range(61)]
    assert set(asked[:60]) == {303} and asked[60] == 429


def test_the_page_of_devices_says_that_the_phone_stays_when_the_computer_is_signed_out(person, computer):
    phone = opened(computer)
    allow(computer, number(phone))
    phone.get(PHONE)
    assert "手机不会跟着退出" in text_of(phone.get(DEVICES))
    with journeys.as_actor(person):
        identity.close_sessions(person, keep=token_of(phone), only=queries.token_hash(token_of(computer)))
    assert session(computer) is None and session(phone) is not None


def test_the_page_of_devices_leads_there(person):
    assert f'href="{SHOW}"' in browser(person).get(DEVICES).content.decode()
    assert "去手机上继续" in text_of(browser(person).get(SHOW)) and "去手机上继续" in text_of(browser(person).get(CODE))
