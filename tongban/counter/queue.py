"""What waits for my posts, most urgent first, and finding a case."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from tongban.cases import queries
from tongban.cases.queries import CaseRow
from tongban.cases.rules import RIGHTS, words_of
from tongban.cases.types import Right
from tongban.counter.station import DESK, desk, last_day
from tongban.counter.words import day, minute
from tongban.identity.types import Role
from tongban.web.gate import actor_of, staff
from tongban.web.words import CONTROL, STATES

FOUND = 25
LONGEST = 100


@staff()
def queue(request: HttpRequest) -> HttpResponse:
    """The open steps of my posts; whoever only supervises has none and is led to oversight."""
    if actor_of(request).roles == {Role.SUPERVISOR}:
        return redirect("oversight:home")
    return desk(request, "counter/queue.html")


@staff(*DESK)
def search(request: HttpRequest) -> HttpResponse:
    """Cases of the authorities where a post of mine may read them, by name, number or item; a whole number leads straight to its case."""
    actor = actor_of(request)
    mine = [authority for authority in actor.authorities
            if any(actor.holds(role, authority) for role in RIGHTS[Right.READ])]
    asked = CONTROL.sub("", request.GET.get("q", "")).strip()[:LONGEST]
    exact = queries.by_number(asked.upper()) if asked else None
    if exact is not None and exact.authority in mine:
        return redirect("counter:case", exact.number)
    found = queries.find(mine, words_of(*asked.split()), limit=FOUND + 1)
    return desk(request, "counter/search.html", asked=asked, rows=[_row(each) for each in found[:FOUND]],
                more=len(found) > FOUND, most=FOUND)


def _row(case: CaseRow) -> dict[str, Any]:
    words, tone = STATES[case.state]
    return {"case": case, "state": words, "tone": tone, "due": day(last_day(case.due_at)) if case.due_at else "",
            "received": minute(case.submitted_at),
            "outcome": gettext("Refused") if case.outcome == "REFUSED" else ""}
