"""Witnesses of our own record: asked beside sealing, shown with every proof, and heard when they refuse."""

import argparse
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings

from tests import journeys
from tests.conftest import MONDAY
from tests.ledger.elsewhere import OtherWitness, carried, verify_script
from tests.portal.public import client, text_of
from tests.requirements import requirement
from tongban.config import metrics, witnessing
from tongban.kernel import database, events, parameters, sequencing
from tongban.kernel.types import System
from tongban.ledger import actions, clients, queries, rules
from tongban.ledger.clients import Reply, Silent, tiles
from tongban.ledger.errors import AddressNotAllowed, KeyNotFitting, WitnessUnknown
from tongban.ledger.events import RecordRestored, WitnessAdded, WitnessRefused
from tongban.ledger.types import Submission, Verdict

ORIGIN = "tongban-ledger/test.example"
OPERATOR = System(name="operator")
HERE = "http://127.0.0.1/ledger/witness/add-checkpoint"


def enter_and_seal():
    """Enter and seal all there is; the newest checkpoint."""
    sequencing.take_turn()
    while actions.enter():
        pass
    actions.seal(ORIGIN)
    return queries.newest()


@pytest.fixture
def sealed(db):
    """Seal something new, whenever called."""

    def go():
        journeys.citizen()
        return enter_and_seal()

    go()
    yield go
    for witness in queries.witnesses():
        actions.retire_witness(OPERATOR, name=witness.name)


def ask(witness):
    """Add somebody elsewhere as a witness; their answers are given by `asked`."""
    actions.add_witness(OPERATOR, name=witness.name, url=f"https://{witness.name}/add-checkpoint", key=rules.written_key(witness.key))
    return witness


def asked(*carriers):
    """Ask all witnesses; each is carried to by its own name."""
    by_url = {f"https://{each.name}/add-checkpoint": each for each in carriers}

    def carry(url, body):
        if url not in by_url:
            raise Silent
        return by_url[url](url, body)

    return actions.ask_witnesses(carry)


@pytest.fixture
def own(sealed):
    """This very node as the witness of its own record: real code on both sides, whatever the one forgets the other knows."""
    origin = queries.standing().origin
    key = next(key for key in queries.keys(origin) if key.kind == rules.ED25519)
    actions.witness_for(OPERATOR, origin=origin, key=rules.written_key(key))
    actions.witness_anew(OPERATOR, origin=origin)
    cosigner = queries.witness_keys()[-1]
    actions.add_witness(OPERATOR, name=cosigner.name, url=HERE, key=rules.written_key(cosigner))
    database.execute("update ledger_witness set size = 0, refused = '', refused_at = null where name = %s", [cosigner.name])
    return cosigner


@pytest.fixture
def needed(db):
    """Set how many witnesses people are told are needed; undone afterwards."""

    def say(count):
        with database.serving(database.OWNER):
            database.execute("update kernel_parameter set value = %s where name = 'ledger.witnesses_needed'", [str(count)])
        parameters.forget()

    yield say
    say(0)


def keys_of(*witnesses):
    origin = queries.standing().origin
    return "".join(rules.written_key(key) + "\n" for key in (*queries.keys(origin), *witnesses))


def figure(name, **labels):
    return sum(sample.value for family in metrics._shown() if family.name == name for sample in family.samples
               if labels.items() <= sample.labels.items())


@requirement("SEC-07")
def test_a_checkpoint_is_cosigned_and_every_proof_then_carries_it(sealed, own):
    script, checkpoint = verify_script(), sealed()
    assert actions.ask_witnesses(carried) == 1
    assert actions.ask_witnesses(carried) == 0
    keys = script.read_keys(keys_of(own))
    for note in (queries.newest().note, (settings.LEDGER / "checkpoint").read_text(), client().get("/ledger/checkpoint").content.decode()):
        assert script.check_note(note, keys)[:2] == (queries.standing().origin, checkpoint.size)
        assert [name for name, _ in script.check_note(note, keys)[3].values()] == [own.name]
    _, head, seen = script.check(queries.proof(checkpoint.size), keys, witnesses=1)
    assert head[1] == checkpoint.size and len(seen) == 1
    with pytest.raises(script.Bad, match="only 1 known witnesses signed, 2 were asked for"):
        script.check(queries.proof(checkpoint.size), keys, witnesses=2)
    assert client().get("/ledger/witnesses").content.decode() == rules.written_key(own) + "\n"
    assert figure("tongban_witnesses", status="cosigns") == 1
    sealed()
    assert actions.ask_witnesses(carried) == 1
    assert not [fault for fault in queries.faults_of_the_record() if "published" in fault.what]


def test_a_changed_cosignature_is_seen_and_two_names_of_one_key_are_one_witness(sealed, own):
    script, checkpoint = verify_script(), sealed()
    actions.ask_witnesses(carried)
    keys, proof = script.read_keys(keys_of(own)), queries.proof(checkpoint.size)
    at = proof.index("\N{EM DASH} " + own.name) + len(own.name) + 3
    for place in range(at, len(proof) - 3, 7):
        bent = proof[:place] + ("A" if proof[place] != "A" else "B") + proof[place + 1:]
        with pytest.raises(script.Bad):
            script.check(bent, keys, witnesses=1)
    twice = [*keys, ("other", 4, own.public)]
    line = next(line for line in proof.splitlines() if line.startswith("\N{EM DASH} " + own.name))
    named = script.decode(line.split(" ")[2])
    other = "\N{EM DASH} other " + rules._text(script.key_hash("other", 4, own.public) + named[4:]) + "\n"
    assert len(script.check_note(queries.newest().note + other, twice)[3]) == 1


def test_a_witness_that_is_dead_delays_neither_sealing_nor_the_others_and_is_asked_ever_more_seldom(sealed, at):
    good, _dead = ask(OtherWitness("good.example")), ask(OtherWitness("dead.example"))
    before = queries.newest().size
    for times in range(3):
        assert sealed().size > before + times
        assert asked(good) == 1
    assert {each.name: each.answers for each in queries.witnesses()} == {"good.example": True, "dead.example": False}
    assert [figure("tongban_witnesses", status=status) for status in ("cosigns", "silent", "refuses")] == [1, 1, 0]
    assert queries.gaps() == []
    assert queries.questions() == []
    at(MONDAY + timedelta(seconds=3))
    assert [each.witness for each in queries.questions()] == ["dead.example"]
    asked(good)
    at(MONDAY + timedelta(seconds=6))
    assert queries.questions() == []
    at(MONDAY + timedelta(seconds=70))
    assert [each.witness for each in queries.questions()] == ["dead.example"]


def test_as_many_witnesses_as_are_needed_decide_what_people_are_told_is_sealed(sealed, needed):
    one, two = ask(OtherWitness("one.example")), ask(OtherWitness("two.example"))
    subject = events.read_after(0, limit=1)[0].subject
    needed(2)
    checkpoint = sealed()
    asked(one)
    assert queries.proof(checkpoint.size) is None and queries.attested(checkpoint.size) is None
    assert {entry.sealed_at for entry in queries.entries_of(subject)} == {None}
    assert queries.is_sealing()
    assert "还没有封存" in text_of(client().get("/ledger/"))
    assert figure("tongban_witnesses_needed") == 2
    database.execute("update ledger_witness set asked_at = null, failures = 0")
    assert asked(one, two) == 1
    assert queries.shown().size == checkpoint.size
    assert verify_script().check(queries.proof(checkpoint.size), verify_script().read_keys(keys_of(one.key, two.key)), witnesses=2)
    assert None not in {entry.sealed_at for entry in queries.entries_of(subject)}
    assert "2 / 2" in text_of(client().get("/ledger/"))


@pytest.mark.parametrize("answer", [
    Reply(status=404, text=""), Reply(status=403, text=""), Reply(status=503, text="busy"), Reply(status=999, text=""),
    Reply(status=200, text=""), Reply(status=200, text="nonsense\n"), Reply(status=409, text="many\n"), Reply(status=301, text="")])
def test_an_answer_that_is_none_is_silence_and_no_refusal(sealed, answer):
    witness = ask(OtherWitness("odd.example"))
    sealed()
    assert actions.ask_witnesses(lambda url, body: answer) == 0
    (row,) = queries.witnesses()
    assert (row.name, row.answers, row.refused) == (witness.name, False, None)


def test_only_a_line_by_the_witnesss_own_key_is_kept(sealed):
    ask(OtherWitness("named.example"))
    sealed()
    assert asked(OtherWitness("named.example")) == 0
    own = ask(OtherWitness("bent.example"))
    database.execute("update ledger_witness set asked_at = null, failures = 0")
    line = rules.read_line(own("", rules.written_submission(Submission(old=0, proof=(), note=queries.newest().note))).text.strip())
    bent = replace(line, value=line.value[:-1] + bytes([line.value[-1] ^ 1]))
    assert actions.ask_witnesses(lambda url, body: Reply(status=200, text=rules.written_line(bent))) == 0
    assert database.row("select count(*) from ledger_cosignature where witness = 'bent.example'") == (0,)
    assert database.row("select count(*) from ledger_cosignature where witness = 'named.example'") == (0,)


def test_a_witness_that_lost_what_it_saw_is_asked_again_from_the_beginning(sealed, own):
    sealed()
    actions.ask_witnesses(carried)
    actions.witness_anew(OPERATOR, origin=queries.standing().origin)
    sealed()
    assert actions.ask_witnesses(carried) == 1
    assert queries.gaps() == []


@contextmanager
def as_owner():
    """The owner of the database, with every trigger off."""
    with database.serving(database.OWNER), database.atomic():
        database.execute("set local session_replication_role = replica")
        yield


def put_back(size, known):
    """Make the database what it was when `size` entries were entered and the witness had seen `known`."""
    with as_owner():
        database.execute("delete from ledger_cosignature where checkpoint_id in (select id from ledger_checkpoint where size > %s)", [size])
        database.execute("delete from ledger_checkpoint where size > %s", [size])
        database.execute("delete from ledger_leaf where position > %s", [size])
        database.execute("update ledger_state set entered = %s", [size])
        database.execute("update ledger_witness set size = %s", [known])
    actions.rebuild_tiles()


@pytest.fixture
def forgotten(db):
    """Forget restores afterwards: they are part of this folder's record otherwise."""
    yield
    with as_owner():
        database.execute("delete from ledger_restoration")


def told_to_the_operator():
    """Whether readiness, the figures and the public page all say that a witness refuses."""
    ready = client().get("/api/v1/readyz").json()["witness_alarm"]
    shown = "与见证方见过的不一致" in text_of(client().get("/ledger/"))
    assert ready == shown == bool(figure("tongban_witnesses", status="refuses"))
    return ready


@requirement("SEC-07")
def test_after_a_restore_the_witness_refuses_and_the_operator_is_told_the_exact_entries(sealed, own, forgotten):
    first = sealed()
    actions.ask_witnesses(carried)
    last = sealed()
    actions.ask_witnesses(carried)
    assert not told_to_the_operator()
    kept = first.size + 1
    put_back(kept, first.size)
    assert witnessing.restored(argparse.Namespace()) == 0
    actions.seal(ORIGIN)
    assert queries.newest().size == kept
    assert actions.ask_witnesses(carried) == 0
    (gap,) = queries.gaps()
    assert (gap.witness, gap.verdict, gap.first, gap.last) == (own.name, Verdict.MOVED, kept + 1, last.size)
    assert told_to_the_operator()
    assert enter_and_seal().size >= last.size
    database.execute("update ledger_witness set asked_at = null, failures = 0")
    assert actions.ask_witnesses(carried) == 0
    (gap,) = queries.gaps()
    assert (gap.verdict, gap.first, gap.last, gap.restored_at) == (Verdict.UNPROVED, kept + 1, last.size, MONDAY)
    noted = [each.happened for each in events.of_subject("record")]
    assert [each for each in noted if isinstance(each, RecordRestored)][-1] == RecordRestored(kept=kept)
    assert [each for each in noted if isinstance(each, WitnessRefused)][-1] == WitnessRefused(
        name=own.name, verdict="MOVED", known=last.size, size=kept)
    actions.witness_anew(OPERATOR, origin=queries.standing().origin)
    database.execute("update ledger_witness set asked_at = null, failures = 0")
    assert actions.ask_witnesses(carried) == 1
    assert not told_to_the_operator()


@requirement("SEC-07")
def test_a_leaf_changed_with_root_and_keys_at_hand_is_refused_by_the_witness(sealed, own):
    seen = sealed()
    actions.ask_witnesses(carried)
    with as_owner():
        database.execute("update ledger_leaf set sha256 = sm3 where position = 3")
    actions.rebuild_tiles()
    with as_owner():
        database.execute("update ledger_checkpoint set root = %s where size = %s", [rules.root(seen.size, tiles().read), seen.size])
    sealed()
    assert actions.ask_witnesses(carried) == 0
    (gap,) = queries.gaps()
    assert (gap.verdict, gap.first <= 3, gap.last, gap.restored_at) == (Verdict.UNPROVED, True, seen.size, None)
    assert told_to_the_operator()
    assert witnessing.show(argparse.Namespace()) == 1


def test_a_checkpoint_overtaken_by_another_worker_is_no_refusal(sealed, own):
    sealed()
    old = queries.questions()
    sealed()
    actions.ask_witnesses(carried)
    for question in old:
        assert not actions._note_answer(question, actions._exchange(carried, question))
    assert queries.gaps() == []


@pytest.mark.parametrize("url", ["http://witness.example/", "ftp://witness.example/", "https:///x", "https://a:b@witness.example/",
                                 "https://witness.example/?a=1", "https://witness.example/#a", "file:///etc/passwd",
                                 "https://witness.example:port/", "http://169.254.169.254/", "witness.example"])
def test_only_plain_https_addresses_are_taken(sealed, url):
    witness = OtherWitness("there.example")
    with pytest.raises(AddressNotAllowed):
        actions.add_witness(OPERATOR, name=witness.name, url=url, key=rules.written_key(witness.key))
    with pytest.raises(AddressNotAllowed):
        clients.submit(url, b"")


def test_only_the_key_of_a_witness_under_its_own_name_is_taken(sealed):
    witness = OtherWitness("there.example")
    for name, key in (("another.example", witness.key), ("tongban-ledger/test.example", queries.keys(ORIGIN)[0])):
        with pytest.raises(KeyNotFitting):
            actions.add_witness(OPERATOR, name=name, url=HERE, key=rules.written_key(key))
    with pytest.raises(WitnessUnknown):
        actions.retire_witness(OPERATOR, name="nobody.example")
    assert queries.witnesses() == []


def test_the_operator_adds_lists_and_retires_a_witness_at_the_terminal(sealed, capsys):
    witness = OtherWitness("there.example")
    options = argparse.Namespace(name=witness.name, url="https://there.example/add-checkpoint", key=rules.written_key(witness.key))
    assert witnessing.add(options) == 0
    assert events.of_subject("record")[-1].happened == WitnessAdded(name=witness.name, key=rules.key_hash(witness.key).hex())
    assert witnessing.show(options) == 0
    assert "there.example  cosigns  last cosigned: never" in capsys.readouterr().out
    assert witnessing.retire(options) == 0
    assert events.of_subject("record")[-1].name == "WitnessRetired"
    assert witnessing.retire(options) == 1
    assert witnessing.witness_for(argparse.Namespace(origin="log.example", key="x")) == 1
    assert witnessing.witness_anew(argparse.Namespace(origin="log.example")) == 1
    assert "Nothing was changed." in capsys.readouterr().err


@contextmanager
def server(answer):
    """A web server on this machine; `answer(handler)` writes what it says."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            answer(self)

        def log_message(self, *_):
            """Nothing."""

    made = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_address[1]}/add-checkpoint"
    made.shutdown()
    made.server_close()
    thread.join()


def saying(status, body=b"", **headers):
    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
    return answer


def test_a_witness_is_asked_over_http_and_nothing_it_says_leads_elsewhere():
    with server(saying(200, b"line\n")) as url:
        assert clients.submit(url, b"old 0\n") == Reply(status=200, text="line\n")
        with server(saying(302, Location=url)) as other, pytest.raises(Silent):
            clients.submit(other, b"old 0\n")
    with server(saying(409, b"12\n")) as url:
        assert clients.submit(url, b"old 0\n") == Reply(status=409, text="12\n")
    with server(saying(200, b"x" * 100_000)) as url, pytest.raises(Silent):
        clients.submit(url, b"old 0\n")
    with server(saying(200, b"\xff")) as url, pytest.raises(Silent):
        clients.submit(url, b"old 0\n")
    with pytest.raises(Silent):
        clients.submit(url, b"old 0\n")
