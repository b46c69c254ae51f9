"""Another node, and this house believing it: for the tests of who comes in with it and whose session ends with it."""

import pytest

from tests.relying import administrators, read
from tests.upstream import Node, told_of
from tongban.identity import actions as identity
from tongban.identity import clients
from tongban.identity.actions.attempts import digest
from tongban.identity.types import Duty
from tongban.kernel import database


@pytest.fixture
def node():
    made = Node()
    clients._endpoints.cache_clear()
    clients._keys.cache_clear()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def source(db, node):
    three = administrators()
    with database.serving("worker"):
        key = identity.propose_source(three[Duty.SYSTEM], told=told_of(node))
        identity.confirm_source(three[Duty.SECURITY], key=key, assessment=read(key))
    yield key
    with database.serving("worker"):
        database.execute("delete from identity_attempt where login_hash = any(%s)", [[digest("sources"), digest("source-logouts")]])
        database.execute("update identity_source set closed_at = kernel_now() where key = %s and closed_at is null", [key])
