"""What the tests of oversight stand on: a town and its supervisor."""

from collections.abc import Callable

import pytest

from tests.oversight import given
from tests.oversight.given import Browser, Clock, Town
from tongban.identity.types import Role


@pytest.fixture
def town(at: Clock, catch_up: Callable[[], None]) -> Town:
    return given.build(at, catch_up)


@pytest.fixture
def supervisor(town: Town) -> Browser:
    """Supervises the authority of the town and one other."""
    return given.officer({town.desk.authority: Role.SUPERVISOR, town.desk.other: Role.SUPERVISOR})
