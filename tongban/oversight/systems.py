"""Other systems that people sign in to with their account here: why, on what basis, and what each may be told."""

from django.http import HttpRequest, HttpResponse

from tongban.identity import queries as identity
from tongban.identity.types import Role
from tongban.oversight.frame import draw
from tongban.web.gate import staff
from tongban.web.jinja import datetime_short, say


@staff(Role.SUPERVISOR)
def systems(request: HttpRequest) -> HttpResponse:
    """The whole list; it is changed by two administrators at the machine, never here."""
    return draw(request, "systems", section="", rows=[
        {"name": say(each.name), "purpose": say(each.purpose), "basis": each.basis, "scopes": ", ".join(each.scopes),
         "addresses": " ".join(each.redirects), "sector": each.sector, "kind": each.kind,
         "least": f"L{int(each.proofing)} S{int(each.strength)}", "since": datetime_short(each.confirmed_at)}
        for each in identity.clients()])
