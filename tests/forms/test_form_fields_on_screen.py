"""Fields as a browser and a screen reader meet them: labelled, described, escaped, translated."""

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from tests.forms.given import GOOD, document, form, small_form
from tests.forms.on_screen import TEMPLATES, browse, draw
from tests.requirements import requirement
from tongban.forms import errors
from tongban.forms.rules import MESSAGES, check
from tongban.forms.types import Prefill
from tongban.kernel.errors import HouseError, message_of
from tongban.kernel.types import Text

FORM = form()
FIRST, SECOND = FORM.pages
PO = Path(__file__).parents[2] / "tongban" / "locale" / "zh_Hans" / "forms.po"
BAD: dict[str, Any] = {
    "area": "约一百", "staff": 0, "rent": "x", "opens_on": {"year": "2026", "month": "13", "day": ""}, "sort": "palace",
    "dishes": ["stone"], "delivers": "maybe", "story": "x" * 3000, "phone": "1", "id_number": "1", "uscc": "1",
    "postcode": "1", "place": "1", "mail": "1", "plates": ["1"], "owner": {"born_on": "x"},
    "machines": [{"power": "y"}], "agrees": False,
}  # fmt: skip
HOSTILE = "\"><script>alert(1)</script>'&{{ 7*7 }}{0}%s"


def catalogue() -> dict[str, str]:
    with PO.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id}


@pytest.mark.parametrize("answers", [{}, GOOD, BAD], ids=["empty", "good", "bad"])
@pytest.mark.parametrize("page", FORM.pages, ids=["first", "second"])
def test_every_control_has_a_label_and_every_description_exists(page: Any, answers: dict[str, Any]) -> None:
    browser = browse(draw(FORM, page, answers, problems=check(FORM, answers)))
    assert len(browser.ids) == len(set(browser.ids))
    labelled = {found["for"] for tag, found in browser.elements if tag == "label"}
    for tag, found in browser.elements:
        if tag in ("input", "select", "textarea"):
            assert found["id"] in labelled
        for described in (found.get("aria-describedby") or "").split():
            assert described in browser.ids
    assert sum(tag == "fieldset" for tag, _ in browser.elements) == sum(tag == "legend" for tag, _ in browser.elements)


def test_each_problem_stands_at_its_input_and_can_be_linked_to() -> None:
    problems = check(FORM, BAD)
    assert len(problems) > 15
    browsers = [browse(draw(FORM, page, BAD, problems=problems)) for page in FORM.pages]
    ids = {name for browser in browsers for name in browser.ids}
    for problem in problems:
        assert problem.input_id in ids
        assert problem.input_id + "--error" in ids
        assert any(problem.said(problem.message) in browser.text for browser in browsers)
    marked = [found for browser in browsers for _, found in browser.elements if found.get("aria-invalid") == "true"]
    assert {"f-area", "f-staff", "f-opens_on", "f-sort", "f-owner-name", "f-machines-0-power"} <= {
        m["id"] for m in marked
    }
    alerts = [found for browser in browsers for _, found in browser.elements if found.get("role") == "alert"]
    assert len(alerts) == len(problems)
    assert "aria-invalid" not in draw(FORM, FIRST, GOOD)
    assert "field-error" not in draw(FORM, FIRST, GOOD)


def test_kinds_choose_their_keyboards_and_controls() -> None:
    browser = browse(draw(FORM, FIRST) + draw(FORM, SECOND))
    by_id = {found["id"]: (tag, found) for tag, found in browser.elements if "id" in found}
    assert by_id["f-area"][1]["inputmode"] == "decimal"
    assert by_id["f-staff"][1]["inputmode"] == "numeric"
    assert by_id["f-phone"][1]["type"] == "tel"
    assert by_id["f-phone"][1]["autocomplete"] == "tel"
    assert by_id["f-mail"][1]["type"] == "email"
    assert by_id["f-story"][0] == by_id["f-plates"][0] == "textarea"
    assert by_id["f-place"][0] == "select"
    assert by_id["f-sort"][1]["type"] == "radio"
    assert by_id["f-dishes"][1]["type"] == "checkbox"
    assert [by_id[i][1]["name"] for i in ("f-opens_on", "f-opens_on-month", "f-opens_on-day")] == [
        "opens_on-year", "opens_on-month", "opens_on-day",
    ]  # fmt: skip
    assert "input-short" in str(by_id["f-area"][1]["class"])
    assert by_id["f-shop"][1]["aria-required"] == "true"
    assert "aria-required" not in by_id["f-mail"][1]


def test_a_long_list_of_choices_becomes_a_menu() -> None:
    many = [f"c{n}" for n in range(11)]
    made = small_form({"type": "string", "enum": many}, options={c: {"zh": c, "en": c} for c in many})
    browser = browse(draw(made, made.pages[0], {"x": "c7"}))
    assert browser.posted == {"x": ["c7"]}
    assert browser.elements[1][0] != "legend"


@pytest.mark.parametrize("kind", list(FORM.fields))
def test_nothing_anyone_wrote_becomes_markup(kind: str) -> None:
    answer: Any = {
        "owner": {"name": HOSTILE, "born_on": HOSTILE},
        "machines": [{"model": HOSTILE, "power": HOSTILE}],
    }.get(kind, HOSTILE)
    for value in (answer, [HOSTILE], {"year": HOSTILE, "month": HOSTILE}):
        for page in FORM.pages:
            drawn = draw(FORM, page, {kind: value}, problems=check(FORM, {kind: value}))
            assert "<script" not in drawn
            assert "49" not in re.sub(r"\d{12}", "", drawn)


def test_labels_sources_and_translations_are_escaped_too() -> None:
    evil = Text(zh=HOSTILE, en=HOSTILE)
    made = form(
        fields={
            name: layout | {"label": {"zh": HOSTILE, "en": HOSTILE}} for name, layout in document()["fields"].items()
        }
    )
    facts = {"shop": Prefill(value="示例", source=evil)}
    drawn = draw(made, made.pages[0], {"shop": "示例"}, prefills=facts, problems=check(made, BAD))
    assert "<script" not in drawn
    assert f"Filled in from {HOSTILE}. Change it if it is wrong." in browse(drawn).text


def test_a_prefilled_field_names_its_source_and_is_described_by_it() -> None:
    facts = {"shop": Prefill(value="示例面馆", source=Text(zh="营业执照", en="your business licence"))}
    browser = browse(draw(FORM, FIRST, {"shop": "示例面馆"}, prefills=facts))
    assert "Filled in from your business licence. Change it if it is wrong." in browser.text
    shop = next(found for _, found in browser.elements if found.get("id") == "f-shop")
    assert shop["aria-describedby"] == "f-shop--hint f-shop--source"
    assert shop["value"] == "示例面馆"


@requirement("CASE-30")
def test_what_is_shown_posts_back_what_was_typed() -> None:
    browser = browse(draw(FORM, FIRST, BAD) + draw(FORM, SECOND, BAD))
    assert browser.posted["area"] == ["约一百"]
    assert browser.posted["opens_on-month"] == ["13"]
    assert browser.posted["owner.born_on-year"] == ["x"]
    assert browser.posted["machines.0.power"] == ["y"]
    assert browser.posted["machines.1.power"] == [""]


def test_rows_offer_one_more_up_to_their_limit() -> None:
    row = {"model": "X", "power": 1}
    for given, offered in ((0, 1), (1, 2), (3, 3)):
        names = browse(draw(FORM, SECOND, {"machines": [row] * given})).names
        assert sum(name.endswith(".model") for name in names) == offered


def test_every_sentence_has_its_chinese_and_keeps_its_facts() -> None:
    chinese = catalogue()
    with (TEMPLATES / "components" / "fields.html").open("rb") as file:
        drawn = {message for _line, _f, message, _c in babel_extract(file, ("_",), (), {"trimmed": "true"})}
    kinds = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, HouseError)]
    own = {message_of(kind) for kind in kinds if kind.__module__ == errors.__name__}
    wanted = {str(m) for m in drawn if m} | set(MESSAGES.values()) | own
    assert wanted == set(chinese)
    for english, translated in chinese.items():
        assert re.search(r"[\u4e00-\u9fff]", translated)
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", translated))


def test_the_page_speaks_chinese() -> None:
    chinese = catalogue()
    text = browse(
        draw(FORM, FIRST, BAD, problems=check(FORM, BAD), language="zh-hans", translate=chinese.__getitem__)
    ).text
    assert "请用数字填写" in text
    assert "（选填）" in text
    assert "Enter" not in text
