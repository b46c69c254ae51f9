"""Who looked at my data: the record of reads in plain words, in both languages, and no code among them."""

import html
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from tests import journeys
from tests.counter import given
from tests.portal.test_signed_in_pages import browser
from tongban.counter import disclosing
from tongban.counter.case import REASONS
from tongban.identity.types import Role
from tongban.kernel import database, disclosures
from tongban.portal import looking
from tongban.workflows.types import Verb

SITE = "public-hygiene-guangan"
CODE = re.compile(r"[a-z]+_[a-z_]+|[a-z]+:[a-z-]+|\b[A-Z]{4,}\b")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def cells(person, path: str) -> list[list[str]]:
    """The rows of the table a person reads."""
    answer = browser(person).get(path)
    assert answer.status_code == 200
    return [[html.unescape(re.sub(r"<[^>]+>", "", cell)).strip()
             for cell in re.findall(r"<t[hd] [^>]*role=\"(?:rowheader|cell)\"[^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
            for row in re.findall(r"<tr role=\"row\" data-row>(.*?)</tr>", answer.content.decode(), re.DOTALL)]


def prove_again(who) -> None:
    """As if they had just proved that it is them: uncovering needs a proof of the last two minutes."""
    database.execute("update identity_session set proved_at = kernel_now() where account_id = %s", [who.actor.account])


@pytest.fixture
def read_by_many(db, at):
    """A person whose case was opened, uncovered for two reasons, its plan taken, and looked at by a supervisor."""
    person = journeys.with_firm(journeys.citizen())
    number = journeys.submitted(person, SITE)
    clerk = given.clerk(SITE)
    clerk.get(f"/desk/{number}/")
    at(datetime(2026, 3, 2, 10, 5, tzinfo=SHANGHAI))
    prove_again(clerk)
    clerk.post(f"/desk/{number}/applicant/", reason="contact")
    at(datetime(2026, 3, 2, 10, 6, tzinfo=SHANGHAI))
    prove_again(clerk)
    clerk.post(f"/desk/{number}/applicant/", reason="other", other="核对预约的联系电话")
    at(datetime(2026, 3, 2, 10, 7, tzinfo=SHANGHAI))
    assert clerk.browser.get(f"/desk/{number}/files/{given.shared_file(number)}/").status_code == 303
    at(datetime(2026, 3, 2, 10, 8, tzinfo=SHANGHAI))
    supervisor = journeys.officer(journeys.authority_of(SITE), Role.SUPERVISOR)
    journeys.act(supervisor, disclosures.disclose, party=person.entities[0], fields=("case_opened",),
                 reason="supervision", subject=number, authority=journeys.authority_of(SITE))
    return person


def test_every_look_is_told_in_plain_chinese(read_by_many):
    matter, desk = "公共场所卫生许可（新办）", "广安市广安区行政审批局 · 受理岗"
    assert cells(read_by_many, "/me/disclosures/") == [
        ["2026年3月2日 10:08", "广安市广安区行政审批局 · 监督岗", f"{matter} · 办理过程（姓名和号码部分遮盖）",
         "监督机关办这件事是否合规"],
        ["2026年3月2日 10:07", desk, f"{matter} · 位置图和卫生设施平面图", "看您的申请能不能受理"],
        ["2026年3月2日 10:06", desk, f"{matter} · 您填的“联系电话”", "工作人员写的原因：核对预约的联系电话"],
        ["2026年3月2日 10:05", desk, f"{matter} · 您填的“联系电话”", "就这件事联系您"],
        ["2026年3月2日 10:00", desk,
         f"{matter} · 您的姓名或名称（部分遮盖）、您填的内容（号码和住址部分遮盖）、您的材料清单", "看您的申请能不能受理"],
    ]


def test_every_look_is_told_in_plain_english(read_by_many):
    matter, place = "Public place hygiene licence: new", "Guang'an District Administrative Approval Bureau"
    assert cells(read_by_many, "/en/me/disclosures/") == [
        ["2 Mar 2026 10:08", f"{place}, supervision",
         f"{matter} · the course of the case (names and numbers partly covered)",
         "To supervise how the authority handles the case"],
        ["2 Mar 2026 10:07", f"{place}, reception", f"{matter} · Location map and plan of the sanitary facilities",
         "To decide whether your application can be accepted"],
        ["2 Mar 2026 10:06", f"{place}, reception", f"{matter} · your answer to “Phone number”",
         "The officer's words: 核对预约的联系电话"],
        ["2 Mar 2026 10:05", f"{place}, reception", f"{matter} · your answer to “Phone number”",
         "To call you about this case"],
        ["2 Mar 2026 10:00", f"{place}, reception",
         (f"{matter} · your name (partly covered), your answers (numbers and addresses partly covered), "
         "the list of your materials"), "To decide whether your application can be accepted"],
    ]


@pytest.mark.parametrize("path", ["/me/disclosures/", "/en/me/disclosures/"])
def test_no_code_of_the_machine_shows(read_by_many, path):
    found = cells(read_by_many, path)
    assert len(found) == 5 and not [cell for row in found for cell in row if CODE.search(cell)]


def test_whatever_the_desk_may_write_has_words(db):
    written = {*map(str, Verb), *REASONS, disclosing.CASE} - {"other"}
    assert written <= set(looking.REASONS)
    assert {disclosing.NAME, disclosing.ANSWERS, disclosing.MATERIALS} <= set(looking.FIELDS)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_is_no_longer_known_is_still_said_in_words(db, language):
    translation.activate(language)
    for code in ("answer:gone", "material:gone", "something_new"):
        assert not CODE.search(looking.field(code, None))
