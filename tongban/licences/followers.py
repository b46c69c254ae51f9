"""What follows from an order: the job that issues."""

from collections.abc import Sequence

from tongban.kernel import jobs
from tongban.kernel.events import Event
from tongban.kernel.following import follows
from tongban.licences.events import LicenceOrdered


@follows(LicenceOrdered, name="licences.issue_ordered")
def issue_ordered(batch: Sequence[Event]) -> None:
    """Queue the issue of each ordered licence, in bulk."""
    jobs.defer("licences.issue", [{"code": event.happened.code} for event in batch])
