"""Incidents of security: this node's own, who was told of them and when, and those that other nodes reported (SEC-12)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tongban.federation import queries
from tongban.federation.types import Heard, Incident, Kind, Rehearsal, Report, Severity
from tongban.identity.types import Role
from tongban.kernel import clock
from tongban.oversight.frame import draw
from tongban.web.gate import staff
from tongban.web.jinja import datetime_short, say

KINDS = {Kind.VULNERABILITY: _("Weakness"), Kind.ATTACK: _("Attack"), Kind.INCIDENT: _("Incident")}
SEVERITIES = {Severity.MAJOR: _("major"), Severity.ORDINARY: _("ordinary")}
REHEARSALS = {Rehearsal.DRILL: _("Drill"), Rehearsal.EXERCISE: _("Exercise")}


@staff(Role.SUPERVISOR)
def incidents(request: HttpRequest) -> HttpResponse:
    """What happened and who knows of it; administrators note it at the machine, never here."""
    now, above = clock.now(), queries.superior()
    own, others = queries.incidents(), queries.heard()
    late = sum(each.is_late(now) and not each.reported_at for each in own)
    return draw(request, "incidents", section="", above=say(above.name) if above else "", hub=settings.HUB,
                open=sum(each.closed_at is None for each in own), late=late,
                late_words=ngettext("{count} was not reported in time", "{count} were not reported in time", late).format(count=late),
                rows=[_own(each, now) for each in own], others=[_heard(each) for each in others])


def _own(each: Incident, now: datetime) -> dict[str, Any]:
    late = each.is_late(now)
    if each.due_at is None:
        told, tone = gettext("Nobody above to tell"), "plain"
    elif each.reported_at:
        told, tone = gettext("Reported on {day}").format(day=datetime_short(each.reported_at)), "late" if late else "done"
    else:
        told = gettext("Not reported in time") if late else gettext("To be reported by {day}").format(day=datetime_short(each.due_at))
        tone = "late" if late else "wait"
    return {"title": _title(each), "what": _what(each), "told": told, "tone": tone, "open": each.closed_at is None,
            "late": bool(each.reported_at) and late, "facts": _facts(each)}


def _heard(each: Heard) -> dict[str, Any]:
    return {"title": _title(each.report), "what": _what(each.report), "from": say(each.name), "open": each.report.closed_at is None,
            "facts": [{"label": gettext("Heard here since"), "value": datetime_short(each.received_at)}, *_facts(each.report)]}


def _what(each: Incident | Report) -> str:
    """A weakness that is still open is told to nobody who need not mend it."""
    return each.what if each.closed_at else gettext("What is known of it stands with the administrators until it is closed.")


def _title(each: Incident | Report) -> str:
    title = gettext("{kind}, {severity}").format(kind=KINDS[each.kind], severity=SEVERITIES[each.severity])
    return gettext("{rehearsal}: {title}").format(rehearsal=REHEARSALS[each.rehearsal], title=title) if each.rehearsal else title


def _facts(each: Incident | Report) -> list[dict[str, str]]:
    return [{"label": gettext("Known since"), "value": datetime_short(each.known_at)},
            {"label": gettext("People it concerns"), "value": gettext("not known yet") if each.people is None else f"{each.people:,}"},
            *([{"label": gettext("What was done"), "value": each.measures},
               {"label": gettext("Closed on"), "value": datetime_short(each.closed_at)}] if each.closed_at else [])]
