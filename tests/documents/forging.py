"""Files of every kind, honest and hostile, made in memory."""

import io
import re
import struct
import zipfile
import zlib

import pikepdf
from PIL import Image

from tongban.documents.rules import EICAR

OFD = '<?xml version="1.0"?><ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" Version="1.0"/>'
DOCUMENT = ('<?xml version="1.0"?><ofd:Document xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Pages>'
            '<ofd:Page ID="1" BaseLoc="p0.xml"/><ofd:Page ID="2" BaseLoc="p1.xml"/></ofd:Pages></ofd:Document>')


def picture(kind="JPEG", size=(64, 48), **options):
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


def phone_photo():
    """A photo as phones take it: facts of the camera first, with a place of their own for some."""
    facts = Image.Exif()
    facts[0x0110], facts[0x8769] = "Phone", {0x9003: "2026:01:01 00:00:00"}
    taken = picture(exif=facts)
    start = taken.index(b"\xff\xe0")
    return taken[:start] + taken[start + 2 + int.from_bytes(taken[start + 2:start + 4], "big"):]


def pdf(*, catalog=b"", objects=b"", trailer=b"", pages=1):
    kids = b" ".join(b"%d 0 R" % (n + 100) for n in range(pages))
    body = b"".join(b"%d 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>\nendobj\n" % (n + 100)
                    for n in range(pages))
    file = (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R " + catalog + b">>\nendobj\n"
            b"2 0 obj\n<< /Type /Pages /Count " + str(pages).encode() + b" /Kids [" + kids + b"] >>\nendobj\n" + body
            + objects)
    found = {int(each[1]): each.start() for each in re.finditer(rb"^(\d+) 0 obj$", file, re.MULTILINE)}
    rows = b"".join(b"%d 1\n%010d 00000 n \n" % each for each in sorted(found.items()))
    return (file + b"xref\n0 1\n0000000000 65535 f \n" + rows + b"trailer\n<< /Size 500 /Root 1 0 R " + trailer
            + b">>\nstartxref\n%d\n%%%%EOF\n" % len(file))


def stream(content, said=b"/Filter /FlateDecode", number=30):
    return (b"%d 0 obj\n<< %s /Length %d >>\nstream\n" % (number, said, len(content)) + content
            + b"\nendstream\nendobj\n")


def written_by_library(change=lambda _: None, **options):
    """A PDF of two pages as a library writes it; `pikepdf.Pdf.save` knows the options."""
    out = io.BytesIO()
    with pikepdf.new() as file:
        file.add_blank_page()
        file.add_blank_page()
        change(file)
        file.save(out, **options)
    return out.getvalue()


def with_script(file):
    file.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def packed_zeros(megabytes):
    """Zeros by the million, a thousandth of their size: one packed block said again and again."""
    packer = zlib.compressobj(9)
    start = packer.compress(b"\0" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b"\0" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + again * (megabytes - 1) + b"\x03\x00" + struct.pack(">I", megabytes * 10**6 % 65521 << 16 | 1)


def package(members=None, *, method=zipfile.ZIP_DEFLATED, extra=()):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in (members or {"OFD.xml": OFD, "Doc_0/Document.xml": DOCUMENT}).items():
            file.writestr(name, content)
        for member, content in extra:
            file.writestr(member, content)
    return out.getvalue()


def ofd(**more):
    return package({"OFD.xml": OFD, "Doc_0/Document.xml": DOCUMENT} | more)


def link_in_package():
    member = zipfile.ZipInfo("Doc_0/link")
    member.external_attr = 0o120777 << 16
    return package(extra=[(member, "/etc/passwd")])


def lying_package():
    """A package whose member claims to be small and unpacks to a thousand times that."""
    honest = package({"OFD.xml": OFD, "Doc_0/Document.xml": DOCUMENT, "Doc_0/big.bin": b"\0" * 3_000_000})
    return honest.replace(struct.pack("<I", 3_000_000), struct.pack("<I", 3_000))


def png_claiming(width, height):
    """A tiny PNG whose header claims a giant picture."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64))
            + chunk(b"IEND", b""))


def png_with_text_bomb():
    base = picture("PNG")
    bomb = b"Comment\0\0" + zlib.compress(b"\0" * 80_000_000, 9)
    chunk = struct.pack(">I", len(bomb)) + b"zTXt" + bomb + struct.pack(">I", zlib.crc32(b"zTXt" + bomb))
    return base[:33] + chunk + base[33:]


PACKED = pikepdf.ObjectStreamMode.generate
SCRIPT = b"40 0 obj\n<< /S /JavaScript /JS (app.alert(1)) >>\nendobj\n"
ZIP = package({"a.txt": "a"})
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
BILLION = ('<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
           '<ofd:OFD xmlns:ofd="x">&b;</ofd:OFD>')
EXTERNAL = ('<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
            '<ofd:OFD xmlns:ofd="x">&a;</ofd:OFD>')

HONEST = {
    "pdf": (pdf(), "application/pdf", 1), "pdf of 30 pages": (pdf(pages=30), "application/pdf", 30),
    "pdf with object streams": (written_by_library(object_stream_mode=PACKED), "application/pdf", 2),
    "linearised pdf": (written_by_library(linearize=True), "application/pdf", 2),
    "pdf about scripts": (pdf(trailer=b"/Info << /Title (what /JS and /XFA mean\\)) >> "), "application/pdf", 1),
    "pdf with a plan": (pdf(objects=stream(packed_zeros(80))), "application/pdf", 1),
    "pdf that opens at a page": (pdf(catalog=b"/OpenAction [10 0 R /Fit] "), "application/pdf", 1),
    "jpeg": (picture(), "image/jpeg", 1), "progressive jpeg": (picture(progressive=True), "image/jpeg", 1),
    "phone photo": (picture(size=(4000, 3000), quality=60), "image/jpeg", 1),
    "photo with facts of the camera": (phone_photo(), "image/jpeg", 1),
    "motion photo": (picture() + b"\0\0\0\x18ftypmp42" + b"\0" * 300, "image/jpeg", 1),
    "png": (picture("PNG"), "image/png", 1), "ofd": (package(), "application/ofd", 2),
    "ofd with a broken attachment": (ofd(**{"Doc_0/Attachs/a.xml": "<a><b></a>", "Doc_0/Attachs/b.xml": ""}), "application/ofd", 2),
}
HOSTILE = {
    "empty": (b"", "FileEmpty"), "text": (b"hello", "FileTypeNotAccepted"), "svg": (SVG, "FileTypeNotAccepted"),
    "html": (HTML, "FileTypeNotAccepted"), "exe": (b"MZ" + b"\0" * 200, "FileTypeNotAccepted"),
    "gif": (picture("GIF"), "FileTypeNotAccepted"), "bmp": (picture("BMP"), "FileTypeNotAccepted"),
    "webp": (picture("WEBP"), "FileTypeNotAccepted"), "tiff": (picture("TIFF"), "FileTypeNotAccepted"),
    "zip": (ZIP, "FileTypeNotAccepted"), "docm": (package({"[Content_Types].xml": "x", "word/vbaProject.bin": "x"}),
                                                  "FileTypeNotAccepted"),
    "pdf behind junk": (b"GIF89a" + pdf(), "FileTypeNotAccepted"), "xml": (b"<?xml version='1.0'?><a/>",
                                                                          "FileTypeNotAccepted"),
    "eicar": (EICAR, "FileInfected"), "eicar in pdf": (pdf(objects=EICAR), "FileInfected"),
    "eicar behind jpeg": (picture() + EICAR, "FileInfected"),
    "jpeg and zip": (picture() + ZIP, "FileHasTwoTypes"), "png and zip": (picture("PNG") + ZIP, "FileHasTwoTypes"),
    "pdf and zip": (pdf() + ZIP, "FileHasTwoTypes"), "pdf and html": (pdf() + HTML, "FileHasTwoTypes"),
    "jpeg and pdf": (picture() + pdf(), "FileHasTwoTypes"), "png and pdf": (picture("PNG") + pdf(), "FileHasTwoTypes"),
    "jpeg and html": (picture(comment=HTML), "FileHasTwoTypes"), "jpeg and php": (picture(comment=b"<?php system(1);"),
                                                                                 "FileHasTwoTypes"),
    "jpeg and svg": (picture(comment=SVG), "FileHasTwoTypes"), "jpeg and rar": (picture() + b"Rar!\x1a\x07\x01\0",
                                                                              "FileHasTwoTypes"),
    "jpeg and 7z": (picture() + b"7z\xbc\xaf\x27\x1c\0\4", "FileHasTwoTypes"),
    "jpeg and elf": (picture() + b"\x7fELF\x02\x01\x01", "FileHasTwoTypes"),
    "jpeg head only": (b"\xff\xd8\xff\xe0", "FileDamaged"), "cut jpeg": (picture()[:-200], "FileDamaged"),
    "cut png": (picture("PNG")[:60], "FileDamaged"), "png head only": (b"\x89PNG\r\n\x1a\n", "FileDamaged"),
    "html in jpeg's clothes": (b"\xff\xd8\xff" + HTML, "FileHasTwoTypes"),
    "huge png": (png_claiming(50_000, 50_000), "PictureTooLarge"),
    "huger png": (png_claiming(2**31 - 1, 2**31 - 1), "PictureTooLarge"),
    "png text bomb": (png_with_text_bomb(), "FileDamaged"),
    "pdf head only": (b"%PDF-1.7\n", "FileDamaged"), "pdf without pages": (pdf(pages=0), "FileDamaged"),
    "cut pdf": (pdf()[:-30], "FileDamaged"), "pdf with a wrong table": (pdf().replace(b" 00000 n", b"1 0000 n"),
                                                                       "FileDamaged"),
    "locked pdf": (written_by_library(encryption=pikepdf.Encryption(owner="a", user="b")), "FileLocked"),
    "pdf locked against printing": (written_by_library(encryption=pikepdf.Encryption(owner="a", user="")),
                                    "FileLocked"),
    "pdf locked in a strange way": (pdf(trailer=b"/ID [<00> <00>] /Encrypt << /Filter /Own /V 9 >> "), "FileLocked"),
    "pdf with script": (pdf(catalog=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >> "), "FileActive"),
    "pdf with hidden script": (pdf(catalog=b"/OpenAction << /S /J#61vaScript /J#53 (1) >> "), "FileActive"),
    "pdf with packed script": (written_by_library(with_script, object_stream_mode=PACKED), "FileActive"),
    "pdf with script no table names": (pdf(objects=stream(
        zlib.compress(b"1 0 << /S /JavaScript /JS (1) >>"), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")),
        "FileActive"),
    "pdf with script between comments": (pdf(catalog=b"/OpenAction 40 0 R ", objects=b"%stream\n" + SCRIPT
                                             + b"%endstream\n"), "FileActive"),
    "pdf with script after a comment": (pdf(catalog=b"/OpenAction 40 0 R ", objects=b"%stream\n" + SCRIPT),
                                        "FileActive"),
    "pdf with short script between comments": (pdf(objects=b"%stream\n40 0 obj\n<< /J#53 (1) >>\nendobj\n"
                                                   b"%endstream\n"), "FileActive"),
    "pdf with script in an old version": (pdf(objects=SCRIPT + SCRIPT.replace(b"/JavaScript", b"/GoTo")
                                              .replace(b"/JS", b"/D")), "FileActive"),
    "pdf that launches": (pdf(catalog=b"/AA << /O << /S /Launch /F (cmd.exe) >> >> "), "FileActive"),
    "pdf with attachment": (pdf(catalog=b"/Names << /EmbeddedFiles 9 0 R >> "), "FileActive"),
    "pdf with nameless attachment": (pdf(objects=b"40 0 obj\n<< /F (a) /EF << /F 9 0 R >> >>\nendobj\n"),
                                     "FileActive"),
    "pdf stream bomb": (pdf(objects=stream(packed_zeros(400))), "FileUnpacksTooLarge"),
    "pdf larger stream bomb": (pdf(objects=stream(packed_zeros(18_000))), "FileUnpacksTooLarge"),
    "pdf object stream bomb": (pdf(objects=stream(packed_zeros(400), b"/Type /ObjStm /N 1 /First 4 "
                                                  b"/Filter /FlateDecode")), "FileUnpacksTooLarge"),
    "pdf bomb in many streams": (pdf(objects=b"".join(stream(packed_zeros(80), number=n) for n in range(30, 34))),
                                 "FileUnpacksTooLarge"),
    "pdf packed twice": (pdf(objects=stream(zlib.compress(packed_zeros(1000)), b"/Filter [/FlateDecode /FlateDecode]")),
                         "FileUnpacksTooLarge"),
    "pdf with huge picture": (pdf(objects=stream(b"", b"/Subtype /Image /Width 50000 /Height 50000")),
                              "PictureTooLarge"),
    "ofd entity bomb": (package({"OFD.xml": BILLION, "Doc_0/Document.xml": DOCUMENT}), "FileDamaged"),
    "ofd external entity": (package({"OFD.xml": EXTERNAL, "Doc_0/Document.xml": DOCUMENT}), "FileDamaged"),
    "ofd page that is broken": (ofd(**{"Doc_0/p1.xml": "<a><b></a>"}), "FileDamaged"),
    "ofd page of another name that is broken": (package({"OFD.xml": OFD, "Doc_0/Document.xml": DOCUMENT.replace(
        "p1.xml", "/Doc_0/./P1.dat"), "Doc_0/p1.dat": "<a><b></a>"}), "FileDamaged"),
    "ofd page with entities": (ofd(**{"Doc_0/p0.xml": BILLION}), "FileDamaged"),
    "ofd part with entities": (ofd(**{"Doc_0/Annots/a.xml": EXTERNAL}), "FileDamaged"),
    "ofd part with entities of two bytes": (ofd(**{"Doc_0/Annots/a.xml": EXTERNAL.replace("?>", ' encoding="UTF-16"?>', 1).encode(
        "utf-16")}), "FileDamaged"),
    "ofd part with a type": (ofd(**{"Doc_0/Annots/a.xml": "<!DOCTYPE a><a/>"}), "FileDamaged"),
    "ofd by name only": (package({"OFD.xml": "<html/>", "Doc_0/Document.xml": DOCUMENT}), "FileTypeNotAccepted"),
    "ofd without pages": (package({"OFD.xml": OFD}), "FileDamaged"),
    "ofd zip slip": (package({"OFD.xml": OFD, "../../evil.xml": "x"}), "FileHasTwoTypes"),
    "ofd absolute path": (package({"OFD.xml": OFD, "/etc/cron.d/x": "x"}), "FileHasTwoTypes"),
    "ofd backslashes": (package({"OFD.xml": OFD, "..\\..\\evil.xml": "x"}), "FileHasTwoTypes"),
    "ofd with link": (link_in_package(), "FileHasTwoTypes"), "ofd with program": (ofd(**{"run.exe": "MZ"}),
                                                                                 "FileHasTwoTypes"),
    "ofd with svg": (ofd(**{"Doc_0/x.svg": SVG}), "FileHasTwoTypes"),
    "ofd bomb": (ofd(**{"Doc_0/big.bin": b"\0" * 60_000_000}), "FileUnpacksTooLarge"),
    "ofd that lies about sizes": (lying_package(), "FileDamaged"),
    "zip bomb named pdf": (package({"big": b"\0" * 60_000_000}), "FileTypeNotAccepted"),
}
