"""Oversight figures: every number opens into exactly the cases it is made of."""

from datetime import date, datetime, timedelta

import pytest

from tests.requirements import requirement
from tests.reviews import given as cases
from tests.reviews.given import as_
from tongban.calendars.types import SHANGHAI
from tongban.cases import actions as verbs
from tongban.cases import queries as of_cases
from tongban.cases.queries import Figure, Grouping
from tongban.kernel import database
from tongban.supervision import queries
from tongban.supervision.types import Kind

SINCE, UNTIL = date(2026, 3, 2), date(2026, 4, 30)


def of_authority(desk, actor):
    with as_(actor):
        found = queries.figures(since=SINCE, until=UNTIL)
        assert {each.authority for each in found} <= set(actor.authorities)
        return next((each for each in found if each.authority == desk.authority), None)


def behind(desk, figure):
    with as_(desk.supervisor):
        pages, before = [], None
        while page := queries.cases_behind(figure, authority=desk.authority, since=SINCE, until=UNTIL, before=before,
                                           limit=2):
            pages += page
            before = page[-1].id
    return pages


@pytest.fixture
def busy(desk, tick, at):
    """Cases at every stage: open, withdrawn, done in time, done late, open beyond promise, open beyond the law."""
    submitted, withdrawn = cases.submitted(desk), cases.accepted(desk)
    with as_(desk.citizen):
        verbs.withdraw_case(desk.citizen, number=withdrawn)
    in_time, late, beyond = cases.decided(desk), cases.examined(desk), cases.accepted(desk)
    tick()
    at(datetime(2026, 3, 20, 10, 0, tzinfo=SHANGHAI))
    cases.decide(desk, late)
    tick()
    at(datetime(2026, 4, 1, 10, 0, tzinfo=SHANGHAI))
    fresh = cases.accepted(desk)
    tick()
    return {"submitted": submitted, "withdrawn": withdrawn, "in_time": in_time, "late": late, "beyond": beyond,
            "fresh": fresh}


def test_every_number_is_made_of_the_cases_behind_it(desk, busy):
    row = of_authority(desk, desk.supervisor)
    for figure in Figure:
        found = behind(desk, figure)
        assert len(found) == row.cases.counts[figure]
        assert len({each.number for each in found}) == len(found)
    ours = {figure: {name for name, number in busy.items() if number in {each.number for each in behind(desk, figure)}}
            for figure in Figure}
    everyone = set(busy)
    assert ours == {
        Figure.RECEIVED: everyone, Figure.ACCEPTED: everyone - {"submitted"}, Figure.DECIDED: {"in_time", "late"},
        Figure.FINISHED: {"in_time", "late"}, Figure.EARLY: {"in_time"}, Figure.ON_TIME: {"in_time"}, Figure.LATE: {"late"},
        Figure.BEYOND_LAW: set(), Figure.OPEN: {"submitted", "beyond", "fresh"}, Figure.OVERDUE: {"beyond"},
        Figure.OVERDUE_BY_LAW: {"beyond"},
    }


def test_signals_on_the_page_are_the_signals_in_the_list(desk, busy):
    row = of_authority(desk, desk.supervisor)
    with as_(desk.supervisor):
        listed = {kind: [each for each in queries.signals(kind=kind, limit=1000)
                         if each.authority == desk.authority] for kind in Kind}
    assert row.open_signals == {kind: len(found) for kind, found in listed.items()}
    assert busy["beyond"] in {each.case_number for each in listed[Kind.RED]}


def test_shares_of_promise_and_law_used_are_of_elapsed_time(desk, busy):
    row = of_authority(desk, desk.supervisor)
    expected = database.row(
        "select avg(extract(epoch from completed_at - accepted_at) "
        "/ extract(epoch from promised_due_at - accepted_at)), "
        "avg(extract(epoch from decided_at - accepted_at) / extract(epoch from statutory_due_at - accepted_at)) "
        "from cases_case where authority_id = %s and state in ('COMPLETED', 'DELIVERED')", [desk.authority])
    assert row.cases.promise_used == pytest.approx(float(expected[0]))
    assert row.cases.law_used == pytest.approx(float(expected[1]))
    counts = row.cases.counts
    assert row.cases.on_time_rate == pytest.approx(counts[Figure.ON_TIME] / counts[Figure.FINISHED])


@requirement("TIM-12")
def test_promises_are_told_by_item_authority_and_region_with_the_cases_behind_them(desk, busy, at, tick):
    due = database.row("select promised_due_at from cases_case where number = %s", [busy["fresh"]])[0]
    at(due - timedelta(hours=12))
    cases.examine(desk, busy["fresh"])
    cases.decide(desk, busy["fresh"])
    tick()
    region = database.row("select region from cases_case where number = %s", [busy["late"]])[0]
    with as_(desk.supervisor):
        for by, key in ((Grouping.ITEM, desk.item), (Grouping.AUTHORITY, str(desk.authority)), (Grouping.REGION, region)):
            row = next(each for each in of_cases.promises_kept(by, since=SINCE, until=UNTIL, authorities=[desk.authority])
                       if each.key == key)
            ours = {Grouping.ITEM: {"item": desk.item}, Grouping.REGION: {"region": region}}.get(by, {})
            for figure, told in ((Figure.FINISHED, row.finished), (Figure.EARLY, row.early), (Figure.ON_TIME, row.on_time),
                                 (Figure.LATE, row.late)):
                assert len(of_cases.cases_behind(figure, authority=desk.authority, since=SINCE, until=UNTIL, limit=1000,
                                                 **ours)) == told, (by, figure)
        row = next(each for each in of_cases.promises_kept(Grouping.ITEM, since=SINCE, until=UNTIL,
                                                           authorities=[desk.authority]) if each.key == desk.item)
    stored = database.rows("select extract(epoch from completed_at - accepted_at)::float, extract(epoch from decided_at - accepted_at)"
                           "::float, extract(epoch from promised_due_at - accepted_at)::float, extract(epoch from "
                           "statutory_due_at - accepted_at)::float from cases_case where item_code = %s and completed_at "
                           "is not null and state = 'COMPLETED'", [desk.item])
    assert (row.finished, row.early, row.on_time, row.late) == (3, 1, 2, 1)
    assert row.promise_used == pytest.approx(sum(took / promise for took, _, promise, _ in stored) / 3)
    assert row.law_used == pytest.approx(sum(decided / law for _, decided, _, law in stored) / 3)
    assert row.promise_of_law == pytest.approx(sum(promise / law for _, _, promise, law in stored) / 3)


def test_a_stranger_gets_no_figure_of_this_authority(desk, busy):
    assert of_authority(desk, desk.stranger) is None
    with as_(desk.stranger):
        assert queries.cases_behind(Figure.RECEIVED, authority=desk.authority, since=SINCE, until=UNTIL) == []
