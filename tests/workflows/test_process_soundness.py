"""Only a process in which every case can end is compiled."""

import pytest

from tests.workflows.drawing import Arrow, compiled, draw
from tongban.kernel.errors import Refusal
from tongban.workflows.errors import (
    BranchesNotJoined,
    ConditionMisplaced,
    ConditionMissing,
    DefaultMissing,
    EndUnreachable,
    JoinWaitsForever,
    LoopWithoutTask,
    NodeUnreachable,
    OneStartNeeded,
    ProcessTooTangled,
    ReferenceUnknown,
    TooManyTokens,
    WrongNumberOfFlows,
)
from tongban.workflows.rules import compile_process, read_process
from tongban.workflows.types import MOST_TOKENS

FORK = (("start", "and1"), ("and1", "a"), ("and1", "b"))
CHOICE = (("start", "xor1"), ("xor1", "a", "x"), ("xor1", "b"))


@pytest.mark.parametrize(
    ("arrows", "refusal", "element"),
    [
        ([("start", "a"), ("start2", "a"), ("a", "end")], OneStartNeeded, "p"),
        ([("a", "end")], OneStartNeeded, "p"),
        ([("start", "a"), ("start", "b"), ("a", "end"), ("b", "end")], WrongNumberOfFlows, "start"),
        ([("start", "a"), ("a", "end"), ("a", "end2")], WrongNumberOfFlows, "a"),
        ([("start", "a"), ("a", "end"), ("end", "a")], WrongNumberOfFlows, "end"),
        ([("start", "a"), ("a", "end"), ("b", "end")], NodeUnreachable, "b"),
        ([("start", "a"), ("a", "end"), ("b", "c"), ("c", "b")], NodeUnreachable, "b"),
        ([("start", "a"), ("a", "b"), ("b", "a")], EndUnreachable, "start"),
        ([*FORK, ("a", "and2"), ("and2", "end"), ("b", "c"), ("c", "c")], EndUnreachable, "b"),
        ([*FORK, ("a", "xor2"), ("b", "xor2"), ("xor2", "end")], BranchesNotJoined, "end"),
        ([*FORK, ("a", "c"), ("b", "c"), ("c", "end")], BranchesNotJoined, "end"),
        ([*CHOICE, ("a", "and2"), ("b", "and2"), ("and2", "end")], JoinWaitsForever, "and2"),
        (
            [("start", "a"), ("a", "xor1"), ("xor1", "xor2"), ("xor2", "xor1", "x"), ("xor2", "end")],
            LoopWithoutTask,
            "xor1",
        ),
    ],
)
def test_an_unsound_process_is_refused_where_it_is_unsound(
    arrows: list[Arrow], refusal: type[Refusal], element: str
) -> None:
    defaults = [name for name in ("xor1>b", "xor2>end") if tuple(name.split(">")) in arrows]
    with pytest.raises(refusal) as refused:
        compiled(*arrows, defaults=defaults)
    assert refused.value.facts.get("id", "p") == element
    assert isinstance(refused.value.facts["line"], int)


def test_a_fork_inside_a_loop_that_piles_up_tokens_is_refused() -> None:
    with pytest.raises((BranchesNotJoined, JoinWaitsForever, ProcessTooTangled, TooManyTokens)):
        compiled(
            ("start", "a"), ("a", "and1"), ("and1", "xor1"), ("and1", "b"), ("xor1", "a", "again"), ("xor1", "and2"),
            ("b", "and2"), ("and2", "end"), defaults=["xor1>and2"],
        )  # fmt: skip


def test_parallel_branches_may_end_apart() -> None:
    assert compiled(*FORK, ("a", "end"), ("b", "end2"))


def test_a_loop_with_a_task_is_sound() -> None:
    assert compiled(("start", "a"), ("a", "xor1"), ("xor1", "a", "again"), ("xor1", "end"), defaults=["xor1>end"])


def test_many_parallel_branches_with_choices_are_proved_sound() -> None:
    arrows: list[Arrow] = [("start", "and1"), ("and2", "end")]
    for branch in range(100, 160):
        arrows += [
            ("and1", f"xor{branch}"),
            (f"xor{branch}", f"a{branch}", "x"),
            (f"xor{branch}", f"b{branch}", "not x"),
        ]
        arrows += [(f"a{branch}", f"xor9{branch}"), (f"b{branch}", f"xor9{branch}"), (f"xor9{branch}", "and2")]
    assert compiled(*arrows)


def test_more_open_tasks_than_the_limit_are_refused() -> None:
    wide: list[Arrow] = [("start", "and1"), ("and2", "end")]
    wide += [("and1", f"a{n}") for n in range(490)] + [(f"a{n}", "and2") for n in range(490)]
    assert compiled(*wide)
    twice: list[Arrow] = [("start", "and1")]
    twice += [("and1", f"and{n}") for n in range(100, 135)]
    twice += [(f"and{n}", f"end{n}{way}") for n in range(100, 135) for way in range(25)]
    assert compiled(*twice)


def test_a_gateway_that_opens_more_tokens_than_the_limit_is_refused() -> None:
    def wide(ways: int) -> bytes:
        arrow = '<sequenceFlow id="w{}" sourceRef="and1" targetRef="and2"/>'
        arrows = "".join(arrow.format(number) for number in range(ways))
        return draw(("start", "and1"), ("and2", "end")).replace(b"</process>", f"{arrows}</process>".encode())

    assert compile_process(read_process(wide(MOST_TOKENS)))
    with pytest.raises(TooManyTokens) as refused:
        compile_process(read_process(wide(MOST_TOKENS + 1)))
    assert refused.value.facts["most"] == MOST_TOKENS


def test_tokens_that_double_and_double_are_refused() -> None:
    arrows: list[Arrow] = [("start", "and0"), ("and0", "and99"), ("and12", "and99"), ("and99", "end")]
    for level in range(12):
        arrows += [(f"and{level}", f"xor1{level}"), (f"and{level}", f"xor2{level}")]
        arrows += [(f"xor1{level}", f"xor3{level}"), (f"xor2{level}", f"xor3{level}")]
        arrows += [(f"xor3{level}", f"and{level + 1}")]
    with pytest.raises((TooManyTokens, BranchesNotJoined, ProcessTooTangled)):
        compiled(*arrows)


def test_an_exclusive_gateway_needs_a_default_unless_its_conditions_cover_everything() -> None:
    ends = (("a", "end"), ("b", "end"))

    def split(first: str, second: str) -> tuple[Arrow, ...]:
        return (("start", "xor1"), ("xor1", "a", first), ("xor1", "b", second), *ends)

    for first, second in [
        ("x", "not x"),
        ("n == 1", "n != 1"),
        ("n < 1.5", "not (n < 1.5)"),
        ("k in ('a', 'b')", "k != 'a' and k != 'b'"),
        ("x or n > 3", "not x and not n > 3"),
        ("x", "true"),
    ]:
        assert compiled(*split(first, second))
    for first, second in [
        ("n < 1", "n >= 1"),  # an absent fact is neither
        ("n <= 1 or n == null", "n >= 2 or n == null"),
        ("n != null", "n == 1"),  # only the absent fact is left over
        ("x", "y"),
        ("k == 'a'", "k == 'b'"),
        ("x == true", "x == false"),
        ("n == true or n != 1", "n == true"),  # 1 and true are told apart
    ]:
        with pytest.raises(DefaultMissing) as refused:
            compiled(*split(first, second))
        assert refused.value.facts["id"] == "xor1"
        assert compiled(*split(first, second)[:2], ("xor1", "b"), *ends, defaults=["xor1>b"])


def test_too_many_facts_to_try_need_a_default() -> None:
    many = " and ".join(f"n{number} == {number}" for number in range(9))
    with pytest.raises(DefaultMissing):
        compiled(("start", "xor1"), ("xor1", "a", many), ("xor1", "b", f"not ({many})"), ("a", "end"), ("b", "end"))


def test_a_condition_stands_only_where_it_is_asked() -> None:
    with pytest.raises(ConditionMisplaced):
        compiled(("start", "a", "x"), ("a", "end"))
    with pytest.raises(ConditionMisplaced):
        compiled(*FORK[:2], ("and1", "b", "x"), ("a", "and2"), ("b", "and2"), ("and2", "end"))
    with pytest.raises(ConditionMisplaced):
        compiled(*CHOICE[:2], ("xor1", "b", "y"), ("a", "end"), ("b", "end"), defaults=["xor1>b"])
    with pytest.raises(ConditionMissing):
        compiled(*CHOICE, ("a", "end"), ("b", "end"))


def test_a_reference_must_exist_and_belong() -> None:
    with pytest.raises(ReferenceUnknown):
        compiled(*CHOICE, ("a", "end"), ("b", "end"), defaults=["xor1>nowhere"])
    dangling = draw(("start", "a"), ("a", "end")).replace(b'targetRef="end"', b'targetRef="gone"')
    with pytest.raises(ReferenceUnknown) as refused:
        compile_process(read_process(dangling))
    assert refused.value.facts["target"] == "gone"
