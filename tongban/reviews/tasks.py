"""What time brings to reviews."""

from tongban.kernel.ticking import each_alone, on_tick
from tongban.kernel.types import System
from tongban.reviews.actions import note_overdue
from tongban.reviews.queries import overdue_rectifications

TICK = System(name="tick")
AT_ONCE = 200


@on_tick("reviews.overdue")
def announce_overdue() -> int:
    """Announce rectifications whose due day has passed, each in its own transaction; one that fails holds up none."""
    done, after = 0, 0
    while keys := overdue_rectifications(AT_ONCE, after=after):
        done += each_alone(keys, lambda key: note_overdue(TICK, rectification=key))
        after = keys[-1]
    return done
