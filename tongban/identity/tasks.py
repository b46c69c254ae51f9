"""Slow work of identity, and what time brings: once a day, what need not be kept goes."""

from datetime import date

from tongban.identity.actions import (
    clean_grants,
    clean_up,
    count_people,
    end_idle_help,
    erase_assessments,
    send_code,
    send_enrolment_code,
    take_new_phones,
    tell_logout,
)
from tongban.identity.clients import logout_receiver
from tongban.identity.queries import oldest_attempt, oldest_ended_sharing, oldest_session
from tongban.kernel import clock, database
from tongban.kernel.jobs import job
from tongban.kernel.retention import keeps
from tongban.kernel.ticking import on_tick
from tongban.kernel.types import System, Text
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


keeps("sessions", figure="identity.session_days", oldest=oldest_session,
      what=Text(zh="登录记录", en="Where you were signed in"))
keeps("attempts", figure="identity.attempt_days", oldest=oldest_attempt,
      what=Text(zh="失败的登录", en="Failed sign-ins"))
keeps("assessments", figure="retention.assessment_days", erase=erase_assessments, oldest=oldest_ended_sharing,
      what=Text(zh="信息共享的影响评估，共享结束后", en="Assessments of what others were told, once that ended"))


@job("identity.send_code")
def bring_code(code: int) -> None:
    """Bring one code to its person's phone."""
    with database.serving("worker"):
        send_code(System(name="identity"), code=code, provider=short_messages())


@job("identity.send_enrolment_code")
def bring_enrolment_code(enrolment: str) -> None:
    """Bring one code to the phone that asked to register."""
    with database.serving("worker"):
        send_enrolment_code(System(name="identity"), enrolment=enrolment, provider=short_messages())


@on_tick("identity.count")
def count_daily() -> int:
    """Write the figures of the days that are over, the first tick of each day."""
    today = clock.today()
    if _done.get("count") == today:
        return 0
    counted = count_people(TICK)
    _done["count"] = today
    return counted


@on_tick("identity.end_help")
def end_help_left_alone() -> int:
    """End help at a counter in which nothing was done for a while, so that its person is told."""
    return end_idle_help(TICK)


@on_tick("identity.take_new_phones")
def take_phones_that_are_due() -> int:
    """Put the phones on record that clerks entered a day ago."""
    return take_new_phones(TICK)


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
