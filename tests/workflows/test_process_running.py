"""A case moves through a process by tokens; the engine proposes tasks and nothing else."""

import dataclasses
import json

import pytest

from tests.workflows.drawing import compiled
from tongban.workflows.errors import TaskNotOpen, TokensNotUnderstood, TokensOfAnotherProcess, TooManySteps
from tongban.workflows.rules import advance, begin, is_finished, open_tasks, reopen, tokens_from_json, tokens_to_json
from tongban.workflows.types import MOST_STEPS, Facts, Graph, TaskId, Tokens

LINE = compiled(("start", "a"), ("a", "b"), ("b", "end"))
FORK = compiled(
    ("start", "and1"), ("and1", "a"), ("and1", "b"), ("a", "and2"), ("b", "and2"), ("and2", "c"), ("c", "end")
)
CHOICE = compiled(
    ("start", "a"), ("a", "xor1"), ("xor1", "b", "n > 1"), ("xor1", "c", "n > 2"), ("xor1", "d"),
    ("b", "end"), ("c", "end"), ("d", "end"), defaults=["xor1>d"],
)  # fmt: skip
AGAIN = compiled(("start", "a"), ("a", "xor1"), ("xor1", "a", "again"), ("xor1", "end"), defaults=["xor1>end"])


def names(graph: Graph, tokens: Tokens) -> list[str]:
    return [task.id for task in open_tasks(graph, tokens)]


def after(graph: Graph, *done: str, facts: Facts | None = None) -> Tokens:
    tokens = begin(graph, facts or {})
    for task in done:
        tokens = advance(graph, tokens, TaskId(task), facts or {})
    return tokens


def test_tasks_open_one_after_another_until_the_end() -> None:
    assert names(LINE, after(LINE)) == ["a"]
    assert names(LINE, after(LINE, "a")) == ["b"]
    assert is_finished(after(LINE, "a", "b")) and not is_finished(after(LINE, "a"))
    assert names(LINE, after(LINE, "a", "b")) == []


def test_parallel_tasks_are_open_together_and_the_join_waits_for_all() -> None:
    assert names(FORK, after(FORK)) == ["a", "b"]
    assert names(FORK, after(FORK, "b")) == ["a"]
    assert names(FORK, after(FORK, "b", "a")) == ["c"]


def test_the_order_in_which_parallel_tasks_are_done_leaves_no_trace() -> None:
    assert after(FORK, "a", "b") == after(FORK, "b", "a")


def test_the_first_condition_that_holds_is_taken_and_else_the_default() -> None:
    assert names(CHOICE, after(CHOICE, "a", facts={"n": 5})) == ["b"]
    assert names(CHOICE, after(CHOICE, "a", facts={"n": 1})) == ["d"]
    assert names(CHOICE, after(CHOICE, "a")) == ["d"]


def test_facts_are_asked_when_the_gateway_is_reached() -> None:
    tokens = after(AGAIN, "a", "a", facts={"again": True})
    assert names(AGAIN, tokens) == ["a"]
    assert is_finished(advance(AGAIN, tokens, TaskId("a"), {"again": False}))


def test_a_default_is_never_taken_before_a_condition_that_holds() -> None:
    graph = compiled(
        ("start", "xor1"), ("xor1", "d"), ("xor1", "b", "x"), ("b", "end"), ("d", "end"), defaults=["xor1>d"]
    )
    assert names(graph, begin(graph, {"x": True})) == ["b"]


@pytest.mark.parametrize("task", ["b", "start", "nothing"])
def test_a_task_that_is_not_open_cannot_be_done(task: str) -> None:
    tokens = begin(LINE, {})
    with pytest.raises(TaskNotOpen) as refused:
        advance(LINE, tokens, TaskId(task), {})
    assert refused.value.facts == {"task": task}
    assert tokens == begin(LINE, {})


def test_a_task_cannot_be_done_twice() -> None:
    with pytest.raises(TaskNotOpen):
        after(FORK, "a", "a")


def test_a_finished_task_is_done_again_and_what_stood_beside_it_stays_done() -> None:
    graph = compiled(("start", "a"), ("a", "and1"), ("and1", "b"), ("and1", "c"), ("b", "and2"), ("c", "and2"), ("and2", "d"),
                     ("d", "end"))
    before, done = after(graph, "a", "b", "c"), {TaskId(name): {} for name in "abc"}
    again = reopen(graph, before, TaskId("b"), done)
    assert names(graph, again) == ["b"] and again.steps > before.steps
    assert names(graph, advance(graph, again, TaskId("b"), {})) == ["d"]
    assert names(graph, reopen(graph, before, TaskId("a"), done)) == ["a"]


def test_a_task_beside_the_way_that_was_taken_is_not_done_again() -> None:
    graph = compiled(("start", "a"), ("a", "xor1"), ("xor1", "b", "recommends"), ("xor1", "c"), ("b", "xor2"), ("c", "xor2"),
                     ("xor2", "d"), ("d", "end"), defaults=["xor1>c"])
    done: dict[TaskId, Facts] = {TaskId("a"): {"recommends": True}, TaskId("b"): {}, TaskId("c"): {}}
    assert names(graph, reopen(graph, after(graph, "a", "b", facts={"recommends": True}), TaskId("b"), done)) == ["b"]
    with pytest.raises(TaskNotOpen):
        reopen(graph, after(graph, "a", "b", facts={"recommends": True}), TaskId("c"), done)


def test_a_case_that_goes_round_for_ever_is_stopped() -> None:
    tokens = after(AGAIN, "a", facts={"again": True})
    tired = dataclasses.replace(tokens, steps=MOST_STEPS - 1)
    with pytest.raises(TooManySteps):
        advance(AGAIN, tired, TaskId("a"), {"again": True})


def test_tokens_survive_storage() -> None:
    for tokens in (after(FORK), after(FORK, "a"), after(FORK, "a", "b", "c")):
        stored = json.dumps(tokens_to_json(tokens))
        assert tokens_from_json(json.loads(stored)) == tokens
        assert len(stored) < 100


@pytest.mark.parametrize(
    "stored",
    [None, [], {}, "x", {"mark": 1, "places": [1]}, {"mark": 1, "places": ["1"], "steps": 0},
     {"mark": 1, "places": [-1], "steps": 0}, {"mark": True, "places": [], "steps": 0},
     {"mark": 1, "places": [], "steps": 0, "more": 1}, {"mark": 1, "places": 3, "steps": 0}],
)  # fmt: skip
def test_stored_progress_that_is_not_ours_is_refused(stored: object) -> None:
    with pytest.raises(TokensNotUnderstood):
        tokens_from_json(stored)


def test_tokens_of_another_process_are_refused() -> None:
    with pytest.raises(TokensOfAnotherProcess):
        open_tasks(LINE, begin(FORK, {}))
    with pytest.raises(TokensOfAnotherProcess):
        advance(LINE, dataclasses.replace(begin(LINE, {}), places=(999,)), TaskId("a"), {})


def test_stored_indices_are_the_order_of_the_file() -> None:
    """Open cases keep their tokens over years: this must not change without a migration."""
    assert tokens_to_json(after(FORK, "a")) == {"mark": FORK.mark, "places": [3, 10], "steps": 4}
    assert FORK.mark == 1938933418


def test_a_graph_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        LINE.start = 3  # type: ignore[misc]
    assert isinstance(hash(LINE.targets), int)
