"""From a document's key to its bytes: only what the current scope may see, only what was stored.

Outside, people read what they brought and what the house made for them. Inside, officers read what the house made and the
copies that came over the gate, never what was brought itself (ADR 14).
"""

from tongban.documents import clients, queries
from tongban.documents.errors import FileHeld
from tongban.documents.types import Folder, KeptDocument
from tongban.kernel.crypto.fields import open_bytes


def kept(folder: Folder, stored: str, sha256: str, secret: bytes) -> bytes:
    """The bytes of a file, for whoever was let through to it a moment ago and was told where it lies and what opens it."""
    return open_bytes(secret, queries.place(sha256), clients.store(folder).get(stored))


def content(key: int) -> bytes:
    """The bytes of a file as people read it; `DocumentNotFound` out of scope, `FileNotReadable` where they changed in the store."""
    return kept(outside(queries.document(key)), *queries.sealed(key))


def outside(document: KeptDocument) -> Folder:
    """The folder that people read a file from."""
    if document.held:
        raise FileHeld
    return Folder.MADE if document.made else Folder.FILES


def inside(document: KeptDocument) -> Folder:
    """The folder that officers read a file from, once it has passed the gate."""
    if document.held:
        raise FileHeld
    return Folder.MADE if document.made else Folder.INSIDE
