"""Signatures over typed payloads: two suites over the same bytes, and nothing passes that was touched."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.requirements import requirement
from tongban.kernel.crypto import signing, sm2
from tongban.kernel.crypto.signing import Algorithm, PayloadKind, Policy, Signature, VerifyingKey

PAYLOAD = b'{"number":"JY13301060000001"}'
needs_sm2 = pytest.mark.skipif(not sm2.is_available(), reason="libcrypto 3 with SM2 is not on this machine")

Pair = tuple[tuple[signing.Signer, ...], list[VerifyingKey], tuple[Signature, ...]]


@pytest.fixture(scope="module")
def dual(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    signers = signing.software_signers(tmp_path_factory.mktemp("keys"))
    keys = [signer.verifying_key for signer in signers]
    return signers, keys, signing.sign_with_all(signers, PayloadKind.LICENCE, PAYLOAD)


@requirement("SEAL-09")
def test_every_signature_names_its_suite_its_key_and_that_it_is_software(dual: Pair) -> None:
    signers, keys, signatures = dual
    for signer, key, signature in zip(signers, keys, signatures, strict=True):
        assert (signature.algorithm, signature.key_id) == (key.algorithm, key.key_id)
        assert signer.is_software
        assert signature.is_software
        assert signer.verify(PayloadKind.LICENCE, PAYLOAD, signature)
        assert not signer.verify(PayloadKind.LICENCE, PAYLOAD, replace(signature, is_software=False))


@needs_sm2
def test_both_suites_sign_and_the_licence_policy_wants_both(dual: Pair) -> None:
    _, keys, signatures = dual
    assert {key.algorithm for key in keys} == set(Algorithm)
    assert signing.verify_signatures(keys, PayloadKind.LICENCE, PAYLOAD, signatures)
    for one in signatures:
        assert not signing.verify_signatures(keys, PayloadKind.LICENCE, PAYLOAD, [one])
        assert signing.verify_signatures(keys, PayloadKind.LICENCE, PAYLOAD, [one], Policy.ANY_KNOWN)


def test_a_signature_of_one_kind_never_passes_for_another(dual: Pair) -> None:
    _, keys, signatures = dual
    for kind in set(PayloadKind) - {PayloadKind.LICENCE}:
        for policy in Policy:
            assert not signing.verify_signatures(keys, kind, PAYLOAD, signatures, policy)


def test_each_changed_byte_of_payload_or_signature_is_noticed(dual: Pair) -> None:
    _, keys, signatures = dual
    for i in range(len(PAYLOAD)):
        changed = PAYLOAD[:i] + bytes([PAYLOAD[i] ^ 1]) + PAYLOAD[i + 1 :]
        assert not signing.verify_signatures(keys, PayloadKind.LICENCE, changed, signatures)
    for n, signature in enumerate(signatures):
        for i in range(len(signature.value)):
            value = bytearray(signature.value)
            value[i] ^= 0x80
            forged = [replace(s, value=bytes(value)) if m == n else s for m, s in enumerate(signatures)]
            assert not signing.verify_signatures(keys, PayloadKind.LICENCE, PAYLOAD, forged)
            assert not signing.verify_signatures(keys, PayloadKind.LICENCE, PAYLOAD, forged, Policy.ANY_KNOWN)


def test_an_unknown_suite_is_ignored_and_does_not_count(dual: Pair) -> None:
    _, keys, signatures = dual
    third = Signature(algorithm="ML-DSA-65", key_id="ml-dsa-0001", is_software=True, value=b"x")
    assert signing.verify_signatures(keys, PayloadKind.LICENCE, PAYLOAD, [*signatures, third])
    assert not signing.verify_signatures(keys, PayloadKind.LICENCE, PAYLOAD, [third], Policy.ANY_KNOWN)
    assert not signing.verify_signatures(keys, PayloadKind.LICENCE, PAYLOAD, [], Policy.ANY_KNOWN)


def test_a_label_cannot_be_moved_to_another_suite_or_key(dual: Pair, tmp_path: Path) -> None:
    _, keys, signatures = dual
    stranger = signing.software_signers(tmp_path)[0]
    own = keys[0]
    forged = replace(stranger.sign(PayloadKind.LICENCE, PAYLOAD), key_id=own.key_id)
    assert not signing.verify_signature(own, PayloadKind.LICENCE, PAYLOAD, forged)
    swapped = replace(stranger.verifying_key, key_id=own.key_id)
    assert not signing.verify_signature(swapped, PayloadKind.LICENCE, PAYLOAD, forged)
    relabelled = replace(signatures[0], algorithm="HMAC")
    assert not signing.verify_signatures(keys, PayloadKind.LICENCE, PAYLOAD, [relabelled, *signatures[1:]])


@requirement("SEAL-09")
def test_without_the_library_the_house_runs_on_one_labelled_suite(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sm2, "_LIBRARIES", ())
    sm2._library.cache_clear()
    try:
        signers = signing.software_signers(tmp_path)
        signatures = signing.sign_with_all(signers, PayloadKind.RECEIPT, PAYLOAD)
        assert [s.algorithm for s in signatures] == [Algorithm.ED25519]
        keys = [signer.verifying_key for signer in signers]
        assert signing.verify_signatures(keys, PayloadKind.RECEIPT, PAYLOAD, signatures)
    finally:
        monkeypatch.undo()
        sm2._library.cache_clear()


def test_keys_found_again_sign_under_the_same_names(tmp_path: Path) -> None:
    first, second = (signing.software_signers(tmp_path) for _ in range(2))
    assert [s.verifying_key for s in first] == [s.verifying_key for s in second]


@given(st.binary(max_size=200), st.binary(max_size=200))
@settings(max_examples=50)
def test_different_payloads_or_kinds_never_give_the_same_bytes(one: bytes, other: bytes) -> None:
    made = {signing.signed_bytes(kind, signing.BEGINNINGS.get(kind, b"") + payload) for kind in PayloadKind
            for payload in (one, other)}
    assert len(made) == len(PayloadKind) * len({one, other})
