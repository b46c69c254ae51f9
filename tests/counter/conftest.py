"""The desk mounted beside the portal."""

from collections.abc import Iterator

import pytest
from django.test import override_settings


@pytest.fixture(autouse=True)
def mounted() -> Iterator[None]:
    """The addresses of desk and portal."""
    with override_settings(ROOT_URLCONF="tests.counter.addresses"):
        yield
