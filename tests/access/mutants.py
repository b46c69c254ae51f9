"""Mutants of what keeps strangers away: every row policy, scope filter, check and gate, broken one at a time.

The policies are read from the database and the rest from the source, so that what is added tomorrow is broken too.
"""

import ast
import importlib
import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType
from typing import Any

import psycopg

from tests.access.routes import routes
from tongban.cases.queries.desk import WAITING
from tongban.identity.queries.callers import ACTOR

ROOT = Path(__file__).resolve().parents[2]
BOUND = ("public", "citizen", "officer")
"""Logins that serve people; worker, auditor and owner see every row by design."""
COLUMNS = "authority|authority_id|party|party_id|applicant_id|holder|holder_id|account_id|agent_id|entity_id"
FILTER = re.compile(rf"(?:\w+\.)?\b(?:{COLUMNS}) (?:=|<>) (?:(?:any|all)\(%(?:\(\w+\))?s\)|%(?:\(\w+\))?s)")
SCOPES = frozenset(f"{who}.{scope}" for who in ("actor", "who") for scope in ("parties", "authorities", "stakes"))
SAME = {"filter: tongban/reviews/queries.py:statement, i.authority_id = any(%(authorities)s) (2), left out":
        "the rows it leaves in are joined to those that the filter before it let through",
        "filter: tongban/supervision/queries.py:figures, s.authority_id = any(%s), left out":
        "what it leaves in is looked up only for authorities that the other statement let through",
        "check: tongban/cases/rules/checks.py:may, applicant in actor.parties, always yes":
        "access asks the same before it asks for the right",
        "check: tongban/identity/actions/proofing.py:prove_at_counter, about in actor.stakes, always yes":
        "it refuses every clerk, so that nobody gains by it; tests/identity/test_proofing.py notices",
        "check: tongban/identity/actions/proofing.py:prove_at_counter, about in actor.stakes, always no":
        "the code of the person who comes is drawn anew each time; tests/identity/test_proofing.py notices",
        **{f"filter: tongban/identity/queries/factors.py:one_factor_is_enough, account_id = %s, {change}":
           "as delivered one factor is enough for nobody; tests/identity/test_proving.py sets the figure and notices"
           for change in ("left out", "turned round")},
        **{f"gate: {name}, open to all staff": "whoever may read the case is asked again where the case is fetched"
           for name in ("counter:case", "counter:applicant", "counter:file", "oversight:case")}}
"""Mutants that mean the same as what they were made of, and some that only their own tests can ask about."""
PUBLIC = ("tongban/catalogue/", "tongban/seals/")
"""What is published is narrowed by authority, but not kept from anybody."""
OPENS_NOTHING = {"is_sample": "says of a party whether it was made up for a trial",
                 "is_real_name": "says of what someone wrote whether they signed it"}
CHECKS = frozenset({"may", "is_own", "is_of_unit", "is_supervisor", "holds"})
WRITTEN_OUT = [(ACTOR, piece) for piece in (
    "g.agent_id = a.party_id", "g.valid_from <= kernel_today()", "(g.valid_to is null or g.valid_to >= kernel_today())",
    "p.account_id = a.id", "p.valid_from <= kernel_today()", "(p.valid_to is null or p.valid_to >= kernel_today())",
    "s.token_hash = $1", "s.closed_at is null", "a.active", "s.last_seen_at > kernel_now() - s.idle",
    "s.expires_at > kernel_now()")] + [(WAITING, piece) for piece in (
        "p.authority = t.authority", "p.role = t.role", "p.verb = t.verb")]
"""When a session, an agency and a post count, and which steps wait for whom: conditions that name no value of a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One thing that keeps strangers away, and how it is broken."""

    layer: str
    where: str
    change: str
    file: str = ""
    function: str = ""
    table: str = ""
    login: str = ""
    broken: Callable[[], Any]

    @property
    def name(self) -> str:
        return f"{self.layer}: {self.where}, {self.change}"


def mutants(owner: str) -> list[Mutant]:
    """All of them; `owner` is where the owner reaches the database."""
    seen: Counter[str] = Counter()
    found = []
    for each in [*policies(owner), *filters(), *checks(), *conditions(), *gates()]:
        seen[each.name] += 1
        found.append(each if seen[each.name] == 1 else replace(each, where=f"{each.where} ({seen[each.name]})"))
    return found


def policies(owner: str) -> list[Mutant]:
    """Each policy that lets rows through opened for reading, opened for writing, and turned round.

    Those that only narrow what may be said in the log keep nobody's rows: `test_saying.py` is for them.
    """
    with psycopg.connect(owner) as connection:
        found = connection.execute(
            "select tablename::text, policyname::text, roles[1]::text, qual, with_check from pg_policies "
            "where schemaname = 'public' and permissive = 'PERMISSIVE' and roles[1]::text = any(%s) order by 1, 2",
            [[f"tongban_{login}" for login in BOUND]]).fetchall()
    made = []
    for table, policy, role, using, check in found:
        login = role.removeprefix("tongban_")
        back = f"alter policy {policy} on {table} using ({using}) with check ({check})"
        for change, given, statement in (
                ("read opened", using, "using (true)"), ("write opened", check, "with check (true)"),
                ("turned round", using, f"using (not ({using}))")):
            if given != "true":
                made.append(Mutant(
                    layer="policy", where=f"{table} for {login}", change=change, table=table, login=login,
                    broken=_altered(owner, f"alter policy {policy} on {table} {statement}", back)))
    return made


def _altered(owner: str, statement: str, back: str) -> Callable[[], Any]:
    @contextmanager
    def broken() -> Iterator[None]:
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(statement)
            try:
                yield
            finally:
                connection.execute(back)
    return broken


def filters() -> list[Mutant]:
    """Each comparison of a row's party, authority or account with what the caller may see, in the statements of reads."""
    made = []
    for path in _sources("access", "queries", "disclosures"):
        for node, function in _walk(path):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or function in OPENS_NOTHING:
                continue
            for found in FILTER.finditer(node.value):
                for change, written in (("left out", f"({found[0]} or true)"), ("turned round", f"not ({found[0]})")):
                    text = node.value[:found.start()] + written + node.value[found.end():]
                    made.append(_in_source(path, function, node, "filter", found[0], change, text))
    return made


def checks() -> list[Mutant]:
    """Each question in Python whether a row is the caller's and whether they may, answered always and never."""
    made = []
    for path in sorted((ROOT / "tongban").rglob("*.py")):
        for node, function in _walk(path):
            asked = isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)) and ast.unparse(
                node.comparators[0]) in SCOPES
            if path.name == "access.py" and isinstance(node, ast.Call):
                called = node.func
                asked = asked or (called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")) in CHECKS
            if asked and function and function not in OPENS_NOTHING:
                for answer in (True, False):
                    change = "always yes" if answer else "always no"
                    made.append(_in_source(path, function, node, "check", ast.unparse(node), change, answer))
    return made


def conditions() -> list[Mutant]:
    """Each condition of these statements, left out."""
    return [Mutant(layer="condition", where=piece, change="left out",
                   file="tongban/identity/queries/callers.py" if text is ACTOR else "tongban/cases/queries/desk.py",
                   broken=_rewritten(text, _last_replaced(text, piece, "true"))) for text, piece in WRITTEN_OUT]


def gates() -> list[Mutant]:
    """Each gate that asks for a post, opened to all staff."""
    made = []
    for name, route in routes().items():
        gate = route.view.gate  # type: ignore[attr-defined]
        if gate.roles:
            made.append(Mutant(layer="gate", where=name, change="open to all staff",
                               broken=_opened(route.view, replace(gate, roles=frozenset()))))
    return made


def _opened(view: Any, gate: Any) -> Callable[[], Any]:
    @contextmanager
    def broken() -> Iterator[None]:
        closed = view.gate
        view.gate = gate
        try:
            yield
        finally:
            view.gate = closed
    return broken


def _last_replaced(text: str, piece: str, written: str) -> str:
    before, found, after = text.rpartition(piece)
    if not found:
        raise AssertionError(f"nobody asks any more for {piece}")
    return before + written + after


def _sources(*names: str) -> list[Path]:
    return sorted(path for path in (ROOT / "tongban").rglob("*.py")
                  if (path.stem in names or path.parent.name in names)
                  and not str(path.relative_to(ROOT)).startswith(PUBLIC))


def _walk(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every node with the qualified name of the function around it, in the order of the source."""
    waiting: list[tuple[ast.AST, str]] = [(ast.parse(path.read_bytes()), "")]
    while waiting:
        node, function = waiting.pop(0)
        yield node, function
        inner = f"{function}.{node.name}".lstrip(".") if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else function
        waiting[:0] = [(each, inner) for each in ast.iter_child_nodes(node)]


def _in_source(path: Path, function: str, node: ast.AST, layer: str, what: str, change: str, value: Any) -> Mutant:
    """A mutant in which a node of the source is another constant."""
    file = str(path.relative_to(ROOT))
    broken = _patched(path, function, node, value) if function else _rewritten(
        node.value, value)  # type: ignore[attr-defined]
    return Mutant(layer=layer, where=f"{file}:{function or 'statement'}, {what}", change=change, file=file,
                  function=function, broken=broken)


def _rewritten(before: str, after: str) -> Callable[[], Any]:
    """In every module that holds the text, alone or within another."""
    @contextmanager
    def broken() -> Iterator[None]:
        with ExitStack() as stack:
            for name, module in list(sys.modules.items()):
                if name.startswith("tongban."):
                    for key, value in list(vars(module).items()):
                        if isinstance(value, str) and before in value:
                            setattr(module, key, value.replace(before, after))
                            stack.callback(setattr, module, key, value)
            yield
    return broken


def _patched(path: Path, function: str, node: ast.AST, value: Any) -> Callable[[], Any]:
    """In the code of a function that is running already, wherever it was imported."""
    @contextmanager
    def broken() -> Iterator[None]:
        tree = ast.parse(path.read_bytes())
        compiled = compile(ast.fix_missing_locations(_Replacing(node, value).visit(tree)), str(path), "exec")
        live = _function(path, function)
        code = live.__code__
        live.__code__ = _code(compiled, function)
        try:
            yield
        finally:
            live.__code__ = code
    return broken


class _Replacing(ast.NodeTransformer):
    """Puts a constant where a node stood; pieces of one f-string begin at one place, so the node itself is compared."""

    def __init__(self, node: ast.AST, value: Any) -> None:
        self.node, self.value = ast.dump(node, include_attributes=True), value

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and ast.dump(node, include_attributes=True) == self.node:
            return ast.copy_location(ast.Constant(self.value), node)
        return self.generic_visit(node)


def _function(path: Path, function: str) -> Any:
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    found: Any = module
    for name in function.split("."):
        found = getattr(found, name)
    if isinstance(found, property):
        found = found.fget
    return inspect.unwrap(found)


def _code(compiled: CodeType, function: str) -> CodeType:
    waiting = [compiled]
    while waiting:
        each = waiting.pop()
        if each.co_qualname == function:
            return each
        waiting += [inner for inner in each.co_consts if isinstance(inner, CodeType)]
    raise AssertionError(f"{function} is not there")

