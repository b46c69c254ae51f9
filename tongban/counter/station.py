"""Who sits at the desk, their queue at the left, and how a page of the desk is drawn."""

from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from tongban.authorities import queries as authorities
from tongban.calendars import queries as calendars
from tongban.cases import queries
from tongban.cases.queries import Due, TaskRow
from tongban.cases.types import State
from tongban.counter.clocks import clock_of, left
from tongban.counter.folder import Folder
from tongban.counter.history import history
from tongban.counter.words import POSTS, shown
from tongban.identity import queries as identity
from tongban.identity.types import Actor, Role
from tongban.kernel import clock
from tongban.kernel.errors import Problem
from tongban.supervision.queries import count_awaited
from tongban.supervision.rules import units_of
from tongban.web.gate import actor_of
from tongban.web.jinja import day_short, language, say
from tongban.web.pages import page
from tongban.web.words import STATES

DESK = (Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER, Role.ISSUER, Role.SUPERVISOR)
PAGE = 25
FEW = 2
"""So many authorities are named at the top of the page; more are counted."""
LARGEST = 2**62


def desk(request: HttpRequest, template: str, *, folder: Folder | None = None, status: int = 200,
         problems: list[dict[str, Any]] | None = None, **names: Any) -> HttpResponse:
    """A page of the desk; with a case, its queue at the left and its clock and history at the right."""
    actor = actor_of(request)
    if folder is not None:
        state, tone = STATES[State(folder.case.state)]
        names.update(folder=folder, case=folder.case, clock_facts=clock_of(folder), history=history(folder),
                     state_words=state, state_tone=tone, sample=identity.is_sample(folder.case.applicant_id))
    return page(request, template, status=422 if problems and status == 200 else status, station=station(actor),
                pane=queue_pane(request, actor, chosen=folder.number if folder else ""), problems=problems or [],
                awaited=count_awaited(units_of(actor)), **names)


def station(actor: Actor) -> str:
    """Authority, post and name of whoever sits here."""
    keys = actor.authorities
    offices = [say(authorities.authority(key).short_name) for key in keys[:FEW]]
    if len(keys) > FEW:
        offices = [gettext("{count} authorities").format(count=len(keys))]
    held = [str(words) for role, words in POSTS.items() if role in actor.roles]
    comma = ", " if language() == "en" else "、"
    return " · ".join(part for part in (comma.join(offices), comma.join(held), actor.display) if part)


def queue_pane(request: HttpRequest, actor: Actor, *, chosen: str = "") -> dict[str, Any]:
    """Tabs with exact counts and one page of open steps, most urgent first."""
    asked = request.GET.get("view", "")
    view = Due(asked) if asked in set(Due) else Due.ANY
    after = _after(request.GET.get("after", ""))
    found = queries.queue(actor, after=after, limit=PAGE + 1, due_in=view)
    counts = queries.count_queue(actor)
    shown, home = found[:PAGE], reverse("counter:queue")
    rows = _rows(shown, chosen)
    return {
        "sentence": _sentence(counts[Due.ANY], counts[Due.OVERDUE], rows[0] if rows and not after and view is not Due.TODAY
                              else None),
        "told": _told(len(shown), counts[view], len(rows)),
        "tabs": [{"label": label, "href": f"{home}?view={each}" if each else home, "count": counts[each],
                  "current": each is view} for each, label in (
                      (Due.ANY, gettext("Mine")), (Due.OVERDUE, gettext("Overdue")), (Due.TODAY, gettext("Due today")))],
        "rows": rows, "shown": len(shown), "view": str(view), "first_href": f"{home}?view={view}" if after else "",
        "next_href": f"{home}?after={_key(shown[-1])}&view={view}" if len(found) > PAGE else "",
        "next_case": next((row.case.number for row in shown if row.case.number != chosen), ""),
    }


def _sentence(steps: int, late: int, first: dict[str, Any] | None) -> list[SafeString]:
    """What waits, how much of it is late and what comes first."""
    parts = [_counted(ngettext("{count} step waits for you.", "{count} steps wait for you.", steps), steps)]
    if late:
        parts.append(_counted(ngettext("{count} of them is overdue.", "{count} of them are overdue.", late), late))
    elif steps:
        parts.append(format_html("{}", gettext("None is overdue.")))
    if first:
        parts.append(format_html(gettext("The most urgent: {who}, {left}."), left=first["tag"],
                                 who=format_html('<a href="{}">{}</a>', first["href"], first["applicant"])))
    return parts


def _counted(words: str, count: int) -> SafeString:
    return format_html(words, count=format_html("<b>{}</b>", f"{count:,}"))


def _told(shown: int, steps: int, cases: int) -> str:
    """How much of a list is on the page: steps are counted, the steps of one case stand in one row."""
    return ngettext("{shown} of {steps} steps shown, in {count} case", "{shown} of {steps} steps shown, in {count} cases",
                    cases).format(shown=shown, steps=steps, count=cases)


def _rows(found: list[TaskRow], chosen: str) -> list[dict[str, Any]]:
    """One row a case, with every step of it that waits at this place of the list."""
    now, calendar = clock.now(), calendars.calendar()
    rows = []
    comma = ", " if language() == "en" else "、"
    for number, group in groupby(found, key=lambda row: row.case.number):
        steps = list(group)
        case, due_at = steps[0].case, steps[0].due_at
        stopped = case.state is State.SUSPENDED
        tag = left(due_at, now=now, calendar=calendar, stopped=stopped)
        step = comma.join(say(each.name) for each in steps)
        rows.append({
            "title": case.applicant_name, "href": reverse("counter:case", args=[number]), "tag": tag.text,
            "tone": tag.tone, "text": f"{say(case.item_name)} · {step}", "applicant": case.applicant_name,
            "item": say(case.item_name), "step": step, "number": number[-12:],
            "at": day_short(last_day(due_at)) if due_at and not stopped else "", "chosen": number == chosen})
    return rows


def last_day(due_at: datetime) -> date:
    """The last day on which an act is in time."""
    return clock.local(due_at - due_at.resolution).date()


def _key(row: TaskRow) -> str:
    moment = row.due_at.astimezone(clock.SHANGHAI).strftime("%Y%m%dT%H%M%S.%f") if row.due_at else ""
    return f"{moment}~{row.id}"


def _after(text: str) -> tuple[datetime, int] | None:
    """The place in the list a link names; anything else begins at its top."""
    moment, _, key = text.partition("~")
    try:
        due = datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=clock.SHANGHAI)
        return (due, int(key)) if key.isascii() and key.isdigit() and int(key) < LARGEST else None
    except ValueError:
        return None


def links(problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
    """Problems as the lines of an error summary."""
    return [{"href": f"#{each.field}", "message": told_problem(each)} for each in problems]


def told_problem(problem: Problem) -> str:
    """A problem in the reader's language."""
    facts = {name: shown(value) for name, value in problem.facts.items()}
    return gettext(problem.message).format_map(facts)
