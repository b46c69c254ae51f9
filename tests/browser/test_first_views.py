"""What a page costs on its first view, and how wide it stands, in a real browser."""

import pytest

from tests.browser.hands import Hands
from tests.requirements import requirement

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MOST_BYTES = 150_000
WIDTHS = (360, 768, 1280, 1920)
OPEN = ("/", "/search/?q=%E9%A4%90%E9%A6%86", "/services/", "/services/?all=1", "/listed/", "/region/", "/status/", "/verify/", "/sign-in/",
        "/accessibility/", "/open-data/")


@pytest.fixture(scope="module")
def person(chromium, running):
    """Someone signed in who has begun an application and sent nothing."""
    context = chromium.new_context(locale="zh-CN")
    found = Hands(context, running.address)
    found.sign_in("wang-xiaoman")
    found.go(OPEN[1])
    found.click(found.page.locator("main a[href*='/services/']").first)
    guide = found.page.url.removeprefix(running.address)
    found.go(guide.replace("/services/", "/apply/"))
    found.choose(found.page.locator("input[name=applicant]").last)
    found.click("main form button[type=submit]")
    draft = found.page.url.removeprefix(running.address)
    found.click("main .btns a")
    question = found.page.url.removeprefix(running.address)
    yield context, (*OPEN, guide, f"{guide}reviews/", f"{guide}notice/", draft, question, f"{draft}materials/",
                    f"{draft}check/", f"{draft}discard/", "/me/", "/me/messages/", "/me/licences/", "/me/disclosures/",
                    "/me/programs/")
    context.close()


@requirement("POR-12")
@pytest.mark.parametrize("language", ["", "/en"])
def test_a_first_view_brings_at_most_150_kilobytes(chromium, running, person, language):
    context, paths = person
    heavy = {}
    for path in paths:
        fresh = chromium.new_context(storage_state=context.storage_state())
        page, answers = fresh.new_page(), []
        page.on("requestfinished", lambda request, answers=answers: answers.append(request))
        page.goto(running.address + language + path, wait_until="networkidle")
        sizes = [each.sizes() for each in answers]
        weight = sum(each["responseBodySize"] + each["responseHeadersSize"] for each in sizes)
        if not 2_000 < weight <= MOST_BYTES:
            heavy[path] = weight
        fresh.close()
    assert heavy == {}


@requirement("POR-10")
@pytest.mark.parametrize("width", WIDTHS)
def test_no_main_page_scrolls_sideways_on_any_screen(chromium, running, person, width):
    context, paths = person
    fresh = chromium.new_context(storage_state=context.storage_state(), viewport={"width": width, "height": 900})
    looking = Hands(fresh, running.address, scripts=False)
    for path in paths:
        looking.go(path)
        looking.go(f"/en{path}")
    assert len(looking.seen) == 2 * len(paths)
    fresh.close()
