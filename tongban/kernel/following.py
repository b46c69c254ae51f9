"""Followers: modules learn what others did by reading the log behind a cursor of their own.

Effects and cursor move in one transaction, so each event takes effect exactly once. An event that fails three times is
parked with its error; later events of the same subject wait behind it, the rest go on.
"""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from django.db import OperationalError

from tongban.kernel import database
from tongban.kernel.events import Event, read_after

BATCH = 500
ATTEMPTS = 3
log = structlog.get_logger(__name__)

Reaction = Callable[[Sequence[Event]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A named reaction to certain events."""

    name: str
    events: frozenset[str]
    react: Reaction


FOLLOWERS: dict[str, Follower] = {}


def follows(*events: type, name: str) -> Callable[[Reaction], Reaction]:
    """Register a reaction to `events` under a name that is never reused: it owns a cursor.

    The reaction gets a batch in order of position and must not catch errors it cannot mend.
    """

    def register(react: Reaction) -> Reaction:
        if name in FOLLOWERS:
            raise ValueError(f"two followers are called {name}")
        FOLLOWERS[name] = Follower(name=name, events=frozenset(each.__name__ for each in events), react=react)
        return react

    return register


def one_by_one(react: Callable[[Event], None]) -> Reaction:
    """A reaction to a batch made of a reaction to one event."""

    def react_to_all(batch: Sequence[Event]) -> None:
        for event in batch:
            react(event)

    return react_to_all


def catch_up(follower: Follower) -> int:
    """Let one follower react to its next batch; returns how many positions it moved (0: nothing new, or another process works on it)."""
    with database.atomic():
        database.execute("insert into kernel_cursor (follower, position) values (%s, 0) on conflict do nothing",
                         [follower.name])
        found = database.row(
            "select c.position, s.position from kernel_cursor c, kernel_sequencer s "
            "where c.follower = %s for update of c skip locked", [follower.name])
        if found is None or found[0] >= found[1]:
            return 0
        start, last = found
        target = min(start + BATCH, last)
        batch = read_after(start, limit=target - start, names=follower.events)
        if batch:
            _react(follower, batch)
        database.execute("update kernel_cursor set position = %s, moved_at = kernel_now() where follower = %s",
                         [target, follower.name])
        return int(target - start)


def catch_up_all() -> int:
    """Let every follower catch up once; returns the number of positions moved in all."""
    moved = 0
    if _idle():
        return 0
    for follower in FOLLOWERS.values():
        try:
            moved += catch_up(follower)
        except OperationalError as error:
            log.warning("follower_waits", follower=follower.name, error=type(error).__name__)
            database.connection().close()
    return moved


def _idle() -> bool:
    """Has every follower a cursor, and is none of them behind? One statement, so that waiting costs next to nothing."""
    found = database.row(
        "select count(*) filter (where c.position >= s.position) from kernel_cursor c, kernel_sequencer s "
        "where c.follower = any(%s)", [list(FOLLOWERS)])
    return found is not None and found[0] == len(FOLLOWERS)


def retry_parked(follower: Follower) -> int:
    """Let a follower try its parked events again, oldest first; returns how many took effect."""
    with database.atomic():
        waiting = database.rows(
            "select position from kernel_parked where follower = %s order by position for update skip locked",
            [follower.name])
        done = 0
        held: set[str] = set()
        for (position,) in waiting:
            event = read_after(position - 1, limit=1)[0]
            if event.subject in held:
                continue
            error = _try(follower, event)
            if error is None:
                database.execute("delete from kernel_parked where follower = %s and position = %s",
                                 [follower.name, position])
                done += 1
            else:
                held.add(event.subject)
        return done


def _react(follower: Follower, batch: Sequence[Event]) -> None:
    parked = _held_subjects(follower, batch)
    free = [event for event in batch if event.subject not in parked]
    try:
        with database.atomic():
            follower.react(free)
    except OperationalError:
        raise
    except Exception:  # noqa: BLE001 - whatever fails, each event is then tried alone and parked with its error
        _react_singly(follower, free, parked)
    for event in batch:
        if event.subject in parked and event not in free:
            _park(follower, event, "waits behind an earlier event of the same subject")


def _react_singly(follower: Follower, batch: Sequence[Event], parked: set[str]) -> None:
    for event in batch:
        if event.subject in parked:
            _park(follower, event, "waits behind an earlier event of the same subject")
            continue
        error = _try(follower, event)
        if error is not None:
            parked.add(event.subject)
            _park(follower, event, error)


def _try(follower: Follower, event: Event) -> str | None:
    error = None
    for _ in range(ATTEMPTS):
        try:
            with database.atomic():
                follower.react([event])
        except OperationalError:
            raise
        except Exception as failure:  # noqa: BLE001 - the error is kept with the parked event
            where = traceback.extract_tb(failure.__traceback__)[-1]
            error = f"{type(failure).__name__} at {where.name}:{where.lineno}"
        else:
            return None
    return error


def _held_subjects(follower: Follower, batch: Sequence[Event]) -> set[str]:
    found = database.rows("select distinct subject from kernel_parked where follower = %s and subject = any(%s)",
                          [follower.name, [event.subject for event in batch]])
    return {subject for (subject,) in found}


def _park(follower: Follower, event: Event, error: str) -> None:
    log.error("event_parked", follower=follower.name, position=event.position, name=event.name, error=error)
    database.execute(
        "insert into kernel_parked (follower, position, subject, error) values (%s, %s, %s, %s)",
        [follower.name, event.position, event.subject, error])
