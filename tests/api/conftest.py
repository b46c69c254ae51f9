"""The interface as a program calls it: by its addresses, with or without a token."""

import pytest
from django.test import override_settings
from django.test.utils import ContextList

from tests.api.given import Program
from tongban.catalogue import queries as catalogue


@pytest.fixture(autouse=True)
def mounted():
    """Only the interface's addresses."""
    with override_settings(ROOT_URLCONF="tests.api.addresses"):
        yield ContextList()


@pytest.fixture
def program(db):
    """A caller without a token."""
    return Program()


@pytest.fixture
def food(db):
    """The guide of the restaurant licence."""
    return catalogue.guide(catalogue.code_of("food-operation-gaoling"))
