"""An index of one's own, made of the sample catalogue."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.catalogue.given import EDITOR, every_item
from tongban.catalogue import actions, queries

SAMPLES = frozenset(item.slug for item in every_item())


@pytest.fixture
def samples(db: None) -> None:
    """Only the items of the data files take applications: what other tests published is suspended."""
    queries.forget()
    strays = [row.code for row in queries.items(limit=10_000).rows if row.slug not in SAMPLES]
    for code in strays:
        actions.suspend_item(EDITOR, code=code)
    queries.forget()


@pytest.fixture
def index(samples: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for the index, so that the first question builds it."""
    monkeypatch.setattr(settings, "SEARCH_INDEX", tmp_path / "search")
    yield tmp_path / "search"


@pytest.fixture
def built(samples: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One index for all tests that only ask."""
    monkeypatch.setattr(settings, "SEARCH_INDEX", tmp_path_factory.getbasetemp() / "search")
