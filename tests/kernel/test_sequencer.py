"""The sequencer under concurrent writers: nothing missed, nothing twice, the order of each subject kept."""

import subprocess
import threading
import time
from collections import defaultdict

import psycopg
import pytest

from tests import database as test_database
from tests.requirements import requirement
from tongban.config import embedded
from tongban.kernel import database, sequencing

WRITE = ("insert into kernel_event (module, name, version, subject, actor, role, channel, payload) "
         "values ('tests', 'BellRang', 1, %s, 'tester', 'TEST', 'system', '{}') returning id")


@pytest.fixture
def own_house(house):
    """A database nobody else writes to; yields its owner's URL."""
    name = f"{house}_log"
    test_database.clone(test_database.template_name(), name)
    url = test_database.owner_url(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("delete from test_clock")
    yield url
    test_database.drop(name)


def positions(connection):
    return connection.execute(
        "select p.position, e.id, e.subject from kernel_position p join kernel_event e on e.id = p.event "
        "order by p.position").fetchall()


def sequence_until(url, stopping, lags):
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            last = stopping.is_set()
            started = time.monotonic()
            with connection.transaction():
                connection.execute(sequencing.TURN)
            lags.append(time.monotonic() - started)
            if last:
                return
            time.sleep(0.02)


def write_many(url, subject, count, written, *, hold=0.0, roll_back_every=0):
    """Act like an action: lock the subject's row, draw the event's id, sometimes early, sometimes rolled back."""
    with psycopg.connect(url) as connection:
        for turn in range(count):
            connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [subject])
            key = connection.execute(WRITE, [subject]).fetchone()[0]
            if hold and turn % 10 == 0:
                time.sleep(hold)
            if roll_back_every and turn % roll_back_every == 0:
                connection.rollback()
                continue
            connection.commit()
            written[subject].append(key)


@requirement("CASE-10")
def test_eight_writers_with_long_transactions_and_rollbacks_lose_nothing_and_keep_order(own_house):
    written, lags, stopping = defaultdict(list), [], threading.Event()
    sequencer = threading.Thread(target=sequence_until, args=(own_house, stopping, lags))
    sequencer.start()
    writers = [threading.Thread(target=write_many, args=(own_house, f"subject:{number % 4}", 60, written),
                                kwargs={"hold": 0.3 if number < 2 else 0.0, "roll_back_every": 7 if number % 2 else 0})
               for number in range(8)]
    long = threading.Thread(target=write_many, args=(own_house, "subject:long", 1, written), kwargs={"hold": 3.0})
    for writer in [long, *writers]:
        writer.start()
    with psycopg.connect(test_database.owner_url("postgres")) as elsewhere:
        elsewhere.execute("create temporary table other_database (x int)")
        elsewhere.execute("insert into other_database values (1)")
        for writer in [long, *writers]:
            writer.join()
    stopping.set()
    sequencer.join()
    with psycopg.connect(own_house) as connection:
        placed = positions(connection)
        first = connection.execute("select coalesce(max(position), 0) from kernel_position p join kernel_event e on "
                                   "e.id = p.event where e.name <> 'BellRang'").fetchone()[0]
    ours = [(position, key, subject) for position, key, subject in placed if position > first]
    assert [position for position, _, _ in placed] == list(range(1, len(placed) + 1))
    assert sorted(key for _, key, _ in ours) == sorted(key for keys in written.values() for key in keys)
    for subject, keys in written.items():
        assert [key for _, key, found in ours if found == subject] == sorted(keys)


def test_an_event_committed_late_is_placed_after_ones_drawn_later(own_house):
    with psycopg.connect(own_house) as early, psycopg.connect(own_house) as late, \
            psycopg.connect(own_house, autocommit=True) as sequencer:
        sequencer.execute(sequencing.TURN)
        first = early.execute(WRITE, ["subject:early"]).fetchone()[0]
        second = late.execute(WRITE, ["subject:late"]).fetchone()[0]
        late.commit()
        sequencer.execute(sequencing.TURN)
        early.commit()
        sequencer.execute(sequencing.TURN)
        sequencer.execute(sequencing.TURN)
        tail = [key for _, key, _ in positions(sequencer)][-2:]
    assert tail == [second, first]


def test_a_transaction_open_elsewhere_holds_nothing_up(own_house):
    with psycopg.connect(own_house) as idle, psycopg.connect(own_house, autocommit=True) as connection:
        idle.execute(WRITE, ["subject:open"])
        connection.execute(WRITE, ["subject:free"])
        placed = connection.execute(sequencing.TURN).fetchone()[0]
        idle.rollback()
    assert placed >= 1


def test_a_restored_database_places_what_it_holds_and_what_comes(own_house, tmp_path):
    """Dump, restore into a new cluster, act: every event gets a position once."""
    with psycopg.connect(own_house, autocommit=True) as connection:
        connection.execute(WRITE, ["subject:before"])
        connection.execute(sequencing.TURN)
        connection.execute(WRITE, ["subject:unplaced"])
    dump = tmp_path / "dump"
    with dump.open("wb") as file:
        subprocess.run([embedded.binary("pg_dump"), "--no-owner", "--no-acl", "--enable-row-security", own_house], stdout=file, check=True)
    cluster = embedded.start(tmp_path / "elsewhere", durable=False)
    try:
        with psycopg.connect(cluster.url("postgres"), autocommit=True) as server:
            server.execute("create database restored")
            for role in ("public", "citizen", "officer", "worker", "auditor"):
                server.execute(f"create role tongban_{role}")
        subprocess.run([embedded.binary("psql"), "-q", "-f", str(dump), cluster.url("restored")], check=True, capture_output=True)
        with psycopg.connect(cluster.url("restored"), autocommit=True) as connection:
            here = connection.execute("select system_identifier::text from pg_control_system()").fetchone()[0]
            connection.execute(sequencing.RESTORED, {"cluster": here})
            connection.execute(WRITE, ["subject:after"])
            connection.execute(sequencing.TURN)
            connection.execute(sequencing.TURN)
            placed = positions(connection)
            missing = connection.execute("select count(*) from kernel_event e where not exists "
                                         "(select from kernel_position p where p.event = e.id)").fetchone()[0]
    finally:
        embedded.stop(tmp_path / "elsewhere", mode="immediate")
    assert missing == 0
    assert [position for position, _, _ in placed] == list(range(1, len(placed) + 1))
    assert [subject for _, _, subject in placed][-3:] == ["subject:before", "subject:unplaced", "subject:after"]


def test_the_loop_notices_a_restore_by_itself(db):
    with database.serving("worker"):
        assert sequencing.after_restore() is False
        database.execute("update kernel_sequencer set cluster = 'elsewhere'")
        assert sequencing.after_restore() is True
        assert sequencing.after_restore() is False
