"""The timeline of a case for the officer: every entry of the record in words, who did it, in which post, when."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext

from tongban.cases import queries
from tongban.cases.queries import StepRow
from tongban.cases.rules import EXAMINATION
from tongban.counter.folder import Folder
from tongban.counter.words import POSTS, day, minute
from tongban.identity import queries as identity
from tongban.kernel.events import Event
from tongban.web.jinja import language, say
from tongban.web.words import procedures_of


def history(folder: Folder) -> list[dict[str, Any]]:
    """Every entry of the record, newest first."""
    events = queries.timeline(folder.number, submitted_at=folder.case.submitted_at, now=folder.case.now)
    names = identity.shown_names(sorted({key for event in events if (key := _account(event))})) if events else {}
    lines = [{"what": _what(event, folder), "note": _note(event, folder), "at": minute(event.at),
              "iso": event.at.isoformat(), "who": _who(event, names)} for event in events]
    if lines:
        lines[-1]["state"] = "now"
    return lines[::-1]


def names_of(accounts: Iterable[int]) -> dict[int, str]:
    """Names of members of staff; nobody is asked for where there is nobody."""
    keys = sorted({key for key in accounts if key})
    return identity.staff_names(keys) if keys else {}


def opinions_of(steps: Iterable[StepRow]) -> list[dict[str, Any]]:
    """What officers found, step by step, and what they returned it for; of a visit also its day and both who were there."""
    done = [step for step in steps if step.done_at and step.done_by and step.verb in (*EXAMINATION, "return")]
    names = names_of(key for step in done for key in step.officers)
    comma = ", " if language() == "en" else "、"
    results: dict[bool | None, str] = {True: gettext("Passed"), False: gettext("Not passed")}
    return [{"step": say(step.name), "passed": results.get(step.recommends, ""), "opinion": step.opinion,
             "who": comma.join(names.get(key, "") for key in step.officers),
             "visited": gettext("visited {day}").format(day=day(step.visited_on)) if step.visited_on else "",
             "at": minute(step.done_at) if step.done_at else ""} for step in done]


def late_papers(folder: Folder) -> list[dict[str, str]]:
    """What came once the papers had been examined, as whoever decides has to know; of other steps than the decision nothing."""
    if not folder.decides or not folder.checks:
        return []
    papers = [step.done_at for step in folder.checks if step.verb == "examine"] or [step.done_at for step in folder.checks]
    since = max(at for at in papers if at)
    return [{"name": say(name), "at": minute(at)} for name, at in queries.brought_since(folder.case.id, since)]


def _what(event: Event, folder: Folder) -> str:
    payload = event.payload
    if event.name == "CaseAccepted" and payload["deemed"]:
        return gettext("Accepted by law: nobody answered in time")
    if event.name == "CaseExamined":
        step = next((say(each.name) for each in folder.steps if each.node == payload["task"]), payload["task"])
        passed = gettext("passed") if payload["recommends"] else gettext("not passed")
        return f"{step}{gettext(': ')}{passed}"
    if event.name == "CaseReturned":
        step = next((say(each.name) for each in folder.steps if each.node == payload["task"]), payload["task"])
        return gettext("Returned to examination: {step}").format(step=step)
    if event.name == "CaseDecided":
        return gettext("Granted") if payload["outcome"] == "GRANTED" else gettext("Refused")
    if event.name == "CorrectionsRequested":
        return (gettext("Told the applicant a second time what is missing") if payload.get("notice") == 2
                else gettext("Told the applicant once what is missing"))
    return _plain(event.name)


def _plain(name: str) -> str:
    return {
        "CaseSubmitted": gettext("Received"), "CaseAccepted": gettext("Accepted"),
        "CaseDeclined": gettext("Not accepted"), "CorrectionsAnswered": gettext("The applicant sent the corrections"),
        "PromiseKept": gettext("The applicant handed in what was promised"),
        "SecondNoticeAllowed": gettext("A supervisor allowed a second notice"),
        "SecondStopAllowed": gettext("A supervisor allowed the clock to be stopped again"),
        "UnsealedActAllowed": gettext("A supervisor allowed one act although the public record was not being sealed"),
        "UnsealedActDone": gettext("Done by a supervisor's leave although the public record was not being sealed"),
        "PromiseBroken": gettext("What was promised did not come in time"),
        "CaseSuspended": gettext("Clock stopped"), "CaseResumed": gettext("Clock running again"),
        "CaseDueChanged": gettext("The working days changed, so the dates were counted anew"),
        "CaseExtended": gettext("Legal limit extended"), "CaseConcluded": gettext("Finished"),
        "CaseDelivered": gettext("The applicant has the result"),
        "CaseWithdrawn": gettext("The applicant took the application back"),
        "CaseClosed": gettext("Closed: the corrections did not come in time"),
        "CaseVoided": gettext("Voided by a supervisor"),
    }.get(name) or gettext("Entry in the record: {name}").format(name=name)


def _note(event: Event, folder: Folder) -> str:
    payload = event.payload
    if event.name == "CaseAccepted" and event.effective_on != event.at.date() and payload["deemed"]:
        return gettext("In effect from {day}").format(day=day(event.effective_on))
    if event.name == "CaseExamined" and payload.get("visited_on"):
        return gettext("Visited on {day} by two officers").format(day=day(date.fromisoformat(payload["visited_on"])))
    if event.name == "CaseSuspended":
        procedure = procedures_of(folder.guide).get(payload["procedure"], payload["procedure"])
        until = day(date.fromisoformat(payload["announced_end"]))
        return gettext("{procedure}, announced to end on {day}").format(procedure=procedure, day=until)
    if event.name == "CaseExtended":
        return gettext("By {count} working days").format(count=payload["days"])
    if event.name == "CorrectionsRequested":
        return gettext("{count} things to put right").format(count=payload["count"])
    return ""


def _who(event: Event, names: dict[int, str]) -> str:
    if event.actor.startswith("system:"):
        return gettext("by rule")
    name, post = names.get(_account(event), ""), POSTS.get(event.role, "")
    if event.role == "APPLICANT":
        return gettext("applicant, through {name}").format(name=name) if event.on_behalf_of and name else gettext("applicant")
    if event.role == "HELPER":
        return gettext("applicant, helped at the counter by {name}").format(name=name)
    return gettext("{name}, {post}").format(name=name, post=post) if post else name


def _account(event: Event) -> int:
    kind, _, key = event.actor.partition(":")
    return int(key) if kind == "account" and key.isdigit() else 0
