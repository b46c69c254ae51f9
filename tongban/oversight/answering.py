"""Who answers for what is kept here, as everyone is shown it, and who did before."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tongban.identity import queries as identity
from tongban.identity.types import Role
from tongban.oversight.frame import draw
from tongban.web.answering import CHARGES, person_of, rows, unanswered
from tongban.web.gate import staff
from tongban.web.jinja import date_short, say


@staff(Role.SUPERVISOR)
def answering(request: HttpRequest) -> HttpResponse:
    """The chain of today, and everybody named so far; it is changed by two administrators at the machine, never here."""
    known = identity.answering()
    return draw(request, "answering", section="", topmost=settings.HUB, rows=rows(known, identity.charges()), open=unanswered(known),
                samples=any(each.sample for each in known.values()),
                before=[{"cells": [date_short(each.since), CHARGES[each.charge][0], say(each.unit), person_of(each)]}
                        for each in identity.answered_before()])
