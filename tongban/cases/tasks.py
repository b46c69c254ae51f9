"""What time brings to cases."""

import structlog
from django.db import OperationalError

from tongban.cases.actions import close_unanswered, deem_accepted
from tongban.cases.queries import due_numbers
from tongban.cases.types import State
from tongban.kernel.ticking import on_tick
from tongban.kernel.types import System

TICK = System(name="tick")
AT_ONCE = 200
log = structlog.get_logger(__name__)


@on_tick("cases.due")
def act_on_due() -> int:
    """Accept by silence and close what was not corrected, each in its own transaction; one that fails holds up none."""
    done = 0
    for number, state in due_numbers(AT_ONCE):
        act = deem_accepted if state is State.SUBMITTED else close_unanswered
        try:
            done += act(TICK, number=number)
        except OperationalError:
            raise
        except Exception:
            log.exception("case_not_moved_by_time", number=number)
    return done
