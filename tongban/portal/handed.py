"""Where files come from: an address that worked a minute ago for one browser, and needs nothing else."""

from django.http import HttpRequest, HttpResponse

from tongban.documents.types import Folder
from tongban.web.gate import anyone
from tongban.web.handing import delivered


@anyone
def handed(request: HttpRequest, sealed: str) -> HttpResponse:
    """The file that a guarded page let this person's browser through to."""
    return delivered(request, sealed, Folder.FILES, Folder.MADE)
