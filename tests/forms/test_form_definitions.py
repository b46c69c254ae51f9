"""A form definition is compiled once, or refused with the reason."""

import socket
import time
from typing import Any

import msgspec
import pytest

from tests.forms.given import document, form, small_form
from tests.requirements import requirement
from tongban.forms import errors
from tongban.forms.rules import check, compile_form, page_of
from tongban.forms.types import FieldKind, FormDefinition


def schema(**changes: Any) -> dict[str, Any]:
    return {**document()["schema"], **changes}


@requirement("CASE-30")
def test_fields_take_kind_order_and_needs_from_schema_and_layout() -> None:
    made = form()
    kinds = {name: field.kind for name, field in made.fields.items()}
    assert kinds["shop"] is FieldKind.TEXT
    assert kinds["story"] is FieldKind.LONG_TEXT
    assert kinds["rent"] is FieldKind.MONEY
    assert kinds["dishes"] is FieldKind.CHOICES
    assert kinds["plates"] is FieldKind.LINES
    assert kinds["owner"] is FieldKind.GROUP
    assert kinds["machines"] is FieldKind.ROWS
    assert kinds["id_number"] is FieldKind.ID_NUMBER
    assert set(kinds.values()) == set(FieldKind)
    assert [p.name for p in made.fields["machines"].parts] == ["model", "power"]
    assert made.fields["shop"].required
    assert not made.fields["story"].required
    assert page_of(made, "second").fields[0] == "platforms"


def test_a_field_some_rule_may_require_is_not_called_optional() -> None:
    rule = {
        "if": {"properties": {"delivers": {"const": True}}, "required": ["delivers"]},
        "then": {"required": ["mail"]},
    }
    assert form(schema=schema(allOf=[rule])).fields["mail"].required


def test_equal_definitions_are_compiled_once() -> None:
    assert form() is form()
    assert form(version=2) is not form()


def test_an_unknown_page_is_not_found() -> None:
    with pytest.raises(errors.PageNotFound):
        page_of(form(), "third")


@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:1/schema", "file:///etc/passwd", "other.json", "#anchor", "#/nowhere", "//host/x"]
)
def test_a_reference_outside_the_form_is_refused_without_fetching(
    reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("went to the network"))
    with pytest.raises(errors.FormRefersElsewhere):
        small_form({"$ref": reference})


def test_a_local_reference_is_followed() -> None:
    defined = schema(**{"$defs": {"tel": {"type": "string", "format": "cn-phone"}}})
    defined["properties"] = defined["properties"] | {"phone": {"$ref": "#/$defs/tel"}}
    assert form(schema=defined).fields["phone"].kind is FieldKind.PHONE


@pytest.mark.parametrize(
    "definitions",
    [
        {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
        {"a": {"properties": {"again": {"$ref": "#"}}}},
    ],
)
def test_a_form_that_refers_to_itself_is_refused(definitions: dict[str, Any]) -> None:
    with pytest.raises((errors.FormTooDeep, errors.FormTooLarge)):
        form(schema=schema(**{"$defs": definitions}))


def test_a_bomb_of_references_is_refused_quickly() -> None:
    bomb = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 10} for n in range(9)} | {"d9": {}}
    began = time.perf_counter()
    with pytest.raises(errors.FormTooLarge):
        form(schema=schema(**{"$defs": bomb}))
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("levels", [33, 100_000])
def test_a_form_nested_too_deeply_is_refused(levels: int) -> None:
    deep: dict[str, Any] = {}
    for _ in range(levels):
        deep = {"not": deep}
    definition = msgspec.structs.replace(
        msgspec.convert(document(), FormDefinition), schema=schema(properties={"shop": deep})
    )
    with pytest.raises(errors.FormTooDeep):
        compile_form(definition)
    while deep:
        deep = deep.pop("not")


def test_a_form_of_more_than_256_kib_is_refused() -> None:
    with pytest.raises(errors.FormTooLarge):
        small_form({"type": "string", "description": "x" * 256 * 1024})


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?<!a)b", r"(a)\1", "(a{1000}){1000}", "("])
def test_a_pattern_that_may_take_more_than_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(errors.PatternTooCostly):
        small_form({"type": "string", "pattern": pattern})
    with pytest.raises(errors.PatternTooCostly):
        small_form({"type": "object", "patternProperties": {pattern: {}}})


def test_a_pattern_that_ruins_backtracking_engines_is_harmless() -> None:
    made = small_form({"type": "string", "pattern": "^(a+)+$"})
    began = time.perf_counter()
    assert [p.code for p in check(made, {"x": "a" * 9_000 + "!"})] == ["pattern"]
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ({"type": "strin"}, errors.FormSchemaNotValid),
        ({"type": "string", "format": "cn-unheard-of"}, errors.FormSchemaNotValid),
        ({"type": "string", "minLength": -1}, errors.FormSchemaNotValid),
        ({"type": ["string", "null"]}, errors.FieldNotUsable),
        ({"type": "string", "enum": ["a", "b"]}, errors.FieldWithoutLabel),
        ({"type": "array", "items": {"enum": [1, 2]}}, errors.FieldNotUsable),
        ({"type": "object", "properties": {}}, errors.FieldNotUsable),
        (True, errors.FieldNotUsable),
        ({"type": "string", "default": "\ud800"}, errors.FormSchemaNotValid),
    ],
)
def test_a_property_nobody_can_ask_for_is_refused(written: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        small_form(written)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"schema": schema(additionalProperties=True)}, errors.FormNotClosed),
        ({"schema": schema(type="array")}, errors.FormNotClosed),
        ({"schema": schema(required=["ghost"])}, errors.FieldNotDefined),
        ({"fields": document()["fields"] | {"ghost": {"label": {"zh": "鬼", "en": "Ghost"}}}}, errors.FieldNotDefined),
        ({"fields": {}}, errors.FieldWithoutLabel),
        ({"pages": document()["pages"][:1]}, errors.FieldNotOnOnePage),
        ({"pages": document()["pages"] + document()["pages"][:1]}, errors.FieldNotOnOnePage),
    ],
)
def test_a_form_that_does_not_fit_together_is_refused(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        form(**changes)


@pytest.mark.parametrize(
    ("field", "condition"),
    [
        ("shop", {"field": "shop", "equals": "x"}),
        ("shop", {"field": "ghost", "equals": "x"}),
        ("shop", {"field": "sort", "equals": "no such option"}),
        ("shop", {"field": "delivers", "equals": "true"}),
        ("delivers", {"field": "riders", "equals": 1}),
    ],
)
def test_a_condition_that_never_comes_true_is_refused(field: str, condition: dict[str, Any]) -> None:
    fields = document()["fields"]
    with pytest.raises(errors.ConditionNotUsable):
        form(fields=fields | {field: fields[field] | {"show_if": condition}})
