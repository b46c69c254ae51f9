"""Refusals as problem details (RFC 9457) in the caller's language."""

import re
from collections.abc import Callable, Mapping

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext

from tongban.api.errors import Crashed, MethodNotAllowed, NotReadable, RouteUnknown
from tongban.api.types import ProblemLine, ProblemView
from tongban.kernel import clock, modes
from tongban.kernel.errors import HouseError, Problem
from tongban.kernel.modes import AcceptOnly, ReadOnly
from tongban.kernel.types import Text

MEDIA_TYPE = "application/problem+json"
PROGRAMS = re.compile("/api(/|$)")
REFUSED: Mapping[int, type[HouseError]] = {400: NotReadable, 404: RouteUnknown}
FIELD_KINDS = {"f-": "answers.", "m-": "materials."}


def answer(request: HttpRequest, error: HouseError) -> HttpResponse:
    """The problem document of a refusal."""
    language = translation.get_language_from_request(request)
    with translation.override(language):
        problem = ProblemView(
            type=f"urn:tongban:error:{error.code}", title=_said(error.message, error.facts, language),
            status=error.status, problems=tuple(
                _line(each, language, is_json=request.method == "POST" and request.content_type == "application/json")
                for each in getattr(error, "problems", ())))
    response = HttpResponse(msgspec.json.encode(problem), content_type=MEDIA_TYPE, status=error.status)
    response["Content-Language"] = language
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if error.status == 503:
        response["Retry-After"] = "5"
    if isinstance(error, ReadOnly | AcceptOnly):
        response["Retry-After"] = str(modes.wait_seconds(modes.current(), clock.now()))
    if isinstance(error, MethodNotAllowed):
        response["Allow"] = str(error.facts["allowed"])
    return response


def path_of(field: str) -> str:
    """The id of an input on a page as a path into the body."""
    kind = FIELD_KINDS.get(field[:2])
    if kind is None:
        return field
    return (kind + (field[2:].replace("-", ".") if kind == "answers." else field[2:])).rstrip(".")


def pointer_of(field: str) -> str:
    """The place in a JSON body (RFC 6901); a material is named by its code, so that its place is the list of them."""
    path = "materials" if field.startswith("m-") else path_of(field)
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path.split(".") if path)


def everywhere(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: whatever else is refused below /api/, by Django or before a door, is a problem document too."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        plain = response.headers.get("Content-Type", "").startswith("text/")
        if not (plain and response.status_code >= 400 and PROGRAMS.match(request.path_info)):
            return response
        said = answer(request, REFUSED.get(response.status_code, Crashed)())
        said["Cache-Control"] = "no-store"
        return said

    return respond


def _line(problem: Problem, language: str, *, is_json: bool) -> ProblemLine:
    return ProblemLine(field=path_of(problem.field), code=problem.code,
                       message=_said(problem.message, problem.facts, language),
                       pointer=pointer_of(problem.field) if is_json else None)


def _said(message: str, facts: Mapping[str, object], language: str) -> str:
    shown = {name: value.in_(language) if isinstance(value, Text) else str(value) for name, value in facts.items()}
    return gettext(message).format_map(_Shown(shown))


class _Shown(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return name
