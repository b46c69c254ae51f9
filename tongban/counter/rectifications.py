"""Poor reviews of my authorities and what is done about each: assign, verify, put right, answer (EVA-10)."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.calendars import queries as calendars
from tongban.calendars.rules import working_days_between
from tongban.cases import queries as cases
from tongban.catalogue import queries as catalogue
from tongban.counter.station import DESK, desk
from tongban.counter.words import day, minute, said
from tongban.identity import queries as identity
from tongban.identity.types import Actor
from tongban.kernel import clock
from tongban.kernel.errors import Refusal
from tongban.reviews import actions, queries
from tongban.reviews.errors import DutyMissing, RectificationMoveNotAllowed, RectificationNotFound
from tongban.reviews.rules import duty_of, masked, may, option_labels
from tongban.reviews.types import Duty, Finding, RectificationRow, RectificationState, Remedy
from tongban.web import refusals
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import language
from tongban.web.pages import see_other
from tongban.web.words import GRADES, Words, typed

PAGE = 25
TYPED = ("account", "finding", "reason", "remedy", "done", "answer")
STATES: Mapping[RectificationState, tuple[Words, str]] = {
    RectificationState.RECEIVED: (_("To be assigned"), "info"),
    RectificationState.ASSIGNED: (_("To be looked into"), "info"),
    RectificationState.VERIFIED: (_("Looked into"), "info"),
    RectificationState.RECTIFYING: (_("Being put right"), "wait"),
    RectificationState.FED_BACK: (_("Answered"), "done"),
    RectificationState.REVISITED: (_("Reviewer asked again"), "done"),
    RectificationState.CLOSED: (_("Closed"), "plain"),
}
FINDINGS: Mapping[Finding, Words] = {
    Finding.TRUE: _("It is true"), Finding.MISTAKEN: _("It is a mistake"), Finding.MALICIOUS: _("It is malicious"),
}
REMEDIES: Mapping[Remedy, Words] = {
    Remedy.IMMEDIATE: _("Put right at once"), Remedy.LIMITED: _("Complex: put right within the longer limit"),
    Remedy.EXPLAINED: _("Explained, because the law leaves no other way"),
}
MOVES: Mapping[str, Words] = {
    "assigned": _("assigned"), "verified": _("looked into"), "rectified": _("put right"), "answered": _("answered"),
}
Acting = Callable[[HttpRequest, Actor, int], None]


@staff(*DESK)
def rectifications(request: HttpRequest) -> HttpResponse:
    """Rectifications of my authorities, newest first: open, overdue or all."""
    actor, view = actor_of(request), request.GET.get("view", "")
    before = request.GET.get("before", "")
    found = queries.rectifications(
        authorities=actor.authorities, open_only=view != "all", overdue_only=view == "overdue",
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None, limit=PAGE + 1)
    shown = found[:PAGE]
    names = identity.staff_names([row.assigned_to for row in shown if row.assigned_to])
    home = reverse("counter:rectifications")
    return desk(
        request, "counter/rectifications.html", rows=[_row(each, names) for each in shown], view=view,
        first_href=f"{home}?view={view}" if before and view in VIEWS else home if before else "",
        next_href=f"{home}?view={view if view in VIEWS else ''}&before={shown[-1].id}" if len(found) > PAGE else "",
        tabs=[{"label": words, "href": f"{home}?view={code}" if code else home,
               "current": code == (view if view in VIEWS else "")} for code, words in VIEWS.items()])


@staff(*DESK)
def rectification(request: HttpRequest, key: int) -> HttpResponse:
    """One poor review: what was said, what was done, and the next lawful step."""
    actor = actor_of(request)
    problems: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST":
        acting = ACTING.get(request.POST.get("act", ""))
        try:
            if acting is None:
                raise RectificationMoveNotAllowed(state="", act="")
            acting(request, actor, key)
        except Refusal as error:
            problems = [{"href": "#step", "message": _said(error)}]
        except DutyMissing as error:
            refusals.note(request, error)
            problems, status = [{"href": "#step", "message": said(error)}], error.status
        else:
            return see_other(reverse("counter:rectification", args=[key]))
    row = queries.rectification(key) if key < 2**62 else None
    if row is None or row.review.authority not in actor.authorities:
        raise RectificationNotFound
    return desk(request, "counter/rectification.html", problems=problems, status=status, row=row, facts=_row(row, {}),
                ticked=option_labels(row.review.options, queries.options_of(row.review.options_version), language()),
                steps=_steps(row), step=_next(actor, row), people=_people(actor, row), findings=FINDINGS,
                offered={each: words for each, words in FINDINGS.items()
                         if may(actor, duty_of(each), row.review.authority)},
                text=masked(row.review.text), follow_up=masked(row.review.follow_up), answer=masked(row.answer),
                finding_reason=masked(row.finding_reason), remedy_text=masked(row.remedy_text), remedies=REMEDIES,
                kept={name: typed(request, name) for name in TYPED},
                grade_again=GRADES[row.revisit_grade][0] if row.revisit_grade else "")


VIEWS: Mapping[str, Words] = {"": _("Open"), "overdue": _("Overdue"), "all": _("All")}


def _row(row: RectificationRow, names: Mapping[int, str]) -> dict[str, Any]:
    words, tone = STATES[row.state]
    return {"row": row, "state": words, "tone": tone, "grade": GRADES[row.review.grade][0],
            "item": catalogue.guide(row.review.item_code).name, "who": names.get(row.assigned_to or 0, ""),
            "due": _due(row), "given": minute(row.review.given_at)}


def _due(row: RectificationRow) -> tuple[str, str]:
    """By when the reviewer is to be answered, and its tone."""
    if row.due_on is None or not row.state.is_due:
        return ("", "plain")
    if row.is_overdue:
        return (gettext("Overdue since {day}").format(day=day(row.due_on)), "late")
    left = working_days_between(clock.today(), row.due_on, calendars.calendar())
    return (gettext("By {day}").format(day=day(row.due_on)), "wait" if left <= 1 else "plain")


def _next(actor: Actor, row: RectificationRow) -> str:
    """The form to show: assign, verify, rectify, answer; empty when the actor has nothing to do."""
    wanted = {RectificationState.RECEIVED: "assign", RectificationState.ASSIGNED: "verify",
              RectificationState.VERIFIED: "rectify" if row.finding is Finding.TRUE else "answer",
              RectificationState.RECTIFYING: "answer"}.get(row.state, "")
    duty = Duty.ASSIGN if wanted == "assign" else Duty.WORK
    return wanted if wanted and may(actor, duty, row.review.authority) else ""


def _people(actor: Actor, row: RectificationRow) -> list[tuple[int, str]]:
    """Whoever handled the case and may still answer there, and whoever reads this."""
    events = cases.timeline(row.review.case_number)
    keys = {int(event.actor.partition(":")[2]) for event in events if event.actor.startswith("account:")}
    return sorted(queries.assignable(row.review.authority, [*keys, actor.account]).items())


def _steps(row: RectificationRow) -> list[dict[str, Any]]:
    found = queries.rectification_steps(row.id)
    names = identity.staff_names([step.by for step in found if step.by])
    lines = [{"what": DONE[step.after], "at": minute(step.at), "iso": step.at.isoformat(),
              "who": names.get(step.by or 0, gettext("by rule") if step.by is None else "")} for step in found]
    if lines:
        lines[-1]["state"] = "now"
    return lines[::-1]


DONE: Mapping[RectificationState, Words] = {
    RectificationState.RECEIVED: _("Poor review received"), RectificationState.ASSIGNED: _("Assigned"),
    RectificationState.VERIFIED: _("Looked into"), RectificationState.RECTIFYING: _("Putting it right"),
    RectificationState.FED_BACK: _("Reviewer answered"), RectificationState.REVISITED: _("Reviewer asked again"),
    RectificationState.CLOSED: _("Closed"),
}


def _said(error: Refusal) -> str:
    """A refusal with state and act in words."""
    if not isinstance(error, RectificationMoveNotAllowed):
        return said(error)
    state = str(error.facts["state"]).split(",")[0]
    words = STATES[RectificationState(state)][0] if state in set(RectificationState) else state
    act = str(error.facts["act"])
    return said(type(error)(state=words, act=MOVES.get(act, act)))


def _assign(request: HttpRequest, actor: Actor, key: int) -> None:
    account = request.POST.get("account", "")
    actions.assign_rectification(actor, rectification=key,
                                 account=int(account) if account.isascii() and account.isdigit() and len(account) < 18
                                 else 0)


def _verify(request: HttpRequest, actor: Actor, key: int) -> None:
    finding = request.POST.get("finding", "")
    if finding not in set(Finding):
        raise FindingMissing
    actions.verify_rectification(actor, rectification=key, finding=Finding(finding), reason=typed(request, "reason"))


def _rectify(request: HttpRequest, actor: Actor, key: int) -> None:
    remedy = request.POST.get("remedy", "")
    if remedy not in set(Remedy):
        raise RemedyMissing
    actions.rectify(actor, rectification=key, remedy=Remedy(remedy), done=typed(request, "done"))


def _answer(request: HttpRequest, actor: Actor, key: int) -> None:
    actions.feed_back(actor, rectification=key, answer=typed(request, "answer"))


ACTING: Mapping[str, Acting] = {"assign": _assign, "verify": _verify, "rectify": _rectify, "answer": _answer}


class FindingMissing(Refusal):
    """Say what looking into it showed."""


class RemedyMissing(Refusal):
    """Say how it is put right."""
