"""The first journey, whole, in a real browser: found, applied for once, decided, licensed, verified, rated, supervised."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import House
from tests.browser.hands import Hands, Keys, answers_to
from tests.requirements import requirement

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WAYS = {
    "desk-zh": {"width": 1280, "scripts": True, "english": False, "hands": Hands},
    "tablet-en": {"width": 768, "scripts": True, "english": True, "hands": Hands},
    "phone-zh-no-scripts": {"width": 360, "scripts": False, "english": False, "hands": Hands},
    "television-en-keyboard": {"width": 1920, "scripts": True, "english": True, "hands": Keys},
}


class Town:
    """The people of the journey, each in a browser of their own, all using pages the same way."""

    def __init__(self, browser: Browser, running: House, way: str) -> None:
        self.browser, self.running, self.way = browser, running, WAYS[way]
        self.contexts = []

    def person(self) -> Hands:
        context = self.browser.new_context(
            viewport={"width": self.way["width"], "height": 900}, java_script_enabled=self.way["scripts"],
            locale="en-GB" if self.way["english"] else "zh-CN")
        self.contexts.append(context)
        return self.way["hands"](context, self.running.address, scripts=self.way["scripts"],
                                 english=self.way["english"])


@pytest.fixture(params=WAYS)
def town(request, chromium, running):
    made = Town(chromium, running, request.param)
    yield made
    for context in made.contexts:
        context.close()


def find_guide(citizen: Hands) -> str:
    """Search in one's own words and open the guide; returns the item's code."""
    citizen.go("/")
    citizen.fill("main input[name=q]", "open a restaurant" if citizen.english else "餐馆 开办")
    citizen.click("main form[role=search] button")
    citizen.click(citizen.page.locator("main a[href*='/services/']").first)
    return citizen.page.url.rstrip("/").rsplit("/", 1)[1]


def apply_for(citizen: Hands, code: str, picture: Path) -> str:
    """Answer everything, attach, check, send; returns the case number."""
    citizen.go(f"/apply/{code}/")
    citizen.choose(citizen.page.locator("input[name=applicant]").last)
    citizen.click("main form button[type=submit]")
    citizen.click("main .btns a")
    for _ in range(20):
        if "/questions/" not in citizen.page.url:
            break
        for act, control, text in answers_to(citizen.page):
            if act == "select":
                control.select_option(index=1)
            elif act == "choose":
                citizen.choose(control)
            else:
                citizen.fill(control, text)
        citizen.click("main form .btns button[type=submit]")
    for field in citizen.page.locator("main form input[type=file]").all():
        citizen.attach(field, picture)
    citizen.click("button[name=continue]")
    citizen.choose("#true")
    citizen.click("main form button[type=submit]")
    assert "/receipt/" in citizen.page.url
    return citizen.page.url.rstrip("/").split("/")[-2]


def look_up(stranger: Hands, number: str, code: str) -> None:
    """Ask how far a case is, with its number and query code, without signing in."""
    stranger.go("/status/")
    stranger.fill("#number", number)
    stranger.fill("#code", code)
    stranger.click("main form:has(#number) button[type=submit]")


def examine_all(officer: Hands, number: str, visited_on: str = "2026-03-02") -> None:
    """Pass every open step of the examination; a site was visited on the day of the frozen clock, or another."""
    for _ in range(4):
        officer.page.goto(f"{officer.address}/desk/{number}/examine/")
        if officer.page.locator("button[name=pass]").count() == 0:
            return
        officer.look()
        if officer.page.locator("#opinion").count():
            officer.fill("#opinion", "材料齐全，符合条件。")
        else:
            officer.fill("#visited", visited_on)
            officer.page.locator("#companion").select_option(index=1)
            officer.fill("#findings", "现场与平面图一致。")
        officer.click("button[name=pass]")


@requirement("CASE-30", "LIC-11", "CASE-14", "POR-10", "POR-11")
def test_the_whole_journey(town, picture):
    citizen = town.person()
    citizen.sign_in("wang-xiaoman")
    code = find_guide(citizen)
    number = apply_for(citizen, code, picture)
    assert number.startswith(code)
    assert "20260302" in number
    code_label = "Query code" if citizen.english else "查询码"
    query_code = citizen.page.locator(f".receipt dt:text-is('{code_label}') + dd").inner_text().strip()
    stranger = town.person()
    look_up(stranger, number, query_code)
    assert number in re.sub(r"\s", "", stranger.page.locator("main dl").inner_text())

    clerk = town.person()
    clerk.sign_in("gaoling-market-reception")
    clerk.go(f"/desk/{number}/accept/")
    clerk.click("main form .btns button[type=submit]")
    reviewer = town.person()
    reviewer.sign_in("gaoling-market-review")
    examine_all(reviewer, number)
    decider = town.person()
    decider.sign_in("gaoling-market-decision")
    decider.go(f"/desk/{number}/decide/")
    decider.click("button[name=outcome][value=GRANTED]")
    town.running.wait_for("select 1 from cases_case where number = %s and state in ('COMPLETED', 'DELIVERED')", number)

    citizen.go(f"/cases/{number}/")
    citizen.click("main a[href*='/me/licences/']")
    verify = citizen.page.locator("a[href*='/verify/']").first.get_attribute("href")
    with citizen.page.expect_download() as download:
        citizen.page.click("a[href*='/file/']")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    stranger.go(verify.removeprefix("/en"))
    assert stranger.page.locator("main h1").inner_text().strip() == (
        "Genuine and in force" if citizen.english else "真实，有效")

    invitation = town.running.wait_for("select link from messages_message where about = %s and link <> '' limit 1",
                                       number)
    stranger.go(str(invitation))
    stranger.choose("input[name=grade][value='5']")
    stranger.click("main form button[type=submit]")
    town.running.wait_for("select 1 from reviews_rectification r join reviews_review v on v.id = r.review_id join "
                          "reviews_invitation i on i.id = v.invitation_id where i.case_number = %s", number)
    supervisor = town.person()
    supervisor.sign_in("guangan-approval-supervisor", "/oversight/")
    for path in ("/oversight/", "/oversight/rectifications/", "/oversight/cases/", "/oversight/signals/"):
        supervisor.go(path)
    for path in ("/me/", "/me/messages/", "/me/licences/", "/me/disclosures/", f"/cases/{number}/"):
        citizen.go(path)
