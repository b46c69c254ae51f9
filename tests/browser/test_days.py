"""Days of people and staff as they go: locked out and back in, a father and his daughter, help at a counter, who looked at what.

docs/security/roles.md says which role does what in which test.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import journeys
from tests.browser.conftest import MONDAY, House
from tests.browser.hands import PASSWORD, Hands, Keys, answers_to
from tests.browser.test_passkeys import VIRTUAL
from tests.requirements import requirement

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MOST_PAGES = 8
OWN = {"bank_account": "6222020200112230"}
"""Answers that a machine would not guess."""
Person = Callable[..., Hands]


@pytest.fixture
def person(chromium: Browser, running: House) -> Iterator[Person]:
    """Somebody in a browser of their own; the clock stands at Monday again afterwards."""
    contexts = []

    def come(width: int = 1280, *, english: bool = False, host: str = "127.0.0.1") -> Hands:
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, locale="en-GB" if english else "zh-CN"))
        return Hands(contexts[-1], running.address.replace("127.0.0.1", host), english=english)

    yield come
    running.set_clock(MONDAY)
    for context in contexts:
        context.close()


def words(who: Hands) -> str:
    return who.page.locator("main").inner_text()


def press(who: Hands, what: str) -> None:
    """Press what may be refused: browsers call a refused page an error, which is not one of ours."""
    with who.page.expect_navigation():
        who.page.locator(what).first.click()
    who.wrong[:] = [each for each in who.wrong if "Failed to load resource" not in each]
    who.look()


def try_password(who: Hands, login: str, password: str) -> None:
    who.fill("#login", login)
    who.fill("#password", password)
    press(who, "main form button[type=submit]")


def sign_out(who: Hands) -> None:
    who.page.locator("form[action$='/sign-out/'] button").first.click()
    who.page.wait_for_url(f"{who.address}/")


def apply_for(who: Hands, item: str, picture: Path, *, whom: str = "") -> str:
    """An application from the start page to the receipt, for somebody whose name is on the page; returns its number."""
    who.go(f"/apply/{item}/")
    who.choose(who.page.locator("main form .choice", has_text=whom).locator("input") if whom else "input[name=applicant]")
    who.click("main form button[type=submit]")
    who.click("main .btns a")
    for _ in range(MOST_PAGES):
        if "/questions/" not in who.page.url:
            break
        for act, control, text in answers_to(who.page):
            if not control.is_visible():
                continue
            if act == "select":
                control.select_option(index=1)
            elif act == "choose":
                who.choose(control)
            else:
                who.fill(control, OWN.get(control.get_attribute("name") or "", text))
        who.click("main form .btns button[type=submit]")
    if "/materials/" in who.page.url:
        for field in who.page.locator("main form input[type=file]").all():
            who.attach(field, picture)
        who.click("button[name=continue]")
    assert "/check/" in who.page.url, words(who)
    who.choose("#true")
    who.click("main form button[type=submit]")
    assert "/receipt/" in who.page.url, words(who)
    return who.page.url.rstrip("/").split("/")[-2]


@requirement("IDN-16", "IDN-12")
def test_whoever_is_locked_out_comes_back_by_passkey_and_after_a_while_by_password_and_recovery_code(person, running):
    citizen = person(360, host="localhost")
    devices = citizen.page.context.new_cdp_session(citizen.page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL})
    citizen.sign_in("deng-xiulan", "/me/security/factors/")
    citizen.fill("#passkey-name", "我的手机")
    citizen.click("form[data-passkey] button")
    spare = citizen.page.locator("main .notice li").first.inner_text()
    sign_out(citizen)
    citizen.go("/sign-in/")
    for _ in range(5):
        try_password(citizen, "deng-xiulan", "不记得了")
        assert "暂停" not in words(citizen)
    try_password(citizen, "deng-xiulan", PASSWORD)
    assert "暂停登录 15 分钟" in words(citizen)
    citizen.go("/sign-in/?next=/me/security/")
    citizen.click("form[data-passkey] button")
    assert citizen.page.url.endswith("/me/security/")
    sign_out(citizen)
    running.set_clock(MONDAY + timedelta(minutes=16))
    citizen.go("/sign-in/?next=/me/")
    try_password(citizen, "deng-xiulan", PASSWORD)
    citizen.fill("#recovery", spare)
    citizen.click(citizen.page.locator("main form").filter(has=citizen.page.locator("#recovery")).locator("button"))
    assert citizen.page.url.endswith("/me/")


@requirement("IDN-11", "IDN-12", "IDN-09")
def test_a_daughter_applies_for_her_father_and_he_reads_who_looked_at_it(person, running, picture):
    item = str(running.one("select code from catalogue_item where slug = 'old-age-allowance-guichi'"))
    father, daughter, clerk = person(768), person(360), person()
    father.sign_in("zhou-dehai", "/me/mandates/")
    father.click("main a[href$='/give/']")
    father.fill("#name", "周敏")
    father.fill("#phone", "19900000003")
    father.choose("input[name=extent][value='3']")
    father.choose("input[name=which][value=all]")
    father.fill("#until", "2026-12-31")
    father.click("main form button[type=submit]")
    code = father.page.locator("main .key").inner_text()
    daughter.sign_in("zhou-min", "/me/mandates/code/")
    daughter.fill("#code", code)
    daughter.click("main form button[type=submit]")
    assert "周德海" in words(daughter)
    daughter.click("button[name=accept]")
    number = apply_for(daughter, item, picture, whom="周德海")

    clerk.sign_in("guichi-civil-reception", f"/desk/{number}/")
    running.set_clock(MONDAY + timedelta(minutes=3))
    clerk.go(f"/desk/{number}/applicant/")
    clerk.choose("input[name=reason][value=contact]")
    press(clerk, "main form button[type=submit]")
    assert "再证明一次" in words(clerk)
    clerk.click(clerk.page.locator("main form").filter(has=clerk.page.locator("input[value=send]")).locator("button"))
    clerk.prove()
    clerk.click("main form button[type=submit]")
    assert clerk.page.url.endswith(f"/desk/{number}/applicant/") and "19900000002" in words(clerk).replace(" ", "")

    running.wait_for("select 1 from kernel_disclosure where subject = %s and reason = 'contact'", number)
    for path in ("/me/", f"/cases/{number}/", "/me/mandates/"):
        father.go(path)
    father.click(father.page.locator("main a", has_text="周敏"))
    assert "提交了申请" in words(father)
    father.click("button[name=end]")
    father.go("/me/disclosures/")
    assert "联系" in words(father) and "池州市贵池区民政局" in words(father)
    press(daughter, f"a[href='/cases/{number}/']")
    assert daughter.page.locator("h1").inner_text() and number not in words(daughter)


@requirement("HALL-08")
def test_a_clerk_helps_at_the_counter_with_the_person_s_code_and_forgets_them(person, running, picture):
    item = str(running.one("select code from catalogue_item where slug = 'old-age-allowance-guichi'"))
    citizen, clerk = person(360, english=True), person(english=True)
    citizen.sign_in("zhou-dehai")
    citizen.go("/me/help/")
    citizen.click("main form button[type=submit]")
    code = citizen.page.locator("main .key").inner_text()
    clerk.sign_in("guichi-civil-reception")
    clerk.go("/desk/help/")
    clerk.fill("#code", code)
    clerk.fill("#last", "0000")
    press(clerk, "main form button[type=submit]")
    assert "code" in words(clerk).lower()
    clerk.fill("#code", code)
    clerk.fill("#last", "9116")
    clerk.click("main form button[type=submit]")
    assert "You act for" in words(clerk)
    number = apply_for(clerk, item, picture)
    citizen.go("/me/help/")
    assert "You are being helped" in words(citizen)
    clerk.go("/desk/help/")
    clerk.click("button[name=end]")
    assert "has forgotten it" in words(clerk)
    clerk.page.goto(f"{clerk.address}/en/cases/{number}/")
    assert number not in words(clerk)
    citizen.go(f"/cases/{number}/")
    citizen.go("/me/disclosures/")
    assert "Help" in words(citizen) or "help" in words(citizen)


def message_code(who: Hands) -> str:
    """The code in the text message that a trial shows on the page."""
    return who.page.locator("main .notice b.num").first.inner_text()


@requirement("IDN-16", "IDN-05")
def test_whoever_lost_phone_and_password_comes_back_over_the_counter_by_keyboard_alone(person, running, chromium):
    number, old, new, secret = journeys.new_id_number(), "17011112222", "17011113333", "雨后的山路很安静"
    citizen, clerk = person(360), person(360)
    citizen.go("/register/")
    for field, text in (("#phone", old), ("#code", "")):
        citizen.fill(field, text or message_code(citizen))
        citizen.click("main form button[type=submit]")
    for field, text in (("#name", "石示例"), ("#password", secret * 2), ("#again", secret * 2)):
        citizen.fill(field, text)
    citizen.click("main form button[type=submit]")
    citizen.go("/me/identity/data/")
    citizen.fill("#name", "石示例")
    citizen.fill("#number", number)
    citizen.click("main form button[type=submit]")
    assert citizen.page.url.endswith("?done=proved")

    clerk.sign_in("gaoling-market-reception", "/desk/new-phone/")
    for field, text in (("#name", "石示例"), ("#number", number), ("#phone", new)):
        clerk.fill(field, text)
    clerk.choose("#seen")
    clerk.click("main form button[type=submit]")
    clerk.fill("#code", message_code(clerk))
    clerk.click("main form button[type=submit]")
    assert "新手机号已登记" in words(clerk)
    running.wait_for("select 1 from messages_message where title->>'zh' = '窗口为您登记了新手机号，不是您本人请马上停下'")
    citizen.go("/me/security/")
    assert "窗口为您登记了新手机号" in words(citizen)
    running.set_clock(MONDAY + timedelta(hours=25))
    running.wait_for("select 1 from kernel_event where name = 'DetailsCorrected' and payload->'fields' ? 'phone'")

    context = chromium.new_context(viewport={"width": 360, "height": 900}, locale="en-GB")
    back = Keys(context, running.address, english=True)
    back.go("/sign-in/")
    back.click("main a[href$='/sign-in/forgotten/']")
    backwards = secret[::-1] * 2
    for fields in ({"#phone": new}, {"#code": ""}, {"#name": "石示例", "#number": number}, {"#password": backwards, "#again": backwards}):
        for field, text in fields.items():
            back.fill(field, text or message_code(back))
        back.click("main form button[type=submit]")
    back.prove()
    assert "Your new password is set" in words(back)
    context.close()
