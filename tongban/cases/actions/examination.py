"""Examining an accepted case, and having it examined again."""

from tongban.calendars.types import local
from tongban.cases.access import LockedCase, case_for_update, colleagues_at
from tongban.cases.actions.decision import examined_by
from tongban.cases.actions.steps import complete_step, move, note_step, only_in, open_step, reopen_step
from tongban.cases.errors import Incomplete, NobodyElseDecides, SameOfficer
from tongban.cases.events import CaseExamined, CaseReturned
from tongban.cases.models import Task
from tongban.cases.rules import (
    EXAMINATION,
    RIGHTS,
    VISITORS,
    check_opinion,
    check_return,
    check_visit,
    leaves_a_decider,
)
from tongban.cases.types import Right, State, Visit
from tongban.identity.types import Actor, Role
from tongban.kernel import database, events
from tongban.kernel.errors import Problem
from tongban.kernel.types import Text

RETURNING = Text(zh="退回审查", en="Return to examination")


def examine_case(actor: Actor, *, number: str, recommends: bool, opinion: str, verb: str = "examine",
                 node: str = "", visit: Visit | None = None) -> None:
    """Finish one step of the examination with a recommendation and an opinion; a negative one must say why.

    A step on site needs the `visit`, and in the opinion what was found there (CASE-19).
    """
    on_site = verb == "inspect"
    visit = visit if on_site else None
    problems = check_opinion(opinion, passed=recommends, visited=on_site)
    if problems and not on_site:
        raise Incomplete(problems)
    with database.atomic():
        case = case_for_update(actor, number, Right.EXAMINE)
        only_in(case, State.ACCEPTED, State.UNDER_REVIEW, act="examined")
        problems += _check_visit(actor, case, visit) if on_site else ()
        if problems:
            raise Incomplete(problems)
        if State(case.state) is State.ACCEPTED:
            move(case, State.UNDER_REVIEW, "examined")
        _leave_a_decider(case, actor.account, *([visit.companion] if visit else []))
        task, hashed = complete_step(case, verb=verb, node=node, account=actor.account, recommends=recommends,
                                     opinion=opinion.strip(), visit=visit)
        case.examined_by_id = actor.account
        case.save(update_fields=["state", "tokens", "examined_by_id", "next_due_at"])
        events.record(actor, CaseExamined(
            task=task.id, verb=verb, recommends=recommends, opinion_hash=hashed,
            visited_on=str(visit.on) if visit else "", companion=f"account:{visit.companion}" if visit else ""),
            subject=number, party=case.applicant_id, authority=case.authority_id)


def return_case(actor: Actor, *, number: str, node: str, reason: str) -> None:
    """Have a finished step of the examination done again before the decision (CASE-05); neither clock stops for it.

    Refused to whoever examined: they do not decide.
    """
    problems = check_return(reason)
    if problems:
        raise Incomplete(problems)
    with database.atomic():
        case = case_for_update(actor, number, Right.DECIDE)
        only_in(case, State.UNDER_REVIEW, act="returned to examination")
        open_step(case, "decide")
        if examined_by(case, actor.account):
            raise SameOfficer
        reopen_step(case, node)
        case.save(update_fields=["tokens"])
        hashed = note_step(case, verb="return", name=RETURNING, role=Role.DECIDER, account=actor.account,
                           reason=reason.strip())
        events.record(actor, CaseReturned(task=node, reason_hash=hashed), subject=number, party=case.applicant_id,
                      authority=case.authority_id)


def _check_visit(actor: Actor, case: LockedCase, visit: Visit | None) -> tuple[Problem, ...]:
    return check_visit(visit, accepted_on=local(case.accepted_at or case.now).date(), today=local(case.now).date(),
                       officer=actor.account, colleagues=colleagues_at(case, VISITORS))


def _leave_a_decider(case: LockedCase, *examining: int) -> None:
    """Refuse an examination after which nobody here could decide."""
    before = Task.objects.filter(case=case, verb__in=EXAMINATION, done_by__isnull=False).values_list(
        "done_by_id", "companion_id")
    if not leaves_a_decider(colleagues_at(case, RIGHTS[Right.DECIDE]), examining=examining,
                            before=[account for pair in before for account in pair if account]):
        raise NobodyElseDecides
