"""Nothing pretends in silence: what stands in for an outside system is on the list, with what a real one must pass."""

import ast
import re
from importlib import import_module

import pytest
from django.utils.module_loading import import_string

from tests.architecture.reading import ROOT, Source, sources
from tongban.kernel import simulations

PRETENDING = re.compile("Simulated|Fake|Stub|Dummy|Pretend|Sample[A-Z]")


def pretenders(source: Source) -> set[str]:
    """Classes that say by their name or by `simulated = True` that they are not the real thing."""
    return {f"{source.module}.{node.name}" for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)
            and (PRETENDING.match(node.name) or any(_says_so(each) for each in node.body))}


def _says_so(node: ast.stmt) -> bool:
    return (isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == ["simulated"]
            and getattr(node.value, "value", None) is True)


def undeclared(every) -> set[str]:
    return {name for source in every for name in pretenders(source)} - {each.name for each in simulations.every()}


def test_whatever_pretends_is_on_the_list():
    assert undeclared(sources()) == set()


@pytest.mark.parametrize("code", ["class FakePayments: ...", "class SimulatedCourier: ...",
                                  "class Courier:\n    simulated = True"])
def test_a_planted_fake_is_found(code):
    planted = Source(path=ROOT / "planted.py", module="tongban.planted", tree=ast.parse(code), lines=1)
    assert len(undeclared([planted])) == 1


def test_the_list_is_whole_once_the_house_has_started():
    declaring = [source.module for source in sources() if source.module != "tongban.kernel.simulations"
                 for node in ast.walk(source.tree) if isinstance(node, ast.Call)
                 and getattr(node.func, "id", "") == "Simulation"]
    assert len(declaring) >= 5
    assert all(module == "tongban.kernel.vault" or module.endswith(".clients") for module in declaring)
    assert len(simulations.every()) == len(declaring)


@pytest.mark.parametrize("simulation", simulations.every(), ids=[each.name for each in simulations.every()])
def test_each_entry_names_what_is_there(simulation):
    import_string(simulation.name)
    import_string(simulation.seam)
    path, _, name = simulation.proof.partition("::")
    module = import_module(path.removesuffix(".py").replace("/", "."))
    assert callable(getattr(module, name))
    assert all(text.zh and text.en for text in (simulation.stands_for, simulation.pretends, simulation.replaced_by))
