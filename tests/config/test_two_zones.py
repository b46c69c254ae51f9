"""Two zones with a signer and keys each: what one zone signs holds in the other, and the keys outside make nothing of the inside."""

import argparse
import base64
import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from structlog.testing import capture_logs

from tests.signing import ORIGIN, ROOTS, SITE, Process, cosignature, licence
from tongban.config import deployment, witnessing
from tongban.kernel import vault
from tongban.kernel.crypto import remote, zones
from tongban.kernel.crypto.keys import KeyPurpose, rotate
from tongban.kernel.crypto.signing import PayloadKind, kept_signers, sign_with_all, verify_signatures
from tongban.ledger import actions
from tongban.ledger import queries as ledger
from tongban.ledger.queries import checking
from tongban.ledger.rules import written_key
from tongban.ledger.types import Head
from tongban.licences import queries as licences
from tongban.licences.queries import StoredSignature

HEAD = Head(origin=ORIGIN, size=7, root=ROOTS[0])
pytestmark = pytest.mark.xdist_group("signer")


class Zone:
    """A signer, the copy that its zone has of what the other one publishes, and the processes that read both."""

    def __init__(self, signer, copy, monkeypatch):
        self.path, self.copy, self.patched = signer.path, copy, monkeypatch
        self.public, self.keys = Path(signer.path).with_name("public.json"), signer.var / "keys"

    def take(self, other):
        shutil.copy(other.public, self.copy)

    def __enter__(self):
        self.patched.setattr(settings, "SIGNER", self.path)
        self.patched.setattr(settings, "SIGNER_ALSO", str(self.copy))
        vault.forget_signers()

    def __exit__(self, *_):
        vault.forget_signers()

    def believes(self, payload, signatures):
        with self:
            return licences.check_signatures(payload, [stored(each) for each in signatures])[1]

    def faults(self, note):
        with self:
            return [each.what for each in checking._faults_of_signatures([(HEAD.size, HEAD.root, note, datetime.now(UTC))])]

    def reads(self, token, kind="JWT"):
        with self:
            return vault.read_token(kind, token) is not None


def stored(made):
    return StoredSignature(algorithm=made.algorithm, key_id=made.key_id, is_software=made.is_software,
                           value=base64.b64encode(made.value).decode())


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    made = [Process(tmp_path_factory.mktemp("s"), TONGBAN_SIGNER_KINDS=kinds).start()
            for kinds in ("licence checkpoint token", "token cosignature")]
    yield made
    for each in made:
        each.stop()


@pytest.fixture
def alone(signers, tmp_path, monkeypatch):
    """Inside and outside before anything was copied."""
    yield [Zone(each, tmp_path / f"other-{number}.json", monkeypatch) for number, each in enumerate(signers)]
    monkeypatch.undo()
    vault.forget_signers()


@pytest.fixture
def both(alone):
    """Inside and outside, each with the copy of what the other publishes."""
    inside, outside = alone
    inside.take(outside)
    outside.take(inside)
    return alone


def issued(zone, number="JY1"):
    with zone:
        return sign_with_all(vault.signers(), PayloadKind.LICENCE, licence(number))


def claims():
    now = int(time.time())
    return {"iss": SITE, "aud": "client", "iat": now, "exp": now + 100}


def test_what_the_inside_signs_holds_outside_by_the_copy_and_not_without_it(alone):
    inside, outside = alone
    signatures = issued(inside)
    with inside:
        note, told_out = actions.signed(HEAD), vault.sign_token("logout+jwt", claims())
    assert not {path.read_bytes() for path in inside.keys.iterdir()} & {path.read_bytes() for path in outside.keys.iterdir()}
    assert (inside.believes(licence(), signatures), inside.faults(note)) == (True, [])
    assert (outside.believes(licence(), signatures), outside.faults(note)) == (False, ["is not signed by this node"])
    assert not outside.reads(told_out, "logout+jwt")
    outside.take(inside)
    assert (outside.believes(licence(), signatures), outside.faults(note)) == (True, [])
    assert outside.reads(told_out, "logout+jwt")
    assert not outside.believes(licence("another"), signatures)


def test_what_the_keys_outside_sign_is_no_licence_and_no_checkpoint_in_either_zone(both, monkeypatch):
    """As by whoever took the machine outside with its files."""
    inside, outside = both
    taken, genuine = kept_signers(outside.keys), issued(inside)
    forged = sign_with_all(taken, PayloadKind.LICENCE, licence())
    with monkeypatch.context() as patched:
        patched.setattr(vault, "signers", lambda: taken)
        patched.setattr(actions.vault, "signers", lambda: taken)
        note = actions.signed(HEAD)
    for zone in both:
        assert [zone.believes(licence(), each) for each in (genuine, forged, [forged[0], genuine[1]], [*genuine, *forged])] == [
            True, False, False, False]
        assert zone.faults(note) == ["is not signed by this node"]


def test_a_copy_that_claims_more_than_it_may_is_not_believed_for_what_this_zone_signs(both):
    inside, outside = both
    forged = sign_with_all(kept_signers(outside.keys), PayloadKind.LICENCE, licence())
    told = json.loads(outside.public.read_bytes())
    for kinds in ({"kinds": [str(kind) for kind in remote.KINDS]}, {}):
        inside.copy.write_text(json.dumps({**{name: value for name, value in told.items() if name != "kinds"}, **kinds}))
        assert not inside.believes(licence(), forged)
        assert inside.believes(licence(), issued(inside))


def test_tokens_of_both_zones_hold_in_both_and_each_is_shown_once(both):
    for zone, other in (both, reversed(both)):
        with zone:
            made, shown = vault.sign_token("JWT", claims()), vault.token_keys()["keys"]
        assert (zone.reads(made), other.reads(made)) == (True, True)
        assert shown == [remote.published(each.path).tokens["keys"][0] for each in (zone, other)]
    for zone in both:
        zone.take(zone)
        with zone:
            assert len(vault.token_keys()["keys"]) == 1


def test_each_kind_is_published_under_the_keys_of_the_zone_that_signs_it(both):
    inside, outside = both
    sealing, cosigning = (remote.published(zone.path).keys for zone in both)
    for zone in both:
        with zone:
            assert vault.verifying_keys(PayloadKind.LICENCE) == vault.verifying_keys(PayloadKind.CHECKPOINT) == sealing
            assert vault.verifying_keys(PayloadKind.COSIGNATURE) == cosigning
            assert vault.verifying_keys(PayloadKind.RECEIPT) == ()
            assert [key.public for key in ledger.keys(ORIGIN)] == [key.value for key in sealing]
            assert [key.public for key in ledger.witness_keys()] == [cosigning[0].value]
    with outside:
        made = sign_with_all(vault.signers()[:1], PayloadKind.COSIGNATURE, cosignature())
    with inside:
        assert verify_signatures(vault.verifying_keys(PayloadKind.COSIGNATURE), PayloadKind.COSIGNATURE, cosignature(), made)


def test_a_file_from_before_kinds_were_said_is_good_for_every_kind(both, tmp_path):
    _, outside = both
    told = json.loads(outside.public.read_bytes())
    assert told.pop("kinds") == ["cosignature", "token"]
    outside.path = str(tmp_path / "socket")
    (tmp_path / "public.json").write_text(json.dumps(told))
    with outside:
        assert {vault.verifying_keys(kind) for kind in PayloadKind} == {remote.published(outside.path).keys}


def test_after_a_change_of_keys_inside_a_new_copy_is_taken_up_and_what_was_signed_before_holds(both):
    inside, outside = both
    before, known = issued(inside), len(remote.published(inside.path).keys)
    assert outside.believes(licence(), before)
    rotate(inside.keys, KeyPurpose.ED25519)
    for _ in range(500):
        if len(remote.published(inside.path).keys) > known:
            break
        time.sleep(0.02)
    after = issued(inside, "JY2")
    assert after[0].key_id != before[0].key_id
    assert (inside.believes(licence("JY2"), after), outside.believes(licence("JY2"), after)) == (True, False)
    outside.take(inside)
    assert outside.believes(licence("JY2"), after)
    assert outside.believes(licence(), before)


def renamed(told):
    told["keys"][0]["key_id"] = told["keys"][1]["key_id"]


def without_keys(told):
    told["keys"] = []


def half_a_token_key(told):
    del told["tokens"]["keys"][0]["y"]


def a_private_key(told):
    told["tokens"]["keys"][0]["d"] = "AAAA"


def other_name(told):
    told["tokens"]["keys"][0]["kid"] = "es256-0000000000000000"


@pytest.mark.parametrize("broken", [
    b"", b"{", b"{}", b"null", b"\xff", "cut", "gone", "folder", renamed, without_keys, half_a_token_key, a_private_key, other_name])
def test_a_copy_that_is_bad_is_said_once_and_the_last_good_one_goes_on(both, broken):
    inside, outside = both
    signatures, whole = issued(inside), outside.copy.read_bytes()
    with inside:
        token = vault.sign_token("JWT", claims())

    def what_holds():
        return outside.believes(licence(), signatures), outside.reads(token)

    assert what_holds() == (True, True)
    outside.copy.unlink()
    match broken:
        case bytes():
            outside.copy.write_bytes(broken)
        case "cut":
            outside.copy.write_bytes(whole[:-20])
        case "folder":
            outside.copy.mkdir()
        case "gone":
            pass
        case _:
            told = json.loads(whole)
            broken(told)
            outside.copy.write_text(json.dumps(told))
    with capture_logs() as said:
        assert [what_holds() for _ in range(3)] == [(True, True)] * 3
    assert [(line["event"], line["path"], line["goes_on_with_the_last"]) for line in said] == [
        ("signer_copy_not_read", str(outside.copy), True)]
    zones._read.clear()
    with capture_logs() as said:
        assert what_holds() == (False, False), "a process that never saw a good one believes none"
    assert [line["goes_on_with_the_last"] for line in said] == [False]
    with outside:
        assert len(vault.token_keys()["keys"]) == 1, "its own are shown"
    if broken == "folder":
        outside.copy.rmdir()
    outside.copy.write_bytes(whole)
    with capture_logs() as said:
        assert what_holds() == (True, True)
    assert said == []


def test_the_command_that_begins_to_witness_shows_the_key_outside_or_says_where_it_stands(both, monkeypatch, capsys):
    inside, _ = both
    monkeypatch.setattr(actions, "witness_for", lambda *_, **__: None)
    asked = argparse.Namespace(origin="log.example", key="x")
    with inside:
        assert witnessing.witness_for(asked) == 0
        assert written_key(ledger.witness_keys()[-1]) in capsys.readouterr().out
        inside.copy.unlink()
        zones._read.clear()
        assert witnessing.witness_for(asked) == 0
        assert "/ledger/witness/key of the outer zone" in capsys.readouterr().out


def test_what_is_judged_before_people_come_is_what_the_signer_publishes(both, tmp_path):
    for zone in both:
        assert deployment.published(zone.path) == remote.published(zone.path)
    assert deployment.published("") is deployment.published(str(tmp_path / "nobody")) is None
