"""Every cell of the matrix as it is answered now: the class of the answer and what of the firm it shows."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from django.db import connections
from django.http import HttpResponse

from tests.access.asking import ask, outcome
from tests.access.routes import routes
from tests.access.test_matrix import CELLS, ROWS, filled
from tests.access.world import ACTORS, STRANGERS, World
from tongban.counter import disclosing

HOUSE = str(Path(__file__).resolve().parents[2] / "tongban")
LISTS = {
    "counter:search": ("?q=示例有主餐饮有限公司", "?q={received}"), "oversight:cases": ("?show=state-submitted",),
    "oversight:reviews": ("?show=poor",), "oversight:rectifications": ("?show=all",), "oversight:signals": ("?show=all",),
    "counter:queue": ("?shared=1", "?due=overdue"), "counter:rectifications": ("?show=all",),
    "counter:signals": ("?show=all",),
}
"""What lists and searches are asked beside their first page."""
TABLE = re.compile(r"\b((?:kernel|identity|cases|documents|licences|messages|reviews|supervision|seals|ledger)_[a-z_]+)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One question: a route, a method, an actor, and what is added to the address."""

    route: str
    method: str
    actor: str
    query: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.route}{self.query} as {self.actor}"


@dataclass(slots=True, kw_only=True)
class Answer:
    """What was told, and what was read to tell it."""

    told: tuple[str, tuple[str, ...]]
    tables: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)


def cells() -> list[Cell]:
    """All of them, strangers first."""
    asked = [(name, method, query) for name, method in CELLS
             for query in ("", *(LISTS.get(name, ()) if method == "GET" else ()))]
    return [Cell(route=name, method=method, actor=actor, query=query)
            for actor in sorted(ACTORS, key=lambda each: each not in STRANGERS) for name, method, query in asked]


def signs(world: World) -> dict[str, str]:
    """What only those concerned may be shown: names, numbers, words of the firm's matters."""
    return {"firm": "示例有主餐饮有限公司", "message": "说一声", "words": "等得太久", "order": "请在期限内说明收费依据",
            "view": "只给自己看", "address": "示例路2号",
            **{stage: world.things[stage] for stage in ("received", "asked", "undecided", "finished", "signal", "draft")}}


def answer(world: World, cell: Cell) -> Answer:
    """Ask, and say what came."""
    disclosing._noted.clear()
    row = ROWS[cell.route]
    values = filled(world, row.get("with"))
    query = (row.get("query", "") + cell.query).format_map(world.things) if cell.method == "GET" else ""
    try:
        response = ask(world, routes()[cell.route], cell.actor, cell.method, values, filled(world, row.get("body")), query)
    except Exception as error:  # noqa: BLE001 - a page that breaks is an answer too
        return Answer(told=(type(error).__name__, ()))
    return Answer(told=(outcome(response), _shown(world, response, values, query)))


def _shown(world: World, response: HttpResponse, values: dict[str, Any], query: str) -> tuple[str, ...]:
    """The signs in the body, but for what the asker said themselves."""
    body = b"".join(response) if response.streaming else response.content
    text = body.decode(errors="replace")
    said = {*map(str, values.values()), *re.findall(r"=([^&]+)", query)}
    return tuple(name for name, sign in signs(world).items() if sign in text and sign not in said)


def watched(world: World, cell: Cell) -> Answer:
    """The answer with the tables and functions that were used for it."""
    tables: set[str] = set()
    functions: set[str] = set()

    def note(frame: FrameType, event: str, _value: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(HOUSE):
            functions.add(f"{code.co_filename[len(HOUSE) - 7:]}:{code.co_qualname}")

    with _statements(lambda sql: tables.update(TABLE.findall(sql))):
        sys.setprofile(note)
        try:
            found = answer(world, cell)
        finally:
            sys.setprofile(None)
    found.tables, found.functions = tables, functions
    return found


@contextmanager
def _statements(seen: Callable[[str], Any]) -> Iterator[None]:
    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        seen(sql)
        return execute(sql, parameters, many, context)

    with (connections["default"].execute_wrapper(note), connections["citizen"].execute_wrapper(note),
          connections["officer"].execute_wrapper(note)):
        yield


def first_changed(world: World, before: dict[Cell, Answer], among: Iterable[Cell]) -> Cell | None:
    """The first of these cells that is answered otherwise now."""
    for cell in among:
        if answer(world, cell).told != before[cell].told:
            return cell
    return None
