"""What time brings and what stops it: deemed acceptance, closing, suspension, extension."""

from dataclasses import replace
from datetime import date, datetime

from django.db.models import F

from tongban.calendars import queries as calendars
from tongban.calendars.rules import (
    check_extension,
    check_suspension,
    deemed_accepted_at,
    intake_due,
    start_after_silence,
)
from tongban.calendars.types import Limit, ListedProcedure, Suspension, Unit
from tongban.cases.access import LockedCase, case_by_rule, case_for_update
from tongban.cases.actions.intake import accept
from tongban.cases.actions.steps import close_steps, let_run, move, note_step, only_in, recount
from tongban.cases.errors import ExtensionNotCounted, Incomplete, NoSecondStop, OwnLeave
from tongban.cases.events import CaseClosed, CaseExtended, CaseResumed, CaseSuspended, SecondStopAllowed
from tongban.cases.models import Correction, Stop
from tongban.cases.queries import stops_of, stops_used
from tongban.cases.rules import check_reason, clocks
from tongban.cases.types import Right, State
from tongban.catalogue import queries as catalogue
from tongban.identity.types import Actor, Role
from tongban.kernel import database, events, parameters
from tongban.kernel.errors import Refusal
from tongban.kernel.types import Channel, Text, Who

STOPPING = Text(zh="同意再次暂停计时", en="Allow the clock to be stopped again")
EXTENSION = Text(zh="延长办理期限", en="Extend the time limit")


def deem_accepted(who: Who, *, number: str) -> bool:
    """Accept by silence when the time to answer is over, dated back to receipt (LAL art. 32); False if it is not."""
    with database.atomic():
        case = case_by_rule(who, number)
        if State(case.state) is not State.SUBMITTED or case.now < case.intake_due_at:
            return False
        calendar = calendars.calendar()
        guide = catalogue.guide(case.item_code, case.item_version)
        since = deemed_accepted_at(sent_at(case), calendar)
        promised, _ = clocks(guide, accepted_at=since, channel=Channel(case.channel))
        silence = replace(intake_due(case.received_on, calendar=calendar, channel=Channel(case.channel)),
                          at=case.intake_due_at)
        accept(who, case, deemed=True, account=None,
               accepted_at=start_after_silence(promised, intake=silence, found_at=case.now, calendar=calendar))
        return True


def close_unanswered(who: Who, *, number: str) -> bool:
    """Close a case whose corrections did not come in time (CASE-17); False if there still is time."""
    with database.atomic():
        case = case_by_rule(who, number)
        state = State(case.state)
        waiting = state in (State.SUPPLEMENT_BEFORE, State.SUPPLEMENT_AFTER)
        if not waiting or case.correction_due_at is None or case.now < case.correction_due_at:
            return False
        move(case, State.CLOSED_NO_SUPPLEMENT, "closed")
        let_run(case)
        case.completed_at = case.now
        case.save(update_fields=["state", "completed_at", "next_due_at"])
        close_steps(case)
        phase = "BEFORE" if state is State.SUPPLEMENT_BEFORE else "AFTER"
        events.record(who, CaseClosed(phase=phase), subject=number, party=case.applicant_id,
                      authority=case.authority_id)
        return True


def suspend_case(actor: Actor, *, number: str, procedure: str, announced_end: date) -> None:
    """Stop the clock for a procedure the law names and tell how long it is expected to take (LAL art. 45)."""
    with database.atomic():
        case = case_for_update(actor, number, Right.EXAMINE)
        move(case, State.SUSPENDED, "suspended")
        asked = Suspension(name=procedure, started_at=case.now, announced_end=announced_end)
        guide = catalogue.guide(case.item_code, case.item_version)
        listed = [ListedProcedure(name=each.code, article=each.article) for each in guide.procedures]
        refuse_first(check_suspension(asked, stops_of(case.id), listed=listed,
                                      approved=stops_used(case.id).get(procedure, False)))
        if Stop.objects.filter(case=case, procedure=procedure, again_allowed_by_id=actor.account).exists():
            raise OwnLeave
        case.save(update_fields=["state", "next_due_at"])
        database.execute(
            "insert into cases_stop (case_id, party, authority, procedure, started_at, announced_end, started_by_id) "
            "values (%s, %s, %s, %s, kernel_now(), %s, %s)",
            [case.id, case.applicant_id, case.authority_id, procedure, announced_end, actor.account])
        events.record(actor, CaseSuspended(procedure=procedure, announced_end=announced_end.isoformat()),
                      subject=number, party=case.applicant_id, authority=case.authority_id)


def allow_second_stop(actor: Actor, *, number: str, procedure: str, reason: str) -> None:
    """Let the clock be stopped once more for a procedure; only a supervisor, with a reason (TIM-09)."""
    problems = check_reason(reason)
    if problems:
        raise Incomplete(problems)
    with database.atomic():
        case = case_for_update(actor, number, Right.ALLOW)
        only_in(case, State.UNDER_REVIEW, act="suspended")
        if stops_used(case.id).get(procedure) is not False:
            raise NoSecondStop
        last = Stop.objects.filter(case=case, procedure=procedure, ended_at__gt=F("started_at")).latest("started_at")
        if last.started_by_id == actor.account:
            raise OwnLeave
        last.again_allowed_by_id = actor.account
        last.save(update_fields=["again_allowed_by_id"])
        hashed = note_step(case, verb="allow", name=STOPPING, role=Role.SUPERVISOR, account=actor.account,
                           reason=reason.strip())
        events.record(actor, SecondStopAllowed(procedure=procedure, reason_hash=hashed), subject=number,
                      party=case.applicant_id, authority=case.authority_id)


def resume_case(actor: Actor, *, number: str) -> None:
    """Let the clock run again; both due instants move by what was not counted (TIM-R9)."""
    with database.atomic():
        case = case_for_update(actor, number, Right.EXAMINE)
        only_in(case, State.SUSPENDED, act="resumed")
        move(case, State.UNDER_REVIEW, "resumed")
        stop = Stop.objects.filter(case=case, ended_at__isnull=True).get()
        stop.ended_at = case.now
        stop.save(update_fields=["ended_at"])
        promised, statutory = recount(case)
        case.save(update_fields=["state", "promised_due_at", "statutory_due_at", "next_due_at"])
        database.execute("update cases_task set due_at = %s where case_id = %s and done_at is null",
                         [case.promised_due_at, case.id])
        events.record(actor, CaseResumed(procedure=stop.procedure,
                                         promised_due_at=promised.isoformat(), statutory_due_at=statutory.isoformat()),
                      subject=number, party=case.applicant_id, authority=case.authority_id)


def extend_case(actor: Actor, *, number: str, days: int, reason: str) -> None:
    """Extend the statutory limit once, before it ends, by at most what the law allows (LAL art. 42); the promise stays.

    The reason is kept among the steps and told to the applicant (TIM-05).
    """
    problems = check_reason(reason)
    if problems:
        raise Incomplete(problems)
    if days < 1:
        raise ExtensionNotCounted
    with database.atomic():
        case = case_for_update(actor, number, Right.DECIDE)
        only_in(case, State.ACCEPTED, State.UNDER_REVIEW, State.SUPPLEMENT_AFTER, State.SUSPENDED, act="extended")
        longest = parameters.value("cases.extension_days", case.now.date())
        guide = catalogue.guide(case.item_code, case.item_version)
        _, statutory = clocks(guide, accepted_at=case.accepted_at or case.now, channel=Channel(case.channel),
                              suspensions=stops_of(case.id), extension_days=case.extension_days)
        allowed = Limit(count=min(days, longest), unit=Unit.WORKDAY)
        refuse_first(check_extension(statutory, allowed, calendar=calendars.calendar(), now=case.now))
        case.extension_days = allowed.count
        promised, until = recount(case)
        case.save(update_fields=["extension_days", "promised_due_at", "statutory_due_at"])
        hashed = note_step(case, verb="extend", name=EXTENSION, role=Role.DECIDER, account=actor.account,
                           reason=reason.strip())
        events.record(actor, CaseExtended(days=allowed.count, statutory_due_at=until.isoformat(), reason_hash=hashed,
                                          promised_due_at=promised.isoformat()),
                      subject=number, party=case.applicant_id, authority=case.authority_id)


def refuse_first(refusals: tuple[Refusal, ...]) -> None:
    """Raise the first of the refusals, if there is one."""
    if refusals:
        raise refusals[0]


def sent_at(case: LockedCase) -> datetime:
    """When the application came as it stands: with its corrections if it was sent back before acceptance (TIM-R5)."""
    again = Correction.objects.filter(case=case, phase="BEFORE").order_by("-notice").values_list(
        "answered_at", flat=True).first()
    return again or case.submitted_at
