"""What the row policies cost at a million cases: the application's logins against a login that the policies pass by.

The statements of real requests (the queue, the page of a case, a submission) are caught with their values, and pgbench runs
them on the same tables by both logins in turns, and by the second once more without telling it the scope it has no need of.
The session check is planned once a connection, everything else with each statement, as the application does it.
"""

import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from bench.house import Bench, citizens, make_drafts, ready_items
from bench.statements import ENTERING, caught, nothing_planned, script
from bench.submission import TICKS

CASES = int(os.environ.get("TONGBAN_BENCH_CASES", "1000000"))
OPEN = 20_000
"""Of all cases so many are open, as in a year at which half a percent waits at a time; the rest is over."""
CLIENTS, SECONDS, PAIRS = 2, 5, 7
FREE = "bench_free"
FILL = """
insert into cases_case (number, item_code, item_version, item_name, situation, state, pace, channel, applicant_id,
  applicant_name, agent_id, authority_id, region, answers, tokens, idempotency_key, digest, submitted_at, received_on,
  intake_due_at, deemed, extension_days, outcome, licence, accepted_at, promised_due_at, statutory_due_at, completed_at,
  decided_at, decided_by_id)
select left(s.number, 31) || 'B' || lpad(n::text, 10, '0'), s.item_code, s.item_version, s.item_name, s.situation,
  case when n <= %(open)s then 'ACCEPTED' else 'DELIVERED' end, s.pace, s.channel, p.ids[1 + n %% array_length(p.ids, 1)],
  '示例*', s.agent_id, a.ids[1 + n %% array_length(a.ids, 1)], s.region, s.answers, s.tokens, 'bulk' || n, s.digest,
  kernel_now() - (n %% 600) * interval '1 day', (kernel_now() - (n %% 600) * interval '1 day')::date, kernel_now(), false, 0,
  case when n <= %(open)s then '' else 'GRANTED' end, '', kernel_now() - interval '1 day', kernel_now() + interval '5 days',
  kernel_now() + interval '9 days', case when n > %(open)s then kernel_now() end, case when n > %(open)s then kernel_now() end,
  case when n > %(open)s then s.agent_id end
from generate_series(1, %(cases)s) n, (select * from cases_case order by id desc limit 1) s,
  (select array_agg(id) as ids from identity_party) p, (select array_agg(id) as ids from authorities_authority) a
"""
STEPS = """
insert into cases_task (case_id, party, authority, node, name, role, verb, opened_at, due_at, done_at, opinion, salt)
select c.id, c.applicant_id, c.authority_id, 'examine', '{"zh": "审查", "en": "Examine"}', 'REVIEWER', 'examine',
  c.accepted_at, c.promised_due_at, c.completed_at, '', '' from cases_case c where c.idempotency_key like 'bulk%%'
"""


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """The share of PostgreSQL's CPU, and so of its throughput, that the policies take from reading and from writing."""
    officer, citizen = _officer(), citizens(1)[0]
    own = _first_case(citizen)
    _fill(bench)
    requests: dict[str, tuple[str, list[Callable[[], None]]]] = {
        "queue": ("officer", [partial(_get, officer[1], "/desk/")]),
        "case": ("officer", [partial(_get, officer[1], f"/desk/{_case_of(bench, officer[0])}/")]),
        "own case": ("citizen", [partial(_get, citizen[1], f"/cases/{own}/")]),
        "submission": ("citizen", [partial(_submit, citizen, item) for item in range(PAIRS)])}
    measured = {name: _shares(bench, login, [_warm(login, each) for each in asked]) for name, (login, asked) in requests.items()}
    return {"rls_read_share": _figure([measured[name] for name in ("queue", "case", "own case")]) | {
                name.replace(" ", "_"): round(statistics.median(measured[name][0]), 3) for name in ("queue", "case", "own case")},
            "rls_write_share": _figure([measured["submission"]])}


def _figure(measured: Sequence[tuple[list[float], list[float]]]) -> dict[str, Any]:
    """The worst of several medians; `with_scope`: the worst where the other login is not even told its scope."""
    worst = max((policies for policies, _ in measured), key=statistics.median)
    return {"value": round(statistics.median(worst), 3), "unit": "ratio", "limit": "the same statements, no policies",
            "with_scope": round(max(statistics.median(scoped) for _, scoped in measured), 3),
            "spread": [round(min(worst), 3), round(max(worst), 3)], "cases": CASES}


def _officer() -> tuple[Any, str]:
    from tests import journeys
    from tongban.identity.actions import open_session
    from tongban.identity.types import Role
    from tongban.kernel import database
    from tongban.kernel.types import Channel

    with database.serving("worker"):
        actor = journeys.officer(journeys.authority_of("public-hygiene-guangan"), Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER)
        return actor, open_session(account=actor.account, channel=Channel.WEB, days=1)


def _first_case(citizen: tuple[Any, str]) -> str:
    from tests import journeys
    from tongban.kernel import database

    with database.serving("worker"):
        return journeys.submitted(citizen[0], "public-hygiene-guangan")


def _fill(bench: Bench) -> None:
    """A million cases by the owner, without the triggers, and a login without policies but with the same rights."""
    with psycopg.connect(bench.url, autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute(FILL, {"cases": CASES, "open": OPEN})
        owner.execute(STEPS)
        owner.execute("reset session_replication_role")
        for table in ("cases_case", "cases_task"):
            owner.execute(f"vacuum analyze {table}")
        for login in ("citizen", "officer"):
            owner.execute(f"drop role if exists {FREE}_{login}")
            owner.execute(f"create role {FREE}_{login} login bypassrls password 'bench' in role tongban_{login}")
            for setting in ("statement_timeout = '30s'", "synchronous_commit = 'on'"):
                owner.execute(f"alter role {FREE}_{login} set {setting}")


def _case_of(bench: Bench, officer: Any) -> str:
    """A case at the officer's authority that came by the front door: with answers, materials and events."""
    with psycopg.connect(bench.url) as owner:
        found = owner.execute("select number from cases_case where authority_id = %s and idempotency_key not like 'bulk%%' "
                              "order by id desc limit 1", [officer.authorities[0]]).fetchone()
    return str(found[0]) if found else ""


def _get(token: str, path: str) -> None:
    from django.test import Client

    client = Client()
    client.cookies["session"] = token
    response = client.get(path)
    if response.status_code != 200:
        raise RuntimeError(f"{path} answered {response.status_code}")


def _submit(citizen: tuple[Any, str], item: int) -> None:
    from django.test import Client

    key = make_drafts(citizen[0], [ready_items()[item]], 1)[0]
    client = Client()
    client.cookies["session"] = citizen[1]
    response = client.post(f"/drafts/{key}/check/", {"true": "on"})
    if response.status_code != 303:
        raise RuntimeError(f"submission answered {response.status_code}")


def _warm(login: str, request: Callable[[], None]) -> list[str]:
    """The statements of a request that was made once before, so that nothing is read for the first time."""
    request()
    return caught(login, request)


def _shares(bench: Bench, login: str, requests: Sequence[Sequence[str]]) -> tuple[list[float], list[float]]:
    """What the policies take, pair by pair, and what they take with the telling of the scope they read.

    An item has 31,000 numbers a day, so each pair submits another one.
    """
    secret = (bench.var / "secrets" / f"role-{login}").read_text()
    found: tuple[list[float], list[float]] = ([], [])
    for pair in range(PAIRS):
        statements = requests[pair % len(requests)]
        bound = _script(statements)
        untold = _script([ENTERING.sub(r"execute caller_known('\1')", each) for each in statements
                          if "set_config('app.parties'" not in each])
        with_policies = _cost(bench, bound, f"tongban_{login}", secret)
        for each, kept in ((bound, found[0]), (untold, found[1])):
            kept.append(1 - _cost(bench, each, f"{FREE}_{login}", "bench") / with_policies)
    return found


def _script(statements: Sequence[str]) -> str:
    """A submission sends a fresh draft's key each time."""
    keys = {found for each in statements for found in re.findall(r"where key = '([A-Za-z0-9_-]{22})'", each)}
    return script(statements, sorted(keys))


def _cost(bench: Bench, script: str, login: str, secret: str) -> float:
    """Seconds of CPU that PostgreSQL spends on a transaction; noise of the machine touches them less than its throughput."""
    from tongban.config import embedded

    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        Path(file.name).chmod(0o644)
        url = re.sub(r"//[^@]+@", f"//{login}:{secret}@", bench.url)
        before = _reaped(bench)
        done = subprocess.run(
            [embedded.binary("pgbench"), "-n", "-c", str(CLIENTS), "-j", "1", "-T", str(SECONDS), "-M", "simple",
             "-D", f"n={int.from_bytes(os.urandom(4))}", *nothing_planned([script]), "-f",
             file.name, url], capture_output=True, text=True, check=False)
    count = re.search(r"actually processed: ([0-9]+)", done.stdout)
    if done.returncode or count is None:
        raise RuntimeError(done.stderr[-3000:])
    time.sleep(0.2)
    return (_reaped(bench) - before) / int(count[1])


def _reaped(bench: Bench) -> float:
    """Seconds of CPU of the connections that ended so far."""
    postmaster = (bench.var / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
    fields = Path(f"/proc/{postmaster}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / TICKS
