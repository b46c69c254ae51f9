"""Keys for programs: given out once, shown once, withdrawn by their owner (IDN-12 in part)."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests import journeys
from tests.conftest import MONDAY
from tests.portal.test_signed_in_pages import browser
from tongban.identity import queries as identity
from tongban.identity.events import KeyGiven, KeyWithdrawn
from tongban.kernel import database, events, sequencing

KEY = re.compile('<code class="key">([^<]+)</code>')
NEW = re.compile('name="new" value="([^"]+)"')


@pytest.fixture
def person(db):
    with database.serving("worker"):
        return journeys.citizen()


@pytest.fixture
def path(db):
    translation.activate("zh-hans")
    return reverse("portal:programs")


def asked_as(key):
    return Client(headers={"authorization": f"Bearer {key}"}).get("/api/v1/me").status_code


def given(client, path, days="30"):
    new = NEW.search(client.get(path).content.decode())[1]
    return client.post(path, {"new": new, "days": days}), new


def recorded(account):
    sequencing.take_turn()
    return [each.happened for each in events.read_after(0, limit=100_000, names={"KeyGiven", "KeyWithdrawn"})
            if each.payload["account"] == account]


def test_a_key_works_until_it_is_withdrawn(person, path):
    client = browser(person)
    answer, _ = given(client, path)
    key = KEY.search(answer.content.decode())[1]
    assert answer["Cache-Control"] == "no-store" and asked_as(key) == 200
    page = client.get(path).content.decode()
    assert key not in page
    (row,) = identity.keys_of(person.account)
    assert row.key in page
    assert client.post(path, {"withdraw": row.key}).status_code == 303
    assert asked_as(key) == 401 and identity.keys_of(person.account) == []
    with database.serving("worker"):
        assert recorded(person.account) == [KeyGiven(account=person.account, days=30),
                                            KeyWithdrawn(account=person.account)]


def test_a_page_loaded_again_makes_no_second_key_and_shows_the_first_no_more(person, path):
    client = browser(person)
    first, new = given(client, path)
    key = KEY.search(first.content.decode())[1]
    again = client.post(path, {"new": new, "days": "30"}).content.decode()
    assert key not in again and not KEY.search(again) and "这个密钥已经显示过了" in again
    assert len(identity.keys_of(person.account)) == 1


def test_a_key_says_when_a_program_last_used_it_and_until_then_that_none_did(person, path, at):
    client = browser(person)
    answer, _ = given(client, path)
    assert "还没有用过" in answer.content.decode() and "上次使用" not in answer.content.decode()
    at(MONDAY.replace(second=7))
    assert asked_as(KEY.search(answer.content.decode())[1]) == 200
    page = client.get(path).content.decode()
    assert "还没有用过" not in page and "上次使用：2026年3月2日" in page


def test_a_key_ends_with_its_days(person, path, at):
    answer, _ = given(browser(person), path, days="1")
    key = KEY.search(answer.content.decode())[1]
    assert asked_as(key) == 200
    at(MONDAY.replace(day=3, hour=10, minute=1))
    assert asked_as(key) == 401 and identity.keys_of(person.account) == []


@pytest.mark.parametrize("sent", [{}, {"days": "30"}, {"new": "x:y:z", "days": "30"}, {"days": "9999"}])
def test_a_form_that_is_not_whole_gives_no_key(person, path, sent):
    client = browser(person)
    new = NEW.search(client.get(path).content.decode())[1]
    answer = client.post(path, {**({"new": new} if sent == {"days": "9999"} else {}), **sent})
    assert answer.status_code == 422 and "请选密钥有效多久" in answer.content.decode()
    assert identity.keys_of(person.account) == []


def test_nobody_uses_or_withdraws_what_is_anothers(person, path):
    with database.serving("worker"):
        other = journeys.citizen()
    answer, _ = given(browser(person), path)
    key, (row,) = KEY.search(answer.content.decode())[1], identity.keys_of(person.account)
    browser(other).post(path, {"withdraw": row.key})
    assert asked_as(key) == 200
    mine = NEW.search(browser(person).get(path).content.decode())[1]
    assert browser(other).post(path, {"new": mine, "days": "30"}).status_code == 422
    assert identity.keys_of(other.account) == [] and len(identity.keys_of(person.account)) == 1


def test_a_key_for_programs_opens_no_page_whatever_it_is_brought_as(person, path):
    client = browser(person)
    key = KEY.search(given(client, path)[0].content.decode())[1]
    assert asked_as(key) == 200
    thief = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    thief.cookies[settings.SESSION_COOKIE_NAME] = key
    for name in ("matters", "my_data", "inbox", "security", "mandates", "proofing", "factors"):
        assert thief.get(reverse(f"portal:{name}")).status_code == 401, name
    assert thief.get(reverse("portal:stay"))["Session-Seconds"] == "0"
    assert thief.post(reverse("portal:prove"), {"way": "send"}).status_code == 401
