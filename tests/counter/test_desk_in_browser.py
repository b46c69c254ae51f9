"""The desk in a real browser: no accessibility violation, no sideways scrolling, everything by keyboard."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.counter import given
from tests.counter.browsing import BUILT, browser_page, served
from tongban.supervision import actions as supervision
from tongban.supervision.types import Rule

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

AXE = BUILT / "test" / "axe.min.js"
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], preload: false}"
HEADER = """() => new Set([...document.querySelectorAll('header.top > :not(details), header.top nav, header.top .me > *')].map(each => {
  const box = each.getBoundingClientRect(); return Math.floor((box.top + box.bottom) / 40); })).size"""
SHANGHAI = ZoneInfo("Asia/Shanghai")

if not AXE.exists():
    pytest.skip("run bin/build-frontend first", allow_module_level=True)


@pytest.fixture
def threads(monkeypatch):
    """The browser's loop runs in this thread; the database is used between its turns only."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def violations(page):
    page.evaluate(AXE.read_text())
    found = page.evaluate(f"axe.run(document, {RULES})")["violations"]
    return [(each["id"], [node["html"][:120] for node in each["nodes"]][:3]) for each in found]


def desk_of_everything():
    """An officer with all posts and one case in each state an officer works on."""
    place = given.journeys.authority_of(given.SITE)
    whole = given.officer(place, given.Role.RECEPTIONIST, given.Role.REVIEWER, given.Role.DECIDER)
    new, begun = given.received(given.SITE), given.accepted(given.SITE)
    given.reviewer(given.SITE).post(f"/desk/{begun}/examine/", **{"pass": "examine"})
    stopped = given.accepted(given.SITE)
    reviewer = given.reviewer(given.SITE)
    reviewer.post(f"/desk/{stopped}/examine/", opinion="平面图和现场一致。", **{"pass": "examine"})
    reviewer.post(f"/desk/{stopped}/suspend/", procedure="testing", ends="2026-03-20")
    decidable = given.accepted(given.SITE)
    for node in ("examine", "inspect"):
        reviewer.post(f"/desk/{decidable}/examine/", **{"pass": node}, **given.visit(given.SITE))
    return whole, new, begun, stopped, decidable


@pytest.mark.parametrize(("width", "language"), [(1280, ""), (1280, "/en"), (360, "")])
def test_no_page_of_the_desk_breaks_a_rule_of_accessibility_or_scrolls_sideways(db, threads, width, language):
    whole, new, begun, stopped, decidable = desk_of_everything()
    whole.post("/desk/?view=soon&sort=received", name="三天内到期的件")
    paths = ["", "?view=overdue", "?view=soon&sort=received", "?corrected=1", "?shared=1", f"{new}/?sort=newest",
             "search/?q=示例", "search/?q=nothing", f"{new}/", f"{new}/accept/",
             f"{new}/corrections/", f"{new}/decline/", f"{new}/applicant/", f"{begun}/", f"{begun}/examine/",
             f"{begun}/suspend/", f"{stopped}/", f"{stopped}/resume/", f"{decidable}/", f"{decidable}/decide/",
             f"{decidable}/extend/", f"{decidable}/return/", "rectifications/", f"{new}/?done=accept"]
    found = {}
    with served() as home, browser_page(home, whole.token, width=width) as page:
        for path in paths:
            page.goto(f"{home}{language}/desk/{path}")
            wrong = violations(page)
            if width == 1280 and page.evaluate(HEADER) > 1:
                wrong.append("the header stands on more than one row")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(("scrolls sideways", []))
            if wrong:
                found[path] = wrong
    assert found == {}


@pytest.mark.parametrize("scripts", [True, False])
def test_magnified_four_times_the_header_is_folded_and_opens_without_scripts_too(db, threads, scripts):
    given.received(given.PLAIN)
    clerk = given.clerk(given.PLAIN)
    with served() as home, browser_page(home, clerk.token, width=320, height=256) as page:
        if not scripts:
            page.route("**/*.js", lambda route: route.abort())
        page.goto(f"{home}/desk/")
        assert page.locator("header.top").bounding_box()["height"] <= 110
        assert not page.get_by_role("button", name="退出").is_visible()
        page.locator("header.top summary").click()
        assert page.get_by_role("button", name="退出").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_list_is_narrowed_saved_and_left_without_scripts(db, threads):
    given.received(given.PLAIN)
    clerk = given.clerk(given.PLAIN)
    with served() as home, browser_page(home, clerk.token) as page:
        page.route("**/*.js", lambda route: route.abort())
        page.goto(f"{home}/desk/")
        page.locator(".narrowing > summary").click()
        page.get_by_label("排序").select_option(label="最新的在前")
        page.get_by_role("button", name="查看").click()
        page.wait_for_url("**sort=newest**")
        page.get_by_label("存为常用列表，名称").fill("新来的")
        page.get_by_role("button", name="保存").click()
        page.get_by_role("link", name="新来的").click()
        page.locator("tbody a").first.click()
        page.get_by_role("link", name="回到列表").click()
        assert page.url.endswith("/desk/?sort=newest")
        page.get_by_role("button", name="删除常用列表“新来的”").click()
        page.wait_for_load_state()
        assert page.get_by_role("link", name="新来的").count() == 0


def test_a_form_sent_wrong_is_accessible_too(db, threads):
    whole, new, begun, _, decidable = desk_of_everything()
    found = {}
    with served() as home, browser_page(home, whole.token) as page:
        for path, button in ((f"{new}/corrections/", "看看告知书"), (f"{new}/decline/", "不予受理"),
                             (f"{new}/applicant/", "看一次"), (f"{begun}/suspend/", "停时钟"),
                             (f"{decidable}/decide/", "不予"), (f"{decidable}/extend/", "延长法定期限")):
            page.goto(f"{home}/desk/{path}")
            page.get_by_role("button", name=button, exact=True).click()
            page.wait_for_selector("[data-error-summary]")
            assert page.title().startswith("有误")
            if violations(page):
                found[path] = violations(page)
    assert found == {}


def test_a_clerk_accepts_a_case_and_goes_to_the_next_without_a_mouse(db, at, threads):
    at(datetime(2026, 3, 2, 9, 5, tzinfo=SHANGHAI))
    first = given.received(given.PLAIN)
    given.received(given.PLAIN)
    at(datetime(2026, 3, 2, 10, 0, tzinfo=SHANGHAI))
    clerk = given.clerk(given.PLAIN)
    with served() as home, browser_page(home, clerk.token) as page:
        page.goto(f"{home}/desk/")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/desk/[0-9]"))
        opened = page.url.partition("?")[0].rstrip("/").rpartition("/")[2]
        page.keyboard.press("a")
        page.keyboard.press("Enter")
        page.wait_for_url("**done=accept")
        page.keyboard.press("n")
        page.wait_for_function("number => !location.pathname.includes(number)", arg=opened)
        page.wait_for_load_state("load")
        page.keyboard.press("?")
        assert page.locator("dialog").inner_text().count("受理")
    assert given.state_of(opened) == "ACCEPTED" and first


@pytest.fixture
def signals(db, catch_up):
    """Signals of one case: to explain with an order, to put right, and to wait for; their numbers."""
    head, supervisor = given.decider(given.PLAIN), given.officer(given.journeys.authority_of(given.PLAIN),
                                                                 given.Role.SUPERVISOR)
    case = given.received(given.PLAIN)
    numbers = [given.journeys.act(supervisor.actor, supervision.raise_signal, case_number=case, rule=rule,
                                  description="收了清单以外的费用，每件五十元，没有票据，申请人来电反映。")
               for rule in (Rule.UNAUTHORISED_CHARGE, Rule.SECOND_NOTICE, Rule.BEYOND_GUIDE)]
    catch_up()
    given.journeys.act(supervisor.actor, supervision.send_order, signal=numbers[0], due_on=date(2026, 3, 6),
                       content="两个工作日内退还费用，并说明收费依据。")
    for number in numbers[1:]:
        head.post(f"/desk/signals/{number}/", act="explain", words="窗口误收，当天已经退还。")
    given.journeys.act(supervisor.actor, supervision.confirm_signal, number=numbers[1], reason="说明不成立，应当整改。")
    return numbers


@pytest.mark.parametrize(("width", "language"), [(1280, ""), (1280, "/en"), (360, ""), (360, "/en")])
def test_signals_and_orders_are_accessible_and_do_not_scroll_sideways(signals, threads, width, language):
    head = given.decider(given.PLAIN)
    found = {}
    with served() as home, browser_page(home, head.token, width=width) as page:
        for asked in ("", "?view=all", *(f"{number}/" for number in signals), f"{signals[0]}/ sent"):
            path, sent, _rest = asked.partition(" sent")
            page.goto(f"{home}{language}/desk/signals/{path}")
            if sent:
                page.locator("#step button").click()
                page.wait_for_selector("[data-error-summary]")
            wrong = violations(page)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(("scrolls sideways", []))
            if wrong:
                found[asked] = wrong
    assert found == {}


def test_an_officer_explains_a_signal_without_a_mouse_and_without_scripts(signals, threads):
    head = given.decider(given.PLAIN)
    with served() as home, browser_page(home, head.token) as page:
        page.route("**/*.js", lambda route: route.abort())
        page.goto(f"{home}/desk/")
        press_until(page, "信号和督办")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/signals/")
        press_until(page, "收了不该收的钱")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/signals/S*/")
        opened = page.url.rstrip("/").rpartition("/")[2]
        press_until(page, "", "explanation")
        page.keyboard.type("窗口误收，当天已经退还。")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?done=explain")
        assert "说明已送到监督岗" in page.locator("main").inner_text()
    assert given.database.row("select state from supervision_signal where number = %s", [opened]) == ("EXPLAINED",)


def press_until(page, words, field=""):
    """Go on with the Tab key until something with these words, or this field, has the focus."""
    for _step in range(80):
        page.keyboard.press("Tab")
        text, key = page.evaluate("[document.activeElement.innerText || '', document.activeElement.id]")
        if (field and key == field) or (words and words in text):
            return
    raise AssertionError(f"{words or field} cannot be reached by keyboard")
