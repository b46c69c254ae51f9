"""Sessions end where the identity they came with ends, and nodes are let in by two administrators."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from joserfc.jwk import ECKey, OctKey

from tests import journeys
from tests.conftest import MONDAY
from tests.relying import FOUNDERS, PASSWORD, administrators, let_in, read
from tests.requirements import requirement
from tests.upstream import SECRET, arrived, joined, names_of, say_ended, session, told_of
from tongban.config import administering, cli
from tongban.identity import actions as identity
from tongban.identity import clients, queries
from tongban.identity.actions.attempts import digest
from tongban.identity.actions.pairing import code_of
from tongban.identity.actions.stepping_up import raise_session
from tongban.identity.actions.telling import LOGOUT_EVENT
from tongban.identity.errors import DutyMissing, RegistrationNotValid, SourceNotProposed
from tongban.identity.events import SourceSignedOut
from tongban.identity.rules import offered_code
from tongban.identity.types import Duty, Factor, Strength
from tongban.kernel import database, events


@pytest.fixture
def person(db):
    return journeys.citizen()


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


@requirement("IDN-12")
def test_a_phone_that_went_on_ends_with_the_session_of_the_computer_it_came_from(person, source, node):
    joined(person, source, node)
    computer, sid = arrived(source, node)
    phones = [Client(headers={"user-agent": "Android"}) for _ in range(2)]
    for each in phones:
        assert computer.post("/me/phone/").status_code == 303
        kept = computer.cookies["pairing"].value
        assert each.post(f"/phone/?code={offered_code(kept)}").status_code == 303
        number = queries.offer_at_phone(each.cookies["pairing"].value).number
        assert computer.post("/me/phone/code/", {"allow": "1", "number": number}).status_code == 303
    used, unused = phones
    assert used.get("/phone/").status_code == 303 and session(used) is not None
    assert say_ended(source, node.logout_token(sid="another")).status_code == 200 and session(used) is not None
    assert say_ended(source, node.logout_token(sid=sid)).status_code == 200
    assert session(used) is None and session(computer) is None
    assert "Location" not in unused.get("/phone/") and session(unused) is None, "let in a moment before, not in yet"


def closed(person, source, node):
    with database.serving("worker"):
        identity.close_source(administrators()[Duty.SECURITY], key=source)


def unlinked(person, source, node):
    link = database.row("select id from identity_link where account_id = %s", [person.account])[0]
    journeys.act(person, identity.unlink_source, link=link)


def signed_out_there(person, source, node):
    assert say_ended(source, node.logout_token()).status_code == 200


@requirement("IDN-12")
@pytest.mark.parametrize("ending", [signed_out_there, unlinked, closed])
def test_whatever_ends_it_another_system_that_relied_on_the_session_is_told(person, source, node, catch_up, ending):
    own, system = joined(person, source, node), let_in(logout_uri="https://bus.example.gov.cn/out")
    fresh = arrived(source, node)[0]
    issued = system.sign_in(fresh)
    queued = "select count(*) from procrastinate_jobs where task_name = 'identity.tell_logout'"
    catch_up()
    before = database.row(queued)[0]
    ending(person, source, node)
    assert session(fresh) is None and session(own) is not None
    assert events.of_subject(f"account:{person.account}")[-1].happened == SourceSignedOut(
        account=person.account, source=source, count=1)
    catch_up()
    assert database.row(queued)[0] == before + 1 and len(queries.waiting_for_logout(person.account)) == 1
    assert system.renew(issued["refresh_token"]).status_code == 400


def test_whoever_ends_it_in_a_browser_that_it_signed_in_is_signed_out_too(person, source, node):
    own = joined(person, source, node)
    fresh = arrived(source, node)[0]
    link = database.row("select id from identity_link where account_id = %s", [person.account])[0]
    assert fresh.post("/me/links/", {"end": link})["Location"] == "/me/links/?done=ended"
    assert session(fresh) is None and fresh.get("/me/links/?done=ended").status_code == 401
    assert "用它登录的也都退出了" in own.get("/me/links/?done=ended").content.decode()


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
    counted = "select count(*) from identity_attempt where login_hash = %s"
    before = database.row(counted, [digest("source-logouts")])
    assert say_ended(source, node.logout_token()).status_code == 200 and session(fresh) is None
    assert database.row(counted, [digest("source-logouts")]) == before, "what it truly said was counted as if it were not"


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
                     (f"{node.issuer}/keys", before)], "the node is asked anew more than once in five seconds"
    now[0] += clients.ANEW_SECONDS
    keys_fail, asked[:] = True, []
    assert [say_ended(source, "nonsense").status_code for _ in range(3)] == [503] * 3
    assert len(asked) == 1 and database.row(counted, [digest("source-logouts")])[0] == before + 3, "counted, while nobody could tell"
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
            identity.confirm_source(three[Duty.SYSTEM], key=key, assessment=read(key))
        with pytest.raises(DutyMissing):
            identity.close_source(three[Duty.AUDIT], key=key)
        at(MONDAY + timedelta(days=2))
        three = administrators()
        with pytest.raises(SourceNotProposed):
            identity.confirm_source(three[Duty.SECURITY], key=key, assessment=read(key))
        key = identity.propose_source(three[Duty.SYSTEM], told=replace(told_of(node), strength=Strength.S3))
        identity.confirm_source(three[Duty.SECURITY], key=key, assessment=read(key))
        assert queries.source(key).strength is Strength.S2 and queries.source(key).secret == SECRET
        identity.close_source(three[Duty.SYSTEM], key=key)
    assert names_of(f"source:{key}") == ["SourceProposed", "SourceConfirmed", "SourceClosed"]
