"""Known facts are filled in with their source; the summary shows what was answered in the reader's language."""

from typing import Any

import pytest

from tests.forms.given import GOOD, document, form
from tongban.forms.rules import prefill, questions, summary
from tongban.forms.types import Known, Prefill
from tongban.kernel.types import Text

FORM = form()
LICENCE = Text(zh="营业执照", en="business licence")


def shown(answers: dict[str, Any], language: str = "zh-hans", **options: Any) -> dict[str, tuple[str, ...]]:
    return {row.field: row.lines for row in summary(FORM, answers, language, **options)}


def test_known_facts_fill_their_fields_and_name_their_source() -> None:
    known = {
        "entity.name": Known(value="示例面馆", source=LICENCE),
        "entity.phone": Known(value="(029) 86912222", source=LICENCE),
        "licence.opens_on": Known(value="2026年3月2日", source=LICENCE),
        "person.name": Known(value="张三", source=LICENCE),
    }
    assert prefill(FORM, known) == {
        "shop": Prefill(value="示例面馆", source=LICENCE),
        "phone": Prefill(value="029-86912222", source=LICENCE),
        "opens_on": Prefill(value="2026-03-02", source=LICENCE),
    }


@pytest.mark.parametrize("value", ["", "面", "面" * 101, 7, None, ["x"], "\x00"])
def test_a_fact_that_does_not_fit_is_left_out(value: Any) -> None:
    assert prefill(FORM, {"entity.name": Known(value=value, source=LICENCE)}) == {}


def test_a_fact_fills_a_field_that_is_still_hidden() -> None:
    fields = document()["fields"]
    fields["platforms"] = fields["platforms"] | {"prefill": "entity.name"}
    made = form(fields=fields)
    assert "platforms" in prefill(made, {"entity.name": Known(value="美食平台", source=LICENCE)})
    assert prefill(made, {"entity.name": Known(value="x", source=LICENCE)}) == {}


def test_what_the_person_wrote_stands_and_the_source_is_no_longer_named() -> None:
    facts = {"shop": Prefill(value="执照名", source=LICENCE)}
    page = FORM.pages[0]
    assert questions(FORM, page, {"shop": "执照名"}, prefills=facts)[0].prefill == facts["shop"]
    assert questions(FORM, page, {"shop": "我的名"}, prefills=facts)[0].prefill is None
    assert questions(FORM, page, {}, prefills=facts)[0].prefill is None


@pytest.mark.parametrize(
    ("field", "answer", "zh", "en"),
    [
        ("shop", "示例面馆", ("示例面馆",), ("示例面馆",)),
        ("story", "一\n二", ("一", "二"), ("一", "二")),
        ("area", 1234.5, ("1,234.5 平方米",), ("1,234.5 m²",)),
        ("staff", 3, ("3",), ("3",)),
        ("rent", 120050, ("1,200.50 元",), ("1,200.50 yuan",)),
        ("opens_on", "2026-03-02", ("2026年3月2日",), ("2 March 2026",)),
        ("opens_on", {"year": "2026", "month": "13", "day": ""}, ("2026-13-",), ("2026-13-",)),
        ("sort", "snack", ("snack（中）",), ("Snack",)),
        ("dishes", ["hot", "raw"], ("hot菜", "raw菜"), ("Hot dishes", "Raw dishes")),
        ("delivers", False, ("否",), ("No",)),
        ("delivers", "maybe", ("maybe",), ("maybe",)),
        ("place", "511602000000", ("广安区",), ("Guang'an District",)),
        ("place", "511601000000", ("511601000000",), ("511601000000",)),
        ("plates", ["川A12345", "川B12345"], ("川A12345", "川B12345"), ("川A12345", "川B12345")),
        ("owner", {"name": "张三", "born_on": "1949-12-31"}, ("问owner.name：张三", "问owner.born_on：1949年12月31日"),
         ("Ask owner.name: 张三", "Ask owner.born_on: 31 December 1949")),
        ("machines", [{"model": "X", "power": 2}], ("问machines.model：X，问machines.power：2",),
         ("Ask machines.model: X, Ask machines.power: 2",)),
        ("mail", None, (), ()),
    ],
)  # fmt: skip
def test_an_answer_is_shown_by_kind_and_language(field: str, answer: Any, zh: Any, en: Any) -> None:
    assert shown({field: answer})[field] == zh
    assert shown({field: answer}, "en")[field] == en


def test_places_are_named_where_the_caller_knows_them() -> None:
    places = {"511601000000": Text(zh="市辖区", en="City proper")}
    assert shown({"place": "511601000000"}, places=places)["place"] == ("市辖区",)


def test_the_summary_follows_the_pages_and_leaves_hidden_fields_out() -> None:
    rows = summary(FORM, GOOD, "en")
    assert [row.field for row in rows] == [n for n in FORM.fields if n not in ("platforms", "riders")]
    assert (rows[0].label, rows[0].page, rows[0].lines) == ("Ask shop", "first", ("示例面馆",))
    assert "platforms" in shown(GOOD | {"delivers": True})


def test_a_field_that_waits_for_an_answer_of_its_page_is_drawn_and_says_for_which() -> None:
    pages = [{"code": "all", "title": {"zh": "一", "en": "One"}, "fields": list(FORM.fields)}]
    made = form(pages=pages)
    drawn = {each.field.name: each.only_if for each in questions(made, made.pages[0], {})}
    assert drawn["delivers"] is None and drawn["platforms"] is not None and drawn["riders"] is not None
    assert (drawn["platforms"].field, drawn["platforms"].posted, drawn["platforms"].answer.zh) == (
        "delivers", "true", "是")
    assert (drawn["riders"].field, drawn["riders"].posted) == ("platforms", "Own riders")


def test_a_field_that_waits_for_an_answer_of_another_page_is_drawn_only_with_it() -> None:
    first, second = FORM.pages
    assert "delivers" in first.fields and {"platforms", "riders"} <= set(second.fields)
    for answers in ({}, {"delivers": False}):
        assert not {"platforms", "riders"} & {each.field.name for each in questions(FORM, second, answers)}
    drawn = {each.field.name: each.only_if for each in questions(FORM, second, {"delivers": True})}
    assert drawn["platforms"] is None and drawn["riders"] is not None
