"""The history played once for all tests that only look: what must be there, and a few cases more."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from django.db import connections

from tests import conftest as the_house
from tests import database as test_database
from tongban.config import sample_cases
from tongban.kernel import database

FRIDAY = datetime(2026, 6, 12, 16, 0, tzinfo=the_house.MONDAY.tzinfo)
FEW = 12
TOLD: list[str] = []
SEEN = """
select c.number, c.state, c.applicant_name, c.channel, c.submitted_at, c.accepted_at, c.decided_at, c.completed_at, c.outcome,
  array(select e.name || ' ' || e.at from kernel_event e where e.subject = c.number order by e.id)
from cases_case c order by c.number
"""


def playing(house: str) -> list[tuple[object, ...]]:
    """Play the history in a fresh database on Friday, 12 June 2026, 16:00; returns what can be seen of it."""
    for connection in connections.all():
        connection.close()
    test_database.clone(test_database.template_name(), house)
    the_house._forget()
    test_database.set_clock(test_database.owner_url(house), FRIDAY)
    with database.serving("worker"):
        TOLD.clear()
        sample_cases.load(TOLD.append, number=FEW)
        return database.rows(SEEN)


@pytest.fixture(scope="package")
def seen_before(house: str) -> list[tuple[object, ...]]:
    """What one playing of the history showed; the database is another one by now."""
    return playing(house)


@pytest.fixture(scope="package")
def seen(house: str, seen_before: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """What the playing shows that the tests look at."""
    return playing(house)


@pytest.fixture
def after(seen: list[tuple[object, ...]], at: Callable[[datetime | None], None]) -> Iterator[None]:
    """The end of the history, with the worker's login."""
    at(FRIDAY)
    with database.serving("worker"):
        yield


