"""Slow work of federation, and what time brings."""

from tongban.federation.actions import forget_envelopes, report_incident, tell_overdue
from tongban.federation.clients import superior_node
from tongban.federation.queries import overdue
from tongban.kernel import database
from tongban.kernel.jobs import job
from tongban.kernel.ticking import each_alone, on_tick
from tongban.kernel.types import System

TICK = System(name="tick")


@job("federation.report")
def bring_report(incident: str) -> None:
    """Bring one incident to the superior node; tried again until it answers."""
    with database.serving("worker"):
        report_incident(System(name="federation"), key=incident, superior=superior_node())


@on_tick("federation.overdue")
def tell_what_is_overdue() -> int:
    """Say which incidents should have been reported by now."""
    return each_alone(overdue(), lambda key: tell_overdue(TICK, key=key))


@on_tick("federation.envelopes")
def forget_old_envelopes() -> int:
    """Forget envelopes that nobody would believe any more."""
    return forget_envelopes(TICK)
