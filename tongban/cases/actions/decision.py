"""Deciding, concluding, delivering and voiding."""

from django.db.models import Q

from tongban.cases.access import LockedCase, case_by_rule, case_for_update
from tongban.cases.actions.steps import close_steps, complete_step, move, note_decision, note_step
from tongban.cases.errors import Incomplete, LaterMaterialsOutstanding, OwnLeave, SameOfficer
from tongban.cases.events import CaseConcluded, CaseDecided, CaseDelivered, CaseVoided
from tongban.cases.models import Material, Task
from tongban.cases.queries import last_checks, steps_of
from tongban.cases.rules import EXAMINATION, check_grant, check_length, check_reason
from tongban.cases.types import Outcome, Right, State
from tongban.identity.types import Actor, Role
from tongban.kernel import database, events
from tongban.kernel.types import Text, Who
from tongban.ledger.actions import use_leave
from tongban.ledger.queries import require_sealing
from tongban.ledger.types import StoppedAct

VOIDING = Text(zh="作废", en="Void the case")


def decide_case(actor: Actor, *, number: str, outcome: Outcome, reason: str = "") -> None:
    """Grant or refuse. A refusal states its reasons (LAL art. 38), and so does a grant although a check was not passed.

    Refused while a material promised for later is missing, and to whoever examined.
    """
    problems = check_reason(reason) if outcome is Outcome.REFUSED else check_length(reason, field="reason")
    if problems:
        raise Incomplete(problems)
    with database.atomic():
        case = case_for_update(actor, number, Right.DECIDE)
        if require_sealing(subject=number, act=StoppedAct.DECIDE):
            if Task.objects.filter(case=case, verb="unsealed", done_by_id=actor.account).exists():
                raise OwnLeave
            use_leave(actor, subject=number, act=StoppedAct.DECIDE, party=case.applicant_id, authority=case.authority_id)
        if examined_by(case, actor.account):
            raise SameOfficer
        if outcome is Outcome.GRANTED and Material.objects.filter(case=case, way="LATER",
                                                                  replaced_at__isnull=True).exists():
            raise LaterMaterialsOutstanding
        if outcome is Outcome.GRANTED and not_passed(case) and (problems := check_grant(reason)):
            raise Incomplete(problems)
        move(case, State.DECIDED, "decided")
        complete_step(case, verb="decide", account=actor.account, recommends=outcome is Outcome.GRANTED,
                      opinion=reason.strip())
        case.outcome, case.decided_at, case.decided_by_id = outcome, case.now, actor.account
        case.save(update_fields=["state", "tokens", "outcome", "decided_at", "decided_by_id", "next_due_at"])
        hashed = note_decision(case, kind=outcome, account=actor.account, reason=reason.strip())
        events.record(actor, CaseDecided(outcome=outcome, reason_hash=hashed, item_code=case.item_code,
                                         item_version=case.item_version),
                      subject=number, party=case.applicant_id, authority=case.authority_id)


def examined_by(case: LockedCase, account: int) -> bool:
    """Did this officer finish any step of the examination, or visit the site?"""
    return Task.objects.filter(Q(done_by_id=account) | Q(companion_id=account), case=case,
                               verb__in=EXAMINATION).exists()


def not_passed(case: LockedCase) -> bool:
    """Was any step of the examination not passed, when it was done last?"""
    return any(each.recommends is False for each in last_checks(steps_of(case.id)))


def conclude_case(who: Who, *, number: str, completion_kind: str, licence: str = "") -> None:
    """Finish a decided case; the completion kind is the exchanged code (CASE-13). Again on a finished case: nothing."""
    with database.atomic():
        case = case_by_rule(who, number)
        if State(case.state) in (State.COMPLETED, State.DELIVERED):
            return
        move(case, State.COMPLETED, "concluded")
        case.completed_at, case.licence = case.now, licence
        case.save(update_fields=["state", "completed_at", "licence", "next_due_at"])
        events.record(who, CaseConcluded(outcome=case.outcome, completion_kind=completion_kind,
                                         item_code=case.item_code),
                      subject=number, party=case.applicant_id, authority=case.authority_id)


def deliver_case(actor: Actor, *, number: str) -> None:
    """The applicant opened or fetched the result (送达); the first time counts."""
    with database.atomic():
        case = case_for_update(actor, number, Right.APPLY)
        if State(case.state) is not State.COMPLETED:
            return
        move(case, State.DELIVERED, "delivered")
        case.save(update_fields=["state", "next_due_at"])
        events.record(actor.on_behalf(case.applicant_id), CaseDelivered(), subject=number, party=case.applicant_id,
                      authority=case.authority_id)


def void_case(actor: Actor, *, number: str, reason: str) -> None:
    """Void a case that should not exist; only a supervisor, only with a reason (CASE-12)."""
    problems = check_reason(reason)
    if problems:
        raise Incomplete(problems)
    with database.atomic():
        case = case_for_update(actor, number, Right.VOID)
        move(case, State.VOID, "voided")
        case.completed_at = case.now
        case.save(update_fields=["state", "completed_at", "next_due_at"])
        close_steps(case)
        hashed = note_step(case, verb="void", name=VOIDING, role=Role.SUPERVISOR, account=actor.account,
                           reason=reason.strip())
        events.record(actor, CaseVoided(reason_hash=hashed),
                      subject=number, party=case.applicant_id, authority=case.authority_id)
