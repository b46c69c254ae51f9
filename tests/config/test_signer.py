"""The signer: signs what it can read and as often as it may, notes it first, and is asked over a socket."""

import asyncio
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import signing
from tests.signing import (
    ORIGIN,
    PAYLOADS,
    PLENTY,
    ROOTS,
    SIGNED,
    SITE,
    Process,
    asked,
    checkpoint,
    cosignature,
    licence,
    noted,
    receipt,
    token,
)
from tongban.config import backup, cli, folders, signer, signing_desk
from tongban.config.signing_desk import Desk
from tongban.kernel import database
from tongban.kernel.crypto import keys, remote, tokens
from tongban.kernel.crypto.keys import KeyPurpose
from tongban.kernel.crypto.remote import SignerAway, SignerBusy, SignerRefuses
from tongban.kernel.crypto.signing import Ed25519Signer, PayloadKind, Signature, software_keys, verify_signature
from tongban.ledger import queries as ledger

pytestmark = pytest.mark.xdist_group("signer")


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


@pytest.mark.parametrize("kind", sorted(PAYLOADS))
def test_what_it_signs_holds_under_the_keys_it_publishes_and_is_what_a_key_in_the_process_would_sign(process, kind):
    published = remote.published(process.path).keys
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
    *((kind, "\x00\x01\x02 any bytes", "wrong_shape") for kind in remote.KINDS),
    *((kind, "", "wrong_shape") for kind in remote.KINDS),
    *((kind, payload, "wrong_shape") for kind in remote.KINDS for other, payload in {**PAYLOADS, "token": token()}.items()
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
    ("token", b'{"claims":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b',"typ":"JWT"}', "wrong_shape"),
    ("receipt", b'{"kind":"receipt","more":' + b"[" * 100_000, "wrong_shape"), ("licence", b"[" * 100_000, "wrong_shape"),
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
    assert signer.kinds({}) == signer.kinds({"TONGBAN_SIGNER_KINDS": " "}) == set(remote.KINDS)
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


def test_whoever_asks_too_often_is_told_to_wait(process):
    first = process.signers()[0]
    with pytest.raises(SignerBusy):
        for _ in range(6):
            first.sign(PayloadKind.RECEIPT, receipt())


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
    assert remote.published(process.path).keys == software_keys(process.var / "keys"), "what was signed still verifies"
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
    old, known = process.signers(replaced=lambda: gone.append(True))[0], len(remote.published(process.path).keys)
    made = old.sign(PayloadKind.LICENCE, licence())
    for purpose in ("ed25519", "token"):
        assert cli.main(["keys", "rotate", purpose]) == 0
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
    assert verify_signature(remote.published(process.path).keys[0], PayloadKind.LICENCE, licence(), made)
    assert isinstance(made, Signature)


def test_a_key_for_signing_is_not_changed_where_there_is_none(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TONGBAN_VAR", str(tmp_path))
    assert cli.main(["keys", "rotate", "sm2"]) == 1
    assert "There is no such key" in capsys.readouterr().out
    assert not list(tmp_path.glob("keys/*.key"))


def test_only_users_who_are_named_are_answered(desk, tmp_path):
    at = desk()

    async def ask():
        async def meet(reader, writer):
            writer.write(remote.framed(json.dumps(await signer.answer(at, reader, writer, frozenset({os.getuid()}))).encode()))
            writer.close()

        async with await asyncio.start_unix_server(meet, path=str(tmp_path / "socket")):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "socket"))
            writer.write(remote.framed(json.dumps({"kind": "licence", "payload": licence().decode(), "key": at.key}).encode()))
            await reader.readexactly(4)
            answer = json.loads(await reader.read())
            writer.close()
            return answer

    async def ask_unnamed():
        ours, theirs = socket.socketpair()
        with ours, theirs:
            line = SimpleNamespace(get_extra_info=lambda _: ours)
            return await asyncio.wait_for(signer.answer(at, asyncio.StreamReader(), line, frozenset({os.getuid() + 1})), 10)

    assert "value" in asyncio.run(ask())
    assert asyncio.run(ask_unnamed()) == {"error": "not_allowed"}, "nothing of theirs is waited for"
    assert at.counts["refused unknown not_allowed"] == 1
    assert signer.callers({}) == {os.getuid()}
    assert signer.callers({"TONGBAN_SIGNER_USERS": "daemon nobody"}) == {
        os.getuid(), *(pwd.getpwnam(name).pw_uid for name in ("daemon", "nobody"))}


def test_its_files_are_its_own_and_a_second_one_is_refused(process):
    process.signers()[0].sign(PayloadKind.CHECKPOINT, checkpoint())
    modes = {Path(process.path): "660", process.var / "keys": "700", process.var / "signer": "700",
             process.var / "signer" / "sealed.json": "600"}
    assert {path: oct(path.stat().st_mode)[-3:] for path in modes} == modes
    assert folders.hold(process.var / "signer") is None


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


@pytest.mark.parametrize(("more", "held", "forgotten"), [(1, False, True), (1, True, False), (0, False, False)],
                         ids=["restored", "a signer runs", "signed and never kept, or another tree"])
def test_only_a_trial_whose_record_holds_less_than_was_signed_seals_from_where_it_stands(
        trial, tmp_path, monkeypatch, capsys, more, held, forgotten):
    with database.serving("worker"):
        record = ledger.standing()
    folder, name = tmp_path / "signer", f"checkpoint {record.origin or ORIGIN}"
    folder.mkdir()
    signing_desk.write_sealed(folder, {name: signing_desk.Sealed(size=record.entered + more, root=ROOTS[0], sha256="x")})
    monkeypatch.setattr(signer, "start_child", lambda *_, **__: None)
    other = folders.hold(folder) if held else None
    trial()
    assert ("older than what was signed last" in capsys.readouterr().out) is forgotten
    assert (name not in signing_desk.read_sealed(folder)) is forgotten
    if other:
        other.close()


def test_a_signer_that_runs_names_the_key_that_is_gone_and_signs_on(own):
    first, public = own.signers()[0], Path(own.path).with_name(remote.PUBLIC).read_bytes()
    (own.var / "keys" / "ed25519-0001.key").rename(own.var / "away")
    for _ in range(500):
        if '"error": "KeyMissing", "purpose": "ed25519-0001"' in own.log.read_text():
            break
        time.sleep(0.02)
    else:
        raise AssertionError(own.log.read_text())
    assert first.verify(PayloadKind.LICENCE, licence(), first.sign(PayloadKind.LICENCE, licence()))
    assert Path(own.path).with_name(remote.PUBLIC).read_bytes() == public


def test_a_signer_whose_keys_are_gone_says_so_and_does_not_start(own):
    own.signers()[0].sign(PayloadKind.LICENCE, licence())
    own.stop()
    (own.var / "keys" / "token-0001.key").unlink()
    done = subprocess.run([sys.executable, "-m", "tongban.config.cli", "signer"], env=own.environment, cwd=folders.ROOT,
                          capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (f"A key for token is missing on this machine. This signer signed before: put its keys back into "
                           f"{own.var / 'keys'} (docs/operations/keys.md).\n")
    assert not (own.var / "keys" / "token-0001.key").exists()


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
