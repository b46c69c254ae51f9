"""What the desk of the signer allows: no record smaller than before, so many a minute, nothing that is not noted first (ADR 13)."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from tests.signing import (
    ORIGIN,
    PAYLOADS,
    ROOTS,
    asked,
    checkpoint,
    cosignature,
    cosigned,
    grown,
    licence,
    noted,
    token,
    told,
)
from tongban.config import signer, signing_desk
from tongban.kernel import clock
from tongban.kernel.crypto import remote, tokens
from tongban.kernel.crypto.keys import KeyMissing, KeyPurpose, ensure_ring, rotate
from tongban.kernel.crypto.signing import Ed25519Signer
from tongban.ledger.rules import read_checkpoint


def test_a_record_is_never_sealed_smaller_or_otherwise_than_before(desk):
    at = desk()
    assert "value" in asked(at, "checkpoint", checkpoint(7))
    assert "value" in asked(at, "checkpoint", checkpoint(7)), "an idle record is sealed again"
    for each in (at, desk()):
        assert asked(each, "checkpoint", checkpoint(6)) == {"error": "not_grown"} | told(7, ROOTS[0])
        assert asked(each, "checkpoint", checkpoint(7, root=ROOTS[1])) == {"error": "not_grown"} | told(7, ROOTS[0])
        assert "value" in asked(each, "checkpoint", checkpoint(7))
    assert signing_desk.begin_anew(at.var / "signer", ORIGIN)
    assert not signing_desk.begin_anew(at.var / "signer", ORIGIN)
    assert "value" in asked(desk(), "checkpoint", checkpoint(2))


def test_a_size_that_nobody_proved_is_refused_and_the_record_goes_on_from_where_it_was(desk):
    at, far = desk(), 10**15
    assert "value" in asked(at, "checkpoint", grown(0, 7)[0]), "the first one needs no proof"
    ninth, proof = grown(7, 9)
    refused = {"error": "not_proved"} | told(7, read_checkpoint(grown(0, 7)[0].decode()).root)
    for each in (at, desk()):
        for size, root, shown in ((far, ROOTS[1], []), (far, ROOTS[1], proof), (9, ROOTS[1], proof)):
            assert asked(each, "checkpoint", checkpoint(size, root=root), proof=shown) == refused
        assert asked(each, "checkpoint", ninth) == refused
        assert asked(each, "checkpoint", grown(7, 9, of="b")[0], proof=grown(7, 9, of="b")[1])["error"] == "not_proved"
        assert asked(each, "checkpoint", ninth, proof=grown(8, 9)[1])["error"] == "not_proved"
    assert len(noted(at.var)) == 1
    assert "value" in asked(at, "checkpoint", ninth, proof=proof)
    assert "value" in asked(desk(), "checkpoint", grown(9, 300)[0], proof=grown(9, 300)[1])


def test_the_very_same_checkpoint_costs_the_budget_once_for_each_key(desk):
    at = desk(checkpoint=3)
    first = asked(at, "checkpoint", grown(0, 7)[0])
    assert [asked(at, "checkpoint", grown(0, 7)[0]) for _ in range(70)] == [first] * 70
    other = next(key for key in at._signers if key != at.key)
    assert "value" in asked(at, "checkpoint", grown(0, 7)[0], key=other)
    assert at.counts["repeated checkpoint"] == 70
    assert len(noted(at.var)) == 2
    assert "value" in asked(at, "checkpoint", grown(7, 8)[0], proof=grown(7, 8)[1])
    assert asked(at, "checkpoint", grown(8, 9)[0], proof=grown(8, 9)[1]) == {"error": "over_budget"}


def test_records_of_others_are_each_cosigned_upwards_only(desk):
    at = desk()
    assert "value" in asked(at, "cosignature", cosignature(9))
    assert "value" in asked(at, "cosignature", cosignature(9, seconds=1772416900))
    assert "value" in asked(at, "cosignature", cosignature(3, origin="other.example/record"))
    assert "value" in asked(at, "checkpoint", checkpoint(3))
    assert asked(desk(), "cosignature", cosignature(8))["error"] == "not_grown"


def test_a_record_of_others_is_cosigned_only_where_it_is_proved_to_grow(desk):
    """Whoever asks may be a portal that was taken over: two branches of one record are never both cosigned."""
    at, origin = desk(), "log.example/record"
    (first, _), (ninth, proof) = grown(0, 7, origin=origin), grown(7, 9, origin=origin)
    fork, forked = grown(7, 10, of="b", origin=origin)
    assert "value" in asked(at, "cosignature", cosigned(first))
    refused = {"error": "not_proved"} | told(7, read_checkpoint(first.decode()).root)
    for each in (at, desk()):
        for text, shown in ((fork, forked), (fork, proof), (fork, []), (ninth, [])):
            assert asked(each, "cosignature", cosigned(text), proof=shown) == refused
    assert "value" in asked(at, "cosignature", cosigned(ninth), proof=proof)
    assert asked(at, "cosignature", cosigned(fork), proof=forked)["error"] == "not_proved"


def test_made_up_records_of_others_never_keep_the_own_one_from_being_sealed(desk, monkeypatch):
    monkeypatch.setattr(signing_desk, "MOST_RECORDS", 2)
    at = desk()
    for number in range(2):
        assert "value" in asked(at, "cosignature", cosignature(origin=f"made-up.example/{number}"))
    assert asked(at, "cosignature", cosignature(origin="third.example/record")) == {"error": "too_many_records"}
    assert "value" in asked(at, "checkpoint", checkpoint(3))
    assert "value" in asked(at, "cosignature", cosignature(origin="made-up.example/1", seconds=1772416900))


@pytest.mark.parametrize("gone", ["ed25519-0001", "sm2-0001", "token-0001", "*"])
def test_a_key_that_is_gone_is_missed_and_never_replaced(desk, gone):
    at = desk()
    asked(at, "licence", licence())
    public = (at.var / "public.json").read_bytes()
    for path in (at.var / "keys").glob(f"{gone}.key"):
        path.unlink()
    left = sorted(path.name for path in (at.var / "keys").iterdir())
    with pytest.raises(KeyMissing):
        at.look(at.var)
    assert "value" in asked(at, "licence", licence("2")), "it goes on with the keys it knows"
    with pytest.raises(KeyMissing):
        desk()
    assert sorted(path.name for path in (at.var / "keys").iterdir()) == left
    assert (at.var / "public.json").read_bytes() == public


def test_where_the_key_that_signed_last_is_gone_no_older_one_signs_in_its_place(desk):
    old = desk()
    asked(old, "licence", licence())
    rotate(old.var / "keys", KeyPurpose.ED25519)
    at = desk()
    assert (at.key != old.key, "value" in asked(at, "licence", licence("2"))) == (True, True)
    (log,) = (at.var / "signer").glob("signatures-*.jsonl")
    log.write_text(log.read_text() + '{"at":"cut sh')
    assert desk().key == at.key
    log.rename(log.with_name("signatures-2026-01-01.jsonl"))
    asked(desk(), "token", token())
    (at.var / "keys" / "ed25519-0002.key").rename(at.var / "away")
    with pytest.raises(KeyMissing) as missing:
        desk()
    assert missing.value.facts == {"purpose": at.key}
    (at.var / "away").rename(at.var / "keys" / "ed25519-0002.key")
    assert desk().key == at.key


def test_keys_that_do_not_sign_may_come_and_go(desk):
    """A trial keeps all keys in one folder, and a change of the key for fields destroys the old one."""
    at = desk()
    ensure_ring(at.var / "keys", KeyPurpose.FIELD)
    at.look(at.var)
    (at.var / "keys" / "field-0001.key").unlink()
    at.look(at.var)


def test_keys_that_go_before_the_first_signature_are_missed_by_who_runs_and_born_by_who_starts(desk):
    at = desk()
    shutil.rmtree(at.var / "keys")
    with pytest.raises(KeyMissing):
        at.look(at.var)
    assert not (at.var / "keys").exists()
    assert desk().key != at.key


def test_a_trial_knows_whether_its_database_holds_less_than_what_was_signed(desk):
    at = desk()
    folder = at.var / "signer"
    assert not signing_desk.is_behind(folder, ORIGIN, 0)
    asked(at, "checkpoint", checkpoint(7))
    assert [signing_desk.is_behind(folder, ORIGIN, entered) for entered in (0, 6, 7, 8)] == [True, True, False, False]


def test_what_was_signed_last_is_on_the_disk_with_its_name(desk, monkeypatch):
    synced, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(str(Path(f"/proc/self/fd/{handle}").readlink())), fsync(handle)))
    at = desk()
    synced.clear()
    asked(at, "checkpoint", checkpoint())
    assert synced == [str(at.var / "signer" / ".sealed.json.draft"), str(at.var / "signer")]


def test_ten_times_the_rate_is_refused_and_the_next_minute_is_served(desk):
    at = desk(licence=10)
    answers = [asked(at, "licence", licence(str(n))) for n in range(100)]
    assert ["value" in each for each in answers] == [True] * 10 + [False] * 90
    assert answers[10:] == [{"error": "over_budget"}] * 90
    assert "value" in asked(at, "token", token()), "each kind has its own"
    assert len(noted(at.var)) == 11
    at.time[0] = 59.9
    assert asked(at, "licence", licence()) == {"error": "over_budget"}
    at.time[0] = 60.0
    assert "value" in asked(at, "licence", licence())
    assert at.counts["signed licence"] == 11
    assert at.counts["refused licence over_budget"] == 91


def test_what_is_refused_costs_no_budget(desk):
    at = desk(licence=1)
    for _ in range(5):
        asked(at, "licence", "{}")
    assert "value" in asked(at, "licence", licence())


def test_budgets_are_the_shipped_figures_unless_the_operator_says_otherwise():
    shipped = signer.budgets({}, clock.this_day())
    assert set(shipped) == set(remote.KINDS)
    assert shipped["receipt"] == 0
    assert min(count for kind, count in shipped.items() if kind != "receipt") >= 60
    assert signer.budgets({"TONGBAN_SIGNER_TOKEN_MINUTE": "7"}, clock.this_day()) == {**shipped, "token": 7}


def test_every_signature_stands_in_the_log_before_it_is_made(desk, monkeypatch):
    at, seen = desk(), []

    def watched(sign):
        def looked_at_first(*given):
            seen.append(noted(at.var)[-1])
            return sign(*given)

        return looked_at_first

    for place in (Ed25519Signer, tokens):
        monkeypatch.setattr(place, "sign", watched(place.sign))
    wanted = {**PAYLOADS, "token": token()}
    for kind, payload in wanted.items():
        assert "value" in asked(at, kind, payload)
    lines = noted(at.var)
    assert lines == seen
    assert {tuple(line) for line in lines} == {("at", "kind", "sha256", "key")}
    assert [(line["kind"], line["sha256"]) for line in lines] == [(kind, hashlib.sha256(payload).hexdigest())
                                                                  for kind, payload in wanted.items()]
    assert {line["key"] for line in lines[:-1]} == {at.key}
    assert sum(count for name, count in at.counts.items() if name.startswith("signed")) == len(lines)


def test_nothing_is_signed_that_cannot_be_noted(desk, monkeypatch):
    at = desk()

    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", full)
        patched.setattr(Ed25519Signer, "sign", lambda *_: pytest.fail("signed"))
        assert asked(at, "licence", licence()) == {"error": "no_log"}
    (log,) = (at.var / "signer").glob("signatures-*.jsonl")
    log.write_bytes(log.read_bytes() + b'{"at":"cut sh')
    assert "value" in asked(at, "licence", licence())
    assert [line.startswith('{"at":') for line in log.read_text().splitlines()] == [True] * 3
    assert json.loads(log.read_text().splitlines()[-1])["kind"] == "licence"
    assert oct(log.stat().st_mode)[-3:] == "600"
