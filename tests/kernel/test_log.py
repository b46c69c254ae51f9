"""The event log: dense positions, exactly-once followers, closed to change."""

import pytest
from django.db import ProgrammingError

from tests.requirements import requirement
from tongban.kernel import database, events, following, sequencing
from tongban.kernel.events import event as declared
from tongban.kernel.types import System

TESTER = System(name="tester")


@declared()
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


@pytest.fixture
def register():
    """Follow under names that are gone after the test."""
    names = []

    def follow(name, react):
        names.append(name)
        following.follows(BellRang, name=name)(react)
        return following.FOLLOWERS[name]

    yield follow
    for name in names:
        del following.FOLLOWERS[name]


def marks(name):
    return [count for (count,) in database.rows(
        "select (value->>0)::int from kernel_parameter where name = %s order by id", [name])]


def mark(name, count):
    database.execute("insert into kernel_parameter (name, value, effective_from, source, confirmed) "
                     "values (%s, jsonb_build_array(%s::int), current_date - %s::int, 'test', true)",
                     [name, count, count])


def test_a_follower_killed_between_effect_and_cursor_takes_effect_once(db, register):
    """Its process dies after writing and before its cursor moved: nothing of the effect remains, then it happens once."""

    class Killed(BaseException):
        pass

    alive = []

    def react(batch):
        for event in batch:
            if event.happened.count == 41:
                mark("tests.killed", 41)
        if not alive:
            raise Killed

    follower = register("tests.killed", react)
    events.record(TESTER, BellRang(count=41), subject="bell:killed")
    sequencing.take_turn()
    while not alive:
        try:
            following.catch_up(follower)
        except Killed:
            assert marks("tests.killed") == []
            alive.append(True)
    while following.catch_up(follower):
        pass
    assert marks("tests.killed").count(41) == 1


def test_a_poisoned_event_is_parked_and_holds_back_only_its_subject(db, register):
    def react(batch):
        for event in batch:
            if event.happened.count == 13:
                raise ValueError("unlucky")
            if event.happened.count in (14, 15):
                mark("tests.poison", event.happened.count)

    follower = register("tests.poison", react)
    for count, subject in ((13, "bell:poison"), (14, "bell:poison"), (15, "bell:sound")):
        events.record(TESTER, BellRang(count=count), subject=subject)
    sequencing.take_turn()
    while following.catch_up(follower):
        pass
    parked = database.rows("select subject, error from kernel_parked where follower = 'tests.poison' order by position")
    assert 15 in marks("tests.poison") and 14 not in marks("tests.poison")
    assert [subject for subject, _ in parked] == ["bell:poison", "bell:poison"]
    assert parked[0][1].startswith("ValueError")
    assert "unlucky" not in parked[0][1]


def test_a_parked_event_takes_effect_when_its_cause_is_mended(db, register):
    broken = [True]

    def react(batch):
        for event in batch:
            if event.happened.count == 7 and broken:
                raise ValueError
            if event.happened.count == 7:
                mark("tests.mended", 7)

    follower = register("tests.mended", react)
    events.record(TESTER, BellRang(count=7), subject="bell:mended")
    sequencing.take_turn()
    while following.catch_up(follower):
        pass
    assert 7 not in marks("tests.mended")
    broken.clear()
    assert following.retry_parked(follower) >= 1
    assert marks("tests.mended").count(7) == 1
    assert following.retry_parked(follower) == 0
