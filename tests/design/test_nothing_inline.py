import gzip
import os
import re

import pytest
from lxml import html

from tests.design.drawing import LIVING, OURS, ROOT, page

BUILT = ROOT / "var" / "build" / "static"


@pytest.mark.parametrize("path", OURS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_templates_hold_no_inline_style_or_script(path):
    source = path.read_text()
    assert not re.search(r"""\sstyle\s*=|<style|\son[a-z]+\s*=\s*["']|javascript:|\bhx-on""", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)
    assert "|safe" not in source.replace(" ", "")


@pytest.mark.parametrize("name", LIVING)
def test_drawn_pages_keep_the_content_security_policy(name):
    tree = html.document_fromstring(page(name))
    assert tree.xpath("//@style | //style | //script[not(@src)] | //@*[starts-with(name(), 'on')]") == []
    assert tree.xpath("//script/@defer")
    assert all(not address.startswith(("http:", "https:", "//")) for address in tree.xpath("//@src | //link/@href"))


def test_htmx_may_neither_evaluate_nor_write_style():
    settings = html.document_fromstring(page("start")).xpath("string(//meta[@name='htmx-config']/@content)")
    for wanted in (
        '"allowEval":false',
        '"allowScriptTags":false',
        '"includeIndicatorStyles":false',
        '"selfRequestsOnly":true',
    ):
        assert wanted in settings


@pytest.mark.skipif(
    not (BUILT / "tongban.css").exists() and not os.environ.get("CI"), reason="run bin/build-frontend first"
)
@pytest.mark.parametrize(("name", "raw", "packed"), [("tongban.css", 45_600, 11_000), ("tongban.js", 70_000, 24_000)])
def test_bundles_stay_small(name, raw, packed):
    content = (BUILT / name).read_bytes()
    assert len(content) <= raw
    assert len(gzip.compress(content, 9)) <= packed


def test_the_lock_file_names_no_download_address():
    assert "resolved" not in (ROOT / "package-lock.json").read_text()


SCRIPTS = {path.name: path.read_text() for path in sorted((ROOT / "frontend" / "js").glob("*.js"))}
SET_BY_NAME = re.compile(r"\w\[[^\]]+\]\s*(?:\?\?|\|\|)?=(?![=>])")
REACHING_UP = re.compile(r"__proto__|prototype|\bconstructor\b|setPrototypeOf|structuredClone|Object\.(?:assign|fromEntries|defineProperty)"
                         r"\((?!document\.createElement\()|\bfor \((?:const|let|var) \w+ in ")


def polluting(script):
    """Where a script sets a property by a name it was given, or copies names it did not write."""
    return SET_BY_NAME.findall(script) + REACHING_UP.findall(script)


def test_no_script_sets_properties_by_names_that_come_from_outside():
    assert {name: found for name, script in SCRIPTS.items() if (found := polluting(script))} == {"passkeys.js": ["e[name] ="]}
    assert re.search(r'for \(const name of \["clientDataJSON", [^\]]+\]\)\s+if \(credential\.response\[name\]\) response\[name\] =',
                     SCRIPTS["passkeys.js"]), "the one that does takes names of its own"


@pytest.mark.parametrize("line", ["made[key] = value;", "kept[name] ??= {};", "Object.assign(kept, JSON.parse(text));",
                                  "for (const key in given) copy(key);", "made.__proto__ = given;", "Object.fromEntries(given)"])
def test_a_planted_one_is_found(line):
    assert polluting(line)
