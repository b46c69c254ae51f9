"""The one event log: what happened, written in the transaction of the act that did it.

A row is at once case timeline, record of acts, outbox and leaf of the ledger. Payloads hold identifiers of records and
salted hashes, never personal data and never free text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Protocol, TypeVar, dataclass_transform

import msgspec
from psycopg.types.json import Jsonb

from tongban.kernel import database
from tongban.kernel.types import Who

INSERT = """
insert into kernel_event (effective_on, module, name, version, subject, actor, on_behalf_of, role, channel, party,
                          authority, payload)
select coalesce(x.effective_on, kernel_today()), %(module)s, x.name, x.version, x.subject, %(actor)s, %(behalf)s,
       %(role)s, %(channel)s, x.party, x.authority, x.payload
from jsonb_to_recordset(%(rows)s) as x(effective_on date, name text, version smallint, subject text, party bigint,
                                       authority bigint, payload jsonb)
"""
COLUMNS = """e.id, p.position, e.at, e.effective_on, e.module, e.name, e.version, e.subject, e.actor, e.on_behalf_of,
 e.role, e.channel, e.party, e.authority, e.payload"""


Declared = TypeVar("Declared")


class Happening(Protocol):
    """What an event class carries besides its fields; set by `@event`."""

    MODULE: ClassVar[str]
    VERSION: ClassVar[int]


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(*, version: int = 1) -> Any:
    """Declare an event: a frozen dataclass in the past tense, named and versioned for good."""

    def declare(cls: type[Declared]) -> type[Declared]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        module = cls.__module__.split(".")[1]
        made.MODULE, made.VERSION = module, version  # type: ignore[attr-defined]
        CATALOGUE[cls.__name__] = made
        return made

    return declare


CATALOGUE: dict[str, type[Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event to be written: what happened, to which subject, concerning whom."""

    happened: Any
    subject: str
    party: int | None = None
    authority: int | None = None
    effective_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event as read: `position` is dense over the whole log, `happened` the event's own fields."""

    id: int
    position: int
    at: datetime
    effective_on: date
    module: str
    name: str
    version: int
    subject: str
    actor: str
    on_behalf_of: str
    role: str
    channel: str
    party: int | None
    authority: int | None
    payload: dict[str, Any]

    @property
    def happened(self) -> Any:
        """The typed event."""
        return msgspec.convert(self.payload, CATALOGUE[self.name], strict=False)


def record(who: Who, happened: Any, *, subject: str, party: int | None = None, authority: int | None = None,
           effective_on: date | None = None) -> None:
    """Write one event in the current transaction."""
    record_all(who, [Entry(happened=happened, subject=subject, party=party, authority=authority,
                           effective_on=effective_on)])


def record_all(who: Who, entries: Sequence[Entry]) -> None:
    """Write many events of one module in one statement."""
    if not entries:
        return
    database.execute(INSERT, {
        "module": entries[0].happened.MODULE, "actor": who.actor_id, "behalf": who.on_behalf_of, "role": who.role,
        "channel": who.channel, "rows": Jsonb([as_row(entry) for entry in entries]),
    })


def as_row(entry: Entry) -> dict[str, Any]:
    """The entry as the insert statement reads it."""
    happened = entry.happened
    if type(happened).__name__ not in CATALOGUE:
        raise TypeError(f"not an event: {happened!r}")
    return {
        "name": type(happened).__name__, "version": happened.VERSION,
        "subject": entry.subject, "party": entry.party, "authority": entry.authority,
        "effective_on": entry.effective_on.isoformat() if entry.effective_on else None,
        "payload": msgspec.to_builtins(asdict(happened)),
    }


def read_after(position: int, *, limit: int, names: Iterable[str] | None = None) -> list[Event]:
    """Events with a position above `position`, in order."""
    wanted = None if names is None else list(names)
    found = database.rows(
        f"select {COLUMNS} from kernel_position p join kernel_event e on e.id = p.event and e.at = p.at "
        "where p.position > %s and p.position <= %s and (%s::text[] is null or e.name = any(%s)) order by p.position",
        [position, position + limit, wanted, wanted])
    return [as_event(row) for row in found]


def of_subject(subject: str, *, since: datetime | None = None, until: datetime | None = None) -> list[Event]:
    """Everything that happened to one subject, oldest first; not yet sequenced ones have position 0.

    Whoever knows when its first event came, and what time it is, spares the months of the log that hold nothing of it.
    """
    months = "".join(f" and e.at {sign} %s" for sign, at in ((">=", since), ("<", until)) if at)
    found = database.planned_rows(
        f"select {COLUMNS.replace('p.position', '0')} from kernel_event e where e.subject = %s{months} order by e.id",
        [subject, *(at for at in (since, until) if at)])
    return [as_event(row) for row in found]


def as_event(row: Sequence[Any]) -> Event:
    """A row in the order of `COLUMNS` as an event."""
    payload = row[14] if isinstance(row[14], dict) else msgspec.json.decode(row[14])
    return Event(id=row[0], position=row[1], at=row[2], effective_on=row[3], module=row[4], name=row[5],
                 version=row[6], subject=row[7], actor=row[8], on_behalf_of=row[9], role=row[10], channel=row[11],
                 party=row[12], authority=row[13], payload=payload)
