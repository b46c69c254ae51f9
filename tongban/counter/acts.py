"""What an officer may lawfully do with a case now, each act with its consequence, and why not the others."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext

from tongban.calendars.errors import AlreadyExtended
from tongban.calendars.rules import check_extension, supplement_due
from tongban.calendars.types import Limit, Unit, local
from tongban.cases.errors import (
    CorrectionsAlreadyRequested,
    LaterMaterialsOutstanding,
    MoveNotAllowed,
    NobodyElseDecides,
    SameOfficer,
)
from tongban.cases.queries import StepRow
from tongban.cases.rules import EXAMINATION, clocks, due_instants, leaves_a_decider, may, may_move, next_notice
from tongban.cases.types import Right, State, Way
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Pace
from tongban.counter.folder import Folder
from tongban.counter.words import POSTS, day, limit_words, said
from tongban.identity.types import Actor
from tongban.kernel import parameters
from tongban.kernel.types import Channel
from tongban.web.jinja import language, say
from tongban.web.words import amount
from tongban.workflows import rules as workflows
from tongban.workflows.types import Fact

INSPECT = "inspect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of the bar: a button, a link to its page, or the reason why not."""

    code: str
    right: Right
    text: str
    consequence: str = ""
    refused: str = ""
    kind: str = "plain"
    key: str = ""
    href: str = ""
    formaction: str = ""
    name: str = ""
    value: str = ""
    others: tuple[str, ...] = ()
    """Acts of other posts, where none of one's own is possible."""


def acts_of(actor: Actor, folder: Folder) -> list[Act]:
    """The acts of this state in their fixed order; those of other posts are told in one line."""
    state = State(folder.case.state)
    if folder.own:
        return [Act(code="own", right=Right.READ, text=gettext("This application is your own"),
                    refused=gettext("A colleague deals with it."))]
    if state in (State.SUPPLEMENT_BEFORE, State.SUPPLEMENT_AFTER):
        return [_wait(folder)]
    if state is State.SUBMITTED:
        found = [_accept(folder), _corrections(folder), _decline(folder)]
    elif state in (State.ACCEPTED, State.UNDER_REVIEW):
        found = [*_steps(actor, folder), *_decisions(actor, folder), *_aside(folder)]
    elif state is State.SUSPENDED:
        found = [_resume(folder), _extend(folder)]
    else:
        return []
    return _mine(actor, folder, found)


def refusal_of(acts: list[Act], *codes: str) -> str:
    """Why an act may not be done now; empty if it may."""
    found = [act for act in acts if act.code in (*codes, "own")]
    return "" if any(not act.refused for act in found) else found[0].refused if found else gettext(
        "This is not possible in the state the case is in.")


def _mine(actor: Actor, folder: Folder, found: list[Act]) -> list[Act]:
    """Acts of the actor's posts, the first possible one as the main one; the rest in one line."""
    mine = [act for act in found if may(actor, act.right, applicant=folder.case.applicant_id, item=folder.case.item_code,
                                        authority=folder.case.authority_id)]
    first = next((act for act in mine if not act.refused), None)
    shown = [replace(act, kind="main") if act is first else act for act in mine]
    others = tuple(act.text for act in found if act not in mine and not act.refused)
    return [_others(folder, others), *shown] if others and first is None else shown


def _others(folder: Folder, acts: tuple[str, ...]) -> Act:
    comma = ", " if language() == "en" else "、"
    posts = comma.join(sorted({str(POSTS[step.role]) for step in folder.open_steps}))
    text = gettext("It is the turn of another post: {posts}. Your post reads the case and does not do the following:")
    return Act(code="others", right=Right.READ, others=acts, text=text.format(posts=posts), refused=text)


def _wait(folder: Folder) -> Act:
    due = folder.case.correction_due_at
    return Act(code="wait", right=Right.READ, text=gettext("Wait for the applicant"),
               refused=gettext("The applicant was told what is missing and has until {day}.").format(
                   day=_last(due) if due else ""))


def _accept(folder: Folder) -> Act:
    return Act(code="accept", right=Right.ACCEPT, text=gettext("Accept"), key="A", consequence=accept_words(folder),
               formaction=folder.to("accept"))


def accept_words(folder: Folder) -> str:
    """What accepting now sets running, by the very rule that will set it."""
    case = folder.case
    promised, statutory = clocks(folder.guide, accepted_at=case.now, channel=Channel(case.channel))
    promise, law = due_instants(promised, statutory, folder.calendar, case.now)
    return gettext("Promised within {limit}: finish by {promise}. The law allows until {law}.").format(
        limit=limit_words(folder.guide.promised_limit), promise=_last(promise), law=_last(law))


def _corrections(folder: Folder) -> Act:
    state = State(folder.case.state)
    before = state is State.SUBMITTED
    to = State.SUPPLEMENT_BEFORE if before else State.SUPPLEMENT_AFTER
    sent = [each.again_allowed for each in folder.corrections if each.phase == ("BEFORE" if before else "AFTER")]
    refused = _no_move(folder, to, "sent back for corrections") if next_notice(sent) else said(CorrectionsAlreadyRequested())
    return Act(code="corrections", right=Right.ACCEPT, text=gettext("Ask for corrections"), key="B", refused=refused,
               consequence=(gettext("A supervisor allowed a second notice. The applicant has until {day}.") if sent else
                            gettext("Once, and everything at once. The applicant has until {day}.")).format(
                   day=correction_day(folder)), href=folder.to("corrections"))


def correction_day(folder: Folder) -> str:
    """The last day the applicant would have."""
    case = folder.case
    limit = Limit(count=parameters.value("cases.correction_days", local(case.now).date()), unit=Unit.WORKDAY)
    return day(supplement_due(case.now, calendar=folder.calendar, channel=Channel(case.channel), limit=limit).on)


def _decline(folder: Folder) -> Act:
    return Act(code="decline", right=Right.ACCEPT, text=gettext("Do not accept"), key="X",
               consequence=gettext("Ends the case. Three grounds only; missing materials are none of them."),
               href=folder.to("decline"))


def _steps(actor: Actor, folder: Folder) -> list[Act]:
    """One button to pass each open step of documents, and a page for everything that needs words or a record."""
    steps = [step for step in folder.open_steps if step.verb in ("examine", INSPECT)]
    refused = _no_examination(folder) or _no_decider(actor, folder)
    found = [_visit(actor, folder, step, refused) if step.verb == INSPECT else
             Act(code="pass", right=Right.EXAMINE, text=gettext("{step}: pass").format(step=say(step.name)),
                 key="P", refused=refused, consequence=after_words(actor, folder, step),
                 formaction=folder.to("examine"), name="pass", value=step.node) for step in steps]
    if any(step.verb != INSPECT for step in steps) and not refused:
        found.append(Act(code="examine", right=Right.EXAMINE, text=gettext("Write an opinion"), key="O",
                         consequence=gettext("Passed or not passed; not passed needs a reason."),
                         href=folder.to("examine")))
    return found


def _visit(actor: Actor, folder: Folder, step: StepRow, refused: str) -> Act:
    between = " " if language() == "en" else ""
    return Act(code="visit", right=Right.EXAMINE, text=gettext("{step}: record").format(step=say(step.name)), key="V",
               refused=refused, href=folder.to("examine") + "#visit", consequence=between.join((
                   gettext("The day, the two officers and what was found."), after_words(actor, folder, step))))


def _no_examination(folder: Folder) -> str:
    if State(folder.case.state) is State.UNDER_REVIEW:
        return ""
    return _no_move(folder, State.UNDER_REVIEW, "examined")


def _no_decider(actor: Actor, folder: Folder) -> str:
    """Why an officer with the deciding post may not examine: nobody else could decide."""
    before = [key for step in folder.steps if step.verb in EXAMINATION for key in step.officers]
    left = leaves_a_decider(folder.deciders, examining=[actor.account], before=before)
    return "" if left else said(NobodyElseDecides())


def after_words(actor: Actor, folder: Folder, step: StepRow) -> str:
    """What opens once the step is passed, asked of the process itself, and who then decides."""
    graph = catalogue.process(folder.guide.process_code, folder.guide.process_version)
    facts: dict[str, Fact] = {"situation": folder.case.situation, "pace": folder.case.pace, "recommends": True}
    before = workflows.tokens_from_json(folder.case.tokens)
    task = next(each.id for each in workflows.open_tasks(graph, before) if each.id == step.node)
    tokens = workflows.advance(graph, before, task, facts)
    comma = ", " if language() == "en" else "、"
    names = comma.join(say(each.name) for each in workflows.open_tasks(graph, tokens))
    then = gettext("Then comes: {steps}.").format(steps=names) if names else gettext("Then the process ends.")
    if actor.account not in folder.deciders:
        return then
    return then + (" " if language() == "en" else "") + gettext("Then a colleague must decide.")


def _decisions(actor: Actor, folder: Folder) -> list[Act]:
    if not folder.decides:
        return []
    if any(actor.account in step.officers and step.verb in EXAMINATION for step in folder.steps):
        return [Act(code=code, right=Right.DECIDE, text=text, refused=said(SameOfficer()))
                for code, text in (("grant", gettext("Decide")), ("return", gettext("Return to examination")))]
    failed = bool(folder.failed)
    later = any(each.way is Way.LATER for each in folder.materials)
    return [
        Act(code="grant", right=Right.DECIDE, text=gettext("Grant"), key="G", name="outcome", value="GRANTED",
            href=folder.to("decide") if failed else "", formaction="" if failed else folder.to("decide"),
            consequence=gettext("A check was not passed, so this needs a reason.") if failed else grant_words(folder),
            refused=said(LaterMaterialsOutstanding()) if later else ""),
        Act(code="refuse", right=Right.DECIDE, text=gettext("Refuse"), key="X", href=folder.to("decide"),
            consequence=gettext("With reasons, and with the ways to challenge it.")),
        *_returns(folder),
    ]


def _returns(folder: Folder) -> list[Act]:
    if not folder.checks:
        return []
    return [Act(code="return", right=Right.DECIDE, text=gettext("Return to examination"), key="T", href=folder.to("send_back"),
                consequence=gettext("A step of the examination is done again. The clocks run on."))]


def grant_words(folder: Folder) -> str:
    """What a grant brings about."""
    if folder.guide.result.licence_type:
        return gettext("Ends the case: {licence} is issued and the applicant told.").format(
            licence=say(folder.guide.result.name))
    return gettext("Ends the case; the applicant is told at once.")


def _aside(folder: Folder) -> list[Act]:
    """What interrupts or lengthens a case; an instant one is not interrupted."""
    if folder.guide.pace is Pace.INSTANT:
        return []
    return [_corrections(folder), _suspend(folder), _extend(folder)]


def _suspend(folder: Folder) -> Act:
    return Act(code="suspend", right=Right.EXAMINE, text=gettext("Stop the clock"), key="S",
               refused=_no_move(folder, State.SUSPENDED, "suspended"), href=folder.to("suspend"),
               consequence=gettext("Only for a procedure that the law or this service names."))


def _resume(folder: Folder) -> Act:
    return Act(code="resume", right=Right.EXAMINE, text=gettext("Let the clock run"), key="R",
               formaction=folder.to("resume"),
               consequence=gettext("Both due dates move by the days that did not count."))


def _extend(folder: Folder) -> Act:
    longest = longest_extension(folder)
    return Act(code="extend", right=Right.DECIDE, text=gettext("Extend"), key="E", href=folder.to("extend"),
               refused=_no_extension(folder, longest),
               consequence=gettext("Once, by at most {limit}. The promise stays.").format(
                   limit=amount(longest, "workday")))


def longest_extension(folder: Folder) -> int:
    """Working days an extension may bring (LAL art. 42)."""
    return int(parameters.value("cases.extension_days", local(folder.case.now).date()))


def _no_extension(folder: Folder, longest: int) -> str:
    case = folder.case
    if case.extension_days:
        return said(AlreadyExtended())
    _, statutory = clocks(folder.guide, accepted_at=case.accepted_at or case.now, channel=Channel(case.channel),
                          suspensions=folder.stops)
    found = check_extension(statutory, Limit(count=longest, unit=Unit.WORKDAY), calendar=folder.calendar, now=case.now)
    return said(found[0]) if found else ""


def _no_move(folder: Folder, to: State, act: str) -> str:
    state = State(folder.case.state)
    if may_move(state, to):
        return ""
    if state is State.ACCEPTED and may_move(State.UNDER_REVIEW, to):
        return gettext("Possible once the examination has begun.")
    return said(MoveNotAllowed(state=state, act=act))


def _last(moment: datetime) -> str:
    return day(moment - timedelta(microseconds=1))
