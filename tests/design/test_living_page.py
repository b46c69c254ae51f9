import re
from collections import Counter

import pytest
from lxml import html

from tests.design.drawing import LANGUAGES, LIVING, MODES, OURS, TEMPLATES, USED, chinese, environment, given, page
from tests.requirements import requirement
from tongban.forms.types import FieldKind
from tongban.portal.designs import LONG, OWN
from tongban.web import pages

SHARED = {"field", "label", "input", "choice", "choices", "number", "meta", "mark", "body", "num", "hide-visually"}
"""What a page writes itself: words of its own, and a field that is no question of a form."""

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


def test_pages_are_drawn_with_every_name_a_template_may_rely_on(rf, db):
    assert set(pages.context(rf.get("/"))) <= set(given("en", "standard"))


def test_the_living_page_leads_to_every_kind_of_page():
    tree = html.document_fromstring(page("index"))
    assert {f"{name}/" for name in LIVING if name != "index"} <= set(tree.xpath("//main//@href"))


def test_the_living_page_shows_every_part():
    source = "".join(path.read_text() for path in (TEMPLATES / "design").glob("*.html"))
    for path in (TEMPLATES / "components").glob("*.html"):
        for macro in re.findall(r"{% macro ([a-z][a-z_]+)", path.read_text()):
            assert re.search(rf"\b{macro}\b|import .*{macro} as", source) or macro == "meter", macro


def test_the_living_page_asks_every_kind_of_question():
    assert {each.field.kind for each in OWN["index"]["asked"]} == set(FieldKind)


SHAPES = {
    "start page": ("start", "//div[@class='hero']//form[@role='search']"),
    "question page": ("question", "//form[@data-autosave]//*[@class='field' or @class='field field-error']"),
    "check answers": ("check", "//dl[@class='summary']//dd[@class='change']"),
    "confirmation with receipt": ("confirmation", "//div[@class='confirmed']/following-sibling::section[@class='receipt']"),
    "task list": ("tasks", "//ol[@class='tasks']"),
    "summary list": ("index", "//section[@id='summary']/dl[@class='summary']"),
    "guide page": ("guide", "//div[@class='guide']//ol[@class='materials']"),
    "timeline": ("matter", "//ol[@class='timeline']"),
    "status banner": ("matter", "//div[contains(@class, 'banner')]"),
    "search results": ("results", "//ol[@class='links results']"),
    "table with filters": ("worklist", "//form[@class='table-bar']"),
    "table with sort": ("worklist", "//th[@aria-sort]/a"),
    "table with saved views": ("worklist", "//ul[@class='tabs']"),
    "table with keyset pages": ("worklist", "//nav[@class='pager']//a[@rel='next']"),
    "case view": ("desk", "//div[@class='panes'][aside[@id='queue']][main][aside[@id='side']]"),
    "figure with title, unit, source and table": (
        "oversight", "//main[.//table]//div[@class='figure'][h2][.//span[@class='unit']][p[@class='source']]"),
    "notice": ("index", "//section[@id='notices']/div[contains(@class, 'notice')]"),
    "empty state": ("states", "//div[@class='empty']"),
    "error page": ("error", "//h1[contains(., 'could not find')]"),
    "print sheet": ("sheet", "//div[@class='sheet']"),
}
STATES = {
    "error": ("question", "//div[@role='alert'][@data-error-summary]//a"),
    "error at its field": ("question", "//input[@aria-invalid='true'][contains(@aria-describedby, 'f-area--error')]"),
    "empty": ("states", "//div[@class='empty']//a"),
    "long text": ("states", f"//table//td[contains(., '{LONG.en[:40]}')]"),
    "overdue": ("states", "//div[contains(@class, 'clock') and contains(@class, 'is-late')]"),
    "refused": ("states", "//div[@class='act act-refused']"),
    "paused clock": ("states", "//div[contains(@class, 'clock') and contains(@class, 'is-stopped')]"),
    "paused house": ("index", "//div[@class='opening-line'][2]"),
    "an act that waits": ("waiting", "//form//input[@name='area'][@value='42']"),
    "on its way": ("states", "//section[@id='sending']//button[@data-busy]"),
    "saved or kept while offline": ("states", "//form[@data-autosave]//*[@data-saved][@role='status']"),
    "offline": ("states", "//body[@data-word-offline!='']"),
    "signed out": ("signed-out", "//div[contains(@class, 'notice')][contains(., 'nothing is lost')]"),
}


@pytest.mark.parametrize(("name", "where"), [*SHAPES.values(), *STATES.values()], ids=[*SHAPES, *STATES])
def test_every_shape_and_state_stands_on_the_living_page(name, where):
    assert html.document_fromstring(page(name)).xpath(where)


def test_no_part_is_copied_into_the_living_page():
    drawn = re.findall(r"class=\"([a-z-]+)", "".join(path.read_text() for path in (TEMPLATES / "components").glob("*.html")))
    for path in (TEMPLATES / "design").glob("*.html"):
        assert set(re.findall(r"class=\"([a-z-]+)", path.read_text())) & set(drawn) <= SHARED, path.name


def test_every_sentence_has_its_chinese_and_no_chinese_is_left_over():
    USED.clear()
    for name in LIVING:
        for mode in MODES:
            page(name, "zh-hans", mode, actor={"name": "x"}, problems=[{"href": "#a", "message": "b"}])
            page(name, "zh-hans", mode)
    known = set(chinese("design"))
    written = set()
    for path in OURS:
        if path.name != "fields.html":
            found = [message for _, _, message in environment().extract_translations(path.read_text())]
            written |= {message if isinstance(message, str) else message[0] for message in found}
    assert set(chinese()) >= USED
    assert known - USED <= written
    assert all(chinese()[sentence] for sentence in known | USED)


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
