"""What the tests of supervision stand on: a desk whose item promises ten working days of the law's twenty."""

from collections.abc import Callable

import pytest

from tests.reviews import given as cases
from tests.reviews.given import Desk
from tongban.kernel import ticking
from tongban.supervision import queries


@pytest.fixture
def desk(db: None) -> Desk:
    return cases.desk()


@pytest.fixture
def tick(catch_up: Callable[[], None]) -> Callable[[], None]:
    """Let followers catch up, time bring what it brings, twice, and followers catch up again."""

    def turn() -> None:
        catch_up()
        for _ in range(2):
            ticking.TICKS["supervision.signals"]()
        catch_up()

    return turn


@pytest.fixture
def raised() -> Callable[[str], list[str]]:
    """The rules of the signals of a case, as raised."""
    return lambda number: [str(each.rule) for each in queries.signals_of_case(number)]
