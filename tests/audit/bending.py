"""Edits past the verbs by whoever owns the database, with every trigger off, and what the audit then finds."""

import random
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from tests import journeys
from tongban.config import auditing
from tongban.kernel import database, sequencing
from tongban.ledger import actions

SEED = 20261122
BENT = """
update kernel_event set payload = payload || '{"bent": 1}' where id = %(event)s
update kernel_event set actor = actor || 'x' where id = %(event)s
update kernel_event set name = 'CaseVoided' where id = %(event)s
update kernel_event set party = coalesce(party, 0) + 1 where id = %(event)s
update kernel_event set authority = coalesce(authority, 0) + 1 where id = %(event)s
update kernel_event set effective_on = effective_on - 1 where id = %(event)s
update kernel_event set on_behalf_of = 'party:7' where id = %(event)s
update kernel_event set channel = 'hall' where id = %(event)s
update kernel_event set role = 'DECIDER2' where id = %(event)s
update kernel_event set subject = subject || '0' where id = %(event)s
delete from kernel_event where id = %(event)s
delete from kernel_position where position = %(position)s
delete from ledger_leaf where position = %(position)s
update ledger_leaf set salt = '\\x00' where position = %(position)s
update ledger_leaf set sha256 = sm3 where position = %(position)s
update ledger_leaf set sm3 = sha256 where position = %(position)s
update kernel_position set event = -1 where position = %(position)s
delete from ledger_checkpoint where id = (select max(id) from ledger_checkpoint)
update ledger_checkpoint set root = '\\x00' where id = (select max(id) from ledger_checkpoint)
update ledger_checkpoint set size = size - 1 where id = (select max(id) from ledger_checkpoint)
update ledger_checkpoint set note = replace(note, 'A', 'B') where id = (select min(id) from ledger_checkpoint)
update ledger_state set entered = entered - 1
update kernel_sequencer set position = position - 1
update cases_case set state = 'COMPLETED' where id = %(case)s and state <> 'COMPLETED'
update cases_case set promised_due_at = promised_due_at + interval '1 minute' where id = %(case)s
update cases_case set statutory_due_at = statutory_due_at + interval '1 day' where id = %(case)s
update cases_case set accepted_at = accepted_at + interval '1 day' where id = %(case)s
update cases_case set received_on = received_on + 1 where id = %(case)s
update cases_case set intake_due_at = intake_due_at + interval '1 second' where id = %(case)s
update cases_case set submitted_at = submitted_at - interval '1 minute' where id = %(case)s
update cases_case set decided_at = decided_at - interval '1 hour' where id = %(case)s
update cases_case set decided_by_id = accepted_by_id where id = %(case)s
update cases_case set accepted_by_id = decided_by_id where id = %(case)s
update cases_case set outcome = 'REFUSED' where id = %(case)s
update cases_case set applicant_id = %(other)s where id = %(case)s
update cases_case set item_version = item_version + 1 where id = %(case)s
update cases_case set extension_days = 3 where id = %(case)s
update cases_decision set reason = reason || '.' where case_id = %(case)s
update cases_task set opinion = opinion || '.' where case_id = %(case)s and salt <> ''
delete from cases_case where id = %(case)s
update licences_licence set state = 'REVOKED' where id = %(licence)s
update licences_licence set holder_id = %(other)s where id = %(licence)s
update licences_licence set type_code = reverse(type_code) where id = %(licence)s
update licences_verifiable set state = 'SUSPENDED' where code = %(code)s
update licences_verifiable set payload = payload || '\\x20' where code = %(code)s
delete from licences_licence where id = %(licence)s
delete from kernel_disclosure where id = %(read)s
update kernel_disclosure set actor = 'account:0' where id = %(read)s
update kernel_disclosure set reason = reason || '.' where id = %(read)s
update kernel_disclosure set at = at + interval '5 seconds' where id = %(read)s
update licences_licence set issuer_id = %(issuer)s where id = %(licence)s
""".strip().split("\n")
FORGED = [("insert into kernel_event (at, module, name, version, subject, actor, role, channel, payload) "
          "select at - interval '1 hour', module, 'CaseVoided', version, subject, actor, role, channel, payload "
          "from kernel_event where subject = %(number)s limit 1")]
ADDED = [("insert into kernel_disclosure (at, party, actor, role, reason, fields, subject) select at, party, actor, role, "
          "reason, fields, subject from kernel_disclosure where id = %(read)s")]
SWAP = ("update kernel_position set event = -event where position in (%(position)s, %(second)s)",
        ("update kernel_position p set event = e.event, at = e.at from (select -event as event, at, position "
         "from kernel_position where position in (%(position)s, %(second)s)) e where p.position in "
         "(%(position)s, %(second)s) and e.position <> p.position"))
HIDDEN = (("insert into kernel_event (xact, at, module, name, version, subject, actor, role, channel, payload) select '3', {at}, "
           "module, name, version, subject, actor, role, channel, payload from kernel_event where subject = %(number)s limit 1"),
          "update cases_case set statutory_due_at = statutory_due_at + interval '90 days' where id = %(case)s")
"""An event that no sequencer ever reads, so that its case would look as if it were being worked on."""
TAIL = ("delete from ledger_checkpoint where size >= %(late)s", "delete from ledger_leaf where position >= %(late)s",
        "delete from kernel_event e using kernel_position p where p.event = e.id and p.position >= %(late)s",
        "delete from kernel_position where position >= %(late)s", "update ledger_state set entered = %(late)s - 1",
        "update kernel_sequencer set position = %(late)s - 1")
Statements = tuple[str, ...] | list[str]
KINDS: list[Statements] = [*([each] for each in BENT), FORGED, ADDED, SWAP, TAIL]


def something_to_bend(origin: str) -> dict[str, Any]:
    """A sealed record with a granted case, read by somebody (worker login); what of it can be bent."""
    before = journeys.citizen()
    number = journeys.granted(journeys.with_firm(before), "food-operation-gaoling")
    database.execute("insert into kernel_disclosure (at, party, actor, role, reason, fields, subject) values "
                     "(kernel_now() - interval '1 hour', %s, 'account:1', 'REVIEWER', 'contact', '[]', %s)", [before.party, number])
    with database.serving(database.OWNER):
        database.execute("update ledger_state set reads_until = kernel_now() - interval '2 hours'")
    actions.seal_reads()
    settle(origin)
    journeys.citizen()
    settle(origin)
    case, party = _row("select id, applicant_id from cases_case where number = %s", number)
    licence = _row("select id, code from licences_licence where state = 'ISSUED' order by id desc limit 1")
    return {"case": case, "number": number, "other": before.party if before.party != party else party + 1,
            "licence": licence[0], "code": licence[1], "read": _row("select max(id) from kernel_disclosure")[0],
            "issuer": _row("select max(id) from authorities_authority")[0]}


def settle(origin: str) -> None:
    """Enter and seal everything that happened (worker login)."""
    with database.serving("worker"):
        sequencing.take_turn()
        while actions.enter():
            pass
        actions.seal(origin)


def choices(kept: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """What can be bent, with places in the record drawn."""
    last = _row("select max(position) from ledger_leaf")[0]
    position, second = sorted(chance.sample(range(1, last + 1), 2))
    event = _row("select event from kernel_position where position = %s", position)[0]
    return {**kept, "position": position, "second": second, "event": event, "late": chance.randint(last - 3, last)}


def bend(statements: Statements, values: dict[str, Any]) -> tuple[int, list[auditing.Fault]]:
    """Do it as the owner with every trigger off; how many rows it changed, and what is then found."""
    with database.serving(database.OWNER), transaction.atomic(using=database.OWNER):
        database.execute("set local session_replication_role = replica")
        touched = sum(database.execute(statement, {name: value for name, value in values.items() if f"({name})" in statement})
                      for statement in statements)
        database.execute("set constraints all immediate")
        found = list(auditing.faults())
        transaction.set_rollback(True, using=database.OWNER)
    return touched, found


def drawn(kept: dict[str, Any], made: int) -> Iterator[tuple[Statements, list[auditing.Fault]]]:
    """So many edits that changed something, drawn by the seed, each with what was found of it."""
    chance = random.Random(SEED)
    while made:
        how = chance.choice(KINDS)
        touched, found = bend(how, choices(kept, chance))
        if touched:
            made -= 1
            yield how, found


def _row(statement: str, *values: Any) -> tuple[Any, ...]:
    found = database.row(statement, list(values))
    assert found is not None
    return found
