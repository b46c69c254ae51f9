"""The verbs of the ledger. Only the worker enters and seals; the lock on the state row keeps it to one at a time."""

import base64
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta
from http import HTTPStatus

import structlog

from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.crypto.remote import SignerRefuses
from tongban.kernel.crypto.signing import Algorithm, PayloadKind, Signer
from tongban.kernel.types import System, Who
from tongban.ledger import queries, rules
from tongban.ledger.clients import CHECKPOINT, Carrier, Silent, TileMissing, check_address, submit, tiles
from tongban.ledger.errors import (
    KeyNotFitting,
    LeaveGiven,
    LogUnknown,
    NoteNotReadable,
    NotSealing,
    RecordSeals,
    WitnessUnknown,
)
from tongban.ledger.events import (
    LogRefused,
    ReadsSealed,
    RecordRestored,
    UnsealedActDone,
    WitnessAdded,
    WitnessingBegun,
    WitnessingBegunAnew,
    WitnessRefused,
    WitnessRetired,
)
from tongban.ledger.types import (
    REFUSED,
    Answer,
    Hash,
    Head,
    Note,
    NoteKey,
    NoteLine,
    Question,
    StoppedAct,
    Submission,
    Verdict,
)

BATCH = 2000
EACH = timedelta(minutes=1)
SALT = 16
PUBLISHING = 7020004
"""The lock under which the newest checkpoint is put on the shelf."""

MOST_EVIDENCE = 100
"""Of one log; two checkpoints prove it, and who signs them can sign many."""

VERDICTS = {HTTPStatus.NOT_FOUND: Verdict.UNKNOWN, HTTPStatus.FORBIDDEN: Verdict.UNSIGNED,
            HTTPStatus.UNPROCESSABLE_ENTITY: Verdict.UNPROVED, HTTPStatus.BAD_REQUEST: Verdict.MALFORMED}
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

    Nothing is locked while the signer is asked; if somebody else sealed meanwhile, theirs stays the last one.
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
    note = signed(head, last.size if last else 0)
    with database.atomic():
        now = database.row("select origin, entered, kernel_now() from ledger_state for update")
        newest = queries.newest()
        if (now is None or now[0] != found[0] or now[1] < head.size
                or (newest and newest.id) != (last and last.id)):
            return False
        database.execute("insert into ledger_checkpoint (size, root, note, at) values (%s, %s, %s, %s)",
                         [head.size, head.root, note, now[2]])
        database.execute("update ledger_state set origin = %s, sealed_at = %s", [head.origin, now[2]])
    _publish()
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


def give_leave(*, subject: str, act: StoppedAct) -> datetime:
    """Allow one act on one subject for `ledger.override_minutes`, while nothing is sealed; the caller says so in its event."""
    if queries.is_sealing():
        raise RecordSeals
    found = database.row("select until from ledger_leave where subject = %s and act = %s and used_at is null "
                         "and until > kernel_now()", [subject, act])
    if found is not None:
        raise LeaveGiven(until=f"{clock.local(found[0]):%H:%M}")
    minutes = int(parameters.value("ledger.override_minutes", clock.today()))
    until: datetime = (database.row(
        "insert into ledger_leave (subject, act, at, until) values (%s, %s, kernel_now(), kernel_now() + %s) returning until",
        [subject, act, timedelta(minutes=minutes)]) or [clock.now()])[0]
    return until


def use_leave(who: Who, *, subject: str, act: StoppedAct, party: int | None, authority: int | None) -> None:
    """Use up the leave for one act; `NotSealing` if it was used or is over."""
    if not database.execute(
            "update ledger_leave set used_at = kernel_now() where id = (select id from ledger_leave where subject = %s and "
            "act = %s and used_at is null and until > kernel_now() order by id limit 1 for update)", [subject, act]):
        raise NotSealing(minutes=queries.stop_minutes())
    events.record(who, UnsealedActDone(act=act), subject=subject, party=party, authority=authority)


def note_audit(*, faults: int, seconds: float) -> None:
    """Note that everything was looked at, and how many faults there were; the public page says so."""
    database.execute("insert into ledger_audit (entries, faults, seconds) select entered, %s, %s from ledger_state",
                     [faults, seconds])


def signed(head: Head, old: int = 0) -> str:
    """A checkpoint with the signatures of every suite of this node; the one before it was at size `old`."""
    text = rules.checkpoint_text(head)
    lines = [NoteLine(name=head.origin, key_hash=rules.key_hash(queries.named_key(head.origin, signer.verifying_key)),
                      value=_signature(signer, head, text.encode(), old)) for signer in vault.signers()]
    return rules.written_note(text, lines)


def _signature(signer: Signer, head: Head, text: bytes, old: int) -> bytes:
    """Sign with the proof of growth; where a checkpoint was signed that we never kept, with the proof from there."""
    try:
        return signer.sign(PayloadKind.CHECKPOINT, text, _proof(old, head.size)).value
    except SignerRefuses as refused:
        signed_last = refused.facts.get("size")
        if not isinstance(signed_last, int) or not 0 <= signed_last < head.size:
            raise
        return signer.sign(PayloadKind.CHECKPOINT, text, _proof(signed_last, head.size)).value


def _proof(old: int, new: int) -> list[Hash]:
    return rules.consistency(old, new, tiles().read) if 0 < old <= new else []


def rebuild_tiles() -> None:
    """Make all tiles of the leaves, as after a restore without them."""
    tiles().forget()
    found = database.row("select size from ledger_checkpoint order by size desc limit 1")
    _write_tiles(0, found[0] if found else 0)


def note_restored() -> int:
    """Note that the database was restored, and which entry is the last one that is as it was; returns it.

    What was entered before keeps its salt; an event that is entered again gets another one, so its entry is another.
    """
    with database.atomic():
        found = database.row("select entered from ledger_state for update")
        kept = int(found[0]) if found else 0
        database.execute("insert into ledger_restoration (kept, at) values (%s, kernel_now())", [kept])
        events.record(System(name="ledger"), RecordRestored(kept=kept), subject="record")
        return kept


def add_witness(who: Who, *, name: str, url: str, key: str) -> None:
    """Ask a witness to cosign from now on; under the name its key has. Again for a known one: another address or key."""
    check_address(url)
    read = rules.read_key(key)
    if read.name != name or read.kind != rules.COSIGNATURE or len(read.public) != len(rules.NOTHING):
        raise KeyNotFitting
    with database.atomic():
        database.execute(
            "insert into ledger_witness (name, url, key, size, refused, agreed, disagreed, failures) "
            "values (%s, %s, %s, 0, '', 0, 0, 0) "
            "on conflict (name) do update set url = excluded.url, key = excluded.key, retired_at = null, failures = 0",
            [name, url, rules.written_key(read)])
        events.record(who, WitnessAdded(name=name, key=rules.key_hash(read).hex()), subject="record")


def retire_witness(who: Who, *, name: str) -> None:
    """Ask a witness no more; what it cosigned stays."""
    with database.atomic():
        if not database.execute("update ledger_witness set retired_at = kernel_now(), refused = '', refused_at = null "
                                "where name = %s and retired_at is null", [name]):
            raise WitnessUnknown
        events.record(who, WitnessRetired(name=name), subject="record")


def witness_for(who: Who, *, origin: str, key: str) -> None:
    """Cosign a record of others from now on, if it is signed by this key; a second key stands beside the first."""
    read = rules.read_key(key)
    if read.kind != rules.ED25519 or len(read.public) != len(rules.NOTHING) or not origin or "\n" in origin:
        raise KeyNotFitting
    with database.atomic():
        database.execute(
            "insert into ledger_log (origin, keys, size, root, note) values (%s, %s, 0, %s, '') on conflict (origin) do update "
            "set keys = case when excluded.keys = any(string_to_array(ledger_log.keys, E'\\n')) then ledger_log.keys "
            "else ledger_log.keys || E'\\n' || excluded.keys end", [origin, rules.written_key(read), rules.NOTHING])
        events.record(who, WitnessingBegun(origin=origin, key=rules.key_hash(read).hex()), subject="witness")


def witness_anew(who: Who, *, origin: str) -> None:
    """Forget what was seen of a record of others, because its operator told why it cannot go on; said in our own record."""
    with database.atomic():
        found = database.row("select size from ledger_log where origin = %s for update", [origin])
        if found is None:
            raise LogUnknown
        database.execute("update ledger_log set size = 0, root = %s, note = '', at = null where origin = %s",
                         [rules.NOTHING, origin])
        events.record(who, WitnessingBegunAnew(origin=origin, size=found[0]), subject="witness")


def cosign(body: bytes) -> Answer:
    """What this node says, as a witness, of a checkpoint that a log brings (C2SP tlog-witness)."""
    try:
        given = rules.read_submission(body)
        note = rules.read_note(given.note)
        head = rules.read_checkpoint(note.text)
    except NoteNotReadable:
        return Answer(verdict=Verdict.MALFORMED)
    trusted = queries.witnessed_keys(head.origin)
    if not trusted:
        return Answer(verdict=Verdict.UNKNOWN)
    if not any(queries.is_signed_by(note, key) for key in trusted):
        return Answer(verdict=Verdict.UNSIGNED)
    return _judged(given, head, note)


def _judged(given: Submission, head: Head, note: Note) -> Answer:
    """Compare with what was seen last, sign, and move on from there; judged anew where that moved while the signer was asked."""
    seen = database.row("select size, root, note, extract(epoch from kernel_now())::bigint from ledger_log where origin = %s",
                        [head.origin])
    if seen is None:
        return Answer(verdict=Verdict.UNKNOWN)
    known = Head(origin=head.origin, size=seen[0], root=bytes(seen[1]))
    verdict = rules.judged(known, head, given)
    if verdict in (Verdict.FORKED, Verdict.UNPROVED):
        _keep_evidence(verdict, known, head, seen=seen[2], shown=given.note)
    if verdict is not Verdict.COSIGNED:
        return Answer(verdict=verdict, size=known.size)
    try:
        line = _cosigned(note.text, seen[3], given.proof)
    except SignerRefuses as refused:
        last = _cosigned_last(head.origin, refused)
        if last is None or last == known:
            raise
        log.warning("cosigned_further_than_kept", origin=head.origin, kept=known.size, cosigned=last.size)
        _move(known, last, "")
        return _judged(given, head, note)
    if not _move(known, head, given.note):
        return _judged(given, head, note)
    return Answer(verdict=verdict, size=head.size, line=rules.written_line(line))


def _cosigned_last(origin: str, refused: SignerRefuses) -> Head | None:
    """What the signer remembers to have cosigned, as after a restore of this database or a crash before the row moved."""
    size, root = refused.facts.get("size"), refused.facts.get("root")
    return Head(origin=origin, size=size, root=base64.b64decode(root)) if isinstance(size, int) and isinstance(root, str) else None


def _move(known: Head, seen: Head, note: str) -> bool:
    """Remember the tree seen last; False if another one than the known was remembered by now."""
    return bool(database.execute(
        "update ledger_log set size = %s, root = %s, note = %s, at = kernel_now() where origin = %s and size = %s and root = %s",
        [seen.size, seen.root, note, known.origin, known.size, known.root]))


def _keep_evidence(verdict: Verdict, known: Head, head: Head, *, seen: str, shown: str) -> None:
    """Keep both checkpoints, once each; a proof of growth that does not fit may be a slip, two roots of one size are none."""
    with database.atomic():
        if database.execute(
                "insert into ledger_evidence (origin, verdict, seen, shown, size, root, at) "
                "select %s, %s, %s, %s, %s, %s, kernel_now() where (select count(*) from ledger_evidence where origin = %s) < %s "
                "on conflict (origin, size, root) do nothing",
                [head.origin, verdict, seen, shown, head.size, head.root, head.origin, MOST_EVIDENCE]):
            events.record(System(name="witness"), LogRefused(origin=head.origin, verdict=verdict, known=known.size,
                                                             size=head.size), subject="witness")


def _cosigned(text: str, seconds: int, proof: Sequence[Hash]) -> NoteLine:
    signer = next(each for each in vault.signers() if each.verifying_key.algorithm is Algorithm.ED25519)
    key = NoteKey(name=queries.witness_name(), kind=rules.COSIGNATURE, public=signer.verifying_key.value)
    made = signer.sign(PayloadKind.COSIGNATURE, rules.cosigned_bytes(text, seconds), proof)
    return rules.cosignature(key, seconds, made.value)


def ask_witnesses(carry: Carrier = submit) -> int:
    """Ask all witnesses at once to cosign the newest checkpoint; returns how many did. Never inside a transaction."""
    due = queries.questions()
    if not due:
        return 0
    with ThreadPoolExecutor(max_workers=len(due)) as pool:
        asked = {pool.submit(_exchange, carry, question): question for question in due}
        return sum(_note_answer(asked[done], done.result()) for done in as_completed(asked))


def _exchange(carry: Carrier, question: Question) -> Answer:
    """Ask; where the witness stands elsewhere than we remember, ask once more from there."""
    first = _ask(carry, question, question.known)
    if first.verdict is Verdict.MOVED and 0 <= first.size <= question.head.size and first.size != question.known:
        return _ask(carry, question, first.size)
    return first


def _ask(carry: Carrier, question: Question, old: int) -> Answer:
    proof = _proof(old, question.head.size)
    old = min(old, question.head.size)
    try:
        reply = carry(question.url, rules.written_submission(Submission(old=old, proof=tuple(proof), note=question.note)))
        if reply.status == HTTPStatus.CONFLICT:
            size = int(reply.text)
            return Answer(verdict=Verdict.FORKED if size == old else Verdict.MOVED, size=size)
        if reply.status != HTTPStatus.OK:
            return Answer(verdict=VERDICTS.get(HTTPStatus(reply.status), Verdict.SILENT), size=old)
        text = rules.read_note(question.note).text
        lines = tuple(rules.read_line(line) for line in reply.text.splitlines())
    except (Silent, NoteNotReadable, ValueError):
        return Answer(verdict=Verdict.SILENT, size=old)
    line = queries.cosignature_by(question.key, text, lines)
    if line is None:
        return Answer(verdict=Verdict.SILENT, size=old)
    return Answer(verdict=Verdict.COSIGNED, size=question.head.size, line=rules.written_line(line))


def _note_answer(question: Question, answer: Answer) -> bool:
    """Keep a cosignature and show it; or how the witness does not find what it saw, which is told once in the record."""
    if answer.verdict is not Verdict.COSIGNED:
        _note_refusal(question, answer)
        return False
    with database.atomic():
        database.execute(
            "insert into ledger_cosignature (checkpoint_id, witness, nth, line, at) select %(checkpoint)s, %(witness)s, "
            "1 + (select count(*) from ledger_cosignature where checkpoint_id = %(checkpoint)s), %(line)s, kernel_now() "
            "on conflict do nothing",
            {"checkpoint": question.checkpoint, "witness": question.witness, "line": answer.line})
        database.execute("update ledger_witness set size = %s, asked_at = kernel_now(), cosigned_at = kernel_now(), refused = '', "
                         "refused_at = null, failures = 0 where name = %s", [answer.size, question.witness])
    _publish()
    return True


def _note_refusal(question: Question, answer: Answer) -> None:
    with database.atomic():
        newest = queries.newest()
        refused = answer.verdict in REFUSED and (answer.verdict is not Verdict.MOVED or newest is None
                                                 or answer.size > newest.size)
        before = database.row("select refused from ledger_witness where name = %s for update", [question.witness])
        database.execute("update ledger_witness set asked_at = kernel_now(), failures = least(failures + 1, 10), size = %s "
                         "where name = %s", [answer.size if answer.verdict in REFUSED else question.known, question.witness])
        if refused:
            agreed, disagreed = queries.agreement(question.witness, question.head.size)
            database.execute(
                "update ledger_witness set refused = %s, refused_at = coalesce(refused_at, kernel_now()), agreed = %s, "
                "disagreed = %s where name = %s", [answer.verdict, agreed, disagreed, question.witness])
        if refused and before is not None and not before[0]:
            events.record(System(name="ledger"), WitnessRefused(name=question.witness, verdict=answer.verdict,
                                                                known=answer.size, size=question.head.size), subject="record")
    log.warning("witness_did_not_cosign", witness=question.witness, verdict=str(answer.verdict))


def _publish() -> None:
    """Put the newest checkpoint with the lines of its witnesses so far on the shelf; one thread after another."""
    with database.atomic():
        database.row("select pg_advisory_xact_lock(%s)", [PUBLISHING])
        newest = queries.newest()
        if newest is not None:
            tiles().publish(CHECKPOINT, newest.note.encode())


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
