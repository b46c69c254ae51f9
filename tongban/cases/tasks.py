"""What time brings to cases."""

from tongban.cases.actions import close_unanswered, deem_accepted
from tongban.cases.queries import due_numbers
from tongban.cases.types import State
from tongban.kernel.ticking import each_alone, on_tick
from tongban.kernel.types import System

TICK = System(name="tick")
AT_ONCE = 200


@on_tick("cases.due")
def act_on_due() -> int:
    """Accept by silence and close what was not corrected, each in its own transaction; one that fails holds up none."""
    return each_alone(due_numbers(AT_ONCE), _act)


def _act(due: tuple[str, State]) -> bool:
    number, state = due
    act = deem_accepted if state is State.SUBMITTED else close_unanswered
    return act(TICK, number=number)
