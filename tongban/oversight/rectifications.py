"""Poor reviews being put right: the list, and one with its history and what a supervisor may do (EVA-10)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tongban.cases import queries as cases
from tongban.catalogue import queries as catalogue
from tongban.identity import queries as identity
from tongban.identity.types import Role
from tongban.oversight.acts import Act, Ask, Doing, choice, kept, perform
from tongban.oversight.frame import (
    LARGEST,
    chosen,
    draw,
    first_page,
    item_name,
    key_in,
    link,
    office_options,
    offices,
    pages,
    supervised,
)
from tongban.oversight.history import moves
from tongban.oversight.reviews import heard
from tongban.oversight.words import FINDINGS, RECTIFICATION_STATES, REMEDIES
from tongban.reviews import actions, queries
from tongban.reviews.errors import RectificationNotFound
from tongban.reviews.rules import masked
from tongban.reviews.types import Finding, Grade, RectificationRow, RectificationState, Remedy
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import date_long, date_short, datetime_short, day_short
from tongban.web.pages import see_other
from tongban.web.words import GRADES, typed

NOBODY = "0"
VERIFY = Act(
    name="verify", title=_("Say what looking into it showed"),
    consequence=_("A true complaint must be put right. A mistaken or malicious one is not counted, and your reason is "
                  "published."),
    asks=(Ask(name="finding", label=_("What the inquiry found"), kind="choice",
              options=tuple((str(each), words) for each, words in FINDINGS.items())),
          Ask(name="reason", label=_("Reason"), optional=True,
              hint=_("Needed when the review was mistaken or malicious. Everyone can read it."))))
RECTIFY = Act(
    name="rectify", title=_("Say how it is put right"),
    consequence=_("A complex matter gets the longer limit. Both are counted from the day of the review."),
    asks=(Ask(name="remedy", label=_("How it is put right"), kind="choice",
              options=tuple((str(each), words) for each, words in REMEDIES.items())),
          Ask(name="done", label=_("What was done, or will be"),
              hint=_("The reviewer and the supervisors read it. Name nobody."))))
ANSWER = Act(
    name="answer", title=_("Answer the reviewer"),
    consequence=_("The reviewer gets the answer at once; everyone can read it beside the review."),
    asks=(Ask(name="answer", label=_("Answer"), hint=_("Please do not write names or phone numbers.")),))
EXTEND = Act(
    name="extend", title=_("Extend the limit once"),
    consequence=_("The limit moves to a later day. It cannot be moved a second time."),
    asks=(Ask(name="reason", label=_("Reason"), hint=_("The reviewer reads it.")),))
REVISIT = Act(
    name="revisit", title=_("Note the call-back"),
    consequence=_("The first grade stays; this one says whether the answer helped."),
    asks=(Ask(name="grade", label=_("How satisfied is the reviewer now?"), kind="choice",
              options=(*((str(int(grade)), words) for grade, (words, _tone) in GRADES.items()),
                       (NOBODY, _("Nobody could be reached")))),))
CLOSE = Act(name="close", title=_("Close the rectification"),
            consequence=_("Nothing more can be done with it afterwards. Who did the work may not close it."))


@staff(Role.SUPERVISOR)
def rectifications(request: HttpRequest) -> HttpResponse:
    """Poor reviews being put right, newest first."""
    keys, named = chosen(request)
    show = request.GET.get("show", "") if request.GET.get("show") in ("overdue", "all") else ""
    found = first_page(
        lambda before, limit: queries.rectifications(authorities=keys, open_only=show != "all",
                                                     overdue_only=show == "overdue", before=before, limit=limit),
        key_in(request, "before"))
    names = {code: row.name for code, row in
             catalogue.items_by_code(sorted({row.review.item_code for row in found.rows})).items()}
    known = offices(sorted({row.review.authority for row in found.rows}))
    pager = pages(request, found, route="rectifications", show=show, authority=named)
    return draw(
        request, "rectifications", section="rectifications", show=show, several=len(keys) > 1, authority=named or "",
        offices=office_options(actor_of(request)), office=offices(keys)[named] if named else "",
        rows=[_line(row) | {"item": item_name(names, row.review.item_code), "office": known[row.review.authority]}
              for row in found.rows],
        pager=pager, counted=None if pager["exact"] is None else ngettext(
            "{count} review", "{count} reviews", pager["exact"]).format(count=f"{pager['exact']:,}"),
        views=[{"label": label, "href": link("rectifications", show=each, authority=named), "current": show == each}
               for each, label in (("", gettext("Open now")), ("overdue", gettext("Due day passed")),
                                   ("all", gettext("All, closed ones too")))])


@staff(Role.SUPERVISOR)
def rectification(request: HttpRequest, key: int) -> HttpResponse:
    """One poor review and what was done about it (EVA-10, EVA-11)."""
    row = queries.rectification(key) if key < LARGEST else None
    if row is None or row.review.authority not in supervised(actor_of(request)):
        raise RectificationNotFound
    handlers = _handlers(row.review.case_number)
    acts = _acts(row, handlers)
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        problems = perform(request, acts, _doings(request, row, handlers))
        if not problems:
            return see_other(link("rectification", key))
    names = {code: item.name for code, item in catalogue.items_by_code([row.review.item_code]).items()}
    return draw(
        request, "rectification", section="rectifications", rectification=_line(row), review=heard(row.review),
        item=item_name(names, row.review.item_code), office=offices([row.review.authority])[row.review.authority],
        summary=_summary(row), history=moves(
            queries.rectification_steps(key), RECTIFICATION_STATES, gettext("by rule or by the reviewer")), acts=acts,
        typed=kept(request), problems=problems, waiting=_waiting(row))


def _line(row: RectificationRow) -> dict[str, Any]:
    state, tone = RECTIFICATION_STATES[row.state]
    return heard(row.review) | {
        "href": link("rectification", row.id), "state": state, "state_tone": "late" if row.is_overdue else tone,
        "opened": day_short(row.opened_on), "overdue": row.is_overdue,
        "due": date_long(row.due_on) if row.due_on and row.state.is_due else "–"}


def _handlers(case_number: str) -> dict[int, str]:
    """Who handled the case: they answer for it (谁办理、谁负责)."""
    case = cases.by_number(case_number)
    if case is None:
        return {}
    decision = cases.decision_of(case.id)
    accounts = {step.done_by for step in cases.steps_of(case.id) if step.done_by}
    return dict(sorted(identity.staff_names(sorted(accounts | ({decision.by} if decision else set()))).items()))


def _acts(row: RectificationRow, handlers: dict[int, str]) -> list[Act]:
    """What may be done next, in the order of the way to its end."""
    assign = Act(
        name="assign", title=_("Say who answers"),
        consequence=_("Whoever handled the matter is responsible. It can be changed until it is looked into."),
        asks=(Ask(name="account", label=_("Who answers"), kind="choice",
                  options=tuple((str(key), name) for key, name in handlers.items())),))
    if row.state is RectificationState.RECEIVED:
        return [assign] if handlers else []
    if row.state is RectificationState.ASSIGNED:
        return [VERIFY, assign] if handlers else [VERIFY]
    if row.state is RectificationState.VERIFIED:
        return [RECTIFY] if row.finding is Finding.TRUE else [ANSWER]
    if row.state is RectificationState.RECTIFYING:
        may_extend = row.remedy is Remedy.LIMITED and not row.extended and not row.is_overdue
        return [ANSWER, EXTEND] if may_extend else [ANSWER]
    return {RectificationState.FED_BACK: [REVISIT], RectificationState.REVISITED: [CLOSE]}.get(row.state, [])


def _doings(request: HttpRequest, row: RectificationRow, handlers: dict[int, str]) -> dict[str, Doing]:
    actor, key = actor_of(request), row.id

    def assign() -> None:
        account = int(choice(request, "account", [str(each) for each in handlers]))
        actions.assign_rectification(actor, rectification=key, account=account)

    def verify() -> None:
        finding = Finding(choice(request, "finding", [str(each) for each in Finding]))
        actions.verify_rectification(actor, rectification=key, finding=finding, reason=typed(request, "reason"))

    def rectify() -> None:
        remedy = Remedy(choice(request, "remedy", [str(each) for each in Remedy]))
        actions.rectify(actor, rectification=key, remedy=remedy, done=typed(request, "done"))

    def revisit() -> None:
        given = choice(request, "grade", [NOBODY, *(str(int(each)) for each in Grade)])
        actions.revisit_by_call(actor, rectification=key, grade=None if given == NOBODY else int(given))

    return {
        "assign": assign, "verify": verify, "rectify": rectify, "revisit": revisit,
        "answer": lambda: actions.feed_back(actor, rectification=key, answer=typed(request, "answer")),
        "extend": lambda: actions.extend_rectification(actor, rectification=key, reason=typed(request, "reason")),
        "close": lambda: actions.close_rectification(actor, rectification=key),
    }


def _summary(row: RectificationRow) -> list[dict[str, Any]]:
    who = identity.staff_names([row.assigned_to]).get(row.assigned_to, "") if row.assigned_to else ""
    lines: list[dict[str, Any]] = [
        {"label": gettext("Case"), "value": row.review.case_number,
         "href": link("case", row.review.case_number), "change": gettext("Open the case")},
        {"label": gettext("Opened on"), "value": date_short(row.opened_on)},
        {"label": gettext("Who answers"), "value": who or gettext("nobody yet")}]
    if row.finding:
        lines.append({"label": gettext("What the inquiry found"), "value": FINDINGS[row.finding],
                      "note": masked(row.finding_reason)})
    if row.remedy:
        lines.append({"label": gettext("How it is put right"), "value": REMEDIES[row.remedy],
                      "note": masked(row.remedy_text)})
    if row.extended:
        lines.append({"label": gettext("Longer limit"), "value": gettext("The limit was extended once: {reason}").format(
            reason=masked(row.extension_reason))})
    if row.answered_at:
        lines.append({"label": gettext("Answer"), "value": masked(row.answer), "note": _answered(row)})
    if row.revisit_grade:
        lines.append({"label": gettext("Grade after the answer"), "value": GRADES[row.revisit_grade][0]})
    return lines


def _answered(row: RectificationRow) -> str:
    at = datetime_short(row.answered_at) if row.answered_at else ""
    return (gettext("{at}, in time") if row.in_time else gettext("{at}, too late")).format(at=at)


def _waiting(row: RectificationRow) -> str:
    """Who acts next, and by when."""
    if row.state.is_due and row.due_on:
        day = date_long(row.due_on)
        if row.is_overdue:
            return gettext("The due day was {day}. The reviewer is still waiting.").format(day=day)
        return gettext("Due by {day}.").format(day=day)
    return {
        RectificationState.FED_BACK: gettext("Next: the reviewer says whether the answer helps, or you call back."),
        RectificationState.REVISITED: gettext("Next: a supervisor who did not do the work closes it."),
    }.get(row.state, gettext("Nothing more is to be done."))
