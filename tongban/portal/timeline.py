"""The timeline of a case in words a citizen reads: what happened, when, by whom, and what comes next."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from tongban.calendars import queries as calendars
from tongban.calendars.rules import due
from tongban.calendars.types import local
from tongban.cases.queries import CaseRow
from tongban.cases.rules import delivery_clock
from tongban.cases.types import State
from tongban.kernel import clock, parameters
from tongban.kernel.events import Event
from tongban.kernel.types import Channel
from tongban.web.jinja import date_long, datetime_short, due_date

ACTING = frozenset({"APPLICANT", "HELPER"})
"""Roles in which people act for themselves or for an applicant."""


def entries(events: Sequence[Event], case: CaseRow, authority: str, *, reader: str = "",
            names: Mapping[int, str] | None = None) -> list[dict[str, Any]]:
    """Lines of the timeline, newest first, with the next step on top while the case is open.

    `reader` is who reads it, as the record knows them; others who acted for the applicant are told by name.
    """
    known = {f"account:{key}": name for key, name in (names or {}).items() if f"account:{key}" != reader}
    lines = [{"what": words(event), "at": datetime_short(event.at), "iso": event.at.isoformat(),
              "who": _who(event, authority, known), "note": _note(event), "state": "done"}
             for event in events if event.name in WORDS]
    lines.reverse()
    coming = upcoming(case)
    return [{"what": coming, "at": "", "state": "next"}, *lines] if coming else lines


def upcoming(case: CaseRow) -> str:
    """What happens next and by when; empty when nothing more will."""
    until = case.due_at
    if case.state is State.SUBMITTED and until:
        return _("Next: the authority accepts the application or tells you what is missing, by {day}.").format(
            day=due_date(until))
    if case.state in (State.SUPPLEMENT_BEFORE, State.SUPPLEMENT_AFTER) and until:
        return _("Your turn: send what is missing by {day}.").format(day=due_date(until))
    if case.state is State.SUSPENDED:
        return _("Next: a procedure the law provides for; its time does not count.")
    if case.state in (State.ACCEPTED, State.UNDER_REVIEW) and until:
        return _("Next: the decision, promised by {day}.").format(day=due_date(until))
    if case.state is State.DECIDED:
        return delivery_words(case.decided_at, case.channel)
    return ""


def delivery_words(decided_at: datetime | None, channel: str) -> str:
    """That the result is coming, and until when it has to (CASE-22)."""
    if decided_at is None:
        return ""
    days = parameters.value("cases.delivery_days", local(decided_at).date())
    ends = due(delivery_clock(decided_at, Channel(channel), days), calendar=calendars.calendar())
    return _("Next: the result is being made. That takes a moment; by law you have it by {day}.").format(day=due_date(ends.at))


def due_words(case: CaseRow) -> str:
    """By when who has to do what, in a few words for a list; empty when nobody has to."""
    if case.due_at is None:
        return ""
    return {
        State.SUBMITTED: _("Answer by {day}"), State.ACCEPTED: _("Decision promised by {day}"),
        State.UNDER_REVIEW: _("Decision promised by {day}"), State.SUPPLEMENT_BEFORE: _("Send what is missing by {day}"),
        State.SUPPLEMENT_AFTER: _("Send what is missing by {day}"),
    }.get(case.state, "").format(day=due_date(case.due_at))


def promised_words(until: date | None) -> str:
    """That a promised paper is waited for, and until when; a day that is over is not asked for again."""
    if until is None:
        return _("Hand in what you promised")
    if until < clock.today():
        return _("Hand in now what you promised by {day}").format(day=date_long(until))
    return _("Hand in what you promised by {day}").format(day=date_long(until))


def status_words(case: CaseRow) -> tuple[str, str]:
    """How a case stands, for its parties: in plain words, and the tone."""
    refused = case.state in (State.COMPLETED, State.DELIVERED) and case.outcome == "REFUSED"
    return (_("Refused"), "late") if refused else state_words(case.state)


def state_words(state: State) -> tuple[str, str]:
    """A state in plain words and its tone. How it was decided is for the parties alone."""
    return {
        State.SUBMITTED: (_("We have it"), "info"), State.SUPPLEMENT_BEFORE: (_("Waiting for you"), "wait"),
        State.ACCEPTED: (_("Accepted"), "info"), State.UNDER_REVIEW: (_("Being examined"), "info"),
        State.SUPPLEMENT_AFTER: (_("Waiting for you"), "wait"), State.SUSPENDED: (_("Clock stopped"), "stopped"),
        State.DECIDED: (_("Decision made"), "info"), State.COMPLETED: (_("Done"), "done"),
        State.DELIVERED: (_("Done"), "done"), State.NOT_ACCEPTED: (_("Not accepted"), "late"),
        State.WITHDRAWN: (_("Withdrawn"), "plain"), State.CLOSED_NO_SUPPLEMENT: (_("Closed"), "plain"),
        State.TRANSFERRED: (_("Passed on"), "info"), State.VOID: (_("Void"), "plain"),
    }[state]


WORDS = {
    "CaseSubmitted", "CaseAccepted", "CaseDeclined", "CorrectionsRequested", "CorrectionsAnswered", "PromiseKept",
    "PromiseBroken", "SecondNoticeAllowed", "SecondStopAllowed", "UnsealedActAllowed", "UnsealedActDone", "CaseExamined", "CaseReturned",
    "CaseSuspended",
    "CaseResumed", "CaseExtended", "CaseDueChanged", "CaseDecided", "CaseConcluded", "CaseDelivered", "CaseWithdrawn",
    "CaseClosed", "CaseVoided",
}


def words(event: Event) -> str:
    """What happened, in a few words."""
    payload = event.payload
    if event.name == "CaseAccepted" and payload["deemed"]:
        return _("Accepted by law, because no answer came in time")
    if event.name == "CaseDecided":
        return _("Decision: granted") if payload["outcome"] == "GRANTED" else _("Decision: refused")
    if event.name == "CaseExamined":
        return _("On-site check finished") if payload["verb"] == "inspect" else _("Examination finished")
    return {
        "CaseSubmitted": _("Application received"), "CaseAccepted": _("Application accepted"),
        "CaseDeclined": _("Application not accepted"), "CorrectionsRequested": _("You were told what is missing"),
        "CorrectionsAnswered": _("You sent what was missing"),
        "SecondNoticeAllowed": _("A supervisor allowed a second notice"),
        "SecondStopAllowed": _("A supervisor allowed the clock to be stopped again"),
        "UnsealedActAllowed": _("A supervisor allowed one act although the public record was not being sealed"),
        "UnsealedActDone": _("Done by a supervisor's leave although the public record was not being sealed"),
        "PromiseBroken": _("What you had promised did not come in time"),
        "CaseReturned": _("Returned to be examined once more"),
        "PromiseKept": _("You handed in what you had promised"), "CaseSuspended": _("Clock stopped"),
        "CaseResumed": _("Clock running again"), "CaseExtended": _("Time limit extended"),
        "CaseDueChanged": _("The working days changed, so the dates were counted anew"),
        "CaseConcluded": _("Done"), "CaseDelivered": _("You saw the result"),
        "CaseWithdrawn": _("You withdrew the application"), "CaseClosed": _("Closed: what was missing did not come"),
        "CaseVoided": _("Voided by a supervisor"),
    }[event.name]


def _note(event: Event) -> str:
    if event.effective_on != event.at.date() and event.name == "CaseAccepted":
        return _("In effect from {day}").format(day=date_long(event.effective_on))
    if event.name == "CaseExamined" and event.payload.get("visited_on"):
        told = _("Two officers were there on {day}: passed") if event.payload["recommends"] else _(
            "Two officers were there on {day}: not passed")
        return told.format(day=date_long(date.fromisoformat(event.payload["visited_on"])))
    if event.name == "CaseSuspended":
        return _("Expected to end on {day}").format(day=date_long(date.fromisoformat(event.payload["announced_end"])))
    if event.name == "CaseDueChanged":
        return _("Now until {day}").format(day=_moved(event))
    return ""


def _moved(event: Event) -> str:
    """The day up to which people now have to wait, or to act, after the dates were counted anew."""
    changes = event.payload["changes"]
    first = next((clock for clock in ("correction", "intake", "promised") if clock in changes), "statutory")
    return due_date(datetime.fromisoformat(changes[first][1]))


def _who(event: Event, authority: str, known: Mapping[str, str]) -> str:
    if event.role in ACTING and event.actor in known:
        helped = _("{name}, helping at the counter") if event.role == "HELPER" else _("{name}, for the applicant")
        return helped.format(name=known[event.actor])
    if event.actor.startswith("system:"):
        return _("by rule")
    return _("you") if event.role in ACTING else authority
