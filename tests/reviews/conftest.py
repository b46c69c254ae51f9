"""What the tests of reviews stand on: a desk and finished cases."""

from collections.abc import Callable

import pytest

from tests.reviews import given as cases
from tests.reviews.given import Desk
from tongban.kernel import database
from tongban.reviews import actions
from tongban.reviews.types import TokenHolder


@pytest.fixture
def desk(db: None) -> Desk:
    return cases.desk()


@pytest.fixture
def finished(desk: Desk, catch_up: Callable[[], None]) -> Callable[[], str]:
    """Finish a case through its verbs; followers have caught up. Returns its number."""

    def make() -> str:
        number = cases.decided(desk)
        catch_up()
        return number

    return make


@pytest.fixture
def token(desk: Desk, finished: Callable[[], str]) -> Callable[[], str]:
    """The token from the message of a finished case."""
    return lambda: token_of(finished())


@pytest.fixture
def review(token: Callable[[], str], catch_up: Callable[[], None]) -> Callable[..., str]:
    """Give a review by its link; returns the token."""

    def make(grade: int = 5, text: str = "", options: tuple[str, ...] = ()) -> str:
        held = token()
        with cases.as_(None):
            actions.submit_review(TokenHolder(), token=held, grade=grade, text=text, options_ticked=options)
        catch_up()
        return held

    return make


def token_of(case_number: str) -> str:
    """What the message about a case carries."""
    found = database.row("select link from messages_message where about = %s and link <> '' order by id limit 1",
                         [case_number])
    return found[0].split("/")[2]
