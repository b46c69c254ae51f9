"""Files on their way out: the guarded page sends the browser on to an address that needs no cookie.

The address names nothing: it is sealed, and opens one file for one minute to the browser that was let through. What comes
from there is an attachment that may run nothing, wherever a reader opens it. Who read it was noted at the guarded page.
"""

from datetime import timedelta

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from tongban.documents import access
from tongban.documents.queries import sealed
from tongban.documents.types import Folder, KeptDocument
from tongban.kernel import clock, vault
from tongban.kernel.errors import NotFound
from tongban.web.gate import address_of
from tongban.web.pages import see_other

SECONDS = 60
POLICY = "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
LONGEST = 4000
TO_PATH, TO_SEAL = str.maketrans("+/", "-_"), str.maketrans("-_", "+/")


class FileAddressOver(NotFound):
    """This address led to a file for one minute. Go back and open the file again."""


class Handed(msgspec.Struct, frozen=True, array_like=True):
    """A file that someone was let through to: where it lies and what opens it, and until when (seconds since 1970)."""

    folder: Folder
    stored: str
    sha256: str
    secret: bytes
    name: str
    media_type: str
    until: float


def hand_out(request: HttpRequest, document: KeptDocument, *, name: str = "") -> HttpResponse:
    """Send a person's browser that may read a file on to where it is."""
    return _sent_on(request, "portal:handed", access.outside(document), document, name)


def hand_to_officer(request: HttpRequest, document: KeptDocument, *, name: str = "") -> HttpResponse:
    """Send an officer's browser that may read a file on to where it is: inside, it passed the gate."""
    return _sent_on(request, "counter:handed", access.inside(document), document, name)


def _sent_on(request: HttpRequest, route: str, folder: Folder, document: KeptDocument, name: str) -> HttpResponse:
    until = clock.of_this_machine() + timedelta(seconds=SECONDS)
    handed = Handed(folder, *sealed(document.id), name or document.name, str(document.media_type), until.timestamp())
    response = see_other(reverse(route, args=[address(handed, reader_of(request))]))
    response["Cache-Control"] = "no-store"
    return response


def delivered(request: HttpRequest, written: str, *folders: Folder) -> HttpResponse:
    """The file that a guarded page let this browser through to, if it lies in one of these folders."""
    found = opened(written, reader_of(request), clock.of_this_machine().timestamp())
    if found.folder not in folders:
        raise FileAddressOver
    content = access.kept(found.folder, found.stored, found.sha256, found.secret)
    return attachment(content, media_type=found.media_type, name=found.name)


def reader_of(request: HttpRequest) -> str:
    """What a browser is known by where it shows no cookie."""
    return f"{address_of(request)} {request.headers.get('User-Agent', '')}"


def address(handed: Handed, reader: str) -> str:
    """The sealed part of the address; it opens to this reader only."""
    return vault.seal("handing", "file", reader, msgspec.json.encode(handed).decode()).translate(TO_PATH)


def opened(written: str, reader: str, now: float) -> Handed:
    """What an address leads to."""
    try:
        handed = msgspec.json.decode(vault.unseal("handing", "file", reader, written[:LONGEST].translate(TO_SEAL)), type=Handed)
    except Exception as error:  # whatever was typed there: it was not sealed here, or for somebody else
        raise FileAddressOver from error
    if not now <= handed.until <= now + SECONDS:
        raise FileAddressOver
    return handed


def attachment(content: bytes, *, media_type: str, name: str) -> HttpResponse:
    """An answer that is a file: kept by nobody on the way, opened in no page of ours."""
    return HttpResponse(content, content_type=media_type, headers={
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
        "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store"})
