"""What messages announce."""

from tongban.kernel.events import event


@event()
class MessageSent:
    """A message was put into someone's inbox."""

    message: int
    about: str


@event()
class MessageRead:
    """Its reader opened the inbox."""

    count: int


@event()
class MessageDelivered:
    """A provider took, or failed to take, a message."""

    message: int
    channel: str
    state: str


@event()
class MessagesErased:
    """The messages of a party are gone, as the account they were for."""

    count: int
