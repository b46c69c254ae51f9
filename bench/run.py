"""Runs the measurements and writes docs/benchmarks.json and docs/benchmarks.md."""

import json
import os
import platform
import socket
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import (  # noqa: E402
    access_matrix,
    event_lag,
    ledger,
    ledger_beside,
    pages,
    process_step,
    row_security,
    sessions,
    sign_in,
    submission,
    tampering,
)
from bench.house import house  # noqa: E402

MARKS = {"submission_page_vs_pgbench": 0.20, "submission_api_vs_pgbench": 0.30, "process_step_vs_spiff": 50,
         "event_position_lag_ms": 1000, "guide_cached_vs_constant": 0.80, "guide_cached_p99_ms": 15,
         "ledger_us_per_event": 60, "ledger_p99_ratio": 1.1, "ledger_p99_ratio_in_memory": 1.1,
         "ledger_events_per_s": 2000, "proof_ms": 5, "session_cpu_ms": 0.15,
         "rls_read_share": 0.05, "rls_write_share": 0.15, "sign_in_argon_share": 0.90, "access_matrix_cells": 10_000,
         "tamper_found": 1.0}
EXPLAINED = {
    "submission_page_vs_pgbench": "Last page of an application posted by a browser, as a share of pgbench running the "
                                  "same statements",
    "submission_api_vs_pgbench": "The same by the interface",
    "guide_uncached_rps_per_core": "Guide pages drawn afresh by one worker, a second of one core",
    "guide_cached_vs_constant": "Guides from the page cache, as a share of a constant page of their size",
    "guide_cached_p99_ms": "The slowest but one of a hundred guides from the page cache",
    "event_position_lag_ms": "How long the oldest event without a position waits, while eight people submit",
    "event_follower_lag_ms": "How long the oldest event waits that some follower has not read",
    "ledger_us_per_event": "Entering one event into the public record",
    "ledger_events_per_s": "Entering events as they lie, in batches",
    "ledger_p99_ratio": "The 99th of 100 submissions at 70 % of their peak, with the record at work against without: "
                        "the middle of 21 times six seconds each",
    "ledger_p99_ratio_in_memory": "The same with a database in memory, where no flush of the disk decides (`TMPDIR=/dev/shm`)",
    "proof_ms": "One proof of inclusion, from the row to the file",
    "process_step_vs_spiff": "One step of a process in memory, how many times quicker than SpiffWorkflow",
    "session_cpu_ms": "CPU of Python to know who calls and to bind the database to their rows, a request",
    "rls_read_share": "What row policies take of the reads a second at a million cases: the worst of queue, case at the desk, "
                      "case of one's own; `with_scope`: with the telling of the scope they read",
    "rls_write_share": "What they take of the submissions a second",
    "sign_in_argon_share": "Of the CPU of a sign-in, what the hash of the password takes",
    "tamper_found": "Edits past the verbs by whoever owns the database that the audit finds",
    "access_matrix_cells": "Questions of the access matrix in depth, each with an answer to expect",
}
GROUPS = {"access": (access_matrix, sessions, sign_in, row_security), "policies": (row_security,), "submission": (submission,),
          "ledger": (ledger, ledger_beside), "arrivals": (ledger_beside,), "tampering": (tampering,)}
"""What can be measured alone: `bin/bench access`."""


def main(groups: Sequence[str]) -> None:
    """Measure everything or these groups, writing down each figure as soon as it is known; ratios are of one run on one machine."""
    if groups:
        with house() as bench:
            for subject in (each for group in groups for each in GROUPS[group]):
                _note(subject.measure(bench, _port()))
        return
    step = process_step.measure()
    _note({"process_step_vs_spiff": {
        "value": step["ratio"], "unit": "times", "limit": "SpiffWorkflow on the same model",
        "spread": [step["ratio_lowest"], step["ratio_highest"]], "ours_microseconds": step["ours_microseconds"],
        "spiff_microseconds": step["spiff_microseconds"]}})
    with house() as bench:
        for subject in (tampering, event_lag, *GROUPS["ledger"], pages, *GROUPS["submission"], *GROUPS["access"]):
            _note(subject.measure(bench, _port()))


def _note(figures: dict[str, dict[str, Any]]) -> None:
    kept = ROOT / "docs" / "benchmarks.json"
    found = json.loads(kept.read_text())
    when = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    for name, figure in figures.items():
        found[name] = {**figure, "date": when, "machine": machine, "mark": MARKS.get(name)}
    kept.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    (ROOT / "docs" / "benchmarks.md").write_text(_page(found, machine))


def _page(found: dict[str, dict[str, Any]], machine: str) -> str:
    how = (f"Measured by `make bench`; {machine}, shared and noisy, client and server on the same cores. "
           "Ratios come from interleaved pairs in one run; the value is the median.")
    lines = ["# Benchmarks", "", how, "",
             "| name | what | value | mark | spread | more | day |", "|---|---|---|---|---|---|---|"]
    for name, figure in sorted(found.items()):
        rest = ", ".join(f"{key} {value}" for key, value in figure.items()
                         if key not in {"value", "unit", "spread", "date", "machine", "mark", "limit"})
        lines.append(f"| `{name}` | {EXPLAINED[name]} | {figure['value']} {figure['unit']} | {figure['mark'] or ''} | "
                     f"{figure['spread'][0]} to {figure['spread'][1]} | {rest} | {figure['date']} |")
    return "\n".join([*lines, ""])


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main(sys.argv[1:])
