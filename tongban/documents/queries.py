"""What is known of kept files, within the rows the current scope may see."""

import base64
from collections.abc import Sequence
from typing import Any

from tongban.documents.errors import DocumentNotFound
from tongban.documents.types import KeptDocument
from tongban.kernel import database, vault
from tongban.kernel.crypto.fields import Cell

COLUMNS = "id, party, sha256, stored, name, media_type, size, pages, made, gate"


def document(key: int) -> KeptDocument:
    """A file's particulars; `DocumentNotFound` where the scope may not see it."""
    found = database.row(f"select {COLUMNS} from documents_document where id = %s", [key])
    if found is None:
        raise DocumentNotFound
    return as_document(found)


def documents(keys: Sequence[int]) -> dict[int, KeptDocument]:
    """The particulars of several files by key; those out of scope are left out."""
    found = database.rows(f"select {COLUMNS} from documents_document where id = any(%s)", [list(keys)])
    return {row[0]: as_document(row) for row in found}


def sealed(key: int) -> tuple[str, str, bytes]:
    """Where a file lies, what its content's hash is, and the key that opens it; erased with the key of its party."""
    found = database.row("select stored, sha256, key from documents_document where id = %s", [key])
    if found is None:
        raise DocumentNotFound
    stored, sha256, wrapped = found
    return stored, sha256, base64.b64decode(vault.unseal("documents_document", "key", stored, wrapped))


def place(sha256: str) -> Cell:
    """Which content the sealed bytes are: they open for no other."""
    return Cell(table="documents", column="content", row=sha256)


def as_document(row: Any) -> KeptDocument:
    """A row in the order of `COLUMNS`."""
    key, party, sha256, stored, name, media_type, size, pages, made, gate = row
    return KeptDocument(id=key, party=party, sha256=sha256, stored=stored, name=name, media_type=media_type, size=size, pages=pages,
                        made=made, gate=gate)
