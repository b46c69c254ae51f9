"""Read what browsers post: people write dates, amounts and numbers in many ways, and nothing they wrote is lost."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from tongban.forms.rules.formats import UNSHOWABLE
from tongban.forms.types import DATE_PARTS, Answers, CompiledForm, Field, FieldKind, JsonValue, Page, day_of
from tongban.kernel.codes import normalise_code

Posted = Mapping[str, Sequence[str]]

LONGEST_TOKEN = 64
MOST_EXACT = 2**53
MOST_ROWS = 200

_NARROW = {0xFF01 + n: chr(0x21 + n) for n in range(94)} | {0xFFE5: "¥"}
_DIGITS = {0xFF10 + n: str(n) for n in range(10)}
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_FIGURES = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
_DAY = re.compile(r"([0-9]{4})[年/.-]([0-9]{1,2})[月/.-]([0-9]{1,2})[日号]?|([0-9]{4})([0-9]{2})([0-9]{2})")
_MOBILE = re.compile(r"(?:\+|00)?(?:86)?(1[3-9][0-9]{9})")
_FREE_CALL = re.compile(r"[48]00[0-9]{7}")
_ABROAD = re.compile(r"(?:\+|00)(85[23][0-9]{8}|886[0-9]{8,9})")
_LANDLINE = re.compile(
    r"(?:(?:\+|00)86-?0?|0)([12][0-9]|[3-9][0-9]{2})-?([2-9][0-9]{2,3})-?([0-9]{4})(?:-([0-9]{1,6}))?"
)
_YES = frozenset({"true", "yes", "是", "1", "on"})
_NO = frozenset({"false", "no", "否", "0"})


def read_page(form: CompiledForm, page: Page, posted: Posted) -> Answers:
    """The answers of one page from a posted form. Blank fields are absent; what cannot be read stays as typed.

    `posted` may hold anything; only the inputs of this page are read, and nothing is raised.
    """
    read = ((name, read_field(form.fields[name], name, posted)) for name in page.fields)
    return {name: value for name, value in read if value is not None}


def merge_page(answers: Answers, page: Page, read: Answers) -> Answers:
    """All answers with those of one page replaced, so that a field emptied on the page is emptied in the draft."""
    return {name: value for name, value in answers.items() if name not in page.fields} | read


def read_field(field: Field, path: str, posted: Posted) -> JsonValue:
    """One answer, None where blank. Inputs are named by `path`: `name`, `name-year`, `name.part`, `name.0.part`."""
    read = _FROM_PAGE.get(field.kind, _read_line)
    return read(field, path, posted)


def _read_line(field: Field, path: str, posted: Posted) -> JsonValue:
    typed = _tidy(_last(posted, path))
    read = _FROM_LINE.get(field.kind)
    if read is None or len(typed) > LONGEST_TOKEN:
        return typed or None
    value = read(field, typed) if typed else None
    return (typed or None) if value is None else value


def _read_lines(_field: Field, path: str, posted: Posted) -> JsonValue:
    return [line for raw in _lines(_last(posted, path)).split("\n") if (line := _tidy(raw))] or None


def _read_long_text(_field: Field, path: str, posted: Posted) -> JsonValue:
    return _lines(_last(posted, path)).translate(_DIGITS).strip() or None


def _read_choices(_field: Field, path: str, posted: Posted) -> JsonValue:
    return list(dict.fromkeys(filter(None, (_tidy(typed) for typed in posted.get(path, ()))))) or None


def _read_group(field: Field, path: str, posted: Posted) -> JsonValue:
    read = ((part.name, read_field(part, f"{path}.{part.name}", posted)) for part in field.parts)
    return {name: value for name, value in read if value is not None} or None


def _read_rows(field: Field, path: str, posted: Posted) -> JsonValue:
    prefix = path + "."
    numbers = {key[len(prefix) :].split(".", 1)[0] for key in posted if key.startswith(prefix)}
    rows = sorted(int(n) for n in numbers if re.fullmatch(r"[0-9]{1,3}", n) and str(int(n)) == n)
    read = (_read_group(field, f"{path}.{n}", posted) for n in rows[:MOST_ROWS])
    return [row for row in read if row] or None


def _read_day(_field: Field, path: str, posted: Posted) -> JsonValue:
    whole = _tidy(_last(posted, path))
    parts = {part: _tidy(_last(posted, f"{path}-{part}")) for part in DATE_PARTS}
    if not whole and parts["month"] == parts["day"] == "":
        whole = parts["year"]
    if whole:
        return _day(whole) or whole
    if not any(parts.values()):
        return None
    return _day("-".join(_narrow(part).strip("年月日号") for part in parts.values())) or parts


def _day(typed: str) -> str | None:
    found = _DAY.fullmatch(_narrow(typed)) if len(typed) <= LONGEST_TOKEN else None
    if found is None:
        return None
    year, month, day = (part for part in found.groups() if part)
    text = f"{year}-{int(month):02d}-{int(day):02d}"
    return text if day_of(text) else None


def _figure(field: Field, typed: str) -> Decimal | None:
    text = typed
    for unit in (field.unit.zh, field.unit.en) if field.unit else ():
        text = text.removesuffix(unit) if unit else text
    plain = _narrow(text).replace("\u2212", "-")
    return Decimal(plain.replace(",", "")) if _FIGURES.fullmatch(plain) else None


def _read_number(field: Field, typed: str) -> JsonValue:
    figure = _figure(field, typed)
    if figure is None or abs(figure) > MOST_EXACT:
        return None
    if figure == int(figure):
        return int(figure)
    near = float(figure)
    return near if Decimal(repr(near)) == figure else None


def _read_integer(field: Field, typed: str) -> JsonValue:
    number = _read_number(field, typed)
    return number if isinstance(number, int) else None


def _read_money(field: Field, typed: str) -> JsonValue:
    figure = _figure(field, _narrow(typed).strip("¥元"))
    if figure is None or abs(figure) > MOST_EXACT // 100 or figure * 100 != int(figure * 100):
        return None
    return int(figure * 100)


def _read_yes_no(_field: Field, typed: str) -> JsonValue:
    word = typed.casefold()
    return True if word in _YES else False if word in _NO else None


def _read_phone(_field: Field, typed: str) -> JsonValue:
    plain = re.sub(r"[()./]", "-", typed.translate(_NARROW)).replace("转", "-")
    dashed = re.sub(r"[\s\u2010-\u2015-]+", "-", plain).strip("-")
    digits = dashed.replace("-", "")
    if found := _MOBILE.fullmatch(digits):
        return found[1]
    if _FREE_CALL.fullmatch(digits):
        return digits
    if found := _ABROAD.fullmatch(digits):
        return "+" + found[1]
    if found := _LANDLINE.fullmatch(dashed):
        area, first, second, extension = found.groups()
        return f"0{area}-{first}{second}" + (f"-{extension}" if extension else "")
    return None


def _read_code(_field: Field, typed: str) -> JsonValue:
    return normalise_code(typed) or None


def _last(posted: Posted, path: str) -> str:
    values = posted.get(path) or ("",)
    return values[-1] if isinstance(values[-1], str) else ""


def _lines(typed: str) -> str:
    return UNSHOWABLE.sub("", _BREAKS.sub("\n", typed))


def _tidy(typed: str) -> str:
    """One line, no ends, full-width digits made plain. Other characters stay: rare names must not change shape."""
    return _lines(typed).replace("\n", " ").translate(_DIGITS).strip()


def _narrow(typed: str) -> str:
    """Full-width forms made plain and all spaces removed. Not NFKC, which would read 10² as 102."""
    return re.sub(r"\s", "", typed.translate(_NARROW)) if len(typed) <= LONGEST_TOKEN else typed


_FROM_PAGE: Mapping[FieldKind, Callable[[Field, str, Posted], JsonValue]] = {
    FieldKind.GROUP: _read_group,
    FieldKind.ROWS: _read_rows,
    FieldKind.CHOICES: _read_choices,
    FieldKind.LINES: _read_lines,
    FieldKind.LONG_TEXT: _read_long_text,
    FieldKind.DATE: _read_day,
}
_FROM_LINE: Mapping[FieldKind, Callable[[Field, str], JsonValue]] = {
    FieldKind.NUMBER: _read_number,
    FieldKind.INTEGER: _read_integer,
    FieldKind.MONEY: _read_money,
    FieldKind.YES_NO: _read_yes_no,
    FieldKind.PHONE: _read_phone,
    FieldKind.ID_NUMBER: _read_code,
    FieldKind.USCC: _read_code,
    FieldKind.POSTCODE: _read_code,
    FieldKind.REGION: _read_code,
}
