"""How long each class of records is kept, and the daily deletion of what is past its time, with a proof in the record.

A module declares what it keeps; the figures are parameters. Each batch is one transaction with its own event, so that a
deletion that was broken off has proved exactly what it deleted.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from tongban.kernel import clock, database, events, parameters
from tongban.kernel.events import event
from tongban.kernel.ticking import on_tick
from tongban.kernel.types import System, Text, Who

BATCH = 500
Oldest = Callable[[], datetime | None]


class Erase(Protocol):
    """Deletes at most `limit` records older than an instant, within the caller's transaction; returns their keys."""

    def __call__(self, who: Who, *, before: datetime, limit: int) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A class of records: which figure says how many days, what erases a batch older than an instant, what is oldest.

    `erase` is None where another job deletes, or where nothing deletes.
    """

    name: str
    figure: str
    what: Text
    oldest: Oldest
    erase: Erase | None = None


CLASSES: dict[str, Kept] = {}
_done: dict[str, date] = {}


@event()
class RetentionApplied:
    """Records of a class that were past their time are gone: how many, the oldest that stays, a hash over their keys."""

    name: str
    count: int
    days: int
    oldest_kept: str
    keys_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A class as it stands today."""

    name: str
    what: Text
    days: int
    oldest: datetime | None
    deletes: bool

    @property
    def overdue(self) -> bool:
        """Is something here that should be gone?"""
        return self.deletes and self.oldest is not None and self.oldest < clock.now() - timedelta(days=self.days + 1)


def keeps(name: str, *, figure: str, what: Text, oldest: Oldest, erase: Erase | None = None) -> None:
    """Declare a class of records."""
    CLASSES[name] = Kept(name=name, figure=figure, what=what, oldest=oldest, erase=erase)


def apply(who: Who, name: str, *, batch: int = BATCH) -> int:
    """Delete what is past its time of one class; returns how much."""
    kept = CLASSES[name]
    if kept.erase is None:
        return 0
    days, done = int(parameters.value(kept.figure, clock.today())), 0
    while True:
        with database.atomic():
            gone = kept.erase(who, before=clock.now() - timedelta(days=days), limit=batch)
            if not gone:
                return done
            oldest = kept.oldest()
            events.record(who, RetentionApplied(
                name=name, count=len(gone), days=days, oldest_kept=oldest.isoformat() if oldest else "",
                keys_sha256=hashlib.sha256("\n".join(sorted(gone)).encode()).hexdigest()), subject=f"retention:{name}")
        done += len(gone)
        if len(gone) < batch:
            return done


def report() -> list[Standing]:
    """Every class, its figure and the oldest record of it."""
    today = clock.today()
    return [Standing(name=each.name, what=each.what, days=int(parameters.value(each.figure, today)), oldest=each.oldest(),
                     deletes=each.erase is not None) for each in CLASSES.values()]


def kept_days(*, besides: frozenset[str] = frozenset()) -> list[tuple[Text, int]]:
    """What is kept how long, for people to read, but for some classes."""
    today = clock.today()
    return [(each.what, int(parameters.value(each.figure, today))) for each in CLASSES.values() if each.name not in besides]


@on_tick("retention")
def apply_daily() -> int:
    """Every class once a day, with the first tick of it."""
    today = clock.today()
    if _done.get("retention") == today:
        return 0
    done = sum(apply(System(name="retention"), name) for name in CLASSES)
    _done["retention"] = today
    return done


def _oldest_disclosure() -> datetime | None:
    found = database.row("select min(at) from kernel_disclosure")
    return found[0] if found else None


def _oldest_event() -> datetime | None:
    found = database.row("select at from kernel_event order by id limit 1")
    return found[0] if found else None


keeps("record", figure="retention.record_days", oldest=_oldest_event, what=Text(zh="办理全过程的记录", en="The record of every act"))
keeps("disclosures", figure="retention.disclosure_days", oldest=_oldest_disclosure,
      what=Text(zh="谁看过您信息的记录", en="The record of who looked at your data"))
