"""Signing in without a password, in Chromium: a passkey judged by the browser itself, a code of an app, a phone that says yes."""

import pytest

from tests.browser.hands import Hands
from tests.requirements import requirement
from tongban.identity.actions.pairing import code_of

pytestmark = pytest.mark.browser
LOGIN = "sun-guiying"
VIRTUAL = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
           "isUserVerified": True, "automaticPresenceSimulation": True}


@requirement("IDN-12")
def test_a_passkey_is_made_signs_in_alone_and_is_removed(chromium, running):
    context = chromium.new_context(viewport={"width": 360, "height": 800}, locale="zh-CN")
    person = Hands(context, running.address.replace("127.0.0.1", "localhost"))
    devices = context.new_cdp_session(person.page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL})
    person.sign_in(LOGIN, "/me/security/factors/")
    person.fill("#passkey-name", "我的手机")
    person.click("form[data-passkey] button")
    assert person.page.locator("main li", has_text="我的手机").count() == 1
    assert person.page.locator("main .notice li").count() == 8
    person.page.locator("form[action='/sign-out/'] button").click()
    person.page.wait_for_url(f"{person.address}/")
    person.go("/sign-in/?next=/me/security/factors/")
    person.click("form[data-passkey] button")
    assert person.page.url == f"{person.address}/me/security/factors/"
    person.click("button[name=remove]")
    assert person.page.get_by_text("已经移除").count() == 1
    context.close()


@requirement("IDN-12")
def test_the_picture_with_the_key_for_an_app_is_seen_under_our_policy(chromium, running):
    context = chromium.new_context(viewport={"width": 360, "height": 800}, locale="zh-CN")
    person = Hands(context, running.address)
    person.sign_in("wei-lan", "/me/security/factors/")
    person.click(person.page.locator("form").filter(has=person.page.locator("input[value=begin]")).locator("button"))
    picture = person.page.get_by_role("img", name="给动态码应用扫的密钥图").locator("svg path").last.bounding_box()
    assert picture is not None and picture["width"] > 100 and picture["height"] > 100
    context.close()


@requirement("IDN-12")
def test_a_computer_that_waits_for_a_phone_goes_on_by_itself_and_is_not_loaded_again_before(chromium, running):
    screens = [chromium.new_context(viewport={"width": width, "height": 800}, locale="zh-CN") for width in (1280, 360)]
    computer, phone = (Hands(screen, running.address) for screen in screens)
    phone.sign_in("wei-lan")
    computer.go("/sign-in/phone/")
    computer.click("main form button")
    kept = next(str(each["value"]) for each in screens[0].cookies() if each["name"] == "pairing")
    loads: list[str] = []
    computer.page.on("load", lambda page: loads.append(page.url))
    computer.page.locator("main .btn").focus()
    with computer.page.expect_response(lambda answer: answer.url.endswith("?wait") and answer.status == 204):
        pass
    assert loads == [] and computer.page.locator("main .btn").evaluate("element => element === document.activeElement")
    phone.go(f"/me/sign-in/?code={code_of(kept)}")
    phone.click("button[name=allow]")
    computer.page.wait_for_url(f"{running.address}/me/")
    for screen in screens:
        screen.close()


@requirement("IDN-12")
@pytest.mark.parametrize(("english", "scripts"), [(False, True), (True, False)])
def test_a_phone_goes_on_where_a_computer_is_signed_in(chromium, running, english, scripts):
    screens = [chromium.new_context(viewport={"width": width, "height": 800}, locale="zh-CN", java_script_enabled=scripts or width == 1280)
               for width in (1280, 360)]
    computer, phone = (Hands(screen, running.address, scripts=scripts or screen is screens[0], english=english) for screen in screens)
    computer.sign_in("wei-lan", "/me/security/")
    computer.go("/me/security/")
    computer.click("a[href$='/me/phone/']")
    computer.click("main form button")
    code = computer.page.locator("code.key").inner_text()
    assert computer.page.get_by_role("img").locator("svg").first.is_visible()
    phone.go("/phone/")
    phone.fill("#code", code)
    phone.click("main form button")
    phone.click("main form button")
    number = phone.page.locator("code.key").inner_text()
    computer.page.wait_for_selector("#number")
    computer.look()
    computer.fill("#number", number)
    computer.click("button[name=allow]")
    if not scripts:
        phone.click("main .btns a")
    phone.page.wait_for_url(f"{running.address}{'/en' if english else ''}/me/")
    phone.look()
    for screen in screens:
        screen.close()
