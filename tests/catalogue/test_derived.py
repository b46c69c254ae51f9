"""What follows from an item: service level, four lists, reduction, completeness, the one-time notice."""

from datetime import date
from fractions import Fraction

import msgspec
import pytest

from tests.catalogue.given import FOOD, every_item, guide, item, limit, text
from tests.requirements import requirement
from tongban.catalogue.rules import checklist, completeness, deviations, four_lists, reduction, service_level
from tongban.catalogue.types import Depth, FourLists, HandlingForm, Necessity, PowerSource, PowerType, ServiceLevel

WINDOW = (HandlingForm.WINDOW,)


@requirement("CAT-39")
@pytest.mark.parametrize(("field", "changes"), [
    ("name", {"name": text("餐馆许可")}), ("power_type", {"power_type": PowerType.CONFIRMATION}),
    ("legal_basis", {"legal_basis": FOOD.legal_basis[:1] * 2}), ("objects", {"objects": FOOD.objects[:1]}),
    ("result", {"result": msgspec.structs.replace(FOOD.result, name=text("另一张证"))})])
def test_services_of_one_basic_code_are_the_same_in_what_the_law_fixes(field, changes):
    here = guide()
    there = msgspec.structs.replace(here, code="1" * 31, region="510000000000", promised_limit=limit(1))
    assert list(deviations([here, there])) == []
    other, = deviations([here, msgspec.structs.replace(there, **changes)])
    assert (other.basic_code, other.field, [code for code, _ in other.values]) == (
        here.basic_code, field, [here.code, "1" * 31])


@requirement("CAT-16")
@pytest.mark.parametrize(("changes", "level"), [
    ({}, ServiceLevel.WHOLLY_ONLINE),
    ({"visits": 1}, ServiceLevel.ONLINE_APPLICATION),
    ({"visits": 2}, ServiceLevel.DOWNLOAD),
    ({"depth": (Depth.CONSULTATION, Depth.RECEIVING)}, ServiceLevel.ONLINE_APPLICATION),
    ({"depth": (Depth.CONSULTATION,)}, ServiceLevel.DOWNLOAD),
    ({"handling_forms": WINDOW}, ServiceLevel.DOWNLOAD),
    ({"handling_forms": WINDOW, "depth": (Depth.OTHER,), "form": ""}, ServiceLevel.INFORMATION),
])
def test_the_service_level_is_derived_and_highest_only_without_a_visit(changes, level):
    assert service_level(item(**changes)) is level


@requirement("CAT-47")
@pytest.mark.parametrize(("changes", "where"), [
    ({"promised_limit": limit(0)}, FourLists.RECEIVED_AND_DONE),
    ({"promised_limit": limit(1)}, FourLists.SAME_DAY),
    ({"promised_limit": limit(4, "HOUR")}, FourLists.SAME_DAY),
    ({"promised_limit": limit(2)}, FourLists.TIME_LIMITED),
    ({"promised_limit": limit(1, "MONTH")}, FourLists.TIME_LIMITED),
    ({"promised_limit": limit(2), "power_source": PowerSource.ENTRUSTED_BY_SUPERIOR}, FourLists.AGENCY),
    ({"promised_limit": limit(0), "power_source": PowerSource.ENTRUSTED_BY_SUPERIOR}, FourLists.RECEIVED_AND_DONE),
])
def test_each_item_stands_in_exactly_one_of_the_four_lists(changes, where):
    assert four_lists(item(**changes)) is where


@requirement("CAT-48")
def test_the_reduction_compares_promises_with_the_law_and_papers_with_what_was_asked():
    one = item(statutory_limit=limit(20), promised_limit=limit(5), visits=0, materials_before=7)
    other = item(statutory_limit=limit(14, "DAY"), promised_limit=limit(1), visits=1, materials_before=None)
    found = reduction([one, other])
    assert found.items == 2
    assert found.time_cut == 1 - Fraction(6, 30)
    assert (found.materials_before, found.materials_now) == (7, 3)
    assert found.materials_cut == Fraction(4, 7)
    assert found.average_visits == Fraction(1, 2)


def test_a_reduction_without_figures_is_not_made_up():
    found = reduction([item(materials_before=None, statutory_limit=limit(0), promised_limit=limit(0))])
    assert (found.time_cut, found.materials_cut) == (None, None)
    assert reduction([]).average_visits is None


@requirement("GUI-02")
def test_completeness_names_each_missing_element():
    assert completeness(FOOD).missing_core == ()
    bare = item(conditions=(), steps=(), depth=(), form="", consultation_phone="",
                window=msgspec.structs.replace(FOOD.window, hours=text("")))
    assert completeness(bare).missing_core == (
        "conditions", "flow", "consultation_phone", "online_depth", "office_hours", "delivery_way", "form_download")
    assert not completeness(bare).is_complete
    assert "courier" in completeness(item(handling_forms=WINDOW)).missing_extended


@requirement("GUI-02")
@pytest.mark.parametrize("field", ["appointment", "intermediary"])
def test_booking_a_time_and_services_of_others_are_elements_that_are_there_or_missing(field):
    assert completeness(item(**{field: text("不需要", "None")})).missing_extended == (
        tuple(each for each in completeness(FOOD).missing_extended if each != field))
    for said in (None, text(" ")):
        assert field in completeness(item(**{field: said})).missing_extended


@requirement("GUI-02")
def test_a_guide_can_have_all_twenty_elements():
    whole = item(handling_forms=tuple(HandlingForm), cross_area=("1",), appointment=text("网上预约"), intermediary=text("无"))
    assert completeness(whole).missing_extended == () == completeness(whole).missing_core


@requirement("GUI-02")
@pytest.mark.parametrize("each", every_item(), ids=lambda each: each.slug)
def test_every_item_of_the_data_files_has_all_fourteen_core_elements(each):
    assert completeness(each).is_complete


@requirement("GUI-06")
def test_the_one_time_notice_lists_what_the_situation_needs_with_version_and_day():
    notice = checklist(guide(), "restaurant", on=date(2026, 3, 2))
    assert (notice.version, notice.on) == (3, date(2026, 3, 2))
    assert notice.situation == text("餐馆或小吃店", "A restaurant or snack bar")
    assert [line.code for line in notice.lines] == [
        "application-form", "layout-plan", "safety-rules", "business-licence", "identity-card", "health-certificate"]
    by_code = {line.code: line for line in notice.lines}
    assert by_code["business-licence"].is_exempt
    assert by_code["business-licence"].necessity is Necessity.OPTIONAL
    assert "证照库" in by_code["business-licence"].reason.zh
    assert by_code["safety-rules"].necessity is Necessity.DEFERRABLE
    assert by_code["application-form"].from_form
    assert notice.conditions == FOOD.conditions


@requirement("GUI-06", "CAT-26")
def test_another_situation_needs_other_materials():
    canteen = {line.code for line in checklist(guide(), "canteen", on=date(2026, 3, 2)).lines}
    restaurant = {line.code for line in checklist(guide(), "restaurant", on=date(2026, 3, 2)).lines}
    assert canteen - restaurant == {"canteen-contract"}


@requirement("CAT-40")
def test_what_the_state_holds_is_flagged_and_not_handed_in():
    shown = {each.code: each.is_exempt for each in guide().materials_for("restaurant")}
    assert shown["business-licence"] and not shown["layout-plan"]
    assert [each.code for each in guide().to_hand_in("restaurant")] == ["layout-plan", "safety-rules"]
