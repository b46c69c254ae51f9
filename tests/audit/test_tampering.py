"""Whoever owns the database and bends it is found: by the record, by the tables, by the shelf; and nobody else is."""

import os
import random

import pytest
from django.conf import settings
from django.db import transaction

from tests import journeys
from tests.cases.given import shanghai
from tests.cases.test_correcting import lenient_of
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.types import State
from tongban.config import auditing
from tongban.kernel import database, sequencing
from tongban.ledger import actions
from tongban.ledger.clients import tiles

ORIGIN = "tongban-ledger/test.example"
MANY = int(os.environ.get("TONGBAN_TAMPERINGS", "120"))
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
KEPT = {}
TAIL = ("delete from ledger_checkpoint where size >= %(late)s", "delete from ledger_leaf where position >= %(late)s",
        "delete from kernel_event e using kernel_position p where p.event = e.id and p.position >= %(late)s",
        "delete from kernel_position where position >= %(late)s", "update ledger_state set entered = %(late)s - 1",
        "update kernel_sequencer set position = %(late)s - 1")


@pytest.fixture
def kept(db):
    """A sealed record with a granted case: what can be bent."""
    if KEPT:
        settle()
        return KEPT
    before = journeys.citizen()
    number = journeys.granted(journeys.with_firm(before), "food-operation-gaoling")
    database.execute("insert into kernel_disclosure (at, party, actor, role, reason, fields, subject) values "
                     "(kernel_now() - interval '1 hour', %s, 'account:1', 'REVIEWER', 'contact', '[]', %s)", [before.party, number])
    with database.serving(database.OWNER):
        database.execute("update ledger_state set reads_until = kernel_now() - interval '2 hours'")
    actions.seal_reads()
    settle()
    journeys.citizen()
    settle()
    case, party = database.row("select id, applicant_id from cases_case where number = %s", [number])
    licence = database.row("select id, code from licences_licence where state = 'ISSUED' order by id desc limit 1")
    KEPT.update({"case": case, "number": number, "other": before.party if before.party != party else party + 1,
            "licence": licence[0], "code": licence[1],
                 "read": database.row("select max(id) from kernel_disclosure")[0],
                 "issuer": database.row("select max(id) from authorities_authority")[0]})
    return KEPT


def settle():
    with database.serving("worker"):
        sequencing.take_turn()
        while actions.enter():
            pass
        actions.seal(ORIGIN)


def choices(kept, chance):
    last = database.row("select max(position) from ledger_leaf")[0]
    position, second = sorted(chance.sample(range(1, last + 1), 2))
    event = database.row("select event from kernel_position where position = %s", [position])[0]
    return {**kept, "position": position, "second": second, "event": event, "late": chance.randint(last - 3, last)}


def bend(statements, values):
    """Do it as the owner with every trigger off; how many rows it changed, and what is then found."""
    with database.serving(database.OWNER), transaction.atomic(using=database.OWNER):
        database.execute("set local session_replication_role = replica")
        touched = sum(database.execute(statement, {name: value for name, value in values.items() if f"({name})" in statement})
                      for statement in statements)
        database.execute("set constraints all immediate")
        found = list(auditing.faults())
        transaction.set_rollback(True, using=database.OWNER)
    return touched, found


def test_nothing_is_found_where_nothing_was_bent(kept):
    assert list(auditing.faults()) == []


def test_a_clock_that_corrections_stopped_is_not_taken_for_bent(kept, at):
    matter = lenient_of(State.SUPPLEMENT_AFTER)
    before = matter.row.promised_due_at
    at(shanghai(3, 4, 10))
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    settle()
    assert matter.row.promised_due_at > before
    assert not [each.what for each in auditing.faults() if matter.number in each.what]


@pytest.mark.parametrize("statement", BENT, ids=range(len(BENT)))
def test_one_edit_by_the_owner_of_the_database_is_found(kept, statement):
    touched, found = bend([statement], choices(kept, random.Random(statement)))
    assert touched
    assert found


@pytest.mark.parametrize("statements", [FORGED, ADDED, SWAP, TAIL], ids=["forged", "read added", "swapped", "tail cut off"])
def test_a_record_that_was_rearranged_is_found(kept, statements):
    touched, found = bend(statements, choices(kept, random.Random(7)))
    assert touched
    assert found


@pytest.mark.parametrize("at", ["at - interval '1 hour'", "kernel_now() + interval '1 day'"], ids=["past", "future"])
def test_an_event_that_never_gets_a_position_hides_no_case(kept, at):
    touched, found = bend([each.format(at=at) for each in HIDDEN], choices(kept, random.Random(7)))
    assert touched == 2
    told = " ".join(each.what for each in found)
    assert "never got a position" in told and "statutory_due_at" in told


@pytest.mark.parametrize("payload", ["{}", "[]", '{"promised_due_at": 1, "statutory_due_at": "x", "accepted_at": null, "deemed": 0}'])
def test_an_event_that_cannot_be_read_is_a_fault_and_stops_no_audit(kept, payload):
    forged = f"update kernel_event set payload = '{payload}' where subject = %(number)s and name = 'CaseAccepted'"
    touched, found = bend([forged, "update cases_case set outcome = 'REFUSED' where id = %(case)s"],
                          choices(kept, random.Random(7)))
    assert touched == 2
    told = " ".join(each.what for each in found)
    assert "CaseAccepted of" in told or "accepted_at" in told or "promised_due_at" in told
    assert "outcome" in told


FORGED_SOURCE = (
    "insert into identity_source (key, issuer, client_id, secret, name, name_en, basis, private, strength, proposed_by_id, "
    "expires_at, confirmed_by_id, confirmed_at) select '{key}', 'https://forged.example', 'x', '', 'x', 'x', 'x', false, 2, "
    "min(id), kernel_now(), {confirmed} from identity_account")


@pytest.mark.parametrize("statement", [
    ("insert into identity_post (account_id, authority_id, role, valid_from) select a.id, %(issuer)s, 'ISSUER', '2026-01-01' "
     "from identity_account a where kind = 'OFFICER' order by id desc limit 1"),
    ("insert into identity_administrator (account_id, duty) select a.id, 'SECURITY' from identity_account a "
     "where kind = 'OFFICER' order by id desc limit 1"),
    FORGED_SOURCE.format(key="forged", confirmed="max(id), kernel_now()"),
    (f"with s as ({FORGED_SOURCE.format(key='unasked', confirmed='null, null')} returning key) insert into identity_link "
     "(source_id, subject_hash, account_id, party_id, linked_at) select s.key, 'x', a.id, a.party_id, kernel_now() "
     "from s, identity_account a where a.kind = 'CITIZEN' order by a.id desc limit 1"),
    "update kernel_event set actor = 'account:999999' where subject = %(number)s and name = 'CaseDecided'"],
    ids=["post", "administrator", "source", "link", "decision"])
def test_a_right_that_nobody_gave_is_found(kept, statement):
    touched, found = bend([statement], choices(kept, random.Random(7)))
    assert touched == 1
    assert any("never" in each.what for each in found)


@requirement("CASE-10", "SEC-07")
def test_many_edits_by_the_owner_are_all_found(kept):
    chance = random.Random(20261122)
    missed = []
    for _ in range(MANY):
        how = chance.choice([*([each] for each in BENT), FORGED, ADDED, SWAP, TAIL])
        touched, found = bend(how, choices(kept, chance))
        if touched and not found:
            missed.append(how)
    assert not missed


@pytest.mark.parametrize("chance", [random.Random(seed) for seed in range(12)], ids=range(12))
def test_a_bent_or_missing_file_on_the_shelf_is_found(kept, chance):
    files = sorted(path for path in settings.LEDGER.rglob("*") if path.is_file())
    current = [path for path in files if not path.parent.name.endswith(".p") or path == max(
        path.parent.iterdir(), key=lambda each: int(each.name))]
    path = chance.choice(current)
    content = path.read_bytes()
    at = chance.randrange(len(content))
    bent = content[:at] + bytes([content[at] ^ 1]) + content[at + 1:]
    for other in (bent, content[:-1], None):
        if other is None:
            path.unlink()
        else:
            path.write_bytes(other)
        tiles().forget()
        assert list(auditing.faults()), (path, other and len(other))
        path.write_bytes(content)
    assert list(auditing.faults()) == []
