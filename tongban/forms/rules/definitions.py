"""Compile a form: bounded, closed, linear in time, every field labelled and on one page."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
import msgspec

from tongban.forms import errors
from tongban.forms.rules.formats import FORMATS
from tongban.forms.types import NO, YES, CompiledForm, Field, FieldKind, FieldLayout, FormDefinition, Option, Page

MOST_BYTES = 256 * 1024
MOST_DEPTH = 32
MOST_NODES = 20_000

LONG_FROM = 200

_KIND_OF_TYPE = {
    "integer": FieldKind.INTEGER,
    "number": FieldKind.NUMBER,
    "boolean": FieldKind.YES_NO,
    "object": FieldKind.GROUP,
}
_KIND_OF_ITEMS = {"string": FieldKind.LINES, "object": FieldKind.ROWS}
_KIND_OF_FORMAT = {
    "date": FieldKind.DATE,
    "cn-phone": FieldKind.PHONE,
    "cn-id": FieldKind.ID_NUMBER,
    "cn-uscc": FieldKind.USCC,
    "cn-postcode": FieldKind.POSTCODE,
    "cn-region": FieldKind.REGION,
    "email": FieldKind.TEXT,
}
_WIDTHS = {
    FieldKind.NUMBER: "short",
    FieldKind.INTEGER: "short",
    FieldKind.POSTCODE: "short",
    FieldKind.MONEY: "short",
    FieldKind.PHONE: "medium",
    FieldKind.ID_NUMBER: "medium",
    FieldKind.USCC: "medium",
    FieldKind.REGION: "medium",
}
_AUTOCOMPLETE = {"cn-phone": "tel", "cn-postcode": "postal-code", "email": "email"}
_WRITTEN = (FieldKind.TEXT, FieldKind.LONG_TEXT)

_REFERRING = ("$ref", "$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor")

_BOUNDS = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"))
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_SOURCE = re.compile(r"[a-z]+\.[a-z][a-z0-9_]*")


def compile_form(definition: FormDefinition) -> CompiledForm:
    """A definition found sound and made ready, remembered by content. Errors: `tongban.forms.errors`."""
    _check_extent(definition)
    try:
        written = msgspec.json.encode(definition)
    except (TypeError, ValueError) as error:
        raise errors.FormSchemaNotValid(form=definition.code, reason=str(error)[:300]) from error
    if len(written) > MOST_BYTES:
        raise errors.FormTooLarge(limit=MOST_BYTES // 1024)
    return _compile(written)


@lru_cache(maxsize=512)
def _compile(written: bytes) -> CompiledForm:
    definition = msgspec.json.decode(written, type=FormDefinition)
    schema = definition.schema
    if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
        raise errors.FormNotClosed(form=definition.code)
    validator = _validator(definition)
    fields = _fields(definition)
    _check_conditions(definition, fields)
    return CompiledForm(
        code=definition.code,
        version=definition.version,
        title=definition.title,
        fields=fields,
        pages=definition.pages,
        validator=validator,
    )


def _check_extent(definition: FormDefinition) -> None:
    """Walk the schema with its own references followed: a loop is too deep, a bomb too large, the rest too far away."""
    stack: list[tuple[Any, int]] = [(definition.schema, 1)]
    nodes = 0
    while stack:
        node, depth = stack.pop()
        nodes += 1
        if nodes > MOST_NODES:
            raise errors.FormTooLarge(limit=MOST_BYTES // 1024)
        if depth > MOST_DEPTH:
            raise errors.FormTooDeep(form=definition.code, limit=MOST_DEPTH)
        if isinstance(node, list | tuple):
            stack.extend((child, depth + 1) for child in node)
        if not isinstance(node, dict):
            continue
        stack.extend((child, depth + 1) for child in node.values())
        referring = [keyword for keyword in _REFERRING if isinstance(node.get(keyword), str)]
        stack.extend((_referred(definition, keyword, node[keyword]), depth + 1) for keyword in referring)
        for pattern in _patterns(node):
            _check_pattern(definition.code, pattern)


def _referred(definition: FormDefinition, keyword: str, reference: str) -> Any:
    node: Any = definition.schema
    if keyword == "$ref" and (reference == "#" or reference.startswith("#/")):
        for part in reference.split("/")[1:]:
            node = node.get(part) if isinstance(node, dict) else None
        if isinstance(node, dict):
            return node
    raise errors.FormRefersElsewhere(form=definition.code, reference=reference[:200])


def _patterns(node: dict[str, Any]) -> Iterator[str]:
    if isinstance(node.get("pattern"), str):
        yield node["pattern"]
    if isinstance(node.get("patternProperties"), dict):
        yield from node["patternProperties"]


def _check_pattern(form: str, pattern: str) -> None:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=_linear())
    except ValueError as error:
        raise errors.PatternTooCostly(form=form, pattern=pattern[:200]) from error


def _linear() -> jsonschema_rs.RegexOptions:
    return jsonschema_rs.RegexOptions(size_limit=1 << 20, dfa_size_limit=1 << 20)


def _validator(definition: FormDefinition) -> jsonschema_rs.Draft202012Validator:
    try:
        return jsonschema_rs.Draft202012Validator(
            definition.schema,
            formats=dict(FORMATS),
            validate_formats=True,
            ignore_unknown_formats=False,
            pattern_options=_linear(),
            offline=True,
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        reason = str(error).split("\n", 1)[0][:300]
        raise errors.FormSchemaNotValid(form=definition.code, reason=reason) from error


def _fields(definition: FormDefinition) -> dict[str, Field]:
    """The fields in the order of the pages. A field some rule may require counts as required."""
    properties = definition.schema.get("properties", {})
    required = set(definition.schema.get("required", ()))
    for rule in definition.schema.get("allOf", ()):
        then = rule.get("then") if isinstance(rule, dict) else None
        required.update(then.get("required", ()) if isinstance(then, dict) else ())
    order = [(name, page.code) for page in definition.pages for name in page.fields]
    for name in [*(name for name, _page in order), *required, *(f.split(".")[0] for f in definition.fields)]:
        if name not in properties:
            raise errors.FieldNotDefined(form=definition.code, field=name)
    for name in properties:
        if [known for known, _page in order].count(name) != 1:
            raise errors.FieldNotOnOnePage(form=definition.code, field=name)
    return {
        name: _field(definition, name, properties[name], required=name in required, page=page) for name, page in order
    }


def _field(definition: FormDefinition, path: str, written: Any, *, required: bool, page: str) -> Field:
    """One field from its schema and layout; a group or list of groups takes the layouts `path.part`."""
    schema = _resolved(definition, written)
    layout = definition.fields.get(path)
    name = path.rsplit(".", 1)[-1]
    kind = _kind(definition, schema, layout)
    if (
        kind is None
        or not _NAME.fullmatch(name)
        or (layout and layout.prefill and not _SOURCE.fullmatch(layout.prefill))
        or (layout and layout.not_before and (kind is not FieldKind.DATE or "." in path))
    ):
        raise errors.FieldNotUsable(form=definition.code, field=path)
    if layout is None:
        raise errors.FieldWithoutLabel(form=definition.code, field=path)
    if any(schema.get(least, 0) > schema[most] for least, most in _BOUNDS if most in schema):
        raise errors.FieldNeverRight(form=definition.code, field=path)
    inner = _resolved(definition, schema.get("items", {})) if schema.get("type") == "array" else schema
    parts: tuple[Field, ...] = ()
    if kind in (FieldKind.GROUP, FieldKind.ROWS):
        if "." in path or inner.get("additionalProperties") is not False:
            raise errors.FieldNotUsable(form=definition.code, field=path)
        needed = inner.get("required", ())
        parts = tuple(
            _field(definition, f"{path}.{n}", s, required=n in needed, page=page)
            for n, s in inner.get("properties", {}).items()
        )
    return Field(
        name=name,
        kind=kind,
        label=layout.label,
        required=required,
        hint=layout.hint,
        prefill=layout.prefill,
        autocomplete=layout.autocomplete or _AUTOCOMPLETE.get(schema.get("format", "")),
        width=layout.width or _WIDTHS.get(kind, "long"),
        options=_options(definition.code, path, kind, layout, inner.get("enum")),
        unit=layout.unit,
        show_if=layout.show_if,
        not_past=layout.not_before == "today",
        page=page,
        parts=parts,
        most=schema.get("maxItems", 50),
    )


def _resolved(definition: FormDefinition, schema: Any) -> dict[str, Any]:
    while isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        schema = _referred(definition, "$ref", schema["$ref"])
    return schema if isinstance(schema, dict) else {}


def _kind(definition: FormDefinition, schema: dict[str, Any], layout: FieldLayout | None) -> FieldKind | None:
    found = _kind_of_schema(definition, schema)
    wished = layout.kind if layout else None
    if wished is None or wished == found:
        return found
    fits = (wished is FieldKind.MONEY and found is FieldKind.INTEGER) or (found in _WRITTEN and wished in _WRITTEN)
    return wished if fits else None


def _kind_of_schema(definition: FormDefinition, schema: dict[str, Any]) -> FieldKind | None:
    match schema.get("type"):
        case "string" if "enum" in schema:
            return FieldKind.CHOICE
        case "string" if "format" in schema:
            return _KIND_OF_FORMAT.get(schema["format"])
        case "string":
            return FieldKind.LONG_TEXT if schema.get("maxLength", 0) > LONG_FROM else FieldKind.TEXT
        case "array":
            items = _resolved(definition, schema.get("items", {}))
            return FieldKind.CHOICES if "enum" in items else _KIND_OF_ITEMS.get(str(items.get("type")))
        case other:
            return _KIND_OF_TYPE.get(str(other))


def _options(form: str, path: str, kind: FieldKind, layout: FieldLayout, codes: Any) -> tuple[Option, ...]:
    if kind is FieldKind.YES_NO:
        labels = {"true": YES, "false": NO} | layout.options
        return tuple(Option(code=code, label=labels[code]) for code in ("true", "false"))
    if kind is FieldKind.REGION and codes is None:
        return tuple(Option(code=code, label=label) for code, label in layout.options.items())
    chosen = codes or ()
    if not all(isinstance(code, str) for code in chosen):
        raise errors.FieldNotUsable(form=form, field=path)
    if set(chosen) != set(layout.options):
        raise errors.FieldWithoutLabel(form=form, field=path)
    return tuple(Option(code=code, label=layout.options[code]) for code in chosen)


def _check_conditions(definition: FormDefinition, fields: Mapping[str, Field]) -> None:
    for name, field in fields.items():
        seen, condition = {name}, field.show_if
        while condition is not None:
            awaited = fields.get(condition.field)
            if awaited is None or awaited.name in seen or not _may_equal(awaited, condition.equals):
                raise errors.ConditionNotUsable(form=definition.code, field=name)
            seen.add(awaited.name)
            condition = awaited.show_if
        if any(part.show_if for part in field.parts):
            raise errors.ConditionNotUsable(form=definition.code, field=name)


def _may_equal(field: Field, value: object) -> bool:
    if field.kind is FieldKind.YES_NO:
        return isinstance(value, bool)
    if field.kind in (FieldKind.CHOICE, FieldKind.CHOICES):
        return value in [option.code for option in field.options]
    return not isinstance(value, bool)


def page_of(form: CompiledForm, code: str) -> Page:
    """The page of this code; refuses with `PageNotFound`."""
    for page in form.pages:
        if page.code == code:
            return page
    raise errors.PageNotFound(page=code)
