"""Canonical JSON: one value, one sequence of bytes."""

import json
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.crypto.canonical import LARGEST_INTEGER, NotCanonical, canonical_json

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


class Word(StrEnum):
    A = "a"


def test_the_string_example_of_the_standard_comes_out() -> None:
    example = {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f", "literals": [None, True, False]}
    wanted = '{"literals":[null,true,false],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical_json(example) == wanted.encode()


def test_keys_are_ordered_by_their_utf_16_units_as_in_the_standard() -> None:
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    assert list(json.loads(canonical_json(names)).values()) == [2, 4, 6, 7, 1, 5, 3]


@given(values)
def test_what_is_written_reads_back_and_is_written_the_same_again(value: object) -> None:
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


@given(st.dictionaries(texts, st.integers(0, 9)))
def test_the_order_keys_were_put_in_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


def test_an_enum_is_its_text_and_a_tuple_a_list() -> None:
    assert canonical_json({Word.A: (Word.A, 1)}) == b'{"a":["a",1]}'


@pytest.mark.parametrize("value", [1.0, float("nan"), 2**53, -(2**53), {1: 2}, "\ud800", b"x", {"a": object()}])
def test_what_has_no_single_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical_json(value)
