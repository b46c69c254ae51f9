"""The browser itself stops what the policy of pages forbids, and tells us which directive it was."""

import pytest

from tests.browser.conftest import PATIENCE
from tests.browser.hands import Hands

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
TRIES = [
    ("require-trusted-types-for", "document.querySelector('h1').innerHTML = '<b>x</b>'"),
    ("require-trusted-types-for", "document.body.setAttribute('onclick', 'window.ran = 1'); document.body.click()"),
    ("require-trusted-types-for",
     "const s = document.createElement('script'); s.append('window.ran = 1'); document.body.append(s)"),
    ("trusted-types", "trustedTypes.createPolicy('mine', {})"),
    ("style-src-elem", "const s = document.createElement('style'); s.append('h1 {color: red}'); document.head.append(s)"),
    ("connect-src", "fetch('http://127.0.0.1:1/').catch(() => 0)"),
    ("img-src", "new Image().src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw='"),
    ("frame-src", "const f = document.createElement('iframe'); f.src = 'https://evil.example/'; document.body.append(f)"),
    ("base-uri", "const b = document.createElement('base'); b.href = 'https://evil.example/'; document.head.append(b)"),
]


def test_what_the_policy_forbids_is_stopped_and_reported(chromium, running):
    context = chromium.new_context()
    reports = []
    context.on("request", lambda request: reports.append(request.post_data_json) if "/csp-reports/" in request.url else None)
    hands = Hands(context, running.address)
    hands.page.goto(running.address + "/en/")
    hands.page.evaluate("window.kept = document.querySelector('h1').innerHTML")
    for directive, script in TRIES:
        hands.page.evaluate("window.violations = []")
        hands.page.evaluate(f"() => {{ try {{ {script} }} catch (error) {{ }} }}")
        hands.page.wait_for_function("name => window.violations.some(each => each.startsWith(name + ' '))", arg=directive)
    assert hands.page.evaluate("document.querySelector('h1').innerHTML === window.kept && !window.ran")
    for _ in range(PATIENCE):
        if len(reports) >= len(TRIES):
            break
        hands.page.wait_for_timeout(50)
    assert {each["csp-report"]["effective-directive"] for each in reports} == {directive for directive, _ in TRIES}
    context.close()
