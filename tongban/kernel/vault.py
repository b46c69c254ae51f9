"""The node's own keys at work: sealed fields, blind indexes, signers and codes derived from a secret."""

import base64
import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings

from tongban.kernel.crypto import tokens
from tongban.kernel.crypto.fields import Cell, blind_index, decrypt_field, encrypt_field
from tongban.kernel.crypto.keys import KeyPurpose, KeyRing, ensure_ring, load_ring
from tongban.kernel.crypto.signing import Ed25519Signer, Signer, Sm2Signer, VerifyingKey, software_signers
from tongban.kernel.ids import spoken_code
from tongban.kernel.simulations import Simulation, declare
from tongban.kernel.types import Text


def seal(table: str, column: str, row: object, plain: str) -> str:
    """Ciphertext of one cell, base64."""
    cell = Cell(table=table, column=column, row=str(row))
    return base64.b64encode(encrypt_field(_ring(KeyPurpose.FIELD), cell, plain)).decode()


def unseal(table: str, column: str, row: object, sealed: str) -> str:
    """The text of one cell."""
    cell = Cell(table=table, column=column, row=str(row))
    return decrypt_field(_ring(KeyPurpose.FIELD), cell, base64.b64decode(sealed))


def index(purpose: str, value: str) -> str:
    """Blind index of a value, 32 hexadecimal characters."""
    return blind_index(_ring(KeyPurpose.INDEX), purpose, value).hex()


def query_code(number: str) -> str:
    """The eight-character code that opens the status of a case without signing in (CASE-14)."""
    secret = _ring(KeyPurpose.INDEX).current.secret
    return spoken_code(hmac.digest(secret, b"tongban.query-code.v1|" + number.encode(), "sha256"))


@lru_cache(maxsize=1)
def signers() -> tuple[Signer, ...]:
    """The node's software signers, labelled as such."""
    return software_signers(settings.KEYS)


@lru_cache(maxsize=1)
def verifying_keys() -> tuple[VerifyingKey, ...]:
    """The public halves of every key this node ever signed with; what an old key signed still verifies."""
    signers()
    rings = {purpose: load_ring(settings.KEYS, purpose).keys for purpose in (KeyPurpose.ED25519, KeyPurpose.SM2)}
    return (*(Ed25519Signer(key.secret).verifying_key for key in rings[KeyPurpose.ED25519]),
            *(Sm2Signer(key.secret).verifying_key for key in rings[KeyPurpose.SM2]))


declare(Simulation(
    name="tongban.kernel.crypto.signing.software_signers",
    stands_for=Text(zh="签名密钥所在的密码机", en="The hardware that keeps the signing keys"),
    pretends=Text(zh="用磁盘上的密钥签名；每个签名都注明是软件签名，没有机构颁发的数字证书。",
                  en="It signs with keys on the disk; every signature says that it is made in software, and no authority "
                     "has issued a certificate for them."),
    replaced_by=Text(zh="服务器密码机（GM/T 0030），按密码设备应用接口（GM/T 0018）调用，并配以电子认证服务机构颁发的证书。",
                     en="A server cryptographic machine (GM/T 0030) spoken to by GM/T 0018, with certificates of a licensed "
                        "certification authority."),
    seam="tongban.kernel.crypto.signing.Signer",
    proof="tests/kernel/test_signers.py::test_what_the_signers_in_use_sign_holds_under_the_keys_they_publish",
    in_use=lambda: any(signer.is_software for signer in signers()),
))


def sign_token(kind: str, claims: Mapping[str, Any]) -> str:
    """A token signed with the node's newest key for tokens."""
    return tokens.sign(_token_keys(), kind, claims)


def read_token(kind: str, token: str) -> Mapping[str, Any] | None:
    """The claims of a token that this node signed, or None; whether it is still in time is for the caller to ask."""
    return tokens.read(tokens.public_keys(_token_keys()), kind, token)


def token_keys() -> Mapping[str, Any]:
    """The public halves of the keys for tokens, as other systems read them (RFC 7517)."""
    return tokens.public_keys(_token_keys())


@lru_cache(maxsize=1)
def _token_keys() -> KeyRing:
    return ensure_ring(settings.KEYS, KeyPurpose.TOKEN, tokens.new_scalar)


@lru_cache(maxsize=4)
def _ring(purpose: KeyPurpose) -> KeyRing:
    return ensure_ring(settings.KEYS, purpose)
