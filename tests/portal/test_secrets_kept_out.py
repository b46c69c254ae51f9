"""What bears a mark of secrecy is kept out on every way in: the rest stays as it was, and the record knows without a word of it."""

import json

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests import journeys
from tests.api.given import firm
from tests.cases.given import own_item
from tests.catalogue.given import EDITOR, limit, publish
from tests.counter import given
from tests.documents.test_secret_files import typeset
from tests.portal.test_signed_in_pages import SLUG, browser, first_page
from tests.requirements import requirement
from tongban.api import problems
from tongban.cases import actions as cases
from tongban.cases.access import draft_to_read
from tongban.catalogue import queries as catalogue
from tongban.catalogue.actions import publish_form
from tongban.catalogue.rules import check_item, code_of
from tongban.forms.types import FormDefinition
from tongban.kernel import database, events, modes
from tongban.kernel.keeping_out import SecretKeptOut
from tongban.kernel.types import Text
from tongban.web.secrecy import SecretTyped

MARKED = "本项目资料机密★5年请勿外传"
NAME = "机密★5年 某工程平面图.pdf"


@pytest.fixture
def person(db):
    return journeys.with_firm(journeys.citizen())


def kept_out(actor):
    """What the record knows of what this actor was not let hand in."""
    return [each for each in events.of_subject("secrecy") if (each.name, each.actor) == (SecretKeptOut.__name__, actor.actor_id)]


def papers():
    return [each for each in catalogue.guide(catalogue.code_of(SLUG)).materials if not each.from_form]


def picture(name="plan.png"):
    return SimpleUploadedFile(name, journeys.PNG)


def marked_pdf():
    return SimpleUploadedFile("plan.pdf", typeset("机密★5年\n\n附图说明"))


def stored():
    return database.row("select count(*) from documents_document")[0]


@requirement("SEC-14")
@pytest.mark.parametrize("english", [False, True])
@pytest.mark.parametrize("by_name", [False, True])
def test_a_marked_file_is_refused_on_the_page_of_materials_and_the_others_stay(person, english, by_name):
    key = journeys.act(person, cases.start_draft, item_code=catalogue.code_of(SLUG), applicant=person.entities[0])
    first, second = papers()[:2]
    visiting, before, path = browser(person, english), stored(), reverse("portal:materials", args=[key])
    file = picture(NAME) if by_name else marked_pdf()
    prefix = "/en" if english else ""
    answer = visiting.post(prefix + path, {f"m-{first.code}": file, f"m-{second.code}": picture()})
    page = visiting.get(answer["Location"]).content.decode()
    phone = catalogue.guide(catalogue.code_of(SLUG)).consultation_phone
    for words in ["This file bears a mark of state secrets", "nothing of it was kept", "write 商业秘密 in place of the mark",
                  f"Whom to ask: {phone}"] if english else [
            "带有国家秘密或工作秘密标志", "也没有留存任何内容", "按涉密渠道递交", "改为“商业秘密”后重新提交", f"咨询电话：{phone}"]:
        assert words in page
    assert f'id="m-{first.code}-error"' in page and "plan.png" in page and NAME[:4] not in page
    assert stored() == before + 1
    happened, = kept_out(person)
    assert (happened.actor, str(happened.channel), happened.party) == (person.actor_id, "web", None)
    assert happened.payload == {"mark": "state-star", "kind": "STATE", "place": "FILE_NAME" if by_name else "FILE",
                                "route": "portal:materials", "item": catalogue.code_of(SLUG)}


@requirement("SEC-14")
def test_no_word_of_a_marked_file_or_text_is_logged_or_recorded(person, capfd):
    key = journeys.new_draft(person, SLUG)
    visiting = browser(person)
    visiting.post(reverse("portal:materials", args=[key]), {f"m-{papers()[0].code}": picture(NAME)})
    page, path = first_page(key, person)
    visiting.post(path, {page.fields[0]: MARKED})
    told = capfd.readouterr()
    assert "secret_kept_out" in told.out + told.err
    written = told.out + told.err + json.dumps([each.payload for each in kept_out(person)])
    assert not any(words in written for words in ("机密", "某工程", "本项目"))


@requirement("SEC-14")
def test_what_is_kept_out_is_counted_by_kind_and_place(person):
    def counted():
        return REGISTRY.get_sample_value("tongban_secrets_kept_out_total", {"kind": "WORK", "place": "TYPED"}) or 0

    key, before = journeys.new_draft(person, SLUG), counted()
    browser(person).post(reverse("portal:discard", args=[key]), {"why": "内部资料 注意保存"})
    assert counted() == before + 1


@requirement("SEC-14")
@pytest.mark.parametrize("english", [False, True])
def test_the_page_of_questions_comes_back_as_typed_and_all_but_the_marked_answer_is_kept(person, english):
    key = journeys.new_draft(person, SLUG)
    page, path = first_page(key, person)
    marked, kept = "premises_name", next(each for each in page.fields if each != "premises_name")
    visiting = browser(person, english)
    before = answers(person, key)
    posted = typed_on(page, before) | {marked: MARKED, kept: "示例街道 7 号"}
    answer = visiting.post(("/en" if english else "") + path, posted)
    shown = answer.content.decode()
    assert answer.status_code == 422 and answer["Cache-Control"] == "no-store"
    assert ("This bears a mark of state secrets" if english else "这里填的内容带有国家秘密或工作秘密标志") in shown
    assert f'href="#f-{marked}"' in shown and "示例街道 7 号" in shown and MARKED in shown
    after = answers(person, key)
    assert marked not in after and after[kept] == "示例街道 7 号"
    happened, = kept_out(person)
    assert (happened.payload["place"], happened.payload["item"]) == ("TYPED", catalogue.code_of(SLUG))


@requirement("SEC-14")
def test_saving_while_typing_keeps_the_rest_and_the_answer_before_the_marked_one(person):
    key = journeys.new_draft(person, SLUG, answers={"premises_name": "老店名"})
    page, _ = first_page(key, person)
    posted = typed_on(page, answers(person, key)) | {"premises_name": MARKED, "premises_address": "示例街道 7 号"}
    assert browser(person).post(reverse("portal:save", args=[key, page.code]), posted).status_code == 204
    after = answers(person, key)
    assert (after["premises_name"], after["premises_address"]) == ("老店名", "示例街道 7 号") and kept_out(person) == []


def listing(code, *names):
    """A form of one page that asks for rows and for lines under these names."""
    row = {"type": "object", "additionalProperties": False, "required": ["name"],
           "properties": {"name": {"type": "string", "maxLength": 50}, "note": {"type": "string", "maxLength": 50}}}
    asked = {"people": {"type": "array", "items": row}, "plates": {"type": "array", "items": {"type": "string", "maxLength": 50}}}
    labels = [*names, *(["people.name", "people.note"] if "people" in names else [])]
    return msgspec.convert({
        "code": code, "version": 1, "title": {"zh": "申请", "en": "Apply"},
        "schema": {"type": "object", "additionalProperties": False, "properties": {name: asked[name] for name in names}},
        "fields": {name: {"label": {"zh": f"问{name}", "en": name}} for name in labels},
        "pages": [{"code": "-".join(names), "title": {"zh": "问", "en": "Ask"}, "fields": list(names)}]}, FormDefinition)


def drafted(person, code, *names):
    """A draft of an item of its own that asks these, and the path of its page."""
    publish_form(EDITOR, definition=listing(code, *names))
    item = own_item(form=code)
    key = journeys.act(person, cases.start_draft, item_code=code_of(item), applicant=person.party)
    return key, item, reverse("portal:question", args=[key, "-".join(names)])


THIRTY = {f"people.{number}.name": f"人员{number}" for number in range(30)} | {"people.7.note": MARKED}


@requirement("SEC-14")
def test_of_thirty_rows_only_the_marked_entry_is_left_out_and_all_are_shown_as_typed(person):
    key, _, path = drafted(person, "many-rows", "people", "plates")
    answer = browser(person).post(path, THIRTY | {"plates": "川A12345\n机密★5年\n川A12346"})
    shown = answer.content.decode()
    assert answer.status_code == 422 and all(f'value="人员{number}"' in shown for number in range(30)) and MARKED in shown
    assert 'href="#f-people"' in shown and 'href="#f-plates"' in shown
    assert answers(person, key) == {"people": [{"name": f"人员{number}"} for number in range(30)], "plates": ["川A12345", "川A12346"]}
    assert len(kept_out(person)) == 1


@requirement("SEC-14")
def test_a_page_a_newer_version_no_longer_has_is_saved_but_for_the_mark_and_shown_as_typed(person):
    key, item, path = drafted(person, "renewed-rows", "people")
    publish_form(EDITOR, definition=listing("renewed-rows", "plates"))
    publish(msgspec.structs.replace(item, promised_limit=limit(3)))
    answer = browser(person).post(path, THIRTY)
    assert answer.status_code == 422 and 'value="人员29"' in answer.content.decode() and MARKED in answer.content.decode()
    assert answers(person, key) == {"people": [{"name": f"人员{number}"} for number in range(30)]}
    assert browser(person).post(path, {**THIRTY, "people.7.note": "无"})["Location"] == reverse("portal:draft", args=[key])


@requirement("SEC-14")
def test_several_marks_in_one_request_are_one_event_of_the_gravest(person):
    key = journeys.new_draft(person, SLUG)
    browser(person).post(reverse("portal:discard", args=[key]), {"a": "内部资料 注意保存", "b": "工作秘密", "why": MARKED})
    assert [each.payload["mark"] for each in kept_out(person)] == ["state-star"]


@requirement("SEC-14")
def test_whoever_has_no_account_leaves_a_line_and_no_event(db):
    before = len(events.of_subject("secrecy"))
    with capture_logs() as said:
        Client().post(reverse("portal:sign_in"), {"login": MARKED, "password": "x"})
    line, = [each for each in said if each["event"] == "secret_kept_out"]
    assert (line["account"], line["mark"]) == ("", "state-star") and len(events.of_subject("secrecy")) == before


@requirement("SEC-14")
def test_a_database_that_takes_nothing_still_gets_its_page(person):
    key, visiting = journeys.new_draft(person, SLUG), browser(person)
    assert visiting.get(reverse("portal:draft", args=[key])).status_code == 200
    with database.serving("citizen"):
        database.execute("set default_transaction_read_only = on")
        try:
            answer = visiting.post(reverse("portal:discard", args=[key]), {"why": MARKED})
        finally:
            database.execute("set default_transaction_read_only = off")
    assert answer.status_code == 503 and kept_out(person) == []


@requirement("SEC-14")
def test_while_the_house_is_for_reading_only_no_event_is_written(person):
    visiting = browser(person)
    modes.change(journeys.TESTER, mode=modes.Mode.READ_ONLY, reason=Text(zh="升级"))
    try:
        with capture_logs() as said:
            visiting.post(reverse("portal:sign_in"), {"login": MARKED, "password": "x"})
    finally:
        modes.change(journeys.TESTER, mode=modes.Mode.NORMAL)
    assert "secret_kept_out" in [each["event"] for each in said] and kept_out(person) == []


def test_the_names_of_inputs_are_told_to_programs_and_not_to_people(person):
    error = SecretTyped(fields=["unsealed_reason", "what-3"])
    told = json.loads(problems.answer(RequestFactory().post("/", "{}", content_type="application/json"), error).content)
    assert [(each["field"], each["code"]) for each in told["problems"]] == [("unsealed_reason", "secret"), ("what-3", "secret")]
    key = journeys.new_draft(person, SLUG)
    answer = browser(person).post(reverse("portal:discard", args=[key]), {"unsealed_reason": MARKED})
    assert answer.status_code == 422 and "unsealed_reason" not in answer.content.decode()


def answers(person, key):
    with journeys.as_actor(person):
        return draft_to_read(person, key).typed


def typed_on(page, known):
    return {name: known[name] for name in page.fields if isinstance(known.get(name), str)}


@requirement("SEC-14")
def test_a_program_is_told_the_field_and_the_file_and_nothing_is_taken(db):
    actor, uscc, program = firm()
    answer = program.send_file(file=marked_pdf())
    assert (answer.status, answer.json["type"]) == (422, "urn:tongban:error:file_marked_secret")
    taken = database.row("select count(*) from cases_case")
    refused = program.apply({"item_code": catalogue.code_of(SLUG), "applicant": uscc, "answers": {"premises_name": MARKED}})
    assert ("answers.premises_name", "secret") in [(each["field"], each["code"]) for each in refused.json["problems"]]
    assert refused.status == 422 and database.row("select count(*) from cases_case") == taken
    assert [str(each.channel) for each in kept_out(actor)] == ["api", "api"]
    assert [each.payload["place"] for each in kept_out(actor)] == ["FILE", "TYPED"]


@requirement("SEC-14")
def test_an_officers_opinion_with_a_mark_comes_back_named_and_nothing_is_done(db):
    number, reviewer = given.accepted(given.PLAIN), given.reviewer(given.PLAIN)
    page = reviewer.post(f"/desk/{number}/examine/", opinion=MARKED, fail="examine")
    assert page.status == 422 and 'id="opinion--error"' in page.response.content.decode()
    assert page.says("这里的内容带有国家秘密或工作秘密标志") and "examine" in journeys.open_verbs(number)
    happened, = kept_out(reviewer.actor)
    assert happened.payload["route"].startswith("counter:")


@requirement("SEC-14")
def test_whatever_else_is_typed_is_undone_when_it_bears_a_mark(person):
    key = journeys.new_draft(person, SLUG)
    answer = browser(person).post(reverse("portal:discard", args=[key]), {"why": MARKED})
    assert answer.status_code == 422 and "没有提交，也没有留存" in answer.content.decode() and MARKED not in answer.content.decode()
    assert answers(person, key) is not None, "the draft was thrown away all the same"
    assert [each.payload["place"] for each in kept_out(person)] == ["TYPED"]


@requirement("SEC-14")
def test_an_item_with_a_mark_is_not_published(db):
    definition = own_item()
    assert "secret" not in {each.code for each in check_item(definition, licence_types={})}
    marked = msgspec.structs.replace(definition, conditions=(Text(zh="依据绝密★长期文件办理", en=""),))
    assert [(each.field, each.facts["mark"]) for each in check_item(marked, licence_types={}) if each.code == "secret"] == [
        ("conditions", "state-star")]
