"""Case numbers: item, day of receipt, sequence of that day (CASE-01)."""

from datetime import date

import pytest

from tests import journeys
from tests.cases.given import ANSWERS, applied, own_item, shanghai, written
from tests.journeys import as_actor
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.errors import NumbersUsedUp
from tongban.catalogue.rules import code_of
from tongban.kernel import clock, database
from tongban.kernel.codes import LAST_SEQUENCE, parse_case_number, sequence_text


@requirement("CASE-01")
def test_a_number_is_the_item_the_day_of_receipt_and_the_sequence_of_that_day(db, at):
    item, other = own_item(), own_item()
    numbers = [applied(item).number for _ in range(3)]
    assert numbers == [f"{code_of(item)}20260302{n:04d}" for n in (1, 2, 3)]
    assert len(numbers[0]) == 43
    assert applied(other).number == f"{code_of(other)}202603020001"
    at(shanghai(3, 3, 9))
    assert applied(item).number == f"{code_of(item)}202603030001"


@requirement("CASE-01")
def test_what_is_sent_in_the_evening_carries_the_day_it_counts_as_received(db, at):
    at(shanghai(3, 6, 19))
    parts = parse_case_number(applied(own_item()).number)
    assert (parts.day, parts.sequence) == (date(2026, 3, 9), 1)


@requirement("CASE-01")
def test_the_database_writes_every_sequence_as_the_code_table_does(db):
    assert LAST_SEQUENCE == 30999
    found = database.rows("select n, cases_sequence_text(n) from generate_series(1, 30999) n order by n")
    assert found == [(n, sequence_text(n)) for n in range(1, 30999 + 1)]
    assert len({text for _, text in found}) == 30999


@requirement("CASE-01")
def test_after_9999_the_first_position_is_a_letter(db):
    item = own_item()
    database.execute("insert into cases_sequence (item_code, day, last) values (%s, '2026-03-02', 9998)",
                     [code_of(item)])
    assert [applied(item).number[-4:] for _ in range(3)] == ["9999", "A000", "A001"]


def test_a_day_that_has_no_number_left_takes_no_case_and_says_so(db):
    item, person = own_item(), journeys.citizen()
    database.execute("insert into cases_sequence (item_code, day, last) values (%s, '2026-03-02', 30998)",
                     [code_of(item)])
    assert applied(item).number[-4:] == "Y999"
    before = written()
    with pytest.raises(NumbersUsedUp), as_actor(person):
        cases.submit_case(person, item_code=code_of(item), item_version=1, situation="", answers=ANSWERS, materials=(),
                          applicant=person.party, key="one-too-many", now=clock.now())
    assert written() == before
