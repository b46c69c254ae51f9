"""The short-message provider, behind a protocol; until a real one is connected a simulated one stands here."""

from typing import Protocol

from tongban.messages.types import DeliveryState


class ShortMessages(Protocol):
    """Brings a text to whoever a recipient reference stands for; the reference is opaque to us."""

    simulated: bool

    def send(self, *, recipient: str, text: str) -> DeliveryState: ...


class SimulatedShortMessages:
    """Sends nothing. Every screen that shows its deliveries calls them simulated."""

    simulated = True

    def send(self, *, recipient: str, text: str) -> DeliveryState:
        """Pretend to send; the state says that it was pretended."""
        return DeliveryState.SIMULATED


def short_messages() -> ShortMessages:
    """The provider in use."""
    return SimulatedShortMessages()
