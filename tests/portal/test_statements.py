"""How many statements a page may ask of the database, drawn afresh: a loop that asks for each row shows here."""

import pytest
from django.db import connections

from tests import journeys
from tests.portal.public import client, signed_in
from tongban.catalogue import queries as catalogue
from tongban.identity.actions import open_session
from tongban.kernel import modes
from tongban.kernel.types import Channel

ITEM = "food-operation-gaoling"
MOST = {"/": 1, "/services/": 2, "/services/{code}/": 6, "/search/?q=餐馆": 1, "/me/": 4, "/apply/{code}/": 6}


def statements(browser, path):
    """What a page asks for when what the process remembers is warm, apart from transactions."""
    assert browser.get(path).status_code == 200
    modes.current()
    asked = []

    def note(execute, sql, *rest):
        asked.append(sql)
        return execute(sql, *rest)

    logins = [connections[alias] for alias in ("default", "citizen", "officer")]
    for each in logins:
        each.execute_wrappers.append(note)
    try:
        assert browser.get(path).status_code == 200
    finally:
        for each in logins:
            each.execute_wrappers.remove(note)
    return [sql for sql in asked if "kernel_mode" not in sql and "kernel_parameter" not in sql]


@pytest.mark.parametrize("path", MOST)
def test_a_page_asks_for_no_more_than_it_did(db, path):
    person = journeys.with_firm(journeys.citizen())
    browser = signed_in(open_session(account=person.account, channel=Channel.WEB)) if path[1:3] in ("me", "ap") else client()
    asked = statements(browser, path.format(code=catalogue.code_of(ITEM)))
    assert len(asked) <= MOST[path], asked
