"""The words of a process: nodes and flows as drawn, the graph they compile to, tasks and tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from tongban.kernel.types import Text

TaskId = NewType("TaskId", str)
Fact = bool | int | float | Decimal | str | None
Facts = Mapping[str, Fact]
"""What conditions may ask about, flat. A fact that is absent is null."""

MOST_BYTES = 1 << 20
MOST_ELEMENTS = 2_000
MOST_DEPTH = 50
MOST_TOKENS = 1_000
MOST_STEPS = 10_000
"""Limits of security.md row 15. Elements are nodes and flows; steps are counted over the whole life of one case."""


class NodeKind(StrEnum):
    """The five kinds of node a process may hold, by their BPMN name."""

    START = "startEvent"
    END = "endEvent"
    TASK = "userTask"
    EXCLUSIVE = "exclusiveGateway"
    PARALLEL = "parallelGateway"


class Role(StrEnum):
    """Who a task is proposed to."""

    RECEPTIONIST = "RECEPTIONIST"
    REVIEWER = "REVIEWER"
    DECIDER = "DECIDER"


class Verb(StrEnum):
    """The act that completes a task."""

    ACCEPT = "accept"
    EXAMINE = "examine"
    INSPECT = "inspect"
    DECIDE = "decide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One step as people see it (CAT-28): its name, who does it, what completes it, its limit in working days."""

    id: TaskId
    name: Text
    role: Role
    verb: Verb
    limit_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node as drawn. `task` is set where the kind is TASK; `default` is the flow an exclusive gateway falls to."""

    id: str
    kind: NodeKind
    line: int
    task: Task | None = None
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """An arrow as drawn; `condition` is its source text, empty where there is none."""

    id: str
    source: str
    target: str
    line: int
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process as read: every element allowed, nothing yet said about its sense."""

    id: str
    name: Text
    line: int
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """`name operator literal`; a bare `name` is `name == true`."""

    name: str
    operator: str
    value: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """`name in (literal, ...)`."""

    name: str
    values: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """Negation."""

    of: "Condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """True where every part is."""

    of: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """True where one part is."""

    of: tuple["Condition", ...]


Condition = bool | Compare | Member | Not | All | AnyOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A sound process, by index: nodes first, then flows, both in the order of the file.

    A published process never changes, so the indices in stored tokens stay true; `mark` guards that.
    """

    name: Text
    mark: int
    start: int
    kinds: tuple[NodeKind, ...]
    tasks: tuple[Task | None, ...]
    incoming: tuple[tuple[int, ...], ...]
    outgoing: tuple[tuple[int, ...], ...]
    targets: tuple[int, ...]
    conditions: tuple[Condition, ...]
    defaults: tuple[int, ...]
    asks_facts: bool
    known_tasks: dict[tuple[int, ...], tuple[Task, ...]] = field(default_factory=dict, compare=False, repr=False)
    known_moves: dict[tuple[tuple[int, ...], TaskId], tuple[tuple[int, ...], int]] = field(
        default_factory=dict, compare=False, repr=False)
    """What was worked out before: open tasks by places and, where no gateway asks facts, moves by places and task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """How far one case is. A place below the number of nodes is an open task, one above it a flow waiting at a join.

    `places` is sorted, so that equal progress is equal tokens; empty means finished. `steps` counts moves so far.
    """

    mark: int
    places: tuple[int, ...]
    steps: int
