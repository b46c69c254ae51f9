"""The matrix in depth (T10): every caller, every thing, every method; a seeded sample here, everything in `make nightly`."""

import os
import random

import pytest

from tests import database as test_database
from tests.access import report
from tests.access.relations import Crowd, cells, gather, wrong
from tests.access.world import World
from tests.conftest import MONDAY
from tests.requirements import requirement
from tongban.kernel import database, parameters

pytestmark = pytest.mark.xdist_group("access")
ALL = os.environ.get("TONGBAN_CELLS") == "all"
SAMPLE, SEED = 500, 10
LEAST = 10_000


@pytest.fixture(scope="module")
def crowd(world: World, house: str) -> Crowd:
    """Further callers, gathered on the Monday on which the town was built."""
    test_database.set_clock(test_database.owner_url(house), MONDAY)
    parameters.forget()
    with database.serving("worker"):
        return gather(world)


def test_the_matrix_in_depth_has_its_size():
    assert len(cells()) >= LEAST
    assert len(set(cells())) == len(cells())


@requirement("SEC-06")
def test_nobody_reaches_what_is_not_theirs(db: None, crowd: Crowd) -> None:
    every = cells()
    chosen = every if ALL else random.Random(SEED).sample(every, SAMPLE)
    faults = {str(cell): fault for cell in chosen if (fault := wrong(crowd, cell))}
    if ALL:
        report.keep_run("access", {"date": report.today(), "cells": len(every), "wrong": len(faults)})
    assert faults == {}
