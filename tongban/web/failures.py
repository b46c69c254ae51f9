"""Refusals and failures as pages that say what happened, what was kept and what to do next."""

import re
from collections.abc import Iterable
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.identity.errors import PasskeyNeeded, ProofingTooLow, StepUpNeeded
from tongban.identity.types import Factor, Strength
from tongban.kernel import clock, modes
from tongban.kernel.errors import HouseError, NotFound, SignInRequired
from tongban.kernel.modes import AcceptOnly, ReadOnly
from tongban.kernel.types import Audience, Text
from tongban.web import proving
from tongban.web.jinja import say
from tongban.web.pages import page

CARRIED_LIMIT = 200_000
SHORTLY = 5
SECRET = re.compile("password|^(present|totp|recovery|passkey|credential)$")
"""Names of the fields that take a secret: no page carries on what was typed there."""
OURS = frozenset({"csrfmiddlewaretoken", "_revision"})
CHOSEN = re.compile("[a-z][a-z0-9_-]*|[A-Z][A-Z_]+|1")
"""Values that pages made and nobody typed; they are sent again, but say nothing to people."""
SEALED = re.compile(r"\.?[\w-]{20,}:\w{6}:[\w-]{43}")
NEXT_STEPS = {
    401: _("Sign in and carry on where you were."),
    403: _("Go back, or sign in with an account that may do this."),
    404: _("Check the address, or search for what you need."),
    422: _("Go back and change what the message names. What you typed is kept."),
    503: _("Wait a moment and try again."),
    "secret_typed": _("Go back, take out what bears the mark and send the rest. What is secret is never sent online: ask the authority how "
                      "to hand it over by the way for classified papers."),
    "file_held": _("Go back to the matter. If another file is wanted, it says so there."),
    "pairing_over": _("Show a new code on the computer and scan that."),
}
"""What to do about a refusal, by its code where that says more than its status."""


def answer(request: HttpRequest, error: HouseError) -> HttpResponse:
    """The page for a refusal; a call without a session goes to the sign-in page, with everything it carried."""
    if isinstance(error, SignInRequired):
        return sign_in_first(request)
    if isinstance(error, StepUpNeeded):
        return proving.prove_first(request, status=error.status, needed=Strength(int(str(error.facts["needed"]))))
    if isinstance(error, PasskeyNeeded):
        return proving.prove_first(request, status=error.status, only=Factor.PASSKEY)
    if isinstance(error, ProofingTooLow):
        return page(request, "portal/known_too_little.html", status=error.status, title=told(error), code=error.code,
                    needed=error.facts["needed"], raise_it=_way_to_be_known())
    if isinstance(error, ReadOnly | AcceptOnly):
        return not_now(request, error)
    elsewhere = f"{reverse('portal:sign_in')}?{urlencode({'next': request.get_full_path()})}" if error.status == 403 else ""
    response = page(request, "portal/failure.html", status=error.status, title=told(error), elsewhere=elsewhere,
                    next_step=NEXT_STEPS.get(error.code) or NEXT_STEPS.get(error.status, _("Go back and try again.")), code=error.code)
    if error.status == 503:
        response["Retry-After"] = str(SHORTLY)
    return response


def _way_to_be_known() -> str:
    """The page on which people raise their real-name level, where there is one."""
    try:
        return reverse("portal:proofing")
    except NoReverseMatch:
        return ""


def not_now(request: HttpRequest, error: ReadOnly | AcceptOnly) -> HttpResponse:
    """The page for an act that waits: why, until when, what works meanwhile, and what was typed, ready to be sent again."""
    notice, posted = modes.current(), _posted(request)
    response = page(request, "portal/not_now.html", status=error.status, error=error, notice=notice, posted=posted,
                    typed=typed(value for _name, value in posted), files=_files(request), code=error.code)
    response["Retry-After"] = str(modes.wait_seconds(notice, clock.now()))
    response["Cache-Control"] = "no-store"
    return response


def may_be_told(name: str) -> bool:
    """May a page show again what came in this field?"""
    return name not in OURS and not SECRET.search(name)


def typed(values: Iterable[str]) -> list[str]:
    """Of what a form carried, what somebody typed; neither a choice nor what was sealed to be carried on."""
    return [value for value in values if value.strip() and not CHOSEN.fullmatch(value) and not SEALED.fullmatch(value)]


def told(error: HouseError) -> str:
    """The message of a refusal in the reader's language."""
    return gettext(error.message).format_map(
        {key: say(value) if isinstance(value, Text) else str(value) for key, value in error.facts.items()})


def sign_in_first(request: HttpRequest, *, status: int = 401, kept: str = "signed_out") -> HttpResponse:
    """The sign-in page; what was posted is carried through it so that nothing typed is lost.

    With it goes what this browser was given by whoever last signed in on it, so that nobody else is offered their words.
    """
    carried = ""
    if request.method == "POST":
        posted = {name: values for name, values in request.POST.lists()
                  if name != "csrfmiddlewaretoken" and not SECRET.search(name)}
        carried = signing.dumps([request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), posted], salt="carried", compress=True)
        if len(carried) > CARRIED_LIMIT:
            carried = ""
    return page(request, "portal/sign_in.html", status=status, next=request.get_full_path(), carried=carried, login="",
                problems=(), kept=kept if request.method == "POST" else "", files=bool(request.FILES))


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose protection token is missing or old.

    Its words are shown, and may be sent after all, only if the browser says that a page of ours sent them: another
    site could else put its own words here, or in somebody's application.
    """
    sign_in, ours = reverse("portal:sign_in"), _sent_by_us(request)
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    if request.path == sign_in:
        return page(request, "portal/sign_in.html", status=403, next=request.POST.get("next", "") if ours else "", login="",
                    problems=(), carried=request.POST.get("carried", "") if ours else "", kept="refused", files=False)
    needs_session = _asks_for_session(request)
    if ours and needs_session and not has_session:
        return sign_in_first(request, status=403, kept="cookies")
    posted = _posted(request) if ours else []
    onward = request.get_full_path()
    if needs_session and not has_session:
        onward = f"{sign_in}?{urlencode({'next': onward})}"
    response = page(request, "portal/form_expired.html", status=403, posted=posted, onward=onward, code="form_expired",
                    typed=typed(value for _name, value in posted), files=_files(request) if ours else [],
                    signs_in=needs_session and not has_session)
    response["Cache-Control"] = "no-store"
    return response


def _sent_by_us(request: HttpRequest) -> bool:
    """Does the browser itself say that a page of ours sent this form?"""
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def _asks_for_session(request: HttpRequest) -> bool:
    found = request.resolver_match
    gate = getattr(found.func, "gate", None) if found else None
    return getattr(gate, "audience", Audience.PUBLIC) is not Audience.PUBLIC


def _posted(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in request.POST.lists() for value in values
            if may_be_told(name)]


def _files(request: HttpRequest) -> list[str | None]:
    return [each.name for _field, each in request.FILES.items() if isinstance(each, UploadedFile)]


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for an address that leads nowhere."""
    return answer(request, NotFound())


def crashed(request: HttpRequest) -> HttpResponse:
    """The page for a bug of ours."""
    return page(request, "portal/failure.html", status=500, code="crashed", elsewhere="",
                title=_("Something went wrong on our side."),
                next_step=_("Your saved draft is kept. Please try again; if it happens again, call 12345."))
