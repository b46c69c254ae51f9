"""What a page costs on its first view, how long it is kept, and how wide it stands, in a real browser."""

import pytest
from PIL import Image

from tests.browser.hands import Hands, answers_to
from tests.browser.test_journey import apply_for, examine_all, find_guide
from tests.requirements import requirement

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MOST_BYTES = 150_000
SLOW = 64_000 / 8
YEAR = "max-age=31536000"
WIDTHS = (360, 768, 1280, 1920)
OPEN = ("/", "/search/?q=%E9%A4%90%E9%A6%86", "/search/?q=qqqq", "/services/", "/services/?all=1", "/listed/", "/region/",
        "/region/?in=510000000000", "/region/?in=511602000000", "/status/", "/verify/", "/sign-in/", "/accessibility/",
        "/open-data/", "/design/", "/design/states/")
MINE = ("/me/", "/me/messages/", "/me/licences/", "/me/disclosures/", "/me/programs/")
DESK = ("/desk/", "/desk/search/?q=%E9%A4%90%E9%A6%86", "/desk/rectifications/", "/desk/signals/")
WATCHED = ("/oversight/", "/oversight/cases/", "/oversight/signals/", "/oversight/reviews/", "/oversight/rectifications/",
           "/oversight/simulated/", "/oversight/exports/", "/oversight/exports/new/")


@pytest.fixture(scope="module")
def people(chromium, running, tmp_path_factory):
    """Everyone who looks at pages, signed in, each with the paths of what they have: a draft, a case, a licence."""
    picture = tmp_path_factory.mktemp("first") / "plan.png"
    Image.new("RGB", (400, 300), (200, 220, 240)).save(picture)
    made = {}

    def person(name):
        made[name] = Hands(chromium.new_context(locale="zh-CN"), running.address, scripts=False)
        if name != "stranger":
            made[name].sign_in(name)
        return made[name]

    citizen, stranger = person("wang-xiaoman"), person("stranger")
    stranger.go(OPEN[1])
    stranger.click(stranger.page.locator("main a[href*='/services/']").first)
    guide = stranger.page.url.removeprefix(running.address)
    number = apply_for(citizen, guide.split("/")[2], picture)
    citizen.go(guide.replace("/services/", "/apply/"))
    citizen.choose(citizen.page.locator("input[name=applicant]").last)
    citizen.click("main form button[type=submit]")
    draft = citizen.page.url.removeprefix(running.address)
    citizen.click("main .btns a")
    question = citizen.page.url.removeprefix(running.address)
    clerk = person("gaoling-market-reception")
    clerk.go(f"/desk/{number}/accept/")
    clerk.click("main form .btns button[type=submit]")
    examine_all(person("gaoling-market-review"), number)
    decider = person("gaoling-market-decision")
    decider.go(f"/desk/{number}/decide/")
    decider.click("button[name=outcome][value=GRANTED]")
    verify = running.wait_for("select '/verify/' || l.code || '/' from licences_licence l join cases_case c "
                              "on c.number = l.case_number where c.number = %s and c.state in ('COMPLETED', 'DELIVERED')", number)
    review = running.wait_for("select link from messages_message where about = %s and link <> '' limit 1", number)
    person("guangan-approval-supervisor")
    yield {
        "stranger": (made["stranger"], (*OPEN, guide, f"{guide}reviews/", f"{guide}notice/", verify, review)),
        "citizen": (citizen, (draft, question, f"{draft}materials/", f"{draft}check/", f"{draft}discard/", *MINE,
                              f"/cases/{number}/", f"/cases/{number}/receipt/", f"/cases/{number}/answers/")),
        "officer": (decider, (*DESK, f"/desk/{number}/")),
        "supervisor": (made["guangan-approval-supervisor"], (*WATCHED, f"/oversight/cases/{number}/")),
    }
    for each in made.values():
        each.page.context.close()


@pytest.fixture(params=["stranger", "citizen", "officer", "supervisor"])
def walk(request, people):
    hands, paths = people[request.param]
    return hands.page.context.storage_state(), paths


@requirement("POR-12")
@pytest.mark.parametrize("language", ["", "/en"])
def test_a_first_view_brings_at_most_150_kilobytes_of_which_files_are_kept_for_a_year(chromium, running, walk, language):
    state, paths = walk
    heavy, fleeting = {}, set()
    for path in paths:
        fresh = chromium.new_context(storage_state=state)
        page, answers = fresh.new_page(), []
        page.on("requestfinished", lambda request, answers=answers: answers.append(request))
        assert page.goto(running.address + language + path, wait_until="load").status == 200, path
        sizes = [each.sizes() for each in answers]
        weight = sum(each["responseBodySize"] + each["responseHeadersSize"] for each in sizes)
        if not 2_000 < weight <= MOST_BYTES:
            heavy[path] = weight
        fleeting |= {each.url for each in answers if "/static/" in each.url
                     and YEAR not in each.response().headers.get("cache-control", "")}
        fresh.close()
    assert (heavy, fleeting) == ({}, set())


def slowly(page):
    """Let nothing come or go faster than 64 kbit/s, half a second away."""
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", {
        "offline": False, "latency": 500, "downloadThroughput": SLOW, "uploadThroughput": SLOW})


@requirement("POR-12")
def test_searching_reading_applying_and_following_work_over_64_kilobits_without_scripts(chromium, running, people):
    context = chromium.new_context(storage_state=people["citizen"][0].page.context.storage_state(), java_script_enabled=False,
                                   viewport={"width": 360, "height": 800})
    hands = Hands(context, running.address, scripts=False)
    slowly(hands.page)
    arrived = []
    hands.page.on("requestfinished", lambda request: arrived.append(request.resource_type))
    code = find_guide(hands)
    hands.go(f"/apply/{code}/")
    hands.choose(hands.page.locator("input[name=applicant]").last)
    hands.click("main form button[type=submit]")
    hands.click("main .btns a")
    question = hands.page.url
    for act, control, text in answers_to(hands.page):
        hands.choose(control) if act == "choose" else control.select_option(index=1) if act == "select" else hands.fill(control, text)
    hands.click("main form .btns button[type=submit]")
    assert hands.page.url != question
    hands.go(f"/drafts/{question.split('/drafts/')[1].split('/')[0]}/discard/")
    hands.click("main form button[type=submit]")
    number = next(each.split("/")[2] for each in people["citizen"][1] if each.startswith("/cases/"))
    hands.go(f"/cases/{number}/")
    assert hands.page.locator("main h1").is_visible() and hands.page.locator("main ol, main .timeline").first.is_visible()
    assert set(arrived) >= {"document", "stylesheet"}
    assert "script" not in arrived
    context.close()


@requirement("POR-10")
@pytest.mark.parametrize("language", ["", "/en"])
def test_no_main_page_scrolls_sideways_on_any_screen(chromium, running, walk, language):
    state, paths = walk
    fresh = chromium.new_context(storage_state=state, viewport={"width": WIDTHS[0], "height": 900})
    looking = Hands(fresh, running.address, scripts=False)
    for path in paths:
        looking.go(language + path)
        for width in (*WIDTHS[1:], WIDTHS[0]):
            looking.page.set_viewport_size({"width": width, "height": 900})
            looking.look()
    assert len(looking.seen) == (1 + len(WIDTHS)) * len(paths)
    fresh.close()


SAME_WORDS = """() => {
  const found = {};
  for (const link of document.querySelectorAll('a[href]')) {
    if (link.closest('td, .results, .crumbs') || !link.checkVisibility()) continue;
    const name = (link.ariaLabel || link.textContent).replace(/\\s+/g, ' ').trim();
    if (/^[\\d.,%]+$/.test(name)) continue;
    (found[name] ??= new Set()).add(link.href);
  }
  return Object.entries(found).filter(([, places]) => places.size > 1).map(([name, places]) => [name, ...places]);
}"""
"""Links that only their words tell apart: not figures, nor services of several authorities, nor the way one came."""

UNNAMED = """() => [...document.querySelectorAll('nav, section[role], aside, table, figure, dialog, [role=region], [role=group]')]
  .filter(each => !(each.ariaLabel || each.getAttribute('aria-labelledby') || each.querySelector(':scope > caption, figcaption')))
  .map(each => each.outerHTML.slice(0, 120))"""


@requirement("POR-11")
@pytest.mark.parametrize("language", ["", "/en"])
def test_whoever_hears_a_page_can_tell_its_links_and_parts_apart(chromium, running, walk, language):
    state, paths = walk
    fresh = chromium.new_context(storage_state=state)
    page, found = fresh.new_page(), {}
    for path in [each for each in paths if "/design/" not in each]:
        page.goto(running.address + language + path)
        found[path] = (page.evaluate(SAME_WORDS), page.evaluate(UNNAMED))
    fresh.close()
    assert {path: each for path, each in found.items() if each != ([], [])} == {}
