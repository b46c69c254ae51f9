"""Entering events, sealing them, proving them; and the script that shares no code with us."""

import importlib.util
import json
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings

from tests import journeys
from tests.conftest import MONDAY, ROOT
from tests.database import owner_url
from tongban.kernel import database, events, sequencing
from tongban.kernel.crypto.signing import PayloadKind, signed_bytes
from tongban.kernel.disclosures import disclose
from tongban.kernel.types import System
from tongban.ledger import actions, queries, rules
from tongban.ledger.clients import tiles
from tongban.ledger.errors import NotSealing
from tongban.ledger.events import ReadsSealed
from tongban.ledger.types import Head, StoppedAct

ORIGIN = "tongban-ledger/test.example"


@pytest.fixture
def sealed(db):
    """Enter and seal all there is, whenever called; returns the checkpoint."""

    def go():
        sequencing.take_turn()
        while actions.enter():
            pass
        actions.seal(ORIGIN)
        return queries.newest()

    return go


@pytest.fixture
def script(house):
    spec = importlib.util.spec_from_file_location("verify", ROOT / "verify" / "verify.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def published_keys():
    return "".join(rules.written_key(key) + "\n" for key in queries.keys(ORIGIN))


def last_position():
    return database.row("select max(position) from kernel_position")[0]


def test_everything_that_has_a_position_becomes_a_leaf_once(sealed):
    sealed()
    journeys.citizen()
    checkpoint = sealed()
    counted = database.row("select count(*), max(position), (select position from kernel_sequencer) from ledger_leaf")
    assert counted[0] == counted[1] == counted[2] == checkpoint.size
    assert actions.enter() == 0
    assert not actions.seal(ORIGIN)


def test_a_checkpoint_is_signed_by_every_suite_and_stands_on_the_shelf(sealed, script):
    checkpoint = sealed()
    origin, size, root, witnesses = script.check_note(checkpoint.note, script.read_keys(published_keys()))
    assert (origin, size, root, witnesses) == (ORIGIN, checkpoint.size, checkpoint.root, {})
    assert {line.split("+")[0] for line in published_keys().split()} == {ORIGIN}
    assert len(published_keys().split()) == 2
    assert (settings.LEDGER / "checkpoint").read_text() == checkpoint.note


def test_every_event_is_proved_by_the_script_that_shares_no_code_with_us(sealed, script):
    journeys.granted(journeys.with_firm(journeys.citizen()), "food-operation-gaoling")
    checkpoint = sealed()
    keys = script.read_keys(published_keys())
    last = last_position()
    for position in {1, 2, 255, 256, 257, last // 2, last - 1, last} & set(range(1, last + 1)):
        record, head, _ = script.check(queries.proof(position), keys)
        stored = events.read_after(position - 1, limit=1)[0]
        assert head == (ORIGIN, checkpoint.size, checkpoint.root)
        assert (record["position"], record["id"], record["subject"]) == (position, stored.id, stored.subject)
        assert json.loads(record["payload"]) == stored.payload


def test_the_script_runs_alone(sealed, tmp_path):
    sealed()
    (tmp_path / "keys").write_text(published_keys())
    (tmp_path / "receipt").write_text(queries.proof(1))
    command = [sys.executable, "-I", str(ROOT / "verify" / "verify.py"), str(tmp_path / "receipt"), "--keys",
               str(tmp_path / "keys")]
    good = subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONIOENCODING": "utf-8"})
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith(f"GENUINE: entry 1 of {ORIGIN}")
    bent = subprocess.run([*command, "--witnesses", "1"], capture_output=True, text=True, check=False,
                          env={"PYTHONIOENCODING": "utf-8"})
    assert (bent.returncode, bent.stdout) == (1, "NOT GENUINE: only 0 known witnesses signed, 1 were asked for\n")


def test_the_script_has_at_most_three_hundred_lines():
    assert len((ROOT / "verify" / "verify.py").read_text().splitlines()) <= 300


def test_the_scripts_own_sm3_is_that_of_the_library(script):
    for length in (0, 1, 55, 56, 63, 64, 65, 200):
        assert script.plain_sm3(b"a" * length) == script.sm3(b"a" * length)
    assert script.plain_sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_any_change_of_a_receipt_is_seen(sealed, script):
    sealed()
    keys, receipt = script.read_keys(published_keys()), queries.proof(last_position())
    script.check(receipt, keys)
    survived = []
    for at in range(0, len(receipt) - 1, 3):
        for other in "Ax0\n":
            bent = receipt[:at] + other + receipt[at + 1:]
            if bent == receipt:
                continue
            try:
                script.check(bent, keys)
            except script.Bad:
                continue
            survived.append((at, receipt[at - 20:at + 20], other))
    assert not survived


def test_an_older_checkpoint_is_continued_and_another_history_is_not(sealed, script):
    before = sealed()
    journeys.citizen()
    after = sealed()
    keys = script.read_keys(published_keys())
    proof = queries.growth(before.size)
    head = (ORIGIN, after.size, after.root)
    script.check_growth(before.note, head, proof, keys)
    forked = actions.signed(Head(origin=ORIGIN, size=before.size, root=bytes(32)))
    with pytest.raises(script.Bad, match="two histories"):
        script.check_growth(forked, head, proof, keys)
    with pytest.raises(script.Bad, match="larger"):
        script.check_growth(after.note, (ORIGIN, before.size, before.root), proof, keys)


def test_tiles_that_are_lost_are_made_anew_and_tiles_that_are_bent_stop_the_seal(sealed):
    before = sealed()
    for path in settings.LEDGER.rglob("*"):
        if path.is_file():
            path.unlink()
    tiles().forget()
    journeys.citizen()
    after = sealed()
    assert after.size > before.size
    width = rules.tile_width(after.size, 0, after.size // 256)
    last = settings.LEDGER / rules.tile_path(0, after.size // 256, width)
    last.write_bytes(bytes(len(last.read_bytes())))
    journeys.citizen()
    with pytest.raises(actions.LedgerBroken):
        sealed()
    actions.rebuild_tiles()
    assert sealed().size > after.size


def test_an_idle_record_is_sealed_again_before_the_seal_is_old(sealed, at):
    first = sealed()
    at(MONDAY + timedelta(seconds=59))
    assert not actions.seal(ORIGIN)
    at(MONDAY + timedelta(seconds=60))
    assert actions.seal(ORIGIN)
    again = queries.newest()
    assert (again.size, again.root) == (first.size, first.root)
    assert again.at == MONDAY + timedelta(seconds=60)


@pytest.fixture
def instant_of(house):
    """Set an instant of the record's state as the owner; undone afterwards."""
    touched = set()

    def say(column, moment):
        touched.add(column)
        with psycopg.connect(owner_url(house), autocommit=True) as owner:
            owner.execute(f"update ledger_state set {column} = %s", [moment])

    yield say
    for column in tuple(touched):
        say(column, "9999-01-01")


def test_nothing_is_decided_or_issued_while_the_record_cannot_be_sealed_and_applications_go_on(sealed, instant_of, at):
    instant_of("sealed_at", MONDAY)
    at(MONDAY + timedelta(minutes=15))
    assert queries.is_sealing()
    at(MONDAY + timedelta(minutes=15, seconds=1))
    with pytest.raises(NotSealing) as refused:
        queries.require_sealing(subject="x", act=StoppedAct.DECIDE)
    assert refused.value.facts == {"minutes": 15}
    applicant = journeys.with_firm(journeys.citizen())
    number = journeys.submitted(applicant, "food-operation-gaoling")
    with pytest.raises(NotSealing):
        journeys.granted(applicant, "food-operation-gaoling")
    assert database.row("select count(*) from kernel_event where subject = %s and name = 'CaseDecided'", [number])[0] == 0
    actions.seal(ORIGIN)
    assert queries.is_sealing()


def test_only_a_checkpoint_is_signed_as_one():
    assert signed_bytes(PayloadKind.CHECKPOINT, b"tongban-ledger/x\n1\n") == b"tongban-ledger/x\n1\n"
    with pytest.raises(ValueError, match="not a"):
        signed_bytes(PayloadKind.CHECKPOINT, b"gov.licence.v1\x00{}")
    assert not signed_bytes(PayloadKind.LICENCE, b"tongban-ledger/x").startswith(b"tongban-ledger/")


def test_a_leaf_is_shown_only_to_whoever_may_see_its_event(sealed):
    mine, other = journeys.citizen(), journeys.citizen()
    sealed()
    position = database.row("select max(p.position) from kernel_position p join kernel_event e on e.id = p.event "
                            "where e.party = %s", [mine.party])[0]
    with journeys.as_actor(mine):
        assert queries.proof(position)
    with journeys.as_actor(other):
        assert queries.proof(position) is None
        assert not database.rows("select 1 from ledger_leaf where position = %s", [position])


def test_reads_of_personal_data_are_digested_once_a_minute_after_their_transactions_are_over(sealed, instant_of, at):
    instant_of("reads_until", MONDAY)
    person = journeys.citizen()
    at(MONDAY + timedelta(seconds=30))
    disclose(System(name="test"), party=person.party, fields=["phone"], reason="contact", subject="x")
    at(MONDAY + timedelta(seconds=150))
    assert not actions.seal_reads()
    at(MONDAY + timedelta(seconds=181))
    assert actions.seal_reads()
    noted = events.of_subject("reads")[-1]
    assert isinstance(noted.happened, ReadsSealed)
    assert noted.happened.count == 1
    assert not [fault for fault in queries.faults_of_the_record() if fault.place == "reads"]
    assert not actions.seal_reads()
