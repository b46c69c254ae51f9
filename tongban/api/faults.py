"""What does not fit the description: where it stands, and the bound it breaks or the values it may have."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import jsonschema_rs
import msgspec
from django.utils.translation import gettext_noop as _

from tongban.kernel.errors import Problem
from tongban.kernel.types import Text

MESSAGES: Mapping[str, str] = {
    "required": _("{field} is missing."),
    "unknown": _("{field} is not asked for here. Take it out."),
    "doubled": _("Send {field} once."),
    "type": _("{field} must be {expected}."),
    "choice": _("{field} must be one of: {allowed}."),
    "pattern": _("{field} must match {pattern}."),
    "minimum": _("{field} must be {limit} or more."),
    "maximum": _("{field} must be {limit} or less."),
    "min_length": _("{field} must have {limit} characters or more."),
    "max_length": _("{field} must have {limit} characters or fewer."),
    "max_entries": _("{field} must have {limit} entries or fewer."),
    "not_valid": _("{field} holds a value that cannot be kept."),
}
TYPES: Mapping[str, Text] = {
    "string": Text(zh="文字", en="a text"), "integer": Text(zh="整数", en="a whole number"),
    "number": Text(zh="数", en="a number"), "boolean": Text(zh="真或假（true 或 false）", en="true or false"),
    "array": Text(zh="列表", en="a list"), "object": Text(zh="对象", en="an object"),
}
WHOLE = Text(zh="正文", en="The body")
LONGEST = 60
WHERE = re.compile(r" - at `(?:key in )?\$\.?(.*)`$")
KEYWORDS: Mapping[str, tuple[str, str]] = {
    "enum": ("choice", "allowed"), "pattern": ("pattern", "pattern"), "minimum": ("minimum", "limit"),
    "maximum": ("maximum", "limit"), "minLength": ("min_length", "limit"), "maxLength": ("max_length", "limit"),
    "maxItems": ("max_entries", "limit"), "maxProperties": ("max_entries", "limit"), "type": ("type", "expected"),
}
QUERIES: Mapping[str, tuple[str, str]] = {
    "missing": ("required", ""), "int_parsing": ("type", "integer"), "bool_parsing": ("type", "boolean"),
    "less_than_equal": ("maximum", "le"), "greater_than_equal": ("minimum", "ge"),
    "string_too_short": ("min_length", "min_length"), "string_too_long": ("max_length", "max_length"),
    "string_pattern_mismatch": ("pattern", "pattern"), "literal_error": ("choice", "expected"),
}
"""What pydantic says of a query, as a code of ours and where its bound stands."""


def fault(field: str, code: str, **facts: object) -> Problem:
    """One place that does not fit."""
    return Problem(field=field, code=code, message=MESSAGES[code], facts={"field": field or WHOLE, **facts})


def in_body(body: bytes, kind: type, refused: msgspec.ValidationError) -> tuple[Problem, ...]:
    """Everything in a body that does not fit a structure, at most one fault a place; `refused` is what was seen first."""
    found: dict[str, Problem] = {}
    with suppress(msgspec.DecodeError, RecursionError):  # a number larger than any machine's, NaN, brackets without end
        for error in _validator(kind).iter_errors(msgspec.json.decode(body)):
            for each in _faults(error):
                found.setdefault(each.field, each)
    return tuple(found.values()) or (fault(_place(refused), "not_valid"),)


def in_query(error: Mapping[str, Any]) -> Problem:
    """One fault of a query, from what pydantic says of it."""
    field = str(error["loc"][-1])[:LONGEST]
    code, bound = QUERIES.get(error["type"], ("not_valid", ""))
    said = error.get("ctx", {}).get(bound, bound)
    match code:
        case "type":
            return fault(field, code, expected=TYPES[bound])
        case "choice":
            return fault(field, code, allowed=", ".join(filter(None, re.findall("'([^']*)'", said))))
        case "pattern":
            return fault(field, code, pattern=said)
        case _:
            return fault(field, code, limit=said)


def _place(refused: msgspec.ValidationError) -> str:
    found = WHERE.search(str(refused))
    return found[1].replace("[", ".").replace("]", "")[:LONGEST] if found else ""


@lru_cache(maxsize=8)
def _validator(kind: type) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(msgspec.json.schema(kind))


def _faults(error: jsonschema_rs.ValidationError) -> Iterator[Problem]:
    steps = [str(step)[:LONGEST] for step in error.instance_path]
    kind, bound = str(error.kind.name), error.kind.value
    if kind == "anyOf":
        yield from (each for branch in bound[:1] for inner in branch for each in _faults(inner))
    elif kind == "required":
        yield fault(".".join([*steps, str(bound)]), "required")
    elif kind == "additionalProperties":
        yield from (fault(".".join([*steps, str(name)[:LONGEST]]), "unknown") for name in bound)
    elif kind in KEYWORDS:
        code, name = KEYWORDS[kind]
        yield fault(".".join(steps), code, **{name: _told(bound)})
    else:
        yield fault(".".join(steps), "not_valid")


def _told(bound: Any) -> object:
    """A bound as it stands in a sentence; where nothing may be sent too, that is not said."""
    if not isinstance(bound, list):
        return bound
    known = [each for each in bound if each != "null"]
    return TYPES[known[0]] if len(known) == 1 and known[0] in TYPES else ", ".join(map(str, known))
