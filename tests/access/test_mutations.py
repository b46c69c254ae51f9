"""Each thing that keeps strangers away is broken alone, and the access tests notice (T11).

What is broken shows in the matrix of routes, or the other layer holds and the probe of the broken layer shows it. Here a
drawn sample, `TONGBAN_MUTANTS` many; with `all` (`make nightly`) everything is broken, and the result is kept and written
to docs/security/mutations.json and .md (`tests/access/report.py`).
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.db import transaction

from tests import database as test_database
from tests.access import probes, report
from tests.access.cells import Answer, Cell, cells, first_changed, watched
from tests.access.mutants import SAME, Mutant, mutants
from tests.access.report import HELD, MATRIX, PROBE, SURVIVED
from tests.access.world import STRANGERS, World
from tests.conftest import MONDAY
from tests.requirements import requirement
from tongban.kernel import database, parameters

pytestmark = pytest.mark.xdist_group("access")
MANY, SEED = os.environ.get("TONGBAN_MUTANTS", "10"), 11
ALL = MANY == "all"


@dataclass(slots=True, kw_only=True)
class Bench:
    """The town, and what it answers while nothing is broken."""

    world: World
    owner: psycopg.Connection[Any]
    tables: dict[str, Any]
    writes: dict[str, Any]
    code: dict[str, Any]
    answers: dict[Cell, Answer]

    def probed(self, mutant: Mutant) -> str:
        """What the probe of the broken layer alone notices."""
        if mutant.layer == "policy":
            if mutant.change == "write opened":
                return _first(self.writes, probes.write_tables(self.world, self.owner, [mutant.table], [mutant.login]))
            return _first(self.tables, probes.read_tables(self.world, [mutant.table], [mutant.login]))
        return "" if mutant.layer == "gate" else asked(self.world, self.code, near=mutant.function)

    def seen(self, mutant: Mutant) -> str:
        """The first cell of the matrix that shows it."""
        cell = first_changed(self.world, self.answers, self.near(mutant))
        return str(cell) if cell else ""

    def near(self, mutant: Mutant) -> list[Cell]:
        """The cells that can show it: what was broken was used for them, and what opens a way is for strangers to take."""
        used = self._used(mutant)
        if mutant.change in ("read opened", "write opened"):
            used = [cell for cell in used if cell.actor in STRANGERS]
        return [cell for cell in used if cell.method == "POST"] if mutant.change == "write opened" else used

    def _used(self, mutant: Mutant) -> list[Cell]:
        if mutant.layer == "gate":
            return [cell for cell in self.answers if cell.route == mutant.where]
        if mutant.table:
            return [cell for cell, told in self.answers.items() if mutant.table in told.tables]
        used = f"{mutant.file}:{mutant.function}"
        return [cell for cell, told in self.answers.items()
                if any(each == used if mutant.function else each.startswith(used) for each in told.functions)]


def _first(before: dict[str, Any], now: dict[str, Any]) -> str:
    return next((name for name, told in now.items() if before[name] != told), "")


def asked(world: World, before: dict[str, str], near: str = "") -> str:
    """The first answer of the code that is another one now, with row security passed by; nothing is kept."""
    with database.serving("owner"), database.atomic():
        found = next((name for name, told in probes.ask_code(world, near) if before[name] != told), "")
        transaction.set_rollback(True, using=database.alias())
    return found


def told_by_code(world: World) -> dict[str, str]:
    """Every answer of the code."""
    with database.serving("owner"), database.atomic():
        found = dict(probes.ask_code(world))
        transaction.set_rollback(True, using=database.alias())
    return found


@pytest.fixture(scope="module")
def bench(world: World, house: str) -> Iterator[Bench]:
    """What everybody is told while nothing is broken, on the Monday on which the town was built."""
    test_database.set_clock(test_database.owner_url(house), MONDAY)
    parameters.forget()
    with psycopg.connect(test_database.owner_url(house), autocommit=True) as owner, database.serving("worker"):
        names = probes.secured(owner)
        yield Bench(world=world, owner=owner, tables=probes.read_tables(world, names),
                    writes=probes.write_tables(world, owner, names), code=told_by_code(world),
                    answers={cell: watched(world, cell) for cell in cells()} if ALL else {})


def judged(bench: Bench, mutant: Mutant) -> tuple[str, str]:
    """The verdict on a mutant, and what noticed it."""
    with mutant.broken():
        cell = bench.seen(mutant) if ALL else ""
        probe = "" if cell else bench.probed(mutant)
    if cell:
        return MATRIX, cell
    if probe:
        return PROBE, probe
    if mutant.layer == "policy" and _never_asked(bench, mutant):
        return HELD, ""
    return SURVIVED, ""


def _never_asked(bench: Bench, mutant: Mutant) -> bool:
    """Is what the policy would refuse refused anyway, or nothing that the login has a right to?"""
    if mutant.change == "write opened":
        return all(told != probes.LET_THROUGH for name, told in bench.writes.items()
                   if name.startswith(f"{mutant.table} by {mutant.login} "))
    return all(isinstance(told, str) for name, told in bench.tables.items()
               if name.startswith(f"{mutant.table} by {mutant.login} for "))


@requirement("SEC-06")
def test_no_login_writes_a_row_of_someone_else(db: None, bench: Bench) -> None:
    through = {tuple(name.rsplit(" ", 1)[0].removesuffix(" handed").split(" by ")) for name, told in bench.writes.items()
               if told == probes.LET_THROUGH}
    assert through <= probes.ANYONE_WRITES


@requirement("SEC-06")
def test_the_code_alone_shows_strangers_nothing(db: None, bench: Bench) -> None:
    numbers = {bench.world.things[stage] for stage in ("received", "asked", "undecided", "finished")}
    for name, told in bench.code.items():
        if name.endswith((" by other", " by elsewhere")):
            assert not any(number in str(told) for number in numbers), name


@requirement("SEC-06")
def test_whatever_keeps_strangers_away_is_noticed_when_it_breaks(db: None, bench: Bench, house: str) -> None:
    everything = [each for each in mutants(test_database.owner_url(house)) if each.name not in SAME]
    chosen = everything if ALL else sorted((each for each in everything if each.layer != "gate"), key=_drawn)[:int(MANY)]
    verdicts = {each.name: (each.layer, *judged(bench, each)) for each in chosen}
    assert asked(bench.world, bench.code) == "", "a mutant was not undone"
    if ALL:
        _kept(verdicts)
    assert [name for name, (_, verdict, _by) in verdicts.items() if verdict == SURVIVED] == []


def _drawn(mutant: Mutant) -> str:
    """By its name, so that what is drawn does not change with what else there is; the long runs break everything."""
    return hashlib.sha256(f"{SEED} {mutant.name}".encode()).hexdigest()


def _kept(verdicts: dict[str, tuple[str, str, str]]) -> None:
    """Keep what the long run found, and write the page of it."""
    report.keep_run("mutations", {
        "date": report.today(),
        "mutants": [{"mutant": name, "layer": layer, "verdict": verdict, "noticed_by": by}
                    for name, (layer, verdict, by) in verdicts.items()]})
