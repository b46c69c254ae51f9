"""Slow work outside the request: deferred by followers, in bulk, by name; run by the worker."""

from collections.abc import Callable, Iterable
from typing import Any

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

RETRIES = 5


def job(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a job: idempotent, three lines, calls one action; retried with growing pauses."""
    def register(work: Callable[..., None]) -> Callable[..., None]:
        app.task(name=name, queue=name.partition(".")[0], retry=RetryStrategy(max_attempts=RETRIES, exponential_wait=3))(work)
        return work

    return register


def defer(name: str, arguments: Iterable[dict[str, Any]], *, after_seconds: int = 0) -> None:
    """Queue one run of the job per set of arguments, in the current transaction of the worker's login."""
    wanted = list(arguments)
    if wanted:
        app.configure_task(name, allow_unknown=False, schedule_in={"seconds": after_seconds}).batch_defer(*wanted)
