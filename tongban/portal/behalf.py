"""For whom a page is: whoever acts for somebody else reads their name above everything."""

from django.http import HttpRequest

from tongban.cases.access import OpenDraft, draft_to_read
from tongban.identity import queries as identity
from tongban.identity.queries import PartyView
from tongban.web.gate import actor_of
from tongban.web.jinja import language


def note(request: HttpRequest, applicant: int) -> None:
    """Let the page say for whom the caller acts; nothing where it is themselves."""
    if applicant != actor_of(request).party and (party := party_of(request, applicant)) is not None:
        request.behalf = (party.name_en if language() == "en" else "") or party.name  # type: ignore[attr-defined]


def party_of(request: HttpRequest, applicant: int) -> PartyView | None:
    """A party that a page is about, read once."""
    kept: dict[int, PartyView | None] = request.__dict__.setdefault("applicants", {})
    if applicant not in kept:
        kept[applicant] = identity.party(applicant)
    return kept[applicant]


def read_draft(request: HttpRequest, key: str) -> OpenDraft:
    """A draft the caller may read, whose page says for whom it is."""
    found = draft_to_read(actor_of(request), key)
    request.item = found.item_code  # type: ignore[attr-defined]
    note(request, found.applicant)
    return found
