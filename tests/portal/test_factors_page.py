"""The page of second factors: set up, shown once, removed; for citizens and for staff with a first password only."""

import re
from datetime import timedelta

import pyotp
import pytest

from tests import journeys
from tests.conftest import MONDAY
from tests.identity.authenticator import Authenticator
from tests.portal.public import signed_in, text_of
from tests.portal.test_proving_page import later, strong, weak
from tongban.identity import actions as identity
from tongban.identity.queries.passkeys import site
from tongban.identity.types import ActorKind, Role, Strength
from tongban.kernel import clock, database
from tongban.kernel.types import Channel

PAGE, DESK = "/me/security/factors/", "/desk/security/"
SETUP = re.compile(r'name="setup" value="([^"]+)"')


def shown(page):
    """What an app shows now that was given the key on the page."""
    secret = re.search(r"密钥：\s*([A-Z2-7 ]{39})", text_of(page))[1].replace(" ", "")
    return pyotp.TOTP(secret).at(int(clock.now().timestamp()))


def set_up_app(browser, path=PAGE):
    page = browser.post(path, {"act": "begin"})
    return browser.post(path, {"act": "totp", "setup": SETUP.search(page.content.decode())[1], "code": shown(page), "name": "旧手机"})


def first_password_only(login):
    account = identity.open_account(journeys.TESTER, kind=ActorKind.OFFICER, login=login, password="first-word", name="王示例")
    identity.give_post(journeys.TESTER, account=account, authority=journeys.authority_of("old-age-allowance-guichi"),
                       role=Role.DECIDER, valid_from=MONDAY.date())
    return account, signed_in(identity.open_session(account=account, channel=Channel.WEB, strength=Strength.S1))


def test_an_app_is_set_up_without_scripts_and_the_recovery_codes_are_shown_once(db):
    browser = strong(journeys.citizen())
    page = browser.post(PAGE, {"act": "begin"})
    assert re.search('role="img"[^>]*><svg', page.content.decode()) and page["Cache-Control"] == "no-store"
    assert "data:" not in page.content.decode()
    wrong = browser.post(PAGE, {"act": "totp", "setup": SETUP.search(page.content.decode())[1], "code": "12 34"})
    assert wrong.status_code == 422 and 'id="code-error"' in wrong.content.decode() and SETUP.search(wrong.content.decode())
    done = set_up_app(browser)
    codes = re.findall(r"\b[a-z0-9]{5}-[a-z0-9]{5}\b", text_of(done))
    assert len(set(codes)) == 8 and "旧手机" in text_of(done)
    again = browser.get(PAGE)
    assert "旧手机" in text_of(again) and codes[0] not in text_of(again) and "还剩 8 个" in text_of(again)


def test_a_key_shown_to_one_person_is_set_up_by_nobody_else(db):
    owner, other = strong(journeys.citizen()), strong(journeys.citizen())
    page = owner.post(PAGE, {"act": "begin"})
    stolen = {"act": "totp", "setup": SETUP.search(page.content.decode())[1], "code": shown(page)}
    assert other.post(PAGE, stolen).status_code == 422
    assert "还没有设置" in text_of(other.get(PAGE))


def test_what_was_set_up_is_a_way_in_and_removing_it_needs_a_fresh_proof(db, at):
    actor = journeys.citizen()
    browser = strong(actor)
    set_up_app(browser)
    key = database.row("select id from identity_factor where account_id = %s", [actor.account])[0]
    asked = weak(actor).get("/me/")
    assert 'name="totp"' in asked.content.decode() and 'name="recovery"' in asked.content.decode()
    stale = later(actor, at, 6)
    assert stale.post(PAGE, {"remove": str(key)}).status_code == 403
    at(MONDAY)
    assert strong(actor).post(PAGE, {"remove": str(key)})["Location"] == f"{PAGE}?done=removed"
    assert strong(actor).post(PAGE, {"remove": str(key)}).status_code in (404, 422)


def test_a_passkey_signs_in_by_the_page_and_keeps_the_browser_known(db):
    actor, key = journeys.citizen(), Authenticator(origin=site())
    browser = strong(actor)
    made = browser.post(PAGE, {"act": "passkey", "credential": key.make(browser.get(f"{PAGE}?options=new").json()), "name": "手机"})
    assert made.status_code == 200 and "恢复码" in text_of(made)
    stranger = signed_in("")
    answer = stranger.post("/sign-in/passkey/", {"credential": key.use(stranger.get("/sign-in/passkey/").json()), "next": "/me/"})
    assert (answer.status_code, answer["Location"]) == (303, "/me/")
    assert stranger.get("/me/").status_code == 200
    device = "select count(*) from identity_device where account_id = %s"
    assert database.row(device, [actor.account]) == (1,)
    old = weak(actor)
    proved = old.post("/prove/", {"way": "PASSKEY", "passkey": key.use(old.get("/sign-in/passkey/").json()), "next": "/me/"})
    assert proved.status_code == 303 and old.get("/me/").status_code == 200
    assert stranger.post("/sign-in/passkey/", {"credential": "{}"}).status_code == 422


@pytest.mark.parametrize("minutes", [0, 3])
def test_staff_with_a_first_password_only_are_led_to_set_up_a_second_way_and_then_to_the_desk(db, at, minutes):
    account, browser = first_password_only(f"new-clerk-{minutes}")
    assert f'href="{DESK}?next=%2Fdesk%2F"' in browser.get("/desk/").content.decode()
    at(MONDAY + timedelta(minutes=minutes))
    if minutes:
        asked = browser.post(DESK, {"act": "begin"})
        assert asked.status_code == 403 and 'name="password"' in asked.content.decode()
        assert browser.post("/prove/", {"way": "PASSWORD", "password": "first-word", "next": DESK})["Location"] == DESK
        assert browser.get("/desk/").status_code == 403
    assert set_up_app(browser, DESK).status_code == 200
    assert browser.get("/desk/").status_code == 200
    again = signed_in(identity.open_session(account=account, channel=Channel.WEB, strength=Strength.S1))
    assert again.get(DESK).status_code == 403 and 'name="totp"' in again.get(DESK).content.decode()
