"""Backup and restore with real clusters: one position, nothing lost, nothing touched when something is wrong."""

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from tests import database as test_database
from tests import journeys
from tests.requirements import requirement
from tongban.config import backup, embedded, people_keys
from tongban.documents import clients
from tongban.documents.actions import keep_made
from tongban.documents.types import Folder
from tongban.kernel import database, sequencing, vault
from tongban.kernel.crypto import keys

pytestmark = pytest.mark.xdist_group("backup")
ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ["TONGBAN_VAR"])
OVER_THE_GATE = b"a copy that came over the gate"
ACT = """
import django, json
django.setup()
from tests import journeys
from tongban.documents.access import content
from tongban.kernel import database, following, sequencing, vault

with database.serving("worker"):
    sequencing.take_turn()
    while following.catch_up_all():
        sequencing.take_turn()
    files = [len(content(key)) > 0 for (key,) in database.rows("select id from documents_document where exists "
             "(select from kernel_data_key k where k.party = documents_document.party and k.destroyed_at is null)")]
    opened = [vault.unseal("identity_person", "id_number", key, sealed) for key, sealed in
              database.rows("select party_id, id_number from identity_person join kernel_data_key on party = party_id "
                            "where destroyed_at is null")]
    known = database.row("select count(*) from messages_message")[0]
    number = journeys.submitted(journeys.with_firm(journeys.citizen()), "food-operation-gaoling")
    sequencing.take_turn()
    while following.catch_up_all():
        sequencing.take_turn()
    position = database.row("select position from kernel_sequencer")[0]
    print(json.dumps({
        "followers": sorted(following.FOLLOWERS), "position": position,
        "at_end": sorted(name for (name,) in database.rows("select follower from kernel_cursor where position = %s", [position])),
        "parked": database.row("select count(*) from kernel_parked")[0],
        "told": database.row("select count(*) from messages_message")[0] - known,
        "events": database.row("select count(*) from kernel_event")[0],
        "dense": database.row("select count(*) = max(position) and min(position) = 1 from kernel_position")[0],
        "of_case": [name for (name,) in database.rows("select name from kernel_event where subject = %s", [number])],
        "files": files, "opened": opened,
    }))
"""


def write_until(stopping, made, *, sequences):
    """Applications, one after the other, as people hand them in; one thread gives positions now and then."""
    try:
        with database.serving("worker"):
            while not stopping.is_set():
                made.append(journeys.submitted(journeys.with_firm(journeys.citizen()), "food-operation-gaoling"))
                if sequences:
                    sequencing.take_turn()
    finally:
        connections.close_all()


def back_up(folder, **more):
    return backup.back_up(VAR, test_database.owner_url(settings.DATABASES["owner"]["NAME"]), folder, version="0.1.0", say=str,
                          **{"with_keys": True, **more})


@pytest.fixture(scope="module")
def kept(house, tmp_path_factory):
    """A backup made while two people hand in; yields its folder, what it says and what was written meanwhile."""
    folder = tmp_path_factory.mktemp("backups")
    stopping, made = threading.Event(), []
    threads = [threading.Thread(target=write_until, args=(stopping, made), kwargs={"sequences": each})
               for each in (True, False)]
    for thread in threads:
        thread.start()
    while len(made) < 3:
        stopping.wait(0.05)
    clients.store(Folder.INSIDE).put(OVER_THE_GATE)
    with database.serving("worker"):
        keep_made(journeys.TESTER, party=journeys.citizen().party, name="made.pdf", content=b"%PDF-1.7 made before the backup")
    manifest = back_up(folder)
    after = len(made)
    while len(made) < after + 2 and all(thread.is_alive() for thread in threads):
        stopping.wait(0.05)
    stopping.set()
    for thread in threads:
        thread.join()
    assert len(made) >= after + 2, "the writers broke off"
    return folder, manifest, made


@pytest.fixture
def copied(kept, tmp_path):
    """A copy of the backup that a test may damage."""
    shutil.copytree(kept[0], tmp_path / "copy")
    return tmp_path / "copy"


def tongban(var, *arguments, code=None):
    """The command line on another machine: nothing but its own `var`."""
    environment = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "TONGBAN_SEARCH", "TONGBAN_LEDGER"}}
    command = ["-c", code] if code else ["-m", "tongban.config.cli", *map(str, arguments)]
    return subprocess.run([sys.executable, *command], env={**environment, "TONGBAN_VAR": str(var)}, cwd=ROOT,
                          capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def restored(kept, tmp_path_factory):
    """An empty machine into which the backup was restored."""
    var = tmp_path_factory.mktemp("machine") / "var"
    (var / "build").mkdir(parents=True)
    (var / "build" / "locale").symlink_to(VAR / "build" / "locale")
    done = tongban(var, "restore", kept[0])
    assert done.returncode == 0, done.stderr[-3000:]
    yield var, done.stdout
    embedded.stop(var / "postgres", mode="immediate")


def one(var, query):
    cluster = embedded.start(var / "postgres")
    with psycopg.connect(cluster.url("tongban"), autocommit=True) as connection:
        return connection.execute(query).fetchone()[0]


@requirement("OPS-03")
def test_what_was_written_before_the_position_is_there_and_nothing_after_it(kept, restored):
    _, manifest, made = kept
    var, _ = restored
    there = one(var, "select array_agg(number::text) from cases_case")
    assert len(there) == manifest.rows["cases_case"]
    assert set(there) & set(made), "the dump came before all writers"
    assert set(made) - set(there), "nobody wrote meanwhile"
    assert one(var, "select count(*) from kernel_event where name <> 'RecordRestored'") == manifest.events
    assert one(var, "select count(*) from kernel_event e where not exists (select from cases_case c where "
                    "c.number = e.subject) and e.name = 'CaseSubmitted'") == 0


@requirement("OPS-03")
def test_after_a_restore_every_follower_reacts_to_a_new_act(kept, restored):
    done = tongban(restored[0], code=ACT)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["at_end"] == found["followers"]
    assert found["parked"] == 0
    assert found["told"] > 0
    assert found["dense"]
    assert found["position"] == found["events"] > kept[1].events
    assert "CaseSubmitted" in found["of_case"]
    assert found["files"]
    assert all(found["files"])
    assert found["opened"]
    assert {len(each) for each in found["opened"]} == {18}


def test_the_restored_logins_own_nothing_and_see_no_strangers(restored):
    assert one(restored[0], "select count(*) from pg_class where relowner::regrole::text like 'tongban\\_%'") == 0
    assert one(restored[0], "select count(*) from pg_class where relforcerowsecurity") >= 24
    assert one(restored[0], "select has_database_privilege('tongban_public', 'tongban', 'create')") is False


def test_backup_and_check_leave_the_logins_as_they_are(restored, tmp_path, monkeypatch):
    var, _ = restored
    login = "select array_agg(row(rolname, rolpassword, rolbypassrls)::text order by 1) from pg_authid where rolname like 'tongban_%'"
    with psycopg.connect(embedded.start(var / "postgres").url("tongban"), autocommit=True) as connection:
        connection.execute("alter role tongban_citizen bypassrls")
    before = one(var, login)
    monkeypatch.setenv("TONGBAN_SECRET_ROLE_CITIZEN", "known-to-another-process")
    assert tongban(var, "backup", tmp_path / "backups").returncode == 0
    told = tongban(var, "check", "--deploy").stdout
    assert one(var, login) == before
    assert "The login tongban_citizen can pass by row security" in told
    with psycopg.connect(embedded.start(var / "postgres").url("tongban"), autocommit=True) as connection:
        connection.execute("alter role tongban_citizen nobypassrls")


def test_a_refused_restore_stops_the_database_it_started_and_no_other(copied, tmp_path):
    next(copied.glob("files/??/*")).unlink()
    var = tmp_path / "var"
    for ran in (False, True):
        if ran:
            embedded.start(var / "postgres", durable=False)
        done = tongban(var, "restore", copied)
        assert (done.returncode, "is missing" in done.stderr) == (1, True), done.stderr
        assert embedded.is_running(var / "postgres") is ran
    embedded.stop(var / "postgres", mode="immediate")


def test_a_folder_that_cannot_be_written_to_is_said_in_a_sentence(restored):
    for arguments in (("backup", "/proc/nowhere"), ("files", "keep", "/proc/nowhere"), ("restore", "/proc/nowhere")):
        done = tongban(restored[0], *arguments)
        assert done.returncode == 1
        assert "/proc/nowhere" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_check_without_more_asks_only_what_a_trial_does_too(restored):
    plain, deploy = (tongban(restored[0], "check", *more).stdout for more in ((), ("--deploy",)))
    assert "embedded database" in deploy
    assert "embedded database" not in plain
    assert plain.splitlines()[-1].endswith("Before real people come: tongban check --deploy")
    assert set(plain.splitlines()[:-1]) <= {*deploy.splitlines(), "Nothing unsafe was found."}


@pytest.mark.parametrize("what", ["file", "dump", "list", "key"])
def test_a_damaged_backup_is_named_and_nothing_is_touched(copied, tmp_path, what):
    place = next(each for each in copied.iterdir() if backup.STAMP.fullmatch(each.name))
    path = {"file": next(copied.glob("files/??/*")), "dump": place / "database.dump", "list": place / "files.txt",
            "key": next(place.glob("keys/*"))}[what]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refuse(tmp_path, copied, f"{path} is damaged")


def test_a_missing_file_is_named_and_nothing_is_touched(copied, tmp_path):
    path = next(copied.glob("files/??/*"))
    path.unlink()
    refuse(tmp_path, copied, f"{path} is missing")


def refuse(tmp_path, folder, told):
    with pytest.raises(backup.Refused) as refusal:
        backup.restore(tmp_path / "var", here(), folder, replace=True, say=str)
    assert told in str(refusal.value)
    assert not (tmp_path / "var").exists()
    assert names("restoring") == []


def here():
    return test_database.owner_url(settings.DATABASES["owner"]["NAME"])


def names(like):
    with psycopg.connect(test_database.owner_url("postgres"), autocommit=True) as server:
        return [name for (name,) in server.execute("select datname from pg_database where datname like %s",
                                                   [f"{settings.DATABASES['owner']['NAME']}%{like}%"]).fetchall()]


@pytest.fixture
def occupied(house):
    """Another database of this cluster that holds cases."""
    name = f"{house}_occupied"
    connections.close_all()
    with psycopg.connect(test_database.owner_url("postgres"), autocommit=True) as server:
        server.execute(f'drop database if exists "{name}"')
        server.execute(f'create database "{name}" template "{house}"')
    yield test_database.owner_url(name), name
    for each in [name, *names("occupied_")]:
        test_database.drop(each)


def test_a_database_that_holds_cases_is_replaced_only_when_told_and_is_kept_aside(kept, occupied):
    url, name = occupied
    with pytest.raises(backup.Refused, match=r"holds [0-9]+ cases\. Say --replace"):
        backup.restore(VAR, url, kept[0], replace=False, say=str)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table only_here ()")
        with pytest.raises(backup.Refused, match="1 connections use this database"):
            backup.restore(VAR, url, kept[0], replace=True, say=str)
    backup.restore(VAR, url, kept[0], replace=True, say=str)
    aside = next(each for each in names("occupied_before"))
    for database_name, there in ((name, False), (aside, True)):
        with psycopg.connect(test_database.owner_url(database_name)) as connection:
            assert connection.execute("select to_regclass('only_here') is not null").fetchone() == (there,)
            assert connection.execute("select count(*) > 0 from cases_case").fetchone() == (True,)


def test_who_connects_meanwhile_keeps_database_and_keys_as_they_were(kept, occupied, tmp_path):
    url, _name = occupied
    var = tmp_path / "var"
    (var / "keys").mkdir(parents=True)
    (var / "secrets").symlink_to(VAR / "secrets")
    key = var / "keys" / min(kept[1].keys)
    key.write_bytes(b"of this machine")
    with ExitStack() as late, pytest.raises(backup.Refused, match="Somebody connected"):
        backup.restore(var, url, kept[0], replace=True, say=lambda text: late.enter_context(psycopg.connect(url))
                       if text.startswith("Files:") else None)
    assert key.read_bytes() == b"of this machine"
    assert names("occupied_before") == []
    backup.restore(var, url, kept[0], replace=True, say=str)
    assert key.read_bytes() != b"of this machine"
    assert [each.read_bytes() for each in var.glob(f"keys-before-*/{key.name}")] == [b"of this machine"]


def test_the_same_backup_can_be_restored_again(kept, occupied):
    for _ in range(2):
        backup.restore(VAR, occupied[0], kept[0], replace=True, say=str)
    assert len(names("occupied_before")) == 2


def test_a_second_backup_copies_only_new_files_and_both_can_be_restored(copied, db):
    before = {path: path.stat().st_ino for path in copied.glob("files/??/*")}
    journeys.picture_of(person := journeys.citizen(), party=person.party)
    fresh = settings.VAR / "files" / "ab" / ("ab" + "0" * 62)
    told = []
    backup.back_up(VAR, here(), copied, with_keys=False, version="0.1.0", say=told.append)
    new = len(list(copied.glob("files/??/*"))) - len(before)
    assert new and f"of which {new} are new" in told[-1]
    assert {path: path.stat().st_ino for path in before} == before
    assert not fresh.exists()
    stamps = sorted(each.name for each in copied.iterdir() if each.is_dir() and each.name != "files")
    assert len(stamps) == 2
    for stamp in stamps:
        assert backup.examine(copied, stamp)[2] == []


def test_papers_come_back_into_their_own_folders_and_what_came_over_the_gate_is_not_kept(kept, restored):
    var = restored[0]
    with psycopg.connect(embedded.start(var / "postgres").url("tongban")) as connection:
        named = connection.execute("select stored, made from documents_document").fetchall()
    assert {made for _, made in named} == {True, False}
    assert not any(path.read_bytes() == OVER_THE_GATE for path in (*kept[0].glob("files/??/*"), *var.glob("inside/??/*")))
    for stored, made in named:
        assert [each.parent.parent.name for each in var.glob(f"*/??/{stored}")] == ["made" if made else "files"]


def test_a_file_that_a_document_names_and_the_store_lacks_is_told(kept, tmp_path):
    var = tmp_path / "var"
    for each in ("files", "made"):
        shutil.copytree(VAR / each, var / each)
    lost = next(var.glob("files/??/*"))
    lost.write_bytes(b"rotten")
    manifest = backup.back_up(var, here(), tmp_path / "backups", with_keys=False, version="0.1.0", say=str)
    assert lost.name in manifest.missing
    assert backup.examine(tmp_path / "backups")[2] == []


def test_an_interrupted_backup_is_no_backup(copied):
    place = next(each for each in copied.iterdir() if backup.STAMP.fullmatch(each.name))
    place.rename(place.with_suffix(".partial"))
    with pytest.raises(backup.Refused, match="There is no backup"):
        backup.examine(copied)


def test_without_keys_the_machine_must_have_them(kept, tmp_path, occupied):
    backup.back_up(VAR, here(), tmp_path / "backups", with_keys=False, version="0.1.0", say=str)
    assert not list(tmp_path.glob("backups/*/keys"))
    with pytest.raises(backup.Refused, match="was made without keys"):
        backup.restore(tmp_path / "empty", occupied[0], tmp_path / "backups", replace=True, say=str)


def test_a_backup_of_a_newer_tongban_is_refused(copied, tmp_path):
    path = next(copied.glob("*/manifest.json"))
    manifest = json.loads(path.read_text())
    manifest["migrations"].append("cases.9999_of_tomorrow")
    path.write_text(json.dumps(manifest))
    refuse(tmp_path, copied, "newer Tongban")


def test_nobody_else_can_read_a_backup(kept):
    folder, manifest, _ = kept
    assert stat.S_IMODE((folder / f"{manifest.made_at:%Y%m%dT%H%M%SZ}").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in folder.glob("*/keys/*")} == {0}


def wait_for_next_second(made):
    """Backups are named by their second."""
    while datetime.now(UTC).replace(tzinfo=None, microsecond=0) <= made.made_at:
        time.sleep(0.1)


def test_a_second_backup_within_the_second_is_refused(db, tmp_path, monkeypatch):
    folder = tmp_path / "backups"
    first = backup.back_up(VAR, here(), folder, with_keys=False, version="0.1.0", say=str)
    look = backup._look
    monkeypatch.setattr(backup, "_look", lambda connection: replace(look(connection), made_at=first.made_at))
    with pytest.raises(backup.Refused, match="within this second"):
        backup.back_up(VAR, here(), folder, with_keys=False, version="0.1.0", say=str)
    assert [path.name for path in folder.glob("2*")] == [f"{first.made_at:%Y%m%dT%H%M%SZ}"]


@requirement("SEC-04", "SEC-05")
def test_whoever_was_erased_cannot_be_read_from_a_backup_made_before_once_the_next_one_was_made(db, tmp_path):
    gone, stays = journeys.citizen(), journeys.citizen()
    folder, url = tmp_path / "backups", here()
    first = backup.back_up(VAR, url, folder, with_keys=False, version="0.1.0", say=str)
    with database.atomic():
        vault.destroy_key(journeys.TESTER, party=gone.party)
    wait_for_next_second(first)
    backup.back_up(VAR, url, folder, with_keys=False, version="0.1.0", say=str)
    place = folder / f"{first.made_at:%Y%m%dT%H%M%SZ}"
    listed = subprocess.run([backup.program("pg_restore", first.postgres), "-f", "-", "--data-only", str(place / "database.dump")],
                            capture_output=True, text=True, check=True).stdout
    assert f"{gone.party}\t" in listed, "the backup made before names the person"
    assert "COPY public.kernel_data_key" not in listed, "the dump carries the keys"
    kept = {line.split("\t")[0]: line.split("\t")[1] for line in (folder / "people.keys").read_text().splitlines()}
    assert kept[str(gone.party)] == "" and kept[str(stays.party)]
    assert stat.S_IMODE((folder / "people.keys").stat().st_mode) == 0o600


def test_a_list_of_keys_that_is_missing_or_under_another_key_is_refused(copied, tmp_path):
    assert people_keys.check(copied, VAR / "keys") == []
    other = tmp_path / "keys"
    keys.ensure_ring(other, keys.KeyPurpose.FIELD)
    assert "nothing personal can be read" in people_keys.check(copied, other)[0]
    (copied / "people.keys").unlink()
    assert "is missing" in people_keys.check(copied, VAR / "keys")[0]
