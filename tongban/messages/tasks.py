"""Slow work of messages."""

from tongban.kernel import database
from tongban.kernel.jobs import job
from tongban.kernel.retention import keeps
from tongban.kernel.types import System, Text
from tongban.messages.actions import deliver, erase_old
from tongban.messages.clients import short_messages
from tongban.messages.queries import oldest_sent


@job("messages.deliver")
def deliver_message(message: int) -> None:
    """Bring one message to its reader."""
    with database.serving("worker"):
        deliver(System(name="messages"), message=message, provider=short_messages())


keeps("messages", figure="retention.message_days", erase=erase_old, oldest=oldest_sent,
      what=Text(zh="消息", en="Messages"))
