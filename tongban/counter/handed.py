"""Where files come from at the desk: what the house made and what came over the gate, at an address that opens for a minute."""

from django.http import HttpRequest, HttpResponse

from tongban.documents.types import Folder
from tongban.web.gate import anyone
from tongban.web.handing import delivered


@anyone
def handed(request: HttpRequest, sealed: str) -> HttpResponse:
    """The file that a guarded page let this officer's browser through to."""
    return delivered(request, sealed, Folder.INSIDE, Folder.MADE)
