"""Which database login serves the current request or job, and on whose rows it may work.

Every audience has its own login role that owns nothing. Row-level security binds it to settings: the parties and
the authorities the actor may act for, and for what is nobody else's the account; no setting, no rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
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
    pgconn, names = link.pgconn, _prepared.setdefault(link, {})
    if sql not in names:
        name = f"beginning_{len(names)}"
        _check(link, pgconn.prepare(name.encode(), sql.encode()), ExecStatus.COMMAND_OK)
        names[sql] = name
    quote = Escaping(pgconn).escape_literal
    begin = "begin; " if pgconn.transaction_status == TransactionStatus.IDLE else ""
    given = b", ".join(bytes(quote(each.encode())) for each in values)
    result = pgconn.exec_(f"{begin}execute {names[sql]}(".encode() + given + b")")
    _check(link, result, ExecStatus.TUPLES_OK)
    return result.get_value(0, 0) if result.ntuples else None


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
