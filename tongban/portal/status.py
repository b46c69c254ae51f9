"""Where a case stands, for whoever holds its number and query code: no sign-in (CASE-14, CASE-27)."""

import re

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tongban.calendars import queries as calendars
from tongban.cases.access import status_by_code
from tongban.cases.queries import StatusRow
from tongban.cases.rules import days_left
from tongban.cases.types import State
from tongban.identity.errors import TooManyGuesses
from tongban.kernel import clock
from tongban.portal.places import local_page
from tongban.portal.timeline import state_words
from tongban.web.failures import told
from tongban.web.gate import address_of, anyone, in_every_mode
from tongban.web.jinja import due_date
from tongban.web.pages import stepped_back_to

CLOSED = {
    State.WITHDRAWN: gettext_lazy("The applicant took the application back, so nothing more happens here."),
    State.CLOSED_NO_SUPPLEMENT: gettext_lazy("What was missing did not come in time, so nothing more happens here."),
    State.TRANSFERRED: gettext_lazy("The application was forwarded, so nothing more happens here."),
}
NUMBER = re.compile("[0-9A-Za-z-]{8,80}")


@in_every_mode
@anyone
def status(request: HttpRequest) -> HttpResponse:
    """Ask for number and code; both travel in the body, so that neither is kept in histories and logs."""
    if request.method != "POST":
        return local_page(request, "portal/status.html", number="", problems=())
    number = re.sub(r"\s", "", request.POST.get("number", ""))
    code = request.POST.get("code", "").strip()
    problems = _missing(number, code)
    found = None
    if not problems:
        try:
            found = status_by_code(number, code, address=address_of(request)) if NUMBER.fullmatch(number) else None
        except TooManyGuesses as error:
            problems = [{"href": "#number", "message": told(error)}]
    if not problems and found is None:
        message = _("Number and query code do not belong together. Both stand on your receipt; please compare them.")
        problems = [{"href": "#number", "message": message}]
    if found is None:
        return stepped_back_to(local_page(request, "portal/status.html", status=422, problems=problems,
                                          number=number[:80].replace("\x00", "")))
    words, tone = state_words(found.state)
    left = days_left(found.due_at, state=found.state, now=clock.now(), calendar=calendars.calendar(),
                     received_on=found.received_on)
    return stepped_back_to(local_page(
        request, "portal/status_found.html", found=found, words=words, tone=tone, upcoming=upcoming(found),
        left_words=_left_words(left), late=left is not None and left < 0))


def _missing(number: str, code: str) -> list[dict[str, str]]:
    """Which of the two is not there."""
    return [{"href": href, "message": message} for value, href, message in (
        (number, "#number", _("Enter the case number")), (code, "#code", _("Enter the query code"))) if not value]


def upcoming(found: StatusRow) -> str:
    """What happens next, by when and by whom."""
    day = due_date(found.due_at) if found.due_at else ""
    if found.state is State.SUBMITTED and day:
        return _("Next: the authority accepts the application or tells you what is missing, by {day}.").format(day=day)
    if found.state in (State.SUPPLEMENT_BEFORE, State.SUPPLEMENT_AFTER) and day:
        return _("Your turn: send what is missing by {day}.").format(day=day)
    if found.state is State.SUSPENDED:
        return _("Next: a procedure the law provides for; its time does not count.")
    if found.state in (State.ACCEPTED, State.UNDER_REVIEW) and day:
        return _("Next: the decision, promised by {day}.").format(day=day)
    if found.state is State.DECIDED:
        return _("Next: the result is being made; this takes a moment.")
    return str(CLOSED.get(found.state) or _("Nothing more happens here. Sign in to read the result and the reasons."))


def _left_words(left: int | None) -> str:
    """The time left, or over, in words."""
    if left is None:
        return ""
    if left < 0:
        return ngettext("{count} working day over", "{count} working days over", -left).format(count=-left)
    if not left:
        return _("Due today")
    return ngettext("{count} working day left", "{count} working days left", left).format(count=left)
