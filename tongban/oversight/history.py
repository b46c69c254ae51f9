"""The course of a case and of what supervision did, in words: what happened, when, by whom."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Protocol

from django.utils.translation import gettext

from tongban.cases import queries
from tongban.cases.queries import StepRow
from tongban.identity import queries as identity
from tongban.kernel.events import Event
from tongban.reviews.rules import masked
from tongban.web.jinja import date_long, datetime_short, say
from tongban.web.words import Words


class Moved(Protocol):
    """One move of something that keeps its own history."""

    @property
    def after(self) -> Any: ...
    @property
    def at(self) -> Any: ...
    @property
    def by(self) -> int | None: ...


def history(number: str) -> list[dict[str, Any]]:
    """Every entry of the record of a case, newest first."""
    events = queries.timeline(number)
    names = identity.staff_names(sorted({key for event in events if (key := _account(event))}))
    return [{"what": _what(event), "note": _note(event), "at": datetime_short(event.at), "iso": event.at.isoformat(),
             "who": _who(event, names), "state": "done"} for event in reversed(events)]


def moves(found: Iterable[Moved], words: Mapping[Any, tuple[Words, str]], nobody: str) -> list[dict[str, Any]]:
    """The history of a signal or a rectification, newest first; `nobody` is said where no account moved it."""
    steps = list(found)
    names = identity.staff_names([step.by for step in steps if step.by])
    return [{"what": words[step.after][0], "at": datetime_short(step.at), "iso": step.at.isoformat(),
             "who": names.get(step.by, "") if step.by else nobody, "state": "done"}
            for step in reversed(steps)]


def steps(found: Iterable[StepRow], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """The steps of the process: who did each, when, and what they said of it, numbers blotted out."""
    return [{"name": say(step.name), "opened": datetime_short(step.opened_at),
             "done": datetime_short(step.done_at) if step.done_at else gettext("still open"),
             "by": names.get(step.done_by, "–") if step.done_by else "–",
             "opinion": masked(step.opinion) or "–"} for step in found]


def _what(event: Event) -> str:
    payload = event.payload
    if event.name == "CaseAccepted" and payload["deemed"]:
        return gettext("Accepted by law: nobody answered in time")
    if event.name == "CaseDecided":
        return (gettext("Granted by the authority") if payload["outcome"] == "GRANTED"
                else gettext("Refused by the authority"))
    return {
        "CaseSubmitted": gettext("Application sent"), "CaseAccepted": gettext("Accepted by the authority"),
        "CaseDeclined": gettext("Not accepted"),
        "CorrectionsRequested": gettext("Told the applicant a second time what is missing") if payload.get("notice") == 2
        else gettext("Told the applicant once what is missing"),
        "SecondNoticeAllowed": gettext("A supervisor allowed a second notice"),
        "SecondStopAllowed": gettext("A supervisor allowed the clock to be stopped again"),
        "UnsealedActAllowed": gettext("A supervisor allowed one act although the public record was not being sealed"),
        "UnsealedActDone": gettext("Done by a supervisor's leave although the public record was not being sealed"),
        "CorrectionsAnswered": gettext("The applicant sent the corrections"),
        "PromiseKept": gettext("The applicant handed in what was promised"),
        "PromiseBroken": gettext("What was promised did not come in time"),
        "CaseExamined": gettext("A step of the examination finished"),
        "CaseReturned": gettext("Returned to be examined once more"),
        "CaseSuspended": gettext("Clock stopped"), "CaseResumed": gettext("Clock running again"),
        "CaseDueChanged": gettext("The working days changed, so the dates were counted anew"),
        "CaseExtended": gettext("Legal limit extended"), "CaseConcluded": gettext("Result ready"),
        "CaseDelivered": gettext("The applicant has the result"),
        "CaseWithdrawn": gettext("The applicant took the application back"),
        "CaseClosed": gettext("Closed: the corrections did not come in time"),
        "CaseVoided": gettext("Voided by a supervisor"),
    }.get(event.name) or gettext("Entry in the record: {name}").format(name=event.name)


def _note(event: Event) -> str:
    payload = event.payload
    if event.name == "CaseAccepted" and event.effective_on != event.at.date() and payload["deemed"]:
        return gettext("In effect from {day}").format(day=date_long(event.effective_on))
    if event.name == "CaseSuspended":
        return gettext("Expected to end on {day}").format(day=date_long(date.fromisoformat(payload["announced_end"])))
    if event.name == "CorrectionsRequested":
        return gettext("{count} things to put right").format(count=payload["count"])
    return ""


def _who(event: Event, names: Mapping[int, str]) -> str:
    if event.actor.startswith("system:"):
        return gettext("by rule")
    return gettext("the applicant") if event.role == "APPLICANT" else names.get(_account(event), "")


def _account(event: Event) -> int:
    kind, _, key = event.actor.partition(":")
    return int(key) if kind == "account" and key.isdigit() else 0
