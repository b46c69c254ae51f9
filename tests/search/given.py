"""An index of one's own, made of the sample catalogue."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture
def index(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for the index, so that the first question builds it."""
    monkeypatch.setattr(settings, "SEARCH_INDEX", tmp_path / "search")
    yield tmp_path / "search"


@pytest.fixture
def built(db: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One index for all tests that only ask."""
    monkeypatch.setattr(settings, "SEARCH_INDEX", tmp_path_factory.getbasetemp() / "search")
