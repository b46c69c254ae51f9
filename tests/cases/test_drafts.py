"""Drafts save themselves, survive, are private and follow their item."""

import pytest

from tests import journeys
from tests.cases.given import PAPERS, PLAIN, REASON, own, refused, written
from tests.journeys import act, as_actor
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.access import draft_to_read
from tongban.cases.actions import submit_draft
from tongban.cases.errors import DraftNotFound
from tongban.catalogue.rules import code_of
from tongban.kernel import database

SECRET = "门牌三百零七号"


@pytest.fixture
def person(db):
    return journeys.citizen()


def begun(person, **answers) -> str:
    return act(person, cases.start_draft, item_code=code_of(own(PLAIN)), applicant=person.party,
               answers=answers or {"premises_name": SECRET})


def test_what_was_typed_is_there_again_right_or_wrong(person, at):
    key = begun(person)
    act(person, cases.save_draft, key=key, answers={"premises_name": 7, "unknown": ["x"]}, situation="")
    with as_actor(person):
        found = draft_to_read(person, key)
    assert found.typed == {"premises_name": 7, "unknown": ["x"]}
    assert found.revision == 1


def test_a_situation_nobody_offers_is_not_kept(person):
    key = begun(person)
    act(person, cases.save_draft, key=key, answers={}, situation="made-up")
    with as_actor(person):
        assert draft_to_read(person, key).situation == ""


def test_a_draft_outlives_the_connection(person):
    key = begun(person)
    with as_actor(person):
        pass
    for alias in ("citizen", "worker"):
        with database.serving(alias):
            database.connection().close()
    with as_actor(person):
        assert draft_to_read(person, key).typed == {"premises_name": SECRET}
        assert [draft.key for draft in queries.drafts_of(person.parties)] == [key]


@requirement("SEC-06")
def test_answers_lie_encrypted(person):
    key = begun(person)
    row, = database.row("select d::text from cases_draft d where key = %s", [key])
    assert SECRET not in row
    assert SECRET.encode().hex() not in row
    number = act(person, submit_draft, key=key).number
    kept, = database.row("select c::text from cases_case c where number = %s", [number])
    assert SECRET not in kept


@requirement("SEC-06")
def test_nobody_else_reads_changes_sends_or_discards_a_draft(person):
    key = begun(person)
    stranger = journeys.citizen()
    for action, arguments in ((cases.save_draft, {"answers": {}}), (cases.discard_draft, {}), (submit_draft, {}),
                              (cases.attach_to_draft, {"material": None, "code": "x"})):
        refused(DraftNotFound, stranger, action, key=key, **arguments)
    with as_actor(stranger):
        with pytest.raises(DraftNotFound):
            draft_to_read(stranger, key)
        assert queries.drafts_of(person.parties) == []
        assert database.row("select count(*) from cases_draft where key = %s", [key]) == (0,)


def test_officers_have_no_way_to_drafts(person):
    begun(person)
    with database.serving("officer"):
        assert database.row("select has_table_privilege('cases_draft', 'select')") == (False,)


def test_sending_empties_the_draft(person):
    key = begun(person)
    number = act(person, submit_draft, key=key).number
    assert database.row("select submitted_as, answers from cases_draft where key = %s", [key]) == (number, "")
    with as_actor(person):
        assert queries.drafts_of(person.parties) == []
    refused(DraftNotFound, person, cases.save_draft, key=key, answers={"premises_name": "后来改的"})


def test_a_discarded_draft_is_erased(person):
    key = begun(person)
    act(person, cases.discard_draft, key=key)
    assert database.row("select answers, materials::text from cases_draft where key = %s", [key]) == ("", "[]")
    refused(DraftNotFound, person, submit_draft, key=key)


def test_a_new_paper_takes_the_place_of_the_old_one(person):
    key = journeys.new_draft(person, PAPERS)
    with as_actor(person):
        before = draft_to_read(person, key).given
    act(person, cases.attach_to_draft, key=key, material=before[0], code=before[0].code)
    with as_actor(person):
        after = draft_to_read(person, key).given
    assert sorted(each.code for each in after) == sorted(each.code for each in before)


def test_starting_is_recorded_and_typing_is_not(person):
    key = begun(person)
    names = "select name from kernel_event where subject = %s"
    assert database.rows(names, [f"draft:{key}"]) == [("DraftStarted",)]
    before = written()["kernel_event"]
    act(person, cases.save_draft, key=key, answers={"premises_name": REASON})
    assert written()["kernel_event"] == before
