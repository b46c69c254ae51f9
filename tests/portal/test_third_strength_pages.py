"""What is hard to undo asks for a passkey and the face before it is sent; at the counter a clerk stands for both."""

import re
from datetime import timedelta
from html import escape, unescape

import pytest

from tests import journeys
from tests.cases.given import authority_id, own_item
from tests.conftest import MONDAY
from tests.identity.authenticator import Authenticator
from tests.identity.test_third_strength import Faceless
from tests.portal.public import signed_in, text_of
from tests.portal.test_proving_page import CARRIED, strong
from tests.requirements import requirement
from tongban.catalogue.rules import code_of
from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.actions import facing
from tongban.identity.queries.passkeys import site
from tongban.identity.types import Role, Strength
from tongban.kernel import database
from tongban.kernel.types import Channel

FACTORS = "/me/security/factors/"


@pytest.fixture
def item(db):
    return own_item(strength=Strength.S3)


def with_passkey(browser):
    key = Authenticator(origin=site())
    browser.post(FACTORS, {"act": "passkey", "credential": key.make(browser.get(f"{FACTORS}?options=new").json()), "name": "手机"})
    return key


def sent(key):
    return database.row("select count(*) from cases_case where idempotency_key = %s", [key]) == (1,)


def leads_to(page, place):
    """Does the refusal lead to a place that is on the page?"""
    body = page.content.decode()
    return page.status_code == 422 and f'href="#{place}"' in body and f'id="{place}"' in body


@requirement("IDN-05", "MOB-05")
def test_an_item_of_the_third_strength_is_begun_with_two_factors_and_sent_with_passkey_and_face(item, monkeypatch):
    actor = journeys.citizen()
    own = signed_in(identity.open_session(account=actor.account, channel=Channel.WEB))
    key = with_passkey(own)
    browser = strong(actor)
    assert browser.get(f"/apply/{code_of(item)}/").status_code == 200
    draft = journeys.new_draft(actor, item.slug)
    by_number = browser.post(f"/drafts/{draft}/check/", {"true": "on"}).content.decode()
    assert f'href="{site()}/drafts/{draft}/check/"' in by_number and "data-passkey" not in by_number
    browser.defaults["SERVER_NAME"] = "localhost"
    asked = browser.post(f"/drafts/{draft}/check/", {"true": "on"})
    assert asked.status_code == 403 and "通行密钥和人脸" in text_of(asked) and "到窗口" in text_of(asked)
    assert 'data-passkey="/sign-in/passkey/"' in asked.content.decode() and not sent(draft)
    carried = CARRIED.search(asked.content.decode())[1]
    onward = {"next": f"/drafts/{draft}/check/", "carried": carried, "needed": "3"}
    early = browser.post("/prove/", {"way": "FACE", "face": "1", **onward})
    assert early.status_code == 422 and "请先用一次通行密钥" in text_of(early) and leads_to(early, "passkey")
    assert leads_to(browser.post("/prove/", {"way": "PASSKEY", "passkey": "{}", **onward}), "passkey")
    half = browser.post("/prove/", {"way": "PASSKEY", "passkey": key.use(browser.get("/sign-in/passkey/").json()), **onward})
    assert half.status_code == 200 and "模拟" in text_of(half) and "不会打开摄像头" in text_of(half)
    assert browser.get(f"/drafts/{draft}/check/").status_code == 403
    with monkeypatch.context() as patched:
        patched.setattr(facing, "face_check", Faceless)
        assert leads_to(browser.post("/prove/", {"way": "FACE", "face": "1", **onward}), "face")
    done = browser.post("/prove/", {"way": "FACE", "face": "1", **onward})
    assert done.status_code == 200 and f'action="/drafts/{draft}/check/"' in done.content.decode()
    assert 'name="true" value="on"' in done.content.decode()
    assert browser.post(f"/drafts/{draft}/check/", {"true": "on"}).status_code == 303 and sent(draft)


def test_what_was_posted_goes_along_to_the_setting_up_of_a_first_passkey(item):
    actor = journeys.citizen()
    browser, draft = strong(actor), journeys.new_draft(actor, item.slug)
    browser.defaults["SERVER_NAME"] = "localhost"
    asked = browser.post(f"/drafts/{draft}/check/", {"true": "on"}).content.decode()
    carried = CARRIED.search(asked)[1]
    there = unescape(re.search(f'<form method="post" action="({FACTORS}[^"]*)"', asked)[1])
    page = browser.post(there, {"carried": carried})
    assert page.status_code == 200 and f'name="carried" value="{carried}"' in page.content.decode()


def test_a_face_compared_too_long_ago_is_asked_for_again_with_the_passkey(item, at):
    actor = journeys.citizen()
    browser = strong(actor)
    key, draft = with_passkey(browser), journeys.new_draft(actor, item.slug)
    onward = {"next": f"/drafts/{draft}/check/", "needed": "3"}

    def both():
        used = browser.post("/prove/", {"way": "PASSKEY", "passkey": key.use(browser.get("/sign-in/passkey/").json()), **onward})
        assert used.status_code == 200 and "不会打开摄像头" in text_of(used)
        return browser.post("/prove/", {"way": "FACE", "face": "1", **onward})

    assert both()["Location"] == onward["next"] and browser.get(onward["next"]).status_code == 200
    at(MONDAY + timedelta(minutes=6))
    asked = browser.post(onward["next"], {"true": "on"})
    assert asked.status_code == 403 and "通行密钥和人脸" in text_of(asked) and not sent(draft)
    assert both()["Location"] == onward["next"]
    assert browser.post(onward["next"], {"true": "on"}).status_code == 303 and sent(draft)


def test_whoever_has_no_passkey_is_led_to_set_one_up_or_to_a_counter(item):
    actor = journeys.citizen()
    asked = strong(actor).get(f"/drafts/{journeys.new_draft(actor, item.slug)}/check/")
    body = asked.content.decode()
    assert asked.status_code == 403 and f'href="{FACTORS}?next=/' in body and 'href="/me/help/"' in body
    assert 'name="way"' not in body


def test_whoever_sets_a_passkey_up_on_the_way_goes_on_to_where_they_were_heading(item):
    actor = journeys.citizen()
    browser, check = strong(actor), f"/drafts/{journeys.new_draft(actor, item.slug)}/check/"
    there = unescape(re.search(rf'href="({FACTORS}\?next=[^"]*)"', browser.get(check).content.decode())[1])
    by_number = browser.get(there).content.decode()
    assert f'href="{site()}{escape(there)}"' in by_number and "data-passkey" not in by_number
    browser.defaults["SERVER_NAME"] = "localhost"
    body = browser.get(there).content.decode()
    assert f'href="{check}"' in body and "下一步" not in body
    options = unescape(re.search(r'data-passkey="([^"]*)"', body)[1])
    made = {"act": "passkey", "credential": Authenticator(origin=site()).make(browser.get(options).json()), "name": "手机"}
    done = browser.post(unescape(re.search(r'action="([^"]*)" data-passkey', body)[1]), made)
    assert done.status_code == 200 and re.search(rf'<a class="btn" href="{check}"[^>]*>下一步', done.content.decode())
    made["credential"] = Authenticator(origin=site()).make(browser.get(options).json())
    again = browser.get(browser.post(there, made)["Location"])
    assert "设置好了" in text_of(again) and f'<a class="btn" href="{check}"' in again.content.decode()
    elsewhere = browser.get(f"{FACTORS}?done=added&next=//elsewhere.example/").content.decode()
    assert '"//elsewhere' not in elsewhere and "下一步" not in elsewhere


@requirement("HALL-08")
def test_at_the_counter_the_clerk_sees_the_person_and_sends_it_with_them(item):
    actor = journeys.citizen()
    with journeys.as_actor(actor):
        code, last = identity.ask_help(actor), known.party(actor.party).code[-4:]
    browser = strong(journeys.officer(authority_id(item), Role.RECEPTIONIST))
    assert browser.post("/desk/help/", {"code": code, "last": last}).status_code == 303
    draft = journeys.new_draft(actor, item.slug)
    assert browser.post(f"/drafts/{draft}/check/", {"true": "on"}).status_code == 303 and sent(draft)


def test_the_guide_says_what_sending_takes(item):
    assert "提交时 要用通行密钥并核验人脸" in text_of(signed_in("").get(f"/services/{code_of(item)}/"))
