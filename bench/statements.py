"""The statements of a real request, caught with their values, and a pgbench script that repeats them.

What begins a transaction and the small reads of pages are planned once a connection, as the application does it; everything
else with each statement.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

FLAG = re.compile(r"^\\if :(\w+) = 0$", re.MULTILINE)
PLANNED = re.compile(r"execute (planned_\d+)")
ENTERING = re.compile(r"^execute caller_entered\('(\w+)'(?:, '\w+')+\)$")


def caught(login: str, request: Callable[[], Any]) -> list[str]:
    """What a call sends on a login, with its values."""
    from django.conf import settings
    from django.db import connections
    from psycopg import ClientCursor

    from tongban.kernel import database

    settings.ALLOWED_HOSTS = ["*"]
    lines: list[str] = []

    def record(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if context["cursor"] is None:
            name = "caller_entered" if len(params) > 1 else "caller_known"
            lines.append(f"execute {name}({', '.join(map(repr, params))})")
        else:
            lines.append(ClientCursor(context["connection"].connection).mogrify(sql, params) if params else sql)
        return execute(sql, params, many, context)

    with connections[login].execute_wrapper(record):
        request()
    kept = database.plans(connections[login])
    planned = dict.fromkeys(match[1] for match in map(PLANNED.match, lines) if match)
    return [*(f"prepare {name} as {kept[name]}" for name in planned), *lines]


def script(statements: Sequence[str], keys: Sequence[str]) -> str:
    """One transaction a request, in which each of these keys is a fresh one each time."""
    from tongban.identity.queries.callers import ENTERED, KNOWN

    ready = []
    once = [f"prepare caller_entered as {ENTERED}", f"prepare caller_known as {KNOWN}",
            *(each for each in statements if each.startswith("prepare"))]
    planned = [line for each in once for line in _planned_once(" ".join(each.split()))]
    for each in statements:
        if each.upper().startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "PREPARE")):
            continue
        line = re.sub(r"\s+", " ", each)
        for key in keys:
            line = line.replace(key, "b:client_id-:n")
        ready.append(line.rstrip("; ") + ";")
    return "\n".join(["\\set n :n + 1", *planned, "begin;", *ready, "commit;"]) + "\n"


def _planned_once(statement: str) -> list[str]:
    """A plan made by whichever script of a connection comes to it first."""
    flag = f"has_{statement.split()[1]}"
    return [f"\\if :{flag} = 0", f"{statement};", f"\\set {flag} 1", "\\endif"]


def nothing_planned(scripts: Sequence[str]) -> list[str]:
    """What pgbench is told so that these scripts begin with nothing planned."""
    return [part for flag in sorted({each for one in scripts for each in FLAG.findall(one)}) for part in ("-D", f"{flag}=0")]
