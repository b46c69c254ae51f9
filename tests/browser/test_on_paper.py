"""What people print fits the sheet: A4, whole words and numbers, no empty page behind."""

import io

import pikepdf
import pytest

from tests.browser.test_nothing_is_lost import LOGIN, begin, to_check, visitor  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SHEET = {"width": 673, "height": 971}
"""What the margins leave of A4, in CSS pixels."""
OUTSIDE = """() => [...document.querySelectorAll('body *')].filter(each => each.checkVisibility()
  && each.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5).map(each => each.outerHTML.slice(0, 80))"""


def on_paper(page):
    """The sheets as printed; nothing of the page reaches over the edge of one."""
    page.set_viewport_size(SHEET)
    page.emulate_media(media="print")
    outside, wide = page.evaluate(OUTSIDE), page.evaluate("document.documentElement.scrollWidth")
    page.emulate_media(media="null")
    with pikepdf.open(io.BytesIO(page.pdf(prefer_css_page_size=True))) as printed:
        sheets = [[round(float(each)) for each in sheet.mediabox] for sheet in printed.pages]
    assert outside == [] and wide == SHEET["width"]
    assert set(map(tuple, sheets)) == {(0, 0, 595, 842)}
    return len(sheets)


def test_the_check_page_and_the_receipt_fit_the_sheet(visitor, running, picture):  # noqa: F811
    person = visitor(login=LOGIN)
    draft = begin(person, running)
    to_check(person, picture)
    person.go(f"{draft}questions/premises/")
    person.fill("#f-premises_name", "W" * 95)
    person.click("button[name=later]")
    person.go(f"{draft}check/")
    assert on_paper(person.page) == 2
    person.choose("#true")
    person.click("main form .btns button[type=submit]")
    assert "/receipt/" in person.page.url and on_paper(person.page) == 1
