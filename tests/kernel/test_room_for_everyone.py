"""No number runs out: a nation, its firms and the acts of many years have room."""

from datetime import datetime

import pytest

from tests.requirements import requirement
from tests.reviews import given as cases
from tongban.calendars.types import SHANGHAI
from tongban.kernel import database
from tongban.kernel.types import System
from tongban.supervision import actions as supervision
from tongban.supervision import queries

NATION = 1_400_000_000 + 120_000_000
SEQUENCES = """
select quote_ident(sequencename), coalesce(last_value, 1) from pg_sequences
where schemaname = 'public' and not starts_with(sequencename, 'procrastinate') order by 1
"""


@pytest.fixture
def crowded(db):
    """Every number that counts up stands where it would if each person and firm had come many times."""
    with database.serving("owner"):
        before = database.rows(SEQUENCES)
        for name, _ in before:
            database.execute("select setval(%s, %s)", [name, 10 * NATION])
    yield
    with database.serving("owner"):
        for name, last in before:
            database.execute("select setval(%s, %s)", [name, last])


@requirement("OPS-20")
def test_cases_signals_and_events_go_on_beyond_a_nation(crowded, catch_up, at):
    desk = cases.desk()
    first, second = cases.examined(desk), cases.accepted(desk)
    cases.decide(desk, first)
    catch_up()
    assert desk.authority < 10 * NATION < desk.citizen.party
    at(datetime(2026, 5, 4, 9, tzinfo=SHANGHAI))
    third = cases.accepted(desk)
    supervision.watch_cases(System(name="tick"), numbers=[second])
    raised = queries.signals_of_case(second)
    assert len({each.number for each in raised}) == len(raised) >= 2
    least = database.row("select min(id), min(party) from kernel_event where subject = any(%s)", [[first, third]])
    assert least is not None and least[0] > 10 * NATION and least[1] > 10 * NATION
