"""Headers on every answer, whatever produced it."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
          "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'")
PROGRAMS = re.compile("/(api|scim)(/|$)")
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
ALLOWED = {"Allow": "GET, HEAD, POST"}
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def surface(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Put the security headers on every response, errors included; addresses for programs name their own methods."""

    def respond(request: HttpRequest) -> HttpResponse:
        known = request.method in METHODS or PROGRAMS.match(request.path_info)
        response = get_response(request) if known else HttpResponse(status=405, headers=ALLOWED)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        if settings.HTTPS:
            response.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
        if request.COOKIES.get(settings.SESSION_COOKIE_NAME):
            response.setdefault("Cache-Control", "no-store")
        return response

    return respond


