"""Back to an hour: a base backup and the kept log of deploy/postgres, played up to a point between two applications."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests import database as test_database
from tests.config.test_backup import ACT, tongban
from tests.requirements import requirement
from tongban.config import backup, deployment, embedded

pytestmark = pytest.mark.xdist_group("backup")
ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ["TONGBAN_VAR"])
APPLY = """
import django
django.setup()
from tests import journeys
from tongban.kernel import database, sequencing

with database.serving("worker"):
    print(journeys.submitted(journeys.with_firm(journeys.citizen()), "food-operation-gaoling"))
    sequencing.take_turn()
"""
ARCHIVED = "select last_archived_wal >= %s from pg_stat_archiver"


def machine(folder):
    var = folder / "var"
    (var / "build").mkdir(parents=True)
    (var / "build" / "locale").symlink_to(VAR / "build" / "locale")
    return var


def configure(var, *lines):
    with (var / "postgres" / "data" / "postgresql.conf").open("a") as file:
        file.write("\n".join(lines) + "\n")


def archiving(log):
    """The lines of our file, for a folder of this test; the log is not waited for by the clock but switched by hand."""
    text = (ROOT / "deploy" / "postgres" / "archive.conf").read_text()
    for old, new in (("/opt/tongban", str(ROOT)), ("/var/backups/tongban-log", str(log))):
        assert old in text, old
        text = text.replace(old, new)
    return text.splitlines()


def applied(var):
    done = tongban(var, code=APPLY)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.split()[-1]


def switch_log(connection):
    """End the present file of the log and see it kept."""
    segment = connection.execute("select pg_walfile_name(pg_switch_wal())").fetchone()[0]
    while connection.execute(ARCHIVED, [segment]).fetchone()[0] is not True:
        time.sleep(0.1)


@pytest.fixture(scope="module")
def kept(house, tmp_path_factory):
    """A machine that kept its log, and is gone: its base backup, log and files, an hour, and who applied before and after."""
    place = tmp_path_factory.mktemp("kept")
    backup.back_up(VAR, test_database.owner_url(settings.DATABASES["owner"]["NAME"]), place / "nightly", with_keys=True,
                   version="0.1.0", say=str)
    var = machine(tmp_path_factory.mktemp("gone"))
    assert tongban(var, "restore", place / "nightly").returncode == 0
    embedded.stop(var / "postgres")
    (place / "log").mkdir(mode=0o700)
    embedded._hand_over(place / "log")
    configure(var, *archiving(place / "log"))
    cluster = embedded.start(var / "postgres")
    with psycopg.connect(cluster.url("tongban"), autocommit=True) as connection:
        subprocess.run([embedded.binary("pg_basebackup"), "--pgdata", str(place / "base"), "--wal-method=fetch",
                        "--checkpoint=fast", "--no-sync", "--dbname", cluster.url("postgres")], check=True, capture_output=True)
        before = applied(var)
        hour = connection.execute("select clock_timestamp()").fetchone()[0]
        after = applied(var)
        assert tongban(var, "files", "keep", place / "often").returncode == 0
        switch_log(connection)
        asked = deployment.ask(connection)
    assert (asked.archiving, asked.archive_fails) == (True, False)
    embedded.stop(var / "postgres", mode="immediate")
    for name in ("keys", "secrets"):
        shutil.copytree(var / name, place / name)
    shutil.copy(var / "postgres" / "connection.json", place)
    return place, hour, before, after


@pytest.fixture(scope="module")
def back(kept, tmp_path_factory):
    """An empty machine taken to that hour, still without its files."""
    place, hour, _, _ = kept
    var = machine(tmp_path_factory.mktemp("back"))
    for name in ("keys", "secrets"):
        shutil.copytree(place / name, var / name)
    shutil.copytree(place / "base", var / "postgres" / "data")
    shutil.copy(place / "connection.json", var / "postgres")
    (var / "postgres" / "data" / "recovery.signal").touch()
    configure(var, "archive_mode = off", f"restore_command = 'cp {place}/log/%f %p'", f"recovery_target_time = '{hour}'",
              "recovery_target_action = 'promote'")
    for path in (var / "postgres" / "data", *(var / "postgres" / "data").rglob("*")):
        embedded._hand_over(path)
    cluster = embedded.start(var / "postgres")
    with psycopg.connect(cluster.url("tongban"), autocommit=True) as connection:
        while connection.execute("select pg_is_in_recovery()").fetchone()[0]:
            time.sleep(0.1)
    yield var
    embedded.stop(var / "postgres", mode="immediate")


def one(var, query, *given):
    with psycopg.connect(embedded.start(var / "postgres").url("tongban"), autocommit=True) as connection:
        return connection.execute(query, given).fetchone()[0]


@requirement("OPS-03")
def test_what_came_before_the_hour_is_there_and_what_came_after_is_not(kept, back):
    _, _, before, after = kept
    there = "select count(*) from cases_case where number = %s"
    assert (one(back, there, before), one(back, there, after)) == (1, 0)
    assert one(back, "select count(*) from kernel_event where subject = %s", after) == 0
    assert one(back, "select position from kernel_sequencer") == one(back, "select count(*) from kernel_position")


def test_a_file_that_is_nowhere_is_named_and_later_ones_do_no_harm(kept, back, tmp_path):
    later = hashlib.sha256(b"of tomorrow").hexdigest()
    shutil.copytree(kept[0] / "often", tmp_path / "often")
    (tmp_path / "often" / "files" / later[:2]).mkdir(exist_ok=True)
    (tmp_path / "often" / "files" / later[:2] / later).write_bytes(b"of tomorrow")
    lost = next(path for path in (tmp_path / "often").glob("files/??/*") if path.name != later
                and one(back, "select count(*) from documents_document where stored = %s", path.name))
    lost.unlink()
    done = tongban(back, "files", "bring", tmp_path / "often")
    assert (done.returncode, lost.name in done.stdout) == (1, True), done.stdout + done.stderr
    assert not list(back.glob(f"files/??/{later}"))
    done = tongban(back, "files", "bring", kept[0] / "often")
    assert (done.returncode, "of which 1 were brought" in done.stdout) == (0, True), done.stdout + done.stderr
    place = next(back.glob(f"files/??/{lost.name}"))
    place.write_bytes(b"rotten")
    assert tongban(back, "files", "bring", kept[0] / "often").returncode == 0
    assert hashlib.sha256(place.read_bytes()).hexdigest() == lost.name


@requirement("OPS-03")
def test_the_machine_that_was_taken_back_goes_on(kept, back):
    assert tongban(back, "files", "bring", kept[0] / "often").returncode == 0
    done = tongban(back, code=ACT)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["at_end"] == found["followers"]
    assert (found["parked"], found["dense"]) == (0, True)
    assert all(found["files"]) and found["files"]
    assert "CaseSubmitted" in found["of_case"]


def test_the_check_sees_a_server_that_keeps_no_log_and_one_whose_log_is_fetched(back, tmp_path):
    cluster = embedded.start(back / "postgres")
    with psycopg.connect(cluster.url("tongban"), autocommit=True) as connection:
        assert not deployment.ask(connection).archiving
        connection.execute("select pg_create_physical_replication_slot('elsewhere')")
        assert not deployment.ask(connection).archiving
        taking = subprocess.Popen([embedded.binary("pg_receivewal"), "--slot=elsewhere", f"--directory={tmp_path}",
                                   f"--dbname={cluster.url('postgres')}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not connection.execute("select bool_or(active) from pg_replication_slots").fetchone()[0]:
                assert taking.poll() is None
                time.sleep(0.1)
            assert deployment.ask(connection).archiving
        finally:
            taking.terminate()
            taking.wait(timeout=30)


def test_the_check_sees_a_log_that_cannot_be_put_away(tmp_path):
    folder = tmp_path / "postgres"
    embedded.start(folder, durable=False)
    embedded.stop(folder)
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write("archive_mode = on\narchive_command = 'false'\n")
    with psycopg.connect(embedded.start(folder, durable=False).url("postgres"), autocommit=True) as connection:
        connection.execute("select pg_switch_wal()")
        while not connection.execute("select failed_count from pg_stat_archiver").fetchone()[0]:
            time.sleep(0.1)
        assert connection.execute(deployment.ARCHIVE_FAILS).fetchone()[0] is True
        assert connection.execute(deployment.ARCHIVING).fetchone()[0] is True
    embedded.stop(folder, mode="immediate")


def test_a_damaged_file_is_not_kept_and_told(kept, tmp_path):
    var = tmp_path / "var"
    shutil.copytree(kept[0] / "often" / "files", var / "files")
    bad = next(var.glob("files/??/*"))
    bad.write_bytes(b"rotten")
    done = tongban(var, "files", "keep", tmp_path / "often")
    assert (done.returncode, bad.name in done.stdout) == (1, True)
    assert not list(tmp_path.glob(f"often/files/??/{bad.name}"))
