"""The public record: what it is, its files for whoever wants to check it, and a person's own entries with their proofs."""

import base64
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from tongban.cases import queries as cases
from tongban.cases.access import case_to_read
from tongban.kernel.errors import NotFound
from tongban.ledger import actions
from tongban.ledger import queries as ledger
from tongban.ledger.rules import written_key
from tongban.ledger.types import Answer, NoteKey, Verdict
from tongban.portal import timeline
from tongban.portal.places import local_page
from tongban.web.gate import actor_of, also_helped, anyone, citizens
from tongban.web.jinja import datetime_short
from tongban.web.pages import page

PLAIN = "text/plain; charset=utf-8"
FOR_GOOD = "public, max-age=31536000, immutable"
SIZE = "text/x.tlog.size"
LARGEST_SUBMISSION = 32 * 1024
STATUSES = {Verdict.COSIGNED: 200, Verdict.UNKNOWN: 404, Verdict.UNSIGNED: 403, Verdict.MOVED: 409, Verdict.FORKED: 409,
            Verdict.UNPROVED: 422}
TOOLS = {"verify.py": "text/x-python; charset=utf-8", "verify.html": "text/html; charset=utf-8"}


class NotOnTheShelf(NotFound):
    """The public record has no such file."""


class NotEntered(NotFound):
    """There is no such entry, or it is not sealed yet. A new entry is sealed within half a minute."""


@anyone
def about(request: HttpRequest) -> HttpResponse:
    """What the record is, how it stands, and how to check a proof."""
    found, witnesses = ledger.shown(), ledger.witnesses()
    answer = local_page(request, "portal/record.html", standing=ledger.standing(), newest=found,
                        audit=ledger.last_audit(), gaps=ledger.gaps(), witnesses=witnesses,
                        signed=len(ledger.who_cosigned(found)) if found else 0)
    answer["Cache-Control"] = "no-store"
    return answer


@anyone
def shelf(request: HttpRequest, name: str) -> HttpResponse:
    """A tile or the newest checkpoint, as plain files (C2SP tlog-tiles)."""
    content = ledger.shelf(name)
    if content is None:
        raise NotOnTheShelf
    tile = name.startswith("tile/")
    return HttpResponse(content, content_type="application/octet-stream" if tile else PLAIN,
                        headers={"Cache-Control": FOR_GOOD if tile else "no-store"})


@anyone
def keys(request: HttpRequest) -> HttpResponse:
    """The public keys of this node's record, one a line."""
    return _lines(ledger.keys(ledger.standing().origin))


@anyone
def witnesses(request: HttpRequest) -> HttpResponse:
    """The public keys of those who cosign this node's record, one a line: to be compared with what they say themselves."""
    return _lines(each.key for each in ledger.witnesses())


@anyone
def witness_key(request: HttpRequest) -> HttpResponse:
    """The public keys by which this node cosigns records of others, one a line."""
    return _lines(ledger.witness_keys())


@csrf_exempt
@anyone
def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """Cosign the checkpoint of a record that this node witnesses (C2SP tlog-witness)."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    body = request.read(LARGEST_SUBMISSION + 1)
    answer = actions.cosign(body) if len(body) <= LARGEST_SUBMISSION else Answer(verdict=Verdict.MALFORMED)
    status = STATUSES.get(answer.verdict, 400)
    moved = status == 409
    return HttpResponse(f"{answer.size}\n" if moved else answer.line, status=status, content_type=SIZE if moved else PLAIN,
                        headers={"Cache-Control": "no-store"})


@anyone
def growth(request: HttpRequest, old: int) -> HttpResponse:
    """That the newest checkpoint continues an older one: the hashes of RFC 6962, one a line."""
    newest = ledger.newest()
    if newest is None or not 0 < old <= newest.size:
        raise NotOnTheShelf
    lines = "".join(base64.b64encode(each).decode() + "\n" for each in ledger.growth(old))
    return HttpResponse(lines, content_type=PLAIN, headers={"Cache-Control": "no-store"})


@anyone
def tool(request: HttpRequest, name: str) -> HttpResponse:
    """The programs that check a proof without us, to keep and to run offline."""
    if name not in TOOLS:
        raise NotOnTheShelf
    return HttpResponse(_tool(name), content_type=TOOLS[name],
                        headers={"Content-Disposition": f'attachment; filename="{name}"'})


@also_helped
@citizens
def entries(request: HttpRequest, number: str) -> HttpResponse:
    """What the record holds of a case, each entry with its proof."""
    case = case_to_read(actor_of(request), number)
    words = {event.id: timeline.words(event) for event in cases.timeline(number)}
    rows = [_line(number, entry, words) for entry in ledger.entries_of(number)]
    return page(request, "portal/entries.html", number=case.number, name=case.item_name, rows=rows,
                waiting=any(not row["proof"] for row in rows))


@also_helped
@citizens
def proof(request: HttpRequest, number: str, position: int) -> HttpResponse:
    """The proof of one entry of one's own case (C2SP tlog-proof)."""
    case_to_read(actor_of(request), number)
    mine = {entry.position for entry in ledger.entries_of(number)}
    found = ledger.proof(position) if position in mine else None
    if found is None:
        raise NotEntered
    name = f"tongban-{number}-{position}.tlog-proof"
    return HttpResponse(found, content_type=PLAIN, headers={"Content-Disposition": f'attachment; filename="{name}"',
                                                            "Cache-Control": "no-store"})


def _line(number: str, entry: Any, words: dict[int, str]) -> dict[str, Any]:
    sealed = entry.sealed_at is not None
    return {"what": words.get(entry.event, entry.name), "at": datetime_short(entry.at), "position": entry.position,
            "sealed": datetime_short(entry.sealed_at) if sealed else _("being sealed"),
            "proof": reverse("portal:entry_proof", args=[number, entry.position]) if sealed else ""}


def _lines(keys: Iterable[NoteKey]) -> HttpResponse:
    return HttpResponse("".join(written_key(key) + "\n" for key in keys), content_type=PLAIN,
                        headers={"Cache-Control": "no-store"})


@lru_cache(maxsize=4)
def _tool(name: str) -> bytes:
    found: bytes = (settings.ROOT / "verify" / name).read_bytes()
    return found
