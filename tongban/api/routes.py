"""Endpoints are declared here: address, who may call, what goes in, every answer that can come out.

django-ninja routes, reads paths and queries and writes the description; bodies in and out are msgspec structures.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NoReturn

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from ninja import NinjaAPI
from ninja.errors import ValidationError

from tongban.api.entry import Door, View, guarded
from tongban.api.errors import NotValid, RouteUnknown
from tongban.api.faults import LONGEST, in_query
from tongban.api.problems import MEDIA_TYPE
from tongban.api.types import ProblemView
from tongban.kernel.errors import NotFound
from tongban.kernel.types import Audience

PREFIX = "/api/v1/"
REFERENCE = "#/components/schemas/{name}"
BEARER = {"type": "http", "scheme": "bearer",
          "description": "A key for programs; people make theirs at /me/programs/ and withdraw them there."}
DESCRIPTION = (
    "Find services, apply once, follow a case, verify a licence. Texts come in Chinese (`zh`) and English (`en`); "
    "refusals are problem documents (RFC 9457) in the language of Accept-Language. Instants are RFC 3339.")

api = NinjaAPI(title="Tongban", version=settings.VERSION, description=DESCRIPTION, docs_url=None, openapi_url=None,
               urls_namespace="api")
_doors: dict[str, Door] = {}
_types: list[type] = [ProblemView]
_nothing: dict[str, type[NotFound]] = {}


def route(path: str, *, door: Door, returns: Mapping[int, type], refuses: tuple[int, ...] = (),
          takes: Mapping[str, Any] | None = None, headers: Mapping[str, Mapping[str, Any]] | None = None,
          also: tuple[type, ...] = (), nothing: type[NotFound] = RouteUnknown) -> Callable[[View], View]:
    """Declare an endpoint. `takes` is the schema of its body, `also` what that names.

    `nothing` is said where the address can name no such thing.

    405, 500 and 503 can be answered everywhere, 304 where an ETag is taken.
    """

    def declare(view: View) -> View:
        summary, _, rest = (view.__doc__ or "").partition("\n")
        statuses = {*refuses, 405, 500, 503, *(() if door.gate.audience is Audience.PUBLIC else (401, 403)),
                    *((400, 413, 415, 422) if takes else ())}
        answers = {status: _answer(status, kind) for status, kind in returns.items()}
        answers |= {status: _answer(status, ProblemView, MEDIA_TYPE) for status in statuses - set(returns)}
        if headers and "If-None-Match" in headers:
            answers[304] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
        extra: dict[str, Any] = {"responses": dict(sorted(answers.items()))}
        if takes:
            extra["requestBody"] = {"required": True, "content": {door.media_type: {"schema": takes}}}
        if headers:
            extra["parameters"] = [{"in": "header", "name": name, **each} for name, each in headers.items()]
        if door.gate.audience is not Audience.PUBLIC:
            extra["security"] = [{"bearer": []}]
        _doors[view.__name__], _nothing[view.__name__] = door, nothing
        _types.extend((*returns.values(), *also))
        name = view.__name__
        api.api_operation([door.method], path, url_name=name, operation_id=name, summary=summary, openapi_extra=extra,
                          description=" ".join(rest.split()), response=dict.fromkeys(returns))(view)
        return view

    return declare


def patterns() -> list[URLPattern]:
    """The addresses of all endpoints, each behind its door."""
    found = [each for each in api.urls[0] if isinstance(each, URLPattern) and each.name in _doors]
    for each in found:
        each.callback = guarded(_doors[str(each.name)], each.callback)
    return found


def description() -> dict[str, Any]:
    """The interface as OpenAPI 3.1."""
    written: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=PREFIX))
    _, schemas = msgspec.json.schema_components(list(dict.fromkeys(_types)), ref_template=REFERENCE)
    written["components"]["schemas"].update(schemas)
    written["components"]["securitySchemes"] = {"bearer": BEARER}
    return written


def reference(kind: type) -> dict[str, str]:
    """Where the description of a structure stands."""
    return {"$ref": REFERENCE.format(name=kind.__name__)}


def reply(data: Any, status: int = 200) -> HttpResponse:
    """A structure as JSON."""
    return HttpResponse(msgspec.json.encode(data), content_type="application/json", status=status)


@api.exception_handler(ValidationError)
def _not_valid(request: HttpRequest, error: ValidationError) -> NoReturn:
    """A path that cannot name anything finds nothing; a query that cannot be read is told piece by piece."""
    if any(each["loc"][0] == "path" for each in error.errors):
        match = request.resolver_match
        raise _nothing[str(match and match.url_name)](
            code=next(iter(match.kwargs.values()), "")[:LONGEST] if match else "")
    raise NotValid(map(in_query, error.errors))


@api.exception_handler(Exception)
def _pass_on(request: HttpRequest, error: Exception) -> NoReturn:
    """Everything else leaves the transaction first, so that it is rolled back; the door answers it."""
    raise error


def _answer(status: int, kind: type, media_type: str = "application/json") -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {media_type: {"schema": reference(kind)}}}
