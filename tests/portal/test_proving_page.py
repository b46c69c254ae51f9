"""The second step on the page: what was typed comes through it, and table 5.8 says where it is asked for."""

import re
from datetime import timedelta

import msgspec
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests import journeys
from tests.cases.given import own_item
from tests.catalogue.given import publish
from tests.conftest import MONDAY
from tests.identity.given import PASSWORD, person
from tests.portal.public import signed_in, text_of
from tests.requirements import requirement
from tongban.catalogue.rules import code_of
from tongban.identity import actions as identity
from tongban.identity.types import ActorKind, Proofing, Role, Strength
from tongban.kernel import database
from tongban.kernel.types import Channel

SHOWN = re.compile(r"data-code>(\d{6})<")
CARRIED = re.compile(r'name="carried" value="([^"]*)"')


def weak(actor):
    """A browser in which someone typed nothing but their password."""
    return signed_in(identity.open_session(account=actor.account, channel=Channel.WEB, strength=Strength.S1))


def strong(actor):
    """A browser in which someone has just proved with two factors who they are."""
    return signed_in(identity.open_session(account=actor.account, channel=Channel.WEB))


def prove(browser, asked, **posted):
    """Ask for a code on the page that wants one, and type it in."""
    code = SHOWN.search(browser.post("/prove/", {"way": "send", **posted}).content.decode())[1]
    return browser.post("/prove/", {"way": "CODE", "code": code, **posted})


def later(actor, at, minutes):
    """A browser that proved with two factors who it is, some minutes ago."""
    browser = strong(actor)
    at(MONDAY + timedelta(minutes=minutes))
    return browser


def test_after_the_password_the_code_is_sent_and_leads_to_where_one_was_heading(db):
    who, browser = person(), Client()
    answer = browser.post("/sign-in/", {"login": who.login, "password": PASSWORD, "next": "/me/licences/"})
    assert (answer.status_code, answer["Location"]) == (303, "/prove/?next=%2Fme%2Flicences%2F")
    before = browser.cookies[settings.SESSION_COOKIE_NAME].value
    shown = browser.get(answer["Location"])
    code = SHOWN.search(shown.content.decode())[1]
    assert "模拟短信" in text_of(shown) and "不要告诉任何人" in text_of(shown)
    assert SHOWN.search(browser.get(answer["Location"]).content.decode())[1] == code
    done = browser.post("/prove/", {"way": "CODE", "code": f" {code[:3]} {code[3:]}", "next": "/me/licences/"})
    assert (done.status_code, done["Location"]) == (303, "/me/licences/")
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert browser.get("/me/licences/").status_code == 200


@pytest.mark.parametrize("path", ["/me/", "/me/licences/", "/me/messages/", "/me/disclosures/", "/me/security/", "/me/data/",
                                  "/me/programs/"])
@requirement("IDN-12")
def test_a_password_alone_opens_nothing_personal(db, path):
    answer = weak(journeys.citizen()).get(path)
    assert answer.status_code == 403 and "还差一步" in text_of(answer)
    assert "张示例" not in text_of(answer)


def test_with_one_factor_the_way_out_and_open_pages_work(db):
    browser = weak(journeys.citizen())
    assert browser.get("/").status_code == browser.get("/prove/").status_code == 200
    assert browser.get("/stay/").status_code == 204
    assert browser.post("/sign-out/").status_code == 303
    assert browser.get("/prove/").status_code == 401


def test_what_was_posted_goes_on_after_the_proof_and_nothing_was_done_before(db, at):
    actor = journeys.citizen()
    browser = later(actor, at, 5.1)
    asked = browser.post("/me/programs/", {"days": "30", "new": "made-up words"})
    assert asked.status_code == 403 and "填的内容没有丢" in text_of(asked)
    done = prove(browser, asked, next="/me/programs/", carried=CARRIED.search(asked.content.decode())[1])
    body = done.content.decode()
    assert done.status_code == 200 and 'action="/me/programs/"' in body
    assert 'name="days" value="30"' in body and "<li>made-up words</li>" in body


def test_what_another_account_had_typed_is_not_carried_on(db):
    victim, thief = journeys.citizen(), journeys.citizen()
    sealed = CARRIED.search(weak(victim).post("/me/security/", {"end": "typed in confidence"}).content.decode())[1]
    browser = weak(thief)
    done = prove(browser, None, next="/me/security/", carried=sealed)
    assert done.status_code == 303 and "typed in confidence" not in done.content.decode()


@pytest.mark.parametrize(("path", "posted"), [
    ("/me/security/", {"password-present": "x"}), ("/me/programs/", {"days": "1"}), ("/me/data/", None)])
def test_these_need_a_proof_of_the_last_five_minutes(db, at, path, posted):
    actor = journeys.citizen()
    for minutes, wanted in ((4.99, {200, 422}), (5.02, {403})):
        at(MONDAY)
        browser = later(actor, at, minutes)
        answer = browser.get(path) if posted is None else browser.post(path, posted)
        assert answer.status_code in wanted, minutes


def test_reading_needs_no_fresh_proof(db, at):
    browser = later(journeys.citizen(), at, 14)
    assert browser.get("/me/security/").status_code == browser.get("/me/").status_code == 200


@requirement("IDN-12")
def test_the_desk_needs_two_factors_and_acts_of_power_a_fresh_proof(db, at):
    staff = journeys.officer(journeys.authority_of("old-age-allowance-guichi"), Role.DECIDER)
    browser = weak(staff)
    asked = browser.get("/desk/")
    assert asked.status_code == 403 and "还差一步" in text_of(asked)
    assert prove(browser, asked, next="/desk/")["Location"] == "/desk/"
    assert browser.get("/desk/").status_code == 200
    number = journeys.submitted(journeys.citizen(), "old-age-allowance-guichi")
    for minutes, wanted in ((1.98, {200, 422}), (2.02, {403})):
        at(MONDAY)
        browser = later(staff, at, minutes)
        for act in ("applicant", "decide"):
            assert browser.post(f"/desk/{number}/{act}/", {"reason": "nonsense"}).status_code in wanted, (act, minutes)
        assert browser.get(f"/desk/{number}/applicant/").status_code == 200


def test_staff_who_are_no_samples_and_have_no_second_factor_are_told_so(db):
    account = identity.open_account(journeys.TESTER, kind=ActorKind.OFFICER, login="staff-without-a-key", password=PASSWORD,
                                    name="王示例")
    browser = signed_in(identity.open_session(account=account, channel=Channel.WEB, strength=Strength.S1))
    answer = browser.get("/desk/")
    assert answer.status_code == 403 and "还没有第二步验证" in text_of(answer)
    assert "验证码" not in text_of(answer)


def test_a_wrong_code_is_said_at_its_field_and_what_was_typed_stays(db):
    browser = weak(journeys.citizen())
    browser.post("/prove/", {"way": "send"})
    for given in ("", "12345", "x" * 5000):
        answer = browser.post("/prove/", {"way": "CODE", "code": given, "next": "/me/", "carried": "kept"})
        body = answer.content.decode()
        assert answer.status_code == 422 and 'id="code-error"' in body and 'name="carried" value="kept"' in body
    assert browser.get("/me/").status_code == 403


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_proof_leads_nowhere_else(db, onward):
    browser = weak(journeys.citizen())
    assert prove(browser, None, next=onward)["Location"] == reverse("portal:matters")


def test_the_page_is_kept_nowhere(db):
    assert weak(journeys.citizen()).get("/prove/")["Cache-Control"] == "no-store"


def test_the_back_button_shows_nothing_personal_after_signing_out(db):
    browser = signed_in(identity.open_session(account=journeys.citizen().account, channel=Channel.WEB))
    for path in ("/me/", "/me/licences/", "/me/security/", "/prove/"):
        assert browser.get(path)["Cache-Control"] == "no-store"
    gone = browser.post("/sign-out/")
    assert "storage" in gone["Clear-Site-Data"] and "cache" in gone["Clear-Site-Data"]
    assert browser.get("/me/").status_code == 401


def test_a_key_given_out_at_one_factor_opens_nothing(db):
    actor = journeys.citizen()
    token = identity.open_session(account=actor.account, channel=Channel.API, days=1, strength=Strength.S1)
    assert Client(headers={"authorization": f"Bearer {token}"}).get("/api/v1/me").status_code == 403


def test_passwords_are_carried_through_no_other_page(db, at):
    browser = later(journeys.citizen(), at, 6)
    asked = browser.post("/me/security/", {"password-present": "the-old-one", "password-new": "the-new-one"})
    assert CARRIED.search(asked.content.decode())[1] == ""
    assert prove(browser, asked, next="/me/security/")["Location"] == "/me/security/"


@requirement("IDN-05")
def test_a_service_says_how_well_a_person_must_be_known_to_begin_and_to_send(db):
    item = own_item()
    code = code_of(item)
    applicant, barely, well = (journeys.citizen(proofing=level) for level in (Proofing.L2, Proofing.L1, Proofing.L3))
    for who, status in ((applicant, 200), (barely, 403)):
        answer = strong(who).get(f"/apply/{code}/")
        assert answer.status_code == status
    assert "/me/identity/" in answer.content.decode() and "L2" in text_of(answer)
    key = journeys.new_draft(applicant, item.slug)
    publish(msgspec.structs.replace(item, proofing=Proofing.L3))
    assert strong(applicant).post(f"/drafts/{key}/check/", {"true": "on"}).status_code == 403
    assert database.row("select count(*) from cases_case where idempotency_key = %s", [key]) == (0,)
    assert strong(well).get(f"/apply/{code}/").status_code == 200


def test_the_way_back_never_leads_to_the_page_that_asks_again(db, at):
    browser = later(journeys.citizen(), at, 10)
    read, written = browser.get("/me/data/"), browser.post("/me/mandates/give/", {"name": "钱示例"})
    assert read.status_code == written.status_code == 403
    assert 'class="back" href="/"' in read.content.decode(), "the file of one's data asks before it is read"
    assert 'class="back" href="/me/mandates/give/"' in written.content.decode()
