"""Which database login serves the current request or job, and on whose rows it may work.

Every audience has its own login role that owns nothing. Row-level security binds it to settings: the parties and
the authorities the actor may act for, and for what is nobody else's the account; no setting, no rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from tongban.kernel.types import Audience

OWNER = "owner"
_current: ContextVar[str] = ContextVar("tongban_database", default="default")


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
        execute("select set_config('app.parties', %s, true), set_config('app.authorities', %s, true), "
                "set_config('app.account', %s, true), set_config('app.scopes', %s, true), "
                "set_config('app.principals', %s, true)",
                [joined(parties), joined(authorities), str(account or ""), ",".join(scopes),
                 ",".join(sorted({each.partition(":")[0] for each in scopes}))])
        yield


def joined(keys: Iterable[int]) -> str:
    """Keys as row-level security reads them."""
    return ",".join(str(key) for key in keys)


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
