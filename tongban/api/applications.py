"""Applying and following a case."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query

from tongban.api.entry import ANYONE, CITIZENS, JSON, Door, caller
from tongban.api.errors import KeyMissing, NotReadable, NotValid, PersonNeeded
from tongban.api.faults import in_body
from tongban.api.firms import party_of
from tongban.api.materials import read_materials
from tongban.api.problems import answer as problem
from tongban.api.routes import reference, reply, route
from tongban.api.types import (
    CASE_NUMBER,
    CaseView,
    HappenedView,
    NewCase,
    Receipt,
    StatusView,
)
from tongban.calendars import queries as calendars
from tongban.cases import queries
from tongban.cases.access import case_to_read, status_by_code
from tongban.cases.actions import submit_case
from tongban.cases.errors import CaseNotFound, Incomplete
from tongban.cases.queries import check_submission
from tongban.cases.rules import check_item, receipt
from tongban.cases.types import GivenMaterial
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide
from tongban.forms import rules as forms
from tongban.identity.access import require
from tongban.identity.types import Actor, Strength
from tongban.kernel import clock, parameters, vault
from tongban.kernel.codes import parse_case_number
from tongban.kernel.errors import Problem
from tongban.kernel.events import Event
from tongban.web.gate import address_of

KEY = re.compile(r"[\x21-\x7e]{1,80}")
MEGABYTE = 1024 * 1024
DECODER = msgspec.json.Decoder(NewCase)
ONCE = {"Idempotency-Key": {
    "required": True, "description": "New for each application, the same for each repeat of it.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,80}$"}}}
INSTANTS = ("submitted_at", "accepted_at", "decided_at", "completed_at", "due_at", "intake_due_at", "correction_due_at",
            "promised_due_at", "statutory_due_at")
CaseNumber = Annotated[str, Path(pattern=CASE_NUMBER)]


@route("cases", door=Door(gate=CITIZENS, method="POST", media_type=JSON, limit=MEGABYTE), takes=reference(NewCase),
       returns={200: Receipt, 201: Receipt}, refuses=(404,), headers=ONCE, also=(NewCase,))
def apply(request: HttpRequest) -> HttpResponse:
    """Apply for a service.

    The same key and content again give the first receipt with status 200; other content under a used key is refused.
    """
    actor = caller(request)
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not KEY.fullmatch(key):
        raise KeyMissing
    wanted = _read(request.body)
    applicant = party_of(actor, wanted.applicant)
    guide = catalogue.guide(wanted.item_code)
    if guide.strength is Strength.S3:
        raise PersonNeeded
    require(actor, proofing=guide.proofing, strength=guide.strength)
    now = clock.now()
    given, problems = read_materials(guide, wanted, applicant, now)
    problems += _unknown_answers(guide, wanted.answers)
    if problems:
        refusals = check_item(guide, is_legal=actor.is_firm(applicant))
        raise next(iter(refusals), Incomplete((*problems, *_other_problems(guide, wanted, given, problems, now))))
    sent = submit_case(actor, item_code=guide.code, item_version=guide.version, situation=wanted.situation,
                       answers=wanted.answers, materials=given, applicant=applicant, key=key, now=now)
    return reply(_receipt(actor, sent.number, again=sent.again, now=now), status=200 if sent.again else 201)


@route("cases/{number}", door=Door(gate=CITIZENS), returns={200: CaseView}, refuses=(404,), nothing=CaseNotFound)
def case(request: HttpRequest, number: CaseNumber) -> HttpResponse:
    """One's own case: where it stands, what is due when, what happened."""
    found = case_to_read(caller(request), number)
    row = queries.row_of(found)
    local = {name: clock.local(value) if (value := getattr(row, name)) else None for name in INSTANTS}
    happened = [_happened(event) for event in queries.timeline(number, submitted_at=row.submitted_at, now=found.now)
                if event.module == "cases"]
    return reply(msgspec.convert({
        **local, "number": number, "query_code": vault.query_code(number), "item_code": row.item_code,
        "item_name": row.item_name, "state": str(row.state), "state_code": row.state.code,
        "applicant_name": row.applicant_name, "channel": row.channel, "pace": row.pace, "outcome": row.outcome,
        "deemed": row.deemed, "received_on": parse_case_number(number).day, "timeline": happened}, CaseView))


@route("cases/{number}/status", door=Door(gate=ANYONE), returns={200: StatusView}, refuses=(404, 422, 429),
       nothing=CaseNotFound)
def status(request: HttpRequest, number: CaseNumber, code: Annotated[str, Query(min_length=1, max_length=20)],
           ) -> HttpResponse:
    """The status of a case for whoever holds its number and query code; a wrong code finds nothing.

    Wrong codes are counted together with those typed on the page; after some of them none is heard for a while.
    """
    row = status_by_code(number, code, address=address_of(request))
    if row is None:
        return problem(request, CaseNotFound())  # raised, it would take the count back
    return reply(StatusView(number=row.number, item_name=row.item_name, state=row.state, state_code=row.state.code,
                            submitted_at=clock.local(row.submitted_at),
                            due_at=clock.local(row.due_at) if row.due_at else None))


def _read(body: bytes) -> NewCase:
    """The application as sent; whatever else was sent is refused with all places that do not fit."""
    try:
        return DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise NotValid(in_body(body, NewCase, error)) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise NotReadable from error


def _unknown_answers(guide: Guide, answers: dict[str, Any]) -> tuple[Problem, ...]:
    """A page drops what its form does not ask; a program that sends it has misread the form and is told."""
    known = catalogue.form(guide.form_code, guide.form_version).fields
    return tuple(Problem(field=f"answers.{name[:60]}", code="unknown", message=forms.MESSAGES["unknown"])
                 for name in answers if name not in known)


def _other_problems(guide: Guide, wanted: NewCase, given: Sequence[GivenMaterial],
                    problems: Sequence[Problem], now: datetime) -> tuple[Problem, ...]:
    form = catalogue.form(guide.form_code, guide.form_version)
    told = {problem.field for problem in problems}
    found = check_submission(guide, wanted.situation, forms.visible_answers(form, wanted.answers), given, today=now.date())
    return tuple(problem for problem in found if problem.field not in told)


def _receipt(actor: Actor, number: str, *, again: bool, now: datetime) -> Receipt:
    """The receipt; a new one's end of the time to accept is reckoned as the submission did, an old one's is read."""
    row = queries.by_number(number) if again else None
    intake_due = row.intake_due_at if row else receipt(
        now, actor.channel, calendars.calendar(), parameters.value("cases.intake_days", now.date()))[1]
    return Receipt(number=number, query_code=vault.query_code(number), received_on=parse_case_number(number).day,
                   intake_due=clock.local(intake_due), again=again)


def _happened(event: Event) -> HappenedView:
    machine = event.actor.startswith("system:")
    return HappenedView(at=clock.local(event.at), effective_on=event.effective_on, event=event.name,
                        by="system" if machine else "applicant" if event.role == "APPLICANT" else "authority")
