"""A hostile file is refused at once and reads nothing outside itself (security.md row 15, T16)."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflows.drawing import HEAD, Arrow, draw, wrap
from tongban.kernel.errors import Refusal
from tongban.workflows.errors import (
    AttributeNotAllowed,
    DoctypeNotAllowed,
    ElementNotAllowed,
    NestedTooDeeply,
    NotWellFormed,
    ProcessTooLarge,
    TooManyElements,
)
from tongban.workflows.rules import compile_process, read_process
from tongban.workflows.types import MOST_BYTES

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<?xml version="1.0"?>\n<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]>\n<d name="&l11;">&l11;</d>'
DEEP = 100_000
SECONDS = 0.1


def cost_of(act: Callable[[], object]) -> float:
    """Processor seconds of an act: the least of three, since a busy machine adds and never takes away."""
    spent = []
    for _ in range(3):
        began = time.process_time()
        act()
        spent.append(time.process_time() - began)
    return min(spent)


def refused_quickly(xml: bytes, refusal: type[Refusal]) -> Refusal:
    answers: list[Refusal] = []

    def read() -> None:
        try:
            read_process(xml)
        except Refusal as refused:
            answers.append(refused)

    cost = cost_of(read)
    assert len(answers) == 3
    assert isinstance(answers[0], refusal)
    assert cost < SECONDS
    return answers[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-16-le"])
def test_a_billion_laughs_are_refused(encoding: str) -> None:
    refusal = refused_quickly(BOMB.encode(encoding), DoctypeNotAllowed)
    assert refusal.facts == {"element": "DOCTYPE", "line": 2}


def test_a_document_type_hidden_by_an_encoding_is_refused() -> None:
    hidden = b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE d><d/>'
    assert b"<!DOCTYPE" not in hidden
    refused_quickly(hidden, DoctypeNotAllowed)


@pytest.mark.parametrize("where", ["SYSTEM", 'PUBLIC "-//x//y"'])
def test_external_entities_and_document_types_are_refused(where: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret words")
    address = secret.as_uri()
    inside = f'<!DOCTYPE d [<!ENTITY e {where} "{address}">]>'
    for doctype in (
        inside,
        f'<!DOCTYPE d {where} "{address}">',
        f'<!DOCTYPE d [<!ENTITY % e {where} "{address}"> %e;]>',
    ):
        refusal = refused_quickly((doctype + HEAD + "&e;</definitions>").encode(), DoctypeNotAllowed)
        assert "secret words" not in str(refusal) + str(refusal.facts)


def test_an_inclusion_is_refused_and_not_followed() -> None:
    body = '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/hostname" parse="text"/>'
    refused_quickly(wrap(body), ElementNotAllowed)


def test_a_script_task_is_refused_by_name() -> None:
    body = '<startEvent id="s"/>\n<scriptTask id="x"><script>import os</script></scriptTask>'
    assert refused_quickly(wrap(body), ElementNotAllowed).facts == {"element": "scriptTask", "line": 4}


def test_great_depth_is_refused() -> None:
    refused_quickly(("<a>" * DEEP + "</a>" * DEEP).encode(), NotWellFormed)
    shape = '<d:x xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI">' * 60 + "</d:x>" * 60
    refused_quickly(f"{HEAD}{shape}</definitions>".encode(), NestedTooDeeply)


def test_a_file_over_the_size_limit_is_refused_unread() -> None:
    refusal = refused_quickly(b" " * (MOST_BYTES + 1), ProcessTooLarge)
    assert refusal.facts == {"size": MOST_BYTES + 1, "most": MOST_BYTES}
    refused_quickly(b"<" * (100 * MOST_BYTES), ProcessTooLarge)


def test_too_many_elements_are_refused_where_the_limit_is_passed() -> None:
    body = "\n".join(f'<endEvent id="e{number}"/>' for number in range(20_000))
    assert refused_quickly(wrap(body), TooManyElements).facts == {"element": "endEvent", "line": 2_003, "most": 2_000}
    assert len(read_process(wrap("\n".join(body.splitlines()[:2_000]))).nodes) == 2_000


def test_a_file_stuffed_with_attributes_or_text_is_refused_quickly() -> None:
    many = " ".join(f'a{number}="x"' for number in range(50_000))
    refused_quickly(wrap(f"<startEvent {many}/>"), AttributeNotAllowed)
    foreign = many.replace("a", "x:a")
    decorated = wrap(f'<startEvent xmlns:x="urn:x" id="s" {foreign}/>')
    assert cost_of(lambda: read_process(decorated)) < SECONDS
    refused_quickly(wrap("<laneSet/>" * 90_000), ElementNotAllowed)


def test_a_million_markings_are_never_tried_one_by_one() -> None:
    """Choices that remember themselves in parallel branches: 2^40 markings. Refused or proved within two seconds."""
    arrows: list[Arrow] = [("start", "and1"), ("and2", "end")]
    defaults = []
    for branch in range(100, 140):
        arrows += [("and1", f"xor{branch}"), (f"xor{branch}", f"a{branch}", "x"), (f"xor{branch}", f"b{branch}")]
        arrows += [(f"a{branch}", f"end{branch}"), (f"b{branch}", f"end9{branch}")]
        defaults.append(f"xor{branch}>b{branch}")
    arrows += [("and1", "and2")]
    process = read_process(draw(*arrows, defaults=defaults))
    began = time.process_time()
    with pytest.raises(Refusal):
        compile_process(process)
    assert time.process_time() - began < 2
