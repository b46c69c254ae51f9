"""What belongs to one case: steps, materials, notices, decision, answers, timeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from tongban.calendars.types import CORRECTIONS, Suspension
from tongban.cases.models import Case
from tongban.cases.queries.lists import text_of
from tongban.cases.rules import EXAMINATION
from tongban.cases.types import Outcome, TrustLevel, Way
from tongban.identity.types import Role
from tongban.kernel import database, events, vault
from tongban.kernel.events import Event
from tongban.kernel.types import Text

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """A step of a case, open or done."""

    node: str
    name: Text
    role: str
    verb: str
    opened_at: datetime
    done_at: datetime | None
    done_by: int | None
    recommends: bool | None
    opinion: str
    visited_on: date | None
    companion: int | None

    @property
    def officers(self) -> tuple[int, ...]:
        """Who did the step; of a visit to the site, both."""
        return tuple(each for each in (self.done_by, self.companion) if each)


def handled_by(number: str, account: int) -> bool:
    """Did they do a step, ask for corrections, stop the clock, decide or decline? What a supervisor allowed is no step."""
    return database.row(
        "select 1 from cases_case c where c.number = %(number)s and (%(account)s in (c.accepted_by_id, c.examined_by_id, c.decided_by_id) "
        "or exists (select from cases_task t where t.case_id = c.id and %(account)s in (t.done_by_id, t.companion_id) "
        "and t.role <> %(supervisor)s) or exists (select from cases_decision d where d.case_id = c.id and d.by_id = %(account)s) "
        "or exists (select from cases_correction k where k.case_id = c.id and k.requested_by_id = %(account)s) "
        "or exists (select from cases_stop s where s.case_id = c.id and s.started_by_id = %(account)s))",
        {"number": number, "account": account, "supervisor": Role.SUPERVISOR}) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialRow:
    """A material of a case as given last."""

    id: int
    code: str
    name: Text
    way: Way
    trust: TrustLevel
    document: int | None
    file_name: str
    media_type: str
    size: int
    licence: str
    source: Text | None
    due_on: date | None
    overdue_at: datetime | None
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRow:
    """What the applicant was told is missing."""

    phase: str
    items: tuple[dict[str, Any], ...]
    requested_at: datetime
    due_at: datetime
    answered_at: datetime | None
    notice: int
    again_allowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """What was decided and why."""

    kind: str
    ground: str
    right_organ: str
    reason: str
    at: datetime
    by: int

    @property
    def outcome(self) -> Outcome | None:
        return Outcome(self.kind) if self.kind != "DECLINED" else None


def steps_of(case: int) -> list[StepRow]:
    """The steps of a case in the order they opened."""
    return [StepRow(node=node, name=text_of(name), role=role, verb=verb, opened_at=opened, done_at=done, done_by=by,
                    recommends=recommends, opinion=opinion, visited_on=visited, companion=companion)
            for node, name, role, verb, opened, done, by, recommends, opinion, visited, companion in database.planned_rows(
                "select node, name::text, role, verb, opened_at, done_at, done_by_id, recommends, opinion, visited_on, "
                "companion_id from cases_task where case_id = %s order by id", [case])]


def last_checks(steps: Iterable[StepRow]) -> list[StepRow]:
    """Of each step of the examination that was done, how it was done last."""
    return list({step.node: step for step in steps if step.verb in EXAMINATION and step.done_at and step.done_by}.values())


def brought_since(case: int, at: datetime) -> list[tuple[Text, datetime]]:
    """Papers that took the place of a promise or of another paper since an instant, each with when it came."""
    return [(text_of(name), came) for name, came in database.rows(
        "select m.name::text, max(o.replaced_at) from cases_material m join cases_material o on o.case_id = m.case_id "
        "and o.code = m.code where m.case_id = %s and m.replaced_at is null and m.way <> 'LATER' and o.replaced_at > %s "
        "group by m.id, m.name order by m.id", [case, at])]


def materials_of(case: int) -> list[MaterialRow]:
    """The materials of a case as given last."""
    return [MaterialRow(id=key, code=code, name=text_of(name), way=Way(way), trust=TrustLevel(trust), document=document,
                        file_name=file_name, media_type=media_type, size=size, licence=licence,
                        source=text_of(source) if source else None, due_on=due_on, overdue_at=overdue, held=held)
            for key, code, name, way, trust, document, file_name, media_type, size, licence, source, due_on, overdue, held
            in database.planned_rows(
                "select m.id, m.code, m.name::text, m.way, m.trust, m.document_id, m.file_name, m.media_type, m.size, m.licence, "
                "m.source::text, m.due_on, m.overdue_at, coalesce(d.gate not in ('', 'PASSED'), false) from cases_material m "
                "left join documents_document d on d.id = m.document_id where m.case_id = %s and m.replaced_at is null order by m.id",
                [case])]


def owing(cases: Sequence[int]) -> dict[int, date | None]:
    """Of these cases, those for which a paper is promised and has not come, each with the first day one is due."""
    return dict(database.rows("select case_id, min(due_on) from cases_material where case_id = any(%s) and way = 'LATER' "
                              "and replaced_at is null group by 1", [list(cases)]))


def answers_of(case: Case) -> dict[str, Any]:
    """The answers of a case in clear; none once the case is past its time."""
    if not case.answers:
        return {}
    row = f"{case.applicant_id}:{case.idempotency_key}"
    found: dict[str, Any] = msgspec.json.decode(vault.unseal("cases_case", "answers", row, case.answers))
    return found


def stops_of(case: int) -> tuple[Suspension, ...]:
    """The suspensions of a case, oldest first."""
    return tuple(Suspension(name=name, started_at=started, announced_end=end, ended_at=ended)
                 for name, started, end, ended in database.planned_rows(
                     "select procedure, started_at, announced_end, ended_at from cases_stop where case_id = %s "
                     "order by started_at", [case]))


def stops_used(case: int) -> dict[str, bool]:
    """The procedures that stopped the clock, and of each whether a supervisor allowed it to be used once more (TIM-09)."""
    return dict(database.rows(
        "select distinct on (procedure) procedure, again_allowed_by_id is not null from cases_stop where case_id = %s "
        "and procedure <> %s and ended_at > started_at order by procedure, started_at desc", [case, CORRECTIONS]))


def material_with_document(document: int) -> str | None:
    """The number of a case the current scope may see that holds this document."""
    found = database.row("select c.number from cases_material m join cases_case c on c.id = m.case_id "
                         "where m.document_id = %s limit 1", [document])
    return found[0] if found else None


def corrections_of(case: int) -> list[CorrectionRow]:
    """The notices of a case, oldest first."""
    return [CorrectionRow(phase=phase, items=tuple(msgspec.json.decode(items)), requested_at=at, due_at=due,
                          answered_at=answered, notice=notice, again_allowed=again)
            for phase, items, at, due, answered, notice, again in database.planned_rows(
                "select phase, items::text, requested_at, due_at, answered_at, notice, again_allowed_by_id is not null "
                "from cases_correction "
                "where case_id = %s order by id", [case])]


def decision_of(case: int) -> DecisionRow | None:
    """What was decided or declined."""
    found = database.planned_row("select kind, ground, right_organ, reason, at, by_id from cases_decision where case_id = %s",
                         [case])
    if found is None:
        return None
    kind, ground, right_organ, reason, at, by = found
    return DecisionRow(kind=kind, ground=ground, right_organ=right_organ, reason=reason, at=at, by=by)


def timeline(number: str, *, submitted_at: datetime | None = None, now: datetime | None = None) -> list[Event]:
    """Everything that happened to a case, oldest first; quicker for who knows when it was submitted and what time it is."""
    return events.of_subject(number, since=submitted_at and submitted_at - DAY, until=now and now + DAY)
