"""One form that asks every kind of question."""

from typing import Any

import msgspec

from tongban.forms.rules import compile_form
from tongban.forms.types import CompiledForm, FormDefinition

PROPERTIES: dict[str, Any] = {
    "shop": {"type": "string", "minLength": 2, "maxLength": 100},
    "story": {"type": "string", "maxLength": 2000},
    "area": {"type": "number", "exclusiveMinimum": 0, "maximum": 100000},
    "staff": {"type": "integer", "minimum": 1, "maximum": 5000},
    "rent": {"type": "integer", "minimum": 100, "maximum": 500_000_000},
    "opens_on": {"type": "string", "format": "date"},
    "sort": {"type": "string", "enum": ["restaurant", "snack", "canteen"]},
    "dishes": {"type": "array", "items": {"type": "string", "enum": ["hot", "cold", "raw"]}, "uniqueItems": True},
    "delivers": {"type": "boolean"},
    "platforms": {"type": "string", "minLength": 2, "maxLength": 100},
    "riders": {"type": "integer", "minimum": 1, "maximum": 100},
    "phone": {"type": "string", "format": "cn-phone"},
    "id_number": {"type": "string", "format": "cn-id"},
    "uscc": {"type": "string", "format": "cn-uscc"},
    "postcode": {"type": "string", "format": "cn-postcode"},
    "place": {"type": "string", "format": "cn-region"},
    "mail": {"type": "string", "format": "email"},
    "plates": {"type": "array", "items": {"type": "string", "minLength": 7, "maxLength": 8}, "maxItems": 3},
    "owner": {
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {"name": {"type": "string", "maxLength": 50}, "born_on": {"type": "string", "format": "date"}},
    },
    "machines": {
        "type": "array",
        "maxItems": 3,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["model", "power"],
            "properties": {"model": {"type": "string", "maxLength": 50}, "power": {"type": "number", "maximum": 100}},
        },
    },
    "agrees": {"type": "boolean", "const": True},
}

LAYOUTS: dict[str, dict[str, Any]] = {
    "shop": {"hint": {"zh": "就是招牌上的名字。", "en": "The name on your sign."}, "prefill": "entity.name"},
    "area": {"unit": {"zh": "平方米", "en": "m²"}},
    "rent": {"kind": "MONEY"},
    "sort": {"options": {c: {"zh": f"{c}（中）", "en": c.title()} for c in ("restaurant", "snack", "canteen")}},
    "dishes": {"options": {c: {"zh": f"{c}菜", "en": f"{c.title()} dishes"} for c in ("hot", "cold", "raw")}},
    "platforms": {"show_if": {"field": "delivers", "equals": True}},
    "riders": {"show_if": {"field": "platforms", "equals": "Own riders"}},
    "phone": {"prefill": "entity.phone"},
    "opens_on": {"prefill": "licence.opens_on"},
    "place": {"options": {"511602000000": {"zh": "广安区", "en": "Guang'an District"}}},
}
PARTS = ("owner.name", "owner.born_on", "machines.model", "machines.power")
REQUIRED = ["shop", "area", "platforms", "riders"]


def document(**changes: Any) -> dict[str, Any]:
    """The form as its file would read, with some top-level keys changed."""
    names = list(PROPERTIES)
    label = {name: {"label": {"zh": f"问{name}", "en": f"Ask {name}"}} for name in (*names, *PARTS)}
    return {
        "code": "every-kind",
        "version": 1,
        "title": {"zh": "什么都问", "en": "Everything"},
        "schema": {
            "type": "object",
            "additionalProperties": False,
            "required": REQUIRED,
            "properties": PROPERTIES,
        },
        "fields": {name: written | LAYOUTS.get(name, {}) for name, written in label.items()},
        "pages": [
            {"code": "first", "title": {"zh": "一", "en": "One"}, "fields": names[:9]},
            {"code": "second", "title": {"zh": "二", "en": "Two"}, "fields": names[9:]},
        ],
    } | changes


def form(**changes: Any) -> CompiledForm:
    """`document`, compiled."""
    return compile_form(msgspec.convert(document(**changes), FormDefinition))


def small_form(schema: dict[str, Any], **layout: Any) -> CompiledForm:
    """A form of one question `x`."""
    return form(
        schema={"type": "object", "additionalProperties": False, "properties": {"x": schema}},
        fields={"x": {"label": {"zh": "问", "en": "Ask"}} | layout},
        pages=[{"code": "only", "title": {"zh": "问", "en": "Ask"}, "fields": ["x"]}],
    )


GOOD = {"shop": "示例面馆", "area": 42}
