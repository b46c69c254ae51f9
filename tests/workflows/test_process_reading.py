"""A process file is read by an allow-list; what is not on it is refused with its name and line."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.drawing import HEAD, draw, task, wrap
from tongban.kernel.errors import Refusal
from tongban.workflows.errors import (
    AttributeMissing,
    AttributeNotAllowed,
    ConditionNotUnderstood,
    ElementNotAllowed,
    ElementRepeated,
    IdRepeated,
    NotBpmn,
    NotWellFormed,
    OneProcessNeeded,
    TaskNotDescribed,
)
from tongban.workflows.rules import compile_process, read_process
from tongban.workflows.rules.parsing import parse_condition
from tongban.workflows.rules.running import holds
from tongban.workflows.types import Facts, Flow, NodeKind, Process, Role, Verb

KIT = Path(__file__).resolve().parents[3] / "shared" / "kits" / "bpmn"
FILES = Path(__file__).resolve().parents[2] / "data" / "processes"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
FLOW = Flow(id="f", source="a", target="b", line=7)
STRANGERS = [
    "scriptTask",
    "serviceTask",
    "businessRuleTask",
    "sendTask",
    "receiveTask",
    "manualTask",
    "task",
    "callActivity",
    "subProcess",
    "transaction",
    "adHocSubProcess",
    "inclusiveGateway",
    "eventBasedGateway",
    "complexGateway",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "boundaryEvent",
    "dataObject",
    "laneSet",
    "property",
    "ioSpecification",
]


def asks(source: str, facts: Facts) -> bool:
    return holds(parse_condition(source, flow=FLOW), facts)


def test_a_step_keeps_its_names_role_verb_and_limit() -> None:
    process = read_process(wrap(task("look", "inspect", "REVIEWER", "5")))
    (node,) = process.nodes
    assert node.kind is NodeKind.TASK and node.task is not None and node.line == 3
    said = node.task
    assert (said.name.zh, said.name.en) == ("look步", "Step look")
    assert (said.role, said.verb, said.limit_days) == (Role.REVIEWER, Verb.INSPECT, 5)


@pytest.mark.parametrize("name", STRANGERS)
def test_every_other_element_is_refused_with_its_name_and_line(name: str) -> None:
    with pytest.raises(ElementNotAllowed) as refused:
        read_process(wrap(f'<startEvent id="s"/>\n<{name} id="x"/>'))
    assert refused.value.facts == {"element": name, "line": 4}


@pytest.mark.parametrize(
    ("inside", "element"),
    [
        ("<startEvent id='s'><timerEventDefinition/></startEvent>", "timerEventDefinition"),
        ("<endEvent id='s'><terminateEventDefinition/></endEvent>", "terminateEventDefinition"),
        (
            "<userTask id='s' name='n'><multiInstanceLoopCharacteristics/></userTask>",
            "multiInstanceLoopCharacteristics",
        ),
        (
            "<userTask id='s' name='n'><extensionElements><x xmlns='urn:other'/></extensionElements></userTask>",
            "{urn:other}x",
        ),
        ("<startEvent id='s'><extensionElements/></startEvent>", "extensionElements"),
        ("<startEvent id='s'><documentation><b/></documentation></startEvent>", "b"),
        ("<task xmlns='urn:tongban:process:1' id='s'/>", "{urn:tongban:process:1}task"),
        ("<sequenceFlow id='s' sourceRef='a' targetRef='b'><script/></sequenceFlow>", "script"),
    ],
)
def test_what_hides_inside_an_allowed_element_is_refused(inside: str, element: str) -> None:
    with pytest.raises(ElementNotAllowed) as refused:
        read_process(wrap(inside))
    assert refused.value.facts == {"element": element, "line": 3}


@pytest.mark.parametrize(
    ("inside", "attribute"),
    [
        ('<userTask id="s" name="n" isForCompensation="true"/>', "isForCompensation"),
        ('<userTask id="s" name="n" startQuantity="2"/>', "startQuantity"),
        ('<userTask id="s" name="n" default="f"/>', "default"),
        ('<startEvent id="s" isInterrupting="false"/>', "isInterrupting"),
        (task("a", role="MAYOR"), "role"),
        (task("a", verb="approve"), "verb"),
        (task("a", limit="-1"), "limit_days"),
        (task("a", limit="0"), "limit_days"),
    ],
)
def test_an_attribute_that_would_change_what_happens_is_refused(inside: str, attribute: str) -> None:
    with pytest.raises(AttributeNotAllowed) as refused:
        read_process(wrap(inside))
    assert (refused.value.facts["attribute"], refused.value.facts["line"]) == (attribute, 3)


def test_a_condition_in_another_language_is_refused() -> None:
    body = (
        '<sequenceFlow id="f" sourceRef="a" targetRef="b"><conditionExpression language="text/python">x'
        "</conditionExpression></sequenceFlow>"
    )
    with pytest.raises(AttributeNotAllowed):
        read_process(wrap(body))


def test_two_conditions_on_one_arrow_are_refused() -> None:
    asked = "<conditionExpression>x</conditionExpression>" * 2
    with pytest.raises(ElementRepeated):
        read_process(wrap(f'<sequenceFlow id="f" sourceRef="a" targetRef="b">{asked}</sequenceFlow>'))


def test_a_user_task_without_role_and_verb_is_refused() -> None:
    with pytest.raises(TaskNotDescribed):
        read_process(wrap('<userTask id="a" name="n"/>'))


@pytest.mark.parametrize("body", ["<startEvent/>", '<startEvent id=" "/>', '<sequenceFlow id="f" sourceRef="a"/>'])
def test_a_needed_attribute_may_not_be_missing(body: str) -> None:
    with pytest.raises(AttributeMissing):
        read_process(wrap(body))


def test_an_identifier_is_used_once() -> None:
    with pytest.raises(IdRepeated):
        read_process(wrap('<startEvent id="a"/><endEvent id="a"/>'))


def test_a_file_holds_exactly_one_process() -> None:
    with pytest.raises(OneProcessNeeded):
        read_process(f"{HEAD}</definitions>".encode())
    with pytest.raises(OneProcessNeeded):
        read_process(f'{HEAD}<process id="p"/><process id="q"/></definitions>'.encode())


def test_what_is_not_bpmn_or_not_xml_is_refused() -> None:
    with pytest.raises(NotBpmn):
        read_process(b"<html/>")
    for broken in (b"", b"<a", b"plain words", b"\xff\xfe\x00", b'<?xml version="1.0" encoding="no-such"?><a/>'):
        with pytest.raises(NotWellFormed):
            read_process(broken)


def test_a_diagram_may_hold_only_diagram_elements() -> None:
    diagram = '<d:BPMNDiagram xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI"><d:BPMNPlane>{}</d:BPMNPlane></d:BPMNDiagram>'
    whole = wrap('<startEvent id="s"/>').decode()
    assert read_process(whole.replace("</definitions>", diagram.format("") + "</definitions>").encode()).nodes
    with pytest.raises(ElementNotAllowed):
        read_process(whole.replace("</definitions>", diagram.format("<script/>") + "</definitions>").encode())


@pytest.mark.parametrize(
    ("source", "facts", "answer"),
    [
        ("risk == 'high'", {"risk": "high"}, True),
        ('risk == "high"', {"risk": "low"}, False),
        ("risk != 'high'", {}, True),
        ("risk == null", {}, True),
        ("urgent", {"urgent": True}, True),
        ("urgent", {"urgent": 1}, False),
        ("urgent", {}, False),
        ("not urgent", {}, True),
        ("not not urgent", {"urgent": True}, True),
        ("area >= 120.5", {"area": 120.5}, True),
        ("area < 0.3", {"area": 0.1}, True),
        ("share == 0.1", {"share": 0.1}, True),
        ("area > -3", {"area": -2}, True),
        ("area > 1", {"area": "2"}, False),
        ("area <= 1", {"area": True}, False),
        ("area > 1", {"area": float("nan")}, False),
        ("area > 1", {"area": float("inf")}, False),
        ("count == '1'", {"count": 1}, False),
        ("count == 1", {"count": True}, False),
        ("region in ('610117', '610118')", {"region": "610118"}, True),
        ("n in (1, null)", {}, True),
        ("n in (1, 2)", {"n": 3}, False),
        ("a or b and c", {"a": True}, True),
        ("(a or b) and c", {"a": True}, False),
        ("not a and b", {"b": True}, True),
        ("not (a and b)", {"a": True, "b": True}, False),
        ("true", {}, True),
        ("false or 面积 > 3", {"面积": 4}, True),
        ("form.area==3", {"form.area": 3}, True),
    ],
)
def test_a_condition_answers_by_its_grammar(source: str, facts: Facts, answer: bool) -> None:
    assert asks(source, facts) is answer


@pytest.mark.parametrize(
    ("source", "position"),
    [
        ("a ==", 5),
        ("a = 1", 3),
        ("a == b", 6),
        ("1 < a", 1),
        ("a < 'x'", 5),
        ("a in ()", 7),
        ("a in (1", 8),
        ("(a", 3),
        ("a b", 3),
        ("a()", 2),
        ("__import__('os')", 11),
        ("a; b", 2),
        ("a and", 6),
        ("'x' == 'x'", 1),
        ("a == 1.", 6),
        ("a == 9999999999999999", 6),
        ("not " * 60 + "a", 201),
        ("(" * 60 + "a" + ")" * 60, 51),
        ("a or " * 200 + "a", 501),
    ],
)
def test_a_condition_outside_the_grammar_is_refused_at_its_character(source: str, position: int) -> None:
    with pytest.raises(ConditionNotUnderstood) as refused:
        parse_condition(source, flow=FLOW)
    assert refused.value.facts == {"element": "sequenceFlow", "line": 7, "id": "f", "position": position}


@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from(["a", "not", "and", "or", "in", "(", ")", "==", "<", "1", "'x'", ",", "null"])).map(
        " ".join
    )
)
def test_any_text_is_a_condition_or_a_refusal(source: str) -> None:
    try:
        condition = parse_condition(source, flow=FLOW)
    except ConditionNotUnderstood:
        return
    assert holds(condition, {"a": 1}) in (True, False)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    xml = bytearray(draw(("start", "a"), ("a", "xor"), ("xor", "a", "n < 3"), ("xor", "end"), defaults=["xor>end"]))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(xml) - 1))
        until = data.draw(st.integers(at, min(len(xml), at + 40)))
        xml[at:until] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"<", b"xor", b'"', b"<!--", b"&a;", b"end"])
        )
    try:
        compile_process(read_process(bytes(xml)))
    except Refusal as refusal:
        assert str(refusal)


@pytest.mark.skipif(not KIT.is_dir(), reason="the BPMN reference models (shared/kits/bpmn) are not here")
def test_every_reference_model_is_read_or_refused_by_name_and_line() -> None:
    models = sorted(KIT.glob("*.bpmn"))
    assert models
    for model in models:
        source = model.read_bytes()
        try:
            assert isinstance(read_process(source), Process)
        except Refusal as refusal:
            line, element = refusal.facts["line"], str(refusal.facts["element"])
            assert isinstance(line, int)
            near = b"\n".join(source.splitlines()[line - 1 : line + 1]).decode("utf-8", "replace")
            assert element.rpartition("}")[2] in near, (model.name, refusal)
