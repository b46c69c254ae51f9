"""The way back after a forgotten password, page by page, as a browser without scripts does."""

import re

import pytest
from django.conf import settings

from tests import journeys
from tests.identity.given import person
from tests.portal.public import client, text_of
from tests.requirements import requirement
from tongban.identity import queries
from tongban.identity.types import Proofing, Strength
from tongban.kernel import database

FORGOTTEN = "/sign-in/forgotten/"
NEW = "新的一句话，也只有我知道"
CODE = re.compile(r'<b class="num">([0-9]{6})</b>')
FIELD = re.compile(r'name="(key|shown|code)" value="([^"]*)"')


def carried(answer):
    return dict(FIELD.findall(answer.content.decode()))


def typed_code(made, phone):
    """The page that asks who one is."""
    answer = made.post(FORGOTTEN, {"phone": phone})
    return made.post(FORGOTTEN, carried(answer) | {"code": CODE.search(answer.content.decode())[1]})


@requirement("IDN-16")
def test_whoever_forgot_the_password_comes_back_with_four_forms_and_is_asked_for_the_second_factor(db):
    who, made = person(), client()
    assert f'href="{FORGOTTEN}"' in made.get("/sign-in/").content.decode()
    first = made.get(FORGOTTEN)
    assert "重设密码" in text_of(first) and "12345" in text_of(first) and "工作人员" in text_of(first)
    assert "做过实名的，请带证件和新手机到政务大厅登记，24 小时后就能用" in text_of(first)
    code = made.post(FORGOTTEN, {"phone": f"+86 {who.phone[:3]} {who.phone[3:]}"})
    assert who.phone not in code.content.decode() and "模拟短信" in text_of(code)
    asks = made.post(FORGOTTEN, carried(code) | {"code": CODE.search(code.content.decode())[1]})
    assert "核对过姓名和证件" in text_of(asks) and "人脸" not in text_of(asks) and who.id_number not in asks.content.decode()
    new = made.post(FORGOTTEN, carried(asks) | {"name": " 诸葛示例 ", "kind": "111", "number": who.id_number.lower()})
    assert "已确认是您本人" in text_of(new)
    done = made.post(FORGOTTEN, carried(new) | {"password": NEW, "again": NEW})
    assert (done.status_code, done["Location"]) == (303, "/prove/?next=%2Fme%2Fsecurity%2F%3Fdone%3Drecovered")
    actor = queries.actor_by_session(done.cookies[settings.SESSION_COOKIE_NAME].value)
    assert (actor.account, actor.strength) == (who.account, Strength.S1)
    database.execute("update identity_session set strength = 2 where account_id = %s", [who.account])
    last = text_of(made.get("/me/security/?done=recovered"))
    assert "新密码设好了" in last and who.login in last
    assert client().post("/sign-in/", {"login": who.login, "password": NEW}).status_code == 303


def test_the_first_answer_is_the_same_whether_the_phone_has_an_account_or_not(db):
    pages = [client().post(FORGOTTEN, {"phone": phone}) for phone in (person(sample=False).phone, journeys.new_phone())]
    shown = [re.sub(r"\d{3}\*{4}\d{4}", "", re.sub(r'value="[^"]*"|content="[^"]*"', "", page.content.decode())) for page in pages]
    assert shown[0] == shown[1] and [page.status_code for page in pages] == [200, 200]


def test_at_level_one_no_document_is_asked_for_and_at_level_three_the_page_says_that_the_face_is(db):
    low, high = journeys.unproved(), person()
    database.execute("update identity_account set sample = true where id = %s", [low.account])
    asked = text_of(typed_code(client(), queries.party(low.party).phone))
    assert "注册时填的姓名" in asked and "证件类型" not in asked and "号码" not in asked
    database.execute("update identity_person set proofing = %s where party_id = %s", [int(Proofing.L3), high.party])
    asked = text_of(typed_code(client(), high.phone))
    assert "姓名、证件和人脸" in asked and "不拍、不传、不存任何照片" in asked


@pytest.mark.parametrize(("given", "field"), [
    ({"name": ""}, "name"), ({"name": "王示例"}, "name"), ({"number": "123"}, "number"), ({"number": ""}, "number"),
    ({"kind": "x"}, "number"), ({"name": "<b>\x00"}, "name")])
def test_what_does_not_fit_is_said_at_its_field_and_what_was_typed_stays(db, given, field):
    who, made = person(), client()
    said = carried(typed_code(made, who.phone)) | {"name": "诸葛示例", "kind": "111", "number": who.id_number}
    wrong = made.post(FORGOTTEN, said | given)
    page = wrong.content.decode()
    assert wrong.status_code == 422 and f'id="{field}--error"' in page and 'href="#' + field in page
    if "number" not in given and field == "name":
        assert f'value="{who.id_number}"' in page
    assert made.post(FORGOTTEN, carried(wrong) | {"name": "诸葛示例", "kind": "111", "number": who.id_number}).status_code == 200


def test_a_wrong_phone_code_or_password_is_said_and_a_late_code_leads_back_to_the_start(db):
    who, made = person(), client()
    assert "请输入 11 位手机号" in text_of(made.post(FORGOTTEN, {"phone": "123"}))
    code = made.post(FORGOTTEN, {"phone": who.phone})
    wrong = made.post(FORGOTTEN, carried(code) | {"code": "abcdef"})
    assert wrong.status_code == 422 and 'id="code--error"' in wrong.content.decode()
    asks = made.post(FORGOTTEN, carried(wrong) | {"code": CODE.search(code.content.decode())[1]})
    new = made.post(FORGOTTEN, carried(asks) | {"name": "诸葛示例", "kind": "111", "number": who.id_number})
    for given, field in (({"password": "short", "again": "short"}, "password"), ({"password": NEW, "again": "x"}, "again"),
                         ({"password": "woaini1314520", "again": "woaini1314520"}, "password")):
        answer = made.post(FORGOTTEN, carried(new) | given)
        assert answer.status_code == 422 and f'id="{field}--error"' in answer.content.decode(), field
    unproved = typed_code(client(), person().phone)
    for each in (carried(new) | {"code": "000000"}, carried(unproved)):
        late = made.post(FORGOTTEN, each | {"password": NEW, "again": NEW})
        assert late.status_code == 422 and "验证码不对" in text_of(late) and 'name="phone"' in late.content.decode()
    assert made.post(FORGOTTEN, carried(new) | {"name": "诸葛示例", "code": "000000"}).status_code == 422


@pytest.mark.parametrize("named", ["unicode_escape", "hex", "idna", "utf-16", "nothing"])
def test_a_form_is_read_in_the_character_set_of_our_pages_whichever_it_names(db, named):
    body = '--x\r\nContent-Disposition: form-data; name="phone"\r\n\r\n号码\r\n--x--\r\n'.encode()
    answer = client().generic("POST", FORGOTTEN, body, content_type=f"multipart/form-data; boundary=x; charset={named}")
    assert answer.status_code == 422 and 'value="号码"' in answer.content.decode()
