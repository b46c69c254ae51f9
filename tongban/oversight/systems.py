"""Who is told here who people are, or is believed: why, on what basis, and what that was assessed to mean for them (SEC-04)."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from tongban.identity import queries as identity
from tongban.identity.queries import AssessmentRow
from tongban.identity.types import Role
from tongban.oversight.frame import draw
from tongban.web.gate import staff
from tongban.web.jinja import date_short, datetime_short, say


@staff(Role.SUPERVISOR)
def systems(request: HttpRequest) -> HttpResponse:
    """The whole list; it is changed by two administrators at the machine, never here."""
    assessed = identity.assessments()
    return draw(
        request, "systems", section="", overdue=sum(each.overdue for each in assessed.values()),
        rows=[{"name": say(each.name), "purpose": say(each.purpose), "basis": each.basis, "scopes": ", ".join(each.scopes),
               "addresses": " ".join(each.redirects), "sector": each.sector, "kind": each.kind,
               "least": f"L{int(each.proofing)} S{int(each.strength)}", "since": datetime_short(each.confirmed_at),
               "assessed": _told(assessed.get(each.key))} for each in identity.clients()],
        sources=[{"name": say(each.name), "issuer": each.issuer, "basis": each.basis, "most": f"S{int(each.strength)}",
                  "since": datetime_short(each.confirmed_at), "assessed": _told(assessed.get(each.key))}
                 for each in identity.believed_sources()])


def _told(row: AssessmentRow | None) -> dict[str, Any] | None:
    """An assessment whole."""
    return {"purpose": row.purpose, "effect": row.effect, "measures": row.measures, "who": row.assessor, "on": date_short(row.assessed_on),
            "next": date_short(row.next_look), "overdue": row.overdue} if row else None
