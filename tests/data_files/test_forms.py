"""Every form asks little, in an order people can follow, and what it shows fits what it checks."""

import re

import jsonschema_rs
import pytest

from tests.data_files.given import BUSINESS_LICENCE, Row, field_names, forms, items, problems, texts
from tests.data_files.test_items import CHINESE, HALF_WIDTH

PLANNED = re.compile("计划|打算|想哪天")
EACH = pytest.mark.parametrize("form", forms().values(), ids=forms().keys())


def choices(shape: Row) -> list[str] | None:
    """The choices a question offers, if it offers any."""
    found: list[str] | None = shape.get("enum") or shape.get("items", {}).get("enum")
    return found


@EACH
def test_a_form_fits_the_schema(form: Row) -> None:
    assert problems("form", form) == []
    jsonschema_rs.meta.validate(form["schema"])


def test_a_form_is_stored_under_its_code_and_used() -> None:
    assert [name for name, form in forms().items() if name != form["code"]] == []
    assert set(forms()) == {item["form"] for item in items().values()}


@EACH
def test_every_answer_is_asked_once(form: Row) -> None:
    asked = [field for page in form["pages"] for field in page["fields"]]
    assert len(asked) == len(set(asked))
    assert set(asked) == set(form["schema"]["properties"])
    assert {name for name in form["fields"] if "." not in name} == set(asked)
    assert set(form["schema"]["required"]) <= set(asked)


@EACH
def test_a_form_is_short(form: Row) -> None:
    assert 6 <= len(form["schema"]["properties"]) <= 12
    assert 2 <= len(form["pages"]) <= 4


@EACH
def test_every_choice_has_a_label(form: Row) -> None:
    for name, shape in form["schema"]["properties"].items():
        options = form["fields"][name].get("options")
        assert choices(shape) == (list(options) if options else None), name


@EACH
def test_a_question_that_depends_on_another_comes_after_it_and_is_not_always_required(form: Row) -> None:
    order = [field for page in form["pages"] for field in page["fields"]]
    for name, field in form["fields"].items():
        if "show_if" not in field:
            continue
        asked = field["show_if"]["field"]
        assert order.index(asked) < order.index(name)
        assert name not in form["schema"]["required"]
        offered = choices(form["schema"]["properties"][asked])
        if offered is None:
            assert isinstance(field["show_if"]["equals"], bool)
        else:
            assert field["show_if"]["equals"] in offered


@EACH
def test_what_is_required_on_condition_is_shown_on_that_condition(form: Row) -> None:
    for rule in form["schema"].get("allOf", []):
        [(asked, value)] = rule["if"]["properties"].items()
        for name in rule["then"]["required"]:
            assert form["fields"][name]["show_if"] == {"field": asked, "equals": value["const"]}


@EACH
def test_a_prefill_from_the_business_licence_names_one_of_its_fields(form: Row) -> None:
    sources = [field["prefill"] for field in form["fields"].values() if "prefill" in field]
    licence = {source.split(".")[1] for source in sources if source.startswith("licence.")}
    assert licence <= field_names(BUSINESS_LICENCE)
    assert sources


@EACH
def test_each_language_is_written_in_its_own_script(form: Row) -> None:
    rows = [row for row in texts(form) if not row[0].endswith(".unit")]
    assert [row for row in rows if CHINESE.search(row[2])] == []
    assert [row for row in rows if HALF_WIDTH.search(row[1])] == []
    assert [row for row in rows if not CHINESE.search(row[1])] == []


@EACH
def test_a_day_that_is_planned_is_not_before_today_and_nothing_else_is(form: Row) -> None:
    shapes = form["schema"]["properties"]
    bound = {name for name, field in form["fields"].items() if "not_before" in field}
    planned = {name for name, field in form["fields"].items() if shapes.get(name, {}).get("format") == "date"
               and PLANNED.search(field["label"]["zh"])}
    assert planned <= bound
    assert all(shapes[name].get("format") == "date" for name in bound)
