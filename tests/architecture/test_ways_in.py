"""The ways in, the limits and the sessions are as docs/security/identity.md says (ASVS 5.0, 6.1 and 7.1)."""

import ast
import re

import yaml

from tests.architecture.reading import ROOT, sources

WRITTEN = (ROOT / "docs" / "security" / "identity.md").read_text()
OPENS = {"keep_session", "open_session"}
OUTSIDE = ("tongban.config", "tongban.identity")
"""Verbs, and samples at the first start: what opens a session for a person comes through a page."""


def opening() -> set[str]:
    found = set()
    for each in sources():
        named = each.module
        if not named.startswith(OUTSIDE) and any(
                isinstance(node, ast.Call) and (getattr(node.func, "id", "") or getattr(node.func, "attr", "")) in OPENS
                for node in ast.walk(each.tree)):
            found.add(named.removeprefix("tongban."))
    return found


def test_every_way_in_is_written_down():
    ways = WRITTEN.partition("## Every way in")[2].partition("## Limits")[0]
    assert opening() == set(re.findall(r"^\|[^|]*\| `([a-z_.]+)` \|", ways, re.MULTILINE))


def test_every_limit_that_is_written_down_is_a_parameter_with_that_value():
    rows = yaml.safe_load((ROOT / "data" / "parameters.yaml").read_text())
    values = {row["name"]: row["value"] for row in rows}
    told = re.findall(r"\| `(identity\.[a-z_0-9]+)` \| (\d+) \|", WRITTEN)
    assert len(told) > 25
    assert [(name, int(value)) for name, value in told if values.get(name) != int(value)] == []


def test_the_page_of_factors_says_what_is_weaker_about_a_phone():
    assert "A phone number can be taken over by others, a passkey cannot." in (
        ROOT / "tongban" / "templates" / "portal" / "factors.html").read_text()
