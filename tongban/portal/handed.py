"""Where files come from: an address that worked a minute ago for one browser, and needs nothing else."""

from django.http import HttpRequest, HttpResponse

from tongban.documents import access as documents
from tongban.kernel import clock
from tongban.web.gate import anyone
from tongban.web.handing import attachment, opened, reader_of


@anyone
def handed(request: HttpRequest, sealed: str) -> HttpResponse:
    """The file that a guarded page let this browser through to."""
    found = opened(sealed, reader_of(request), clock.of_this_machine().timestamp())
    return attachment(documents.kept(found.stored, found.sha256, found.secret), media_type=found.media_type, name=found.name)
