"""The words a file holds, and the mark of secrecy among them (SEC-14). A scan has none: what a picture shows is not read.

Files place their characters one by one and in any order, so a page on which a mark may stand is read three ways: as it was
written, in rows and in columns. A character with none above or below it is no column: a row taken apart would make a head of
any "秘密" in a sentence. Every function here raises `NotTaken` at the first mark.
"""

import re
import zipfile
from collections.abc import Container, Iterator
from contextlib import closing, nullcontext, suppress
from html import unescape
from itertools import chain
from typing import Any, NamedTuple

import pikepdf
import pypdfium2
from lxml import etree
from PIL import Image
from pypdfium2 import raw as pdfium

from tongban.documents.types import Flaw
from tongban.kernel.secrecy import mark_in

CHARACTERS_MAX = 2_000_000
PLACED_MAX = 20_000
POINTS_OF_A_ROW, MILLIMETRES_OF_A_ROW = 3.0, 1.0
PHOTO_FACTS = (0x8769, 0x8825)
FACTS_MAX = 50
_TAG = re.compile(r"<[^>]*>")
_STRING = re.compile(rb"\((?:[^\\()]|\\.)*+\)|<(?:feff|efbbbf)[0-9a-f\s]*>", re.DOTALL | re.IGNORECASE)
_OFD_WORDS = frozenset({"TextCode", "Title", "Author", "Subject", "Abstract", "Keyword", "CustomData", "Remark", "Parameter"})


class NotTaken(Exception):
    """The file bears a mark, or holds more words than can be looked through in time."""

    def __init__(self, flaw: Flaw, mark: str = "") -> None:
        super().__init__(flaw, mark)
        self.flaw, self.mark = flaw, mark


class Piece(NamedTuple):
    """A run of characters and where it stands; rows count downwards."""

    row: float
    column: float
    text: str


def read_text(text: str) -> None:
    """Look through a text or a page."""
    if mark := mark_in(text):
        raise NotTaken(Flaw.MARKED, mark)


def read_pdf(content: bytes) -> None:
    """Look through the pages of a PDF, with the notes, stamps and fields that lie on them."""
    read = 0
    with closing(pypdfium2.PdfDocument(content)) as pdf:
        for number in range(len(pdf)):
            with closing(_flat_page(pdf, number)) as page, closing(page.get_textpage()) as words:
                text = words.get_text_range(errors="replace")
                read += len(text)
                if read > CHARACTERS_MAX:
                    raise NotTaken(Flaw.TOO_MUCH_TEXT)
                _read_placed(text, _placed(words), POINTS_OF_A_ROW)


def read_object(unparsed: bytes) -> None:
    """Look through the texts in an object of a PDF: titles, notes, values of fields. Those not in Unicode bear no mark."""
    for found in _STRING.findall(unparsed):
        if found[:1] == b"<" or b"\\3" in found or not found.isascii():
            read_text(str(pikepdf.Object.parse(found)))


def read_markup(markup: bytes) -> None:
    """Look through a packet of metadata (XMP)."""
    read_text(unescape(_TAG.sub("\n", markup.decode("utf-8", "replace"))))


def read_package(package: zipfile.ZipFile, shown: Container[str]) -> None:
    """Look through all parts of an OFD package: pages, templates, notes and what the document says of itself.

    What is shown as a page must be sound. Any other part may be broken, as an attachment may be anything: it is read up to there.
    """
    read = 0
    for name in package.namelist():
        is_shown = name.lower() in shown
        if not is_shown and not name.lower().endswith(".xml"):
            continue
        pieces: list[Piece] = []
        with package.open(name) as part, nullcontext() if is_shown else suppress(etree.XMLSyntaxError):
            pieces.extend(_pieces_of(part))
        text = "\n".join(each.text for each in pieces)
        read += len(text)
        if read > CHARACTERS_MAX:
            raise NotTaken(Flaw.TOO_MUCH_TEXT)
        _read_placed(text, iter(pieces), MILLIMETRES_OF_A_ROW)


def read_picture(picture: Image.Image) -> None:
    """Look through what a picture says of itself beside what it shows: comment, title, description, XMP."""
    facts: Any = picture.getexif()
    said = chain(picture.info.items(), facts.items(), *(facts.get_ifd(part).items() for part in PHOTO_FACTS))
    for name, value in said:
        if name not in ("icc_profile", "exif"):
            for text in _spellings(value):
                read_text(text)


def _flat_page(pdf: pypdfium2.PdfDocument, number: int) -> pypdfium2.PdfPage:
    page = pdf[number]
    if not pdfium.FPDFPage_GetAnnotCount(page.raw):
        return page
    pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY)
    page.close()
    return pdf[number]


def _placed(words: pypdfium2.PdfTextPage) -> Iterator[Piece]:
    across, up = pdfium.c_double(), pdfium.c_double()
    for index in range(words.count_chars()):
        code = pdfium.FPDFText_GetUnicode(words.raw, index)
        if code > ord(" ") and pdfium.FPDFText_GetCharOrigin(words.raw, index, across, up):
            yield Piece(-up.value, across.value, chr(code))


def _read_placed(text: str, placed: Iterator[Piece], near: float) -> None:
    read_text(text)
    if "密" in text or ("部" in text and ("内" in text or "內" in text)):
        pieces = [each for _, each in zip(range(PLACED_MAX), placed, strict=False)]
        read_text("\n".join(_lines(pieces, near)))
        columns = _lines([Piece(each.column, each.row, each.text) for each in pieces], near)
        read_text("\n".join(each for each in columns if len(each) > 1))


def _lines(pieces: list[Piece], near: float) -> list[str]:
    """Pieces as lines: those whose rows lie near each other, each line in the order of its columns."""
    lines: list[list[Piece]] = []
    for each in sorted(pieces):
        if lines and each.row - lines[-1][0].row <= near:
            lines[-1].append(each)
        else:
            lines.append([each])
    return ["".join(each.text for each in sorted(line, key=lambda piece: piece.column)) for line in lines]


def _pieces_of(part: Any) -> Iterator[Piece]:
    """The words of a part; one that declares types or entities is refused, as they say what a reader shows in place of others."""
    across = down = 0.0
    parsing = etree.iterparse(part, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
                              remove_comments=True, remove_pis=True)
    for happened, each in parsing:
        name = str(each.tag).rsplit("}", 1)[-1]
        if happened == "start":
            if each.getparent() is None and each.getroottree().docinfo.internalDTD is not None:
                raise ValueError("not plain XML")
            if name == "TextObject":
                across, down = (*map(_number, str(each.get("Boundary", "")).split()[:2]), 0.0, 0.0)[:2]
            continue
        if name in _OFD_WORDS and each.text:
            yield Piece(down + _number(each.get("Y", "")), across + _number(each.get("X", "")), each.text)
        each.clear()


def _number(written: object) -> float:
    try:
        return float(str(written))
    except ValueError:
        return 0.0


def _spellings(value: object) -> Iterator[str]:
    """A fact of a picture as text, in the encodings that cameras and programs write."""
    if isinstance(value, str):
        yield value
        yield value.encode("latin-1", "ignore").decode("utf-8", "ignore")
    elif isinstance(value, bytes):
        yield unescape(_TAG.sub("\n", value.decode("utf-8", "replace")))
        for encoding in ("gb18030", "utf-16-le", "utf-16-be"):
            yield value.decode(encoding, "ignore")
    elif isinstance(value, dict | list | tuple):
        for each in list(value.values() if isinstance(value, dict) else value)[:FACTS_MAX]:
            yield from _spellings(each)
