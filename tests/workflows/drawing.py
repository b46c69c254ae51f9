"""Small BPMN files for tests: nodes and arrows in, bytes out."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from tongban.workflows.rules import compile_process, read_process
from tongban.workflows.types import Graph

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:t="urn:tongban:process:1"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="urn:test">'
)
KINDS = {"start": "startEvent", "end": "endEvent", "xor": "exclusiveGateway", "and": "parallelGateway"}

Arrow = tuple[str, str] | tuple[str, str, str]


def wrap(body: str, head: str = HEAD) -> bytes:
    """A file with one process of this content, one element a line from line 3 on."""
    return f'{head}\n<process id="p" name="流程">\n{body}\n</process>\n</definitions>\n'.encode()


def task(identifier: str, verb: str = "examine", role: str = "REVIEWER", limit: str = "") -> str:
    """A user task on one line."""
    limited = f' limit_days="{limit}"' if limit else ""
    return (
        f'<userTask id="{identifier}" name="{identifier}步"><documentation>Step {identifier}</documentation>'
        f'<extensionElements><t:task role="{role}" verb="{verb}"{limited}/></extensionElements></userTask>'
    )


def draw(*arrows: Arrow, defaults: Iterable[str] = (), verbs: dict[str, str] | None = None) -> bytes:
    """A file from arrows `(source, target[, condition])`.

    A node's kind is the word its name begins with; others are tasks. `defaults` names arrows as "source>target".
    """
    chosen = {name.split(">")[0]: name for name in defaults}
    names = list(dict.fromkeys(name for arrow in arrows for name in arrow[:2]))
    lines = []
    for name in names:
        kind = KINDS.get(name.rstrip("0123456789"))
        if kind is None:
            lines.append(task(name, (verbs or {}).get(name, "examine")))
            continue
        default = f" default={quoteattr(flow_id(chosen[name]))}" if name in chosen else ""
        lines.append(f'<{kind} id="{name}"{default}/>')
    for source, target, *condition in arrows:
        asked = "".join(f"<conditionExpression>{escape(text)}</conditionExpression>" for text in condition)
        identifier = flow_id(f"{source}>{target}")
        lines.append(
            f'<sequenceFlow id="{identifier}" sourceRef="{source}" targetRef="{target}">{asked}</sequenceFlow>'
        )
    return wrap("\n".join(lines))


def flow_id(name: str) -> str:
    """The identifier of the arrow "source>target"."""
    return "f_" + name.replace(">", "_")


def compiled(*arrows: Arrow, defaults: Iterable[str] = (), verbs: dict[str, str] | None = None) -> Graph:
    """The graph of such a file."""
    return compile_process(read_process(draw(*arrows, defaults=defaults, verbs=verbs)))
