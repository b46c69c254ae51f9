"""Examining and deciding: pass or not with an opinion, grant or refuse with reasons."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from tongban.calendars.types import local
from tongban.cases import actions
from tongban.cases.access import colleagues_at
from tongban.cases.errors import Incomplete, NothingToExamine
from tongban.cases.rules import EXAMINATION, VISITORS, leaves_a_decider
from tongban.cases.types import Outcome, Right, Visit
from tongban.counter.acts import INSPECT, acts_of, after_words, grant_words, refusal_of
from tongban.counter.folder import Folder, in_post, open_folder
from tongban.counter.history import late_papers, opinions_of
from tongban.counter.station import desk, links
from tongban.counter.words import said
from tongban.identity.types import Actor, Role
from tongban.kernel.errors import Refusal
from tongban.ledger.errors import NotSealing
from tongban.web.gate import actor_of, proved_lately, staff
from tongban.web.words import typed

GRANT_REASON = "#grant-reason"
@staff(Role.REVIEWER, Role.DECIDER)
def examine(request: HttpRequest, number: str) -> HttpResponse:
    """Finish one step of the examination: passed or not, with an opinion that stays in the file (CASE-05, CASE-19)."""
    actor = actor_of(request)
    folder = open_folder(request, number)
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        problems = _finish(request, folder)
        if not problems:
            return folder.after("examine")
        folder = open_folder(request, number)
    steps = [step for step in folder.open_steps if step.verb in EXAMINATION]
    kept = {name: typed(request, name) for name in ("opinion", "findings", "visited", "companion")}
    return desk(request, "counter/examine.html", folder=folder, problems=problems, kept=kept, inspect=INSPECT,
                typed=any(kept.values()),
                steps=[{"step": step, "then": after_words(actor, folder, step)} for step in steps],
                companions=_companions(actor, folder), today=local(folder.case.now).date().isoformat(),
                refused=refusal_of(acts_of(actor, folder), "pass", "examine", "visit"))


def _companions(actor: Actor, folder: Folder) -> dict[int, str]:
    """Colleagues who may have been there too, and after whose visit somebody can still decide."""
    before = [key for step in folder.steps if step.verb in EXAMINATION for key in step.officers]
    return {key: name for key, name in colleagues_at(folder.case, VISITORS).items() if key != actor.account
            and leaves_a_decider(folder.deciders, examining=(actor.account, key), before=before)}


@proved_lately
@staff(Role.DECIDER)
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """Grant, or refuse with reasons and the ways to challenge it (LAL art. 38)."""
    actor = actor_of(request)
    folder = open_folder(request, number)
    reason, outcome = typed(request, "reason"), request.POST.get("outcome", "")
    problems: list[dict[str, Any]] = []
    if request.method == "POST" and outcome not in set(Outcome):
        problems = [{"href": "#main", "message": gettext("Choose: grant or refuse")}]
    elif request.method == "POST":
        try:
            actions.decide_case(in_post(actor, Right.DECIDE, folder), number=number, outcome=Outcome(outcome),
                                reason=reason if outcome == Outcome.REFUSED or folder.failed else "")
        except Incomplete as error:
            problems = [{**each, "href": GRANT_REASON} if outcome == Outcome.GRANTED else each
                        for each in links(error.problems)]
        except (Refusal, NotSealing) as error:
            problems = [{"href": "#main", "message": said(error)}]
            folder = open_folder(request, number)
        else:
            done = "grant" if outcome == Outcome.GRANTED else "refuse"
            return folder.after(done)
    acts = acts_of(actor, folder)
    return desk(request, "counter/decide.html", folder=folder, problems=problems, reason=reason, typed=bool(reason),
                outcome=outcome, failed=opinions_of(folder.failed), late_papers=late_papers(folder),
                consequence=grant_words(folder), no_grant=refusal_of(acts, "grant"), refused=refusal_of(acts, "refuse", "grant"))


@staff(Role.DECIDER)
def send_back(request: HttpRequest, number: str) -> HttpResponse:
    """Have a step of the examination done again before the decision, with a reason (CASE-05)."""
    actor = actor_of(request)
    folder = open_folder(request, number)
    node, reason = request.POST.get("node", ""), typed(request, "reason")
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        try:
            actions.return_case(in_post(actor, Right.DECIDE, folder), number=number, node=node, reason=reason)
        except Incomplete as error:
            problems = links(error.problems)
        except Refusal as error:
            problems = [{"href": "#node" if isinstance(error, NothingToExamine) else "#main", "message": said(error)}]
            folder = open_folder(request, number)
        else:
            return folder.after("return")
    return desk(request, "counter/send_back.html", folder=folder, problems=problems, node=node, reason=reason,
                typed=bool(reason), late_papers=late_papers(folder), refused=refusal_of(acts_of(actor, folder), "return"))


def _finish(request: HttpRequest, folder: Folder) -> list[dict[str, Any]]:
    """Do it, or say what keeps it from being done."""
    passed = "pass" in request.POST
    if not passed and "fail" not in request.POST:
        return [{"href": "#main", "message": gettext("Choose: passed or not passed")}]
    node = request.POST.get("pass") or request.POST.get("fail") or ""
    verb = next((step.verb for step in folder.steps if step.node == node and step.verb in EXAMINATION), "examine")
    on_site = verb == INSPECT
    try:
        actions.examine_case(in_post(actor_of(request), Right.EXAMINE, folder), number=folder.number, verb=verb,
                             recommends=passed, opinion=typed(request, "findings" if on_site else "opinion"),
                             node=node, visit=_visit(request) if on_site else None)
    except Incomplete as error:
        found = links(error.problems)
        return [{**each, "href": "#findings"} if on_site and each["href"] == "#opinion" else each for each in found]
    except Refusal as error:
        return [{"href": "#main", "message": said(error)}]
    return []


def _visit(request: HttpRequest) -> Visit:
    """The visit as it was typed; a day or a colleague that cannot be is none."""
    companion = typed(request, "companion", longest=18)
    try:
        on = date.fromisoformat(typed(request, "visited", longest=10).strip())
    except ValueError:
        on = None
    return Visit(on=on, companion=int(companion) if companion.isascii() and companion.isdigit() else 0)
