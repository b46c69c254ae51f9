"""The way in of provisioning systems: their secret as bearer token, nothing else; refusals as SCIM errors."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from pydantic import ValidationError
from scim2_models import Error, SCIMException

from tongban.identity import queries as identity
from tongban.identity.errors import (
    AccountNotProvisioned,
    CredentialNotValid,
    LoginTaken,
    StaffIdentityTaken,
    StaffTakenBack,
)
from tongban.kernel import database
from tongban.kernel.errors import HouseError
from tongban.kernel.types import Audience
from tongban.web import secrecy
from tongban.web.gate import Gate
from tongban.web.secrecy import SecretTyped

MEDIA_TYPE = "application/scim+json"
TAKEN = frozenset({MEDIA_TYPE, "application/json"})
LONGEST_BODY = 256 * 1024
GATE = Gate(audience=Audience.OFFICER)
REFUSED = {AccountNotProvisioned: (404, ""), CredentialNotValid: (400, "invalidValue"), LoginTaken: (409, "uniqueness"),
           StaffIdentityTaken: (409, "uniqueness"), StaffTakenBack: (400, "invalidValue"), SecretTyped: (400, "invalidValue")}
View = Callable[..., HttpResponse]
log = structlog.get_logger(__name__)


def provisioning(*methods: str) -> Callable[[View], View]:
    """Open to provisioning systems that bring their secret."""
    def guard(view: View) -> View:
        @wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                answer = _enter(request, view, methods, args, kwargs)
            except SCIMException as error:
                answer = refusal(error.status, error.detail, error.scim_type)
            except ValidationError as error:
                first = Error.from_validation_errors(error)[0]
                answer = refusal(first.status or 400, first.detail or "", first.scim_type or "")
            except tuple(REFUSED) as error:
                status, kind = REFUSED[type(error)]
                answer = refusal(status, str(error), kind)
            except (BadRequest, SuspiciousOperation, UnreadablePostError, UnicodeError):
                answer = refusal(400, "What you sent cannot be read.", "invalidSyntax")
            except HouseError as error:
                answer = refusal(error.status, str(error))
            except (OperationalError, InterfaceError, InternalError) as error:
                log.warning("scim_waits", error=type(error).__name__)
                answer = refusal(503, "Please try again in a few minutes.")
            answer["Cache-Control"] = "no-store"
            return answer

        enter.gate = GATE  # type: ignore[attr-defined]
        enter.csrf_exempt = True  # type: ignore[attr-defined]
        return enter
    return guard


def refusal(status: int, detail: str, kind: str = "") -> HttpResponse:
    """An error as SCIM has it."""
    answer = HttpResponse(Error(status=status, detail=detail, scim_type=kind or None).model_dump_json(),
                          content_type=MEDIA_TYPE, status=status)
    if status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def _enter(request: HttpRequest, view: View, methods: tuple[str, ...], args: Any, kwargs: Any) -> HttpResponse:
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    with database.serving(Audience.WORKER):
        client = identity.provisioning_client(secret.strip()) if scheme.lower() == "bearer" and len(secret) < 200 else None
        if client is None:
            return refusal(401, "Send the secret of a provisioning system: Authorization: Bearer.")
        if request.method not in methods:
            answer = refusal(405, "This cannot be done at this address.")
            answer["Allow"] = ", ".join(methods)
            return answer
        GATE.check_mode(request.method or "")
        if request.method in ("POST", "PUT", "PATCH") and (
                request.content_type not in TAKEN or len(request.body) > LONGEST_BODY):
            return refusal(413 if request.content_type in TAKEN else 415, f"Send {MEDIA_TYPE}, no more than 256 KiB.")
        request.provisioning = client  # type: ignore[attr-defined]
        try:
            with database.atomic():
                return secrecy.taking(request, view, *args, **kwargs)
        finally:
            secrecy.note(request)
