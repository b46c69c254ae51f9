"""What any provider of short messages put in must do."""

from tongban.messages.clients import SimulatedShortMessages, short_messages
from tongban.messages.types import DeliveryState


def test_the_provider_in_use_says_what_became_of_a_text():
    provider = short_messages()
    state = provider.send(recipient="party:0", text="试发")
    assert isinstance(state, DeliveryState)
    assert (state is DeliveryState.SIMULATED) == provider.simulated == isinstance(provider, SimulatedShortMessages)
