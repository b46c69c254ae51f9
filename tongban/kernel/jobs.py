"""Slow work outside the request: deferred by followers, in bulk, by name; run by the worker."""

from collections.abc import Callable, Iterable
from typing import Any

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from tongban.kernel import database
from tongban.kernel.errors import Unavailable

RETRIES = 5
LONGEST_PAUSE = 60
FAILED = """
with again as (update procrastinate_jobs set status = 'todo', attempts = 0, scheduled_at = null
               where status = 'failed' returning task_name)
select task_name, count(*) from again group by 1 order by 1
"""


class Patience(BaseRetryStrategy):
    """Again after growing pauses: a few times for a fault, for as long as it takes where something does not answer."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; None gives up."""
        if job.attempts >= RETRIES and not isinstance(exception, Unavailable):
            return None
        return RetryDecision(retry_in={"seconds": min(3 ** min(job.attempts + 1, RETRIES), LONGEST_PAUSE)})


def job(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a job: idempotent, three lines, calls one action; retried with growing pauses."""
    def register(work: Callable[..., None]) -> Callable[..., None]:
        app.task(name=name, queue=name.partition(".")[0], retry=Patience())(work)
        return work

    return register


def defer(name: str, arguments: Iterable[dict[str, Any]], *, after_seconds: int = 0) -> None:
    """Queue one run of the job per set of arguments, in the current transaction of the worker's login."""
    wanted = list(arguments)
    if wanted:
        app.configure_task(name, allow_unknown=False, schedule_in={"seconds": after_seconds}).batch_defer(*wanted)


def retry_failed() -> dict[str, int]:
    """Queue anew what was given up, with all its tries; how many by name."""
    return dict(database.rows(FAILED))
