"""From a document's key to its bytes: only what the current scope may see, only what was stored."""

from tongban.documents import clients, queries
from tongban.kernel.crypto.fields import open_bytes


def kept(sha256: str) -> bytes:
    """The bytes kept under a hash, for whoever was let through to them a moment ago."""
    return clients.store().get(sha256)


def content(key: int) -> bytes:
    """The bytes of a file; `DocumentNotFound` out of scope, `FileNotReadable` where they changed in the store."""
    stored, sha256, secret = queries.sealed(key)
    return open_bytes(secret, queries.place(sha256), clients.store().get(stored))
