"""How promises are kept: early, on time and late, by item, authority and region, with the shares of time used."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from tongban.authorities import queries as authorities
from tongban.cases import queries
from tongban.cases.queries import Figure, Grouping, KeptRow
from tongban.catalogue import queries as catalogue
from tongban.identity.types import Role
from tongban.oversight.frame import draw, item_name, link, linked, offices, supervised
from tongban.oversight.periods import LABELS, Period, period_of
from tongban.oversight.words import percent, share_words
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import date_short, say
from tongban.web.words import Words

GROUPS: Mapping[Grouping, tuple[Words, Words]] = {
    Grouping.ITEM: (_("By service"), _("Service")), Grouping.AUTHORITY: (_("By authority"), _("Authority")),
    Grouping.REGION: (_("By region"), _("Region")),
}
SHOWN = 200


@staff(Role.SUPERVISOR)
def promises(request: HttpRequest) -> HttpResponse:
    """The rates of early, timely and late results, and the time used of promise and law (TIM-12)."""
    keys, period, by = supervised(actor_of(request)), period_of(request), _group(request)
    rows = queries.promises_kept(by, since=period.since, until=period.until, authorities=keys, limit=SHOWN + 1)
    names = _names(by, [row.key for row in rows[:SHOWN]])
    return draw(
        request, "promises", section="home", period=period, rows=[_cells(row, by, names, period) for row in rows[:SHOWN]],
        first=GROUPS[by][1], more=len(rows) > SHOWN, shown=SHOWN, since=date_short(period.since), until=date_short(period.until),
        groups=[{"label": label, "href": link("promises", by=each, period=period.span), "current": each is by}
                for each, (label, _one) in GROUPS.items()],
        periods=[{"label": label, "href": link("promises", by=by, period=span), "current": span is period.span}
                 for span, label in LABELS.items()])


def _group(request: HttpRequest) -> Grouping:
    asked = request.GET.get("by", "")
    return Grouping(asked) if asked in set(Grouping) else Grouping.ITEM


def _names(by: Grouping, keys: Sequence[str]) -> Mapping[str, str]:
    if by is Grouping.AUTHORITY:
        return {str(key): name for key, name in offices([int(key) for key in keys]).items()}
    if by is Grouping.REGION:
        return {code: say(name) for code, name in authorities.region_names(list(keys)).items()}
    found = {code: row.name for code, row in catalogue.items_by_code(keys).items()}
    return {code: item_name(found, code) for code in keys}


def _cells(row: KeptRow, by: Grouping, names: Mapping[str, str], period: Period) -> dict[str, Any]:
    def behind(figure: Figure, count: int) -> SafeString:
        if not count:
            return format_html('<span class="none">{}</span>', 0)
        href = link("cases", show=f"figure-{figure.lower()}", period=period.span, **{str(by): row.key})
        return format_html('{} <small class="meta">{}</small>', linked(count, href), percent(count, row.finished))

    return {"cells": [names.get(row.key, row.key),
                      linked(row.finished, link("cases", show="figure-finished", period=period.span, **{str(by): row.key})),
                      behind(Figure.EARLY, row.early), behind(Figure.ON_TIME, row.on_time), behind(Figure.LATE, row.late),
                      share_words(row.promise_used), share_words(row.law_used), share_words(row.promise_of_law)]}
