"""Helping one person at the counter: their code, their matters, and everything wiped when it ends (HALL-08, T10)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from tongban.counter.station import desk
from tongban.identity import actions as identity
from tongban.identity.errors import HelpCodeNotValid, HelpNotYours, TooManyAttempts
from tongban.identity.types import Role
from tongban.kernel import clock, parameters
from tongban.web.failures import told
from tongban.web.gate import actor_of, staff
from tongban.web.pages import see_other

FORGET = '"cache", "storage"'
LONGEST = 20


@staff(Role.RECEPTIONIST)
def help_person(request: HttpRequest) -> HttpResponse:
    """Begin to help whoever reads out their code; say whom one helps; end it, so that the browser forgets everything."""
    actor = actor_of(request)
    if request.method == "POST" and actor.helping is not None:
        identity.end_help(actor, key=actor.helping.key)
        return _forgotten(see_other(reverse("counter:help") + "?done=ended"))
    problems: list[dict[str, Any]] = []
    if request.method == "POST" and "code" in request.POST:
        code, last = (request.POST.get(name, "").strip()[:LONGEST] for name in ("code", "last"))
        problems = _check(code, last)
        if not problems:
            try:
                identity.start_help(actor, token=request.COOKIES[settings.SESSION_COOKIE_NAME], code=code, last=last)
            except (HelpCodeNotValid, HelpNotYours, TooManyAttempts) as error:
                problems = [{"href": "#code", "message": told(error)}]
            else:
                return _forgotten(see_other(reverse("counter:help")))
    return desk(request, "counter/help.html", problems=problems, whom=actor.helping.name if actor.helping else "",
                idle=parameters.value("identity.help_idle_seconds", clock.today()) // 60, done=request.GET.get("done", ""))


def _check(code: str, last: str) -> list[dict[str, Any]]:
    problems = []
    if not ("".join(code.split()).isdigit() and len("".join(code.split())) == 6):
        problems.append({"href": "#code", "message": gettext("Enter the six figures of the code")})
    if len(last) != 4:
        problems.append({"href": "#last", "message": gettext("Enter the last four characters of their identity number")})
    return problems


def _forgotten(response: HttpResponse) -> HttpResponse:
    """The browser keeps nothing of the person who was helped before."""
    response["Clear-Site-Data"] = FORGET
    return response
