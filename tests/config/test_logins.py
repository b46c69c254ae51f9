"""Logins belong to the whole server: a second folder finds them there and leaves them alone, unless it is told otherwise."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from tongban.config import bootstrap, embedded, secrets_store
from tongban.kernel.schema import ROLES, role_name

pytestmark = pytest.mark.xdist_group("logins")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that somebody else runs, and the owner it gave us, who is no superuser."""
    folder = tmp_path_factory.mktemp("server") / "postgres"
    cluster = embedded.start(folder, durable=False)
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute("create role keeper login createdb createrole password 'keeper'")
    yield f"postgresql://keeper:keeper@{cluster.host}:{cluster.port}"
    embedded.stop(folder, mode="immediate")


@pytest.fixture
def production(server, tmp_path):
    """The folder of the installation that is served from there."""
    var = tmp_path / "production"
    bootstrap.prepare(var, f"{server}/production", take_over=True)
    return var


def opened(url, var):
    """The logins that a folder's passwords open."""
    found = set()
    for role in ROLES:
        try:
            psycopg.connect(url, user=role_name(role), password=secrets_store.secret(var, f"role-{role}")).close()
        except psycopg.OperationalError:
            continue
        found.add(role)
    return found


def tongban(var, url, *arguments):
    environment = {**os.environ, "DATABASE_URL": url, "TONGBAN_VAR": str(var), "TONGBAN_SEARCH": str(var / "search")}
    return subprocess.run([sys.executable, "-m", "tongban.config.cli", *map(str, arguments)], env=environment, cwd=ROOT,
                          capture_output=True, text=True, check=False)


def databases(server):
    with psycopg.connect(f"{server}/postgres") as connection:
        return {name for (name,) in connection.execute("select datname from pg_database").fetchall()}


def test_the_same_folder_may_prepare_again(server, production):
    bootstrap.prepare(production, f"{server}/production")
    assert opened(f"{server}/production", production) == set(ROLES)


@pytest.mark.parametrize("command", [["prepare"], ["run", "--port", "1"], ["restore", "."]], ids=lambda each: each[0])
def test_another_folder_is_refused_and_locks_nobody_out(server, production, tmp_path, command):
    drill = tmp_path / "drill"
    done = tongban(drill, f"{server}/drill", *command)
    assert done.returncode == 1, done.stdout
    assert "say --take-over" in done.stderr
    assert "Traceback" not in done.stderr
    for role in ROLES:
        assert role_name(role) in done.stderr
    assert "drill" not in databases(server)
    assert opened(f"{server}/production", production) == set(ROLES)
    assert opened(f"{server}/postgres", drill) == set()


def test_one_strange_password_is_enough(server, production, tmp_path):
    other = tmp_path / "other"
    for role in ROLES[1:]:
        secrets_store.secret(other, f"role-{role}")
        (other / "secrets" / f"role-{role}").write_text(secrets_store.secret(production, f"role-{role}"))
    with pytest.raises(bootstrap.LoginsTaken) as refused:
        bootstrap.prepare(other, f"{server}/production")
    assert role_name(ROLES[0]) in str(refused.value)
    assert role_name(ROLES[1]) not in str(refused.value)


def test_who_takes_over_gets_the_logins_and_the_other_is_locked_out(server, production, tmp_path):
    drill = tmp_path / "drill"
    bootstrap.prepare(drill, f"{server}/drill", take_over=True)
    assert opened(f"{server}/drill", drill) == set(ROLES)
    assert opened(f"{server}/production", production) == set()
    bootstrap.prepare(drill, f"{server}/production")
    bootstrap.prepare(production, f"{server}/production", take_over=True)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("drop database drill")


def test_a_database_is_removed_although_somebody_may_not_be_put_out(server, production):
    """As PostgreSQL's own vacuum is for an owner who is no superuser: who is there is given time to leave."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as owner:
        owner.execute("create database short")
        guest = psycopg.connect(f"{server}/short", user=role_name(ROLES[0]),
                                password=secrets_store.secret(production, f"role-{ROLES[0]}"))
        threading.Timer(1, guest.close).start()
        bootstrap.drop(owner, "short")
    assert "short" not in databases(server)


def test_a_password_in_an_address_is_not_told(server, production, tmp_path):
    said = tongban(tmp_path / "drill", f"{server}/drill", "prepare").stderr
    assert "keeper:keeper" not in said
    assert secrets_store.secret(tmp_path / "drill", "role-public") not in said
