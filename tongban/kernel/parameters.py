"""Policy figures as rows: read by name and date, changed only by adding a later row (OPS-02)."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from time import monotonic
from typing import Any

import msgspec
from django.db.transaction import on_commit
from psycopg.types.json import Jsonb

from tongban.kernel import database, events
from tongban.kernel.errors import Refusal
from tongban.kernel.events import event
from tongban.kernel.types import Who

FRESH_SECONDS = 5


class FigureAlreadySet(Refusal):
    """“{name}” already has a value from {day} on. Figures are never replaced: give the new one a later day."""


@event()
class ParameterSet:
    """A policy figure has a new value from a date on."""

    name: str
    value: Any
    effective_from: str


def value(name: str, on: date) -> Any:
    """The value of a figure on a day; KeyError if there is none."""
    for start, found in reversed(_all(int(monotonic() / FRESH_SECONDS), database.alias())[name]):
        if start <= on:
            return found
    raise KeyError(f"no value of {name} on {on}")


def forget() -> None:
    """Drop what this process remembers."""
    _all.cache_clear()


def set_value(who: Who, *, name: str, value: Any, effective_from: date, source: str, confirmed: bool = False) -> None:
    """Give a figure a value from a date on; the earlier values stay as history, and none is ever replaced."""
    with database.atomic():
        added = database.execute(
            "insert into kernel_parameter (name, value, effective_from, source, confirmed) values (%s, %s, %s, %s, %s) "
            "on conflict (name, effective_from) do nothing", [name, Jsonb(value), effective_from, source, confirmed])
        if not added:
            raise FigureAlreadySet(name=name, day=effective_from.isoformat())
        events.record(who, ParameterSet(name=name, value=value, effective_from=effective_from.isoformat()),
                      subject=f"parameter:{name}")
        on_commit(forget, using=database.alias())


@lru_cache(maxsize=4)
def _all(moment: int, alias: str) -> Mapping[str, list[tuple[date, Any]]]:

    known: dict[str, list[tuple[date, Any]]] = {}
    for name, found, start in database.rows(
            "select name, value::text, effective_from from kernel_parameter order by name, effective_from"):
        known.setdefault(name, []).append((start, msgspec.json.decode(found)))
    return known
