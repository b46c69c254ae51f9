"""Check answers: what must be put right, in words that say how."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from jsonschema_rs import ValidationError

from tongban.forms.rules.formats import UNSHOWABLE
from tongban.forms.types import Answers, CompiledForm, Field, FieldKind, FieldProblem, JsonValue, Page, ShowIf, day_of
from tongban.kernel.secrecy import mark_in
from tongban.kernel.types import Text


def _(message: str) -> str:
    """Mark a sentence for the messages catalogue."""
    return message


MESSAGES: Mapping[str, str] = {
    "required": _("Fill this in."),
    "required_choice": _("Choose one."),
    "required_choices": _("Choose at least one."),
    "required_yes_no": _("Choose yes or no."),
    "required_date": _("Enter the year, month and day."),
    "text": _("Write this as text."),
    "number": _("Enter a number in figures, for example 120 or 120.5."),
    "integer": _("Enter a whole number in figures, for example 3."),
    "money": _("Enter an amount in yuan, for example 1200 or 1200.50."),
    "date": _("Enter a date that exists, with year, month and day, for example 2026, 3, 2."),
    "past": _("Enter today or a later day."),
    "choice": _("Choose one of the answers shown."),
    "confirm": _("This must be confirmed before you can go on."),
    "phone": _("Enter a mobile number of 11 digits, or a landline with its area code, for example 029-86912222."),
    "id_length": _("Enter all 18 characters of the ID number. The last one may be the letter X."),
    "id_check": _("Compare the ID number with the card: at least one character differs."),
    "uscc_length": _("Enter all 18 characters of the unified social credit code."),
    "uscc_check": _("Compare the credit code with the business licence: at least one character differs."),
    "postcode": _("Enter a postcode of 6 digits."),
    "region": _("Choose the place, or enter its code of 12 digits."),
    "email": _("Enter an e-mail address, for example name@example.cn."),
    "pattern": _("Write this the way the hint shows."),
    "min_length": _("Write at least {limit} characters."),
    "max_length": _("Shorten this to {limit} characters or fewer."),
    "minimum": _("Enter {limit} or more."),
    "exclusive_minimum": _("Enter more than {limit}."),
    "maximum": _("Enter {limit} or less."),
    "exclusive_maximum": _("Enter less than {limit}."),
    "multiple_of": _("Enter a multiple of {limit}."),
    "min_items": _("Give at least {limit} here."),
    "max_items": _("Give no more than {limit} here."),
    "unique_items": _("Give each answer only once."),
    "characters": _("Take out the characters that cannot be shown, or type this again."),
    "secret": _("This bears a mark of state secrets or secrets of work and was not kept. Answer without it, and ask the "
                "authority how to hand over what is secret."),
    "unknown": _("This form does not ask this. Take it out and send the form again."),
    "not_valid": _("Check this answer. It does not fit the question."),
}

_BY_KEYWORD = {
    "pattern": "pattern",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minimum": "minimum",
    "exclusiveMinimum": "exclusive_minimum",
    "maximum": "maximum",
    "exclusiveMaximum": "exclusive_maximum",
    "multipleOf": "multiple_of",
    "minItems": "min_items",
    "maxItems": "max_items",
    "uniqueItems": "unique_items",
    "enum": "choice",
    "const": "confirm",
    "additionalProperties": "unknown",
}
_FORMATS = {"date": "date", "cn-phone": "phone", "cn-postcode": "postcode", "cn-region": "region", "email": "email"}
_BY_FORMAT = {(name, full): code for name, code in _FORMATS.items() for full in (False, True)} | {
    ("cn-id", False): "id_length",
    ("cn-id", True): "id_check",
    ("cn-uscc", False): "uscc_length",
    ("cn-uscc", True): "uscc_check",
}
_BY_KIND = {
    FieldKind.NUMBER: "number",
    FieldKind.INTEGER: "integer",
    FieldKind.MONEY: "money",
    FieldKind.DATE: "date",
    FieldKind.CHOICE: "choice",
    FieldKind.CHOICES: "choice",
    FieldKind.YES_NO: "required_yes_no",
}
_REQUIRED = {
    FieldKind.CHOICE: "required_choice",
    FieldKind.CHOICES: "required_choices",
    FieldKind.YES_NO: "required_yes_no",
    FieldKind.DATE: "required_date",
}
WHOLE_FORM = ""
"""The field of a problem that concerns no single answer."""

CODE_LENGTH = 18
_MOST_CHARACTERS = 10_000
_MOST_DEPTH = 4
_MOST_ENTRIES = 1_000
_LARGEST = 10**18


def visible_fields(form: CompiledForm, answers: Answers) -> tuple[Field, ...]:
    """The fields asked, given the answers so far. A field waiting for a hidden one is hidden."""
    return tuple(field for field in form.fields.values() if _is_asked(form, field, answers))


def visible_answers(form: CompiledForm, answers: Answers) -> Answers:
    """What is kept: answers to fields that are asked. Hidden, blank and unknown ones go."""
    asked = (field.name for field in visible_fields(form, answers))
    return {name: answers[name] for name in asked if not _is_blank(answers.get(name))}


def visible_pages(form: CompiledForm, answers: Answers) -> tuple[Page, ...]:
    """The pages on which something is asked."""
    asked = {field.page for field in visible_fields(form, answers)}
    return tuple(page for page in form.pages if page.code in asked)


def check(form: CompiledForm, answers: Answers, pages: Collection[Page] | None = None, *,
          today: date | None = None) -> tuple[FieldProblem, ...]:
    """What must be put right, at most one problem an input, in the order of the form. Unknown fields are refused.

    With `pages`, only what those pages ask; answers of other pages still decide what is hidden. `today` is the day on
    which the answers are handed in: without it, planned days are not compared with it.
    """
    chosen = None if pages is None else {page.code for page in pages}
    asked = [f for f in visible_fields(form, answers) if chosen is None or f.page in chosen]
    problems: dict[str, FieldProblem] = {}
    for problem in (*_problems(form, visible_answers(form, answers)), *(_past(asked, answers, today) if today else ())):
        problems.setdefault(problem.field, problem)
    names = [field.name for field in asked]
    if chosen is None:
        names.append(WHOLE_FORM)
    found = [problem for problem in problems.values() if _top(problem) in names]
    found.sort(key=lambda problem: names.index(_top(problem)))
    return (*found, *(_unknown(name) for name in answers if name not in form.fields))


def fits(form: CompiledForm, name: str, value: JsonValue) -> bool:
    """Whether this value would be accepted for this field."""
    return not any(_top(problem) == name for problem in _problems(form, {name: value}))


def _past(asked: Collection[Field], answers: Answers, today: date) -> Iterator[FieldProblem]:
    for field in asked:
        day = day_of(str(answers.get(field.name, ""))) if field.not_past else None
        if day is not None and day < today:
            yield _problem(field, field.name, "past", 0)


def _top(problem: FieldProblem) -> str:
    return problem.field.split(".", 1)[0]


def _problems(form: CompiledForm, answers: Answers) -> Iterator[FieldProblem]:
    unfit = {name: code for name, value in answers.items() if (code := _unfit(value))}
    for name, code in unfit.items():
        yield _problem(form.fields[name], name, code, _MOST_CHARACTERS)
    for place in form.fields.values():
        if place.kind is FieldKind.REGION and place.options and place.name in answers and place.name not in unfit \
                and not any(option.code == answers[place.name] for option in place.options):
            yield _problem(place, place.name, "region", 0)
    sound = {name: value for name, value in answers.items() if name not in unfit}
    for error in form.validator.iter_errors(sound):
        field, path = _blamed(form, error)
        if path in unfit:
            continue
        if field is None:
            yield FieldProblem(field=WHOLE_FORM, code="not_valid", message=MESSAGES["not_valid"], label=form.title)
            continue
        yield _problem(field, path, _code(field, error), error.kind.value)


def _blamed(form: CompiledForm, error: ValidationError) -> tuple[Field | None, str]:
    """The field an error is about and its path; choices and lines are one input, however many values they hold."""
    steps = [str(step) for step in error.instance_path]
    if error.kind.name == "required":
        steps.append(str(error.kind.value))
    field = form.fields.get(steps[0]) if steps else None
    if field is None or not field.parts:
        return field, steps[0] if field else WHOLE_FORM
    part_at = 2 if field.kind is FieldKind.ROWS else 1
    for part in field.parts:
        if steps[part_at:] and part.name == steps[part_at]:
            return part, ".".join(steps[: part_at + 1])
    return field, field.name


def _code(field: Field, error: ValidationError) -> str:
    match str(error.kind.name):
        case "required":
            return _REQUIRED.get(field.kind, "required")
        case "type":
            return _BY_KIND.get(field.kind, "text")
        case "format":
            return _BY_FORMAT.get((str(error.kind.value), len(str(error.instance)) == CODE_LENGTH), "not_valid")
        case "const" if error.kind.value is not True:
            return "not_valid"
        case keyword:
            return _BY_KEYWORD.get(keyword, "not_valid")


def _problem(field: Field, path: str, code: str, limit: object) -> FieldProblem:
    facts: dict[str, Any] = {}
    if "{limit}" in MESSAGES[code] and isinstance(limit, int | float | Decimal):
        facts["limit"] = Decimal(str(limit)) / 100 if field.kind is FieldKind.MONEY else limit
    return FieldProblem(field=path, code=code, message=MESSAGES[code], label=field.label, facts=facts)


def _unknown(name: object) -> FieldProblem:
    shown = UNSHOWABLE.sub("", str(name))[:60]
    return FieldProblem(field=shown, code="unknown", message=MESSAGES["unknown"], label=Text(zh=shown, en=shown))


def may_be_asked(form: CompiledForm, page: Page, field: Field, answers: Answers) -> bool:
    """Whether nothing answered before this page keeps a field of it from being asked."""
    return all(condition.field in page.fields or _holds(condition, answers) for condition in _conditions(form, field))


def _is_asked(form: CompiledForm, field: Field, answers: Answers) -> bool:
    return all(_holds(condition, answers) for condition in _conditions(form, field))


def _conditions(form: CompiledForm, field: Field) -> Iterator[ShowIf]:
    condition = field.show_if
    while condition is not None:
        yield condition
        condition = form.fields[condition.field].show_if


def _holds(condition: ShowIf, answers: Answers) -> bool:
    answer = answers.get(condition.field)
    given = answer if isinstance(answer, list) else [answer]
    return any(type(value) is type(condition.equals) and value == condition.equals for value in given)


def _is_blank(value: JsonValue) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _unfit(value: JsonValue, depth: int = 1) -> str | None:
    """Why a value must not even reach the validator or the database."""
    match value:
        case str():
            return _unfit_text(value)
        case list() | dict() if depth <= _MOST_DEPTH and len(value) <= _MOST_ENTRIES:
            inside = value if isinstance(value, list) else [*value.values(), *(_key(name) for name in value)]
            return next((code for inner in inside if (code := _unfit(inner, depth + 1))), None)
        case int() | float() if abs(value) <= _LARGEST:
            return None
        case None:
            return None
    return "not_valid"


def _unfit_text(value: str) -> str | None:
    if len(value) > _MOST_CHARACTERS:
        return "max_length"
    return "characters" if UNSHOWABLE.search(value) else "secret" if mark_in(value) else None


def _key(name: object) -> object:
    return name if isinstance(name, str) else Ellipsis
