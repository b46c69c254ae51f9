"""A house asked for far more than it can do: what cannot wait is served, the rest is turned away properly."""

import asyncio
import time

import pytest

from bench import overload
from tongban.config import admission

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
REQUESTS = {"verify": ["/verify/?asked=1"], "submit": ["/sign-in/"], "desk": ["/desk/"], "status": ["/status/"],
            "browse": ["/search/?q=%E9%A4%90%E9%A6%86", "/services/?department=1&x=1"]}


@pytest.fixture(scope="module")
def answers(running):
    """What a crowd several times too large got in ten seconds."""
    port = int(running.address.rpartition(":")[2])
    requests = {kind: [overload._get(path) for path in paths] for kind, paths in REQUESTS.items()}
    rate = asyncio.run(overload.closed(port, requests, 4))
    found = asyncio.run(overload.flood(port, requests, max(rate * 5, 50), 10))
    time.sleep(len(overload.MIX) * admission.INTERVAL_SECONDS + 1)
    return found, asyncio.run(overload.arrive(port, "browse", requests["browse"][0], 0))


def test_nobody_meets_an_error_or_no_answer_at_all(answers):
    found, _ = answers
    assert {each.status for each in found} <= {200, 401, 429, 503}


def test_whoever_is_turned_away_is_told_when_to_come_back(answers):
    found, _ = answers
    assert [each for each in found if each.status in (429, 503) and not each.retry_after] == []


def test_looking_around_is_given_up_before_checking_a_licence(answers):
    found, _ = answers
    share = overload.summary(found, 10)["served_share"]
    assert share["verify"] >= share["browse"] and share["verify"] >= share["status"] - 0.05
    assert share["browse"] < 1, "the crowd was too small to show anything"


def test_afterwards_everything_is_as_before(answers):
    assert answers[1].status == 200
