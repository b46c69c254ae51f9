"""Listed items: what is known of a service that another system names and nobody can apply for here."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.catalogue import queries as catalogue
from tongban.catalogue.errors import ListedItemUnknown
from tongban.catalogue.rules.reading import is_known
from tongban.catalogue.types import Pace
from tongban.catalogue.types.listings import ListedItem, ListedRow
from tongban.portal import listed_words as words
from tongban.portal.guides import forms_words, level_words, not_a_code, power_words, visits_words
from tongban.portal.places import local_page, path_of
from tongban.web.gate import anyone
from tongban.web.jinja import say

ROWS = 20
CODE = re.compile("L[0-9A-F]{15}")


@anyone
def services(request: HttpRequest) -> HttpResponse:
    """Listed items by name, of an area and a department if they are chosen."""
    counts = catalogue.listed_counts()
    path = path_of(request.GET.get("region", ""))
    region = path[-1].code if path else ""
    here = {name: count for (code, name), count in counts.departments.items() if not region or code == region}
    department = request.GET.get("department", "")
    department = department if department in here else ""
    after = request.GET.get("after", "")
    found = catalogue.listed_items(region=region, department=department, limit=ROWS,
                                   after=after if CODE.fullmatch(after) else "")
    first = listed_href(region, department)
    return local_page(
        request, "portal/listed_services.html", results=[result(row) for row in found.rows], total=counts.total,
        chips=_chips(path, department), first_href=first if after else "",
        next_href=listed_href(region, department, found.after) if found.after else "",
        exact=len(found.rows) if not after and not found.after else None,
        areas=_areas() if not region else [], departments=[] if department or not region else [
            {"title": name, "href": listed_href(region, name), "tag": str(count)} for name, count in here.items()
            if name])


@anyone
def service(request: HttpRequest, code: str) -> HttpResponse:
    """One listed item: what the source says, what it does not, and where to go."""
    if not CODE.fullmatch(code):
        raise not_a_code(code, ListedItemUnknown)
    item = catalogue.listed_item(code)
    texts, written = item.listing.texts, json.loads(item.raw)
    facts, where, materials = fact_rows(item), where_rows(item), words.material_rows(item)
    lists = {_("What to prepare"): materials, _("Who may apply"): texts.get("conditions", ()),
             _("How it goes"): texts.get("steps", ()), _("Legal basis"): texts.get("legal_basis", ())}
    unsaid = [*(row["label"] for row in (*where, *facts) if not row["value"]), *(name for name, said in lists.items() if not said)]
    return local_page(
        request, "portal/listed_service.html", item=item, row=item.row, unsaid=_(", ").join(unsaid),
        facts=[row for row in facts if row["value"]], where=[row for row in where if row["value"]],
        materials=materials, conditions=texts.get("conditions", ()), steps=[
            {"title": step} for step in texts.get("steps", ())], basis=texts.get("legal_basis", ()),
        others=words.other_rows(item), origin=words.origin_rows(item), record=[
            {"cells": [name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)]}
            for name, value in written.items() if is_known(name)],
        withheld=sum(not is_known(name) for name in written), source=web_address(item.listing.url),
        alike=f"{reverse('portal:search')}?{urlencode({'q': item.row.name.zh[:100]})}")


def result(row: ListedRow) -> dict[str, Any]:
    """One line of a list of results."""
    facts = [say(row.region_name) if row.region_name else "", level_words(row.level) if row.level else "",
             power_words(row.power_type) if row.power_type else ""]
    return {"title": say(row.name), "href": reverse("portal:listed_service", args=[row.code]),
            "text": _("Listed only: you cannot apply for it here. Department: {name}").format(
                name=row.department or _("the source does not say")),
            "facts": [fact for fact in facts if fact]}


def listed_href(region: str = "", department: str = "", after: str = "") -> str:
    """The list of an area and a department."""
    kept = {name: value for name, value in (("region", region), ("department", department), ("after", after)) if value}
    return reverse("portal:listed_services") + (f"?{urlencode(kept)}" if kept else "")


def fact_rows(item: ListedItem) -> list[dict[str, str]]:
    """What people ask first, each with the answer, the source's own words, or nothing where it does not say."""
    one, row = item.listing, item.row
    paces = {Pace.INSTANT: _("On the spot"), Pace.TERM: _("Within a time limit"), Pace.OTHER: _("Otherwise")}
    return [
        _fact(item, _("Whom it is for"), "text:target", one.texts.get("target"), "; ".join),
        _fact(item, _("Kind of power"), "power_type", row.power_type, power_words),
        _fact(item, _("Level"), "level", row.level, level_words),
        _fact(item, _("How it is done"), "pace", one.pace, lambda pace: paces[pace]),
        _fact(item, _("Promised time"), "promised", one.promised, words.limits),
        _fact(item, _("Legal time limit"), "statutory", one.statutory, words.limits),
        _fact(item, _("Visits"), "visits", one.visits if one.visits is not None else (), visits_words),
        _fact(item, _("Fee"), "fee", one.fee, words.fee),
        _fact(item, _("Ways to apply"), "forms", one.forms, forms_words),
        _fact(item, _("Result"), "text:result", one.texts.get("result"), "; ".join),
    ]


def where_rows(item: ListedItem) -> list[dict[str, str]]:
    """Whom to ask and where to go."""
    one, row = item.listing, item.row
    department = _fact(item, _("Department"), "department", row.department, str)
    if item.authority_name and department["value"]:
        department["note"] = _("Known here as {name}").format(name=say(item.authority_name))
    return [
        department,
        _fact(item, _("Where it applies"), "area_name" if one.area_name else "area", row.region_name, say),
        _fact(item, _("Counter"), "text:address", one.texts.get("address"), "; ".join),
        _fact(item, _("Opening hours"), "hours", one.hours, words.hours),
        _fact(item, _("Ask"), "phones", one.phones, words.phones),
        _fact(item, _("Complain"), "complaints", one.complaints, words.phones),
    ]


def web_address(written: str) -> str:
    """The address if a browser may be sent there."""
    address = written.split(maxsplit=1)[0] if written.split() else ""
    return address if address.startswith(("http://", "https://")) else ""


def _fact(item: ListedItem, label: str, about: str, value: Any, shown: Callable[[Any], str]) -> dict[str, str]:
    own = [each.value for each in item.unread if each.about == about]
    if value not in (None, "", ()):
        judged = about in words.judged(item)
        return {"label": label, "value": shown(value),
                "note": _("Not from the source: judged by whoever made the list") if judged else ""}
    if own:
        return {"label": label, "value": " / ".join(own), "note": _("In the source's own words; we could not read them")}
    return {"label": label, "value": "", "note": ""}


def _chips(path: Iterable[Any], department: str) -> list[dict[str, str]]:
    last = [*path][-1:]
    chips = [{"label": say(each.name), "href": listed_href()} for each in last]
    return [*chips, *([{"label": department, "href": listed_href(last[0].code if last else "")}] if department else [])]


def _areas() -> list[dict[str, str]]:
    """Areas with listed items, the fullest first."""
    counts = catalogue.listed_counts().regions
    found = []
    for code, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        found.append({"title": " · ".join(say(each.name) for each in path_of(code)), "href": listed_href(code),
                      "tag": str(count)})
    return found
