"""Which queue an officer works through, as the address carries it from the list into the case and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tongban.cases.queries import Place
from tongban.cases.types import Due, Order, Wanted
from tongban.kernel import clock
from tongban.web.words import CONTROL, Words
from tongban.workflows.types import Verb

LARGEST = 2**62
LONGEST_CODE = 40
MOMENT = "%Y%m%dT%H%M%S.%f"
CLOCKS: Mapping[Due, Words] = {
    Due.ANY: _("Any"), Due.OVERDUE: _("Overdue"), Due.TODAY: _("Due today"), Due.SOON: _("Due soon"),
    Due.STOPPED: _("Clock stopped"),
}
ACTS: Mapping[str, Words] = {
    Verb.ACCEPT: _("Acceptance"), Verb.EXAMINE: _("Examination"), Verb.INSPECT: _("Visit to the site"),
    Verb.DECIDE: _("Decision"),
}
ORDERS: Mapping[Order, Words] = {
    Order.DUE: _("Most urgent first"), Order.RECEIVED: _("Longest waiting first"), Order.NEWEST: _("Newest first"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A queue, where the page of it begins that was looked at, and the place of the case opened from there."""

    wanted: Wanted = field(default_factory=Wanted)
    at: Place | None = None
    on: Place | None = None

    def query(self, **more: str) -> str:
        """The query of an address that leads to it; empty for the whole of it from its beginning."""
        wanted = self.wanted
        names = {"view": wanted.due, "item": wanted.item, "act": wanted.act,
                 "corrected": "1" if wanted.corrected else "", "shared": "1" if wanted.shared else "",
                 "sort": wanted.order, "at": _written(self.at), "on": _written(self.on), **more}
        kept = {name: str(value) for name, value in names.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    def list_path(self) -> str:
        """The page of the list."""
        return reverse("counter:queue") + replace(self, on=None).query()

    def case_path(self, number: str, on: Place) -> str:
        """A case of it."""
        return reverse("counter:case", args=[number]) + replace(self, on=on).query()


def asked_in(request: HttpRequest) -> Asked:
    """The queue an address names; what makes no sense narrows nothing."""
    due, act, order = (request.GET.get(name, "") for name in ("view", "act", "sort"))
    return Asked(at=_place(request.GET.get("at", "")), on=_place(request.GET.get("on", "")), wanted=Wanted(
        due=Due(due) if due in set(Due) else Due.ANY, act=act if act in ACTS else "",
        item=CONTROL.sub("", request.GET.get("item", "")).replace("\n", "")[:LONGEST_CODE],
        corrected=request.GET.get("corrected") == "1", shared=request.GET.get("shared") == "1",
        order=Order(order) if order in set(Order) else Order.DUE))


def _written(place: Place | None) -> str:
    if place is None:
        return ""
    return f"{place.at.astimezone(clock.SHANGHAI).strftime(MOMENT) if place.at else ''}~{place.id}"


def _place(text: str) -> Place | None:
    """The place a link names; anything else is the beginning."""
    moment, _tilde, key = text.partition("~")
    if not (key.isascii() and key.isdigit() and len(key) < 20 and int(key) < LARGEST):
        return None
    try:
        return Place(at=datetime.strptime(moment, MOMENT).replace(tzinfo=clock.SHANGHAI) if moment else None, id=int(key))
    except ValueError:
        return None
