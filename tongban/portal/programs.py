"""Programs that act for me: keys for the open interface, given out, listed and withdrawn by whoever they act for."""

import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.types import Actor
from tongban.web.gate import actor_of, citizens, proved_lately
from tongban.web.jinja import datetime_short
from tongban.web.pages import page, see_other

DAYS = (1, 30, 90)


@proved_lately
@citizens
def programs(request: HttpRequest) -> HttpResponse:
    """The keys in force; a new one is shown once, right after it was made."""
    actor = actor_of(request)
    if withdrawn := request.POST.get("withdraw", "").replace("\x00", "-"):
        identity.withdraw_key(actor, key=withdrawn)
        return see_other(reverse("portal:programs"))
    if request.method != "POST":
        return _shown(request, actor)
    key, days = _asked_for(actor, request.POST.get("new", "")), request.POST.get("days", "")
    if not key or days not in map(str, DAYS):
        return _shown(request, actor, problems=[{"href": "#days-1", "message": _("Say how long the key is to work.")}])
    made = identity.give_key(actor, token=request.COOKIES[settings.SESSION_COOKIE_NAME], key=key, days=int(days))
    return _shown(request, actor, given=key if made else "", told_before=not made)


def _shown(request: HttpRequest, actor: Actor, *, given: str = "", told_before: bool = False,
           problems: list[dict[str, Any]] | None = None) -> HttpResponse:
    rows = [{"title": _("Given out {at}").format(at=datetime_short(each.opened_at)), "key": each.key, "text": _use(each)}
            for each in known.keys_of(actor.account)]
    new = signing.dumps([actor.account, secrets.token_urlsafe(32)], salt="program")
    return page(request, "portal/programs.html", rows=rows, given=given, told_before=told_before, new=new,
                problems=problems or [], status=422 if problems else 200,
                choices=[{"value": str(days), "label": ngettext("%(num)d day", "%(num)d days", days) % {"num": days}}
                         for days in DAYS])


def _use(row: known.KeyRow) -> str:
    until = datetime_short(row.expires_at)
    if row.used_at is None:
        return _("Not used so far, works until {end}.").format(end=until)
    return _("Last used {used}, works until {end}.").format(used=datetime_short(row.used_at), end=until)


def _asked_for(actor: Actor, written: str) -> str:
    """The key a form of this account carries, not in force until it is given; empty if the form was not ours."""
    try:
        account, key = signing.loads(written, salt="program", max_age=3600)
    except signing.BadSignature:
        return ""
    return str(key) if account == actor.account else ""
