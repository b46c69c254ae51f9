"""The way in: token, gate, body, database login and row scope; refusals and failures become problem documents.

As in `web.gate`, except that nothing but the Authorization header is believed, so that no other site can make a
browser call; that what is open to everyone is served to everyone alike, whatever token comes with it; and that the
body is read, and files are examined, before the transaction begins, so that a slow sender holds none.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import structlog
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from tongban.api import problems
from tongban.api.errors import (
    BodyTooLarge,
    Crashed,
    MediaTypeNotTaken,
    MethodNotAllowed,
    NotReadable,
    TokenRequired,
)
from tongban.identity import queries as identity
from tongban.identity.types import Actor
from tongban.kernel import database, modes
from tongban.kernel.errors import HouseError, NotPermitted, Unavailable
from tongban.kernel.modes import ReadOnly
from tongban.kernel.types import Audience, Channel
from tongban.web import refusals, secrecy, uploads
from tongban.web.gate import Gate

ANYONE = Gate(audience=Audience.PUBLIC)
CITIZENS = Gate(audience=Audience.CITIZEN)
JSON, MULTIPART = "application/json", "multipart/form-data"
TOKEN_LENGTH = 200
CHANNELS = frozenset({Channel.API, Channel.MOBILE})
View = Callable[..., HttpResponse]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may come in, by which method, and with what in their hands (`limit` in bytes)."""

    gate: Gate
    method: str = "GET"
    media_type: str = ""
    limit: int = 0


def guarded(door: Door, view: View) -> View:
    """The view behind its door; `gate` and `method` stay readable on it."""

    @wraps(view)
    def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = _enter(door, view, request, args, kwargs)
        except HouseError as error:
            refusals.note(request, error)
            response = problems.answer(request, error)
        except (MultiPartParserError, SuspiciousOperation, BadRequest, UnreadablePostError):
            response = problems.answer(request, NotReadable())
        except InternalError as error:
            log.warning("api_waits", error=type(error).__name__)
            response = problems.answer(request, ReadOnly() if modes.is_written_to_in_vain(error) else Crashed())
        except (OperationalError, InterfaceError) as error:
            log.warning("api_waits", error=type(error).__name__)
            response = problems.answer(request, Unavailable())
        except Exception:
            log.exception("api_crashed", view=getattr(request.resolver_match, "view_name", ""))
            response = problems.answer(request, Crashed())
        response.setdefault("Cache-Control", "no-store")
        return response

    enter.gate = door.gate  # type: ignore[attr-defined]
    enter.method = door.method  # type: ignore[attr-defined]
    enter.csrf_exempt = True  # type: ignore[attr-defined]
    return enter


def _enter(door: Door, view: View, request: HttpRequest, args: tuple[Any, ...], kwargs: dict[str, Any]) -> HttpResponse:
    if request.method == "HEAD" and door.method == "GET":
        request.method = "GET"
    if door.method and request.method != door.method:
        raise MethodNotAllowed(allowed="GET, HEAD" if door.method == "GET" else door.method)
    token = "" if door.gate.audience is Audience.PUBLIC else _bearer(request)
    with database.serving(door.gate.audience):
        try:
            if door.media_type:
                with _admitted(door, request, token):
                    pass
                _receive(door, request)
            with _admitted(door, request, token):
                return secrecy.taking(request, view, *args, **kwargs)
        finally:
            secrecy.note(request)


@contextmanager
def _admitted(door: Door, request: HttpRequest, token: str) -> Iterator[None]:
    """A transaction of a caller whom the door lets in."""
    with identity.entered(token) if token else database.atomic() as known:
        actor = known if known is not None and known.channel in CHANNELS else None
        request.actor = actor  # type: ignore[attr-defined]
        if not door.gate.admits(actor):
            raise TokenRequired if actor is None else NotPermitted
        door.gate.check_strength(actor, request.method or "")
        door.gate.check_mode(request.method or "")
        yield


def caller(request: HttpRequest) -> Actor:
    """The caller of an endpoint that is not open to everyone."""
    actor = getattr(request, "actor", None)
    if not isinstance(actor, Actor):
        raise TokenRequired
    return actor


def _bearer(request: HttpRequest) -> str:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token.isascii() and len(token) <= TOKEN_LENGTH else ""


def _receive(door: Door, request: HttpRequest) -> None:
    if request.content_type != door.media_type:
        raise MediaTypeNotTaken(expected=door.media_type)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > door.limit:
        raise BodyTooLarge
    if door.media_type == MULTIPART:
        uploads.receive(request)
    else:
        len(request.body)
