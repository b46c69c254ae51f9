"""Slow work of identity, and what time brings: once a day, what need not be kept goes."""

from datetime import date

from tongban.identity.actions import clean_grants, clean_up, tell_logout
from tongban.identity.clients import logout_receiver
from tongban.kernel import clock, database
from tongban.kernel.jobs import job
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


@on_tick("identity.clean_grants")
def clean_grants_daily() -> int:
    """Delete what is left of old sign-ins to other systems, the first tick of each day."""
    today = clock.today()
    if _done.get("grants") == today:
        return 0
    cleaned = clean_grants(TICK)
    _done["grants"] = today
    return cleaned


@job("identity.tell_logout")
def tell_of_logout(sign_on: int) -> None:
    """Tell one system that a session it relied on has ended."""
    with database.serving("worker"):
        tell_logout(System(name="identity"), sign_on=sign_on, receiver=logout_receiver())
