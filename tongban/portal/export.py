"""Everything we hold about a person, as one file they can keep and hand on (Personal Information Protection Law art. 45)."""

from collections.abc import Iterator
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.cases import queries as cases
from tongban.cases.access import case_to_read, draft_to_read
from tongban.identity import queries as identity
from tongban.identity.types import Actor
from tongban.kernel import clock, disclosures
from tongban.kernel.errors import NotPermitted
from tongban.licences import queries as licences
from tongban.messages import queries as messages
from tongban.web.gate import actor_of, citizens, proved_lately_to_read
from tongban.web.handing import attachment

PIECE = 200
MOST = 10_000
"""Rows of one kind: far beyond what a person has."""


@proved_lately_to_read
@citizens
def my_data(request: HttpRequest) -> HttpResponse:
    """One's own data as JSON; what a firm owns is not part of it."""
    content = msgspec.json.format(msgspec.json.encode(everything(actor_of(request))), indent=2)
    return attachment(content, media_type="application/json", name=f"tongban-{clock.today():%Y%m%d}.json")


def everything(actor: Actor) -> dict[str, Any]:
    """What is kept of the person behind an account, module by module."""
    if actor.party is None:
        raise NotPermitted
    own = [actor.party, *actor.merged]
    return {
        "made_at": clock.now(), "person": identity.party(actor.party),
        "signed_in": [{"browser": each.browser, "since": each.opened_at, "last_used": each.seen_at}
                      for each in identity.sessions_of(actor.account)],
        "programs": [{"given_out": each.opened_at, "last_used": each.used_at, "works_until": each.expires_at}
                     for each in identity.keys_of(actor.account)],
        "mandates": [_mandate(each, own) for each in identity.mandates_of(*own)],
        "systems": [{"name": each.name, "told": each.scopes, "since": each.given_at, "last_used": each.used_at,
                     "withdrawn": each.withdrawn_at} for each in identity.grants_of(actor.account)],
        "identities_elsewhere": [{"name": each.name, "since": each.linked_at, "last_used": each.used_at}
                                 for each in identity.links_of(actor.account)],
        "drafts": [_draft(actor, each.key) for each in cases.drafts_of(own, limit=MOST)],
        "cases": [_case(actor, each) for each in _all_cases(own)],
        "licences": [_without_keys(each) for each in licences.licences_of(own)],
        "messages": [_without_keys(each) for each in messages.inbox(own, limit=MOST)],
        "who_looked": [{"at": each.at, "role": each.role, "authority": each.authority, "reason": each.reason,
                        "fields": each.fields, "about": each.subject}
                       for party in own for each in disclosures.of_party(party, limit=MOST)],
    }


def _mandate(row: identity.MandateRow, own: list[int]) -> dict[str, Any]:
    """Who acts for whom; of the other side no more than its name."""
    return {"for": row.principal_name, "by": row.agent_name, "given_by_me": row.principal in own, "extent": row.terms.extent.name,
            "services": row.terms.items, "from": row.terms.valid_from, "to": row.terms.valid_to, "accepted": row.accepted_at}


def _all_cases(parties: list[int]) -> Iterator[cases.CaseRow]:
    last = None
    while rows := cases.cases_of(parties, before=last, limit=PIECE):
        yield from rows
        last = rows[-1].id


def _draft(actor: Actor, key: str) -> dict[str, Any]:
    found = draft_to_read(actor, key)
    return {"service": found.item_code, "answers": found.typed}


def _case(actor: Actor, row: cases.CaseRow) -> dict[str, Any]:
    case = case_to_read(actor, row.number)
    decision = cases.decision_of(case.id)
    return {
        **_without_keys(row), "answers": cases.answers_of(case),
        "materials": [{"name": each.name, "way": each.way, "file": each.file_name, "licence": each.licence,
                       "address": reverse("portal:file", args=[each.document]) if each.document else ""}
                      for each in cases.materials_of(case.id)],
        "decision": {"outcome": decision.kind, "reason": decision.reason, "at": decision.at} if decision else None,
        "happened": [{"what": each.name, "at": each.at, "by": each.role} for each in cases.timeline(row.number)],
    }


def _without_keys(row: object) -> dict[str, Any]:
    """A row without the numbers that mean something to our database alone."""
    inner = {"id", "document", "holder", "issuer", "applicant", "authority"}
    return {name: value for name, value in msgspec.to_builtins(row).items() if name not in inner}
