"""What other systems ask for without a person: who we are, our keys, tokens, what a person allowed them to know."""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import unquote_plus

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.queries import ClientView, token_hash
from tongban.identity.types import ClientKind, Issued, Proofing, Scope, Strength, acr_of
from tongban.kernel import database, vault
from tongban.kernel.errors import HouseError
from tongban.kernel.types import Audience
from tongban.web.gate import Gate

KEPT = {"Cache-Control": "public, max-age=300"}
LONGEST = 4_000
ACRS = [acr_of(proofing, strength) for proofing in Proofing if proofing for strength in Strength]
CLAIMS = ["sub", "name", "proofing", "region", "phone_number", "id_number_masked", "auth_time", "acr", "sid"]
log = structlog.get_logger(__name__)


class Refused(Exception):
    """A word of the protocol for what was wrong (RFC 6749, 5.2)."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.status = error, status


def programs(method: str, *, always: bool = False) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Open to programs of any sender, believing no cookie; refusals are words of the protocol, as JSON."""
    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        gate = Gate(audience=Audience.PUBLIC, always=always)

        @wraps(view)
        def enter(request: HttpRequest, **named: str) -> HttpResponse:
            try:
                if request.method not in ({"GET", "HEAD"} if method == "GET" else {method}):
                    return HttpResponse(status=405, headers={"Allow": method})
                with database.serving(Audience.CITIZEN):
                    gate.check_mode(request.method or "")
                    answer = view(request, **named)
            except Refused as refused:
                answer = _refusal(refused)
            except (BadRequest, SuspiciousOperation, UnicodeError, ValueError):
                answer = _refusal(Refused("invalid_request"))
            except (HouseError, OperationalError, InterfaceError, InternalError) as error:
                log.warning("programs_wait", error=type(error).__name__)
                answer = _refusal(Refused("temporarily_unavailable", 503))
            answer.setdefault("Cache-Control", "no-store")
            return answer

        enter.gate = gate  # type: ignore[attr-defined]
        enter.csrf_exempt = True  # type: ignore[attr-defined]
        return enter
    return guard


@programs("GET")
def discovery(request: HttpRequest) -> HttpResponse:
    """What this provider is and where everything stands (OpenID Connect Discovery)."""
    with translation.override(settings.LANGUAGE_CODE):
        at = {name: settings.SITE_URL + reverse(f"portal:oidc_{name}")
              for name in ("authorise", "token", "userinfo", "keys", "revoke", "logout")}
    return _json({
        "issuer": settings.SITE_URL, "authorization_endpoint": at["authorise"], "token_endpoint": at["token"],
        "userinfo_endpoint": at["userinfo"], "jwks_uri": at["keys"], "revocation_endpoint": at["revoke"],
        "end_session_endpoint": at["logout"], "scopes_supported": [str(each) for each in Scope], "claims_supported": CLAIMS,
        "response_types_supported": ["code"], "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"], "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"], "acr_values_supported": ACRS,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "authorization_response_iss_parameter_supported": True, "request_parameter_supported": False,
        "request_uri_parameter_supported": False, "claims_parameter_supported": False,
        "backchannel_logout_supported": True, "backchannel_logout_session_supported": True,
        "prompt_values_supported": ["none", "login", "consent"], "ui_locales_supported": ["zh-CN", "en"],
    }, KEPT)


@programs("GET")
def keys(request: HttpRequest) -> HttpResponse:
    """The public keys that our tokens are signed with."""
    return _json(dict(vault.token_keys()), KEPT)


@programs("POST")
def token(request: HttpRequest) -> HttpResponse:
    """Tokens for a code, or anew for a token of renewal."""
    given = posted(request)
    client = _client(request, given)
    match given.get("grant_type", ""):
        case "authorization_code":
            issued = _redeemed(client, given)
        case "refresh_token":
            issued = _renewed(client, given)
        case _:
            raise Refused("unsupported_grant_type")
    if issued is None:
        raise Refused("invalid_grant")
    return _json({"access_token": issued.access, "token_type": "Bearer", "expires_in": issued.seconds,
                  "refresh_token": issued.refresh, "id_token": issued.identity, "scope": " ".join(issued.scopes)},
                 {"Pragma": "no-cache"})


@programs("GET")
def userinfo(request: HttpRequest) -> HttpResponse:
    """What the person lets this system know; every answer is noted where the person reads it."""
    scheme, _space, bearer = request.headers.get("Authorization", "").partition(" ")
    told = None
    if scheme.lower() == "bearer" and len(bearer) < LONGEST and (party := known.party_of_token(token_hash(bearer))):
        with database.acting(parties=[party]):
            told = identity.release_attributes(token=bearer)
    if told is None:
        raise Refused("invalid_token", 401)
    return _json(told, {})


@programs("POST")
def revoke(request: HttpRequest) -> HttpResponse:
    """A system gives back what it holds; of a token that is not its own nothing is said (RFC 7009)."""
    given = posted(request)
    client = _client(request, given)
    held = given.get("token", "")
    if party := known.party_of_token(token_hash(held)):
        with database.acting(parties=[party]):
            identity.give_back_token(client, token=held)
    return HttpResponse()


def _redeemed(client: ClientView, given: Mapping[str, str]) -> Issued | None:
    code = given.get("code", "")
    if not all(given.get(name) for name in ("code", "redirect_uri", "code_verifier")):
        raise Refused("invalid_request")
    party = known.party_of_code(token_hash(code))
    if party is None:
        return None
    with database.acting(parties=[party]):
        return identity.redeem_code(client, code=code, redirect=given["redirect_uri"], verifier=given["code_verifier"])


def _renewed(client: ClientView, given: Mapping[str, str]) -> Issued | None:
    refresh = given.get("refresh_token", "")
    party = known.party_of_token(token_hash(refresh))
    if party is None:
        return None
    with database.acting(parties=[party]):
        return identity.renew_tokens(client, refresh=refresh, scopes=tuple(given.get("scope", "").split()))


def posted(request: HttpRequest) -> Mapping[str, str]:
    """What was posted, each name once (RFC 6749, 3.2); nothing is read from the address."""
    if request.content_type != "application/x-www-form-urlencoded" or request.GET:
        raise Refused("invalid_request")
    given = dict(request.POST.lists())
    if any(len(values) != 1 or len(values[0]) > LONGEST or "\x00" in values[0] for values in given.values()):
        raise Refused("invalid_request")
    return {name: values[0] for name, values in given.items()}


def _client(request: HttpRequest, given: Mapping[str, str]) -> ClientView:
    """The system that asks, by its secret in one of two places, or by its name alone if it can keep none."""
    scheme, _space, written = request.headers.get("Authorization", "").partition(" ")
    key, secret = given.get("client_id", ""), given.get("client_secret", "")
    if scheme.lower() == "basic":
        try:
            named, _colon, told = base64.b64decode(written, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refused("invalid_client", 401) from None
        if secret or (key and key != unquote_plus(named)):
            raise Refused("invalid_request")
        key, secret = unquote_plus(named), unquote_plus(told)
    found = known.client(key)
    if found is None or found.kind is not ClientKind.SIGN_IN or found.confidential != bool(secret):
        raise Refused("invalid_client", 401)
    if found.confidential and not hmac.compare_digest(found.secret_hash, token_hash(secret)):
        raise Refused("invalid_client", 401)
    return found


def _json(told: Mapping[str, Any], headers: Mapping[str, str]) -> HttpResponse:
    return HttpResponse(json.dumps(told, ensure_ascii=False), content_type="application/json", headers=dict(headers))


def _refusal(refused: Refused) -> HttpResponse:
    answer = _json({"error": refused.error}, {})
    answer.status_code = refused.status
    if refused.status == 401:
        answer["WWW-Authenticate"] = ('Bearer error="invalid_token"' if refused.error == "invalid_token"
                                      else 'Basic realm="tongban"')
    return answer
