"""Guides drawn afresh by one worker, and guides from the shelf against a constant answer of the same server."""

import http.client
import json
import os
import statistics
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from bench.house import ROOT, Bench, ready_items, web
from bench.submission import cpu

ROUNDS = 5
REQUESTS = 200
CONNECTIONS = 32
SECONDS = 4
WARMING_CONNECTIONS, WARMING_SECONDS = 8, 3
"""While nothing is kept yet, more connections of one address would be turned away as a flood."""


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """All figures of guides."""
    codes = [guide.code for guide in ready_items()]
    return {"guide_uncached_rps_per_core": uncached(bench, port, codes), **cached(bench, port, codes)}


def uncached(bench: Bench, port: int, codes: list[str]) -> dict[str, Any]:
    """Guides a second of CPU in one worker; nothing answers before Django here."""
    rates, sizes = [], []
    with web(bench, port, 1, TONGBAN_PAGE_CACHE_MEGABYTES="0") as processes:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(ROUNDS):
            spent = cpu(processes)
            for number in range(REQUESTS):
                connection.request("GET", f"/services/{codes[number % len(codes)]}/")
                response = connection.getresponse()
                sizes.append(len(response.read()))
                if response.status != 200:
                    raise RuntimeError(f"status {response.status}")
            rates.append(REQUESTS / (cpu(processes) - spent))
    return {"value": round(statistics.median(rates), 1), "unit": "pages per second of one core's CPU", "limit": "",
            "spread": [round(min(rates), 1), round(max(rates), 1)], "items": len(codes),
            "page_bytes": round(statistics.median(sizes))}


def cached(bench: Bench, port: int, codes: list[str]) -> dict[str, dict[str, Any]]:
    """Guides of the shelf and one constant page of their size, in turns over as many connections."""
    requests = [f"GET /services/{code}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n" for code in codes]
    page = urllib.request.Request(f"http://127.0.0.1:{port}/services/{codes[0]}/", headers={"Accept-Encoding": "gzip"})
    constant = bench.var / "constant.html"
    pairs = []
    with web(bench, port, 2):
        sent(port, requests, WARMING_SECONDS, connections=WARMING_CONNECTIONS)
        with urllib.request.urlopen(page) as response:
            constant.write_bytes(response.read())
        with web(bench, port + 1, 2, application="bench.constant:application", TONGBAN_CONSTANT=str(constant)):
            pairs = [(sent(port, requests, SECONDS), sent(port + 1, requests, SECONDS)) for _ in range(ROUNDS)]
    ratios = [ours["rate"] / limit["rate"] for ours, limit in pairs]
    slowest = [ours["p99_ms"] for ours, _ in pairs]
    return {
        "guide_cached_vs_constant": {
            "value": round(statistics.median(ratios), 3), "unit": "ratio", "limit": "a constant page, same server",
            "spread": [round(min(ratios), 3), round(max(ratios), 3)],
            "requests_per_second": round(statistics.median(ours["rate"] for ours, _ in pairs)),
            "constant_per_second": round(statistics.median(limit["rate"] for _, limit in pairs)),
            "page_bytes": constant.stat().st_size, "items": len(codes)},
        "guide_cached_p99_ms": {
            "value": round(statistics.median(slowest), 2), "unit": f"ms at {CONNECTIONS} connections",
            "limit": "", "spread": [round(min(slowest), 2), round(max(slowest), 2)],
            "constant_p99_ms": round(statistics.median(limit["p99_ms"] for _, limit in pairs), 2)},
    }


def sent(port: int, requests: list[str], seconds: float, connections: int = CONNECTIONS) -> dict[str, float]:
    """What the sender found: rate, median and 99th of 100 latencies."""
    asked = json.dumps({"port": port, "connections": connections, "seconds": seconds, "requests": requests})
    done = subprocess.run([sys.executable, str(Path(ROOT) / "bench" / "load.py")], input=asked, capture_output=True,
                          text=True, check=True, env=dict(os.environ))
    found: dict[str, float] = json.loads(done.stdout)
    return found
