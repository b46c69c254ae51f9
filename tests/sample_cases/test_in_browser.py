"""The first pages of desk and oversight with something on them, in a real browser, narrow and wide."""

import pytest

from tests.counter.browsing import BUILT, browser_page, served
from tests.requirements import requirement
from tongban.identity.actions import open_session
from tongban.kernel import database
from tongban.kernel.types import Channel

if not (BUILT / "test" / "axe.min.js").exists():
    pytest.skip("run bin/build-frontend first", allow_module_level=True)
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
AXE = BUILT / "test" / "axe.min.js"
PAGES = {"gaoling-market-review": "/desk/", "guangan-approval-supervisor": "/oversight/?period=year"}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
VIOLATIONS = """axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  preload: false}).then(found => found.violations.map(
  each => each.id + ': ' + each.nodes.map(node => node.html.slice(0, 120)).join(' | ')))"""


@requirement("POR-10")
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("login", list(PAGES))
def test_a_first_page_full_of_work_is_sound(after, login, width):
    account = database.row("select id from identity_account where login = %s", [login])[0]
    token = open_session(account=account, channel=Channel.WEB)
    with served() as home, browser_page(home, token, width=width) as page:
        for language in ("", "/en"):
            answer = page.goto(home + language + PAGES[login])
            assert answer.status == 200
            assert page.locator("tbody tr").count() >= 5
            assert page.locator(".sentence b").count() >= 2
            assert page.evaluate(WIDER) <= 0
            page.evaluate(AXE.read_text())
            assert page.evaluate(VIOLATIONS) == []
