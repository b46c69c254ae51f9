"""The upload gauntlet: only four types by content, each refusal in words, nothing kept of what is refused."""

import io
import random
import signal
import subprocess
import sys
import unicodedata

import pytest
from django.db import DatabaseError, transaction
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.documents import forging
from tests.requirements import requirement
from tongban.documents import access, actions, clients, errors, queries, rules
from tongban.documents.rules import inspecting
from tongban.documents.types import Findings, Flaw, MediaType
from tongban.kernel import database, events, vault
from tongban.kernel.types import System

TESTER = System(name="tester")
PARTY = 700_001
NAMES = [
    "x.pdf", "营业执照 扫描件.PDF", "../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", "a\x00.pdf", "a\r\nb",
    "photo\u202egpj.exe", "\u2066evil\u2069.pdf", "CON", "nul.txt", ".htaccess", "...", "", " ", "a" * 5000,
    "<svg onload=x>.pdf", "x.pdf.exe", "\ufeff\u200b.pdf", "\ud800.pdf", "a/b/c/", "file:///etc/passwd",
    "\u0001\u0002", "%2e%2e%2f", "\u2028\u2029.png",
]


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store of this test's own."""
    folder = clients.FolderStore(tmp_path / "files")
    monkeypatch.setattr(clients, "store", lambda _: folder)
    return folder


def kept_files(store):
    return [path for path in store.folder.rglob("*") if path.is_file()]


def upload(content, name="file.pdf", party=PARTY):
    file = actions.examine_upload(name=name, content=io.BytesIO(content))
    return actions.keep_upload(TESTER, party=party, file=file)


@requirement("MAT-05")
@pytest.mark.parametrize("kind", forging.HONEST)
def test_an_honest_file_is_kept_under_its_true_type_with_its_pages(db, store, kind):
    content, media_type, pages = forging.HONEST[kind]
    kept = upload(content, name="file.exe")
    assert (kept.media_type, kept.pages, kept.size) == (media_type, pages, len(content))
    assert kept.name == "file" + MediaType(media_type).suffix
    assert access.content(kept.id) == content
    happened, = [each.happened for each in events.of_subject(f"document:{kept.id}")]
    assert (happened.sha256, happened.simulated_scan) == (kept.sha256, True)


@requirement("MAT-05")
@pytest.mark.parametrize("kind", forging.HOSTILE)
def test_a_hostile_file_is_refused_for_its_reason_and_leaves_nothing(db, store, kind):
    content, code = forging.HOSTILE[kind]
    before = database.row("select count(*) from documents_document")
    with pytest.raises(getattr(errors, code)) as refused:
        upload(content)
    assert "{" not in str(refused.value)
    assert database.row("select count(*) from documents_document") == before
    assert not store.folder.exists() or kept_files(store) == []


@requirement("MAT-05")
def test_twenty_megabytes_are_taken_and_one_byte_more_is_not(db, store):
    limit = 20 * 1024 * 1024
    photo = forging.picture()
    assert upload(photo + b"\0" * (limit - len(photo))).size == limit
    with pytest.raises(errors.FileTooLarge) as refused:
        upload(photo + b"\0" * (limit - len(photo) + 1))
    assert "20 MB" in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("media_type", list(MediaType))
def test_a_hostile_name_becomes_a_plain_one(name, media_type):
    check_name(rules.clean_name(name, media_type), media_type)


@given(name=st.text(), media_type=st.sampled_from(list(MediaType)))
@example(name="\u202e" * 300 + "fdp.exe", media_type=MediaType.PDF)
def test_no_name_whatever_leads_out_or_hides(name, media_type):
    clean = rules.clean_name(name, media_type)
    check_name(clean, media_type)
    assert rules.clean_name(clean, media_type) == clean


def check_name(clean, media_type):
    assert 0 < len(clean) <= rules.NAME_MAX
    assert clean.endswith(media_type.suffix)
    assert not clean.startswith((".", " "))
    assert len(clean) > len(media_type.suffix)
    assert not set(clean) & set('/\\<>:"|?*\x00\r\n')
    assert all(unicodedata.category(character)[0] != "C" for character in clean)


@requirement("MAT-05")
@pytest.mark.parametrize("kind", ["pdf", "jpeg", "png", "ofd"])
def test_whatever_is_done_to_the_bytes_the_look_inside_answers(kind):
    content, media_type, _ = forging.HONEST[kind]
    rng = random.Random(7)
    for _ in range(250):
        forged = bytearray(content)
        for _ in range(rng.randrange(1, 6)):
            forged[rng.randrange(len(forged))] = rng.randrange(256)
        if rng.random() < 0.3:
            del forged[rng.randrange(len(forged)):]
        found = rules.inspect(bytes(forged))
        assert found.flaw or found.media_type == media_type


@given(content=st.binary(max_size=400), start=st.sampled_from([b"", *inspecting._STARTS]))
@hypothesis_settings(deadline=None)
def test_random_bytes_are_never_a_document(content, start):
    assert rules.inspect(start + content).media_type is None


def test_the_look_inside_happens_without_files_network_or_much_memory(monkeypatch):
    probe = "import socket\n" + clients.SANDBOX.replace("found = rules.inspect(content)", """
def fails(work):
    try:
        work()
    except (OSError, MemoryError):
        return True
    return False
found = [fails(lambda: socket.socket()), fails(lambda: open("/etc/passwd")), fails(lambda: bytearray(1 << 31))]""")
    assert probe != clients.SANDBOX
    done = subprocess.run([sys.executable, "-c", probe], input=b"", capture_output=True, cwd=clients.PACKAGE_ROOT,
                          env={}, check=True)
    assert done.stdout == b"[true,true,true]"


def ended_by(number):
    return f"import os, time; os.kill(os.getpid(), {number}); time.sleep(9)"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_look_inside_that_crashes_means_damaged(monkeypatch, number):
    monkeypatch.setattr(clients, "SANDBOX", ended_by(number))
    assert clients.SandboxInspector().inspect(b"x") == Findings(flaw=Flaw.DAMAGED)


def test_a_look_inside_that_works_too_long_means_damaged(monkeypatch):
    short = clients.SANDBOX.replace("RLIMIT_CPU, (10, 12)", "RLIMIT_CPU, (1, 3)")
    assert short != clients.SANDBOX
    monkeypatch.setattr(clients, "SANDBOX", short.replace("found = rules.inspect(content)", "while True: pass"))
    assert clients.SandboxInspector().inspect(b"x") == Findings(flaw=Flaw.DAMAGED)


@requirement("SEC-13")
@pytest.mark.parametrize("program", [ended_by(signal.SIGTERM), ended_by(signal.SIGKILL), "import nothing_of_this_name"])
def test_a_look_inside_that_was_ended_from_outside_or_never_began_says_nothing_of_the_file(monkeypatch, program):
    monkeypatch.setattr(clients, "SANDBOX", program)
    with pytest.raises(errors.FileNotLookedAt):
        clients.SandboxInspector().inspect(b"x")


def test_a_look_inside_for_which_the_machine_has_no_time_says_nothing_of_the_file(monkeypatch):
    monkeypatch.setattr(clients, "SANDBOX", "import time; time.sleep(60)")
    monkeypatch.setattr(clients, "INSPECTION_SECONDS", 1)
    with pytest.raises(errors.FileNotLookedAt):
        clients.SandboxInspector().inspect(b"x")


def test_a_photo_full_of_noise_is_not_taken_for_two_files():
    noise = random.Random(5).randbytes(24 << 20)
    assert inspecting._SECOND.search(noise) is None


def test_a_file_changed_in_the_store_is_never_served(db, store):
    content = forging.picture()
    kept = upload(content)
    place = store._place(queries.sealed(kept.id)[0])
    sealed = place.read_bytes()
    rng = random.Random(3)
    for _ in range(200):
        flipped = bytearray(sealed)
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        place.write_bytes(flipped)
        with pytest.raises(errors.FileNotReadable):
            access.content(kept.id)
    place.unlink()
    with pytest.raises(errors.FileNotReadable):
        access.content(kept.id)
    assert store.put(sealed) == place.name
    assert access.content(kept.id) == content


@requirement("SEC-05")
def test_the_same_content_of_two_people_lies_sealed_apart(db, store):
    content = forging.picture("PNG")
    first, second = upload(content, name="a.png"), upload(content, name="b.png", party=PARTY + 1)
    assert first.sha256 == second.sha256
    kept = [path.read_bytes() for path in kept_files(store)]
    assert len(kept) == len({each[-64:] for each in kept}) == 2
    assert not any(content[:16] in each or content[-16:] in each for each in kept)
    assert store._place(queries.sealed(first.id)[0]).stat().st_mode & 0o077 == 0


@requirement("SEC-05")
def test_a_file_sealed_for_one_content_or_party_does_not_open_as_anothers(db, store):
    first, second = upload(forging.picture()), upload(forging.picture("PNG"), party=PARTY + 1)
    sealed = [store._place(queries.sealed(each.id)[0]) for each in (first, second)]
    one, two = (path.read_bytes() for path in sealed)
    sealed[0].write_bytes(two)
    sealed[1].write_bytes(one)
    for each in (first, second):
        with pytest.raises(errors.FileNotReadable):
            access.content(each.id)


@requirement("SEC-04")
def test_when_the_key_of_a_party_is_destroyed_its_files_are_noise_and_others_stand(db, store):
    vault.make_key(700_003)
    gone, stays = upload(forging.picture(), party=700_003), upload(forging.picture())
    assert vault.destroy_key(TESTER, party=700_003)
    with pytest.raises(vault.Erased):
        access.content(gone.id)
    assert access.content(stays.id) == forging.picture()


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "A" * 64, "g" * 64, "0" * 63])
def test_the_store_has_no_place_for_what_is_no_hash(store, key):
    with pytest.raises(errors.FileNotReadable):
        store.get(key)


def test_a_file_is_seen_by_its_party_and_by_authorities_it_was_shared_with(db, store):
    with database.serving("citizen"), database.acting(parties=[PARTY]):
        mine = upload(forging.picture())
        with pytest.raises(Exception, match="row-level security"), database.atomic():
            upload(forging.picture(), party=PARTY + 1)
    with database.serving("citizen"), database.acting(parties=[PARTY + 1]):
        with pytest.raises(errors.DocumentNotFound):
            access.content(mine.id)
        with pytest.raises(errors.DocumentNotFound):
            actions.share_with(TESTER, documents=[mine.id], authority=5)
    with database.serving("officer"):
        with database.acting(authorities=[5]), pytest.raises(errors.DocumentNotFound):
            queries.document(mine.id)
        with database.serving("citizen"), database.acting(parties=[PARTY]):
            actions.share_with(TESTER, documents=[mine.id], authority=5)
            actions.share_with(TESTER, documents=[mine.id], authority=5)
        with database.acting(authorities=[5]):
            assert queries.document(mine.id) == mine
        with database.acting(authorities=[6]), pytest.raises(errors.DocumentNotFound):
            queries.document(mine.id)
        assert queries.documents([mine.id]) == {}
    assert database.row("select authorities from documents_document where id = %s", [mine.id]) == ([5],)
    with database.serving("public"), pytest.raises(Exception, match="permission denied"):
        queries.document(mine.id)


@requirement("SEC-13")
@pytest.mark.parametrize(("act", "told"), [("""
insert into documents_document (party, authorities, sha256, stored, key, name, media_type, size, kept_at, gate)
values (1, '{5}', repeat('a', 64), repeat('a', 64), '', 'x.pdf', 'application/pdf', 1, kernel_now(), 'PASSED')""", "permission denied"),
    ("select nextval('documents_document_id_seq')", "permission denied"), ("""
insert into kernel_event (module, name, version, subject, actor, role, channel, payload)
values ('documents', 'DocumentKept', 1, 'document:1', 'x', '', 'web', '{}')""", "row-level security")])
def test_no_officer_takes_an_upload(db, act, told):
    with (database.serving("officer"), database.acting(authorities=[5]), pytest.raises(DatabaseError, match=told),
          transaction.atomic(using=database.alias())):
        database.execute(act)


@pytest.mark.parametrize("login", ["citizen", "officer", "worker"])
@pytest.mark.parametrize("act", ["sha256 = repeat('a', 64)", "party = 1", "name = 'x'", "media_type = 'image/png'"])
def test_what_is_known_of_a_file_is_never_changed(db, login, act):
    with database.serving(login), pytest.raises(Exception, match="permission denied"):
        database.execute(f"update documents_document set {act}")


@requirement("MAT-05")
def test_the_files_of_one_application_are_two_hundred_megabytes_at_most(db, store):
    found = database.rows(
        "insert into documents_document (party, authorities, sha256, stored, key, name, media_type, size, pages, scanner, "
        "made, kept_at) "
        "select %s, '{}', repeat('a', 64), repeat('a', 64), '', 'x.pdf', 'application/pdf', 20971520, 1, '', false, kernel_now() "
        "from generate_series(1, 11) returning id", [PARTY])
    keys = [key for (key,) in found]
    with pytest.raises(errors.FilesTooLargeTogether):
        actions.share_with(TESTER, documents=keys, authority=5)
    assert database.row("select count(*) from documents_document where id = any(%s) and authorities <> '{}'",
                        [keys]) == (0,)
    actions.share_with(TESTER, documents=keys[:10], authority=5)


def test_what_the_house_made_is_kept_once_for_each_content(db, store):
    wanted = {"party": PARTY, "name": "许可证.pdf", "content": forging.pdf(), "authorities": [5]}
    first = actions.keep_made(TESTER, **wanted)
    assert actions.keep_made(TESTER, **wanted) == first
    assert len(events.of_subject(f"document:{first.id}")) == 1


def test_a_crash_while_writing_leaves_no_half_file(store, monkeypatch):
    monkeypatch.setattr(clients.os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        store.put(b"content")
    assert kept_files(store) == []


def test_every_flaw_has_its_refusal():
    assert set(actions.REFUSALS) == set(Flaw)
