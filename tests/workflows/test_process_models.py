"""Generated processes behave as an independent reading of them says (security.md T17)."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflows.drawing import Arrow, draw, flow_id
from tongban.kernel.errors import Refusal
from tongban.workflows.errors import ProcessTooTangled, TooManyTokens
from tongban.workflows.rules import advance, begin, compile_process, is_finished, open_tasks, read_process
from tongban.workflows.types import NodeKind, Process

MODELS = int(os.environ.get("TONGBAN_MODELS", "300"))
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

World = Mapping[str, int]


@dataclass(frozen=True)
class Step:
    name: str


@dataclass(frozen=True)
class Then:
    parts: tuple["Tree", ...]


@dataclass(frozen=True)
class Both:
    parts: tuple["Tree", ...]


@dataclass(frozen=True)
class Choose:
    asked: tuple[tuple[str, int], ...]
    parts: tuple["Tree", ...]


@dataclass(frozen=True)
class Redo:
    body: "Tree"
    fact: str
    value: int


Tree = Step | Then | Both | Choose | Redo
NOTHING = Then(())


# The reference: what is left of a process, as a tree. It knows neither gateways nor tokens.


def entered(tree: Tree, world: World) -> Tree:
    """What is left of a tree when it is reached: its choices are made."""
    match tree:
        case Step():
            return tree
        case Then(parts=()):
            return NOTHING
        case Then(parts=(first, *rest)):
            return then(entered(first, world), rest, world)
        case Both(parts=parts):
            return both(tuple(entered(part, world) for part in parts))
        case Choose(asked=asked, parts=parts):
            taken = next((n for n, (fact, value) in enumerate(asked) if world[fact] == value), len(parts) - 1)
            return entered(parts[taken], world)
        case Redo(body=body):
            return then(entered(body, world), [Ask(tree)], world)
    raise AssertionError(tree)


@dataclass(frozen=True)
class Ask(Then):
    """After the body of a Redo: go back or go on."""

    loop: "Redo"

    def __init__(self, loop: "Redo") -> None:
        object.__setattr__(self, "parts", (loop,))
        object.__setattr__(self, "loop", loop)


def then(head: Tree, rest: list[Tree], world: World) -> Tree:
    if head != NOTHING:
        return Then((head, *rest))
    if not rest:
        return NOTHING
    first, *others = rest
    if isinstance(first, Ask):
        again = world[first.loop.fact] == first.loop.value
        return then(entered(first.loop, world) if again else NOTHING, others, world)
    return then(entered(first, world), others, world)


def both(parts: tuple[Tree, ...]) -> Tree:
    left = tuple(part for part in parts if part != NOTHING)
    return Both(left) if left else NOTHING


def offered(tree: Tree) -> set[str]:
    match tree:
        case Step(name=name):
            return {name}
        case Then(parts=(first, *_)):
            return offered(first)
        case Both(parts=parts):
            return set[str]().union(*map(offered, parts))
    return set()


def done(tree: Tree, name: str, world: World) -> Tree:
    match tree:
        case Step():
            return NOTHING
        case Then(parts=(first, *rest)):
            return then(done(first, name, world), rest, world)
        case Both(parts=parts):
            return both(tuple(done(part, name, world) if name in offered(part) else part for part in parts))
    raise AssertionError(tree)


# The same tree drawn as BPMN.


class Drawing:
    def __init__(self) -> None:
        self.numbers = count()
        self.arrows: list[Arrow] = []
        self.defaults: list[str] = []

    def connect(self, source: str, target: str, condition: str = "") -> None:
        self.arrows.append((source, target, condition) if condition else (source, target))

    def add(self, tree: Tree, source: str) -> str:
        """Draw after `source`; the name of the node that is last."""
        match tree:
            case Step(name=name):
                self.connect(source, name)
                return name
            case Then(parts=parts):
                for part in parts:
                    source = self.add(part, source)
                return source
            case Both(parts=parts):
                return self.branch(source, "and", [("", part) for part in parts])
            case Choose(asked=asked, parts=parts):
                conditions = [f"{fact} == {value}" for fact, value in asked]
                return self.branch(source, "xor", list(zip([*conditions, ""], parts, strict=True)))
        into, out = f"xor{next(self.numbers)}", f"xor{next(self.numbers)}"
        self.connect(source, into)
        self.connect(self.add(tree.body, into), out)
        self.connect(out, into, f"{tree.fact} == {tree.value}")
        return self.exit(out)

    def exit(self, out: str) -> str:
        after = f"xor{next(self.numbers)}"
        self.connect(out, after)
        self.defaults.append(f"{out}>{after}")
        return after

    def branch(self, source: str, kind: str, parts: list[tuple[str, Tree]]) -> str:
        split, join = f"{kind}{next(self.numbers)}", f"{kind}{next(self.numbers)}"
        self.connect(source, split)
        for condition, part in parts:
            first = f"xor{next(self.numbers)}"
            self.connect(split, first, condition)
            if kind == "xor" and not condition:
                self.defaults.append(f"{split}>{first}")
            self.connect(self.add(part, first), join)
        return join


def drawn(tree: Tree) -> bytes:
    drawing = Drawing()
    drawing.connect(drawing.add(tree, "start"), "end")
    return draw(*drawing.arrows, defaults=drawing.defaults)


def renamed(tree: Tree, numbers: "count[int]") -> Tree:
    """The tree with every step named apart."""
    match tree:
        case Step():
            return Step(f"t{next(numbers)}")
        case Then(parts=parts):
            return Then(tuple(renamed(part, numbers) for part in parts))
        case Both(parts=parts):
            return Both(tuple(renamed(part, numbers) for part in parts))
        case Choose(asked=asked, parts=parts):
            return Choose(asked, tuple(renamed(part, numbers) for part in parts))
        case Redo(body=body, fact=fact, value=value):
            return Redo(renamed(body, numbers), fact, value)


QUESTIONS = st.tuples(st.sampled_from("pqr"), st.integers(0, 2))


def nested(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    choice = st.lists(QUESTIONS, min_size=1, max_size=3).flatmap(
        lambda asked: st.tuples(*[inner] * (len(asked) + 1)).map(lambda parts: Choose(tuple(asked), parts))
    )
    redo = st.tuples(inner, QUESTIONS).map(lambda made: Redo(Then((Step(""), made[0])), *made[1]))
    return several.map(Then) | several.map(Both) | choice | redo


STEP: st.SearchStrategy[Tree] = st.just(Step("")) | st.just(NOTHING)
TREES = st.recursive(STEP, nested, max_leaves=14).map(lambda tree: renamed(tree, count()))
WORLDS = st.fixed_dictionaries({fact: st.integers(0, 2) for fact in "pqr"})


@settings(max_examples=MODELS, deadline=None, suppress_health_check=QUIET)
@given(tree=TREES, data=st.data())
def test_a_generated_process_runs_as_its_tree_reads(tree: Tree, data: st.DataObject) -> None:
    graph = compile_process(read_process(drawn(tree)))
    world = data.draw(WORLDS)
    tokens, left = begin(graph, world), entered(tree, world)
    for _ in range(25):
        names = sorted(task.id for task in open_tasks(graph, tokens))
        assert names == sorted(offered(left))
        assert is_finished(tokens) == (left == NOTHING)
        if not names:
            return
        chosen, world = data.draw(st.sampled_from(names)), data.draw(WORLDS)
        tokens, left = advance(graph, tokens, chosen, world), done(left, chosen, world)


# Damaged processes: the verdict of the compiler against trying every order of every step.


def fired(
    marking: tuple[str, ...], node: str, kind: NodeKind, into: list[str], out: list[str]
) -> Iterator[tuple[str, ...]]:
    """Every marking one firing of this node can lead to."""
    uses = [into] if kind is NodeKind.PARALLEL else [[flow] for flow in into]
    makes = [[way] for way in out] if kind is NodeKind.EXCLUSIVE else [[node] if kind is NodeKind.END else out]
    for used in uses:
        if used and all(flow in marking for flow in used):
            left = list(marking)
            for flow in used:
                left.remove(flow)
            for made in makes:
                yield tuple(sorted([*left, *made]))


def is_sound(process: Process) -> bool | None:
    """Every marking can end and no end is reached twice, by full search; None when it grows too large."""
    kinds = {node.id: node.kind for node in process.nodes}
    into = {node.id: [flow.id for flow in process.flows if flow.target == node.id] for node in process.nodes}
    out = {node.id: [flow.id for flow in process.flows if flow.source == node.id] for node in process.nodes}
    start = next(node.id for node in process.nodes if node.kind is NodeKind.START)
    first: tuple[str, ...] = (out[start][0],)
    leads: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    todo: list[tuple[str, ...]] = [first]
    while todo:
        marking = todo.pop()
        if marking in leads:
            continue
        if len(leads) > 3_000 or len(marking) > 40:
            return None
        if any(marking.count(end) > 1 for end, kind in kinds.items() if kind is NodeKind.END):
            return False
        leads[marking] = {
            following for node, kind in kinds.items() for following in fired(marking, node, kind, into[node], out[node])
        }
        todo.extend(leads[marking])
    live = {marking for marking in leads if all(place in kinds for place in marking)}
    while True:
        more = {marking for marking, following in leads.items() if marking not in live and following & live}
        if not more:
            return len(live) == len(leads)
        live |= more


@settings(max_examples=MODELS, deadline=None, suppress_health_check=QUIET)
@given(tree=TREES, data=st.data())
def test_a_damaged_process_is_compiled_exactly_when_no_order_of_steps_can_go_wrong(
    tree: Tree, data: st.DataObject
) -> None:
    drawing = Drawing()
    drawing.connect(drawing.add(tree, "start"), "end")
    names = sorted({name for arrow in drawing.arrows for name in arrow[:2] if name.startswith(("xor", "and"))})
    swap = {}
    for name in data.draw(st.lists(st.sampled_from(names or ["none"]), max_size=2)):
        swap[name] = ("and" if name.startswith("xor") else "xor") + "9" + name[3:]
    arrows: list[Arrow] = []
    for source, target, *_ in drawing.arrows:
        arrows.append((swap.get(source, source), swap.get(target, target)))
    leaving = [arrow[0] for arrow in arrows]
    last = {arrow[0]: f"{arrow[0]}>{arrow[1]}" for arrow in arrows}
    splits = {name for name in leaving if name.startswith("xor") and leaving.count(name) > 1}
    defaults = [last[name] for name in splits]
    asked: list[Arrow] = [
        (source, target, "p == 1") if source in splits and f"{source}>{target}" not in defaults else (source, target)
        for source, target in ((arrow[0], arrow[1]) for arrow in arrows)
    ]
    assert all(flow_id(name) for name in defaults)
    process = read_process(draw(*asked, defaults=defaults))
    expected = is_sound(process)
    try:
        compile_process(process)
    except (ProcessTooTangled, TooManyTokens):
        assert expected is not True
    except Refusal:
        assert expected is not True
    else:
        assert expected is not False
