"""Submission by page and by interface, against pgbench running the same statements on the same server.

The statements are caught from real requests of every person and item, with their values, in their order and transaction;
pgbench repeats them with fresh keys, so that both sides wait for the same locks as seldom. Both sides work on the same
cluster in turns.
"""

import http.client
import json
import os
import random
import re
import secrets
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.house import Bench, applicant, citizens, make_drafts, papers, ready_items, web
from bench.statements import caught, nothing_planned, script

CLIENTS = 8
SECONDS = 6
PAIRS = 5
PGBENCH_SCRIPTS = 128
TICKS = os.sysconf("SC_CLK_TCK")


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """Ratios of page and interface to pgbench, with throughput and CPU a request on both sides of the wire."""
    guides = ready_items()
    people = citizens(CLIENTS)
    scripts: dict[str, list[str]] = {}
    for person in people:
        for name, made in catch(person, guides).items():
            scripts.setdefault(name, []).extend(made)
    found: dict[str, dict[str, Any]] = {}
    with web(bench, port, 2) as processes:
        for name, maker in (("submission_page_vs_pgbench", page_sender), ("submission_api_vs_pgbench", api_sender)):
            pairs = []
            for _ in range(PAIRS):
                ours = drive(bench, port, [maker(person, guides, port) for person in people], processes)
                limit = pgbench(bench, scripts[name])
                pairs.append((ours, limit))
            ratios = [ours["rate"] / limit for ours, limit in pairs]
            found[name] = {
                "value": round(statistics.median(ratios), 3), "unit": "ratio",
                "limit": "pgbench, same statements, same server",
                "spread": [round(min(ratios), 3), round(max(ratios), 3)],
                "requests_per_second": round(statistics.median(ours["rate"] for ours, _ in pairs), 1),
                "pgbench_per_second": round(statistics.median(limit for _, limit in pairs), 1),
                "python_cpu_ms": round(statistics.median(ours["python_ms"] for ours, _ in pairs), 2),
                "postgres_cpu_ms": round(statistics.median(ours["postgres_ms"] for ours, _ in pairs), 2),
                "items": len(guides),
            }
    return found


Sender = Callable[[http.client.HTTPConnection], bool]


def page_sender(person: tuple[Any, str], guides: Sequence[Any], port: int) -> Sender:
    """Posts the last page of ready drafts, one after the other."""
    actor, token = person
    keys = iter(make_drafts(actor, list(guides), 500))
    csrf = secrets.token_hex(16)
    headers = {"Cookie": f"session={token}; csrf={csrf}", "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"csrfmiddlewaretoken": csrf, "true": "on"})

    def send(connection: http.client.HTTPConnection) -> bool:
        connection.request("POST", f"/drafts/{next(keys)}/check/", body, headers)
        response = connection.getresponse()
        response.read()
        return response.status == 303

    return send


def api_sender(person: tuple[Any, str], guides: Sequence[Any], port: int) -> Sender:
    """Posts applications to the interface, each under a key of its own."""
    from tests import journeys
    from tongban.identity.actions import open_session
    from tongban.identity.queries import party
    from tongban.kernel import database
    from tongban.kernel.types import Channel

    actor, _ = person
    with database.serving("worker"):
        token = open_session(account=actor.account, channel=Channel.API, days=1)
        firm = party(actor.entities[0])
    bodies = []
    with journeys.as_actor(actor):
        for guide in guides:
            situation = guide.situation.options[0].code if guide.situation else ""
            chosen = applicant(actor, guide)
            given = papers(actor, guide, chosen, situation)
            bodies.append(json.dumps({
                "item_code": guide.code, "applicant": firm.code if firm and chosen == firm.party else "self", "situation": situation,
                "answers": journeys.sample_answers(guide),
                "materials": [{"code": each.code, "way": "UPLOAD", "document": each.document} for each in given]}))
    numbers = iter(range(10**9))

    def send(connection: http.client.HTTPConnection) -> bool:
        connection.request("POST", "/api/v1/cases", bodies[next(numbers) % len(bodies)], {
            "Authorization": f"Bearer {token}", "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_hex(12)})
        response = connection.getresponse()
        response.read()
        return response.status == 201

    return send


def drive(bench: Bench, port: int, senders: Sequence[Sender], processes: Sequence[int]) -> dict[str, float]:
    """Send from as many connections as there are senders; requests a second and CPU a request."""
    done, wrong = [0] * len(senders), [0] * len(senders)
    until = time.monotonic() + SECONDS

    def work(index: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.monotonic() < until:
            if senders[index](connection):
                done[index] += 1
            else:
                wrong[index] += 1

    python, postgres = cpu(processes), cpu(postgres_processes(bench))
    began = time.monotonic()
    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(senders))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.monotonic() - began
    if sum(wrong):
        raise RuntimeError(f"{sum(wrong)} of {sum(done) + sum(wrong)} requests were refused")
    return {"rate": sum(done) / spent, "python_ms": (cpu(processes) - python) * 1000 / sum(done),
            "postgres_ms": (cpu(postgres_processes(bench)) - postgres) * 1000 / sum(done)}


def cpu(processes: Sequence[int]) -> float:
    """Seconds of CPU these processes have used."""
    total = 0
    for process in processes:
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1].split()
        except FileNotFoundError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def postgres_processes(bench: Bench) -> list[int]:
    """Processes of the house's PostgreSQL."""
    postmaster = (bench.var / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
    found = subprocess.run(["pgrep", "-P", postmaster], capture_output=True, text=True, check=False)
    return [int(each) for each in found.stdout.split()]


def catch(person: tuple[Any, str], guides: Sequence[Any]) -> dict[str, list[str]]:
    """The statements of one page submission and one interface submission per item, as pgbench scripts."""
    from django.test import Client

    actor, token = person
    scripts: dict[str, list[str]] = {"submission_page_vs_pgbench": [], "submission_api_vs_pgbench": []}
    keys = make_drafts(actor, list(guides), len(guides))
    send_api = _client_api(person, guides)
    for index, key in enumerate(keys):
        client = Client()
        client.cookies["session"] = token
        page = caught("citizen", partial(client.post, f"/drafts/{key}/check/", {"true": "on"}))
        scripts["submission_page_vs_pgbench"].append(script(page, [key]))
        interface_key = secrets.token_hex(12)
        api = caught("citizen", partial(send_api, index, interface_key))
        scripts["submission_api_vs_pgbench"].append(script(api, [interface_key]))
    return scripts


def _client_api(person: tuple[Any, str], guides: Sequence[Any]) -> Callable[[int, str], Any]:
    from django.test import Client

    class Recorder:
        """Stands where the connection is and posts through the test client instead."""

        status = 0

        def request(self, method: str, path: str, body: str, headers: dict[str, str]) -> None:
            headers["Idempotency-Key"] = self.key
            self.answer = Client(headers=headers).post(path, body, content_type="application/json")

        def getresponse(self) -> Any:
            self.answer.status = self.answer.status_code
            self.answer.read = lambda: b""
            return self.answer

    recorder = Recorder()
    senders = api_sender(person, guides, 0)

    def send(index: int, key: str) -> None:
        recorder.key = key
        if not senders(recorder):  # type: ignore[arg-type]
            raise RuntimeError(recorder.answer.content)

    return send


def pgbench(bench: Bench, scripts: Sequence[str]) -> float:
    """Transactions a second of the caught statements with as many clients, in the same time.

    pgbench takes 128 scripts; of more, every round draws its own.
    """
    from tongban.config import embedded

    with tempfile.TemporaryDirectory() as folder:
        files = []
        for index, script in enumerate(random.sample(scripts, min(len(scripts), PGBENCH_SCRIPTS))):
            path = Path(folder) / f"{index}.sql"
            path.write_text(script)
            files += ["-f", str(path)]
        url = re.sub(r"//[^@]+@", f"//tongban_citizen:{_password(bench)}@", bench.url)
        done = subprocess.run(
            [embedded.binary("pgbench"), "-n", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-M", "simple",
             "-D", f"n={secrets.randbelow(10**8)}", *nothing_planned(scripts), *files, url], capture_output=True, text=True, check=False)
    rate = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode or rate is None:
        raise RuntimeError(done.stderr[-3000:])
    return float(rate[1])


def _password(bench: Bench) -> str:
    return (bench.var / "secrets" / "role-citizen").read_text()
