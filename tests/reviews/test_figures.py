"""The indicators: what is counted, what is not, and that lists and counts agree."""

from datetime import date

import pytest

from tests.requirements import requirement
from tests.reviews.given import as_
from tests.reviews.test_rectifying import WAY, poor, take  # noqa: F401
from tongban.reviews import actions, queries
from tongban.reviews.types import Figures, Grade, TokenHolder

DAY = date(2026, 3, 2)


@pytest.fixture
def difference(desk):
    """The figures of the desk's authority since the test began."""

    def read():
        with as_(desk.supervisor):
            found = queries.figures(since=DAY, until=DAY)
        assert {each.authority for each in found} <= {desk.authority}
        return {name: getattr(found[0], name) if found else 0 for name in Figures.__slots__ if name != "authority"}

    before = read()
    return lambda: {name: value - before[name] for name, value in read().items() if value != before[name]}


@requirement("EVA-17")
def test_who_says_nothing_counts_as_asked_and_never_as_good(token, difference):
    token()
    assert difference() == {"invited": 1, "items_asked": 1}


@requirement("EVA-17")
def test_figures_count_good_poor_real_names_and_answers(desk, token, poor, difference):  # noqa: F811
    for grade in (1, 3):
        held = token()
        with as_(desk.citizen):
            actions.submit_review(desk.citizen, token=held, grade=grade)
    _, answered = poor()
    take(desk, answered, *WAY)
    _, mistaken = poor()
    take(desk, mistaken, "assign", "mistaken", "feed_back")
    token()
    assert difference() == {
        "invited": 5, "reviewed": 4, "counted": 3, "good": 2, "poor": 1, "signed_in": 2, "rectifications_due": 2,
        "rectified_in_time": 2, "revisited": 1, "revisited_satisfied": 1, "items_asked": 1, "items_reviewed": 1}


@requirement("EVA-17")
def test_rates_are_of_what_they_say_and_none_of_nothing():
    empty = Figures(authority=1, **dict.fromkeys(set(Figures.__slots__) - {"authority"}, 0))
    assert (empty.participation, empty.good_rate, empty.poor_rate, empty.in_time_rate, empty.real_name_rate,
            empty.revisit_satisfaction, empty.coverage) == (None,) * 7
    full = Figures(authority=1, invited=10, reviewed=8, counted=5, good=4, poor=1, signed_in=2, rectifications_due=4,
                   rectified_in_time=3, revisited=2, revisited_satisfied=1, items_asked=4, items_reviewed=1)
    assert (full.participation, full.good_rate, full.poor_rate, full.in_time_rate, full.real_name_rate,
            full.revisit_satisfaction, full.coverage) == (0.8, 0.8, 0.2, 0.75, 0.25, 0.5, 0.25)


def test_lists_are_what_the_counts_say(desk, token):
    given = {}
    for held, grade in [(token(), grade) for grade in (1, 1, 4, 5)]:
        with as_(None):
            given[actions.submit_review(TokenHolder(), token=held, grade=grade)] = grade
    with as_(desk.supervisor):
        pages, before = [], None
        while page := queries.reviews(item_code=desk.item, before=before, limit=3):
            pages += page
            before = page[-1].id
        counts = queries.counts(item_code=desk.item)
    assert {each.id: each.grade for each in pages} == given
    assert counts.grades == {Grade(grade): list(given.values()).count(grade) for grade in Grade}
    with as_(None):
        assert queries.public_counts(item_code=desk.item) == counts
