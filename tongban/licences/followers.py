"""What follows for licences: the job that issues an order, the letter before the last day."""

from collections.abc import Sequence
from datetime import date

from tongban.calendars.types import local
from tongban.kernel import clock, jobs, parameters
from tongban.kernel.events import Event
from tongban.kernel.following import follows
from tongban.kernel.types import System
from tongban.licences import queries, rules
from tongban.licences.events import LicenceCheckDue, LicenceOrdered, LicenceRunsOut, LicenceStateChanged
from tongban.licences.types import LicenceState
from tongban.messages import actions as messages
from tongban.messages.types import Letter

RULE = System(name="licences")


@follows(LicenceOrdered, name="licences.issue_ordered")
def issue_ordered(batch: Sequence[Event]) -> None:
    """Queue the issue of each ordered licence, in bulk."""
    jobs.defer("licences.issue", [{"code": event.happened.code} for event in batch])


@follows(LicenceRunsOut, name="licences.remind_holder")
def tell_holder(batch: Sequence[Event]) -> None:
    """Write to holders whose licences run out (LIC-15)."""
    renewal = parameters.value("licences.renewal_days", clock.today())
    letters = []
    for event in batch:
        licence = queries.licence(event.payload["code"])
        valid_to = date.fromisoformat(event.payload["valid_to"])
        title, body = rules.running_out(licence.type_name, valid_to, (valid_to - event.at.date()).days, renewal)
        letters.append(Letter(party=licence.holder, title=title, body=body))
    messages.send_all(RULE, letters=letters)


@follows(LicenceCheckDue, name="licences.remind_of_check")
def tell_of_check(batch: Sequence[Event]) -> None:
    """Write to holders whose licences are soon to be checked (LIC-15)."""
    letters = []
    for event in batch:
        licence, on = queries.licence(event.payload["code"]), date.fromisoformat(event.payload["on"])
        title, body = rules.check_near(licence.type_name, on, (on - local(event.at).date()).days)
        letters.append(Letter(party=licence.holder, title=title, body=body))
    messages.send_all(RULE, letters=letters)


@follows(LicenceStateChanged, name="licences.tell_of_change")
def tell_of_change(batch: Sequence[Event]) -> None:
    """Tell holders what was decided about their licences; what time and renewal bring is told elsewhere."""
    letters = []
    for event in batch:
        state = LicenceState(event.payload["new"])
        if state in rules.BY_DECISION and event.payload["reason_hash"]:
            licence = queries.licence(event.payload["code"])
            title, body = rules.changed_letter(licence.type_name, state, licence.issuer_name)
            letters.append(Letter(party=licence.holder, title=title, body=body, link=f"/me/licences/{licence.code}/"))
    messages.send_all(RULE, letters=letters)
