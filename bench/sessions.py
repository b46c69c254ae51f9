"""What it costs to know who calls and to bind the database to their rows: CPU of Python, and statements sent.

Measured on the hot path (the session's check, then a transaction with its scope, as the gate does it) against the bare
transaction around one statement, in turns.
"""

import statistics
import time
from typing import Any

from bench.house import Bench, citizens

ROUNDS, CALLS = 9, 300


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """Added milliseconds of CPU a request."""
    from tongban.kernel import database

    _actor, token = citizens(1)[0]
    with database.serving("citizen"):
        counted = _statements(lambda: _known(token))
        pairs = [(_cpu_ms(lambda: _known(token)), _cpu_ms(_bare)) for _ in range(ROUNDS)]
    added = [known - bare for known, bare in pairs]
    return {"session_cpu_ms": {
        "value": round(statistics.median(added), 3), "unit": "ms", "limit": "the same transaction without either",
        "spread": [round(min(added), 3), round(max(added), 3)], "statements": counted - _statements_bare(),
        "bare_ms": round(statistics.median(bare for _, bare in pairs), 3)}}


def _known(token: str) -> None:
    """As the gate does it, with one statement of a page inside."""
    from tongban.identity import queries as identity
    from tongban.kernel import database

    actor = identity.actor_by_session(token)
    if actor is None:
        raise RuntimeError("the session is not known")
    with database.acting(parties=actor.parties, authorities=actor.authorities, account=actor.account):
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


def _statements(call: Any) -> int:
    """Statements sent, those that begin and end a transaction not counted."""
    from tongban.kernel import database

    sent = []
    with database.connection().execute_wrapper(lambda execute, sql, parameters, many, context: (
            sent.append(sql), execute(sql, parameters, many, context))[1]):
        call()
    return len(sent)


def _statements_bare() -> int:
    from tongban.kernel import database

    with database.serving("citizen"):
        return _statements(_bare)
