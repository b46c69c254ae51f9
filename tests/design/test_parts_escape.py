import re
from collections.abc import Callable

import pytest
from lxml import html

from tests.design.drawing import TEMPLATES, environment, part

BAD = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>&"""
NAMES = [
    *(
        "label",
        "value",
        "source",
        "note",
        "href",
        "change",
        "title",
        "status",
        "hint",
        "id",
        "what",
        "at",
        "iso",
        "who",
    ),
    *("text", "name", "link", "link_text", "tag", "message", "was", "consequence", "key", "reason", "count"),
]
ROW: dict[str, object] = dict.fromkeys(NAMES, BAD) | {
    "share": 50,
    "cells": [BAD, BAD],
    "facts": [BAD],
    "numeric": False,
    "sorted": "ascending",
}
WITHOUT_REASON = {name: value for name, value in ROW.items() if name != "reason"}

CALLS: dict[str, list[str]] = {
    "actions": [
        "it.button(bad, name=bad, value=bad, key=bad, busy=bad, formaction=bad, describedby=bad)",
        "it.link_button(bad, bad, key=bad, describedby=bad, arrow=true)",
        "it.key(bad)",
        "it.print_button(bad)",
        "it.act_bar([row], bad, bad)",
        "it.act_bar([{'text': bad, 'refused': bad}])",
        "it.saved_line()",
    ],
    "entries": [
        "it.typed_field(bad, bad, [{'href': '#' ~ bad, 'message': bad}], bad, bad, bad, bad, bad, bad, bad)",
        "it.code_field([{'href': '#code', 'message': bad}], hint=bad)",
    ],
    "messages": [
        "it.tag(bad)",
        "it.notice(bad, live=true)",
        "it.error_summary([row], bad)",
        "it.status_banner(bad, bad, lines=[bad], href=bad)",
        "it.empty_state(bad, bad, bad, bad)",
        "it.confirmed(bad)",
        "it.opening_line({'mode': 'READ_ONLY', 'reason': bad, 'until': bad})",
        "it.opening_end({'until': bad})",
    ],
    "lists": [
        "it.summary_list([row])",
        "it.task_list([row, {'title': bad, 'status': bad}])",
        "it.timeline([row])",
        "it.steps([row])",
        "it.materials([row, plain])",
        "it.link_list([row])",
        "it.search_results([row])",
        "it.topics([row])",
        "it.queue([row])",
    ],
    "figures": [
        "it.facts([row])",
        "it.figure(bad, bad, bad, bad, bad, bad)",
        "it.bars([row])",
        "it.clock(bad, bad, 3, 5, bad, '', bad)",
        "it.meter(3, 5)",
    ],
    "tables": [
        "it.data_table(bad, [row, row], [row], foot=[bad, bad])",
        "it.data_table(bad, [row, row], [row], cards=false)",
        "it.filter_select(bad, bad, [row], bad)",
        "it.filter_text(bad, bad, bad)",
        "it.chips([row])",
        "it.pager(bad, exact=bad, first_href=bad, next_href=bad, label=bad)",
        "it.pager(1, more_than=bad)",
        "it.pager(bad)",
    ],
    "navigation": [
        "it.breadcrumbs([row, row])",
        "it.back_link(bad, bad)",
        "it.search_box(bad, bad, bad, bad, bad, bad, key=bad, id=bad)",
        "it.tries(bad, [row])",
        "it.tabs([row], bad)",
        "it.contents([row], bad)",
        "it.language_switch('en', bad)",
    ],
    "sheets": [
        "it.receipt(bad, bad, [row])",
        "it.sheet_head(bad, bad, bad)",
        "it.sheet_table([row], bad)",
        "it.sign_lines([bad])",
        "it.sheet_foot([bad])",
    ],
    "signs": ["it.number(bad)", "it.mark()", "it.sign('info')"],
}
BODY = {"buttons", "filters"}


@pytest.mark.parametrize(("file", "call"), [(file, call) for file, calls in CALLS.items() for call in calls])
def test_hostile_words_stay_words(file, call):
    drawn = part(file, "{{ " + call + " }}", bad=BAD, row=ROW, plain=WITHOUT_REASON)
    tree = html.fromstring(f"<div>{drawn}</div>")
    assert tree.xpath("//script | //img | //@onerror") == []
    assert "<script>" not in drawn


@pytest.mark.parametrize(
    ("file", "macro"), [("actions", "buttons()"), ("tables", "filters(bad, bad, bad)"), ("messages", "notice(bad)")]
)
def test_bodies_of_calls_are_escaped_too(file, macro):
    drawn = part(file, "{% call it." + macro + " %}{{ bad }}{% endcall %}", bad=BAD)
    assert html.fromstring(f"<div>{drawn}</div>").xpath("//script | //img") == []


def test_every_part_is_tried():
    for file, calls in CALLS.items():
        source = (TEMPLATES / "components" / f"{file}.html").read_text()
        tried = {call.split("(")[0].removeprefix("it.") for call in calls} | BODY
        assert set(re.findall(r"{% macro ([a-z_]+)", source)) <= tried


def test_every_file_of_parts_is_tried():
    assert {path.stem for path in (TEMPLATES / "components").glob("*.html")} - {"fields"} == set(CALLS)


def drawn_list(call: str, **names: object) -> html.HtmlElement:
    kind = "figures" if "clock" in call or "meter" in call else "lists"
    return html.fromstring("<div>" + part(kind, "{{ it." + call + " }}", **names) + "</div>")


def test_a_long_number_breaks_after_its_hyphens_and_copies_whole():
    number = "12511602MB1234567X3-511602001002-20260302-0007"
    drawn = html.fromstring(part("signs", "{{ it.number(number) }}", number=number))
    assert drawn.text_content() == number
    assert len(drawn.xpath(".//wbr")) == 3


def test_an_exempt_material_is_struck_through_with_its_reason():
    tree = drawn_list("materials([{'name': 'Licence', 'reason': 'We check it.'}])")
    assert tree.xpath("string(.//s)") == "Licence"
    assert "We check it." in tree.text_content()


@pytest.mark.parametrize(
    ("used", "promised", "filled", "blocks"), [(3, 5, 3, 5), (0, 1, 0, 1), (9, 5, 5, 5), (1, 0, 1, 1)]
)
def test_the_meter_has_one_block_a_day(used, promised, filled, blocks):
    tree = drawn_list(f"meter({used}, {promised})")
    assert len(tree.xpath(".//rect")) == blocks
    assert len(tree.xpath(".//rect[@class='used']")) == filled


def test_a_long_promise_is_one_bar_that_never_overflows():
    tree = drawn_list("meter(200, 90)")
    assert [float(width) for width in tree.xpath(".//rect/@width")] == [300, 300]


def test_a_count_is_exact_or_says_more_than():
    tables: Callable[[str], str] = lambda call: part("tables", "{{ it." + call + " }}")  # noqa: E731
    assert "2 of 41 shown" in tables("pager(2, exact=41)")
    assert "50 of more than 10000 shown" in tables("pager(50, more_than=10000)")
    assert "of" not in html.fromstring(tables("pager(50)")).text_content()


def test_a_missing_fact_fails_instead_of_showing_nothing():
    with pytest.raises(Exception, match="has no attribute"):
        environment().from_string(
            '{% from "components/lists.html" import topics %}{{ topics([{"title": "a", "href": "#"}]) }}'
        ).render()
