"""The desk's page for a lost phone, and what its person sees of it."""

import re

import pytest

from tests import journeys
from tests.identity.given import person, sign_in
from tests.portal.public import signed_in, text_of
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.types import Role
from tongban.kernel import database
from tongban.kernel.types import Channel

PAGE = "/desk/new-phone/"
CODE = re.compile(r'<b class="num">([0-9]{6})</b>')
FIELD = re.compile(r'type="hidden" name="(key|name|kind|number|phone)" value="([^"]*)"')


@pytest.fixture
def desk(db):
    officer = journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.RECEPTIONIST)
    return signed_in(identity.open_session(account=officer.account, channel=Channel.WEB))


def card(who, phone):
    return {"name": "诸葛示例", "kind": "111", "number": who.id_number, "phone": phone, "seen": "1"}


def test_a_clerk_enters_a_phone_with_two_forms_and_its_person_stops_it(desk):
    who, phone = person(), journeys.new_phone()
    assert f'href="{PAGE}"' in desk.get("/desk/").content.decode()
    assert "24 小时后才算数" in text_of(desk.get(PAGE))
    code = desk.post(PAGE, card(who, f"{phone[:3]} {phone[3:]}"))
    assert "模拟短信" in text_of(code)
    carried = dict(FIELD.findall(code.content.decode()))
    wrong = desk.post(PAGE, carried | {"code": "abcdef"})
    assert wrong.status_code == 422 and 'id="code--error"' in wrong.content.decode()
    done = desk.post(PAGE, dict(FIELD.findall(wrong.content.decode())) | {"code": CODE.search(code.content.decode())[1]})
    assert "新手机号已登记" in text_of(done) and "马上在原手机号上通知诸***" in text_of(done)
    token = sign_in(who)
    database.execute("update identity_session set strength = 2 where account_id = %s", [who.account])
    own = signed_in(token)
    assert "窗口为您登记了新手机号" in text_of(own.get("/me/security/"))
    assert own.post("/me/security/", {"stop": "1"})["Location"] == "/me/security/?done=stopped"
    after = text_of(own.get("/me/security/?done=stopped"))
    assert "手机号没有变" in after and "窗口为您登记了新手机号" not in after
    late = own.post("/me/security/", {"stop": "1"})
    assert late["Location"] == "/me/security/?done=late"
    after = text_of(own.get(late["Location"]))
    assert "没有待换的新手机号" in after and "12345" in after and "手机号没有变" not in after
    assert queries.new_phone_due(who.party) is None


@pytest.mark.parametrize(("given", "field"), [
    ({"name": ""}, "name"), ({"name": "王示例"}, "name"), ({"number": "123"}, "number"), ({"phone": "123"}, "phone"),
    ({"seen": None}, "seen")])
def test_what_is_missing_or_wrong_is_said_at_its_field_and_stays_typed(desk, given, field):
    who, phone = person(), journeys.new_phone()
    said = {name: value for name, value in (card(who, phone) | given).items() if value is not None}
    answer = desk.post(PAGE, said)
    page = answer.content.decode()
    assert answer.status_code == 422 and f'id="{field}--error"' in page
    assert all(f'value="{value}"' in page for name, value in said.items() if name not in ("kind", "seen") and value)
    assert queries.new_phone_due(who.party) is None


def test_a_clerk_who_gets_no_code_for_a_while_is_told(desk):
    who, phone = person(), journeys.new_phone()
    for _ in range(5):
        assert desk.post(PAGE, card(who, phone)).status_code == 200
    last = desk.post(PAGE, card(who, phone))
    assert last.status_code == 422 and 'id="phone--error"' in last.content.decode()
