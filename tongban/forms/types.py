"""The words of a form: definition as written, fields as compiled, answers, problems, prefill and summary."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, TypeAlias

import msgspec
from jsonschema_rs import Draft202012Validator

from tongban.kernel.types import Text

JsonValue: TypeAlias = Any
"""null, bool, int, float, str, list or dict with string keys."""

Answers: TypeAlias = dict[str, JsonValue]
"""Typed answers by field name. A blank answer is absent; what could not be read is kept as it was typed."""

YES = Text(zh="是", en="Yes")
NO = Text(zh="否", en="No")
DATE_PARTS = ("year", "month", "day")


def day_of(text: str) -> date | None:
    """The day written as 2026-03-02, if there is such a day from 1800 to 2200."""
    if not re.fullmatch(r"(?:1[89]|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}|2200-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def led(label: Text, language: str) -> str:
    """A label before what is said of it; a question ends in its own mark and takes no colon."""
    said = label.in_(language)
    if said.endswith(("?", "？")):
        return said + " " if language == "en" else said
    return said + (": " if language == "en" else "：")


class FieldKind(StrEnum):
    """How a field is asked and shown."""

    TEXT = "TEXT"
    LONG_TEXT = "LONG_TEXT"
    NUMBER = "NUMBER"
    INTEGER = "INTEGER"
    DATE = "DATE"
    CHOICE = "CHOICE"
    CHOICES = "CHOICES"
    YES_NO = "YES_NO"
    PHONE = "PHONE"
    ID_NUMBER = "ID_NUMBER"
    USCC = "USCC"
    POSTCODE = "POSTCODE"
    REGION = "REGION"
    MONEY = "MONEY"
    LINES = "LINES"
    GROUP = "GROUP"
    ROWS = "ROWS"


class ShowIf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer another field must have for this one to be asked. For several choices: one of them."""

    field: str
    equals: bool | int | float | str


class FieldLayout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one property of the schema is asked, as written. `kind` only where the schema cannot tell (MONEY: fen).

    `not_before: today` is for days that are planned: one in the past is refused on the day it is handed in.
    """

    label: Text
    hint: Text | None = None
    prefill: str | None = None
    autocomplete: str | None = None
    width: Literal["short", "medium", "long"] | None = None
    options: dict[str, Text] = {}
    unit: Text | None = None
    show_if: ShowIf | None = None
    not_before: Literal["today"] | None = None
    kind: FieldKind | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question or one tight group."""

    code: str
    title: Text
    fields: tuple[str, ...]


class FormDefinition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A form as written in data/forms: JSON Schema 2020-12, layout and pages."""

    code: str
    version: int
    title: Text
    schema: dict[str, Any]
    fields: dict[str, FieldLayout]
    pages: tuple[Page, ...]


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to choose."""

    code: str
    label: Text


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One question, ready to be asked. `parts` are the questions inside a GROUP or each of the ROWS."""

    name: str
    kind: FieldKind
    label: Text
    required: bool
    hint: Text | None = None
    prefill: str | None = None
    autocomplete: str | None = None
    width: str = "long"
    options: tuple[Option, ...] = ()
    unit: Text | None = None
    show_if: ShowIf | None = None
    not_past: bool = False
    page: str = ""
    parts: tuple["Field", ...] = ()
    most: int = 0

    def typed(self, value: JsonValue) -> Any:
        """What the inputs show for an answer.

        A string; for CHOICES a list of strings, for DATE its three parts, for GROUP a mapping,
        for ROWS a list of mappings with an empty one at the end to write in.
        """
        match self.kind:
            case FieldKind.DATE:
                return _date_parts(value)
            case FieldKind.CHOICES:
                return _each(value)
            case FieldKind.LINES:
                return "\n".join(_each(value))
            case FieldKind.GROUP:
                return value if isinstance(value, dict) else {}
            case FieldKind.ROWS:
                return _rows(value, self.most)
            case _:
                return _yuan(value) if self.kind is FieldKind.MONEY and type(value) is int else _plain(value)


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What to do about one answer. `field` is its path (`name`, inside groups `name.part`, `name.0.part`)."""

    field: str
    code: str
    message: str
    label: Text
    facts: dict[str, Any] = {}

    @property
    def input_id(self) -> str:
        """The id of the input this is about, for links."""
        return "f-" + self.field.replace(".", "-")

    def link(self, translated: str, language: str) -> dict[str, str]:
        """The line of the error summary: which question, and what to do."""
        return {"href": "#" + self.input_id, "message": led(self.label, language) + self.said(translated)}

    def said(self, translated: str) -> str:
        """The translated message with its facts. Markup stays Markup, its facts escaped."""
        return translated.format_map({k: _grouped(v) for k, v in self.facts.items()})


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A fact the state already holds, and where it comes from."""

    value: JsonValue
    source: Text


class Prefill(msgspec.Struct, frozen=True, kw_only=True):
    """A known fact that fits its field."""

    value: JsonValue
    source: Text


class OnlyIf(msgspec.Struct, frozen=True, kw_only=True):
    """The answer on the same page without which a field is not asked: of which question, in words and as posted."""

    field: str
    question: Text
    answer: Text
    posted: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a page with what the page needs to draw it. `problems` are those inside it, by path."""

    field: Field
    value: JsonValue
    problem: FieldProblem | None
    problems: dict[str, FieldProblem]
    prefill: Prefill | None
    only_if: OnlyIf | None = None


class SummaryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the check-answers page. No lines means not given."""

    field: str
    page: str
    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledForm:
    """A form that was found sound, with its validator. `fields` stand in the order of the pages."""

    code: str
    version: int
    title: Text
    fields: Mapping[str, Field]
    pages: tuple[Page, ...]
    validator: Draft202012Validator


def _plain(value: JsonValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value)


def _each(value: JsonValue) -> list[str]:
    return [_plain(inner) for inner in (value if isinstance(value, list) else [value])]


def _yuan(fen: int) -> str:
    return str(fen // 100) if fen % 100 == 0 else f"{Decimal(fen) / 100:.2f}"


def _rows(value: JsonValue, most: int) -> list[Answers]:
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return rows if len(rows) >= most else [*rows, {}]


def _grouped(value: object) -> str:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return f"{Decimal(str(value)):,f}"
    return str(value)


def _date_parts(value: JsonValue) -> dict[str, str]:
    if isinstance(value, dict):
        return {part: _plain(value.get(part)) for part in DATE_PARTS}
    text = _plain(value)
    day = day_of(text)
    if day is None:
        return {"year": text, "month": "", "day": ""}
    return {"year": str(day.year), "month": str(day.month), "day": str(day.day)}
