"""Parties that nobody registered, but whose papers are kept."""

import pytest

from tongban.kernel import vault


@pytest.fixture
def db(db):
    for party in (700_001, 700_002, 700_900):
        vault.make_key(party)
    return db
