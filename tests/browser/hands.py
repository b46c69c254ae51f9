"""How people use a page: with a pointer, or with the keyboard alone; and the check for accessibility after every step."""

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page

PASSWORD = "tongban-2026"
FOCUSED = "element => element === document.activeElement"
SAME_GROUP = "element => document.activeElement.name === element.name"
AXE_RUN = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(
  each => each.id + ': ' + each.nodes.map(node => node.html.slice(0, 120)).join(' | '))"""
LISTEN = """window.violations = [];
document.addEventListener("securitypolicyviolation", event => window.violations.push(event.effectiveDirective + " " + event.sample));"""
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Hands:
    """Someone at a page: does things, and sees whether the page is sound after each."""

    def __init__(self, context: BrowserContext, address: str, *, scripts: bool = True, english: bool = False) -> None:
        self.page: Page = context.new_page()
        self.page.add_init_script(LISTEN)
        self.address, self.scripts, self.english = address, scripts, english
        self.seen: list[str] = []
        self.wrong: list[str] = []
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def go(self, path: str) -> None:
        """Open a page of ours in the language of this person."""
        prefix = "/en" if self.english and not path.startswith(("/en/", "/api/")) else ""
        response = self.page.goto(self.address + prefix + path)
        assert response is not None and response.status < 400, f"{path}: {response and response.status}"
        self.look()

    def click(self, what: str | Locator) -> None:
        """Press something that leads to a page."""
        with self.page.expect_navigation():
            self._locate(what).click()
        self.look()

    def choose(self, what: str | Locator) -> None:
        """Tick a box or a radio button."""
        self._locate(what).check()

    def fill(self, what: str | Locator, text: str) -> None:
        """Type into a field."""
        self._locate(what).fill(text)

    def attach(self, what: str | Locator, file: Path) -> None:
        """Choose a file."""
        self._locate(what).set_input_files(str(file))

    def sign_in(self, login: str, onward: str = "") -> None:
        """Sign in with a sample account, in both steps."""
        self.go("/sign-in/" + (f"?next={onward}" if onward else ""))
        self.fill("#login", login)
        self.fill("#password", PASSWORD)
        self.click("main form button[type=submit]")
        self.prove()

    def prove(self) -> None:
        """Prove who it is with the code that a trial shows on the page."""
        code = self.page.locator("#code")
        self.fill(code, self.page.locator("[data-code]").inner_text())
        self.click(self.page.locator("main form").filter(has=code).locator("button[type=submit]"))

    def look(self) -> None:
        """Whatever page this is: a heading, a title, no sideways scroll, no violation of accessibility."""
        self.seen.append(self.page.url)
        assert self.page.locator("h1").count() == 1, f"{self.page.url} has {self.page.locator('h1').count()} h1"
        assert self.page.evaluate(WIDE) <= 0, f"{self.page.url} scrolls sideways"
        if self.scripts:
            assert self.page.evaluate("window.violations") == [], f"{self.page.url} broke its own policy"
            self.page.evaluate(axe_source())
            found: list[str] = self.page.evaluate(AXE_RUN)
            assert found == [], f"{self.page.url}: {found}"
        assert self.wrong == [], f"{self.page.url}: {self.wrong}"

    def _locate(self, what: str | Locator) -> Locator:
        return (self.page.locator(what) if isinstance(what, str) else what).first


class Keys(Hands):
    """Someone who has no pointer: everything is reached by Tab and done by Enter or Space."""

    def click(self, what: str | Locator) -> None:
        self._reach(self._locate(what))
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.look()

    def choose(self, what: str | Locator) -> None:
        wanted = self._locate(what)
        if wanted.get_attribute("type") == "radio":
            self._reach(wanted, SAME_GROUP)
            for key in ["Space"] + ["ArrowDown"] * 20:
                if not wanted.is_checked():
                    self.page.keyboard.press(key)
        else:
            self._reach(wanted)
            if not wanted.is_checked():
                self.page.keyboard.press("Space")
        assert wanted.is_checked()

    def fill(self, what: str | Locator, text: str) -> None:
        wanted = self._locate(what)
        self._reach(wanted)
        if wanted.get_attribute("type") == "date":
            year, month, day = text.split("-")
            self.page.keyboard.type(month + day + year)  # the order of the browser's own language, not the page's
            assert wanted.input_value() == text
            return
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def _reach(self, wanted: Locator, how: str = FOCUSED) -> None:
        for _ in range(120):
            if wanted.evaluate(how):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reached {wanted} on {self.page.url}")


def axe_source() -> str:
    """The script of axe-core, as built."""
    return (Path(os.environ["TONGBAN_VAR"]) / "build" / "test" / "axe.min.js").read_text()


def answers_to(page: Page) -> list[tuple[str, Any, str]]:
    """What to do with each empty control of a question page: (act, locator, text)."""
    acts: list[tuple[str, Any, str]] = []
    done: set[str] = set()
    for control in page.locator("main form").locator("input:not([type=hidden]), textarea, select").all():
        kind, name = control.get_attribute("type") or "text", control.get_attribute("name") or ""
        if kind in ("radio", "checkbox"):
            if name not in done and page.locator(f"input[name='{name}']:checked").count() == 0:
                acts.append(("choose", control, ""))
            done.add(name)
        elif control.evaluate("element => element.tagName") == "SELECT":
            acts.append(("select", control, ""))
        elif not control.input_value():
            acts.append(("fill", control, _text(control, kind, name)))
    return acts


def _text(control: Locator, kind: str, name: str) -> str:
    part = name.rsplit("-", 1)[-1]
    if part in ("year", "month", "day"):
        return {"year": "2027", "month": "5", "day": "1"}[part]
    if kind == "tel":
        return "13800000000"
    return "12" if control.get_attribute("inputmode") in ("decimal", "numeric") else "示例内容"
