"""What time brings to cases."""

from tongban.cases.actions import close_unanswered, deem_accepted
from tongban.cases.queries import due_numbers
from tongban.cases.types import State
from tongban.kernel.ticking import on_tick
from tongban.kernel.types import System

TICK = System(name="tick")
AT_ONCE = 200


@on_tick("cases.due")
def act_on_due() -> int:
    """Accept by silence and close what was not corrected, each in its own transaction."""
    done = 0
    for number, state in due_numbers(AT_ONCE):
        act = deem_accepted if state is State.SUBMITTED else close_unanswered
        done += act(TICK, number=number)
    return done
