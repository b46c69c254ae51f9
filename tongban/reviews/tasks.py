"""What time brings to reviews."""

from tongban.kernel.ticking import on_tick
from tongban.kernel.types import System
from tongban.reviews.actions import note_overdue
from tongban.reviews.queries import overdue_rectifications

TICK = System(name="tick")
AT_ONCE = 200


@on_tick("reviews.overdue")
def announce_overdue() -> int:
    """Announce rectifications whose due day has passed, each in its own transaction."""
    return sum(note_overdue(TICK, rectification=key) for key in overdue_rectifications(AT_ONCE))
