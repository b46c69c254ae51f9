"""What time brings to the catalogue."""

from tongban.catalogue import actions
from tongban.kernel.ticking import on_tick
from tongban.kernel.types import System

TICK = System(name="tick")


@on_tick("catalogue.into_force")
def bring_into_force() -> int:
    """Versions take effect on their day."""
    return actions.bring_into_force(TICK)
