"""Signing in with the identity of another node: there and back, joined once by its holder, refused when anything is bent (IDN-12)."""

import base64
import hashlib
import json
import secrets
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests import journeys
from tests.conftest import MONDAY
from tests.portal.test_signed_in_pages import browser
from tests.relying import FOUNDERS, PASSWORD, administrators, heading
from tests.requirements import requirement
from tongban.config import administering, cli
from tongban.identity import actions as identity
from tongban.identity import clients, followers, queries
from tongban.identity.actions.attempts import digest
from tongban.identity.actions.pairing import code_of
from tongban.identity.actions.stepping_up import raise_session
from tongban.identity.actions.telling import LOGOUT_EVENT
from tongban.identity.errors import DutyMissing, RegistrationNotValid, SourceNotProposed, SourceTaken
from tongban.identity.events import SourceSignedOut
from tongban.identity.rules import strength_of
from tongban.identity.types import Arrived, Duty, Factor, SourceTold, Strength
from tongban.kernel import database, events, jobs
from tongban.kernel.types import Text
from tongban.messages.queries import inbox

SECRET = "a secret of ours: with % and +"


class Node(HTTPServer):
    """Another node: signs with its own key, gives each code out once, and bends what a test wants bent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.key = ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})
        self.codes, self.asked, self.bent, self.header, self.told = {}, [], {}, {}, {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def sign_in(self, question, subject="somebody"):
        """What the node's sign-in page sends a browser back with."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = (question, subject)
        return {"code": code, "state": question["state"]}

    def token(self, question, subject):
        now = int(MONDAY.timestamp())
        claims = {"iss": self.issuer, "aud": question["client_id"], "sub": subject, "nonce": question["nonce"], "iat": now,
                  "exp": now + 300, "auth_time": now, "acr": "urn:tongban:acr:L3S2", "sid": f"sid of {question['state']}", **self.bent}
        return self.signed(claims)

    def logout_token(self, **bent):
        """What the node says when somebody has signed out there."""
        now = int(MONDAY.timestamp())
        return self.signed({"iss": self.issuer, "aud": "tongban:gaoling", "iat": now, "exp": now + 120, "sub": "somebody",
                            "jti": secrets.token_urlsafe(8), "events": {LOGOUT_EVENT: {}}, **bent}, typ="logout+jwt")

    def signed(self, claims, **header):
        key = self.header.pop("key", self.key)
        return jwt.encode({"alg": "ES256", "kid": "one", **header, **self.header},
                          {name: value for name, value in claims.items() if value != "gone"}, key, algorithms=["ES256", "HS256", "RS256"])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        node = self.server
        self.say({"/.well-known/openid-configuration": {
            "issuer": node.issuer, "authorization_endpoint": f"{node.issuer}/go", "token_endpoint": f"{node.issuer}/token",
            "jwks_uri": f"{node.issuer}/keys", **node.told}, "/keys": {"keys": [node.key.as_dict(private=False)]}}.get(self.path))

    def do_POST(self):
        node, given = self.server, dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        question, subject = node.codes.pop(given.get("code"), (None, None))
        node.asked.append((self.headers["Authorization"], given))
        made = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        good = question and made == question["code_challenge"] and given["redirect_uri"] == question["redirect_uri"]
        self.say({"access_token": "x", "token_type": "Bearer", "id_token": node.token(question, subject)} if good else None)

    def say(self, told):
        body = json.dumps(told or {"error": "invalid_grant"}).encode()
        self.send_response(200 if told else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told):
        pass


@pytest.fixture
def node():
    made = Node()
    clients._endpoints.cache_clear()
    clients._keys.cache_clear()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def person(db):
    return journeys.citizen()


def told_of(node, **changes):
    return SourceTold(**{"name": Text(zh="示例省政务网", en="Sample province"), "issuer": node.issuer, "client_id": "tongban:gaoling",
                         "secret": SECRET, "basis": "示例省政务数据共享办法", "private": True, **changes})


@pytest.fixture
def source(db, node):
    three = administrators()
    with database.serving("worker"):
        key = identity.propose_source(three[Duty.SYSTEM], told=told_of(node))
        identity.confirm_source(three[Duty.SECURITY], key=key)
    yield key
    with database.serving("worker"):
        database.execute("delete from identity_attempt where login_hash = any(%s)", [[digest("sources"), digest("source-logouts")]])
        database.execute("update identity_source set closed_at = kernel_now() where key = %s and closed_at is null", [key])


def ask(client, key, onward=""):
    """Where the browser is sent, as the node reads it."""
    answer = client.get(f"/sign-in/with/{key}/" + (f"?next={onward}" if onward else ""))
    assert answer.status_code == 303, heading(answer)
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


def come_back(client, key, node, subject="somebody", onward="", **changes):
    back = {**node.sign_in(ask(client, key, onward), subject), **changes}
    return client.get(f"/sign-in/from/{key}/", {name: value for name, value in back.items() if value is not None})


def joined(person, key, node, subject="somebody"):
    """A person lets an identity open their account."""
    client = browser(person)
    assert come_back(client, key, node, subject)["Location"] == "/me/links/"
    assert "示例省政务网" in client.get("/me/links/").content.decode()
    assert client.post("/me/links/", {"allow": "1"})["Location"] == "/me/links/?done=joined"
    return client


def session(client):
    kept = client.cookies.get(settings.SESSION_COOKIE_NAME)
    return queries.actor_by_session(kept.value) if kept else None


def names_of(subject):
    return [each.name for each in events.of_subject(subject)]


@requirement("IDN-12")
def test_an_identity_of_another_node_opens_the_account_its_holder_joined_it_to(person, source, node):
    joined(person, source, node)
    fresh = Client()
    answer = come_back(fresh, source, node, onward="/me/messages/")
    assert (answer.status_code, answer["Location"]) == (303, "/me/messages/")
    actor = session(fresh)
    assert (actor.account, actor.strength) == (person.account, Strength.S2)
    assert fresh.get("/me/").status_code == 200
    authorization, given = node.asked[-1]
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"tongban%3Agaoling:a%20secret%20of%20ours%3A%20with%20%25%20and%20%2B"
    assert given["redirect_uri"] == f"{settings.SITE_URL}/sign-in/from/{source}/"
    assert {"SourceLinked", "SourceUsed"} <= set(names_of(f"account:{person.account}"))


def test_english_goes_there_and_back_again_over_the_one_address_the_node_knows(source, node):
    client = Client()
    question = dict(parse_qsl(urlsplit(client.get(f"/en/sign-in/with/{source}/")["Location"]).query))
    assert question["redirect_uri"] == f"{settings.SITE_URL}/sign-in/from/{source}/"
    answer = client.get(f"/sign-in/from/{source}/", node.sign_in(question, "newcomer"))
    assert heading(answer) == "Which account here is yours?" and 'href="/en/me/links/"' in answer.content.decode()


def test_the_sign_in_page_offers_it_and_asks_for_a_fresh_sign_in_with_pkce(source, node):
    page = Client().get("/sign-in/?next=/me/").content.decode()
    assert f'href="/sign-in/with/{source}/?next=/me/"' in page and "示例省政务网" in page
    question = ask(Client(), source)
    assert question["code_challenge_method"] == "S256" and question["max_age"] == "300" and question["scope"] == "openid"
    assert question["redirect_uri"] == f"{settings.SITE_URL}/sign-in/from/{source}/"
    with database.serving("worker"):
        identity.close_source(administrators()[Duty.SECURITY], key=source)
    assert "示例省政务网" not in Client().get("/sign-in/").content.decode()
    assert Client().get(f"/sign-in/with/{source}/").status_code == 404


@requirement("IDN-12")
def test_whoever_comes_for_the_first_time_is_signed_in_to_nothing_until_they_sign_in_here_and_say_so(person, source, node):
    stranger = Client()
    answer = come_back(stranger, source, node, "newcomer")
    assert answer.status_code == 200 and heading(answer) == "哪个是您在这里的账号？" and session(stranger) is None
    stranger.cookies[settings.SESSION_COOKIE_NAME] = browser(person).cookies[settings.SESSION_COOKIE_NAME].value
    page = stranger.get("/me/links/").content.decode()
    assert "用示例省政务网打开这个账号吗？" in page
    assert stranger.post("/me/links/", {"refuse": "1"})["Location"] == "/me/links/?done=refused"
    assert queries.links_of(person.account) == [] and stranger.post("/me/links/", {"allow": "1"}).status_code == 404


def test_one_identity_opens_one_account_and_its_holder_can_end_that(person, source, node):
    client = joined(person, source, node)
    other, subject = journeys.citizen(), subject_of(person)
    with (database.serving("citizen"), database.acting(parties=other.parties, account=other.account),
          pytest.raises(SourceTaken)):
        identity.link_source(other, arrived=Arrived(source=source, subject=subject, strength=Strength.S2))
    with database.serving("citizen"), database.acting(parties=person.parties, account=person.account):
        key = queries.links_of(person.account)[0].id
    stranger = browser(other)
    assert stranger.post("/me/links/", {"end": str(key)}).status_code == 404
    assert client.post("/me/links/", {"end": str(key)})["Location"] == "/me/links/?done=ended"
    fresh = Client()
    assert come_back(fresh, source, node).status_code == 200 and session(fresh) is None
    assert "SourceUnlinked" in names_of(f"account:{person.account}")


def subject_of(person):
    return database.row("select subject_hash from identity_link where account_id = %s", [person.account])[0]


@requirement("IDN-12")
@pytest.mark.parametrize("bent", [
    {"iss": "https://other.example"}, {"aud": "somebody-else"}, {"aud": ["tongban:gaoling", "somebody-else"]}, {"nonce": "another"},
    {"nonce": "gone"}, {"sub": "gone"}, {"sub": ""}, {"sub": 7}, {"exp": int(MONDAY.timestamp()) - 61}, {"exp": "gone"},
    {"iat": int(MONDAY.timestamp()) + 600}, {"auth_time": "gone"}, {"auth_time": int(MONDAY.timestamp()) - 3600},
    {"auth_time": True}, {"auth_time": "2026-03-02"}], ids=str)
def test_a_token_that_says_anything_else_opens_nothing(person, source, node, bent):
    joined(person, source, node)
    fresh = Client()
    node.bent = bent
    answer = come_back(fresh, source, node)
    assert answer.status_code == 422 and session(fresh) is None and "没有任何损失" in answer.content.decode()


@pytest.mark.parametrize("header", [
    {"key": ECKey.generate_key("P-256", {"kid": "one"})}, {"alg": "HS256", "key": OctKey.import_key("0123456789abcdef" * 4)},
    {"typ": "at+jwt"}, {"jwk": {"kty": "EC"}}, {"kid": "two"}, {"alg": "RS256", "key": RSAKey.generate_key(2048)}],
    ids=["another key", "a shared secret", "another kind", "a key inside", "an unknown key", "another kind of key"])
def test_a_token_signed_by_anybody_else_opens_nothing(person, source, node, header):
    joined(person, source, node)
    fresh = Client()
    node.header = dict(header)
    assert come_back(fresh, source, node).status_code == 422 and session(fresh) is None


def test_an_answer_to_no_question_of_this_browser_is_refused(person, source, node):
    joined(person, source, node)
    mine, other = Client(), Client()
    back = node.sign_in(ask(mine, source))
    assert other.get(f"/sign-in/from/{source}/", back).status_code == 422
    ask(other, source)
    assert other.get(f"/sign-in/from/{source}/", back).status_code == 422, "the answer to another browser's question"
    assert mine.get(f"/sign-in/from/{source}/", {**back, "state": ""}).status_code == 422
    assert mine.get(f"/sign-in/from/{source}/", {**back, "iss": "https://other.example"}).status_code == 422
    assert mine.get(f"/sign-in/from/{source}/", {"error": "access_denied", "state": back["state"]}).status_code == 422
    assert mine.get(f"/sign-in/from/{source}/", back).status_code == 303
    assert mine.get(f"/sign-in/from/{source}/", back).status_code == 422, "the same answer twice"
    assert session(other) is None


@pytest.mark.parametrize("told", [{"issuer": "https://other.example"}, {"token_endpoint": "https://other.example/token"},
                                  {"jwks_uri": "http://127.0.0.1:1/keys"}, {"authorization_endpoint": "javascript:alert(1)"}], ids=str)
def test_a_node_that_names_another_host_is_not_believed(source, node, told):
    node.told = {name: f"{node.issuer}.other.example/x" if value.startswith("http://127") else value for name, value in told.items()}
    assert Client().get(f"/sign-in/with/{source}/").status_code == 422


def test_a_node_that_does_not_answer_is_told_and_nothing_is_lost(source, node):
    node.shutdown()
    node.server_close()
    answer = Client().get(f"/sign-in/with/{source}/")
    assert answer.status_code == 503 and "“示例省政务网”现在没有回应" in answer.content.decode()


def test_one_factor_there_is_one_factor_here_and_never_more_than_two(person, source, node):
    assert [strength_of(each) for each in ("urn:tongban:acr:L3S1", "urn:tongban:acr:L1S2", "urn:tongban:acr:L3S3", "", "silver")] == [
        Strength.S1, Strength.S2, Strength.S1, Strength.S1, Strength.S1]
    joined(person, source, node)
    node.bent = {"acr": "gone"}
    fresh = Client()
    come_back(fresh, source, node)
    assert session(fresh).strength is Strength.S1
    with database.serving("worker"):
        database.execute("update identity_source set strength = 1 where key = %s", [source])
    node.bent = {}
    come_back(fresh, source, node)
    assert session(fresh).strength is Strength.S1


@pytest.mark.parametrize("verb", [identity.freeze_account, identity.close_account])
def test_freezing_and_closing_end_what_was_joined_for_good_and_the_identity_is_free_again(person, source, node, verb, catch_up):
    joined(person, source, node)
    catch_up()
    assert "另一个平台的身份现在可以打开您的账号" in [each.title.zh for each in inbox([person.party])]
    journeys.act(person, verb)
    with database.serving("worker"):
        database.execute("update identity_account set active = true, frozen_at = null where id = %s and closed_at is null",
                         [person.account])
    fresh = Client()
    assert come_back(fresh, source, node).status_code == 200 and session(fresh) is None
    assert "SourceUnlinked" in names_of(f"account:{person.account}")
    joined(journeys.citizen(), source, node)


def say_ended(key, token):
    return Client().post(f"/sign-in/from/{key}/ended/", urlencode({"logout_token": token}),
                         content_type="application/x-www-form-urlencoded")


def arrived(key, node, subject="somebody"):
    """A browser that came in with the identity of the node, and the session there."""
    fresh = Client()
    back = node.sign_in(ask(fresh, key), subject)
    assert fresh.get(f"/sign-in/from/{key}/", back).status_code == 303
    return fresh, f"sid of {back['state']}"


@requirement("IDN-12")
def test_whoever_signs_out_at_the_other_node_is_signed_out_here_at_once_and_nobody_else(person, source, node, catch_up):
    own, other = joined(person, source, node), journeys.citizen()
    joined(other, source, node, "another")
    one, two = arrived(source, node)[0], arrived(source, node, "another")[0]
    answer = say_ended(source, node.logout_token())
    assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (200, b"", "no-store")
    assert session(one) is None and one.get("/me/").status_code == 401
    assert session(two) is not None and session(own) is not None, "a session the node did not open ended"
    told = events.of_subject(f"account:{person.account}")[-1].happened
    assert told == SourceSignedOut(account=person.account, source=source, count=1)
    assert say_ended(source, node.logout_token()).status_code == 200
    assert events.of_subject(f"account:{person.account}")[-1].happened == told, "nothing ended twice"


def test_a_node_that_names_a_session_ends_that_one_alone_however_surely_it_was_proved_since(person, source, node):
    joined(person, source, node)
    (one, first), (two, second) = arrived(source, node), arrived(source, node)
    token, actor = one.cookies[settings.SESSION_COOKIE_NAME].value, session(one)
    with database.serving("citizen"), database.acting(parties=actor.parties, account=actor.account):
        one.cookies[settings.SESSION_COOKIE_NAME] = raise_session(actor, token=token, factor=Factor.CODE)
    assert say_ended(source, node.logout_token(sub="gone", sid="sid of nobody")).status_code == 200
    assert session(one) is not None
    assert say_ended(source, node.logout_token(sub="gone", sid=first)).status_code == 200
    assert session(one) is None and session(two) is not None
    assert say_ended(source, node.logout_token(sub="another", sid=second)).status_code == 200
    assert session(two) is not None
    node.bent = {"sid": "gone"}
    three, _ = arrived(source, node)
    assert say_ended(source, node.logout_token(sid="whatever")).status_code == 200
    assert session(three) is None and session(two) is not None


@requirement("IDN-12")
def test_a_computer_signed_in_by_phone_ends_with_the_session_of_that_phone(person, source, node):
    joined(person, source, node)
    phone, sid = arrived(source, node)
    computers = [Client(headers={"user-agent": "Firefox"}) for _ in range(2)]
    for each in computers:
        each.post("/sign-in/phone/")
        question = f"/me/sign-in/?code={code_of(each.cookies['pairing'].value)}"
        assert phone.post(question, {"allow": "1"}).status_code == 200
    used, unused = computers
    assert used.get("/sign-in/phone/").status_code == 303 and session(used) is not None
    assert say_ended(source, node.logout_token(sid="another")).status_code == 200 and session(used) is not None
    assert say_ended(source, node.logout_token(sid=sid)).status_code == 200
    assert session(used) is None and session(phone) is None
    assert "Location" not in unused.get("/sign-in/phone/") and session(unused) is None, "let in a moment before, not in yet"


def test_what_another_system_relied_on_is_told_when_the_node_that_vouched_ends_it(person, source, node, monkeypatch, catch_up):
    deferred = []
    joined(person, source, node)
    arrived(source, node)
    catch_up()
    monkeypatch.setattr(followers, "waiting_for_logout", lambda account: [account])
    monkeypatch.setattr(jobs, "defer", lambda name, told: deferred.append((name, told)))
    assert say_ended(source, node.logout_token()).status_code == 200
    catch_up()
    assert deferred == [("identity.tell_logout", [{"sign_on": person.account}])]


BENT = (
    {"iss": "https://other.example"}, {"aud": "somebody-else"}, {"aud": ["tongban:gaoling", "somebody-else"]}, {"nonce": "n"},
    {"nonce": None}, {"events": "gone"}, {"events": {}}, {"events": [LOGOUT_EVENT]}, {"events": {LOGOUT_EVENT: True}}, {"jti": "gone"},
    {"jti": 7}, {"sub": "gone"}, {"sub": ""}, {"sub": 7}, {"sid": ["x"]}, {"exp": "gone"}, {"exp": int(MONDAY.timestamp()) - 61},
    {"iat": "gone"}, {"iat": int(MONDAY.timestamp()) - 3600}, {"iat": int(MONDAY.timestamp()) + 600})


@requirement("IDN-12")
def test_no_other_word_of_the_node_signs_anybody_out(person, source, node):
    joined(person, source, node)
    fresh = arrived(source, node)[0]
    for bent in BENT:
        answer = say_ended(source, node.logout_token(**bent))
        assert (answer.status_code, json.loads(answer.content)) == (400, {"error": "invalid_request"}), bent
        assert session(fresh) is not None, bent


@requirement("IDN-12")
def test_nobody_but_the_node_signs_anybody_out(person, source, node):
    joined(person, source, node)
    fresh = arrived(source, node)[0]
    for header in ({"key": ECKey.generate_key("P-256", {"kid": "one"})}, {"typ": "at+jwt"}, {"jwk": {"kty": "EC"}}, {"kid": "two"},
                   {"alg": "HS256", "key": OctKey.import_key("0123456789abcdef" * 4)}):
        node.header = dict(header)
        assert say_ended(source, node.logout_token()).status_code == 400 and session(fresh) is not None, header
    node.header = {}
    assert say_ended("AAAAAAAAAAAAAAAAAAAAAA", node.logout_token()).status_code == 400
    assert Client().post(f"/sign-in/from/{source}/ended/", {"logout_token": node.logout_token()}).status_code == 400
    assert say_ended(source, node.token({"client_id": "tongban:gaoling", "nonce": "n", "state": "s"}, "somebody")).status_code == 400
    assert session(fresh) is not None


@requirement("IDN-12")
def test_with_a_node_that_is_believed_no_more_go_the_sessions_it_opened(person, source, node):
    own = joined(person, source, node)
    fresh = arrived(source, node)[0]
    with database.serving("worker"):
        identity.close_source(administrators()[Duty.SECURITY], key=source)
    assert session(fresh) is None and session(own) is not None


def test_the_command_that_lets_a_node_in_says_both_addresses_to_register_there(db, node, monkeypatch, capsys):
    with database.serving("worker"):
        key = identity.propose_source(administrators()[Duty.SYSTEM], told=told_of(node))
    monkeypatch.setattr("tongban.config.bootstrap.start_database", lambda var: None)
    monkeypatch.setattr(administering, "ASK", lambda text: "yes" if "(yes)" in text else FOUNDERS[Duty.SECURITY].login)
    monkeypatch.setattr(administering, "ASK_SECRET", lambda text: PASSWORD)
    assert cli.main(["sources", "confirm", key]) == 0
    told = capsys.readouterr().out
    for name in ("sign_in_from", "ended_there"):
        assert f" {settings.SITE_URL}{reverse(f'portal:{name}', args=[key])}\n" in told


def test_the_same_word_is_not_heard_twice(person, source, node):
    joined(person, source, node)
    token = node.logout_token()
    assert say_ended(source, token).status_code == 200
    fresh = arrived(source, node)[0]
    assert say_ended(source, token).status_code == 400 and session(fresh) is not None


def test_a_node_that_changed_its_keys_a_moment_ago_is_heard(person, source, node):
    joined(person, source, node)
    assert say_ended(source, node.logout_token(sub="nobody here")).status_code == 200
    fresh = arrived(source, node)[0]
    node.key = ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})
    assert say_ended(source, node.logout_token()).status_code == 200 and session(fresh) is None


def test_whoever_sends_what_we_cannot_check_is_not_listened_to_for_a_while(person, source, node):
    joined(person, source, node)
    fresh, asked = arrived(source, node)[0], "select count(*) from identity_attempt where login_hash = %s"
    before = database.row(asked, [digest("source-logouts")])[0]
    assert say_ended(source, "nonsense").status_code == 400
    assert database.row(asked, [digest("source-logouts")])[0] == before + 1
    with database.serving("worker"):
        database.execute("insert into identity_attempt (login_hash, address_hash, at) select %s, %s, kernel_now() "
                         "from generate_series(1, 200)", [digest("source-logouts"), digest("127.0.0.1")])
    try:
        assert say_ended(source, node.logout_token()).status_code == 503 and session(fresh) is not None
    finally:
        with database.serving("worker"):
            database.execute("delete from identity_attempt where login_hash = %s", [digest("source-logouts")])


@requirement("IDN-12")
def test_tokens_we_cannot_check_have_the_node_asked_seldom_and_keep_nobody_from_signing_in(person, source, node, monkeypatch):
    joined(person, source, node)
    now, asked, send, counted = [10_000_000.0], [], clients.send_to, "select count(*) from identity_attempt where login_hash = %s"
    keys_fail = False

    def noted(to, **more):
        asked.append((to.address, database.row(counted, [digest("source-logouts")])[0]))
        if keys_fail and to.address.endswith("/keys"):
            raise clients.TargetNotAnswering(target=to.name)
        return send(to, **more)

    monkeypatch.setattr(clients, "monotonic", lambda: now[0])
    monkeypatch.setattr(clients, "send_to", noted)
    before = database.row(counted, [digest("source-logouts")])[0]
    assert [say_ended(source, "nonsense").status_code for _ in range(3)] == [400] * 3
    assert asked == [(f"{node.issuer}/.well-known/openid-configuration", before), (f"{node.issuer}/keys", before),
                     (f"{node.issuer}/keys", before + 1)], "counted before the node is asked anew, and that once in five seconds"
    now[0] += clients.ANEW_SECONDS
    keys_fail, asked[:] = True, []
    assert [say_ended(source, "nonsense").status_code for _ in range(3)] == [503] * 3
    assert len(asked) == 1 and database.row(counted, [digest("source-logouts")])[0] == before + 6
    keys_fail = False
    fresh = arrived(source, node)[0]
    assert session(fresh) is not None, "whoever signs in meanwhile does"
    assert say_ended(source, node.logout_token()).status_code == 200 and session(fresh) is None


def test_a_silent_node_is_not_asked_again_at_once_and_nobody_has_nodes_asked_without_end(source, node, monkeypatch):
    asked = []

    def silent(to, **more):
        asked.append(to.name)
        raise clients.TargetNotAnswering(target=to.name)

    with monkeypatch.context() as patched:
        patched.setattr(clients, "send_to", silent)
        assert [Client().get(f"/sign-in/with/{source}/").status_code for _ in range(3)] == [503] * 3
    assert len(asked) == 1
    clients._silent_until.clear()
    with database.serving("worker"):
        database.execute("insert into identity_attempt (login_hash, address_hash, at) select %s, %s, kernel_now() "
                         "from generate_series(1, 200)", [digest("sources"), digest("127.0.0.1")])
    try:
        assert Client().get(f"/sign-in/with/{source}/").status_code == 429
    finally:
        with database.serving("worker"):
            database.execute("delete from identity_attempt where login_hash = %s", [digest("sources")])


def test_two_administrators_agree_in_time_and_nobody_alone(db, node, at):
    three = administrators()
    with database.serving("worker"):
        with pytest.raises(DutyMissing):
            identity.propose_source(three[Duty.SECURITY], told=told_of(node))
        for wrong in ({"issuer": "http://province.example"}, {"issuer": "https://province.example/"}, {"basis": ""}, {"secret": ""},
                      {"issuer": "https://province.example?x"}):
            with pytest.raises(RegistrationNotValid):
                identity.propose_source(three[Duty.SYSTEM], told=told_of(node, **wrong))
        key = identity.propose_source(three[Duty.SYSTEM], told=replace(told_of(node), strength=Strength.S3))
        assert queries.source(key) is None and SECRET not in str(database.row("select secret from identity_source where key = %s", [key]))
        assert "示例省政务网" in queries.proposed_source(key) and SECRET not in queries.proposed_source(key)
        with pytest.raises(DutyMissing):
            identity.confirm_source(three[Duty.SYSTEM], key=key)
        with pytest.raises(DutyMissing):
            identity.close_source(three[Duty.AUDIT], key=key)
        at(MONDAY + timedelta(days=2))
        three = administrators()
        with pytest.raises(SourceNotProposed):
            identity.confirm_source(three[Duty.SECURITY], key=key)
        key = identity.propose_source(three[Duty.SYSTEM], told=replace(told_of(node), strength=Strength.S3))
        identity.confirm_source(three[Duty.SECURITY], key=key)
        assert queries.source(key).strength is Strength.S2 and queries.source(key).secret == SECRET
        identity.close_source(three[Duty.SYSTEM], key=key)
    assert names_of(f"source:{key}") == ["SourceProposed", "SourceConfirmed", "SourceClosed"]
