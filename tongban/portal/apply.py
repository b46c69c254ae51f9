"""Applying: who for, question by question, materials, check, send once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from tongban.calendars import queries as calendars
from tongban.calendars.types import local
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.access import OpenDraft, draft_to_read, sent_draft
from tongban.cases.errors import (
    ApplicantNotServed,
    DraftChangedElsewhere,
    DraftNotFound,
    Incomplete,
    ItemNotOpen,
    NotOnline,
)
from tongban.cases.queries import check_submission
from tongban.cases.rules import check_item, check_situation, receipt
from tongban.cases.types import Way
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide
from tongban.forms import rules as forms
from tongban.forms.types import CompiledForm, FieldProblem, Page, led
from tongban.identity import queries as identity
from tongban.identity.access import require
from tongban.identity.queries import PartyView
from tongban.identity.types import Actor, Extent, PartyKind, Strength
from tongban.kernel import parameters
from tongban.kernel.errors import NotFound, Problem
from tongban.kernel.secrecy import mark_inside, without_marks
from tongban.kernel.types import Text
from tongban.portal import again, changes, evidence
from tongban.portal.behalf import read_draft
from tongban.portal.changes import asked
from tongban.web import failures, secrecy
from tongban.web.gate import actor_of, also_helped, citizens, citizens_with_files
from tongban.web.jinja import due_date, language, say
from tongban.web.pages import page, see_other

Rest = ParamSpec("Rest")
DraftPage = Callable[Concatenate[HttpRequest, str, Rest], HttpResponse]
LONGEST_REVISION = 10
SITUATION, MATERIALS, CHECK = "situation", "materials", "check"
UNCONFIRMED, REFUSED = "confirm", "sent"


class StepUnknown(NotFound):
    """This application has no such step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the application as the task list shows it."""

    code: str
    title: Text | str
    href: str
    done: bool
    hint: str = ""


def receipt_once_sent(view: DraftPage[Rest]) -> DraftPage[Rest]:
    """Pages of a draft that was sent lead to its receipt: whoever lost the answer finds it on the way back."""
    @wraps(view)
    def enter(request: HttpRequest, key: str, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        try:
            return view(request, key, *args, **kwargs)
        except DraftNotFound:
            number = sent_draft(actor_of(request), key)
            if not number:
                raise
            return see_other(reverse("portal:receipt", args=[number]))

    return cast("DraftPage[Rest]", enter)


@also_helped
@citizens
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Say who the application is for; offer drafts already begun; begin a new one. The face is asked for only to send."""
    actor, guide = actor_of(request), catalogue.guide(code)
    require(actor, proofing=guide.proofing, strength=min(guide.strength, Strength.S2))
    applicants = [party for key in actor.reach if key not in actor.merged
                  and (actor.extent_for(key, code) or 0) >= Extent.PREPARE and (party := identity.party(key))
                  and not check_item(guide, is_legal=party.kind is PartyKind.ENTITY)]
    if request.method == "POST":
        chosen = next((party for party in applicants if str(party.party) == request.POST.get("applicant")), None)
        if chosen is not None:
            key = _begin(actor, guide, chosen, situation=request.GET.get("situation", ""))
            return see_other(reverse("portal:draft", args=[key]))
        if "applicant" not in request.POST:
            return again.sent_back(request)
    problems = [{"href": "#applicant", "message": gettext("Choose who you are applying for")}] \
        if applicants and (again.reason(request) or request.method == "POST") else []
    drafts = [draft for draft in queries.drafts_of(actor.reach) if draft.item_code == code]
    return page(request, "portal/start.html", guide=guide, applicants=applicants, drafts=drafts, problems=problems,
                status=422 if request.method == "POST" else 200)


@also_helped
@citizens
@receipt_once_sent
def draft(request: HttpRequest, key: str) -> HttpResponse:
    """The task list of an application: what is done, what is left."""
    actor = actor_of(request)
    found = read_draft(request, key)
    guide, form = _guide(found), _form(found)
    lapsed = queries.lapsed_materials(actor, guide, found.applicant, found.given)
    steps = _steps(found, guide, form, lapsed)
    upcoming = next((step for step in steps if not step.done), steps[-1])
    return page(request, "portal/draft.html", guide=guide, draft=found, steps=steps, upcoming=upcoming,
                applicant=identity.party(found.applicant), changed=changes.since_begun(found, guide, form))


@also_helped
@citizens
@receipt_once_sent
def question(request: HttpRequest, key: str, step: str) -> HttpResponse:
    """One page of questions; keeps whatever was typed, then goes on or says what to put right."""
    actor = actor_of(request)
    found = read_draft(request, key)
    guide, form = _guide(found), _form(found)
    if step == SITUATION:
        return _ask_situation(request, actor, found, guide, form)
    if step not in {each.code for each in form.pages} and (gone := changes.page_of_old(found, step)):
        return _kept_of_old(request, actor, found, guide, *gone)
    wanted = _page(form, step)
    if request.method == "POST":
        return _answer(request, actor, found, guide, form, wanted)
    problems = _wrong(found, form, wanted, found.typed) if again.reason(request) else ()
    return _ask(request, found, guide, form, wanted, found.typed, problems)


@also_helped
@citizens
def save(request: HttpRequest, key: str, step: str) -> HttpResponse:
    """Keep what is on the page at this moment, right or wrong; refused (409) if another window saved meanwhile."""
    actor = actor_of(request)
    found = read_draft(request, key)
    form, revision = _form(found), found.revision
    if request.method == "POST" and step == SITUATION:
        revision = cases.save_draft(actor, key=key, answers=found.typed, revision=_revision(request, found),
                                    situation=request.POST.get("situation", found.situation))
    elif request.method == "POST":
        wanted = _page(form, step)
        read = without_marks(forms.read_page(form, wanted, _posted(request)), found.typed)
        secrecy.left_out(request)
        revision = cases.save_draft(actor, key=key, answers=_merged(form, wanted, found.typed, read),
                                    revision=_revision(request, found))
    return HttpResponse(status=204, headers={"Draft-Revision": str(revision), "Session-Seconds": str(actor.seconds_left)})


@also_helped
@citizens_with_files
@receipt_once_sent
def materials(request: HttpRequest, key: str) -> HttpResponse:
    """Attach files one by one; what the state already holds is struck through with its source."""
    actor = actor_of(request)
    found = read_draft(request, key)
    guide = _guide(found)
    if request.method == "POST":
        problems = evidence.receive(actor, found, guide, request) or _nothing_chosen(request, found, guide)
        if problems:
            return again.sent_back(request, problems=problems)
        return see_other(reverse("portal:check" if "continue" in request.POST else "portal:materials", args=[key]))
    if not _takes_papers(guide, found.situation):
        return see_other(reverse("portal:check", args=[key]))
    lapsed = queries.lapsed_materials(actor, guide, found.applicant, found.given)
    rows = evidence.rows(found, guide, lapsed)
    settled = {f"#{row['id']}" for row in rows if row["given"]}
    return page(request, "portal/materials.html", guide=guide, draft=found, rows=rows,
                problems=[each for each in again.problems(request) if each["href"] not in settled],
                back=_last_question(found, guide), attachable=any(not row["material"].from_form and (
                    row["given"] is None or row["given"].way is Way.LATER) for row in rows))


def _nothing_chosen(request: HttpRequest, found: OpenDraft, guide: Guide) -> list[dict[str, Any]]:
    """Someone pressed the button that uploads and nothing else, with no file to upload."""
    if request.FILES or not set(request.POST) <= {"csrfmiddlewaretoken"}:
        return []
    there = {each.code for each in found.given}
    left = [each for each in guide.materials_for(found.situation) if not each.from_form and each.code not in there]
    message = gettext("No file was chosen, so nothing was uploaded. Choose a file first.")
    return [{"href": f"#m-{each.code}", "message": message} for each in left[:1]]


@also_helped
@citizens
@receipt_once_sent
def check(request: HttpRequest, key: str) -> HttpResponse:
    """Everything on one page; sends once, whatever the finger or the network does."""
    actor = actor_of(request)
    found = read_draft(request, key)
    guide, form = _guide(found), _form(found)
    require(actor, proofing=guide.proofing, strength=guide.strength)
    if request.method == "POST":
        return _send(request, actor, key)
    lapsed = queries.lapsed_materials(actor, guide, found.applicant, found.given)
    problems = check_submission(guide, found.situation, asked(form, found.typed), found.given, today=_today(found),
                                lapsed=lapsed)
    left = [_told(each, found, form) for each in problems]
    return page(
        request, "portal/check.html", guide=guide, draft=found, problems=_refused(request, actor, found, guide, left),
        left=left, applicant=identity.party(found.applicant), sections=_sections(found, form, problems),
        rows=evidence.rows(found, guide, lapsed), situation=_situation(found, guide),
        answered_by=_answered_by(actor, found, guide), may_send=actor.extent_for(found.applicant, found.item_code) is Extent.SIGN,
        changed=changes.since_begun(found, guide, form),
        takes_papers=_takes_papers(guide, found.situation), back=_before_check(found, guide))


@also_helped
@citizens
@receipt_once_sent
def discard(request: HttpRequest, key: str) -> HttpResponse:
    """Throw a draft away, after asking."""
    actor = actor_of(request)
    found = read_draft(request, key)
    if request.method == "POST":
        cases.discard_draft(actor, key=key)
        return see_other(reverse("portal:matters"))
    return page(request, "portal/discard.html", guide=_guide(found), draft=found)


def _answer(request: HttpRequest, actor: Actor, found: OpenDraft, guide: Guide, form: CompiledForm,
            wanted: Page) -> HttpResponse:
    """Keep what was typed on a page, right or wrong, but for what bears a mark of secrecy, and lead on or back."""
    answers = _merged(form, wanted, found.typed, forms.read_page(form, wanted, _posted(request)))
    wrong = _wrong(found, form, wanted, answers)
    try:
        cases.save_draft(actor, key=found.key, answers=answers, revision=_revision(request, found))
    except DraftChangedElsewhere:
        return _ask(request, draft_to_read(actor, found.key), guide, form, wanted, answers, (), elsewhere=True)
    if _bears_mark(request, wanted, answers, wrong):
        return _ask(request, draft_to_read(actor, found.key), guide, form, wanted, answers, wrong)
    if "later" in request.POST:
        return see_other(reverse("portal:matters"))
    if wrong:
        return again.sent_back(request)
    return see_other(_after(found.key, guide, form, answers, wanted.code, found.situation))


def _wrong(found: OpenDraft, form: CompiledForm, wanted: Page, answers: dict[str, Any]) -> tuple[FieldProblem, ...]:
    return forms.check(form, asked(form, answers), pages=(wanted,), today=_today(found))


def _bears_mark(request: HttpRequest, wanted: Page, answers: dict[str, Any], wrong: Collection[FieldProblem]) -> bool:
    """Does what the page asks bear a mark of secrecy? It is shown as it was typed then, as nothing of that answer was kept.

    An answer that another one hides is left out without a word, and the rest stays.
    """
    marked = {name for name in wanted.fields if mark_inside(answers.get(name))}
    if marked:
        secrecy.answered(request)
    return any(each.field.split(".", 1)[0] in marked for each in wrong)


def _merged(form: CompiledForm, wanted: Page, typed: dict[str, Any], read: dict[str, Any]) -> dict[str, Any]:
    """All answers with those of one page replaced; what the page did not ask, for an answer before it, stays."""
    unasked = {name: typed[name] for name in wanted.fields
               if name in typed and not forms.may_be_asked(form, wanted, form.fields[name], typed)}
    return forms.merge_page(typed, wanted, read) | unasked


def _kept_of_old(request: HttpRequest, actor: Actor, found: OpenDraft, guide: Guide, form: CompiledForm, gone: Page) -> HttpResponse:
    """Keep what was typed on a page that a newer version no longer has; the task list says what changed."""
    if request.method == "POST":
        answers = forms.merge_page(found.typed, gone, forms.read_page(form, gone, _posted(request)))
        wrong = _wrong(found, form, gone, answers)
        cases.save_draft(actor, key=found.key, answers=answers, revision=_revision(request, found))
        if _bears_mark(request, gone, answers, wrong):
            return _ask(request, draft_to_read(actor, found.key), guide, form, gone, answers, wrong)
    return see_other(reverse("portal:draft", args=[found.key]))


def _send(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    """Send the draft, or go back to the page that says why not."""
    if request.POST.get("true") != "on":
        return again.sent_back(request, UNCONFIRMED)
    try:
        sent = cases.submit_draft(actor, key=key)
    except (Incomplete, ItemNotOpen, NotOnline, ApplicantNotServed):
        return again.sent_back(request, REFUSED)
    return see_other(reverse("portal:receipt", args=[sent.number]))


def _refused(request: HttpRequest, actor: Actor, found: OpenDraft, guide: Guide,
             left: list[dict[str, str]]) -> list[dict[str, str]]:
    """Why it was not sent, as it stands now."""
    why = again.reason(request)
    if why == UNCONFIRMED:
        return [{"href": "#true", "message": gettext("Tick that what you wrote is true")}]
    closed = check_item(guide, is_legal=actor.is_firm(found.applicant)) if why else ()
    return [*([{"href": reverse("portal:guide", args=[guide.code]), "message": failures.told(closed[0])}] if closed
              else left)] if why else []


def _answered_by(actor: Actor, found: OpenDraft, guide: Guide) -> list[str]:
    """By when the authority must answer what is sent now, counted as the receipt will count it (LAL art. 32)."""
    days = parameters.value("cases.intake_days", found.now.date())
    received, due_at = receipt(found.now, actor.channel, calendars.calendar(), days)
    told = gettext("Sent now, {authority} tells you by {day} whether the application is accepted ({count} working days). "
                   "If you hear nothing by then, it counts as accepted.").format(
        authority=say(guide.authority_name), day=due_date(due_at), count=days)
    return [told] if received == local(found.now).date() else [told, evidence.counted_from(received)]


def _begin(actor: Actor, guide: Guide, applicant: PartyView, *, situation: str) -> str:
    """A new draft with what the state already knows, fetched now and not when it is sent."""
    given = queries.known_materials(guide, queries.holders_of(actor, applicant.party))
    form = catalogue.form(guide.form_code, guide.form_version)
    known = evidence.prefills(form, applicant.party)
    return cases.start_draft(actor, item_code=guide.code, applicant=applicant.party, materials=given, situation=situation,
                             answers={name: fact.value for name, fact in known.items()})


def _ask_situation(request: HttpRequest, actor: Actor, found: OpenDraft, guide: Guide,
                   form: CompiledForm) -> HttpResponse:
    if guide.situation is None:
        raise StepUnknown
    if request.method == "POST":
        chosen = request.POST.get("situation", "")
        missing = check_situation(guide, chosen)
        try:
            if not missing:
                cases.save_draft(actor, key=found.key, answers=found.typed, situation=chosen,
                                 revision=_revision(request, found))
        except DraftChangedElsewhere:
            now = draft_to_read(actor, found.key)
            stored = [{"label": guide.situation.question, "value": _situation(now, guide) or gettext("Not given")}]
            return page(request, "portal/situation.html", guide=guide, draft=now, chosen=chosen, problems=(),
                        step=SITUATION, stored=stored, status=409)
        if "later" in request.POST:
            return see_other(reverse("portal:matters"))
        return again.sent_back(request) if missing else see_other(
            _after(found.key, guide, form, found.typed, SITUATION, chosen))
    problems = [{"href": "#situation", "message": gettext(each.message)}
                for each in check_situation(guide, found.situation)] if again.reason(request) else []
    return page(request, "portal/situation.html", guide=guide, draft=found, chosen=found.situation, problems=problems,
                step=SITUATION, stored=())


def _ask(request: HttpRequest, found: OpenDraft, guide: Guide, form: CompiledForm, wanted: Page,
         answers: dict[str, Any], problems: tuple[FieldProblem, ...], *, elsewhere: bool = False) -> HttpResponse:
    links = [each.link(gettext(each.message), language()) for each in problems]
    pages = forms.visible_pages(form, answers)
    number = next((index for index, each in enumerate(pages, 1) if each.code == wanted.code), 1)
    known = evidence.prefills(form, found.applicant)
    stored = [{"label": row.label, "value": "\n".join(row.lines) or gettext("Not given")}
              for row in forms.summary(form, found.typed, language()) if row.page == wanted.code] if elsewhere else []
    return page(request, "portal/question.html", guide=guide, draft=found, wanted=wanted, problems=links,
                questions=forms.questions(form, wanted, answers, problems=problems, prefills=known),
                number=number, total=len(pages), back=_before(found, guide, form, answers, wanted.code),
                stored=stored, changed=bool(changes.since_begun(found, guide, form)),
                status=409 if elsewhere else 422 if request.method == "POST" else 200)


def _steps(found: OpenDraft, guide: Guide, form: CompiledForm, lapsed: Collection[str]) -> list[Step]:
    steps = []
    if guide.situation:
        steps.append(Step(code=SITUATION, title=guide.situation.question, done=bool(found.situation),
                          href=_question(found.key, SITUATION)))
    for each in forms.visible_pages(form, found.typed):
        done = any(name in found.typed for name in each.fields) and not forms.check(
            form, asked(form, found.typed), pages=(each,), today=_today(found))
        steps.append(Step(code=each.code, title=each.title, href=_question(found.key, each.code), done=done))
    if _takes_papers(guide, found.situation):
        problems = check_submission(guide, found.situation, asked(form, found.typed), found.given, today=_today(found),
                                    lapsed=lapsed)
        steps.append(Step(code=MATERIALS, title=gettext("Attach the materials"),
                          done=not any(each.field.startswith("m-") for each in problems),
                          hint=evidence.may_follow(found, guide, lapsed),
                          href=reverse("portal:materials", args=[found.key])))
    steps.append(Step(code=CHECK, title=gettext("Check and send"), done=False,
                      href=reverse("portal:check", args=[found.key])))
    return steps


def _takes_papers(guide: Guide, situation: str) -> bool:
    """Is there a paper to attach, or one that a licence stands for? What is filled in online is none."""
    papers = guide.materials if guide.situation and not situation else guide.materials_for(situation)
    return any(not each.from_form for each in papers)


def _after(key: str, guide: Guide, form: CompiledForm, answers: dict[str, Any], step: str, situation: str) -> str:
    codes = [each.code for each in forms.visible_pages(form, answers)]
    index = codes.index(step) + 1 if step in codes else 0
    if index < len(codes):
        return _question(key, codes[index])
    return reverse("portal:materials" if _takes_papers(guide, situation) else "portal:check", args=[key])


def _before(found: OpenDraft, guide: Guide, form: CompiledForm, answers: dict[str, Any], step: str) -> str:
    codes = [*([SITUATION] if guide.situation else []), *(each.code for each in forms.visible_pages(form, answers))]
    index = codes.index(step) if step in codes else 0
    return _question(found.key, codes[index - 1]) if index else reverse("portal:draft", args=[found.key])


def _last_question(found: OpenDraft, guide: Guide) -> str:
    pages = forms.visible_pages(_form(found), found.typed)
    return _question(found.key, pages[-1].code) if pages else reverse("portal:draft", args=[found.key])


def _before_check(found: OpenDraft, guide: Guide) -> str:
    takes_papers = _takes_papers(guide, found.situation)
    return reverse("portal:materials", args=[found.key]) if takes_papers else _last_question(found, guide)


def _sections(found: OpenDraft, form: CompiledForm, problems: Collection[Problem]) -> list[dict[str, Any]]:
    """What was answered, page by page; what was typed and is refused is marked as no answer yet."""
    answers = found.typed
    rows = forms.summary(form, answers, language())
    wrong = {each.field.removeprefix("f-").split("-")[0]: each for each in reversed(list(problems))}
    return [{"title": each.title, "href": _question(found.key, each.code),
             "rows": [{"label": row.label, "value": "\n".join(row.lines) or gettext("Not given"),
                       "href": f"{_question(found.key, each.code)}#f-{row.field}",
                       "wrong": _said(wrong[row.field]) if row.lines and row.field in wrong else ""}
                      for row in rows if row.page == each.code]}
            for each in forms.visible_pages(form, answers)]


def _told(problem: Problem, found: OpenDraft, form: CompiledForm) -> dict[str, str]:
    """A problem as a line with a link to the place where it is put right."""
    label = problem.facts.get("label")
    message = f"{led(label, language())}{_said(problem)}" if isinstance(label, Text) else _said(problem)
    if problem.field.startswith("m-"):
        return {"href": f"{reverse('portal:materials', args=[found.key])}#{problem.field}", "message": message}
    if problem.field == SITUATION:
        return {"href": _question(found.key, SITUATION), "message": message}
    name = problem.field.removeprefix("f-").split("-")[0]
    where = next((field.page for field in form.fields.values() if field.name == name), "")
    target = _question(found.key, where) if where else reverse("portal:draft", args=[found.key])
    return {"href": f"{target}#{problem.field}", "message": message}


def _said(problem: Problem) -> str:
    return gettext(problem.message).format_map({name: say(value) if isinstance(value, Text) else value
                                                for name, value in problem.facts.items()})


def _situation(found: OpenDraft, guide: Guide) -> Text | None:
    options = guide.situation.options if guide.situation else ()
    return next((option.label for option in options if option.code == found.situation), None)


def _today(found: OpenDraft) -> date:
    return local(found.now).date()


def _guide(found: OpenDraft) -> Guide:
    return catalogue.guide(found.item_code, found.item_version)


def _form(found: OpenDraft) -> CompiledForm:
    guide = _guide(found)
    return catalogue.form(guide.form_code, guide.form_version)


def _page(form: CompiledForm, step: str) -> Page:
    found = next((each for each in form.pages if each.code == step), None)
    if found is None:
        raise StepUnknown
    return found


def _question(key: str, step: str) -> str:
    return reverse("portal:question", args=[key, step])


def _revision(request: HttpRequest, found: OpenDraft) -> int:
    """The revision of the draft that the page showed; a page that names none is taken as the present one."""
    named = request.POST.get("_revision", "")
    return int(named) if named.isascii() and named.isdecimal() and len(named) < LONGEST_REVISION else found.revision


def _posted(request: HttpRequest) -> dict[str, list[str]]:
    return {name: [str(value) for value in values] for name, values in request.POST.lists()}
