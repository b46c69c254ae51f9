"""Lists of cases: what a figure is made of, a state, or all; no applicant is named in them."""

import re
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext

from tongban.authorities import queries as authorities
from tongban.cases.queries import CaseRow, Figure
from tongban.cases.types import State
from tongban.catalogue import queries as catalogue
from tongban.identity.types import Role
from tongban.oversight.frame import chosen, draw, first_page, key_in, link, office_options, offices, pages
from tongban.oversight.periods import LABELS, period_of
from tongban.oversight.words import FIGURES, over_since, share_words
from tongban.supervision import queries
from tongban.supervision.rules import promise_used
from tongban.supervision.types import Listing
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import date_short, day_short, say
from tongban.web.words import STATES

CODES = {"item": re.compile("[0-9A-Z]{31}"), "region": re.compile("[0-9]{12}")}
OF_NOW = (Figure.OPEN, Figure.OVERDUE, Figure.OVERDUE_BY_LAW)


@staff(Role.SUPERVISOR)
def cases(request: HttpRequest) -> HttpResponse:
    """The cases behind a figure, counted exactly, or those in a state (ANA-01)."""
    keys, named = chosen(request)
    period, listing, query = period_of(request), listing_of(request), asked_for(request)
    figure, only, before = listing.figure, _narrowed(request), key_in(request, "before")
    exact = None
    if figure:
        counted = queries.counted(listing)
        listing, exact = replace(listing, authorities=tuple(counted)), sum(counted.values())
    found = first_page(lambda last, limit: queries.listed(listing, before=last, limit=limit), before)
    title, meaning = told(listing)
    known = offices(sorted({row.authority for row in found.rows}))
    return draw(
        request, "cases", section="cases", title=title, meaning=meaning,
        counted=None if exact is None else ngettext("{count} case", "{count} cases", exact).format(count=f"{exact:,}"),
        show=query["show"], authority=named or "", only=only, narrowed_to=narrowed_to(listing),
        period=period, period_shown=bool(figure and figure not in OF_NOW), office=offices(keys)[named] if named else "",
        take_href=link("export_new", **query),
        rows=[_row(row, known, late=figure == Figure.OVERDUE) for row in found.rows], several=len(keys) > 1,
        pager=pages(request, found, route="cases", exact=exact, **query), shows=_shows(),
        offices=office_options(actor_of(request)),
        periods=[{"value": str(span), "label": label} for span, label in LABELS.items()])


def listing_of(request: HttpRequest) -> Listing:
    """The list a link names."""
    keys, _named = chosen(request)
    figure, state = _shown(request)
    if not figure:
        return Listing(authorities=keys, state=state)
    period, only = period_of(request), _narrowed(request)
    return Listing(authorities=keys, figure=figure, since=period.since, until=period.until, item=only.get("item", ""),
                   region=only.get("region", ""))


def asked_for(request: HttpRequest) -> dict[str, Any]:
    """What a link to the same list says."""
    figure, state = _shown(request)
    show = f"figure-{figure.lower()}" if figure else f"state-{state.lower()}" if state else ""
    return {"show": show, "authority": chosen(request)[1], "period": period_of(request).span, **_narrowed(request)}


def _shown(request: HttpRequest) -> tuple[Figure | None, State | None]:
    kind, _, code = request.GET.get("show", "").partition("-")
    if kind == "figure" and code.upper() in set(Figure):
        return Figure(code.upper()), None
    if kind == "state" and code.upper() in set(State):
        return None, State(code.upper())
    return None, None


def _narrowed(request: HttpRequest) -> dict[str, str]:
    """The service and the region a link names; both only narrow what a figure is made of."""
    return {name: code for name, shape in CODES.items() if shape.fullmatch(code := request.GET.get(name, ""))}


def narrowed_to(listing: Listing) -> str:
    """The service and the region a list is narrowed to, in words."""
    names = {code: row.name for code, row in catalogue.items_by_code([listing.item]).items()} if listing.item else {}
    regions = authorities.region_names([listing.region]) if listing.region else {}
    return gettext(", ").join([*(say(name) for name in names.values()), *(say(name) for name in regions.values())])


def told(listing: Listing) -> tuple[str, str]:
    """What a list is called, and what is in it."""
    if listing.figure and listing.since and listing.until:
        title, meaning = FIGURES[Figure(listing.figure)]
        return str(title), str(meaning).format(since=date_short(listing.since), until=date_short(listing.until))
    if listing.state:
        return str(STATES[listing.state][0]), gettext("Cases that are in this state now.")
    return gettext("All cases"), gettext("Every case of the authorities you supervise, newest first.")


def _row(row: CaseRow, known: Any, *, late: bool) -> dict[str, Any]:
    """A case as a line; `late`: the list is of overdue cases, so each says by how much."""
    words, tone = STATES[row.state]
    due = row.due_at or row.promised_due_at
    ended = row.state in (State.COMPLETED, State.DELIVERED)
    used = promise_used(row.accepted_at, row.completed_at, row.promised_due_at) if ended else None
    return {"number": row.number, "href": link("case", row.number), "item": say(row.item_name),
            "over": over_since(row.promised_due_at) if late and row.promised_due_at else "",
            "office": known[row.authority], "state": words, "tone": tone, "received": day_short(row.submitted_at),
            "due": day_short(due - due.resolution) if due else "–",
            "finished": day_short(row.completed_at) if row.completed_at else "", "used": share_words(used)}


def _shows() -> list[dict[str, Any]]:
    return [{"value": "", "label": gettext("All cases")},
            *({"value": f"figure-{figure.lower()}", "label": title} for figure, (title, _words) in FIGURES.items()),
            *({"value": f"state-{state.lower()}", "label": gettext("State: {state}").format(state=words)}
              for state, (words, _tone) in STATES.items())]


