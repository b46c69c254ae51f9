"""A form whose cookies are gone: what was typed waits for its writer, and for nobody else."""

import re

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests import journeys
from tests.portal.test_signed_in_pages import SLUG, browser, first_page
from tests.requirements import requirement
from tongban.kernel import database

OURS = {"origin": "http://testserver"}
TYPED = "断线前写的店名"
CARRIED = re.compile(r'name="carried" value="([^"]+)"')
SHOWN = re.compile(r"data-code>(\d{6})<")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture
def person(db):
    return journeys.with_firm(journeys.citizen())


def login_of(actor):
    return database.row("select login from identity_account where id = %s", [actor.account])[0]


def strict(**headers):
    """A browser as it is: without its cookies no form of ours is taken."""
    translation.activate("zh-hans")
    return Client(enforce_csrf_checks=True, HTTP_ACCEPT_LANGUAGE="zh-hans", headers=headers)


def question(actor):
    return first_page(journeys.new_draft(actor, SLUG), actor)[1]


def signed_in(client, actor, **posted):
    return client.post(reverse("portal:sign_in"), {"login": login_of(actor), "password": "secret-word", **posted})


@requirement("POR-11")
def test_without_any_cookie_what_was_typed_is_shown_and_sent_after_signing_in(person):
    path, client = question(person), strict(**OURS)
    asked = client.post(path, {"premises_name": TYPED})
    page = asked.content.decode()
    assert asked.status_code == 403 and 'id="password"' in page and "内容没有丢" in page
    shown = signed_in(client, person, next=path, carried=CARRIED.search(page)[1],
                      csrfmiddlewaretoken=TOKEN.search(page)[1]).content.decode()
    assert f"<li>{TYPED}</li>" in shown and 'action="/prove/"' in shown
    token = TOKEN.findall(shown)[-1]
    asked = client.post("/prove/", {"next": path, "carried": CARRIED.search(shown)[1], "csrfmiddlewaretoken": token}).content.decode()
    shown = client.post("/prove/", {"next": path, "carried": CARRIED.search(asked)[1], "csrfmiddlewaretoken": token, "way": "CODE",
                                    "code": SHOWN.search(asked)[1]}).content.decode()
    assert f"<li>{TYPED}</li>" in shown and f'action="{path}"' in shown
    assert TYPED not in client.get(path).content.decode()
    client.post(path, {"premises_name": TYPED, "later": "1", "csrfmiddlewaretoken": TOKEN.findall(shown)[-1]})
    assert TYPED in client.get(path).content.decode()


@pytest.mark.parametrize("origin", [{}, {"origin": "http://evil.example"}, {"origin": "null"}])
def test_what_another_site_sends_is_neither_shown_nor_carried_but_the_way_in_is(person, origin):
    path = question(person)
    answer = strict(**origin).post(path, {"premises_name": TYPED})
    page = answer.content.decode()
    assert answer.status_code == 403 and TYPED not in page and not CARRIED.search(page)
    assert "<h1>这次没有提交成功</h1>" in page and "已保存的草稿" in page
    assert f'href="{reverse("portal:sign_in")}?next={path.replace("/", "%2F")}"' in page


def test_with_the_session_still_there_it_is_shown_and_may_be_sent_again(person):
    path, client = question(person), strict(**OURS)
    client.cookies[settings.SESSION_COOKIE_NAME] = browser(person).cookies[settings.SESSION_COOKIE_NAME].value
    sealed = signing.dumps([1, {"reason": ["卫生条件不合格"]}], salt="proved", compress=True)
    answer = client.post(path, {"premises_name": TYPED, "password_hint": "x7", "carried": sealed})
    page = answer.content.decode()
    assert f"<li>{sealed}</li>" not in page and f'value="{sealed}"' in page
    assert answer.status_code == 403 and answer["Cache-Control"] == "no-store"
    assert f"<li>{TYPED}</li>" in page and f'action="{path}"' in page and "x7" not in page
    assert client.post(path, {"premises_name": TYPED, "later": "1",
                              "csrfmiddlewaretoken": TOKEN.findall(page)[-1]}).status_code == 303


def test_an_open_form_asks_nobody_to_sign_in(db):
    answer = strict(**OURS).post("/status/", {"number": "ABCDEFGH12345678", "code": "AAAAAAAA"})
    page = answer.content.decode()
    assert answer.status_code == 403 and 'id="password"' not in page
    assert "ABCDEFGH12345678" in page and 'action="/status/"' in page


def test_signing_in_without_cookies_asks_once_more_and_keeps_where_to_and_what_was_typed(db):
    answer = strict(**OURS).post("/sign-in/", {"login": "wang", "password": "secret-word", "next": "/me/", "carried": "signed"})
    page = answer.content.decode()
    assert answer.status_code == 403 and 'name="next" value="/me/"' in page and CARRIED.search(page)[1] == "signed"
    assert "secret-word" not in page and "请再登录一次" in page


@requirement("POR-11")
def test_another_person_on_the_same_browser_is_not_offered_what_was_typed(person):
    other, path, client = journeys.citizen(), question(person), Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    signed_in(client, person)
    del client.cookies[settings.SESSION_COOKIE_NAME]
    carried = CARRIED.search(client.post(path, {"premises_name": TYPED}).content.decode())[1]
    answer = signed_in(client, other, next=path, carried=carried)
    page = answer.content.decode()
    assert TYPED not in page and path not in page and "刚才登录的是另一个人" in page
    assert 'href="/prove/?next=%2Fme%2F"' in page and answer["Clear-Site-Data"] == '"storage"'


def test_the_one_who_typed_is_offered_it(person):
    path, client = question(person), Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    signed_in(client, person)
    del client.cookies[settings.SESSION_COOKIE_NAME]
    carried = CARRIED.search(client.post(path, {"premises_name": TYPED}).content.decode())[1]
    page = signed_in(client, person, next=path, carried=carried).content.decode()
    assert TYPED in page and 'action="/prove/"' in page and f'name="next" value="{path}"' in page


@pytest.mark.parametrize("origin", [{}, {"origin": "http://evil.example"}, {"origin": "null"}])
def test_what_another_site_had_us_carry_is_not_offered_to_whoever_signs_in_next(person, origin):
    path = question(person)
    planted = CARRIED.search(Client(HTTP_ACCEPT_LANGUAGE="zh-hans").post(path, {"premises_name": TYPED}).content.decode())[1]
    answer = strict(**origin).post("/sign-in/", {"carried": planted, "next": path})
    page = answer.content.decode()
    assert answer.status_code == 403 and 'id="password"' in page
    assert planted not in page and path not in page
