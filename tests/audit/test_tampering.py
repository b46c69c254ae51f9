"""Whoever owns the database and bends it is found: by the record, by the tables, by the shelf; and nobody else is."""

import os
import random

import pytest
from django.conf import settings

from tests.audit.bending import ADDED, BENT, FORGED, HIDDEN, SWAP, TAIL, bend, choices, drawn, settle, something_to_bend
from tests.cases.given import shanghai
from tests.cases.test_correcting import lenient_of
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.types import State
from tongban.config import auditing
from tongban.ledger.clients import tiles

ORIGIN = "tongban-ledger/test.example"
MANY = int(os.environ.get("TONGBAN_TAMPERINGS", "120"))
KEPT = {}


@pytest.fixture
def kept(db):
    """A sealed record with a granted case: what can be bent."""
    if KEPT:
        settle(ORIGIN)
    else:
        KEPT.update(something_to_bend(ORIGIN))
    return KEPT


def test_nothing_is_found_where_nothing_was_bent(kept):
    assert list(auditing.faults()) == []


def test_a_clock_that_corrections_stopped_is_not_taken_for_bent(kept, at):
    matter = lenient_of(State.SUPPLEMENT_AFTER)
    before = matter.row.promised_due_at
    at(shanghai(3, 4, 10))
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    settle(ORIGIN)
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
    "insert into identity_source (key, issuer, client_id, secret, name, name_en, basis, private, strength, assessment_id, proposed_by_id, "
    "expires_at, confirmed_by_id, confirmed_at) select '{key}', 'https://forged.example', 'x', '', 'x', 'x', 'x', false, 2, 0, "
    "min(id), kernel_now(), {confirmed} from identity_account")


@pytest.mark.parametrize("statement", [
    ("insert into identity_post (account_id, authority_id, role, valid_from) select a.id, %(issuer)s, 'ISSUER', '2026-01-01' "
     "from identity_account a where kind = 'OFFICER' order by id desc limit 1"),
    ("insert into identity_administrator (account_id, duty) select a.id, 'SECURITY' from identity_account a "
     "where kind = 'OFFICER' order by id desc limit 1"),
    FORGED_SOURCE.format(key="forged", confirmed="max(id), kernel_now()"),
    ("insert into identity_assessment (source_id, released, purpose, effect, measures, assessor, assessed_on, next_look, proposed_by_id, "
     "expires_at, confirmed_by_id, confirmed_at) select 'forged', '{}', 'x', 'x', 'x', 'x', '2026-01-01', '2999-01-01', min(id), "
     "kernel_now(), max(id), kernel_now() from identity_account"),
    ("insert into identity_responsibility (charge, unit, person, post, line, effective_from, sample, proposed_by_id, confirmed_by_id, "
     "confirmed_at) select 'KEYS', '{}', '{}', '{}', '12345', '2026-01-01', false, min(id), max(id), now() from identity_account"),
    (f"with s as ({FORGED_SOURCE.format(key='unasked', confirmed='null, null')} returning key) insert into identity_link "
     "(source_id, subject_hash, account_id, party_id, linked_at) select s.key, 'x', a.id, a.party_id, kernel_now() "
     "from s, identity_account a where a.kind = 'CITIZEN' order by a.id desc limit 1"),
    "update kernel_event set actor = 'account:999999' where subject = %(number)s and name = 'CaseDecided'"],
    ids=["post", "administrator", "source", "assessment", "responsible", "link", "decision"])
def test_a_right_that_nobody_gave_is_found(kept, statement):
    touched, found = bend([statement], choices(kept, random.Random(7)))
    assert touched == 1
    assert any("never" in each.what for each in found)


@requirement("CASE-10", "SEC-07")
def test_many_edits_by_the_owner_are_all_found(kept):
    missed = [how for how, found in drawn(kept, MANY) if not found]
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
