"""Receiving an application: accept, decline on a lawful ground, or ask once, completely, for what is missing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from tongban.calendars import queries as calendars
from tongban.calendars.rules import supplement_due
from tongban.calendars.types import CORRECTIONS, Limit, Unit, local
from tongban.cases.access import LockedCase, case_for_update
from tongban.cases.actions.steps import (
    close_steps,
    complete_step,
    let_run,
    move,
    note_decision,
    note_step,
    only_in,
    recount,
    seal_answers,
)
from tongban.cases.errors import (
    AnsweredBySilence,
    CorrectionsAlreadyRequested,
    CorrectionsTooLate,
    Incomplete,
    NoSecondNotice,
    NothingToCorrect,
    OwnLeave,
)
from tongban.cases.events import (
    CaseAccepted,
    CaseDeclined,
    CorrectionsAnswered,
    CorrectionsRequested,
    SecondNoticeAllowed,
)
from tongban.cases.models import Correction
from tongban.cases.queries import answers_of, materials_of
from tongban.cases.rules import (
    check_answers,
    check_decline,
    check_length,
    check_materials,
    check_reason,
    clocks,
    due_instants,
    next_notice,
    receipt,
)
from tongban.cases.types import CorrectionItem, DeclineGround, GivenMaterial, Right, State
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide
from tongban.documents import actions as documents
from tongban.forms import rules as forms
from tongban.identity.types import Actor, Role
from tongban.kernel import database, events, parameters
from tongban.kernel.errors import Problem
from tongban.kernel.types import Channel, Text, Who

ALLOWING = Text(zh="同意再次告知补正", en="Allow a second notice")


def accept_case(actor: Actor, *, number: str) -> None:
    """Accept an application; from now the limits run (LAL art. 32, TIM-03)."""
    with database.atomic():
        case = case_for_update(actor, number, Right.ACCEPT)
        _refuse_after_silence(case)
        accept(actor, case, accepted_at=case.now, deemed=False, account=actor.account)


def decline_case(actor: Actor, *, number: str, ground: DeclineGround | None, reason: str,
                 right_organ: str = "") -> None:
    """Refuse to accept, in writing, on one of the grounds of the law; missing materials are never one (CASE-16).

    The competent organ is kept only with the ground that asks for it.
    """
    problems = check_decline(ground, reason, right_organ)
    if problems or ground is None:
        raise Incomplete(problems)
    with database.atomic():
        case = case_for_update(actor, number, Right.ACCEPT)
        _refuse_after_silence(case)
        move(case, State.NOT_ACCEPTED, "declined")
        case.completed_at = case.now
        case.save(update_fields=["state", "completed_at", "next_due_at"])
        hashed = note_decision(case, kind="DECLINED", account=actor.account, reason=reason.strip(), ground=ground,
                               right_organ=right_organ.strip() if ground is DeclineGround.NOT_OUR_POWER else "")
        close_steps(case)
        events.record(actor, CaseDeclined(ground=ground, reason_hash=hashed), subject=number,
                      party=case.applicant_id, authority=case.authority_id)


def request_corrections(actor: Actor, *, number: str, items: Sequence[CorrectionItem]) -> None:
    """Tell the applicant once, completely, what is missing; a second time only if a supervisor allowed it (CASE-17)."""
    wanted = [item for item in items if item.what.strip()]
    if not wanted:
        raise NothingToCorrect
    if problems := tuple(problem for item in wanted for problem in check_length(item.what, field=f"what-{item.target}")):
        raise Incomplete(problems)
    with database.atomic():
        case = case_for_update(actor, number, Right.ACCEPT)
        _refuse_after_silence(case)
        before = State(case.state) is State.SUBMITTED
        phase = "BEFORE" if before else "AFTER"
        sent = _notices(case, phase)
        notice = next_notice([each.again_allowed_by_id is not None for each in sent])
        if not notice:
            raise CorrectionsAlreadyRequested
        if any(each.again_allowed_by_id == actor.account for each in sent):
            raise OwnLeave
        move(case, State.SUPPLEMENT_BEFORE if before else State.SUPPLEMENT_AFTER, "sent back for corrections")
        days = parameters.value("cases.correction_days", case.now.date())
        due = supplement_due(case.now, calendar=calendars.calendar(), channel=Channel(case.channel),
                             limit=Limit(count=days, unit=Unit.WORKDAY)).at
        case.correction_due_at = case.next_due_at = due
        case.save(update_fields=["state", "correction_due_at", "next_due_at"])
        database.execute(
            "insert into cases_correction (case_id, party, authority, phase, notice, items, requested_at, "
            "requested_by_id, due_at) values (%s, %s, %s, %s, %s, %s, kernel_now(), %s, %s)",
            [case.id, case.applicant_id, case.authority_id, phase, notice, Jsonb(msgspec.to_builtins(wanted)),
             actor.account, due])
        if not before and catalogue.guide(case.item_code, case.item_version).corrections_stop_clock:
            database.execute(
                "insert into cases_stop (case_id, party, authority, procedure, started_at, announced_end, started_by_id) "
                "values (%s, %s, %s, %s, kernel_now(), %s, %s)",
                [case.id, case.applicant_id, case.authority_id, CORRECTIONS, local(due).date(), actor.account])
        events.record(actor, CorrectionsRequested(phase=phase, count=len(wanted), due_at=due.isoformat(),
                                                  notice=notice),
                      subject=number, party=case.applicant_id, authority=case.authority_id)


def allow_second_notice(actor: Actor, *, number: str, reason: str) -> None:
    """Let the applicant be told a second time in this phase what is missing; only a supervisor, with a reason (CASE-17)."""
    problems = check_reason(reason)
    if problems:
        raise Incomplete(problems)
    with database.atomic():
        case = case_for_update(actor, number, Right.ALLOW)
        only_in(case, State.SUBMITTED, State.UNDER_REVIEW, act="sent back for corrections")
        phase = "BEFORE" if State(case.state) is State.SUBMITTED else "AFTER"
        sent = _notices(case, phase)
        if len(sent) != 1 or sent[0].again_allowed_by_id is not None:
            raise NoSecondNotice
        if sent[0].requested_by_id == actor.account:
            raise OwnLeave
        sent[0].again_allowed_by_id = actor.account
        sent[0].save(update_fields=["again_allowed_by_id"])
        hashed = note_step(case, verb="allow", name=ALLOWING, role=Role.SUPERVISOR, account=actor.account,
                           reason=reason.strip())
        events.record(actor, SecondNoticeAllowed(phase=phase, reason_hash=hashed), subject=number,
                      party=case.applicant_id, authority=case.authority_id)


def answer_corrections(actor: Actor, *, number: str, answers: dict[str, Any],
                       materials: Iterable[GivenMaterial]) -> None:
    """Hand in what was missing; before acceptance a new five days begin (TIM-R5). Raises `Incomplete`, keeping all."""
    with database.atomic():
        case = case_for_update(actor, number, Right.APPLY)
        only_in(case, State.SUPPLEMENT_BEFORE, State.SUPPLEMENT_AFTER, act="corrected")
        if case.correction_due_at is not None and case.now >= case.correction_due_at:
            raise CorrectionsTooLate
        before = State(case.state) is State.SUPPLEMENT_BEFORE
        move(case, State.SUBMITTED if before else State.UNDER_REVIEW, "corrected")
        dues = ("", "")
        guide = catalogue.guide(case.item_code, case.item_version)
        form = catalogue.form(guide.form_code, guide.form_version)
        kept = forms.visible_answers(form, {**answers_of(case), **answers})
        problems = (*check_answers(form, kept, local(case.submitted_at).date()), *_put_in(actor, case, guide, materials))
        if problems:
            raise Incomplete(problems)
        case.answers = seal_answers(case, kept)
        case.correction_due_at = None
        if before:
            case.received_on, case.intake_due_at = receipt(
                case.now, Channel(case.channel), calendars.calendar(),
                parameters.value("cases.intake_days", case.now.date()))
            case.next_due_at = case.intake_due_at
            database.execute("update cases_task set due_at = %s where case_id = %s and done_at is null",
                             [case.intake_due_at, case.id])
        elif let_run(case):
            promised, statutory = recount(case)
            dues = (promised.isoformat(), statutory.isoformat())
            database.execute("update cases_task set due_at = %s where case_id = %s and done_at is null",
                             [case.promised_due_at, case.id])
        case.save(update_fields=["state", "answers", "correction_due_at", "received_on", "intake_due_at", "promised_due_at",
                                 "statutory_due_at", "next_due_at"])
        phase = "BEFORE" if before else "AFTER"
        database.execute("update cases_correction set answered_at = kernel_now(), answered_by_id = %s where case_id = %s "
                         "and answered_at is null", [actor.account, case.id])
        events.record(actor.on_behalf(case.applicant_id), CorrectionsAnswered(
            phase=phase, received_on=case.received_on.isoformat() if before else "",
            intake_due_at=case.intake_due_at.isoformat() if before else "", promised_due_at=dues[0],
            statutory_due_at=dues[1]), subject=number, party=case.applicant_id, authority=case.authority_id)


def accept(who: Who, case: LockedCase, *, accepted_at: datetime, deemed: bool, account: int | None) -> None:
    """Accept a locked case as of an instant: the state, the first step, both due instants, the event."""
    move(case, State.ACCEPTED, "accepted")
    guide = catalogue.guide(case.item_code, case.item_version)
    promised, statutory = clocks(guide, accepted_at=accepted_at, channel=Channel(case.channel))
    case.promised_due_at, case.statutory_due_at = due_instants(promised, statutory, calendars.calendar(), case.now)
    case.accepted_at, case.deemed, case.accepted_by_id, case.next_due_at = accepted_at, deemed, account, None
    complete_step(case, verb="accept", account=account)
    case.save(update_fields=["state", "promised_due_at", "statutory_due_at", "accepted_at", "deemed", "accepted_by_id",
                             "next_due_at", "tokens"])
    events.record(who, CaseAccepted(deemed=deemed, promised_due_at=case.promised_due_at.isoformat(),
                                    statutory_due_at=case.statutory_due_at.isoformat(),
                                    accepted_at=accepted_at.isoformat()),
                  subject=case.number, party=case.applicant_id, authority=case.authority_id,
                  effective_on=case.received_on if deemed else None)


def _notices(case: LockedCase, phase: str) -> list[Correction]:
    return list(Correction.objects.filter(case=case, phase=phase).order_by("notice"))


def _refuse_after_silence(case: LockedCase) -> None:
    """An answer after its time changes nothing: silence has accepted, whether or not the tick came by (LAL art. 32)."""
    if State(case.state) is State.SUBMITTED and case.now >= case.intake_due_at:
        raise AnsweredBySilence


def _put_in(actor: Actor, case: LockedCase, guide: Guide, materials: Iterable[GivenMaterial]) -> tuple[Problem, ...]:
    """Put materials in place of earlier ones and let the authority read their files; what would then be missing."""
    asked = {each.code for each in guide.materials_for(case.situation) if not each.from_form}
    given = {each.code: each for each in materials if each.code in asked}
    there = [GivenMaterial(code=each.code, name=each.name, way=each.way, trust=each.trust)
             for each in materials_of(case.id) if each.code not in given]
    problems = check_materials(guide, case.situation, [*there, *given.values()])
    if not problems:
        documents.share_with(actor, authority=case.authority_id,
                             documents=[each.document for each in given.values() if each.document is not None])
        replace_materials(case, tuple(given.values()))
    return problems


def replace_materials(case: LockedCase, given: tuple[GivenMaterial, ...]) -> None:
    """Put materials in place of those of the same code."""
    if not given:
        return
    database.execute("update cases_material set replaced_at = kernel_now() where case_id = %s and code = any(%s) and "
                     "replaced_at is null", [case.id, [each.code for each in given]])
    database.execute(
        "insert into cases_material (case_id, party, authority, code, name, way, trust, document_id, file_name, "
        "media_type, size, licence, source, due_on) "
        "select %s, %s, %s, m.code, m.name, m.way, m.trust, m.document, m.file_name, m.media_type, m.size, m.licence, "
        "m.source, m.due_on from jsonb_to_recordset(%s) as m(code text, name jsonb, way text, trust text, "
        "document bigint, file_name text, media_type text, size bigint, licence text, source jsonb, due_on date)",
        [case.id, case.applicant_id, case.authority_id, Jsonb(msgspec.to_builtins(given))])
