"""From a document's key to its bytes: only what the current scope may see, only what was stored."""

from tongban.documents import clients, queries
from tongban.kernel.crypto.fields import open_bytes


def kept(stored: str, sha256: str, secret: bytes) -> bytes:
    """The bytes of a file, for whoever was let through to it a moment ago and was told where it lies and what opens it."""
    return open_bytes(secret, queries.place(sha256), clients.store().get(stored))


def content(key: int) -> bytes:
    """The bytes of a file; `DocumentNotFound` out of scope, `FileNotReadable` where they changed in the store."""
    return kept(*queries.sealed(key))
