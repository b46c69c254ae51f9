"""The guide says everything the published item says, for the situation asked, in both languages."""

import re
from datetime import date, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.urls import resolve
from django.utils import translation

from tests.catalogue.given import AT_THE_COUNTER, own_item, publish
from tests.portal.public import HOSTILE, LANGUAGES, client, text_of
from tests.requirements import requirement
from tongban.catalogue import actions, queries
from tongban.catalogue.rules import code_of
from tongban.catalogue.types import BodyNature, Fee, FeeProject, Offline, OfflineReason, PowerSource, Procedure
from tongban.kernel import database
from tongban.kernel.types import System, Text
from tongban.portal import guides

TESTER = System(name="tester")


@pytest.fixture
def every(db):
    return [queries.guide(row.code) for row in queries.items(limit=100).rows]


def pages_of(guide):
    situations = [option.code for option in guide.situation.options] if guide.situation else [""]
    for language, prefix in LANGUAGES.items():
        for situation in situations:
            yield language, situation, f"{prefix}/services/{guide.code}/?situation={situation}"


def plain(text, language):
    return " ".join(text.in_("en" if language == "en" else "zh-hans").split())


@requirement("GUI-01", "CAT-26")
def test_every_guide_has_every_block_for_every_situation_in_both_languages(every):
    assert len(every) >= 28
    for guide in every:
        for language, situation, path in pages_of(guide):
            said = text_of(client().get(path))
            wanted = [guide.name, guide.summary, guide.authority_name, *guide.conditions, guide.window.name,
                      guide.window.address, guide.window.hours, guide.result.name,
                      *(part for step in guide.steps for part in (step.name, step.text)),
                      *(basis.gist for basis in guide.legal_basis),
                      *(part for each in guide.faq for part in (each.q, each.a)),
                      *(each.name for each in guide.materials_for(situation)),
                      *(each.exempt_by.reason for each in guide.materials_for(situation) if each.exempt_by),
                      *(each.hint for each in guide.materials_for(situation) if not each.is_exempt),
                      *(part for each in guide.fee.projects for part in (each.name, each.standard)),
                      *filter(None, (guide.appointment, guide.intermediary))]
            missing = [plain(each, language) for each in wanted if plain(each, language) not in said]
            assert not missing, (path, missing)
            exact = [guide.consultation_phone, guide.complaint_phone, guide.source.title, guide.code,
                     *(each.article for each in guide.legal_basis), *(each.full_title for each in guide.legal_basis)]
            assert not [each for each in exact if each not in said], path
            others = {plain(each.name, language) for each in guide.materials} - {
                plain(each.name, language) for each in guide.materials_for(situation)}
            listed = re.findall(r'class="what">([^<]*)<', client().get(path).content.decode())
            assert not others & set(listed), path


@requirement("GUI-01")
def test_what_need_not_be_handed_in_is_struck_through_with_the_reason(db):
    code = queries.code_of("food-operation-gaoling")
    body = client().get(f"/en/services/{code}/").content.decode()
    assert '<s class="what">Business licence</s>' in body
    assert "we read it from the licence library" in body


def test_the_law_s_figure_is_struck_beside_a_shorter_promise_only(every):
    for guide in every:
        shown = guides.facts(guide, guides.situation_of(guide, ""))
        shorter = guides.working_days(guide.promised_limit) < guides.working_days(guide.statutory_limit)
        assert bool(shown[0]["was"]) is shorter
    body = client().get(f"/en/services/{queries.code_of('food-operation-gaoling')}/").content.decode()
    assert "<s>15 working days by law</s>" in body


def test_figures_are_written_in_plain_chinese_and_english(db):
    code = queries.code_of("food-operation-gaoling")
    assert [list(fact.values()) for fact in facts_in("zh-hans", code)] == [
        ["10 个工作日", "承诺", "法定15 个工作日"], ["0 次", "要跑的次数"], ["免费", "费用"],
        ["2 份", "要交，另 3 份我们已有", ""]]
    assert [list(fact.values()) for fact in facts_in("en", code)] == [
        ["10 working days", "promised", "15 working days by law"], ["0 visits", "you need to make"], ["Free", "fee"],
        ["2 papers", "to hand in; we already have 3 more", ""]]


@requirement("CAT-26")
def test_the_papers_counted_at_the_top_are_those_of_the_list_below_in_every_situation(every):
    for guide in every:
        for option in guide.situation.options if guide.situation else [None]:
            situation = option.code if option else ""
            rows = guides.material_rows(guide, situation)
            held = [row for row in rows if "reason" in row]
            asked = [row for row in rows if "reason" not in row and row.get("tag") != guides._("Fill in online")]
            papers = guides.facts(guide, situation)[3]
            assert int(re.search(r"\d+", papers["value"]).group()) == len(asked), guide.code
            assert re.findall(r"\d+", papers["label"]) == [str(len(held))] * bool(held), guide.code


def facts_in(language, code):
    with translation.override(language):
        return guides.facts(queries.guide(code), "restaurant")


@requirement("CAT-26")
def test_the_situation_chosen_decides_the_materials(db):
    path = f"/en/services/{queries.code_of('food-operation-gaoling')}/"
    assert "Contract for running the canteen" not in text_of(client().get(path))
    assert "Contract for running the canteen" in text_of(client().get(path + "?situation=canteen"))
    assert 'value="canteen" checked' in client().get(path + "?situation=canteen").content.decode()


def test_the_way_to_apply_carries_the_situation(db):
    code = queries.code_of("food-operation-gaoling")
    body = client().get(f"/services/{code}/?situation=canteen").content.decode()
    assert f'href="/apply/{code}/?situation=canteen"' in body
    assert f'href="/services/{code}/notice/?situation=canteen"' in body


def test_what_was_made_up_and_how_old_the_source_is_are_said(every):
    for guide in every:
        said = text_of(client().get(f"/en/services/{guide.code}/"))
        assert (not guide.made_up) or "filled in by us as a sample" in said
        assert len(guides.made_up(guide.made_up)) == len({each.split(".")[0] for each in guide.made_up})
        if guide.source.date == "undated":
            assert "does not say when it was written" in said


@pytest.mark.parametrize(("written", "is_old"), [
    ("2018", True), ("2022-06", True), ("2022-12-31", True), ("2023-03-02", False), ("2023-03-01", True),
    ("2025-12-26", False), ("2025-13-01", True), ("2025-02-30", True), ("0000", True),
])
def test_a_source_is_old_after_three_years(every, written, is_old):
    guide = msgspec.structs.replace(every[0], source=msgspec.structs.replace(every[0].source, date=written))
    assert bool(guides.age_of_source(guide, date(2026, 3, 2))) is is_old


@requirement("GUI-06")
def test_the_notice_is_dated_names_version_and_situation_and_holds_all_materials(every, at):
    at(datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    for guide in every:
        for language, prefix in LANGUAGES.items():
            situations = guide.situation.options if guide.situation else [None]
            for option in situations:
                chosen = option.code if option else ""
                said = text_of(client().get(f"{prefix}/services/{guide.code}/notice/?situation={chosen}"))
                wanted = [guide.name, *guide.conditions, *(each.name for each in guide.materials_for(chosen)),
                          *([option.label] if option else [])]
                assert not [plain(each, language) for each in wanted if plain(each, language) not in said]
                assert ("Monday 2 March 2026" if language == "en" else "2026年3月2日") in said
                assert f"{'Version' if language == 'en' else '版本'} {guide.version}" in said
                assert guide.complaint_phone in said


def test_a_service_that_takes_no_applications_says_so_and_offers_no_start(db):
    code = queries.code_of("water-renewal-wanyuan")
    actions.suspend_item(TESTER, code=code)
    try:
        queries.forget()
        body = client().get(f"/en/services/{code}/").content.decode()
        assert "No applications are taken at present" in body
        assert f"/apply/{code}/" not in body
    finally:
        actions.resume_item(TESTER, code=code)
        queries.forget()


@pytest.mark.parametrize("wrong", HOSTILE)
def test_unknown_codes_and_situations_are_answered_clearly(db, wrong):
    answer = client().get(f"/services/{quote(wrong, safe='')}/")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.content.decode()
    code = queries.code_of("tree-felling-gejiu")
    for page in ("", "notice/"):
        assert client().get(f"/services/{code}/{page}", {"situation": wrong}).status_code == 200


@pytest.mark.parametrize("written", ["💥", "💥-💥", "事项"])
def test_an_address_without_a_legible_code_is_answered_by_a_whole_sentence(db, written):
    for path in ("services", "listed"):
        text = text_of(client().get(f"/{path}/{quote(written)}/"))
        assert "这个网址没有对应的事项。" in text and "代码为" not in text
    assert "没有代码为 ABC 的事项。" in text_of(client().get(f"/services/{quote('ABC💥')}/"))


def test_the_guide_needs_no_session_and_can_be_cached(db):
    with database.serving("public"):
        code = queries.code_of("tree-felling-gejiu")
    answer = client().get(f"/services/{code}/")
    assert "csrf" not in answer.content.decode() and not answer.cookies
    assert "no-store" not in answer.get("Cache-Control", "")


@requirement("ARC-09")
def test_what_cannot_be_done_online_says_why_and_by_which_law(db):
    basis = "某条例第一条"
    for reason, words in (("LAW", "法律法规另有规定"), ("SECRET", "涉及国家秘密"), ("OTHER", "必须当场办")):
        offline = Offline(reason=OfflineReason(reason), basis=Text(zh=basis, en="Article 1"))
        definition = own_item(**{**AT_THE_COUNTER, "offline": offline})
        publish(definition)
        body = text_of(client().get(f"/services/{code_of(definition)}/"))
        assert f"为什么不能网上办： {words}。 {basis}" in body


@requirement("GUI-02")
def test_the_guide_says_how_to_book_a_time_and_whom_else_one_needs(db):
    definition = own_item(appointment=Text(zh="打电话约时间", en="Book by phone"),
                          intermediary=Text(zh="要有检测报告", en="A test report is needed"))
    silent = own_item(appointment=None, intermediary=None)
    publish(definition)
    publish(silent)
    said = text_of(client().get(f"/en/services/{code_of(definition)}/"))
    assert "Booking a time Book by phone" in said and "Paid services of others A test report is needed" in said
    said = text_of(client().get(f"/services/{code_of(definition)}/"))
    assert "预约 打电话约时间" in said and "中介服务 要有检测报告" in said
    said = text_of(client().get(f"/en/services/{code_of(silent)}/"))
    assert "Booking a time" not in said and "Paid services of others" not in said


@requirement("TIM-R2")
def test_the_guide_says_what_else_stops_the_clock_and_by_which_article(db):
    definition = own_item(procedures=(Procedure(code="public_notice", name=Text(zh="公示", en="Public notice"),
                                                article="某条例第八条"),))
    publish(definition)
    assert "不计时的 公示 某条例第八条" in text_of(client().get(f"/services/{code_of(definition)}/"))


@requirement("TIM-09")
def test_the_guide_says_where_the_time_for_corrections_does_not_count(db):
    definition = own_item(corrections_stop_clock=True)
    publish(definition)
    assert "不计时的 您补正所用的时间" in text_of(client().get(f"/services/{code_of(definition)}/"))


@requirement("CAT-09", "CAT-10")
def test_the_guide_says_what_kind_of_body_holds_the_power_and_whence_it_has_it(db):
    definition = own_item(body_nature=BodyNature.ENTRUSTED, power_source=PowerSource.ENTRUSTED_BY_SUPERIOR)
    publish(definition)
    assert "Entrusted from above; entrusted organisation" in text_of(
        client().get(f"/en/services/{code_of(definition)}/"))


@requirement("CAT-23")
def test_charges_are_shown_in_their_order_with_standard_basis_and_reduction(db):
    charges = tuple(FeeProject(
        name=Text(zh=f"工本费{number}", en=f"Card {number}"), standard=Text(zh="每证十元", en="10 yuan"),
        basis=f"《价格法》第{number}条", reduction_basis="《残疾人保障法》第四十六条" if number == 2 else "",
        remark=Text(zh="补领也收", en="Also for a new one") if number == 1 else None) for number in (2, 1, 3))
    definition = own_item(fee=Fee(charged=True, projects=charges, online_payment=True))
    publish(definition)
    assert [each.is_reducible for each in definition.fee.projects] == [True, False, False]
    body = text_of(client().get(f"/en/services/{code_of(definition)}/"))
    rows = ("Card 2 10 yuan Can be reduced under 《残疾人保障法》第四十六条. 《价格法》第2条",
            "Card 1 10 yuan Also for a new one 《价格法》第1条", "Card 3 10 yuan 《价格法》第3条")
    places = [body.index(row) for row in rows]
    assert places == sorted(places)


@requirement("MOB-11")
def test_the_address_to_apply_at_on_a_phone_leads_to_this_service(every):
    for each in every[:3]:
        address = f"/apply/{each.code}/"
        assert address in client().get(f"/services/{each.code}/").content.decode()
        assert resolve(address).view_name == "portal:start" and resolve(address).kwargs == {"code": each.code}
