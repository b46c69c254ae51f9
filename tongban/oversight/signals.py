"""Signals: the list, and one with its history, its orders and what a supervisor may do with it."""

import re
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tongban.catalogue import queries as catalogue
from tongban.identity import queries as identity
from tongban.identity.types import Role
from tongban.kernel import clock
from tongban.oversight.acts import Act, Ask, Doing, day, kept, perform
from tongban.oversight.frame import (
    chosen,
    draw,
    first_page,
    item_name,
    key_in,
    link,
    office_options,
    offices,
    pages,
    supervised,
)
from tongban.oversight.history import moves
from tongban.oversight.words import SIGNAL_STATES
from tongban.reviews.rules import masked
from tongban.supervision import actions, queries
from tongban.supervision.errors import SignalNotFound
from tongban.supervision.types import Kind, OrderRow, SignalRow, SignalState
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import date_short, datetime_short, day_short
from tongban.web.pages import see_other
from tongban.web.signals import FAMILIES, KINDS, RULES
from tongban.web.words import ENDINGS, typed

NUMBER = re.compile(r"S\d{9,19}", re.ASCII)
CONFIRM = Act(name="confirm", title=_("Confirm the signal"),
              consequence=_("The authority must say what it did about it. The signal stays on its record."),
              asks=(Ask(name="reason", label=_("Reason"), optional=True),))
CANCEL = Act(name="cancel", title=_("Cancel the signal"),
             consequence=_("The explanation settles it. The reason stays on the record beside the signal."),
             asks=(Ask(name="reason", label=_("Reason")),))
CLOSE = Act(name="close", title=_("Close the signal"), consequence=_("Nothing more can be done with it afterwards."))
ORDER = Act(name="order", title=_("Send an order"),
            consequence=_("The authority must answer by the day you name. Order and answer stay on the record."),
            asks=(Ask(name="content", label=_("What the authority must do")),
                  Ask(name="due", label=_("Answer by"), kind="day")))


@staff(Role.SUPERVISOR)
def signals(request: HttpRequest) -> HttpResponse:
    """Signals of the authorities someone supervises, newest first (SUP-02)."""
    keys, named = chosen(request)
    state, kind = _state(request), _kind(request)
    show = "all" if request.GET.get("show") == "all" else ""
    open_only = not show and state is not SignalState.CLOSED

    found = first_page(lambda before, limit: queries.signals(authorities=keys, open_only=open_only, kind=kind,
                                                             state=state, before=before, limit=limit),
                       key_in(request, "before"))
    query = {"show": show, "authority": named, "kind": int(kind) if kind else None, "state": state}
    names = {code: row.name for code, row in
             catalogue.items_by_code(sorted({row.item_code for row in found.rows})).items()}
    known = offices(sorted({row.authority for row in found.rows}))
    pager = pages(request, found, route="signals", **query,
                  exact=_exact(keys, open_only=open_only, kind=kind, state=state))
    return draw(
        request, "signals", section="signals", several=len(keys) > 1,
        office=offices(keys)[named] if named else "",
        rows=[line(row) | {"item": item_name(names, row.item_code), "office": known[row.authority]}
              for row in found.rows],
        pager=pager, counted=None if pager["exact"] is None else ngettext(
            "{count} signal", "{count} signals", pager["exact"]).format(count=f"{pager['exact']:,}"),
        views=[{"label": gettext("Open now"), "href": link("signals", authority=named), "current": not show},
               {"label": gettext("All, closed ones too"), "href": link("signals", show="all", authority=named),
                "current": bool(show)}],
        offices=office_options(actor_of(request)), authority=named or "", show=show, kind=int(kind) if kind else "",
        state=state or "", narrowed=bool(kind or state or named),
        kinds=[{"value": "", "label": gettext("Every kind")},
               *({"value": str(int(each)), "label": words} for each, (words, _tone) in KINDS.items())],
        states=[{"value": "", "label": gettext("Every state")},
                *({"value": str(each), "label": words} for each, (words, _tone) in SIGNAL_STATES.items())])


@staff(Role.SUPERVISOR)
def signal(request: HttpRequest, number: str) -> HttpResponse:
    """One signal: what the authority says, what a supervisor may do (SUP-08)."""
    row = queries.signal(number) if NUMBER.fullmatch(number) else None
    if row is None or row.authority not in supervised(actor_of(request)):
        raise SignalNotFound
    orders = queries.orders(signal_number=number, limit=100)
    acts = [*_acts(row), *_settlements(orders)]
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        problems = perform(request, acts, _doings(request, row, orders))
        if not problems:
            return see_other(link("signal", number))
    names = {code: item.name for code, item in catalogue.items_by_code([row.item_code]).items()}
    return draw(
        request, "signal", section="signals", signal=line(row), summary=_summary(row, item_name(names, row.item_code)),
        said=_said(row), history=moves(queries.signal_steps(number), SIGNAL_STATES, gettext("by rule")),
        orders=[_order(each) for each in orders], acts=acts, typed=kept(request), problems=problems,
        waiting=_waiting(row))


def line(row: SignalRow) -> dict[str, Any]:
    """A signal as lists show it."""
    kind, kind_tone = KINDS[row.kind]
    state, state_tone = SIGNAL_STATES[row.state]
    return {"number": row.number, "href": link("signal", row.number), "kind": kind, "kind_tone": kind_tone,
            "rule": RULES[row.rule], "state": state, "state_tone": state_tone, "raised": datetime_short(row.raised_at),
            "raised_on": day_short(row.raised_at),
            "case_number": row.case_number, "case_href": link("case", row.case_number),
            "due": day_short(row.explain_due_on) if row.explain_due_on and row.state is SignalState.NOTIFIED else "–",
            "unanswered": row.is_unanswered}


def _state(request: HttpRequest) -> SignalState | None:
    asked = request.GET.get("state", "")
    return SignalState(asked) if asked in set(SignalState) else None


def _kind(request: HttpRequest) -> Kind | None:
    asked = key_in(request, "kind")
    return Kind(asked) if asked in set(Kind) else None


def _exact(keys: Sequence[int], *, open_only: bool, kind: Kind | None, state: SignalState | None) -> int | None:
    """The true number of open signals; what is not counted anywhere is not claimed."""
    if not open_only or state:
        return None
    today = clock.today()
    found = queries.figures(since=today, until=today, authorities=keys)
    return sum(number for row in found for each, number in row.open_signals.items() if kind in (None, each))


def _acts(row: SignalRow) -> list[Act]:
    acts = []
    if row.kind.needs_answer and (row.state is SignalState.EXPLAINED or row.is_unanswered):
        acts.append(CONFIRM)
    if row.kind.needs_answer and row.state is SignalState.EXPLAINED:
        acts.append(CANCEL)
    if row.state in (SignalState.CORRECTED, SignalState.CANCELLED):
        acts.append(CLOSE)
    return [*acts, ORDER] if row.state.is_open else acts


def _settlements(orders: Sequence[OrderRow]) -> list[Act]:
    return [Act(name=f"settle-{order.id}", title=gettext("Settle the order of {at}").format(
                    at=datetime_short(order.sent_at)),
                consequence=gettext("The order ends with what came of it."),
                asks=(Ask(name="result", label=gettext("What came of it")),))
            for order in orders if order.answered_at and not order.result]


def _doings(request: HttpRequest, row: SignalRow, orders: Sequence[OrderRow]) -> dict[str, Doing]:
    actor = actor_of(request)
    doings: dict[str, Doing] = {
        "confirm": lambda: actions.confirm_signal(actor, number=row.number, reason=typed(request, "reason")),
        "cancel": lambda: actions.cancel_signal(actor, number=row.number, reason=typed(request, "reason")),
        "close": lambda: actions.close_signal(actor, number=row.number),
        "order": lambda: _send(request, row.number),
    }
    return doings | {f"settle-{order.id}": _settling(request, order.id) for order in orders}


def _send(request: HttpRequest, number: str) -> None:
    actions.send_order(actor_of(request), signal=number, content=typed(request, "content"), due_on=day(request, "due"))


def _settling(request: HttpRequest, order: int) -> Doing:
    return lambda: actions.settle_order(actor_of(request), order=order, result=typed(request, "result"))


def _summary(row: SignalRow, item: str) -> list[dict[str, Any]]:
    return [{"label": gettext("Case"), "value": row.case_number, "href": link("case", row.case_number),
             "change": gettext("Open the case")},
            {"label": gettext("Service"), "value": item},
            {"label": gettext("Authority"), "value": offices([row.authority])[row.authority]},
            {"label": gettext("Signal number"), "value": row.number},
            {"label": gettext("Rule"), "value": f"{RULES[row.rule]} ({row.rule})"},
            {"label": gettext("Kind of anomaly"), "value": FAMILIES[row.family]},
            {"label": gettext("Raised on"), "value": datetime_short(row.raised_at)}]


def _said(row: SignalRow) -> list[dict[str, Any]]:
    """What people wrote about it, numbers blotted out."""
    by = identity.staff_names([row.explained_by]).get(row.explained_by, "") if row.explained_by else ""
    written = ((gettext("What the supervisor found"), row.description, ""),
               (gettext("Explanation of the authority"), row.explanation, by),
               (gettext("Reason of the supervisor"), row.reason, ""),
               (gettext("What the authority put right"), row.correction, ""))
    lines = [{"label": label, "value": masked(text), "note": note} for label, text, note in written if text]
    return [*lines, {"label": gettext("How it ended"), "value": ENDINGS[row.ending]}] if row.ending else lines


def _waiting(row: SignalRow) -> str:
    """Who acts next, and by when."""
    if row.state is SignalState.NOTIFIED and row.kind.needs_answer and row.explain_due_on:
        until = date_short(row.explain_due_on)
        if row.is_unanswered:
            return gettext("The authority had until {day} to explain and did not. You may confirm the signal.").format(
                day=until)
        return gettext("The authority has until {day} to explain. After that you may confirm the signal.").format(
            day=until)
    return {
        SignalState.RAISED: gettext("The authority is being told."),
        SignalState.NOTIFIED: gettext("It needs no answer and ends by itself when the case goes on."),
        SignalState.EXPLAINED: gettext("Your turn: confirm the signal or cancel it."),
        SignalState.CONFIRMED: gettext("Next: the authority says what it put right."),
        SignalState.CANCELLED: gettext("Your turn: close the signal."),
        SignalState.CORRECTED: gettext("Your turn: close the signal."),
        SignalState.CLOSED: gettext("Nothing more is to be done."),
    }[row.state]


def _order(order: OrderRow) -> dict[str, Any]:
    return {"cells": [masked(order.content), datetime_short(order.sent_at), date_short(order.due_on),
                      masked(order.answer) or gettext("not yet"), masked(order.result) or gettext("not yet")]}
