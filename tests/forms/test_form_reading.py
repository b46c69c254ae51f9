"""What browsers post becomes typed answers; what cannot be read stays as typed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.forms.given import form
from tests.forms.on_screen import browse, draw
from tongban.forms.rules import check, merge_page, questions, read_page, summary, visible_answers
from tongban.forms.types import CompiledForm

FORM = form()
FIRST, SECOND = FORM.pages


def read(**posted: str | list[str]) -> dict[str, Any]:
    lists = {name.replace("__", "-"): [v] if isinstance(v, str) else v for name, v in posted.items()}
    return read_page(FORM, FIRST, lists) | read_page(FORM, SECOND, lists)


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("shop", "  示例\u3000面馆 ", "示例\u3000面馆"),
        ("shop", "长安街１２号\r\n", "长安街12号"),
        ("shop", "塚﨑", "塚﨑"),
        ("shop", "面\x00馆\u202e\ud800", "面馆"),
        ("story", " 一\r\n二\r三 ", "一\n二\n三"),
        ("area", "１，２３４．５", 1234.5),
        ("area", "1,234", 1234),
        ("area", "120 平方米", 120),
        ("area", "120m²", 120),
        ("area", "-3", -3),
        ("area", "10²", "10²"),
        ("area", "1,23", "1,23"),
        ("area", "1e5", "1e5"),
        ("area", "约一百", "约一百"),
        ("area", "0.1234567890123456789", "0.1234567890123456789"),
        ("area", "9" * 30, "9" * 30),
        ("area", "9" * 100_000, "9" * 100_000),
        ("staff", "３", 3),
        ("staff", "3.0", 3),
        ("staff", "3.5", "3.5"),
        ("rent", "￥1,200.50元", 120050),
        ("rent", "1200", 120000),
        ("rent", "0.005", "0.005"),
        ("opens_on", "2026年3月2日", "2026-03-02"),
        ("opens_on", "2026/3/2", "2026-03-02"),
        ("opens_on", "２０２６．３．２", "2026-03-02"),
        ("opens_on", "20260302", "2026-03-02"),
        ("opens_on", "2026-02-30", "2026-02-30"),
        ("opens_on", "0206-03-02", "0206-03-02"),
        ("opens_on", "明天", "明天"),
        ("delivers", "true", True),
        ("delivers", "否", False),
        ("delivers", "maybe", "maybe"),
        ("phone", "+86 138-0000-0000", "13800000000"),
        ("phone", "１３８　００００　００００", "13800000000"),
        ("phone", "(029) 8691 2222", "029-86912222"),
        ("phone", "02986912222", "029-86912222"),
        ("phone", "+86 29 8691 2222", "029-86912222"),
        ("phone", "0086-0826-234 5678-9", "0826-2345678-9"),
        ("phone", "29 8691 2222", "29 8691 2222"),
        ("phone", "0826-2345678转12", "0826-2345678-12"),
        ("phone", "400-123-4567", "4001234567"),
        ("phone", "+852 2345 6789", "+85223456789"),
        ("phone", "86912222", "86912222"),
        ("id_number", " 110105 19491231 002x ", "11010519491231002X"),
        ("uscc", "１１１０００００００００１３３３８ｗ", "11100000000013338W"),
        ("postcode", "638 000", "638000"),
        ("plates", "川A12345\r\n\r\n 川B12345 ", ["川A12345", "川B12345"]),
    ],
)
def test_people_write_in_many_ways(field: str, typed: str, kept: Any) -> None:
    answer = read(**{field: typed})[field]
    assert answer == kept
    assert type(answer) is type(kept)


def test_a_date_in_three_parts_is_read_and_an_impossible_one_keeps_its_parts() -> None:
    assert read(opens_on__year="２０２６年", opens_on__month="3月", opens_on__day="02") == {"opens_on": "2026-03-02"}
    assert read(opens_on__year="2026", opens_on__month="13", opens_on__day="") == {
        "opens_on": {"year": "2026", "month": "13", "day": ""}
    }
    assert read(opens_on__year="2026年3月2日", opens_on__month="", opens_on__day="") == {"opens_on": "2026-03-02"}


def test_several_choices_are_each_kept_once() -> None:
    assert read(dishes=["raw", "", "hot", "raw"]) == {"dishes": ["raw", "hot"]}


def test_groups_and_rows_are_read_and_empty_rows_dropped() -> None:
    rows = {
        "machines.0.model": ["X1"],
        "machines.0.power": ["1.5"],
        "machines.1.model": [" "],
        "machines.12.model": ["Z"],
    }
    assert read(**rows) == {"machines": [{"model": "X1", "power": 1.5}, {"model": "Z"}]}
    assert read(**{"owner.name": "张三", "owner.born_on-year": "1949"}) == {
        "owner": {"name": "张三", "born_on": "1949"}
    }


def test_blank_fields_are_absent_and_other_inputs_ignored() -> None:
    assert read(shop="  ", area="", csrfmiddlewaretoken="x", dishes=[], ghost="y", phone=[]) == {}


def test_a_field_emptied_on_its_page_is_emptied_in_the_draft() -> None:
    draft = {"shop": "旧名", "story": "旧", "phone": "13800000000"}
    assert merge_page(draft, FIRST, {"shop": "新名"}) == {"shop": "新名", "phone": "13800000000"}


NAMES = [
    *FORM.fields,
    *(f"{name}{end}" for name in ("opens_on", "owner.born_on") for end in ("-year", "-month", "-day")),
    *("owner.name", "machines.0.model", "machines.0.power", "machines.7.model", "machines.x.model", "machines."),
]
HOSTILE = [
    "\x00",
    "\ud800",
    "\u202e",
    "<script>",
    "{0}",
    "%s",
    "９" * 50,
    "1" * 5000,
    "²",
    "٣",
    "-0",
    "０.００",
    "NaN",
    "1,000,000",
    "\n\n",
    "\u2028",
]
typed = st.one_of(
    st.text(max_size=30),
    st.sampled_from(HOSTILE),
    st.from_regex(r"[+-]?[0-9０-９]{1,12}([.．][0-9]{1,6})?", fullmatch=True),
    st.sampled_from(
        ["true", "否", "restaurant", "hot", "138 0000 0000", "11010519491231002x", "2026年3月2日", "川A12345"]
    ),
    st.dates().map(lambda day: f"{day.year}/{day.month}/{day.day}"),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
)
posts = st.dictionaries(st.sampled_from(NAMES), st.lists(typed, max_size=3), max_size=12)


def read_all(made: CompiledForm, posted: dict[str, list[str]]) -> dict[str, Any]:
    return read_page(made, FIRST, posted) | read_page(made, SECOND, posted)


@settings(max_examples=600, deadline=None)
@given(posts)
def test_whatever_is_posted_is_read_checked_and_shown_and_reads_equal_again(posted: dict[str, list[str]]) -> None:
    answers = read_all(FORM, posted)
    problems = check(FORM, answers)
    again: dict[str, Any] = {}
    for page in FORM.pages:
        again |= read_page(FORM, page, browse(draw(FORM, page, answers, problems=problems)).posted)
    drawn = {each.field.name for page in FORM.pages for each in questions(FORM, page, answers)}
    known = {name: value for name, value in answers.items() if name in drawn and shows_everything(name, value)}
    assert {name: again.get(name) for name in known} == known
    accepted = {name: answers[name] for name in drawn & set(answers) if name not in {p.field.split(".")[0] for p in problems}}
    assert {name: again.get(name) for name in accepted} == accepted
    assert visible_answers(FORM, visible_answers(FORM, answers)) == visible_answers(FORM, answers)
    for language in ("en", "zh-hans"):
        assert all(isinstance(line, str) for row in summary(FORM, answers, language) for line in row.lines)


def shows_everything(name: str, _value: Any) -> bool:
    """A choice that is not offered cannot be shown again; everything else typed is."""
    return name not in ("sort", "dishes", "delivers", "agrees", "place", "machines")


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=4))
def test_a_figure_is_read_exactly_or_not_at_all(figure: Decimal) -> None:
    kept = read(area=str(figure)).get("area")
    assert isinstance(kept, str) or Decimal(str(kept)) == figure


@given(st.integers(min_value=0, max_value=10**11))
def test_money_is_read_in_whole_fen(fen: int) -> None:
    assert read(rent=f"{fen // 100:,}.{fen % 100:02d}") == {"rent": fen}


@pytest.mark.parametrize("field", list(FORM.fields))
def test_a_megabyte_in_any_field_is_read_and_refused(field: str) -> None:
    for character in ("9", "中", ",", "\x00", "\r\n", "-", " "):
        huge = character * 1_000_000
        answers = read_all(FORM, {field: [huge], field + "-year": [huge], field + "-day": [huge]})
        assert not answers or check(FORM, answers)
