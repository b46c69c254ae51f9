"""Ties a test to the requirements it proves."""

from collections.abc import Callable
from typing import TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., None])


def requirement(*ids: str) -> Callable[[Test], Test]:
    """Mark a test that fails when the behaviour behind any of `ids` breaks."""
    return pytest.mark.requirement(*ids)
