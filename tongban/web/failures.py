"""Refusals and failures as pages that say what happened, what was kept and what to do next."""

import re

from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.kernel import clock, modes
from tongban.kernel.errors import HouseError, NotFound, SignInRequired
from tongban.kernel.modes import AcceptOnly, ReadOnly
from tongban.kernel.types import Text
from tongban.web.jinja import say
from tongban.web.pages import page

CARRIED_LIMIT = 200_000
SHORTLY = 5
UNTOLD = frozenset({"csrfmiddlewaretoken", "_revision"})
CHOSEN = re.compile("[a-z][a-z0-9_-]*|1")
"""Values that pages made and nobody typed; they are sent again, but say nothing to people."""
NEXT_STEPS = {
    401: _("Sign in and carry on where you were."),
    403: _("Go back, or sign in with an account that may do this."),
    404: _("Check the address, or search for what you need."),
    422: _("Go back and change what the message names. What you typed is kept."),
    503: _("Wait a moment and try again."),
}


def answer(request: HttpRequest, error: HouseError) -> HttpResponse:
    """The page for a refusal; a call without a session goes to the sign-in page, with everything it carried."""
    if isinstance(error, SignInRequired):
        return sign_in_first(request)
    if isinstance(error, ReadOnly | AcceptOnly):
        return not_now(request, error)
    response = page(request, "portal/failure.html", status=error.status, title=told(error),
                    next_step=NEXT_STEPS.get(error.status, _("Go back and try again.")), code=error.code)
    if error.status == 503:
        response["Retry-After"] = str(SHORTLY)
    return response


def not_now(request: HttpRequest, error: ReadOnly | AcceptOnly) -> HttpResponse:
    """The page for an act that waits: why, until when, what works meanwhile, and what was typed, ready to be sent again."""
    notice = modes.current()
    posted = [(name, value) for name, values in request.POST.lists() for value in values
              if name not in UNTOLD and "password" not in name]
    response = page(request, "portal/not_now.html", status=error.status, error=error, notice=notice, posted=posted,
                    typed=[value for _name, value in posted if value.strip() and not CHOSEN.fullmatch(value)],
                    files=[each.name for _field, each in request.FILES.items() if isinstance(each, UploadedFile)], code=error.code)
    response["Retry-After"] = str(modes.wait_seconds(notice, clock.now()))
    response["Cache-Control"] = "no-store"
    return response


def told(error: HouseError) -> str:
    """The message of a refusal in the reader's language."""
    return gettext(error.message).format_map(
        {key: say(value) if isinstance(value, Text) else str(value) for key, value in error.facts.items()})


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """The sign-in page; what was posted is carried through it so that nothing typed is lost."""
    carried = ""
    if request.method == "POST":
        posted = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
        carried = signing.dumps(posted, salt="carried", compress=True)
        if len(carried) > CARRIED_LIMIT:
            carried = ""
    return page(request, "portal/sign_in.html", status=401, next=request.get_full_path(), carried=carried, login="",
                problems=(), kept=request.method == "POST", files=bool(request.FILES))


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose protection token is missing or old."""
    return page(request, "portal/failure.html", status=403, code="form_expired",
                title=_("We could not be sure that this form came from you."),
                next_step=_("Go back, reload the page and send it again; cookies must be allowed. A saved draft is kept."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for an address that leads nowhere."""
    return answer(request, NotFound())


def crashed(request: HttpRequest) -> HttpResponse:
    """The page for a bug of ours."""
    return page(request, "portal/failure.html", status=500, code="crashed",
                title=_("Something went wrong on our side."),
                next_step=_("Your saved draft is kept. Please try again; if it happens again, call 12345."))
