"""What a file is by its content, whether we take it, and the name it is kept under. Bytes in, values out.

`inspect` parses what strangers made: it is run in a process of its own (`clients.SandboxInspector`).
"""

import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import PurePosixPath
from posixpath import dirname, join, normpath

import pikepdf
from lxml import etree
from PIL import Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin
from pypdfium2 import PdfiumError

from tongban.documents.rules import reading
from tongban.documents.types import Findings, Flaw, MediaType
from tongban.kernel.codes import conceal

PIXELS_MAX = 60_000_000
UNPACKED_MAX = 300 * 1024 * 1024
RATIO_MAX = 200
MEMBERS_MAX = 5000
XML_MAX = 4 * 1024 * 1024
NAME_MAX = 120
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

BROKEN = (ValueError, OSError, SyntaxError, LookupError, EOFError, RuntimeError, ArithmeticError, MemoryError,
          TypeError, struct.error, zipfile.BadZipFile, zlib.error)
"""What the parsers raise for a file that is not what it says."""

READS_FACTS = TiffImagePlugin
"""What Pillow reads the facts of a camera with, imported now: the process that looks inside opens no file later."""

_STARTS = {b"%PDF-": MediaType.PDF, b"\xff\xd8\xff": MediaType.JPEG, b"\x89PNG\r\n\x1a\n": MediaType.PNG,
           b"PK\x03\x04": MediaType.OFD}
_SECOND = re.compile(
    rb"(?i:<script[\s>]|<\?php\s|<html[\s>]|<svg\s[^>]{0,300}xmlns|<!doctype\s)|%PDF-[12]\.|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c"
    rb"|MZ.{58}[\x40-\xff]\x00\x00\x00\x0e\x1f\xba|\x7fELF[\x01\x02][\x01\x02]\x01", re.DOTALL)
_PDF_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|EF|RichMedia|XFA|GoToE|ImportData|SubmitForm)"
                         rb"(?![^\s/<>\[\]()])")
_PDF_STRING = re.compile(rb"\((?:[^\\()]|\\.)*+\)", re.DOTALL)
_ACTIVE_ANYWHERE = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|GoToE|ImportData|SubmitForm)"
                              rb"(?![A-Za-z0-9_])")
_PDF_PACKED = {"/FlateDecode", "/Fl", "/LZWDecode", "/LZW", "/RunLengthDecode", "/RL"}
_PDF_WRITTEN = {"/ASCII85Decode", "/A85", "/ASCIIHexDecode", "/AHx", "/Crypt"}
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_RESERVED = re.compile(r'[<>:"|?*]')
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


def check_size(size: int, limit: int) -> Flaw | None:
    """Whether a file of this size is worth a look."""
    if size == 0:
        return Flaw.EMPTY
    return Flaw.TOO_LARGE if size > limit else None


def media_type_of(content: bytes) -> MediaType | None:
    """The type the first bytes claim; a ZIP counts as OFD only if it is one inside."""
    return next((found for start, found in _STARTS.items() if content.startswith(start)), None)


def inspect(content: bytes) -> Findings:
    """Type and number of pages, or the one flaw for which the file is not taken. Never raises for bad input."""
    claimed = media_type_of(content)
    try:
        match claimed:
            case None:
                return Findings(flaw=Flaw.UNKNOWN_TYPE)
            case MediaType.PDF:
                return _inspect_pdf(content)
            case MediaType.OFD:
                return _inspect_ofd(content)
            case picture:
                return _inspect_picture(content, picture)
    except reading.NotTaken as found:
        return Findings(flaw=found.flaw, mark=found.mark)
    except (*BROKEN, PdfiumError):
        return Findings(flaw=Flaw.DAMAGED)


def clean_name(name: str, media_type: MediaType) -> str:
    """The name a file is kept and offered under: its last part, without control, format and direction characters,
    at most 120 characters, ending as its content says. Numbers of people in it are masked: names are shown in lists.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode()))[-1]
    plain = "".join(character for character in last if unicodedata.category(character)[0] != "C")
    plain = _RESERVED.sub("_", conceal(" ".join(plain.split()))).strip(" .")
    stem = PurePosixPath(plain).stem if PurePosixPath(plain).suffix.lower() in _suffixes() else plain
    stem = stem.strip(" .")[:NAME_MAX - len(media_type.suffix)].strip(" .")
    if not stem or stem.split(".")[0].upper() in _DEVICES:
        stem = f"file {stem}".strip()
    return stem + media_type.suffix


def holds_eicar(content: bytes) -> bool:
    """Whether the harmless test virus that every scanner knows is in it."""
    return EICAR in content


def _suffixes() -> set[str]:
    return {".jpeg", ".exe", ".zip", ".svg", ".html", *(each.suffix for each in MediaType)}


def _hides_second(content: bytes) -> bool:
    return zipfile.is_zipfile(io.BytesIO(content)) or _SECOND.search(content, 8) is not None


def _inspect_picture(content: bytes, claimed: MediaType) -> Findings:
    if _hides_second(content):
        return Findings(flaw=Flaw.TWO_TYPES)
    Image.MAX_IMAGE_PIXELS = None
    reader = JpegImagePlugin.JpegImageFile if claimed is MediaType.JPEG else PngImagePlugin.PngImageFile
    with reader(io.BytesIO(content)) as picture:
        width, height = picture.size
        if width * height > PIXELS_MAX:
            return Findings(flaw=Flaw.TOO_MANY_PIXELS)
        picture.draft("RGB", (max(1, width // 8), max(1, height // 8)))
        picture.load()
        _read_facts(picture)
    return Findings(media_type=claimed, pages=1)


def _read_facts(picture: Image.Image) -> None:
    """Many cameras write their facts wrongly: what cannot be read there is no reason against the picture."""
    with suppress(*BROKEN):
        reading.read_picture(picture)


def _inspect_pdf(content: bytes) -> Findings:
    flaw, pages = _outside_flaw(content), 0
    if not flaw:
        try:
            with pikepdf.open(io.BytesIO(content), attempt_recovery=False, suppress_warnings=True) as pdf:
                flaw = Flaw.LOCKED if pdf.is_encrypted else _inside_flaw(pdf)
                pages = 0 if flaw else len(pdf.pages)
            if pages:
                reading.read_pdf(content)
        except (pikepdf.PikepdfError, MemoryError) as error:
            if isinstance(error, MemoryError) or "bad_alloc" in str(error):
                flaw = Flaw.UNPACKS_TOO_LARGE
            elif b"/Encrypt" in content:
                flaw = Flaw.LOCKED
    return Findings(media_type=MediaType.PDF, pages=pages) if pages else Findings(flaw=flaw or Flaw.DAMAGED)


def _outside_flaw(content: bytes) -> Flaw | None:
    """What speaks against a PDF before it is opened."""
    end = content.rfind(b"%%EOF")
    if end < 0:
        return Flaw.DAMAGED
    if content[end + 5:].strip(b"\r\n\t \x00\x1a") or zipfile.is_zipfile(io.BytesIO(content)):
        return Flaw.TWO_TYPES
    return Flaw.ACTIVE if _reads_active(content) else None


def _inside_flaw(pdf: pikepdf.Pdf) -> Flaw | None:
    """What speaks against an opened PDF: every object is looked at, packed or plain, referred to or not."""
    budget = UNPACKED_MAX
    for each in chain([pdf.trailer], pdf.objects):
        said = each.stream_dict if isinstance(each, pikepdf.Stream) else each
        if isinstance(said, pikepdf.Object):
            written = said.unparse(resolved=True)
            if _PDF_ACTIVE.search(_PDF_STRING.sub(b"", written)):
                return Flaw.ACTIVE
            reading.read_object(written)
        if not isinstance(each, pikepdf.Stream):
            continue
        if said.get("/Subtype") == pikepdf.Name.Image:
            if int(said.get("/Width", 0)) * int(said.get("/Height", 0)) > PIXELS_MAX:
                return Flaw.TOO_MANY_PIXELS
            continue
        unpacked = _unpacked(each)
        budget -= len(unpacked)
        if budget < 0:
            return Flaw.UNPACKS_TOO_LARGE
        kind = said.get("/Type")
        if kind == pikepdf.Name.ObjStm and _reads_active(unpacked):
            return Flaw.ACTIVE
        if kind == pikepdf.Name.Metadata:
            reading.read_markup(unpacked)
    return None


def _unpacked(stream: pikepdf.Stream) -> bytes:
    """The content of a stream as far as it is packed or written otherwise; `MemoryError` if it is packed twice."""
    said = stream.stream_dict.get("/Filter", pikepdf.Array())
    filters = [str(each) for each in (said if isinstance(said, pikepdf.Array) else [said])]
    if sum(each in _PDF_PACKED for each in filters) > 1:
        raise MemoryError
    return stream.read_bytes() if {*filters} <= _PDF_PACKED | _PDF_WRITTEN else b""


def _reads_active(content: bytes) -> bool:
    """Whether a reader that mends a file could find something active there, whatever the file says of its objects."""
    return _ACTIVE_ANYWHERE.search(_NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), content)) is not None


def _inspect_ofd(content: bytes) -> Findings:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        flaw = _package_flaw(package, len(content))
        if flaw:
            return Findings(flaw=flaw)
        if _local(_xml(package, "OFD.xml")) != "OFD":
            return Findings(flaw=Flaw.UNKNOWN_TYPE)
        documents = {name: _xml(package, name) for name in package.namelist() if PurePosixPath(name).name == "Document.xml"}
        pages = sum(_pages_in(each) for each in documents.values())
        if pages:
            reading.read_package(package, {part for name, each in documents.items() for part in _shown_by(each, name)})
    return Findings(media_type=MediaType.OFD, pages=pages) if pages else Findings(flaw=Flaw.DAMAGED)


def _package_flaw(package: zipfile.ZipFile, size: int) -> Flaw | None:
    members = package.infolist()
    names = {member.filename for member in members}
    unpacked = sum(member.file_size for member in members)
    if "OFD.xml" not in names:
        return Flaw.UNKNOWN_TYPE
    if any(_is_bad_member(member) for member in members) or len(names) < len(members):
        return Flaw.TWO_TYPES
    if any(member.flag_bits & 1 for member in members):
        return Flaw.LOCKED
    too_large = len(members) > MEMBERS_MAX or unpacked > min(UNPACKED_MAX, RATIO_MAX * max(size, 4096))
    if too_large or any(_unpacked_size(package, member) != member.file_size for member in members):
        return Flaw.UNPACKS_TOO_LARGE
    return None


def _is_bad_member(member: zipfile.ZipInfo) -> bool:
    """A path that leads out, a link, or a program among the parts of a layout document."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    link = (member.external_attr >> 16) & 0o170000 == 0o120000
    outside = path.is_absolute() or ".." in path.parts or ":" in member.filename or "\x00" in member.orig_filename
    return link or outside or path.suffix.lower() in {".exe", ".js", ".html", ".htm", ".svg", ".jar", ".bat", ".dll"}


def _unpacked_size(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    size = 0
    with package.open(member) as part:
        while block := part.read(1 << 16):
            size += len(block)
            if size > UNPACKED_MAX:
                break
    return size


def _xml(package: zipfile.ZipFile, name: str) -> etree._Element:
    """A part as XML; declarations of types and entities are refused before the parser sees them."""
    with package.open(name) as part:
        text = part.read(XML_MAX + 1)
    if len(text) > XML_MAX or b"\x00" in text or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ValueError("not plain XML")
    return etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _pages_in(document: etree._Element) -> int:
    pages = next((part for part in document if _local(part) == "Pages"), None)
    return sum(1 for part in pages if _local(part) == "Page") if pages is not None else 0


def _shown_by(document: etree._Element, name: str) -> Iterator[str]:
    """The parts that hold the pages of a document and their templates, in small letters."""
    for each in document.iter("{*}Page", "{*}TemplatePage"):
        yield normpath(join("/", dirname(name), str(each.get("BaseLoc", "")).replace("\\", "/"))).strip("/").lower()


def _local(part: etree._Element) -> str:
    return str(part.tag).rsplit("}", 1)[-1]
