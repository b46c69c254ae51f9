"""When an application counts as received, until when the authority may answer, and what the applicant gets in writing
(TIM-03, TIM-R5, CASE-14).
"""

import io
import re
from datetime import date

import pikepdf
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.cases.given import PAPERS, REASON, applied, own_item, received, shanghai
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.types import DeclineGround
from tongban.catalogue import queries as catalogue
from tongban.identity.actions import open_session
from tongban.kernel import vault
from tongban.kernel.types import Channel

MONDAY = date(2026, 3, 2)


@requirement("TIM-03", "TIM-R5")
@pytest.mark.parametrize(("sent", "received", "due"), [
    pytest.param((3, 2, 10), MONDAY, (3, 10), id="in office hours"),
    pytest.param((3, 2, 6, 30), MONDAY, (3, 10), id="before the office opens"),
    pytest.param((3, 2, 12, 30), MONDAY, (3, 10), id="at lunch"),
    pytest.param((3, 2, 17, 29, 59), MONDAY, (3, 10), id="a second before it closes"),
    pytest.param((3, 2, 17, 30), date(2026, 3, 3), (3, 11), id="when it closes"),
    pytest.param((3, 7, 11), date(2026, 3, 9), (3, 17), id="on a Saturday"),
    pytest.param((4, 3, 18), date(2026, 4, 7), (4, 15), id="on the evening before Tomb-Sweeping"),
    pytest.param((5, 9, 11), date(2026, 5, 9), (5, 16), id="on a Saturday that is worked"),
])
def test_the_day_of_receipt_and_the_end_of_the_time_to_answer(db, at, sent, received, due):
    at(shanghai(*sent))
    case = applied(own_item()).row
    assert case.submitted_at == shanghai(*sent)
    assert case.received_on == received
    assert case.intake_due_at == shanghai(*due)
    assert case.next_due_at == case.intake_due_at


def browser(person):
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    client.cookies[settings.SESSION_COOKIE_NAME] = open_session(account=person.account, channel=Channel.WEB)
    return client


def words_of(content: bytes) -> str:
    """The text of a PDF without spaces, read through the character map of each of its fonts."""
    found = []
    with pikepdf.open(io.BytesIO(content)) as document:
        for page in document.pages:
            maps = {str(name): characters(font) for name, font in page.Resources.Font.items()}
            current: dict[int, str] = {}
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tf":
                    current = maps[str(operands[0])]
                elif str(operator) in ("Tj", "TJ"):
                    pieces = operands[0] if str(operator) == "TJ" else [operands[0]]
                    raw = b"".join(bytes(piece) for piece in pieces if isinstance(piece, pikepdf.String))
                    found += [current.get(int.from_bytes(raw[at:at + 2]), "") for at in range(0, len(raw), 2)]
    return re.sub(r"\s", "", "".join(found))


def characters(font: pikepdf.Object) -> dict[int, str]:
    """Which character each glyph of a font stands for."""
    table = font.ToUnicode.read_bytes().decode()
    found = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for glyph, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(glyph, 16)] = bytes.fromhex(text).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            begin = ord(bytes.fromhex(text).decode("utf-16-be"))
            found |= {glyph: chr(begin + glyph - int(first, 16)) for glyph in range(int(first, 16), int(last, 16) + 1)}
    return found


@requirement("CASE-14")
def test_the_receipt_shows_number_and_query_code_as_soon_as_the_application_is_sent(db):
    matter = received(PAPERS)
    page = browser(matter.person).get(reverse("portal:receipt", args=[matter.number])).content.decode()
    shown = re.sub(r"<[^>]+>|\s|&#8203;", "", page.split("<main")[1].split("</main>")[0])
    assert matter.number in shown
    assert vault.query_code(matter.number) in shown.replace("-", "")


@requirement("CASE-14")
@pytest.mark.parametrize(("kind", "heading", "act", "arguments"), [
    ("receipt", "收件凭证", None, {}),
    ("acceptance", "受理通知书", cases.accept_case, {}),
    ("decision", "不予受理通知书", cases.decline_case, {"ground": DeclineGround.BARRED, "reason": REASON}),
])
def test_receipt_acceptance_and_non_acceptance_are_vouchers_with_number_organ_seal_and_date(
        db, kind, heading, act, arguments):
    matter = received(PAPERS)
    if act is not None:
        matter.by("clerk", act, **arguments)
    content = browser(matter.person).get(reverse("portal:voucher", args=[matter.number, kind])).content
    written = words_of(content)
    organ = catalogue.guide(matter.row.item_code, 1).authority_name.zh
    assert [each for each in (heading, matter.number, organ, "2026年3月2日") if each not in written] == []
    with pikepdf.open(io.BytesIO(content)) as document:
        figures = [each for each in document.objects
                   if isinstance(each, pikepdf.Dictionary) and each.get("/S") == "/Figure"]
    assert any("章" in str(each.get("/Alt", "")) for each in figures)
