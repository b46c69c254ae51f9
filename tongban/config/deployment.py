"""`tongban check --deploy`: is this installation fit for people's data? Facts are gathered once, then judged purely.

Every check is a function from facts to sentences; each sentence says what is wrong and what to do.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tongban.config import backup, bootstrap, folders, logs_kept, organisation, secrets_store
from tongban.kernel import clock as own_clock
from tongban.kernel import simulations
from tongban.kernel.crypto import remote, zones
from tongban.kernel.crypto.keys import SIGNING
from tongban.kernel.crypto.remote import TOKEN, Published, SignerAway
from tongban.kernel.crypto.signing import PayloadKind
from tongban.kernel.schema import ROLES, RowSecurity, role_name

OLDEST_POSTGRES = 15
ZONE = "Asia/Shanghai"
FURTHEST_SECONDS = 2.0
OLDEST_BACKUP = timedelta(days=1)
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
LASTING = ("on", "remote_apply")
"""What `synchronous_commit` may be: with anything else an answer goes out before its act is on a disk."""

SPEAKING = ("log_statement", "log_min_duration_statement", "log_min_duration_sample", "log_parameter_max_length",
            "log_parameter_max_length_on_error", "password_encryption", "data_checksums")
SHORTEST_SECRET = 40
INSTALLED = Path("/etc/tongban")
"""Where deploy/systemd and deploy/nginx look for passwords and the key of the site."""

UNSAFE_ENTRY = """
select coalesce(array_to_string(database, ','), 'all') || ' for ' || array_to_string(user_name, ',') || ' by ' || auth_method
from pg_hba_file_rules where auth_method in ('trust', 'password', 'md5', 'ident') and error is null
"""
MAY_SEE_ENTRIES = """
select has_table_privilege('pg_hba_file_rules', 'select') and has_function_privilege('pg_hba_file_rules()', 'execute')
"""
WEAKLY_KEPT = "select rolname::text from pg_authid where rolname = any(%(logins)s) and rolpassword like 'md5%%' order by 1"
MAY_SEE_PASSWORDS = "select has_table_privilege('pg_authid', 'select')"
LINE = """
select not coalesce(inet_client_addr() <<= any(array['127.0.0.0/8', '::1/128']::inet[]), true),
  coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false),
  (select rolsuper or rolbypassrls from pg_roles where rolname = current_user)
"""
RISING = """
select rolname::text from pg_roles where rolname = any(%(logins)s)
and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
"""
OWNING = """
select relowner::regrole::text || ' owns ' || relname from pg_class
where relnamespace = 'public'::regnamespace and relowner::regrole::text = any(%(logins)s)
union all select member::regrole::text || ' is a member of ' || roleid::regrole::text from pg_auth_members
where member::regrole::text = any(%(logins)s)
"""
UNFORCED = """
select wanted from unnest(%(tables)s::text[]) wanted left join pg_class c on c.oid = to_regclass(wanted)
where not coalesce(c.relrowsecurity and c.relforcerowsecurity, false) order by 1
"""
AHEAD = """
select coalesce(min(month), 14) - 1 from generate_series(1, 13) month
where to_regclass('kernel_event_' || to_char(kernel_today() + make_interval(months => month), 'YYYY_MM')) is null
"""
ARCHIVING = """
select current_setting('archive_mode') <> 'off' and (current_setting('archive_command') not in ('', '(disabled)')
                                                      or coalesce(current_setting('archive_library', true), '') <> '')
  or exists (select from pg_replication_slots where slot_type = 'physical' and active)
"""
NAMELESS = """
select count(distinct a.id) from identity_account a join identity_post p on p.account_id = a.id
where a.active and not a.sample and a.party_id is null and (p.valid_to is null or p.valid_to >= kernel_today())
and not exists (select from identity_staff s where s.account_id = a.id)
"""
LOG_DAYS = """
select value from kernel_parameter where name = 'retention.log_days' and effective_from <= kernel_today()
order by effective_from desc limit 1
"""
ARCHIVE_FAILS = "select coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) from pg_stat_archiver"
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the database says of itself."""

    postgres: int
    switches: Mapping[str, str]
    rising: tuple[str, ...]
    owning: tuple[str, ...]
    unforced: tuple[str, ...]
    months_ahead: int
    samples: int
    seconds_apart: float
    archiving: bool
    archive_fails: bool
    told: Mapping[str, str]
    remote: bool
    encrypted: bool
    owner_rises: bool
    weakly_kept: tuple[str, ...]
    unsafe_entries: tuple[str, ...]
    nameless: int = 0
    people: organisation.Organisation | None = None
    log_days: int = 184


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the checks judge."""

    https: bool
    site: str
    hosts: tuple[str, ...]
    debug: bool
    testing: bool
    readable: tuple[str, ...]
    secret: str
    embedded: bool
    zone: str
    synchronised: bool | None
    simulated: tuple[str, ...]
    backups: str
    newest_backup: datetime | None
    now: datetime
    stored: Stored
    signer: str
    signer_answers: bool
    signing_keys: tuple[str, ...]
    copy: str = ""
    own_keys: Published | None = None
    copied_keys: Published | None = None
    logs_kept: tuple[float, float] = (0, 0)


def https(facts: Facts) -> list[str]:
    if not facts.https:
        return ["Pages go out without HTTPS. Put the proxy of deploy/nginx in front and set TONGBAN_HTTPS=1."]
    return [] if facts.site.startswith("https://") else [
        f"Links in messages begin with {facts.site}. Set TONGBAN_SITE to the address people use, with https://."]


def hosts(facts: Facts) -> list[str]:
    loose = [each for each in facts.hosts if each.startswith(("*", "."))]
    if loose:
        return [f"TONGBAN_HOSTS takes any name ({', '.join(loose)}). Name the addresses of this site, with commas."]
    if not set(facts.hosts) - {"127.0.0.1", "localhost", "[::1]"}:
        return ["TONGBAN_HOSTS names only this machine. Name the addresses people use, with commas."]
    return []


def trial(facts: Facts) -> list[str]:
    found = [name for name, on in (("TONGBAN_TESTING", facts.testing), ("DEBUG", facts.debug)) if on]
    return [f"{name} is on: passwords are hashed weakly or errors show their inside. Switch it off." for name in found]


def secret_files(facts: Facts) -> list[str]:
    return [f"{path} can be read by others. Say: chmod go= {path}" for path in facts.readable]


def weak_secret(facts: Facts) -> list[str]:
    if len(facts.secret) >= SHORTEST_SECRET and len(set(facts.secret)) > SHORTEST_SECRET // 4:
        return []
    return [("TONGBAN_SECRET_DJANGO is short or made up by hand: sessions and forms could be forged. Take 32 random bytes: "
             "openssl rand -base64 48")]


def known_staff(facts: Facts) -> list[str]:
    return [(f"{facts.stored.nameless} members of staff hold posts and nobody said which person they are: they could handle what "
             "is their own. Say it: tongban staff add, tongban staff confirm.")] if facts.stored.nameless else []


def prepared_people(facts: Facts) -> list[str]:
    return organisation.judge(facts.stored.people) if facts.stored.people else []


def log_keeping(facts: Facts) -> list[str]:
    return logs_kept.judge(facts.logs_kept, facts.stored.log_days)


def own_server(facts: Facts) -> list[str]:
    return ["The embedded database is for trial and small offices. Install PostgreSQL 15 or newer and set DATABASE_URL."
            ] if facts.embedded else []


def postgres_version(facts: Facts) -> list[str]:
    return [f"PostgreSQL {facts.stored.postgres} is too old. Install {OLDEST_POSTGRES} or newer."
            ] if facts.stored.postgres < OLDEST_POSTGRES else []


def durability(facts: Facts) -> list[str]:
    return [f"{name} is {facts.stored.switches[name]}: a power cut loses cases. Set {name} = on in postgresql.conf."
            for name in DURABLE if facts.stored.switches[name] not in LASTING]


def checksums(facts: Facts) -> list[str]:
    return [("Pages of the database carry no checksums: a failing disk would change cases unseen. Stop the server and run "
             "pg_checksums --enable.")] if facts.stored.told["data_checksums"] == "off" else []


def query_log(facts: Facts) -> list[str]:
    told, wrong = facts.stored.told, []
    if told["log_statement"] in {"all", "mod"}:
        wrong.append(f"log_statement is {told['log_statement']}: the server's log would hold what people wrote. Set log_statement = ddl.")
    times = [name for name in ("log_min_duration_statement", "log_min_duration_sample") if told[name] != "-1"]
    if times and told["log_parameter_max_length"] != "0":
        wrong.append(f"{times[0]} writes slow statements down with what people wrote. Set log_parameter_max_length = 0.")
    if told["log_parameter_max_length_on_error"] != "0":
        wrong.append("log_parameter_max_length_on_error writes down what people wrote when a statement fails. Set it to 0.")
    return wrong


def database_line(facts: Facts) -> list[str]:
    return [("The database is on another machine and the line to it is not encrypted. Set ssl = on there, and put "
             "?sslmode=verify-full into DATABASE_URL.")] if facts.stored.remote and not facts.stored.encrypted else []


def passwords(facts: Facts) -> list[str]:
    method = facts.stored.told["password_encryption"]
    wrong = [] if method == "scram-sha-256" else [f"password_encryption is {method}. Set password_encryption = scram-sha-256."]
    wrong += [f"The password of {role} is kept as MD5. Set it anew: alter role {role} password '...'"
              for role in facts.stored.weakly_kept]
    return wrong + [f"pg_hba.conf lets in {each}. Say scram-sha-256 there (peer for local administrators)."
                    for each in facts.stored.unsafe_entries]


def owner_role(facts: Facts) -> list[str]:
    return [("The owner's login is a superuser or passes by row security. It needs no more than createdb and createrole: "
             "alter role ... nosuperuser nobypassrls")] if facts.stored.owner_rises and not facts.embedded else []


def rising_roles(facts: Facts) -> list[str]:
    return [f"The login {role} can pass by row security or raise itself. Say: alter role {role} nosuperuser nobypassrls "
            "nocreaterole nocreatedb noreplication" for role in facts.stored.rising]


def owning_roles(facts: Facts) -> list[str]:
    return [f"{each}; a login of the application may own nothing and belong to no other role. Give it to the owner, "
            "or revoke the membership." for each in facts.stored.owning]


def row_security(facts: Facts) -> list[str]:
    return [f"Row security is not forced on {table}, which holds rows about people. "
            f"Say: alter table {table} enable row level security, force row level security"
            for table in facts.stored.unforced]


def partitions(facts: Facts) -> list[str]:
    from tongban.kernel.partitions import FEW

    return [(f"The event log has room for {facts.stored.months_ahead} months ahead. Run `tongban maintain`, and see that "
            "the worker runs.")] if facts.stored.months_ahead < FEW else []


def simulated_clients(facts: Facts) -> list[str]:
    return [f"{each} only stands in. Connect a real one before people rely on it (docs/simulated.md)."
            for each in facts.simulated]


def clock(facts: Facts) -> list[str]:
    told = []
    if facts.zone != ZONE:
        told.append(f"The time zone is {facts.zone}; days and time limits are counted in {ZONE}. Set TIME_ZONE to it.")
    if abs(facts.stored.seconds_apart) > FURTHEST_SECONDS:
        told.append(f"This machine and the database are {facts.stored.seconds_apart:+.0f} seconds apart. "
                    "Set both by the same time server.")
    if facts.synchronised is False:
        told.append("The clock of this machine follows no time server. Say: timedatectl set-ntp true")
    return told


def backups(facts: Facts) -> list[str]:
    if not facts.backups:
        return []
    if facts.newest_backup is None:
        return [f"There is no backup in {facts.backups}. Run `tongban backup {facts.backups}`."]
    age = facts.now - facts.newest_backup
    return [(f"The newest backup in {facts.backups} is {age.days * 24 + age.seconds // 3600} hours old. "
            "See why the daily one did not run.")] if age > OLDEST_BACKUP else []


def archive(facts: Facts) -> list[str]:
    if facts.embedded:
        return []
    if not facts.stored.archiving:
        return [("The server keeps its log nowhere else: a lost disk costs everything since the last backup. Set archive_mode "
                 "and archive_command (deploy/postgres), or let pg_receivewal take it with a slot.")]
    return [("The server cannot put its log away: the last attempt failed. Read its own log and run the archive_command by "
             "hand as postgres.")] if facts.stored.archive_fails else []


def signer(facts: Facts) -> list[str]:
    if not facts.signer:
        return [("Web and worker read the keys that sign licences and the record. Start tongban-signer, which has a user of its own, "
                 "and set TONGBAN_SIGNER (docs/operations/keys.md).")]
    if facts.signing_keys:
        return [f"{facts.signing_keys[0]} signs, and lies where web and worker can read it. Move it to the signer's folder of keys."]
    return [] if facts.signer_answers else [
        (f"The signer does not answer this user at {facts.signer}, so nothing is signed. See that tongban-signer runs and whom "
         "TONGBAN_SIGNER_USERS names.")]


SIGNED = (PayloadKind.LICENCE, PayloadKind.CHECKPOINT, TOKEN)
"""What every node signs; witnesses sign another kind besides."""


def unsigned(facts: Facts) -> list[str]:
    own, other = facts.own_keys, facts.copied_keys
    if own is None:
        return []
    known = {*own.kinds, *(other.kinds if other else ())}
    return [(f"Nobody this machine knows of signs each {kind}, so it verifies nowhere here. Name it in TONGBAN_SIGNER_KINDS, or name in "
             "TONGBAN_SIGNER_ALSO the copy of what the other zone's signer publishes.") for kind in SIGNED if kind not in known]


def two_zones(facts: Facts) -> list[str]:
    own, other = facts.own_keys, facts.copied_keys
    if not facts.copy or own is None:
        return []
    if other is None:
        return [(f"{facts.copy} is not what a signer publishes, or cannot be read, so what the other zone signs verifies nowhere here. "
                 "Copy its public.json there.")]
    if shared := sorted({each.key_id for each in own.keys} & {each.key_id for each in other.keys}
                        | {each["kid"] for each in own.tokens["keys"]} & {each["kid"] for each in other.tokens["keys"]}):
        return [(f"Both zones hold {shared[0]}: whoever takes the machine outside can sign what only the inside may. Give the signer "
                 "outside keys of its own (docs/operations/keys.md).")]
    if both := sorted(set(own.kinds) & set(other.kinds) - {TOKEN}):
        return [(f"Both zones sign each {both[0]}, and each believes its own only. Name what each signs in TONGBAN_SIGNER_KINDS.")]
    return []


def samples(facts: Facts) -> list[str]:
    return [(f"{facts.stored.samples} accounts are samples with a password everybody knows. "
            "Begin production with a fresh database, without samples.")] if facts.stored.samples else []


CHECKS: tuple[Callable[[Facts], list[str]], ...] = (
    https, hosts, trial, secret_files, weak_secret, own_server, postgres_version, durability, checksums, query_log,
    database_line, passwords, owner_role, rising_roles, owning_roles, row_security, partitions, simulated_clients, clock,
    backups, archive, samples, known_staff, signer, unsigned, two_zones, prepared_people, log_keeping,
)
PLAIN: tuple[Callable[[Facts], list[str]], ...] = (
    secret_files, postgres_version, durability, rising_roles, owning_roles, row_security, partitions, clock, backups,
)
"""What must hold in a trial too."""


def judge(facts: Facts, checks: Sequence[Callable[[Facts], list[str]]] = CHECKS) -> list[str]:
    """What every check says."""
    return [sentence for check in checks for sentence in check(facts)]


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    check = commands.add_parser("check", help="is this installation sound? with --deploy: is it fit for people's data?")
    check.add_argument("--deploy", action="store_true", help="everything that production asks, not only what a trial does too")
    check.set_defaults(act=run)


def run(options: argparse.Namespace) -> int:
    """Judge this installation; 1 if anything is unsafe."""
    bootstrap.start_server(folders.var())
    import django

    django.setup()
    checks = CHECKS if options.deploy else PLAIN
    problems = judge(gather(), checks)
    sys.stdout.write("".join(f"- {each}\n" for each in problems) or "Nothing unsafe was found.\n")
    if not options.deploy:
        sys.stdout.write(f"{len(checks)} of {len(CHECKS)} checks. Before real people come: tongban check --deploy\n")
    return 1 if problems else 0


def gather() -> Facts:
    """The facts of this installation."""
    from django.conf import settings

    url = secrets_store.database_url(settings.VAR)
    kept = os.environ.get("TONGBAN_BACKUPS", "")
    with psycopg.connect(url) as connection:
        stored = ask(connection)
    return Facts(
        https=settings.HTTPS, site=settings.SITE_URL, hosts=tuple(settings.ALLOWED_HOSTS), debug=settings.DEBUG,
        testing=settings.TESTING, secret=settings.SECRET_KEY,
        readable=(*readable((settings.VAR / "secrets", settings.KEYS, *settings.STORES)), *readable_files(INSTALLED)),
        embedded=is_embedded(url, settings.VAR), zone=settings.TIME_ZONE, synchronised=_synchronised(),
        simulated=tuple(simulated()), backups=kept, newest_backup=newest(Path(kept)) if kept else None,
        now=own_clock.of_this_machine(), stored=stored, signer=settings.SIGNER,
        signer_answers=bool(settings.SIGNER) and remote.answers(settings.SIGNER),
        signing_keys=tuple(str(path) for name in SIGNING for path in sorted(settings.KEYS.glob(f"{name}-*.key"))),
        copy=settings.SIGNER_ALSO, own_keys=published(settings.SIGNER), copied_keys=zones.copied(settings.SIGNER_ALSO),
        logs_kept=(float(told), float(told)) if (told := os.environ.get("TONGBAN_LOG_DAYS")) else logs_kept.here())


def ask(connection: Connection) -> Stored:
    """What the database says, asked as its owner."""
    from django.conf import settings

    def every(query: str, **given: Any) -> list[Any]:
        return [row[0] for row in connection.execute(query, given).fetchall()]

    logins = [role_name(role) for role in ROLES]
    remote, encrypted, rises = connection.execute(LINE).fetchone() or (False, False, False)
    return Stored(
        told={name: every("select current_setting(%(name)s)", name=name)[0] for name in SPEAKING},
        remote=remote, encrypted=encrypted, owner_rises=rises,
        weakly_kept=tuple(every(WEAKLY_KEPT, logins=logins)) if every(MAY_SEE_PASSWORDS)[0] else (),
        unsafe_entries=tuple(every(UNSAFE_ENTRY)) if every(MAY_SEE_ENTRIES)[0] else (),
        postgres=every("select current_setting('server_version_num')::int / 10000")[0],
        switches={name: every("select current_setting(%(name)s)", name=name)[0] for name in DURABLE},
        rising=tuple(every(RISING, logins=logins)), owning=tuple(every(OWNING, logins=logins)),
        unforced=tuple(every(UNFORCED, tables=sorted(guarded_tables()))),
        months_ahead=int(every(AHEAD)[0]), samples=every("select count(*) from identity_account where sample")[0],
        seconds_apart=float(every("select extract(epoch from clock_timestamp())")[0]) - own_clock.of_this_machine().timestamp(),
        archiving=every(ARCHIVING)[0], archive_fails=every(ARCHIVE_FAILS)[0],
        nameless=every(NAMELESS)[0], log_days=int(every(LOG_DAYS)[0]),
        people=organisation.ask(connection, hub=settings.HUB))


def guarded_tables() -> set[str]:
    """Tables with rows about people, as the migrations declare them."""
    from django.db.migrations.loader import MigrationLoader

    found = MigrationLoader(None).disk_migrations.values()
    return {each.table for migration in found for each in migration.operations if isinstance(each, RowSecurity)}


def simulated() -> Iterator[str]:
    """What stands in for an outside system at this moment."""
    return (f"{each.stands_for.en}: {each.name}" for each in simulations.in_use())


def readable(folders: Sequence[Path]) -> Iterator[str]:
    """Secret files and folders that someone else on this machine can open: the folder, or its first open file."""
    for folder in folders:
        if not folder.exists() or not folder.stat().st_mode & 0o077:
            continue
        opened = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
        yield str(opened[0] if opened else folder)


def readable_files(folder: Path) -> Iterator[str]:
    """Files with passwords or keys of an installation that someone else on this machine can open."""
    for path in (*folder.glob("*.env"), *folder.glob("tls/*.key")):
        if path.stat().st_mode & 0o077:
            yield str(path)


def is_embedded(url: str, var: Path) -> bool:
    """Does the address lead to the cluster below `var`, or is there no other?"""
    note = var / "postgres" / "connection.json"
    if not os.environ.get("DATABASE_URL"):
        return True
    return note.exists() and json.loads(note.read_text())["port"] == urlsplit(url).port


def newest(folder: Path) -> datetime | None:
    """When the newest whole backup in the folder was made."""
    found = [each.name for each in folder.glob("*") if backup.STAMP.fullmatch(each.name)]
    return datetime.strptime(max(found), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None


def published(path: str) -> Published | None:
    """What the signer publishes; None where there is none, or it never ran."""
    try:
        return remote.published(path) if path else None
    except SignerAway:
        return None


def _synchronised() -> bool | None:
    """Does the clock follow a time server? None where the machine does not say."""
    if shutil.which("timedatectl") is None:
        return None
    done = subprocess.run(["timedatectl", "show", "-p", "NTPSynchronized", "--value"], capture_output=True, text=True,
                          check=False)
    return {"yes": True, "no": False}.get(done.stdout.strip())
