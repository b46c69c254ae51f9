"""What others may read of cases: frozen rows, keyset-paged; row security decides whose."""

import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from tongban.calendars.types import SHANGHAI, Suspension
from tongban.cases.models import Case
from tongban.cases.rules import as_heard, check_answers, check_materials, check_situation, papers_by_licence, steps_for
from tongban.cases.types import OPEN, GivenMaterial, Outcome, State, TrustLevel, Way
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide
from tongban.identity import queries as identity
from tongban.identity.types import Actor
from tongban.kernel import database, events, vault
from tongban.kernel.errors import Problem
from tongban.kernel.events import Event
from tongban.kernel.types import Channel, Text
from tongban.licences import queries as licences

SUMMARY = """c.id, c.number, c.item_code, c.item_name::text, c.state, c.applicant_name, c.submitted_at, c.accepted_at,
 c.promised_due_at, c.statutory_due_at, c.intake_due_at, c.correction_due_at, c.decided_at, c.completed_at, c.outcome,
 c.licence, c.authority_id, c.applicant_id, c.pace, c.channel, c.deemed"""

WAITING = """from cases_task t join cases_case c on c.id = t.case_id
 where t.done_at is null and (t.authority, t.role, t.verb) in (
   select * from unnest(%(authorities)s::bigint[], %(roles)s::text[], %(verbs)s::text[]))
 and c.state in ('SUBMITTED', 'ACCEPTED', 'UNDER_REVIEW', 'SUSPENDED') and c.applicant_id <> all(%(stakes)s)
 and c.agent_id <> all(array(select a.id from identity_account a where a.party_id = %(party)s))
 and (t.verb <> 'decide' or not exists (select 1 from cases_task x where x.case_id = c.id
   and %(account)s in (x.done_by_id, x.companion_id) and x.verb in ('examine', 'inspect')))"""
"""Open steps for an officer's posts: not the decision on what they examined, nothing of their own applications."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case in a list."""

    id: int
    number: str
    item_code: str
    item_name: Text
    state: State
    applicant_name: str
    submitted_at: datetime
    accepted_at: datetime | None
    promised_due_at: datetime | None
    statutory_due_at: datetime | None
    intake_due_at: datetime
    correction_due_at: datetime | None
    decided_at: datetime | None
    completed_at: datetime | None
    outcome: str
    licence: str
    authority: int
    applicant: int
    pace: str
    channel: str
    deemed: bool

    @property
    def due_at(self) -> datetime | None:
        """The instant the next act is due; None once decided."""
        if self.state in (State.SUPPLEMENT_BEFORE, State.SUPPLEMENT_AFTER):
            return self.correction_due_at
        if self.state is State.SUBMITTED:
            return self.intake_due_at
        return self.promised_due_at if self.state.is_open else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """An open step in a queue, with the case it belongs to."""

    id: int
    node: str
    name: Text
    role: str
    verb: str
    due_at: datetime | None
    case: CaseRow


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRow:
    """What the applicant was told is missing."""

    phase: str
    items: tuple[dict[str, Any], ...]
    requested_at: datetime
    due_at: datetime
    answered_at: datetime | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """A draft in the list of its owner."""

    key: str
    item_code: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    """What someone with number and query code may learn without signing in."""

    number: str
    item_name: Text
    state: State
    submitted_at: datetime
    due_at: datetime | None


def cases_of(parties: Sequence[int], *, before: int | None = None, limit: int = 20) -> list[CaseRow]:
    """Cases of these parties, newest first; `before` is the id of the last row of the page before."""
    return _cases("c.applicant_id = any(%s) and (%s::bigint is null or c.id < %s) order by c.id desc limit %s",
                  [list(parties), before, before, limit])


def cases_at(authorities: Sequence[int], *, states: Sequence[State] = (), before: int | None = None,
             limit: int = 20) -> list[CaseRow]:
    """Cases at these authorities, newest first."""
    return _cases("c.authority_id = any(%s) and (%s or c.state = any(%s)) and (%s::bigint is null or c.id < %s) "
                  "order by c.id desc limit %s",
                  [list(authorities), not states, [str(state) for state in states], before, before, limit])


def queue(actor: Actor, *, after: tuple[datetime, int] | None = None, limit: int = 25,
          overdue_only: bool = False) -> list[TaskRow]:
    """Open steps for an officer, most urgent first. `after` is due instant and id of the last row before."""
    due, key = after or (None, None)
    found = database.rows(
        f"select t.id, t.node, t.name::text, t.role, t.verb, t.due_at, {SUMMARY} {WAITING} "
        "and (not %(overdue)s or t.due_at <= kernel_now()) and (%(due)s::timestamptz is null "
        "or (t.due_at, t.id) > (%(due)s, %(key)s)) order by t.due_at, t.id limit %(limit)s",
        {**_at_desk(actor), "overdue": overdue_only, "due": due, "key": key, "limit": limit})
    return [TaskRow(id=row[0], node=row[1], name=_text(row[2]), role=row[3], verb=row[4], due_at=row[5],
                    case=_case(row[6:])) for row in found]


def count_queue(actor: Actor) -> tuple[int, int]:
    """How many steps are open for an officer, and how many of them are overdue (exact)."""
    found = database.row(f"select count(*), count(*) filter (where t.due_at <= kernel_now()) {WAITING}",
                         _at_desk(actor))
    return (found[0], found[1]) if found else (0, 0)


def _at_desk(actor: Actor) -> dict[str, Any]:
    authorities, roles, verbs = zip(*steps_for(actor.posts), strict=True) if actor.posts else ((), (), ())
    return {"authorities": list(authorities), "roles": list(roles), "verbs": list(verbs),
            "stakes": list(actor.stakes), "party": actor.party, "account": actor.account}


def find(authorities: Sequence[int], words: Sequence[str], *, limit: int = 25) -> list[CaseRow]:
    """Cases of these authorities that carry every word, newest first."""
    if not words:
        return []
    return _cases(
        "c.id in (select w.case_id from cases_word w where w.authority = any(%s) and w.word = any(%s) "
        "group by w.case_id having count(distinct w.word) = %s) order by c.id desc limit %s",
        [list(authorities), list(words), len(set(words)), limit])


def steps_of(case: int) -> list[StepRow]:
    """The steps of a case in the order they opened."""
    return [StepRow(node=node, name=_text(name), role=role, verb=verb, opened_at=opened, done_at=done, done_by=by,
                    recommends=recommends, opinion=opinion, visited_on=visited, companion=companion)
            for node, name, role, verb, opened, done, by, recommends, opinion, visited, companion in database.rows(
                "select node, name::text, role, verb, opened_at, done_at, done_by_id, recommends, opinion, visited_on, "
                "companion_id from cases_task where case_id = %s order by id", [case])]


def materials_of(case: int) -> list[MaterialRow]:
    """The materials of a case as given last."""
    return [MaterialRow(id=key, code=code, name=_text(name), way=Way(way), trust=TrustLevel(trust), document=document,
                        file_name=file_name, media_type=media_type, size=size, licence=licence,
                        source=_text(source) if source else None, due_on=due_on)
            for key, code, name, way, trust, document, file_name, media_type, size, licence, source, due_on
            in database.rows(
                "select id, code, name::text, way, trust, document_id, file_name, media_type, size, licence, "
                "source::text, due_on from cases_material where case_id = %s and replaced_at is null order by id", [case])]


def known_materials(guide: Guide, holders: Sequence[int]) -> list[GivenMaterial]:
    """Papers that need not be handed in because a valid licence of one of the holders stands for them (CAT-40)."""
    papers = papers_by_licence(guide)
    found = {each.type_code: each for each in reversed(licences.usable_for(holders, list(papers)))}
    return [GivenMaterial(code=papers[each.type_code].code, name=papers[each.type_code].name, way=Way.LICENCE,
                          trust=TrustLevel(each.trust), licence=each.identifier,
                          source=Text(zh=f"{each.type_name.zh}（{each.source.zh}）",
                                      en=f"{each.type_name.in_('en')} ({each.source.in_('en')})"))
            for each in found.values()]


def lapsed_materials(actor: Actor, guide: Guide, applicant: int, given: Iterable[GivenMaterial]) -> frozenset[str]:
    """Papers for which a licence stood that is no longer valid, or never was one of the applicant's."""
    named = {(each.code, each.licence) for each in given if each.way is Way.LICENCE}
    if not named:
        return frozenset()
    papers = papers_by_licence(guide)
    held = licences.usable_for(holders_of(actor, applicant), list(papers))
    return frozenset(code for code, _ in named - {(papers[each.type_code].code, each.identifier) for each in held})


def holders_of(actor: Actor, applicant: int) -> list[int]:
    """Whose licences count in an application: the applicant's, and those of a firm's representative who applies."""
    represented = actor.party not in (None, applicant) and identity.represents(actor.party or 0, applicant)
    return [applicant, *([actor.party] if represented and actor.party else [])]


def check_submission(guide: Guide, situation: str, answers: dict[str, Any], given: Iterable[GivenMaterial], *,
                     lapsed: Collection[str] = ()) -> tuple[Problem, ...]:
    """Everything that keeps an application from being sent: situation, answers, materials."""
    form = catalogue.form(guide.form_code, guide.form_version)
    return (*check_situation(guide, situation), *check_answers(form, answers),
            *check_materials(guide, situation, given, lapsed=lapsed))


def answers_of(case: Case) -> dict[str, Any]:
    """The answers of a case in clear."""
    row = f"{case.applicant_id}:{case.idempotency_key}"
    found: dict[str, Any] = msgspec.json.decode(vault.unseal("cases_case", "answers", row, case.answers))
    return found


def stops_of(case: int) -> tuple[Suspension, ...]:
    """The suspensions of a case, oldest first."""
    return tuple(Suspension(name=name, started_at=started, announced_end=end, ended_at=ended)
                 for name, started, end, ended in database.rows(
                     "select procedure, started_at, announced_end, ended_at from cases_stop where case_id = %s "
                     "order by started_at", [case]))


def material_with_document(document: int) -> str | None:
    """The number of a case the current scope may see that holds this document."""
    found = database.row("select c.number from cases_material m join cases_case c on c.id = m.case_id "
                         "where m.document_id = %s limit 1", [document])
    return found[0] if found else None


def corrections_of(case: int) -> list[CorrectionRow]:
    """The notices of a case, oldest first."""
    return [CorrectionRow(phase=phase, items=tuple(msgspec.json.decode(items)), requested_at=at, due_at=due,
                          answered_at=answered)
            for phase, items, at, due, answered in database.rows(
                "select phase, items::text, requested_at, due_at, answered_at from cases_correction "
                "where case_id = %s order by id", [case])]


def decision_of(case: int) -> DecisionRow | None:
    """What was decided or declined."""
    found = database.row("select kind, ground, right_organ, reason, at, by_id from cases_decision where case_id = %s",
                         [case])
    if found is None:
        return None
    kind, ground, right_organ, reason, at, by = found
    return DecisionRow(kind=kind, ground=ground, right_organ=right_organ, reason=reason, at=at, by=by)


def timeline(number: str) -> list[Event]:
    """Everything that happened to a case, oldest first."""
    return events.of_subject(number)


def drafts_of(parties: Sequence[int], *, limit: int = 20) -> list[DraftRow]:
    """Drafts not yet sent, latest first."""
    return [DraftRow(key=key, item_code=code, updated_at=at) for key, code, at in database.rows(
        "select key, item_code, updated_at from cases_draft where applicant_id = any(%s) and submitted_as = '' "
        "and discarded_at is null order by updated_at desc limit %s", [list(parties), limit])]


def by_number(number: str) -> CaseRow | None:
    """One case the current scope may see."""
    found = _cases("c.number = %s", [number])
    return found[0] if found else None


def status(number: str, code: str) -> StatusRow | None:
    """The status of a case for whoever holds its number and query code; an unknown number and a wrong code look alike."""
    if not hmac.compare_digest(as_heard(code).encode(errors="replace"), vault.query_code(number).encode()):
        return None
    found = database.row("select number, item_name::text, state, submitted_at, due_at from cases_status(%s)", [number])
    if found is None:
        return None
    return StatusRow(number=found[0], item_name=_text(found[1]), state=State(found[2]), submitted_at=found[3],
                     due_at=found[4])


def due_numbers(limit: int) -> list[tuple[str, State]]:
    """Cases on which time brings something now (worker only)."""
    return [(number, State(state)) for number, state in database.rows(
        "select number, state from cases_case where next_due_at <= kernel_now() order by next_due_at limit %s",
        [limit])]


def running_numbers(*, after: int, limit: int) -> list[tuple[int, str]]:
    """Key and number of cases of which a clock runs, by key (worker only)."""
    return [(key, number) for key, number in database.rows(
        f"select id, number from cases_case where state in ({OPEN_STATES}, 'DECIDED') and id > %s order by id limit %s",
        [after, limit])]


def _cases(where: str, parameters: list[Any] | dict[str, Any]) -> list[CaseRow]:
    return [_case(row) for row in database.rows(f"select {SUMMARY} from cases_case c where {where}", parameters)]


def _case(row: Sequence[Any]) -> CaseRow:
    return CaseRow(
        id=row[0], number=row[1], item_code=row[2], item_name=_text(row[3]), state=State(row[4]),
        applicant_name=row[5], submitted_at=row[6], accepted_at=row[7], promised_due_at=row[8],
        statutory_due_at=row[9], intake_due_at=row[10], correction_due_at=row[11], decided_at=row[12],
        completed_at=row[13], outcome=row[14], licence=row[15], authority=row[16], applicant=row[17], pace=row[18],
        channel=row[19], deemed=row[20])


def _text(stored: str) -> Text:
    return msgspec.json.decode(stored, type=Text)


class Figure(StrEnum):
    """What oversight counts of cases; `cases_behind` lists the cases a count is made of."""

    RECEIVED = "RECEIVED"
    ACCEPTED = "ACCEPTED"
    DECIDED = "DECIDED"
    FINISHED = "FINISHED"
    ON_TIME = "ON_TIME"
    LATE = "LATE"
    BEYOND_LAW = "BEYOND_LAW"
    OPEN = "OPEN"
    OVERDUE = "OVERDUE"
    OVERDUE_BY_LAW = "OVERDUE_BY_LAW"


FINISHED = "c.completed_at >= %(since)s and c.completed_at < %(until)s and c.state in ('COMPLETED', 'DELIVERED')"
OPEN_STATES = ", ".join(f"'{state}'" for state in sorted(OPEN))
MEANING = {
    Figure.RECEIVED: "c.submitted_at >= %(since)s and c.submitted_at < %(until)s",
    Figure.ACCEPTED: "c.accepted_at >= %(since)s and c.accepted_at < %(until)s",
    Figure.DECIDED: "c.decided_at >= %(since)s and c.decided_at < %(until)s",
    Figure.FINISHED: FINISHED,
    Figure.ON_TIME: f"{FINISHED} and c.completed_at < c.promised_due_at",
    Figure.LATE: f"{FINISHED} and c.completed_at >= c.promised_due_at",
    Figure.BEYOND_LAW: "c.decided_at >= %(since)s and c.decided_at < %(until)s and c.decided_at >= c.statutory_due_at",
    Figure.OPEN: f"c.state in ({OPEN_STATES})",
    Figure.OVERDUE: "c.state in ('ACCEPTED', 'UNDER_REVIEW', 'SUPPLEMENT_AFTER', 'DECIDED') "
                    "and c.promised_due_at <= kernel_now()",
    Figure.OVERDUE_BY_LAW: "c.state in ('ACCEPTED', 'UNDER_REVIEW', 'SUPPLEMENT_AFTER') "
                           "and c.statutory_due_at <= kernel_now()",
}
"""One condition a figure, for its count and for its list. The first seven are of a period, the last three of now."""
USED = "extract(epoch from {end} - c.accepted_at) / nullif(extract(epoch from c.{due} - c.accepted_at), 0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """What decides how the clock of a case stands."""

    number: str
    authority: int
    item_code: str
    item_version: int
    state: State
    channel: Channel
    accepted_at: datetime | None
    promised_due_at: datetime | None
    statutory_due_at: datetime | None
    decided_at: datetime | None
    completed_at: datetime | None
    extension_days: int
    last_step_at: datetime | None
    suspensions: tuple[Suspension, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityFigures:
    """The counts of an authority, and which share of promise and law finished cases used on average (elapsed time)."""

    authority: int
    counts: dict[Figure, int]
    promise_used: float | None
    law_used: float | None

    @property
    def on_time_rate(self) -> float | None:
        finished = self.counts[Figure.FINISHED]
        return self.counts[Figure.ON_TIME] / finished if finished else None


def clocks(numbers: Sequence[str]) -> list[ClockRow]:
    """The clocks of these cases with all that stopped them."""
    found = database.rows(
        "select c.number, c.authority_id, c.item_code, c.item_version, c.state, c.channel, c.accepted_at, "
        "c.promised_due_at, c.statutory_due_at, c.decided_at, c.completed_at, c.extension_days, "
        "greatest(c.accepted_at, (select max(t.done_at) from cases_task t where t.case_id = c.id), "
        "(select max(coalesce(x.answered_at, x.requested_at)) from cases_correction x where x.case_id = c.id), "
        "(select max(coalesce(s.ended_at, s.started_at)) from cases_stop s where s.case_id = c.id)), "
        "(select json_agg(json_build_object('name', s.procedure, 'started_at', s.started_at, 'announced_end', "
        "s.announced_end, 'ended_at', s.ended_at) order by s.started_at)::text from cases_stop s "
        "where s.case_id = c.id) from cases_case c where c.number = any(%s) order by c.id", [list(numbers)])
    return [ClockRow(number=row[0], authority=row[1], item_code=row[2], item_version=row[3], state=State(row[4]),
                     channel=Channel(row[5]), accepted_at=row[6], promised_due_at=row[7], statutory_due_at=row[8],
                     decided_at=row[9], completed_at=row[10], extension_days=row[11], last_step_at=row[12],
                     suspensions=msgspec.json.decode(row[13] or "[]", type=tuple[Suspension, ...])) for row in found]


def figures_by_authority(*, since: date, until: date,
                         authorities: Sequence[int] | None = None) -> list[AuthorityFigures]:
    """Counts per authority over the days from `since` to `until`, exact; None: every authority the caller may see."""
    found = database.rows(
        "select c.authority_id, "
        + ", ".join(f"count(*) filter (where {MEANING[figure]})" for figure in Figure)
        + f", avg({USED.format(end='c.completed_at', due='promised_due_at')}) filter (where {FINISHED})"
        f", avg({USED.format(end='c.decided_at', due='statutory_due_at')}) filter (where {FINISHED}) "
        "from cases_case c where (%(all)s or c.authority_id = any(%(authorities)s)) group by 1 order by 1",
        {**_period(since, until), "all": authorities is None, "authorities": list(authorities or ())})
    return [AuthorityFigures(authority=row[0], counts=dict(zip(Figure, row[1:11], strict=True)),
                             promise_used=None if row[11] is None else float(row[11]),
                             law_used=None if row[12] is None else float(row[12])) for row in found]


def cases_behind(figure: Figure, *, authority: int, since: date, until: date, before: int | None = None,
                 limit: int = 20) -> list[CaseRow]:
    """The cases a figure of an authority is made of, newest first; the pages together are exactly its count."""
    return _cases(f"c.authority_id = %(authority)s and {MEANING[figure]} and (%(before)s::bigint is null "
                  "or c.id < %(before)s) order by c.id desc limit %(limit)s",
                  {**_period(since, until), "authority": authority, "before": before, "limit": limit})


def counts_by_item(*, since: date) -> dict[str, int]:
    """Applications per item submitted on or after a day."""
    return dict(database.rows("select c.item_code, count(*) from cases_case c where c.submitted_at >= %s group by 1 "
                              "order by 1", [datetime.combine(since, time(), SHANGHAI)]))


def _period(since: date, until: date) -> dict[str, Any]:
    return {"since": datetime.combine(since, time(), SHANGHAI),
            "until": datetime.combine(until + timedelta(days=1), time(), SHANGHAI)}
