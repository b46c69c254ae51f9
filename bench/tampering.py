"""How many edits past the verbs, by whoever owns the database, the audit finds."""

import os
from collections import Counter
from typing import Any

from bench.house import Bench

MADE = int(os.environ.get("TONGBAN_TAMPERINGS", "1000"))
EVERY = 100
ORIGIN = "tongban-ledger/bench"


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """The seeded edits of the audit's tests, each taken back; between them nothing is bent, and nothing may be found."""
    from tests.audit.bending import KINDS, drawn, something_to_bend
    from tongban.config import auditing
    from tongban.kernel import database

    with database.serving("worker"):
        kept = something_to_bend(ORIGIN)
        alarms, looked, found = len(list(auditing.faults())), 1, 0
        kinds: Counter[int] = Counter()
        for number, (how, faults) in enumerate(drawn(kept, MADE), 1):
            found += bool(faults)
            kinds[KINDS.index(how)] += 1
            if number % EVERY == 0 or number == MADE:
                alarms, looked = alarms + len(list(auditing.faults())), looked + 1
    share = round(found / MADE, 4)
    return {"tamper_found": {"value": share, "unit": "of the edits", "limit": "", "spread": [share, share], "made": MADE,
                             "found": found, "kinds": len(kinds), "looked_where_nothing_was_bent": looked,
                             "false_alarms": alarms}}
