"""The statements of a real request, caught with their values, and a pgbench script that repeats them.

What begins a transaction and the small reads of pages are planned once a connection, as the application does it; everything
else with each statement.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

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
    for each in statements:
        if each.upper().startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "PREPARE")):
            continue
        line = re.sub(r"\s+", " ", each)
        for key in keys:
            line = line.replace(key, "b:client_id-:n")
        ready.append(line.rstrip("; ") + ";")
    planned = ["\\if :planned = 0", *(" ".join(each.split()) + ";" for each in once), "\\set planned 1", "\\endif"]
    return "\n".join(["\\set n :n + 1", *planned, "begin;", *ready, "commit;"]) + "\n"
