"""Signals and orders of supervision at the desk: what awaits an answer, and explaining, reporting, answering (SUP-08)."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.authorities import queries as authorities
from tongban.calendars import queries as calendars
from tongban.calendars.types import SHANGHAI
from tongban.catalogue import queries as catalogue
from tongban.counter.clocks import Left, left
from tongban.counter.narrowing import LARGEST
from tongban.counter.station import DESK, desk
from tongban.counter.words import day, minute, said
from tongban.identity import queries as identity
from tongban.identity.types import Actor
from tongban.kernel import clock
from tongban.kernel.errors import Refusal
from tongban.kernel.types import Text
from tongban.supervision import actions, queries
from tongban.supervision.errors import OrderNotFound, SignalMoveNotAllowed, SignalNotFound
from tongban.supervision.rules import is_of_unit, is_supervisor, units_of
from tongban.supervision.types import (
    Asked,
    AwaitedRow,
    OrderRow,
    SignalRow,
    SignalState,
)
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import say
from tongban.web.pages import see_other
from tongban.web.signals import FAMILIES, KINDS, RULES
from tongban.web.words import ENDINGS, Words, typed

PAGE = 25
NUMBER = re.compile(r"S\d{9,19}", re.ASCII)
STATES: Mapping[SignalState, tuple[Words, str]] = {
    SignalState.RAISED: (_("Just raised"), "info"), SignalState.NOTIFIED: (_("To be explained"), "wait"),
    SignalState.EXPLAINED: (_("Explained"), "info"), SignalState.CONFIRMED: (_("To be put right"), "late"),
    SignalState.CANCELLED: (_("Cancelled"), "done"), SignalState.CORRECTED: (_("Put right"), "done"),
    SignalState.CLOSED: (_("Closed"), "plain"),
}
STEPS: Mapping[SignalState, Words] = {
    SignalState.RAISED: _("Signal raised"), SignalState.NOTIFIED: _("Put before the authority"),
    SignalState.EXPLAINED: _("Explained by the authority"), SignalState.CONFIRMED: _("Confirmed by the supervisor"),
    SignalState.CANCELLED: _("Cancelled by the supervisor"), SignalState.CORRECTED: _("Correction reported"),
    SignalState.CLOSED: _("Closed"),
}
ASKED: Mapping[Asked, Words] = {
    Asked.EXPLANATION: _("Explain"), Asked.CORRECTION: _("Say what was put right"),
    Asked.ANSWER: _("Answer the order"),
}
MOVES: Mapping[str, Words] = {"explained": _("explained"), "corrected": _("reported as put right")}
DONE: Mapping[str, Words] = {
    "explain": _("Your explanation is with the supervisor."), "correct": _("Your report is with the supervisor."),
    "answer": _("Your answer is with the supervisor."),
}


class ActUnknown(Refusal):
    """What you chose cannot be done here any more. Look at the page again."""


@staff(*DESK)
def signals(request: HttpRequest) -> HttpResponse:
    """What my authorities have to answer, the nearest day first; or every signal, newest first (SUP-02)."""
    actor = actor_of(request)
    everything = request.GET.get("view") == "all"
    home, whole = reverse("counter:signals"), f"{reverse('counter:signals')}?view=all"
    place = request.GET.get("after", "")
    found = _everything(actor, place) if everything else _awaited(actor, place)
    rows, after = found
    count = queries.count_awaited(units_of(actor))
    base = whole if everything else home
    return desk(
        request, "counter/signals.html", here="signals", rows=rows, everything=everything,
        answers=bool(units_of(actor)), several=len(_sight(actor)) > 1, exact=None if everything else count,
        first_href=base if place else "",
        next_href=f"{base}{'&' if everything else '?'}after={after}" if after else "",
        tabs=[{"label": gettext("To answer"), "href": home, "count": count, "current": not everything},
              {"label": gettext("All signals"), "href": whole, "current": everything}])


@staff(*DESK)
def signal(request: HttpRequest, number: str) -> HttpResponse:
    """One signal with its orders, and what the authority has to say to it now (SUP-08)."""
    actor = actor_of(request)
    row = queries.signal(number) if NUMBER.fullmatch(number) else None
    if row is None or row.authority not in _sight(actor):
        raise SignalNotFound
    orders = queries.orders(signal_number=number, limit=100)
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        act = request.POST.get("act", "")
        try:
            if act not in ACTING:
                raise ActUnknown
            ACTING[act](request, actor, row, orders)
        except Refusal as error:
            problems = [{"href": _place(request, row, orders), "message": _said(error)}]
        else:
            return see_other(f"{reverse('counter:signal', args=[number])}?done={act}")
    mine = is_of_unit(actor, row.authority)
    return desk(
        request, "counter/signal.html", here="signals", problems=problems, signal=_line(row), facts=_facts(row),
        said=_written(row), asked=_asked(row) if mine else None, waiting=_waiting(row, mine=mine),
        orders=[_order(each, mine=mine) for each in orders], steps=_steps(number), kept=typed(request, "words"),
        done=DONE.get(request.GET.get("done", ""), ""))


def _sight(actor: Actor) -> tuple[int, ...]:
    """The authorities whose signals the actor may read: those they work for and those they supervise."""
    return tuple(key for key in actor.authorities if is_of_unit(actor, key) or is_supervisor(actor, key))


def _awaited(actor: Actor, place: str) -> tuple[list[dict[str, Any]], str]:
    found = queries.awaited(units_of(actor), after=_after(place), limit=PAGE + 1)
    shown = found[:PAGE]
    names = catalogue.items_by_code(sorted({row.item_code for row in shown}))
    rows = [_common(row, names) | {
        "href": _href(row), "what": ASKED[row.asked], "tone": "",
        "day": day(row.due_on) if row.due_on else gettext("No fixed day"), "left": _left(row.due_on)} for row in shown]
    if len(found) <= PAGE:
        return rows, ""
    on, asked, key = queries.place_of(shown[-1])
    return rows, f"{on.isoformat()}~{asked}~{key}"


def _everything(actor: Actor, place: str) -> tuple[list[dict[str, Any]], str]:
    before = int(place) if place.isascii() and place.isdigit() and len(place) < 18 else None
    found = queries.signals(authorities=_sight(actor), open_only=False, before=before, limit=PAGE + 1)
    shown = found[:PAGE]
    names = catalogue.items_by_code(sorted({row.item_code for row in shown}))
    rows = [_common(row, names) | _line(row) | {"left": None} for row in shown]
    return rows, str(shown[-1].id) if len(found) > PAGE else ""


def _after(text: str) -> tuple[date, Asked, int] | None:
    """The place in the list a link names; anything else begins at its top."""
    on, _sep, rest = text.partition("~")
    asked, _sep, key = rest.partition("~")
    try:
        found = date.fromisoformat(on)
    except ValueError:
        return None
    if asked not in set(Asked) or not (key.isascii() and key.isdigit()) or int(key[:20]) >= LARGEST:
        return None
    return (found, Asked(asked), int(key))


def _href(row: AwaitedRow) -> str:
    path = reverse("counter:signal", args=[row.signal])
    return f"{path}#order-{row.id}" if row.asked is Asked.ANSWER else path


def _common(row: AwaitedRow | SignalRow, names: Mapping[str, Any]) -> dict[str, Any]:
    kind, tone = KINDS[row.kind]
    item = names[row.item_code].name if row.item_code in names else Text(zh=row.item_code, en=row.item_code)
    return {"rule": RULES[row.rule], "kind": kind, "kind_tone": tone, "case_number": row.case_number,
            "item": say(item), "office": say(authorities.authority(row.authority).short_name)}


def _line(row: SignalRow) -> dict[str, Any]:
    """A signal with where it stands and what is left to explain it."""
    kind, kind_tone = KINDS[row.kind]
    what, tone = STATES[row.state]
    if row.state is SignalState.NOTIFIED and not row.kind.needs_answer:
        what, tone = _("For your attention"), "info"
    return {"rule": RULES[row.rule], "kind": kind, "kind_tone": kind_tone, "what": what, "tone": tone,
            "case_number": row.case_number, "href": reverse("counter:signal", args=[row.number]),
            "day": minute(row.raised_at),
            "left": _left(row.explain_due_on) if row.state is SignalState.NOTIFIED else None}


def _left(on: date | None) -> Left | None:
    """Working days left until the end of a day."""
    if on is None:
        return None
    end = datetime.combine(on + timedelta(days=1), time(), SHANGHAI)
    return left(end, now=clock.now(), calendar=calendars.calendar())


def _facts(row: SignalRow) -> list[dict[str, Any]]:
    names = catalogue.items_by_code([row.item_code])
    found = _common(row, names)
    return [{"label": gettext("Case"), "value": row.case_number, "href": reverse("counter:case", args=[row.case_number]),
             "change": gettext("Open the case")},
            {"label": gettext("Item"), "value": found["item"]}, {"label": gettext("Authority"), "value": found["office"]},
            {"label": gettext("Rule"), "value": f"{RULES[row.rule]} ({row.rule})"},
            {"label": gettext("Kind of anomaly"), "value": FAMILIES[row.family]},
            {"label": gettext("Raised on"), "value": minute(row.raised_at)},
            {"label": gettext("Signal number"), "value": row.number}]


def _written(row: SignalRow) -> list[dict[str, Any]]:
    by = identity.staff_names([row.explained_by]).get(row.explained_by, "") if row.explained_by else ""
    written = ((gettext("What the supervisor found"), row.description, ""), (gettext("Our explanation"), row.explanation, by),
               (gettext("Reason of the supervisor"), row.reason, ""), (gettext("What we put right"), row.correction, ""))
    lines = [{"label": label, "value": text, "note": note} for label, text, note in written if text]
    return [*lines, {"label": gettext("How it ended"), "value": ENDINGS[row.ending]}] if row.ending else lines


def _asked(row: SignalRow) -> Asked | None:
    """What the authority has to say to the signal now."""
    if row.state is SignalState.NOTIFIED and row.kind.needs_answer:
        return Asked.EXPLANATION
    return Asked.CORRECTION if row.state is SignalState.CONFIRMED else None


def _waiting(row: SignalRow, *, mine: bool) -> str:
    """Who acts next and by when."""
    if not mine and _asked(row):
        return gettext("The posts that work on the cases answer; a supervisor judges the answer.")
    if row.state is SignalState.NOTIFIED and row.explain_due_on:
        words = gettext("Until {day} there was time to explain. You still may until the supervisor decides."
                        ) if row.is_unanswered else gettext(
            "Explain by {day}. After that the supervisor may confirm the signal without you. You can explain once.")
        return words.format(day=day(row.explain_due_on))
    return {
        SignalState.RAISED: gettext("It is about to be put before you."),
        SignalState.NOTIFIED: gettext("Nothing to answer: it ends by itself when the case goes on."),
        SignalState.EXPLAINED: gettext("The supervisor reads the explanation and confirms or cancels the signal."),
        SignalState.CONFIRMED: gettext("The supervisor found the signal right. Say what was done about it; then the "
                                       "supervisor closes it."),
        SignalState.CANCELLED: gettext("The explanation settled it. The supervisor closes it."),
        SignalState.CORRECTED: gettext("The supervisor reads your report and closes it."),
        SignalState.CLOSED: gettext("This is closed."),
    }[row.state]


def _order(row: OrderRow, *, mine: bool) -> dict[str, Any]:
    unanswered = row.answered_at is None
    found = _left(row.due_on) if unanswered else None
    what, tone = (found.text, found.tone) if found else (
        (gettext("Settled"), "done") if row.result else (gettext("Answered"), "info"))
    rows = [{"label": gettext("What is to be done"), "value": row.content},
            {"label": gettext("Answer by"), "value": day(row.due_on)}]
    if row.answered_at is not None:
        rows.append({"label": gettext("Our answer"), "value": row.answer, "note": minute(row.answered_at)})
    if row.result:
        rows.append({"label": gettext("What came of it"), "value": row.result})
    return {"id": row.id, "at": minute(row.sent_at), "what": what, "tone": tone, "rows": rows,
            "open": unanswered and mine}


def _steps(number: str) -> list[dict[str, Any]]:
    found = queries.signal_steps(number)
    names = identity.staff_names([step.by for step in found if step.by])
    lines = [{"what": STEPS[step.after], "at": minute(step.at), "iso": step.at.isoformat(),
              "who": names.get(step.by, "") if step.by else gettext("by rule")} for step in found]
    lines[-1]["state"] = "now"
    return lines[::-1]


def _said(error: Refusal) -> str:
    """A refusal with state and act in words."""
    if not isinstance(error, SignalMoveNotAllowed):
        return said(error)
    words, _tone = STATES[SignalState(str(error.facts["state"]))]
    act = str(error.facts["act"])
    state = str(words)
    return said(SignalMoveNotAllowed(state=state[:1].lower() + state[1:], act=MOVES.get(act, act)))


def _place(request: HttpRequest, row: SignalRow, orders: Sequence[OrderRow]) -> str:
    """The field a refusal is about, if the page still has it."""
    act, order = request.POST.get("act", ""), request.POST.get("order", "")
    if act == "answer" and any(str(each.id) == order and each.answered_at is None for each in orders):
        return f"#answer-{order}"
    fields = {("explain", Asked.EXPLANATION): "#explanation", ("correct", Asked.CORRECTION): "#correction"}
    asked = _asked(row)
    return fields.get((act, asked), "#step") if asked else "#step"


def _explain(request: HttpRequest, actor: Actor, row: SignalRow, orders: Sequence[OrderRow]) -> None:
    actions.explain_signal(actor, number=row.number, explanation=typed(request, "words"))


def _correct(request: HttpRequest, actor: Actor, row: SignalRow, orders: Sequence[OrderRow]) -> None:
    actions.correct_signal(actor, number=row.number, correction=typed(request, "words"))


def _answer(request: HttpRequest, actor: Actor, row: SignalRow, orders: Sequence[OrderRow]) -> None:
    key = next((each.id for each in orders if str(each.id) == request.POST.get("order", "")), None)
    if key is None:
        raise OrderNotFound
    actions.answer_order(actor, order=key, answer=typed(request, "words"))


Acting = Callable[[HttpRequest, Actor, SignalRow, Sequence[OrderRow]], None]
ACTING: Mapping[str, Acting] = {"explain": _explain, "correct": _correct, "answer": _answer}
