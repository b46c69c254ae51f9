"""The short-message provider, behind a protocol; until a real one is connected a simulated one stands here."""

from typing import Protocol

from tongban.kernel.simulations import Simulation, declare
from tongban.kernel.types import Text
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


declare(Simulation(
    name="tongban.messages.clients.SimulatedShortMessages",
    stands_for=Text(zh="短信通道", en="The short-message provider"),
    pretends=Text(zh="不发送短信；每处显示都注明“模拟，没有真的发出”。",
                  en="It sends nothing; wherever a text message is shown, it is called simulated."),
    replaced_by=Text(zh="运营商的短信网关（CMPP、SGIP、SMPP 3.4）或短信服务商的 HTTPS 接口。",
                     en="A carrier's gateway (CMPP, SGIP, SMPP 3.4) or the HTTPS interface of a provider."),
    seam="tongban.messages.clients.ShortMessages",
    proof="tests/messages/test_provider.py::test_the_provider_in_use_says_what_became_of_a_text",
    in_use=lambda: short_messages().simulated,
))
