"""The pages on which people let others act for them, act for others, and get help at a counter."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests import journeys
from tests.cases.given import PAPERS
from tests.conftest import MONDAY
from tests.portal.public import text_of
from tests.portal.test_signed_in_pages import browser
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.types import CorrectionItem
from tongban.catalogue import queries as catalogue
from tongban.identity import queries as known
from tongban.identity.actions import open_session
from tongban.identity.types import Role
from tongban.kernel.types import Channel

ITEM = "old-age-allowance-guichi"
CODE = re.compile('<code class="key">([^<]+)</code>')


def page(name, *args):
    translation.activate("zh-hans")
    return reverse(name, args=args)


def phone_of(actor):
    with journeys.as_actor(actor):
        return known.party(actor.party).phone


def filled(to, name, **changes):
    return {"name": name, "phone": phone_of(to), "extent": "3", "which": "some", "item": [catalogue.code_of(ITEM)],
            "until": "2026-06-30", **changes}


def code_in(answer):
    assert answer.status_code == 200, answer.content.decode()
    return CODE.search(answer.content.decode())[1]


def agreed(client, code):
    asked = client.post(page("portal:mandate_code"), {"code": code.lower()})
    assert asked.status_code == 200
    taken = client.post(page("portal:mandate_code"), {"code": code, "accept": "1"})
    assert taken.status_code == 303
    return text_of(asked), taken["Location"]


@pytest.fixture
def father(db):
    return journeys.citizen("周德海")


@pytest.fixture
def daughter(db):
    return journeys.citizen("周小雨")


@requirement("IDN-11")
def test_a_daughter_is_entrusted_applies_for_her_father_and_is_stopped(father, daughter):
    his, hers = browser(father), browser(daughter)
    code = code_in(his.post(page("portal:mandate_give"), filled(daughter, "周小雨")))
    terms, where = agreed(hers, code)
    assert "周德海" in terms and "80周岁以上老年人高龄津贴" in terms and "2026年6月30日" in terms
    item = catalogue.code_of(ITEM)
    start = page("portal:start", item)
    assert "周德海" in text_of(hers.get(start))
    begun = hers.post(start, {"applicant": str(father.party)})
    draft = hers.get(begun["Location"])
    assert draft.status_code == 200 and "您正在替周德海办事" in text_of(draft)
    assert "您正在替" not in text_of(his.get(begun["Location"]))
    assert "周德海" in text_of(hers.get(page("portal:matters")))
    ended = his.post(where.partition("?")[0], {"end": "1"})
    assert ended.status_code == 303 and "授权已结束" in text_of(his.get(ended["Location"]))
    assert hers.get(begun["Location"]).status_code == 404
    assert "周德海" not in text_of(hers.get(page("portal:matters")))
    assert str(father.party) not in hers.get(start).content.decode().partition("<main")[2].partition("</main")[0]


@requirement("IDN-11")
def test_whoever_is_to_act_may_ask_and_the_principal_reads_what_they_say_yes_to(father, daughter):
    his, hers = browser(father), browser(daughter)
    code = code_in(hers.post(page("portal:mandate_ask"), filled(father, "周德海", extent="1", which="all")))
    terms, where = agreed(his, code)
    assert "让对方替您办事吗" in terms and "只看进度" in terms
    assert "周小雨" in text_of(his.get(page("portal:mandates")))
    assert "周德海" in text_of(hers.get(page("portal:mandates")))
    assert his.get(where).status_code == 200


@pytest.mark.parametrize(("changes", "field", "says"), [
    ({"name": ""}, "name", "请填写对方姓名"), ({"phone": "12-34"}, "phone", "只填数字"),
    ({"extent": "9"}, "extent", "请选择可以办到哪一步"),
    ({"item": []}, "item", "至少勾选一个事项"), ({"which": ""}, "which", "请选择办所有的事"), ({"until": "x"}, "until", "结束日期"),
    ({"until": "2029-01-01"}, "until", "最长 366 天")])
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(father, daughter, changes, field, says):
    typed = filled(daughter, "周小雨") | changes
    answer = browser(father).post(page("portal:mandate_give"), typed)
    written = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#{field}"' in written and f'id="{field}"' in written and says in text_of(answer)
    assert not typed["name"] or f'value="{typed["name"]}"' in written
    assert known.mandates_of(father.party) == []


def test_a_wrong_code_is_told_and_takes_up_nothing(father, daughter):
    hers = browser(daughter)
    for body in ({"code": "AAAA AAAA"}, {"code": "AAAA AAAA", "accept": "1"}):
        answer = hers.post(page("portal:mandate_code"), body)
        assert answer.status_code == 422 and "邀请码不对" in text_of(answer)


@requirement("SEC-06")
@pytest.mark.parametrize("name", ["portal:mandate_give", "portal:mandate_code", "portal:help"])
def test_giving_a_mandate_needs_a_proof_of_the_last_minutes(father, at, name):
    client = browser(father)
    at(MONDAY + timedelta(seconds=301))
    assert client.get(page(name)).status_code == 200
    assert client.post(page(name), {"code": "x"}).status_code == 403


@requirement("IDN-10")
def test_the_representative_sees_who_acted_for_the_firm_and_when(db, daughter):
    boss = journeys.with_firm(journeys.citizen("王老板"), "示例代办餐饮有限公司")
    firm, slug = boss.entities[0], "food-operation-gaoling"
    his, hers = browser(boss), browser(daughter)
    code = code_in(his.post(page("portal:appoint", firm), filled(daughter, "周小雨", item=[catalogue.code_of(slug)])))
    agreed(hers, code)
    agent = known.actor_by_session(hers.cookies[settings.SESSION_COOKIE_NAME].value)
    key = journeys.new_draft(agent, slug, applicant=firm)
    sent = hers.post(page("portal:check", key), {"true": "on"})
    assert sent.status_code == 303
    assert "代为提交的人 周**" in text_of(his.get(sent["Location"]))
    assert "示例代办餐饮有限公司" in text_of(hers.get(sent["Location"]))
    listed = his.get(page("portal:agents", firm))
    assert "周小雨" in text_of(listed)
    [row] = known.agents_of(firm)
    shown = text_of(his.get(page("portal:mandate", row.key)))
    assert "提交了申请" in shown and "3月2日 10:00" in shown
    assert hers.get(page("portal:agents", firm)).status_code == 404


@requirement("HALL-08")
def test_a_clerk_helps_one_person_and_the_browser_forgets_them(father):
    place = journeys.authority_of(ITEM)
    clerk = journeys.officer(place, Role.RECEPTIONIST)
    his, desk = browser(father), Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    desk.cookies[settings.SESSION_COOKIE_NAME] = open_session(account=clerk.account, channel=Channel.WEB)
    assert desk.get(page("portal:matters")).status_code == 403
    code = code_in(his.post(page("portal:help")))
    with journeys.as_actor(father):
        last = known.party(father.party).code[-4:]
    assert f'href="{page("counter:help")}"' in desk.get(page("counter:queue")).content.decode()
    wrong = desk.post(page("counter:help"), {"code": code, "last": "000"})
    assert wrong.status_code == 422 and "后四位" in text_of(wrong)
    begun = desk.post(page("counter:help"), {"code": code, "last": last})
    assert begun.status_code == 303 and '"storage"' in begun["Clear-Site-Data"]
    matters = desk.get(page("portal:matters"))
    assert matters.status_code == 200 and matters["Cache-Control"] == "no-store"
    for path in (page("portal:matters"), page("portal:home"), page("counter:help"), page("counter:queue")):
        assert "您正在窗口帮周德海办事" in text_of(desk.get(path)), path
    for closed in ("inbox", "licences", "disclosures", "security", "programs", "mandates", "help", "my_data"):
        assert desk.get(page(f"portal:{closed}")).status_code == 403, closed
    draft = desk.post(page("portal:start", catalogue.code_of(ITEM)), {"applicant": str(father.party)})
    assert desk.get(draft["Location"]).status_code == 200
    assert "您的办件和草稿 您出示了码，窗口帮您办事" in text_of(his.get(page("portal:disclosures")))
    assert "正在替您办" in text_of(his.get(page("portal:help")))
    ended = desk.post(page("counter:help"), {"end": "1"})
    assert '"storage"' in ended["Clear-Site-Data"]
    assert desk.get(draft["Location"]).status_code == 403 and desk.get(page("portal:matters")).status_code == 403
    assert his.get(draft["Location"]).status_code == 200
    with journeys.as_actor(father):
        assert len(queries.drafts_of([father.party])) == 1


@requirement("IDN-11")
def test_an_agent_cannot_hand_in_a_paper_of_matters_that_are_not_theirs_and_so_read_it(father, daughter):
    secret = journeys.act(father, journeys.picture_of, party=father.party, name="与她无关.png").id
    his, hers = browser(father), browser(daughter)
    named = [catalogue.code_of(PAPERS)]
    agreed(hers, code_in(his.post(page("portal:mandate_give"), filled(daughter, "周小雨", item=named))))
    number = journeys.submitted(father, PAPERS)
    guide = catalogue.guide(named[0])
    material = next(each for each in guide.materials if not each.from_form)
    journeys.act(journeys.officer(guide.authority_id, Role.RECEPTIONIST), cases.request_corrections, number=number,
                 items=[CorrectionItem(target=material.code, name=material.name, what="看不清")])
    path, field = page("portal:corrections", number), f"attached-{material.code}"
    answer = hers.post(path, {field: str(secret)})
    assert answer.status_code == 422 and "与她无关" not in answer.content.decode()
    assert hers.get(page("portal:file", secret)).status_code == 404
    brought = journeys.act(daughter_of(daughter), journeys.picture_of, party=father.party, name="她带来的.png").id
    assert hers.post(path, {field: str(brought)}).status_code == 303
    assert hers.get(page("portal:file", brought)).status_code == 303


def daughter_of(account):
    """The daughter as she comes in now."""
    return known.actor_by_session(open_session(account=account.account, channel=Channel.WEB))
