"""Applying through the interface: once whatever the network does, with everything that is missing told at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import msgspec
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from tests.api.given import Program, application, firm, new_key, picture, signed_in, token_of
from tests.catalogue.given import AT_THE_COUNTER, own_item, publish
from tests.journeys import TESTER, citizen
from tests.requirements import requirement
from tongban.catalogue import actions as catalogue
from tongban.catalogue import queries
from tongban.catalogue.rules import code_of
from tongban.identity.actions import open_session, sign_out
from tongban.identity.types import ActorKind, Strength
from tongban.kernel import database, vault
from tongban.kernel.clock import SHANGHAI
from tongban.kernel.codes import parse_case_number
from tongban.kernel.types import Channel
from tongban.licences.actions import register_licence


def cases_of(party):
    return database.rows("select number from cases_case where applicant_id = %s", [party])


@requirement("CASE-01", "CASE-14")
def test_an_application_gets_a_number_made_of_the_item_the_day_and_a_running_number_and_a_receipt(food):
    _, uscc, program = firm()
    answer = program.apply(application(food, uscc, program))
    assert answer.status == 201, answer.json
    number = answer.json["number"]
    parts = parse_case_number(number)
    assert (parts.implementation, parts.day) == (food.code, date(2026, 3, 2)) and len(number) == 43
    second = program.apply(application(food, uscc, program)).json["number"]
    assert parse_case_number(second).sequence == parts.sequence + 1
    assert answer.json == {
        "number": number, "query_code": vault.query_code(number), "received_on": "2026-03-02",
        "intake_due": answer.json["intake_due"], "again": False}
    stored = database.row("select intake_due_at, channel from cases_case where number = %s", [number])
    assert msgspec.convert(answer.json["intake_due"], type(stored[0])) == stored[0] and stored[1] == "api"
    assert answer.headers["Cache-Control"] == "no-store"


@requirement("CASE-01")
def test_what_comes_at_a_weekend_is_received_and_numbered_on_monday(food, at):
    at(datetime(2026, 3, 7, 20, 0, tzinfo=SHANGHAI))
    _, uscc, program = firm()
    receipt = program.apply(application(food, uscc, program)).json
    assert receipt["received_on"] == "2026-03-09" and receipt["number"][31:39] == "20260309"


def test_the_same_key_gives_the_first_receipt_again(food):
    actor, uscc, program = firm()
    body, key = application(food, uscc, program), new_key()
    first, second = program.apply(body, key), program.apply({**body, "materials": body["materials"][::-1]}, key)
    assert (first.status, second.status) == (201, 200)
    assert second.json == {**first.json, "again": True}
    assert len(cases_of(actor.entities[0])) == 1


def test_other_content_under_a_used_key_is_refused(food):
    actor, uscc, program = firm()
    body, key = application(food, uscc, program), new_key()
    program.apply(body, key)
    answer = program.apply({**body, "answers": {**body["answers"], "staff_count": 9}}, key)
    assert (answer.status, answer.json["type"]) == (422, "urn:tongban:error:same_key_other_content")
    assert len(cases_of(actor.entities[0])) == 1


def test_sixteen_posts_at_once_with_one_key_make_one_case(food):
    actor, uscc, program = firm()
    body, key, token = application(food, uscc, program), new_key(), token_of(actor)

    def post(_):
        try:
            return Program(token).apply(body, key)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(post, range(16)))
    assert sorted(each.status for each in answers) == [200] * 15 + [201]
    assert {each.json["number"] for each in answers} == {cases_of(actor.entities[0])[0][0]}


def test_everything_that_is_missing_is_told_at_once_and_nothing_is_kept(food):
    actor, uscc, program = firm()
    body = application(food, uscc, program)
    del body["answers"]["premises_name"]
    body["answers"] |= {"area": -1, "colour": "red"}
    body["materials"] = [{"code": "safety-rules", "way": "LATER"}, {"code": "layout-plan", "way": "LATER"},
                         {"code": "business-licence", "way": "LICENCE"}, {"code": "wings", "way": "LATER"},
                         {"code": "identity-card", "way": "UPLOAD"}]
    answer = program.apply({**body, "situation": "palace"})
    assert (answer.status, answer.json["type"]) == (422, "urn:tongban:error:incomplete")
    told = {each["field"]: each["code"] for each in answer.json["problems"]}
    assert told == {
        "situation": "situation_missing", "answers.premises_name": "required", "answers.area": "exclusive_minimum",
        "answers.colour": "unknown", "materials.layout-plan": "not_deferrable", "materials.wings": "unknown",
        "materials.business-licence": "licence_missing", "materials.identity-card": "document_missing",
        "materials.health-certificate": "material_missing"}
    assert cases_of(actor.entities[0]) == []


def test_a_valid_licence_of_the_applicant_stands_for_a_paper(food):
    actor, uscc, program = firm()
    fields = {"name": "示例", "uscc": uscc}
    register_licence(TESTER, type_code="11100000MB0143028R001", holder=actor.entities[0], fields=fields, number=uscc,
                     valid_from=date(2026, 1, 1))
    body = application(food, uscc, program)
    body["materials"] = [{"code": "business-licence", "way": "LICENCE"} if each["code"] == "business-licence" else each
                         for each in body["materials"]]
    number = program.apply(body).json["number"]
    way, trust, licence = database.row(
        "select m.way, m.trust, m.licence from cases_material m join cases_case c on c.id = m.case_id "
        "where c.number = %s and m.code = 'business-licence'", [number])
    assert (way, trust) == ("LICENCE", "A") and licence.startswith("1.2.156.3005.2.")


def test_a_file_of_someone_else_does_not_count(food):
    _, uscc, program = firm()
    body = application(food, uscc, program)
    other = signed_in().send_file(file=picture()).json["id"]
    own_but_not_the_firms = program.send_file(file=picture()).json["id"]
    for document in (other, own_but_not_the_firms, 2**62):
        body["materials"][0]["document"] = document
        told = program.apply(body).json["problems"]
        assert [(each["field"], each["code"]) for each in told] == [("materials.layout-plan", "document_unknown")]


def test_one_applies_only_for_oneself_or_ones_own_firms(food):
    _, uscc, program = firm()
    body = application(food, uscc, program)
    stranger, nobody = signed_in().apply(body), program.apply({**body, "applicant": "91610117MA9X99999X"})
    assert stranger.status == nobody.status == 403 and stranger.content == nobody.content
    assert program.apply({**body, "applicant": "self"}).json["type"] == "urn:tongban:error:applicant_not_served"


def test_without_an_open_session_for_programs_nothing_is_applied_for(food):
    actor, uscc, program = firm()
    body = application(food, uscc, program)
    closed = token_of(actor)
    sign_out(actor, token=closed)
    browser = Program()
    browser.client.cookies["session"] = token_of(actor)
    for caller in (Program(), Program("x"), Program("x" * 5000), Program(closed), browser,
                   Program(token_of(actor, Channel.WEB))):
        answer = caller.apply(body)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    officer = database.row("select id from identity_account where kind = %s limit 1", [ActorKind.OFFICER])[0]
    clerk = Program(open_session(account=officer, channel=Channel.API))
    assert clerk.apply(body).json["type"] == "urn:tongban:error:not_permitted"
    assert cases_of(actor.entities[0]) == []


def test_a_browser_may_post_with_a_token_but_without_a_form_token(food):
    _, uscc, program = firm()
    program.client.handler.enforce_csrf_checks = True
    assert program.apply(application(food, uscc, program)).status == 201
    assert program.post("nowhere", {}).json["type"] == "urn:tongban:error:route_unknown"


def test_a_key_is_needed_and_has_a_shape(food):
    program = signed_in()
    for key in ("", "x" * 81, "two words", "é"):
        answer = program.post("cases", {}, idempotency_key=key)
        assert (answer.status, answer.json["type"]) == (400, "urn:tongban:error:key_missing"), key


def test_every_flaw_of_a_body_is_told_with_its_place_and_bound_in_the_language_asked_for(food):
    long, material = "x" * 41, {"code": "a", "way": "CARRY", "document": 0, "size": 1}
    body = {"answers": [], "situation": long, "applicant": "me", "wings": 2, "materials": [material, {"way": "LATER"}]}
    program = signed_in()
    answer = program.apply(body)
    assert (answer.status, answer.json["type"], answer.json.get("detail")) == (422, "urn:tongban:error:not_valid", None)
    assert {each["pointer"]: (each["code"], each["message"]) for each in answer.json["problems"]} == {
        "/item_code": ("required", "item_code is missing."),
        "/answers": ("type", "answers must be an object."),
        "/situation": ("max_length", "situation must have 40 characters or fewer."),
        "/applicant": ("pattern", "applicant must match ^(self|[0-9A-Z]{18})$."),
        "/wings": ("unknown", "wings is not asked for here. Take it out."),
        "/materials/0/way": ("choice", "materials.0.way must be one of: LATER, LICENCE, UPLOAD."),
        "/materials/0/document": ("minimum", "materials.0.document must be 1 or more."),
        "/materials/0/size": ("unknown", "materials.0.size is not asked for here. Take it out."),
        "/materials/1/code": ("required", "materials.1.code is missing.")}
    told = Program(program.token, language="zh-CN").apply(body).json["problems"]
    assert [each["message"] for each in told if each["field"] in ("item_code", "situation")] == [
        "缺少 item_code。", "situation 最多 40 个字符。"]
    whole = program.apply([]).json["problems"]
    assert whole == [{"field": "", "code": "type", "message": "The body must be an object.", "pointer": ""}]


def test_what_fits_the_description_but_not_the_guide_is_told_with_its_place_too(food):
    _, uscc, program = firm()
    body = application(food, uscc, program)
    body["answers"] |= {"area": -1}
    body["materials"] = body["materials"][1:]
    told = {each["field"]: each["pointer"] for each in program.apply(body).json["problems"]}
    assert told == {"answers.area": "/answers/area", "materials.layout-plan": "/materials"}


def test_bodies_that_cannot_be_read_are_refused_without_harm(food):
    _, uscc, program = firm()
    whole = {"item_code": food.code, "answers": {}}
    deep = b'{"item_code":"' + food.code.encode() + b'","answers":{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}}"
    cases = [
        (b"", 415), (b" ", 400), (b"{", 400), (b"\xff\xfe", 400), (deep, 400), (b'{"item":NaN}', 422),
        (b'{"a":' * 5000, 422), (b"[" * 3000 + b"]" * 3000, 422), (b"null", 422), (b"[]", 422),
        ({**whole, "extra": 1}, 422), ({**whole, "item_code": 5}, 422), ({**whole, "item_code": "x"}, 422),
        ({**whole, "item_code": food.code + "\n"}, 422), ({**whole, "answers": [1]}, 422),
        ({**whole, "answers": {str(n): n for n in range(401)}}, 422), ({**whole, "applicant": None}, 422),
        ({**whole, "situation": "x" * 41}, 422),
        ({**whole, "materials": [{"code": "a", "way": "CARRY"}]}, 422),
        ({**whole, "materials": [{"code": "a", "way": "UPLOAD", "document": 2**63}]}, 422),
        ({**whole, "materials": [{"code": "a", "way": "UPLOAD", "document": 1.5}]}, 422),
        ({**whole, "applicant": uscc, "materials": [{"code": "\0", "way": "LATER"}] * 2}, 422),
        ({**whole, "applicant": uscc, "answers": {"premises_name": "a\0b", "\0": 1, "area": 10**300}}, 422),
        (b'{"item_code":"' + food.code.encode() + b'","answers":{"area":1e999}}', 422),
        (b'{"item_code":"' + food.code.encode() + b'","answers":{"area":' + b"9" * 9000 + b"}}", 422),
        (b'{"item_code":"' + food.code.encode() + b'","answers":{"premises_name":"\\ud800"}}', 400),
        ({**whole, "item_code": "1" * 31}, 404), (b" " * (1024 * 1024 + 1), 413),
    ]
    for body, status in cases:
        answer = program.apply(body)
        assert answer.status == status, (body[:80] if isinstance(body, bytes) else body, answer.json)
        assert answer.headers["Content-Type"] == "application/problem+json"
        if status == 422 and not (isinstance(body, dict) and body.get("applicant") == uscc):
            assert answer.json["type"] == "urn:tongban:error:not_valid", body
    assert program.post("cases", b"a=1", media_type="application/x-www-form-urlencoded").status == 415


def test_a_number_larger_than_any_is_named_by_its_place(food):
    body = b'{"item_code":"' + food.code.encode() + b'","answers":{"area":1e999}}'
    for language, told in (("en", "holds a value that cannot be kept."), ("zh-CN", "的内容无法保存。")):
        problem = Program(token_of(citizen()), language=language).apply(body).json["problems"][0]
        assert problem["field"].startswith("answers") and problem["message"].endswith(told)


def test_an_item_that_is_not_open_takes_no_application(db):
    definition = own_item()
    publish(definition)
    code = queries.code_of(definition.slug)
    catalogue.suspend_item(TESTER, code=code)
    queries.forget()
    _, uscc, program = firm()
    answer = program.apply({"item_code": code, "applicant": uscc, "answers": {}})
    assert (answer.status, answer.json["type"]) == (422, "urn:tongban:error:item_not_open")


def test_an_item_done_at_the_counter_only_is_not_applied_for_here_whatever_else_is_missing(db):
    definition = own_item(**AT_THE_COUNTER)
    publish(definition)
    _, uscc, program = firm()
    body = {"item_code": queries.code_of(definition.slug), "applicant": uscc, "answers": {}}
    for answers in ({}, {"unknown": 1}):
        answer = program.apply({**body, "answers": answers})
        assert (answer.status, answer.json["type"]) == (422, "urn:tongban:error:not_online")


def test_files_are_taken_looked_into_and_refused_in_words(db):
    program = signed_in()
    kept = program.send_file(file=picture())
    assert (kept.status, kept.json["media_type"], kept.json["pages"]) == (201, "image/png", 1)
    virus = SimpleUploadedFile("a.pdf", rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
    assert program.send_file(file=virus).json["type"] == "urn:tongban:error:file_infected"
    assert program.send_file(file=SimpleUploadedFile("a.pdf", b"")).json["type"] == "urn:tongban:error:file_empty"
    assert [(each["field"], each["code"]) for each in program.send_file(other="x").json["problems"]] == [
        ("other", "unknown"), ("file", "required")]
    assert program.send_file(file=[picture(), picture()]).json["problems"] == [
        {"field": "file", "code": "doubled", "message": "Send file once."}]
    assert Program().send_file(file=picture()).status == 401
    cut = program.post("documents", b"--x\r\nContent", media_type="multipart/form-data; boundary=")
    assert (cut.status, cut.json["type"]) == (400, "urn:tongban:error:not_readable")
    assert program.post("documents", {}).status == 415


def test_what_takes_the_person_s_face_is_sent_by_no_program(food):
    actor, uscc, program = firm()
    definition = own_item(strength=Strength.S3)
    publish(definition)
    answer = program.apply({**application(food, uscc, program), "item_code": code_of(definition)})
    assert (answer.status, answer.json["type"]) == (403, "urn:tongban:error:person_needed")
    assert "passkey" in answer.json["title"] and cases_of(actor.entities[0]) == []
