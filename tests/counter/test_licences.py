"""A licence at the desk: found, suspended, resumed and ended with a reason that its holder reads."""

import html
import re
from datetime import datetime

import pytest

from tests import journeys
from tests.counter import given
from tests.identity.authenticator import Authenticator
from tests.portal.test_signed_in_pages import browser as at_home
from tests.requirements import requirement
from tongban.identity.queries import site
from tongban.identity.types import Role
from tongban.kernel import clock, database, vault
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
    issuer = queries.licence(code).issuer_name
    assert officer.get(page).says(f"{issuer.zh} · {officer.name}")
    catch_up()
    told = next(each for each in inbox([person.entities[0]]) if "已暂扣" in each.title.zh)
    assert f"这是{issuer.zh}的决定" in told.body.zh and f"Decided by {issuer.in_('en')}." in told.body.en
    assert "suspended" in told.title.en and told.link == f"/me/licences/{code}/"
    mine = html.unescape(at_home(person).get(told.link).content.decode())
    assert f"这是{issuer.zh}的决定" in mine and REASON in mine and "行政复议" in mine and "2026年3月2日（周一）暂扣" in mine
    assert "恢复之前不能使用" in mine
    assert officer.post(page, act="ISSUED", reason="已整改，复查合格。").status == 303
    assert verdict(code) == "VALID"
    again = html.unescape(at_home(person).get(told.link).content.decode())
    assert "复查合格" in again and "起恢复使用" in again and "行政复议" not in again


@requirement("LIC-10")
def test_wherever_its_holder_meets_a_licence_it_says_how_it_stands(held, at):
    person, number, code = held
    case, page, files = f"/cases/{number}/", f"/me/licences/{code}/", "不写现在的状态（暂扣）"
    ready, stands = "证照办好了", "证照发过了，现在的状态：暂扣"
    seen = [html.unescape(at_home(person).get(path).content.decode()) for path in (case, page)]
    assert ready in seen[0] and "不写现在的状态" not in seen[1]
    at(datetime(2026, 3, 4, 10, tzinfo=clock.SHANGHAI))
    actions.change_state(journeys.TESTER, code=code, state=LicenceState.SUSPENDED, reason=REASON)
    at(datetime(2026, 3, 6, 10, tzinfo=clock.SHANGHAI))
    seen = [html.unescape(at_home(person).get(path).content.decode()) for path in (case, page)]
    assert stands in seen[0] and ready not in seen[0] and files in seen[1]
    assert "从2026年3月4日（周三）起" in at_home(person).get(f"/verify/{code}/").content.decode()
    actions.change_state(journeys.TESTER, code=code, state=LicenceState.ISSUED, reason="已整改，复查合格。")
    assert "起恢复使用" in at_home(person).get(page).content.decode()
    seen = [html.unescape(at_home(person).get(path).content.decode()) for path in (case, page)]
    assert ready in seen[0] and "不写现在的状态" not in seen[1]
    assert "2026年3月6日" not in at_home(person).get(f"/verify/{code}/").content.decode()


@requirement("LIC-10")
def test_ending_it_for_good_asks_for_the_passkey_and_carries_what_was_typed_through(held):
    _, _, code = held
    officer, page = given.decider(given.SITE), f"/desk/licences/{code}/"
    asked = officer.post(page, act="REVOKED", reason=REASON)
    assert asked.status == 403 and asked.says("通行密钥") and asked.says("还没有通行密钥") and not asked.says("密码错误")
    assert 'name="way" value="PASSWORD"' not in asked.response.content.decode()
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


def test_a_licence_that_ran_out_while_suspended_is_not_said_to_come_back(held, at):
    person, _, code = held
    actions.change_state(journeys.TESTER, code=code, state=LicenceState.SUSPENDED, reason=REASON)
    assert "恢复之前不能使用" in at_home(person).get(f"/me/licences/{code}/").content.decode()
    at(datetime(2046, 3, 4, 10, tzinfo=clock.SHANGHAI))
    assert actions.expire_licence(journeys.TESTER, code=code)
    said = at_home(person).get(f"/me/licences/{code}/").content.decode()
    assert "作出的决定" in said and REASON in said and "恢复之前不能使用" not in said


def kept_in(answer):
    """What the forms of a page carry, as one of them sends it."""
    return {name: html.unescape(value) for name, value in HIDDEN.findall(answer.response.content.decode())
            if name not in ("way", "act", "credential", "passkey")}


@requirement("LIC-10")
def test_what_was_typed_goes_through_the_setting_up_of_a_first_passkey_too(held):
    _, _, code = held
    officer, page = given.decider(given.SITE), f"/desk/licences/{code}/"
    asked = officer.post(page, act="REVOKED", reason=REASON)
    assert asked.says("您填的内容没有丢") and not asked.says("复制")
    there = html.unescape(re.search('action="(/desk/security/[^"]*)"', asked.response.content.decode()).group(1))
    key = Authenticator(origin=site())
    options = officer.browser.get("/desk/security/?options=new").json()
    shown = officer.post(there, **kept_in(asked))
    assert shown.status == 200 and shown.says("添加通行密钥")
    added = officer.post(there, act="passkey", name="手机", credential=key.make(options), **kept_in(shown))
    assert added.status == 200 and added.says("恢复码")
    again = officer.post("/prove/", **kept_in(added))
    assert again.status == 200 and again.says("您填的内容没有丢")
    carried = officer.post("/prove/", way="PASSKEY", passkey=key.use(officer.browser.get("/sign-in/passkey/").json()), **kept_in(again))
    assert carried.status == 200 and REASON in html.unescape(carried.response.content.decode())
    assert officer.post(page, act="REVOKED", **kept_in(carried)).status == 303
    assert verdict(code) == "REVOKED" and officer.get(page).says(REASON)


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


def test_the_desk_finds_a_licence_by_its_code_its_identifier_and_its_number(held):
    _, _, code = held
    licence = queries.licence(code)
    for asked in (code, licence.identifier, licence.number, f" {licence.number} "):
        assert given.clerk(given.SITE).get("/desk/search/", q=asked).where == f"/desk/licences/{code}/"
        assert given.clerk(given.PLAIN).get("/desk/search/", q=asked).status == 200


def test_the_end_of_a_case_s_number_finds_the_case_though_a_licence_has_that_number(held):
    _, number, code = held
    with database.serving(database.OWNER):
        database.execute("update licences_licence set number_index = %s where code = %s",
                         [vault.index("licences.number", number[-4:]), code])
    found = given.clerk(given.SITE).get("/desk/search/", q=number[-4:]).response.content.decode()
    assert f"/desk/licences/{code}/" in found and number in found


def test_a_number_that_licences_of_several_types_carry_leads_to_each_of_them(held):
    _, _, code = held
    licence = queries.licence(code)
    ordered = (actions.order_licence(
        journeys.TESTER, case_number=f"OTHER-{n}", type_code="11100000MB0143028R001", issuer=licence.issuer, fields={},
        holder=journeys.with_firm(journeys.citizen()).entities[0], validity_years=None) for n in range(1000))
    more = next(each for each in ordered if queries.licence(each).number == licence.number)
    actions.issue_licence(journeys.TESTER, code=more)
    found = given.clerk(given.SITE).get("/desk/search/", q=licence.number)
    assert found.status == 200 and not found.says("没有查到")
    for each in (code, more):
        assert f'href="/desk/licences/{each}/"' in found.response.content.decode()
