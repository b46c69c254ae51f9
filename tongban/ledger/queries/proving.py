"""What others ask the ledger: how it stands, and proof of one event."""

import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from tongban.kernel import clock, database, parameters, vault
from tongban.kernel.crypto.signing import Algorithm, PayloadKind, VerifyingKey
from tongban.ledger import rules
from tongban.ledger.clients import tiles
from tongban.ledger.errors import NotSealing
from tongban.ledger.queries.witnessing import newest, shown, witnesses_needed
from tongban.ledger.types import Audit, Entry, Hash, LeaveRow, NoteKey, Standing, StoppedAct

RECORD = """p.position, e.id, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.effective_on::text,
 e.module, e.name, e.version::int, e.subject, e.actor, e.on_behalf_of, e.role, e.channel, e.party, e.authority,
 e.payload::text"""
FIELDS = ("position", "id", "at", "effective_on", "module", "name", "version", "subject", "actor", "on_behalf_of", "role",
          "channel", "party", "authority", "payload")

ENTRIES = """
select e.id, e.name, e.at, p.position, c.at
from kernel_event e left join kernel_position p on p.event = e.id and p.at = e.at
left join lateral (select at from ledger_checkpoint k where k.size >= p.position
  and (%(needed)s = 0 or exists (select from ledger_cosignature g where g.checkpoint_id = k.id and g.nth = %(needed)s))
  order by k.size, k.id limit 1) c on true
where e.subject = %(subject)s order by e.id
"""


def as_record(row: Sequence[Any]) -> bytes:
    """A row in the order of `RECORD` as it is digested."""
    return rules.record_bytes(dict(zip(FIELDS, row, strict=True)))


def standing() -> Standing:
    """How far the record is entered and sealed."""
    found = database.row(
        "select s.origin, s.entered, coalesce((select size from ledger_checkpoint order by size desc limit 1), 0), "
        "s.sealed_at, kernel_now() from ledger_state s")
    if found is None:
        raise RuntimeError("the ledger's state is missing")
    return Standing(origin=found[0], entered=found[1], sealed=found[2], sealed_at=found[3], now=found[4])


def is_sealing() -> bool:
    """Was a checkpoint signed within `ledger.stop_minutes`?"""
    found = database.row("select sealed_at >= kernel_now() - %s from ledger_state", [timedelta(minutes=stop_minutes())])
    return bool(found and found[0])


def stop_minutes() -> int:
    """After how long without a seal nothing is decided or issued."""
    return int(parameters.value("ledger.stop_minutes", clock.today()))


def require_sealing(*, subject: str, act: StoppedAct) -> bool:
    """`NotSealing` when no checkpoint could be signed for `ledger.stop_minutes`, and no leave is given for this one act.

    What cannot be sealed could be bent unseen: nothing is decided or issued then, while applications go on.
    True where only a leave lets it pass; the act then uses it up (`actions.use_leave`).
    """
    if is_sealing():
        return False
    if database.row("select 1 from ledger_leave where subject = %s and act = %s and used_at is null and until > kernel_now()",
                    [subject, act]) is None:
        raise NotSealing(minutes=stop_minutes())
    return True


def leaves(limit: int) -> list[LeaveRow]:
    """The last leaves given, newest first."""
    return [LeaveRow(subject=subject, act=StoppedAct(act), at=at, until=until, used_at=used_at)
            for subject, act, at, until, used_at in database.rows(
                "select subject, act, at, until, used_at from ledger_leave order by id desc limit %s", [limit])]


def leaves_counted() -> dict[StoppedAct, int]:
    """How many leaves were ever given."""
    found = dict(database.rows("select act, count(*) from ledger_leave group by act"))
    return {act: found.get(act, 0) for act in StoppedAct}


def proof(position: int) -> str | None:
    """The proof of one event as a file (C2SP tlog-proof), under a cosigned checkpoint where there is one that holds it.

    None while it is not sealed.
    `extra` is the salted record: a JSON object of `salt` (base64), `record` (text) and `sm3` (hexadecimal).
    Callers see only the events that row-level security shows them.
    """
    found = database.row(
        f"select {RECORD}, l.salt, l.sm3 from kernel_position p join kernel_event e on e.id = p.event and e.at = p.at "
        "join ledger_leaf l on l.position = p.position where p.position = %s", [position])
    sealed = shown(position) if found else None
    if found is None or sealed is None:
        return None
    extra = msgspec.json.encode({"salt": base64.b64encode(found[-2]).decode(), "record": as_record(found[:-2]).decode(),
                                 "sm3": bytes(found[-1]).hex()})
    index = position - 1
    path = rules.inclusion(index, sealed.size, tiles().read)
    return rules.written_proof(extra=extra, index=index, path=path, note=sealed.note)


def shelf(name: str) -> bytes | None:
    """A published file, a tile or `checkpoint`; None where there is none of that name."""
    return tiles().published(name)


def growth(old: int) -> list[Hash]:
    """The proof that the newest checkpoint's tree begins with the tree of `old` leaves."""
    now = newest()
    return rules.consistency(old, now.size, tiles().read) if now else []


def keys(origin: str) -> tuple[NoteKey, ...]:
    """Every key this node ever sealed with, as notes name them; of each kind one signature stands under a checkpoint."""
    return tuple(named_key(origin, each) for each in vault.verifying_keys(PayloadKind.CHECKPOINT))


def named_key(origin: str, key: VerifyingKey) -> NoteKey:
    """A key of this node as the notes of a record name it."""
    return NoteKey(name=origin, kind={Algorithm.ED25519: rules.ED25519, Algorithm.SM2: rules.SM2}[key.algorithm], public=key.value)


def entries_of(subject: str) -> list[Entry]:
    """What happened to a subject and where it stands in the record, oldest first, as far as row-level security shows it."""
    return [Entry(event=event, name=name, at=at, position=position, sealed_at=sealed_at)
            for event, name, at, position, sealed_at in database.rows(
                ENTRIES, {"needed": witnesses_needed(), "subject": subject})]


def last_audit() -> Audit | None:
    """When everything was last looked at, and what came of it."""
    found = database.row("select at, entries, faults from ledger_audit order by id desc limit 1")
    return None if found is None else Audit(at=found[0], entries=found[1], faults=found[2])
