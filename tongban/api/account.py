"""Who the caller is."""

from django.http import HttpRequest, HttpResponse

from tongban.api.entry import CITIZENS, Door, caller
from tongban.api.routes import reply, route
from tongban.api.types import ActorView, FirmView
from tongban.identity import queries as identity


@route("me", door=Door(gate=CITIZENS), returns={200: ActorView})
def me(request: HttpRequest) -> HttpResponse:
    """Whose key this is, and the firms they may act for."""
    actor = caller(request)
    firms = [party for key in actor.entities if (party := identity.party(key))]
    return reply(ActorView(name=actor.display, proofing=int(actor.proofing), channel=actor.channel,
                           firms=tuple(FirmView(uscc=each.code, name=each.name) for each in firms)))
