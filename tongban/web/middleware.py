"""Headers on every answer, whatever produced it."""

import re
from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse

DIRECTIVES = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'", "font-src": "'self'",
    "connect-src": "'self'", "manifest-src": "'self'", "object-src": "'none'", "base-uri": "'none'", "form-action": "'self'",
    "frame-ancestors": "'none'", "require-trusted-types-for": "'script'", "trusted-types": "'none'",
    "report-uri": "/csp-reports/",
}
"""No script of ours writes markup from text, so that no policy for doing it is needed: a browser refuses whoever tries."""

POLICY = "; ".join(f"{name} {value}" for name, value in DIRECTIVES.items())
TRANSPORT = "max-age=63072000; includeSubDomains"
PROGRAMS = re.compile("/(api|scim|gateway)(/|$)")
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
    """Put the security headers on every response, errors included; addresses for programs name their own methods.

    Forms are read in the character set of our pages, whichever they name: some of those Python knows are none.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        request.encoding = settings.DEFAULT_CHARSET
        known = request.method in METHODS or PROGRAMS.match(request.path_info)
        response = get_response(request) if known else HttpResponse(status=405, headers=ALLOWED)
        for name, value in headers().items():
            response.setdefault(name, value)
        if request.COOKIES.get(settings.SESSION_COOKIE_NAME) or request.method == "POST" or response.status_code >= 400:
            response.setdefault("Cache-Control", "no-store")
        return response

    return respond


def headers() -> Mapping[str, str]:
    """What every answer says to the browser, whoever made it."""
    return {**HEADERS, "Strict-Transport-Security": TRANSPORT} if settings.HTTPS else HEADERS
