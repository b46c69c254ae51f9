"""Draws the main pages of a real journey, at 360 and 1280 px, in Chinese and English, into docs/screenshots."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.house import Bench, house  # noqa: E402
from tests.browser.conftest import FLAGS  # noqa: E402
from tests.browser.hands import Hands  # noqa: E402
from tests.browser.test_journey import apply_for, examine_all, find_guide  # noqa: E402

TARGET = ROOT / "docs" / "screenshots"
WIDTHS = (360, 1280)


def main() -> None:
    """One journey, then the pages it left behind, seen by those they are for."""
    TARGET.mkdir(parents=True, exist_ok=True)
    picture = Path(tempfile.mkdtemp()) / "plan.png"
    Image.new("RGB", (400, 300), (200, 220, 240)).save(picture)
    with house() as bench, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        address, processes = open_house(bench)
        try:
            number, code = live(browser, address, picture)
            draw_all(browser, address, number, code)
        finally:
            browser.close()
            for process in processes:
                process.terminate()
                process.wait(timeout=30)


def open_house(bench: Bench) -> tuple[str, list[subprocess.Popen[bytes]]]:
    """Web and worker of the house, on a free port."""
    from tongban.config.cli import granian_command

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "TONGBAN_SITE": address}
    processes = [subprocess.Popen([sys.executable, "-m", "tongban.config.cli", "worker"], env=environment, cwd=ROOT),
                 subprocess.Popen(granian_command("127.0.0.1", port, 1), env=environment, cwd=ROOT)]
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{address}/sign-in/", timeout=5).close()
            break
        except OSError:
            time.sleep(0.2)
    return address, processes


def live(browser: Browser, address: str, picture: Path) -> tuple[str, str]:
    """Apply, accept, examine; leave the case before its decision. Returns case number and item code."""

    def person(login: str) -> Hands:
        hands = Hands(browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN"), address, scripts=False)
        hands.sign_in(login)
        return hands

    citizen = person("wang-xiaoman")
    code = find_guide(citizen)
    apply_for(citizen, code, picture)
    number = apply_for(citizen, code, picture)
    clerk = person("gaoling-market-reception")
    clerk.go(f"/desk/{number}/accept/")
    clerk.click("main form .btns button[type=submit]")
    examine_all(person("gaoling-market-review"), number, f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}")
    return number, code


def draw_all(browser: Browser, address: str, number: str, code: str) -> None:
    """Every main page for whoever uses it."""
    pages = {
        "": {"home": "/", "search": "/search/?q=%E9%A4%90%E9%A6%86", "guide": f"/services/{code}/"},
        "wang-xiaoman": {"matters": "/me/", "case": f"/cases/{number}/"},
        "gaoling-market-decision": {"desk": f"/desk/{number}/"},
        "guangan-approval-supervisor": {"oversight": "/oversight/"},
    }
    for login, paths in pages.items():
        for width in WIDTHS:
            for language, prefix in (("zh", ""), ("en", "/en")):
                context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
                hands = Hands(context, address)
                if login:
                    hands.sign_in(login)
                for name, path in paths.items():
                    hands.page.goto(address + prefix + path)
                    target = TARGET / f"{name}-{width}-{language}.png"
                    hands.page.screenshot(path=str(target), full_page=width == WIDTHS[1] or name != "desk")
                    Image.open(target).convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(target, optimize=True)
                context.close()


if __name__ == "__main__":
    main()
