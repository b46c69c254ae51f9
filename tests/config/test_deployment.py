"""What `tongban check --deploy` refuses: every check by its facts, and the facts by a real database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest

from tests import database as test_database
from tests.architecture.test_database import PERSONAL
from tongban.config import deployment, organisation
from tongban.config.deployment import Facts, Stored, judge
from tongban.documents import clients as documents
from tongban.kernel import simulations
from tongban.kernel.crypto.remote import Published
from tongban.kernel.crypto.signing import Algorithm, VerifyingKey

ENTRIES = pytest.mark.xdist_group("entries of the server")
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
READY = organisation.Organisation(hub=False, superior=True, late=0, drill_due=False, exercise_due=False)
STORED = Stored(postgres=15, switches={"fsync": "on", "full_page_writes": "on", "synchronous_commit": "remote_apply"},
                rising=(), owning=(), unforced=(), months_ahead=13, samples=0, seconds_apart=0.2,
                archiving=True, archive_fails=False, remote=True, encrypted=True, owner_rises=False, weakly_kept=(),
                unsafe_entries=(), people=READY, told={
                    "log_statement": "ddl", "log_min_duration_statement": "-1", "log_min_duration_sample": "-1",
                    "log_parameter_max_length": "-1", "log_parameter_max_length_on_error": "0",
                    "password_encryption": "scram-sha-256", "data_checksums": "on"})
INSIDE, OUTSIDE = (Published(
    keys=(VerifyingKey(algorithm=Algorithm.ED25519, key_id=f"ed25519-{number}", is_software=True, value=b""),), current=(),
    tokens={"keys": [{"kid": f"es256-{number}"}]}, kinds=kinds)
    for number, kinds in ((1, ("checkpoint", "licence", "token")), (2, ("cosignature", "token"))))
SAFE = Facts(https=True, site="https://tongban.example", hosts=("tongban.example", "127.0.0.1"), debug=False,
             testing=False, readable=(), secret="pZ3vQ8kTn1xR7yLb5mWc9dJf2gHs6aUe4oEi0qXtVzY",
             embedded=False, zone="Asia/Shanghai", synchronised=True, simulated=(),
             backups="/backups", newest_backup=NOW - timedelta(hours=23), now=NOW, stored=STORED,
             signer="/run/tongban-signer/socket", signer_answers=True, signing_keys=(),
             copy="/etc/tongban/other.json", own_keys=INSIDE, copied_keys=OUTSIDE, logs_kept=(215, 215))


def stored(**changes):
    return {"stored": replace(STORED, **changes)}


def setting(**told):
    return stored(told={**STORED.told, **told})


UNSAFE = [
    ({"https": False}, "without HTTPS", "TONGBAN_HTTPS=1"),
    ({"site": "http://tongban.example"}, "Links in messages", "TONGBAN_SITE"),
    ({"hosts": ("*",)}, "takes any name", "TONGBAN_HOSTS"),
    ({"hosts": (".example",)}, "takes any name", "TONGBAN_HOSTS"),
    ({"hosts": ("127.0.0.1", "localhost")}, "only this machine", "TONGBAN_HOSTS"),
    ({"debug": True}, "DEBUG is on", "Switch it off"),
    ({"testing": True}, "TONGBAN_TESTING is on", "Switch it off"),
    ({"readable": ("/var/keys/field-0001.key",)}, "can be read by others", "chmod go= /var/keys/field-0001.key"),
    ({"secret": "kTn1xR7yLb5mWc9dJf2gHs6aUe4oEi"}, "TONGBAN_SECRET_DJANGO is short", "openssl rand"),
    ({"secret": "tongban-" * 10}, "TONGBAN_SECRET_DJANGO is short or made up", "openssl rand"),
    ({"embedded": True}, "embedded database", "DATABASE_URL"),
    (stored(nameless=2), "2 members of staff", "tongban staff add"),
    ({"logs_kept": (182, 215)}, "The journal is kept for 182 days", "deploy/journald"),
    ({"logs_kept": (215, 14)}, "The log of nginx is kept for 14 days", "deploy/logrotate"),
    (stored(people=replace(READY, superior=False)), "No superior node", "tongban nodes propose"),
    (stored(people=replace(READY, late=2)), "2 incidents", "tongban incidents list"),
    (stored(people=replace(READY, drill_due=True)), "No drill", "--rehearsal drill"),
    (stored(people=replace(READY, exercise_due=True)), "No exercise", "--rehearsal exercise"),
    (stored(people=replace(READY, unanswered=("NODE", "KEYS (sample)"))), "answers for NODE, KEYS (sample)", "tongban responsible name"),
    (stored(people=replace(READY, stale=("公交一卡通",))), "assessment of 公交一卡通", "tongban assessments write"),
    *((stored(switches={**STORED.switches, "synchronous_commit": value}), f"synchronous_commit is {value}", "= on")
      for value in ("local", "remote_write")),
    (setting(data_checksums="off"), "no checksums", "pg_checksums --enable"),
    (setting(log_statement="all"), "log_statement is all", "log_statement = ddl"),
    (setting(log_statement="mod"), "log_statement is mod", "log_statement = ddl"),
    (setting(log_min_duration_statement="250ms"), "log_min_duration_statement writes", "log_parameter_max_length = 0"),
    (setting(log_min_duration_sample="0"), "log_min_duration_sample writes", "log_parameter_max_length = 0"),
    (setting(log_parameter_max_length_on_error="-1"), "when a statement fails", "Set it to 0"),
    (stored(encrypted=False), "not encrypted", "sslmode=verify-full"),
    (setting(password_encryption="md5"), "password_encryption is md5", "scram-sha-256"),
    (stored(weakly_kept=("tongban_citizen",)), "tongban_citizen is kept as MD5", "alter role tongban_citizen"),
    (stored(unsafe_entries=("all for all by trust",)), "lets in all for all by trust", "scram-sha-256"),
    (stored(owner_rises=True), "owner's login is a superuser", "nosuperuser nobypassrls"),
    (stored(postgres=14), "PostgreSQL 14 is too old", "15 or newer"),
    *((stored(switches={**STORED.switches, name: "off"}), f"{name} is off", f"{name} = on")
      for name in ("fsync", "full_page_writes", "synchronous_commit")),
    (stored(rising=("tongban_citizen",)), "tongban_citizen can pass by row security", "nobypassrls"),
    (stored(owning=("tongban_officer owns cases_case",)), "tongban_officer owns cases_case", "Give it to the owner"),
    (stored(unforced=("cases_case",)), "not forced on cases_case", "force row level security"),
    (stored(months_ahead=1), "1 months ahead", "tongban maintain"),
    ({"simulated": ("The virus scanner: documents.Simulated",)}, "documents.Simulated only stands in", "Connect"),
    ({"zone": "UTC"}, "time zone is UTC", "Set TIME_ZONE"),
    (stored(seconds_apart=-30.0), "-30 seconds apart", "same time server"),
    ({"synchronised": False}, "follows no time server", "timedatectl"),
    ({"newest_backup": None}, "no backup in /backups", "tongban backup /backups"),
    ({"newest_backup": NOW - timedelta(hours=25)}, "25 hours old", "See why"),
    (stored(archiving=False), "keeps its log nowhere else", "archive_command"),
    (stored(archive_fails=True), "cannot put its log away", "as postgres"),
    ({"signer": ""}, "Web and worker read the keys that sign", "TONGBAN_SIGNER"),
    ({"signing_keys": ("/var/keys/sm2-0001.key",)}, "/var/keys/sm2-0001.key signs", "Move it"),
    ({"copied_keys": None}, "/etc/tongban/other.json is not what a signer publishes", "Copy its public.json"),
    ({"copy": "", "copied_keys": None, "own_keys": msgspec.structs.replace(INSIDE, kinds=("checkpoint", "token"))},
     "Nobody this machine knows of signs each licence", "TONGBAN_SIGNER_ALSO"),
    ({"own_keys": msgspec.structs.replace(INSIDE, kinds=("licence",))}, "signs each checkpoint", "TONGBAN_SIGNER_KINDS"),
    ({"copied_keys": msgspec.structs.replace(INSIDE, kinds=OUTSIDE.kinds)}, "Both zones hold ed25519-1", "keys of its own"),
    ({"copied_keys": msgspec.structs.replace(OUTSIDE, tokens=INSIDE.tokens)}, "Both zones hold es256-1", "keys of its own"),
    ({"copied_keys": msgspec.structs.replace(OUTSIDE, kinds=("cosignature", "licence", "token"))}, "sign each licence", "SIGNER_KINDS"),
    ({"signer_answers": False}, "does not answer this user at /run/tongban-signer/socket", "TONGBAN_SIGNER_USERS"),
    (stored(samples=3), "3 accounts are samples", "fresh database"),
]


def test_a_safe_installation_is_told_nothing():
    assert judge(SAFE) == []
    assert judge(replace(SAFE, copy="", copied_keys=None)) == []
    assert judge(replace(SAFE, copy="", copied_keys=None, own_keys=None)) == []
    assert judge(replace(SAFE, backups="", newest_backup=None, synchronised=None)) == []
    assert judge(replace(SAFE, **stored(remote=False, encrypted=False))) == []
    assert judge(replace(SAFE, **setting(log_min_duration_statement="250ms", log_parameter_max_length="0"))) == []


@pytest.mark.parametrize(("changes", "what", "todo"), UNSAFE)
def test_what_is_unsafe_is_named_with_what_to_do(changes, what, todo):
    told = judge(replace(SAFE, **changes))
    assert len(told) == 1
    assert what in told[0]
    assert todo in told[0]


def test_every_check_is_tried_above():
    tried = {check for changes, _, _ in UNSAFE for check in deployment.CHECKS if check(replace(SAFE, **changes))}
    assert tried == set(deployment.CHECKS)


@pytest.fixture
def owner(house):
    """The owner of the test database in a transaction that is rolled back."""
    with psycopg.connect(test_database.owner_url(house)) as connection:
        yield connection
        connection.rollback()


def test_a_database_as_migrated_is_sound_but_for_the_switches_of_tests_and_the_samples(owner):
    found = deployment.ask(owner)
    assert (found.rising, found.owning, found.unforced) == ((), (), ())
    assert found.postgres >= 15
    assert found.months_ahead >= 2
    assert found.samples > 0
    assert abs(found.seconds_apart) < 2
    assert found.switches == {name: owner.execute(f"show {name}").fetchone()[0] for name in STORED.switches}
    assert test_database.GIVEN or set(found.switches.values()) == {"off"}


def test_what_someone_changed_in_the_database_is_found(owner):
    month = owner.execute("select to_char(kernel_today() + interval '1 month', 'YYYY_MM')").fetchone()[0]
    for statement in ("alter role tongban_citizen createdb", "grant create on schema public to tongban_worker",
                      "grant tongban_worker to current_user", "alter table reviews_step no force row level security",
                      "alter table cases_case disable row level security", "alter table cases_move owner to tongban_worker",
                      "grant tongban_worker to tongban_officer", f"drop table kernel_event_{month}"):
        owner.execute(statement)
    found = deployment.ask(owner)
    assert found.rising == ("tongban_citizen",)
    assert found.unforced == ("cases_case", "reviews_step")
    assert set(found.owning) >= {"tongban_worker owns cases_move", "tongban_officer is a member of tongban_worker"}
    assert found.months_ahead == 0


@ENTRIES
def test_what_the_server_would_write_down_and_how_it_keeps_passwords_is_found(owner):
    found = deployment.ask(owner)
    assert (found.remote, found.encrypted, found.weakly_kept, found.unsafe_entries) == (False, False, (), ())
    rises = owner.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()[0]
    assert found.owner_rises is rises
    if not rises:
        pytest.skip("only a superuser may change these")
    for statement in ("set local log_statement = 'all'", "set local log_min_duration_statement = 250",
                      "set local log_parameter_max_length_on_error = 64", "set local password_encryption = 'md5'",
                      f"alter role tongban_citizen password 'md5{'0' * 32}'"):
        owner.execute(statement)
    found = deployment.ask(owner)
    assert found.weakly_kept == ("tongban_citizen",)
    assert (found.told["log_statement"], found.told["log_min_duration_statement"], found.told["password_encryption"]) == (
        "all", "250ms", "md5")
    assert found.told["log_parameter_max_length_on_error"] not in {"0", "-1"}


@ENTRIES
def test_entries_without_a_password_are_found(owner):
    if test_database.GIVEN:
        pytest.skip("the entries of that server are not ours to change")
    entries = Path(owner.execute("show hba_file").fetchone()[0])
    before = entries.read_text()
    try:
        entries.write_text(before + "\nhost tongban_nowhere tongban_nobody 127.0.0.1/32 trust\n")
        assert deployment.ask(owner).unsafe_entries == ("tongban_nowhere for tongban_nobody by trust",)
    finally:
        entries.write_text(before)


def test_passwords_of_an_installation_that_others_can_read_are_found(tmp_path):
    (tmp_path / "tls").mkdir()
    files = [tmp_path / "common.env", tmp_path / "tls" / "site.key"]
    for path in (*files, tmp_path / "tls" / "site.crt"):
        path.write_text("x")
        path.chmod(0o640)
    assert list(deployment.readable_files(tmp_path)) == [str(path) for path in files]
    for path in files:
        path.chmod(0o600)
    assert list(deployment.readable_files(tmp_path)) == []
    assert list(deployment.readable_files(tmp_path / "absent")) == []


def test_every_table_about_people_is_looked_at():
    assert deployment.guarded_tables() >= PERSONAL


def test_stand_ins_are_named_and_real_ones_are_not(monkeypatch):
    scanner = "The virus scanner: tongban.documents.clients.SimulatedScanner"
    assert set(deployment.simulated()) == {f"{each.stands_for.en}: {each.name}" for each in simulations.every()}
    assert scanner in set(deployment.simulated())
    monkeypatch.setattr(documents, "scanner", object)
    assert scanner not in set(deployment.simulated())
    assert len(list(deployment.simulated())) == len(simulations.every()) - 1


def test_open_secrets_are_found_and_closed_ones_are_not(tmp_path):
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    key = folder / "field-0001.key"
    key.write_text("x")
    key.chmod(0o644)
    assert list(deployment.readable([folder, tmp_path / "absent"])) == []
    folder.chmod(0o755)
    assert list(deployment.readable([folder])) == [str(key)]
    key.chmod(0o600)
    assert list(deployment.readable([folder])) == [str(folder)]


def test_the_newest_whole_backup_counts(tmp_path):
    assert deployment.newest(tmp_path) is None
    for name in ("20260301T100000Z", "20260302T100000Z", "20260303T100000Z.partial", "files"):
        (tmp_path / name).mkdir()
    assert deployment.newest(tmp_path) == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_the_embedded_database_is_recognised_though_its_address_was_given(monkeypatch, tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "connection.json").write_text('{"port": 5999}')
    url = "postgresql://tongban@127.0.0.1:5999/tongban"
    monkeypatch.setenv("DATABASE_URL", url)
    assert deployment.is_embedded(url, tmp_path)
    assert not deployment.is_embedded("postgresql://owner@db.example:5432/tongban", tmp_path)
    monkeypatch.delenv("DATABASE_URL")
    assert deployment.is_embedded("postgresql://owner@db.example:5432/tongban", tmp_path)
