"""A citizen's cases: receipt, progress, corrections, promised papers, withdrawal, vouchers."""

from collections.abc import Container
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.calendars import queries as calendars
from tongban.calendars.types import local
from tongban.cases import actions, queries
from tongban.cases.access import LockedCase, case_to_read, file_to_read
from tongban.cases.errors import Incomplete, MoveNotAllowed
from tongban.cases.queries import CaseRow, CorrectionRow
from tongban.cases.rules import days_left, may_move
from tongban.cases.types import OPEN, DeclineGround, GivenMaterial, State, Way
from tongban.catalogue import queries as catalogue
from tongban.documents import queries as documents_known
from tongban.forms import rules as forms
from tongban.forms.types import FieldProblem
from tongban.identity import queries as identity
from tongban.identity.types import Actor, Extent
from tongban.kernel import modes, vault
from tongban.kernel.codes import mask_phone
from tongban.kernel.errors import HouseError, NotFound
from tongban.kernel.types import Text
from tongban.licences import queries as licences
from tongban.messages import queries as messages
from tongban.portal import behalf, evidence, timeline, vouchers
from tongban.portal.space import licence_words
from tongban.web import failures
from tongban.web.gate import actor_of, also_helped, citizens, citizens_with_files
from tongban.web.handing import attachment, hand_out
from tongban.web.jinja import language, say
from tongban.web.pages import page, see_other

GROUNDS = {
    DeclineGround.NO_PERMIT_NEEDED: _("The matter needs no permit"),
    DeclineGround.NOT_OUR_POWER: _("The matter is not within the powers of this authority"),
    DeclineGround.BARRED: _("The law does not let you apply for this now"),
}
WAITING = (State.SUPPLEMENT_BEFORE, State.SUPPLEMENT_AFTER)


class NothingToCorrectNow(NotFound):
    """There is nothing to correct in this case now."""


class NothingPromisedNow(NotFound):
    """Nothing in this case waits to be handed in later."""


@also_helped
@citizens
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt: number, query code, what happens next and by when (CASE-14)."""
    case, row = _case(request, number)
    guide = catalogue.guide(case.item_code, case.item_version)
    return page(request, "portal/receipt.html", case=row, guide=guide, code=vault.query_code(number),
                upcoming=timeline.upcoming(row), counted_from=_counted_from(case),
                later=[each for each in queries.materials_of(case.id) if each.way is Way.LATER],
                applicant=_applicant(request, case, row), told=_told(request, case),
                agent=identity.acting_name(case.agent_id, case.applicant_id))


def _applicant(request: HttpRequest, case: LockedCase, row: CaseRow) -> str:
    """Who applied, by full name: these pages are read by the parties themselves."""
    party = behalf.party_of(request, case.applicant_id)
    return party.name if party else row.applicant_name


def _told(request: HttpRequest, case: LockedCase) -> list[dict[str, Any]]:
    """What we wrote to the applicant so far, where it went and whether it got there."""
    party = behalf.party_of(request, case.applicant_id)
    phone = mask_phone(party.phone) if party else ""
    return [{"title": each.title, "at": each.sent_at, "phone": phone, "states": [state for _, state in each.delivered]}
            for each in messages.about(case.number)]


@also_helped
@citizens
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Where the case stands, what comes next, and everything that happened (CASE-27)."""
    actor = actor_of(request)
    found, row = _case(request, number)
    guide = catalogue.guide(found.item_code, found.item_version)
    authority = say(guide.authority_short)
    licence = next((each for each in licences.licences_of(actor.parties) if each.case_number == number), None)
    signs = actor.extent_for(found.applicant_id, found.item_code) is Extent.SIGN
    if signs and row.state is State.COMPLETED and row.outcome == "GRANTED" and not modes.is_read_only():
        actions.deliver_case(actor, number=number)
    decision = queries.decision_of(found.id)
    status, tone = timeline.status_words(row)
    materials = queries.materials_of(found.id)
    promised, may_bring = [say(each.name) for each in materials if each.way is Way.LATER], signs and row.state in OPEN
    if promised and may_bring:
        status, tone = timeline.state_words(State.SUPPLEMENT_BEFORE)
    return page(
        request, "portal/case.html", case=row, applicant=_applicant(request, found, row), guide=guide, state_words=status,
        tone=tone, left=_left(found, row),
        upcoming=timeline.upcoming(row), happened=_happened(actor, found, row, authority), signs=signs,
        agent=identity.acting_name(found.agent_id, found.applicant_id),
        corrections=_open_correction(found) if row.state in WAITING else None, decision=decision, licence=licence,
        licence_state=licence_words(licence) if licence else None,
        ground=GROUNDS[DeclineGround(decision.ground)] if decision and decision.ground else "",
        code=vault.query_code(number), materials=materials,
        promised=gettext(", ").join(promised), may_bring=may_bring, sent="sent" in request.GET,
        may_withdraw=signs and may_move(State(found.state), State.WITHDRAWN))


def _happened(actor: Actor, found: LockedCase, row: CaseRow, authority: str) -> list[dict[str, Any]]:
    """The timeline, in which everybody who acted for the applicant is named."""
    events = queries.timeline(row.number, submitted_at=row.submitted_at, now=found.now)
    others = {int(each.actor.removeprefix("account:")) for each in events
              if each.role in timeline.ACTING and each.actor not in ("", actor.actor_id) and each.actor.startswith("account:")}
    return timeline.entries(events, row, authority, reader=actor.actor_id, names=identity.shown_names(sorted(others)) if others else {})


@also_helped
@citizens_with_files
def corrections(request: HttpRequest, number: str) -> HttpResponse:
    """Everything that is missing on one page: change answers, attach files, send once."""
    actor = actor_of(request)
    found, row = _case(request, number)
    notice = _open_correction(found)
    if notice is None or row.state not in WAITING:
        raise NothingToCorrectNow
    guide = catalogue.guide(found.item_code, found.item_version)
    form = catalogue.form(guide.form_code, guide.form_version)
    answers = queries.answers_of(found)
    problems: tuple[FieldProblem, ...] = ()
    pages = [each for each in form.pages if any(item["target"] == each.code for item in notice.items)]
    asked = {item["target"]: item for item in notice.items}
    links: list[dict[str, Any]] = []
    given: list[GivenMaterial] = []
    if request.method == "POST":
        posted = {name: [str(value) for value in values] for name, values in request.POST.lists()}
        for each in pages:
            answers = forms.merge_page(answers, each, forms.read_page(form, each, posted))
        problems = forms.check(form, answers, pages=tuple(pages), today=local(found.submitted_at).date())
        links = [each.link(gettext(each.message), language()) for each in problems]
        given, more = _uploads(request, actor, found, asked)
        there = {each["href"] for each in more} | {f"#m-{each.code}" for each in given}
        links += more
        links += [_unattached(each.code, each.name) for each in guide.materials
                  if each.code in asked and not each.from_form and f"#m-{each.code}" not in there]
        if not links:
            try:
                actions.answer_corrections(actor, number=number, answers=answers, materials=given)
            except Incomplete as error:
                links = [{"href": f"#{each.field}", "message": gettext(each.message)} for each in error.problems]
            else:
                return see_other(f"{reverse('portal:case', args=[number])}?sent=1")
    groups = [{"page": each, "questions": forms.questions(form, each, answers, problems=problems),
               "item": asked[each.code]} for each in pages]
    attached = {each.code: each for each in given}
    wanted = [{"material": each, "item": asked[each.code], "given": attached.get(each.code)}
              for each in guide.materials if each.code in asked]
    other = [item for item in notice.items if item["target"] not in
             {*(each.code for each in pages), *(each.code for each in guide.materials)}]
    return page(request, "portal/corrections.html", case=row, guide=guide, notice=notice, groups=groups,
                wanted=wanted, other=other, problems=links, status=422 if links else 200)


@also_helped
@citizens_with_files
def promised(request: HttpRequest, number: str) -> HttpResponse:
    """Hand in what was promised for later, all of it or a part (MAT-06)."""
    actor = actor_of(request)
    found, row = _case(request, number)
    outstanding = [each for each in queries.materials_of(found.id) if each.way is Way.LATER]
    if row.state not in OPEN or not outstanding:
        raise NothingPromisedNow
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        brought, problems = _uploads(request, actor, found, {each.code for each in outstanding})
        if brought:
            actions.bring_promised(actor, number=number, materials=brought)
            outstanding = [each for each in queries.materials_of(found.id) if each.way is Way.LATER]
        if not problems and brought:
            return see_other(f"{reverse('portal:case', args=[number])}?sent=1")
        if not problems:
            problems = [_unattached(outstanding[0].code, outstanding[0].name)]
    return page(request, "portal/promised.html", case=row, outstanding=outstanding, problems=problems,
                status=422 if problems else 200)


@also_helped
@citizens
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take the application back, after asking (CASE-24)."""
    _, row = _case(request, number)
    refused = not may_move(row.state, State.WITHDRAWN)
    if request.method == "POST" and not refused:
        actions.withdraw_case(actor_of(request), number=number)
        return see_other(reverse("portal:case", args=[number]))
    return page(request, "portal/withdraw.html", case=row, why_not=_why_not_withdrawn(row) if refused else "",
                status=422 if refused and request.method == "POST" else 200)


@also_helped
@citizens
def voucher(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """A sealed written voucher as PDF: receipt, acceptance, non-acceptance, corrections, decision (CASE-14)."""
    found, row = _case(request, number)
    content = vouchers.render(kind, found, row)
    return attachment(content, media_type="application/pdf", name=f"{number}-{kind}.pdf")


@also_helped
@citizens
def file(request: HttpRequest, key: int) -> HttpResponse:
    """The way to one's own file, or to one of a matter one may read."""
    return hand_out(request, documents_known.document(file_to_read(actor_of(request), key)))


def _case(request: HttpRequest, number: str) -> tuple[LockedCase, CaseRow]:
    found = case_to_read(actor_of(request), number)
    behalf.note(request, found.applicant_id)
    return found, queries.row_of(found)


def _open_correction(found: LockedCase) -> CorrectionRow | None:
    return next((each for each in queries.corrections_of(found.id) if each.answered_at is None), None)


def _why_not_withdrawn(row: CaseRow) -> str:
    if row.state is State.WITHDRAWN:
        return gettext("You have withdrawn this application already; nobody works on it any more.")
    if row.state in (State.DECIDED, State.COMPLETED, State.DELIVERED):
        return gettext("It is decided already. An application can be withdrawn until the decision.")
    return failures.told(MoveNotAllowed(state=row.state, act="withdrawn"))


def _counted_from(found: LockedCase) -> str:
    return evidence.counted_from(found.received_on) if found.received_on > local(found.submitted_at).date() else ""


def _left(found: LockedCase, row: CaseRow) -> int | None:
    return days_left(row.due_at, state=row.state, now=found.now, calendar=calendars.calendar(),
                     received_on=row.received_on)


def _unattached(code: str, name: Text) -> dict[str, Any]:
    return {"href": f"#m-{code}", "message": gettext("Attach: {name}").format(name=say(name))}


def _uploads(request: HttpRequest, actor: Actor, found: LockedCase,
             asked: Container[str]) -> tuple[list[GivenMaterial], list[dict[str, Any]]]:
    given, problems = [], []
    guide = catalogue.guide(found.item_code, found.item_version)
    for material in guide.materials:
        if material.code not in asked or material.from_form:
            continue
        brought = evidence.attached_before(request, actor, material, party=found.applicant_id)
        try:
            brought = evidence.attached(request, actor, material, party=found.applicant_id) or brought
        except HouseError as error:
            problems.append(evidence.against(material, error, guide))
        if brought is not None:
            given.append(brought)
    return given, problems


