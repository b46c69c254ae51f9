"""What is not connected yet: every stand-in for something outside, declared beside its seam and shown to people.

The page of the supervisors, docs/simulated.md and `tongban check --deploy` all read this one list.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tongban.kernel.types import Text


def always() -> bool:
    """Of a stand-in that only a change of code replaces."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """A stand-in: `name` and `seam` are dotted paths, `proof` the test that a real one must pass in its place."""

    name: str
    stands_for: Text
    pretends: Text
    replaced_by: Text
    seam: str
    proof: str
    in_use: Callable[[], bool] = always


_declared: dict[str, Simulation] = {}


def declare(simulation: Simulation) -> None:
    """Put a stand-in on the list."""
    _declared[simulation.name] = simulation


def every() -> tuple[Simulation, ...]:
    """The whole list, in the order of names; complete once the house has started."""
    return tuple(_declared[name] for name in sorted(_declared))


def in_use() -> tuple[Simulation, ...]:
    """Those that stand in at this moment."""
    return tuple(each for each in every() if each.in_use())
