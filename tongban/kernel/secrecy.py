"""Marks of secrecy: how papers that concern state secrets or secrets of work say so themselves (SEC-14).

Such data never enter here: decree 809 leaves them to the laws on secrecy (art. 3). What counts as a mark is data with its
source, `data/secrecy_marks.yaml`, read once when this is imported: the process that looks inside files opens none later.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any

import msgspec

BLANKS = re.compile(r"[^\S\n]+")
LINE_ENDS = re.compile("[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
PARTED = re.compile(r"[_\-—–.,;:+&/\\\s]+")
INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u0300-\u036f\u0483-\u0489\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20d0-\u20f0\u2800\u302a-\u302d\u3099\u309a\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufe20-\ufe2f"
    "\ufeff\uffa0\ufff0-\uffff\U000e0000-\U0010ffff]")
"""Characters nobody sees: controls, formats, joiners, marks set over others, and those without a meaning of their own."""


class Kind(StrEnum):
    """Whose secret a mark speaks of."""

    STATE = "STATE"
    WORK = "WORK"


class Where(StrEnum):
    """Where in a text a mark counts."""

    ANYWHERE = "ANYWHERE"
    LINE = "LINE"
    HEAD = "HEAD"
    NAME = "NAME"


class Place(StrEnum):
    """In what a mark was found."""

    FILE = "FILE"
    FILE_NAME = "FILE_NAME"
    TYPED = "TYPED"
    GATE = "GATE"


class Mark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way in which papers say that they are secret, and where that is written."""

    code: str
    kind: Kind
    where: Where
    pattern: str
    source: str
    confirmed: bool


class Marks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The list of marks, as it is in the file."""

    version: int
    head_lines: int
    fold: dict[str, str]
    parts: dict[str, str]
    marks: tuple[Mark, ...]


def _read() -> Marks:
    path = Path(__file__).resolve().parents[2] / "data" / "secrecy_marks.yaml"
    return msgspec.yaml.decode(path.read_bytes(), type=Marks)


MARKS = _read()
KINDS: Mapping[str, Kind] = {each.code: each.kind for each in MARKS.marks}
"""Whose secret each mark speaks of, by its code."""

_FOLD = str.maketrans(MARKS.fold)
_HINT = re.compile("[绝机秘]\n?密|内部")
_PART = re.compile(r"\{([a-z_]+)\}")


def mark_in(text: str) -> str:
    """The code of the first mark in a text or on a page; empty if it bears none."""
    if "密" not in text and "内" not in text and "內" not in text:
        return ""
    folded = _folded(text)
    if not _HINT.search(folded):
        return ""
    return _found(_ANYWHERE, folded) or _found(_HEAD, "\n".join(folded.split("\n", MARKS.head_lines)[:MARKS.head_lines]))


def mark_in_name(name: str) -> str:
    """The code of the first mark in the name of a file; its parts, parted as names are, count as lines."""
    parts = PARTED.split(PurePath(name).stem)
    return mark_in(name) or mark_in("\n".join(parts)) or _found(_NAME, _folded(name))


def mark_among(texts: Iterable[str]) -> str:
    """The code of the first mark in any of several texts."""
    return next(filter(None, map(mark_in, texts)), "")


def mark_inside(value: Any) -> str:
    """The code of the first mark in any text of an answer, a list or a document, however deep."""
    match value:
        case str():
            return mark_in(value)
        case Mapping():
            return next(filter(None, map(mark_inside, value.values())), "")
        case list() | tuple():
            return next(filter(None, map(mark_inside, value)), "")
    return ""


def without_marks(value: Any, former: Any = None) -> Any:
    """What is left of an answer, a list or a document: a text with a mark gives way to what stood there in `former`, or to nothing.

    Of a list nothing former is taken, as its lines may have moved.
    """
    match value:
        case str():
            return former if mark_in(value) else value
        case Mapping():
            known = former if isinstance(former, Mapping) else {}
            left = {name: without_marks(each, known.get(name)) for name, each in value.items()}
            return {name: each for name, each in left.items() if each is not None}
        case list() | tuple():
            return [each for each in map(without_marks, value) if each is not None]
    return value


def _folded(text: str) -> str:
    """Text as the patterns read it: plain width, the usual characters, no blanks within a line, no empty lines."""
    plain = unicodedata.normalize("NFKC", LINE_ENDS.sub("\n", text)).translate(_FOLD)
    return re.sub("\n+", "\n", INVISIBLE.sub("", BLANKS.sub("", plain))).strip("\n")


def _compiled(*wanted: Where) -> re.Pattern[str]:
    """All patterns of some places as one; the name of the group that fits leads to the mark."""
    alternatives = [
        f"(?P<m{number}>{_whole(each) if each.where in (Where.LINE, Where.HEAD) else _filled(each)})"
        for number, each in enumerate(MARKS.marks) if each.where in wanted]
    return re.compile("|".join(alternatives))


def _filled(mark: Mark) -> str:
    return _PART.sub(lambda part: MARKS.parts[part[1]], mark.pattern)


def _whole(mark: Mark) -> str:
    return rf"(?m:^(?:{_filled(mark)})$)"


def _found(pattern: re.Pattern[str], folded: str) -> str:
    hit = pattern.search(folded)
    return MARKS.marks[int(str(hit.lastgroup)[1:])].code if hit else ""


_ANYWHERE, _HEAD, _NAME = _compiled(Where.ANYWHERE, Where.LINE), _compiled(Where.HEAD), _compiled(Where.NAME)
