"""Receiving: accept, ask once for everything that is missing, or turn down on one of three grounds."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.cases import actions
from tongban.cases.errors import Incomplete
from tongban.cases.rules import MARKED
from tongban.cases.types import CorrectionItem, DeclineGround, Right
from tongban.catalogue.types import Pace
from tongban.counter.acts import accept_words, acts_of, correction_day, refusal_of
from tongban.counter.folder import Folder, in_post, open_folder
from tongban.counter.station import desk, links
from tongban.counter.words import said
from tongban.forms import rules as forms
from tongban.identity.types import Role
from tongban.kernel.errors import Refusal
from tongban.kernel.secrecy import mark_in
from tongban.web.gate import actor_of, staff
from tongban.web.pages import see_other
from tongban.web.words import GROUNDS, typed

LONGEST_WHAT = 300
PHRASES = (
    _("Cannot be read clearly. Please take the picture again."), _("Pages are missing. Please send all of them."),
    _("The seal or signature is missing."), _("It is out of date. Please send the one in force."),
    _("It does not agree with what you wrote in the form."),
)


@staff(Role.RECEPTIONIST, Role.REVIEWER)
def accept(request: HttpRequest, number: str) -> HttpResponse:
    """Accept, with the consequence said before; an instant case goes straight on to its decision."""
    actor = actor_of(request)
    folder = open_folder(request, number)
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        try:
            actions.accept_case(in_post(actor, Right.ACCEPT, folder), number=number)
        except Refusal as error:
            problems = [{"href": "#main", "message": said(error)}]
            folder = open_folder(request, number)
        else:
            decides = actor.holds(Role.DECIDER, folder.case.authority_id)
            if folder.guide.pace is Pace.INSTANT and decides:
                return see_other(folder.to("decide"))
            return folder.after("accept")
    return desk(request, "counter/accept.html", folder=folder, problems=problems, consequence=accept_words(folder),
                refused=refusal_of(acts_of(actor, folder), "accept"))


@staff(Role.RECEPTIONIST, Role.REVIEWER)
def corrections(request: HttpRequest, number: str) -> HttpResponse:
    """Tick everything that is missing, read the notice as the applicant will, send it once."""
    actor = actor_of(request)
    folder = open_folder(request, number)
    targets = _targets(request, folder)
    items = [CorrectionItem(target=each["target"], name=each["name"], what=each["what"]) for each in targets
             if each["ticked"]]
    problems: list[dict[str, Any]] = []
    if request.method == "POST" and "change" not in request.POST:
        problems = _missing(targets)
        if not problems and "send" not in request.POST:
            return desk(request, "counter/corrections_notice.html", folder=folder, items=items, targets=targets,
                        until=correction_day(folder), refused=refusal_of(acts_of(actor, folder), "corrections"))
        if not problems:
            try:
                actions.request_corrections(in_post(actor, Right.ACCEPT, folder), number=number, items=items)
            except Refusal as error:
                problems = [{"href": "#main", "message": said(error)}]
                folder = open_folder(request, number)
            else:
                return folder.after("corrections")
    return desk(request, "counter/corrections.html", folder=folder, targets=targets, problems=problems,
                typed=any(each["what"] for each in targets), phrases=PHRASES, until=correction_day(folder), longest=LONGEST_WHAT,
                refused=refusal_of(acts_of(actor, folder), "corrections"))


@staff(Role.RECEPTIONIST, Role.REVIEWER)
def decline(request: HttpRequest, number: str) -> HttpResponse:
    """Turn an application down in writing, on one of the grounds of LAL art. 32."""
    actor = actor_of(request)
    folder = open_folder(request, number)
    problems: list[dict[str, Any]] = []
    ground, reason, organ = request.POST.get("ground", ""), typed(request, "reason"), typed(request, "right_organ")
    if request.method == "POST":
        chosen = DeclineGround(ground) if ground in set(DeclineGround) else None
        try:
            actions.decline_case(in_post(actor, Right.ACCEPT, folder), number=number, ground=chosen, reason=reason,
                                 right_organ=organ.strip()[:120])
        except Incomplete as error:
            problems = links(error.problems)
        except Refusal as error:
            problems = [{"href": "#main", "message": said(error)}]
            folder = open_folder(request, number)
        else:
            return folder.after("decline")
    return desk(request, "counter/decline.html", folder=folder, problems=problems, grounds=GROUNDS, ground=ground,
                reason=reason, right_organ=organ, typed=bool(reason), refused=refusal_of(acts_of(actor, folder), "decline"))


def _targets(request: HttpRequest, folder: Folder) -> list[dict[str, Any]]:
    """Every page of the form and every material that could be wrong, with what was typed about it."""
    given = {each.code: each for each in folder.materials}
    pages: list[dict[str, Any]] = [
        {"id": f"p-{each.code}", "target": each.code, "name": each.title, "hint": gettext("Answers in the form"),
         "material": None} for each in forms.visible_pages(folder.form, dict(folder.answers))]
    papers: list[dict[str, Any]] = [
        {"id": f"m-{each.code}", "target": each.code, "name": each.name, "hint": "", "material": given.get(each.code)}
        for each in folder.guide.materials_for(folder.case.situation) if not each.from_form]
    found: list[dict[str, Any]] = []
    for each in (*papers, *pages):
        what = " ".join(typed(request, f"what-{each['id']}", longest=LONGEST_WHAT).split())
        found.append({**each, "what": what, "ticked": bool(what) or f"on-{each['id']}" in request.POST})
    return found


def _missing(targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not any(each["ticked"] for each in targets):
        return [{"href": f"#on-{targets[0]['id']}" if targets else "#main",
                 "message": gettext("Tick at least one thing and say what is wrong with it")}]
    marked = [{"href": f"#what-{each['id']}", "message": gettext(MARKED)} for each in targets if each["ticked"] and mark_in(each["what"])]
    return [*marked, *({"href": f"#what-{each['id']}", "message": gettext("Say what is wrong, in words the applicant can act on")}
                       for each in targets if each["ticked"] and not each["what"])]
