"""The register of seals: applied for, activated, stamping for a case only, and every stamping on record."""

from datetime import datetime

import pytest
from django.conf import settings
from django.db import IntegrityError

from tests.requirements import requirement
from tongban.authorities import queries as authorities
from tongban.kernel import clock, database, events, vault
from tongban.kernel.crypto import keys, sm2
from tongban.kernel.crypto.keys import KeyPurpose
from tongban.kernel.types import System
from tongban.seals import actions, queries
from tongban.seals.errors import SealMoveNotAllowed, SealNeedsMorePeople, SealNotUsable
from tongban.seals.events import SealApplied, SealMoved
from tongban.seals.types import SealKind, SealState

TESTER = System(name="tester")


def new_seal(kind, position):
    """A seal of an authority of this test's own; returns both keys."""
    authority = authorities.authorities()[position].id
    seal = actions.apply_for_seal(TESTER, authority=authority, kind=kind)
    for state in (SealState.APPROVED, SealState.MADE):
        actions.move_seal(TESTER, seal=seal, state=state)
    return authority, seal


@requirement("SEAL-02", "SEAL-08")
def test_a_unit_seal_becomes_active_by_two_people(db):
    authority, seal = new_seal(SealKind.UNIT, 3)
    for people in ([], ["account:1"], ["account:1", "account:1"]):
        with pytest.raises(SealNeedsMorePeople):
            actions.move_seal(TESTER, seal=seal, state=SealState.ACTIVE, activated_by=people)
    actions.move_seal(TESTER, seal=seal, state=SealState.ACTIVE, activated_by=["account:1", "account:2"])
    found = queries.active_seal(authority, SealKind.UNIT)
    assert (found.id, found.state, found.version) == (seal, SealState.ACTIVE, 1)
    assert found.owner_uscc == authorities.authority(authority).uscc
    assert {each.key_id for each in found.certificates} == {each.verifying_key.key_id for each in vault.signers()}
    assert "SAMPLE" in found.picture


@requirement("SEAL-03")
def test_a_seal_out_of_use_stamps_nothing(db):
    authority, seal = new_seal(SealKind.CONTRACT, 4)
    wanted = {"seal": seal, "authority": authority, "document_hash": "a" * 64, "case_number": "CASE-SEAL-1"}
    with pytest.raises(SealNotUsable):
        actions.stamp_document(TESTER, **wanted)
    actions.move_seal(TESTER, seal=seal, state=SealState.ACTIVE, activated_by=["account:1"])
    actions.stamp_document(TESTER, **wanted)
    actions.move_seal(TESTER, seal=seal, state=SealState.FROZEN)
    with pytest.raises(SealNotUsable):
        actions.stamp_document(TESTER, **wanted | {"document_hash": "b" * 64})
    assert queries.stamps_of("b" * 64) == []
    with pytest.raises(SealMoveNotAllowed):
        actions.move_seal(TESTER, seal=seal, state=SealState.MADE)


@requirement("SEAL-04", "SEAL-08")
def test_each_stamping_is_on_record_with_its_case_and_stays(db):
    authority, seal = new_seal(SealKind.PERSON_NAME, 5)
    actions.move_seal(TESTER, seal=seal, state=SealState.ACTIVE, activated_by=["account:1"])
    with pytest.raises(SealNotUsable):
        actions.stamp_document(TESTER, seal=seal, authority=authority, document_hash="c" * 64, case_number="")
    made = actions.stamp_document(TESTER, seal=seal, authority=authority, document_hash="c" * 64, case_number="CASE-7")
    assert queries.stamps_of("c" * 64) == [made]
    happened = [each.happened for each in events.of_subject(f"seal:{seal}") if each.name == "DocumentStamped"]
    assert [(each.case_number, each.document_hash) for each in happened] == [("CASE-7", "c" * 64)]
    with pytest.raises(IntegrityError), database.atomic():
        actions.stamp_document(TESTER, seal=seal, authority=authority, document_hash="c" * 64, case_number="CASE-7")
    for act in ("update seals_stamp set case_number = 'x'", "delete from seals_stamp"):
        with pytest.raises(Exception, match="permission denied"):
            database.execute(act)
    with database.serving("officer"), database.acting(authorities=[authority]):
        assert queries.stamps_of("c" * 64) == [made]
    with database.serving("officer"), database.acting(authorities=[authority + 1]):
        assert queries.stamps_of("c" * 64) == []


@requirement("SEAL-02")
def test_a_seal_is_valid_for_whole_calendar_years(db, at):
    at(datetime(2027, 3, 2, 9, tzinfo=clock.SHANGHAI))
    _, seal = new_seal(SealKind.CONTRACT, 6)
    found = queries.seal(seal)
    assert (found.valid_from, found.valid_to) == (datetime(2027, 3, 2, tzinfo=clock.SHANGHAI),
                                                  datetime(2032, 3, 2, tzinfo=clock.SHANGHAI))
    assert [(each.name, each.payload.get("new")) for each in events.of_subject(f"seal:{seal}")] == [
        (SealApplied.__name__, None), (SealMoved.__name__, "approved"), (SealMoved.__name__, "made")]


@requirement("SEAL-03")
@pytest.mark.skipif(not sm2.is_available(), reason="no SM2 on this machine")
def test_a_seal_goes_on_stamping_after_one_of_the_nodes_keys_was_changed(db, monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "KEYS", tmp_path)
    vault.signers.cache_clear()
    try:
        authority, seal = new_seal(SealKind.CONTRACT, 7)
        actions.move_seal(TESTER, seal=seal, state=SealState.ACTIVE, activated_by=["account:1"])
        listed = {each.key_id for each in queries.seal(seal).certificates}
        keys.rotate(tmp_path, KeyPurpose.SM2, sm2.new_scalar)
        vault.signers.cache_clear()
        made = actions.stamp_document(TESTER, seal=seal, authority=authority, document_hash="d" * 64,
                                      case_number="CASE-9")
        assert made.key_id in listed & {each.verifying_key.key_id for each in vault.signers()}
    finally:
        vault.signers.cache_clear()
