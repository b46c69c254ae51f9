"""What the tests of oversight stand on: a town, and whoever supervises it."""

from collections.abc import Callable

import pytest

from tests.oversight import given
from tests.oversight.given import Browser, Clock, Town
from tongban.identity.types import Role

KNOWN: dict[str, Town] = {}


@pytest.fixture
def town(house: str, at: Clock, catch_up: Callable[[], None]) -> Town:
    """One town for all tests that only look; it is Tuesday 10 March, 10:00."""
    if house not in KNOWN:
        KNOWN[house] = given.build(at, catch_up)
        given.busy(KNOWN[house], at, catch_up)
    at(given.day(10))
    return KNOWN[house]


@pytest.fixture
def own_town(at: Clock, catch_up: Callable[[], None]) -> Town:
    """A town of one's own, for a test that acts in it."""
    return given.build(at, catch_up)


@pytest.fixture
def supervisor(town: Town) -> Browser:
    """Supervises the authority of the town and one other."""
    return given.officer({town.desk.authority: Role.SUPERVISOR, town.desk.other: Role.SUPERVISOR})
