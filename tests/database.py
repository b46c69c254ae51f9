"""Test databases: one embedded cluster, a template per state of the migrations, a clone per test process.

The clones have a clock that tests can set; everything else is as in production, the login roles included.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tongban.config import bootstrap, embedded

GIVEN = os.environ.get("DATABASE_URL", "")
ROOT = Path(__file__).resolve().parents[1]
CLOCK = """
create table test_clock (one boolean primary key default true check (one), at timestamptz not null);
grant select on test_clock to public;
create or replace function kernel_now() returns timestamptz language sql stable as
  'select coalesce((select at from test_clock), statement_timestamp())';
update ledger_state set sealed_at = '9999-01-01';
"""


def owner_url(name: str) -> str:
    """Where the owner reaches a database of the test cluster: the embedded one, or the server of `DATABASE_URL`."""
    if GIVEN:
        return urlunsplit(urlsplit(GIVEN)._replace(path=f"/{name}"))
    return embedded.start(Path(os.environ["TONGBAN_VAR"]) / "postgres", durable=False).url(name)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold a lock over all test processes of this machine."""
    folder = Path(os.environ["TONGBAN_VAR"])
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def template_name() -> str:
    """A name that changes with every migration, data file and loader."""
    digest = hashlib.sha256()
    for pattern in ("tongban/*/migrations/*.py", "tongban/*/models.py", "tongban/config/samples.py", "data/**/*.yaml",
                    "data/processes/*.bpmn", "tests/database.py"):
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return f"template_{digest.hexdigest()[:16]}"


def clone(template: str, name: str) -> None:
    """Make database `name` a copy of `template`; one process at a time, because login roles belong to the cluster."""
    with one_at_a_time():
        with psycopg.connect(owner_url("postgres"), autocommit=True) as server:
            bootstrap.drop(server, name)
            server.execute(sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(template)))
        bootstrap.prepare(Path(os.environ["TONGBAN_VAR"]), owner_url(name))


def drop(name: str) -> None:
    """Remove a test database."""
    with psycopg.connect(owner_url("postgres"), autocommit=True) as server:
        bootstrap.drop(server, name)


def exists(name: str) -> bool:
    """Is there a database of this name?"""
    with psycopg.connect(owner_url("postgres"), autocommit=True) as server:
        return server.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None


def set_clock(url: str, at: datetime | None) -> None:
    """Set the clock of a test database; None lets it run."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("delete from test_clock")
        if at is not None:
            database.execute("insert into test_clock (at) values (%s)", [at])
