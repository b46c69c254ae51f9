"""Every service item keeps the catalogue's rules of form and of quality."""

import re
from collections import Counter

import pytest

from tests.data_files.given import (
    DATA,
    LAWS,
    Row,
    authorities,
    field_names,
    forms,
    items,
    law_articles,
    licence_types,
    problems,
    read,
    texts,
    workdays,
)
from tests.requirements import requirement

CATCH_ALL_ZH = re.compile(
    r"等(?![级候待于同额效])|其他材料|其它材料|有关材料|相关材料|其他条件|其它条件|另行规定|其他证明"
)
CATCH_ALL_EN = re.compile(
    r"\betc\b|\band so on\b|\bother (required )?(materials|documents|papers|conditions)\b", re.IGNORECASE
)
GOVERNMENT_ISSUED = re.compile(
    r"营业执照|身份证|户口簿|户口本|不动产权证|结婚证|居住证|健康证明|驾驶证|行驶证|残疾人证|从业资格证|社会保障卡|毕业证书|学位证书|原.*许可证$"
)
APPLICANT_FACTS = {f"applicant.{fact}" for fact in ("name", "id_number", "uscc", "representative", "address", "phone")}
ENTITIES = {"2", "3", "4", "5", "6"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;?!:]|[,;?!:][\u4e00-\u9fff]")

EACH = pytest.mark.parametrize("item", items().values(), ids=items().keys())


@requirement("CAT-18")
@EACH
def test_an_item_fits_the_schema(item: Row) -> None:
    assert problems("item", item) == []


@EACH
def test_whoever_may_apply_may_hold_the_licence(item: Row) -> None:
    """A case that is granted to someone who may not hold its licence would never be finished."""
    code = item["result"].get("licence_type")
    holder = licence_types()[code]["holder"] if code else "BOTH"
    assert holder != "PERSON" or not ENTITIES & set(item["objects"])
    assert holder != "ENTITY" or "1" not in item["objects"]


@EACH
def test_an_item_is_stored_under_its_slug(item: Row) -> None:
    assert (DATA / "items" / f"{item['slug']}.yaml").exists()


def test_no_two_items_share_a_slug() -> None:
    assert [slug for slug, item in items().items() if slug != item["slug"]] == []


@EACH
def test_what_an_item_refers_to_exists(item: Row) -> None:
    assert item["authority"] in authorities()
    assert item["form"] in forms()
    assert (DATA / "processes" / f"{item['process']}.bpmn").exists()
    named = [m["exempt_by"]["licence_type"] for m in item["materials"] if "exempt_by" in m]
    named += [item["result"]["licence_type"]] if "licence_type" in item["result"] else []
    assert [code for code in named if code not in licence_types()] == []


@EACH
def test_themes_and_life_stage_exist(item: Row) -> None:
    themes = read("themes.yaml")
    assert set(item["themes_person"]) <= {theme["code"] for theme in themes["person"]}
    assert set(item["themes_entity"]) <= {theme["code"] for theme in themes["entity"]}
    assert item["life_stage"] in {stage["code"] for stage in themes["life_stages"]}


@requirement("CAT-02")
@EACH
def test_the_basic_code_names_the_division_and_the_power_type(item: Row) -> None:
    region = authorities()[item["authority"]]["region"]
    assert item["basic_code"][:2] in {"00", region[:2]}
    assert item["basic_code"][2:4] == item["power_type"]


@requirement("CAT-03")
def test_no_two_items_share_an_implementation_code() -> None:
    codes = Counter(item["authority"] + item["level"] + item["basic_code"] for item in items().values())
    assert [code for code, count in codes.items() if count > 1] == []


@requirement("ARC-09")
@EACH
def test_an_item_kept_offline_says_why_and_no_other_does(item: Row) -> None:
    assert ("offline" in item) is not bool({"2", "3"} & set(item["handling_forms"]))


@requirement("CAT-08")
@EACH
def test_an_item_stands_at_the_level_of_its_authority(item: Row) -> None:
    assert item["level"] == authorities()[item["authority"]]["level"]


@requirement("CAT-30")
@EACH
def test_a_promise_of_the_same_day_makes_an_item_instant_and_an_instant_item_takes_one_day_at_most(item: Row) -> None:
    promise = item["promised_limit"]
    if promise["count"] == 0 or (promise["unit"] == "HOUR" and workdays(promise) <= 1):
        assert item["pace"] == "INSTANT"
    if item["pace"] == "INSTANT":
        assert workdays(promise) <= 1


@requirement("CAT-31")
@EACH
def test_the_promise_is_no_longer_than_the_law_allows(item: Row) -> None:
    assert workdays(item["promised_limit"]) <= workdays(item["statutory_limit"])


@requirement("CAT-32")
@EACH
def test_whoever_must_come_is_told_why(item: Row) -> None:
    assert (item["visits"] > 0) == ("must_come_reason" in item)


@requirement("CAT-33")
@EACH
def test_without_a_visit_there_is_a_way_to_send_papers(item: Row) -> None:
    if item["visits"] == 0:
        assert set(item["handling_forms"]) & {"2", "3", "4"}


@requirement("CAT-34")
@EACH
def test_a_fee_has_a_project_a_standard_and_a_basis(item: Row) -> None:
    fee = item["fee"]
    if fee["charged"]:
        assert all(project["standard"] and project["basis"] for project in fee["projects"])
        assert "online_payment" in fee
    else:
        assert set(fee) <= {"charged", "note"}


@requirement("CAT-35")
@EACH
def test_questions_and_complaints_go_to_different_phones(item: Row) -> None:
    assert item["consultation_phone"] != item["complaint_phone"]
    assert all(re.match(r"0\d{2,3}-", item[phone]) for phone in ("consultation_phone", "complaint_phone"))


@requirement("CAT-36")
@EACH
def test_an_item_for_people_has_a_personal_theme_and_one_for_entities_an_entity_theme(item: Row) -> None:
    assert ("1" in item["objects"]) == bool(item["themes_person"])
    assert bool(ENTITIES & set(item["objects"])) == bool(item["themes_entity"])


@requirement("CAT-37")
@EACH
def test_a_result_called_a_licence_is_one(item: Row) -> None:
    result = item["result"]
    if result["name"]["zh"].endswith(("证", "证书", "执照")):
        assert result["kind"] == "LICENCE"
    if result["kind"] != "OTHER":
        assert "licence_type" in result
        assert licence_types()[result["licence_type"]]["category"] == result["kind"]


@EACH
def test_a_result_lasts_as_long_as_its_licence_type(item: Row) -> None:
    years = item["result"].get("validity_years")
    if years and "licence_type" in item["result"]:
        assert licence_types()[item["result"]["licence_type"]]["validity_years"] in {None, years}


@requirement("CAT-38")
@EACH
def test_no_condition_or_material_is_a_catch_all(item: Row) -> None:
    wording = texts(item["conditions"], "conditions")
    for material in item["materials"]:
        wording += texts({"name": material["name"], "hint": material["hint"]}, material["code"])
    assert [row for row in wording if CATCH_ALL_ZH.search(row[1]) or CATCH_ALL_EN.search(row[2])] == []


@requirement("CAT-40")
@EACH
def test_what_government_issues_need_not_be_submitted(item: Row) -> None:
    handed_in = [m for m in item["materials"] if "from_form" not in m]
    issued = [m for m in handed_in if GOVERNMENT_ISSUED.search(m["name"]["zh"])]
    assert [m["code"] for m in issued if "exempt_by" not in m] == []
    assert [m["code"] for m in item["materials"] if "exempt_by" in m and m["source"] != "GOVERNMENT"] == []


@requirement("CAT-24")
@EACH
def test_a_permit_answers_at_least_one_question(item: Row) -> None:
    assert item["power_type"] != "01" or item["faq"]


@requirement("CAT-28")
@EACH
def test_a_permit_is_accepted_examined_decided_and_delivered(item: Row) -> None:
    roles = {step["role"] for step in item["steps"]}
    if item["power_type"] == "01" and item["process"] != "instant":
        assert {"RECEPTIONIST", "REVIEWER", "DECIDER", "ISSUER"} <= roles


@requirement("CAT-22", "CAT-26")
@EACH
def test_materials_have_codes_of_their_own_and_one_comes_from_the_form(item: Row) -> None:
    codes = [material["code"] for material in item["materials"]]
    assert len(codes) == len(set(codes))
    assert sum("from_form" in material for material in item["materials"]) == 1
    known = {option["code"] for option in item.get("situation", {}).get("options", [])}
    asked = {code for material in item["materials"] for code in material.get("situations", [])}
    assert asked <= known


@EACH
def test_the_answers_suffice_for_the_licence(item: Row) -> None:
    result = item["result"]
    if "licence_type" not in result:
        return
    answers = set(forms()[item["form"]]["schema"]["properties"])
    sources = set(result["field_map"].values())
    assert {source for source in sources if source.split(".")[0] not in answers} <= APPLICANT_FACTS
    assert set(result["field_map"]) == field_names(result["licence_type"])


@EACH
def test_an_invented_field_is_a_field_of_the_item(item: Row) -> None:
    for path in item["made_up"]:
        found: object = item
        for part in path.split("."):
            assert isinstance(found, dict), path
            assert part in found, path
            found = found[part]


@EACH
def test_each_language_is_written_in_its_own_script(item: Row) -> None:
    rows = texts(item)
    assert [row for row in rows if CHINESE.search(row[2])] == []
    assert [row for row in rows if HALF_WIDTH.search(row[1])] == []
    assert [row for row in rows if not CHINESE.search(row[1])] == []


@requirement("CAT-18")
@pytest.mark.skipif(not LAWS.exists(), reason="the shared folder with the texts of the laws is absent")
@EACH
def test_a_cited_article_exists(item: Row) -> None:
    missing = []
    for basis in item["legal_basis"]:
        title = basis["full_title"].split("》")[0].lstrip("《")
        articles = law_articles().get(title)
        if articles is not None and basis["article"] not in articles:
            missing.append(f"{title} {basis['article']}")
    assert missing == []


@pytest.mark.skipif(not LAWS.exists(), reason="the shared folder with the texts of the laws is absent")
def test_the_catalogue_cites_national_laws_that_can_be_looked_up() -> None:
    titles = {b["full_title"].split("》")[0].lstrip("《") for item in items().values() for b in item["legal_basis"]}
    assert len(titles & set(law_articles())) >= 5


def test_the_catalogue_covers_the_levels_and_the_three_processes() -> None:
    assert {"2", "3", "4", "5"} <= {item["level"] for item in items().values()}
    processes = Counter(item["process"] for item in items().values())
    assert min(processes["instant"], processes["site-check"], processes["standard"]) >= 3
