"""Pages: what every template may use, and how a view answers."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.shortcuts import render as render_template
from django.urls import translate_url
from django.utils.http import url_has_allowed_host_and_scheme

from tongban.identity import queries as identity
from tongban.identity.types import Actor, ActorKind
from tongban.kernel import clock, modes
from tongban.kernel.types import Text
from tongban.web.jinja import language, say

MODES = ("standard", "elder", "contrast")


def context(request: HttpRequest) -> Mapping[str, Any]:
    """Names that every template may rely on."""
    path = request.get_full_path()
    return {
        "actor": getattr(request, "actor", None),
        "language": language(),
        "mode": mode(request),
        "path_in": lambda wanted: translate_url(path, wanted),
        "version": settings.VERSION,
        "simulated": _is_trial(),
        "opening": modes.current(),
        "helping": getattr(request, "helping", None),
        "behalf": getattr(request, "behalf", ""),
        "watermark": watermark(getattr(request, "actor", None)),
        "identity_sources": _sources,
        "passkeys_at": lambda: _passkeys_at(request),
    }


def watermark(reader: Actor | None) -> str:
    """Whom a page was drawn for, if it is a member of staff, and when: it lies over the page, on paper too (SEC-11).

    A clerk who helps somebody reads the pages of people as themselves.
    """
    if reader is None or (reader.kind is not ActorKind.OFFICER and reader.helping is None):
        return ""
    return f"{say(reader.name)} {reader.account} {clock.of_this_machine():%Y-%m-%d %H:%M}"


def safe_path(path: str) -> str:
    """The path if it is one of ours."""
    return path if path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


def _is_trial() -> bool:
    """Are the people here samples? Taken for so while the database cannot be asked."""
    try:
        return identity.holds_samples()
    except Error:
        return True


def _sources() -> list[tuple[str, Text]]:
    """The nodes people may sign in with; none while the database cannot be asked."""
    try:
        return identity.sources()
    except Error:
        return []


def _passkeys_at(request: HttpRequest) -> str:
    """This page where passkeys work, if that is not here: they belong to the name of the site."""
    site = identity.site()
    return "" if split_domain_port(request.get_host())[0] == urlsplit(site).hostname else site + request.get_full_path()


def mode(request: HttpRequest) -> str:
    """Standard, elder (large text) or contrast."""
    wanted = request.COOKIES.get("mode", "standard")
    return wanted if wanted in MODES else "standard"


def page(request: HttpRequest, template: str, *, status: int = 200, **names: Any) -> HttpResponse:
    """Render a page; personal pages are never stored by anyone."""
    response = render_template(request, template, names, status=status)
    if getattr(request, "actor", None) is not None:
        response["Cache-Control"] = "no-store"
    return response


def stepped_back_to(response: HttpResponse) -> HttpResponse:
    """An answer to a POST that holds nothing personal and that the Back button of this browser may show again."""
    response["Cache-Control"] = "private, no-cache"
    return response


def see_other(path: str) -> HttpResponseRedirect:
    """Answer a POST by sending the browser to a page it may reload."""
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response


def keep_session(response: HttpResponse, token: str) -> None:
    """Give the browser the session's token."""
    response.set_cookie(settings.SESSION_COOKIE_NAME, token, httponly=True, secure=settings.HTTPS, samesite="Lax")
