"""Handing in files, before the application that names them."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from tongban.api.entry import CITIZENS, MULTIPART, Door, caller
from tongban.api.errors import NotValid
from tongban.api.faults import LONGEST, fault
from tongban.api.firms import party_of
from tongban.api.routes import reply, route
from tongban.api.types import APPLICANT, DocumentView
from tongban.documents import actions as documents
from tongban.web.uploads import uploaded

LARGEST = 32 * 1024 * 1024
FIELDS: dict[str, Any] = {
    "type": "object", "required": ["file"], "additionalProperties": False,
    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"},
                   "applicant": {"type": "string", "pattern": APPLICANT, "default": "self"}},
}


@route("documents", door=Door(gate=CITIZENS, method="POST", media_type=MULTIPART, limit=LARGEST), takes=FIELDS,
       returns={201: DocumentView})
def hand_in(request: HttpRequest) -> HttpResponse:
    """Hand in one PDF, JPG, PNG or OFD file for yourself or for a firm you act for."""
    actor = caller(request)
    file = uploaded(request, "file")
    unknown = [name for name in (*request.POST, *request.FILES) if name not in FIELDS["properties"]]
    doubled = [name for name in FIELDS["properties"]
               if len(request.POST.getlist(name)) + len(request.FILES.getlist(name)) > 1]
    if file is None or unknown or doubled:
        raise NotValid([*(fault(name[:LONGEST], "unknown") for name in unknown),
                        *(fault(name, "doubled") for name in doubled),
                        *([] if file is not None else [fault("file", "required")])])
    party = party_of(actor, request.POST.get("applicant", "self"))
    kept = documents.keep_upload(actor, party=party, file=file)
    return reply(DocumentView(id=kept.id, name=kept.name, media_type=kept.media_type, size=kept.size,
                              pages=kept.pages, sha256=kept.sha256), status=201)
