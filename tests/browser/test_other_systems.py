"""Two clients of other authors sign people in through the running house: nothing of ours is on their side (T29)."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import jwt
import psycopg
import pytest
import requests
from requests_oauthlib import OAuth2Session

from tests import database as test_database
from tests.browser.conftest import MONDAY
from tests.browser.hands import PASSWORD, Hands
from tests.relying import settle
from tests.requirements import requirement
from tongban.identity.queries import token_hash

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
BACK = "https://bus.example.gov.cn/back"
ROW = """
insert into identity_client (key, kind, name, name_en, purpose, purpose_en, basis, redirects, returns, scopes, sector, logout_uri,
  authorities, confidential, secret_hash, proofing, strength, proposed_by_id, expires_at)
select %s, 'SIGN_IN', '公交一卡通', 'Bus card', '给您办优惠卡', 'To give you a card', '规定', array[%s], array[%s],
  array['openid', 'profile', 'region'], 'bus.example.gov.cn', '', '{}', true, %s, 1, 1, min(id), now()
from identity_account
"""


@pytest.fixture
def system(running):
    """A system in the running house, whose clock goes: clients of other authors look at their own."""
    key, secret = "bus-card", "a secret that only this system has"
    with psycopg.connect(running.database, autocommit=True) as owner:
        owner.execute(f"{ROW} on conflict do nothing", [key, BACK, BACK, token_hash(secret)])
        settle(owner.execute, "identity_client", key)
    test_database.set_clock(running.database, None)
    yield key, secret
    running.set_clock(MONDAY)


@requirement("IDN-12")
def test_openid_client_signs_a_person_in_through_a_real_browser(running, chromium, system):
    script = Path(__file__).with_name("relying_party.mjs")
    party = subprocess.Popen(["node", str(script), running.address, *system, BACK], text=True, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    context = chromium.new_context(locale="zh-CN")
    context.route("https://bus.example.gov.cn/**", lambda route: route.fulfill(body="<h1>back</h1>", content_type="text/html"))
    hands = Hands(context, running.address)
    hands.page.goto((party.stdout.readline() or party.stderr.read()).strip())
    hands.fill("#login", "wang-xiaoman")
    hands.fill("#password", PASSWORD)
    hands.wrong.clear()
    hands.click("main form button[type=submit]")
    hands.prove()
    assert "公交一卡通" in hands.page.locator("h1").inner_text()
    hands.page.locator("main form button[name=allow]").click()
    hands.page.wait_for_url("https://bus.example.gov.cn/**")
    said, errors = party.communicate(hands.page.url + "\n", timeout=60)
    assert party.returncode == 0, errors
    found = json.loads(said)
    assert found["claims"]["sub"] == found["told"]["sub"] and set(found["told"]) == {"sub", "name", "region"}
    assert found["again"] == found["told"] and found["replay"] == "invalid_grant" and found["dead"] == 401
    hands.page.goto(found["out"])
    hands.look()
    assert hands.wrong == []
    hands.page.locator("main form button[name=out]").click()
    hands.page.wait_for_url("https://bus.example.gov.cn/**")
    hands.page.goto(running.address + "/me/")
    assert "login" in hands.page.content()
    context.close()


@requirement("IDN-01")
def test_requests_oauthlib_signs_a_person_in_and_pyjwt_believes_the_token(running, system, monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    key, secret = system
    told = requests.get(f"{running.address}/.well-known/openid-configuration", timeout=30).json()
    browser, session = requests.Session(), OAuth2Session(key, redirect_uri=BACK, scope=["openid", "profile"], pkce="S256")
    url, state = session.authorization_url(told["authorization_endpoint"], nonce="n-9")
    sign_in = browser.get(url, timeout=30)
    assert sign_in.status_code == 401
    form = dict(re.findall(r'name="(csrfmiddlewaretoken|next)" value="([^"]*)"', sign_in.text.split("<main")[1]))
    asked = browser.post(f"{running.address}/sign-in/", {
        "csrfmiddlewaretoken": form["csrfmiddlewaretoken"], "next": form["next"].replace("&amp;", "&"), "login": "zhou-min",
        "password": PASSWORD}, timeout=30, allow_redirects=False)
    step = browser.get(running.address + asked.headers["Location"], timeout=30)
    given = {name: re.search(pattern, step.text.split("<main")[1])[1] for name, pattern in (
        ("csrfmiddlewaretoken", 'name="csrfmiddlewaretoken" value="([^"]*)"'), ("next", 'name="next" value="([^"]*)"'),
        ("code", "data-code[^>]*>([0-9]+)<"))}
    proved = browser.post(f"{running.address}/prove/", {**given, "next": given["next"].replace("&amp;", "&"), "way": "CODE", "carried": ""},
                          timeout=30, allow_redirects=False)
    page = browser.get(running.address + proved.headers["Location"], timeout=30, allow_redirects=False)
    if page.status_code == 200:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', page.text.split("<main")[1])[1]
        page = browser.post(page.url, {"csrfmiddlewaretoken": token, "allow": "1"}, timeout=30, allow_redirects=False)
    back = page.headers["Location"]
    assert dict(parse_qsl(urlsplit(back).query))["state"] == state
    issued = session.fetch_token(told["token_endpoint"], authorization_response=back, client_secret=secret, include_client_id=True)
    signing = jwt.PyJWKClient(told["jwks_uri"]).get_signing_key_from_jwt(issued["id_token"])
    claims = jwt.decode(issued["id_token"], signing.key, algorithms=["ES256"], audience=key, issuer=told["issuer"])
    half = hashlib.sha256(issued["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert claims["nonce"] == "n-9" and session.get(told["userinfo_endpoint"]).json()["sub"] == claims["sub"]
    body = json.loads(base64.urlsafe_b64decode(issued["id_token"].split(".")[1] + "=="))
    assert not {"name", "phone_number", "id_number_masked"} & set(body), "the token itself says nothing of a person"


SEAL = """
import django
django.setup()
from tongban.kernel import database, vault
with database.serving("worker"):
    print(vault.seal("identity_source", "secret", "itself", "a secret that only this system has"))
"""
SOURCE = """
insert into identity_source (key, issuer, client_id, secret, name, name_en, basis, private, strength, proposed_by_id, expires_at)
select 'itself', %s, 'bus-card', %s, '另一个节点', 'Another node', '规定', true, 2, min(id), now() from identity_account
on conflict (key) do update set closed_at = null
"""


@pytest.fixture
def node(running, system):
    """The running house as another node of itself: both halves of the protocol are ours, over the real network."""
    sealed = subprocess.run([sys.executable, "-c", SEAL], env={**os.environ, "DATABASE_URL": running.database}, check=True,
                            capture_output=True, text=True).stdout.strip()
    with psycopg.connect(running.database, autocommit=True) as owner:
        owner.execute(SOURCE, [running.address, sealed])
        settle(owner.execute, "identity_source", "itself")
        owner.execute("update identity_client set redirects = redirects || %s::text where key = 'bus-card'",
                      [f"{running.address}/sign-in/from/itself/"])
    yield "itself"
    with psycopg.connect(running.database, autocommit=True) as owner:
        owner.execute("update identity_source set closed_at = now()")


@requirement("IDN-12")
@pytest.mark.parametrize(("login", "scripts", "english"), [("chen-yong", True, False), ("liu-qing", False, True)])
def test_a_person_of_another_node_comes_over_joins_an_account_and_is_then_signed_in(running, chromium, node, login, scripts, english):
    context = chromium.new_context(locale="zh-CN", java_script_enabled=scripts, viewport={"width": 360, "height": 740})
    hands = Hands(context, running.address, scripts=scripts, english=english)
    hands.sign_in(login)
    hands.go("/me/links/")
    over(hands, "main ul.links a", "**/oidc/authorise/**")
    over(hands, "main form button[name=allow]", "**/me/links/")
    hands.click("main form button[name=allow]")
    assert ("Another node" if english else "另一个节点") in hands.page.locator("main ul.links").first.inner_text()
    before = running.one("select count(*) from kernel_event where name = 'SourceUsed'")
    over(hands, "main ul.links a", "**/me/links/")
    running.wait_for("select count(*) > %s from kernel_event where name = 'SourceUsed'", before)
    assert hands.wrong == []
    context.close()


def over(hands, what, address):
    """Press something that leads over the other node; several answers later one is there."""
    hands.page.locator(what).first.click()
    hands.page.wait_for_url(address)
    hands.page.locator("h1").wait_for()
    hands.look()
