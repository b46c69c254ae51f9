"""What follows: clocks are watched from acceptance to the end, late rectifications get a card, units hear, files are made."""

from collections.abc import Sequence

from tongban.cases.events import (
    CaseAccepted,
    CaseClosed,
    CaseConcluded,
    CaseDecided,
    CaseDelivered,
    CaseDueChanged,
    CaseExamined,
    CaseExtended,
    CaseResumed,
    CaseReturned,
    CaseSuspended,
    CaseVoided,
    CaseWithdrawn,
    CorrectionsAnswered,
    CorrectionsRequested,
)
from tongban.identity.events import ManyRead
from tongban.kernel import jobs
from tongban.kernel.events import Event
from tongban.kernel.following import follows
from tongban.kernel.types import System
from tongban.reviews.events import RectificationOverdue
from tongban.supervision import actions
from tongban.supervision.events import ExportApproved, ExportAsked, SignalRaised
from tongban.supervision.types import Kind

RULE = System(name="supervision")


@follows(CaseAccepted, CaseExamined, CaseReturned, CaseSuspended, CaseResumed, CaseExtended, CaseDueChanged, CorrectionsRequested,
         CorrectionsAnswered, CaseDecided, CaseConcluded, CaseDelivered, CaseWithdrawn, CaseClosed,
         CaseVoided,
         name="supervision.watch")
def watch(batch: Sequence[Event]) -> None:
    """Judge each case again whenever it went a step on; what was late though no tick saw it is found here."""
    numbers = [event.subject for event in batch]
    if numbers:
        actions.watch_cases(RULE, numbers=numbers)


@follows(RectificationOverdue, name="supervision.rectification_late")
def mark_late_rectifications(batch: Sequence[Event]) -> None:
    """A poor review that was not answered in time is a yellow card."""
    numbers = [event.payload["case_number"] for event in batch]
    if numbers:
        actions.raise_for_rectification(RULE, case_numbers=numbers)


@follows(CorrectionsRequested, name="supervision.second_notice")
def mark_second_notices(batch: Sequence[Event]) -> None:
    """A second notice in one phase is a yellow card, although a supervisor allowed it (CASE-17)."""
    numbers = [event.subject for event in batch if event.payload.get("notice") == 2]
    if numbers:
        actions.raise_for_second_notice(RULE, case_numbers=numbers)


@follows(ManyRead, name="supervision.many_read")
def mark_many_reads(batch: Sequence[Event]) -> None:
    """Whoever reads of many people within few minutes is asked why."""
    for event in batch:
        actions.raise_for_reading(RULE, case_number=event.payload["case_number"], reader=event.actor, position=event.position)


@follows(SignalRaised, name="supervision.notify")
def notify(batch: Sequence[Event]) -> None:
    """Put each signal before its authority."""
    raised = {event.payload["signal"]: Kind(event.payload["kind"]) for event in batch}
    if raised:
        actions.notify_signals(RULE, raised=raised)


@follows(ExportAsked, ExportApproved, name="supervision.make_exports")
def make_exports(batch: Sequence[Event]) -> None:
    """Queue each file that was asked for; the job makes only what needs no approval or has it."""
    jobs.defer("supervision.make_export", [{"export": event.payload["export"]} for event in batch])
