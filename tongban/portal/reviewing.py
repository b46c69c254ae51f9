"""Rating a finished case by the link of its invitation, and what became of it; no sign-in needed."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tongban.authorities import queries as authorities
from tongban.calendars import queries as calendars
from tongban.calendars.rules import working_days_between
from tongban.kernel import clock
from tongban.kernel.errors import HouseError, NotFound
from tongban.kernel.types import Who
from tongban.portal.opinions import GRADES, NOT_COUNTED, Words, ticked
from tongban.reviews import actions, queries
from tongban.reviews.errors import GradeMissing
from tongban.reviews.rules import LONGEST_TEXT
from tongban.reviews.types import Finding, Grade, InvitationRow, OwnReview, RectificationState, TokenHolder
from tongban.web import refusals
from tongban.web.failures import told
from tongban.web.gate import anyone
from tongban.web.jinja import date_long, date_short
from tongban.web.pages import page, see_other

BECAME: Mapping[RectificationState, tuple[Words, str, Words]] = {
    RectificationState.RECEIVED: (
        _("Sent to the authority"), "info", _("The authority has your rating and must look into it.")),
    RectificationState.ASSIGNED: (
        _("Being looked into"), "info", _("Someone at the authority is looking into it and may call you.")),
    RectificationState.VERIFIED: (
        _("Looked into"), "info", _("The authority has looked into it. It must now put it right or explain, and answer.")),
    RectificationState.RECTIFYING: (_("Being put right"), "wait", _("The authority is putting it right.")),
    RectificationState.FED_BACK: (
        _("Answered"), "done", _("The authority has answered. Please say below whether you are satisfied now.")),
    RectificationState.REVISITED: (
        _("Answered"), "done", _("A supervisor who did not do the work reads what you said and closes the matter.")),
    RectificationState.CLOSED: (_("Closed"), "plain", _("A supervisor has closed the matter.")),
}
ASKS: Mapping[Grade, Words] = {
    grade: _("{grade}: what went wrong?") if grade.is_poor else _("{grade}: what could be better?")
    if grade is Grade.BASICALLY_SATISFIED else _("{grade}: what was good?") for grade in Grade
}
SETTLED: Mapping[str, tuple[Grade, Words]] = {
    "yes": (Grade.SATISFIED, _("Yes, I am satisfied")), "no": (Grade.DISSATISFIED, _("No, I am not satisfied")),
}
DONE: Mapping[str, Words] = {
    "add": _("Your comment was added. Everyone can read it."),
    "settle": _("What you said was noted. A supervisor who did not do the work reads it and closes the matter."),
    "erase": _("Your words were taken back. Nobody can read them any more."),
}
Acting = Callable[[HttpRequest, Who, str], None]


@anyone
def review(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for one of five grades; once given, say what became of it and what may still be said (EVA-09, EVA-11)."""
    invitation, given = queries.invitation(token), queries.own_review(token)
    answer = _ask(request, token, invitation) if given is None else _given(request, token, invitation, given)
    answer["Cache-Control"] = "no-store"
    return answer


def _ask(request: HttpRequest, token: str, invitation: InvitationRow) -> HttpResponse:
    chosen, marked = request.POST.get("grade", ""), tuple(request.POST.getlist("option"))[:20]
    text = request.POST.get("text", "")
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        if chosen not in {str(int(grade)) for grade in Grade}:
            problems = [{"href": "#grade", "message": gettext("Choose how satisfied you are")}]
        else:
            try:
                offered = {each.code for each in queries.options(on=clock.today()).of(Grade(int(chosen)))}
                actions.submit_review(_who(request), token=token, grade=int(chosen), text=text,
                                      options_ticked=tuple(each for each in marked if each in offered))
            except NotFound:
                raise
            except HouseError as error:
                refusals.note(request, error)
                problems = [{"href": "#text", "message": told(error)}]
            else:
                return see_other(_here(token, "rate"))
    known = queries.options(on=clock.today())
    return page(request, "portal/review.html", item_name=invitation.item_name, authority_name=_office(invitation),
                grades=[{"value": int(grade), "label": words, "asks": str(ASKS[grade]).format(grade=words),
                         "options": known.of(grade)} for grade, (words, _tone) in GRADES.items()],
                chosen=chosen, ticked=marked, text=text, longest=LONGEST_TEXT, problems=problems,
                status=422 if problems else 200)


def _given(request: HttpRequest, token: str, invitation: InvitationRow, given: OwnReview) -> HttpResponse:
    problems: list[dict[str, Any]] = []
    act = request.POST.get("act", "")
    if request.method == "POST":
        if act not in ACTING:
            return see_other(_here(token))
        acting, place = ACTING[act]
        try:
            acting(request, _who(request), token)
        except NotFound:
            raise
        except HouseError as error:
            refusals.note(request, error)
            problems = [{"href": place, "message": told(error)}]
        else:
            return see_other(_here(token, act))
    row = given.shown
    return page(
        request, "portal/reviewed.html", item_name=invitation.item_name, item_code=invitation.item_code,
        authority_name=_office(invitation), said=_said(given), became=_became(given), outcome=_outcome(given),
        done=_done(request.GET.get("done", ""), given), longest=LONGEST_TEXT, settled=SETTLED,
        may_settle=row.state is RectificationState.FED_BACK, may_add=not given.followed_up and not row.erased,
        may_erase=bool(row.text or row.follow_up), act=act, text=request.POST.get("text", ""), problems=problems,
        status=422 if problems else 200)


def _add(request: HttpRequest, who: Who, token: str) -> None:
    actions.follow_up(who, token=token, text=request.POST.get("text", ""))


def _settle(request: HttpRequest, who: Who, token: str) -> None:
    chosen = request.POST.get("settled", "")
    if chosen not in SETTLED:
        raise GradeMissing
    actions.revisit(who, token=token, grade=SETTLED[chosen][0])


def _erase(request: HttpRequest, who: Who, token: str) -> None:
    actions.erase_text(who, token=token)


ACTING: Mapping[str, tuple[Acting, str]] = {
    "add": (_add, "#text"), "settle": (_settle, "#settled"), "erase": (_erase, "#erase"),
}


def _who(request: HttpRequest) -> Who:
    return getattr(request, "actor", None) or TokenHolder()


def _here(token: str, done: str = "") -> str:
    return reverse("portal:review", args=[token]) + (f"?done={done}" if done else "")


def _office(invitation: InvitationRow) -> Any:
    return authorities.authority(invitation.authority).name


def _said(given: OwnReview) -> list[dict[str, Any]]:
    """The review as everyone reads it."""
    row = given.shown
    lines: list[dict[str, Any]] = [
        {"label": gettext("Your rating"), "value": GRADES[row.grade][0], "note": date_short(row.given_on)},
        {"label": gettext("What stood out?"), "value": ticked(row)},
        {"label": gettext("In your own words"),
         "value": gettext("You took your words back.") if row.erased else row.text},
        {"label": gettext("Added later"), "value": row.follow_up}]
    return [line for line in lines if line["value"]]


def _became(given: OwnReview) -> dict[str, Any] | None:
    """Where the answer to a poor review stands, and by when what comes next is due."""
    if not given.shown.grade.is_poor:
        return None
    state = given.shown.state or RectificationState.RECEIVED
    words, tone, line = BECAME[state]
    late = state.is_due and given.due_on is not None and given.due_on < clock.today()
    return {"status": gettext("Late") if late else words, "tone": "late" if late else tone,
            "lines": [line, *([_due(state, given)] if state.is_due and given.due_on else [])]}


def _due(state: RectificationState, given: OwnReview) -> str:
    """By when it must be looked into or answered, and how long that is."""
    due = given.due_on or clock.today()
    if due < clock.today():
        return gettext("It was due by {day}. The supervisors can see that it is late.").format(day=date_long(due))
    left = working_days_between(clock.today(), due, calendars.calendar())
    time = ngettext("{count} working day left", "{count} working days left", left).format(count=left) if left else (
        gettext("Due today"))
    first = state in (RectificationState.RECEIVED, RectificationState.ASSIGNED)
    return (gettext("It must be looked into by {day} ({left}).") if first else
            gettext("It must be answered by {day} ({left}).")).format(day=date_long(due), left=time)


def _outcome(given: OwnReview) -> list[dict[str, Any]]:
    """What was found, why it took longer, the answer, and what was said of it."""
    row = given.shown
    found = gettext("What you said is true.") if row.finding is Finding.TRUE else (
        NOT_COUNTED[row.finding] if row.finding else "")
    asked = row.state in (RectificationState.REVISITED, RectificationState.CLOSED)
    again = GRADES[given.revisit_grade][0] if given.revisit_grade else gettext("We could not reach you.")
    lines: list[dict[str, Any]] = [
        {"label": gettext("What the inquiry found"), "value": found, "note": row.finding_reason},
        {"label": gettext("What is done about it"), "value": given.remedy_text},
        {"label": gettext("Why it takes longer"), "value": given.extension_reason},
        {"label": gettext("The authority's answer"), "value": row.answer,
         "note": date_short(row.answered_on) if row.answered_on else ""},
        {"label": gettext("After the answer"), "value": again if asked else ""}]
    return [line for line in lines if line["value"]]


def _done(act: str, given: OwnReview) -> Words:
    """What was just done, and what follows."""
    if act != "rate":
        return DONE.get(act, "")
    if given.shown.grade.is_poor:
        return gettext("The authority must now look into it, put it right or explain, and answer. "
                       "Your link shows the answer.")
    return gettext("Your rating is published together with those of others, without your name.")
