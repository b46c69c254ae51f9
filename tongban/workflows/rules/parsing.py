"""Reading: bytes of BPMN 2.0 to a `Process`, by an allow-list of elements and attributes, and text to a `Condition`.

A userTask carries `<task xmlns="urn:tongban:process:1" role="" verb="" limit_days=""/>` in its extensionElements; its
`name` is Chinese, its `documentation` the English name. The diagram may hold only diagram elements and is not kept.

Conditions, the whole language (500 characters, 50 negations or parentheses deep; asked, it always answers):

    condition  = conjunct { "or" conjunct }
    conjunct   = negation { "and" negation }
    negation   = "not" negation | "(" condition ")" | "true" | "false" | question
    question   = name [ ("==" | "!=") literal | ("<" | "<=" | ">" | ">=") number | "in" "(" literals ")" ]
    literals   = literal { "," literal }
    literal    = string | number | "true" | "false" | "null"
    string     = '"' { any character but '"' } '"' | "'" { any character but "'" } "'"
    number     = [ "-" ] digits [ "." digits ]             at most 15 digits before the point and 6 behind it
    name       = letter or "_" { letter, digit, "_" or "." }

A name alone asks whether the fact is true. An absent fact is null. Values of different kinds are unequal (1 is not
true, "1" is not 1); an order holds only between numbers, so asking for the order of anything else answers no.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from lxml import etree

from tongban.kernel.types import Text
from tongban.workflows.errors import (
    AttributeMissing,
    AttributeNotAllowed,
    ConditionNotUnderstood,
    DoctypeNotAllowed,
    ElementNotAllowed,
    ElementRepeated,
    IdRepeated,
    NestedTooDeeply,
    NotBpmn,
    NotWellFormed,
    OneProcessNeeded,
    ProcessTooLarge,
    TaskNotDescribed,
    TooManyElements,
)
from tongban.workflows.types import (
    MOST_BYTES,
    MOST_DEPTH,
    MOST_ELEMENTS,
    All,
    AnyOf,
    Compare,
    Condition,
    Fact,
    Flow,
    Member,
    Node,
    NodeKind,
    Not,
    Process,
    Role,
    Task,
    TaskId,
    Verb,
)

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
OURS = "urn:tongban:process:1"
DIAGRAM = frozenset(
    {
        "http://www.omg.org/spec/BPMN/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
        "http://www.omg.org/spec/DD/20100524/DI",
    }
)
NODES = frozenset(f"{{{BPMN}}}{kind.value}" for kind in NodeKind)
FLOW = f"{{{BPMN}}}sequenceFlow"

# Attributes allowed without a namespace, by local name; a value says the only one allowed, None allows any.
COMMON: dict[str, str | None] = {"id": None, "name": None}
ATTRIBUTES: dict[str, dict[str, str | None]] = {
    "definitions": COMMON
    | dict.fromkeys(("targetNamespace", "exporter", "exporterVersion", "expressionLanguage", "typeLanguage")),
    "process": COMMON | dict.fromkeys(("isExecutable", "processType")) | {"isClosed": "false"},
    "startEvent": COMMON | {"isInterrupting": "true", "parallelMultiple": "false"},
    "endEvent": COMMON,
    "userTask": COMMON
    | {
        "implementation": "##unspecified",
        "startQuantity": "1",
        "completionQuantity": "1",
        "isForCompensation": "false",
    },
    "exclusiveGateway": COMMON | {"default": None, "gatewayDirection": None},
    "parallelGateway": COMMON | {"gatewayDirection": None},
    "sequenceFlow": COMMON | {"sourceRef": None, "targetRef": None, "isImmediate": None},
    "conditionExpression": {"id": None, "language": OURS},
    "documentation": {"id": None, "textFormat": None},
    "extensionElements": {},
    "incoming": {},
    "outgoing": {},
    "task": {"role": None, "verb": None, "limit_days": None},
}

MOST_CONDITION = 500
WORDS = re.compile(
    r"""\s*(?:(?P<number>-?[0-9]{1,15}(?:\.[0-9]{1,6})?)(?![\w.])|(?P<string>"[^"]*"|'[^']*')"""
    r"""|(?P<name>[^\W\d][\w.]*)|(?P<sign>[=!<>]=|[<>(),]))""",
)
RESERVED = frozenset({"and", "or", "not", "in", "true", "false", "null"})
CONSTANTS: dict[str, Fact] = {"true": True, "false": False, "null": None}


def read_process(xml: bytes) -> Process:
    """The process in a BPMN file. Refuses what the allow-list lacks, naming element and line; opens no other file."""
    root = _root_of(xml)
    if root.tag != f"{{{BPMN}}}definitions":
        raise NotBpmn(element=_name_of(root), line=_line_of(root))
    processes: list[etree._Element] = []
    for child in _children(root):
        if child.tag == f"{{{BPMN}}}process":
            processes.append(child)
        elif _namespace_of(child) in DIAGRAM:
            _check_depth(child)
            _check_diagram(child)
        else:
            raise ElementNotAllowed(element=_name_of(child), line=_line_of(child))
    if len(processes) != 1:
        raise OneProcessNeeded(element=_name_of(root), line=_line_of(root), count=len(processes))
    return _process_of(processes[0])


def parse_condition(source: str, *, flow: Flow) -> Condition:
    """The condition written on a flow, by the grammar above."""
    return _ConditionReader(source, flow).whole()


def _root_of(xml: bytes) -> etree._Element:
    if len(xml) > MOST_BYTES:
        raise ProcessTooLarge(size=len(xml), most=MOST_BYTES)
    plain = xml.replace(b"\0", b"")
    declared = plain.find(b"<!DOCTYPE")
    if declared >= 0:
        raise DoctypeNotAllowed(element="DOCTYPE", line=plain.count(b"\n", 0, declared) + 1)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root: etree._Element = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as broken:
        raise NotWellFormed(line=broken.lineno or 1) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise DoctypeNotAllowed(element="DOCTYPE", line=1)
    return root


def _check_depth(root: etree._Element) -> None:
    level = [root]
    for _ in range(MOST_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return
    raise NestedTooDeeply(element=_name_of(level[0]), line=_line_of(level[0]), most=MOST_DEPTH)


def _check_diagram(diagram: etree._Element) -> None:
    for element in diagram.iter():
        if _namespace_of(element) not in DIAGRAM:
            raise ElementNotAllowed(element=_name_of(element), line=_line_of(element))


def _process_of(process: etree._Element) -> Process:
    nodes: list[Node] = []
    flows: list[Flow] = []
    seen = {_needed(process, "id")}
    english = ""
    for child in _children(process):
        if child.tag == f"{{{BPMN}}}documentation":
            english = english or _text_of(child)
            continue
        if child.tag in NODES:
            nodes.append(_node_of(child))
        elif child.tag == FLOW:
            flows.append(_flow_of(child))
        else:
            raise ElementNotAllowed(element=_name_of(child), line=_line_of(child))
        if len(nodes) + len(flows) > MOST_ELEMENTS:
            raise TooManyElements(element=_name_of(child), line=_line_of(child), most=MOST_ELEMENTS)
        identifier = _needed(child, "id")
        if identifier in seen:
            raise IdRepeated(element=_name_of(child), line=_line_of(child), id=identifier)
        seen.add(identifier)
    return Process(
        id=_needed(process, "id"),
        name=Text(zh=process.get("name", ""), en=english),
        line=_line_of(process),
        nodes=tuple(nodes),
        flows=tuple(flows),
    )


def _node_of(element: etree._Element) -> Node:
    kind = NodeKind(_local_name_of(element))
    described: list[etree._Element] = []
    english = ""
    for child in _children(element):
        if child.tag == f"{{{BPMN}}}documentation":
            english = english or _text_of(child)
        elif child.tag in (f"{{{BPMN}}}incoming", f"{{{BPMN}}}outgoing"):
            _text_of(child)
        elif child.tag == f"{{{BPMN}}}extensionElements" and kind is NodeKind.TASK:
            described += _children(child)
        else:
            raise ElementNotAllowed(element=_name_of(child), line=_line_of(child))
    identifier = _needed(element, "id")
    task = _task_of(element, identifier, english, described) if kind is NodeKind.TASK else None
    return Node(id=identifier, kind=kind, line=_line_of(element), task=task, default=element.get("default", ""))


def _task_of(element: etree._Element, identifier: str, english: str, described: list[etree._Element]) -> Task:
    for child in described:
        if child.tag != f"{{{OURS}}}task":
            raise ElementNotAllowed(element=_name_of(child), line=_line_of(child))
        _text_of(child)
    if len(described) != 1:
        raise TaskNotDescribed(element=_name_of(element), line=_line_of(element), id=identifier)
    said = described[0]
    role, verb, limit = _needed(said, "role"), _needed(said, "verb"), said.get("limit_days")
    if role not in Role.__members__.values():
        raise _not_allowed(said, "role")
    if verb not in Verb.__members__.values():
        raise _not_allowed(said, "verb")
    if limit is not None and not re.fullmatch(r"[1-9][0-9]{0,2}", limit):
        raise _not_allowed(said, "limit_days")
    return Task(
        id=TaskId(identifier),
        name=Text(zh=_needed(element, "name"), en=english),
        role=Role(role),
        verb=Verb(verb),
        limit_days=int(limit) if limit else None,
    )


def _flow_of(element: etree._Element) -> Flow:
    condition: str | None = None
    for child in _children(element):
        if child.tag == f"{{{BPMN}}}documentation":
            _text_of(child)
        elif child.tag != f"{{{BPMN}}}conditionExpression":
            raise ElementNotAllowed(element=_name_of(child), line=_line_of(child))
        elif condition is not None:
            raise ElementRepeated(element=_name_of(child), line=_line_of(child))
        else:
            condition = _text_of(child)
            if not condition:
                raise ConditionNotUnderstood(
                    element=_name_of(element), line=_line_of(child), id=_needed(element, "id"), position=1
                )
    return Flow(
        id=_needed(element, "id"),
        source=_needed(element, "sourceRef"),
        target=_needed(element, "targetRef"),
        line=_line_of(element),
        condition=condition or "",
    )


def _children(element: etree._Element) -> Iterator[etree._Element]:
    """The children of an allowed element, after a look at its own attributes; text between them says nothing."""
    allowed = ATTRIBUTES.get(_local_name_of(element), {})
    for attribute in element.attrib:  # names only: lxml looks each value up by going through them all
        name = str(attribute)
        if name.startswith("{"):
            continue
        if name not in allowed or allowed[name] not in (None, element.get(name)):
            raise _not_allowed(element, name)
    return iter(element)


def _text_of(element: etree._Element) -> str:
    for child in _children(element):
        raise ElementNotAllowed(element=_name_of(child), line=_line_of(child))
    return (element.text or "").strip()


def _needed(element: etree._Element, attribute: str) -> str:
    value = (element.get(attribute) or "").strip()
    if not value:
        raise AttributeMissing(element=_name_of(element), line=_line_of(element), attribute=attribute)
    return value


def _not_allowed(element: etree._Element, attribute: str) -> AttributeNotAllowed:
    return AttributeNotAllowed(
        element=_name_of(element),
        line=_line_of(element),
        attribute=attribute,
        value=(element.get(attribute) or "")[:60],
    )


def _name_of(element: etree._Element) -> str:
    tag = str(element.tag)
    return tag.removeprefix(f"{{{BPMN}}}")[:120]


def _local_name_of(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _namespace_of(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[0].removeprefix("{")


def _line_of(element: etree._Element) -> int:
    line: object = element.sourceline
    return line if isinstance(line, int) else 1


class _ConditionReader:
    """Reads one condition, a word at a time; nesting is counted so that depth stays bounded."""

    def __init__(self, source: str, flow: Flow) -> None:
        self.source = source
        self.flow = flow
        self.at = 0
        self.depth = 0
        self.kind = ""
        self.word = ""
        if len(source) > MOST_CONDITION:
            self.at = MOST_CONDITION
            raise self.wrong()
        self.step()

    def whole(self) -> Condition:
        condition = self.either()
        if self.kind:
            raise self.wrong()
        return condition

    def step(self) -> None:
        """Go to the next word; kind is empty at the end."""
        self.at += len(self.word)
        rest = self.source[self.at :]
        self.at += len(rest) - len(rest.lstrip())
        found = WORDS.match(self.source, self.at)
        if found is None:
            if self.at < len(self.source):
                raise self.wrong()
            self.kind = self.word = ""
            return
        self.kind = str(found.lastgroup)
        self.word = found[found.lastgroup or 0]
        if self.word in RESERVED:
            self.kind = "word"

    def take(self, word: str) -> bool:
        if self.kind in ("word", "sign") and self.word == word:
            self.step()
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise self.wrong()

    def wrong(self) -> ConditionNotUnderstood:
        flow = self.flow
        return ConditionNotUnderstood(element="sequenceFlow", line=flow.line, id=flow.id, position=self.at + 1)

    def either(self) -> Condition:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else AnyOf(of=tuple(parts))

    def both(self) -> Condition:
        parts = [self.negation()]
        while self.take("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else All(of=tuple(parts))

    def negation(self) -> Condition:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise self.wrong()
        if self.take("not"):
            condition: Condition = Not(of=self.negation())
        elif self.take("("):
            condition = self.either()
            self.expect(")")
        elif self.kind == "word" and self.word in ("true", "false"):
            condition = self.word == "true"
            self.step()
        else:
            condition = self.question()
        self.depth -= 1
        return condition

    def question(self) -> Condition:
        if self.kind != "name":
            raise self.wrong()
        name = self.word
        self.step()
        if self.take("in"):
            return self.membership(name)
        if self.kind != "sign" or self.word in "(),":
            return Compare(name=name, operator="==", value=True)
        operator = self.word
        self.step()
        if operator not in ("==", "!=") and self.kind != "number":
            raise self.wrong()
        return Compare(name=name, operator=operator, value=self.literal())

    def membership(self, name: str) -> Condition:
        self.expect("(")
        values = [self.literal()]
        while self.take(","):
            values.append(self.literal())
        self.expect(")")
        return Member(name=name, values=tuple(values))

    def literal(self) -> Fact:
        kind, word = self.kind, self.word
        if kind not in ("number", "string") and not (kind == "word" and word in CONSTANTS):
            raise self.wrong()
        self.step()
        if kind == "string":
            return word[1:-1]
        if kind == "word":
            return CONSTANTS[word]
        return Decimal(word) if "." in word else int(word)
