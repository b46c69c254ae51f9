"""What the public record costs those who submit: the 99th of 100 waits at 70 % of the peak, with the record and without.

Applications arrive at fixed instants, whether earlier ones were answered or not; a wait counts from its instant. Events get
their positions in both halves of a pair; in one of them they are entered and sealed besides, as the worker does it. Which
half comes first changes from pair to pair. Of each half the 99th of its 600 to 800 waits is taken, and of the halves the
middle: all waits together (`all_waits_ratio`) are decided by the one half into which a pause of the machine falls. `TMPDIR=/dev/shm` puts
the database where no flush of the disk decides, and the figure under a name of its own.
"""

import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.house import ROOT, Bench, citizens, ready_items, web
from bench.submission import CLIENTS, Sender, api_sender, drive

PEAKS, PAIRS, SECONDS, SHARE = 3, 21, 6, 0.7
Waits = Mapping[str, list[float]]
"""The waits with the record `on` and `off`."""
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
    """The ratio of the two middle waits; `spread`: the ratios where any one pair is left out."""
    guides, people = ready_items(), citizens(CLIENTS)
    with web(bench, port, 2) as processes:
        senders = [api_sender(person, guides, port) for person in people]
        peak = statistics.median(drive(bench, port, senders, processes)["rate"] for _ in range(PEAKS))
        pairs = [{record: _waits(port, senders, peak * SHARE, record) for record in (("on", "off") if pair % 2 else ("off", "on"))}
                 for pair in range(PAIRS)]
    ratios = [_ratio(99, [*pairs[:pair], *pairs[pair + 1:]]) for pair in range(PAIRS)]
    name = "ledger_p99_ratio_in_memory" if "shm" in bench.var.parts else "ledger_p99_ratio"
    return {name: {
        "value": round(_ratio(99, pairs), 3), "unit": "ratio", "limit": "the same arrivals, nothing entered or sealed",
        "spread": [round(min(ratios), 3), round(max(ratios), 3)], "pairs": PAIRS, "peak_per_second": round(peak, 1),
        "p99_ms": round(_at(99, "on", pairs) * 1000, 1), "without_ms": round(_at(99, "off", pairs) * 1000, 1),
        "middle_ratio": round(_ratio(50, pairs), 3), "all_waits_ratio": round(_together("on", pairs) / _together("off", pairs), 3)}}


def _ratio(percent: int, pairs: Sequence[Waits]) -> float:
    return _at(percent, "on", pairs) / _at(percent, "off", pairs)


def _at(percent: int, record: str, pairs: Sequence[Waits]) -> float:
    return statistics.median(sorted(pair[record])[len(pair[record]) * percent // 100] for pair in pairs)


def _together(record: str, pairs: Sequence[Waits]) -> float:
    waits = sorted(wait for pair in pairs for wait in pair[record])
    return waits[len(waits) * 99 // 100]


def _waits(port: int, senders: Sequence[Sender], rate: float, record: str) -> list[float]:
    before = _entered()
    beside = subprocess.Popen([sys.executable, "-c", ENTERING, record], cwd=ROOT, env=dict(os.environ))
    try:
        time.sleep(2)
        with ThreadPoolExecutor(len(senders)) as pool:
            arriving = [pool.submit(_arrive, port, sender, rate, index) for index, sender in enumerate(senders)]
            waits = [wait for each in arriving for wait in each.result()]
        if beside.poll() is not None or (_entered() > before) is not (record == "on"):
            raise RuntimeError(f"the record was to be {record} and was not")
    finally:
        beside.kill()
        beside.wait()
    return waits


def _entered() -> int:
    from tongban.kernel import database

    with database.serving("worker"):
        found = database.row("select entered from ledger_state")
    return int(found[0]) if found else 0


def _arrive(port: int, sender: Sender, rate: float, index: int) -> list[float]:
    waits = []
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
    return waits
