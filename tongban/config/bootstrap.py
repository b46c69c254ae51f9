"""Make a database ready: the database itself, the login roles that own nothing, migrations, reference data."""

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tongban.config import embedded, secrets_store
from tongban.kernel.schema import ROLES, role_name


def start_database(var: Path, *, durable: bool = True) -> None:
    """Start the embedded cluster if it is ours; then see to database and roles."""
    prepare(var, start_server(var, durable=durable))


def start_server(var: Path, *, durable: bool = True) -> str:
    """Start the embedded cluster unless `DATABASE_URL` names a server, and change nothing in it; its owner's address."""
    url = secrets_store.database_url(var)
    if url.startswith("postgresql://nobody@") or (var / "postgres" / "connection.json").exists():
        embedded.start(var / "postgres", durable=durable)
        url = secrets_store.database_url(var)
    return url


def prepare(var: Path, url: str) -> None:
    """Create the database of `url` and the login roles where they are missing; set the roles' passwords."""
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as server:
        found = server.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
        if found is None:
            server.execute(sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(name)))
        for role in ROLES:
            _login(server, role_name(role), secrets_store.secret(var, f"role-{role}"))
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
        database.execute("revoke all on schema public from public")
        for role in ROLES:
            login = sql.Identifier(role_name(role))
            database.execute(sql.SQL("grant connect on database {} to {}").format(sql.Identifier(name), login))
            database.execute(sql.SQL("grant usage on schema public to {}").format(login))


def _login(server: psycopg.Connection[tuple[object, ...]], login: str, password: str) -> None:
    """Only a superuser may name these two attributes of a role on PostgreSQL 15, so they are named where they must go."""
    known = server.execute("select rolsuper or rolbypassrls from pg_roles where rolname = %s", [login]).fetchone()
    verb = sql.SQL("alter role {} with" if known else "create role {} with").format(sql.Identifier(login))
    taken = sql.SQL("nosuperuser nobypassrls" if known and known[0] else "")
    server.execute(sql.SQL("{} login nocreatedb nocreaterole {} password {}").format(verb, taken, sql.Literal(password)))
