"""The matrix in depth (T10): every caller, every thing, every method; a seeded sample here, everything in `make nightly`."""

import os
import random
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests import database as test_database
from tests.access.relations import CALLERS, METHODS, Cell, Crowd, cells, gather, wrong
from tests.access.world import World
from tests.conftest import MONDAY
from tests.requirements import requirement
from tongban.kernel import database, parameters

pytestmark = pytest.mark.xdist_group("access")
ALL = os.environ.get("TONGBAN_CELLS") == "all"
SAMPLE, SEED = 500, 10
LEAST = 10_000
DOCS = Path(__file__).resolve().parents[2] / "docs" / "security"


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
        _write(every, faults)
    assert faults == {}


def _write(every: list[Cell], faults: dict[str, str]) -> None:
    when = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"
    methods = Counter(cell.method for cell in every)
    things = Counter(cell.thing for cell in every)
    names = {"table": "a thing of the table's firm", "same_desk": "someone else's, at the same desk",
             "other_department": "someone else's, at another department", "other_region": "someone else's, in another region",
             "none": "what does not exist"}
    (DOCS / "access.md").write_text("\n".join([
        "# Who reaches what", "",
        (f"Written by `make nightly` ({when}). Every route of the house, asked by {len(CALLERS)} callers, for the thing of the "
         f"reviewed table (`tests/access/matrix.yaml`) and for things of others. A denied answer for a thing of others is the "
         "same, letter by letter, as for a thing that does not exist, and no list, search, export or page shows a stranger a "
         "name, number or word of the firm."), "",
        f"{len(every):,} cells, {len(faults)} wrong.", "", "| method | cells |", "|---|---|",
        *(f"| {method} | {methods[method]:,} |" for method in METHODS), "", "| asked for | cells |", "|---|---|",
        *(f"| {words} | {things[name]:,} |" for name, words in names.items()), "",
        "Callers: " + ", ".join(f"`{name}`" for name in CALLERS) + ".", ""]))
