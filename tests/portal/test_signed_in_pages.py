"""The pages that belong to a person: nothing typed is lost, nothing is sent twice, nothing hostile gets through."""

import re
from dataclasses import replace
from datetime import date, datetime
from urllib.parse import quote

import msgspec
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests import journeys
from tests.catalogue.given import AT_THE_COUNTER, own_item, publish
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.access import draft_to_read
from tongban.cases.tasks import note_broken_promises
from tongban.cases.types import CorrectionItem, Way
from tongban.catalogue import queries as catalogue
from tongban.forms import rules as forms
from tongban.identity.actions import appoint_agent, open_session
from tongban.identity.types import Role
from tongban.kernel import database
from tongban.kernel.clock import SHANGHAI
from tongban.kernel.types import Channel, Text
from tongban.licences.actions import change_state, register_licence
from tongban.licences.types import LicenceState

SLUG = "food-operation-gaoling"
HOSTILE = ["\x00", "'; drop table cases_case; --", "<script>alert(1)</script>", "\u202e\u2066", "9" * 5000, "{{7*7}}",
           "../../etc/passwd", "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "😀" * 50]


def browser(actor, english=False):
    """A signed-in client of this actor."""
    client = Client(HTTP_ACCEPT_LANGUAGE="en" if english else "zh-hans")
    translation.activate("zh-hans")
    client.cookies[settings.SESSION_COOKIE_NAME] = open_session(account=actor.account, channel=Channel.WEB)
    return client


@pytest.fixture
def person(db):
    return journeys.with_firm(journeys.citizen())


def first_page(key, actor):
    """The first page of questions of a draft, and its path."""
    with journeys.as_actor(actor):
        guide = catalogue.guide(catalogue.code_of(SLUG))
        form = catalogue.form(guide.form_code, guide.form_version)
    return form.pages[0], reverse("portal:question", args=[key, form.pages[0].code])


def count(table):
    return database.row(f"select count(*) from {table}")[0]


@requirement("CASE-29")
def test_what_registers_know_is_filled_in_and_named(person):
    client = browser(person)
    code = journeys.catalogue.code_of(SLUG)
    started = client.post(reverse("portal:start", args=[code]), {"applicant": person.entities[0]})
    assert started.status_code == 303
    key = started["Location"].rstrip("/").rsplit("/", 1)[1]
    with journeys.as_actor(person):
        form = catalogue.form("food-operation", 1)
    pages = [client.get(reverse("portal:question", args=[key, each.code])).content.decode() for each in form.pages]
    assert any("prefilled" in page for page in pages)


@requirement("CASE-29")
def test_a_known_fact_that_was_emptied_stays_empty_and_the_check_page_shows_what_will_be_sent(person):
    client = browser(person)
    started = client.post(reverse("portal:start", args=[catalogue.code_of(SLUG)]), {"applicant": person.entities[0]})
    key = started["Location"].rstrip("/").rsplit("/", 1)[1]
    form = catalogue.form("food-operation", 1)
    field = form.fields["manager_name"]
    wanted = next(each for each in form.pages if each.code == field.page)
    path, check = reverse("portal:question", args=[key, wanted.code]), reverse("portal:check", args=[key])
    assert "张示例" in client.get(path).content.decode()
    assert "张示例" in client.get(check).content.decode()
    client.post(path, {field.name: "", "later": "1"})
    assert "张示例" not in client.get(path).content.decode()
    shown = client.get(check).content.decode()
    assert "张示例" not in shown
    assert f'href="{path}#f-{field.name}"' in shown


ID_CARD = "11100000000013127D001"


def hold_id_card(actor):
    number = journeys.new_id_number()
    register_licence(journeys.TESTER, type_code=ID_CARD, holder=actor.party, number=number,
                     valid_from=date(2020, 1, 1), fields={})
    return actor


@requirement("CAT-40", "CASE-31")
def test_ones_own_card_stands_for_ones_own_paper_and_not_for_the_guardians(db):
    person = hold_id_card(journeys.citizen())
    with journeys.as_actor(person):
        guide = catalogue.guide(catalogue.code_of("disability-card-guangan"))
        known = {each.code for each in queries.known_materials(guide, [person.party])}
    assert "identity-card" in known
    assert "guardian-identity-card" not in known


@requirement("CAT-40")
@pytest.mark.parametrize("representative", [True, False])
def test_the_card_of_a_firms_agent_counts_only_if_they_represent_it(db, representative):
    owner = journeys.with_firm(journeys.citizen())
    firm = owner.entities[0]
    if representative:
        person = hold_id_card(owner)
    else:
        person = hold_id_card(journeys.citizen())
        appoint_agent(journeys.TESTER, agent=person.party, entity=firm, valid_from=date(2026, 1, 1))
        person = replace(person, entities=(firm,))
    code = catalogue.code_of(SLUG)
    started = browser(person).post(reverse("portal:start", args=[code]), {"applicant": firm})
    key = started["Location"].rstrip("/").rsplit("/", 1)[1]
    with journeys.as_actor(person):
        given = {each.licence for each in draft_to_read(person, key).given}
    assert bool(given) is representative


def test_wrong_answers_come_back_as_typed_with_a_message_at_the_field(person):
    key = journeys.new_draft(person, SLUG)
    page, path = first_page(key, person)
    posted = dict.fromkeys(page.fields, "") | {"area": "四十二平"}
    answer = browser(person).post(path, posted, follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain == [(f"{path}?again=1", 303)] and "<title>有误：" in text
    assert "四十二平" in text
    assert 'aria-invalid="true"' in text
    assert text.count('class="error"') >= 1


def test_a_page_saved_for_later_keeps_unreadable_answers(person):
    key = journeys.new_draft(person, SLUG)
    _, path = first_page(key, person)
    client = browser(person)
    assert client.post(path, {"area": "大约四十", "later": "1"}).status_code == 303
    assert "大约四十" in client.get(path).content.decode()


def test_what_was_posted_without_a_session_comes_through_signing_in(person):
    key = journeys.new_draft(person, SLUG)
    _, path = first_page(key, person)
    login = database.row("select login from identity_account where id = %s", [person.account])[0]
    stranger = Client()
    asked = stranger.post(path, {"premises_name": "断线前写的店名"})
    assert asked.status_code == 401
    carried = re.search(r'name="carried" value="([^"]+)"', asked.content.decode()).group(1)
    back = stranger.post(reverse("portal:sign_in"), {
        "login": login, "password": "secret-word", "next": path, "carried": carried})
    text = back.content.decode()
    assert back.status_code == 200
    assert "断线前写的店名" in text
    assert 'action="/prove/"' in text and f'name="next" value="{path}"' in text


@requirement("CASE-14")
def test_sending_twice_makes_one_case_and_shows_the_same_receipt(person):
    key = journeys.new_draft(person, SLUG)
    client = browser(person)
    path = reverse("portal:check", args=[key])
    first, second = client.post(path, {"true": "on"}), client.post(path, {"true": "on"})
    assert first.status_code == second.status_code == 303
    assert first["Location"] == second["Location"]
    receipt = client.get(first["Location"]).content.decode()
    number = first["Location"].rstrip("/").split("/")[-2]
    assert number in receipt.replace("<wbr>", "").replace("&#8203;", "") or number[-12:] in receipt
    assert count("cases_case where idempotency_key = '" + key + "'") == 1


def test_nothing_is_sent_before_the_statement_is_ticked(person):
    key = journeys.new_draft(person, SLUG)
    before = count("cases_case")
    answer = browser(person).post(reverse("portal:check", args=[key]), {}, follow=True)
    assert '<a href="#true">' in answer.content.decode()
    assert count("cases_case") == before


def test_an_incomplete_draft_is_not_sent_and_names_everything_missing(person):
    with journeys.as_actor(person):
        guide = catalogue.guide(catalogue.code_of(SLUG))
        key = cases.start_draft(person, item_code=guide.code, applicant=person.entities[0])
    before = count("cases_case")
    answer = browser(person).post(reverse("portal:check", args=[key]), {"true": "on"}, follow=True)
    assert "data-error-summary" in answer.content.decode()
    assert count("cases_case") == before
    assert answer.content.decode().count('<a href="/drafts/') > 5


def test_what_is_done_at_the_counter_only_says_where_to_go_and_begins_nothing(person):
    item = own_item()
    publish(item)
    code = catalogue.code_of(item.slug)
    client, start = browser(person), reverse("portal:start", args=[code])
    key = client.post(start, {"applicant": person.entities[0]})["Location"].rstrip("/").rsplit("/", 1)[1]
    publish(msgspec.structs.replace(item, **AT_THE_COUNTER))
    asked = client.get(start).content.decode()
    assert item.window.address.zh in asked and 'name="applicant"' not in asked
    before = count("cases_draft")
    assert client.post(start, {"applicant": person.entities[0]}).status_code == 422
    assert count("cases_draft") == before
    sent = client.post(reverse("portal:check", args=[key]), {"true": "on"}, follow=True)
    assert "data-error-summary" in sent.content.decode()
    assert f'href="{reverse("portal:guide", args=[code])}"' in sent.content.decode()
    assert "不能在网上申请" in sent.content.decode()


@requirement("MAT-05")
@pytest.mark.parametrize(("name", "content"), [
    ("plan.pdf", b"MZ\x90\x00 not a pdf"), ("plan.png", b""), ("plan.svg", b"<svg onload=x>"),
])
def test_a_file_that_is_not_taken_says_why_and_loses_no_other(person, name, content):
    with journeys.as_actor(person):
        guide = catalogue.guide(catalogue.code_of(SLUG))
        key = cases.start_draft(person, item_code=guide.code, applicant=person.entities[0])
        cases.save_draft(person, key=key, answers={}, situation=guide.situation.options[0].code)
        wanted = list(guide.to_hand_in(guide.situation.options[0].code))
    client = browser(person)
    path = reverse("portal:materials", args=[key])
    answer = client.post(path, {
        f"m-{wanted[0].code}": SimpleUploadedFile("good.png", journeys.PNG, "image/png"),
        f"m-{wanted[1].code}": SimpleUploadedFile(name, content, "application/pdf")}, follow=True)
    text = answer.content.decode()
    assert f'<a href="#m-{wanted[1].code}">' in text and f'id="m-{wanted[1].code}-error" role="alert"' in text
    assert "good.png" in client.get(path).content.decode()


def test_the_draft_of_someone_else_does_not_exist(person):
    key = journeys.new_draft(person, SLUG)
    other = browser(journeys.citizen())
    real = other.get(reverse("portal:draft", args=[key]))
    unknown = other.get(reverse("portal:draft", args=["A" * 22]))
    assert real.status_code == unknown.status_code == 404
    plain = [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode()) for answer in (real, unknown)]
    assert plain[0].replace(key, "") == plain[1].replace("A" * 22, "")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_in_any_field_is_kept_or_refused_and_never_a_crash(person, hostile):
    key = journeys.new_draft(person, SLUG)
    page, path = first_page(key, person)
    client = browser(person)
    answer = client.post(path, dict.fromkeys(page.fields, hostile))
    assert answer.status_code in (303, 422)
    text = client.get(path).content.decode()
    assert "<script>alert(1)" not in text
    assert client.post(reverse("portal:save", args=[key, page.code]), dict.fromkeys(page.fields, hostile)
                       ).status_code == 204


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tail=st.text(min_size=1, max_size=60).filter(lambda text: text not in (".", "..")))
def test_any_address_is_answered(db, tail):
    client = Client()
    for start in ("/", "/services/", "/apply/", "/verify/", "/reviews/", "/drafts/", "/cases/", "/desk/", "/en/"):
        answer = client.get(start + quote(tail, safe="") + "/")
        assert answer.status_code < 500, start + quote(tail)


def asked_to_correct(person):
    """A case with a paper and a page to put right: its number, the paper, right answers for the page."""
    number = journeys.submitted(person, SLUG)
    guide = catalogue.guide(catalogue.code_of(SLUG))
    material = next(each for each in guide.materials if not each.from_form)
    page = catalogue.form(guide.form_code, guide.form_version).pages[0]
    journeys.act(journeys.officer(guide.authority_id, Role.RECEPTIONIST), cases.request_corrections, number=number,
                 items=[CorrectionItem(target=material.code, name=material.name, what="照片看不清，请重拍"),
                        CorrectionItem(target=page.code, name=Text(zh="店在哪里", en="Where"), what="门牌号不对")])
    answers = journeys.sample_answers(guide)
    return number, material.code, {name: str(answers.get(name, "")) for name in page.fields}


@requirement("CASE-17", "GUI-06")
def test_corrections_are_shown_whole_and_answered_once(person):
    number, code, answers = asked_to_correct(person)
    client = browser(person)
    path = reverse("portal:corrections", args=[number])
    text = client.get(path).content.decode()
    assert "照片看不清，请重拍" in text and "门牌号不对" in text
    missing = client.post(path, {})
    assert missing.status_code == 422
    sent = client.post(path, {**answers, f"m-{code}": SimpleUploadedFile("new.png", journeys.PNG)})
    assert sent.status_code == 303, sent.content.decode()
    assert client.get(path).status_code == 404
    assert queries.by_number(number).state == "SUBMITTED"


def test_a_file_sent_with_a_wrong_answer_needs_no_second_choosing(person):
    number, code, answers = asked_to_correct(person)
    client, path = browser(person), reverse("portal:corrections", args=[number])
    wrong = client.post(path, dict.fromkeys(answers, "") | {f"m-{code}": SimpleUploadedFile("新照片.png", journeys.PNG)})
    text = wrong.content.decode()
    assert wrong.status_code == 422 and "新照片.png" in text and f'href="#m-{code}"' not in text
    key = re.search(rf'name="attached-{code}" value="(\d+)"', text).group(1)
    assert client.get(reverse("portal:file", args=[key]), follow=True).content == journeys.PNG
    refused = client.post(path, {**answers, f"attached-{code}": key, f"m-{code}": SimpleUploadedFile("x.png", b"x")})
    assert refused.status_code == 422 and f'name="attached-{code}" value="{key}"' in refused.content.decode()
    sent = client.post(path, {**answers, f"attached-{code}": key})
    assert sent.status_code == 303, sent.content.decode()
    given = {each.code: each for each in queries.materials_of(queries.by_number(number).id)}
    assert (given[code].document, given[code].file_name) == (int(key), "新照片.png")


@pytest.mark.parametrize("forged", ["x", "１", "9" * 30, "theirs", "ones own"])
def test_only_a_file_of_the_applicant_counts_as_attached_before(person, forged):
    number, code, answers = asked_to_correct(person)
    stranger = journeys.citizen()
    key = {"theirs": lambda: journeys.act(stranger, journeys.picture_of, party=stranger.party).id,
           "ones own": lambda: journeys.act(person, journeys.picture_of, party=person.party).id}.get(forged, str)
    answer = browser(person).post(reverse("portal:corrections", args=[number]),
                                  {**answers, f"attached-{code}": str(key() or forged)})
    assert answer.status_code == 422
    assert f'href="#m-{code}"' in answer.content.decode() and f'name="attached-{code}"' not in answer.content.decode()


@requirement("MAT-06")
def test_a_promised_paper_is_handed_in_from_the_page_of_the_case(person):
    number = journeys.promising(person, SLUG)
    client = browser(person)
    case, path = (reverse(f"portal:{name}", args=[number]) for name in ("case", "promised"))
    assert f'href="{path}"' in client.get(case).content.decode()
    shown = client.get(case).content.decode()
    assert "轮到您：请交上您答应后补的材料" in shown and ">等您补材料<" in shown, "the page says what the list says"
    assert "交上您答应后补的材料" in client.get(reverse("portal:matters")).content.decode()
    waiting = [each for each in queries.materials_of(queries.by_number(number).id) if each.way is Way.LATER]
    assert client.post(path, {}).status_code == 422
    broken = client.post(path, {f"m-{waiting[0].code}": SimpleUploadedFile("new.png", b"not a picture")})
    assert broken.status_code == 422 and f'id="m-{waiting[0].code}-error"' in broken.content.decode()
    sent = client.post(path, {f"m-{waiting[0].code}": SimpleUploadedFile("new.png", journeys.PNG)})
    assert sent.status_code == 303, sent.content.decode()
    arrived = client.get(sent["Location"]).content.decode()
    assert "您补的材料收到了" in arrived and "现在没有要您做的了" in arrived and ">等您补材料<" not in arrived
    assert f'href="{path}"' not in client.get(case).content.decode()
    assert "轮到您" not in client.get(case).content.decode()
    assert "答应后补" not in client.get(reverse("portal:matters")).content.decode()
    assert client.get(path).status_code == 404


@requirement("MAT-06")
def test_an_overdue_promise_is_called_overdue_until_the_paper_has_come(person, at):
    number = journeys.promising(person, SLUG)
    client, path = browser(person), reverse("portal:case", args=[number])
    assert "已超期" not in client.get(path).content.decode()
    at(datetime(2026, 3, 17, 9, tzinfo=SHANGHAI))
    note_broken_promises()
    client = browser(person)
    text = client.get(path).content.decode()
    listed = client.get(reverse("portal:matters")).content.decode()
    assert "还没收到，请现在交上" in listed and "请在2026年3月16日" not in listed, "nobody is asked for a day that is over"
    assert "已超期" in text and "您答应后补的材料到期没有收到" in text and "轮到您：请交上您答应后补的材料" in text
    late = next(each for each in queries.materials_of(queries.by_number(number).id) if each.way is Way.LATER)
    promised = reverse("portal:promised", args=[number])
    assert client.post(promised, {f"m-{late.code}": SimpleUploadedFile("new.png", journeys.PNG)}).status_code == 303
    assert "已超期" not in client.get(path).content.decode()


def test_what_was_answered_can_be_read_after_sending(person):
    number = journeys.submitted(person, SLUG)
    client = browser(person)
    path = reverse("portal:answers", args=[number])
    assert f'href="{path}"' in client.get(reverse("portal:case", args=[number])).content.decode()
    text = client.get(path).content.decode()
    guide = catalogue.guide(catalogue.code_of(SLUG))
    form = catalogue.form(guide.form_code, guide.form_version)
    told = forms.summary(form, journeys.sample_answers(guide), "zh-hans")
    assert told and all(row.label in text and all(line in text for line in row.lines) for row in told)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_pages_are_read_and_posted_to_and_nothing_else(db, method):
    answer = Client(enforce_csrf_checks=True).generic(method, "/sign-in/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")


def test_every_page_of_ones_space_opens_in_both_languages(person, catch_up):
    number = journeys.submitted(person, SLUG)
    catch_up()
    client = browser(person)
    for name, arguments in (("matters", []), ("inbox", []), ("licences", []), ("disclosures", []), ("case", [number]),
                            ("receipt", [number]), ("withdraw", [number])):
        translation.activate("zh-hans")
        path = reverse(f"portal:{name}", args=arguments)
        for prefix in ("", "/en"):
            answer = client.get(prefix + path.removeprefix("/en"))
            assert answer.status_code == 200, prefix + path
            assert answer["Cache-Control"] == "no-store"
    assert client.get(reverse("portal:voucher", args=[number, "receipt"])).content.startswith(b"%PDF-")
    assert client.get(reverse("portal:voucher", args=[number, "decision"])).status_code == 404


@requirement("CASE-24")
def test_a_withdrawn_case_says_so_and_cannot_be_withdrawn_again(person):
    number = journeys.submitted(person, SLUG)
    client = browser(person)
    path = reverse("portal:withdraw", args=[number])
    assert client.post(path).status_code == 303
    assert queries.by_number(number).state == "WITHDRAWN"
    assert client.post(path).status_code == 422


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/me/", "/nowhere/", "/desk/", "/api/v1/items", "/verify/x/"])
def test_every_answer_carries_the_security_headers(db, path):
    answer = Client().get(path)
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_receipt_and_case_call_the_applicant_by_full_name(db):
    alone = journeys.citizen("王二丫")
    number = journeys.submitted(alone, "old-age-allowance-guichi")
    client = browser(alone)
    for name in ("receipt", "case"):
        assert "王二丫" in client.get(reverse(f"portal:{name}", args=[number])).content.decode(), name


def test_whoever_may_not_enter_is_offered_to_sign_in_as_someone_who_may(person):
    refused = browser(person).get("/desk/")
    assert refused.status_code == 403
    assert 'href="/sign-in/?next=%2Fdesk%2F"' in refused.content.decode()


@requirement("LIC-06")
def test_a_holder_fetches_a_licence_under_the_names_of_the_standard(person):
    code = register_licence(journeys.TESTER, type_code="11100000MB0143028R001", holder=person.entities[0],
                            fields={"name": "示例餐饮有限公司"}, number="示例-1", valid_from=date(2026, 1, 1))
    page = browser(person).get(f"/me/licences/{code}/")
    link = f"/me/licences/{code}/metadata.xml"
    assert link in page.content.decode() and "下载数据文件（供其他系统读取）" in page.content.decode()
    answer = browser(person).get(link)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/xml; charset=utf-8")
    assert "attachment" in answer["Content-Disposition"]
    for part in ("<ZZLXDM>11100000MB0143028R001</ZZLXDM>", "<KZ_NAME>示例餐饮有限公司</KZ_NAME>", "<ZZBH>示例-1</ZZBH>",
                 "<CZZTDMLXDM>001</CZZTDMLXDM>"):
        assert part in answer.content.decode()
    assert browser(journeys.citizen()).get(link).status_code == 404


@requirement("LIC-15")
def test_a_licence_says_up_to_when_it_is_to_be_checked(person):
    pages = []
    for type_code in ("11100000MB9Y00067Q902", "11100000MB0143028R001"):
        code = register_licence(journeys.TESTER, type_code=type_code, holder=person.entities[0], fields={}, number="示例-2",
                                valid_from=date(2026, 1, 1))
        pages.append(browser(person).get(f"/me/licences/{code}/").content.decode())
    assert "下次年检不晚于" in pages[0] and "2027年5月31日" in pages[0] and "下次年检不晚于" not in pages[1]


@requirement("LIC-15")
@pytest.mark.parametrize(("state", "asks"), [(LicenceState.SUSPENDED, True), (LicenceState.REVOKED, False),
                                             (LicenceState.CANCELLED, False)])
def test_a_licence_that_is_gone_asks_for_no_annual_check(person, state, asks):
    code = register_licence(journeys.TESTER, type_code="11100000MB9Y00067Q902", holder=person.entities[0], fields={}, number="示例-3",
                            valid_from=date(2026, 1, 1))
    change_state(journeys.TESTER, code=code, state=state, reason="测试理由")
    assert ("下次年检不晚于" in browser(person).get(f"/me/licences/{code}/").content.decode()) is asks
