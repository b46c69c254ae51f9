"""What time brings to identity: once a day, what need not be kept goes."""

from datetime import date

from tongban.identity.actions import clean_up, end_idle_help
from tongban.kernel import clock
from tongban.kernel.ticking import on_tick
from tongban.kernel.types import System

TICK = System(name="tick")
_done: dict[str, date] = {}


@on_tick("identity.clean")
def clean_daily() -> int:
    """Delete old attempts and ended sessions, the first tick of each day."""
    today = clock.today()
    if _done.get("clean") == today:
        return 0
    cleaned = clean_up(TICK)
    _done["clean"] = today
    return cleaned


@on_tick("identity.end_help")
def end_help_left_alone() -> int:
    """End help at a counter in which nothing was done for a while, so that its person is told."""
    return end_idle_help(TICK)
