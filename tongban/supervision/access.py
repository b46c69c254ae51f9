"""From a number and an actor to a signal or an order: fetch, authorise, lock in one call."""

from tongban.identity.types import Actor
from tongban.supervision.errors import OrderNotFound, SignalNotFound, SupervisorOnly, UnitOnly
from tongban.supervision.models import Signal, SupervisionOrder
from tongban.supervision.rules import is_of_unit, is_supervisor


def signal_of_unit(actor: Actor, number: str) -> Signal:
    """The signal, locked, if the actor works on cases of its authority."""
    found = _signal(actor, number)
    if not is_of_unit(actor, found.authority_id):
        raise UnitOnly
    return found


def signal_of_supervisor(actor: Actor, number: str) -> Signal:
    """The signal, locked, if the actor supervises its authority."""
    found = _signal(actor, number)
    if not is_supervisor(actor, found.authority_id):
        raise SupervisorOnly
    return found


def order_of_unit(actor: Actor, key: int) -> SupervisionOrder:
    """The order, locked, if the actor works on cases of its authority."""
    found = _order(actor, key)
    if not is_of_unit(actor, found.authority_id):
        raise UnitOnly
    return found


def order_of_supervisor(actor: Actor, key: int) -> SupervisionOrder:
    """The order, locked, if the actor supervises its authority."""
    found = _order(actor, key)
    if not is_supervisor(actor, found.authority_id):
        raise SupervisorOnly
    return found


def _signal(actor: Actor, number: str) -> Signal:
    found = Signal.objects.select_for_update().filter(number=number).first()
    if found is None or found.authority_id not in actor.authorities:
        raise SignalNotFound
    return found


def _order(actor: Actor, key: int) -> SupervisionOrder:
    found = SupervisionOrder.objects.select_for_update(of=("self",)).select_related("signal").filter(id=key).first()
    if found is None or found.authority_id not in actor.authorities:
        raise OrderNotFound
    return found
