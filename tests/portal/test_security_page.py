"""Where one is signed in, and the password: seen, ended and changed by whoever it belongs to, and told about."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests import journeys
from tests.conftest import MONDAY
from tests.portal.public import signed_in, text_of
from tongban.identity import actions, queries
from tongban.identity.errors import PasswordNotYours
from tongban.identity.events import PasswordChanged, SessionsClosed
from tongban.identity.types import ActorKind
from tongban.kernel import database, events
from tongban.kernel.types import Channel, System
from tongban.messages.queries import inbox
from tongban.portal.security import browser_of

PAGE = "/me/security/"
OLD, NEW = "tongban-2026-old", "一句好记的短话，不告诉别人"


@pytest.fixture
def person(db):
    """Someone with a password, signed in on two devices."""
    made = journeys.citizen()
    login = f"person-{made.party}"
    account = actions.open_account(System(name="test"), kind=ActorKind.CITIZEN, login=login, password=OLD, name="张示例",
                                   party=made.party, proofing=made.proofing, sample=True)
    here, there = (actions.open_session(account=account, channel=Channel.WEB, browser=browser)
                   for browser in ("Chrome · Android", "Edge · Windows"))
    return {"login": login, "account": account, "here": here, "there": there, "party": made.party}


def changed(person, **given):
    return signed_in(person["here"]).post(PAGE, {
        f"password-{name}": word for name, word in {"present": OLD, "new": NEW, "again": NEW, **given}.items()})


def works(token):
    return signed_in(token).get(PAGE).status_code == 200


def test_every_place_is_listed_and_this_one_is_named(person):
    said = text_of(signed_in(person["here"]).get(PAGE))
    assert "Chrome · Android 本机" in said and "Edge · Windows" in said
    assert said.count("本机") == 1
    assert said.count("让它退出") == 1


def test_ending_a_session_elsewhere_works_at_once_and_never_on_another_account(person, db):
    other = actions.open_session(account=journeys.citizen().account, channel=Channel.WEB)
    signed_in(person["here"]).post(PAGE, {"end": queries.token_hash(other)})
    assert works(other) and works(person["there"])
    answer = signed_in(person["here"]).post(PAGE, {"end": queries.token_hash(person["there"])})
    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}?done=ended")
    assert not works(person["there"]) and works(person["here"])
    happened = events.of_subject(f"account:{person['account']}")[-1].happened
    assert happened == SessionsClosed(account=person["account"], count=1)


def test_everything_else_is_ended_together_and_this_session_stays(person):
    third = actions.open_session(account=person["account"], channel=Channel.WEB)
    signed_in(person["here"]).post(PAGE, {"end": ""})
    assert not works(third) and not works(person["there"]) and works(person["here"])


def test_a_changed_password_ends_all_other_sessions_and_keys_and_is_told(person, catch_up):
    key = "k" * 43
    with journeys.as_actor(queries.actor_by_session(person["here"])):
        actions.give_key(queries.actor_by_session(person["here"]), token=person["here"], key=key, days=1)
    assert changed(person)["Location"] == f"{PAGE}?done=changed"
    assert works(person["here"]) and not works(person["there"])
    assert queries.actor_by_session(key) is None
    assert actions.sign_in(login=person["login"], password=NEW, address="10.0.0.9")
    assert isinstance(events.of_subject(f"account:{person['account']}")[-2].happened, PasswordChanged)
    catch_up()
    assert [each.title.zh for each in inbox([person["party"]])] == ["您的密码改了"]


@pytest.mark.parametrize(("given", "field", "words"), [
    ({"present": ""}, "present", "请输入现在的密码"),
    ({"present": "wrong"}, "present", "现在的密码不对"),
    ({"new": "short", "again": "short"}, "new", "密码至少要有"),
    ({"new": "woaini1314520", "again": "woaini1314520"}, "new", "这个密码太常见"),
    ({"again": "another"}, "again", "两次输入的新密码不一样"),
    ({"new": OLD, "again": OLD}, "new", "新密码和现在的一样"),
    ({"present": "x" * 300}, "present", "密码不能超过 200 个字"),
    ({"new": "x" * 300, "again": "x" * 300}, "new", "密码不能超过 200 个字")])
def test_what_is_wrong_is_said_at_its_field_and_nothing_changes(person, given, field, words):
    answer = changed(person, **given)
    assert answer.status_code == 422
    body = answer.content.decode()
    assert f'id="password-{field}--error"' in body and f'href="#password-{field}"' in body
    assert words in text_of(answer)
    assert works(person["there"])
    assert OLD not in body and "value=" not in body.split('id="password-present"')[1].split(">")[0]
    assert actions.sign_in(login=person["login"], password=OLD, address="10.0.0.8")


def test_an_open_session_is_no_way_to_try_passwords(person, at):
    for _ in range(5):
        assert changed(person, present="wrong").status_code == 422
    assert "暂停" in text_of(changed(person))
    at(MONDAY + timedelta(minutes=15, seconds=1))
    person["here"] = actions.open_session(account=person["account"], channel=Channel.WEB)
    assert changed(person).status_code == 303


def test_the_database_changes_no_password_but_ones_own(person):
    other = journeys.citizen()
    before = database.row("select password from identity_account where id = %s", [person["account"]])[0]
    with journeys.as_actor(other):
        database.execute("select identity_set_password('stolen')")
        with pytest.raises(PasswordNotYours):
            actions.change_password(other, present="x", new=NEW, address="10.0.0.7", keep="")
    assert database.row("select password from identity_account where id = %s", [person["account"]])[0] == before


@pytest.mark.parametrize(("header", "words"), [
    ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat · Android"),
    ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120 Safari/537.36 Edg/120", "Edge · Windows"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17 Mobile Safari/604.1", "Safari · iPhone"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox · Linux"), ("<script>", ""), ("", "")])
def test_browsers_are_named_in_words_people_know(header, words):
    assert browser_of(header) == words


def test_the_page_is_reached_from_ones_space(person):
    assert f'href="{PAGE}"' in signed_in(person["here"]).get(reverse("portal:matters")).content.decode()


def test_what_no_page_of_ours_posts_breaks_nothing(db):
    client = signed_in(actions.open_session(account=journeys.citizen().account, channel=Channel.WEB))
    assert client.post("/me/security/", {"end": "\x00"}).status_code == 303
    assert client.post("/me/programs/", {"withdraw": "\x00"}).status_code == 303
