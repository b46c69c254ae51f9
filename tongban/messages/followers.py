"""What follows from a message: the job that brings it to a phone."""

from collections.abc import Sequence

from tongban.kernel import jobs
from tongban.kernel.events import Event
from tongban.kernel.following import follows
from tongban.messages.events import MessageSent


@follows(MessageSent, name="messages.deliver")
def deliver_later(batch: Sequence[Event]) -> None:
    """Queue the delivery of each message, in bulk."""
    jobs.defer("messages.deliver", [{"message": event.payload["message"]} for event in batch])
