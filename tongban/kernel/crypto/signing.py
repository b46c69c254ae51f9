"""Signatures over typed payloads: a Signer behind a Protocol, two software suites, and which of them must hold.

Both suites sign the same bytes, which begin with the kind of payload: a receipt can never pass for a licence.
A suite this code does not know is ignored, so that a third one can be added beside the two.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tongban.kernel.crypto import sm2
from tongban.kernel.crypto.keys import KeyPurpose, ensure_ring, load_ring


class PayloadKind(StrEnum):
    """What a signature is about; part of the signed bytes."""

    LICENCE = "licence"
    RECEIPT = "receipt"
    CHECKPOINT = "checkpoint"
    COSIGNATURE = "cosignature"


class Algorithm(StrEnum):
    """The suites this code can check. `Signature.algorithm` is plain text because others may come."""

    ED25519 = "Ed25519"
    SM2 = "SM2-with-SM3"


class Policy(StrEnum):
    """How many of the suites must hold."""

    ALL = "all"
    ANY_KNOWN = "any-known"


POLICIES = {
    PayloadKind.LICENCE: Policy.ALL,
    PayloadKind.RECEIPT: Policy.ANY_KNOWN,
    PayloadKind.CHECKPOINT: Policy.ALL,
    PayloadKind.COSIGNATURE: Policy.ANY_KNOWN,
}
BEGINNINGS = {PayloadKind.CHECKPOINT: b"tongban-ledger/", PayloadKind.COSIGNATURE: b"cosignature/v1\ntime "}
"""Kinds whose form others have fixed (C2SP): they are signed as they are, and say by their first bytes what they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One detached signature with the labels needed to check it."""

    algorithm: str
    key_id: str
    is_software: bool
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyingKey:
    """The public half of a signer, as a node publishes it."""

    algorithm: Algorithm
    key_id: str
    is_software: bool
    value: bytes


class Signer(Protocol):
    """Whoever can sign: a software key, a cryptographic card, a process behind a socket."""

    @property
    def verifying_key(self) -> VerifyingKey: ...

    @property
    def is_software(self) -> bool:
        """True unless certified hardware holds the key, as neither a file nor a PKCS#11 module can show; every signature says so."""
        ...

    def sign(self, kind: PayloadKind, payload: bytes, proof: Sequence[bytes] = ()) -> Signature:
        """One signature; `proof` says how a record grew to this checkpoint, to a signer that remembers the one before."""
        ...

    def verify(self, kind: PayloadKind, payload: bytes, signature: Signature) -> bool: ...


def signed_bytes(kind: PayloadKind, payload: bytes) -> bytes:
    """What every suite signs: `gov.<kind>.v1`, a zero byte, the payload; or what begins as `BEGINNINGS` says."""
    if kind in BEGINNINGS:
        if not payload.startswith(BEGINNINGS[kind]):
            raise ValueError(f"not a {kind}")
        return payload
    return b"gov." + kind.encode() + b".v1\x00" + payload


def key_id_of(algorithm: Algorithm, public: bytes) -> str:
    """Name of a public key: the suite and the first 64 bits of SHA-256 over suite and key."""
    digest = hashlib.sha256(algorithm.encode() + b"\x00" + public).hexdigest()
    return f"{algorithm.name.lower()}-{digest[:16]}"


def sign_with_all(signers: Iterable[Signer], kind: PayloadKind, payload: bytes) -> tuple[Signature, ...]:
    """One signature of each signer, all over the same bytes."""
    return tuple(signer.sign(kind, payload) for signer in signers)


def verify_signature(key: VerifyingKey, kind: PayloadKind, payload: bytes, signature: Signature) -> bool:
    """Whether one signature was made by this key; `Sm2Unavailable` where the machine cannot tell."""
    if (signature.algorithm, signature.key_id) != (key.algorithm, key.key_id):
        return False
    if key.key_id != key_id_of(key.algorithm, key.value) or signature.is_software != key.is_software:
        return False
    if not payload.startswith(BEGINNINGS.get(kind, b"")):
        return False
    message = signed_bytes(kind, payload)
    match key.algorithm:
        case Algorithm.ED25519:
            return _holds_ed25519(key.value, message, signature.value)
        case Algorithm.SM2:
            return _sm2_public(key.value).verify(message, signature.value)


def holds_ed25519(public: bytes, message: bytes, value: bytes) -> bool:
    """Whether a key of somebody else made this signature over these very bytes, in a form that others have fixed."""
    try:
        return _holds_ed25519(public, message, value)
    except ValueError:
        return False


def verify_signatures(
    keys: Sequence[VerifyingKey],
    kind: PayloadKind,
    payload: bytes,
    signatures: Sequence[Signature],
    policy: Policy | None = None,
) -> bool:
    """Whether the signatures satisfy the policy of the kind (`POLICIES`) under the keys the issuer published.

    `ALL`: every suite the issuer has a key for must hold; `Sm2Unavailable` where this machine cannot check one.
    `ANY_KNOWN`: at least one suite this machine can check holds.
    A wrong signature by a published key always fails.
    """
    policy = policy or POLICIES[kind]
    by_id = {key.key_id: key for key in keys if policy is Policy.ALL or can_check(key.algorithm)}
    known = [(by_id[signature.key_id], signature) for signature in signatures if signature.key_id in by_id]
    if not known or not all(verify_signature(key, kind, payload, signature) for key, signature in known):
        return False
    held = {key.algorithm for key, _ in known}
    return policy is Policy.ANY_KNOWN or held == {key.algorithm for key in keys}


def can_check(algorithm: Algorithm) -> bool:
    """Whether this machine has what the suite needs."""
    return algorithm is not Algorithm.SM2 or sm2.is_available()


def software_signers(folder: Path) -> tuple[Signer, ...]:
    """The signers whose keys lie in the folder, made at first use; without SM2 where libcrypto lacks it (SEAL-09)."""
    ensure_ring(folder, KeyPurpose.ED25519)
    if sm2.is_available():
        ensure_ring(folder, KeyPurpose.SM2, sm2.new_scalar)
    return kept_signers(folder)


def kept_signers(folder: Path) -> tuple[Signer, ...]:
    """The same where keys were made before: `KeyMissing` where one is gone, and none is made in its place."""
    ed25519 = Ed25519Signer(load_ring(folder, KeyPurpose.ED25519).current.secret)
    if not sm2.is_available():
        return (ed25519,)
    return (ed25519, Sm2Signer(load_ring(folder, KeyPurpose.SM2).current.secret))


def software_keys(folder: Path) -> tuple[VerifyingKey, ...]:
    """The public halves of all keys in the folder, those in use and those before them."""
    return (*(Ed25519Signer(key.secret).verifying_key for key in load_ring(folder, KeyPurpose.ED25519).keys),
            *(Sm2Signer(key.secret).verifying_key for key in load_ring(folder, KeyPurpose.SM2).keys))


def _holds_ed25519(public: bytes, message: bytes, value: bytes) -> bool:
    try:
        _ed25519_public(public).verify(value, message)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=256)
def _ed25519_public(value: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(value)


@lru_cache(maxsize=256)
def _sm2_public(value: bytes) -> sm2.PublicKey:
    return sm2.PublicKey(value)


class Ed25519Signer:
    """Software signer with Ed25519 (RFC 8032) from a 32-byte seed."""

    __slots__ = ("_key", "verifying_key")

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifying_key = _software_key(Algorithm.ED25519, self._key.public_key().public_bytes_raw())

    @property
    def is_software(self) -> bool:
        return self.verifying_key.is_software

    def sign(self, kind: PayloadKind, payload: bytes, proof: Sequence[bytes] = ()) -> Signature:
        return _labelled(self.verifying_key, self._key.sign(signed_bytes(kind, payload)))

    def verify(self, kind: PayloadKind, payload: bytes, signature: Signature) -> bool:
        return verify_signature(self.verifying_key, kind, payload, signature)


class Sm2Signer:
    """Software signer with SM2 and SM3 from a 32-byte scalar; `Sm2Unavailable` where libcrypto lacks it."""

    __slots__ = ("_key", "verifying_key")

    def __init__(self, scalar: bytes) -> None:
        self._key = sm2.PrivateKey(scalar)
        self.verifying_key = _software_key(Algorithm.SM2, self._key.public_point)

    @property
    def is_software(self) -> bool:
        return self.verifying_key.is_software

    def sign(self, kind: PayloadKind, payload: bytes, proof: Sequence[bytes] = ()) -> Signature:
        return _labelled(self.verifying_key, self._key.sign(signed_bytes(kind, payload)))

    def verify(self, kind: PayloadKind, payload: bytes, signature: Signature) -> bool:
        return verify_signature(self.verifying_key, kind, payload, signature)


def _software_key(algorithm: Algorithm, public: bytes) -> VerifyingKey:
    return VerifyingKey(algorithm=algorithm, key_id=key_id_of(algorithm, public), is_software=True, value=public)


def _labelled(key: VerifyingKey, value: bytes) -> Signature:
    return Signature(algorithm=key.algorithm, key_id=key.key_id, is_software=key.is_software, value=value)
