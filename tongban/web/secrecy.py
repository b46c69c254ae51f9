"""Marks of secrecy in what comes with a request: no view takes it, and what was kept out is noted (SEC-14).

A view that says itself which field bears a mark answers as it likes; any other that would have taken what was typed is undone.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import structlog
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse

from tongban.documents.errors import FileMarkedSecret
from tongban.identity.types import Actor
from tongban.kernel import keeping_out, modes
from tongban.kernel.errors import Problem, Refusal
from tongban.kernel.secrecy import KINDS, Kind, Place, mark_in, mark_inside
from tongban.web.failures import may_be_told

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
WRITING = frozenset({"POST", "PUT", "PATCH"})
REFUSED = 400
log = structlog.get_logger(__name__)


class SecretTyped(Refusal):
    """What you typed bears a mark of state secrets or secrets of work, so nothing was sent and nothing of it was kept."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Each field that bears one, for programs; the names of inputs say nothing to people."""
        fields: Any = self.facts["fields"]
        return tuple(Problem(code="secret", message=self.message, field=name) for name in fields)


def taking(request: HttpRequest, view: Callable[..., HttpResponse], *args: Any, **kwargs: Any) -> HttpResponse:
    """What the view answers; `SecretTyped` where it took something with a mark, so that its transaction is undone."""
    marks = request.marks = _marks(request) if request.method in WRITING else {}  # type: ignore[attr-defined]
    response = view(request, *args, **kwargs)
    if marks and response.status_code < REFUSED and not getattr(request, "marks_kept_out", False):
        raise SecretTyped(fields=sorted(marks))
    return response


def answered(request: HttpRequest) -> None:
    """The view tells which field bears a mark, and keeps the rest."""
    request.marks_kept_out = True  # type: ignore[attr-defined]


def left_out(request: HttpRequest) -> None:
    """Nobody is told yet, nor is it noted: what is typed is saved every few seconds, and will be sent."""
    answered(request)
    request.marks = {}  # type: ignore[attr-defined]


def held(request: HttpRequest, mark: str) -> None:
    """A file from outside bears this mark, if any: it was held on its way inside."""
    request.mark_at_gate = mark  # type: ignore[attr-defined]


def note(request: HttpRequest) -> None:
    """Note what was kept out once the request is over: a line each, and one event of the gravest in a transaction of its own.

    Callers without an account leave no event, so that nobody outside can fill the log; nor is there one while nothing is written.
    """
    found = [*_found(request)]
    if not found:
        return
    actor, route = getattr(request, "actor", None), request.resolver_match.view_name if request.resolver_match else ""
    known = actor if isinstance(actor, Actor) else None
    request.kept_out = [(KINDS[mark], place) for mark, place in found]  # type: ignore[attr-defined]
    for mark, place in found:
        log.warning("secret_kept_out", account=known.account if known else "", channel=str(known.channel) if known else "",
                    route=route, mark=mark, kind=str(KINDS[mark]), place=str(place))
    if known is None or modes.is_read_only():
        return
    mark, place = min(found, key=lambda each: KINDS[each[0]] is not Kind.STATE)
    try:
        keeping_out.note(known, mark=mark, place=place, route=route, item=getattr(request, "item", ""))
    except (OperationalError, InterfaceError, InternalError) as error:
        log.warning("secret_not_recorded", error=type(error).__name__)


def _marks(request: HttpRequest) -> dict[str, str]:
    """The fields that bear a mark, each with it; what a program sent is one text where it is no JSON or nests too deeply."""
    try:
        named = request.POST.lists() if request.content_type in FORMS else _sent(request.body)
        return {name[:60]: mark for name, value in named if may_be_told(name) and (mark := mark_inside(value))}
    except (ValueError, RecursionError):
        mark = mark_in(request.body.decode("utf-8", "replace"))
        return {"": mark} if mark else {}


def _sent(body: bytes) -> Iterable[tuple[str, Any]]:
    sent = msgspec.json.decode(body)
    return sent.items() if isinstance(sent, dict) else [("", sent)]


def _found(request: HttpRequest) -> Iterable[tuple[str, Place]]:
    for each in getattr(request, "examined", {}).values():
        if isinstance(each, FileMarkedSecret):
            yield str(each.facts["mark"]), Place(str(each.facts["place"]))
    if mark := getattr(request, "mark_at_gate", ""):
        yield mark, Place.GATE
    for mark in dict.fromkeys(getattr(request, "marks", {}).values()):
        yield mark, Place.TYPED
