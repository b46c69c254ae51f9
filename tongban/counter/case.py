"""A case in three panes, what is covered on it shown with a reason, and its files."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.cases.queries import MaterialRow
from tongban.cases.rules import check_reason
from tongban.cases.types import DeclineGround, Way
from tongban.counter import disclosing
from tongban.counter.acts import acts_of
from tongban.counter.folder import Folder, open_folder, sections
from tongban.counter.history import late_papers, names_of, opinions_of
from tongban.counter.station import DESK, desk, links
from tongban.counter.words import TRUST, WAYS, day, minute
from tongban.documents import queries as documents
from tongban.documents.actions import look_at_gate, pass_gate, waits_at_gate
from tongban.documents.errors import DocumentNotFound, FileHeld
from tongban.documents.types import Look
from tongban.identity import queries as identity
from tongban.kernel import database, modes
from tongban.kernel.disclosures import LONGEST_REASON
from tongban.kernel.errors import Problem
from tongban.licences import queries as licences
from tongban.web import secrecy
from tongban.web.gate import actor_of, asking_ahead, in_every_mode, proved_lately, staff
from tongban.web.handing import hand_to_officer
from tongban.web.jinja import language, say
from tongban.web.pages import see_other
from tongban.web.words import GROUNDS, Words, typed

DONE: dict[str, Words] = {
    "accept": _("Accepted. The clock runs."), "decline": _("Not accepted. The applicant is told why."),
    "corrections": _("The applicant has been told what is missing."), "examine": _("The step is done."),
    "grant": _("Granted. The rest happens by itself."), "refuse": _("Refused. The applicant is told why."),
    "suspend": _("The clock stands still."), "resume": _("The clock runs again."),
    "extend": _("The legal limit was extended."), "return": _("Returned. It is examined again and comes back."),
}
REASONS: dict[str, Words] = {
    "contact": _("To call the applicant about this case"), "compare": _("To compare with a document or a register"),
    "other": _("Another reason"),
}


@staff(*DESK)
def case(request: HttpRequest, number: str) -> HttpResponse:
    """The case with its queue, its clock, its history and the acts that are lawful now."""
    actor = actor_of(request)
    folder = open_folder(request, number)
    disclosing.note_opening(actor, folder)
    return desk(
        request, "counter/case.html", folder=folder, acts=acts_of(actor, folder), sections=sections(folder, language()),
        covered=bool(disclosing.covered(folder)), materials=[_material(each) for each in folder.materials],
        promised=gettext(", ").join(say(each.name) for each in folder.materials if each.way is Way.LATER),
        held=gettext(", ").join(say(each.name) for each in folder.materials if each.held),
        opinions=opinions_of(folder.steps), late_papers=late_papers(folder), notices=_notices(folder), decision=_decision(folder),
        licence=next(iter(licences.codes_of(number)), None) if folder.case.outcome == "GRANTED" else None,
        agent=identity.acting_name(folder.case.agent_id, folder.case.applicant_id), done=DONE.get(request.GET.get("done", ""), ""))


@proved_lately
@in_every_mode
@staff(*DESK)
def applicant(request: HttpRequest, number: str) -> HttpResponse:
    """What is covered on the case page, shown once for a reason that the applicant will read."""
    actor = actor_of(request)
    folder = open_folder(request, number)
    fields = disclosing.covered(folder)
    problems: list[dict[str, Any]] = []
    chosen, other = request.POST.get("reason", ""), typed(request, "other")
    if request.method == "POST":
        problems = links(_check_reason(chosen, other))
        if not problems:
            disclosing.note(actor, folder, disclosing.answers(fields), other.strip() if chosen == "other" else chosen)
            return desk(request, "counter/applicant_shown.html", folder=folder,
                        rows=[row for each in sections(folder, language(), masked=False) for row in each["rows"]
                              if row.field in fields])
    return desk(request, "counter/applicant.html", folder=folder, reasons=REASONS, chosen=chosen, other=other,
                longest=LONGEST_REASON, problems=problems, fields=[folder.form.fields[name].label for name in fields])


def _at_gate(request: HttpRequest, number: str, material: int) -> Look | None:
    """What the gate finds in a file that no officer opened yet, and that it lets in if nothing is wrong with it."""
    actor = actor_of(request)
    acting = partial(database.acting, parties=actor.parties, authorities=actor.authorities, account=actor.account)
    with acting():
        kept = documents.document(_with_file(open_folder(request, number), material))
    if not waits_at_gate(kept):
        return None
    with acting():
        _, _, secret = documents.sealed(kept.id)
    return look_at_gate(kept, secret=secret)


@asking_ahead(_at_gate)
@staff(*DESK)
def file(request: HttpRequest, number: str, material: int) -> HttpResponse:
    """The way to a file of the case; the read is noted. One that is held at the gate is read by nobody: the case says so.

    While the house is for reading only the gate still looks, and what it finds is not kept.
    """
    actor, look = actor_of(request), request.ahead  # type: ignore[attr-defined]
    folder = open_folder(request, number)
    document = _with_file(folder, material)
    if look is not None and not modes.is_read_only():
        pass_gate(actor, document=document, look=look)
        secrecy.held(request, look.mark)
    kept = documents.document(document)
    if kept.held:
        return see_other(folder.to("case"))
    if look is not None and look.flaw:
        raise FileHeld
    found = next(each for each in folder.materials if each.id == material)
    disclosing.note(actor, folder, disclosing.material(found.code), disclosing.step_of(folder))
    return hand_to_officer(request, kept, name=found.file_name)


def _with_file(folder: Folder, material: int) -> int:
    """The key of a file of the case."""
    found = next((each.document for each in folder.materials if each.id == material), None)
    if found is None:
        raise DocumentNotFound
    return found


def _check_reason(chosen: str, other: str) -> tuple[Problem, ...]:
    if chosen not in REASONS:
        return (Problem(code="reason_missing", field="reason", message="Say why you need to see it."),)
    if chosen != "other":
        return ()
    if len(other.strip()) > LONGEST_REASON:
        return (Problem(code="reason_too_long", field="other", facts={"most": LONGEST_REASON},
                        message="Keep the reason to {most} characters."),)
    return check_reason(other, field="other")


def _material(row: MaterialRow) -> dict[str, Any]:
    tag, tone = {
        Way.LATER: (gettext("Not here yet"), "wait"), Way.LICENCE: (gettext("Taken from the register"), "done"),
    }.get(row.way, (gettext("Here"), "done"))
    if row.overdue_at:
        tag, tone = gettext("Promised and overdue"), "late"
    if row.held:
        tag, tone = gettext("Held at the gate"), "late"
    return {"row": row, "source": say(row.source) if row.source else WAYS[row.way], "trust": TRUST[row.trust],
            "tag": tag, "tone": tone, "size": -(-row.size // 1024)}


def _notices(folder: Folder) -> list[dict[str, Any]]:
    return [{"items": [{"label": say(item["name"]), "value": item["what"]} for item in each.items],
             "at": minute(each.requested_at), "until": day(each.due_at - each.due_at.resolution),
             "answered": minute(each.answered_at) if each.answered_at else ""} for each in folder.corrections]


def _decision(folder: Folder) -> dict[str, Any] | None:
    found = folder.decision
    if found is None:
        return None
    title, tone = {"GRANTED": (gettext("Granted"), "done"), "REFUSED": (gettext("Refused"), "late")}.get(
        found.kind, (gettext("Not accepted"), "late"))
    return {"title": title, "tone": tone, "reason": found.reason, "organ": found.right_organ,
            "ground": GROUNDS[DeclineGround(found.ground)] if found.ground else "", "at": minute(found.at),
            "who": names_of([found.by]).get(found.by, "")}


