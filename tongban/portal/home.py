"""The start page: search first, then the stages of life, what is asked for most, and one's own case."""

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.cases import queries as cases
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import ItemRow
from tongban.identity.types import Actor, ActorKind
from tongban.portal import timeline
from tongban.portal.guides import promise_tag
from tongban.portal.places import local_page
from tongban.web.gate import anyone
from tongban.web.jinja import datetime_short, say

MOST_USED = 10


@anyone
def home(request: HttpRequest) -> HttpResponse:
    """Ask what needs to be done."""
    actor = getattr(request, "actor", None)
    return local_page(request, "portal/home.html", running=_running(actor) if actor else None,
                      drafts=_drafts(actor) if actor else [], stages=_stages(),
                      tries=_tries(), most_used=[_line(row) for row in catalogue.popular(MOST_USED)],
                      total=catalogue.counts().total, demanded=catalogue.counts().demanded)


def _running(actor: Actor) -> dict[str, Any] | None:
    """The newest case of the reader if it still runs."""
    newest = cases.cases_of(actor.parties, limit=1) if actor.kind is ActorKind.CITIZEN else []
    if not newest or not newest[0].state.is_open:
        return None
    status, tone = timeline.status_words(newest[0])
    return {"title": newest[0].item_name, "status": status, "tone": tone, "line": timeline.upcoming(newest[0]),
            "href": reverse("portal:case", args=[newest[0].number])}


def _drafts(actor: Actor) -> list[dict[str, str]]:
    """The draft the reader wrote in last, if it is not sent yet."""
    return [{"title": say(catalogue.guide(each.item_code).name), "href": reverse("portal:draft", args=[each.key]),
             "line": _("Saved {at}").format(at=datetime_short(each.updated_at))}
            for each in cases.drafts_of(actor.reach, limit=1)]


def _stages() -> list[dict[str, str]]:
    """The stages of life for which there are services."""
    counts = catalogue.counts().life_stages
    return [{"title": say(each.name), "text": say(each.hint), "href": f"{reverse('portal:services')}?stage={each.code}"}
            for each in catalogue.themes().life_stages if counts.get(each.code)]


def _tries() -> list[dict[str, str]]:
    asked = (_("open a restaurant"), _("housing fund"), _("disability card"), _("old-age allowance"))
    return [{"label": each, "href": f"{reverse('portal:search')}?q={quote(each)}"} for each in asked]


def _line(row: ItemRow) -> dict[str, Any]:
    return {"title": say(row.name), "href": reverse("portal:guide", args=[row.code]), **promise_tag(row)}
