"""Which database login serves the current request or job, and on whose rows it may work.

Every audience has its own login role that owns nothing. Row-level security binds it to settings: the parties and
the authorities the actor may act for, and for what is nobody else's the account; no setting, no rows. Connections
begin with empty ones.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from psycopg import Connection, OperationalError
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, Escaping, ExecStatus, TransactionStatus

from tongban.kernel.types import Audience

OWNER = "owner"
PLACE = re.compile(r"%s|%\(\w+\)s")
"""Where a statement takes a value: the next one, or the one of a name."""
_current: ContextVar[str] = ContextVar("tongban_database", default="default")
_prepared: WeakKeyDictionary[Connection[Any], dict[str, str]] = WeakKeyDictionary()
"""What each connection keeps a plan of, by its text."""


class Router:
    """Sends the ORM to the login of the current audience; only the owner migrates."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return _current.get()

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return _current.get()

    def allow_relation(self, first: Model, second: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == OWNER


def alias() -> str:
    """The Django alias of the current login."""
    return _current.get()


def connection() -> BaseDatabaseWrapper:
    """The connection of the current login."""
    return connections[_current.get()]


@contextmanager
def serving(audience: Audience | str) -> Iterator[None]:
    """Use the login of `audience` inside the block."""
    token = _current.set("default" if audience == Audience.PUBLIC else str(audience))
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def acting(*, parties: Iterable[int] = (), authorities: Iterable[int] = (), account: int | None = None,
           scopes: Sequence[str] = ()) -> Iterator[None]:
    """A transaction that sees the rows of these parties and authorities and of no one else, and what is the account's own.

    `scopes`: parties who gave the actor a mandate, each with the item it is for: `party:item`, or `party:*` for all.
    """
    with transaction.atomic(using=alias()):
        own = [*parties]
        entrusted = {int(each.partition(":")[0]) for each in scopes}
        execute("select set_config('app.parties', %s, true), set_config('app.authorities', %s, true), "
                "set_config('app.account', %s, true), set_config('app.scopes', %s, true), "
                "set_config('app.reach', %s, true)",
                [_array(own), _array(authorities), str(account or ""), ",".join(scopes), _array([*own, *sorted(entrusted)])])
        yield


@contextmanager
def beginning(sql: str, *values: str) -> Iterator[bytes | None]:
    """A transaction that begins with this statement, planned once a connection; yields the first value of its first row.

    It travels together with BEGIN, so that it costs no round trip of its own; its parameters are `$1`, `$2`.
    """
    with transaction.atomic(using=alias()):
        wrapper = connection()
        send: Any = partial(_send, wrapper)
        for each in reversed(wrapper.execute_wrappers):
            send = partial(each, send)
        with wrapper.wrap_database_errors:
            found: bytes | None = send(sql, values, False, {"connection": wrapper, "cursor": None})
        yield found


def _send(wrapper: BaseDatabaseWrapper, sql: str, values: Sequence[str], *_: Any) -> bytes | None:
    link: Connection[Any] = wrapper.connection
    pgconn, name = link.pgconn, _planned(link, sql)
    quote = Escaping(pgconn).escape_literal
    begin = "begin; " if pgconn.transaction_status == TransactionStatus.IDLE else ""
    given = b", ".join(bytes(quote(each.encode())) for each in values)
    result = pgconn.exec_(f"{begin}execute {name}(".encode() + given + b")")
    _check(link, result, ExecStatus.TUPLES_OK)
    return result.get_value(0, 0) if result.ntuples else None


def _planned(link: Connection[Any], sql: str) -> str:
    """The name under which this connection keeps the plan of a statement; its parameters are `$1`, `$2`."""
    names = _prepared.setdefault(link, {})
    if sql not in names:
        name = f"planned_{len(names)}"
        _check(link, link.pgconn.prepare(name.encode(), sql.encode()), ExecStatus.COMMAND_OK)
        names[sql] = name
    return names[sql]


def plans(wrapper: BaseDatabaseWrapper) -> dict[str, str]:
    """The statements a connection keeps planned, by their names."""
    return {name: sql for sql, name in _prepared.get(wrapper.connection, {}).items()}


def _check(link: Connection[Any], result: Any, wanted: ExecStatus) -> None:
    if result.status == wanted:
        return
    if link.pgconn.status == ConnStatus.BAD:
        raise OperationalError(result.get_error_message())
    raise error_from_result(result, encoding=link.info.encoding)


def _array(keys: Iterable[int]) -> str:
    """Keys as row-level security reads them: an array of PostgreSQL as text."""
    return f"{{{','.join(str(key) for key in keys)}}}"


@contextmanager
def atomic() -> Iterator[None]:
    """A transaction on the current login, or a savepoint in the caller's."""
    with transaction.atomic(using=alias()):
        yield


def execute(sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> int:
    """Run one statement; returns the number of rows it touched."""
    with connection().cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def rows(sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Any]:
    """All rows of one statement."""
    with connection().cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def row(sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any | None:
    """The first row of one statement, or None."""
    with connection().cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


def planned(sql: str) -> str:
    """What to run in place of a statement so that this connection plans it once: for small reads, which cost less than that.

    The plan is kept as long as the connection lives, so the text must be one of few.
    """
    wrapper, (text, places) = connection(), _numbered(sql)
    wrapper.ensure_connection()
    with wrapper.wrap_database_errors:
        return f"execute {_planned(wrapper.connection, text)}{places}"


def planned_rows(sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Any]:
    """All rows of a statement that is planned once a connection."""
    return rows(planned(sql), parameters)


def planned_row(sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any | None:
    """The first row of a statement that is planned once a connection, or None."""
    return row(planned(sql), parameters)


@cache
def _numbered(sql: str) -> tuple[str, str]:
    """A statement with `$1`, `$2` for its places, and these places as whoever executes it fills them."""
    places: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        place = found[0]
        if place == "%s" or place not in places:
            places.append(place)
            return f"${len(places)}"
        return f"${places.index(place) + 1}"

    text = PLACE.sub(numbered, sql)
    return text, f"({', '.join(places)})" if places else ""
