"""A passkey in Chromium: set up, used to sign in without a password, removed; the browser itself judges our options."""

import pytest

from tests.browser.hands import Hands
from tests.requirements import requirement

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
