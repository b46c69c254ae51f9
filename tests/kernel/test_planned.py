"""Statements that a connection plans once: the same answers, one plan, and the caller of each time."""

import pytest
from django.db import DataError

from tests import journeys
from tongban.kernel import database

OTHERS = "select party_id from identity_person where party_id = any(%s) order by 1"


def test_a_plan_made_for_one_caller_shows_the_next_one_only_their_own(db):
    one, other = journeys.citizen().party, journeys.citizen().party
    with database.serving("citizen"):
        for party in [one] * 10 + [other, one]:
            with database.acting(parties=[party]):
                assert database.planned_rows(OTHERS, [[one, other]]) == [(party,)]
        assert database.planned_rows(OTHERS, [[one, other]]) == []


def test_a_statement_is_planned_once_whatever_it_is_asked(db):
    asked = "select %(it)s::int * %(by)s::int + %(it)s::int"
    assert [database.planned_row(asked, {"it": it, "by": 10}) for it in range(5)] == [(it * 11,) for it in range(5)]
    assert database.rows("select count(*) from pg_prepared_statements where statement = 'select $1::int * $2::int + $1::int'") == [(1,)]


def test_what_is_asked_is_never_read_as_part_of_the_statement(db):
    assert database.planned_row("select %s || %s::text", ["'); drop table x; --", "%s $1"]) == ("'); drop table x; --%s $1",)


def test_a_planned_statement_that_fails_is_an_error_of_the_database(db):
    with pytest.raises(DataError):
        database.planned_row("select 1 / %s::int", [0])
    assert database.planned_row("select 1 / %s::int", [1]) == (1,)
