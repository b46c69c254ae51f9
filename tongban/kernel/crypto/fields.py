"""Sealed fields and blind indexes: how an ID number, a phone or a sole trader's code lies in the database.

A sealed field opens only in the cell it was written for. A blind index finds equal values and nothing else; the
ID numbers are few enough to be tried one by one, so whoever holds the index key can undo it.
"""

import hmac
import os
import re
import struct
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tongban.kernel.codes import normalise_code
from tongban.kernel.crypto.keys import KeyRing, SecretKey
from tongban.kernel.errors import Unavailable

_FORMAT = 1
_OWNED = 2
_PREFIX = struct.Struct(">BH")
_OWNED_PREFIX = struct.Struct(">Bq")
_NONCE = 12
_TAG = 16
_INDEX_SIZE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where a sealed value lives. `row` must be known before the value is written and never change."""

    table: str
    column: str
    row: str


class FieldNotReadable(Unavailable):
    """A protected value could not be read: it was changed, it was moved from its place, or its key is missing."""


def seal_bytes(secret: bytes, owner: int, cell: Cell, plain: bytes) -> bytes:
    """AES-256-GCM under the key of an owner: format 2, owner 8, nonce 12, ciphertext, tag 16 bytes."""
    nonce, prefix = os.urandom(_NONCE), _OWNED_PREFIX.pack(_OWNED, owner)
    return prefix + nonce + AESGCM(secret).encrypt(nonce, plain, _associated(prefix, cell))


def open_bytes(secret: bytes, cell: Cell, sealed: bytes) -> bytes:
    """What was sealed under the key of its owner; `FieldNotReadable` where a bit, the cell or the key is another."""
    prefix, rest = sealed[: _OWNED_PREFIX.size], sealed[_OWNED_PREFIX.size :]
    try:
        return AESGCM(secret).decrypt(rest[:_NONCE], rest[_NONCE:], _associated(prefix, cell))
    except InvalidTag as error:
        raise FieldNotReadable from error


def owner_of(sealed: bytes) -> int:
    """Whose key opens it."""
    if len(sealed) < _OWNED_PREFIX.size + _NONCE + _TAG or sealed[0] != _OWNED:
        raise FieldNotReadable
    owner: int = _OWNED_PREFIX.unpack(sealed[: _OWNED_PREFIX.size])[1]
    return owner


def encrypt_field(ring: KeyRing, cell: Cell, plain: str) -> bytes:
    """AES-256-GCM with a random 96-bit nonce: format 1, key number 2, nonce 12, ciphertext, tag 16 bytes."""
    key = ring.current
    nonce = os.urandom(_NONCE)
    prefix = _PREFIX.pack(_FORMAT, key.number)
    return prefix + nonce + _cipher(key.secret).encrypt(nonce, plain.encode(), _associated(prefix, cell))


def decrypt_field(ring: KeyRing, cell: Cell, sealed: bytes | memoryview) -> str:
    """The text of a sealed field; `FieldNotReadable` where a bit, the cell or the key is not the one of sealing."""
    content = bytes(sealed)
    if len(content) < _PREFIX.size + _NONCE + _TAG or content[0] != _FORMAT:
        raise FieldNotReadable
    prefix, rest = content[: _PREFIX.size], content[_PREFIX.size :]
    key = ring.numbered(key_number(content))
    try:
        return _cipher(key.secret).decrypt(rest[:_NONCE], rest[_NONCE:], _associated(prefix, cell)).decode()
    except InvalidTag as error:
        raise FieldNotReadable from error


def key_number(sealed: bytes | memoryview) -> int:
    """Number of the key a field was sealed with; what is not the ring's current one waits to be sealed anew."""
    number: int = _PREFIX.unpack(bytes(sealed[: _PREFIX.size]))[1]
    return number


def blind_index(ring: KeyRing, purpose: str, value: str) -> bytes:
    """HMAC-SHA-256 over the normalised value, 128 bits, under a key of its own for each purpose.

    The purpose names one column ("people.id_number"), so that two tables cannot be joined by their indexes.
    """
    return _index(ring.current, purpose, value)


def blind_indexes(ring: KeyRing, purpose: str, value: str) -> tuple[bytes, ...]:
    """The index under every key of the ring, newest first: what to look for while a change of key is under way."""
    return tuple(_index(key, purpose, value) for key in reversed(ring.keys))


def normalise_value(value: str) -> str:
    """The form a value is indexed in: as the standards write codes, a mainland mobile number without +86."""
    code = normalise_code(value)
    return code[3:] if re.fullmatch(r"\+861[0-9]{10}", code) else code


def _index(key: SecretKey, purpose: str, value: str) -> bytes:
    own = hmac.digest(key.secret, b"tongban.index.v1|" + purpose.encode(), "sha256")
    return hmac.digest(own, normalise_value(value).encode(), "sha256")[:_INDEX_SIZE]


def _associated(prefix: bytes, cell: Cell) -> bytes:
    if "|" in cell.table or "|" in cell.column or not cell.row:
        raise ValueError("A cell needs a table, a column and a row; names hold no bar.")
    return prefix + f"|{cell.table}|{cell.column}|{cell.row}".encode()


@lru_cache(maxsize=16)
def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(secret)
