"""What leaves the house names who takes it: a list as a file, and the mark over every page of staff (SEC-11)."""

import csv
from pathlib import Path

import psycopg
import pytest
from PIL import Image

from tests.browser.hands import Hands
from tests.browser.test_journey import apply_for
from tests.requirements import requirement
from tongban.kernel import parameters

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WHY = "核对本月的办件清单"
PEOPLE = ("guangan-approval-supervisor", "the-second-supervisor")


@pytest.fixture(scope="module", autouse=True)
def case(chromium, running, tmp_path_factory):
    """Something for the list to hold."""
    picture = tmp_path_factory.mktemp("leaving") / "plan.png"
    Image.new("RGB", (400, 300), (200, 220, 240)).save(picture)
    citizen = Hands(chromium.new_context(locale="zh-CN"), running.address, scripts=False)
    citizen.sign_in("wang-xiaoman")
    citizen.go("/search/?q=%E9%A4%90%E9%A6%86")
    citizen.click(citizen.page.locator("main a[href*='/services/']").first)
    apply_for(citizen, citizen.page.url.split("/services/")[1].split("/")[0], picture)
    citizen.page.context.close()


@pytest.fixture(scope="module")
def second(running):
    """Another supervisor of the same authorities."""
    with psycopg.connect(running.database, autocommit=True) as owner:
        owner.execute("insert into identity_account (kind, login, password, display, display_en, proofing, active, sample) "
                      "select kind, %s, password, '钱监察', '', proofing, active, sample from identity_account where login = %s",
                      [PEOPLE[1], PEOPLE[0]])
        owner.execute("insert into identity_post (account_id, authority_id, role, valid_from) select b.id, p.authority_id, p.role, "
                      "p.valid_from from identity_post p join identity_account a on a.id = p.account_id, identity_account b "
                      "where a.login = %s and b.login = %s", list(PEOPLE))
    return PEOPLE[1]


def hands(chromium, running, who, **options):
    made = Hands(chromium.new_context(locale="zh-CN"), running.address, **options)
    made.sign_in(who)
    return made


def asked(person):
    person.go("/oversight/cases/")
    person.click("main a[href*='/exports/new/']")
    person.fill("#ask-reason", WHY)
    person.click("main form .btn")
    return person.page.url.removeprefix(person.address)


@requirement("SEC-11")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_list_becomes_a_file_that_names_its_taker(chromium, running, scripts, tmp_path: Path):
    person = hands(chromium, running, PEOPLE[0], scripts=scripts)
    path = asked(person)
    running.wait_for("select state = 'READY' from supervision_export where key = %s", path.split("/")[-2])
    if scripts:
        person.page.wait_for_selector("form[action$='/file/']", timeout=20_000)
    else:
        person.go(path)
    with person.page.expect_download() as found:
        person.page.locator("form[action$='/file/'] button").click()
    found.value.save_as(tmp_path / "list.csv")
    lines = list(csv.reader((tmp_path / "list.csv").read_text("utf-8-sig").splitlines()))
    account = running.one("select id from identity_account where login = %s", PEOPLE[0])
    assert lines[0] == lines[-1] and WHY in lines[0][0] and f" {account}，" in lines[0][0]
    assert len(lines) - 3 == running.one("select rows_made from supervision_export where key = %s", path.split("/")[-2]) > 0
    assert person.page.locator("svg.watermark text").first.text_content().split()[1] == str(account)
    person.page.context.close()


@requirement("SEC-11")
def test_a_long_list_is_let_go_by_somebody_else(chromium, running, second):
    with psycopg.connect(running.database, autocommit=True) as owner:
        owner.execute("insert into kernel_parameter (name, value, effective_from, source, confirmed) "
                      "values ('supervision.export_rows_alone', '0', '2026-03-01', 'test', false)")
    person, other = hands(chromium, running, PEOPLE[0]), hands(chromium, running, second)
    running.wait_for("select pg_sleep(%s) is not null", parameters.FRESH_SECONDS + 1)
    path = asked(person)
    assert "等第二人批准" in person.page.inner_text("h1")
    other.go("/oversight/exports/?show=awaiting")
    other.click(f"main a[href='{path}']")
    other.click("#approve button")
    running.wait_for("select state = 'READY' from supervision_export where key = %s", path.split("/")[-2])
    person.go(path)
    assert "钱监察" in person.page.inner_text("dl.summary") and person.page.locator("form[action$='/file/']").count() == 1
    other.go(path)
    assert other.page.locator("form[action$='/file/']").count() == 0
    for each in (person, other):
        each.page.context.close()
