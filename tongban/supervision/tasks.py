"""What time brings to supervision."""

from tongban.kernel.ticking import on_tick
from tongban.kernel.types import System
from tongban.supervision.actions import raise_signals

TICK = System(name="tick")
AT_ONCE = 200


@on_tick("supervision.signals")
def look_at_clocks() -> int:
    """Raise what clocks that are due deserve."""
    return raise_signals(TICK, limit=AT_ONCE)
