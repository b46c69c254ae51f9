"""What keeps an item from being published, rule by rule."""

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.catalogue.given import FOOD, LICENCE_TYPES, THEMES, every_item, item, limit, material, text, with_material
from tests.requirements import requirement
from tongban.catalogue.rules import check_deferrals, check_field_map, check_item, check_references, working_days
from tongban.catalogue.types import (
    Fee,
    FeeProject,
    HandlingForm,
    Offline,
    OfflineReason,
    Pace,
    PowerType,
    Procedure,
    Result,
    ResultKind,
    ServiceObject,
)

OFFLINE = Offline(reason=OfflineReason.LAW, basis=text("某法第一条"))


def codes(**changes):
    return [problem.code for problem in check_item(item(**changes), licence_types=LICENCE_TYPES)]


@pytest.mark.parametrize("each", every_item(), ids=lambda each: each.slug)
def test_every_item_of_the_data_files_may_be_published(each):
    assert check_item(each, licence_types=LICENCE_TYPES) == ()
    assert check_references(each, THEMES) == ()


@requirement("TIM-R2")
def test_a_procedure_that_stops_the_clock_is_listed_once_with_its_article():
    notice = Procedure(code="public_notice", name=text("公示"), article="某条例第八条")
    assert codes(procedures=(notice,)) == []
    assert codes(procedures=(notice, notice)) == ["procedure_twice"]
    assert codes(procedures=(msgspec.structs.replace(notice, code="hearing"),)) == ["procedure_twice"]
    assert codes(procedures=(msgspec.structs.replace(notice, article=" "),)) == ["procedure_without_article"]


@requirement("CAT-30")
@pytest.mark.parametrize(("pace", "promised", "sound"), [
    (Pace.INSTANT, limit(0), True), (Pace.INSTANT, limit(1), True), (Pace.INSTANT, limit(7, "HOUR"), True),
    (Pace.INSTANT, limit(1, "DAY"), True), (Pace.TERM, limit(2), True), (Pace.TERM, limit(8, "HOUR"), True),
    (Pace.INSTANT, limit(2), False), (Pace.INSTANT, limit(8, "HOUR"), False),
    (Pace.TERM, limit(0), False), (Pace.TERM, limit(1), False),
])
def test_an_item_is_instant_exactly_if_it_is_promised_for_the_same_day(pace, promised, sound):
    assert ("pace_contradicts_promise" not in codes(pace=pace, promised_limit=promised)) is sound


@requirement("CAT-31")
@pytest.mark.parametrize(("promised", "statutory", "sound"), [
    (limit(10), limit(15), True), (limit(15), limit(15), True), (limit(16), limit(15), False),
    (limit(5), limit(7, "DAY"), True), (limit(6), limit(7, "DAY"), False), (limit(7, "DAY"), limit(5), True),
    (limit(8, "DAY"), limit(5), False), (limit(21), limit(1, "MONTH"), True), (limit(22), limit(1, "MONTH"), False),
    (limit(12, "MONTH"), limit(1, "YEAR"), False), (limit(11, "MONTH"), limit(1, "YEAR"), True),
    (limit(250), limit(1, "YEAR"), True), (limit(251), limit(1, "YEAR"), False), (limit(2), limit(0), False),
])
def test_a_promise_is_never_longer_than_the_law_in_working_days(promised, statutory, sound):
    assert ("promise_beyond_law" not in codes(promised_limit=promised, statutory_limit=statutory)) is sound


@requirement("CAT-31")
@settings(max_examples=200)
@given(st.integers(0, 999), st.sampled_from(["WORKDAY", "DAY", "MONTH", "YEAR"]))
def test_a_week_counts_five_working_days_a_month_21_and_a_year_250(count, unit):
    expected = {"WORKDAY": count, "DAY": Fraction(count * 5, 7), "MONTH": count * 21, "YEAR": count * 250}
    assert working_days(limit(count, unit)) == expected[unit]


@requirement("CAT-32")
def test_whoever_must_come_is_told_why_and_nobody_else():
    assert codes(visits=1) == ["must_come_reason_missing"]
    assert codes(visits=1, must_come_reason=text("核对本人")) == []
    assert codes(visits=0, must_come_reason=text("核对本人")) == ["must_come_reason_idle"]


@requirement("CAT-33")
def test_without_visit_and_web_there_must_be_the_courier():
    assert codes(handling_forms=(HandlingForm.WINDOW,), offline=OFFLINE) == ["no_way_to_apply"]
    assert codes(handling_forms=(HandlingForm.WINDOW, HandlingForm.COURIER), offline=OFFLINE) == []
    assert codes(handling_forms=(HandlingForm.MOBILE,)) == []
    assert codes(handling_forms=(HandlingForm.WINDOW,), visits=1, must_come_reason=text("核对本人"),
                 offline=OFFLINE) == []


@requirement("ARC-09")
def test_what_cannot_be_handled_online_says_why_and_names_the_law():
    window = {"handling_forms": (HandlingForm.WINDOW,), "visits": 1, "must_come_reason": text("核对本人")}
    assert codes(**window) == ["offline_reason_missing"]
    for reason in OfflineReason:
        assert codes(**window, offline=Offline(reason=reason, basis=text("某法第一条"))) == []
        assert codes(**window, offline=Offline(reason=reason, basis=text(" "))) == ["offline_reason_missing"]
    assert codes(offline=OFFLINE) == ["offline_reason_idle"]
    assert [each.value for each in OfflineReason] == ["LAW", "SECRET", "OTHER"]


@requirement("CAT-34")
def test_a_charge_names_project_standard_basis_and_payment_and_no_charge_names_none():
    project = FeeProject(name=text("工本费"), standard=text("每证十元"), basis="《价格法》第十二条")
    assert codes(fee=Fee(charged=True, projects=(project,), online_payment=False)) == []
    assert codes(fee=Fee(charged=True, projects=(project,))) == ["fee_incomplete"]
    assert codes(fee=Fee(charged=True, online_payment=True)) == ["fee_incomplete"]
    for broken in (msgspec.structs.replace(project, basis=" "), msgspec.structs.replace(project, standard=text(" "))):
        assert codes(fee=Fee(charged=True, projects=(broken,), online_payment=True)) == ["fee_incomplete"]
    assert codes(fee=Fee(charged=False, online_payment=True)) == ["fee_without_charge"]
    assert codes(fee=Fee(charged=False, projects=(project,))) == ["fee_without_charge"]


@requirement("CAT-35")
def test_advice_and_complaints_have_different_numbers_with_area_code():
    assert codes(complaint_phone=FOOD.consultation_phone) == ["phones_equal"]
    assert codes(complaint_phone="12345") == ["phone_without_area_code"]
    assert codes(consultation_phone="86926512") == ["phone_without_area_code"]
    assert codes(complaint_phone="029-12345") == []


@requirement("CAT-36")
def test_themes_are_there_exactly_for_those_who_are_served():
    assert codes(objects=(ServiceObject.PERSON, ServiceObject.ENTERPRISE)) == ["person_theme_mismatch"]
    assert codes(themes_person=("01",)) == ["person_theme_mismatch"]
    assert codes(objects=(ServiceObject.PERSON,), themes_person=("01",)) == ["entity_theme_mismatch"]
    assert codes(objects=(ServiceObject.PERSON,), themes_person=("01",), themes_entity=()) == []
    assert codes(themes_entity=()) == ["entity_theme_mismatch"]


@requirement("CAT-37")
@pytest.mark.parametrize("name", ["食品经营许可证", "登记证书", "营业执照"])
def test_what_is_called_a_licence_is_one_and_names_its_type(name):
    document = Result(kind=ResultKind.DOCUMENT, name=text(name))
    assert codes(result=document) == ["result_is_a_licence"]
    assert codes(result=msgspec.structs.replace(document, kind=ResultKind.LICENCE)) == ["result_without_type"]
    assert codes(result=Result(kind=ResultKind.DOCUMENT, name=text("批准文件"))) == []


@requirement("CAT-38")
@pytest.mark.parametrize("wording", [
    "提供其他材料。", "其它有关材料", "法律、法规规定的其他条件。", "身份证、户口簿等材料", "营业执照等。",
    "相关证明", "房产证等有关文件",
])
def test_catch_all_wording_is_refused_in_conditions_names_and_hints(wording):
    assert codes(conditions=(text(wording, "Clear."),)) == ["catch_all"]
    assert codes(materials=with_material("layout-plan", name=text(wording))) == ["catch_all"]
    assert codes(materials=with_material("layout-plan", hint=text(wording))) == ["catch_all"]


@requirement("CAT-38")
@pytest.mark.parametrize("wording", [
    "other required documents", "plans, contracts, etc.", "and so on", "relevant papers",
])
def test_catch_all_wording_is_refused_in_english_too(wording):
    assert codes(conditions=(text("清楚。", wording),)) == ["catch_all"]


@pytest.mark.parametrize("wording", [
    "达到二级等级", "平等自愿", "等待期三十天", "其他公司的合同", "工商部门有关人员在场",
])
def test_words_that_only_look_like_catch_alls_pass(wording):
    assert codes(conditions=(text(wording, "The sketch."),)) == []


@requirement("CAT-40")
def test_what_the_library_holds_must_be_exempt_and_with_a_type_it_knows():
    assert codes(materials=with_material("business-licence", exempt_by=None)) == ["must_be_exempt"]
    held = material("business-licence").exempt_by
    unknown = msgspec.structs.replace(held, licence_type="11100000MB0143028R999")
    assert codes(materials=with_material("business-licence", exempt_by=unknown)) == ["exempt_by_unknown_type"]
    assert codes(materials=with_material("layout-plan", exempt_by=held)) == ["exempt_but_not_issued"]


def test_what_the_library_does_not_hold_may_be_asked_for():
    only_issued = with_material("business-licence", name=text("环评批复"), exempt_by=None)
    assert codes(materials=only_issued) == []


@requirement("CAT-02", "CAT-03")
def test_the_basic_code_is_well_formed_and_of_the_items_own_type():
    assert codes(basic_code="000131000001") == ["code_not_valid"]
    assert codes(authority="11610117MB9A000147") == ["code_not_valid"]
    assert codes(power_type=PowerType.CONFIRMATION) == ["code_of_other_type"]


@requirement("CAT-24")
def test_a_licence_item_answers_a_question():
    assert codes(faq=()) == ["faq_missing"]


@requirement("CAT-22")
@requirement("MAT-06")
@pytest.mark.parametrize(("promised", "days", "late"), [
    (limit(9), 10, True), (limit(10), 10, False), (limit(13, "DAY"), 10, True), (limit(14, "DAY"), 10, False), (limit(0), 1, True)])
def test_a_paper_that_may_follow_after_the_promised_day_deserves_a_warning(promised, days, late):
    found = check_deferrals(item(promised_limit=promised), deferral_days=days)
    assert [(each.code, each.facts["material"]) for each in found] == [
        ("follows_after_promise", paper) for paper in ("safety-rules", "health-certificate") if late]


def test_materials_have_own_codes_one_form_and_situations_that_exist():
    assert codes(materials=(*FOOD.materials, material("layout-plan"))) == ["material_repeated"]
    assert codes(materials=with_material("layout-plan", from_form=True)) == ["one_form_needed"]
    assert codes(materials=with_material("layout-plan", situations=("bakery",))) == ["situation_unknown"]


def test_themes_that_the_navigation_does_not_have_are_refused():
    found = check_references(item(themes_entity=("99",), life_stage="leisure"), THEMES)
    assert [(problem.code, problem.field) for problem in found] == [("theme_unknown", "themes_entity"),
                                                                    ("theme_unknown", "life_stage")]


def test_every_field_of_the_licence_is_filled_by_an_answer_or_the_applicant():
    answers = {path for path in FOOD.result.field_map.values() if not path.startswith("applicant.")}
    assert check_field_map(FOOD, answers) == ()
    assert [problem.code for problem in check_field_map(FOOD, answers - {"items"})] == ["answer_unknown"]
