"""Each import contract is shown to fail on a planted violation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.reading import HOUSE, ROOT

PLANTED = [
    ("map", "Calls go down the map", "kernel/ids.py", "from tongban.cases import queries", "tongban.kernel.ids"),
    ("map", "Calls go down the map", "portal/codes.py", "from tongban.counter import words", "tongban.portal.codes"),
    ("map", "Calls go down the map", "strange/__init__.py", "", "strange"),
    ("inside", "Inside a module, files import downwards", "cases/queries.py", "from tongban.cases import followers",
     "tongban.cases.queries"),
    ("inside", "Inside a module, files import downwards", "cases/helpers.py", "", "helpers"),
    ("pure", "Words, refusals and rules know no framework and do no I/O", "calendars/rules.py",
     "from tongban.kernel import clock", "tongban.calendars.rules"),
    ("pure", "Words, refusals and rules know no framework and do no I/O", "cases/rules/letters.py",
     "from django.db import models", "tongban.cases.rules.letters"),
    ("pure", "Words, refusals and rules know no framework and do no I/O", "seals/types.py", "import socket",
     "tongban.seals.types"),
    ("announced", "Announcements are plain values; only the log behind them knows the database", "cases/events.py",
     "from django.db import models", "tongban.cases.events"),
    ("surfaces", "Surfaces read and act; they touch no tables, jobs or outside systems", "portal/space.py",
     "from tongban.cases.models import Case", "tongban.portal.space"),
    ("surfaces", "Surfaces read and act; they touch no tables, jobs or outside systems", "counter/queue.py",
     "from tongban.messages import tasks", "tongban.counter.queue"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The tree without what is not imported; imports are read once and kept for every contract."""
    folder = tmp_path_factory.mktemp("contracts")
    shutil.copytree(HOUSE, folder / "tongban", ignore=shutil.ignore_patterns("__pycache__", "templates", "locale"))
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


def lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--cache-dir", str(folder / "cache"), *arguments], cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}, capture_output=True,
        text=True, check=False)


def test_every_contract_holds(copy):
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("contract", "name", "file", "line", "offender"), PLANTED,
                         ids=[f"{each[0]}-{each[2].replace('/', '.')}" for each in PLANTED])
def test_a_planted_violation_breaks_its_contract(copy, contract, name, file, line, offender):
    path = copy / "tongban" / file
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{before or ''}\n{line}\n")
    try:
        result = lint(copy, "--contract", contract)
    finally:
        if before is not None:
            path.write_text(before)
        elif path.name == "__init__.py":
            shutil.rmtree(path.parent)
        else:
            path.unlink()
    assert result.returncode != 0, result.stdout
    assert f"{name} BROKEN" in result.stdout
    assert offender in result.stdout.split("Broken contracts")[1]


def test_every_contract_has_a_planted_violation():
    written = {line.split(":")[2].rstrip("]") for line in (ROOT / ".importlinter").read_text().splitlines()
               if line.startswith("[importlinter:contract:")}
    assert written == {each[0] for each in PLANTED}
