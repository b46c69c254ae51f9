"""Slow work of identity, and what time brings: once a day, what need not be kept goes."""

from datetime import date

from tongban.identity.actions import clean_up, send_code
from tongban.kernel import clock, database
from tongban.kernel.jobs import job
from tongban.kernel.ticking import on_tick
from tongban.kernel.types import System
from tongban.messages.clients import short_messages

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


@job("identity.send_code")
def bring_code(code: int) -> None:
    """Bring one code to its person's phone."""
    with database.serving("worker"):
        send_code(System(name="identity"), code=code, provider=short_messages())
