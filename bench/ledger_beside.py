"""What the public record costs those who submit: the 99th of 100 waits at 70 % of the peak, with the record and without.

Applications arrive at fixed instants, whether earlier ones were answered or not; a wait counts from its instant. Events get
their positions in both halves of a pair; in one of them they are entered and sealed besides, as the worker does it.
"""

import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from bench.house import ROOT, Bench, citizens, ready_items, web
from bench.submission import CLIENTS, Sender, api_sender, drive

PEAKS, PAIRS, SECONDS, SHARE = 3, 7, 12, 0.7
ENTERING = """
import sys, time
import django
django.setup()
from tongban.kernel import database, sequencing
from tongban.ledger import actions
sealed = time.monotonic()
with database.serving("worker"):
    while True:
        sequencing.take_turn()
        if sys.argv[1] == "on":
            while actions.enter():
                continue
            if time.monotonic() - sealed > 10:
                actions.seal("tongban-ledger/bench")
                sealed = time.monotonic()
        time.sleep(0.2)
"""


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """The ratio of the two waits, pair by pair."""
    guides, people = ready_items(), citizens(CLIENTS)
    with web(bench, port, 2) as processes:
        senders = [api_sender(person, guides, port) for person in people]
        peak = statistics.median(drive(bench, port, senders, processes)["rate"] for _ in range(PEAKS))
        pairs = [(_p99_ms(port, senders, peak * SHARE, "on"), _p99_ms(port, senders, peak * SHARE, "off")) for _ in range(PAIRS)]
    ratios = [with_record / without for with_record, without in pairs]
    return {"ledger_p99_ratio": {
        "value": round(statistics.median(ratios), 3), "unit": "ratio", "limit": "the same arrivals, nothing entered or sealed",
        "spread": [round(min(ratios), 3), round(max(ratios), 3)], "peak_per_second": round(peak, 1),
        "p99_ms": round(statistics.median(each for each, _ in pairs), 1),
        "without_ms": round(statistics.median(each for _, each in pairs), 1)}}


def _p99_ms(port: int, senders: Sequence[Sender], rate: float, record: str) -> float:
    beside = subprocess.Popen([sys.executable, "-c", ENTERING, record], cwd=ROOT, env=dict(os.environ))
    try:
        time.sleep(2)
        waits: list[float] = []
        threads = [threading.Thread(target=_arrive, args=(port, sender, rate, index, waits)) for index, sender in enumerate(senders)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        beside.kill()
        beside.wait()
    waits.sort()
    return waits[len(waits) * 99 // 100] * 1000


def _arrive(port: int, sender: Sender, rate: float, index: int, waits: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    each = CLIENTS / rate
    due = time.monotonic() + each * index / CLIENTS
    over = due + SECONDS
    while due < over:
        time.sleep(max(0.0, due - time.monotonic()))
        if not sender(connection):
            raise RuntimeError("a submission was refused")
        waits.append(time.monotonic() - due)
        due += each
