"""A desk of the signer whose clock stands still, for the tests of what it signs and of how often."""

from datetime import UTC, datetime

import pytest

from tests.signing import ORIGIN, PLENTY, SIGNED, SITE
from tongban.config.signing_desk import Desk
from tongban.kernel import clock


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A desk with a clock that stands, on a folder of its own; called again, as after a restart."""
    time = [0.0]
    monkeypatch.setattr(clock, "of_this_machine", lambda: datetime.fromtimestamp(SIGNED, UTC))

    def make(**budgets):
        made = Desk(tmp_path, site=SITE, origin=ORIGIN, budgets=PLENTY | budgets, now=lambda: time[0])
        made.look(tmp_path)
        made.time, made.var = time, tmp_path
        made.key = next(iter(made._signers))
        return made

    return make
