"""Examining an accepted case."""

from tongban.cases.access import LockedCase, case_for_update, colleagues_at
from tongban.cases.actions.steps import complete_step, move, only_in
from tongban.cases.errors import Incomplete, NobodyElseDecides
from tongban.cases.events import CaseExamined
from tongban.cases.models import Task
from tongban.cases.rules import EXAMINATION, RIGHTS, check_reason, leaves_a_decider
from tongban.cases.types import Right, State
from tongban.identity.types import Actor
from tongban.kernel import database, events


def examine_case(actor: Actor, *, number: str, recommends: bool, opinion: str, verb: str = "examine",
                 node: str = "") -> None:
    """Finish one step of the examination with a recommendation and an opinion; a negative one must say why."""
    problems = check_reason(opinion, field="opinion") if not recommends or opinion.strip() else ()
    if problems:
        raise Incomplete(problems)
    with database.atomic():
        case = case_for_update(actor, number, Right.EXAMINE)
        only_in(case, State.ACCEPTED, State.UNDER_REVIEW, act="examined")
        if State(case.state) is State.ACCEPTED:
            move(case, State.UNDER_REVIEW, "examined")
        _leave_a_decider(case, actor.account)
        task, hashed = complete_step(case, verb=verb, node=node, account=actor.account, recommends=recommends,
                                     opinion=opinion.strip())
        case.examined_by_id = actor.account
        case.save(update_fields=["state", "tokens", "examined_by_id", "next_due_at"])
        events.record(actor, CaseExamined(task=task.id, verb=verb, recommends=recommends, opinion_hash=hashed),
                      subject=number, party=case.applicant_id, authority=case.authority_id)


def _leave_a_decider(case: LockedCase, *examining: int) -> None:
    """Refuse an examination after which nobody here could decide."""
    before = Task.objects.filter(case=case, verb__in=EXAMINATION, done_by__isnull=False).values_list("done_by_id", flat=True)
    if not leaves_a_decider(colleagues_at(case, RIGHTS[Right.DECIDE]).keys(), examining=examining, before=list(before)):
        raise NobodyElseDecides
