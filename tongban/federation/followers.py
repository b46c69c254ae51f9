"""What follows: an incident goes to the superior node, and what the record's witnesses find is an incident."""

from collections.abc import Sequence

from tongban.federation import actions, queries
from tongban.federation.events import IncidentClosed, IncidentCorrected, IncidentNoted, PeerConfirmed
from tongban.federation.types import IncidentTold, Kind, Severity
from tongban.kernel import jobs
from tongban.kernel.events import Event
from tongban.kernel.following import follows
from tongban.kernel.types import System
from tongban.ledger.events import LogRefused, WitnessRefused

RULE = System(name="federation")


@follows(IncidentNoted, IncidentCorrected, IncidentClosed, name="federation.report")
def report_later(batch: Sequence[Event]) -> None:
    """Queue the report of each incident that went a step on."""
    jobs.defer("federation.report", [{"incident": key} for key in sorted({event.payload["incident"] for event in batch})])


@follows(PeerConfirmed, name="federation.catch_up")
def catch_up(batch: Sequence[Event]) -> None:
    """A new superior node hears what nobody heard yet."""
    if any(event.payload["superior"] for event in batch):
        jobs.defer("federation.report", [{"incident": key} for key in queries.unreported()])


@follows(WitnessRefused, LogRefused, name="federation.record_refused")
def note_refusals(batch: Sequence[Event]) -> None:
    """A record that does not continue what was seen of it was bent, or restored without a word: a major incident."""
    for event in batch:
        told = event.payload
        ours = "origin" not in told
        named = told["name"] if ours else told["origin"]
        what = (f"Witness {named} does not find in our record what it saw before: it knows {told['known']} entries, we showed "
                f"{told['size']}." if ours else
                f"The record of {named} does not continue what this node saw of it: {told['known']} entries before, {told['size']} now.")
        actions.note_by_rule(RULE, cause=f"{'witness' if ours else 'log'}:{named}"[:100], told=IncidentTold(
            kind=Kind.ATTACK, severity=Severity.MAJOR, what=what, measures=""))
