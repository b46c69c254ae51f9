"""The event log: dense positions, exactly-once followers, closed to change."""

import pytest
from django.db import ProgrammingError

from tests.requirements import requirement
from tongban.kernel import database, events, following
from tongban.kernel.events import event
from tongban.kernel.types import System

TESTER = System(name="tester")


@event()
class BellRang:
    """A bell rang, for tests."""

    count: int


def test_a_follower_sees_each_event_once_and_in_order(catch_up):
    seen = []
    following.follows(BellRang, name="tests.bell")(lambda batch: seen.extend(e.happened.count for e in batch))
    try:
        for count in range(3):
            events.record(TESTER, BellRang(count=count), subject="bell:1")
        catch_up()
        events.record(TESTER, BellRang(count=3), subject="bell:1")
        catch_up()
    finally:
        del following.FOLLOWERS["tests.bell"]
    assert seen == [0, 1, 2, 3]


@requirement("CASE-10")
@pytest.mark.parametrize("act", ["update kernel_event set subject = 'x'", "delete from kernel_event",
                                 "truncate kernel_event"])
@pytest.mark.parametrize("login", ["citizen", "officer", "worker", "owner"])
def test_no_login_may_change_or_remove_events(db, login, act):
    events.record(TESTER, BellRang(count=9), subject="bell:2")
    with database.serving(login), pytest.raises(ProgrammingError):
        database.execute(act)
