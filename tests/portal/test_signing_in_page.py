"""The sign-in page: whom a wrong password is counted against."""

import pytest
from django.conf import settings
from django.test import Client, override_settings

from tests.identity.given import PASSWORD, person
from tests.requirements import requirement
from tongban.identity.queries.passkeys import site

PROXY, OWNER, OTHER = "10.0.0.1", "203.0.113.7", "198.51.100.9"


def try_in(browser: Client, login: str, password: str, forwarded: str = "") -> int:
    """The status of one try through the proxy."""
    told = {"HTTP_X_FORWARDED_FOR": forwarded, "HTTP_X_FORWARDED_PROTO": "https"} if forwarded else {}
    return browser.post("/sign-in/", {"login": login, "password": password}, REMOTE_ADDR=PROXY, **told).status_code


@requirement("IDN-16")
def test_behind_our_proxy_the_last_address_counts_and_what_a_caller_made_up_does_not(db):
    who = person()
    with override_settings(HTTPS=True):
        for number in range(5):
            assert try_in(Client(), who.login, "wrong", f"203.0.113.{number}, {OTHER}") == 422
        assert try_in(Client(), who.login, PASSWORD, f"{OWNER}, {OTHER}") == 422
        assert try_in(Client(), who.login, PASSWORD, f"{OTHER}, {OWNER}") == 303


@requirement("IDN-16")
def test_without_a_proxy_what_a_caller_says_of_their_address_is_not_heard(db):
    who = person()
    for number in range(5):
        assert try_in(Client(), who.login, "wrong", f"203.0.113.{number}") == 422
    assert try_in(Client(), who.login, PASSWORD, OWNER) == 422


@requirement("IDN-16")
def test_a_browser_the_owner_signed_in_on_is_not_paused_by_others_at_its_address(db):
    who, stranger = person(), person()
    browser = Client()
    assert try_in(browser, who.login, PASSWORD) == 303
    kept = browser.cookies[settings.DEVICE_COOKIE_NAME]
    assert kept["httponly"] and who.login not in kept.value
    for _ in range(5):
        try_in(Client(), who.login, "wrong")
        try_in(Client(), stranger.login, "wrong")
    assert try_in(Client(), who.login, PASSWORD) == 422
    assert try_in(browser, stranger.login, PASSWORD) == 422
    assert try_in(browser, who.login, PASSWORD) == 303


@pytest.mark.parametrize("value", ["", "x", "a:b:c", "\x00", "9" * 4000])
def test_made_up_devices_are_no_way_around_the_pause(db, value):
    who, browser = person(), Client()
    for number in range(5):
        browser.cookies[settings.DEVICE_COOKIE_NAME] = f"{value}{number}"
        assert try_in(browser, who.login, "wrong") == 422
    assert try_in(browser, who.login, PASSWORD) == 422


def test_what_is_wrong_is_said_at_its_field_and_kept_where_it_may_be(db):
    body = Client().post("/sign-in/", {"login": "zhang-san", "password": ""}).content.decode()
    assert 'aria-describedby="password-error"' in body and "login-error" not in body and 'value="zhang-san"' in body
    body = Client().post("/sign-in/", {"login": person().login, "password": "wrong"}).content.decode()
    assert 'id="login-error"' in body and 'aria-describedby="login-error"' in body


@pytest.mark.parametrize(("field", "said"), [("login", "太长了，最多 200 个字符"), ("password", "密码不能超过 200 个字")])
def test_what_is_too_long_is_told_so_at_its_field_with_the_most_allowed(db, field, said):
    answer = Client().post("/sign-in/", {"login": "zhang-san", "password": PASSWORD, field: "x" * 1000})
    body = answer.content.decode()
    assert answer.status_code == 422 and said in body and f'aria-describedby="{field}-error"' in body and "请填写" not in body


@requirement("IDN-12")
def test_an_address_where_no_passkey_works_offers_none_and_leads_to_the_name_of_the_site(db):
    for path in ("/sign-in/", "/en/sign-in/?next=/en/me/"):
        by_number, by_name = (Client(SERVER_NAME=host).get(path).content.decode() for host in ("127.0.0.1", "localhost"))
        assert "data-passkey" not in by_number and f'href="{site()}{path}"' in by_number
        assert "data-passkey" in by_name and site() not in by_name
