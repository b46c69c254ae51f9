"""Entering licences that existed before: recorded once, signed, and without a word of what they say in the record."""

import json
from datetime import date

import msgspec
import pytest

from tests.licences.conftest import TESTER
from tongban.config.auditing import faults_of_state
from tongban.kernel import database, events
from tongban.kernel.crypto.remote import SignerAway
from tongban.licences import actions, queries
from tongban.licences.actions import issuing
from tongban.licences.errors import LicenceAlreadyHeld, LicenceNotFound
from tongban.licences.events import LicenceTypePublished
from tongban.licences.types import LicenceState, TrustLevel


def entries(code: str) -> list[tuple[object, ...]]:
    found = database.rows("select name, party, payload::text from kernel_event where subject = %s order by id",
                         [f"licence:{code}"])
    return [(first, second, json.loads(payload)) for first, second, payload in found]


def enter(given, kind: str, **dates: date) -> str:
    return actions.register_licence(TESTER, type_code=kind, holder=given.firm, fields={"name": "某某示例"},
                                    number="旧字第7号", trust=TrustLevel.B, **dates)


def test_entering_a_licence_is_recorded_once_and_the_licence_is_in_force(given, publish):
    kind = publish()
    code = enter(given, kind, valid_from=date(2026, 1, 1))
    assert enter(given, kind, valid_from=date(2026, 1, 1)) == code
    found = queries.licence(code)
    (name, party, payload), = entries(code)
    assert (name, party) == ("LicenceRegistered", given.firm)
    assert payload == {"identifier": found.identifier, "code": code, "type_code": kind, "trust": "B",
                       "payload_sha256": database.row(
                           "select encode(sha256(payload), 'hex') from licences_verifiable where code = %s", [code])[0]}
    assert "示例" not in str(payload) and "旧字" not in str(payload)
    assert (found.state, found.number) == (LicenceState.ISSUED, "旧字第7号")


def test_what_cannot_be_signed_now_is_in_force_for_nobody_and_is_entered_once_later(given, publish, monkeypatch):
    def away(*_: object) -> None:
        locked.append(database.connection().in_atomic_block)
        raise SignerAway

    kind, locked, outer = publish(), [], database.connection().in_atomic_block
    with monkeypatch.context() as patched:
        patched.setattr(issuing, "sign_with_all", away)
        for _ in range(2):
            with pytest.raises(SignerAway):
                enter(given, kind, valid_from=date(2026, 1, 1))
    assert (locked, outer) == ([False, False], False), "nothing is locked while the signer is asked"
    (code,), = database.rows("select code from licences_licence where type_code = %s and state = 'DRAFT'", [kind])
    assert entries(code) == []
    assert not [fault for fault in faults_of_state() if code in fault.what]
    assert queries.licences_of([given.firm]) == []
    with database.serving(database.OWNER):
        database.execute("update licences_licence set case_number = 'made up' where code = %s", [code])
        assert [fault.what for fault in faults_of_state() if code in fault.what] == [f"licence {code} was never issued"]
        database.execute("update licences_licence set case_number = '' where code = %s", [code])
    with pytest.raises(LicenceNotFound):
        queries.verifiable(code)
    for _ in range(2):
        assert enter(given, kind, valid_from=date(2026, 1, 1)) == code
    assert [name for name, *_ in entries(code)] == ["LicenceRegistered"]
    assert queries.verifiable(code).verdict == "VALID"


def test_of_a_single_kind_only_the_first_that_could_be_signed_is_in_force(given, publish, monkeypatch):
    def enter_single(number: str) -> str:
        return actions.register_licence(TESTER, type_code=kind, holder=given.firm, fields={}, number=number, valid_from=date(2026, 1, 1))

    def away(*_: object) -> None:
        raise SignerAway

    kind = publish(single=True)
    with monkeypatch.context() as patched:
        patched.setattr(issuing, "sign_with_all", away)
        with pytest.raises(SignerAway):
            enter_single("1")
    code = enter_single("2")
    with pytest.raises(LicenceAlreadyHeld):
        enter_single("1")
    assert [code] == [each for (each,) in database.rows(
        "select code from licences_licence where type_code = %s and state <> 'DRAFT'", [kind])]


def test_a_type_is_announced_once_a_version_and_one_that_says_the_same_stays(publish):
    code = publish()
    definition = queries.licence_type(code).definition
    assert actions.publish_licence_type(TESTER, definition=definition) == 1
    assert actions.publish_licence_type(TESTER, definition=msgspec.structs.replace(definition, validity_years=3)) == 2
    found = events.of_subject(f"licence-type:{code}")
    assert [(each.name, each.payload) for each in found] == [
        (LicenceTypePublished.__name__, {"code": code, "licence_version": version}) for version in (1, 2)]
    assert queries.licence_type(code).definition.validity_years == 3


def test_one_that_has_run_out_is_entered_as_expired(given, publish):
    code = enter(given, publish(), valid_from=date(2020, 1, 1), valid_to=date(2025, 1, 1))
    assert entries(code)[0][0] == "LicenceRegistered" and len(entries(code)) == 2
    assert queries.licence(code).state is LicenceState.EXPIRED
