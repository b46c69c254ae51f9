"""What another node says is taken over when its envelope vouches for it, once, and never otherwise (SEC-09, T22)."""

import json
from datetime import datetime, timedelta

import msgspec
import pytest
import yaml
from django.db import IntegrityError
from joserfc.jwk import ECKey
from structlog.testing import capture_logs

from tests.conftest import MONDAY
from tests.federation.nodes import ADDRESS, REPORT, Elsewhere, let_in
from tests.relying import administrators
from tests.requirements import requirement
from tongban.config import cli
from tongban.federation import actions, queries, rules
from tongban.federation.errors import PeerNotProposed, PeerNotValid
from tongban.identity.errors import DutyMissing
from tongban.identity.types import Duty
from tongban.kernel import database, events, vault
from tongban.kernel.crypto.tokens import thumbprints
from tongban.kernel.types import System

TICK = System(name="tick")


@pytest.fixture
def node(db):
    made = Elsewhere()
    made.peer = let_in(made)
    yield made
    with database.serving("worker"):
        database.execute("update federation_peer set closed_at = kernel_now() where closed_at is null")
        database.execute("delete from identity_attempt")


def heard(node):
    return [each for each in queries.heard() if each.peer == node.peer]


def names_of(subject):
    return [each.name for each in events.of_subject(subject)]


@requirement("SEC-09")
def test_a_report_under_the_nodes_own_envelope_is_taken_over_and_answered_with_a_receipt(node):
    answer = node.report()
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, "application/json", "no-store")
    told = answer.json()
    assert (told["incident"], told["version"], datetime.fromisoformat(told["received_at"])) == ("north-1", 1, MONDAY)
    (kept,) = heard(node)
    assert (kept.report.what, kept.report.people, kept.received_at) == ("有人试图批量读取办件", 12, MONDAY)
    assert names_of(f"peer:{node.peer}") == ["PeerProposed", "PeerConfirmed", "IncidentHeard"]
    (stored,) = database.row("select report from federation_heard where peer_id = %s", [node.peer])
    assert "批量" not in stored and "ATTACK" not in stored


BENT = {
    "made six minutes ago": {"iat": int(MONDAY.timestamp()) - 301}, "made three minutes ahead": {"iat": int(MONDAY.timestamp()) + 121},
    "made at no time": {"iat": "gone"}, "made at a word": {"iat": True},
    "over": {"exp": int(MONDAY.timestamp())}, "without end": {"exp": "gone"},
    "to another node": {"aud": "https://other.example.gov.cn"}, "to nobody": {"aud": "gone"}, "by another method": {"htm": "GET"},
    "for another address": {"htu": "/gateway/others"}, "of another body": {"sha256": "0" * 64}, "of any body": {"sha256": "gone"},
    "without a name": {"jti": "gone"}, "with a short name": {"jti": "1"}, "with a name too long": {"jti": "1" * 65},
    "from nobody": {"iss": "gone"}, "from somebody unknown": {"iss": "https://nobody.example.gov.cn"},
}


@requirement("SEC-09")
@pytest.mark.parametrize("bent", BENT.values(), ids=BENT)
def test_an_envelope_that_says_anything_else_is_not_opened(node, bent):
    body = msgspec.json.encode(REPORT)
    answer = node.post(node.envelope(body, **bent), body)
    assert (answer.status_code, answer.json()["code"], answer["WWW-Authenticate"]) == (401, "envelope_not_believed", "Node")
    assert heard(node) == [] and database.row("select count(*) from federation_envelope where peer_id = %s", [node.peer]) == (0,)


@requirement("SEC-09")
@pytest.mark.parametrize("made", [{"key": ECKey.generate_key("P-256", {"kid": "one"})}, {"header": {"typ": "JWT"}},
                                  {"header": {"kid": "two"}}, {"header": {"jwk": {"kty": "EC"}}}],
                         ids=["another key", "another kind of token", "an unknown key", "a key inside"])
def test_what_anybody_else_signed_is_not_opened(node, made):
    body = msgspec.json.encode(REPORT)
    assert node.post(node.envelope(body, **made), body).status_code == 401
    assert heard(node) == []


@requirement("SEC-09")
def test_another_node_does_not_speak_for_this_one(node):
    other = Elsewhere()
    other.peer = let_in(other)
    body = msgspec.json.encode(REPORT)
    assert other.post(other.envelope(body, iss=node.site), body).status_code == 401
    assert other.report().status_code == 200 and heard(node) == [] and len(heard(other)) == 1


@requirement("SEC-09")
@pytest.mark.parametrize("address", ["10.20.30.41", "127.0.0.1", "::1", "not an address"])
def test_a_node_is_heard_from_its_own_addresses_alone(node, address):
    assert node.report(address=address).status_code == 401
    assert heard(node) == []
    assert node.report().status_code == 200


@requirement("SEC-09")
@pytest.mark.parametrize("ahead", [0, 120])
def test_an_envelope_is_opened_once_within_five_minutes_and_never_after(node, at, ahead):
    body = msgspec.json.encode(REPORT)
    made = int(MONDAY.timestamp()) + ahead
    token = node.envelope(body, iat=made, exp=made + 3600)
    assert node.post(token, body).status_code == 200
    for seconds, status in ((0, 409), (ahead + 299, 409), (ahead + 301, 401)):
        at(MONDAY + timedelta(seconds=seconds))
        with database.serving("worker"):
            actions.forget_envelopes(TICK)
        answer = node.post(token, body)
        assert (seconds, answer.status_code) == (seconds, status)
    assert names_of(f"peer:{node.peer}").count("IncidentHeard") == 1
    at(MONDAY + timedelta(hours=1))
    with database.serving("worker"):
        assert actions.forget_envelopes(TICK) >= 1


@requirement("SEC-09")
def test_whoever_asks_too_often_waits_a_minute_and_loses_nothing(node, at):
    assert {node.report(incident=f"n-{number}").status_code for number in range(60)} == {200}
    answer = node.report(incident="one too many")
    assert (answer.status_code, answer.json()["code"]) == (429, "peer_too_quick") and len(heard(node)) == 60
    at(MONDAY + timedelta(seconds=61))
    assert node.report(incident="one-later").status_code == 200


@requirement("SEC-09")
def test_a_place_that_brings_many_false_envelopes_is_not_listened_to_for_a_while(node, at):
    stranger = Elsewhere(site="https://stranger.example.gov.cn")
    answers = [stranger.report().status_code for _ in range(201)]
    assert (answers[0], answers[199], answers[200]) == (401, 401, 429)
    assert Elsewhere(site=node.site, key=node.key).report(address="10.20.30.41").status_code == 401


def test_a_node_that_was_shut_out_is_not_heard_at_once(node):
    with database.serving("worker"):
        actions.close_peer(administrators()[Duty.SYSTEM], key=node.peer)
    assert node.report().status_code == 401 and heard(node) == []
    assert names_of(f"peer:{node.peer}")[-1] == "PeerClosed"


def test_two_people_let_a_node_in_and_new_keys_take_the_place_of_the_old(node):
    three, next_key = administrators(), ECKey.generate_key("P-256", {"kid": "one"})
    with pytest.raises(DutyMissing):
        actions.propose_peer(three[Duty.SECURITY], told=node.told())
    key = actions.propose_peer(three[Duty.SYSTEM], told=node.told(keys={"keys": [next_key.as_dict(private=False)]}))
    with pytest.raises(DutyMissing):
        actions.confirm_peer(three[Duty.SYSTEM], key=key)
    assert node.report().status_code == 200
    actions.confirm_peer(three[Duty.SECURITY], key=key)
    with pytest.raises(PeerNotProposed):
        actions.confirm_peer(three[Duty.SECURITY], key=key)
    assert node.report().status_code == 401
    assert Elsewhere(site=node.site, key=next_key).report().status_code == 200


def test_what_a_node_reported_goes_on_under_its_new_keys(node, at):
    first = node.report().json()
    next_key = ECKey.generate_key("P-256", {"kid": "one"})
    changed = Elsewhere(site=node.site, code=node.code, key=next_key)
    changed.peer = let_in(changed)
    at(MONDAY + timedelta(minutes=5))
    closed = changed.report(version=2, closed_at="2026-03-02T10:04:00+08:00")
    assert closed.json() == first | {"version": 2} and heard(node) == []
    (kept,) = heard(changed)
    assert kept.report.closed_at is not None and changed.report().status_code == 409


def test_whoever_confirms_reads_a_thumbprint_that_no_other_key_has(node, monkeypatch, capsys):
    other = ECKey.generate_key("P-256", {"kid": "one"})
    told, forged = (thumbprints({"keys": [each.as_dict(private=False)]}) for each in (node.key, other))
    assert told != forged and len(told[0]) == 43
    assert cli.main(["nodes", "list"]) == 0
    shown = capsys.readouterr().out
    assert told[0] in shown and forged[0] not in shown and "private   no" in shown
    assert cli.main(["nodes", "own"]) == 0
    own = capsys.readouterr().out
    assert all(f"# thumbprint {each}" in own for each in thumbprints(vault.token_keys()))
    assert yaml.safe_load(own)["keys"] == vault.token_keys() and '"d"' not in own and " d:" not in own


def test_the_database_lets_nobody_confirm_what_they_proposed(node):
    with pytest.raises(IntegrityError, match="two_people"), database.atomic():
        database.execute("update federation_peer set confirmed_by = proposed_by where key = %s", [node.peer])


WRONG = {
    "no code": {"code": "13"}, "a credit code with another check character": {"code": "91110000600037341M"},
    "no english name": {"name": {"zh": "北"}}, "an address with a path": {"site": "https://www.example.gov.cn/x"},
    "any address": {"networks": ("0.0.0.0/0",)}, "no address": {"networks": ()}, "a word": {"networks": ("everywhere",)},
    "a wide net of version 6": {"networks": ("2001::/16",)}, "no key": {"keys": {"keys": []}},
    "a private key": {"keys": {"keys": [ECKey.generate_key("P-256", {"kid": "one"}).as_dict(private=True)]}},
    "a shared secret": {"keys": {"keys": [{"kty": "oct", "k": "x", "kid": "one"}]}}, "ourselves": {"site": "http://127.0.0.1:8000"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_registration_that_would_believe_too_much_is_refused(node, wrong):
    told = msgspec.convert(msgspec.to_builtins(node.told()) | wrong, type(node.told()))
    before = database.row("select count(*) from federation_peer")
    with pytest.raises(PeerNotValid):
        actions.propose_peer(administrators()[Duty.SYSTEM], told=told)
    assert database.row("select count(*) from federation_peer") == before


UNREADABLE = {
    "not json": b"{", "a list": b"[]", "a field more": json.dumps(REPORT | {"more": 1}).encode(), "a field less": b'{"schema":1}',
    "another schema": json.dumps(REPORT | {"schema": 2}).encode(), "no version": json.dumps(REPORT | {"version": 0}).encode(),
    "a version too high": json.dumps(REPORT | {"version": 40_000}).encode(), "an unknown kind": json.dumps(REPORT | {"kind": "X"}).encode(),
    "a name with a path": json.dumps(REPORT | {"incident": "../x"}).encode(), "no text": json.dumps(REPORT | {"what": " "}).encode(),
    "too much text": json.dumps(REPORT | {"what": "x" * 4001}).encode(), "fewer than nobody": json.dumps(REPORT | {"people": -1}).encode(),
    "after the end of days": json.dumps(REPORT | {"known_at": "9999-12-31T23:59:59Z"}).encode(),
    "before all days": json.dumps(REPORT | {"closed_at": "0001-01-01T00:00:00+14:00"}).encode(),
    "tomorrow": json.dumps(REPORT | {"known_at": "2026-03-03T10:00:00+08:00"}).encode(),
    "an instant without offset": json.dumps(REPORT | {"known_at": "2026-03-02T09:50:00"}).encode(),
    "very deep": b"[" * 30_000, "letters that are none": b'{"what":"\xff"}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_report_that_is_none_is_refused_with_the_reason(node, body):
    answer = node.post(node.envelope(body), body)
    assert (answer.status_code, answer.json()["code"]) == (422, "report_not_readable") and heard(node) == []


@requirement("SEC-14")
def test_a_report_that_bears_a_mark_of_secrecy_is_refused_and_nothing_of_it_is_kept(node):
    with capture_logs() as said:
        answer = node.report(what="本项目资料机密★5年请勿外传")
    assert (answer.status_code, answer.json()["code"]) == (422, "secret_typed") and "机密" not in answer.content.decode()
    assert heard(node) == [] and "IncidentHeard" not in names_of(f"peer:{node.peer}")
    assert [each["mark"] for each in said if each["event"] == "secret_kept_out"] == ["state-star"]
    assert node.report().status_code == 200


def test_the_same_report_again_gives_the_same_receipt_a_later_one_takes_its_place_and_nothing_goes_back(node, at):
    first = node.report().json()
    at(MONDAY + timedelta(minutes=3))
    assert node.report().json() == first
    assert node.report(what="another story").status_code == 409
    later = node.report(version=2, what="三人受影响", people=3)
    assert later.json() == first | {"version": 2}
    answer = node.report()
    assert (answer.status_code, answer.json()["held"]) == (409, 2)
    (kept,) = heard(node)
    assert (kept.report.version, kept.report.people) == (2, 3)


@pytest.mark.parametrize("said", ["", "Bearer x", "Node", "Node a.b.c", "Node " + "x" * 9000, "Node .e30.", "Node a.WzFd.c"])
def test_a_header_that_is_no_envelope_is_a_stranger(db, said):
    from django.test import Client
    answer = Client(REMOTE_ADDR=ADDRESS).post("/gateway/incidents", b"{}", content_type="application/json", headers={"Authorization": said})
    assert answer.status_code == 401


def test_a_body_too_large_is_not_read(node):
    body = b" " * (64 * 1024 + 1)
    assert node.post(node.envelope(body), body).status_code == 413


def test_who_speaks_is_read_from_anything_without_a_fault():
    for token in ("", "a", "a.b", "a.!!.c", "a.bnVsbA.c", "a." + "W1tb" * 5000 + ".c"):
        assert rules.speaker(token) == ""
