"""The verbs of the ledger. Only the worker enters and seals; the lock on the state row keeps it to one at a time."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

import structlog

from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.crypto.signing import PayloadKind
from tongban.kernel.types import System
from tongban.ledger import queries, rules
from tongban.ledger.clients import CHECKPOINT, TileMissing, tiles
from tongban.ledger.events import ReadsSealed
from tongban.ledger.types import Hash, Head, NoteLine

BATCH = 2000
EACH = timedelta(minutes=1)
SALT = 16
log = structlog.get_logger(__name__)

WAITING = f"""
select {queries.RECORD} from kernel_position p join kernel_event e on e.id = p.event and e.at = p.at
where p.position > %s and p.position <= %s order by p.position
"""
ENTERED = """
insert into ledger_leaf (position, salt, sha256, sm3)
select * from unnest(%s::bigint[], %s::bytea[], %s::bytea[], %s::bytea[])
"""


class LedgerBroken(Exception):
    """The tree on disk does not lead to the root that was signed; nothing is signed until someone has looked."""


def enter() -> int:
    """Enter the events that have a position into the record; returns how many. Another process at work is no fault."""
    with database.atomic():
        found = database.row("select l.entered, s.position from ledger_state l, kernel_sequencer s for update of l skip locked")
        if found is None or found[0] >= found[1]:
            return 0
        batch = database.rows(WAITING, [found[0], found[0] + BATCH])
        salts = [secrets.token_bytes(SALT) for _ in batch]
        digests = [rules.digests(salt, queries.as_record(row)) for salt, row in zip(salts, batch, strict=True)]
        database.execute(ENTERED, [[row[0] for row in batch], salts, [each[0] for each in digests],
                                   [each[1] for each in digests]])
        database.execute("update ledger_state set entered = %s", [batch[-1][0]])
        return len(batch)


def seal(origin: str) -> bool:
    """Sign a checkpoint over all that is entered, if there is more than before or the last one grows old.

    `LedgerBroken` where the tiles no longer lead to the root signed last.
    """
    with database.atomic():
        found = database.row("select origin, entered, kernel_now() from ledger_state for update skip locked")
        if found is None:
            return False
        last = queries.newest()
        if last and last.size == found[1] and last.at > found[2] - _idle():
            return False
        head = Head(origin=found[0] or origin, size=found[1], root=_grown(last.size if last else 0, found[1],
                                                                         last.root if last else None))
        note = signed(head)
        database.execute("insert into ledger_checkpoint (size, root, note, at) values (%s, %s, %s, %s)",
                         [head.size, head.root, note, found[2]])
        database.execute("update ledger_state set origin = %s, sealed_at = %s", [head.origin, found[2]])
    tiles().publish(CHECKPOINT, note.encode())
    return True


def seal_reads() -> bool:
    """Enter a digest of the reads of personal data since the last one, at most one a minute; False if it is too soon.

    A read is digested two minutes late: its transaction, which the database ends long before, must be over.
    """
    with database.atomic():
        found = database.row("select reads_until, kernel_now() - %s::interval from ledger_state for update skip locked",
                             [queries.OVER])
        if found is None or found[1] - found[0] < EACH:
            return False
        count, digest = queries.digest_of_reads(found[0], found[1])
        database.execute("update ledger_state set reads_until = %s", [found[1]])
        if count:
            events.record(System(name="ledger"), ReadsSealed(since=found[0].isoformat(), until=found[1].isoformat(),
                                                             count=count, sha256=digest), subject="reads")
    return True


def note_audit(*, faults: int, seconds: float) -> None:
    """Note that everything was looked at, and how many faults there were; the public page says so."""
    database.execute("insert into ledger_audit (entries, faults, seconds) select entered, %s, %s from ledger_state",
                     [faults, seconds])


def signed(head: Head) -> str:
    """A checkpoint with the signatures of every suite of this node."""
    text = rules.checkpoint_text(head)
    by_public = {key.public: key for key in queries.keys(head.origin)}
    lines = [NoteLine(name=head.origin, key_hash=rules.key_hash(by_public[signer.verifying_key.value]),
                      value=signer.sign(PayloadKind.CHECKPOINT, text.encode()).value) for signer in vault.signers()]
    return rules.written_note(text, lines)


def rebuild_tiles() -> None:
    """Make all tiles of the leaves, as after a restore without them."""
    tiles().forget()
    found = database.row("select size from ledger_checkpoint order by size desc limit 1")
    _write_tiles(0, found[0] if found else 0)


def _grown(old: int, new: int, known: Hash | None) -> Hash:
    """Add what is new to the tiles; the root over all."""
    try:
        before = rules.root(old, tiles().read)
    except TileMissing:
        log.warning("tiles_made_anew", size=old)
        _write_tiles(0, old)
        before = rules.root(old, tiles().read)
    if known is not None and before != known:
        raise LedgerBroken(old)
    _write_tiles(old, new)
    return rules.root(new, tiles().read)


def _write_tiles(old: int, new: int) -> None:
    """Write the tiles that grow from `old` to `new` leaves; what was full stays as it is."""
    level, first, last = 0, old, new
    while last:
        for number in range(first // rules.TILE_WIDTH, -(-last // rules.TILE_WIDTH)):
            start = number * rules.TILE_WIDTH
            end = min(last, start + rules.TILE_WIDTH)
            if end > first:
                tiles().write(level, number, _hashes(level, start, end))
        level, first, last = level + 1, first // rules.TILE_WIDTH, last // rules.TILE_WIDTH


def _hashes(level: int, start: int, end: int) -> Sequence[Hash]:
    if level:
        return [rules.combined(tiles().read(level - 1, number, rules.TILE_WIDTH)) for number in range(start, end)]
    return [rules.leaf_hash(bytes(sha256), bytes(sm3)) for sha256, sm3 in database.rows(
        "select sha256, sm3 from ledger_leaf where position > %s and position <= %s order by position", [start, end])]


def _idle() -> timedelta:
    return timedelta(seconds=int(parameters.value("ledger.idle_seconds", clock.today())))
