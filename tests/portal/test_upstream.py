"""Signing in with the identity of another node: there and back, joined once by its holder, refused when anything is bent (IDN-12)."""

import base64
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests import journeys
from tests.conftest import MONDAY
from tests.portal.test_signed_in_pages import browser
from tests.relying import administrators, heading
from tests.requirements import requirement
from tests.upstream import ask, come_back, joined, names_of, session
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.errors import SourceTaken
from tongban.identity.rules import strength_of
from tongban.identity.types import Arrived, Duty, Strength
from tongban.kernel import database
from tongban.kernel.types import Channel
from tongban.messages.queries import inbox


@pytest.fixture
def person(db):
    return journeys.citizen()


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
    token = identity.open_session(account=other.account, channel=Channel.WEB)
    with (database.serving("citizen"), database.acting(parties=other.parties, account=other.account),
          pytest.raises(SourceTaken)):
        identity.link_source(other, token=token, arrived=Arrived(source=source, subject=subject, strength=Strength.S2))
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
    with database.serving(database.OWNER):
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
