"""Witnesses: who cosigns this record, what they say of it, and the logs that this node witnesses."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from tongban.kernel import clock, database, parameters, vault
from tongban.kernel.crypto.signing import Algorithm, PayloadKind, holds_ed25519
from tongban.ledger import rules
from tongban.ledger.clients import tiles
from tongban.ledger.types import Gap, Head, Note, NoteKey, NoteLine, Question, ReadHashes, Sealed, Verdict, WitnessRow

LONGEST_WAIT = 60
"""Seconds: a witness that does not answer is asked ever more seldom, but once a minute."""

WITNESSES = """
select name, url, key, size, cosigned_at, refused, refused_at, failures from ledger_witness where retired_at is null
order by name
"""
QUESTIONS = """
select w.name, w.url, w.key, w.size, c.id, s.origin, c.size, c.root, c.note
from ledger_state s, (select id, size, root, note from ledger_checkpoint order by size desc, id desc limit 1) c, ledger_witness w
where w.retired_at is null
  and (w.failures = 0 or w.asked_at <= kernel_now() - least(%s, power(2, least(w.failures, 10))) * interval '1 second')
  and not exists (select from ledger_cosignature g where g.checkpoint_id = c.id and g.witness = w.name)
order by w.name
"""
ATTESTED = """
select c.id, c.size, c.root, c.note, c.at from ledger_cosignature g join ledger_checkpoint c on c.id = g.checkpoint_id
where g.nth = %s and c.size >= %s order by g.checkpoint_id desc limit 1
"""
COSIGNED = """
select c.size, c.note from ledger_checkpoint c where exists (
  select from ledger_cosignature g where g.checkpoint_id = c.id and g.witness = %s) and c.size > %s and c.size <= %s
order by c.size desc, c.id desc limit 1
"""
GAPS = """
select w.name, w.refused, w.refused_at, w.size, w.agreed, r.kept, r.at from ledger_witness w
left join lateral (select kept, at from ledger_restoration where kept < w.size and kept >= w.agreed
  and (w.disagreed = 0 or w.disagreed > kept) order by id desc limit 1) r on true
where w.refused <> '' and w.retired_at is null order by w.name
"""


def witness_name() -> str:
    """Under which name this node cosigns the records of others."""
    return f"{urlsplit(settings.SITE_URL).netloc}/ledger/witness"


def witness_keys() -> tuple[NoteKey, ...]:
    """Every key this node ever cosigned with, the one in use last."""
    return tuple(NoteKey(name=witness_name(), kind=rules.COSIGNATURE, public=each.value)
                 for each in vault.verifying_keys(PayloadKind.COSIGNATURE) if each.algorithm is Algorithm.ED25519)


def is_signed_by(note: Note, key: NoteKey) -> bool:
    """Does a line of the note hold that names this Ed25519 key?"""
    return any(holds_ed25519(key.public, note.text.encode(), line.value) for line in note.lines if _names(line, key))


def cosignature_by(key: NoteKey, text: str, lines: tuple[NoteLine, ...]) -> NoteLine | None:
    """The line by which this witness cosigned the text; None where none holds."""
    return next((line for line in lines if _names(line, key) and holds_ed25519(
        key.public, rules.cosigned_bytes(text, rules.time_of(line)), line.value[rules.TIME_BYTES:])), None)


def _names(line: NoteLine, key: NoteKey) -> bool:
    return (line.name, line.key_hash) == (key.name, rules.key_hash(key))


def witnessed_keys(origin: str) -> tuple[NoteKey, ...]:
    """The keys by which a record of others is signed; none if this node does not witness it."""
    found = database.row("select keys from ledger_log where origin = %s", [origin])
    return tuple(map(rules.read_key, found[0].splitlines())) if found else ()


def witnesses() -> list[WitnessRow]:
    """Whoever is asked to cosign this record, by name."""
    return [WitnessRow(name=name, url=url, key=rules.read_key(key), size=size, cosigned_at=cosigned_at,
                       refused=Verdict(refused) if refused else None, refused_at=refused_at, answers=not failures)
            for name, url, key, size, cosigned_at, refused, refused_at, failures in database.rows(WITNESSES)]


def witnesses_needed() -> int:
    """How many witnesses must have cosigned before people are told that something is sealed."""
    return int(parameters.value("ledger.witnesses_needed", clock.today()))


def questions() -> list[Question]:
    """Whom to ask now to cosign the newest checkpoint."""
    return [Question(witness=name, url=url, key=rules.read_key(key), known=known, checkpoint=checkpoint, note=note,
                     head=Head(origin=origin, size=size, root=bytes(root)))
            for name, url, key, known, checkpoint, origin, size, root, note in database.rows(QUESTIONS, [LONGEST_WAIT])]


def cosigned_note(checkpoint: int, note: str) -> str:
    """A checkpoint's note with the lines of its witnesses, as they came."""
    return note + "".join(line for (line,) in database.rows(
        "select line from ledger_cosignature where checkpoint_id = %s order by nth", [checkpoint]))


def attested(size: int = 0) -> Sealed | None:
    """The newest checkpoint over `size` entries with as many cosignatures as are needed, at least one; with their lines."""
    return _with_lines(database.row(ATTESTED, [max(1, witnesses_needed()), size]))


def newest(size: int = 0) -> Sealed | None:
    """The newest checkpoint, or the newest that covers `size` entries; with the lines of its witnesses so far."""
    return _with_lines(database.row(
        "select id, size, root, note, at from ledger_checkpoint where size >= %s order by size desc, id desc limit 1", [size]))


def shown(size: int = 0) -> Sealed | None:
    """What people are told is sealed: cosigned by as many witnesses as are needed, the newest where none are."""
    found = attested(size)
    return found if found or witnesses_needed() else newest(size)


def who_cosigned(checkpoint: Sealed) -> list[str]:
    """The witnesses asked now that cosigned a checkpoint, as they came."""
    return [name for (name,) in database.rows(
        "select g.witness from ledger_cosignature g join ledger_witness w on w.name = g.witness and w.retired_at is null "
        "where g.checkpoint_id = %s order by g.nth", [checkpoint.id])]


def gaps() -> list[Gap]:
    """What witnesses saw of this record and do not find any more, by exact entries as far as it can be known.

    After a restore it is known exactly: the entries after the backup's last, unless something before them is not as it
    was either. Else a gap begins after the largest tree that the witness cosigned and that is still the beginning of ours.
    """
    return [Gap(witness=name, verdict=Verdict(refused), since=since, last=size, restored_at=restored_at,
                first=(agreed if kept is None else kept) + 1)
            for name, refused, since, size, agreed, kept, restored_at in database.rows(GAPS)]


def agreement(witness: str, size: int) -> tuple[int, int]:
    """Of the trees a witness cosigned, the largest that our first `size` entries begin with, and the smallest they do not.

    Where a tree is the beginning of ours, every smaller one is: a search by halves, in the notes as they were cosigned.
    """
    low, high, agreed, disagreed = 0, size, 0, 0
    while low < high:
        middle = (low + high + 1) // 2 if disagreed or low else high
        found = database.row(COSIGNED, [witness, low, middle])
        if found is None:
            low = middle
        elif rules.root(found[0], _beginning_of(size)) == rules.read_checkpoint(rules.read_note(found[1]).text).root:
            low, agreed = middle, found[0]
        else:
            high, disagreed = found[0] - 1, found[0]
    return agreed, disagreed


def _beginning_of(size: int) -> ReadHashes:
    """Read tiles as they are in the tree of `size` leaves: narrower ones of before may lie beside them."""
    return lambda level, number, width: tiles().read(level, number, rules.tile_width(size, level, number))[:width]


def restorations(since_days: int) -> list[tuple[int, Any]]:
    """The restores of late: the last entry that each kept, and when."""
    return [(kept, at) for kept, at in database.rows(
        "select kept, at from ledger_restoration where at > kernel_now() - %s order by id desc", [timedelta(days=since_days)])]


def _with_lines(found: Any) -> Sealed | None:
    return None if found is None else Sealed(id=found[0], size=found[1], root=bytes(found[2]), at=found[4],
                                             note=cosigned_note(found[0], found[3]))
