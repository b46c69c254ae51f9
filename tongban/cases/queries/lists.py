"""Cases, open steps and drafts in lists: frozen rows, keyset-paged; row security decides whose."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from tongban.cases.models import Case
from tongban.cases.rules import as_heard
from tongban.cases.types import OPEN, State
from tongban.identity.types import Actor
from tongban.kernel import database, vault
from tongban.kernel.types import Text

SUMMARY = """c.id, c.number, c.item_code, c.item_name::text, c.state, c.applicant_name, c.submitted_at, c.accepted_at,
 c.promised_due_at, c.statutory_due_at, c.intake_due_at, c.correction_due_at, c.decided_at, c.completed_at, c.outcome,
 c.licence, c.authority_id, c.applicant_id, c.pace, c.channel, c.deemed, c.received_on"""
OPEN_STATES = ", ".join(f"'{state}'" for state in sorted(OPEN))


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
    received_on: date

    @property
    def due_at(self) -> datetime | None:
        """The instant the next act is due; None once decided."""
        if self.state in (State.SUPPLEMENT_BEFORE, State.SUPPLEMENT_AFTER):
            return self.correction_due_at
        if self.state is State.SUBMITTED:
            return self.intake_due_at
        return self.promised_due_at if self.state.is_open else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """A draft in the list of its owner."""

    key: str
    item_code: str
    updated_at: datetime
    applicant: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """Something a person did in somebody's matter."""

    at: datetime
    name: str
    number: str
    item_name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    """What someone with number and query code may learn without signing in."""

    number: str
    item_name: Text
    state: State
    submitted_at: datetime
    due_at: datetime | None
    received_on: date


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


def count_at(authorities: Sequence[int], *, states: Sequence[State] = (), most: int) -> int:
    """How many cases are at these authorities, counted no further than `most`."""
    found = database.row("select count(*) from (select from cases_case c where c.authority_id = any(%s) "
                         "and (%s or c.state = any(%s)) limit %s) x",
                         [list(authorities), not states, [str(state) for state in states], most])
    return int(found[0]) if found else 0


def keys_at(authorities: Sequence[int], *, states: Sequence[State] = (), most: int) -> list[int]:
    """The keys of the cases at these authorities, no more than `most`."""
    return [key for (key,) in database.rows(
        "select c.id from cases_case c where c.authority_id = any(%s) and (%s or c.state = any(%s)) limit %s",
        [list(authorities), not states, [str(state) for state in states], most])]


def cases_among(keys: Sequence[int], *, authorities: Sequence[int]) -> list[CaseRow]:
    """Those of these cases that are at these authorities now, newest first."""
    return cases_where("c.id = any(%s) and c.authority_id = any(%s) order by c.id desc", [list(keys), list(authorities)])


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


def row_of(case: Case) -> CaseRow:
    """A case that was read as it is, in the shape of a row of a list."""
    return CaseRow(
        id=case.id, number=case.number, item_code=case.item_code, item_name=msgspec.convert(case.item_name, Text), state=State(case.state),
        applicant_name=case.applicant_name, submitted_at=case.submitted_at, accepted_at=case.accepted_at,
        promised_due_at=case.promised_due_at, statutory_due_at=case.statutory_due_at, intake_due_at=case.intake_due_at,
        correction_due_at=case.correction_due_at, decided_at=case.decided_at, completed_at=case.completed_at,
        outcome=case.outcome, licence=case.licence, authority=case.authority_id, applicant=case.applicant_id, pace=case.pace,
        channel=case.channel, deemed=case.deemed, received_on=case.received_on)


def drafts_of(parties: Sequence[int], *, limit: int = 20) -> list[DraftRow]:
    """Drafts not yet sent, latest first."""
    return [DraftRow(key=key, item_code=code, updated_at=at, applicant=applicant) for key, code, at, applicant in database.rows(
        "select key, item_code, updated_at, applicant_id from cases_draft where applicant_id = any(%s) and submitted_as = '' "
        "and discarded_at is null order by updated_at desc limit %s", [list(parties), limit])]


def acts_of(applicant: int, accounts: Sequence[int]) -> list[ActRow]:
    """What these accounts did in matters of an applicant, newest first; row security decides what may be seen of it."""
    actors = [f"account:{each}" for each in accounts]
    return [ActRow(at=at, name=name, number=number, item_name=text_of(item)) for at, name, number, item in database.rows(
        "select e.at, e.name, c.number, c.item_name::text from cases_case c join kernel_event e on e.subject = c.number "
        "where c.applicant_id = %s and e.actor = any(%s) order by e.id desc limit 50", [applicant, actors])]


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


def unfinished(actor: Actor) -> list[CaseRow]:
    """Cases that are not finished and are one's own, or were handed in by this account."""
    return cases_where("(c.applicant_id = any(%s) or c.agent_id = %s) "
                       f"and c.state in ({OPEN_STATES}, 'DECIDED') order by c.id", [list(actor.own), actor.account])


def draft_papers(party: int) -> list[int]:
    """Every paper kept for a party (worker only)."""
    return [key for (key,) in database.rows("select id from documents_document where party = %s", [party])]


def oldest(table: str, column: str, where: str = "true") -> datetime | None:
    """The instant of the oldest row (worker only)."""
    found = database.row(f"select min({column}) from {table} where {where}")
    return found[0] if found else None


def due_numbers(limit: int) -> list[tuple[str, State]]:
    """Cases on which time brings something now (worker only)."""
    return [(number, State(state)) for number, state in database.rows(
        "select number, state from cases_case where next_due_at <= kernel_now() order by next_due_at limit %s",
        [limit])]


def overdue_promises(limit: int) -> list[str]:
    """Open cases in which a promised material did not come by its last day, not yet noted (worker only)."""
    return [number for (number,) in database.rows(
        "select distinct c.number from cases_material m join cases_case c on c.id = m.case_id where m.way = 'LATER' "
        f"and m.replaced_at is null and m.overdue_at is null and m.due_on < kernel_today() and c.state in ({OPEN_STATES}) "
        "limit %s", [limit])]


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
