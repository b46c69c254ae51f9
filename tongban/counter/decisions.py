"""Examining and deciding: pass or not with an opinion, grant or refuse with reasons."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases import actions
from tongban.cases.errors import Incomplete
from tongban.cases.types import Outcome, Right
from tongban.counter.acts import acts_of, after_words, grant_words, refusal_of
from tongban.counter.folder import Folder, in_post, open_folder
from tongban.counter.station import desk, links
from tongban.counter.words import said, typed
from tongban.identity.types import Role
from tongban.kernel.errors import Refusal
from tongban.web.gate import actor_of, staff
from tongban.web.pages import see_other

EXAMINED = ("examine", "inspect")


@staff(Role.REVIEWER, Role.DECIDER)
def examine(request: HttpRequest, number: str) -> HttpResponse:
    """Finish one step of the examination: passed or not, with an opinion that stays in the file (CASE-05)."""
    actor = actor_of(request)
    folder = open_folder(actor, number)
    steps = [step for step in folder.open_steps if step.verb in EXAMINED]
    node = request.POST.get("pass") or request.POST.get("fail") or request.POST.get("step", "")
    opinion = typed(request, "opinion")
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        problems = _finish(request, folder, node, opinion)
        if not problems:
            return see_other(f"{reverse('counter:case', args=[number])}?done=examine")
    return desk(request, "counter/examine.html", folder=folder, problems=problems, opinion=opinion,
                steps=[{"step": step, "then": after_words(actor, folder, step)} for step in steps],
                refused=refusal_of(acts_of(actor, folder), "pass", "examine"))


@staff(Role.DECIDER)
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """Grant, or refuse with reasons and the ways to challenge it (LAL art. 38)."""
    actor = actor_of(request)
    folder = open_folder(actor, number)
    reason, outcome = typed(request, "reason"), request.POST.get("outcome", "")
    problems: list[dict[str, Any]] = []
    if request.method == "POST" and outcome not in set(Outcome):
        problems = [{"href": "#main", "message": gettext("Choose: grant or refuse")}]
    elif request.method == "POST":
        try:
            actions.decide_case(in_post(actor, Right.DECIDE, folder), number=number, outcome=Outcome(outcome),
                                reason=reason if outcome == Outcome.REFUSED else "")
        except Incomplete as error:
            problems = links(error.problems)
        except Refusal as error:
            problems = [{"href": "#main", "message": said(error)}]
        else:
            done = "grant" if outcome == Outcome.GRANTED else "refuse"
            return see_other(f"{reverse('counter:case', args=[number])}?done={done}")
    acts = acts_of(actor, folder)
    return desk(request, "counter/decide.html", folder=folder, problems=problems, reason=reason,
                consequence=grant_words(folder), no_grant=refusal_of(acts, "grant"),
                refused=refusal_of(acts, "refuse", "grant"))


def _finish(request: HttpRequest, folder: Folder, node: str, opinion: str) -> list[dict[str, Any]]:
    """Do it, or say what keeps it from being done."""
    passed = "pass" in request.POST
    if not passed and "fail" not in request.POST:
        return [{"href": "#main", "message": gettext("Choose: passed or not passed")}]
    verb = next((step.verb for step in folder.steps if step.node == node and step.verb in EXAMINED), EXAMINED[0])
    try:
        actions.examine_case(in_post(actor_of(request), Right.EXAMINE, folder), number=folder.number,
                             recommends=passed, opinion=opinion, verb=verb, node=node)
    except Incomplete as error:
        return links(error.problems)
    except Refusal as error:
        return [{"href": "#main", "message": said(error)}]
    return []
