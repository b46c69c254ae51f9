"""How long backup and restore take, and how much room a case needs: a granted case, copied a hundred thousand times.

Rows are copied below the application, triggers off: what is measured is volume, not law. One run; writes
docs/restore.json.
"""

import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import psycopg  # noqa: E402

from bench.house import Bench, house  # noqa: E402
from tongban.config import backup, bootstrap, embedded, secrets_store  # noqa: E402

CASES = int(os.environ.get("CASES", "100000"))
FILES = int(os.environ.get("FILES", "10000"))
FILE_BYTES = 100_000
SLUG = "food-operation-gaoling"
BY_CASE = ("cases_material", "cases_task", "cases_correction", "cases_decision", "cases_stop", "cases_word")
BY_NUMBER = ("supervision_watch", "supervision_signal", "reviews_invitation")
ROOM = """
select coalesce(parent.relname, c.relname)::text, sum(pg_total_relation_size(c.oid))::bigint
from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class parent on parent.oid = i.inhparent
where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' group by 1 order by 2 desc
"""
COPIED = "(%(mark)s || lpad(n::text, 7, '0'))"


def main() -> None:
    """Build, back up twice, restore into an empty cluster; note the figures."""
    with house() as bench:
        number = _first_case()
        empty = dict(_room(bench.url))
        began = time.monotonic()
        events = _copy(bench.url, number)
        _files(bench)
        print(f"built in {time.monotonic() - began:.0f} s", flush=True)
        full = dict(_room(bench.url))
        figures = _measure(bench)
    grown = {table: round((size - empty.get(table, 0)) / CASES) for table, size in full.items()}
    figures |= {
        "cases": CASES, "events_per_case": events, "files": FILES, "file_bytes": FILE_BYTES,
        "database_bytes_per_case": sum(grown.values()),
        "bytes_per_case_by_table": {table: size for table, size in grown.items() if size >= 20},
        "date": f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
                   f"shared: load {os.getloadavg()[2]:.0f} at the end",
        "case": f"{SLUG}, handed in, accepted, examined, granted; without its licence and files; copied below the application",
    }
    (ROOT / "docs" / "restore.json").write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")


def _first_case() -> str:
    from tests import journeys
    from tongban.kernel import database, following, sequencing

    with database.serving("worker"):
        number = journeys.granted(journeys.with_firm(journeys.citizen()), SLUG)
        sequencing.take_turn()
        while following.catch_up_all():
            sequencing.take_turn()
    return number


def _copy(url: str, number: str) -> int:
    """Copy the case with everything that hangs on it; returns its number of events."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        given: dict[str, Any] = {"number": number, "mark": number[:-7], "count": CASES}
        found = connection.execute("select id, (select max(id) from cases_case) from cases_case where number = %s",
                                   [number]).fetchone()
        assert found is not None
        given |= {"case": found[0], "base": found[1]}
        for table, where, special in (
            ("cases_case", "t.number = %(number)s", {
                "id": "%(base)s + n", "number": COPIED, "idempotency_key": "n::text || 'copied'"}),
            *((table, "t.case_id = %(case)s", {"case_id": "%(base)s + n"}) for table in BY_CASE),
            *((table, "t.case_number = %(number)s", {
                "case_number": COPIED, "token_hash": "encode(sha256(n::text::bytea), 'hex')",
                "token": "encode(sha256(n::text::bytea), 'hex')"}) for table in BY_NUMBER),
            ("kernel_event", "t.subject = %(number)s", {"subject": COPIED}),
            ("messages_message", "t.about = %(number)s", {"about": COPIED}),
        ):
            _copy_table(connection, table, where, special, given)
        connection.execute(
            "insert into kernel_position (position, event, at) select s.position + row_number() over (order by e.id), "
            "e.id, e.at from kernel_sequencer s, kernel_event e "
            "where not exists (select from kernel_position p where p.event = e.id)")
        connection.execute("update kernel_sequencer set position = (select max(position) from kernel_position), "
                           "last_snapshot = pg_current_snapshot()")
        connection.execute("update kernel_cursor set position = (select position from kernel_sequencer)")
        connection.execute("set session_replication_role = origin")
        connection.execute("select setval('cases_case_id_seq', (select max(id) from cases_case))")
        connection.execute("vacuum analyze")
        events = connection.execute("select count(*) from kernel_event where subject = %s", [number]).fetchone()
    return int(events[0]) if events else 0


def _copy_table(connection: Any, table: str, where: str, special: dict[str, str], given: dict[str, Any]) -> None:
    columns = [(name, default, identity) for name, default, identity in connection.execute(
        "select column_name, column_default, is_identity from information_schema.columns where table_name = %s "
        "and is_generated = 'NEVER' order by ordinal_position", [table]).fetchall()]
    taken = [name for name, default, identity in columns
             if name in special or not (identity == "YES" or "nextval" in (default or ""))]
    values = ", ".join(special.get(name, f't."{name}"') for name in taken)
    names = ", ".join(f'"{name}"' for name in taken)
    done = connection.execute(
        f"insert into {table} ({names}) {'overriding system value' if 'id' in special else ''} "
        f"select {values} from generate_series(1, %(count)s) n, {table} t where {where}", given)
    print(f"{table}: {done.rowcount}", flush=True)


def _files(bench: Bench) -> None:
    """Papers that do not compress, each named by a document."""
    hashes = []
    for _ in range(FILES):
        content = os.urandom(FILE_BYTES)
        sha256 = hashlib.sha256(content).hexdigest()
        place = bench.var / "files" / sha256[:2] / sha256
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        hashes.append(sha256)
    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute(
            "insert into documents_document (party, authorities, sha256, stored, key, name, media_type, size, pages, scanner, made, "
            "kept_at) select d.party, d.authorities, h, h, d.key, d.name, d.media_type, %s, d.pages, d.scanner, false, d.kept_at "
            "from unnest(%s::text[]) h, (select * from documents_document limit 1) d", [FILE_BYTES, hashes])


def _room(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(ROOM).fetchall()


def _measure(bench: Bench) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="tongban-backup-"))
    empty = Path(tempfile.mkdtemp(prefix="tongban-empty-"))
    empty.chmod(0o755)
    try:
        found: dict[str, Any] = {}
        for name in ("backup_seconds", "backup_again_seconds"):
            began = time.monotonic()
            backup.back_up(bench.var, bench.url, folder, with_keys=True, version="bench", say=print)
            found[name] = round(time.monotonic() - began, 1)
            time.sleep(1.1)
        found["dump_bytes"] = max(path.stat().st_size for path in folder.glob("*/database.dump"))
        os.environ["TONGBAN_VAR"] = str(empty)
        bootstrap.start_database(empty)
        began = time.monotonic()
        backup.restore(empty, secrets_store.database_url(empty), folder, replace=False, say=print)
        found["restore_seconds"] = round(time.monotonic() - began, 1)
        return found
    finally:
        embedded.stop(empty / "postgres", mode="immediate")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(empty, ignore_errors=True)


if __name__ == "__main__":
    main()
