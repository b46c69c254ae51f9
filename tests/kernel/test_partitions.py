"""Room in the event log: made day by day, told when it runs out, events never lost for want of it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import ProgrammingError

from tongban.kernel import database, events, partitions, ticking
from tongban.kernel.events import event as declared
from tongban.kernel.types import System

SHANGHAI = ZoneInfo("Asia/Shanghai")
TESTER = System(name="tester")


@declared()
class PageFilled:
    """A page was filled, for tests."""


def place_of(subject):
    return database.row("select tableoid::regclass::text from kernel_event where subject = %s", [subject])[0]


@pytest.fixture
def seen(db):
    """Partitions belong to the owner: only the owner is asked where a row lies."""

    def ask(subject):
        with database.serving("owner"):
            return place_of(subject)

    return ask


def test_the_tick_keeps_thirteen_months_ahead(db, at, seen):
    at(datetime(2040, 1, 31, 23, 0, tzinfo=SHANGHAI))
    assert partitions.months_ahead() == 0
    assert ticking.TICKS["kernel.partitions"]() == 14
    assert ticking.TICKS["kernel.partitions"]() == 0
    assert partitions.months_ahead() == 13
    at(datetime(2040, 2, 1, 0, 0, tzinfo=SHANGHAI))
    assert partitions.months_ahead() == 12
    events.record(TESTER, PageFilled(), subject="page:1")
    assert seen("page:1") == "kernel_event_2040_02"
    assert ticking.TICKS["kernel.partitions"]() == 1


def test_a_month_whose_events_came_too_early_holds_up_no_other(db, at, seen):
    at(datetime(2050, 6, 15, 12, 0, tzinfo=SHANGHAI))
    events.record(TESTER, PageFilled(), subject="page:2")
    assert seen("page:2") == "kernel_event_rest"
    assert ticking.TICKS["kernel.partitions"]() == 13
    assert partitions.months_ahead() == 13


def test_every_login_may_ask_and_only_the_worker_makes_room(db):
    for login in ("public", "citizen", "officer", "auditor"):
        with database.serving(login):
            assert partitions.months_ahead() >= 0
            with pytest.raises(ProgrammingError, match="permission denied"):
                database.row("select kernel_keep_partitions(13)")
