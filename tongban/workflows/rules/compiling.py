"""Compiling: a `Process` to a sound, immutable `Graph`, or a refusal that names the node.

Sound means: whatever the conditions answer, every case can end, no join waits for a branch that never comes, and no end
is reached twice. It is shown by firing markings (a marking says which arrows hold a token) one node at a time, all
outcomes of that node, deepest node first. Only its own node takes a token from an arrow, so the order of firing changes
no outcome: one order stands for every order.
"""

import zlib
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from itertools import pairwise, product

from tongban.kernel.errors import Problem
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
from tongban.workflows.rules.parsing import parse_condition
from tongban.workflows.rules.running import holds, number_of
from tongban.workflows.types import (
    MOST_STEPS,
    MOST_TOKENS,
    All,
    AnyOf,
    Compare,
    Condition,
    Fact,
    Flow,
    Graph,
    Member,
    Node,
    NodeKind,
    Not,
    Process,
    Task,
    Verb,
)

MOST_WORK = 2_000_000
"""Tokens looked at while proving soundness; holds a hostile model to about a second."""
MOST_COMBINATIONS = 4_096
"""Combinations of fact values tried to show that conditions cover every case."""
STEPS_ALLOWED = 5
APPROVALS_ALLOWED = 2
"""CASE-34, as the norm stands; an installation passes its own parameters."""

Marking = tuple[tuple[int, ...], tuple[int, ...]]


def compile_process(process: Process) -> Graph:
    """The graph of a process, once it is shown to be sound. Limits: security.md row 15."""
    graph = _connect(process)
    _check_shape(process, graph)
    _check_reach(process, graph)
    _check_gateways(process, graph)
    _check_loops(process, graph)
    _check_runs(process, graph)
    return graph


def steps_of(graph: Graph) -> tuple[Task, ...]:
    """The steps of a process as a list anybody can read (CAT-28), nearest to the start first."""
    depth = _distances((graph.start,), graph.outgoing, graph.targets)
    nodes = sorted((depth[node], node) for node, task in enumerate(graph.tasks) if task)
    return tuple(task for _, node in nodes if (task := graph.tasks[node]))


def longest_chain(graph: Graph, verbs: Iterable[Verb] = tuple(Verb)) -> int:
    """How many steps with one of these verbs stand behind one another at most.

    Of parallel and alternative branches the longest counts; the steps of a loop count once each.
    """
    counted = frozenset(verbs)
    group = _loops(graph)
    members: dict[int, list[int]] = {}
    for node, number in enumerate(group):
        members.setdefault(number, []).append(node)
    best: dict[int, int] = {}
    for number in sorted(members):  # from the ends backwards: what a loop leads to is known first
        own = [task for node in members[number] if (task := graph.tasks[node]) and task.verb in counted]
        targets = {group[target] for node in members[number] for target in _next(graph, node)} - {number}
        best[number] = len(own) + max((best[target] for target in targets), default=0)
    return best[group[graph.start]]


def check_length(
    graph: Graph, *, steps_allowed: int = STEPS_ALLOWED, approvals_allowed: int = APPROVALS_ALLOWED
) -> tuple[Problem, ...]:
    """What must be justified before this template is published (CASE-34): too many steps or approvals in a row."""
    steps, approvals = longest_chain(graph), longest_chain(graph, (Verb.DECIDE,))
    problems = []
    if steps > steps_allowed:
        problems.append(
            Problem(
                code="too_many_steps_in_a_row",
                message="The process has {count} steps in a row; more than {allowed} need a justification.",
                facts={"count": steps, "allowed": steps_allowed},
            )
        )
    if approvals > approvals_allowed:
        problems.append(
            Problem(
                code="too_many_levels_of_approval",
                message="The process has {count} levels of approval; more than {allowed} need a justification.",
                facts={"count": approvals, "allowed": approvals_allowed},
            )
        )
    return tuple(problems)


def _connect(process: Process) -> Graph:
    index = {node.id: number for number, node in enumerate(process.nodes)}
    flow_index = {flow.id: number for number, flow in enumerate(process.flows)}
    incoming: list[list[int]] = [[] for _ in process.nodes]
    outgoing: list[list[int]] = [[] for _ in process.nodes]
    for number, flow in enumerate(process.flows):
        for end in (flow.source, flow.target):
            if end not in index:
                raise ReferenceUnknown(element="sequenceFlow", line=flow.line, id=flow.id, target=end)
        outgoing[index[flow.source]].append(number)
        incoming[index[flow.target]].append(number)
    for number, node in enumerate(process.nodes):
        if node.default and flow_index.get(node.default, -1) not in outgoing[number]:
            raise ReferenceUnknown(element=node.kind.value, line=node.line, id=node.id, target=node.default)
    starts = [number for number, node in enumerate(process.nodes) if node.kind is NodeKind.START]
    if len(starts) != 1:
        raise OneStartNeeded(element="process", line=process.line, count=len(starts))
    wiring = "\n".join(
        [f"{node.kind.value} {node.id}" for node in process.nodes]
        + [f"{flow.id} {flow.source} {flow.target}" for flow in process.flows]
    )
    return Graph(
        name=process.name,
        mark=zlib.crc32(wiring.encode()),
        start=starts[0],
        kinds=tuple(node.kind for node in process.nodes),
        tasks=tuple(node.task for node in process.nodes),
        incoming=tuple(map(tuple, incoming)),
        outgoing=tuple(map(tuple, outgoing)),
        targets=tuple(index[flow.target] for flow in process.flows),
        conditions=tuple(
            parse_condition(flow.condition, flow=flow) if flow.condition else True for flow in process.flows
        ),
        defaults=tuple(flow_index[node.default] if node.default else -1 for node in process.nodes),
        asks_facts=any(node.kind is NodeKind.EXCLUSIVE and len(ways) > 1
                       for node, ways in zip(process.nodes, outgoing, strict=True)),
    )


def _check_shape(process: Process, graph: Graph) -> None:
    """How many ways in and out each kind may have; only gateways split."""
    for number, node in enumerate(process.nodes):
        ways_in, ways_out = len(graph.incoming[number]), len(graph.outgoing[number])
        fits = {
            NodeKind.START: ways_in == 0 and ways_out == 1,
            NodeKind.END: ways_in >= 1 and ways_out == 0,
            NodeKind.TASK: ways_in >= 1 and ways_out == 1,
        }.get(node.kind, ways_in >= 1 and ways_out >= 1)
        if not fits and (ways_in or node.kind is NodeKind.START):
            raise WrongNumberOfFlows(**_facts(node), incoming=ways_in, outgoing=ways_out)


def _check_reach(process: Process, graph: Graph) -> None:
    forward = _distances((graph.start,), graph.outgoing, graph.targets)
    sources = [0] * len(graph.targets)
    for number, flows in enumerate(graph.outgoing):
        for flow in flows:
            sources[flow] = number
    ends = [number for number, kind in enumerate(graph.kinds) if kind is NodeKind.END]
    backward = _distances(ends, graph.incoming, sources)
    for number, node in enumerate(process.nodes):
        if number not in forward:
            raise NodeUnreachable(**_facts(node))
        if number not in backward:
            raise EndUnreachable(**_facts(node))


def _check_gateways(process: Process, graph: Graph) -> None:
    for number, node in enumerate(process.nodes):
        flows = graph.outgoing[number]
        splits = node.kind is NodeKind.EXCLUSIVE and len(flows) > 1
        for flow in (process.flows[way] for way in flows):
            may_ask = splits and flow.id != node.default
            if flow.condition and not may_ask:
                raise ConditionMisplaced(**_flow_facts(flow))
            if may_ask and not flow.condition:
                raise ConditionMissing(**_flow_facts(flow))
        if splits and not node.default and not _exhaustive([graph.conditions[flow] for flow in flows]):
            raise DefaultMissing(**_facts(node))


def _check_loops(process: Process, graph: Graph) -> None:
    """Refuse a loop without a task: facts do not change inside it, so it would never be left."""
    group = _loops(graph, without_tasks=True)
    size = Counter(group)
    for number, node in enumerate(process.nodes):
        if size[group[number]] > 1 or (not node.task and number in _next(graph, number)):
            raise LoopWithoutTask(**_facts(node))


def _check_runs(process: Process, graph: Graph) -> None:
    """Fire every outcome, as the head of this file says, and ask that each marking can still come to an end."""
    depth = _distances((graph.start,), graph.outgoing, graph.targets)
    first: Marking = (graph.outgoing[graph.start], ())
    before: dict[Marking, list[Marking]] = {first: []}
    ended: list[Marking] = []
    todo, work = [first], 0
    while todo:
        marking = todo.pop()
        work += 1 + len(marking[0])
        if len(before) > MOST_STEPS or work > MOST_WORK:
            raise ProcessTooTangled(element="process", line=process.line)
        if not marking[0]:
            ended.append(marking)
            continue
        for following in _fire(process, graph, depth, marking):
            if following not in before:
                before[following] = []
                todo.append(following)
            before[following].append(marking)
    _check_live(process, graph, before, ended)


def _check_live(process: Process, graph: Graph, before: dict[Marking, list[Marking]], ended: list[Marking]) -> None:
    live, todo = set(ended), list(ended)
    while todo:
        for marking in before[todo.pop()]:
            if marking not in live:
                live.add(marking)
                todo.append(marking)
    for marking in before:
        if marking not in live:
            raise EndUnreachable(**_facts(process.nodes[graph.targets[marking[0][0]]]))


def _fire(process: Process, graph: Graph, depth: dict[int, int], marking: Marking) -> list[Marking]:
    held, arrived = marking
    holding = set(held)
    fires = {node: _enabled(graph, node, holding) for node in {graph.targets[flow] for flow in held}}
    able = [flow for flow in held if fires[graph.targets[flow]]]
    if not able:
        raise JoinWaitsForever(**_facts(process.nodes[graph.targets[held[0]]]))
    flow = max(able, key=lambda able_flow: depth[graph.targets[able_flow]])
    node = graph.targets[flow]
    kind, rest = graph.kinds[node], list(held)
    if kind is NodeKind.END:
        if node in arrived:
            raise BranchesNotJoined(**_facts(process.nodes[node]))
        rest.remove(flow)
        return [(tuple(rest), tuple(sorted((*arrived, node))))]
    for used in graph.incoming[node] if kind is NodeKind.PARALLEL else (flow,):
        rest.remove(used)
    outcomes: Iterable[tuple[int, ...]] = [graph.outgoing[node]]
    if kind is NodeKind.EXCLUSIVE:
        outcomes = [(way,) for way in graph.outgoing[node]]
    markings = [(tuple(sorted((*rest, *ways))), arrived) for ways in outcomes]
    if any(len(places) > MOST_TOKENS for places, _ in markings):
        raise TooManyTokens(most=MOST_TOKENS)
    return markings


def _enabled(graph: Graph, node: int, holding: set[int]) -> bool:
    return graph.kinds[node] is not NodeKind.PARALLEL or holding.issuperset(graph.incoming[node])


def _next(graph: Graph, node: int) -> tuple[int, ...]:
    return tuple(graph.targets[flow] for flow in graph.outgoing[node])


def _distances(sources: Sequence[int], ways: Sequence[Sequence[int]], ends: Sequence[int]) -> dict[int, int]:
    """Distance from the nearest source, of every node that can be reached along `ways`."""
    found = dict.fromkeys(sources, 0)
    queue = deque(sources)
    while queue:
        node = queue.popleft()
        for flow in ways[node]:
            if ends[flow] not in found:
                found[ends[flow]] = found[node] + 1
                queue.append(ends[flow])
    return found


def _loops(graph: Graph, *, without_tasks: bool = False) -> list[int]:
    """The number of the loop each node is in, or its own number; numbers grow from the ends to the start (Tarjan)."""
    count = len(graph.kinds)
    seen: list[int] = [-1] * count
    low = [0] * count
    group = [-1] * count
    stack: list[int] = []
    clock = groups = 0
    for root in range(count):
        path = [(root, 0)] if seen[root] < 0 else []
        while path:
            node, way = path.pop()
            if way == 0:
                seen[node] = low[node] = clock
                clock += 1
                stack.append(node)
            targets = () if without_tasks and graph.tasks[node] else _next(graph, node)
            if way > 0:
                low[node] = min(low[node], low[targets[way - 1]]) if group[targets[way - 1]] < 0 else low[node]
            if way < len(targets):
                path.append((node, way + 1))
                if seen[targets[way]] < 0:
                    path.append((targets[way], 0))
                elif group[targets[way]] < 0:
                    low[node] = min(low[node], seen[targets[way]])
                continue
            if low[node] == seen[node]:
                while group[node] < 0:
                    group[stack.pop()] = groups
                groups += 1
    return group


def _exhaustive(conditions: list[Condition]) -> bool:
    """Whether some condition holds whatever the facts are: tried on one value of each kind that they tell apart."""
    told: dict[str, list[Fact]] = {}
    for condition in conditions:
        _gather(condition, told)
    kinds = [_representatives(values) for values in told.values()]
    size = 1
    for kind in kinds:
        size *= len(kind)
        if size > MOST_COMBINATIONS:
            return False
    return all(
        any(holds(condition, dict(zip(told, values, strict=True))) for condition in conditions)
        for values in product(*kinds)
    )


def _gather(condition: Condition, told: dict[str, list[Fact]]) -> None:
    match condition:
        case Compare(name=name, value=value):
            told.setdefault(name, []).append(value)
        case Member(name=name, values=values):
            told.setdefault(name, []).extend(values)
        case Not(of=part):
            _gather(part, told)
        case All(of=parts) | AnyOf(of=parts):
            for part in parts:
                _gather(part, told)


def _representatives(told: list[Fact]) -> list[Fact]:
    words = sorted({value for value in told if isinstance(value, str)})
    numbers = sorted({number for value in told if (number := number_of(value)) is not None})
    between = [(low + high) / 2 for low, high in pairwise(numbers)]
    outside = [numbers[0] - 1, numbers[-1] + 1] if numbers else []
    return [None, True, False, *words, "".join(words) + "?", *numbers, *between, *outside]


def _facts(node: Node) -> dict[str, object]:
    return {"element": node.kind.value, "line": node.line, "id": node.id}


def _flow_facts(flow: Flow) -> dict[str, object]:
    return {"element": "sequenceFlow", "line": flow.line, "id": flow.id}
