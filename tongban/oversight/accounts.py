"""Accounts that may be one person's, decided one by one; and how many people are registered and come (IDN-13, IDN-15)."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.types import BlockReason, ConflictState, Role, Way
from tongban.kernel import disclosures
from tongban.kernel.errors import NotFound
from tongban.oversight.acts import Act, Ask, ChoiceMissing, perform
from tongban.oversight.frame import PAGE, draw, key_in, link, linked
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import date_short, datetime_short
from tongban.web.pages import see_other
from tongban.web.words import Words

WAYS: Mapping[Way, Words] = {Way.DATA: _("name and number typed"), Way.FACE: _("face compared"), Way.COUNTER: _("card seen at a counter")}
REASONS: Mapping[BlockReason, Words] = {
    BlockReason.ANOTHER_PERSON: _("Two different people"), BlockReason.CARD_MISUSED: _("Somebody used another person's document"),
    BlockReason.NOT_SHOWN: _("The person could not show the document"),
}
STATES: Mapping[ConflictState, tuple[Words, str]] = {
    ConflictState.OPEN: (_("To be decided"), "wait"), ConflictState.MERGED: (_("One person: merged"), "done"),
    ConflictState.REFUSED: (_("Not one person: closed"), "late"),
}


class ConflictUnknown(NotFound):
    """We could not find these accounts."""


@staff(Role.SUPERVISOR)
def accounts(request: HttpRequest) -> HttpResponse:
    """Pairs of accounts with one document, those to be decided first."""
    asked = request.GET.get("state", "")
    state = ConflictState(asked) if asked in set(ConflictState) else ConflictState.OPEN
    found = known.conflicts(state, before=key_in(request, "before"), limit=PAGE + 1)
    rows = [{"cells": [linked(f"{row.name} / {row.holder_name or '–'}", link("account_pair", row.id)), datetime_short(row.raised_at),
                       WAYS[row.way]]} for row in found[:PAGE]]
    return draw(request, "accounts", section="home", rows=rows, state=state,
                more=PAGE if len(found) > PAGE else None,
                next_href=link("accounts", state=state, before=found[PAGE - 1].id) if len(found) > PAGE else "",
                states=[{"label": words, "href": link("accounts", state=each), "current": each is state}
                        for each, (words, _tone) in STATES.items()])


@staff(Role.SUPERVISOR)
def account_pair(request: HttpRequest, key: int) -> HttpResponse:
    """One pair: what agrees and what does not; merge them, or close the later one with a reason."""
    actor = actor_of(request)
    found = known.conflict(key)
    if found is None:
        raise ConflictUnknown
    problems = []
    if request.method == "POST":
        problems = perform(request, ACTS, {"merge": lambda: _merge(request, key), "refuse": lambda: _refuse(request, key)})
        if not problems:
            return see_other(link("account_pair", key))
    for party in (found.party, found.holder):
        disclosures.disclose(actor, party=party, fields=("name_masked",), reason="double", subject=f"accounts:{key}")
    words, tone = STATES[found.state]
    return draw(request, "account_pair", section="home", problems=problems, found=found, words=words, tone=tone,
                acts=ACTS if found.state is ConflictState.OPEN else (), typed=request.POST, rows=_facts(found))


@staff(Role.SUPERVISOR)
def people(request: HttpRequest) -> HttpResponse:
    """Registered and real-name people and visits a day (IDN-15)."""
    days, peak = known.days(), known.peak()
    return draw(request, "people", section="home", last=days[0] if days else None, peak=peak,
                peak_on=date_short(peak.day) if peak else "",
                rows=[{"cells": [date_short(row.day), f"{row.registered:,}", f"{row.real_name:,}", f"{row.visits:,}"]} for row in days])


ACTS = (
    Act(name="merge", title=_("One person: merge"),
        consequence=_("Both ways to sign in lead to the earlier account. Nothing is deleted; the person is told.")),
    Act(name="refuse", title=_("Not one person: close the later account"), danger=True,
        consequence=_("The later account is closed and its sessions end. Its holder is told to come with the document."),
        asks=(Ask(name="reason", label=_("Why"), kind="choice", options=tuple((str(each), words) for each, words in REASONS.items())),)),
)


def _merge(request: HttpRequest, key: int) -> None:
    identity.merge_accounts(actor_of(request), key=key)


def _refuse(request: HttpRequest, key: int) -> None:
    asked = request.POST.get("reason", "")
    if asked not in set(BlockReason):
        raise ChoiceMissing
    identity.refuse_merge(actor_of(request), key=key, reason=BlockReason(asked))


def _facts(found: known.ConflictRow) -> list[dict[str, Any]]:
    yes, no = gettext("yes"), gettext("no")
    rows: list[dict[str, Any]] = [
        {"label": gettext("Later account"), "value": found.name},
        {"label": gettext("Earlier account"), "value": found.holder_name or gettext("none: known without an account")},
        {"label": gettext("How the later one proved the document"), "value": WAYS[found.way]},
        {"label": gettext("Same name"), "value": yes if found.same_name else no},
        {"label": gettext("Same phone"), "value": yes if found.same_phone else no},
        {"label": gettext("Since"), "value": datetime_short(found.raised_at)}]
    if found.decided_at and found.decided_by:
        names = known.staff_names([found.decided_by])
        rows.append({"label": gettext("Decided"), "value": f"{datetime_short(found.decided_at)} · {names.get(found.decided_by, '')}"})
    if found.reason:
        rows.append({"label": gettext("Why"), "value": REASONS[found.reason]})
    return rows
