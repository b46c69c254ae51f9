import re
from collections import Counter

import pytest
from lxml import html

from tests.design.drawing import LANGUAGES, LIVING, MODES, OURS, TEMPLATES, USED, chinese, environment, page
from tests.requirements import requirement

EVERY = [(name, language, mode) for name in LIVING for language in LANGUAGES for mode in MODES]


@pytest.mark.parametrize(("name", "language", "mode"), EVERY)
def test_every_kind_of_page_stands_in_both_languages_and_all_modes(name, language, mode):
    tree = html.document_fromstring(page(name, language, mode))
    assert tree.get("lang") == {"zh-hans": "zh-Hans", "en": "en"}[language]
    assert mode in tree.get("class").split()
    assert len(tree.xpath("//main[@id='main']")) == 1
    assert len(tree.xpath("//h1")) == 1
    assert tree.xpath("string(//body/a[@class='skip']/@href)") == "#main"
    twice = [each for each, count in Counter(tree.xpath("//@id")).items() if count > 1]
    assert twice == []


@pytest.mark.parametrize("name", LIVING)
def test_every_field_has_its_words(name):
    tree = html.document_fromstring(page(name))
    for field in tree.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        labelled = (
            field.get("aria-label")
            or tree.xpath(f"//label[@for='{field.get('id')}']")
            or field.xpath("ancestor::label")
        )
        assert labelled, html.tostring(field)
    for described in tree.xpath("//@aria-describedby"):
        assert all(tree.xpath(f"//*[@id='{each}']") for each in described.split())


@pytest.mark.parametrize("name", sorted(set(LIVING) - {"index"}))
def test_a_page_has_at_most_one_main_button(name):
    tree = html.document_fromstring(page(name))
    assert len(tree.xpath("//main//*[@class='btn' or @class='btn btn-wide']")) <= 1


def test_the_living_page_leads_to_every_kind_of_page():
    tree = html.document_fromstring(page("index"))
    assert {f"{name}/" for name in LIVING if name != "index"} <= set(tree.xpath("//main//@href"))


def test_the_living_page_shows_every_part():
    source = (TEMPLATES / "design" / "index.html").read_text() + "".join(
        path.read_text() for path in (TEMPLATES / "design").glob("*.html")
    )
    for path in (TEMPLATES / "components").glob("*.html"):
        if path.stem == "fields":
            continue
        for macro in re.findall(r"{% macro ([a-z_]+)", path.read_text()):
            assert re.search(rf"\b{macro}\b|import .*{macro} as", source) or macro == "meter", macro


def test_every_sentence_has_its_chinese_and_no_chinese_is_left_over():
    USED.clear()
    for name in LIVING:
        for mode in MODES:
            page(name, "zh-hans", mode, actor={"name": "x"}, problems=[{"href": "#a", "message": "b"}])
            page(name, "zh-hans", mode)
    known = set(chinese())
    written = set()
    for path in OURS:
        if path.name != "fields.html":
            found = [message for _, _, message in environment().extract_translations(path.read_text())]
            written |= {message if isinstance(message, str) else message[0] for message in found}
    assert known >= USED
    assert known - USED <= written
    assert all(chinese()[sentence] for sentence in known)


def test_chinese_has_chinese_punctuation():
    plain = [re.sub(r"<[^>]+>|%\(\w+\)s", "", sentence) for sentence in chinese().values()]
    assert [each for each in plain if re.search(r"[\u4e00-\u9fff] ?[,;!?(]", each)] == []


@requirement("POR-11")
def test_elder_mode_is_eighteen_points_and_keeps_the_phone_in_sight():
    sheet = (TEMPLATES.parents[1] / "frontend" / "css" / "tokens.css").read_text()
    root = float(re.search(r":root\.elder { font-size: ([\d.]+)%", sheet)[1])
    body = float(re.search(r"--t-m: ([\d.]+)rem", sheet)[1])
    assert 16 * root / 100 * body >= 24 - 0.01
    tree = html.document_fromstring(page("start", "zh-hans", "elder"))
    assert tree.xpath("//*[contains(@class, 'help-line')]//a[@href='tel:12345']")


def test_an_error_begins_the_title():
    assert "<title>Error: " in page("check", problems=[{"href": "#a", "message": "b"}])
    assert "<title>Check your answers - Tongban</title>" in page("check")
    assert "<title>有误：" in page("check", "zh-hans", problems=[{"href": "#a", "message": "b"}])


def test_signing_out_is_a_form_and_only_for_those_signed_in():
    out, signed_in = (html.document_fromstring(page("start", actor=actor)) for actor in (None, {"name": "x"}))
    assert out.xpath("//header//form[@method='post']") == []
    assert signed_in.xpath("//header//form[@method='post'][@data-forget-drafts]//input[@name='csrfmiddlewaretoken']")
