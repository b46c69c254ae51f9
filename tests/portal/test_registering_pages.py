"""Registering and proving who one is, page by page, as a browser without scripts does."""

import re
from dataclasses import replace

import pytest
from django.conf import settings
from django.urls import reverse

from tests import journeys
from tests.portal.public import HOSTILE, client, text_of
from tests.portal.test_signed_in_pages import browser
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.kernel import database
from tongban.kernel.types import Channel

SECRET = "一句好记的话，只有我知道"
CODE = re.compile(r'<b class="num">([0-9]{6})</b>')
FIELD = re.compile(r'name="(key|shown|code)" value="([^"]*)"')


def asked(phone, made=None):
    """The page that asks for the code, and what its form carries."""
    answer = (made or client()).post("/register/", {"phone": phone})
    return answer, dict(FIELD.findall(answer.content.decode()))


@requirement("IDN-05")
def test_someone_registers_with_three_forms_and_is_signed_in_at_level_one(db):
    phone, made = journeys.new_phone(), client()
    answer, carried = asked(f"+86 {phone[:3]} {phone[3:]}", made)
    code = CODE.search(answer.content.decode())[1]
    assert "模拟短信" in text_of(answer) and phone not in answer.content.decode()
    answer = made.post("/register/", carried | {"code": code})
    assert "设" in text_of(answer) or "密码" in text_of(answer)
    answer = made.post("/register/", dict(FIELD.findall(answer.content.decode())) | {
        "name": "钱示例", "password": SECRET, "again": SECRET})
    assert (answer.status_code, answer["Location"]) == (303, "/me/identity/?done=registered")
    actor = queries.actor_by_session(answer.cookies[settings.SESSION_COOKIE_NAME].value)
    assert (actor.proofing, queries.party(actor.party).phone) == (1, phone)
    page = made.get("/me/identity/")
    assert "L1：已注册" in text_of(page) and 'href="/me/identity/data/"' in page.content.decode()
    again = client().post("/sign-in/", {"login": phone, "password": SECRET})
    assert again.status_code == 303


@requirement("IDN-05")
def test_the_page_is_the_same_whether_the_phone_is_known_or_not(db):
    known = journeys.unproved()
    phones = (queries.party(known.party).phone, journeys.new_phone())
    pages = [asked(phone)[0] for phone in phones]
    told = [re.sub(r'(?s)<div class="notice.*?</div>\s*</div>|value="[^"]*"|content="[^"]*"', "", page.content.decode())
            for page in pages]
    shown = [re.sub(r"\d{3}\*{4}\d{4}", "", page) for page in told]
    assert shown[0] == shown[1]
    assert [page.status_code for page in pages] == [200, 200]


@pytest.mark.parametrize("phone", ["", "1234567890", "abc", "29900000001", *HOSTILE])
def test_what_is_no_mobile_number_is_asked_for_again(db, phone):
    answer, _carried = asked(phone)
    assert answer.status_code == 422 and "请输入 11 位手机号" in text_of(answer)


@pytest.mark.parametrize("spelled", ["１３９{}", "+86 139-{}", "139 {}"])
def test_a_number_is_understood_as_people_write_it(db, spelled):
    answer, _carried = asked(spelled.format(journeys.new_phone()[3:]))
    assert answer.status_code == 200 and CODE.search(answer.content.decode())


def test_whoever_is_only_registered_is_offered_no_freezing_that_no_clerk_could_end(db):
    page = browser(journeys.unproved()).get("/me/security/").content.decode()
    assert "/me/data/close/" in page and "/me/security/freeze/" not in page


def test_a_wrong_code_and_what_is_wrong_with_name_or_password_is_said_at_its_field(db):
    made = client()
    answer, carried = asked(journeys.new_phone(), made)
    code = CODE.search(answer.content.decode())[1]
    wrong = made.post("/register/", carried | {"code": "abcdef"})
    assert wrong.status_code == 422 and 'id="code--error"' in wrong.content.decode()
    form = dict(FIELD.findall(made.post("/register/", carried | {"code": code}).content.decode()))
    good = {"name": "钱示例", "password": SECRET, "again": SECRET}
    for given, field in (({"name": "1"}, "name"), ({"name": "<b>钱"}, "name"), ({"name": "钱" * 41}, "name"),
                         ({"password": "short", "again": "short"}, "password"), ({"password": "short", "again": "other"}, "password"),
                         ({"again": "x"}, "again"),
                         ({"password": "woaini1314520", "again": "woaini1314520"}, "password"),
                         ({"password": "长" * 300, "again": "长" * 300}, "password")):
        answer = made.post("/register/", form | good | given)
        assert answer.status_code == 422 and f'id="{field}--error"' in answer.content.decode(), field
    long = made.post("/register/", form | good | {"name": "钱" * 41})
    assert "太长了，最多 40 个字符" in text_of(long) and "请按证件填写姓名" not in text_of(long)
    late = made.post("/register/", form | good | {"code": "abcdef"})
    assert late.status_code == 422 and "验证码不对" in text_of(late)
    assert made.post("/register/", form | good).status_code == 303


@requirement("IDN-05")
def test_each_way_to_prove_oneself_is_one_page_and_says_what_is_simulated(db):
    who = journeys.unproved()
    made, number = browser(who), journeys.new_id_number()
    assert "模拟" in text_of(made.get("/me/identity/data/"))
    bad = made.post("/me/identity/data/", {"name": "钱示例", "kind": "111", "number": "123"})
    assert bad.status_code == 422 and 'id="number--error"' in bad.content.decode() and 'value="123"' in bad.content.decode()
    assert made.post("/me/identity/face/").status_code == 403
    done = made.post("/me/identity/data/", {"name": "钱示例", "kind": "111", "number": number.lower()})
    assert done["Location"] == "/me/identity/?done=proved"
    assert "不拍、不传、不存任何照片" in text_of(made.get("/me/identity/face/"))
    assert made.post("/me/identity/face/")["Location"] == "/me/identity/?done=proved"
    assert queries.actor_by_session(made.cookies[settings.SESSION_COOKIE_NAME].value).proofing == 3
    assert f"居民身份证 {number[:6]}********{number[-4:]}" in text_of(made.get("/me/identity/"))
    assert number[6:14] not in made.get("/me/identity/data/").content.decode()


def test_the_code_for_the_counter_is_shown_when_asked_for_and_works_there(db):
    who = journeys.unproved()
    made = browser(who)
    assert "<code" not in made.get("/me/identity/counter/").content.decode()
    shown = re.search(r'<code class="key">([0-9 ]+)</code>', made.post("/me/identity/counter/").content.decode())[1]
    clerk = journeys.officer(journeys.authority_of("food-operation-gaoling"), journeys.Role.RECEPTIONIST)
    desk = browser(clerk)
    given = {"code": shown, "name": "钱示例", "kind": "111", "number": journeys.new_id_number()}
    unseen = desk.post(reverse("counter:proofing"), given)
    assert unseen.status_code == 422 and 'id="seen--error"' in unseen.content.decode()
    done = desk.post(reverse("counter:proofing"), given | {"seen": "1"})
    assert "账号已是 L3" in text_of(done) and "钱示例" not in text_of(done) and given["number"] not in done.content.decode()
    again = desk.post(reverse("counter:proofing"), given | {"seen": "1"})
    assert again.status_code == 422 and 'id="code--error"' in again.content.decode()
    assert f'href="{reverse("counter:proofing")}"' in desk.get(reverse("counter:queue")).content.decode()


def test_a_firm_is_registered_from_ones_space(db):
    who = journeys.citizen()
    made = browser(who)
    empty = made.post("/me/firms/new/", {})
    assert empty.status_code == 422
    assert all(f'id="{field}--error"' in empty.content.decode() for field in ("uscc", "name", "kind", "address"))
    uscc = journeys.make_uscc("9", "1", "511602", f"G{next(journeys.COUNTER):07d}")
    done = made.post("/me/firms/new/", {"uscc": uscc, "name": "示例页面有限公司", "kind": "COMPANY", "address": "示例路1号"})
    assert done["Location"] == "/me/identity/?done=firm"
    assert "示例页面有限公司" in text_of(made.get(reverse("portal:start", args=[journeys.catalogue.code_of("food-operation-gaoling")])))


@requirement("IDN-13")
def test_a_supervisor_decides_on_a_pair_and_both_see_who_looked(db, catch_up):
    first = journeys.citizen("钱示例")
    number = queries.party(first.party).code
    later = journeys.unproved()
    waits = browser(later).post("/me/identity/data/", {"name": "钱示例", "kind": "111", "number": number})
    assert waits["Location"] == "/me/identity/?done=waits"
    assert "您的证件已在另一个账号登记" in text_of(browser(later).get("/me/identity/"))
    key = database.row("select id from identity_conflict where party_id = %s", [later.party])[0]
    eye = browser(journeys.officer(journeys.authority_of("food-operation-gaoling"), journeys.Role.SUPERVISOR))
    path = reverse("oversight:account_pair", args=[key])
    assert f'href="{path}"' in eye.get(reverse("oversight:accounts")).content.decode()
    page = eye.get(path)
    assert "钱**" in text_of(page) and number not in page.content.decode() and "钱示例" not in page.content.decode()
    assert eye.post(path, {"act": "refuse"}).status_code == 422
    assert eye.post(path, {"act": "merge"}).status_code == 303
    assert "已合并" in text_of(eye.get(path))
    assert eye.post(path, {"act": "refuse", "reason": "NOT_SHOWN"}).status_code == 422
    catch_up()
    token = identity.open_session(account=later.account, channel=Channel.WEB)
    assert queries.actor_by_session(token).merged == (later.party,)
    for who in (first, replace(later, party=first.party, merged=(later.party,))):
        assert "为了核对两个账号是不是同一个人" in text_of(browser(who).get("/me/disclosures/"))
    assert eye.get(reverse("oversight:account_pair", args=[10**9])).status_code == 404


@requirement("IDN-15")
def test_oversight_shows_the_figures_of_each_day(db):
    identity.count_people(journeys.TESTER)
    eye = browser(journeys.officer(journeys.authority_of("food-operation-gaoling"), journeys.Role.SUPERVISOR))
    last = queries.days()[0]
    said = text_of(eye.get(reverse("oversight:people")))
    assert f"注册 {last.registered:,} 人，其中实名 {last.real_name:,} 人" in said
