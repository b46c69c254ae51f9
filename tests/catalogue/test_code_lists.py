"""The code lists of an item are those of the national standards: no code is missing, and no other one is taken."""

from typing import Any

import msgspec
import pytest

from tests.data_files.given import items, problems
from tests.requirements import requirement
from tongban.catalogue.rules.reading import read_record
from tongban.catalogue.types import HandlingForm, ItemDefinition, Pace, PowerType, ResultKind, ServiceObject
from tongban.kernel.codes import CodeNotValid, parse_basic_code

PLAIN = items()["food-operation-gaoling"]
CODES = [*(f"{number}" for number in range(10)), *(f"{number:02}" for number in range(100)), "", "A"]


def is_taken(field: str, *codes: str) -> bool:
    """Do both the schema of the files and the definition take these codes in a field?"""
    several = field in ("objects", "handling_forms", "cross_area", "depth")
    row: dict[str, Any] = {**PLAIN, field: list(codes) if several else codes[0]}
    by_schema = not [each for each in problems("item", row) if each.startswith(f"['{field}'")]
    try:
        msgspec.convert(row, ItemDefinition)
    except msgspec.ValidationError:
        assert not by_schema
        return False
    assert by_schema
    return True


def listed(field: str) -> set[str]:
    """The codes a field takes, of all that could be meant."""
    return {code for code in CODES if is_taken(field, code)}


@requirement("CAT-07")
def test_the_types_of_an_item_are_those_of_the_standard_and_of_its_open_ranges():
    assert listed("power_type") == {*(f"{number:02}" for number in range(11)), "11", "20", "21"}
    for code in ("11", "19", "21", "99"):
        assert parse_basic_code(f"00{code}31022001").item_type == code
    with pytest.raises(CodeNotValid):
        parse_basic_code("00A131022001")


@requirement("CAT-07")
@pytest.mark.parametrize("word", ["审核", "批准", "核准", "许可", "登记", "备案", "审批"])
def test_the_wording_of_an_approval_is_no_type(word):
    record = read_record({"name": "某事", "task_type": word}, number=1, key="1")
    assert record.listing.power_type is None
    assert [each.value for each in record.unread] == [word]
    licence = read_record({"name": f"某事{word}", "task_type": "行政许可"}, number=1, key="1")
    assert licence.listing.power_type is PowerType.PERMIT


@requirement("CAT-05")
@pytest.mark.parametrize(("field", "code", "taken"), [
    ("基本编码", "XK21011000", True), ("基本编码", "XK210110001", False), ("基本编码", "1J", False), ("基本编码", "000131022001", True),
    ("实施编码", "11440600007039653A344011", True), ("实施编码", "11440600007039653A3440116", False),
    ("实施编码", "审批-1", False)])
def test_codes_in_the_earlier_widths_are_read_from_lists_and_never_given(field, code, taken):
    record = read_record({"name": "某事", field: code}, number=1, key="1")
    assert (not record.unread) is taken
    if taken and field == "基本编码":
        assert record.listing.basic_code == code
    elif taken:
        assert record.listing.code.kind == "EARLIER"
    if len(code) < 12:
        with pytest.raises(CodeNotValid):
            parse_basic_code(code)


@requirement("CAT-12")
def test_the_case_type_is_instant_promised_or_other_and_has_the_codes_of_the_standard():
    assert {str(each) for each in Pace if is_taken("pace", each)} == {"INSTANT", "TERM", "OTHER"} == set(Pace)
    assert [each.exchanged for each in (Pace.INSTANT, Pace.TERM, Pace.OTHER)] == ["1", "2", "9"]
    for told, pace in (("即办件", Pace.INSTANT), ("承诺件", Pace.TERM), ("1", Pace.INSTANT), ("2", Pace.TERM),
                       ("9", Pace.OTHER), ("3", None)):
        assert read_record({"name": "某事", "办件类型": told}, number=1, key="1").listing.pace is pace


@requirement("CAT-09")
def test_the_nature_of_the_body_is_a_code_of_the_standard():
    assert listed("body_nature") == {"1", "2", "3", "9"}


@requirement("CAT-10")
def test_the_source_of_a_power_is_a_code_of_the_standard():
    assert listed("power_source") == {"1", "2", "3", "4", "5", "6"}


@requirement("CAT-11")
def test_whom_an_item_serves_is_kept_by_the_richer_list_and_leaves_by_the_other():
    assert listed("objects") == {"1", "2", "3", "4", "5", "6", "9"}
    assert is_taken("objects", "1", "2", "3", "4", "5", "6", "9")
    assert {each.value: each.exchanged for each in ServiceObject} == {
        "1": "1", "2": "2", "3": "3", "4": "4", "5": "6", "6": "5", "9": "6"}


@requirement("CAT-13")
def test_ways_to_apply_are_codes_of_the_standard_and_several_at_once():
    assert listed("handling_forms") == {"1", "2", "3", "4", "9"}
    assert is_taken("handling_forms", "1", "2", "3", "4", "9")


@requirement("CAT-13")
def test_on_import_three_means_the_courier():
    record = read_record({"name": "某事", "handle_forms": "1,2,3"}, number=1, key="1")
    assert record.listing.forms == (HandlingForm.WINDOW, HandlingForm.WEB, HandlingForm.COURIER)
    assert read_record({"name": "某事", "handle_forms": "1,4"}, number=1, key="1").listing.forms == ()


@requirement("CAT-14")
def test_where_else_an_item_is_handled_is_one_of_four_scopes_or_nowhere():
    assert listed("cross_area") == {"1", "2", "3", "4"}
    assert is_taken("cross_area") and is_taken("cross_area", "1", "2", "3", "4")


@requirement("CAT-15")
def test_how_far_an_item_goes_online_is_said_in_codes_and_several_at_once():
    assert listed("depth") == {"1", "2", "3", "4", "5", "6", "7", "8", "9"}
    assert is_taken("depth", "1", "2", "3", "4", "5", "6", "7", "9")


@requirement("CAT-21")
def test_a_result_is_a_licence_a_document_or_something_else_in_our_words_and_in_local_ones():
    assert [(each, each.exchanged) for each in ResultKind] == [("LICENCE", "10"), ("DOCUMENT", "20"), ("OTHER", "99")]
    for words in (("证照", "批文", "其他"), ("出证办结", "出文办结", "审批办结"), ("10", "20", "99")):
        read = [read_record({"name": "某事", "result_type": word}, number=1, key="1").listing.result_kind
                for word in words]
        assert read == [ResultKind.LICENCE, ResultKind.DOCUMENT, ResultKind.OTHER]
    assert read_record({"name": "某事", "result_type": "即办"}, number=1, key="1").listing.result_kind is None
