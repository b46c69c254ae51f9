"""Freezing my account, and closing it for good: what happens is said before, and asked twice."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.errors import CasesStillOpen
from tongban.identity import actions as identity
from tongban.identity.access import require
from tongban.identity.errors import PasswordNotYours, TooManyAttempts
from tongban.identity.types import Actor, Proofing
from tongban.kernel import retention
from tongban.portal.space import line
from tongban.web.failures import told
from tongban.web.gate import actor_of, address_of, citizens
from tongban.web.jinja import say
from tongban.web.pages import page

YEAR = 365
NOT_OF_THEM = frozenset({"drafts", "messages", "assessments"})
"""Classes of records of which nothing outlives an account, or that are not of people."""


@citizens
def freeze(request: HttpRequest) -> HttpResponse:
    """Say what freezing does, then freeze; only people whose card a clerk can compare, or they would never get it back."""
    actor = actor_of(request)
    require(actor, proofing=Proofing.L2)
    problems = _unproved(request, actor) if request.method == "POST" else []
    if request.method != "POST" or problems:
        return page(request, "portal/freeze.html", status=422 if problems else 200, problems=problems)
    identity.freeze_account(actor)
    return _ended(request, "portal/frozen.html")


@citizens
def close(request: HttpRequest) -> HttpResponse:
    """Say what is erased and what the law keeps; ask once more on a page of its own; then close."""
    actor = actor_of(request)
    waiting = queries.unfinished(actor)
    sure = "sure" in request.POST
    if request.method != "POST" or waiting:
        owing = queries.owing([each.id for each in waiting])
        return page(request, "portal/close.html", status=422 if waiting and request.method == "POST" else 200,
                    waiting=[line(each, actor, owing) for each in waiting],
                    kept=[{"label": say(what), "value": _length(days)} for what, days in retention.kept_days(besides=NOT_OF_THEM)])
    problems = _unproved(request, actor) if sure else []
    if not sure or problems:
        return page(request, "portal/close_sure.html", status=422 if problems else 200, problems=problems)
    try:
        cases.close_account(actor)
    except CasesStillOpen as error:
        return page(request, "portal/close_sure.html", status=422, problems=[_problem(told(error))])
    return _ended(request, "portal/closed.html")


def _unproved(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    if not request.POST.get("present"):
        return [_problem(_("Enter your present password"))]
    try:
        identity.prove_password(actor, present=request.POST.get("present", "")[:200], address=address_of(request))
    except (PasswordNotYours, TooManyAttempts) as error:
        return [_problem(told(error))]
    return []


def _ended(request: HttpRequest, template: str) -> HttpResponse:
    """The last page of a session: the browser forgets what it stored."""
    request.actor = None  # type: ignore[attr-defined]
    response = page(request, template)
    response.delete_cookie(settings.SESSION_COOKIE_NAME)
    response["Clear-Site-Data"] = '"cache", "storage"'
    response["Cache-Control"] = "no-store"
    return response


def _length(days: int) -> str:
    if days % YEAR == 0 and days >= YEAR:
        return _("{count} years").format(count=days // YEAR)
    return _("{count} days").format(count=days)


def _problem(message: str) -> dict[str, Any]:
    return {"href": "#present", "field": "present", "message": message}
