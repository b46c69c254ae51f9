"""Licences and notices on paper: archival PDF, complete, the same each time, and never an empty box."""

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pikepdf
import pytest

from tests.requirements import requirement
from tongban.kernel.codes import licence_identifier
from tongban.kernel.types import Text
from tongban.licences.rendering import pdf
from tongban.licences.rendering.types import LicenceSheet, NoticeSheet, SheetField
from tongban.seals.rules import seal_picture

AUTHORITY = Text(zh="临江市市场监督管理局", en="Linjiang Administration for Market Regulation")
IDENTIFIER = licence_identifier("11100000000013338W032", "11511301008778183N", "00000000000020260001", 1)
LICENCE = LicenceSheet(
    title=Text(zh="食品经营许可证", en="Food Business Licence"),
    number="JY13301060000001",
    identifier=IDENTIFIER,
    holder="临江湖滨小面馆",
    fields=(SheetField(label=Text(zh="经营场所", en="Place of business"), value="临江市湖滨区文昌路 18 号"),),
    issuer=AUTHORITY,
    issued_on=date(2026, 3, 9),
    valid_from=date(2026, 3, 9),
    valid_to=date(2031, 3, 8),
    seal=seal_picture(AUTHORITY.zh, purpose="行政审批专用章"),
    code="TjU2MxL-twJW_MtVejFdQw",
    verify_url="https://tongban.example/verify/TjU2MxL-twJW_MtVejFdQw/",
)
NOTICE = NoticeSheet(
    heading=Text(zh="受理通知书", en="Notice of Acceptance"),
    authority=AUTHORITY,
    case_number="12441500196720244T3442199806003202603090001",
    addressee="临江湖滨小面馆",
    paragraphs=("你单位提出的食品经营许可申请，材料齐全，现决定受理。", "我局承诺在 5 个工作日内作出决定。"),
    dated_on=date(2026, 3, 9),
    seal=seal_picture(AUTHORITY.zh),
)


def opened(content: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(content))


def characters(document: pikepdf.Pdf) -> set[str]:
    """Every character the embedded fonts of the document map to, out of their ToUnicode tables."""
    found: set[str] = set()
    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font" and "/ToUnicode" in item:
            table: Any = item["/ToUnicode"]
            for line in table.read_bytes().decode("latin-1").splitlines():
                words = line.split()
                if len(words) == 2 and words[1].startswith("<"):
                    found |= set(bytes.fromhex(words[1].strip("<>")).decode("utf-16-be"))
    return found


def images(document: pikepdf.Pdf) -> list[str]:
    """Alternative texts of the figures, as a screen reader says them."""
    return [
        str(item["/Alt"])
        for item in document.objects
        if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"
    ]


@requirement("SEAL-09")
def test_a_licence_is_tagged_archival_pdf_and_says_that_it_is_a_sample() -> None:
    document = opened(pdf.render_licence(LICENCE))
    with document.open_metadata() as about:
        assert (about["pdfaid:part"], about["pdfaid:conformance"]) == ("2", "A")
        assert about["dc:title"] == "食品经营许可证 JY13301060000001"
        assert about["xmp:CreateDate"] == "2026-03-08T16:00:00+00:00"  # the day of issue in Shanghai, not of printing
    assert len(document.pages) == 1
    assert document.Root.MarkInfo.Marked
    assert str(document.Root.Lang) == "zh-CN"
    assert set("样张，以软件密钥签署无法律效力") <= characters(document)
    assert set("样章SAMPLE") <= characters(document)


def test_a_licence_prints_every_field_the_holder_the_dates_and_the_identifier() -> None:
    found = characters(opened(pdf.render_licence(LICENCE)))
    for words in (LICENCE.holder, LICENCE.number, IDENTIFIER, AUTHORITY.zh, LICENCE.fields[0].value, "2031年", "March"):
        assert set(words) - {" "} <= found


@requirement("LIC-16")
def test_the_code_to_type_stands_beside_the_code_to_scan_in_groups_of_four() -> None:
    assert pdf._groups(LICENCE.code) == "TjU2 MxL- twJW _MtV ejFd Qw"
    printed, bare = (characters(opened(pdf.render_licence(replace(LICENCE, code=code, verify_url=LICENCE.verify_url, note=None))))
                     for code in (LICENCE.code, "1111"))
    assert set(LICENCE.code) <= printed and {*"UxQ_"} & bare == set()
    assert set("或者输入编码") <= printed


def test_seal_and_code_are_described_for_those_who_cannot_see_them() -> None:
    alternatives = images(opened(pdf.render_licence(LICENCE)))
    assert any(LICENCE.verify_url in text for text in alternatives)
    assert any(AUTHORITY.zh in text and "样章" in text for text in alternatives)


def test_the_same_sheet_gives_the_same_bytes_and_another_number_does_not() -> None:
    first = pdf.render_licence(LICENCE)
    assert pdf.render_licence(LICENCE) == first
    assert pdf.render_licence(replace(LICENCE, number="JY13301060000002")) != first
    assert pdf.render_notice(NOTICE) == pdf.render_notice(NOTICE)


@pytest.mark.parametrize(
    "changed",
    [
        {"holder": "面馆\U0001f600"},
        {"holder": "王\ue863"},
        {"title": Text(zh="许可证", en="Li\u1e9ecence")},
        {"seal": seal_picture("临江\U0001f600局")},
        {"fields": (SheetField(label=Text(zh="备注"), value="\u0e01"),)},
    ],
)
def test_a_character_our_fonts_lack_has_a_stand_in_and_the_footer_says_so(changed: dict[str, Any]) -> None:
    document = opened(pdf.render_licence(replace(LICENCE, **changed)))
    assert {pdf.STAND_IN, *"字体里没有的"} <= characters(document)
    assert not {"\U0001f600", "\ue863", "\u1e9e", "\u0e01"} & characters(document)


def test_where_nothing_lacks_nothing_is_said() -> None:
    assert pdf.STAND_IN not in characters(opened(pdf.render_licence(LICENCE)))


def test_markup_in_a_value_is_printed_and_not_obeyed() -> None:
    hostile = '#panic("x") *bold* $x$ <label> \\ [ ] </svg>'
    document = opened(pdf.render_licence(replace(LICENCE, holder=hostile)))
    assert set(hostile) - {" "} <= characters(document)


def test_a_long_field_runs_on_to_a_second_page_within_the_frame() -> None:
    scope = SheetField(label=Text(zh="经营范围", en="Business scope"), value="食品销售；餐饮服务。" * 120)
    assert len(opened(pdf.render_licence(replace(LICENCE, fields=(scope,)))).pages) == 2


def test_a_licence_without_end_says_so() -> None:
    assert pdf._period(date(2026, 3, 9), None).zh == "自2026年3月9日起长期有效"
    assert "长" in characters(opened(pdf.render_licence(replace(LICENCE, valid_to=None))))


def test_a_notice_carries_heading_case_number_and_text_and_a_code_only_with_an_address() -> None:
    document = opened(pdf.render_notice(NOTICE))
    found = characters(document)
    for words in (NOTICE.heading.zh, NOTICE.case_number, *NOTICE.paragraphs, NOTICE.addressee):
        assert set(words) - {" "} <= found
    assert len(images(document)) == 1
    assert len(images(opened(pdf.render_notice(replace(NOTICE, verify_url="https://tongban.example/r/1"))))) == 2


def test_the_note_is_left_out_where_the_keys_are_not_software() -> None:
    found = characters(opened(pdf.render_notice(replace(NOTICE, note=None))))
    assert not set("软密钥") & found
