"""The tick: what time brings, by an index on when it is due."""

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog

from tongban.kernel import database

T = TypeVar("T")
log = structlog.get_logger(__name__)
TICKS: dict[str, Callable[[], int]] = {}
STOPPING = threading.Event()
"""Set when the process is asked to end: what is due waits for the next one."""


def on_tick(name: str) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Register a function that does what is due now, in small transactions, and returns how much it did."""

    def register(work: Callable[[], int]) -> Callable[[], int]:
        TICKS[name] = work
        return work

    return register


def each_alone(keys: Iterable[T], act: Callable[[T], object]) -> int:
    """Act on each key in its own transaction; one that fails is logged and holds up none. Returns how many succeeded.

    A database that cannot be reached is no fault of a key: it ends the round.
    """
    done = 0
    for key in keys:
        if STOPPING.is_set():
            break
        database.connection().ensure_connection()
        try:
            with database.atomic():
                act(key)
            done += 1
        except Exception:
            log.exception("not_done_by_rule", key=key)
    return done


def tick() -> int:
    """Do everything that is due; one kind of work that fails does not stop the others."""
    done = 0
    for name, work in TICKS.items():
        if STOPPING.is_set():
            break
        try:
            done += work()
        except Exception:
            log.exception("tick_failed", tick=name)
            database.connection().close()
    return done
