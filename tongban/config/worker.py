"""The worker: threads that sequence, follow, seal, have witnessed and audit, tick and run jobs; each survives the database going away."""

import asyncio
import threading
from collections.abc import Callable
from math import inf
from time import monotonic, sleep
from typing import cast
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import Error, connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from tongban.config import auditing, metrics
from tongban.kernel import clock, database, following, modes, parameters, sequencing, ticking
from tongban.kernel.errors import Unavailable
from tongban.kernel.modes import Mode
from tongban.ledger import actions as ledger
from tongban.ledger import rules

POLL_SECONDS = 0.1
TICK_SECONDS = 1.0
WITNESS_SECONDS = 0.5
STANDBY_SECONDS = 2.0
PARTING_SECONDS = 15.0
HEEDING_SECONDS = 0.5
PAUSED = {
    Mode.NORMAL: frozenset[str](),
    Mode.READ_ONLY: frozenset({"sequencer", "followers", "ledger", "witnesses", "tick"}),
    Mode.ACCEPT_ONLY: frozenset({"tick"}),
}
MEANWHILE = ["messages", "identity"]
"""Queues whose jobs run while decisions wait; making and sealing licences waits with them."""

log = structlog.get_logger(__name__)


def run(told: Callable[[], bool]) -> None:
    """Work until told to stop. Whoever hears signals only notes them: the lock of an event may be held by what they break in on."""
    stopping = threading.Event()
    figures = metrics.serve(settings.METRICS_PORT) if settings.METRICS_PORT else None
    threads = [threading.Thread(target=_guard, args=(name, work, stopping), name=name, daemon=True)
               for name, work in (("sequencer", sequence), ("followers", follow), ("ledger", enter_and_seal),
                                  ("witnesses", ask_witnesses), ("audit", auditing.audit_when_due), ("tick", tick),
                                  ("jobs", jobs))]
    for thread in threads:
        thread.start()
    while not told():
        sleep(HEEDING_SECONDS)
    stopping.set()
    ticking.STOPPING.set()
    parting = monotonic() + PARTING_SECONDS
    for thread in threads:
        thread.join(timeout=max(0.0, parting - monotonic()))
    if figures:
        figures.shutdown()


def sequence(stopping: threading.Event) -> None:
    """Give positions every tenth of a second; stand by while another process does."""
    while not sequencing.become_sequencer():
        if stopping.wait(STANDBY_SECONDS):
            return
    if sequencing.after_restore():
        log.warning("placed_after_restore", kept=ledger.note_restored())
    while not stopping.wait(POLL_SECONDS):
        if "sequencer" not in paused():
            sequencing.take_turn()


def follow(stopping: threading.Event) -> None:
    """Let followers catch up; at once again while there is more, woken or polling otherwise."""
    while not stopping.is_set():
        if "followers" in paused() or not following.catch_up_all():
            stopping.wait(POLL_SECONDS)


def enter_and_seal(stopping: threading.Event) -> None:
    """Enter events into the record as they come, sign a checkpoint every few seconds."""
    origin = f"{rules.ORIGIN}{urlsplit(settings.SITE_URL).netloc}"
    sealed = -inf
    while not stopping.wait(POLL_SECONDS):
        if "ledger" in paused() or ledger.enter():
            continue
        if monotonic() - sealed >= parameters.value("ledger.seal_seconds", clock.today()):
            ledger.seal_reads()
            try:
                ledger.seal(origin)
            except Unavailable as error:
                log.warning("not_sealed", error=error.code, **error.facts)
            sealed = monotonic()


def ask_witnesses(stopping: threading.Event) -> None:
    """Ask witnesses to cosign each new checkpoint, in a thread of its own: one that does not answer delays no seal."""
    while not stopping.wait(WITNESS_SECONDS):
        if "witnesses" not in paused():
            ledger.ask_witnesses()


def tick(stopping: threading.Event) -> None:
    """Do what time brings, every second."""
    while not stopping.wait(TICK_SECONDS):
        if "tick" not in paused():
            ticking.tick()
        metrics.TICKED[0] = monotonic()


def jobs(stopping: threading.Event) -> None:
    """Run deferred jobs until the mode changes; only those that it lets through."""
    mode = modes.current().mode
    if mode is not Mode.READ_ONLY:
        asyncio.run(_jobs_while(mode, stopping))


async def _jobs_while(mode: Mode, stopping: threading.Event) -> None:
    opened = app.with_connector(cast("DjangoConnector", app.connector).get_worker_connector())
    queues = cast("list[str]", None if mode is Mode.NORMAL else MEANWHILE)  # None is every queue, whatever its type says
    async with opened.open_async():
        work = asyncio.create_task(
            opened.run_worker_async(install_signal_handlers=False, concurrency=2, queues=queues))
        while not stopping.is_set() and not work.done() and modes.last_known().mode is mode:  # noqa: ASYNC110 - the event belongs to threads
            await asyncio.sleep(0.2)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def paused() -> frozenset[str]:
    """The threads that rest: read-only, all; accept-only, what decides by the clock."""
    return PAUSED[modes.current().mode]


def _guard(name: str, work: Callable[[threading.Event], None], stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            with database.serving("worker"):
                work(stopping)
        except Error as error:
            log.warning("worker_waits", work=name, error=type(error).__name__)
        except Exception:
            log.exception("worker_failed", work=name)
        connections.close_all()
        stopping.wait(1.0)
