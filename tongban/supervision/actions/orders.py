"""Supervision orders: sent about a signal, answered by the authority, settled by the supervisor (SUP-02)."""

from datetime import date

from tongban.identity.types import Actor
from tongban.kernel import clock, database, events
from tongban.supervision.access import order_of_supervisor, order_of_unit, signal_of_supervisor
from tongban.supervision.actions.texts import sealed
from tongban.supervision.errors import (
    OrderDueInPast,
    OrderNotAnswered,
    OrderSettledAlready,
    OwnExplanation,
    SignalMoveNotAllowed,
)
from tongban.supervision.events import OrderAnswered, OrderSent, OrderSettled
from tongban.supervision.models import SupervisionOrder
from tongban.supervision.rules import words
from tongban.supervision.types import SignalState


def send_order(actor: Actor, *, signal: str, content: str, due_on: date) -> int:
    """Order an authority to act about an open signal by a day; returns the order."""
    kept = words(content)
    with database.atomic():
        found = signal_of_supervisor(actor, signal)
        if not SignalState(found.state).is_open:
            raise SignalMoveNotAllowed(state=found.state, act="ordered")
        now = clock.now()
        if due_on < now.date():
            raise OrderDueInPast
        salt, hashed = sealed(kept)
        order = SupervisionOrder.objects.create(signal=found, authority_id=found.authority_id, content=kept,
                                                content_salt=salt, sent_at=now, sent_by_id=actor.account,
                                                due_on=due_on)
        events.record(actor, OrderSent(order=order.id, signal=signal, due_on=due_on.isoformat(), text_hash=hashed),
                      subject=f"order:{order.id}", authority=found.authority_id)
    return int(order.id)


def answer_order(actor: Actor, *, order: int, answer: str) -> None:
    """Answer an order, once, for the authority."""
    kept = words(answer)
    with database.atomic():
        found = order_of_unit(actor, order)
        if found.answered_at is not None or found.settled_at is not None:
            raise OrderSettledAlready
        found.answer_salt, hashed = sealed(kept)
        found.answer, found.answered_at, found.answered_by_id = kept, clock.now(), actor.account
        found.save(update_fields=["answer", "answer_salt", "answered_at", "answered_by_id"])
        events.record(actor, OrderAnswered(order=order, signal=found.signal.number, text_hash=hashed),
                      subject=f"order:{order}", authority=found.authority_id)


def settle_order(actor: Actor, *, order: int, result: str) -> None:
    """Record what came of an answered order."""
    kept = words(result)
    with database.atomic():
        found = order_of_supervisor(actor, order)
        if found.settled_at is not None:
            raise OrderSettledAlready
        if found.answered_at is None:
            raise OrderNotAnswered
        if found.answered_by_id == actor.account:
            raise OwnExplanation
        found.result_salt, hashed = sealed(kept)
        found.result, found.settled_at, found.settled_by_id = kept, clock.now(), actor.account
        found.save(update_fields=["result", "result_salt", "settled_at", "settled_by_id"])
        events.record(actor, OrderSettled(order=order, signal=found.signal.number, text_hash=hashed),
                      subject=f"order:{order}", authority=found.authority_id)
