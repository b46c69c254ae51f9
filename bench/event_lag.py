"""How long an event waits, while applications pour in: for its position, and for the last follower to have read it."""

import os
import subprocess
import sys
import threading
from typing import Any

import psycopg

from bench.house import ROOT, Bench, citizens, ready_items, web
from bench.submission import CLIENTS, drive, page_sender

SAMPLE_SECONDS = 0.05
UNPLACED = """
select coalesce(extract(epoch from clock_timestamp() - min(e.at)), 0)::float8 from kernel_event e
where e.id > (select coalesce(max(event), 0) - 5000 from kernel_position)
  and not exists (select from kernel_position p where p.event = e.id)
"""
UNFOLLOWED = """
select coalesce(extract(epoch from clock_timestamp() - min(e.at)), 0)::float8
from (select min(position) as done from kernel_cursor) c
join kernel_position p on p.position > c.done join kernel_event e on e.id = p.event and e.at = p.at
"""
FOLLOWERS = "select count(*) > 0 from kernel_cursor"


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """Waiting times in milliseconds under the submissions of eight people, sampled twenty times a second."""
    guides, people = ready_items(), citizens(CLIENTS)
    ages: dict[str, list[float]] = {UNPLACED: [], UNFOLLOWED: []}
    worker = subprocess.Popen([sys.executable, "-m", "tongban.config.cli", "worker"], cwd=ROOT, env=dict(os.environ))
    try:
        with web(bench, port, 2) as processes, psycopg.connect(bench.url, autocommit=True) as connection:
            senders = [page_sender(person, guides, port) for person in people]
            _settled(connection)
            over = threading.Event()
            watching = threading.Thread(target=_watch, args=(connection, ages, over))
            watching.start()
            drive(bench, port, senders, processes)
            over.set()
            watching.join()
    finally:
        worker.terminate()
        worker.wait(timeout=30)
    return {"event_position_lag_ms": _figure(ages[UNPLACED]), "event_follower_lag_ms": _figure(ages[UNFOLLOWED])}


def _settled(connection: psycopg.Connection[Any]) -> None:
    waiting = threading.Event()
    for _ in range(600):
        found = [connection.execute(query).fetchone() for query in (UNPLACED, UNFOLLOWED, FOLLOWERS)]
        if found == [(0.0,), (0.0,), (True,)]:
            return
        waiting.wait(0.1)
    raise RuntimeError("the followers did not catch up with the samples")


def _watch(connection: psycopg.Connection[Any], ages: dict[str, list[float]], over: threading.Event) -> None:
    while not over.wait(SAMPLE_SECONDS):
        for query, found in ages.items():
            row = connection.execute(query).fetchone()
            found.append(row[0] * 1000 if row else 0.0)


def _figure(ages: list[float]) -> dict[str, Any]:
    ages.sort()
    return {"value": round(ages[len(ages) * 99 // 100], 1), "unit": "ms (99th of 100 samples)", "limit": "",
            "spread": [round(ages[0], 1), round(ages[-1], 1)], "median": round(ages[len(ages) // 2], 1),
            "samples": len(ages)}
