"""The source of the house as trees, for what a linter cannot see."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "tongban"
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file of ours."""

    path: Path
    module: str
    tree: ast.Module
    lines: int

    @property
    def shown(self) -> str:
        return str(self.path.relative_to(ROOT))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function, methods and inner ones included."""
        return (node for node in ast.walk(self.tree) if isinstance(node, FUNCTION))


def read(path: Path) -> Source:
    """A file and its tree."""
    text = path.read_text()
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    return Source(path=path, module=module, tree=ast.parse(text), lines=text.count("\n"))


@cache
def sources() -> tuple[Source, ...]:
    """Every file of ours but migrations."""
    return tuple(read(path) for path in sorted(HOUSE.rglob("*.py")) if "migrations" not in path.parts)


def event_names() -> list[str]:
    """Every event the modules announce."""
    return [node.name for source in sources() if "events" in (source.path.stem, source.path.parent.name) for node in source.tree.body
            if isinstance(node, ast.ClassDef) and any(_is_event(each) for each in node.decorator_list)]


def _is_event(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "event"


@cache
def imports_of(source: Source) -> dict[str, str]:
    """What the names of a file stand for, as dotted paths."""
    found = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            found |= {each.asname or each.name: each.name for each in node.names}
    return found


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; empty if it is anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def meant(node: ast.expr, names: dict[str, str]) -> str:
    """The dotted path a name or attribute stands for in a file."""
    written = dotted(node)
    first, _, rest = written.partition(".")
    return f"{names.get(first, first)}{'.' if rest else ''}{rest}"
