"""Every form of our catalogue compiles, shows in two languages and can be filled."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from tests.forms.on_screen import draw, fields_of
from tests.requirements import requirement
from tongban.forms.rules import check, compile_form, merge_page, read_page, summary
from tongban.forms.types import CompiledForm, Field, FieldKind, FormDefinition

FILES = sorted((Path(__file__).parents[2] / "data" / "forms").glob("*.yaml"))
ANSWERS = {
    FieldKind.TEXT: "示例大街18号院",
    FieldKind.LONG_TEXT: "两行\n说明",
    FieldKind.PHONE: "１３８ 0000 0000",
    FieldKind.ID_NUMBER: "11010519491231002x",
    FieldKind.USCC: "11100000000013338w",
    FieldKind.POSTCODE: "638000",
    FieldKind.REGION: "511602000000",
    FieldKind.YES_NO: "true",
    FieldKind.LINES: "\n".join(f"川A1234{n}" for n in range(5)),
}


def read(path: Path) -> CompiledForm:
    return compile_form(msgspec.convert(yaml.safe_load(path.read_text("utf-8")), FormDefinition))


def test_there_are_forms() -> None:
    assert len(FILES) >= 20


@requirement("CASE-30")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_form_compiles_shows_and_can_be_filled(path: Path) -> None:
    form = read(path)
    assert form.code == path.stem
    answers: dict[str, Any] = {}
    for page in form.pages:
        for language in ("zh-hans", "en"):
            drawn = draw(form, page, language=language)
            assert {name.split("-")[0].split(".")[0] for name in fields_of(drawn)} == set(page.fields)
        answers = merge_page(answers, page, read_page(form, page, filled(form, page.fields)))
    assert [problem for problem in check(form, answers) if problem.code not in KNOWN_BY_HAND] == []
    assert [row.field for row in summary(form, answers, "en") if not row.lines] == []


KNOWN_BY_HAND = ("pattern", "min_length", "max_length")


def filled(form: CompiledForm, names: tuple[str, ...]) -> dict[str, list[str]]:
    posted: dict[str, list[str]] = {}
    for name in names:
        field = form.fields[name]
        posted |= value_for(field, name, form)
        if field.show_if is None and (wanted := awaited(form, name)) is not None:
            posted[name] = [wanted]
    return posted


def awaited(form: CompiledForm, name: str) -> str | None:
    for other in form.fields.values():
        if other.show_if and other.show_if.field == name:
            return (
                str(other.show_if.equals).lower()
                if isinstance(other.show_if.equals, bool)
                else str(other.show_if.equals)
            )
    return None


def value_for(field: Field, path: str, form: CompiledForm) -> dict[str, list[str]]:
    if field.parts:
        at = f"{path}.0" if field.kind is FieldKind.ROWS else path
        return {k: v for part in field.parts for k, v in value_for(part, f"{at}.{part.name}", form).items()}
    if field.kind is FieldKind.DATE:
        return {f"{path}-year": ["２０２６"], f"{path}-month": ["3"], f"{path}-day": ["2"]}
    if field.options and field.kind is not FieldKind.YES_NO:
        return {path: [field.options[0].code]}
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.MONEY):
        return {path: [str(largest(form, path))]}
    return {path: [ANSWERS[field.kind]]}


def largest(form: CompiledForm, path: str) -> int:
    """A figure the field takes, found by asking the validator."""
    for figure in (1, 10, 100, 200, 2020, 1000, 10_000):
        if not [p for p in check(form, {path.split(".", 1)[0]: figure}) if p.field == path and "." not in path]:
            return figure
    raise AssertionError(path)
