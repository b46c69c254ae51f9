"""Who sits at the desk, and how a page of the desk is drawn."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from tongban.authorities import queries as authorities
from tongban.cases.types import State
from tongban.counter.clocks import clock_of
from tongban.counter.folder import Folder
from tongban.counter.history import history
from tongban.counter.waiting import window
from tongban.counter.words import POSTS, shown
from tongban.identity import queries as identity
from tongban.identity.types import Actor, Role
from tongban.kernel.errors import Problem
from tongban.supervision.queries import count_awaited
from tongban.supervision.rules import units_of
from tongban.web.gate import actor_of
from tongban.web.jinja import language, say
from tongban.web.pages import page
from tongban.web.words import STATES

DESK = (Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER, Role.ISSUER, Role.SUPERVISOR)
FEW = 2
"""So many authorities are named at the top of the page; more are counted."""


def desk(request: HttpRequest, template: str, *, folder: Folder | None = None, status: int = 200,
         problems: list[dict[str, Any]] | None = None, **names: Any) -> HttpResponse:
    """A page of the desk; with a case, its queue at the left and its clock and history at the right."""
    actor = actor_of(request)
    if folder is not None:
        state, tone = STATES[State(folder.case.state)]
        names.update(pane=window(actor, folder, moved="done" in request.GET), folder=folder, case=folder.case,
                     clock_facts=clock_of(folder), history=history(folder), state_words=state,
                     state_tone=tone, sample=identity.is_sample(folder.case.applicant_id))
    return page(request, template, status=422 if problems and status == 200 else status, station=station(actor),
                problems=problems or [], awaited=count_awaited(units_of(actor)), **names)


def station(actor: Actor) -> str:
    """Authority, post and name of whoever sits here."""
    keys = actor.authorities
    offices = [say(authorities.authority(key).short_name) for key in keys[:FEW]]
    if len(keys) > FEW:
        offices = [gettext("{count} authorities").format(count=len(keys))]
    held = [str(words) for role, words in POSTS.items() if role in actor.roles]
    comma = ", " if language() == "en" else "、"
    return " · ".join(part for part in (comma.join(offices), comma.join(held), say(actor.name)) if part)


def links(problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
    """Problems as the lines of an error summary."""
    return [{"href": f"#{each.field}", "message": told_problem(each)} for each in problems]


def told_problem(problem: Problem) -> str:
    """A problem in the reader's language."""
    facts = {name: shown(value) for name, value in problem.facts.items()}
    return gettext(problem.message).format_map(facts)
