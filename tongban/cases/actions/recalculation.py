"""Counting open clocks anew when the working days change (TIM-13, TIM-R11)."""

from datetime import datetime

from tongban.calendars import queries as calendars
from tongban.calendars.rules import revised_due_at, supplement_due
from tongban.calendars.types import Limit, Unit, local
from tongban.cases.access import LockedCase, case_by_rule
from tongban.cases.actions.clock import sent_at
from tongban.cases.actions.steps import recount
from tongban.cases.events import CaseDueChanged
from tongban.cases.models import Correction
from tongban.cases.queries import stops_of
from tongban.cases.rules import receipt
from tongban.cases.types import State
from tongban.kernel import database, events, parameters
from tongban.kernel.types import Channel, Who

CLOCKS = {
    State.SUBMITTED: ("intake",), State.SUPPLEMENT_BEFORE: ("correction",),
    State.ACCEPTED: ("promised", "statutory"), State.UNDER_REVIEW: ("promised", "statutory"),
    State.SUPPLEMENT_AFTER: ("correction", "promised", "statutory"), State.DECIDED: ("promised",),
}
"""What still runs in a state. A stopped clock is counted anew when it runs again; the law is judged at the decision."""
ACTS_BY_ITSELF = frozenset({"intake", "correction"})
"""What has taken effect by silence once it is over, whether or not the tick came by."""


def recalculate_case(who: Who, *, number: str) -> bool:
    """Set the due instants of a case by the calendar as it now is; False if none moved. Again changes nothing.

    What is over by silence stays over, and no instant moves into the past (TIM-R11).
    """
    with database.atomic():
        case = case_by_rule(who, number)
        running = CLOCKS.get(State(case.state), ())
        if any(each.ended_at is None for each in stops_of(case.id)):
            running = tuple(each for each in running if each in ACTS_BY_ITSELF)
        before = {clock: getattr(case, f"{clock}_due_at") for clock in running}
        after = _counted(case, before)
        moved = {clock: at for clock, at in after.items() if at != before[clock]}
        for clock, at in {**before, **moved}.items():
            setattr(case, f"{clock}_due_at", at)
        if not moved:
            return False
        _store(case, moved)
        changes = {clock: (local(before[clock]).isoformat(), local(at).isoformat()) for clock, at in moved.items()}
        events.record(who, CaseDueChanged(changes=changes), subject=number, party=case.applicant_id,
                      authority=case.authority_id)
    return True


def _counted(case: LockedCase, before: dict[str, datetime | None]) -> dict[str, datetime]:
    """When the clocks end now; those that are over by silence are left out."""
    found: dict[str, datetime] = {}
    if "intake" in before:
        sent = sent_at(case)
        case.received_on, found["intake"] = receipt(sent, Channel(case.channel), calendars.calendar(),
                                                    parameters.value("cases.intake_days", sent.date()))
    if "correction" in before:
        found["correction"] = _correction_due(case)
    if "promised" in before:
        found["promised"], found["statutory"] = recount(case)
    new = {}
    for clock, old in before.items():
        if old is not None and not (clock in ACTS_BY_ITSELF and case.now >= old):
            new[clock] = revised_due_at(old, found[clock], now=case.now)
    if "promised" in new and "statutory" in new:
        new["promised"] = min(new["promised"], new["statutory"])
    return new


def _correction_due(case: LockedCase) -> datetime:
    asked = Correction.objects.filter(case=case, answered_at__isnull=True).get().requested_at
    days = parameters.value("cases.correction_days", asked.date())
    return supplement_due(asked, calendar=calendars.calendar(), channel=Channel(case.channel),
                          limit=Limit(count=days, unit=Unit.WORKDAY)).at


def _store(case: LockedCase, moved: dict[str, datetime]) -> None:
    case.next_due_at = next((at for clock, at in moved.items() if clock in ACTS_BY_ITSELF), case.next_due_at)
    case.save(update_fields=[*(f"{clock}_due_at" for clock in moved), "received_on", "next_due_at"])
    if "correction" in moved:
        Correction.objects.filter(case=case, answered_at__isnull=True).update(due_at=moved["correction"])
    if steps := moved.get("promised", moved.get("intake")):
        database.execute("update cases_task set due_at = %s where case_id = %s and done_at is null", [steps, case.id])
