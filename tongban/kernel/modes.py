"""How far the house is open: as always, for reading only, or for handing in while decisions wait.

The rows of `kernel_mode` say since when, why and until when; the last one holds. Every process remembers it for a
moment, so that no request asks. `until` is what people are told; a mode ends when somebody ends it.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from time import monotonic

import structlog
from django.db import Error
from django.db.transaction import on_commit

from tongban.kernel import clock, database, events
from tongban.kernel.errors import Refusal, Unavailable
from tongban.kernel.events import event
from tongban.kernel.types import Text, Who

FRESH_SECONDS = 1.0
SHORTEST_WAIT, USUAL_WAIT, LONGEST_WAIT = 30, 300, 3600
"""Seconds after which whoever was refused may ask again: until the told end, and within these bounds."""

LONGEST_REASON = 300
READ_ONLY_TRANSACTION = "25006"
LAST = """
select id, mode, reason, reason_en, at, case when until > kernel_now() then until end
from kernel_mode order by id desc limit 1
"""
"""An end that has passed is told to nobody."""

log = structlog.get_logger(__name__)


class Mode(StrEnum):
    """What may be done."""

    NORMAL = "NORMAL"
    READ_ONLY = "READ_ONLY"
    ACCEPT_ONLY = "ACCEPT_ONLY"


NO_REASON = Text(zh="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The mode that holds, and what people are told about it."""

    id: int = 0
    mode: Mode = Mode.NORMAL
    reason: Text = NO_REASON
    since: datetime | None = None
    until: datetime | None = None


@event()
class ModeChanged:
    """The house is open further or less far than before; the reason stands in its row."""

    mode: str
    until: str


class ReadOnly(Unavailable):
    """For now you can only read here. What you were about to send was not sent."""


class AcceptOnly(Unavailable):
    """Applications come in as always, but the work on them waits. What you were about to do was not done."""


class ReasonTooLong(Refusal):
    """A reason people are told has at most {limit} characters."""


class ReasonMissing(Refusal):
    """Say why: people read the reason on every page."""


class EndInThePast(Refusal):
    """The end people are told must lie ahead."""


class Memory:
    """The notice as this process last read it; while the database cannot be asked, as it was."""

    def __init__(self) -> None:
        self.notice, self._asked, self._lock = Notice(), float("-inf"), threading.Lock()

    def read(self) -> Notice:
        with self._lock:
            if monotonic() - self._asked < FRESH_SECONDS:
                return self.notice
            self._asked = monotonic()
        try:
            self.notice = _last()
        except Error as error:
            log.warning("mode_unknown", error=type(error).__name__)
        return self.notice

    def forget(self) -> None:
        self._asked = float("-inf")


MEMORY = Memory()


def current() -> Notice:
    """The mode that holds, a second old at most."""
    return MEMORY.read()


def is_read_only() -> bool:
    """May nothing be noted now, not even that something was read?"""
    return current().mode is Mode.READ_ONLY


def last_known() -> Notice:
    """The mode as this process read it last, without asking."""
    return MEMORY.notice


def forget() -> None:
    """Drop what this process remembers."""
    MEMORY.forget()


def change(who: Who, *, mode: Mode, reason: Text = NO_REASON, until: datetime | None = None) -> None:
    """Open the house so far from now on; a narrower mode needs its reason."""
    if mode is not Mode.NORMAL and not reason.zh.strip():
        raise ReasonMissing
    if max(len(reason.zh), len(reason.en)) > LONGEST_REASON:
        raise ReasonTooLong(limit=LONGEST_REASON)
    if until is not None and until <= clock.now():
        raise EndInThePast
    with database.atomic():
        database.execute("insert into kernel_mode (mode, reason, reason_en, until, actor) values (%s, %s, %s, %s, %s)",
                         [mode, reason.zh.strip(), reason.en.strip(), until, who.actor_id])
        events.record(who, ModeChanged(mode=mode, until=until.isoformat() if until else ""), subject="mode")
        on_commit(forget, using=database.alias())


def wait_seconds(notice: Notice, now: datetime) -> int:
    """After how many seconds whoever was refused may ask again."""
    left = (notice.until - now) // timedelta(seconds=1) if notice.until else USUAL_WAIT
    return max(SHORTEST_WAIT, min(left, LONGEST_WAIT))


def is_written_to_in_vain(error: Error) -> bool:
    """Did the database itself refuse to be written to: a standby, or one that was set to be read only?"""
    return getattr(error.__cause__, "sqlstate", "") == READ_ONLY_TRANSACTION


def _last() -> Notice:
    found = database.row(LAST)
    if found is None:
        return Notice()
    key, mode, reason, reason_en, since, until = found
    return Notice(id=key, mode=Mode(mode), reason=Text(zh=reason, en=reason_en), since=since, until=until)
