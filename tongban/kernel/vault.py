"""The node's own keys at work: sealed fields, blind indexes, signers and codes derived from a secret.

Every party has a data key of its own, wrapped by the node's key; what is about a party is sealed under the party's key,
so that destroying one row erases the person from every copy.
"""

import base64
import hmac
from collections.abc import Collection, Mapping
from functools import lru_cache
from time import monotonic
from typing import Any

from django.conf import settings
from django.db.transaction import on_commit

from tongban.kernel import database, events
from tongban.kernel.crypto import tokens, zones
from tongban.kernel.crypto.fields import (
    Cell,
    FieldNotReadable,
    blind_index,
    blind_indexes,
    open_bytes,
    owner_of,
    seal_bytes,
)
from tongban.kernel.crypto.keys import KeyMissing, KeyPurpose, KeyRing, ensure_ring, new_secret
from tongban.kernel.crypto.remote import SignerAway, remote_signers, remote_token
from tongban.kernel.crypto.signing import PayloadKind, Signer, VerifyingKey, software_keys, software_signers
from tongban.kernel.crypto.wrapping import unwrap, wrap
from tongban.kernel.errors import Unavailable
from tongban.kernel.events import event
from tongban.kernel.ids import spoken_code
from tongban.kernel.simulations import Simulation, declare
from tongban.kernel.types import Text, Who

HOUSE = 0
"""Whose key seals what is about nobody in particular."""
LOOK_SECONDS = 5
"""How long a process may go on with the keys of the node it knows, once there is a new one."""
KEPT_SECONDS = 30
"""How long a process may remember the key of a party, once it was destroyed elsewhere."""


class KeysChanging(Unavailable):
    """We are changing a key of this installation, which takes some minutes. Nothing was lost; please try again then."""


class Erased(FieldNotReadable):
    """This was erased, and nobody can bring it back."""


@event()
class PartyKeyDestroyed:
    """The key of a party is gone: what was sealed under it cannot be read any more, in no copy."""

    party: int


def seal(table: str, column: str, row: object, plain: str, *, party: int = HOUSE) -> str:
    """Ciphertext of one cell under the key of the party it is about, base64."""
    return base64.b64encode(seal_content(table, column, row, plain.encode(), party=party)).decode()


def unseal(table: str, column: str, row: object, sealed: str) -> str:
    """The text of one cell."""
    return unseal_content(table, column, row, base64.b64decode(sealed)).decode()


def seal_content(table: str, column: str, row: object, plain: bytes, *, party: int = HOUSE) -> bytes:
    """The same for bytes, as they lie in a file."""
    return seal_bytes(_secret_of(party), party, Cell(table=table, column=column, row=str(row)), plain)


def unseal_content(table: str, column: str, row: object, sealed: bytes) -> bytes:
    """The bytes that were sealed."""
    return open_bytes(_secret_of(owner_of(sealed)), Cell(table=table, column=column, row=str(row)), sealed)


def make_key(party: int = HOUSE) -> None:
    """Give a party its key, in the transaction that makes the party; a key once made is never made again.

    Nothing is written under a key of the node that was replaced meanwhile: the newer one is read, and it is tried again.
    """
    if not _insert_key(party) and database.row("select 1 from kernel_data_key where party = %s", [party]) is None:
        _found.cache_clear()
        if not _insert_key(party):
            raise KeyMissing(purpose=str(KeyPurpose.FIELD))


def _insert_key(party: int) -> int:
    ring = _ring(KeyPurpose.FIELD)
    return database.execute(
        "insert into kernel_data_key (party, wrapped, wrapped_by, made_at) select %s, %s, %s, kernel_now() "
        "where not exists (select from kernel_rotation where purpose = 'field' and number > %s) on conflict do nothing",
        [party, wrap(ring, party, new_secret()), ring.current.number, ring.current.number])


def destroy_key(who: Who, *, party: int) -> bool:
    """Destroy the key of a party: whatever was sealed under it, here and in every copy, is noise from now on."""
    with database.atomic():
        gone = database.execute(
            "update kernel_data_key set wrapped = '', wrapped_by = 0, destroyed_at = kernel_now() "
            "where party = %s and party > 0 and destroyed_at is null", [party])
        if gone:
            events.record(who, PartyKeyDestroyed(party=party), subject=f"party:{party}", party=party)
            on_commit(forget, using=database.alias())
    return bool(gone)


def forget() -> None:
    """Drop the keys this process remembers."""
    _secret.cache_clear()
    _found.cache_clear()


def index(purpose: str, value: str) -> str:
    """Blind index of a value, 32 hexadecimal characters: what is written."""
    return blind_index(_ring(KeyPurpose.INDEX), purpose, value).hex()


def sole_index(purpose: str, value: str) -> str:
    """Blind index of a value that may stand only once; refused while a change of key lets two indexes stand for one value."""
    if len(_ring(KeyPurpose.INDEX).keys) > 1:
        raise KeysChanging
    return index(purpose, value)


def indexes(purpose: str, value: str) -> list[str]:
    """The index under every key there is: what is looked for, as a change of key may be under way."""
    return [each.hex() for each in blind_indexes(_ring(KeyPurpose.INDEX), purpose, value)]


def token(purpose: str, value: str) -> str:
    """A code of 128 bits that belongs to a value, letter by letter; it outlives every change of the keys of fields."""
    own = hmac.digest(_ring(KeyPurpose.CODE).current.secret, b"tongban.token.v1|" + purpose.encode(), "sha256")
    return hmac.digest(own, value.encode(errors="replace"), "sha256")[:16].hex()


def query_code(number: str) -> str:
    """The eight-character code that opens the status of a case without signing in (CASE-14)."""
    secret = _ring(KeyPurpose.CODE).current.secret
    return spoken_code(hmac.digest(secret, b"tongban.query-code.v1|" + number.encode(), "sha256"))


def digits(purpose: str, nonce: str, *, count: int = 6) -> str:
    """A one-time code of some digits that follows from a nonce; whoever reads the nonce cannot tell it without the key."""
    secret = _ring(KeyPurpose.CODE).current.secret
    made = hmac.digest(secret, f"tongban.code.v1|{purpose}|{nonce}".encode(), "sha256")
    return f"{int.from_bytes(made) % 10**count:0{count}d}"


@lru_cache(maxsize=1)
def signers() -> tuple[Signer, ...]:
    """The node's signers, one a suite: the process behind `TONGBAN_SIGNER`, else software keys in this one."""
    if settings.SIGNER:
        return remote_signers(settings.SIGNER, replaced=forget_signers)
    return software_signers(settings.KEYS)


def verifying_keys(kind: PayloadKind) -> tuple[VerifyingKey, ...]:
    """The public halves of every key by which this node ever signed what is of this kind; what an old key signed still verifies."""
    return zones.keys_for(kind, settings.SIGNER, settings.SIGNER_ALSO) if settings.SIGNER else _own_keys()


@lru_cache(maxsize=1)
def _own_keys() -> tuple[VerifyingKey, ...]:
    signers()
    return software_keys(settings.KEYS)


def forget_signers() -> None:
    """Drop the keys for signing that this process remembers, as when another one took their place."""
    signers.cache_clear()
    _own_keys.cache_clear()


def _signs_in_software() -> bool:
    """Also where the signer is away and nobody can tell."""
    try:
        return any(signer.is_software for signer in signers())
    except SignerAway:
        return True


declare(Simulation(
    name="tongban.kernel.crypto.signing.software_signers",
    stands_for=Text(zh="签名密钥所在的密码机", en="The hardware that keeps the signing keys"),
    pretends=Text(zh="用磁盘上的密钥签名，或者（除 SM2 外）用未经认证的密码模块中的密钥签名；每个签名都注明是软件签名，"
                     "没有机构颁发的数字证书。",
                  en="It signs with keys on the disk or, but for SM2, in a module that nobody certified; every signature says that "
                     "it is made in software, and no authority has issued a certificate for them."),
    replaced_by=Text(zh="服务器密码机（GM/T 0030），按密码设备应用接口（GM/T 0018）调用，并配以电子认证服务机构颁发的证书。",
                     en="A server cryptographic machine (GM/T 0030) spoken to by GM/T 0018, with certificates of a licensed "
                        "certification authority."),
    seam="tongban.kernel.crypto.signing.Signer",
    proof="tests/kernel/test_signers.py::test_what_the_signers_in_use_sign_holds_under_the_keys_they_publish",
    in_use=_signs_in_software,
))


def sign_token(kind: str, claims: Mapping[str, Any]) -> str:
    """A token signed with the node's newest key for tokens."""
    return remote_token(settings.SIGNER, kind, claims) if settings.SIGNER else tokens.sign(_token_keys(), kind, claims)


def read_token(kind: str, token: str) -> Mapping[str, Any] | None:
    """The claims of a token that this node signed, or None; whether it is still in time is for the caller to ask."""
    return tokens.read(token_keys(), kind, token)


def read_foreign_token(keys: Mapping[str, Any], token: str, kinds: Collection[str] = ("JWT",)) -> Mapping[str, Any] | None:
    """The claims of a token of another node, whose public keys these are, or None; an identity token if nothing else is said."""
    return tokens.read_foreign(keys, token, kinds)


def token_keys() -> Mapping[str, Any]:
    """The public halves of the keys for tokens, as other systems read them (RFC 7517)."""
    return zones.token_keys(settings.SIGNER, settings.SIGNER_ALSO) if settings.SIGNER else tokens.public_keys(_token_keys())


@lru_cache(maxsize=1)
def _token_keys() -> KeyRing:
    return ensure_ring(settings.KEYS, KeyPurpose.TOKEN, tokens.new_scalar)


def _ring(purpose: KeyPurpose) -> KeyRing:
    return _found(purpose, int(monotonic() / LOOK_SECONDS))


@lru_cache(maxsize=8)
def _found(purpose: KeyPurpose, moment: int) -> KeyRing:
    return ensure_ring(settings.KEYS, purpose)


def _secret_of(party: int) -> bytes:
    return _secret(party, int(monotonic() / KEPT_SECONDS))


@lru_cache(maxsize=4096)
def _secret(party: int, moment: int) -> bytes:
    found = database.row("select wrapped from kernel_data_key where party = %s", [party])
    if found is None:
        raise KeyMissing(purpose=f"party {party}")
    if not found[0]:
        raise Erased
    try:
        return unwrap(_ring(KeyPurpose.FIELD), party, found[0])
    except KeyMissing:
        _found.cache_clear()
        return unwrap(_ring(KeyPurpose.FIELD), party, found[0])

