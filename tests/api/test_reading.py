"""What anyone may read: services, guides, forms, authorities; kept by ETag, paged by key, refused as problems."""

from datetime import datetime

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import override_settings

from tests.api.given import Program
from tests.catalogue.given import AT_THE_COUNTER, limit, own_item, publish
from tests.requirements import requirement
from tongban.calendars.types import SHANGHAI
from tongban.catalogue.rules import code_of
from tongban.catalogue.types import Pace, ServiceObject
from tongban.kernel import database, partitions

LOCALE = settings.ROOT / "tongban" / "locale" / "zh_Hans"


def test_a_guide_is_told_in_both_languages_without_inner_keys(program, food):
    answer = program.get(f"items/{food.code}")
    assert answer.status == 200
    assert answer.json["name"] == {"zh": food.name.zh, "en": food.name.en}
    assert answer.json["version"] == food.version and len(answer.json["materials"]) == len(food.materials)
    assert "authority_id" not in answer.json and answer.json["authority"] == food.authority


@requirement("CAT-11", "CAT-12", "CAT-16", "CAT-21", "CAT-47")
def test_a_guide_leaves_the_node_in_the_codes_of_the_national_lists(program, food):
    assert program.get(f"items/{food.code}").json["codes"] == {
        "objects": ["2", "6"], "case_type": "2", "result_type": "10", "service_level": "IV", "four_lists": "TIME_LIMITED"}
    definition = own_item(**AT_THE_COUNTER, objects=(ServiceObject.ORGAN, ServiceObject.OTHER), themes_person=(),
                          themes_entity=("01",), promised_limit=limit(0), pace=Pace.INSTANT)
    publish(definition)
    assert program.get(f"items/{code_of(definition)}").json["codes"] == {
        "objects": ["5", "6"], "case_type": "1", "result_type": "10", "service_level": "II", "four_lists": "RECEIVED_AND_DONE"}


@requirement("MOB-11")
def test_each_service_one_can_handle_on_a_phone_names_its_own_address_for_it(program, food):
    assert program.get(f"items/{food.code}").json["mobile_terminal_url"] == f"/apply/{food.code}/"
    definition = own_item(**AT_THE_COUNTER)
    publish(definition)
    assert program.get(f"items/{code_of(definition)}").json["mobile_terminal_url"] == ""


def test_a_guide_is_kept_a_minute_and_asked_for_again_by_its_version(program, food):
    first = program.get(f"items/{food.code}")
    assert first.headers["Cache-Control"] == "public, max-age=60"
    again = program.get(f"items/{food.code}", if_none_match=f'W/{first.headers["ETag"]}')
    assert (again.status, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"] == f'"{food.code}-{food.version}-1-{settings.VERSION}"'
    assert program.get(f"items/{food.code}", if_none_match='"other"').status == 200


def test_the_form_comes_with_schema_and_layout(program, food):
    answer = program.get(f"items/{food.code}/form")
    assert answer.json["schema"]["additionalProperties"] is False
    assert set(answer.json["fields"]) == set(answer.json["schema"]["properties"])
    assert answer.json["pages"][0]["title"]["en"]


def test_following_next_lists_every_service_once(program):
    codes, after = [], ""
    while after is not None:
        page = program.get(f"items?limit=7&after={after}").json
        codes += [each["code"] for each in page["items"]]
        after = page["next"]
    count = database.row("select count(*) from catalogue_item where status = '1' and current_version is not null")[0]
    assert len(codes) == len(set(codes)) == count


def test_filters_narrow_the_list(program, food):
    found = program.get("items?audience=entity&region=610117&theme=01&level=4&online=true&limit=100").json["items"]
    assert food.code in [each["code"] for each in found]
    for other in ("audience=person", "region=110000", "theme=99", "level=1", "online=false"):
        assert food.code not in [each["code"] for each in program.get(f"items?{other}&limit=100").json["items"]], other


@pytest.mark.parametrize(("query", "field", "code", "en", "zh"), [
    ("limit=101", "limit", "maximum", "limit must be 100 or less.", "limit 不能大于 100。"),
    ("limit=0", "limit", "minimum", "limit must be 1 or more.", "limit 不能小于 1。"),
    ("limit=many", "limit", "type", "limit must be a whole number.", "limit 必须是整数。"),
    ("audience=dog", "audience", "choice", "audience must be one of: person, entity.", "audience 只能是其中之一：person, entity。"),
    ("online=perhaps", "online", "type", "online must be true or false.", "online 必须是真或假（true 或 false）。"),
    ("level=x", "level", "pattern", "level must match ^[0-9]?$.", "level 必须符合 ^[0-9]?$。"),
    ("regon=610117", "regon", "unknown", "regon is not asked for here. Take it out.", "这里没有 regon 这一项，请去掉。"),
])
def test_each_flaw_of_a_query_is_named_with_the_bound_it_breaks(program, query, field, code, en, zh):
    answer = program.get(f"items?{query}")
    assert (answer.status, answer.json["problems"]) == (422, [{"field": field, "code": code, "message": en}])
    told = Program(language="zh-CN").get(f"items?{query}").json["problems"]
    assert told == [{"field": field, "code": code, "message": zh}]


def test_all_flaws_of_a_query_are_told_at_once(program):
    told = program.get("items?limit=101&audience=dog").json["problems"]
    assert {each["field"] for each in told} == {"limit", "audience"}
    missing = program.get("cases/11610117MB9A0001464000131022001202603029999/status").json["problems"]
    assert [(each["field"], each["message"]) for each in missing] == [("code", "code is missing.")]


def test_an_authority_is_found_by_its_credit_code(program, food):
    answer = program.get(f"authorities/{food.authority}")
    assert answer.json["name"]["zh"] == food.authority_name.zh and "id" not in answer.json
    assert program.get("authorities/11610117MB9A00099X").status == 404


def test_what_does_not_exist_is_a_problem_in_the_language_asked_for(program, food):
    unknown = program.get(f"items/{food.code[:-1]}9")
    assert (unknown.status, unknown.headers["Content-Type"]) == (404, "application/problem+json")
    assert unknown.json["type"] == "urn:tongban:error:item_unknown"
    assert unknown.json["title"].startswith("There is no service") and unknown.headers["Content-Language"] == "en"
    assert Program(language="zh-CN").get("nowhere").headers["Content-Language"] == "zh-hans"
    for path in ("items/", "nowhere", ""):
        assert program.get(path).json["type"] == "urn:tongban:error:route_unknown", path


@pytest.mark.parametrize(("path", "code"), [
    ("items/xyz", "item_unknown"), ("items/%00", "item_unknown"), ("items/xyz/form", "item_unknown"),
    ("authorities/xyz", "authority_unknown"), ("licences/xyz", "licence_not_found"),
    ("cases/xyz/status?code=A", "case_not_found")])
def test_what_cannot_be_the_code_of_anything_is_told_as_a_thing_that_does_not_exist(program, path, code):
    answer = program.get(path)
    assert (answer.status, answer.json["type"]) == (404, f"urn:tongban:error:{code}")
    assert program.get("items/xyz").json["title"] == "There is no service with the code xyz."


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2/items", "/api/v1/nowhere", "/api/v1/items/xyz/wings"])
def test_addresses_that_lead_nowhere_below_the_interface_are_told_as_problems_whatever_the_method(program, path):
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        answer = program.client.generic(method, path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), method
        assert answer.json()["type"] == "urn:tongban:error:route_unknown" and answer["X-Content-Type-Options"] == "nosniff"


def test_a_request_under_a_foreign_name_of_the_house_is_refused_as_a_problem(program):
    answer = program.client.get("/api/v1/items", SERVER_NAME="elsewhere.example")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_problems_speak_chinese_to_whoever_asks_for_it(program, food, tmp_path):
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (LOCALE / "api.po").open("rb") as written, (folder / "django.mo").open("wb") as compiled:
        write_mo(compiled, read_po(written))
    with override_settings(LOCALE_PATHS=[tmp_path]):
        for asked, title in (("zh-CN,zh;q=0.9,en;q=0.5", "这个地址下没有内容。"), ("fr", "这个地址下没有内容。"),
                             ("en-GB", "There is nothing at this address.")):
            assert Program(language=asked).get("nowhere").json["title"] == title


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_a_method_that_is_not_taken_is_refused_with_those_that_are(program, method):
    for path, allowed in (("items", "GET, HEAD"), ("openapi.json", "GET, HEAD"), ("me", "GET, HEAD"), ("cases", "POST")):
        answer = program.client.generic(method, f"/api/v1/{path}")
        if method == allowed:
            continue
        assert (answer.status_code, answer["Allow"]) == (405, allowed), path
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["title"] == f"Only {allowed} can be used at this address."


def test_the_description_names_every_address_and_fetches_nothing_from_elsewhere(program):
    answer = program.get("openapi.json")
    assert answer.json["openapi"] == "3.1.0" and answer.json["info"]["title"] == "Tongban"
    assert {"/api/v1/cases", "/api/v1/items/{code}/form", "/api/v1/licences/{code}"} <= set(answer.json["paths"])
    assert b"cdn" not in answer.content
    assert program.get("docs").status == 404


def test_a_licence_that_is_not_known_is_not_found(program):
    answer = program.get("licences/AAAAAAAAAAAAAAAAAAAAAA")
    assert answer.json["type"] == "urn:tongban:error:licence_not_found"
    assert answer.headers["Cache-Control"] == "no-store"


def test_health_says_whether_a_sequencer_works(program):
    lonely = program.get("health")
    assert (lonely.status, lonely.json["database"], lonely.json["sequencer"]) == (503, True, False)
    with database.serving("worker"):
        assert database.row("select pg_try_advisory_lock(7020001)")[0]
        try:
            assert program.get("health").status == 200
        finally:
            database.row("select pg_advisory_unlock(7020001)")


def test_a_node_is_ready_when_its_database_is_migrated(program):
    answer = program.get("readyz")
    assert (answer.status, answer.json["missing"]) == (200, 0)
    with database.serving("owner"):
        database.execute("alter table catalogue_item rename column demand to demand_old")
    try:
        late = program.get("readyz")
        assert (late.status, late.json["missing"]) == (503, 1)
    finally:
        with database.serving("owner"):
            database.execute("alter table catalogue_item rename column demand_old to demand")


def test_readiness_sounds_the_alarm_when_the_event_log_has_little_room_left(program, at):
    at(datetime(2060, 1, 31, 12, tzinfo=SHANGHAI))
    with database.serving("worker"):
        partitions.keep()
    for year, month, alarm in ((2060, 12, False), (2061, 1, True)):
        at(datetime(year, month, 31, 12, tzinfo=SHANGHAI))
        answer = program.get("readyz")
        assert (answer.status, answer.json["log_alarm"]) == (200, alarm)
