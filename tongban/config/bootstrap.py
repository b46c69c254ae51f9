"""Make a database ready: the database itself, the login roles that own nothing, migrations, reference data."""

import argparse
import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tongban.config import embedded, secrets_store
from tongban.config.folders import STORES
from tongban.kernel.schema import ROLES, role_name

Connection = psycopg.Connection[tuple[object, ...]]


class LoginsTaken(Exception):
    """Logins of the server have other passwords than this folder knows: another installation lives on it."""


def start_database(var: Path, *, durable: bool = True, take_over: bool = False) -> None:
    """Start the embedded cluster if it is ours; then see to database and roles."""
    prepare(var, start_server(var, durable=durable), take_over=take_over or not os.environ.get("DATABASE_URL"))


def may_take_over(command: argparse.ArgumentParser) -> None:
    """Give a command the option without which it leaves the passwords of logins that are there alone."""
    command.add_argument("--take-over", action="store_true",
                         help="set new passwords of the server's logins, although something else may use the old ones")


def start_server(var: Path, *, durable: bool = True) -> str:
    """Start the embedded cluster unless `DATABASE_URL` names a server, and change nothing in it; its owner's address."""
    url = secrets_store.database_url(var)
    if url.startswith("postgresql://nobody@") or (var / "postgres" / "connection.json").exists():
        embedded.start(var / "postgres", durable=durable)
        url = secrets_store.database_url(var)
    return url


def prepare(var: Path, url: str, *, take_over: bool = False) -> None:
    """Create the database of `url` and the login roles where they are missing.

    Logins belong to the whole server: if one is there that this folder's password does not open, another installation
    would be locked out by a new one. That is refused unless it is meant.
    """
    if not take_over:
        _refuse_others(var, url)
    furnish(var, url, passwords=take_over)


def furnish(var: Path, url: str, *, passwords: bool = False) -> None:
    """Create what is missing; logins that are there keep their passwords unless these are to be set."""
    name = _name(url)
    for each in STORES:
        (var / each).mkdir(mode=0o700, parents=True, exist_ok=True)
    with psycopg.connect(_maintenance(url), autocommit=True) as server:
        if not _exists(server, name):
            server.execute(sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(name)))
        known = _logins(server)
        for role in ROLES:
            login = role_name(role)
            _login(server, login, "" if login in known and not passwords else secrets_store.secret(var, f"role-{role}"))
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
        database.execute("revoke all on schema public from public")
        for role in ROLES:
            who = sql.Identifier(role_name(role))
            database.execute(sql.SQL("grant connect on database {} to {}").format(sql.Identifier(name), who))
            database.execute(sql.SQL("grant usage on schema public to {}").format(who))


def drop(server: Connection, name: str) -> None:
    """Remove a database and end who is in it.

    An owner who is no superuser may not end what is not theirs, PostgreSQL's own vacuum included; without force the
    server ends that by itself and gives others five seconds to leave. `ObjectInUse` when they stay.
    """
    remove = sql.SQL("drop database if exists {}").format(sql.Identifier(name))
    try:
        server.execute(remove + sql.SQL(" with (force)"))
    except psycopg.errors.InsufficientPrivilege:
        server.execute(remove)


def _refuse_others(var: Path, url: str) -> None:
    """Try every login that is there with this folder's password; where the server trusts everybody, nothing is told."""
    with psycopg.connect(_maintenance(url), autocommit=True) as server:
        known = _logins(server)
        where = _name(url) if _exists(server, _name(url)) else "postgres"
    refused = {}
    for role in ROLES:
        if (login := role_name(role)) in known:
            try:
                psycopg.connect(url, dbname=where, user=login, password=secrets_store.secret(var, f"role-{role}")).close()
            except psycopg.OperationalError as error:
                refused[login] = str(error).strip()
    if refused:
        raise LoginsTaken(
            f"The passwords in {var / 'secrets'} do not open {', '.join(refused)} of this server. Logins belong to the whole "
            "server: another installation uses them. For a drill take a server of its own, or leave DATABASE_URL out. To give "
            f"them new passwords, say --take-over: whatever uses the old ones is then locked out. {next(iter(refused.values()))}")


def _maintenance(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path="/postgres"))


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def _exists(server: Connection, name: str) -> bool:
    return server.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None


def _logins(server: Connection) -> set[str]:
    found = server.execute("select rolname::text from pg_roles where rolname = any(%s)", [[role_name(each) for each in ROLES]])
    return {str(login) for (login,) in found.fetchall()}


def _login(server: Connection, login: str, password: str) -> None:
    """Only a superuser may name these two attributes of a role on PostgreSQL 15, so they are named where they must go."""
    known = server.execute("select rolsuper or rolbypassrls from pg_roles where rolname = %s", [login]).fetchone()
    verb = sql.SQL("alter role {} with" if known else "create role {} with").format(sql.Identifier(login))
    taken = sql.SQL("nosuperuser nobypassrls" if known and known[0] else "")
    secret = sql.SQL("password {}").format(sql.Literal(password)) if password else sql.SQL("")
    server.execute(sql.SQL("{} login nocreatedb nocreaterole {} {}").format(verb, taken, secret))
