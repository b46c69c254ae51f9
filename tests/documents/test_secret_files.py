"""A file that bears a mark of secrecy is refused, whatever it is made of, and nothing of it is kept."""

import io
import zlib

import pikepdf
import pytest
import typst
from PIL import Image, PngImagePlugin
from pylopdf_fonts_zh_cn import sans_path

from tests.documents import forging
from tests.documents.test_uploads import TESTER, kept_files, store
from tests.requirements import requirement
from tongban.documents import actions, clients, errors
from tongban.documents.rules import inspecting, reading
from tongban.documents.types import Findings, Flaw
from tongban.kernel import database
from tongban.kernel.secrecy import Place

__all__ = ["store"]
FONTS = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(sans_path().parent)])
BODY = "\n\n".join(f"第{n}条　申请人应当保守商业秘密，工作人员不得泄露国家秘密。" for n in range(1, 9))
PAPER = '#set page("a5")\n#set text(font: "{font}")\n'


def typeset(source):
    return typst.Compiler((PAPER.replace("{font}", "Noto Sans SC") + source).encode(), font_paths=FONTS).compile(format="pdf")


def changed(content, change):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as file:
        change(file)
        file.save(out)
    return out.getvalue()


def titled(file):
    file.docinfo["/Title"] = "机密★5年"


def described(file):
    with file.open_metadata() as facts:
        facts["dc:title"] = "机密★5年"


def noted(file):
    file.pages[0].Annots = pikepdf.Array([pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9], Contents="机密★5年")])


def filled_in(file):
    file.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([file.make_indirect(pikepdf.Dictionary(
        FT=pikepdf.Name.Tx, T="a", V="机密★5年"))]))


def linked(file):
    file.pages[0].Annots = pikepdf.Array([pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], Dest=pikepdf.Array([file.pages[0].obj, pikepdf.Name.Fit]))])


def stamped(file):
    """A stamp whose words lie in its own drawing, as typeset elsewhere."""
    with pikepdf.open(io.BytesIO(typeset("机密★5年"))) as other:
        form = file.copy_foreign(other.pages[0].as_form_xobject())
    form.Subtype = pikepdf.Name.Form
    file.pages[0].Annots = pikepdf.Array([file.make_indirect(pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, Rect=[0, 0, 400, 500], F=4, AP=pikepdf.Dictionary(N=form)))])


def ofd_page(*runs):
    """A page of runs (text, x, y), in the order written."""
    objects = "".join(f'<ofd:TextObject ID="{n}" Boundary="{x} {y} 50 8"><ofd:TextCode X="0" Y="5">{text}</ofd:TextCode></ofd:TextObject>'
                      for n, (text, x, y) in enumerate(runs))
    return ('<?xml version="1.0" encoding="UTF-8"?><ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Content><ofd:Layer>'
            f"{objects}</ofd:Layer></ofd:Content></ofd:Page>")


def ofd_with(*runs, name="Doc_0/Pages/Page_0/Content.xml"):
    return forging.ofd(**{name: ofd_page(*runs)})


def ofd_titled(title):
    return forging.package({"Doc_0/Document.xml": forging.DOCUMENT, "OFD.xml": forging.OFD.replace(
        "/>", f"><ofd:DocBody><ofd:DocInfo><ofd:Title>{title}</ofd:Title></ofd:DocInfo></ofd:DocBody></ofd:OFD>")})


def photo(kind="JPEG", **options):
    out = io.BytesIO()
    Image.new("RGB", (64, 48)).save(out, kind, **options)
    return out.getvalue()


def exif(tag, value):
    facts = Image.Exif()
    facts[tag] = value
    return facts


def png_fact(key, value):
    facts = PngImagePlugin.PngInfo()
    facts.add_itxt(key, value)
    return facts


SECRET = {
    "a mark at the top": typeset("机密★5年\n\n" + BODY),
    "a mark spaced out": typeset("机#h(1em)密#h(2em)★#h(1em)5#h(1em)年\n\n" + BODY),
    "a grade alone at the top": typeset("000012\n\n秘#h(1em)密\n\n" + BODY),
    "upright, one below the other": typeset("#stack(dir: ttb, spacing: 3pt, [机], [密], [★], [5], [年])\n" + BODY),
    "placed one by one, backwards": typeset("".join(
        f"#place(top + left, dx: {18 * at}pt)[{each}]" for at, each in reversed([*enumerate("机密★5年")])) + "#v(3em)" + BODY),
    "placed one by one, upright, backwards": typeset("".join(
        f"#place(top + left, dy: {18 * at}pt)[{each}]" for at, each in reversed([*enumerate("机密★5年")])) + "#v(9em)" + BODY),
    "a grade alone, upright, backwards": typeset("".join(
        f"#place(top + right, dy: {18 * at}pt)[{each}]" for at, each in reversed([*enumerate("秘密")])) + "#v(4em)关于某事的通知"),
    "a grade alone at the top right": typeset("#align(right)[绝密]\n关于某事的通知\n\n" + BODY),
    "on the last of several pages": typeset(BODY + "#pagebreak()" + BODY + "#pagebreak()附件 绝密★长期"),
    "a secret of work": typeset("内部资料　注意保存\n\n" + BODY),
    "in old characters": typeset("機密★5年\n\n" + BODY), "turned": typeset("#rotate(90deg, reflow: true)[机密★5年]\n\n" + BODY),
    "in the title of the file": changed(typeset(BODY), titled), "in the metadata": changed(typeset(BODY), described),
    "in a field": changed(typeset(BODY), filled_in),
    "in a note": changed(typeset(BODY), noted), "on a stamp": changed(typeset(BODY), stamped),
    "ofd": ofd_with(("机密★5年", 10, 10), ("正文", 10, 40)), "ofd spaced": ofd_with(("机 密", 10, 10), ("★ 5 年", 40, 10)),
    "ofd backwards": ofd_with(("年", 50, 10), ("5", 40, 10), ("★", 30, 10), ("密", 20, 10), ("机", 10, 10)),
    "ofd backwards above other words": ofd_with(
        *reversed([(each, 10 * at, 10) for at, each in enumerate("机密★5年")]), *(("文字", 10 * at, 30) for at in range(5))),
    "ofd upright beside other words": ofd_with(
        *reversed([(each, 10, 10 * at) for at, each in enumerate("机密★5年")]), *(("文字", 30, 10 * at) for at in range(5))),
    "ofd template": ofd_with(("绝密★长期", 10, 10), name="Doc_0/Tpls/Tpl_0/Content.xml"), "ofd title": ofd_titled("机密★5年"),
    "ofd page of another name": forging.package({"OFD.xml": forging.OFD, "Doc_0/Document.xml": forging.DOCUMENT.replace(
        "p0.xml", "p0.dat"), "Doc_0/p0.dat": ofd_page(("机密★5年", 10, 10))}),
    "ofd with a comment between": ofd_with(("机<!-- -->密<?a?>★5年", 10, 10)),
    "ofd attachment before it breaks": forging.ofd(**{"Doc_0/Attachs/a.xml": ofd_page(("机密★5年", 10, 10)) + "<"}),
    "jpeg comment": photo(comment="机密★5年".encode()),
    "jpeg description": photo(exif=exif(0x010E, "机密★5年".encode())),
    "jpeg title": photo(exif=exif(0x9C9B, "机密★5年\0".encode("utf-16-le"))),
    "png text": photo("PNG", pnginfo=png_fact("Title", "机密★5年")),
    "png xmp": photo("PNG", pnginfo=png_fact("XML:com.adobe.xmp", "<x:xmpmeta><dc:title>机密★5年</dc:title></x:xmpmeta>")),
}
OPEN = {
    "pdf": typeset(BODY), "pdf with a link": changed(typeset(BODY), linked),
    "pdf about secrets": typeset("#align(center)[商业秘密保护承诺书]\n" + BODY),
    "pdf of a table": typeset("#table(columns: 3, [绝密], [机密], [秘密], [0], [0], [0])\n" + BODY),
    "ofd": ofd_with(("商业秘密", 10, 10), ("国家秘密法知识竞赛", 10, 40)), "ofd title": ofd_titled("保密协议"),
    "photo": photo(comment="商业秘密".encode()), "png": photo("PNG", pnginfo=png_fact("Title", "保密协议")),
    "photo with broken facts": forging.picture(exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 40),
}
OPEN |= {"; ".join(lines): typeset("\n\n".join(lines)) for lines in (
    ["本公司的商业秘密，双方应当保密。"], ["属于商业秘密，请保密。"], ["本公司的商业秘密"], ["本公司的商业秘密双方应当保密"],
    ["双方应当保守商业秘密。"], ["严禁把机密外传。"], ["保密协议", "本公司的商业秘密，双方应当保密。"],
    ["保密协议", "本公司的商业秘密，双方应当保密。", "甲方（盖章）"])}


def refused(content, name="a.pdf"):
    with pytest.raises(errors.FileMarkedSecret) as found:
        actions.examine_upload(name=name, content=io.BytesIO(content))
    return found.value


@requirement("SEC-14")
@pytest.mark.parametrize("kind", SECRET)
def test_a_file_with_a_mark_is_refused_and_leaves_nothing(db, store, kind):
    before = database.row("select count(*) from documents_document")
    error = refused(SECRET[kind])
    assert error.facts["place"] == Place.FILE and "{" not in str(error)
    assert database.row("select count(*) from documents_document") == before
    assert not store.folder.exists() or kept_files(store) == []


@requirement("SEC-14")
@pytest.mark.parametrize("kind", OPEN)
def test_a_file_about_secrets_that_is_none_is_taken(db, store, kind):
    file = actions.examine_upload(name="商业秘密保护承诺书.pdf", content=io.BytesIO(OPEN[kind]))
    assert actions.keep_upload(TESTER, party=700_001, file=file).id


@requirement("SEC-14")
def test_a_file_is_refused_for_its_name_alone(db, store):
    assert refused(forging.picture(), name="关于某事的报告（机密）.jpg").facts["place"] == Place.FILE_NAME
    assert not store.folder.exists()


@requirement("SEC-14")
def test_a_file_with_more_text_than_can_be_read_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "CHARACTERS_MAX", 1000)
    for content in (typeset(BODY * 9), ofd_with(("字" * 1001, 0, 0))):
        assert inspecting.inspect(content) == Findings(flaw=Flaw.TOO_MUCH_TEXT)


@requirement("SEC-14")
def test_words_by_the_million_end_within_the_limits_of_the_look_inside():
    line = zlib.compress(b"BT /F1 9 Tf " + b"(a) Tj " * 3_000_000 + b"ET")
    font = b"31 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n"
    content = forging.pdf(objects=font + forging.stream(line)).replace(
        b"/MediaBox [0 0 9 9]", b"/MediaBox [0 0 9 9] /Contents 30 0 R /Resources << /Font << /F1 31 0 R >> >>")
    shift = len(b" /Contents 30 0 R /Resources << /Font << /F1 31 0 R >> >>")
    found = clients.SandboxInspector().inspect(content)
    assert found.flaw in {Flaw.TOO_MUCH_TEXT, Flaw.DAMAGED, Flaw.UNPACKS_TOO_LARGE}, (found, shift)
