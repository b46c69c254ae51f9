"""Asking every route as every actor; whatever an answer changed is taken back."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
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


@contextmanager
def taken_back() -> Iterator[None]:
    """Undo on every login of people what happens inside."""
    with ExitStack() as stack:
        for alias in ("default", "citizen", "officer"):
            stack.enter_context(transaction.atomic(using=alias))
        yield
        for alias in ("default", "citizen", "officer"):
            transaction.set_rollback(True, using=alias)


def ask(world: World, route: Route, actor: str, method: str, values: Mapping[str, Any],
        body: Mapping[str, Any] | None = None, query: str = "") -> HttpResponse:
    """Request a route as an actor, with a cookie or a bearer token."""
    headers = {"accept-language": "en"}
    if actor in TOKENS:
        headers["authorization"] = f"Bearer {world.tokens[actor]}"
    client = Client(headers=headers, SERVER_NAME="127.0.0.1")
    if actor in world.sessions:
        client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[actor]
    path = route.at(dict(values)) + query
    with taken_back():
        if method == "GET":
            return client.get(path)
        if route.name.startswith("api:"):
            return client.post(path, dict(body or {}), content_type="application/json",
                               headers={"idempotency-key": "access"})
        return client.post(path, dict(body or {}))


def comparable(response: HttpResponse, path: str, values: Mapping[str, Any]) -> tuple[int, str]:
    """Status and body without the address, what was asked for and the token against forged forms."""
    text = b"".join(response) if response.streaming else response.content
    body = re.sub(r'(name="(?:csrfmiddlewaretoken|carried)" value=")[^"]*', r"\1", text.decode(errors="replace"))
    for value in (path, quote(path, safe=""), path.removeprefix("/"), *(value for value in values.values() if isinstance(value, str))):
        body = body.replace(value, "…")
    return response.status_code, body
