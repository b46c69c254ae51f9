"""This node as a witness: it cosigns what grows and nothing else, and keeps the proof of every fork (C2SP tlog-witness)."""

import itertools
import random
import threading
from hashlib import sha256

import pytest
from django.db import connections

from tests.ledger.elsewhere import OtherLog, bring, leaves, verify_script
from tests.ledger.test_tree import literal_root, tiles_of
from tests.requirements import requirement
from tongban.kernel import database, events
from tongban.kernel.types import System
from tongban.ledger import actions, queries, rules
from tongban.ledger.errors import KeyNotFitting, LogUnknown, NoteNotReadable
from tongban.ledger.events import LogRefused, WitnessingBegun, WitnessingBegunAnew
from tongban.ledger.types import Head, Submission, Verdict

OPERATOR = System(name="operator")
NUMBERS = itertools.count(1)


@pytest.fixture
def log(db):
    """A record that this node witnesses."""
    made = OtherLog(origin=f"elsewhere.example/{next(NUMBERS)}")
    actions.witness_for(OPERATOR, origin=made.origin, key=rules.written_key(made.key))
    return made


def seen(log):
    return database.row("select size, note from ledger_log where origin = %s", [log.origin])


def evidence(log):
    return database.rows("select verdict, seen, shown from ledger_evidence where origin = %s order by id", [log.origin])


def keys_for(log):
    return "".join(rules.written_key(key) + "\n" for key in (log.key, *queries.witness_keys()))


def test_a_growing_record_is_cosigned_and_the_script_that_shares_no_code_with_us_agrees(log):
    script = verify_script()
    tree = leaves(900)
    for old, size in ((0, 5), (5, 300), (300, 300), (300, 900)):
        answer = bring(log.submission(tree[:size], old=old))
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
        note = log.note(tree[:size]) + answer.content.decode()
        origin, told, _, witnesses = script.check_note(note, script.read_keys(keys_for(log)))
        ((name, when),) = witnesses.values()
        assert (origin, told, name) == (log.origin, size, "127.0.0.1:8000/ledger/witness")
        assert when == int(database.row("select extract(epoch from kernel_now())")[0])
        assert seen(log) == (size, log.note(tree[:size]))


def test_an_empty_record_may_be_the_first_one_shown(log):
    assert bring(log.submission([])).status_code == 200
    assert bring(log.submission(leaves(3))).status_code == 200


def test_the_witnesses_keys_are_published(db):
    from tests.portal.public import client
    assert client().get("/ledger/witness/key").content.decode() == "".join(
        rules.written_key(key) + "\n" for key in queries.witness_keys())


def test_a_record_it_does_not_witness_and_a_signature_it_does_not_trust_are_refused(log):
    assert bring(OtherLog(origin="stranger.example").submission(leaves(3))).status_code == 404
    assert bring(OtherLog(origin=log.origin).submission(leaves(3))).status_code == 403
    assert seen(log) == (0, "")


def test_who_remembers_another_size_is_told_the_right_one(log):
    tree = leaves(40)
    bring(log.submission(tree[:20]))
    for old in (0, 7, 21):
        answer = bring(log.submission(tree, old=old))
        assert (answer.status_code, answer["Content-Type"], answer.content) == (409, "text/x.tlog.size", b"20\n")
    assert bring(log.submission(tree, old=41)).status_code == 400
    assert seen(log)[0] == 20 and evidence(log) == []


@pytest.mark.parametrize("bend", [
    lambda body: b"", lambda body: body.replace(b"old ", b"new "), lambda body: body.replace(b"old 5", b"old 05"),
    lambda body: body.replace(b"old 5", b"old -5"), lambda body: body.replace(b"\n\n", b"\n", 1), lambda body: body[:-40],
    lambda body: body.replace(b"old 5\n", b"old 5\nAAAA\n"), lambda body: b"\xff" + body,
    lambda body: body.replace(b"old 5\n", b"old 5\n" + b"A" * 43 + b"=\n" * 70), lambda body: body + b" " * 40_000])
def test_what_is_not_a_submission_is_refused(log, bend):
    tree = leaves(9)
    bring(log.submission(tree[:5]))
    assert bring(bend(log.submission(tree, old=5))).status_code == 400
    assert seen(log)[0] == 5


@requirement("SEC-07")
@pytest.mark.parametrize(("tamper", "status", "verdict"), [
    (lambda tree: leaves(60, of="b"), 422, "UNPROVED"),
    (lambda tree: tree[:40], 409, None),
    (lambda tree: [*tree[:20], *leaves(40, of="b")], 422, "UNPROVED"),
    (lambda tree: [*tree[:7], *leaves(1, of="b"), *tree[8:]], 422, "UNPROVED"),
    (lambda tree: [*tree[:49], *leaves(1, of="b")], 409, "FORKED")],
    ids=["fork", "cut off", "old snapshot that grew again", "changed leaf", "another tree of the same size"])
def test_a_record_that_does_not_continue_is_not_cosigned_and_the_proof_is_kept(log, tamper, status, verdict):
    tree = leaves(60)
    assert bring(log.submission(tree[:50])).status_code == 200
    other = tamper(tree)
    for _ in range(2):
        answer = bring(log.submission(other, old=min(50, len(other))))
        assert answer.status_code == status and "cosignature" not in answer.content.decode()
        assert answer.content == (b"50\n" if status == 409 else b"")
    assert seen(log) == (50, log.note(tree[:50]))
    assert evidence(log) == ([(verdict, log.note(tree[:50]), log.note(other))] if verdict else [])
    told = [each.happened for each in events.of_subject("witness") if each.name == "LogRefused"
            and each.payload["origin"] == log.origin]
    assert told == ([LogRefused(origin=log.origin, verdict=verdict, known=50, size=len(other))] if verdict else [])
    assert bring(log.submission(tree, old=50)).status_code == 200


def test_of_one_record_only_so_much_evidence_is_kept(log, monkeypatch):
    monkeypatch.setattr(actions, "MOST_EVIDENCE", 2)
    bring(log.submission(leaves(5)))
    for size in (6, 7, 8):
        assert bring(log.submission(leaves(size, of="b"), old=5)).status_code == 422
    assert len(evidence(log)) == 2


def test_of_two_that_come_at_once_only_the_first_is_cosigned(log):
    tree = leaves(30)
    bring(log.submission(tree[:10]))
    answers = []

    def second():
        try:
            answers.append(bring(log.submission(tree[:12], old=10)).status_code)
        finally:
            connections.close_all()

    thread = threading.Thread(target=second)
    with database.atomic():
        assert actions.cosign(log.submission(tree, old=10)).verdict is Verdict.COSIGNED
        thread.start()
        thread.join(timeout=0.2)
    thread.join()
    assert answers in ([409], [503])
    assert seen(log)[0] == 30


def test_nothing_is_locked_while_a_cosignature_is_made_and_what_moved_meanwhile_is_judged_anew(log, monkeypatch):
    tree = leaves(30)
    bring(log.submission(tree[:10]))
    cosigned, answers = actions._cosigned, []

    def in_a_thread():
        try:
            answers.append(bring(log.submission(tree[:12], old=10)).status_code)
        finally:
            connections.close_all()

    def meanwhile(*given):
        monkeypatch.setattr(actions, "_cosigned", cosigned)
        thread = threading.Thread(target=in_a_thread)
        thread.start()
        thread.join()
        return cosigned(*given)

    monkeypatch.setattr(actions, "_cosigned", meanwhile)
    answer = bring(log.submission(tree, old=10))
    assert (answers, answer.status_code, answer.content) == ([200], 409, b"12\n")
    assert seen(log) == (12, log.note(tree[:12]))
    assert bring(log.submission(tree, old=12)).status_code == 200


def test_a_second_key_of_a_record_stands_beside_the_first(log):
    second = OtherLog(origin=log.origin)
    for _ in range(2):
        actions.witness_for(OPERATOR, origin=log.origin, key=rules.written_key(second.key))
    assert queries.witnessed_keys(log.origin) == (log.key, second.key)
    assert bring(log.submission(leaves(3))).status_code == 200
    assert bring(second.submission(leaves(4), old=3)).status_code == 200
    noted = [each.happened for each in events.of_subject("witness") if each.name == "WitnessingBegun"][-1]
    assert noted == WitnessingBegun(origin=log.origin, key=rules.key_hash(second.key).hex())


def test_only_the_key_of_a_record_is_taken(log):
    cosigner = queries.witness_keys()[-1]
    with pytest.raises(KeyNotFitting):
        actions.witness_for(OPERATOR, origin="x.example", key=rules.written_key(cosigner))
    with pytest.raises(NoteNotReadable):
        actions.witness_for(OPERATOR, origin="x.example", key="x")
    assert queries.witnessed_keys("x.example") == ()


def test_to_begin_anew_is_an_act_that_our_own_record_tells(log):
    bring(log.submission(leaves(9)))
    actions.witness_anew(OPERATOR, origin=log.origin)
    noted = [each.happened for each in events.of_subject("witness")][-1]
    assert noted == WitnessingBegunAnew(origin=log.origin, size=9)
    assert bring(log.submission(leaves(4, of="b"))).status_code == 200
    with pytest.raises(LogUnknown):
        actions.witness_anew(OPERATOR, origin="nobody.example")


def bent(chance, tree, known):
    """The tree as somebody with the log's keys would have it: edited, rearranged, cut off, put back or begun anew."""
    other, at = list(tree), chance.randrange(known)
    match chance.choice(["changed", "swapped", "removed", "added", "cut off", "put back", "forked"]):
        case "changed":
            other[at] = sha256(other[at]).digest()
        case "swapped" if at:
            other[at - 1], other[at] = other[at], other[at - 1]
        case "removed":
            del other[at]
        case "added":
            other.insert(at, sha256(b"added").digest())
        case "put back":
            other[at:] = leaves(len(tree) - at + chance.randrange(3), of="again")
        case "forked":
            other = leaves(len(tree), of="forked")
        case _:
            del other[at:]
    return other


@requirement("SEC-07")
def test_of_a_thousand_seeded_tamperings_none_is_cosigned_and_growth_always_is():
    chance = random.Random(20261122)
    for _ in range(1000):
        known = chance.randint(1, 90)
        tree = leaves(known + chance.randint(0, 40))
        seen = Head(origin="a", size=known, root=literal_root(tree[:known]))
        honest = tuple(rules.consistency(known, len(tree), tiles_of(tree)))
        new = Head(origin="a", size=len(tree), root=literal_root(tree))
        assert rules.judged(seen, new, Submission(old=known, proof=honest, note="")) is Verdict.COSIGNED
        other = bent(chance, tree, known)
        proofs = [honest, (), *([tuple(rules.consistency(known, len(other), tiles_of(other)))] if known <= len(other) else [])]
        new = Head(origin="a", size=len(other), root=literal_root(other))
        for old, proof in itertools.product({known, min(known, len(other)), 0}, proofs):
            assert rules.judged(seen, new, Submission(old=old, proof=proof, note="")) is not Verdict.COSIGNED, (known, len(other))
