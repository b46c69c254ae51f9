"""Search in one's own words; each result says where, at which level, how and how fast (POR-06)."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import ItemRow
from tongban.catalogue.types.listings import ListedRow
from tongban.portal import listed
from tongban.portal.guides import forms_words, level_words, limit_words, trips_words
from tongban.portal.places import local_page, path_of, region_of
from tongban.search import queries as searching
from tongban.web.gate import anyone
from tongban.web.jinja import language, say

ROWS = 10
LAST_PAGE = 20
SHOWN = 100


@anyone
def search(request: HttpRequest) -> HttpResponse:
    """Results for what was typed, or help where there are none."""
    asked = request.GET.get("q", "")
    number = _page_number(request.GET.get("page", ""))
    only = path_of(request.GET.get("region", ""))
    online = request.GET.get("online") == "1"
    found = searching.find(
        asked, language="en" if language() == "en" else "zh-hans", near=region_of(request), online=online, limit=ROWS,
        region=only[-1].code if only else None, offset=(number - 1) * ROWS)
    kept = {"q": asked[:SHOWN], **({"region": only[-1].code} if only else {}), **({"online": "1"} if online else {})}
    shown_before = (number - 1) * ROWS
    known = found.exact if found.exact is not None else found.more_than or 0
    goes_on = found.rows and shown_before + len(found.rows) < known and number < LAST_PAGE
    return local_page(
        request, "portal/search.html", q=asked[:SHOWN], results=[result(row) for row in found.rows], found=found,
        first_href=_href(kept) if number > 1 else "",
        next_href=_href({**kept, "page": str(number + 1)}) if goes_on else "",
        chips=_chips(kept, only[-1].name if only else None), narrower=_narrower(kept, region_of(request)) if known > 1 else [],
        meant=_href({**kept, "q": found.did_you_mean}) if found.did_you_mean else "", popular=_popular(found.rows))


def result(row: ItemRow | ListedRow) -> dict[str, Any]:
    """One line of results."""
    if isinstance(row, ListedRow):
        return listed.result(row)
    return {"title": say(row.name), "href": reverse("portal:guide", args=[row.code]), "text": say(row.summary),
            "facts": [say(row.region_name), level_words(row.level), limit_words(row.promised_limit),
                      trips_words(row.visits), forms_words(row.handling_forms)]}


def _page_number(written: str) -> int:
    return min(max(int(written[:4]), 1), LAST_PAGE) if written.isascii() and written.isdigit() else 1


def _href(kept: dict[str, str]) -> str:
    return f"{reverse('portal:search')}?{urlencode(kept)}"


def _chips(kept: dict[str, str], region: Any) -> list[dict[str, str]]:
    """What narrows the results now; following one takes it away."""
    named = {"region": say(region) if region else "", "online": _("Can be done online")}
    return [{"label": named[name], "href": _href({key: value for key, value in kept.items() if key != name})}
            for name in ("region", "online") if name in kept]


def _narrower(kept: dict[str, str], home: str) -> list[dict[str, str]]:
    """What could narrow the results further."""
    offered = [] if "online" in kept else [{"label": _("Only what can be done online"),
                                            "href": _href({**kept, "online": "1"})}]
    if home and "region" not in kept:
        offered.append({"label": _("Only what can be used in my area"), "href": _href({**kept, "region": home})})
    return offered


def _popular(rows: tuple[ItemRow | ListedRow, ...]) -> list[dict[str, str]]:
    """What others ask for most, where nothing was found."""
    return [] if rows else [{"title": say(row.name), "href": reverse("portal:guide", args=[row.code])}
                            for row in catalogue.popular(5)]
