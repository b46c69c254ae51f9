"""Verbs of seals: apply for one, move it through its life, stamp a document with it."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import msgspec
from psycopg.types.json import Jsonb

from tongban.authorities import queries as authorities
from tongban.calendars.rules import last_day_of_term
from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.types import Who
from tongban.seals import queries, rules
from tongban.seals.errors import SealNeedsMorePeople
from tongban.seals.events import DocumentStamped, SealApplied, SealMoved
from tongban.seals.types import Certificate, SealId, SealKind, SealState, StampRecord

SOFTWARE_MAKER = "Tongban software seal (sample)"
INSERT = """
insert into seals_seal (authority_id, version, kind, name, owner_uscc, maker, made_on, issued_on, valid_from, valid_to,
                        picture, certificates, state, activated_by)
values (%(authority)s, coalesce((select max(version) from seals_seal where authority_id = %(authority)s
                                 and kind = %(kind)s), 0) + 1,
        %(kind)s, %(name)s, %(uscc)s, %(maker)s, %(day)s, %(day)s, %(start)s, %(end)s, %(picture)s,
        %(certificates)s, %(state)s, '[]') returning id
"""
STAMP = """
insert into seals_stamp (seal_id, authority, seal_version, signer, stamped_at, document_hash, algorithm, key_id,
                         case_number, page, position)
values (%(seal_id)s, %(authority)s, %(seal_version)s, %(signer)s, %(stamped_at)s, %(document_hash)s, %(algorithm)s,
        %(key_id)s, %(case_number)s, %(page)s, %(position)s)
"""


def apply_for_seal(who: Who, *, authority: int, kind: SealKind = SealKind.SPECIAL_BUSINESS,
                   purpose: str = "", valid_from: date | None = None) -> SealId:
    """Enter an authority's seal as applied for; its picture is drawn and its certificates are the node's own keys.

    Valid from today, or from the first moment of an earlier day for one that existed before.
    """
    owner = authorities.authority(authority)
    start = datetime.combine(valid_from or clock.today(), time(), tzinfo=clock.SHANGHAI)
    last = last_day_of_term(start.date(), parameters.value("seals.validity_years", clock.today()))
    until = datetime.combine(last + timedelta(days=1), time(), tzinfo=clock.SHANGHAI)
    certificates = [Certificate(key_id=signer.verifying_key.key_id, valid_from=start, valid_to=until)
                    for signer in vault.signers()]
    with database.atomic():
        found = database.row(INSERT, {
            "authority": authority, "kind": kind, "name": owner.name.zh[:30], "uscc": owner.uscc,
            "maker": SOFTWARE_MAKER, "day": start.date(), "start": start, "end": until,
            "picture": rules.seal_picture(owner.name.zh[:30], purpose=purpose),
            "certificates": Jsonb(msgspec.to_builtins(certificates)), "state": SealState.APPLIED})
        key = int(found[0]) if found else 0
        events.record(who, SealApplied(seal=key, kind=kind), subject=f"seal:{key}", authority=authority)
    return SealId(str(key))


def move_seal(who: Who, *, seal: SealId, state: SealState, activated_by: Iterable[str] = ()) -> None:
    """Move a seal along SEAL-03; a unit seal becomes active only by two different people (SEAL-08)."""
    people = frozenset(activated_by)
    with database.atomic():
        found = database.row("select state, kind, authority_id from seals_seal where id = %s for update", [int(seal)])
        old, kind, authority = found or (queries.seal(seal).state, "", 0)
        target = rules.next_state(SealState(old), state)
        if target is SealState.ACTIVE:
            problems = rules.check_activation(SealKind(kind), people)
            if problems:
                raise SealNeedsMorePeople(**problems[0].facts)
        database.execute("update seals_seal set state = %s, activated_by = activated_by || %s where id = %s",
                         [target, Jsonb(sorted(people)), int(seal)])
        events.record(who, SealMoved(seal=int(seal), old=old, new=target), subject=f"seal:{seal}",
                      authority=authority)


def stamp_document(who: Who, *, seal: SealId, authority: int, document_hash: str, case_number: str) -> StampRecord:
    """Stamp a document for a case with a seal in use, and record it; the seal stays active until we are done."""
    with database.atomic():
        database.row("select id from seals_seal where id = %s for share", [int(seal)])
        keys = {signer.verifying_key.key_id: signer.verifying_key for signer in vault.signers()}
        found, now = queries.seal(seal), clock.now()
        key = keys[rules.key_for(found, list(keys), now)]
        record = rules.stamp(found, signer=who.actor_id, at=now, document_hash=document_hash,
                             algorithm=key.algorithm, key_id=key.key_id, case_number=case_number)
        database.execute(STAMP, {**{name: getattr(record, name) for name in StampRecord.__slots__},
                                 "seal_id": int(seal), "authority": authority})
        events.record(who, DocumentStamped(seal=int(seal), document_hash=document_hash, key_id=key.key_id,
                                           case_number=case_number),
                      subject=f"seal:{seal}", authority=authority)
    return record
