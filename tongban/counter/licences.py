"""A licence at the desk of who issued it: how it stands, what was decided about it, and suspending or ending it (LIC-10)."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.counter.history import names_of
from tongban.counter.station import DESK, desk
from tongban.counter.words import minute
from tongban.identity.types import Role
from tongban.kernel.errors import Refusal
from tongban.kernel.types import letters
from tongban.licences import actions, queries, rules
from tongban.licences.errors import LicenceNotFound, LicenceNotYours
from tongban.licences.types import LicenceState, LicenceView
from tongban.web.failures import told
from tongban.web.gate import actor_of, proved_lately, staff
from tongban.web.jinja import date_long, say
from tongban.web.pages import see_other
from tongban.web.words import Words, typed

STATES: Mapping[LicenceState, tuple[Words, str]] = {
    LicenceState.ISSUED: (_("In force"), "done"), LicenceState.SUSPENDED: (_("Suspended"), "wait"),
    LicenceState.REPLACED: (_("Replaced"), "plain"), LicenceState.EXPIRED: (_("Expired"), "late"),
    LicenceState.REVOKED: (_("Revoked"), "late"), LicenceState.CANCELLED: (_("Cancelled"), "plain"),
}
ACTS: Mapping[LicenceState, tuple[Words, Words]] = {
    LicenceState.SUSPENDED: (_("Suspend it"), _("It cannot be used until you lift this.")),
    LicenceState.ISSUED: (_("Let it be used again"), _("It is in force again at once.")),
    LicenceState.REVOKED: (_("Revoke it"), _("For good: it should never have been given, or the law takes it away.")),
    LicenceState.CANCELLED: (_("Cancel it"), _("For good: its holder gave it up, is no more, or it ran out.")),
}


@proved_lately
@staff(*DESK)
def licence(request: HttpRequest, code: str) -> HttpResponse:
    """What a verifier sees of it, what was decided and why; whoever decides here suspends, resumes or ends it with a reason."""
    actor, row = actor_of(request), queries.licence(code)
    if row.issuer not in actor.authorities or row.state not in STATES:
        raise LicenceNotFound
    decides = actor.holds(Role.DECIDER, row.issuer)
    acts = [each for each in ACTS if decides and each in rules.MOVES[row.state]]
    chosen, reason = request.POST.get("act", ""), typed(request, "reason")
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        if not decides:
            raise LicenceNotYours
        problems = _missing(chosen, reason, acts)
        if not problems:
            try:
                actions.change_state(actor, code=code, state=LicenceState(chosen), reason=reason)
            except Refusal as error:
                problems = [{"href": "#reason", "message": told(error)}]
            else:
                return see_other(f"{reverse('counter:licence', args=[code])}?done=1")
    state, tone = STATES[row.state]
    return desk(request, "counter/licence.html", licence=row, state_words=state, tone=tone, rows=_rows(row), problems=problems,
                acts=[{"code": str(each), "words": ACTS[each][0], "hint": ACTS[each][1]} for each in acts], chosen=chosen,
                reason=reason, decides=decides, done="done" in request.GET,
                changes=_changes(row))


def _changes(row: LicenceView) -> list[dict[str, Any]]:
    """What was decided about it: only who issued it decides, so the authority is theirs; and the officer's name."""
    changes = queries.changes_of(row, named=True)
    officers = {each.by: int(each.by.removeprefix("account:")) for each in changes if each.by.startswith("account:")}
    names = names_of(officers.values())
    return [{"what": STATES[each.new][0], "at": minute(each.at), "iso": each.at.isoformat(), "note": each.reason, "state": "done",
             "who": " · ".join(filter(None, (say(row.issuer_name), names.get(officers.get(each.by, 0)))))} for each in changes]


def _missing(chosen: str, reason: str, acts: list[LicenceState]) -> list[dict[str, Any]]:
    found = []
    if chosen not in acts:
        found.append({"href": "#act", "message": gettext("Choose what becomes of the licence")})
    if letters(reason) < rules.SHORTEST_REASON:
        found.append({"href": "#reason", "message": gettext("Write down why. The holder reads it")})
    return found


def _rows(row: LicenceView) -> list[dict[str, str]]:
    """The licence as it was signed for verifiers: holder and number masked."""
    shown = queries.verifiable(row.code).shown
    return [
        *([{"label": gettext("Holder"), "value": shown.holder}, {"label": gettext("Number"), "value": shown.number}] if shown else []),
        {"label": gettext("Issued by"), "value": say(row.issuer_name)},
        {"label": gettext("Issued on"), "value": date_long(row.issued_on)},
        {"label": gettext("Valid until"), "value": date_long(row.valid_to) if row.valid_to else gettext("without end")},
        {"label": gettext("Licence identifier"), "value": row.identifier},
    ]
