"""The clock of a case in words: what is left, what was used, which colour it has."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from django.utils.translation import gettext, ngettext

from tongban.calendars import queries as calendars
from tongban.calendars.rules import colour, due, is_late, promised_standing, standing, working_days_between
from tongban.calendars.types import Calendar, Colour, Standing, Unit, local
from tongban.cases.rules import clocks, delivery_clock
from tongban.cases.types import State
from tongban.counter.folder import Folder
from tongban.counter.words import COLOURS, day
from tongban.kernel import parameters
from tongban.kernel.types import Channel
from tongban.web.jinja import day_short
from tongban.web.words import amount

ENDED = (State.WITHDRAWN, State.CLOSED_NO_SUPPLEMENT, State.VOID, State.TRANSFERRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left until an instant, as a tag."""

    text: str
    tone: str


def left(due_at: datetime | None, *, now: datetime, calendar: Calendar, stopped: bool = False,
         begun: date | None = None) -> Left:
    """Working days left or over, a day being used as soon as it has begun (TIM-R6), but none before the time `begun`."""
    if stopped:
        return Left(text=gettext("Clock stopped"), tone="stopped")
    if due_at is None:
        return Left(text=gettext("No limit"), tone="plain")
    last, today = (local(due_at) - timedelta(microseconds=1)).date(), local(now).date()
    if is_late(now, due_at):
        over = working_days_between(last, today, calendar)
        text = ngettext("{count} working day over", "{count} working days over", over).format(count=over)
        return Left(text=text if over else gettext("Overdue since {day}").format(day=day_short(last)), tone="late")
    days = working_days_between(max(today, begun or today), last, calendar)
    few = calendars.warning_threshold(today).working_days
    text = ngettext("{count} working day left", "{count} working days left", days).format(count=days)
    return Left(text=text if days else gettext("Due today"), tone="wait" if days <= few else "plain")


def clock_of(folder: Folder) -> dict[str, Any]:
    """What the clock of the side pane says; no limits run once a case ended without a decision."""
    case, state = folder.case, State(folder.case.state)
    if state is State.SUBMITTED:
        return _counted(folder, gettext("Time to accept or ask"), case.received_on, case.intake_due_at,
                        gettext("Silence until then counts as acceptance."))
    if state in (State.SUPPLEMENT_BEFORE, State.SUPPLEMENT_AFTER) and case.correction_due_at and folder.corrections:
        return _counted(folder, gettext("Time for the applicant"), local(folder.corrections[-1].requested_at).date(),
                        case.correction_due_at, gettext("If nothing comes by then, the case is closed."))
    if case.accepted_at is None or state in ENDED:
        return {"title": gettext("Promised time"), "left": gettext("No clock runs"), "due": "", "used": 0,
                "promised": 0, "note": "", "state": "done", "colour": None}
    return _delivering(folder, case.decided_at) if state is State.DECIDED and case.decided_at else _running(folder)


def _delivering(folder: Folder, decided_at: datetime) -> dict[str, Any]:
    """The time to issue and serve the result of a decided case (CASE-22)."""
    days = parameters.value("cases.delivery_days", local(decided_at).date())
    ends = due(delivery_clock(decided_at, Channel(folder.case.channel), days), calendar=folder.calendar).at
    return _counted(folder, gettext("Time to issue the result"), local(decided_at).date(), ends,
                    gettext("The law gives {limit} from the decision to the delivery.").format(limit=amount(days, Unit.WORKDAY)))


def _running(folder: Folder) -> dict[str, Any]:
    """The promise, the law behind it and the colour (TIM-10, SUP-04)."""
    case = folder.case
    at = case.completed_at or case.decided_at or case.now
    promised, statutory = clocks(folder.guide, accepted_at=case.accepted_at or case.now, channel=Channel(case.channel),
                                 suspensions=folder.stops, extension_days=case.extension_days)
    promise = promised_standing(promised, statutory, calendar=folder.calendar, now=at)
    law = standing(statutory, calendar=folder.calendar, now=case.decided_at or at)
    found = colour(promised=promise, statutory=law, decided_at=case.decided_at, completed_at=case.completed_at,
                   threshold=calendars.warning_threshold(local(case.now).date()))
    stopped, ended = State(case.state) is State.SUSPENDED, case.decided_at is not None
    late = found in (Colour.RED, Colour.YELLOW)
    note = gettext("{used} used, {total} promised; {lawful} by law, until {day}.").format(
        used=_whole(promise.used, promise.unit), total=_whole(promise.total, promise.unit),
        lawful=_whole(law.total, law.unit), day=day(law.due.on))
    return {
        "title": gettext("Promised time"), "left": _left_words(folder, promise, stopped=stopped, ended=ended),
        "due": gettext("Promised by {day}").format(day=day(promise.due.on)),
        "used": int(promise.used), "promised": max(1, ceil(promise.total)), "note": note + _stops_words(folder),
        "state": "late" if late else "done" if ended else "stopped" if stopped else "",
        "colour": COLOURS.get(found),
    }


def _counted(folder: Folder, title: str, begun: date, due_at: datetime, note: str) -> dict[str, Any]:
    """A clock of plain working days after the day it begins with."""
    last, now = (local(due_at) - timedelta(microseconds=1)).date(), folder.case.now
    found = left(due_at, now=now, calendar=folder.calendar, begun=begun)
    total = working_days_between(begun, last, folder.calendar)
    return {"title": title, "left": found.text, "due": gettext("By {day}").format(day=day(last)),
            "used": min(working_days_between(begun, local(now).date(), folder.calendar), total), "promised": total,
            "note": note, "state": "late" if found.tone == "late" else "", "colour": None}


def _left_words(folder: Folder, promise: Standing, *, stopped: bool, ended: bool) -> str:
    if ended and not promise.used:
        return gettext("Decided on the day of acceptance")
    if ended:
        return gettext("Decided after {used}").format(used=_whole(promise.used, promise.unit))
    if promise.unit is Unit.HOUR and promise.remaining:
        hours = ceil(promise.remaining)
        return ngettext("{count} office hour left", "{count} office hours left", hours).format(count=hours)
    return left(promise.due.at, now=folder.case.now, calendar=folder.calendar, stopped=stopped).text


def _stops_words(folder: Folder) -> str:
    if not folder.stops:
        return ""
    count = len(folder.stops)
    return " " + ngettext("Stopped once.", "Stopped {count} times.", count).format(count=count)


def _whole(value: Any, unit: Unit) -> str:
    return amount(ceil(value), unit)
