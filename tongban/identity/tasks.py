"""What time brings to identity: once a day, what need not be kept goes, and the day's people are counted."""

from datetime import date

from tongban.identity.actions import clean_up, count_people
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


@on_tick("identity.count")
def count_daily() -> int:
    """Write the figures of the days that are over, the first tick of each day."""
    today = clock.today()
    if _done.get("count") == today:
        return 0
    counted = count_people(TICK)
    _done["count"] = today
    return counted
