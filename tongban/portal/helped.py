"""Being helped at a counter: a code for the clerk, who helps me now, and the button that ends it (HALL-08)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.kernel import clock, parameters
from tongban.web.gate import actor_of, citizens, proved_lately
from tongban.web.pages import page, see_other


@proved_lately
@citizens
def help_me(request: HttpRequest) -> HttpResponse:
    """Show a code for the clerk, once; say who helps now; end it."""
    actor = actor_of(request)
    today = clock.today()
    minutes = parameters.value("identity.help_code_minutes", today)
    idle = parameters.value("identity.help_idle_seconds", today) // 60
    now = known.helping_of(actor.party or 0)
    if request.method == "POST" and "end" in request.POST and now is not None:
        identity.end_help(actor, key=now.id)
        return see_other(reverse("portal:help") + "?done=ended")
    if request.method == "POST" and (now is None or now.started_at is None):
        code = identity.ask_help(actor)
        return page(request, "portal/help.html", code=code, now=None, offered=False, minutes=minutes, idle=idle, done="")
    return page(request, "portal/help.html", code="", now=now if now and now.started_at else None,
                offered=bool(now and now.started_at is None), minutes=minutes, idle=idle, done=request.GET.get("done", ""))
