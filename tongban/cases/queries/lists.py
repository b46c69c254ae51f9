"""Cases, open steps and drafts in lists: frozen rows, keyset-paged; row security decides whose."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from tongban.cases.rules import as_heard, steps_for
from tongban.cases.types import OPEN, State
from tongban.identity.types import Actor
from tongban.kernel import database, vault
from tongban.kernel.types import Text

SUMMARY = """c.id, c.number, c.item_code, c.item_name::text, c.state, c.applicant_name, c.submitted_at, c.accepted_at,
 c.promised_due_at, c.statutory_due_at, c.intake_due_at, c.correction_due_at, c.decided_at, c.completed_at, c.outcome,
 c.licence, c.authority_id, c.applicant_id, c.pace, c.channel, c.deemed, c.received_on"""
OPEN_STATES = ", ".join(f"'{state}'" for state in sorted(OPEN))

WAITING = """from cases_task t join cases_case c on c.id = t.case_id
 where t.done_at is null and (t.authority, t.role, t.verb) in (
   select * from unnest(%(authorities)s::bigint[], %(roles)s::text[], %(verbs)s::text[]))
 and c.state in ('SUBMITTED', 'ACCEPTED', 'UNDER_REVIEW', 'SUSPENDED') and c.applicant_id <> all(%(stakes)s)
 and c.agent_id <> all(array(select a.id from identity_account a where a.party_id = %(party)s))
 and (t.verb <> 'decide' or not exists (select 1 from cases_task x where x.case_id = c.id
   and %(account)s in (x.done_by_id, x.companion_id) and x.verb in ('examine', 'inspect')))"""
"""Open steps for an officer's posts: not the decision on what they examined, nothing of their own applications."""


class Due(StrEnum):
    """Which open steps: all, those past their limit, those whose last day is today."""

    ANY = ""
    OVERDUE = "overdue"
    TODAY = "today"


WITHIN = {
    Due.ANY: "true", Due.OVERDUE: "t.due_at <= kernel_now()",
    Due.TODAY: "t.due_at > kernel_now() and t.due_at <= "
               "(date_trunc('day', kernel_now() at time zone 'Asia/Shanghai') + interval '1 day') at time zone 'Asia/Shanghai'",
}


    received_on: date
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
    received_on: date
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
    return cases_where("c.applicant_id = any(%s) and (%s::bigint is null or c.id < %s) order by c.id desc limit %s",
                  [list(parties), before, before, limit])


def cases_at(authorities: Sequence[int], *, states: Sequence[State] = (), before: int | None = None,
             limit: int = 20) -> list[CaseRow]:
    """Cases at these authorities, newest first."""
    return cases_where("c.authority_id = any(%s) and (%s or c.state = any(%s)) and (%s::bigint is null or c.id < %s) "
                  "order by c.id desc limit %s",
                  [list(authorities), not states, [str(state) for state in states], before, before, limit])


def queue(actor: Actor, *, after: tuple[datetime, int] | None = None, limit: int = 25,
          due_in: Due = Due.ANY) -> list[TaskRow]:
    """Open steps for an officer, most urgent first. `after` is due instant and id of the last row before."""
    due, key = after or (None, None)
    found = database.rows(
        f"select t.id, t.node, t.name::text, t.role, t.verb, t.due_at, {SUMMARY} {WAITING} "
        f"and {WITHIN[due_in]} and (%(due)s::timestamptz is null "
        "or (t.due_at, t.id) > (%(due)s, %(key)s)) order by t.due_at, t.id limit %(limit)s",
        {**_at_desk(actor), "due": due, "key": key, "limit": limit})
    return [TaskRow(id=row[0], node=row[1], name=text_of(row[2]), role=row[3], verb=row[4], due_at=row[5],
                    case=case_of_row(row[6:])) for row in found]


def count_queue(actor: Actor) -> dict[Due, int]:
    """How many steps are open for an officer, overdue and due today among them (exact)."""
    counts = ", ".join(f"count(*) filter (where {WITHIN[each]})" for each in Due)
    found = database.row(f"select {counts} {WAITING}", _at_desk(actor)) or ()
    return dict(zip(Due, found, strict=True))


def _at_desk(actor: Actor) -> dict[str, Any]:
    authorities, roles, verbs = zip(*steps_for(actor.posts), strict=True) if actor.posts else ((), (), ())
    return {"authorities": list(authorities), "roles": list(roles), "verbs": list(verbs),
            "stakes": list(actor.stakes), "party": actor.party, "account": actor.account}


def find(authorities: Sequence[int], words: Sequence[str], *, limit: int = 25) -> list[CaseRow]:
    """Cases of these authorities that carry every word, newest first."""
    if not words:
        return []
    return cases_where(
        "c.id in (select w.case_id from cases_word w where w.authority = any(%s) and w.word = any(%s) "
        "group by w.case_id having count(distinct w.word) = %s) order by c.id desc limit %s",
        [list(authorities), list(words), len(set(words)), limit])


def by_number(number: str) -> CaseRow | None:
    """One case the current scope may see."""
    found = cases_where("c.number = %s", [number])
    return found[0] if found else None


def drafts_of(parties: Sequence[int], *, limit: int = 20) -> list[DraftRow]:
    """Drafts not yet sent, latest first."""
    return [DraftRow(key=key, item_code=code, updated_at=at) for key, code, at in database.rows(
        "select key, item_code, updated_at from cases_draft where applicant_id = any(%s) and submitted_as = '' "
        "and discarded_at is null order by updated_at desc limit %s", [list(parties), limit])]


def status(number: str, code: str) -> StatusRow | None:
    """The status of a case for whoever holds its number and query code; an unknown number and a wrong code look alike."""
    if not hmac.compare_digest(as_heard(code).encode(errors="replace"), vault.query_code(number).encode()):
        return None
    found = database.row("select number, item_name::text, state, submitted_at, due_at, received_on from cases_status(%s)",
                         [number])
    if found is None:
        return None
    return StatusRow(number=found[0], item_name=text_of(found[1]), state=State(found[2]), submitted_at=found[3],
                     due_at=found[4], received_on=found[5])


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


def cases_where(where: str, parameters: list[Any] | dict[str, Any]) -> list[CaseRow]:
    return [case_of_row(row) for row in database.rows(f"select {SUMMARY} from cases_case c where {where}", parameters)]


def case_of_row(row: Sequence[Any]) -> CaseRow:
    return CaseRow(
        id=row[0], number=row[1], item_code=row[2], item_name=text_of(row[3]), state=State(row[4]),
        applicant_name=row[5], submitted_at=row[6], accepted_at=row[7], promised_due_at=row[8],
        statutory_due_at=row[9], intake_due_at=row[10], correction_due_at=row[11], decided_at=row[12],
        completed_at=row[13], outcome=row[14], licence=row[15], authority=row[16], applicant=row[17], pace=row[18],
        channel=row[19], deemed=row[20], received_on=row[21])


def text_of(stored: str) -> Text:
    return msgspec.json.decode(stored, type=Text)
