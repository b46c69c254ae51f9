"""What strangers try at the sign-in of other systems (T29): every one of it is refused, and nothing is sent anywhere."""

import base64
import hashlib
import json
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests import journeys
from tests.conftest import MONDAY
from tests.portal.test_signed_in_pages import browser
from tests.relying import AUTHORISE, BACK, BUS, allowed, let_in, sent_back, userinfo
from tests.requirements import requirement
from tongban.kernel import database, events, vault

SPELLINGS = [
    "https://bus.example.gov.cn/back/", "https://bus.example.gov.cn/Back", "https://BUS.example.gov.cn/back",
    "HTTPS://bus.example.gov.cn/back", "http://bus.example.gov.cn/back", "https://bus.example.gov.cn:443/back",
    "https://bus.example.gov.cn:8443/back", "https://bus.example.gov.cn./back", "https://bus.example.gov.cn/back?",
    "https://bus.example.gov.cn/back?x=1", "https://bus.example.gov.cn/back#", "https://bus.example.gov.cn/back#@evil.cn",
    "https://bus.example.gov.cn//back", "https://bus.example.gov.cn/./back", "https://bus.example.gov.cn/a/../back",
    "https://bus.example.gov.cn/%62ack", "https://bus.example.gov.cn/back%00", "https://bus.example.gov.cn/back%2f",
    "https://bus.example.gov.cn/back\\", "https://bus.example.gov.cn\\@evil.cn/back", "https://bus.example.gov.cn@evil.cn/back",
    "https://evil.cn/https://bus.example.gov.cn/back", "https://evil.cn/?https://bus.example.gov.cn/back",
    "https://evil.cn#https://bus.example.gov.cn/back", "https://bus.example.gov.cn.evil.cn/back", "https://evilbus.example.gov.cn/back",
    "https://sub.bus.example.gov.cn/back", "//bus.example.gov.cn/back", "bus.example.gov.cn/back", "/back",
    "javascript://bus.example.gov.cn/back", "data:text/html,x", "https:bus.example.gov.cn/back", "https:///bus.example.gov.cn/back",
    "https://user:pass@bus.example.gov.cn/back", " https://bus.example.gov.cn/back", "https://bus.example.gov.cn/back ",
    "https://bus.example.gov.cn/back\t", "https://bus.example.gov.cn/back\r\nX: y", "https://bus。example。gov。cn/back",
    "https://ｂus.example.gov.cn/back", "https://bus.example.gov.cn/back;x", "https://bus.example.gov.cn/other", "",
]


@pytest.fixture
def person(db):
    return journeys.citizen()


@pytest.fixture
def system(db):
    return let_in()


def closed_for_replay(system):
    with database.serving("worker"):
        grant = database.row("select id from identity_grant where client_id = %s", [system.key])[0]
        return [each.happened.replayed for each in events.of_subject(f"grant:{grant}") if each.name == "TokensClosed"]


def test_there_are_more_than_forty_spellings():
    assert len(set(SPELLINGS)) > 40 and BACK not in SPELLINGS


@requirement("IDN-12")
def test_nobody_is_sent_to_an_address_that_is_not_registered_letter_by_letter(person, system):
    client = browser(person)
    system.sign_in(client)
    for spelling in SPELLINGS:
        for path in (system.address(redirect_uri=spelling), system.address(redirect_uri=spelling, response_type="token")):
            answer = client.get(path)
            assert answer.status_code == 400 and "Location" not in answer and "Refresh" not in answer, spelling
    twice = f"{AUTHORISE}?{urlencode([*system.query().items(), ('redirect_uri', 'https://evil.cn/')])}"
    assert client.get(twice).status_code == 400
    for unknown in ("nobody", "", system.key + "x", system.key.upper(), "\x00"):
        assert client.get(system.address(client_id=unknown)).status_code == 404
    assert client.get(f"{system.address()}&client_id={let_in().key}").status_code == 404


@requirement("IDN-12")
def test_a_code_that_comes_twice_ends_what_came_of_it(person, system):
    code = allowed(browser(person), system)["code"]
    issued = system.redeem(code).json()
    assert userinfo(issued["access_token"]).status_code == 200
    assert system.redeem(code).json() == {"error": "invalid_grant"}
    assert userinfo(issued["access_token"]).status_code == 401
    assert system.renew(issued["refresh_token"]).status_code == 400
    assert closed_for_replay(system) == [True]


def test_a_code_is_good_for_one_minute(person, system, at):
    client = browser(person)
    code, late = allowed(client, system)["code"], allowed(client, system)["code"]
    at(MONDAY + timedelta(seconds=59))
    assert system.redeem(code).status_code == 200
    at(MONDAY + timedelta(seconds=60))
    assert system.redeem(late).status_code == 400


def test_a_code_belongs_to_one_system_one_address_and_one_verifier(person, system):
    client, thief = browser(person), let_in()
    code = allowed(client, system)["code"]
    assert thief.redeem(code, code_verifier=system.verifier).json() == {"error": "invalid_grant"}
    assert system.redeem(code).status_code == 200, "the thief's try does not harm the owner"
    for changes in ({"redirect_uri": BUS.redirects[1]}, {"code_verifier": "x" * 43}, {"code_verifier": system.verifier[:-1]}):
        code = allowed(client, system)["code"]
        assert system.redeem(code, **changes).json() == {"error": "invalid_grant"}
        assert system.redeem(code).status_code == 400, "and a wrong try spends it"
    assert system.redeem(None).json() == {"error": "invalid_request"}
    for missing in ("redirect_uri", "code_verifier"):
        assert system.redeem(allowed(client, system)["code"], **{missing: None}).json() == {"error": "invalid_request"}


@requirement("IDN-12")
def test_no_code_without_a_verifier_that_was_hashed(person, system):
    client = browser(person)
    system.sign_in(client)
    plain = {"code_challenge": system.verifier[:43], "code_challenge_method": "plain"}
    for changes in ({"code_challenge": None}, {"code_challenge_method": None}, plain, {"code_challenge": ""},
                    {"code_challenge": "short"}, {"code_challenge_method": "s256"}):
        assert sent_back(client.get(system.address(**changes)))["error"] == "invalid_request", changes
    challenge = base64.urlsafe_b64encode(hashlib.sha256(system.verifier.encode()).digest()).rstrip(b"=").decode()
    assert system.redeem(allowed(client, system)["code"], code_verifier=challenge).status_code == 400


@pytest.mark.parametrize(("changes", "error"), [
    ({"response_type": "token"}, "unsupported_response_type"), ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_mode": "fragment"}, "invalid_request"), ({"response_mode": "form_post"}, "invalid_request"),
    ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"), ({"request_uri": "https://evil.cn/"}, "request_uri_not_supported"),
    ({"scope": "profile"}, "invalid_scope"), ({"scope": "openid offline_access"}, "invalid_scope"),
    ({"scope": "openid *"}, "invalid_scope"),
    ({"prompt": "none consent"}, "invalid_request"), ({"prompt": "sudo"}, "invalid_request"), ({"max_age": "-1"}, "invalid_request"),
    ({"nonce": "n" * 201}, "invalid_request"), ({"nonce": ["a", "b"]}, "invalid_request"),
    ({"scope": ["openid", "openid"]}, "invalid_request"),
])
def test_what_this_provider_does_not_do_is_said_in_a_word_with_the_state_and_who_says_it(person, system, changes, error):
    back = sent_back(browser(person).get(system.address(**changes)))
    assert back == {"error": error, "state": system.state, "iss": "http://127.0.0.1:8000"}


def test_every_answer_names_this_provider_so_that_another_cannot_be_mixed_up_with_it(person, system):
    client = browser(person)
    assert allowed(client, system)["iss"] == "http://127.0.0.1:8000"
    assert sent_back(client.get(system.address(scope="x")))["iss"] == "http://127.0.0.1:8000"
    assert vault.read_token("JWT", system.sign_in(client)["id_token"])["iss"] == "http://127.0.0.1:8000"


def test_the_nonce_comes_back_with_the_first_identity_token_only(person, system):
    issued = system.sign_in(browser(person), nonce="only this one")
    assert vault.read_token("JWT", issued["id_token"])["nonce"] == "only this one"
    renewed = system.renew(issued["refresh_token"]).json()
    again = vault.read_token("JWT", renewed["id_token"])
    assert "nonce" not in again and again["sub"] == vault.read_token("JWT", issued["id_token"])["sub"]


@requirement("IDN-12")
def test_a_token_of_renewal_that_comes_twice_ends_the_whole_family(person, system):
    issued = system.sign_in(browser(person))
    second = system.renew(issued["refresh_token"]).json()
    third = system.renew(second["refresh_token"]).json()
    assert userinfo(third["access_token"]).status_code == 200
    assert system.renew(second["refresh_token"]).json() == {"error": "invalid_grant"}
    assert userinfo(third["access_token"]).status_code == 401 and system.renew(third["refresh_token"]).status_code == 400
    assert closed_for_replay(system) == [True]


def test_renewal_has_an_end_however_often_it_is_renewed(person, system, at):
    issued = system.sign_in(browser(person))
    for hours in (3, 6, 9, 11):
        at(MONDAY + timedelta(hours=hours))
        issued = system.renew(issued["refresh_token"]).json()
    at(MONDAY + timedelta(hours=11, minutes=58))
    last = system.renew(issued["refresh_token"]).json()
    at(MONDAY + timedelta(hours=12))
    assert userinfo(last["access_token"]).status_code == 401 and system.renew(last["refresh_token"]).status_code == 400


def test_a_token_is_good_for_five_minutes(person, system, at):
    issued = system.sign_in(browser(person))
    at(MONDAY + timedelta(seconds=299))
    assert userinfo(issued["access_token"]).status_code == 200
    at(MONDAY + timedelta(seconds=300))
    assert userinfo(issued["access_token"]).status_code == 401


def test_renewal_never_widens_what_was_allowed(person, system):
    issued = system.sign_in(browser(person), scope="openid profile")
    for wider in ("openid phone", "phone", "openid profile id_number", "offline_access"):
        assert system.renew(issued["refresh_token"], scope=wider).json() == {"error": "invalid_grant"}
    narrow = system.renew(issued["refresh_token"], scope="openid").json()
    assert narrow["scope"] == "openid" and set(userinfo(narrow["access_token"]).json()) == {"sub"}


def test_a_token_of_one_kind_or_one_system_is_no_token_of_another(person, system):
    issued, thief = system.sign_in(browser(person)), let_in()
    assert userinfo(issued["refresh_token"]).status_code == 401 and userinfo(issued["id_token"]).status_code == 401
    assert system.renew(issued["access_token"]).status_code == 400
    assert thief.renew(issued["refresh_token"]).status_code == 400
    assert thief.ask("revoke", token=issued["refresh_token"]).status_code == 200
    assert userinfo(issued["access_token"]).status_code == 200, "a stranger's giving back changes nothing"
    assert system.ask("revoke", token=issued["access_token"]).status_code == 200
    assert userinfo(issued["access_token"]).status_code == 401 and system.renew(issued["refresh_token"]).status_code == 400
    for nothing in ("", "x", "\x00", "é" * 9):
        assert userinfo(quote(nothing)).status_code == 401


def test_a_system_that_keeps_a_secret_shows_it_once_and_rightly(person, system):
    code, public = allowed(browser(person), system)["code"], let_in(confidential=False)
    basic = base64.b64encode(f"{system.key}:{system.secret}".encode()).decode()
    told = urlencode({"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": system.verifier})

    def asked(body, authorization, path="/oidc/token"):
        headers = {"authorization": authorization} if authorization else {}
        return Client(headers=headers).post(path, body, content_type="application/x-www-form-urlencoded")

    for secret in (None, "", "x", public.key):
        assert system.redeem(code, client_secret=secret).status_code == 401
    assert public.redeem(code, client_secret="x").status_code == 401
    for authorization in ("Basic x", "Basic " + base64.b64encode(b"\xff:\xff").decode(), f"Bearer {basic}", ""):
        assert asked(told, authorization).status_code == 401
    assert asked(f"{told}&client_secret={system.secret}", f"Basic {basic}").json() == {"error": "invalid_request"}
    assert asked(f"{told}&code=x", f"Basic {basic}").json() == {"error": "invalid_request"}
    assert asked(told, f"Basic {basic}", "/oidc/token?code=x").json() == {"error": "invalid_request"}
    assert Client().post("/oidc/token", json.dumps({"code": code}), content_type="application/json").status_code == 400
    assert Client().get("/oidc/token").status_code == 405
    assert system.ask("token", grant_type="password", username="x", password="y").json() == {"error": "unsupported_grant_type"}
    assert asked(told, f"Basic {basic}").status_code == 200


def test_a_system_without_a_secret_is_held_by_its_verifier(person):
    public = let_in(confidential=False)
    assert public.secret == ""
    code = allowed(browser(person), public)["code"]
    assert public.redeem(code, code_verifier="y" * 43).status_code == 400
    assert public.sign_in(browser(person))["access_token"]


def test_an_identity_token_that_we_did_not_sign_signs_nobody_out_and_is_not_read(person, system):
    client = browser(person)
    good = system.sign_in(client)["id_token"]
    header, body, mark = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    public = vault.token_keys()["keys"][0]

    def part(told):
        return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()

    own = ECKey.generate_key("P-256", {"kid": public["kid"]})
    point = base64.urlsafe_b64decode(public["x"] + "=")
    forged = [
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.", f"{part({'alg': 'None', 'kid': public['kid']})}.{body}.{mark}",
        f"{header}.{body}.", f"{header}.{part({**claims, 'aud': 'x'})}.{mark}",
        jwt.encode({"alg": "HS256", "typ": "JWT", "kid": public["kid"]}, claims, OctKey.import_key(point)),
        jwt.encode({"alg": "HS256", "typ": "JWT", "kid": public["kid"]}, claims, OctKey.import_key(json.dumps(public))),
        jwt.encode({"alg": "ES256", "typ": "JWT", "kid": public["kid"]}, claims, own),
        jwt.encode({"alg": "ES256", "typ": "JWT", "kid": "x", "jwk": own.as_dict(private=False)}, claims, own),
        *(jwt.encode({"alg": "ES256", "typ": "JWT", "kid": kid}, claims, own) for kid in (
            "../../../dev/null", "' union select 'x' --", "", public["kid"] + "\x00")),
        f"{part({'alg': 'ES256', 'typ': 'JWT'})}.{body}.{mark}",
    ]
    assert vault.read_token("JWT", good)["aud"] == system.key
    for token in forged:
        assert vault.read_token("JWT", token) is None, token
        told = client.get("/oidc/sign-out/?" + urlencode({"id_token_hint": token, "post_logout_redirect_uri": BUS.returns[0]}))
        assert told.status_code == 400, "nobody is sent on by a token we did not sign"


@requirement("IDN-12")
def test_no_other_site_can_sign_a_person_out_or_agree_for_them(person, system):
    client = browser(person)
    client.handler.enforce_csrf_checks = True
    assert client.get("/oidc/sign-out/").status_code == 200
    assert client.post("/oidc/sign-out/", {"out": "1"}).status_code == 403
    assert client.post(system.address(), {"allow": "1"}).status_code == 403
    assert client.get("/me/").status_code == 200
    with database.serving("worker"):
        assert database.row("select count(*) from identity_grant where client_id = %s", [system.key]) == (0,)
    for onward in ("https://evil.cn/", BUS.returns[0] + "/x", BACK, "//evil.cn"):
        told = client.get("/oidc/sign-out/?" + urlencode({"client_id": system.key, "post_logout_redirect_uri": onward}))
        assert told.status_code == 400 and "Location" not in told
    assert client.get("/oidc/sign-out/?" + urlencode({"post_logout_redirect_uri": BUS.returns[0]})).status_code == 400


def test_after_a_form_of_ours_a_page_sends_on_since_browsers_hold_forms_to_this_site(person, system):
    client = browser(person)
    answer = client.post(system.address(), {"allow": "1"}, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 200 and answer["Refresh"].startswith(f"0;url={BACK}?code=")
    assert answer["Referrer-Policy"] == "same-origin" and answer["Cache-Control"] == "no-store"


def test_other_sites_scripts_are_told_nothing(person, system):
    issued = system.sign_in(browser(person))
    answer = Client(headers={"authorization": f"Bearer {issued['access_token']}", "origin": "https://evil.cn"}).get("/oidc/userinfo")
    assert answer.status_code == 200 and not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert browser(person).get("/oidc/userinfo").status_code == 401, "a cookie is no token"
