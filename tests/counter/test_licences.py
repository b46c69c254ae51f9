"""A licence at the desk: found, suspended, resumed and ended with a reason that its holder reads."""

import html
import re

import pytest

from tests import journeys
from tests.counter import given
from tests.identity.authenticator import Authenticator
from tests.portal.test_signed_in_pages import browser as at_home
from tests.requirements import requirement
from tongban.identity.queries import site
from tongban.identity.types import Role
from tongban.kernel import database
from tongban.licences import actions, queries
from tongban.licences.types import LicenceState
from tongban.messages.queries import inbox

REASON = "现场检查发现卫生条件不合格，依据《公共场所卫生管理条例》第十四条。"
HIDDEN = re.compile('<input type="hidden" name="([a-z]+)" value="([^"]*)"')


@pytest.fixture
def held(db, catch_up):
    """Somebody whose firm was granted a licence; the person, the case and the code."""
    person = journeys.with_firm(journeys.citizen())
    number = journeys.granted(person, given.SITE)
    catch_up()
    code = database.row("select code from licences_licence where case_number = %s", [number])[0]
    actions.issue_licence(journeys.TESTER, code=code)
    return person, number, code


def verdict(code):
    with database.serving("public"):
        return str(queries.verifiable(code).verdict)


def with_passkey(officer):
    """A passkey of this officer."""
    key = Authenticator(origin=site())
    officer.browser.post("/desk/security/", {"act": "passkey", "name": "手机", "credential":
                         key.make(officer.browser.get("/desk/security/?options=new").json())})
    return key


@requirement("LIC-10", "LIC-13")
def test_whoever_decides_suspends_a_licence_for_a_reason_its_holder_reads_and_verifiers_see_it(held, catch_up):
    person, number, code = held
    officer, page = given.decider(given.SITE), f"/desk/licences/{code}/"
    assert page in officer.get(f"/desk/{number}/").response.content.decode()
    shown = officer.get(page)
    assert shown.status == 200 and shown.says("有效") and shown.says(queries.licence(code).number)
    empty = officer.post(page)
    assert empty.status == 422 and empty.says("请选择") and empty.says("请写明理由")
    assert officer.post(page, act="SUSPENDED", reason="😀" * 10).says("请写明理由")
    kept = officer.post(page, reason=REASON)
    assert kept.status == 422 and REASON in html.unescape(kept.response.content.decode())
    assert verdict(code) == "VALID"
    assert officer.post(page, act="SUSPENDED", reason=REASON).where == f"{page}?done=1"
    assert verdict(code) == "SUSPENDED" and officer.get(page).says(REASON)
    catch_up()
    told = next(each for each in inbox([person.entities[0]]) if "已暂扣" in each.title.zh)
    assert "suspended" in told.title.en and told.link == f"/me/licences/{code}/"
    mine = html.unescape(at_home(person).get(told.link).content.decode())
    assert REASON in mine and "行政复议" in mine and "2026年3月2日（周一）暂扣" in mine and "恢复之前不能使用" in mine
    assert officer.post(page, act="ISSUED", reason="已整改，复查合格。").status == 303
    assert verdict(code) == "VALID"
    again = html.unescape(at_home(person).get(told.link).content.decode())
    assert "复查合格" in again and "起恢复使用" in again and "行政复议" not in again


@requirement("LIC-10")
def test_ending_it_for_good_asks_for_the_passkey_and_carries_what_was_typed_through(held):
    _, _, code = held
    officer, page = given.decider(given.SITE), f"/desk/licences/{code}/"
    asked = officer.post(page, act="REVOKED", reason=REASON)
    assert asked.status == 403 and asked.says("通行密钥") and asked.says("还没有通行密钥") and not asked.says("密码错误")
    assert 'name="way" value="PASSWORD"' not in asked.response.content.decode()
    assert REASON in html.unescape(asked.response.content.decode()), "who is told to copy it sees it"
    assert f'class="back" href="{page}"' in asked.response.content.decode()
    key = with_passkey(officer)
    asked = officer.post(page, act="REVOKED", reason=REASON)
    assert asked.status == 403 and 'value="TOTP"' not in asked.response.content.decode() and verdict(code) == "VALID"
    fields = {name: value for name, value in HIDDEN.findall(asked.response.content.decode()) if name in ("next", "carried", "only")}
    wrong = officer.post("/prove/", way="PASSKEY", passkey="{}", **fields)
    assert wrong.status == 422 and 'name="only" value="PASSKEY"' in wrong.response.content.decode()
    carried = officer.post("/prove/", way="PASSKEY", passkey=key.use(officer.browser.get("/sign-in/passkey/").json()), **fields)
    assert carried.status == 200 and REASON in html.unescape(carried.response.content.decode())
    assert carried.says("已确认是您本人") and not carried.says("您已登录")
    assert officer.post(page, act="REVOKED", reason=REASON).status == 303
    assert verdict(code) == "REVOKED" and queries.licence(code).state is LicenceState.REVOKED
    assert officer.get(page).says("已经终止") and officer.post(page, act="ISSUED", reason=REASON).status == 422


@requirement("LIC-10")
def test_others_read_it_at_most(held):
    _, _, code = held
    page = f"/desk/licences/{code}/"
    clerk = given.clerk(given.SITE)
    assert "<textarea" not in clerk.get(page).response.content.decode()
    assert clerk.post(page, act="SUSPENDED", reason=REASON).status == 403
    for stranger in (given.decider(given.PLAIN), given.officer(journeys.authority_of(given.PLAIN), Role.SUPERVISOR)):
        assert stranger.get(page).status == 404 and stranger.post(page, act="SUSPENDED", reason=REASON).status == 404
    assert verdict(code) == "VALID"


def test_the_desk_finds_a_licence_by_its_code_and_its_identifier(held):
    _, _, code = held
    for asked in (code, queries.licence(code).identifier):
        assert given.clerk(given.SITE).get("/desk/search/", q=asked).where == f"/desk/licences/{code}/"
        assert given.clerk(given.PLAIN).get("/desk/search/", q=asked).status == 200
