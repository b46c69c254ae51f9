"""The shape of files: short, documented, without a clock of their own, without code where none belongs."""

import ast
import re

import pytest

from tests.architecture.reading import HOUSE, imports_of, meant, sources

LONGEST_FILE, LONGEST_FUNCTION = 500, 60
FORBIDDEN_CLOCKS = {
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.localtime", "time.gmtime",
    "django.utils.timezone.now", "django.utils.timezone.localdate", "django.utils.timezone.localtime",
}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "handler", "handlers", "data", "info", "base", "misc"}
PACKAGES = [source for source in sources() if source.path.name == "__init__.py" and source.path.parent.parent == HOUSE]
TEMPLATES = sorted((HOUSE / "templates").rglob("*.html"))


def test_no_file_is_longer_than_five_hundred_lines():
    assert [f"{source.shown}: {source.lines}" for source in sources() if source.lines > LONGEST_FILE] == []


def test_no_function_is_longer_than_sixty_lines():
    assert [f"{source.shown}:{each.lineno} {each.name}: {length}" for source in sources()
            for each in source.functions()
            if (length := (each.end_lineno or 0) - each.lineno + 1) > LONGEST_FUNCTION] == []


@pytest.mark.parametrize("source", PACKAGES, ids=[each.path.parent.name for each in PACKAGES])
def test_a_package_says_what_it_is_in_three_sentences_and_holds_no_code(source):
    text = " ".join((ast.get_docstring(source.tree) or "").split())
    sentences = len(re.findall(r"[.!?](?=\s|$)", text))
    assert 3 <= sentences <= 4, f"{source.shown}: {sentences} sentences"
    assert len(source.tree.body) == 1, f"{source.shown} holds code"


def test_inner_packages_only_pass_names_on():
    found = []
    for source in sources():
        if source.path.name != "__init__.py" or source in PACKAGES or source.path.parent == HOUSE:
            continue
        rest = source.tree.body[1:] if ast.get_docstring(source.tree) else source.tree.body
        found += [f"{source.shown}:{node.lineno}" for node in rest
                  if not isinstance(node, (ast.Import, ast.ImportFrom)) and not _is_all(node)]
        found += [] if ast.get_docstring(source.tree) else [f"{source.shown} says nothing"]
    assert found == []


def _is_all(node):
    return isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == ["__all__"]


def test_nobody_but_the_kernel_reads_the_clock():
    found = [f"{source.shown}:{node.lineno} {meant(node.func, imports_of(source))}" for source in sources()
             if source.module != "tongban.kernel.clock"
             for node in ast.walk(source.tree)
             if isinstance(node, ast.Call) and meant(node.func, imports_of(source)) in FORBIDDEN_CLOCKS]
    assert found == []


def test_no_file_has_a_name_that_says_nothing():
    assert [source.shown for source in sources()
            if source.path.stem in FORBIDDEN_NAMES or source.path.parent.name in FORBIDDEN_NAMES] == []


def test_imports_are_absolute():
    assert [f"{source.shown}:{node.lineno}" for source in sources() for node in ast.walk(source.tree)
            if isinstance(node, ast.ImportFrom) and node.level] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_templates_hold_no_inline_style_or_script(path):
    source = path.read_text()
    assert not re.search(r"""\sstyle\s*=|<style|\son[a-z]+\s*=\s*["']|javascript:|\bhx-on""", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)
    assert "|safe" not in source.replace(" ", "")
