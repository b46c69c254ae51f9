"""What other nodes report: an envelope in the header, a report in the body, a receipt for an answer (SEC-09, SEC-12)."""

from http import HTTPStatus

import msgspec
import structlog
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from tongban.federation import actions
from tongban.federation.types import Peer
from tongban.kernel import database
from tongban.kernel.errors import HouseError
from tongban.kernel.types import Audience
from tongban.web import secrecy
from tongban.web.gate import Gate, address_in

GATE = Gate(audience=Audience.OFFICER)
JSON = "application/json"
LONGEST_BODY = 64 * 1024
LONGEST_HEADER = 8 * 1024
log = structlog.get_logger(__name__)


def incidents(request: HttpRequest) -> HttpResponse:
    """Take a report over. 401 whoever it is from and whatever is wrong with its envelope: a stranger learns nothing."""
    try:
        answer = _taken(request)
    except HouseError as error:
        answer = _refusal(error.status, error.code, str(error), **error.facts)
    except (BadRequest, SuspiciousOperation, UnreadablePostError):
        answer = _refusal(HTTPStatus.BAD_REQUEST, "not_readable", "What you sent cannot be read.")
    except (OperationalError, InterfaceError, InternalError) as error:
        log.warning("gateway_waits", error=type(error).__name__)
        answer = _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Please try again in a few minutes.")
    answer["Cache-Control"] = "no-store"
    return answer


incidents.gate = GATE  # type: ignore[attr-defined]
incidents.csrf_exempt = True  # type: ignore[attr-defined]


def _taken(request: HttpRequest) -> HttpResponse:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method != "POST" or scheme.lower() != "node" or len(token) > LONGEST_HEADER:
        return _refusal(HTTPStatus.UNAUTHORIZED, "envelope_not_believed", "Post a report with the envelope of a node: Authorization: Node.")
    if not length.isdecimal() or int(length) > LONGEST_BODY:
        return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "A report has 64 KiB at most.")
    with database.serving(Audience.WORKER):
        GATE.check_mode("POST")
        peer = actions.open_envelope(token=token.strip(), method="POST", path=request.path, body=request.body,
                                     address=address_in(request.META))
        try:
            with database.atomic():
                return secrecy.taking(request, _heard, peer)
        finally:
            secrecy.note(request)


def _heard(request: HttpRequest, peer: Peer) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(actions.hear_incident(peer, body=request.body)), content_type=JSON)


def _refusal(status: int, code: str, detail: str, **facts: object) -> HttpResponse:
    answer = HttpResponse(msgspec.json.encode({"code": code, "detail": detail, **facts}), content_type=JSON, status=status)
    if status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = "Node"
    return answer
