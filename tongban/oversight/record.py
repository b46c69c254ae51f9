"""How the public record stands: sealed or not, what witnesses say of it, restores, and what was allowed without a seal."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from tongban.cases import queries as cases
from tongban.identity.types import Role
from tongban.ledger import queries as ledger
from tongban.ledger.types import LeaveRow, StoppedAct, WitnessRow
from tongban.oversight.frame import draw, link, linked, supervised
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import datetime_short, say

SHOWN, DAYS = 50, 365


@staff(Role.SUPERVISOR)
def record(request: HttpRequest) -> HttpResponse:
    """Is everything sealed, and does everybody who watches agree?"""
    stands, audit, gaps = ledger.standing(), ledger.last_audit(), ledger.gaps()
    refusing = {gap.witness for gap in gaps}
    every = ledger.witnesses()
    facts = [
        {"label": gettext("Entries"), "value": f"{stands.entered:,}"},
        {"label": gettext("Of these sealed"), "value": f"{stands.sealed:,}"},
        {"label": gettext("Last seal"), "value": datetime_short(stands.sealed_at)},
        {"label": gettext("Faults found when everything was last compared"), "value": audit.faults if audit else "–",
         "note": datetime_short(audit.at) if audit else gettext("not yet")},
        {"label": gettext("Witnesses that cosign"), "value": gettext("{some} of {all}; {needed} needed").format(
            some=sum(each.answers and each.name not in refusing for each in every), all=len(every),
            needed=ledger.witnesses_needed())},
        *({"label": gettext("Restored from a backup"), "value": datetime_short(at),
           "note": gettext("Entries after {kept} were given anew.").format(kept=f"{kept:,}")}
          for kept, at in ledger.restorations(DAYS))]
    return draw(request, "record", section="", sealing=ledger.is_sealing(), minutes=ledger.stop_minutes(), gaps=gaps, facts=facts,
                witnesses=[_witness(each, refusing) for each in every], leaves=_leaves(request), counted=sum(
                    ledger.leaves_counted().values()))


def _witness(each: WitnessRow, refusing: set[str]) -> dict[str, Any]:
    stands = (gettext("refuses") if each.name in refusing else gettext("cosigns") if each.answers else
              gettext("does not answer"))
    return {"cells": [each.name, stands, datetime_short(each.cosigned_at) if each.cosigned_at else gettext("not yet")]}


def _leaves(request: HttpRequest) -> list[dict[str, Any]]:
    """Leave given for cases of the authorities someone supervises, newest first."""
    keys = supervised(actor_of(request))
    found = [(leave, cases.by_number(leave.subject)) for leave in ledger.leaves(SHOWN)]
    return [{"cells": [linked(f"{say(row.item_name)} {row.number[-12:]}", link("case", row.number)), _act(leave),
                       datetime_short(leave.at), _used(leave)]} for leave, row in found if row and row.authority in keys]


def _act(leave: LeaveRow) -> str:
    return gettext("the decision") if leave.act is StoppedAct.DECIDE else gettext("the licence")


def _used(leave: LeaveRow) -> str:
    return datetime_short(leave.used_at) if leave.used_at else gettext("not used; until {until}").format(
        until=datetime_short(leave.until))
