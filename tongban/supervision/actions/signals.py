"""What people do with signals: the authority explains and corrects, a supervisor raises, confirms, cancels, closes."""

from tongban.cases import queries as cases
from tongban.cases.errors import CaseNotFound
from tongban.identity.types import Actor
from tongban.kernel import clock, database, events
from tongban.supervision.access import signal_of_supervisor, signal_of_unit
from tongban.supervision.actions.by_rule import raise_for
from tongban.supervision.actions.texts import sealed
from tongban.supervision.errors import (
    AlreadyRaised,
    AnswerNotNeeded,
    OwnExplanation,
    RuleNotByHand,
    SignalMoveNotAllowed,
    StillTimeToExplain,
    SupervisorOnly,
)
from tongban.supervision.events import SignalMoved
from tongban.supervision.models import Signal
from tongban.supervision.queries import signals_of_case
from tongban.supervision.rules import is_supervisor, may_move, words
from tongban.supervision.types import Kind, Rule, SignalState


def raise_signal(actor: Actor, *, case_number: str, rule: Rule, description: str) -> str:
    """Raise a signal a supervisor found, such as an unauthorised charge (SUP-04); returns its number."""
    kept = words(description)
    if not rule.by_hand:
        raise RuleNotByHand
    with database.atomic():
        found = cases.clocks([case_number])
        if not found or found[0].authority not in actor.authorities:
            raise CaseNotFound
        if not is_supervisor(actor, found[0].authority):
            raise SupervisorOnly
        number = raise_for(actor, found[0], rule, description=kept, account=actor.account)
        if number is None:
            known = next(each for each in signals_of_case(case_number) if each.rule is rule)
            raise AlreadyRaised(signal=known.number)
    return number


def explain_signal(actor: Actor, *, number: str, explanation: str) -> None:
    """Say, for the authority, how it came to this; also after the time to explain, until a supervisor decides."""
    kept = words(explanation)
    with database.atomic():
        found = signal_of_unit(actor, number)
        if not Kind(found.kind).needs_answer:
            raise AnswerNotNeeded
        found.explanation_salt, hashed = sealed(kept)
        found.explanation, found.explained_by_id, found.explained_at = kept, actor.account, clock.now()
        _move(actor, found, SignalState.EXPLAINED, "explained", hashed)


def confirm_signal(actor: Actor, *, number: str, reason: str = "") -> None:
    """Find that the signal is right: after the explanation, or without one when the time for it is over (SUP-08)."""
    kept = words(reason) if reason.strip() else ""
    with database.atomic():
        found = _judging(actor, number)
        if found.state == SignalState.NOTIFIED and found.explain_due_on and found.explain_due_on >= clock.today():
            raise StillTimeToExplain(due_on=found.explain_due_on)
        found.reason = kept
        found.reason_salt, hashed = sealed(kept)
        _move(actor, found, SignalState.CONFIRMED, "confirmed", hashed)


def cancel_signal(actor: Actor, *, number: str, reason: str) -> None:
    """Find that the explanation settles it; only a supervisor, only with a reason (SUP-08)."""
    kept = words(reason)
    with database.atomic():
        found = _judging(actor, number)
        found.reason = kept
        found.reason_salt, hashed = sealed(kept)
        _move(actor, found, SignalState.CANCELLED, "cancelled", hashed)


def correct_signal(actor: Actor, *, number: str, correction: str) -> None:
    """Say, for the authority, what was done about a confirmed signal."""
    kept = words(correction)
    with database.atomic():
        found = signal_of_unit(actor, number)
        found.correction = kept
        found.correction_salt, hashed = sealed(kept)
        _move(actor, found, SignalState.CORRECTED, "corrected", hashed)


def close_signal(actor: Actor, *, number: str) -> None:
    """End a corrected or cancelled signal."""
    with database.atomic():
        found = signal_of_supervisor(actor, number)
        if found.state not in (SignalState.CORRECTED, SignalState.CANCELLED):
            raise SignalMoveNotAllowed(state=found.state, act="closed")
        if database.row("select 1 from supervision_step where signal_id = %s and after = %s and by = %s",
                        [found.id, SignalState.CORRECTED, actor.account]):
            raise OwnExplanation
        found.closed_at = clock.now()
        _move(actor, found, SignalState.CLOSED, "closed", "")


def _judging(actor: Actor, number: str) -> Signal:
    """The signal for a supervisor who neither explained it nor gave its ground nor worked on its case; reminders are not judged."""
    found = signal_of_supervisor(actor, number)
    if not Kind(found.kind).needs_answer:
        raise AnswerNotNeeded
    if found.rule == Rule.MANY_READ and found.occasion.startswith(f"{actor.actor_id} "):
        raise OwnExplanation
    if found.explained_by_id == actor.account or cases.handled_by(found.case_number, actor.account):
        raise OwnExplanation
    return found


def _move(actor: Actor, found: Signal, to: SignalState, act: str, hashed: str) -> None:
    before = SignalState(found.state)
    if not may_move(before, to):
        raise SignalMoveNotAllowed(state=before, act=act)
    found.state, found.moved_by_id = to, actor.account
    found.save()
    events.record(actor, SignalMoved(signal=found.number, before=before, after=to, text_hash=hashed),
                  subject=f"signal:{found.number}", authority=found.authority_id)
