"""Checking a licence and looking up a case, signed out."""

from dataclasses import replace
from datetime import date, datetime
from urllib.parse import quote

import pytest

from tests import journeys
from tests.portal.public import HOSTILE, LANGUAGES, client, signed_in, text_of
from tests.requirements import requirement
from tongban.calendars.types import SHANGHAI
from tongban.cases import actions as cases
from tongban.identity.actions import open_session
from tongban.kernel import database, vault
from tongban.kernel.types import Channel
from tongban.licences import actions as licences
from tongban.licences import queries
from tongban.licences.types import LicenceState, Verdict
from tongban.portal.verification import verdict_words

TESTER = journeys.TESTER
WRONG = "do not belong together"


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def number(db, kept):
    if "number" not in kept:
        person = journeys.with_firm(journeys.citizen())
        kept["number"] = journeys.submitted(person, "food-operation-gaoling")
    return kept["number"]


def ask(number, code, prefix="/en"):
    return client().post(f"{prefix}/status/", {"number": number, "code": code})


@requirement("CASE-27")
def test_number_and_query_code_show_state_next_step_and_days_left_without_signing_in(number):
    for prefix, words in (("/en", ("We have it", "Next: the authority accepts", "working day")),
                          ("", ("收件", "下一步", "个工作日"))):
        answer = ask(number, vault.query_code(number), prefix)
        said = text_of(answer)
        assert answer.status_code == 200
        assert not [word for word in words if word not in said], said
        assert number in said.replace(" ", "")
        assert answer["Cache-Control"] == "private, no-cache"
        assert "张示例" not in said and "示例餐饮" not in said


def test_the_code_may_be_read_aloud_and_typed_as_heard(number):
    code = vault.query_code(number).lower().replace("0", "o").replace("1", "l")
    assert ask(f" {number} ", f"{code[:4]} {code[4:]}").status_code == 200


@requirement("CASE-27")
def test_an_unknown_number_and_a_wrong_code_are_answered_alike(number):
    unknown = number[:-4] + "9999"
    answers = [ask(number, "AAAAAAAA"), ask(unknown, vault.query_code(unknown)), ask(unknown, "AAAAAAAA")]
    for answer in answers:
        assert answer.status_code == 422
        assert WRONG in text_of(answer)
    assert len({text_of(answer).replace(number, "").replace(unknown, "") for answer in answers}) == 1


def test_what_was_left_empty_is_named(number):
    only_code, only_number, neither = ask("", "AAAAAAAA"), ask(number, " "), ask("", "")
    for answer, wanted in ((only_code, {"#number"}), (only_number, {"#code"}), (neither, {"#number", "#code"})):
        shown = answer.content.decode()
        assert answer.status_code == 422 and WRONG not in shown
        assert {href for href in ("#number", "#code") if f'<a href="{href}"' in shown} == wanted


@requirement("IDN-16")
def test_codes_cannot_be_guessed_and_the_applicant_is_not_held_up(db, at):
    person = journeys.with_firm(journeys.citizen())
    theirs = journeys.submitted(person, "food-operation-gaoling")
    places = [client(), client()]
    for count, place in enumerate(places):
        place.defaults["REMOTE_ADDR"] = f"192.0.2.{count + 1}"
    for _ in range(5):
        assert WRONG in text_of(places[1].post("/en/status/", {"number": theirs, "code": "AAAAAAAA"}))
    right = {"number": theirs, "code": vault.query_code(theirs)}
    paused = places[1].post("/en/status/", right)
    assert paused.status_code == 422 and "paused for 15 minutes" in text_of(paused)
    assert places[0].post("/en/status/", right).status_code == 200, "a case number is no secret: whoever guesses keeps nobody else out"
    own = signed_in(open_session(account=person.account, channel=Channel.WEB))
    assert own.get(f"/cases/{theirs}/").status_code == 200
    other = client()
    other.defaults["REMOTE_ADDR"] = "192.0.2.9"
    for turn in range(20):
        assert WRONG in text_of(other.post("/en/status/", {"number": f"{theirs[:-4]}8{turn:03d}", "code": "AAAAAAAA"}))
    assert "paused" in text_of(other.post("/en/status/", {"number": f"{theirs[:-4]}8999", "code": "AAAAAAAA"}))
    assert database.row("select count(*) from kernel_event where name = 'LookUpFailed' and subject = 'look-up'")[0] >= 25
    at(datetime(2026, 3, 2, 10, 15, 1, tzinfo=SHANGHAI))
    assert places[1].post("/en/status/", right).status_code == 200


def test_a_case_taken_back_says_so_once_and_promises_no_reasons(db):
    person = journeys.with_firm(journeys.citizen())
    theirs = journeys.submitted(person, "food-operation-gaoling")
    journeys.act(person, cases.withdraw_case, number=theirs)
    said = text_of(ask(theirs, vault.query_code(theirs)))
    assert "took the application back" in said and "reasons" not in said
    assert "Withdrawn Withdrawn" not in said and "Where it stands Withdrawn" in said


@pytest.mark.parametrize("value", HOSTILE)
def test_whatever_is_typed_is_answered(db, value):
    for number, code in ((value, value), (value, vault.query_code(value.replace("\x00", "")[:80]))):
        answer = ask(number, code)
        assert answer.status_code == 422 and "<script>alert" not in answer.content.decode()


def test_the_code_never_stands_in_an_address(db):
    assert 'method="post"' in client().get("/status/").content.decode()


@pytest.fixture
def code(db):
    """A valid licence of a person: of a firm nothing is masked."""
    return database.row("select code from licences_licence where state = 'ISSUED' and holder_code_type = '111' "
                        "order by id limit 1")[0]


@pytest.mark.parametrize("prefix", LANGUAGES.values())
def test_anyone_reads_verdict_masked_holder_issuer_dates_and_both_signatures(code, prefix):
    found = queries.verifiable(code)
    answer = client().get(f"{prefix}/verify/{code}/")
    said = text_of(answer)
    assert answer.status_code == 200
    assert ("Genuine and in force" if prefix else "真实，有效") in said
    assert ("a sample of the trial" if prefix else "示例") in said
    assert found.shown is not None and found.shown.holder in said and "*" in found.shown.holder
    assert found.shown.issuer.name.in_("en" if prefix else "zh-hans") in said
    assert said.count("Holds" if prefix else "有效 ") >= 2
    assert "software key" in said if prefix else "软件密钥" in said
    assert not answer.cookies


def test_the_form_leads_to_the_licence_even_from_a_whole_address_or_the_code_in_fours_as_printed(code):
    for written in (code, f" {code} ", " ".join(code[at:at + 4] for at in range(0, len(code), 4)),
                    f"https://node.example/verify/{code}/?x=1"):
        answer = client().get("/verify/", {"code": written})
        assert (answer.status_code, answer["Location"]) == (303, f"/verify/{code}/")


def test_an_unknown_code_is_answered_kindly(db):
    answer = client().get("/en/verify/abcdefghijklmnop/")
    assert answer.status_code == 404
    assert "One wrong character is enough" in text_of(answer)


@pytest.mark.parametrize("value", HOSTILE)
def test_no_code_breaks_the_page(db, value):
    answer = client().get(f"/verify/{quote(value, safe='')}/")
    assert answer.status_code == 404 and "<script>alert" not in answer.content.decode()
    assert client().get("/verify/", {"code": value}).status_code in (303, 422)


def test_the_verdict_follows_the_state(db):
    person = journeys.citizen("赵示例")
    kind = next(each.code for each in queries.licence_types() if each.definition.holder != "ENTITY")
    fields = {each.name: "示例" for each in queries.licence_type(kind).definition.fields}
    licence = licences.register_licence(TESTER, type_code=kind, holder=person.party, fields=fields, number="S-1",
                                        valid_from=date(2026, 1, 1))
    for state, words in ((LicenceState.SUSPENDED, "suspended"), (LicenceState.ISSUED, "in force"),
                         (LicenceState.REVOKED, "Revoked")):
        licences.change_state(TESTER, code=licence, state=state, reason="示例理由")
        assert words in text_of(client().get(f"/en/verify/{licence}/")), state


def test_a_sample_that_is_suspended_says_both(db, code):
    licences.change_state(TESTER, code=code, state=LicenceState.SUSPENDED, reason="示例理由")
    said = text_of(client().get(f"/verify/{code}/"))
    assert "真实，但已暂扣" in said and "发证机关恢复之前不能用" in said and "示例，不产生任何权利" in said


def test_every_verdict_has_words_and_nothing_false_is_repeated(db, code):
    found = queries.verifiable(code)
    for verdict in Verdict:
        words, tone, meaning = verdict_words(replace(found, verdict=verdict))
        assert words and meaning and (tone == "done") is (verdict is Verdict.VALID)
