"""Slow work of licences, and what time brings them."""

from tongban.kernel import database
from tongban.kernel.jobs import job
from tongban.kernel.ticking import each_alone, on_tick
from tongban.kernel.types import System
from tongban.licences.actions import expire_licence, issue_licence, remind_holder, remind_of_check
from tongban.licences.queries import due_to_check, due_to_expire, due_to_remind

AT_ONCE = 200


@job("licences.issue")
def issue(code: str) -> None:
    """Issue one ordered licence."""
    with database.serving("worker"):
        issue_licence(System(name="licences"), code=code)


@on_tick("licences.expire")
def expire_due() -> int:
    """Expire what is over, each in its own transaction."""
    return each_alone(due_to_expire(AT_ONCE), lambda code: expire_licence(System(name="tick"), code=code))


@on_tick("licences.remind")
def remind_due() -> int:
    """Note which licences run out soon, each in its own transaction."""
    return each_alone(due_to_remind(AT_ONCE), lambda code: remind_holder(System(name="tick"), code=code))


@on_tick("licences.check")
def remind_of_checks() -> int:
    """Note which licences are soon to be checked, each in its own transaction."""
    return each_alone(due_to_check(AT_ONCE), lambda code: remind_of_check(System(name="tick"), code=code))
