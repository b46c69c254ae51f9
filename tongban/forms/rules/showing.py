"""Fill in what is known and show what was answered."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tongban.forms.rules.checking import fits, may_be_asked, visible_fields
from tongban.forms.rules.reading import read_field
from tongban.forms.types import (
    NO,
    YES,
    Answers,
    CompiledForm,
    Field,
    FieldKind,
    FieldProblem,
    JsonValue,
    Known,
    OnlyIf,
    Page,
    Prefill,
    Question,
    SummaryRow,
    day_of,
)
from tongban.kernel.types import Text

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_YUAN = Text(zh="元", en="yuan")


def prefill(form: CompiledForm, known: Mapping[str, Known]) -> dict[str, Prefill]:
    """What the state already knows, by field. A fact that does not fit its field is left out."""
    found: dict[str, Prefill] = {}
    for name, field in form.fields.items():
        fact = known.get(field.prefill) if field.prefill else None
        if fact is None:
            continue
        value = read_field(field, name, {name: [fact.value]}) if isinstance(fact.value, str) else fact.value
        if value is not None and fits(form, name, value):
            found[name] = Prefill(value=value, source=fact.source)
    return found


def questions(
    form: CompiledForm,
    page: Page,
    answers: Answers,
    *,
    problems: Iterable[FieldProblem] = (),
    prefills: Mapping[str, Prefill] | None = None,
) -> tuple[Question, ...]:
    """What a page needs to draw its fields. A source is named only while the answer is still what it gave.

    A field that waits for an answer of an earlier page is left out without it; one that waits for an answer of this
    page is drawn and says so, since nothing happens on the page between the two where there are no scripts.
    """
    by_path = {problem.field: problem for problem in problems}
    return tuple(
        Question(
            field=form.fields[name],
            value=answers.get(name),
            problem=by_path.get(name),
            problems={path: problem for path, problem in by_path.items() if path.startswith(name + ".")},
            prefill=_still_prefilled((prefills or {}).get(name), answers.get(name)),
            only_if=_only_if(form, page, form.fields[name]),
        )
        for name in page.fields
        if may_be_asked(form, page, form.fields[name], answers)
    )


def summary(
    form: CompiledForm, answers: Answers, language: str, *, places: Mapping[str, Text] | None = None
) -> tuple[SummaryRow, ...]:
    """The rows of the check-answers page, in order. `places` names regions by code."""
    return tuple(
        SummaryRow(
            field=field.name,
            page=field.page,
            label=field.label.in_(language),
            lines=_shown(field, answers.get(field.name), language, places or {}),
        )
        for field in visible_fields(form, answers)
    )


def _only_if(form: CompiledForm, page: Page, field: Field) -> OnlyIf | None:
    if field.show_if is None or field.show_if.field not in page.fields:
        return None
    awaited, wanted = form.fields[field.show_if.field], field.show_if.equals
    posted = ("true" if wanted else "false") if isinstance(wanted, bool) else str(wanted)
    words = {option.code: option.label for option in awaited.options}
    answer = words.get(posted, (YES if wanted else NO) if isinstance(wanted, bool) else Text(zh=posted, en=posted))
    return OnlyIf(field=awaited.name, question=awaited.label, answer=answer, posted=posted)


def _still_prefilled(fact: Prefill | None, value: JsonValue) -> Prefill | None:
    return fact if fact is not None and type(fact.value) is type(value) and fact.value == value else None


def _shown(field: Field, value: JsonValue, language: str, places: Mapping[str, Text]) -> tuple[str, ...]:
    if value is None or value in ("", [], {}):
        return ()
    if field.kind is FieldKind.LONG_TEXT and isinstance(value, str):
        return tuple(value.split("\n"))
    if isinstance(value, list):
        comma = ", " if language == "en" else "，"
        shown = (comma.join(_shown(_inner(field), item, language, places)) for item in value)
        return tuple(line for line in shown if line)
    if field.parts and isinstance(value, dict):
        return _shown_parts(field, value, language, places)
    return (_shown_one(field, value, language, places),)


def _inner(field: Field) -> Field:
    kind = {FieldKind.ROWS: FieldKind.GROUP, FieldKind.CHOICES: FieldKind.CHOICE, FieldKind.LINES: FieldKind.TEXT}
    return Field(
        name=field.name,
        kind=kind.get(field.kind, FieldKind.TEXT),
        label=field.label,
        required=field.required,
        options=field.options,
        parts=field.parts,
    )


def _shown_parts(field: Field, value: Answers, language: str, places: Mapping[str, Text]) -> tuple[str, ...]:
    comma, colon = (", ", ": ") if language == "en" else ("、", "：")
    shown = ((part, _shown(part, value.get(part.name), language, places)) for part in field.parts)
    return tuple(part.label.in_(language) + colon + comma.join(lines) for part, lines in shown if lines)


def _shown_one(field: Field, value: JsonValue, language: str, places: Mapping[str, Text]) -> str:
    labels = dict(places) | {option.code: option.label for option in field.options}
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match field.kind:
        case FieldKind.YES_NO if isinstance(value, bool):
            return labels.get("true" if value else "false", YES if value else NO).in_(language)
        case FieldKind.CHOICE | FieldKind.REGION if isinstance(value, str) and value in labels:
            return labels[value].in_(language)
        case FieldKind.DATE:
            return _shown_day(value, language) if isinstance(value, str) else "-".join(field.typed(value).values())
        case FieldKind.MONEY if number:
            return f"{Decimal(value) / 100:,.2f} {_YUAN.in_(language)}"
        case FieldKind.NUMBER | FieldKind.INTEGER if number:
            figure = f"{Decimal(str(value)):,f}"
            return f"{figure} {field.unit.in_(language)}" if field.unit else figure
        case _:
            return str(field.typed(value))


def _shown_day(text: str, language: str) -> str:
    day = day_of(text)
    if day is None:
        return text
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"
