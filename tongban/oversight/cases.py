"""Lists of cases: what a figure is made of, a state, or all; no applicant is named in them."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext

from tongban.authorities import queries as authorities
from tongban.cases import queries
from tongban.cases.queries import CaseRow, Figure
from tongban.cases.types import State
from tongban.catalogue import queries as catalogue
from tongban.identity.types import Role
from tongban.oversight.frame import chosen, draw, first_page, key_in, link, office_options, offices, pages
from tongban.oversight.periods import LABELS, Period, period_of
from tongban.oversight.words import FIGURES, over_since, share_words
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import date_short, day_short, say
from tongban.web.words import STATES

CODES = {"item": re.compile("[0-9A-Z]{31}"), "region": re.compile("[0-9]{12}")}
OF_NOW = (Figure.OPEN, Figure.OVERDUE, Figure.OVERDUE_BY_LAW)


@staff(Role.SUPERVISOR)
def cases(request: HttpRequest) -> HttpResponse:
    """The cases behind a figure, counted exactly, or those in a state (ANA-01)."""
    keys, named = chosen(request)
    period, (figure, state) = period_of(request), _shown(request)
    show = f"figure-{figure.lower()}" if figure else f"state-{state.lower()}" if state else ""
    only = _narrowed(request)
    query = {"show": show, "authority": named, "period": period.span, **only}
    before = key_in(request, "before")
    if figure:
        counted = {row.authority: row.counts[figure] for row in queries.figures_by_authority(
            since=period.since, until=period.until, authorities=keys, **only) if row.counts[figure]}
        found = first_page(lambda last, limit: _behind(figure, tuple(counted), period, only, last, limit), before)
        exact = sum(counted.values())
    else:
        states = [state] if state else []
        found = first_page(lambda last, limit: queries.cases_at(keys, states=states, before=last, limit=limit), before)
        exact = None
    title, meaning = _told(figure, state, period)
    known = offices(sorted({row.authority for row in found.rows}))
    return draw(
        request, "cases", section="cases", title=title, meaning=meaning,
        counted=None if exact is None else ngettext("{count} case", "{count} cases", exact).format(count=f"{exact:,}"),
        show=show, authority=named or "", only=only, narrowed_to=_of(only) if figure else "",
        period=period, period_shown=bool(figure and figure not in OF_NOW), office=offices(keys)[named] if named else "",
        rows=[_row(row, known, late=figure is Figure.OVERDUE) for row in found.rows], several=len(keys) > 1,
        pager=pages(request, found, route="cases", exact=exact, **query), shows=_shows(),
        offices=office_options(actor_of(request)),
        periods=[{"value": str(span), "label": label} for span, label in LABELS.items()])


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


def _of(only: dict[str, str]) -> str:
    """What the list is narrowed to, in words."""
    names = {code: row.name for code, row in catalogue.items_by_code([only["item"]]).items()} if "item" in only else {}
    regions = authorities.region_names([only["region"]]) if "region" in only else {}
    return gettext(", ").join([*(say(name) for name in names.values()), *(say(name) for name in regions.values())])


def _behind(figure: Figure, keys: Sequence[int], period: Period, only: dict[str, str], before: int | None,
            limit: int) -> list[CaseRow]:
    """The cases of several authorities in one order, newest first."""
    found = [row for key in keys for row in queries.cases_behind(
        figure, authority=key, since=period.since, until=period.until, before=before, limit=limit, **only)]
    return sorted(found, key=lambda row: -row.id)[:limit]


def _told(figure: Figure | None, state: State | None, period: Period) -> tuple[str, str]:
    if figure:
        title, meaning = FIGURES[figure]
        return str(title), str(meaning).format(since=date_short(period.since), until=date_short(period.until))
    if state:
        return str(STATES[state][0]), gettext("Cases that are in this state now.")
    return gettext("All cases"), gettext("Every case of the authorities you supervise, newest first.")


def _row(row: CaseRow, known: Any, *, late: bool) -> dict[str, Any]:
    """A case as a line; `late`: the list is of overdue cases, so each says by how much."""
    words, tone = STATES[row.state]
    due = row.due_at or row.promised_due_at
    return {"number": row.number, "href": link("case", row.number), "item": say(row.item_name),
            "over": over_since(row.promised_due_at) if late and row.promised_due_at else "",
            "office": known[row.authority], "state": words, "tone": tone, "received": day_short(row.submitted_at),
            "due": day_short(due - due.resolution) if due else "–",
            "finished": day_short(row.completed_at) if row.completed_at else "", "used": share_words(_used(row))}


def _used(row: CaseRow) -> Fraction | None:
    """The share of the promised time a finished case took, by elapsed time, as in the average."""
    if row.state not in (State.COMPLETED, State.DELIVERED) or not (
            row.accepted_at and row.completed_at and row.promised_due_at):
        return None
    total = row.promised_due_at - row.accepted_at
    return Fraction((row.completed_at - row.accepted_at) / total) if total else None


def _shows() -> list[dict[str, Any]]:
    return [{"value": "", "label": gettext("All cases")},
            *({"value": f"figure-{figure.lower()}", "label": title} for figure, (title, _words) in FIGURES.items()),
            *({"value": f"state-{state.lower()}", "label": gettext("State: {state}").format(state=words)}
              for state, (words, _tone) in STATES.items())]


