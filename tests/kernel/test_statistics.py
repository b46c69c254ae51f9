"""Published counts tell nothing of a group under the smallest one, not even by subtraction."""

from hypothesis import given
from hypothesis import strategies as st

from tests.requirements import requirement
from tongban.kernel.statistics import publishable

COUNTS = st.lists(st.integers(0, 40), min_size=2, max_size=6).map(lambda found: dict(enumerate(found)))


@requirement("SEC-04")
@given(COUNTS)
def test_what_is_hidden_cannot_be_worked_out_from_the_whole(counts):
    told = publishable(counts, 10)
    hidden = [counts[group] for group, shown in told.items() if shown is None]
    assert all(shown is None or shown == 0 or shown >= 10 for shown in told.values())
    assert all(shown is None or shown == counts[group] for group, shown in told.items())
    if sum(counts.values()) >= 10:
        assert not hidden or (len(hidden) > 1 and sum(hidden) >= 10)
    else:
        assert set(told.values()) == {None}


def test_large_groups_are_told_and_a_lonely_small_one_takes_the_next_larger_with_it():
    assert publishable({"a": 120, "b": 11, "c": 0}, 10) == {"a": 120, "b": 11, "c": 0}
    assert publishable({"a": 120, "b": 11, "c": 3}, 10) == {"a": 120, "b": None, "c": None}
    assert publishable({"a": 120, "b": 2, "c": 3}, 10) == {"a": None, "b": None, "c": None}
    assert publishable({"a": 4, "b": 5}, 10) == {"a": None, "b": None}
