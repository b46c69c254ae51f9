"""How the key of a party is stored: sealed under the node's own key, in the row of that party only."""

import base64

from tongban.kernel.crypto.fields import Cell, decrypt_field, encrypt_field, key_number
from tongban.kernel.crypto.keys import KeyRing


def wrap(ring: KeyRing, party: int, secret: bytes) -> str:
    """The key of a party under the node's key in use."""
    return base64.b64encode(encrypt_field(ring, _place(party), base64.b64encode(secret).decode())).decode()


def unwrap(ring: KeyRing, party: int, wrapped: str) -> bytes:
    """The key of a party in clear."""
    return base64.b64decode(decrypt_field(ring, _place(party), base64.b64decode(wrapped)))


def wrapped_by(wrapped: str) -> int:
    """Number of the node's key it was wrapped with."""
    return key_number(base64.b64decode(wrapped))


def _place(party: int) -> Cell:
    return Cell(table="kernel_data_key", column="wrapped", row=str(party))
