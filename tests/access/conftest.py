"""The town of the access tests, built once."""

import pytest

from tests import database as test_database
from tests.access.world import World, build
from tests.conftest import MONDAY
from tongban.kernel import database, parameters


@pytest.fixture(scope="session")
def world(house: str) -> World:
    """One town for all rows, on the Monday on which tests stand."""
    test_database.set_clock(test_database.owner_url(house), MONDAY)
    parameters.forget()
    with database.serving("worker"):
        return build()
