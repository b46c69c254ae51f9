"""What stops, restarts and lengthens the clock."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from tongban.calendars.types import local
from tongban.cases import actions
from tongban.cases.errors import Incomplete
from tongban.cases.types import Right
from tongban.counter.acts import acts_of, longest_extension, refusal_of
from tongban.counter.folder import in_post, open_folder
from tongban.counter.station import desk, links
from tongban.counter.words import said
from tongban.identity.types import Role
from tongban.kernel.errors import Refusal
from tongban.web.gate import actor_of, staff
from tongban.web.words import procedures_of, typed

LAST_YEAR = 5


@staff(Role.REVIEWER, Role.DECIDER)
def suspend(request: HttpRequest, number: str) -> HttpResponse:
    """Stop the clock for one of the procedures of LAL art. 45 and announce how long it should take."""
    actor = actor_of(request)
    folder = open_folder(request, number)
    procedures = procedures_of(folder.guide)
    procedure, ends = request.POST.get("procedure", ""), typed(request, "ends", longest=10)
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        until, latest = _day(ends), local(folder.case.now).year + LAST_YEAR
        if procedure not in procedures:
            problems.append({"href": "#procedure", "message": gettext("Choose the procedure")})
        if until is None:
            problems.append({"href": "#ends", "message": gettext("Give the day on which it should end")})
        elif until.year > latest:
            problems.append({"href": "#ends", "message": gettext(
                "This day is too far away. Give one no later than the year {year}.").format(year=latest)})
        if until is not None and not problems:
            try:
                actions.suspend_case(in_post(actor, Right.EXAMINE, folder), number=number, procedure=procedure,
                                     announced_end=until)
            except Refusal as error:
                problems = [{"href": "#ends", "message": said(error, procedures)}]
                folder = open_folder(request, number)
            else:
                return folder.after("suspend")
    return desk(request, "counter/suspend.html", folder=folder, problems=problems, procedures=procedures,
                procedure=procedure, ends=ends, typed=bool(ends), today=local(folder.case.now).date().isoformat(),
                refused=refusal_of(acts_of(actor, folder), "suspend"))


@staff(Role.REVIEWER, Role.DECIDER)
def resume(request: HttpRequest, number: str) -> HttpResponse:
    """Let the clock run again."""
    actor = actor_of(request)
    folder = open_folder(request, number)
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        try:
            actions.resume_case(in_post(actor, Right.EXAMINE, folder), number=number)
        except Refusal as error:
            problems = [{"href": "#main", "message": said(error)}]
            folder = open_folder(request, number)
        else:
            return folder.after("resume")
    return desk(request, "counter/resume.html", folder=folder, problems=problems,
                refused=refusal_of(acts_of(actor, folder), "resume"))


@staff(Role.DECIDER)
def extend(request: HttpRequest, number: str) -> HttpResponse:
    """Extend the legal limit once (LAL art. 42)."""
    actor = actor_of(request)
    folder = open_folder(request, number)
    longest = longest_extension(folder)
    days, reason = typed(request, "days", longest=4).strip(), typed(request, "reason")
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        count = int(days) if days.isascii() and days.isdigit() else 0
        if not 1 <= count <= longest:
            problems.append({"href": "#days", "message": gettext(
                "Give a number of working days from 1 to {most}").format(most=longest)})
        else:
            try:
                actions.extend_case(in_post(actor, Right.DECIDE, folder), number=number, days=count, reason=reason)
            except Incomplete as error:
                problems = links(error.problems)
            except Refusal as error:
                problems = [{"href": "#main", "message": said(error)}]
                folder = open_folder(request, number)
            else:
                return folder.after("extend")
    return desk(request, "counter/extend.html", folder=folder, problems=problems, days=days, reason=reason,
                typed=bool(reason), most=longest, refused=refusal_of(acts_of(actor, folder), "extend"))


def _day(text: str) -> date | None:
    """The day as it was typed, if there is such a day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
