"""What time brings to the catalogue."""

from tongban.catalogue import actions
from tongban.catalogue.queries import due_versions
from tongban.kernel.ticking import each_alone, on_tick
from tongban.kernel.types import System

TICK = System(name="tick")


@on_tick("catalogue.into_force")
def bring_into_force() -> int:
    """Versions take effect on their day, each in its own transaction."""
    return each_alone(due_versions(), lambda due: actions.bring_into_force(TICK, code=due[0], version=due[1]))
