"""What we claim of ASVS 5.0 and of MLPS level 3 (GB/T 22239-2019) rests on tests that are there (docs/security/*.csv)."""

import ast
import csv
import re
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.reading import ROOT
from tests.requirements import requirement

TABLES = sorted((ROOT / "docs" / "security").glob("*.csv"))
COLUMNS = ["item", "chapter", "demand", "state", "how", "test"]


def rows(table: Path):
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


@cache
def written_in(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
                     and node.name.startswith("test_")) if path.is_file() else frozenset()


def is_there(test: str) -> bool:
    """Is there such a test, or such a file or folder of tests?"""
    path, _, name = test.partition("::")
    if not name:
        return path.startswith("tests/") and (ROOT / path).exists()
    return name.partition("[")[0] in written_in(ROOT / path)


def unfounded(found) -> list[str]:
    """Claims without a test, and tests that are not there."""
    return [f"{row['item']}: {row['test']}" for row in found if (row["state"] == "met" and not row["test"])
            or (row["test"] and not all(is_there(each.strip()) for each in row["test"].split(";")))]


@requirement("SEC-01")
@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.name)
def test_whatever_is_claimed_as_met_names_a_test_that_is_there(table):
    found = rows(table)
    assert list(found[0]) == COLUMNS
    assert unfounded(found) == []


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.name)
def test_every_row_says_what_is_asked_how_it_stands_and_why(table):
    for row in rows(table):
        assert row["state"] in {"met", "part", "not", "n/a"}, row
        assert row["demand"] and row["how"], row
        assert row["chapter"] == f"V{row['item'].split('.')[0]}" or table.name == "mlps3.csv", row


def test_no_item_is_judged_twice():
    items = [row["item"] for table in TABLES for row in rows(table)]
    assert len(items) == len(set(items))


@pytest.mark.parametrize(("state", "test", "founded"), [
    ("met", "", False), ("met", "tests/architecture/test_asvs.py::test_nothing", False), ("part", "tests/nowhere.py::test_x", False),
    ("met", "tests/architecture/test_asvs.py::test_no_item_is_judged_twice", True), ("not", "", True)])
def test_a_claim_without_its_test_is_found(state, test, founded):
    assert (unfounded([{"item": "1.1.1", "state": state, "test": test}]) == []) is founded


def test_each_role_s_day_names_tests_that_are_there():
    named = re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "security" / "roles.md").read_text())
    assert len(named) > 20
    assert [each for each in named if not is_there(each)] == []


def test_what_is_written_down_for_mending_names_a_time_for_every_severity():
    """ASVS 15.1.1, and T32 of the design: critical within 48 hours, high within 7 days, all others within 30."""
    told = " ".join((ROOT / "SECURITY.md").read_text().split())
    assert re.search("mended within 48 hours when they are critical, 7 days when high, 30 days otherwise", told)
    assert "`bin/supply-chain audit` looks for them" in told and (ROOT / "bin" / "supply-chain").exists()
