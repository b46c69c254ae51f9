"""Which texts are composed of our own words alone: constants, tables of constants, and what is made of these."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.architecture.reading import FUNCTION, Source, imports_of, meant

COMPOSING = {"format", "removeprefix", "removesuffix", "replace", "strip", "join", "as_string", "encode"}
TAKING = {"SQL", "planned", "gettext", "pgettext", "_", "str"}
COUNTING = {"ngettext", "npgettext"}
"""The last thing they are given is a number."""
BROUGHT = {"GET", "POST", "COOKIES", "META", "FILES"}
QUOTED = {"sql.Identifier", "sql.Literal"}
"""psycopg quotes these for what they are."""
Function = ast.FunctionDef | ast.AsyncFunctionDef
Finding = tuple[str, str, str]
"""Module, function, and the text in question."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A call whose argument must be ours: by the name that is called, the place of the argument, its name, and where it is defined."""

    called: str
    place: int
    name: str
    module: str


class Reading:
    """One function of a file, read for what its names hold."""

    def __init__(self, source: Source, function: Function) -> None:
        self.source, self.function = source, function
        self.parameters = [each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
        self.passed_on: set[str] = set()
        inner = {id(node) for each in ast.walk(function) if isinstance(each, FUNCTION) and each is not function
                 for node in ast.walk(each)}
        self.calls: dict[str, list[ast.Call]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and id(node) not in inner:
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                self.calls.setdefault(called, []).append(node)

    def ours(self, node: ast.expr | None, seen: frozenset[str] = frozenset()) -> bool:
        """Is this made of our own words? A parameter is, if whoever calls gives such."""
        match node:
            case ast.Constant() | None:
                return True
            case ast.Name(id=name):
                return name.isupper() or name in seen or self._held(name, seen | {name})
            case ast.Attribute(attr=name):
                return name == "message" or (name.isupper() and name not in BROUGHT)
            case ast.Call():
                return self._made(node, seen)
            case ast.GeneratorExp(elt=each) | ast.ListComp(elt=each) | ast.Subscript(value=each):
                return self.ours(each, seen)
            case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, op=ast.Add(), right=other):
                return self.ours(one, seen) and self.ours(other, seen)
            case ast.FormattedValue(value=value) | ast.Starred(value=value) | ast.NamedExpr(value=value):
                return self.ours(value, seen)
            case ast.JoinedStr(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.BoolOp(values=parts) | ast.Dict(
                    values=parts):
                return all(self.ours(each, seen) for each in parts)
        return False

    def _made(self, node: ast.Call, seen: frozenset[str]) -> bool:
        given = [*node.args, *(each.value for each in node.keywords)]
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in COUNTING:
            given = given[:-1]
        if isinstance(node.func, ast.Attribute):
            if ast.unparse(node.func) in QUOTED:
                return True
            if node.func.attr in COMPOSING:
                return self.ours(node.func.value, seen) and all(self.ours(each, seen) for each in given)
        return called in TAKING | COUNTING and all(self.ours(each, seen) for each in given)

    def _held(self, name: str, seen: frozenset[str]) -> bool:
        """Is whatever this name ever holds here ours?"""
        if name in self.parameters:
            self.passed_on.add(name)
            return True
        held = list(self._given_to(name))
        return bool(held) and all(self.ours(each, seen) for each in held)

    def _given_to(self, name: str) -> Iterator[ast.expr | None]:
        for node in ast.walk(self.function):
            match node:
                case ast.Assign(targets=[target], value=value) if name in _names(target):
                    yield _part(target, value, name)
                case ast.AnnAssign(target=target, value=value) | ast.AugAssign(target=target, value=value) | ast.NamedExpr(
                        target=target, value=value) if name in _names(target):
                    yield value
                case ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source) if name in _names(target):
                    yield from ([_part(target, each, name) for each in source.elts] if isinstance(source, ast.Tuple | ast.List)
                                else [source])
                case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr="append" | "extend"), args=[each]) if of == name:
                    yield each


def _part(target: ast.expr, value: ast.expr, name: str) -> ast.expr:
    """What of a value taken apart goes to this name."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return next(one for each, one in zip(target.elts, value.elts, strict=True) if name in _names(each))
    return value


def _names(target: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}


def formats_of_others(files: Iterable[Source]) -> set[Finding]:
    """Texts that are filled in and that are not ours."""
    return {(source.module, function.name, ast.unparse(node.func.value)) for source in files for function in source.functions()
            for reading in [Reading(source, function)] for name in ("format", "format_map") for node in reading.calls.get(name, ())
            if isinstance(node.func, ast.Attribute) and (not reading.ours(node.func.value) or reading.passed_on)}


def composed_of_others(files: Iterable[Source], sinks: Iterable[Sink]) -> set[Finding]:
    """Where a text that is not ours reaches a sink; whoever passes a parameter of its own on becomes one."""
    readings = [Reading(source, function) for source in files for function in source.functions()]
    waiting, known, found = list(sinks), set(sinks), set()
    while waiting:
        sink = waiting.pop()
        for reading in readings:
            if sink.called not in reading.calls:
                continue
            found |= {(reading.source.module, reading.function.name, ast.unparse(text)) for text in _given(reading, sink)
                      if not reading.ours(text)}
            for name in reading.passed_on - {"self"}:
                own = Sink(reading.function.name, _place(reading, name), name, reading.source.module)
                if own not in known:
                    known.add(own)
                    waiting.append(own)
            reading.passed_on.clear()
    return found


def _place(reading: Reading, name: str) -> int:
    return reading.parameters.index(name) - (reading.parameters[:1] == ["self"])


def _given(reading: Reading, sink: Sink) -> Iterator[ast.expr]:
    """What calls of the sink in a function give it; a name by itself means what is defined or imported there."""
    names = imports_of(reading.source)
    for node in reading.calls[sink.called]:
        module = meant(node.func, names).rpartition(".")[0]
        if isinstance(node.func, ast.Name) and not module:
            module = reading.source.module
        if module.startswith("tongban.") and not f"{sink.module}.".startswith(f"{module}."):
            continue
        if len(node.args) > sink.place and not any(isinstance(each, ast.Starred) for each in node.args[:sink.place + 1]):
            yield node.args[sink.place]
        yield from (each.value for each in node.keywords if each.arg == sink.name)
