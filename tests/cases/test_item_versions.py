"""An open case keeps the version it was sent under; a suspended item takes no applications (CAT-43, CAT-44, TIM-15)."""

import msgspec
import pytest

from tests import journeys
from tests.cases.given import ANSWERS, applied, own_item, refused, shanghai, stored
from tests.catalogue.given import AT_THE_COUNTER, EDITOR, limit, publish
from tests.journeys import act, as_actor
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.access import draft_to_read
from tongban.cases.actions import submit_draft
from tongban.cases.errors import ApplicantNotServed, ItemNotOpen, NotOnline
from tongban.cases.types import Outcome, State
from tongban.catalogue import actions as catalogue
from tongban.catalogue import queries as known
from tongban.catalogue.rules import code_of
from tongban.catalogue.types import ServiceObject
from tongban.kernel import clock


def republished(item, **changes):
    definition = msgspec.structs.replace(item, **changes)
    assert publish(definition) == 2
    return definition


@requirement("CAT-43", "TIM-15")
@pytest.mark.parametrize(("days", "due"), [(2, (3, 5)), (15, (3, 24))], ids=["shortened", "lengthened"])
def test_a_new_promise_binds_new_cases_only(db, days, due):
    item = own_item()
    old = applied(item)
    republished(item, promised_limit=limit(days))
    new = applied(item, version=2)
    for matter in (old, new):
        matter.by("clerk", cases.accept_case)
    assert (old.row.item_version, old.row.promised_due_at) == (1, shanghai(3, 17))
    assert (new.row.item_version, new.row.promised_due_at) == (2, shanghai(*due))


@requirement("CAT-43")
def test_a_case_under_way_keeps_its_process_when_the_item_gets_another(db):
    item = own_item()
    matter = applied(item)
    republished(item, process="site-check")
    matter.by("clerk", cases.accept_case)
    assert journeys.open_verbs(matter.number) == {"examine"}
    later = applied(item, version=2)
    later.by("clerk", cases.accept_case)
    assert journeys.open_verbs(later.number) == {"examine", "inspect"}


@requirement("CAT-43")
def test_suspending_the_clock_counts_by_the_old_version(db, at):
    item = own_item(promised_limit=limit(5))
    matter = applied(item)
    matter.by("clerk", cases.accept_case)
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    republished(item, promised_limit=limit(2))
    matter.by("reviewer", cases.suspend_case, procedure="hearing", announced_end=shanghai(3, 9).date())
    at(shanghai(3, 3, 10))
    matter.by("reviewer", cases.resume_case)
    assert matter.row.promised_due_at == shanghai(3, 11)


@requirement("CAT-43")
def test_a_draft_is_sent_under_the_version_in_force_on_that_day(db):
    person, item = journeys.citizen(), own_item()
    key = act(person, cases.start_draft, item_code=code_of(item), applicant=person.party, answers=ANSWERS)
    republished(item, promised_limit=limit(3))
    with as_actor(person):
        assert draft_to_read(person, key).item_version == 2
    number = act(person, submit_draft, key=key).number
    assert stored(number).item_version == 2


@requirement("CAT-44")
def test_a_suspended_item_takes_no_applications_and_keeps_drafts(db):
    person, item = journeys.citizen(), own_item()
    code = code_of(item)
    key = act(person, cases.start_draft, item_code=code, applicant=person.party, answers=ANSWERS)
    catalogue.suspend_item(EDITOR, code=code)
    refused(ItemNotOpen, person, cases.start_draft, item_code=code, applicant=person.party)
    refused(ItemNotOpen, person, submit_draft, key=key)
    refused(ItemNotOpen, person, cases.submit_case, item_code=code, item_version=1, situation="", answers=ANSWERS,
            materials=(), applicant=person.party, key="direct", now=clock.now())
    with as_actor(person):
        assert draft_to_read(person, key).typed == ANSWERS
    catalogue.resume_item(EDITOR, code=code)
    assert not act(person, submit_draft, key=key).again


@requirement("CAT-44")
def test_a_cancelled_item_takes_no_applications(db):
    person, item = journeys.citizen(), own_item()
    catalogue.cancel_item(EDITOR, code=code_of(item))
    refused(ItemNotOpen, person, cases.start_draft, item_code=code_of(item), applicant=person.party)
    assert not known.guide(code_of(item)).is_open


def test_what_is_done_at_the_counter_only_is_not_begun_or_sent_online(db):
    person, item = journeys.citizen(), own_item()
    key = act(person, cases.start_draft, item_code=code_of(item), applicant=person.party, answers=ANSWERS)
    republished(item, **AT_THE_COUNTER)
    refused(NotOnline, person, cases.start_draft, item_code=code_of(item), applicant=person.party)
    refused(NotOnline, person, submit_draft, key=key)
    refused(NotOnline, person, cases.submit_case, item_code=code_of(item), item_version=2, situation="",
            answers=ANSWERS, materials=(), applicant=person.party, key="direct", now=clock.now())


@pytest.mark.parametrize(("wanted", "changes"), [
    ("person", {"objects": (ServiceObject.PERSON,), "themes_entity": ()}),
    ("firm", {"objects": (ServiceObject.ENTERPRISE,), "themes_person": ()}),
])
def test_only_those_a_service_is_meant_for_begin_or_send_an_application(db, wanted, changes):
    owner, item = journeys.with_firm(journeys.citizen()), own_item(**changes)
    parties = {"person": owner.party, "firm": owner.entities[0]}
    for name, party in parties.items():
        if name == wanted:
            key = act(owner, cases.start_draft, item_code=code_of(item), applicant=party, answers=ANSWERS)
            assert not act(owner, submit_draft, key=key).again
            continue
        refused(ApplicantNotServed, owner, cases.start_draft, item_code=code_of(item), applicant=party)
        refused(ApplicantNotServed, owner, cases.submit_case, item_code=code_of(item), item_version=1, situation="",
                answers=ANSWERS, materials=(), applicant=party, key="direct", now=clock.now())


def test_open_cases_of_a_suspended_item_go_on(db):
    item = own_item()
    matter = applied(item)
    catalogue.suspend_item(EDITOR, code=code_of(item))
    matter.by("clerk", cases.accept_case)
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED)
    assert matter.state is State.DECIDED


def test_whoever_sent_before_the_item_was_suspended_still_gets_the_first_answer(db):
    person, item = journeys.citizen(), own_item()
    first = applied(item, person, key="before")
    catalogue.suspend_item(EDITOR, code=code_of(item))
    assert applied(item, person, key="before").number == first.number
