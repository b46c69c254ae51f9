"""Programs that act for me: keys for the open interface, given out, listed and withdrawn by whoever they act for."""

import secrets
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.types import Actor
from tongban.web.gate import actor_of, citizens
from tongban.web.jinja import datetime_short
from tongban.web.pages import page, see_other

DAYS = (1, 30, 90)


@citizens
def programs(request: HttpRequest) -> HttpResponse:
    """The keys in force; a new one is shown once, right after it was made."""
    actor = actor_of(request)
    given = ""
    if withdrawn := request.POST.get("withdraw", ""):
        identity.withdraw_key(actor, key=withdrawn)
        return see_other(reverse("portal:programs"))
    if request.method == "POST":
        given = _activated(actor, request.POST.get("new", ""), request.POST.get("days", ""))
        if not given:
            return _shown(request, actor, problems=[{"href": "#days-1", "message": _("Say how long the key is to work.")}])
    return _shown(request, actor, given=given)


def _shown(request: HttpRequest, actor: Actor, *, given: str = "",
           problems: list[dict[str, Any]] | None = None) -> HttpResponse:
    rows = [{"title": _("Given out {at}").format(at=datetime_short(each.opened_at)), "key": each.key,
             "text": _("Last used {used}, works until {end}.").format(
                 used=datetime_short(each.last_seen_at), end=datetime_short(each.expires_at))}
            for each in known.keys_of(actor.account)]
    new = signing.dumps([actor.account, secrets.token_urlsafe(32)], salt="program")
    return page(request, "portal/programs.html", rows=rows, given=given, new=new, problems=problems or [],
                choices=[{"value": str(days), "label": ngettext("%(num)d day", "%(num)d days", days) % {"num": days}}
                         for days in DAYS], status=422 if problems else 200)


def _activated(actor: Actor, written: str, days: str) -> str:
    """The key a form carried, now in force; sent twice it is still one key. Empty if the form was not ours or not whole."""
    try:
        account, key = signing.loads(written, salt="program", max_age=3600)
    except signing.BadSignature:
        return ""
    if account != actor.account or days not in map(str, DAYS):
        return ""
    identity.give_key(actor, key=key, days=int(days))
    return str(key)
