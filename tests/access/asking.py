"""Asking every route as every actor; whatever an answer changed is taken back."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connections, transaction
from django.http import HttpResponse
from django.test import Client

from tests.access.routes import Route
from tests.access.world import TOKENS, World

CLASSES = {200: "ok", 201: "ok", 204: "ok", 301: "redirect", 302: "redirect", 303: "redirect", 401: "sign_in",
           403: "denied", 404: "hidden", 405: "method"}
REFUSED = frozenset({400, 409, 413, 415, 422, 429})
UNKNOWN = {"number": "11610117MB9A0001464000131022001202603029999", "key": "AAAAAAAAAAAAAAAAAAAAAA",
           "token": "0" * 32, "code": "AAAAAAAAAAAAAAAAAAAAAA", "material": 999_999_999}


def outcome(response: HttpResponse) -> str:
    """The class of an answer."""
    if response.status_code in REFUSED:
        return "refused"
    return CLASSES.get(response.status_code, str(response.status_code))


LOGINS = ("default", "citizen", "officer")
WRITTEN = """
select coalesce((select inhparent::regclass::text from pg_inherits where inhrelid = relid), relname::text),
       n_tup_ins + n_tup_upd + n_tup_del from pg_stat_xact_user_tables where n_tup_ins + n_tup_upd + n_tup_del > 0
"""
"""How many rows this connection wrote in each table, what it took back included; it forgets between transactions at the earliest."""


@contextmanager
def taken_back(changed: set[str] | None = None) -> Iterator[None]:
    """Undo on every login of people what happens inside; tells in which tables it wrote, even if it took that back itself."""
    with ExitStack() as stack:
        for alias in LOGINS:
            stack.enter_context(transaction.atomic(using=alias))
        before = set() if changed is None else _written()
        yield
        if changed is not None:
            changed |= {table for _alias, table, _rows in _written() - before}
        for alias in LOGINS:
            transaction.set_rollback(True, using=alias)


def _written() -> set[tuple[str, str, int]]:
    found = set()
    for alias in LOGINS:
        with connections[alias].cursor() as cursor:
            cursor.execute(WRITTEN)
            found |= {(alias, table, rows) for table, rows in cursor.fetchall()}
    return found


def ask(world: World, route: Route, actor: str, method: str, values: Mapping[str, Any],
        body: Mapping[str, Any] | None = None, query: str = "", changed: set[str] | None = None) -> HttpResponse:
    """Request a route as an actor, with a cookie or a bearer token; `changed` collects the tables it wrote in."""
    headers = {"accept-language": "en"}
    if actor in TOKENS:
        headers["authorization"] = f"Bearer {world.tokens[actor]}"
    client = Client(headers=headers, SERVER_NAME="127.0.0.1")
    if actor in world.sessions:
        client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[actor]
    path = route.at(dict(values)) + query
    with taken_back(changed):
        if method == "GET":
            return client.get(path)
        if route.name.startswith("api:"):
            return client.post(path, dict(body or {}), content_type="application/json",
                               headers={"idempotency-key": "access"})
        return client.post(path, dict(body or {}))


def comparable(response: HttpResponse, path: str, values: Mapping[str, Any]) -> tuple[int, str]:
    """Status and body without the address, what was asked for, the token against forged forms and the minute of the mark."""
    text = b"".join(response) if response.streaming else response.content
    body = re.sub(r'(name="(?:csrfmiddlewaretoken|carried)" value=")[^"]*', r"\1", text.decode(errors="replace"))
    body = re.sub(r" [0-9:]{5}</text></pattern>", "", body)
    for value in (path, quote(path, safe=""), path.removeprefix("/"), *(value for value in values.values() if isinstance(value, str))):
        body = body.replace(value, "…")
    return response.status_code, body
