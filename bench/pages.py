"""A guide drawn afresh by one worker: pages a second and a core."""

import http.client
import statistics
from typing import Any

from bench.house import Bench, ready_items, web
from bench.submission import cpu

ROUNDS = 5
REQUESTS = 200


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """Guides a second of CPU in one worker; nothing answers before Django here."""
    codes = [guide.code for guide in ready_items()]
    rates, sizes = [], []
    with web(bench, port, 1) as processes:
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
    return {"guide_uncached_rps_per_core": {
        "value": round(statistics.median(rates), 1), "unit": "pages per second of one core's CPU", "limit": "",
        "spread": [round(min(rates), 1), round(max(rates), 1)], "items": len(codes),
        "page_bytes": round(statistics.median(sizes))}}
