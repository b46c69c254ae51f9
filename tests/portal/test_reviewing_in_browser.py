"""Ratings in a real browser: no accessibility violation and no sideways scrolling in any state, without scripts too."""

import pytest

from tests.counter.browsing import browser_page, served
from tests.counter.test_desk_in_browser import threads, violations  # noqa: F401
from tests.portal.test_reviewing import answered, desk, link, rated, rectification, token  # noqa: F401
from tests.requirements import requirement
from tongban.reviews import actions
from tongban.reviews.types import TokenHolder

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LONG = "等了很久，窗口的人让我下周再来，" * 12 + "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
def states(desk, link, rated, catch_up):  # noqa: F811
    """Paths of the rating pages in every state, and of the pages that show ratings."""
    asked, good, waiting, settling, settled = link(), rated(1, text=""), rated(4), rated(5, text=LONG), rated(5)
    answered(desk, settling)
    answered(desk, settled)
    actions.revisit(TokenHolder(), token=token(settled), grade=4)
    actions.follow_up(TokenHolder(), token=token(settled), text=LONG)
    erased = rated(2)
    actions.erase_text(TokenHolder(), token=token(erased))
    catch_up()
    return [asked, f"{good}?done=rate", waiting, settling, settled, f"{erased}?done=erase",
            f"/services/{desk.item}/", f"/services/{desk.item}/reviews/"]


@pytest.mark.parametrize(("width", "language"), [(1280, "/en"), (360, ""), (360, "/en")])
def test_no_page_of_ratings_breaks_a_rule_of_accessibility_or_scrolls_sideways(states, threads, width,  # noqa: F811
                                                                               language):
    found = {}
    with served() as home, browser_page(home, "", width=width) as page:
        for path in states:
            page.goto(f"{home}{language}{path}")
            for each in page.locator("details").all():
                each.evaluate("each => each.open = true")
            wrong = violations(page)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(("scrolls sideways", []))
            if wrong:
                found[path] = wrong
    assert found == {}


def test_every_form_sent_wrong_is_accessible_and_says_so_in_its_title(states, threads):  # noqa: F811
    with served() as home, browser_page(home, "", width=360) as page:
        for path, button in ((states[0], "提交评价"), (states[3], "告诉你们"), (states[3], "提交追评")):
            page.goto(home + path)
            page.get_by_role("button", name=button, exact=True).click()
            page.wait_for_selector("[data-error-summary]")
            assert page.title().startswith("有误")
            assert violations(page) == []


@requirement("EVA-09")
def test_a_poor_grade_offers_what_went_wrong_and_a_good_one_what_was_good(states, threads):  # noqa: F811
    with served() as home, browser_page(home, "", width=360) as page:
        page.goto(home + states[0])
        reasons = page.locator("fieldset.reasons:visible")
        assert reasons.count() == 0
        for grade, asks, offered in (("1", "好在哪里", "101"), ("3", "哪里可以更好", "301"), ("5", "哪里不好", "501")):
            page.locator(f"input[name=grade][value='{grade}']").check()
            assert reasons.count() == 1 and asks in reasons.inner_text()
            assert page.locator(f"#option-{offered}").is_visible() and violations(page) == []


def test_what_is_written_is_counted_and_never_cut_off(states, threads):  # noqa: F811
    with served() as home, browser_page(home, "", width=360) as page:
        page.goto(home + states[0])
        left = page.locator("#text-left")
        assert left.inner_text() == ""
        page.fill("#text", "慢" * 499 + "🙂")
        assert left.inner_text() == "还可以写 0 个字"
        page.fill("#text", "慢" * 503)
        assert left.inner_text() == "多了 3 个字，请删短一些" and len(page.input_value("#text")) == 503
        page.locator("input[name=grade][value='5']").check()
        page.get_by_role("button", name="提交评价", exact=True).click()
        page.wait_for_selector("[data-error-summary]")
        assert len(page.input_value("#text")) == 503 and "最多 500 个字" in page.locator("#text-error").inner_text()
        assert violations(page) == []
