"""A template that takes too many hands one after another is reported."""

from itertools import pairwise

from tests.workflows.drawing import Arrow, compiled
from tongban.workflows.rules import check_length, longest_chain
from tongban.workflows.types import Graph, Verb


def row(*verbs: str) -> Graph:
    names = [f"s{chr(97 + number)}" for number in range(len(verbs))]
    path = ["start", *names, "end"]
    return compiled(*pairwise(path), verbs=dict(zip(names, verbs, strict=True)))


def test_more_than_five_steps_in_a_row_are_reported_with_their_number() -> None:
    assert check_length(row(*["examine"] * 5)) == ()
    (problem,) = check_length(row(*["examine"] * 6))
    assert problem.code == "too_many_steps_in_a_row"
    assert problem.facts == {"count": 6, "allowed": 5}


def test_more_than_two_levels_of_approval_are_reported() -> None:
    assert check_length(row("accept", "decide", "decide")) == ()
    (problem,) = check_length(row("accept", "decide", "decide", "decide"))
    assert problem.code == "too_many_levels_of_approval"
    assert problem.facts == {"count": 3, "allowed": 2}


def test_both_may_be_reported_and_the_figures_are_the_installations() -> None:
    assert len(check_length(row(*["decide"] * 6))) == 2
    assert len(check_length(row("accept", "decide"), steps_allowed=1, approvals_allowed=0)) == 2


def test_parallel_and_alternative_branches_count_once_and_a_loop_counts_each_step_once() -> None:
    arrows: list[Arrow] = [("start", "and1"), ("and2", "end")]
    for branch in "abcdefg":
        arrows += [("and1", branch), (branch, "and2")]
    assert longest_chain(compiled(*arrows)) == 1
    either = (("start", "xor1"), ("xor1", "a", "x"), ("xor1", "b"), ("a", "end"), ("b", "c"), ("c", "end"))
    graph = compiled(*either, defaults=["xor1>b"], verbs={"a": "decide", "c": "decide"})
    assert (longest_chain(graph), longest_chain(graph, (Verb.DECIDE,))) == (2, 1)
    loop = (("start", "a"), ("a", "b"), ("b", "xor1"), ("xor1", "a", "again"), ("xor1", "c"), ("c", "end"))
    assert longest_chain(compiled(*loop, defaults=["xor1>c"])) == 3
