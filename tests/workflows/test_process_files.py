"""The three processes we ship: they run, they agree with another engine, people and machines can read them."""

import warnings
from itertools import permutations
from pathlib import Path

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from tests.requirements import requirement
from tongban.workflows.rules import (
    advance,
    begin,
    check_length,
    compile_process,
    is_finished,
    open_tasks,
    read_process,
    steps_of,
)
from tongban.workflows.types import Graph

FOLDER = Path(__file__).resolve().parents[2] / "data" / "processes"
NAMES = ("standard", "site-check", "instant")
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
STEPS = {
    "standard": [("accept", "RECEPTIONIST", 1), ("examine", "REVIEWER", 3), ("decide", "DECIDER", 1)],
    "site-check": [
        ("accept", "RECEPTIONIST", 1),
        ("examine", "REVIEWER", 3),
        ("inspect", "REVIEWER", 5),
        ("decide", "DECIDER", 2),
    ],
    "instant": [("accept", "RECEPTIONIST", 1), ("decide", "DECIDER", 1)],
}


def graph_of(name: str) -> Graph:
    return compile_process(read_process((FOLDER / f"{name}.bpmn").read_bytes()))


def runs_of(name: str) -> list[list[set[str]]]:
    """The open tasks after each move, for every order of doing them."""
    graph = graph_of(name)
    runs = []
    for wish in permutations([task.id for task in steps_of(graph)]):
        tokens, seen = begin(graph, {}), []
        while not is_finished(tokens):
            can = {task.id: task for task in open_tasks(graph, tokens)}
            seen.append({str(task) for task in can})
            tokens = advance(graph, tokens, next(task for task in wish if task in can), {})
        runs.append(seen)
    return runs


def other_runs_of(name: str) -> list[list[set[str]]]:
    """The same from SpiffWorkflow."""
    parser = BpmnParser()
    parser.add_bpmn_str((FOLDER / f"{name}.bpmn").read_bytes())
    spec = parser.get_spec(name.replace("-", "_"))
    runs = []
    for wish in permutations([task.id for task in steps_of(graph_of(name))]):
        workflow, seen = BpmnWorkflow(spec), []
        workflow.do_engine_steps()
        while not workflow.completed:
            ready = {task.task_spec.name: task for task in workflow.get_tasks(state=TaskState.READY)}
            seen.append(set(ready))
            ready[next(task for task in wish if task in ready)].run()
            workflow.do_engine_steps()
        runs.append(seen)
    return runs


@pytest.mark.parametrize("name", NAMES)
def test_another_engine_opens_the_same_tasks_in_every_order(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert runs_of(name) == other_runs_of(name)


@requirement("CAT-28")
@pytest.mark.parametrize("name", NAMES)
def test_the_steps_can_be_read_by_a_machine(name: str) -> None:
    steps = steps_of(graph_of(name))
    assert [(step.verb, step.role, step.limit_days) for step in steps] == STEPS[name]
    for step in steps:
        assert str(step.id) == step.verb.value
        assert step.name.en.isascii() and step.name.en and not step.name.zh.isascii()


@requirement("CAT-28")
@pytest.mark.parametrize("name", NAMES)
def test_the_picture_shows_every_node_and_arrow_without_overlap(name: str) -> None:
    source = (FOLDER / f"{name}.bpmn").read_bytes()
    process = read_process(source)
    root = etree.fromstring(source)
    shown = {str(shape.get("bpmnElement")): shape for shape in root.iter(f"{DI}BPMNShape", f"{DI}BPMNEdge")}
    assert set(shown) == {node.id for node in process.nodes} | {flow.id for flow in process.flows}
    boxes = {node.id: [int(str(value)) for value in shown[node.id][0].attrib.values()] for node in process.nodes}
    for one, (x, y, width, height) in boxes.items():
        for other, (left, top, wide, high) in boxes.items():
            apart = x + width <= left or left + wide <= x or y + height <= top or top + high <= y
            assert apart or one == other
    for flow in process.flows:
        points = [[int(str(value)) for value in point.attrib.values()] for point in shown[flow.id]]
        for point, end in ((points[0], flow.source), (points[-1], flow.target)):
            x, y, width, height = boxes[end]
            inside = x <= point[0] <= x + width and y <= point[1] <= y + height
            assert inside and (point[0] in (x, x + width) or point[1] in (y, y + height))


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_valid_bpmn(name: str) -> None:
    BpmnValidator().validate(etree.parse(str(FOLDER / f"{name}.bpmn")))


@pytest.mark.parametrize("name", NAMES)
def test_what_we_ship_needs_no_justification(name: str) -> None:
    assert check_length(graph_of(name)) == ()


def test_a_visit_to_the_site_goes_beside_the_papers() -> None:
    assert {"examine", "inspect"} in runs_of("site-check")[0]
