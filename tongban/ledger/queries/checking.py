"""Does what is stored still lead to what was signed? Everything is counted anew, from the events up to the shelf."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import msgspec

from tongban.kernel import database, vault
from tongban.kernel.crypto.signing import PayloadKind, Signature, verify_signature
from tongban.ledger import rules
from tongban.ledger.clients import CHECKPOINT, TileMissing, tiles
from tongban.ledger.errors import NoteNotReadable
from tongban.ledger.queries.proving import RECORD, as_record, keys
from tongban.ledger.queries.witnessing import cosigned_note
from tongban.ledger.types import Fault, Hash, Head, NoteKey

BATCH = 2000
LATE = timedelta(minutes=10)
"""An event is entered within seconds of its transaction; the longest of those load samples and end sooner."""

EVERYTHING = f"""
select coalesce(l.position, p.position), l.salt, l.sha256, l.sm3, e.at, {RECORD}
from (select * from ledger_leaf where position > %(after)s and position <= %(upto)s) l
full join (select * from kernel_position where position > %(after)s and position <= %(upto)s) p on p.position = l.position
left join kernel_event e on e.id = p.event and e.at = p.at order by 1
"""
OVER = timedelta(minutes=2)
READS = """
select sha256(convert_to(jsonb_build_array(id, to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), party, actor, role,
  authority, reason, fields, subject)::text, 'UTF8'))
from kernel_disclosure where at > %s and at <= %s order by id
"""
READS_SEALED = """
select p.position, e.payload::text from kernel_event e join kernel_position p on p.event = e.id and p.at = e.at
where e.subject = 'reads' and e.name = 'ReadsSealed' order by 1
"""
UNPLACED = """
select e.id from kernel_event e where e.at < kernel_now() - %s::interval
and not exists (select from kernel_position p where p.event = e.id and p.at = e.at) order by 1 limit 20
"""


class Tree:
    """The roots of full subtrees over the leaves so far: all that a root needs."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[Hash] = []

    def add(self, leaf: Hash) -> None:
        """Append a leaf."""
        found, rest = leaf, self.size
        while rest & 1:
            found, rest = rules.node_hash(self._peaks.pop(), found), rest >> 1
        self._peaks.append(found)
        self.size += 1

    def root(self) -> Hash:
        """The root over the leaves so far."""
        if not self._peaks:
            return rules.NOTHING
        found = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            found = rules.node_hash(peak, found)
        return found


def faults_of_the_record() -> Iterator[Fault]:
    """Everything that does not fit, from the events to the published checkpoint; nothing where all is well."""
    signed = database.rows("select size, root, note, at from ledger_checkpoint order by size, id")
    yield from _faults_of_signatures(signed)
    entered = _entered()
    roots = {size: bytes(root) for size, root, _, _ in signed}
    sealed = [(size, at) for size, _, _, at in signed]
    tree, leaves = Tree(), list[Hash]()
    if 0 in roots and roots[0] != tree.root():
        yield Fault(place="checkpoints", position=0, what="another root was signed")
    for after in range(0, entered, BATCH):
        for row in _full(database.rows(EVERYTHING, {"after": after, "upto": min(after + BATCH, entered)}), after,
                         min(after + BATCH, entered)):
            yield from _faults_of_entry(row)
            leaf = rules.leaf_hash(bytes(row[2] or b""), bytes(row[3] or b""))
            leaves.append(leaf)
            tree.add(leaf)
            if tree.size in roots and roots[tree.size] != tree.root():
                yield Fault(place="checkpoints", position=tree.size, what="another root was signed")
            yield from _faults_of_time(row, sealed)
    yield from _faults_of_ends(entered, sealed[-1][0] if sealed else 0)
    yield from _faults_of_reads()
    yield from _faults_of_tiles(leaves[:sealed[-1][0]] if sealed else [])


def _entered() -> int:
    found = database.row("select greatest((select max(position) from ledger_leaf), (select entered from ledger_state), "
                         "(select max(size) from ledger_checkpoint), 0)")
    return int(found[0]) if found else 0


def _full(found: Sequence[Any], after: int, upto: int) -> Iterator[Any]:
    by_position = {row[0]: row for row in found}
    for position in range(after + 1, upto + 1):
        yield by_position.get(position) or (position, *[None] * 19)


def _faults_of_entry(row: Any) -> Iterator[Fault]:
    position, salt, sha256, sm3 = row[:4]
    if sha256 is None:
        yield Fault(place="leaves", position=position, what="missing")
    elif row[6] is None:
        yield Fault(place="events", position=position, what="missing")
    elif rules.digests(bytes(salt), as_record(row[5:])) != (bytes(sha256), bytes(sm3)):
        yield Fault(place="events", position=position, what="is not what was entered")


def _faults_of_time(row: Any, sealed: list[tuple[int, datetime]]) -> Iterator[Fault]:
    """An event cannot have happened long before a checkpoint that does not hold it."""
    position, at = row[0], row[4]
    before = _last_below(sealed, position)
    if at is not None and before is not None and at < before - LATE:
        yield Fault(place="events", position=position, what="was entered long after it is said to have happened")


def _last_below(sealed: list[tuple[int, datetime]], position: int) -> datetime | None:
    at = bisect_left(sealed, position, key=itemgetter(0))
    return sealed[at - 1][1] if at else None


def _faults_of_signatures(signed: Sequence[Any]) -> Iterator[Fault]:
    by_hash: dict[bytes, NoteKey] = {}
    before: tuple[int, datetime] | None = None
    for size, root, note, at in signed:
        try:
            read = rules.read_note(note)
            head = rules.read_checkpoint(read.text)
        except NoteNotReadable:
            yield Fault(place="checkpoints", position=size, what="cannot be read")
            continue
        by_hash = by_hash or {rules.key_hash(key): key for key in keys(head.origin)}
        good = {by_hash[line.key_hash].kind for line in read.lines
                if line.key_hash in by_hash and _holds(read.text, by_hash[line.key_hash], line.value)}
        if not good or good != {key.kind for key in by_hash.values()} or head != Head(origin=head.origin, size=size, root=bytes(root)):
            yield Fault(place="checkpoints", position=size, what="is not signed by this node")
        if before is not None and at < before[1]:
            yield Fault(place="checkpoints", position=size, what="is older than a smaller one")
        before = size, at


def _holds(text: str, key: NoteKey, value: bytes) -> bool:
    known = next(each for each in vault.verifying_keys(PayloadKind.CHECKPOINT) if each.value == key.public)
    return verify_signature(known, PayloadKind.CHECKPOINT, text.encode(), Signature(
        algorithm=known.algorithm, key_id=known.key_id, is_software=known.is_software, value=value))


def _faults_of_ends(entered: int, sealed: int) -> Iterator[Fault]:
    """The ends of the record must be the same ones in the log, in the state, and on the shelf."""
    found = database.row("select l.entered, s.position from ledger_state l, kernel_sequencer s")
    if found is None or found[0] != entered or found[1] < entered:
        yield Fault(place="leaves", position=entered, what="the ends of the log and the record differ")
    for (event,) in database.rows(UNPLACED, [LATE]):
        yield Fault(place="events", position=0, what=f"event {event} has no position")
    try:
        published = (tiles().folder / CHECKPOINT).read_bytes()
    except OSError:
        published = b""
    if published not in _as_published():
        yield Fault(place="checkpoints", position=sealed, what="the published one is not the last one signed")


def _as_published() -> set[bytes]:
    """The newest checkpoint with the lines of its witnesses, or with those of a moment ago: between both lies a moment."""
    found = database.row("select id, note from ledger_checkpoint order by size desc, id desc limit 1")
    if found is None:
        return {b""}
    whole = cosigned_note(found[0], found[1])
    lines = whole.removeprefix(found[1]).splitlines(keepends=True)
    return {(found[1] + "".join(lines[:count])).encode() for count in range(len(lines) + 1)}


def digest_of_reads(since: datetime, until: datetime) -> tuple[int, str]:
    """How many reads of personal data were noted between two instants, and a digest of them all."""
    found = database.rows(READS, [since, until])
    return len(found), hashlib.sha256(b"".join(bytes(row[0]) for row in found)).hexdigest()


def _faults_of_reads() -> Iterator[Fault]:
    for position, payload in database.rows(READS_SEALED):
        told = msgspec.json.decode(payload)
        since, until = (datetime.fromisoformat(told[name]) for name in ("since", "until"))
        if digest_of_reads(since, until) != (told["count"], told["sha256"]):
            yield Fault(place="reads", position=position, what=f"the list of reads until {until.isoformat()} was changed")


def _faults_of_tiles(leaves: Sequence[Hash]) -> Iterator[Fault]:
    level, row = 0, leaves
    tiles().forget()
    while row:
        for number in range(-(-len(row) // rules.TILE_WIDTH)):
            start = number * rules.TILE_WIDTH
            wanted = row[start:start + rules.TILE_WIDTH]
            try:
                same = list(tiles().read(level, number, len(wanted))) == list(wanted)
            except TileMissing:
                same = False
            if not same:
                yield Fault(place="tiles", position=start, what=rules.tile_path(level, number, len(wanted)))
        level, row = level + 1, [rules.combined(row[at:at + rules.TILE_WIDTH])
                                 for at in range(0, len(row) // rules.TILE_WIDTH * rules.TILE_WIDTH, rules.TILE_WIDTH)]
