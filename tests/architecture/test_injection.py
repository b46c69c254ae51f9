"""Nothing that people write becomes part of a statement, a command or a format: texts of that kind are composed of our own."""

import ast

import pytest
from django.test import RequestFactory

from tests.architecture.composing import Sink, composed_of_others, formats_of_others
from tests.architecture.reading import ROOT, Source, imports_of, meant, sources
from tongban.api import problems
from tongban.kernel.errors import Refusal
from tongban.kernel.types import Text
from tongban.web import failures

STATEMENTS = [Sink(each, 0, "sql", "tongban.kernel.database") for each in (
    "execute", "executemany", "rows", "row", "planned_rows", "planned_row", "planned", "raw", "extra", "RawSQL", "RunSQL", "copy",
    "beginning")]
"""What runs a statement."""
MESSAGES = [Sink("Problem", 1, "message", "tongban.kernel.errors")]
"""What is filled in with facts later."""
COMPOSED = {
    ("tongban.cases.queries.desk", "count_queue"): "conditions of a queue, which `_narrowed` writes itself and whose values it binds",
    ("tongban.cases.queries.desk", "queue"): "the same",
    ("tongban.config.sample_cases.playing", "played_clock"): "a function of ours as the database wrote it down",
    ("tongban.kernel.rotating", "_index_some"): "tables and columns that modules declared with `indexed`",
    ("tongban.kernel.rotating", "_written_anew"): "the same",
}
FILLED = {
    ("tongban.identity.actions.codes", "bring"): "the text of a message, one of MESSAGES or WORDS",
    ("tongban.api.problems", "_said"): "the message of an error or a problem",
    ("tongban.config.backup", "back_up"): "JSON on several lines",
    ("tongban.portal.export", "my_data"): "JSON on several lines",
    ("tongban.forms.types", "said"): "the message of a problem, translated",
    ("tongban.portal.space", "_decided"): "words of a table",
    ("tongban.portal.timeline", "due_words"): "words of a table",
}
SHELLS = {"os.system", "os.popen", "os.execl", "os.execlp", "os.spawnl", "subprocess.getoutput", "subprocess.getstatusoutput", "pty.spawn",
          "asyncio.create_subprocess_shell"}
STARTING = {"subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output"}


def of(*lines: str) -> list[Source]:
    body = "\n    ".join(lines)
    return [Source(path=ROOT / "planted.py", module="tongban.planted", lines=1, tree=ast.parse(
        f"import os\nimport subprocess\nfrom tongban.kernel import database\nasync def ask(name, page=1):\n    {body}\n"
        "def show(request):\n    ask(request.GET['name'])\n"))]


def shells(files):
    """Commands that a shell would read, and calls whose command is one text."""
    found = set()
    for source in files:
        names = imports_of(source)
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Call):
                continue
            called, asked = meant(node.func, names), {each.arg: ast.unparse(each.value) for each in node.keywords}
            if called in SHELLS or asked.get("shell", "False") != "False" or (
                    called in STARTING and node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr | ast.BinOp)):
                found.add((source.module, ast.unparse(node)))
    return found


def test_every_statement_is_composed_of_our_own_words_and_binds_its_values():
    found = composed_of_others(sources(), STATEMENTS)
    assert {(module, function) for module, function, _text in found} == set(COMPOSED), found


@pytest.mark.parametrize("line", [
    'database.rows(f"select * from x where name = \'{name}\'")', 'database.row("select * from x where name = " + name)',
    'database.execute("select * from x where name = \'%s\'" % name)', 'database.rows("select {}".format(name))',
    'connection.cursor().execute(f"select {name}")', 'where = f"name = {name}"; database.planned_rows(where)',
    'parts = ["true"]; parts.append(name); database.rows(" and ".join(parts))', 'models.Case.objects.raw(f"select {name}")',
    'database.row(f"select {page.order}")', "database.row(sql=name)"])
def test_a_value_planted_in_a_statement_is_found(line):
    assert composed_of_others(of(line), STATEMENTS)


@pytest.mark.parametrize("line", [
    'database.rows("select * from x where name = %s", [name])', 'database.rows(f"{CASE} where c.number = %s", [name])',
    'found = ["a"]; found.append("b" if page else "c"); database.rows(" and ".join(found))', "database.rows(ORDERS[name])",
    "show.rows(1)", 'database.row(sql.SQL("x {}").format(sql.Identifier(name)))'])
def test_a_bound_value_is_not_taken_for_a_planted_one(line):
    assert composed_of_others(of(line), STATEMENTS) == set()


def test_no_shell_reads_a_command_of_ours():
    scripts = [each for each in (ROOT / "bin").iterdir() if each.is_file() and each.read_bytes()[:30].find(b"python") > 0]
    files = [*sources(), *(Source(path=each, module=each.name, tree=ast.parse(each.read_text()), lines=1) for each in scripts)]
    assert shells(files) == set()


@pytest.mark.parametrize("line", ['os.system("ls " + name)', 'subprocess.run(["ls"], shell=True)', 'subprocess.run(f"ls {name}")',
                                  'subprocess.Popen("ls", shell=page)', "os.popen(name)", 'subprocess.getoutput("ls")'])
def test_a_planted_shell_is_found(line):
    assert shells(of(line))


def test_every_text_that_is_filled_in_is_ours():
    found = formats_of_others(sources())
    assert {(module, function) for module, function, _text in found} == set(FILLED), found
    assert composed_of_others(sources(), MESSAGES) == set()


@pytest.mark.parametrize("line", ["name.format(page=1)", '(name + "{page}").format_map({})', "_(name).format()", "name.title.format(1)"])
def test_a_planted_format_is_found(line):
    assert formats_of_others(of(line))


class Named(Refusal):
    """{name} may not do this to {what}."""


@pytest.mark.parametrize("name", ["{0.__class__}", "{name.__init__.__globals__}", "{what}", "{", "}", "{}", "%(what)s", "{name!r:>9999}"])
def test_a_name_in_a_message_stays_a_name(name):
    error = Named(name=name, what=Text(zh="这件事", en="this"))
    assert failures.told(error) == f"{name} may not do this to 这件事."
    assert str(error).startswith(f"{name} may not do this")
    said = problems.answer(RequestFactory().get("/api/", headers={"accept-language": "en"}), error).content.decode()
    assert name.replace('"', '\\"') in said and "may not do this to this" in said
