"""What time brings: each act alone, and one that fails holds up none."""

import pytest
from django.db import OperationalError

from tongban.kernel import database, events, ticking
from tongban.kernel.events import event as declared
from tongban.kernel.types import System

TESTER = System(name="tester")


@declared()
class HourStruck:
    """An hour struck, for tests."""

    hour: int


def struck(subject):
    return [event.payload["hour"] for event in events.of_subject(subject)]


def test_each_acts_in_a_transaction_of_its_own(db):
    def strike(hour):
        events.record(TESTER, HourStruck(hour=hour), subject="tower:1")
        if hour == 2:
            database.execute("select 1 / 0")

    assert ticking.each_alone([1, 2, 3], strike) == 2
    assert struck("tower:1") == [1, 3]


def test_a_lock_that_is_not_given_holds_up_no_other(db):
    def strike(hour):
        if hour == 1:
            raise OperationalError("canceling statement due to lock timeout")
        events.record(TESTER, HourStruck(hour=hour), subject="tower:2")

    assert ticking.each_alone([1, 2], strike) == 1
    assert struck("tower:2") == [2]


def test_a_database_that_cannot_be_reached_ends_the_round(db):
    tried, settings = [], database.connection().settings_dict
    port = settings["PORT"]

    def strike(hour):
        tried.append(hour)
        settings["PORT"] = "1"
        database.connection().connection.close()
        database.execute("select 1")

    try:
        with pytest.raises(OperationalError, match="port 1"):
            ticking.each_alone([1, 2], strike)
    finally:
        settings["PORT"] = port
    assert tried == [1]


def test_one_kind_of_work_that_fails_stops_no_other(db):
    def fail():
        raise ValueError

    ticking.TICKS["tests.fail"] = fail
    ticking.TICKS["tests.strike"] = lambda: ticking.each_alone(
        [5], lambda hour: events.record(TESTER, HourStruck(hour=hour), subject="tower:3"))
    try:
        assert ticking.tick() >= 1
    finally:
        del ticking.TICKS["tests.fail"], ticking.TICKS["tests.strike"]
    assert struck("tower:3") == [5]


def test_a_process_that_is_asked_to_end_leaves_the_rest_to_the_next(db):
    def strike(hour):
        events.record(TESTER, HourStruck(hour=hour), subject="tower:4")
        if hour == 1:
            ticking.STOPPING.set()

    ticking.TICKS["tests.strike"] = lambda: strike(9) or 1
    try:
        assert ticking.each_alone([1, 2, 3], strike) == 1
        assert ticking.tick() == 0
    finally:
        ticking.STOPPING.clear()
        del ticking.TICKS["tests.strike"]
    assert struck("tower:4") == [1]
