"""Signing in with the identity of another node: there and back, and joining it to an account here once (IDN-12).

What this browser asked for is kept in a signed cookie until it comes back; an answer that belongs to no question of
this browser is refused. Who comes for the first time signs in here once and says that both are theirs.
"""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import LinkNotYours, SourceNotBelieved, SourceUnknown
from tongban.identity.types import Arrived, SourceView, Strength
from tongban.kernel import clock, parameters
from tongban.portal.security import browser_of
from tongban.portal.tokens import Refused, posted, programs
from tongban.web.gate import actor_of, address_of, anyone, asking_ahead, citizens, proved_lately
from tongban.web.jinja import datetime_short, language, say
from tongban.web.pages import keep_session, page, safe_path, see_other

ASKED = "__Host-asked" if settings.HTTPS else "asked"
ARRIVED = "__Host-arrived" if settings.HTTPS else "arrived"
SECONDS = 900
LONGEST = 2000


def _there(request: HttpRequest, key: str) -> str:
    """Where the node signs people in."""
    return identity.address_of_source(_source(key), address=address_of(request))


def _come_back(request: HttpRequest, key: str) -> tuple[Arrived, str]:
    """Whom the node signed in, and where they were heading; refused unless this browser asked."""
    source, asked = _source(key), _kept(request, ASKED)
    translation.activate(asked.get("language", language()))
    told = {name: request.GET.get(name, "") for name in ("code", "state", "iss")}
    if (asked.get("source") != key or not told["code"] or len(told["code"]) > LONGEST or told["iss"] not in ("", source.issuer)
            or not secrets.compare_digest(told["state"].encode(), str(asked.get("state", "")).encode())):
        raise SourceNotBelieved(source=source.name)
    return identity.receive_from_source(source, code=told["code"], verifier=asked["verifier"], nonce=asked["nonce"],
                            back=_back(key), address=address_of(request)), safe_path(asked["next"])


@asking_ahead(_there)
@anyone
def sign_in_with(request: HttpRequest, key: str) -> HttpResponse:
    """Send the browser to the node, with a question that only its answer fits."""
    source, there = _source(key), request.ahead  # type: ignore[attr-defined]
    asked = {"source": key, "state": secrets.token_urlsafe(24), "nonce": secrets.token_urlsafe(24),
             "verifier": secrets.token_urlsafe(48), "next": safe_path(request.GET.get("next", ""))[:LONGEST],
             "language": language()}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(asked["verifier"].encode()).digest()).rstrip(b"=").decode()
    response = see_other(f"{there}?" + urlencode({
        "response_type": "code", "client_id": source.client_id, "redirect_uri": _back(key), "scope": "openid",
        "state": asked["state"], "nonce": asked["nonce"], "code_challenge": challenge, "code_challenge_method": "S256",
        "max_age": parameters.value("identity.source_seconds", clock.today())}))
    return _keep(response, ASKED, asked)


@asking_ahead(_come_back)
@anyone
def sign_in_from(request: HttpRequest, key: str) -> HttpResponse:
    """Open the account this identity was joined to; who has not joined it yet does so now."""
    arrived, onward = request.ahead  # type: ignore[attr-defined]
    token = identity.sign_in_by_source(arrived=arrived, browser=browser_of(request.headers.get("User-Agent", "")))
    if token:
        response: HttpResponse = see_other(onward or reverse("portal:matters"))
        keep_session(response, token)
    elif getattr(request, "actor", None) is not None:
        response = _keep(see_other(reverse("portal:links")), ARRIVED, _told(arrived))
    else:
        response = _keep(page(request, "portal/arrived.html", name=say(_source(key).name)), ARRIVED, _told(arrived))
    response.delete_cookie(ASKED)
    return response


@programs("POST", always=True)
def ended_there(request: HttpRequest, key: str) -> HttpResponse:
    """A node says that somebody it signed in here has signed out there (OpenID Connect Back-Channel Logout 1.0)."""
    source = known.source(key)
    if source is None:
        raise Refused("invalid_request")
    try:
        identity.end_by_source(source, token=posted(request).get("logout_token", ""), address=address_of(request))
    except SourceNotBelieved:
        raise Refused("invalid_request") from None
    return HttpResponse()


@proved_lately
@citizens
def links(request: HttpRequest) -> HttpResponse:
    """The identities elsewhere that open my account: let the one that just arrived, end any."""
    actor, arrived = actor_of(request), _kept(request, ARRIVED)
    source = known.source(arrived["source"]) if arrived else None
    here = reverse("portal:links")
    if request.method == "POST" and "end" in request.POST:
        wanted = request.POST["end"]
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 18):
            raise LinkNotYours
        identity.unlink_source(actor, link=int(wanted))
        return see_other(f"{here}?done=ended")
    if request.method == "POST":
        if source is None:
            raise SourceUnknown
        if "allow" in request.POST:
            identity.link_source(actor, token=request.COOKIES[settings.SESSION_COOKIE_NAME],
                                 arrived=Arrived(source=source.key, subject=arrived["subject"], strength=Strength.S1))
        response = see_other(f"{here}?done={'joined' if 'allow' in request.POST else 'refused'}")
        response.delete_cookie(ARRIVED)
        return response
    rows = [{"id": each.id, "name": say(each.name), "since": datetime_short(each.linked_at),
             "used": datetime_short(each.used_at) if each.used_at else ""} for each in known.links_of(actor.account)]
    return page(request, "portal/links.html", rows=rows, arrived=say(source.name) if source else "",
                sources=[{"key": key, "name": say(name)} for key, name in known.sources()], done=request.GET.get("done", ""))


def _source(key: str) -> SourceView:
    found = known.source(key)
    if found is None:
        raise SourceUnknown
    return found


def _back(key: str) -> str:
    """The one address that the node knows of us, whatever language its people read."""
    with translation.override(settings.LANGUAGE_CODE):
        return settings.SITE_URL + reverse("portal:sign_in_from", args=[key])


def _told(arrived: Arrived) -> dict[str, Any]:
    return {"source": arrived.source, "subject": arrived.subject}


def _keep(response: HttpResponse, name: str, told: dict[str, Any]) -> HttpResponse:
    response.set_cookie(name, signing.dumps(told, salt=name), max_age=SECONDS, httponly=True, secure=settings.HTTPS, samesite="Lax")
    return response


def _kept(request: HttpRequest, name: str) -> dict[str, Any]:
    try:
        told = signing.loads(request.COOKIES.get(name, ""), salt=name, max_age=SECONDS)
    except signing.BadSignature:
        return {}
    return told if isinstance(told, dict) else {}
