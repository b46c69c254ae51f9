"""The interface as a program calls it: by its addresses, with or without a token."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from tests.api.given import Program
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide


@pytest.fixture(autouse=True)
def mounted() -> Iterator[None]:
    """Only the interface's addresses."""
    with override_settings(ROOT_URLCONF="tests.api.addresses"):
        yield


@pytest.fixture
def program(db: None) -> Program:
    """A caller without a token."""
    return Program()


@pytest.fixture
def food(db: None) -> Guide:
    """The guide of the restaurant licence."""
    return catalogue.guide(catalogue.code_of("food-operation-gaoling"))
