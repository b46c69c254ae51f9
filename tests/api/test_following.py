"""Following a case: one's own in full, anyone's by number and query code, no stranger's at all."""

import pytest

from tests.api.given import Program, application, firm, signed_in
from tests.journeys import TESTER, act, authority_of, officer
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.access import status_by_code
from tongban.identity.errors import TooManyGuesses
from tongban.identity.types import Role
from tongban.kernel import database, events
from tongban.kernel.codes import sequence_text
from tongban.kernel.parameters import ParameterSet


def sent(food):
    actor, uscc, program = firm()
    return actor, program, program.apply(application(food, uscc, program)).json


def test_ones_own_case_tells_state_dates_and_what_happened(food):
    _, program, receipt = sent(food)
    actor_party = database.row("select applicant_id from cases_case where number = %s", [receipt["number"]])[0]
    events.record(TESTER, ParameterSet(name="x", value=1, effective_from="2026-01-01"), subject=receipt["number"],
                  party=actor_party)
    clerk = officer(authority_of(food.slug), Role.RECEPTIONIST)
    act(clerk, cases.accept_case, number=receipt["number"])
    answer = program.get(f"cases/{receipt['number']}")
    assert answer.status == 200
    assert (answer.json["state"], answer.json["state_code"]) == ("ACCEPTED", "20")
    assert answer.json["due_at"] == answer.json["promised_due_at"] > answer.json["accepted_at"]
    assert (answer.json["received_on"], answer.json["query_code"]) == ("2026-03-02", receipt["query_code"])
    assert [(each["event"], each["by"]) for each in answer.json["timeline"]] == [
        ("CaseSubmitted", "applicant"), ("CaseAccepted", "authority")]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_strangers_case_looks_like_one_that_does_not_exist(food):
    _, _, receipt = sent(food)
    stranger = signed_in()
    missing = receipt["number"][:-4] + sequence_text(30_000)
    theirs, nothing = stranger.get(f"cases/{receipt['number']}"), stranger.get(f"cases/{missing}")
    assert theirs.status == nothing.status == 404
    assert theirs.content == nothing.content and dict(theirs.headers) == dict(nothing.headers)
    assert Program().get(f"cases/{receipt['number']}").status == 401


@requirement("CASE-14")
def test_number_and_query_code_open_the_status_without_signing_in(food):
    _, _, receipt = sent(food)
    number, code = receipt["number"], receipt["query_code"]
    answer = Program().get(f"cases/{number}/status?code={code[:4].lower()}-{code[4:]}")
    assert (answer.status, answer.json["state"]) == (200, "SUBMITTED")
    assert set(answer.json) == {"number", "item_name", "state", "state_code", "submitted_at", "due_at"}
    wrong, missing = (Program().get(f"cases/{each}/status?code=00000000")
                      for each in (number, number[:-4] + sequence_text(30_000)))
    assert wrong.status == 404 and wrong.content == missing.content
    assert Program().get(f"cases/{number}/status").status == 422
    assert Program().get(f"cases/{number}/status?code=%00%ff").status == 404


def test_a_query_code_may_be_typed_as_it_was_heard(food):
    receipt = sent(food)[2]
    while not {"0", "1"} & set(receipt["query_code"]):
        receipt = sent(food)[2]
    heard = receipt["query_code"].lower().replace("0", "o").replace("1", "l")
    assert Program().get(f"cases/{receipt['number']}/status?code={heard}").status == 200


def test_without_a_key_one_is_told_to_send_one_in_the_word_of_the_page_that_gives_it(db):
    titles = [Program(language=asked).get("me").json["title"] for asked in ("en", "zh-CN")]
    assert "a key" in titles[0] and "密钥" in titles[1] and all("/me/programs/" in each for each in titles)


def test_a_token_tells_whose_it_is(food):
    _, uscc, program = firm()
    answer = program.get("me")
    assert answer.json["firms"][0]["uscc"] == uscc
    assert (answer.json["name"], answer.json["channel"]) == ("张**", "api")


@requirement("IDN-16")
def test_codes_guessed_by_a_program_are_counted_with_those_typed_on_the_page(food):
    _, _, receipt = sent(food)
    number, code = receipt["number"], receipt["query_code"]
    program, here, elsewhere = Program(), "127.0.0.1", "192.0.2.77"
    before = database.row("select count(*) from kernel_event where name = 'LookUpFailed'")[0]
    for _ in range(2):
        assert status_by_code(number, "AAAAAAAA", address=here) is None
    for _ in range(3):
        assert program.get(f"cases/{number}/status?code=AAAAAAAA").status == 404
    assert database.row("select count(*) from kernel_event where name = 'LookUpFailed'")[0] == before + 5
    refused = program.get(f"cases/{number}/status?code={code}")
    assert refused.status == 429 and refused.json["type"].endswith(":too_many_guesses")
    with pytest.raises(TooManyGuesses):
        status_by_code(number, code, address=here)
    with database.serving("public"):
        found = status_by_code(number, code, address=elsewhere)
    assert found is not None and found.number == number, "whoever guesses keeps nobody else out"
