"""The signer: signs what it can read and as often as it may, notes it first, and is asked over a socket."""

import asyncio
import hashlib
import json
import os
import pwd
import signal
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import signing
from tests.signing import (
    ORIGIN,
    PAYLOADS,
    ROOTS,
    SIGNED,
    SITE,
    Process,
    checkpoint,
    cosignature,
    grown,
    licence,
    noted,
    receipt,
    token,
)
from tongban.config import backup, cli, signer, signing_desk
from tongban.config.signing_desk import Desk
from tongban.kernel import clock, database
from tongban.kernel.crypto import keys, remote, tokens
from tongban.kernel.crypto.keys import KeyPurpose
from tongban.kernel.crypto.remote import SignerAway, SignerBusy, SignerRefuses
from tongban.kernel.crypto.signing import Ed25519Signer, PayloadKind, Signature, software_keys, verify_signature
from tongban.ledger import queries as ledger

pytestmark = pytest.mark.xdist_group("signer")
PLENTY = dict.fromkeys(signing_desk.KINDS, 1000)


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    made = Process(tmp_path_factory.mktemp("s"), TONGBAN_SIGNER_RECEIPT_MINUTE="5").start()
    yield made
    assert made.stop() == 0


@pytest.fixture
def own(tmp_path):
    """A signer of one test's own, however the test ends."""
    made = Process(tmp_path).start()
    yield made
    made.stop()


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A desk with a clock that stands, on a folder of its own; called again, as after a restart."""
    time = [0.0]
    monkeypatch.setattr(clock, "of_this_machine", lambda: datetime.fromtimestamp(SIGNED, UTC))

    def make(**budgets):
        made = Desk(tmp_path, site=SITE, origin=ORIGIN, budgets=PLENTY | budgets, now=lambda: time[0])
        made.look(tmp_path)
        made.time, made.var = time, tmp_path
        made.key = next(iter(made._signers))
        return made

    return make


def asked(desk, kind, payload, **more):
    body = json.dumps({"kind": kind, "payload": payload.decode() if isinstance(payload, bytes) else payload,
                       "key": desk.key, **more}, ensure_ascii=False)
    return desk.answer(body.encode())


@pytest.mark.parametrize("kind", sorted(PAYLOADS))
def test_what_it_signs_holds_under_the_keys_it_publishes_and_is_what_a_key_in_the_process_would_sign(process, kind):
    published = remote.remote_keys(process.path)
    assert published == software_keys(process.var / "keys")
    signers = process.signers()
    assert {each.verifying_key for each in signers} == set(published)
    for each in signers:
        made = each.sign(kind, PAYLOADS[kind])
        assert verify_signature(each.verifying_key, kind, PAYLOADS[kind], made)
        assert each.verify(kind, PAYLOADS[kind], made)
        assert made.is_software
    own = Ed25519Signer(keys.load_ring(process.var / "keys", KeyPurpose.ED25519).current.secret)
    assert signers[0].sign(kind, PAYLOADS[kind]) == own.sign(kind, PAYLOADS[kind])


def test_a_token_holds_under_the_keys_it_publishes_as_its_own_kind_only(process):
    public = remote.published(process.path).tokens
    now = int(time.time())
    claims = signing.claims(iat=now, exp=now + 300)
    made = remote.remote_token(process.path, "JWT", claims)
    assert tokens.read(public, "JWT", made) == claims
    assert tokens.read(public, "logout+jwt", made) is None
    assert "d" not in public["keys"][0]


UNREADABLE = [
    ("raw", "gov.licence.v1\x00{}", "unknown_kind"), ("sign", licence(), "unknown_kind"), ("", "", "unknown_kind"),
    *((kind, "\x00\x01\x02 any bytes", "wrong_shape") for kind in signing_desk.KINDS),
    *((kind, "", "wrong_shape") for kind in signing_desk.KINDS),
    *((kind, payload, "wrong_shape") for kind in signing_desk.KINDS for other, payload in {**PAYLOADS, "token": token()}.items()
      if other != kind),
    ("licence", licence().replace(b":", b": ", 1), "wrong_shape"), ("licence", b"gov.licence.v1\x00" + licence(), "wrong_shape"),
    ("licence", licence().replace(b'"sample":true', b'"sample":true,"x":1'), "wrong_shape"),
    ("licence", licence().replace(b'"holder":"\xe6\xb5\x8b***",', b""), "wrong_shape"),
    ("receipt", b'{"kind":"receipt","more":{"a":1}}', "wrong_shape"), ("receipt", b'["receipt"]', "wrong_shape"),
    ("checkpoint", checkpoint() + b"more\n", "wrong_shape"), ("checkpoint", checkpoint().replace(b"\n7\n", b"\n07\n"), "wrong_shape"),
    ("checkpoint", checkpoint(origin="tongban-ledger/another.example"), "other_origin"),
    ("cosignature", cosignature().replace(b"time 1", b"time 01"), "wrong_shape"),
    ("cosignature", b"cosignature/v1\ntime 5\n" + licence(), "wrong_shape"),
    ("token", token(iss="https://another.example"), "wrong_shape"), ("token", token(exp=1772416800), "wrong_shape"),
    ("token", token(exp=1772416800 + 86_401), "wrong_shape"), ("token", token(exp="never"), "wrong_shape"),
    *(("token", token(iat=SIGNED + off, exp=SIGNED + off + 300), "wrong_shape") for off in (61, -61, 31_536_000)),
    ("token", token("at+jwt"), "wrong_shape"), ("token", b'{"claims":"x","typ":"JWT"}', "wrong_shape"),
    ("token", b'"JWT"', "wrong_shape"),
]


@pytest.mark.parametrize(("kind", "payload", "word"), UNREADABLE, ids=[f"{n}-{each[0]}" for n, each in enumerate(UNREADABLE)])
def test_what_it_cannot_read_is_refused_by_a_word_and_counted(desk, kind, payload, word):
    at = desk()
    assert asked(at, kind, payload) == {"error": word}
    assert sum(at.counts.values()) == 1
    assert next(iter(at.counts)).endswith(word)
    assert noted(at.var) == []


def test_a_token_may_be_made_by_a_clock_that_is_a_minute_off(desk):
    at = desk()
    for off in (60, -60):
        assert "value" in asked(at, "token", token(iat=SIGNED + off, exp=SIGNED + off + 300))


def test_a_checkpoint_that_could_pass_for_something_else_is_refused_even_of_the_origin_that_was_named(tmp_path):
    origin = "gov.licence.v1"
    at = Desk(tmp_path, site=SITE, origin=origin, budgets=PLENTY)
    at.look(tmp_path)
    at.key = next(iter(at._signers))
    assert asked(at, "checkpoint", checkpoint(origin=origin)) == {"error": "wrong_shape"}


def test_frames_that_are_not_of_the_form_are_refused(desk):
    at = desk()
    for body in (b"", b"\xff\xfe", b"[]", b'{"kind":"licence"}', b'{"kind":"licence","payload":[1,2]}',
                 json.dumps({"kind": "licence", "payload": licence().decode(), "raw": True}).encode()):
        assert at.answer(body) == {"error": "malformed"}
    assert asked(at, "licence", licence(), key="ed25519-0000000000000000") == {"error": "key_replaced"}
    assert noted(at.var) == []


def over_the_line(process, *pieces):
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(20)
        line.connect(process.path)
        for each in pieces:
            line.sendall(each)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := line.recv(1000):
            answer += piece
    return json.loads(answer[4:]) if answer else None


def test_a_frame_that_is_too_long_or_cut_short_stops_nobody(process):
    assert over_the_line(process, (remote.LONGEST + 1).to_bytes(4, "big")) == {"error": "too_long"}
    assert over_the_line(process, b"\xff\xff\xff\xff") == {"error": "too_long"}
    assert over_the_line(process, (100).to_bytes(4, "big"), b"{") is None
    assert over_the_line(process, remote.framed(b"\x00raw")) == {"error": "malformed"}
    with pytest.raises(SignerRefuses) as refused:
        remote.ask(process.path, {"kind": "licence", "payload": "x" * remote.LONGEST})
    assert refused.value.facts == {"reason": "too_long"}
    assert remote.answers(process.path)


def test_a_signer_of_some_kinds_refuses_the_others(tmp_path, desk):
    kinds = signer.kinds({"TONGBAN_SIGNER_KINDS": "token cosignature"})
    made = desk()
    at = Desk(tmp_path, site=SITE, origin=ORIGIN, budgets=PLENTY, kinds=kinds)
    at.look(tmp_path)
    at.key = made.key
    answers = {kind: asked(at, kind, payload) for kind, payload in {**PAYLOADS, "token": token()}.items()}
    assert {kind for kind, answer in answers.items() if "value" in answer} == {"token", "cosignature"}
    assert [answers[kind] for kind in ("licence", "checkpoint", "receipt")] == [{"error": "other_kind"}] * 3
    assert [line["kind"] for line in noted(tmp_path)] == ["cosignature", "token"]
    assert signer.kinds({}) == signer.kinds({"TONGBAN_SIGNER_KINDS": " "}) == set(signing_desk.KINDS)
    with pytest.raises(signer.KindUnknown, match="licenses"):
        signer.kinds({"TONGBAN_SIGNER_KINDS": "token licenses"})


def test_a_process_hears_that_its_signer_does_not_sign_this_kind(tmp_path):
    made = Process(tmp_path, TONGBAN_SIGNER_KINDS="token cosignature").start()
    try:
        first = made.signers()[0]
        assert first.verify(PayloadKind.COSIGNATURE, cosignature(), first.sign(PayloadKind.COSIGNATURE, cosignature()))
        with pytest.raises(SignerRefuses) as refused:
            first.sign(PayloadKind.LICENCE, licence())
        assert refused.value.facts == {"reason": "other_kind"}
    finally:
        made.stop()


def test_many_who_ask_at_once_are_all_answered(process):
    first = process.signers()[0]
    before, made = len(process.noted()), []
    threads = [threading.Thread(target=lambda n=n: made.append(first.sign(PayloadKind.LICENCE, licence(f"at once {n}"))))
               for n in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len({each.value for each in made}) == 20
    assert len(process.noted()) - before == 20


def test_a_record_is_never_sealed_smaller_or_otherwise_than_before(desk):
    at = desk()
    assert "value" in asked(at, "checkpoint", checkpoint(7))
    assert "value" in asked(at, "checkpoint", checkpoint(7)), "an idle record is sealed again"
    for each in (at, desk()):
        assert asked(each, "checkpoint", checkpoint(6)) == {"error": "not_grown"}
        assert asked(each, "checkpoint", checkpoint(7, root=ROOTS[1])) == {"error": "not_grown"}
        assert "value" in asked(each, "checkpoint", checkpoint(7))
    assert signing_desk.begin_anew(at.var / "signer", ORIGIN)
    assert not signing_desk.begin_anew(at.var / "signer", ORIGIN)
    assert "value" in asked(desk(), "checkpoint", checkpoint(2))


def test_a_size_that_nobody_proved_is_refused_and_the_record_goes_on_from_where_it_was(desk):
    at, far = desk(), 10**15
    assert "value" in asked(at, "checkpoint", grown(0, 7)[0]), "the first one needs no proof"
    ninth, proof = grown(7, 9)
    for each in (at, desk()):
        for size, root, told in ((far, ROOTS[1], []), (far, ROOTS[1], proof), (9, ROOTS[1], proof)):
            assert asked(each, "checkpoint", checkpoint(size, root=root), proof=told) == {"error": "not_proved", "size": 7}
        assert asked(each, "checkpoint", ninth) == {"error": "not_proved", "size": 7}
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


def test_records_of_others_are_each_cosigned_upwards_only(desk, monkeypatch):
    at = desk()
    assert "value" in asked(at, "cosignature", cosignature(9))
    assert "value" in asked(at, "cosignature", cosignature(9, seconds=1772416900))
    assert "value" in asked(at, "cosignature", cosignature(3, origin="other.example/record"))
    assert "value" in asked(at, "checkpoint", checkpoint(3))
    assert asked(desk(), "cosignature", cosignature(8)) == {"error": "not_grown"}
    monkeypatch.setattr(signing_desk, "MOST_RECORDS", 3)
    assert asked(at, "cosignature", cosignature(origin="third.example/record")) == {"error": "too_many_records"}


def test_a_trial_knows_whether_its_database_is_older_than_what_was_signed(desk):
    at = desk()
    folder = at.var / "signer"
    note = checkpoint(7).decode() + "\n"
    assert not signing_desk.is_behind(folder, ORIGIN, "")
    asked(at, "checkpoint", checkpoint(7))
    line = "\N{EM DASH} name AAAAAAAA\n"
    assert not signing_desk.is_behind(folder, ORIGIN, note + line)
    assert not signing_desk.is_behind(folder, ORIGIN, checkpoint(8).decode() + "\n" + line)
    for older in ("", checkpoint(6).decode() + "\n" + line, checkpoint(7, root=ROOTS[1]).decode() + "\n" + line):
        assert signing_desk.is_behind(folder, ORIGIN, older)


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


def test_whoever_asks_too_often_is_told_to_wait(process):
    first = process.signers()[0]
    with pytest.raises(SignerBusy):
        for _ in range(6):
            first.sign(PayloadKind.RECEIPT, receipt())


def test_budgets_are_the_shipped_figures_unless_the_operator_says_otherwise():
    shipped = signer.budgets({}, clock.this_day())
    assert set(shipped) == set(signing_desk.KINDS)
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


def test_a_signer_that_dies_amid_a_signature_leaves_nothing_half_done(own):
    process, outcome = own, []
    first = process.signers()[0]

    def sign():
        try:
            outcome.append(first.sign(PayloadKind.LICENCE, licence()))
        except SignerAway as away:
            outcome.append(away)

    os.kill(process.running.pid, signal.SIGSTOP)
    waiting = threading.Thread(target=sign)
    waiting.start()
    for _ in range(200):
        if Path("/proc/net/unix").read_text().count(process.path) > 1:
            break
        time.sleep(0.02)
    process.kill()
    waiting.join()
    assert isinstance(outcome[0], SignerAway)
    assert not remote.answers(process.path)
    assert remote.remote_keys(process.path) == software_keys(process.var / "keys"), "what was signed still verifies"
    before = len(process.noted())
    process.start()
    made = first.sign(PayloadKind.LICENCE, licence())
    assert verify_signature(first.verifying_key, PayloadKind.LICENCE, licence(), made)
    assert len(process.noted()) == before + 1
    assert process.stop() == 0
    assert not Path(process.path).exists()


def test_a_broken_line_is_tried_once_more(tmp_path):
    """Someone at the socket who hangs up on the first caller and answers the second."""
    path, met = str(tmp_path / "socket"), []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()

        def hang_up_then_answer():
            for answer in (b"", remote.framed(b'{"value":"eA=="}'), b"", b""):
                with listening.accept()[0] as line:
                    line.recv(1000)
                    met.append(1)
                    line.sendall(answer)

        threading.Thread(target=hang_up_then_answer, daemon=True).start()
        assert remote.ask(path, {"kind": "licence", "payload": ""}) == {"value": "eA=="}
        with pytest.raises(SignerAway):
            remote.ask(path, {"kind": "licence", "payload": ""})
    assert len(met) == 4


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for(tmp_path, monkeypatch):
    """Each drop comes in time, all of them together do not."""
    path = str(tmp_path / "socket")
    monkeypatch.setattr(remote, "SECONDS", 0.5)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()

        def drip():
            with listening.accept()[0] as line, suppress(OSError):
                line.recv(1000)
                for drop in remote.framed(b'{"value":"eA=="}'):
                    line.sendall(bytes([drop]))
                    time.sleep(0.1)

        dripping = threading.Thread(target=drip)
        dripping.start()
        with pytest.raises(SignerAway):
            remote.ask(path, {"kind": "licence", "payload": ""})
        dripping.join()


def test_a_signature_that_does_not_hold_is_handed_to_nobody(process, monkeypatch):
    first = process.signers()[0]
    monkeypatch.setattr(remote, "ask", lambda *_: {"value": "AAAA"})
    with pytest.raises(SignerRefuses) as refused:
        first.sign(PayloadKind.LICENCE, licence())
    assert refused.value.facts == {"reason": "signature_does_not_hold"}


def test_a_changed_key_is_taken_up_and_the_old_one_verifies_on(own, monkeypatch):
    process, gone = own, []
    monkeypatch.setenv("TONGBAN_VAR", str(process.var))
    old, known = process.signers(replaced=lambda: gone.append(True))[0], len(remote.remote_keys(process.path))
    made = old.sign(PayloadKind.LICENCE, licence())
    for purpose in ("ed25519", "token"):
        assert cli.main(["keys", "rotate", purpose]) == 0
    process.running.send_signal(signal.SIGHUP)
    for _ in range(500):
        public = remote.published(process.path)
        if len(public.keys) > known and len(public.tokens["keys"]) > 1:
            break
        time.sleep(0.02)
    with pytest.raises(SignerRefuses) as refused:
        old.sign(PayloadKind.LICENCE, licence())
    assert (refused.value.facts, gone) == ({"reason": "key_replaced"}, [True])
    new = process.signers()[0]
    assert new.verifying_key != old.verifying_key
    assert verify_signature(new.verifying_key, PayloadKind.LICENCE, licence(), new.sign(PayloadKind.LICENCE, licence()))
    assert verify_signature(remote.remote_keys(process.path)[0], PayloadKind.LICENCE, licence(), made)
    assert isinstance(made, Signature)


def test_a_key_for_signing_is_not_changed_where_there_is_none(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TONGBAN_VAR", str(tmp_path))
    assert cli.main(["keys", "rotate", "sm2"]) == 1
    assert "There is no such key" in capsys.readouterr().out
    assert not list(tmp_path.glob("keys/*.key"))


def test_only_users_who_are_named_are_answered(desk, tmp_path):
    at = desk()

    async def ask(allowed):
        async def meet(reader, writer):
            writer.write(remote.framed(json.dumps(await signer.answer(at, reader, writer, allowed)).encode()))
            writer.close()

        async with await asyncio.start_unix_server(meet, path=str(tmp_path / "socket")):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "socket"))
            writer.write(remote.framed(json.dumps({"kind": "licence", "payload": licence().decode(), "key": at.key}).encode()))
            await reader.readexactly(4)
            answer = json.loads(await reader.read())
            writer.close()
            return answer

    assert asyncio.run(ask(frozenset({os.getuid() + 1}))) == {"error": "not_allowed"}
    assert at.counts["refused unknown not_allowed"] == 1
    assert "value" in asyncio.run(ask(frozenset({os.getuid()})))
    assert signer.callers({}) == {os.getuid()}
    assert signer.callers({"TONGBAN_SIGNER_USERS": "daemon nobody"}) == {
        os.getuid(), *(pwd.getpwnam(name).pw_uid for name in ("daemon", "nobody"))}


def test_its_files_are_its_own_and_a_second_one_is_refused(process):
    process.signers()[0].sign(PayloadKind.CHECKPOINT, checkpoint())
    modes = {Path(process.path): "660", process.var / "keys": "700", process.var / "signer": "700",
             process.var / "signer" / "sealed.json": "600"}
    assert {path: oct(path.stat().st_mode)[-3:] for path in modes} == modes
    assert signer.hold(process.var / "signer") is None


@pytest.fixture
def trial(house, tmp_path, monkeypatch):
    """The folder of a trial, and the signers that were started for it; they are ended."""
    started = []
    monkeypatch.setenv("TONGBAN_VAR", str(tmp_path))
    for name, value in (("DATABASE_URL", "postgresql://owner:secret@db.example/x"), ("TONGBAN_SECRET_DJANGO", "secret"),
                        ("TONGBAN_SITE", SITE), ("TONGBAN_SIGNER", "")):
        monkeypatch.setenv(name, value)
    yield lambda: started.extend(cli._start_signer()) or started
    for each in started:
        each.terminate()
        assert each.wait(timeout=30) == 0


def test_a_trial_starts_its_signer_first_and_gives_it_no_secret_of_others(trial, tmp_path):
    (tmp_path / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "run" / "signer"))
    (child,) = trial()
    assert os.environ["TONGBAN_SIGNER"] == str(tmp_path / "run" / "signer")
    assert remote.answers(os.environ["TONGBAN_SIGNER"])
    given = dict(each.split("=", 1) for each in Path(f"/proc/{child.pid}/environ").read_text().split("\0") if each)
    assert given["TONGBAN_ROLE"] == "signer"
    assert not [name for name in given if name == "DATABASE_URL" or name.startswith("TONGBAN_SECRET_")]
    assert trial() == [child], "one that is named already is enough"


def test_a_trial_whose_record_is_older_than_what_was_signed_seals_from_where_it_stands(trial, tmp_path, capsys):
    with database.serving("worker"):
        newest = ledger.newest()
    origin, size = (newest.note.split("\n")[0], newest.size) if newest else (ORIGIN, 0)
    folder = tmp_path / "signer"
    folder.mkdir()
    signing_desk.write_sealed(folder, {f"checkpoint {origin}": signing_desk.Sealed(size=size + 1, root=ROOTS[0], sha256="x")})
    trial()
    assert "older than what was signed last" in capsys.readouterr().out
    assert signing_desk.read_sealed(folder) == {}


def test_a_folder_too_deep_for_a_socket_leaves_signing_to_each_process(trial, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TONGBAN_VAR", str(tmp_path / ("deep" * 30)))
    assert trial() == []
    assert "too long for a socket" in capsys.readouterr().out
    assert not os.environ["TONGBAN_SIGNER"]


def test_a_backup_from_before_the_signer_is_restored_without_its_keys_for_signing(tmp_path, monkeypatch):
    made = SimpleNamespace(keys_inside=False, keys=dict.fromkeys(
        ("code-0001.key", "field-0001.key", "ed25519-0001.key", "sm2-0001.key", "token-0001.key"), "0" * 64))
    monkeypatch.delenv("TONGBAN_SIGNER", raising=False)
    assert len(backup._against_keys(tmp_path, made, replace=False)) == 4
    monkeypatch.setenv("TONGBAN_SIGNER", "/run/tongban-signer/socket")
    (missed,) = backup._against_keys(tmp_path, made, replace=False)
    assert "code-0001.key" in missed
