"""What follows from what happened to a case: the licence is ordered, the case concluded, the applicant told."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from tongban.calendars.events import CalendarChanged
from tongban.calendars.queries import FRESH_SECONDS as CALENDAR_FRESH_SECONDS
from tongban.cases import actions, queries
from tongban.cases.access import LockedCase, cases_to_follow
from tongban.cases.events import (
    CaseAccepted,
    CaseClosed,
    CaseConcluded,
    CaseDecided,
    CaseDeclined,
    CaseDueChanged,
    CaseExtended,
    CaseResumed,
    CaseSubmitted,
    CaseSuspended,
    CaseVoided,
    CorrectionsRequested,
    PromiseBroken,
)
from tongban.cases.rules import licence_fields
from tongban.cases.rules.letters import letter
from tongban.cases.types import Outcome
from tongban.catalogue import actions as catalogue_acts
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import ResultKind
from tongban.forms import rules as forms
from tongban.identity import queries as identity
from tongban.identity.events import AccountChanged, AccountClosed, AccountRemoved, AccountsMerged
from tongban.kernel import jobs
from tongban.kernel.events import Event
from tongban.kernel.following import follows, one_by_one
from tongban.kernel.types import System, Text
from tongban.licences import actions as licences
from tongban.licences.events import LicenceIssued
from tongban.messages import actions as messages
from tongban.messages.types import Letter

ISSUED, REFUSED, OTHERWISE = "0", "1", "6"
"""Completion kinds (CASE-13)."""
RULE = System(name="cases")


@follows(CaseDecided, name="cases.act_on_decision")
def act_on_decision(batch: Sequence[Event]) -> None:
    """Order the licence a grant promises; conclude at once where there is none to issue."""
    cases = cases_to_follow(RULE, (event.subject for event in batch))
    for event in batch:
        _act_on(cases[event.subject])


def _act_on(case: LockedCase) -> None:
    guide = catalogue.guide(case.item_code, case.item_version)
    if case.outcome != Outcome.GRANTED:
        actions.conclude_case(RULE, number=case.number, completion_kind=REFUSED)
    elif guide.result.kind is ResultKind.OTHER or not guide.result.licence_type:
        actions.conclude_case(RULE, number=case.number, completion_kind=OTHERWISE)
    else:
        licences.order_licence(
            RULE, case_number=case.number, type_code=guide.result.licence_type, holder=case.applicant_id,
            issuer=case.authority_id, fields=_fields(case), validity_years=guide.result.validity_years)


@follows(LicenceIssued, name="cases.conclude_on_licence")
@one_by_one
def conclude_on_licence(event: Event) -> None:
    """A case is finished when what was granted exists (CASE-22)."""
    issued: LicenceIssued = event.happened
    if issued.case_number:
        actions.conclude_case(RULE, number=issued.case_number, completion_kind=ISSUED, licence=issued.identifier)


@follows(CaseSubmitted, CaseAccepted, CaseDeclined, CorrectionsRequested, CaseSuspended, CaseResumed, CaseExtended,
         CaseDueChanged, CaseConcluded, CaseClosed, CaseVoided, PromiseBroken, name="cases.tell_applicant")
def tell_applicant(batch: Sequence[Event]) -> None:
    """Write to the applicant at every turn (CASE-28); a few statements a batch."""
    cases = cases_to_follow(RULE, (event.subject for event in batch))
    letters = []
    for event in batch:
        case = cases[event.subject]
        payload = {**event.payload, "reason": _reason(event.name, case)}
        title, body = letter(event.name, payload, msgspec.convert(case.item_name, Text), case)
        letters.append(Letter(party=case.applicant_id, title=title, body=body, about=case.number))
    copies = _agents(cases.values())
    letters += [replace(each, party=party) for each in letters for party in copies.get(each.about, ())]
    messages.send_all(RULE, letters=letters)


def _agents(cases: Iterable[LockedCase]) -> dict[str, list[int]]:
    """Who else is told of each case: the person who sent it for its applicant, as long as the mandate lasts (IDN-11)."""
    listed = list(cases)
    acting = identity.in_force_for([case.agent_id for case in listed], [case.applicant_id for case in listed])
    return {case.number: sorted({party for account, party, principal, items in acting
                                 if (account, principal) == (case.agent_id, case.applicant_id)
                                 and (not items or case.item_code in items)}) for case in listed}


@follows(CaseSubmitted, name="cases.note_demand")
def note_demand(batch: Sequence[Event]) -> None:
    """Tell the catalogue how often each item is applied for."""
    catalogue_acts.note_demand(RULE, counts=Counter(event.payload["item_code"] for event in batch))


@follows(AccountsMerged, name="cases.move_drafts")
@one_by_one
def move_drafts(event: Event) -> None:
    """What someone began under an earlier account goes on under the one that stays; what was sent stays as it was sent."""
    actions.move_drafts(RULE, merged=event.payload["merged"], kept=event.payload["kept"])


@follows(CalendarChanged, name="cases.recalculate")
def count_anew(batch: Sequence[Event]) -> None:
    """Queue the recount of open clocks for when no process remembers the calendar as it was (TIM-R11)."""
    jobs.defer("cases.recalculate", [{}], after_seconds=CALENDAR_FRESH_SECONDS + 1)


def _reason(name: str, case: LockedCase) -> str:
    """What was written down for an act that keeps its reason among the steps."""
    verb = {"CaseExtended": "extend", "CaseVoided": "void"}.get(name)
    return next((step.opinion for step in queries.steps_of(case.id) if step.verb == verb), "") if verb else ""


def _fields(case: LockedCase) -> dict[str, str]:
    guide = catalogue.guide(case.item_code, case.item_version)
    form = catalogue.form(guide.form_code, guide.form_version)
    answers = queries.answers_of(case)
    shown = {row.field: "、".join(row.lines) for row in forms.summary(form, answers, "zh-hans")}
    party = identity.party(case.applicant_id)
    if party is None:
        raise LookupError("the applicant is unknown")
    known = {"name": party.name, "code": party.code, "address": party.address, "uscc": party.code,
             "id_number": party.code, "phone": party.phone, "representative": party.representative}
    return licence_fields(guide, shown, known)


@follows(AccountClosed, AccountRemoved, AccountChanged, name="cases.erase_former")
@one_by_one
def erase_former(event: Event) -> None:
    """Erase what no record needs of whoever closed their account, or left the one of staff that kept what there was of them."""
    if event.party is not None:
        actions.erase_former(RULE, party=event.party)
