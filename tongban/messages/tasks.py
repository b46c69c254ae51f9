"""Slow work of messages."""

from tongban.kernel import database
from tongban.kernel.jobs import job
from tongban.kernel.types import System
from tongban.messages.actions import deliver
from tongban.messages.clients import short_messages


@job("messages.deliver")
def deliver_message(message: int) -> None:
    """Bring one message to its reader."""
    with database.serving("worker"):
        deliver(System(name="messages"), message=message, provider=short_messages())
