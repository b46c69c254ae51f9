"""What the public record costs: CPU for entering an event, the rate of one core, the time of one proof."""

import statistics
import time
from typing import Any

from bench.house import Bench

EVENTS = 20_000
PROOFS = 300
MADE = """
insert into kernel_event (effective_on, module, name, version, subject, actor, on_behalf_of, role, channel, party, authority, payload)
select effective_on, module, name, version, subject || n, actor, on_behalf_of, role, channel, party, authority, payload
from generate_series(1, %s) n, lateral (select * from kernel_event offset n %% 500 limit 1) e
"""


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """Enter twenty thousand events as they lie, prove three hundred of them."""
    from tongban.kernel import database, sequencing
    from tongban.ledger import actions, queries

    with database.serving("worker"):
        while actions.enter():
            continue
        actions.seal("tongban-ledger/bench")
        database.execute(MADE, [EVENTS])
        sequencing.take_turn()
        costs, rates = [], []
        while True:
            cpu, began = time.process_time(), time.perf_counter()
            entered = actions.enter()
            if not entered:
                break
            costs.append((time.process_time() - cpu) / entered * 1e6)
            rates.append(entered / (time.perf_counter() - began))
        began = time.perf_counter()
        actions.seal("tongban-ledger/bench")
        sealing = time.perf_counter() - began
        size = queries.standing().sealed
        times = []
        for number in range(PROOFS):
            began = time.perf_counter()
            queries.proof(1 + number * 7919 % size)
            times.append((time.perf_counter() - began) * 1000)
    return {
        "ledger_us_per_event": _figure(costs, "us of Python's CPU", {"events": EVENTS}),
        "ledger_events_per_s": _figure(rates, "events a second, one process and its database", {"seal_seconds": round(sealing, 2)}),
        "proof_ms": _figure(times, "ms", {"entries": size}),
    }


def _figure(values: list[float], unit: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"value": round(statistics.median(values), 2), "unit": unit, "limit": "",
            "spread": [round(min(values), 2), round(max(values), 2)], **more}
