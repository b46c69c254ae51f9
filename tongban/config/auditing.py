"""`tongban audit`: does what the tables say follow from what the record holds?

The log is replayed by a model of its own, which knows nothing of the rules that moved the cases: only what each event
says became of its subject. Where case, clock, reason or licence differ, someone has written past the verbs.
"""

import hashlib
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from time import monotonic
from typing import Any

import msgspec
import structlog

from tongban.cases.rules import RIGHTS
from tongban.cases.types import Right
from tongban.federation.types import IncidentTold, Kind, Severity
from tongban.kernel import clock, database, events, parameters
from tongban.kernel.types import System
from tongban.ledger.actions import note_audit
from tongban.ledger.queries import faults_of_the_record, last_audit, standing
from tongban.ledger.types import Fault

CHECKING_SECONDS = 60
AUDITOR = System(name="audit")
log = structlog.get_logger(__name__)
WAITS = timedelta(minutes=10)
"""So long an event may wait for its position, and its subject for being looked at: longer than any transaction lasts."""
SAME_ACT = timedelta(seconds=20)
"""The instants of one act may differ by its transaction, which the database ends after ten idle seconds."""

STATES = {
    "CaseSubmitted": "SUBMITTED", "CaseAccepted": "ACCEPTED", "CaseDeclined": "NOT_ACCEPTED", "CaseExamined": "UNDER_REVIEW",
    "CaseSuspended": "SUSPENDED", "CaseResumed": "UNDER_REVIEW", "CaseDecided": "DECIDED", "CaseConcluded": "COMPLETED",
    "CaseDelivered": "DELIVERED", "CaseWithdrawn": "WITHDRAWN", "CaseClosed": "CLOSED_NO_SUPPLEMENT", "CaseVoided": "VOID",
}
PHASES = {
    ("CorrectionsRequested", "BEFORE"): "SUPPLEMENT_BEFORE", ("CorrectionsRequested", "AFTER"): "SUPPLEMENT_AFTER",
    ("CorrectionsAnswered", "BEFORE"): "SUBMITTED", ("CorrectionsAnswered", "AFTER"): "UNDER_REVIEW",
}
TELLING = {  # column of the case: events that say it, and under which name
    "promised_due_at": {"CaseAccepted", "CaseResumed", "CaseExtended", "CorrectionsAnswered"},
    "statutory_due_at": {"CaseAccepted", "CaseResumed", "CaseExtended", "CorrectionsAnswered"},
    "intake_due_at": {"CaseSubmitted", "CorrectionsAnswered"},
    "received_on": {"CaseSubmitted", "CorrectionsAnswered"},
    "accepted_at": {"CaseAccepted"}, "deemed": {"CaseAccepted"},
    "outcome": {"CaseDecided"}, "item_code": {"CaseSubmitted"}, "item_version": {"CaseSubmitted"},
}
ACTORS = {"accepted_by_id": "CaseAccepted", "examined_by_id": "CaseExamined", "decided_by_id": "CaseDecided"}
DEEDS = {"CaseAccepted": Right.ACCEPT, "CaseExamined": Right.EXAMINE, "CaseDecided": Right.DECIDE,
         "CaseReturned": Right.DECIDE, "CaseVoided": Right.VOID}
INSTANTS = {"decided_at": {"CaseDecided"}, "completed_at": {"CaseDeclined", "CaseConcluded", "CaseClosed", "CaseVoided"}}
NOT_YET = {"extension_days": 0, "outcome": "", "deemed": False, **dict.fromkeys(
    (*ACTORS, *INSTANTS, "accepted_at", "promised_due_at", "statutory_due_at", "correction_due_at"))}
EVENTS = """
select p.position, e.name, e.at, e.subject, e.actor, e.party, e.authority, e.payload::text
from kernel_position p join kernel_event e on e.id = p.event and e.at = p.at
where e.module in ('cases', 'licences') and p.position <= %s order by p.position
"""
WAITING = """
select e.id, e.subject, e.at > kernel_now() - %s and e.at <= kernel_now() from kernel_event e
where not exists (select from kernel_position p where p.event = e.id) order by e.id
"""
GIVEN = """select from kernel_event e where e.module = 'identity' and e.name = '{name}' and e.payload->>'account' = {account}"""
GIVEN_POST = GIVEN + " and e.payload->>'authority' = {authority}::text and e.payload->>'role' = {role}"
RIGHTS_UNSAID = f"""
select 'account ' || p.account_id || ' was never made ' || p.role || ' at authority ' || p.authority_id from identity_post p
where not exists ({GIVEN_POST.format(name="PostGiven", account="p.account_id::text", authority="p.authority_id", role="p.role")})
union all select 'account ' || m.account_id || ' was never made administrator ' || m.duty from identity_administrator m
where not exists ({GIVEN.format(name="AdministratorMade", account="m.account_id::text")} and e.payload->>'duty' = m.duty)
union all select 'client ' || c.key || ' was never let in' from identity_client c where c.confirmed_at is not null
and not exists (select from kernel_event e where e.name = 'ClientConfirmed' and e.payload->>'client' = c.key)
union all select 'source ' || s.key || ' was never let in' from identity_source s where s.confirmed_at is not null
and not exists (select from kernel_event e where e.name = 'SourceConfirmed' and e.payload->>'source' = s.key)
union all select 'assessment ' || a.id || ' was never agreed to' from identity_assessment a where a.confirmed_at is not null
and not exists (select from kernel_event e where e.name = 'AssessmentConfirmed' and e.payload->>'assessment' = a.id::text)
union all select 'whoever answers for ' || r.charge || ' was never agreed on' from identity_responsibility r
where r.confirmed_at is not null and not exists (select from kernel_event e
  where e.name in ('ResponsibleConfirmed', 'ResponsibleMadeUp') and e.payload->>'responsibility' = r.id::text)
union all select 'link ' || l.id || ' was never joined by the holder of account ' || l.account_id from identity_link l
where not exists (select from kernel_event e where e.name = 'SourceLinked' and e.payload->>'link' = l.id::text
                  and e.actor = 'account:' || l.account_id)
"""
DEEDS_WITHOUT_POST = f"""
select k.position, d.name || ' of ' || d.subject || ' by ' || d.actor || ', who was never given the post'
from kernel_event d join kernel_position k on k.event = d.id and k.at = d.at
join (select unnest(%(names)s::text[]) as name, unnest(%(roles)s::text[]) as roles) w on w.name = d.name
where d.module = 'cases' and d.actor like 'account:%%' and not exists (
  {GIVEN_POST.format(name="PostGiven", account="substr(d.actor, 9)", authority="d.authority",
                     role="any(string_to_array(w.roles, ','))")}) order by k.position
"""
CASES = """
select number, state, applicant_id, authority_id, item_code, item_version, received_on, intake_due_at, correction_due_at,
       accepted_at, deemed, promised_due_at, statutory_due_at, extension_days, accepted_by_id, examined_by_id, decided_at,
       decided_by_id, outcome, submitted_at, completed_at from cases_case
"""
COLUMNS = ("state", "applicant_id", "authority_id", "item_code", "item_version", "received_on", "intake_due_at",
           "correction_due_at", "accepted_at", "deemed", "promised_due_at", "statutory_due_at", "extension_days",
           "accepted_by_id", "examined_by_id", "decided_at", "decided_by_id", "outcome", "submitted_at", "completed_at")
REASONS = """
select c.number, d.salt, d.reason from cases_decision d join cases_case c on c.id = d.case_id
union all select c.number, t.salt, t.opinion from cases_task t join cases_case c on c.id = t.case_id where t.salt <> ''
"""
LICENCES = """
select l.code, l.state, l.identifier, l.type_code, l.holder_id, l.issuer_id, v.state, v.payload, l.case_number
from licences_licence l left join licences_verifiable v on v.code = l.code
"""


@dataclass(slots=True)
class Replayed:
    """What one subject must look like, told by its events alone."""

    position: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    hashes: list[str] = field(default_factory=list)


def register(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("audit", help="does everything stored follow from the record?")
    command.set_defaults(act=audit_command)


def audit_command(options: Any) -> int:
    """Print every fault; 1 if there is one."""
    import django

    django.setup()
    with database.serving("worker"):
        found = audit(say=lambda fault: sys.stdout.write(f"{fault.place} {fault.position}: {fault.what}\n"))
        entries = standing().entered
    sys.stdout.write(f"{entries} entries, {found} faults\n")
    return int(found > 0)


def audit(say: Callable[[Fault], object]) -> int:
    """Look at everything, say and count the faults, note when that was; returns how many there were."""
    began, count = monotonic(), 0
    for fault in faults():
        say(fault)
        count += 1
    note_audit(faults=count, seconds=monotonic() - began)
    if count:
        from tongban.federation.actions import (
            note_by_rule,  # only here: the signer starts by this module and knows no database
        )

        note_by_rule(AUDITOR, cause="audit", told=IncidentTold(
            kind=Kind.ATTACK, severity=Severity.MAJOR, measures="",
            what=f"The comparison of everything with the record found {count} faults: see record_fault in the log of the worker."))
    return count


def audit_when_due(stopping: threading.Event) -> None:
    """Once a day, at the hour of `ledger.audit_hour`, look at everything; faults go to the log and the figures."""
    while not stopping.wait(CHECKING_SECONDS):
        now = clock.now()
        hour = int(parameters.value("ledger.audit_hour", now.date()))
        last = last_audit()
        if now.hour >= hour and (last is None or clock.local(last.at).date() < now.date()):
            audit(say=lambda fault: log.error("record_fault", place=fault.place, position=fault.position, what=fault.what))


def faults() -> Iterator[Fault]:
    """Everything that does not fit, in the record and between the record and the tables."""
    return chain(faults_of_the_record(), faults_of_state(), faults_of_rights())


def faults_of_rights() -> Iterator[Fault]:
    """Posts, administrators and systems that nobody was said to let in, and acts of who never held a post for them."""
    for (what,) in database.rows(RIGHTS_UNSAID):
        yield Fault(place="state", position=0, what=what)
    for position, what in database.rows(DEEDS_WITHOUT_POST, {
            "names": list(DEEDS), "roles": [",".join(sorted(RIGHTS[right])) for right in DEEDS.values()]}):
        yield Fault(place="state", position=position, what=what)


def faults_of_state() -> Iterator[Fault]:
    """Cases, clocks, reasons and licences that differ from what the log says of them."""
    found = database.row("select position from kernel_sequencer")
    unread: list[Fault] = []
    subjects = replayed(database.rows(EVENTS, [found[0] if found else 0]), unread)
    yield from unread
    fresh = set()
    for event, subject, is_new in database.rows(WAITING, [WAITS]):
        if is_new:
            fresh.add(subject)
        else:
            yield Fault(place="log", position=0, what=f"event {event} never got a position")
    yield from _faults_of_cases(subjects, fresh)
    yield from _faults_of_licences(subjects, fresh)


def replayed(rows: Any, unread: list[Fault]) -> Mapping[str, Replayed]:
    """Every subject as its events leave it; an event that does not say what events of its name say is `unread`."""
    subjects: defaultdict[str, Replayed] = defaultdict(Replayed)
    for position, name, at, subject, actor, party, authority, payload in rows:
        model = subjects[subject]
        try:
            told = msgspec.to_builtins(msgspec.convert(msgspec.json.decode(payload), events.CATALOGUE[name], strict=False))
            (_licence if subject.startswith("licence:") else _case)(model.values, name, at, actor, told, party, authority)
        except (KeyError, TypeError, ValueError):
            unread.append(Fault(place="log", position=position, what=f"{name} of {subject} cannot be read"))
            continue
        model.position = position
        model.hashes += [value for key, value in told.items() if key in {"reason_hash", "opinion_hash"} and value]
    return subjects


def _case(values: dict[str, Any], name: str, at: datetime, actor: str, told: dict[str, Any], party: int | None,
          authority: int | None) -> None:
    if name == "CaseSubmitted":
        values.update(NOT_YET, submitted_at=at, applicant_id=party, authority_id=authority)
    if state := STATES.get(name) or PHASES.get((name, told.get("phase", ""))):
        values["state"] = state
    by = actor.removeprefix("account:") if actor.startswith("account:") else None
    values.update({column: told[column] for column, tellers in TELLING.items() if name in tellers and told[column] != ""},
                  **{column: by for column, act in ACTORS.items() if name == act},
                  **{column: at for column, acts in INSTANTS.items() if name in acts},
                  **{f"{clock}_due_at": new for clock, (_, new) in told.get("changes", {}).items()})
    if name.startswith("Corrections"):
        values["correction_due_at"] = told.get("due_at")
    if name == "CaseExtended":
        values["extension_days"] = told["days"]


def _licence(values: dict[str, Any], name: str, at: datetime, actor: str, told: dict[str, Any], party: int | None,
             authority: int | None) -> None:
    match name:
        case "LicenceOrdered":
            values.update(state="DRAFT", type_code=told["type_code"], case_number=told["case_number"])
        case "LicenceRegistered" | "LicenceIssued":
            values.update(state="ISSUED", holder_id=party, issuer_id=authority, identifier=told["identifier"],
                          type_code=told["type_code"], payload=told.get("payload_sha256"))
        case "LicenceStateChanged":
            values["state"] = told["new"]


def _faults_of_cases(subjects: Mapping[str, Replayed], fresh: set[str]) -> Iterator[Fault]:
    kept = defaultdict(set)
    for number, salt, text in database.rows(REASONS):
        kept[number].add(hashlib.sha256(f"{salt}|{text}".encode()).hexdigest())
    seen = set()
    for number, *values in database.rows(CASES):
        seen.add(number)
        model = subjects.get(number)
        if number in fresh:
            continue
        if model is None or "submitted_at" not in model.values:
            yield Fault(place="state", position=0, what=f"case {number} was never submitted")
            continue
        for column, stored in zip(COLUMNS, values, strict=True):
            if column in model.values and not _same(stored, model.values[column]):
                yield Fault(place="state", position=model.position, what=f"case {number}: {column}")
        if not set(model.hashes) <= kept[number]:
            yield Fault(place="state", position=model.position, what=f"case {number}: a reason")
    for number, model in subjects.items():
        if "submitted_at" in model.values and number not in seen:
            yield Fault(place="state", position=model.position, what=f"case {number} is gone")


def _faults_of_licences(subjects: Mapping[str, Replayed], fresh: set[str]) -> Iterator[Fault]:
    seen = set()
    for code, state, identifier, type_code, holder, issuer, shown, payload, case_number in database.rows(LICENCES):
        subject = f"licence:{code}"
        seen.add(subject)
        model = subjects.get(subject)
        if subject in fresh:
            continue
        if model is None:
            if state != "DRAFT" or case_number:
                yield Fault(place="state", position=0, what=f"licence {code} was never issued")
            continue
        stored = {"state": state, "identifier": identifier, "type_code": type_code, "holder_id": holder,
                  "issuer_id": issuer, "payload": hashlib.sha256(payload).hexdigest() if payload else None,
                  "case_number": case_number}
        wrong = [name for name, value in model.values.items() if stored[name] != value]
        if shown is not None and shown != state:
            wrong.append("what verifiers see")
        for name in wrong:
            yield Fault(place="state", position=model.position, what=f"licence {code}: {name}")
    for subject, model in subjects.items():
        if subject.startswith("licence:") and subject not in seen and model.values:
            yield Fault(place="state", position=model.position, what=f"{subject} is gone")


def _same(stored: object, told: object) -> bool:
    if isinstance(stored, datetime) and isinstance(told, datetime):
        return abs(stored - told) <= SAME_ACT
    if isinstance(stored, datetime) and isinstance(told, str):
        return _is_instant(stored, told)
    return stored is told if stored is None or told is None else str(stored) == str(told)


def _is_instant(stored: datetime, told: str) -> bool:
    try:
        return stored == datetime.fromisoformat(told)
    except (ValueError, TypeError):
        return False
