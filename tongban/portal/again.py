"""A refused form comes back by a redirect: the Back button then always finds a page that may be asked for again."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from tongban.web.pages import see_other

COOKIE = "again"
SECONDS = 600
LARGEST = 3_500
Problem = dict[str, Any]


def sent_back(request: HttpRequest, why: str = "1", problems: list[Problem] | None = None) -> HttpResponse:
    """Send the browser to the same page, which then says what to put right.

    `problems` that the page cannot find out anew travel in a signed cookie of this page, as many as fit.
    """
    named = request.GET.copy()
    named["again"] = why
    response = see_other(f"{request.path}?{named.urlencode()}")
    told = list(problems or ())
    while told and len(kept := _signer(request).sign_object(told, compress=True)) > LARGEST:
        told.pop()
    if told:
        response.set_cookie(COOKIE, kept, max_age=SECONDS, path=request.path, httponly=True, secure=settings.HTTPS,
                            samesite="Lax")
    return response


def reason(request: HttpRequest) -> str:
    """Why the page was sent back; empty if it was opened anew."""
    return request.GET.get("again", "") if request.method != "POST" else ""


def problems(request: HttpRequest) -> list[Problem]:
    """What this page was told of the form it refused."""
    if not reason(request):
        return []
    try:
        found: list[Problem] = _signer(request).unsign_object(request.COOKIES.get(COOKIE, ""), max_age=SECONDS)
    except signing.BadSignature:
        return []
    return found


def _signer(request: HttpRequest) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"again:{request.path}")
