"""Problems say what to do, one an input; hidden fields are neither required nor kept."""

import math
import time
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forms.given import GOOD, document, form, small_form
from tests.requirements import requirement
from tongban.forms.errors import FieldNotUsable
from tongban.forms.rules import MESSAGES, WHOLE_FORM, check, compile_form, is_phone, visible_answers, visible_pages
from tongban.forms.types import CompiledForm, FormDefinition, led
from tongban.kernel.types import Text

FORM = form()


def codes(answers: dict[str, Any], pages: Any = None) -> dict[str, str]:
    return {problem.field: problem.code for problem in check(FORM, answers, pages)}


def test_good_answers_have_no_problem() -> None:
    everything = GOOD | {
        "story": "两行\n说明", "staff": 3, "rent": 120050, "opens_on": "2026-03-02", "sort": "snack",
        "dishes": ["hot", "raw"], "delivers": True, "platforms": "Own riders", "riders": 2, "phone": "029-86912222",
        "id_number": "11010519491231002X", "uscc": "11100000000013338W", "postcode": "638000",
        "place": "511602000000", "mail": "name@example.cn", "plates": ["川A12345"],
        "owner": {"name": "张三", "born_on": "1949-12-31"}, "machines": [{"model": "X1", "power": 1.5}], "agrees": True,
    }  # fmt: skip
    assert set(everything) == set(FORM.fields)
    assert check(FORM, everything) == ()
    assert visible_answers(FORM, everything) == everything


@requirement("CASE-30")
@pytest.mark.parametrize(
    ("field", "answer", "code"),
    [
        ("shop", "面", "min_length"),
        ("shop", "面" * 101, "max_length"),
        ("shop", 7, "text"),
        ("shop", "面\x00馆", "characters"),
        ("shop", "面\ud800馆", "characters"),
        ("story", "x" * 10_001, "max_length"),
        ("area", "约一百", "number"),
        ("area", 0, "exclusive_minimum"),
        ("area", 100_001, "maximum"),
        ("area", math.nan, "not_valid"),
        ("area", 10**400, "not_valid"),
        ("staff", "三", "integer"),
        ("staff", 0, "minimum"),
        ("staff", 1.5, "integer"),
        ("rent", "一千", "money"),
        ("opens_on", "2026-02-30", "date"),
        ("opens_on", "0000-01-01", "date"),
        ("opens_on", {"year": "2026", "month": "13", "day": ""}, "date"),
        ("sort", "palace", "choice"),
        ("dishes", ["hot", "stone"], "choice"),
        ("dishes", ["hot", "hot"], "unique_items"),
        ("delivers", "maybe", "required_yes_no"),
        ("phone", "12345678901", "phone"),
        ("phone", "86912222", "phone"),
        ("id_number", "1101051949123100", "id_length"),
        ("id_number", "110105194912310021", "id_check"),
        ("uscc", "1110000000001333", "uscc_length"),
        ("uscc", "11100000000013338X", "uscc_check"),
        ("postcode", "63800", "postcode"),
        ("place", "5116", "region"),
        ("place", "100000000000", "region"),
        ("mail", "name.example", "email"),
        ("plates", ["川A1"], "min_length"),
        ("plates", ["川A12345"] * 4, "max_items"),
        ("agrees", False, "confirm"),
        ("owner", {"name": "张三", "ghost": 1}, "unknown"),
        ("owner", {"name": "张三", 5: 1}, "not_valid"),
        ("shop", [[[[[[]]]]]], "not_valid"),
        ("shop", {1, 2}, "not_valid"),
    ],
)
def test_an_answer_that_does_not_fit_is_named_with_its_reason(field: str, answer: Any, code: str) -> None:
    assert codes(GOOD | {field: answer}) == {field: code}


@pytest.mark.parametrize(
    ("field", "code"), [("sort", "required_choice"), ("dishes", "required_choices"), ("opens_on", "required_date"),
                        ("delivers", "required_yes_no"), ("owner", "required"), ("area", "required")]
)  # fmt: skip
@pytest.mark.parametrize("blank", [None, "", " \u3000", [], {}])
def test_a_missing_answer_is_asked_for_in_the_words_of_its_kind(field: str, code: str, blank: Any) -> None:
    made = form(schema=document()["schema"] | {"required": [field]})
    assert [(p.field, p.code) for p in check(made, {field: blank})] == [(field, code)]


@requirement("IDN-07")
@pytest.mark.parametrize("wrong", "0123456789")
def test_an_identity_number_with_a_wrong_check_character_is_refused(wrong: str) -> None:
    assert codes(GOOD | {"id_number": "11010519491231002X"}) == {}
    assert codes(GOOD | {"id_number": "11010519491231002" + wrong}) == {"id_number": "id_check"}


@requirement("IDN-08")
@pytest.mark.parametrize(
    "good", ["11100000000013338W", "11511301008778183N", "12441500196720244T", "91370406L24894136J"]
)
def test_a_credit_code_is_accepted_only_with_its_own_check_character(good: str) -> None:
    assert codes(GOOD | {"uscc": good}) == {}
    for wrong in set("0123456789ABCDEFGHJKLMNPQRTUWXY") - {good[17]}:
        assert codes(GOOD | {"uscc": good[:17] + wrong}) == {"uscc": "uscc_check"}


def test_problems_inside_groups_and_rows_carry_their_path() -> None:
    answers = GOOD | {"owner": {"born_on": "x"}, "machines": [{"model": "X", "power": 1}, {"power": "y"}]}
    assert codes(answers) == {
        "owner.born_on": "date",
        "owner.name": "required",
        "machines.1.power": "number",
        "machines.1.model": "required",
    }


@requirement("CASE-30")
def test_hidden_fields_are_neither_required_nor_kept() -> None:
    assert codes(GOOD) == {}
    assert codes(GOOD | {"delivers": True}) == {"platforms": "required"}
    assert codes(GOOD | {"delivers": True, "platforms": "Own riders"}) == {"riders": "required"}
    leftover = GOOD | {"delivers": False, "platforms": "Own riders", "riders": 100_000}
    assert codes(leftover) == {}
    assert visible_answers(FORM, leftover) == GOOD | {"delivers": False}
    assert codes(GOOD | {"delivers": 1}) == {"delivers": "required_yes_no"}


def test_a_condition_on_several_choices_asks_for_one_of_them() -> None:
    fields = document()["fields"]
    fields["staff"] = fields["staff"] | {"show_if": {"field": "dishes", "equals": "raw"}}
    made = form(fields=fields)
    assert "staff" in visible_answers(made, {"dishes": ["hot", "raw"], "staff": 1})
    assert "staff" not in visible_answers(made, {"dishes": ["hot"], "staff": 1})


def test_a_rule_between_fields_is_kept() -> None:
    rule = {"if": {"properties": {"sort": {"const": "canteen"}}, "required": ["sort"]}, "then": {"required": ["staff"]}}
    made = form(schema=document()["schema"] | {"allOf": [rule]})
    assert [p.field for p in check(made, GOOD | {"sort": "canteen"})] == ["staff"]
    assert check(made, GOOD | {"sort": "snack"}) == ()


def test_a_rule_about_the_whole_form_is_not_lost() -> None:
    made = form(schema=document()["schema"] | {"minProperties": 3})
    assert [(p.field, p.code) for p in check(made, GOOD)] == [(WHOLE_FORM, "not_valid")]
    assert check(made, GOOD, made.pages) == ()


def test_unknown_fields_are_refused_wherever_one_looks() -> None:
    assert codes(GOOD | {"ghost": 1}) == {"ghost": "unknown"}
    assert codes(GOOD | {"ghost": 1}, FORM.pages[:1]) == {"ghost": "unknown"}
    assert len(codes(GOOD | {"\ud800" + "g" * 500: 1}).popitem()[0]) <= 60
    assert visible_answers(FORM, GOOD | {"ghost": 1}) == GOOD


def test_a_page_is_checked_alone() -> None:
    answers = {"area": 0, "mail": "x", "delivers": True}
    assert codes(answers, FORM.pages[:1]) == {"shop": "required", "area": "exclusive_minimum"}
    assert codes(answers, FORM.pages[1:]) == {"platforms": "required", "mail": "email"}


def test_a_page_on_which_nothing_is_asked_is_left_out() -> None:
    pages = document()["pages"]
    pages[1] = pages[1] | {"fields": [n for n in pages[1]["fields"] if n not in ("platforms", "riders")]}
    pages.append({"code": "third", "title": {"zh": "三", "en": "Three"}, "fields": ["platforms", "riders"]})
    made = form(pages=pages)
    assert [p.code for p in visible_pages(made, {})] == ["first", "second"]
    assert [p.code for p in visible_pages(made, {"delivers": True})] == ["first", "second", "third"]


def test_a_message_carries_its_facts_and_link_but_never_the_answer() -> None:
    (problem,) = check(FORM, GOOD | {"rent": 99})
    assert problem.said(problem.message) == "Enter 1 or more."
    (problem,) = check(FORM, GOOD | {"area": 123456789})
    assert problem.said(problem.message) == "Enter 100,000 or less."
    assert problem.link(problem.message, "en") == {"href": "#f-area", "message": "Ask area: Enter 100,000 or less."}
    assert problem.link("不大于 {limit}", "zh-hans")["message"] == "问area：不大于 100,000"
    assert problem.label == Text(zh="问area", en="Ask area")
    assert "123456789" not in repr(problem)


def test_a_question_takes_no_colon_before_what_is_wrong_with_its_answer():
    label = Text(zh="有几个人？", en="How many people?")
    assert led(label, "zh-hans") + "请填写" == "有几个人？请填写"
    assert led(label, "en") + "Fill this in." == "How many people? Fill this in."


def test_every_message_can_be_said_with_the_facts_it_gets() -> None:
    made = small_form({"type": "number", "multipleOf": 0.5, "maximum": 1e300})
    (problem,) = check(made, {"x": 0.3})
    assert problem.said(problem.message) == "Enter a multiple of 0.5."
    assert all(
        set(text.split("{")[1:]) <= {rest for rest in text.split("{")[1:] if rest.startswith("limit}")}
        for text in MESSAGES.values()
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*FORM.fields, "ghost", "\ud800", ""]), json_values))
def test_no_json_breaks_the_check(answers: dict[str, Any]) -> None:
    for problem in check(FORM, answers):
        assert problem.said(problem.message)
        assert problem.label.zh or problem.code == "unknown"


def test_deeply_nested_answers_are_refused_not_followed() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert codes(GOOD | {"shop": deep}) == {"shop": "not_valid"}
    while deep:
        deep = deep.pop()


@pytest.mark.parametrize(
    ("text", "good"),
    [("13800000000", True), ("12800000000", False),
     ("029-86912222", True), ("02986912222", False), ("4001234567", True),
     ("+85223456789", True), ("1380000000", False), ("１3800000000", False), ("13800000000\n", False)],
)  # fmt: skip
def test_phone_numbers_are_kept_in_one_shape(text: str, *, good: bool) -> None:
    assert is_phone(text) is good


def test_a_form_is_checked_in_well_under_a_millisecond() -> None:
    began = time.perf_counter()
    for _ in range(1000):
        check(FORM, GOOD)
    assert time.perf_counter() - began < 1


@requirement("CASE-30")
@pytest.mark.parametrize(("answer", "code"), [
    ("1850-02-03", "past"), ("2026-03-01", "past"), ("2026-03-02", None), ("2027-01-01", None), ("2026-02-30", "date")])
def test_a_planned_day_is_not_in_the_past_on_the_day_it_is_handed_in(answer: str, code: str | None) -> None:
    planned, answers = planning(), GOOD | {"opens_on": answer}
    found = check(planned, answers, today=date(2026, 3, 2))
    assert [(each.field, each.code) for each in found] == ([("opens_on", code)] if code else [])
    assert check(FORM, GOOD | {"opens_on": "1850-02-03"}, today=date(2026, 3, 2)) == ()
    if code == "past":
        assert check(planned, answers) == () and found[0].message == "Enter today or a later day."
        others = tuple(page for page in planned.pages if "opens_on" not in page.fields)
        assert check(planned, answers, others, today=date(2026, 3, 2)) == ()


@pytest.mark.parametrize("field", ["shop", "owner.born_on"])
def test_only_a_day_asked_by_itself_can_be_planned(field: str) -> None:
    with pytest.raises(FieldNotUsable):
        planning(field)


def planning(field: str = "opens_on") -> CompiledForm:
    """The form with a field that means a plan."""
    written = document()
    written["fields"][field]["not_before"] = "today"
    return compile_form(msgspec.convert(written, FormDefinition))
