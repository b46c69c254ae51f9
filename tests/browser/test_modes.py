"""What people see while the house is for reading only or takes applications only, in a real browser."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.hands import Hands

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SCREENS = [(360, "zh"), (1280, "en")]


@pytest.fixture
def turn(running):
    """Set the mode as the operator does; afterwards the house is open again."""

    def command(*words):
        subprocess.run([sys.executable, "-m", "tongban.config.cli", "mode", *words], check=True, capture_output=True,
                       env={**os.environ, "DATABASE_URL": running.database})

    def change(mode):
        command(mode, "--reason", "正在升级数据库。", "--reason-en", "The database is being upgraded.",
                "--until", "2026-03-02T12:00")

    yield change
    command("normal")


@pytest.fixture
def begin(chromium, running):
    """Someone who has an application open at its first question, in a window of some width."""
    opened = []

    def at(width, language):
        context = chromium.new_context(locale="zh-CN", viewport={"width": width, "height": 900})
        opened.append(context)
        person = Hands(context, running.address, scripts=False, english=language == "en")
        person.sign_in("wang-xiaoman")
        person.go("/search/?q=%E9%A4%90%E9%A6%86")
        person.click(person.page.locator("main a[href*='/services/']").first)
        person.go("/apply/" + person.page.url.rstrip("/").rpartition("/")[2] + "/")
        person.choose(person.page.locator("input[name=applicant]").last)
        person.click("main form button[type=submit]")
        person.click("main .btns a")
        return person

    yield at
    for context in opened:
        context.close()


def until_it_shows(person, path, words):
    """The line stands on a page, drawn or kept, within a few seconds."""
    for _ in range(40):
        person.go(path)
        if words in person.page.inner_text("body"):
            return
        person.page.wait_for_timeout(250)
    raise AssertionError(words)


def picture(person, name):
    if folder := os.environ.get("TONGBAN_PICTURES"):
        person.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def refused(person):
    """Send the form; the browser notes in its console that the answer was 503, and nothing else."""
    person.page.locator("main form button[type=submit]").first.click()
    person.page.wait_for_load_state()
    assert all("503" in each for each in person.wrong)
    person.wrong.clear()
    person.look()


@pytest.mark.parametrize(("width", "language"), SCREENS)
def test_read_only_says_so_keeps_what_was_typed_and_goes_on_afterwards(begin, turn, width, language):
    person = begin(width, language)
    asked = person.page.url
    person.choose(person.page.locator("main input[type=radio]").first)
    turn("read-only")
    watching = Hands(person.page.context, person.address, scripts=False, english=language == "en")
    until_it_shows(watching, "/", "目前这里只能查看" if language == "zh" else "For now you can only read here")
    refused(person)
    assert person.page.url == asked
    assert all(words in person.page.inner_text("main") for words in ("12345", "read_only"))
    picture(person, f"read-only-{width}-{language}")
    picture(watching, f"read-only-home-{width}-{language}")
    turn("normal")
    watching.page.wait_for_timeout(1500)
    person.click("main form button[type=submit]")
    assert person.page.url != asked and "read_only" not in person.page.inner_text("main")


@pytest.mark.parametrize(("width", "language"), SCREENS)
def test_accept_only_takes_what_people_send_and_lets_officers_read(begin, turn, chromium, running, width, language):
    person = begin(width, language)
    asked = person.page.url
    person.choose(person.page.locator("main input[type=radio]").first)
    turn("accept-only")
    words = "申请照常提交" if language == "zh" else "You can apply as always"
    until_it_shows(Hands(person.page.context, person.address, scripts=False, english=language == "en"), "/", words)
    person.click("main form button[type=submit]")
    assert person.page.url != asked
    context = chromium.new_context(locale="zh-CN", viewport={"width": width, "height": 900})
    officer = Hands(context, running.address, scripts=False, english=language == "en")
    officer.sign_in("gaoling-market-reception")
    officer.go("/desk/")
    assert words in officer.page.inner_text("body")
    picture(officer, f"accept-only-desk-{width}-{language}")
    context.close()
