"""More people than can be served: arrivals at one, two and five times the capacity, by class; writes docs/overload.*.

Arrivals do not wait for answers (open loop, exponential gaps), each from an address of its own, so that nothing but the
house decides who is served. `small` is what a test runs.
"""

import asyncio
import json
import os
import platform
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
MIX = {"verify": 0.1, "submit": 0.15, "desk": 0.1, "status": 0.15, "browse": 0.5}
PATIENCE_SECONDS = 20
NOT_SERVED = frozenset({0, 429, 500, 502, 503})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one arrival got."""

    kind: str
    status: int
    seconds: float
    retry_after: bool
    at: float


async def arrive(port: int, kind: str, request: bytes, began: float) -> Answer:
    """One visitor: a connection, a request, an answer; status 0 if there was none."""
    address = f"127.{random.randint(1, 200)}.{random.randint(1, 250)}.{random.randint(2, 250)}"
    at = time.perf_counter()
    head = b""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.read()
            writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        head = head or b"HTTP/1.1 000"
    now = time.perf_counter()
    return Answer(kind=kind, status=int(head[9:12]), seconds=now - at, retry_after=b"retry-after:" in head.lower(),
                  at=now - began)


async def flood(port: int, requests: dict[str, list[bytes]], rate: float, seconds: float) -> list[Answer]:
    """Arrivals at `rate` a second for so long; their answers."""
    began = time.perf_counter()
    visitors, due = [], 0.0
    kinds, weights = list(MIX), list(MIX.values())
    while due < seconds:
        due += random.expovariate(rate)
        await asyncio.sleep(max(0.0, began + due - time.perf_counter()))
        kind = random.choices(kinds, weights)[0]
        visitors.append(asyncio.create_task(arrive(port, kind, random.choice(requests[kind]), began)))
    return await asyncio.gather(*visitors)


async def closed(port: int, requests: dict[str, list[bytes]], seconds: float, visitors: int = 4) -> float:
    """The capacity: answers a second to a few who ask again as soon as they are answered."""
    began, done = time.perf_counter(), 0

    async def visit() -> None:
        nonlocal done
        while time.perf_counter() - began < seconds:
            kind = random.choices(list(MIX), list(MIX.values()))[0]
            answer = await arrive(port, kind, random.choice(requests[kind]), began)
            done += answer.status not in NOT_SERVED

    await asyncio.gather(*(visit() for _ in range(visitors)))
    return done / (time.perf_counter() - began)


def summary(answers: list[Answer], seconds: float) -> dict[str, Any]:
    """Goodput, waiting of those served and of those turned away, and the share served by class."""
    served = [each for each in answers if each.status not in NOT_SERVED]
    refused = [each for each in answers if each.status in (429, 503)]
    by_kind = defaultdict(list)
    for each in answers:
        by_kind[each.kind].append(each.status not in NOT_SERVED)
    return {
        "arrivals": len(answers), "goodput_per_second": round(len(served) / seconds, 1),
        "served_p99_ms": _p99(served), "refused_p99_ms": _p99(refused),
        "refused_without_retry_after": sum(not each.retry_after for each in refused),
        "errors_500": sum(each.status == 500 for each in answers), "unanswered": sum(not each.status for each in answers),
        "statuses": {str(status): sum(each.status == status for each in answers)
                     for status in sorted({each.status for each in answers})},
        "served_share": {kind: round(sum(by_kind[kind]) / len(by_kind[kind]), 3) for kind in MIX if by_kind[kind]},
    }


def _p99(answers: list[Answer]) -> float | None:
    waited = sorted(each.seconds for each in answers)
    return round(waited[len(waited) * 99 // 100] * 1000, 1) if waited else None


def requests_of(token: str, desk: str, codes: list[str], number: str, query_code: str) -> dict[str, list[bytes]]:
    """What each class asks for; nothing comes from the shelf."""
    cookie, officer = f"Cookie: session={token}\r\n", f"Cookie: session={desk}\r\n"
    return {
        "verify": [_get("/verify/?asked=1"), _get("/api/v1/licences/UNKNOWN0000000000")],
        "submit": [_get(f"/apply/{code}/", cookie) for code in codes],
        "desk": [_get("/desk/", officer)],
        "status": [_get("/me/", cookie), _get(f"/api/v1/cases/{number}/status?code={query_code}")],
        "browse": [*(_get(f"/services/{code}/?x=1") for code in codes), _get("/search/?q=%E9%A4%90%E9%A6%86")],
    }


def _get(path: str, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{more}\r\n".encode()


def memory(processes: list[int]) -> int:
    """Resident megabytes of the processes together."""
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in processes
                if Path(f"/proc/{each}/statm").exists())
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def made() -> dict[str, list[bytes]]:
    """A citizen with a case, an officer, some services; and the requests about them."""
    from tests import journeys
    from tongban.catalogue import queries as catalogue
    from tongban.identity.actions import open_session
    from tongban.identity.types import Role
    from tongban.kernel import database, vault
    from tongban.kernel.types import Channel

    with database.serving("worker"):
        person = journeys.with_firm(journeys.citizen())
        number = journeys.submitted(person, "food-operation-gaoling")
        officer = journeys.officer(journeys.authority_of("food-operation-gaoling"), *Role)
        token, desk = (open_session(account=each.account, channel=Channel.WEB) for each in (person, officer))
        codes = [row.code for row in catalogue.items(limit=20).rows]
        return requests_of(token, desk, codes, number, vault.query_code(number))


def measure(bench: Any, port: int, seconds: float) -> dict[str, Any]:
    """One worker at once, twice and five times what it can do."""
    from bench.house import web

    requests = made()
    with web(bench, port, 1) as processes:
        asyncio.run(closed(port, requests, 5))
        capacity = asyncio.run(closed(port, requests, 15))
        found: dict[str, Any] = {"capacity_per_second": round(capacity, 1), "seconds": seconds,
                                 "memory_before_mb": memory(processes), "loads": {}}
        for times in (1, 2, 5):
            answers = asyncio.run(flood(port, requests, capacity * times, seconds))
            found["loads"][str(times)] = {**summary(answers, seconds), "memory_mb": memory(processes),
                                          "normal_again_seconds": back_to_normal(port, requests)}
        return found


def back_to_normal(port: int, requests: dict[str, list[bytes]]) -> float:
    """Seconds until ten who look around are served in a row."""
    began, good = time.perf_counter(), 0
    while good < 10 and time.perf_counter() - began < 60:
        answer = asyncio.run(arrive(port, "browse", requests["browse"][0], began))
        good = good + 1 if answer.status == 200 else 0
        if not good:
            time.sleep(0.1)
    return round(time.perf_counter() - began, 1)


def written(found: dict[str, Any]) -> str:
    """The page."""
    how = (f"One web process, two places; {found['machine']}, client and server on the same cores, "
             f"shared with other work. Capacity {found['capacity_per_second']} answers a second (closed loop); arrivals by "
             f"{', '.join(f'{kind} {share:.0%}' for kind, share in MIX.items())}, open loop, "
             f"{found['seconds']:.0f} s each, nothing from the shelf. "
           "A refusal's time includes its wait in line and the sender's own, which shares the cores.")
    lines = ["# Overload", "", how, "",
             "| load | arrivals | goodput/s | served p99 ms | refused p99 ms | 500 | unanswered | memory MB | normal again s | "
             + " | ".join(f"{kind} served" for kind in MIX) + " |",
             "|---|---|---|---|---|---|---|---|---|" + "---|" * len(MIX)]
    for times, load in found["loads"].items():
        lines.append(f"| {times}x | {load['arrivals']} | {load['goodput_per_second']} | {load['served_p99_ms']} | "
                     f"{load['refused_p99_ms']} | {load['errors_500']} | {load['unanswered']} | {load['memory_mb']} | "
                     f"{load['normal_again_seconds']} | "
                     + " | ".join(f"{load['served_share'].get(kind, 0):.1%}" for kind in MIX) + " |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    from bench.house import house
    from bench.run import _port

    with house() as opened:
        result = measure(opened, _port(), float(sys.argv[1]) if len(sys.argv) > 1 else 120)
    result["machine"] = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    (ROOT / "docs" / "overload.json").write_text(json.dumps(result, indent=2) + "\n")
    (ROOT / "docs" / "overload.md").write_text(written(result))
