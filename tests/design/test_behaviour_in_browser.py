"""The pages in a real browser, answered from memory under the policy the site really sends."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.design.drawing import LANGUAGES, LIVING, MODES, ROOT, page
from tests.requirements import requirement

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SITE = "http://tongban.test"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'"
)
BUILT = ROOT / "var" / "build"
AXE = BUILT / "test" / "axe.min.js"
VARIANTS = [f"{language}/{mode}" for language in LANGUAGES for mode in MODES]
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], preload: false}"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

if not AXE.exists():
    pytest.skip("run bin/build-frontend first", allow_module_level=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield launched
        launched.close()


class Site:
    """Answers GET /<page>/<language>/<mode>, static files, and remembers what was posted."""

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.down = False
        self.broken: list[str] = []
        self.actor: dict[str, object] | None = None

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(SITE).split("?")[0]
        if route.request.method == "POST":
            self.posted.append(path)
            if self.down:
                route.abort()
            else:
                route.fulfill(status=204)
        elif path.startswith("/static/"):
            file = BUILT / "static" / Path(path).name
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        else:
            name, language, mode = path.strip("/").split("/")
            body = page(name, language, mode, actor=self.actor).replace("#draft", "/draft")
            route.fulfill(
                body=body, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY}
            )


@pytest.fixture
def site() -> Site:
    return Site()


def opened(browser: Browser, site: Site, path: str, width: int = 1280, height: int = 900, **options: Any) -> Page:
    tab = browser.new_context(viewport={"width": width, "height": height}, **options).new_page()
    tab.on("console", lambda message: site.broken.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: site.broken.append(str(error)))
    tab.route("**/*", site.answer)
    tab.goto(f"{SITE}/{path}")
    return tab


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    made = opened(browser, site, "question/en/standard")
    yield made
    made.context.close()


def violations(made: Page) -> list[tuple[str, list[str]]]:
    made.evaluate(AXE.read_text())
    made.evaluate("scrollTo(0, 0)")
    found = made.evaluate(f"axe.run(document, {RULES})")["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]


@requirement("POR-11")
@pytest.mark.parametrize("name", LIVING)
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_and_nothing_breaks_the_policy(browser, site, name, width):
    made = opened(browser, site, f"{name}/en/standard", width)
    found = {}
    for variant in VARIANTS:
        made.goto(f"{SITE}/{name}/{variant}")
        found[variant] = violations(made)
    made.context.close()
    assert {variant: each for variant, each in found.items() if each} == {}
    assert site.broken == []


def _kept(made: Page, site: Site) -> None:
    site.down = True
    made.fill("#words", "42")
    made.wait_for_selector("[data-saved][data-state=kept]")


def _saved(made: Page, site: Site) -> None:
    made.fill("#words", "42")
    made.wait_for_selector("[data-saved][data-state=saved]")


def _sending(made: Page, site: Site) -> None:
    made.click("#sending .btn")
    made.wait_for_selector("#sending .btn[aria-disabled=true]")


def _offline(made: Page, site: Site) -> None:
    made.context.set_offline(True)
    made.click("#sending .btn")
    made.wait_for_selector("[data-offline]")


def _keys(made: Page, site: Site) -> None:
    made.keyboard.press("?")
    made.wait_for_selector("dialog[open]")


def _soon_signed_out(made: Page, site: Site) -> None:
    made.wait_for_selector("dialog[open] [data-session-stay]")


def _printed(made: Page, site: Site) -> None:
    made.emulate_media(media="print")


COMING = {"kept": ("states", _kept), "saved": ("states", _saved), "sending": ("states", _sending), "offline": ("states", _offline),
          "keys": ("desk", _keys), "soon signed out": ("matter", _soon_signed_out), "guide on paper": ("guide", _printed),
          "receipt on paper": ("confirmation", _printed)}


@requirement("POR-11")
@pytest.mark.parametrize(("name", "reach"), COMING.values(), ids=list(COMING))
def test_axe_finds_nothing_in_the_states_that_come_while_one_works(browser, site, name, reach):
    site.actor = {"name": "x", "seconds_left": 60 if reach is _soon_signed_out else 3000}
    found = {}
    for width, variant in ((360, "zh-hans/elder"), (360, "en/standard"), (1280, "zh-hans/contrast")):
        made = opened(browser, site, f"{name}/{variant}", width)
        reach(made, site)
        found[width, variant] = violations(made)
        made.context.close()
        site.down = False
    assert {each: wrong for each, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("name", LIVING)
@pytest.mark.parametrize(("width", "mode"), [(320, "standard"), (320, "elder"), (1920, "standard")])
def test_no_page_scrolls_sideways(browser, site, name, width, mode):
    made = opened(browser, site, f"{name}/en/{mode}", width)
    assert made.evaluate("document.documentElement.scrollWidth") <= width
    made.context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_long_act_leaves_its_banner_room(browser, site, width):
    made = opened(browser, site, "states/zh-hans/standard", width)
    banner, words = (made.locator(each).first.bounding_box() for each in (".banner", ".banner .title"))
    made.context.close()
    assert words["width"] > banner["width"] / 2


def test_the_summary_of_problems_takes_the_focus_and_leads_into_the_field(tab):
    assert tab.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    tab.click("[data-error-summary] a")
    assert tab.evaluate("document.activeElement.id") == "f-area"


def test_a_draft_saves_itself_and_says_when(tab, site):
    tab.fill("#f-area", "42")
    tab.wait_for_selector("[data-saved][data-state=saved]")
    assert re.fullmatch(r"Saved \d\d:\d\d", tab.inner_text("[data-saved]"))
    assert site.posted == ["/draft"]


def test_what_could_not_be_saved_comes_back_with_the_page(tab, site):
    site.down = True
    tab.fill("#f-area", "4711")
    tab.check("#f-kind-2")
    tab.wait_for_selector("[data-saved][data-state=kept]")
    assert "csrf" not in tab.evaluate("JSON.stringify(localStorage)")
    tab.reload()
    assert tab.input_value("#f-area") == "4711"
    assert tab.is_checked("#f-kind-2")
    assert "We put back what you typed" in tab.inner_text("[data-saved]")


def test_a_form_is_sent_once_and_says_so(tab, site):
    tab.evaluate("document.querySelector('main form').removeAttribute('data-autosave')")
    tab.evaluate("document.querySelector('main form').action = '/send'")
    for _ in range(2):
        tab.evaluate("document.querySelector('main form').requestSubmit(document.querySelector('main .btn'))")
    tab.wait_for_function("document.querySelector('main .btn').textContent === 'Sending…'")
    assert tab.get_attribute("main .btn", "aria-disabled") == "true"
    assert site.posted.count("/send") == 1
    tab.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert tab.inner_text("main .btn >> nth=0") == "Continue"


def test_a_chosen_file_is_named_and_a_big_one_refused(tab):
    tab.set_input_files("#plan", {"name": "plan.jpg", "mimeType": "image/jpeg", "buffer": b"x" * 2_100_000})
    assert tab.inner_text("[data-chosen]") == "Chosen: plan.jpg (2.1 MB). Not sent yet."
    tab.evaluate("document.querySelector('#plan').dataset.maxBytes = 1000")
    tab.set_input_files("#plan", {"name": "plan.jpg", "mimeType": "image/jpeg", "buffer": b"x" * 2000})
    assert "too big" in tab.inner_text("[data-chosen]")
    assert tab.input_value("#plan") == ""


@pytest.fixture
def desk(browser: Browser, site: Site) -> Iterator[Page]:
    made = opened(browser, site, "desk/en/standard")
    yield made
    made.context.close()


def focused(made: Page) -> str:
    return made.evaluate("document.activeElement.textContent.trim() || document.activeElement.id")


def test_a_key_moves_to_its_act_and_leaves_the_decision_to_enter(desk):
    desk.evaluate(
        "void (document.querySelector('[data-key=P]').onclick = () => { document.body.dataset.decided = 'yes' })"
    )
    desk.keyboard.press("p")
    assert focused(desk).startswith("Inspection passed")
    assert desk.get_attribute("body", "data-decided") is None
    desk.keyboard.press("Enter")
    assert desk.get_attribute("body", "data-decided") == "yes"


def test_rows_are_walked_with_j_and_k_from_the_chosen_one(desk):
    desk.keyboard.press("j")
    assert (
        desk.evaluate("[...document.querySelectorAll('[data-row]')].findIndex(r => r.contains(document.activeElement))")
        == 2
    )
    desk.keyboard.press("k")
    assert (
        desk.evaluate("[...document.querySelectorAll('[data-row]')].findIndex(r => r.contains(document.activeElement))")
        == 1
    )


def test_keys_are_letters_again_inside_the_search(desk):
    desk.keyboard.press("/")
    desk.keyboard.type("pj?")
    assert desk.input_value("#desk-search") == "pj?"
    assert not desk.query_selector("dialog")


def test_the_question_mark_lists_the_keys_and_can_turn_them_off(desk):
    desk.keyboard.press("?")
    assert "Inspection passed" in desk.inner_text("dialog")
    desk.uncheck("dialog input")
    desk.keyboard.press("Escape")
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("p")
    assert not focused(desk).startswith("Inspection passed")


def test_on_a_phone_the_panes_are_tabs_without_a_script(browser, site):
    made = opened(browser, site, "desk/en/standard", 360, java_script_enabled=False)
    assert made.is_visible("#main h1")
    assert not made.is_visible("#queue .queue")
    made.click(".pane-tabs a[href='#queue']")
    assert made.is_visible("#queue .queue")
    assert not made.is_visible("#main h1")
    made.context.close()


def test_the_first_view_is_light(browser, site):
    weights = []
    made = browser.new_context().new_page()
    made.route("**/*", site.answer)
    made.on("response", lambda response: weights.append(len(response.body())))
    made.goto(f"{SITE}/start/zh-hans/standard", wait_until="networkidle")
    made.context.close()
    assert sum(weights) <= 150_000
