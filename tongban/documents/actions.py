"""Verbs of documents: keep what people hand in, keep what we make, take it inside, let an authority read it."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import IO, NoReturn

from tongban.documents import clients, queries, rules
from tongban.documents.errors import (
    DocumentNotFound,
    FileActive,
    FileDamaged,
    FileEmpty,
    FileHasTwoTypes,
    FileHeld,
    FileHoldsTooMuchText,
    FileInfected,
    FileLocked,
    FileMarkedSecret,
    FilesTooLargeTogether,
    FileTooLarge,
    FileTypeNotAccepted,
    FileUnpacksTooLarge,
    PictureTooLarge,
)
from tongban.documents.events import DocumentHeld, DocumentKept, DocumentPassed, DocumentsForgotten, DocumentsShared
from tongban.documents.queries import COLUMNS, as_document, place
from tongban.documents.types import PASSED, ExaminedFile, Findings, Flaw, Folder, KeptDocument, Look, MediaType, Scan
from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.crypto.fields import FieldNotReadable, open_bytes, seal_bytes
from tongban.kernel.crypto.keys import new_secret
from tongban.kernel.errors import Refusal
from tongban.kernel.secrecy import Place, mark_in_name
from tongban.kernel.types import Who

MEGABYTE = 1024 * 1024
INSERT = f"""
insert into documents_document (party, authorities, sha256, stored, key, name, media_type, size, pages, scanner, made, kept_at)
values (%(party)s, %(authorities)s, %(sha256)s, %(stored)s, %(key)s, %(name)s, %(media_type)s, %(size)s, %(pages)s, %(scanner)s, %(made)s,
        kernel_now())
on conflict (party, sha256) where made do nothing returning {COLUMNS}
"""
REFUSALS: dict[Flaw, type[Refusal]] = {
    Flaw.EMPTY: FileEmpty, Flaw.TOO_LARGE: FileTooLarge, Flaw.UNKNOWN_TYPE: FileTypeNotAccepted,
    Flaw.TWO_TYPES: FileHasTwoTypes, Flaw.DAMAGED: FileDamaged, Flaw.LOCKED: FileLocked, Flaw.ACTIVE: FileActive,
    Flaw.TOO_MANY_PIXELS: PictureTooLarge, Flaw.UNPACKS_TOO_LARGE: FileUnpacksTooLarge, Flaw.INFECTED: FileInfected,
    Flaw.MARKED: FileMarkedSecret, Flaw.TOO_MUCH_TEXT: FileHoldsTooMuchText,
}


def examine_upload(*, name: str, content: IO[bytes]) -> ExaminedFile:
    """Look at what a person hands in and store it; refuses with the reason in words (MAT-05, SEC-14).

    Slow, so before the transaction begins; bytes without a row are harmless, a row without bytes cannot be.
    """
    limit = parameters.value("documents.file_megabytes", clock.today())
    read = content.read(limit * MEGABYTE + 1)
    flaw = rules.check_size(len(read), limit * MEGABYTE)
    if flaw:
        _refuse(flaw, limit=limit)
    scan = clients.scanner().scan(read)
    if not scan.clean:
        _refuse(Flaw.INFECTED)
    found = clients.inspector().inspect(read)
    if mark := found.mark or mark_in_name(name):
        _refuse(Flaw.MARKED, mark=mark, place=Place.FILE if found.mark else Place.FILE_NAME)
    if found.flaw or found.media_type is None:
        _refuse(found.flaw or Flaw.DAMAGED)
    sha256, stored, key = _put(Folder.FILES, read)
    return ExaminedFile(name=rules.clean_name(name, found.media_type), sha256=sha256, stored=stored, key=key,
                        media_type=found.media_type, size=len(read), pages=found.pages, scan=scan)


def keep_upload(who: Who, *, party: int, file: ExaminedFile) -> KeptDocument:
    """Keep a file a person handed in, which was examined and stored before the transaction."""
    row = {"party": party, "authorities": [], "sha256": file.sha256, "stored": file.stored,
           "key": _sealed(party, file.stored, file.key), "media_type": file.media_type,
           "name": file.name, "size": file.size, "pages": file.pages, "scanner": file.scan.scanner, "made": False}
    return _keep(who, row, simulated_scan=file.scan.simulated)


def keep_made(who: Who, *, party: int, name: str, content: bytes, authorities: Iterable[int] = (),
              pages: int = 1) -> KeptDocument:
    """Keep a PDF the house made for a party; the same content again gives the same document."""
    known = _made_before(party, hashlib.sha256(content).hexdigest())
    if known is not None:
        return known
    sha256, stored, key = _put(Folder.MADE, content)
    row = {"party": party, "authorities": sorted(authorities), "sha256": sha256, "stored": stored,
           "key": _sealed(party, stored, key), "media_type": MediaType.PDF,
           "name": rules.clean_name(name, MediaType.PDF), "size": len(content), "pages": pages, "scanner": "",
           "made": True}
    return _keep(who, row, simulated_scan=False)


def waits_at_gate(document: KeptDocument) -> bool:
    """Must a file come over the gate before an officer reads it? A copy that was lost or damaged comes over anew."""
    if document.made or document.held:
        return False
    return document.gate != PASSED or not clients.store(Folder.INSIDE).holds(document.stored)


def look_at_gate(document: KeptDocument, *, secret: bytes) -> Look:
    """Look once more at a file from outside, and keep the sealed copy inside if nothing is wrong with it (SEC-13).

    What looked at it outside may have been taken over since, and with it what is said of it there: type, size and hash
    must be what they are said to be. Slow, so before the transaction begins. `FileNotReadable` where the sealed bytes are
    missing or changed: nothing comes over, and the file may still be mended from a backup.
    """
    sealed = clients.store(Folder.FILES).get(document.stored)
    try:
        content = open_bytes(secret, queries.place(document.sha256), sealed)
    except FieldNotReadable:
        content = b""
    scan = clients.scanner().scan(content)
    found = _found_at_gate(document, content, scan)
    if found.flaw is None:
        clients.store(Folder.INSIDE).put(sealed)
    return Look(flaw=found.flaw, scan=scan, mark=found.mark)


def pass_gate(who: Who, *, document: int, look: Look) -> None:
    """Note what the gate found, once: the file is read inside from now on, or by nobody."""
    found = look.flaw or PASSED
    with database.atomic():
        row = database.row("update documents_document set gate = %(found)s where id = %(document)s and not made "
                           "and gate in ('', %(passed)s) and gate <> %(found)s returning party",
                           {"found": found, "document": document, "passed": PASSED})
        if row is None:
            return
        happened = (DocumentPassed(document=document, simulated_scan=look.scan.simulated) if look.flaw is None else
                    DocumentHeld(document=document, flaw=look.flaw, simulated_scan=look.scan.simulated))
        events.record(who, happened, subject=f"document:{document}", party=row[0])


def share_with(who: Who, *, documents: Sequence[int], authority: int) -> None:
    """Let an authority read the files of an application: all of them, once each, 200 MB together at most (MAT-05)."""
    if not documents:
        return
    keys = sorted(set(documents))
    with database.atomic():
        found = database.rows(
            "update documents_document set authorities = case when %(authority)s = any(authorities) then authorities "
            "else authorities || %(authority)s::bigint end where id = any(%(keys)s) returning size, gate not in ('', %(passed)s)",
            {"authority": authority, "keys": keys, "passed": PASSED})
        if len(found) != len(keys):
            raise DocumentNotFound
        if any(held for _, held in found):
            raise FileHeld
        limit = parameters.value("documents.case_megabytes", clock.today())
        size = sum(each for each, _ in found)
        if size > limit * MEGABYTE:
            raise FilesTooLargeTogether(limit=limit, size=-(-size // MEGABYTE))
        events.record(who, DocumentsShared(documents=tuple(keys), authority=authority),
                      subject=f"authority:{authority}", authority=authority)


def forget(who: Who, *, documents: Sequence[int]) -> list[int]:
    """Forget files that nothing needs any more: without the row nobody has the key to what lies in the store."""
    with database.atomic():
        gone = [key for (key,) in database.rows("delete from documents_document where id = any(%s) returning id",
                                                [list(documents)])]
        if gone:
            events.record(who, DocumentsForgotten(documents=tuple(gone)), subject="documents")
    return gone


def _keep(who: Who, row: dict[str, object], *, simulated_scan: bool) -> KeptDocument:
    with database.atomic():
        found = database.row(INSERT, row)
        if found is None:
            known = _made_before(int(str(row["party"])), str(row["sha256"]))
            if known is None:
                raise DocumentNotFound
            return known
        kept = as_document(found)
        happened = DocumentKept(document=kept.id, sha256=kept.sha256, media_type=kept.media_type, size=kept.size,
                                made=bool(row["made"]), simulated_scan=simulated_scan)
        events.record(who, happened, subject=f"document:{kept.id}", party=kept.party)
    return kept


def _made_before(party: int, sha256: str) -> KeptDocument | None:
    found = database.row(f"select {COLUMNS} from documents_document where party = %s and sha256 = %s and made", [party, sha256])
    return as_document(found) if found else None


def _put(folder: Folder, content: bytes) -> tuple[str, str, bytes]:
    """Store the bytes under a key of their own: their hash, the hash they lie under, the key."""
    sha256, key = hashlib.sha256(content).hexdigest(), new_secret()
    return sha256, clients.store(folder).put(seal_bytes(key, vault.HOUSE, place(sha256), content)), key


def _found_at_gate(document: KeptDocument, content: bytes, scan: Scan) -> Findings:
    if hashlib.sha256(content).hexdigest() != document.sha256 or len(content) != document.size:
        return Findings(flaw=Flaw.DAMAGED)
    if not scan.clean:
        return Findings(flaw=Flaw.INFECTED)
    found = clients.inspector().inspect(content)
    return found if found.flaw or found.media_type == document.media_type else Findings(flaw=Flaw.DAMAGED)


def _sealed(party: int, stored: str, key: bytes) -> str:
    return vault.seal("documents_document", "key", stored, base64.b64encode(key).decode(), party=party)


def _refuse(flaw: Flaw, *, limit: int = rules.PIXELS_MAX // 1_000_000, **facts: str) -> NoReturn:
    raise REFUSALS[flaw](limit=limit, **facts)
