"""Running: tokens from the start to the end, purely. A token rests on a task until it is done, or before a join."""

from collections.abc import Mapping
from decimal import Decimal
from types import NoneType

from tongban.workflows.errors import (
    TaskNotOpen,
    TokensNotUnderstood,
    TokensOfAnotherProcess,
    TooManySteps,
    TooManyTokens,
)
from tongban.workflows.types import (
    MOST_STEPS,
    MOST_TOKENS,
    All,
    AnyOf,
    Compare,
    Condition,
    Fact,
    Facts,
    Graph,
    Member,
    NodeKind,
    Not,
    Task,
    TaskId,
    Tokens,
)

MOST_KNOWN = 10_000
"""How many answers a graph remembers of each kind."""


def begin(graph: Graph, facts: Facts) -> Tokens:
    """The tokens of a case that has just started: its first tasks are open."""
    return _settle(graph, [], graph.outgoing[graph.start], 0, facts)


def advance(graph: Graph, tokens: Tokens, task: TaskId, facts: Facts) -> Tokens:
    """The tokens once an open task is done.

    Of the ways out of an exclusive gateway the first in the file that holds is taken, and else the default.
    """
    known = graph.known_moves.get((tokens.places, task)) if tokens.mark == graph.mark else None
    if known is not None and tokens.steps + known[1] <= MOST_STEPS:
        return Tokens(mark=graph.mark, places=known[0], steps=tokens.steps + known[1])
    moved = _advance(graph, tokens, task, facts)
    if not graph.asks_facts and len(graph.known_moves) < MOST_KNOWN:
        graph.known_moves[tokens.places, task] = (moved.places, moved.steps - tokens.steps)
    return moved


def reopen(graph: Graph, tokens: Tokens, again: TaskId, done: Mapping[TaskId, Facts]) -> Tokens:
    """The tokens with one finished task open anew: the way to here walked again, by what each task found, but past it."""
    walk = begin(graph, done[again])
    while task := next((each.id for each in open_tasks(graph, walk) if each.id in done and each.id != again), None):
        walk = advance(graph, walk, task, done[task])
    if again not in {each.id for each in open_tasks(graph, walk)}:
        raise TaskNotOpen(task=again)
    return Tokens(mark=walk.mark, places=walk.places, steps=tokens.steps + walk.steps)


def _advance(graph: Graph, tokens: Tokens, task: TaskId, facts: Facts) -> Tokens:
    resting = list(tokens.places)
    for place in _open_places(graph, tokens):
        open_task = graph.tasks[place]
        if open_task and open_task.id == task:
            resting.remove(place)
            return _settle(graph, resting, graph.outgoing[place], tokens.steps, facts)
    raise TaskNotOpen(task=task)


def open_tasks(graph: Graph, tokens: Tokens) -> tuple[Task, ...]:
    """What can be done now, in the order of the file."""
    known = graph.known_tasks.get(tokens.places) if tokens.mark == graph.mark else None
    if known is None:
        known = tuple(task for place in dict.fromkeys(_open_places(graph, tokens)) if (task := graph.tasks[place]))
        if len(graph.known_tasks) < MOST_KNOWN:
            graph.known_tasks[tokens.places] = known
    return known


def is_finished(tokens: Tokens) -> bool:
    """Whether nothing is left to do."""
    return not tokens.places


def tokens_to_json(tokens: Tokens) -> dict[str, object]:
    """Tokens as a small JSON object, for a jsonb column."""
    return {"mark": tokens.mark, "places": list(tokens.places), "steps": tokens.steps}


def tokens_from_json(stored: object) -> Tokens:
    """Tokens as they were stored."""
    match stored:
        case {"mark": int(mark), "places": [*places], "steps": int(steps), **more} if not more:
            if all(type(number) is int and number >= 0 for number in (mark, steps, *places)):
                return Tokens(mark=mark, places=tuple(sorted(places)), steps=steps)
    raise TokensNotUnderstood


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether a condition is true of these facts; always an answer."""
    match condition:
        case bool():
            return condition
        case Compare(name=name, operator=operator, value=value):
            return _compares(facts.get(name), operator, value)
        case Member(name=name, values=values):
            fact = facts.get(name)
            return any(_same(fact, value) for value in values)
        case Not(of=part):
            return not holds(part, facts)
        case All(of=parts):
            return all(holds(part, facts) for part in parts)
        case AnyOf(of=parts):
            return any(holds(part, facts) for part in parts)


def number_of(fact: Fact) -> Decimal | None:
    """The fact as an exact number, if it is one; a truth value is not, nor is infinity."""
    if isinstance(fact, bool) or not isinstance(fact, int | float | Decimal):
        return None
    number = Decimal(repr(fact)) if isinstance(fact, float) else Decimal(fact)
    return number if number.is_finite() else None


def _compares(fact: Fact, operator: str, value: Fact) -> bool:
    if operator == "==":
        return _same(fact, value)
    if operator == "!=":
        return not _same(fact, value)
    left, right = number_of(fact), number_of(value)
    if left is None or right is None:
        return False
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]


def _same(fact: Fact, value: Fact) -> bool:
    left, right = number_of(fact), number_of(value)
    if left is not None and right is not None:
        return left == right
    return fact == value and any(isinstance(fact, kind) and isinstance(value, kind) for kind in (bool, str, NoneType))


def _open_places(graph: Graph, tokens: Tokens) -> tuple[int, ...]:
    if tokens.mark != graph.mark or (tokens.places and tokens.places[-1] >= len(graph.kinds) + len(graph.targets)):
        raise TokensOfAnotherProcess
    return tuple(place for place in tokens.places if place < len(graph.kinds))


def _settle(graph: Graph, resting: list[int], moving: tuple[int, ...], steps: int, facts: Facts) -> Tokens:
    """Move tokens on until each rests on a task, waits at a join, or has ended."""
    nodes = len(graph.kinds)
    flows = list(moving)
    while flows:
        flow = flows.pop()
        steps += 1
        if steps > MOST_STEPS:
            raise TooManySteps(most=MOST_STEPS)
        node = graph.targets[flow]
        kind = graph.kinds[node]
        if kind is NodeKind.TASK:
            resting.append(node)
        elif kind is NodeKind.EXCLUSIVE:
            flows.append(_way_out(graph, node, facts))
        elif kind is NodeKind.PARALLEL:
            resting.append(nodes + flow)
            needed = graph.incoming[node]
            if all(nodes + way in resting for way in needed):
                for way in needed:
                    resting.remove(nodes + way)
                flows += graph.outgoing[node]
        if len(resting) + len(flows) > MOST_TOKENS:
            raise TooManyTokens(most=MOST_TOKENS)
    return Tokens(mark=graph.mark, places=tuple(sorted(resting)), steps=steps)


def _way_out(graph: Graph, node: int, facts: Mapping[str, Fact]) -> int:
    default = graph.defaults[node]
    for flow in graph.outgoing[node]:
        if flow != default and holds(graph.conditions[flow], facts):
            return flow
    if default < 0:
        raise LookupError("a gateway that was proved exhaustive has no way out")
    return default
