"""Sent once is received once, whatever the finger, the network or the clock does (LAL art. 29)."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import Error, connections

from tests import journeys
from tests.cases.given import ANSWERS, LICENSED, PAPERS, applied, own_item, refused, written
from tests.catalogue.given import EDITOR, form
from tests.conftest import MONDAY
from tests.journeys import act, as_actor
from tongban.cases import actions as cases
from tongban.cases.actions import submit_draft
from tongban.cases.errors import ApplicantNotYours, Incomplete, SameKeyOtherContent
from tongban.catalogue import actions as catalogue
from tongban.catalogue.rules import code_of
from tongban.forms.types import FormDefinition
from tongban.kernel import clock, database


def cases_of(person) -> list[str]:
    return [number for (number,) in database.rows(
        "select number from cases_case where applicant_id = any(%s) order by id", [list(person.parties)])]


def receptions_of(person) -> int:
    return database.row("select count(*) from kernel_event where name = 'CaseSubmitted' and party = any(%s)",
                        [list(person.parties)])[0]


def all_at_once(times: int, work: Callable[[], Any]) -> list[Any]:
    """Run in as many threads, each with connections of its own."""
    found, ready = [], threading.Barrier(times)

    def run() -> None:
        ready.wait()
        try:
            found.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def send(person, definition, key, **answers):
    with as_actor(person):
        return cases.submit_case(person, item_code=code_of(definition), item_version=1, situation="",
                                 answers={**ANSWERS, **answers}, materials=(), applicant=person.party, key=key,
                                 now=clock.now())


def test_the_same_key_again_gives_the_same_case(db):
    person, item = journeys.citizen(), own_item()
    first = send(person, item, "once")
    before = written()
    again = send(person, item, "once")
    assert (first.again, again.again) == (False, True)
    assert again.number == first.number
    assert written() == before
    assert cases_of(person) == [first.number]


def test_other_content_under_a_used_key_is_refused(db):
    person, item = journeys.citizen(), own_item()
    first = send(person, item, "once")
    refused(SameKeyOtherContent, person, cases.submit_case, item_code=code_of(item), item_version=1, situation="",
            answers={"premises_name": "另一家店"}, materials=(), applicant=person.party, key="once", now=clock.now())
    assert cases_of(person) == [first.number]


def test_a_planned_day_that_has_passed_since_is_no_reason_to_refuse_a_repeat(db, at):
    planned = msgspec.to_builtins(form("planned-question"))
    planned["schema"]["properties"] = {"starts_on": {"type": "string", "format": "date"}}
    planned["schema"]["required"] = ["starts_on"]
    planned["fields"] = {"starts_on": {"label": {"zh": "哪天开始", "en": "From"}, "not_before": "today"}}
    planned["pages"][0]["fields"] = ["starts_on"]
    catalogue.publish_form(EDITOR, definition=msgspec.convert(planned, FormDefinition))
    person, item = journeys.citizen(), own_item(form="planned-question")
    content = {"item_code": code_of(item), "item_version": 1, "situation": "", "materials": (),
               "applicant": person.party, "now": clock.now()}
    refused(Incomplete, person, cases.submit_case, answers={"starts_on": "2026-03-01"}, key="late", **content)
    first = act(person, cases.submit_case, answers={"starts_on": "2026-03-02"}, key="on time", **content)
    at(MONDAY + timedelta(days=1))
    again = act(person, cases.submit_case, answers={"starts_on": "2026-03-02"}, key="on time",
                **{**content, "now": clock.now()})
    assert again.again and again.number == first.number


def test_a_repeat_shares_no_file_again_and_what_is_refused_shares_none(db):
    person, key = journeys.citizen(), "files"
    guide = journeys.catalogue.guide(journeys.catalogue.code_of(PAPERS))
    situation = guide.situation.options[0].code
    with as_actor(person):
        first, other = (journeys.upload_all(person, guide, person.party, situation) for _ in range(2))
    content = {"item_code": guide.code, "item_version": guide.version, "situation": situation,
               "applicant": person.party, "answers": journeys.sample_answers(guide), "key": key, "now": clock.now()}
    assert not act(person, cases.submit_case, materials=first, **content).again
    before = written()
    assert act(person, cases.submit_case, materials=first, **content).again
    assert written() == before
    refused(SameKeyOtherContent, person, cases.submit_case, materials=other, **content)
    shared = {document for (document,) in database.rows("select id from documents_document where authorities <> '{}'")}
    assert {each.document for each in first} <= shared
    assert not {each.document for each in other} & shared


def test_two_people_may_use_the_same_key(db):
    item = own_item()
    one, other = journeys.citizen(), journeys.citizen()
    assert send(one, item, "shared").number != send(other, item, "shared").number


def test_sixteen_threads_with_one_key_make_one_case(db):
    person, item = journeys.citizen(), own_item()
    found = all_at_once(16, lambda: send(person, item, "race"))
    assert {each.number for each in found} == set(cases_of(person))
    assert len(cases_of(person)) == 1
    assert sorted(each.again for each in found) == [False] + [True] * 15
    assert receptions_of(person) == 1


def test_sixteen_clicks_on_one_draft_make_one_case(db):
    person = journeys.citizen()
    key = journeys.new_draft(person, PAPERS)

    def click():
        with as_actor(person):
            return submit_draft(person, key=key)

    found = all_at_once(16, click)
    assert {each.number for each in found} == set(cases_of(person))
    assert len(cases_of(person)) == 1
    assert sorted(each.again for each in found) == [False] + [True] * 15
    assert receptions_of(person) == 1


def test_the_losers_of_a_race_use_up_no_number(db):
    person, item = journeys.citizen(), own_item()
    all_at_once(8, lambda: send(person, item, "race"))
    assert applied(item).number[-4:] == "0002"


def test_an_answer_lost_on_the_way_back_is_given_again(db):
    person, item = journeys.citizen(), own_item()

    def received_but_never_told() -> None:
        send(person, item, "lost")
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        received_but_never_told()
    assert send(person, item, "lost").number == cases_of(person)[0]
    assert receptions_of(person) == 1


def test_a_connection_lost_before_the_commit_leaves_nothing_and_the_next_try_succeeds(db):
    person, item = journeys.citizen(), own_item()
    before = written()

    def cut_off() -> None:
        with as_actor(person):
            cases.submit_case(person, item_code=code_of(item), item_version=1, situation="", answers=ANSWERS,
                              materials=(), applicant=person.party, key="cut", now=clock.now())
            database.connection().connection.close()

    with pytest.raises(Error):
        cut_off()
    connections["citizen"].close()
    assert written() == before
    assert not send(person, item, "cut").again
    assert len(cases_of(person)) == 1


def test_nothing_is_received_while_answers_or_materials_are_missing_and_all_are_named_at_once(db):
    person = journeys.with_firm(journeys.citizen())
    with as_actor(person):
        guide = journeys.catalogue.guide(journeys.catalogue.code_of(LICENSED))
        key = cases.start_draft(person, item_code=guide.code, applicant=person.entities[0])
        cases.save_draft(person, key=key, answers={"premises_name": "示例小馆"},
                         situation=guide.situation.options[0].code)
    error = refused(Incomplete, person, submit_draft, key=key)
    fields = {problem.field for problem in error.problems}
    assert {"m-layout-plan", "m-business-licence", "m-identity-card"} <= fields
    assert any(field.startswith("f-") for field in fields)


def test_nobody_applies_for_someone_else(db):
    person, stranger, item = journeys.citizen(), journeys.citizen(), own_item()
    refused(ApplicantNotYours, person, cases.submit_case, item_code=code_of(item), item_version=1, situation="",
            answers=ANSWERS, materials=(), applicant=stranger.party, key="mine", now=clock.now())
    refused(ApplicantNotYours, person, cases.start_draft, item_code=code_of(item), applicant=stranger.party)
