"""Fills the templates: `render_licence` and `render_notice` give PDF/A-2a as bytes."""

import io
import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path

import msgspec
import pylopdf_fonts_zh_cn
import segno
import typst

from tongban.kernel.types import Text
from tongban.licences.rendering.types import LicenceSheet, NoticeSheet, SheetField

_TEMPLATES = Path(__file__).parent
_TIMEZONE = timezone(timedelta(hours=8))
STAND_IN = "\u3013"
"""What printers put where a character is missing (geta mark)."""
NOT_DRAWN = Text(zh=f"{STAND_IN}处是我们的字体里没有的字，以电子数据为准。",
                 en=f"{STAND_IN} is a character our fonts lack; the electronic data holds it.")
_MISSING = re.compile(r'text `"(.+?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")


def render_licence(sheet: LicenceSheet) -> bytes:
    """The licence as PDF/A-2a, where `STAND_IN` stands for a character that the fonts lack, and a line in the footer says so.

    The same sheet gives the same bytes, so the hash that is signed can be made again.
    """
    content = {
        "title": sheet.title,
        "number": sheet.number,
        "identifier": sheet.identifier,
        "holder": sheet.holder,
        "fields": _fields(sheet.fields),
        "issuer": sheet.issuer,
        "issued": _day(sheet.issued_on),
        "valid": _period(sheet.valid_from, sheet.valid_to),
        "seal": sheet.seal,
        "scan": _code(sheet.verify_url),
        "code": _groups(sheet.code),
        "verify_url": sheet.verify_url,
        "note": sheet.note,
    }
    return _render("licence.typ", content, sheet.issued_on)


def render_notice(sheet: NoticeSheet) -> bytes:
    """The notice as PDF/A-2a, as `render_licence`."""
    content = {
        "heading": sheet.heading,
        "authority": sheet.authority,
        "case_number": sheet.case_number,
        "addressee": sheet.addressee,
        "paragraphs": sheet.paragraphs,
        "facts": _fields(sheet.facts),
        "dated": _day(sheet.dated_on),
        "seal": sheet.seal,
        "scan": _code(sheet.verify_url) if sheet.verify_url else None,
        "verify_url": sheet.verify_url,
        "note": sheet.note,
    }
    return _render("notice.typ", content, sheet.dated_on)


def _render(template: str, content: dict[str, object], day: date) -> bytes:
    lacking: dict[int, str] = {}
    while True:
        told = {**content, "note": _noted(content["note"])} if lacking else content
        try:
            return _compiled(template, msgspec.json.encode(told).decode().translate(lacking), day)
        except typst.TypstError as error:
            found = {ord(each): STAND_IN for text in _MISSING.findall(error.diagnostic) for each in _plain(text) if not each.isascii()}
            if found.keys() <= lacking.keys():
                raise
            lacking |= found


def _plain(text: str) -> str:
    """A text as a diagnostic quotes it, with private characters and lone marks written as themselves."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _noted(note: object) -> Text:
    """The footer's line, and after it what the stand-in means."""
    return Text(zh=note.zh + NOT_DRAWN.zh, en=f"{note.en} {NOT_DRAWN.en}") if isinstance(note, Text) else NOT_DRAWN


def _compiled(template: str, sheet: str, day: date) -> bytes:
    compiler = typst.Compiler(_TEMPLATES / template, root=_TEMPLATES, font_paths=_fonts(), sys_inputs={"sheet": sheet})
    pdf = compiler.compile(format="pdf", pdf_standards=["a-2a"], timestamp=datetime.combine(day, time(), tzinfo=_TIMEZONE))
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no single PDF")
    return pdf


@cache
def _fonts() -> typst.Fonts:
    """Our two fonts and no other, so that a missing character cannot slip into a stranger's shape."""
    folder = pylopdf_fonts_zh_cn.sans_path().parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])


def _fields(fields: Iterable[SheetField]) -> list[dict[str, object]]:
    return [{"label": field.label, "value": field.value} for field in fields]


def _code(url: str) -> str:
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False, dark="#16202e")
    return out.getvalue().decode()


def _groups(code: str) -> str:
    """A code in fours, as people read it; the page that takes it passes over the spaces."""
    return " ".join(code[at:at + 4] for at in range(0, len(code), 4))


def _day(day: date) -> Text:
    return Text(zh=f"{day.year}年{day.month}月{day.day}日", en=f"{day.day} {day:%B} {day.year}")


def _period(first: date, last: date | None) -> Text:
    start = _day(first)
    if last is None:
        return Text(zh=f"自{start.zh}起长期有效", en=f"from {start.en}, without limit")
    end = _day(last)
    return Text(zh=f"{start.zh}至{end.zh}", en=f"{start.en} to {end.en}")
