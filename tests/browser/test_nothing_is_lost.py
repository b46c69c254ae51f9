"""What people complain of most, each shown put right: lost drafts, time-outs, refused files, Back, double clicks, no network."""

from datetime import timedelta

import pytest

from tests.browser.conftest import MONDAY
from tests.browser.hands import PASSWORD, Hands, answers_to
from tests.requirements import requirement

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LOGIN = "wang-xiaoman"
SEND = "main form .btns button[type=submit]"
FOCUS = "document.activeElement.matches('[data-error-summary]')"
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])


@pytest.fixture
def visitor(chromium, running):
    """Make people, each in a browser of their own, as wide as a phone."""
    opened = []

    def arrive(scripts=True, login=""):
        context = chromium.new_context(viewport={"width": 360, "height": 800}, locale="zh-CN",
                                       java_script_enabled=scripts)
        opened.append(context)
        hands = Hands(context, running.address, scripts=scripts)
        if login:
            hands.sign_in(login)
        return hands

    yield arrive
    for context in opened:
        context.close()
    running.set_clock(MONDAY)


def guide_of(running):
    return f"/services/{running.one(CODE)}/"


CODE = "select code from catalogue_item where slug = 'food-operation-gaoling'"


def begin(person, running):
    """Begin an application; returns the path of its draft."""
    person.go(guide_of(running).replace("/services/", "/apply/"))
    person.choose(person.page.locator("input[name=applicant]").last)
    person.click(SEND)
    return person.page.url.removeprefix(running.address)


def answer(person):
    """Answer whatever this page asks."""
    for act, control, text in answers_to(person.page):
        if act == "select":
            control.select_option(index=1)
        elif act == "choose":
            person.choose(control)
        else:
            person.fill(control, text)


def to_materials(person):
    """From the task list through all questions."""
    person.click("main .btns a")
    while "/questions/" in person.page.url:
        answer(person)
        person.click(SEND)


def to_check(person, picture):
    to_materials(person)
    for field in person.page.locator("main form input[type=file]").all():
        person.attach(field, picture)
    person.click("button[name=continue]")


def sent_as(running, draft):
    return running.one("select submitted_as from cases_draft where key = %s", draft.rstrip("/").rsplit("/", 1)[1])


def begun(running, draft):
    """How many cases were made of a draft."""
    return running.one("select count(*) from cases_case where idempotency_key = %s", draft.rstrip("/").rsplit("/", 1)[1])


@requirement("CASE-29")
def test_a_draft_is_offered_wherever_one_looks_and_on_another_device(visitor, running):
    running.set_clock(MONDAY + timedelta(minutes=45))  # after every other draft of this person: the start page shows the last
    phone = visitor(login=LOGIN)
    draft = begin(phone, running)
    phone.go(f"{draft}questions/premises/")
    phone.fill("#f-premises_name", "两处都在的小馆")
    phone.click("button[name=later]")
    computer = visitor(login=LOGIN)
    for path in ("/", guide_of(running), "/me/", guide_of(running).replace("/services/", "/apply/")):
        computer.go(path)
        assert computer.page.locator(f"main a[href='{draft}']").count(), path
    computer.go(f"{draft}questions/premises/")
    assert computer.page.locator("#f-premises_name").input_value() == "两处都在的小馆"
    stranger = visitor()
    stranger.go(guide_of(running))
    assert not stranger.page.locator("a[href*='/drafts/']").count()


@requirement("POR-11")
@SCRIPTS
def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(visitor, running, scripts):
    person = visitor(scripts, LOGIN)
    draft = begin(person, running)
    person.go(f"{draft}questions/premises/")
    answer(person)
    person.fill("#f-premises_name", "超时小馆")
    running.set_clock(MONDAY + timedelta(minutes=20))
    with person.page.expect_navigation():
        person.page.locator(SEND).first.click()
    person.wrong.clear()
    assert "/questions/" in person.page.url and person.page.locator("#password").count()
    person.fill("#login", LOGIN)
    person.fill("#password", PASSWORD)
    person.click(SEND)
    person.click(SEND)
    person.prove()
    person.click(SEND)
    assert "/questions/business/" in person.page.url
    person.go(f"{draft}questions/premises/")
    assert person.page.locator("#f-premises_name").input_value() == "超时小馆"


@requirement("POR-11")
@SCRIPTS
def test_what_was_typed_when_every_cookie_was_gone_is_there_after_signing_in(visitor, running, scripts):
    person = visitor(scripts, LOGIN)
    draft = begin(person, running)
    person.go(f"{draft}questions/premises/")
    answer(person)
    person.fill("#f-premises_name", "没有饼干的小馆")
    person.page.context.clear_cookies()
    with person.page.expect_navigation():
        person.page.locator(SEND).first.click()
    person.wrong.clear()
    person.look()
    person.fill("#login", LOGIN)
    person.fill("#password", PASSWORD)
    person.click(SEND)
    assert person.page.get_by_text("没有饼干的小馆").count()
    person.click(SEND)
    person.prove()
    assert person.page.get_by_text("没有饼干的小馆").count()
    person.click(SEND)
    assert "/questions/business/" in person.page.url
    person.go(f"{draft}questions/premises/")
    assert person.page.locator("#f-premises_name").input_value() == "没有饼干的小馆"


def test_what_a_visitor_chose_in_the_guide_is_kept_by_signing_in(visitor, running):
    person = visitor()
    person.go(guide_of(running))
    person.choose(person.page.locator("input[name=situation]").nth(1))
    wanted = person.page.locator("input[name=situation]:checked").get_attribute("value")
    person.click("#ask button")
    with person.page.expect_navigation():
        person.page.locator(".guide-act a").first.click()
    person.wrong.clear()
    person.fill("#login", LOGIN)
    person.fill("#password", PASSWORD)
    person.click(SEND)
    person.prove()
    person.choose(person.page.locator("input[name=applicant]").last)
    person.click(SEND)
    key = person.page.url.rstrip("/").rsplit("/", 1)[1]
    assert running.one("select situation from cases_draft where key = %s", key) == wanted


def test_a_page_that_came_back_with_an_error_does_not_claim_to_have_put_anything_back(visitor, running):
    person = visitor(login=LOGIN)
    draft = begin(person, running)
    person.go(f"{draft}questions/premises/")
    answer(person)
    person.fill("#f-premises_name", " 有空格的小馆 ")
    person.fill("#f-area", "四十二")
    person.click(SEND)
    page = person.page
    assert page.title().startswith("有误：") and not page.locator("[data-saved]").inner_text()
    page.route("**/questions/**", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    person.fill("#f-premises_name", "没有送到的小馆")
    page.locator(SEND).first.click()
    page.wait_for_url("chrome-error://**")
    page.unroute("**/questions/**")
    page.go_back()
    person.wrong.clear()
    assert page.locator("#f-premises_name").input_value() == "没有送到的小馆"


@requirement("POR-11")
@SCRIPTS
def test_a_refused_file_takes_nothing_with_it_and_says_what_to_do(visitor, running, picture, tmp_path, scripts):
    person = visitor(scripts, LOGIN)
    draft = begin(person, running)
    to_materials(person)
    fields = [each.get_attribute("id") for each in person.page.locator("main form input[type=file]").all()]
    note = tmp_path / "note.png"
    note.write_text("this is no picture")
    person.attach(f"#{fields[0]}", picture)
    person.attach(f"#{fields[1]}", note)
    person.click("button[name=continue]")
    page = person.page
    assert page.title().startswith("有误：") and page.evaluate(FOCUS)
    assert page.locator("[data-error-summary] a").count() == 1
    assert page.locator("[data-error-summary] a").get_attribute("href") == f"#{fields[1]}"
    refused = page.locator(f"#{fields[1]}")
    described = refused.get_attribute("aria-describedby").split()
    assert refused.get_attribute("aria-invalid") == "true" and f"{fields[1]}-error" in described
    assert page.locator(f"#{fields[1]}-error").inner_text().strip()
    assert page.locator(f"input#{fields[0]}").count() == 0 and page.get_by_text("plan.png").count()
    person.attach(f"#{fields[1]}", picture)
    person.click("button[name=continue]")
    assert "/check/" in page.url
    page.go_back()
    person.look()
    assert "/materials/" in page.url and page.get_by_text("plan.png").count() >= 2
    assert not page.locator("[data-error-summary]").count()
    assert page.locator("h1").inner_text()
    person.go(f"{draft}questions/premises/")
    assert page.locator("#f-premises_name").input_value()


@SCRIPTS
def test_a_file_too_big_is_named_before_or_after_it_is_sent(visitor, running, tmp_path, scripts):
    person = visitor(scripts, LOGIN)
    begin(person, running)
    to_materials(person)
    big = tmp_path / "big.pdf"
    big.write_bytes(b"%PDF-1.7\n" + bytes(21 * 1024 * 1024))
    field = person.page.locator("main form input[type=file]").first
    person.attach(field, big)
    name = field.get_attribute("id")
    if scripts:
        said = person.page.locator(f"#{name}-chosen")
        assert "big.pdf" in said.inner_text() and field.get_attribute("aria-invalid") == "true"
        assert f"{name}-chosen" in field.get_attribute("aria-describedby")
        person.page.locator("[data-live]", has_text="big.pdf").wait_for(state="attached")
        assert "21.1 MB，最多 20 MB" in said.inner_text()
    person.click(person.page.locator("main form .btns button").last if scripts else "button[name=continue]")
    assert person.page.title().startswith("有误：") and "20" in person.page.locator(f"#{name}-error").inner_text()


def test_a_connection_lost_while_a_file_is_sent_keeps_what_was_there(visitor, running, picture):
    person = visitor(login=LOGIN)
    begin(person, running)
    to_materials(person)
    page, fields = person.page, person.page.locator("main form input[type=file]")
    person.attach(fields.first, picture)
    person.click(page.locator("main form button").last)
    left = fields.count()
    person.attach(fields.first, picture)
    person.page.context.set_offline(True)
    page.locator("button[name=continue]").click()
    assert page.locator("[data-offline]").inner_text() and page.locator("[data-live]").inner_text() is not None
    assert fields.count() == left and fields.first.evaluate("element => element.files.length") == 1
    person.page.context.set_offline(False)
    page.route("**/materials/**", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.locator("button[name=continue]").click()
    page.wait_for_url("chrome-error://**")
    page.unroute("**/materials/**")
    page.go_back()
    person.wrong.clear()
    person.look()
    assert page.get_by_text("plan.png").count() == 1 and fields.count() == left


@SCRIPTS
def test_back_works_after_a_refused_form(visitor, running, scripts):
    person = visitor(scripts)
    page = person.page
    person.go("/status/")
    person.fill("#number", "ABCDEFGH12345678")
    person.fill("#code", "AAAAAAAA")
    for onward, wanted in (("/sign-in/", "#number"), ("/search/", "#login")):
        with page.expect_navigation():
            page.locator("main form").filter(has=page.locator("#number, #login")).locator("button[type=submit]").last.click()
        person.wrong.clear()
        assert page.title().startswith("有误：") and page.evaluate(FOCUS)
        person.go(onward)
        page.go_back()
        person.wrong.clear()
        assert page.locator(wanted).count() == 1 and page.locator("[data-error-summary]").count() == 1
        person.go("/sign-in/")
        person.fill("#login", "nobody-here")
        person.fill("#password", "wrong")
    person.wrong.clear()
    person.sign_in(LOGIN)
    draft = begin(person, running)
    person.go(f"{draft}questions/premises/")
    person.fill("#f-area", "四十二平")
    person.click(SEND)
    assert page.title().startswith("有误：") and page.evaluate(FOCUS)
    answer(person)
    person.fill("#f-area", "42")
    person.click(SEND)
    assert "/questions/business/" in page.url
    page.go_back()
    person.look()
    assert page.locator("#f-area").input_value() == "42" and not page.locator("[data-error-summary]").count()
    person.go("/me/")
    page.go_back()
    person.look()


def test_the_progress_found_by_code_is_there_again_on_back(visitor, running, picture):
    owner = visitor(login=LOGIN)
    begin(owner, running)
    to_check(owner, picture)
    owner.choose("#true")
    owner.click(SEND)
    number = owner.page.url.rstrip("/").split("/")[-2]
    code = owner.page.locator(".receipt dt:text-is('查询码') + dd").inner_text().strip()
    stranger = visitor()
    stranger.go("/status/")
    stranger.fill("#number", number)
    stranger.fill("#code", code)
    stranger.click("main form:has(#number) button[type=submit]")
    stranger.go("/search/")
    stranger.page.go_back()
    assert number in "".join(stranger.page.locator("main dl").first.inner_text().split())


@requirement("CASE-30")
def test_a_double_click_and_a_lost_answer_send_one_application_and_give_one_receipt(visitor, running, picture):
    person = visitor(login=LOGIN)
    draft = begin(person, running)
    to_check(person, picture)
    page = person.page

    def swallow(route):
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
            route.abort()
        else:
            route.continue_()

    page.route("**/check/**", swallow)
    person.choose("#true")
    page.locator(SEND).first.click()
    page.wait_for_url("chrome-error://**")
    page.unroute("**/check/**")
    number = running.wait_for("select submitted_as from cases_draft where key = %s and submitted_as <> ''",
                              draft.rstrip("/").rsplit("/", 1)[1])
    person.wrong.clear()
    page.go_back()
    person.wrong.clear()
    assert "/receipt/" in page.url and number in page.url
    second = begin(person, running)
    to_check(person, picture)
    person.choose("#true")
    with page.expect_navigation():
        page.locator(SEND).first.dblclick()
    assert "/receipt/" in page.url and begun(running, second) == 1 and begun(running, draft) == 1


@requirement("CASE-28")
def test_the_receipt_says_what_was_sent_where_and_that_it_was_simulated(visitor, running, picture):
    person = visitor(login=LOGIN)
    begin(person, running)
    to_check(person, picture)
    person.choose("#true")
    person.click(SEND)
    number = person.page.url.rstrip("/").split("/")[-2]
    running.wait_for("select 1 from messages_delivery d join messages_message m on m.id = d.message_id "
                     "where m.about = %s and d.state = 'SIMULATED'", number)
    person.page.reload()
    said = person.page.locator("main").inner_text()
    assert "****" in said and "模拟，没有真的发出" in said


def test_the_end_of_the_session_is_told_two_minutes_before_and_nothing_typed_is_touched(visitor, running):
    person = visitor(login=LOGIN)
    draft = begin(person, running)
    page = person.page
    page.clock.install()
    person.go(f"{draft}questions/premises/")
    person.fill("#f-premises_name", "还在写的小馆")
    page.clock.fast_forward("00:02")
    page.locator("[data-saved][data-state=saved]").wait_for()
    page.clock.fast_forward("12:00")
    told = page.locator("dialog[data-session]")
    assert not told.is_visible()
    running.set_clock(MONDAY + timedelta(minutes=13))
    page.clock.fast_forward("01:30")
    told.wait_for(state="visible")
    person.look()
    assert "2 分钟" in told.inner_text()
    page.route("**/stay/", lambda route: route.fulfill(status=503))
    with page.expect_response("**/stay/"):
        told.locator("[data-session-stay]").click()
    assert told.is_visible() and "已退出登录" not in told.inner_text()
    page.unroute("**/stay/")
    told.locator("[data-session-stay]").click()
    told.wait_for(state="hidden")
    page.clock.fast_forward("12:00")
    assert not told.is_visible() and page.locator("#f-premises_name").input_value() == "还在写的小馆"
    page.clock.fast_forward("03:30")
    assert "已退出登录" in told.inner_text()
    assert page.locator("#f-premises_name").input_value() == "还在写的小馆"
