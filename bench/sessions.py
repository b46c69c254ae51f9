"""What it costs to know who calls and to bind the database to their rows: CPU of Python, and round trips.

Measured on the hot path (a transaction that begins with the session's check and its scope, as at the gate) against the
bare transaction around one statement, in turns. The CPU is this process's alone, with what it spends on waiting for the
database; round trips are counted on the wire.
"""

import statistics
import tempfile
import time
from typing import Any

from bench.house import Bench, citizens

ROUNDS, CALLS = 9, 300


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """Added milliseconds of CPU a request."""
    from tongban.kernel import database

    _actor, token = citizens(1)[0]
    with database.serving("citizen"):
        for warm in (_bare, lambda: _known(token)):
            _cpu_ms(warm)
        trips = _round_trips(lambda: _known(token)) - _round_trips(_bare)
        pairs = [(_cpu_ms(lambda: _known(token)), _cpu_ms(_bare)) for _ in range(ROUNDS)]
    added = [known - bare for known, bare in pairs]
    return {"session_cpu_ms": {
        "value": round(statistics.median(added), 3), "unit": "ms", "limit": "the same transaction without either",
        "spread": [round(min(added), 3), round(max(added), 3)], "round_trips": trips,
        "bare_ms": round(statistics.median(bare for _, bare in pairs), 3)}}


def _known(token: str) -> None:
    """As the gate does it, with one statement of a page inside."""
    from tongban.identity import queries as identity
    from tongban.kernel import database

    with identity.entered(token) as actor:
        if actor is None:
            raise RuntimeError("the session is not known")
        database.row("select 1")


def _bare() -> None:
    from tongban.kernel import database

    with database.atomic():
        database.row("select 1")


def _cpu_ms(call: Any) -> float:
    began = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - began) * 1000 / CALLS


def _round_trips(call: Any) -> int:
    """How often the server was waited for."""
    from tongban.kernel import database

    link = database.connection().connection
    with tempfile.NamedTemporaryFile() as wire:
        link.pgconn.trace(wire.fileno())
        call()
        link.pgconn.untrace()
        wire.seek(0)
        return wire.read().count(b"ReadyForQuery")
