"""My authorisations: which systems I let know what of me, since when, and the way to take it back (IDN-17)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import GrantNotYours
from tongban.portal.granted_words import words_of
from tongban.web.gate import actor_of, citizens
from tongban.web.jinja import datetime_short, say
from tongban.web.pages import page, see_other


@citizens
def authorisations(request: HttpRequest) -> HttpResponse:
    """The list, those in force first; withdrawing one ends what the system holds at once."""
    actor = actor_of(request)
    if request.method == "POST":
        wanted = request.POST.get("withdraw", "")
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 18):
            raise GrantNotYours
        identity.withdraw_grant(actor, grant=int(wanted))
        return see_other(f"{reverse('portal:authorisations')}?done=withdrawn")
    rows = [_line(each) for each in known.grants_of(actor.account)]
    return page(request, "portal/authorisations.html", done=request.GET.get("done", ""),
                held=[each for each in rows if each["held"]], past=[each for each in rows if not each["held"]])


def _line(row: known.GrantRow) -> dict[str, Any]:
    used = _("Last used {at}").format(at=datetime_short(row.used_at)) if row.used_at else _("Not used so far")
    return {"key": row.key, "name": say(row.name), "purpose": say(row.purpose), "told": words_of(row.scopes),
            "held": row.withdrawn_at is None, "since": datetime_short(row.given_at), "used": used,
            "until": datetime_short(row.withdrawn_at) if row.withdrawn_at else ""}
