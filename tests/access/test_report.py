"""The pages written of the access tests say what the table says, and every exception has its reason."""

import pytest

from tests.access import report
from tests.access.test_matrix import CELLS, ROWS
from tests.access.world import ACTORS

KEPT = {"date": "2026-03-02", "mutants": [
    {"mutant": "policy: cases_case for citizen, read opened", "layer": "policy", "verdict": report.PROBE,
     "noticed_by": "cases_case by citizen for stranger"},
    {"mutant": "policy: cases_case for citizen, turned round", "layer": "policy", "verdict": report.MATRIX,
     "noticed_by": "GET portal:case as owner"},
    {"mutant": "gate: counter:decide, open to all staff", "layer": "gate", "verdict": report.SURVIVED, "noticed_by": ""},
    {"mutant": "filter: tongban/reviews/queries.py:statement, r.party = %s | x, left out", "layer": "filter",
     "verdict": report.HELD, "noticed_by": ""},
    {"mutant": "condition: a.active, left out", "layer": "condition", "verdict": report.PROBE, "noticed_by": "sessions"}]}


def row(page, begins):
    """The cells of the first line of a table that begins so."""
    line = next(each for each in page.splitlines() if each.startswith(f"| {begins} |"))
    return [each.strip() for each in line.strip("|").split("|")]


def test_every_exception_has_its_reason_and_no_other_route():
    assert set(report.exceptions()) == {name for name, told in ROWS.items() if told.get("why")}


def test_the_table_is_counted_by_surface_and_by_caller():
    page = report.access_page(None)
    assert f"{len(CELLS) * len(ACTORS):,} answers" in page and "has not been kept yet" in page
    assert row(page, "the desk")[-1] == str(len(ACTORS) * sum(1 for name, _method in CELLS if name.startswith("counter:")))
    assert row(page, "`anonymous`")[-1] == str(len(CELLS))
    assert "no reason is given" not in page and row(page, "`portal:verify`")[1] == "all read"
    assert "on 2026-03-02: 12345, of which 2 wrong" in report.access_page(
        {"date": "2026-03-02", "cells": 12345, "wrong": 2}).replace(",345", "345")


def test_what_was_broken_stands_with_its_area_and_what_noticed_it():
    page = report.mutations_page(KEPT)
    assert "5 guards broken, 1 unnoticed" in page and "- gate: counter:decide, open to all staff" in page
    assert row(page, "cases") == ["cases", "1", "1", "0", "0", "2"]
    assert row(page, "`policy: cases_case for citizen`") == [
        "`policy: cases_case for citizen`", "read opened; turned round", "cases_case by citizen for stranger; GET portal:case as owner"]
    assert row(page, "`filter: tongban/reviews/queries.py:statement, r.party = %s &#124; x`")[2] == report.HELD
    assert "### sessions and posts" in page and "### counter" in page
    assert "not been kept" in report.mutations_page(None)


def test_a_long_run_is_kept_and_written_and_what_is_old_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "DOCS", tmp_path)
    report.keep_run("mutations", KEPT)
    assert report.kept_run("mutations") == KEPT and report.stale() == []
    (tmp_path / "access.md").write_text("older")
    assert report.stale() == ["access.md"]


@pytest.mark.parametrize(("mutant", "area"), [
    ("policy: identity_person for citizen, read opened", "identity"), ("check: tongban/cases/access.py:x, y, always no", "cases"),
    ("gate: oversight:case, open to all staff", "oversight"), ("condition: a.active, left out", "sessions and posts")])
def test_a_guard_belongs_to_its_package(mutant, area):
    assert report.area_of(mutant) == area
