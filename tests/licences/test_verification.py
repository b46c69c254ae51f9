"""What a verifier is told: only what was signed, by every suite, byte for byte."""

import base64
import random

import msgspec
import pytest

from tests.licences.conftest import TESTER
from tests.requirements import requirement
from tongban.kernel import database, vault
from tongban.kernel.crypto.keys import KeyPurpose, rotate
from tongban.kernel.crypto.signing import Ed25519Signer, PayloadKind
from tongban.licences import actions, queries, rules
from tongban.licences.errors import LicenceNotFound
from tongban.licences.queries import StoredSignature
from tongban.licences.types import LicenceState, Payload, Verdict

MUTATIONS = 2000


@pytest.fixture
def stored(issued, given):
    """A licence of a person with its payload and signatures as the table holds them."""
    licence = issued(holder=given.person)
    payload, signatures = database.row("select payload, signatures::text from licences_verifiable where code = %s",
                                       [licence.code])
    return licence, bytes(payload), msgspec.json.decode(signatures, type=list[StoredSignature])


@requirement("LIC-21")
def test_a_verifier_sees_a_masked_person_and_public_fields_only(stored):
    licence, _, _ = stored
    with database.serving("public"):
        answer = queries.verifiable(licence.code)
    assert answer.verdict is Verdict.VALID
    assert answer.shown.holder == "测***"
    assert {field.name for field in answer.shown.fields} == {"name", "premises"}
    assert licence.holder_code.encode() not in answer.payload
    assert licence.holder_name.encode() not in answer.payload
    assert "仅供内部".encode() not in answer.payload
    assert [check.holds for check in answer.signatures] == [True, True]
    assert all(check.is_software for check in answer.signatures)
    assert answer.shown.sample


@requirement("LIC-17")
def test_the_state_is_told_by_identifier_and_nothing_for_an_unknown_one(stored):
    licence, _, _ = stored
    with database.serving("public"):
        assert queries.state_of(licence.identifier) is LicenceState.ISSUED
        told, whole = queries.verifiable(licence.identifier), queries.verifiable(licence.code)
        assert (told.verdict, told.shown.type_code, told.signatures) == (whole.verdict, whole.shown.type_code, whole.signatures)
        assert (told.code, told.payload, told.shown.code, told.shown.holder, told.shown.number, told.shown.fields) == (
            "", b"", "", "", "", ()), "identifiers can be counted through"
        assert whole.shown.holder and whole.shown.number and whole.shown.fields
        for unknown in ("", "x" * 22, licence.code.swapcase(), licence.identifier[:-1], "\x00'; --"):
            with pytest.raises(LicenceNotFound):
                queries.verifiable(unknown)
            with pytest.raises(LicenceNotFound):
                queries.state_of(unknown)


def test_every_byte_of_the_payload_is_under_both_signatures(stored):
    _, payload, signatures = stored
    rng = random.Random(20260302)
    places = list(range(len(payload))) + [rng.randrange(len(payload)) for _ in range(MUTATIONS - len(payload))]
    accepted = 0
    for place in places[:MUTATIONS]:
        forged = bytearray(payload)
        forged[place] ^= rng.randrange(1, 256)
        checks, genuine = queries.check_signatures(bytes(forged), signatures)
        accepted += genuine or any(check.holds for check in checks)
    assert len(places) == MUTATIONS
    assert accepted == 0


def test_every_bit_of_each_signature_counts(stored):
    _, payload, signatures = stored
    for which, signature in enumerate(signatures):
        value = base64.b64decode(signature.value)
        for place in range(len(value) * 8):
            forged = bytearray(value)
            forged[place // 8] ^= 1 << place % 8
            edited = list(signatures)
            edited[which] = msgspec.structs.replace(signature, value=base64.b64encode(bytes(forged)).decode())
            assert not queries.check_signatures(payload, edited)[1]


def test_stripped_doubled_swapped_and_relabelled_signatures_are_refused(stored):
    _, payload, signatures = stored
    first, second = signatures
    replace = msgspec.structs.replace
    forgeries = [
        [], [first], [second], [first, first], [second, second],
        [replace(first, algorithm="none"), second], [replace(first, algorithm="HMAC"), second],
        [replace(first, is_software=False), second], [first, replace(second, is_software=False)],
        [replace(first, key_id=second.key_id), replace(second, key_id=first.key_id)],
        [replace(first, value=""), second], [replace(first, value="%%%"), second],
        [replace(first, key_id="ed25519-0000000000000000"), second],
    ]
    assert queries.check_signatures(payload, signatures)[1]
    assert [queries.check_signatures(payload, forgery)[1] for forgery in forgeries] == [False] * len(forgeries)


def test_a_strangers_key_and_another_kind_of_payload_do_not_pass(stored):
    _, payload, signatures = stored
    stranger = Ed25519Signer(b"\x07" * 32).sign(PayloadKind.LICENCE, payload)
    forged = StoredSignature(algorithm=stranger.algorithm, key_id=stranger.key_id, is_software=True,
                             value=base64.b64encode(stranger.value).decode())
    assert not queries.check_signatures(payload, [forged, signatures[1]])[1]
    receipts = [signer.sign(PayloadKind.RECEIPT, payload) for signer in vault.signers()]
    wrong = [StoredSignature(algorithm=each.algorithm, key_id=each.key_id, is_software=True,
                             value=base64.b64encode(each.value).decode()) for each in receipts]
    assert not queries.check_signatures(payload, wrong)[1]


def test_an_edited_row_is_not_genuine_and_shows_nothing(stored):
    licence, payload, _ = stored
    edited = payload.replace(b'"sample":true', b'"sample":false')
    assert edited != payload
    with database.serving("owner"), database.atomic():
        database.execute("alter table licences_verifiable disable trigger licences_verifiable_fixed")
        database.execute("update licences_verifiable set payload = %s where code = %s", [edited, licence.code])
        database.execute("alter table licences_verifiable enable trigger licences_verifiable_fixed")
    with database.serving("public"):
        answer = queries.verifiable(licence.code)
    assert answer.verdict is Verdict.NOT_GENUINE
    assert answer.shown is None


def test_the_signed_payload_of_one_licence_does_not_serve_another(stored, issued):
    licence, _, _ = stored
    other = issued()
    with database.serving("owner"), database.atomic():
        database.execute("alter table licences_verifiable disable trigger licences_verifiable_fixed")
        database.execute("update licences_verifiable v set payload = o.payload, signatures = o.signatures "
                         "from licences_verifiable o where v.code = %s and o.code = %s", [licence.code, other.code])
        database.execute("alter table licences_verifiable enable trigger licences_verifiable_fixed")
    assert queries.verifiable(licence.code).verdict is Verdict.NOT_GENUINE
    assert queries.verifiable(other.code).verdict is Verdict.VALID


def test_only_canonical_bytes_are_a_payload(stored):
    _, payload, _ = stored
    assert isinstance(rules.read_payload(payload), Payload)
    for other in (b"", b"{}", b"null", payload + b" ", payload.replace(b":", b": ", 1), payload[:-1],
                  payload.replace(b'"format":1', b'"format":2'),
                  payload.replace(b'"kind":"licence"', b'"kind":"other"'),
                  payload.replace(b'"sample":true', b'"sample":true,"x":1'), b"\xff\xfe"):
        assert rules.read_payload(other) is None


def test_after_a_change_of_keys_old_licences_verify_and_new_ones_carry_the_new_key(stored, issued, settings_keys):
    licence, _, signatures = stored
    rotate(settings_keys, KeyPurpose.ED25519)
    vault.signers.cache_clear()
    assert queries.verifiable(licence.code).verdict is Verdict.VALID
    assert vault.signers()[0].verifying_key.key_id != signatures[0].key_id
    kind = queries.licence(licence.code).type_code
    code = actions.register_licence(TESTER, type_code=kind, holder=licence.holder, fields={}, number="轮换1",
                                    valid_from=licence.valid_from)
    assert queries.verifiable(code).verdict is Verdict.VALID


@pytest.fixture
def settings_keys():
    """The folder of keys; what a test adds is removed again."""
    from django.conf import settings

    before = set(settings.KEYS.glob("*.key"))
    yield settings.KEYS
    for path in set(settings.KEYS.glob("*.key")) - before:
        path.unlink()
    vault.forget_signers()
