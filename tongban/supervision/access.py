"""From a number and an actor to a signal, an order or a file: fetch, authorise, lock in one call."""

from tongban.identity.types import Actor
from tongban.supervision.errors import ExportNotFound, OrderNotFound, SignalNotFound, SupervisorOnly, UnitOnly
from tongban.supervision.models import Export, Signal, SupervisionOrder
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


def export_of_supervisor(actor: Actor, key: str) -> Export:
    """The request for a file, locked, if the actor supervises all the authorities its list is about."""
    found = Export.objects.select_for_update().defer("cases").filter(key=key).first()
    if found is None or not all(is_supervisor(actor, each) for each in found.authorities):
        raise ExportNotFound
    return found


def export_of_asker(actor: Actor, key: str) -> Export:
    """The same, if it was the actor who asked for it."""
    found = export_of_supervisor(actor, key)
    if found.asked_by_id != actor.account:
        raise ExportNotFound
    return found


def export_by_rule(key: str) -> Export:
    """The request for a file, locked, for a job or the clock."""
    return Export.objects.select_for_update().get(key=key)


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
