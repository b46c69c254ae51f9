"""A new key for the node beside the running house: batch by batch, gone on with wherever it was stopped.

Which columns carry a blind index is said where their table is declared.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import sleep

import msgspec
from django.conf import settings
from psycopg.types.json import Jsonb

from tongban.kernel import database, events, vault
from tongban.kernel.crypto import keys
from tongban.kernel.crypto.keys import KeyPurpose, KeyRing
from tongban.kernel.crypto.wrapping import unwrap, wrap
from tongban.kernel.events import event
from tongban.kernel.types import Who

BATCH = 500
POLL_SECONDS = 0.05
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """A sealed column beside its blind index; `row` names the row, in its cell too."""

    table: str
    row: str
    sealed: str
    index: str
    purpose: str


INDEXED: list[Indexed] = []


@event()
class NodeKeyChanged:
    """The node has a new key for a purpose, everything was moved to it, and the old one is destroyed."""

    purpose: str
    number: int
    count: int


def indexed(table: str, row: str, sealed: str, index: str, purpose: str) -> None:
    """Say that a column of sealed values has a blind index."""
    INDEXED.append(Indexed(table=table, row=row, sealed=sealed, index=index, purpose=purpose))


def change_field_key(who: Who, *, say: Say, batch: int = BATCH) -> int:
    """Wrap every party's key under a new key of the node and destroy the old one; returns how many were moved.

    What the parties' keys seal is not touched. Copies of the table of keys made before cannot be opened any more.
    """
    ring = _next(KeyPurpose.FIELD)
    for _round in range(2):
        while _wrap_some(ring, batch, say):
            pass
        _let_others_finish()
    return _finish(who, ring)


def change_index_key(who: Who, *, say: Say, batch: int = BATCH, look_seconds: float = vault.LOOK_SECONDS) -> int:
    """Write every blind index anew under a new key and destroy the old one; both are looked for until then.

    The second round finds what other processes wrote before they knew of the new key.
    """
    ring = _next(KeyPurpose.INDEX)
    index_all(say=say, batch=batch)
    sleep(2 * look_seconds)
    _let_others_finish()
    index_all(say=say, batch=batch)
    return _finish(who, ring)


def index_all(*, say: Say, batch: int = BATCH) -> None:
    """Write every blind index under the key in use, from where it was left; again from the beginning next time."""
    while _index_some(batch, say):
        pass


def _next(purpose: KeyPurpose) -> KeyRing:
    """The ring with the key to move to: a new one, or that of a change that was broken off."""
    ring = keys.load_ring(settings.KEYS, purpose)
    if len(ring.keys) == 1:
        ring = keys.rotate(settings.KEYS, purpose)
    vault.forget()
    database.execute(
        "insert into kernel_rotation as r (purpose, number, place, done, at) values (%s, %s, '[0, null]', 0, kernel_now()) "
        "on conflict (purpose) do update set number = excluded.number, place = excluded.place, done = 0, at = excluded.at "
        "where r.number < excluded.number", [purpose, ring.current.number])
    return ring


def _wrap_some(ring: KeyRing, batch: int, say: Say) -> int:
    number = ring.current.number
    with database.atomic():
        found = database.rows("select party, wrapped from kernel_data_key where wrapped_by <> %s and wrapped <> '' "
                              "order by party limit %s for update", [number, batch])
        moved = [(party, wrap(ring, party, unwrap(ring, party, wrapped))) for party, wrapped in found]
        database.execute(
            "update kernel_data_key k set wrapped = x.wrapped, wrapped_by = %s "
            "from unnest(%s::bigint[], %s::text[]) as x(party, wrapped) where k.party = x.party",
            [number, [party for party, _ in moved], [wrapped for _, wrapped in moved]])
        _count(KeyPurpose.FIELD, len(moved))
    if moved:
        say(f"{len(moved)} keys of people and firms moved, up to number {moved[-1][0]}")
    return len(moved)


def _index_some(batch: int, say: Say) -> bool:
    """The next rows of the column that is at hand; False once every column was gone through."""
    with database.atomic():
        database.execute("insert into kernel_rotation (purpose, number, place) values ('index', 0, '[0, null]') on conflict do nothing")
        found = database.row("select place::text from kernel_rotation where purpose = 'index' for update")
        column, last = msgspec.json.decode(found[0]) if found else (0, None)
        if column >= len(INDEXED):
            database.execute("update kernel_rotation set place = '[0, null]' where purpose = 'index'")
            return False
        each = INDEXED[column]
        rows = database.rows(
            f"select {each.row}, {each.sealed}, {each.index} from {each.table} where {each.row} > %s order by {each.row} "
            "limit %s for update" if last is not None else
            f"select {each.row}, {each.sealed}, {each.index} from {each.table} order by {each.row} limit %s for update",
            [last, batch] if last is not None else [batch])
        changed = _written_anew(each, rows)
        _count(KeyPurpose.INDEX, changed)
        place = [column, rows[-1][0]] if len(rows) == batch else [column + 1, None]
        database.execute("update kernel_rotation set place = %s where purpose = 'index'", [Jsonb(place)])
    if changed:
        say(f"{each.table}.{each.index}: {changed} of {len(rows)} rows written anew")
    return True


def _written_anew(each: Indexed, rows: list[tuple[object, str, str]]) -> int:
    wanted: list[tuple[str, str]] = []
    for row, sealed, written in rows:
        try:
            index = vault.index(each.purpose, vault.unseal(each.table, each.sealed, row, sealed))
        except vault.Erased:
            continue
        if index != written:
            wanted.append((str(row), index))
    database.execute(
        f"update {each.table} t set {each.index} = x.found from unnest(%s::text[], %s::text[]) as x(row, found) "
        f"where t.{each.row}::text = x.row", [[row for row, _ in wanted], [index for _, index in wanted]])
    return len(wanted)


def _count(purpose: KeyPurpose, more: int) -> None:
    database.execute("update kernel_rotation set done = done + %s, at = kernel_now() where purpose = %s", [more, purpose])


def _let_others_finish() -> None:
    """Wait until every transaction that was under way has ended, whoever's it is."""
    found = database.row("select pg_snapshot_xmax(pg_current_snapshot())::text")
    while database.row("select pg_snapshot_xmin(pg_current_snapshot()) < %s::xid8", [found[0] if found else "0"]) == (True,):
        sleep(POLL_SECONDS)


def _finish(who: Who, ring: KeyRing) -> int:
    """Say that it is done and destroy what was replaced."""
    with database.atomic():
        found = database.row("select done from kernel_rotation where purpose = %s", [ring.purpose])
        count = int(found[0]) if found else 0
        events.record(who, NodeKeyChanged(purpose=ring.purpose, number=ring.current.number, count=count), subject="keys")
        for key in ring.keys[:-1]:
            keys.destroy(settings.KEYS, ring.purpose, key.number)
    vault.forget()
    return count
