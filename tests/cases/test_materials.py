"""What must be there, what may come later, what the state holds already (MAT-01, MAT-06, CAT-40, CASE-31)."""

from datetime import date, datetime

import pytest

from tests import journeys
from tests.cases.given import LICENSED, RULE, SHANGHAI, Matter, missing, refused, shanghai, staff
from tests.journeys import act, as_actor
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.actions import submit_draft
from tongban.cases.errors import Incomplete, LaterMaterialsOutstanding, MoveNotAllowed, NothingPromised
from tongban.cases.events import PromiseBroken, PromiseKept
from tongban.cases.queries import materials_of
from tongban.cases.tasks import note_broken_promises
from tongban.cases.types import GivenMaterial, Outcome, State, TrustLevel, Way
from tongban.catalogue import queries as catalogue
from tongban.documents.errors import DocumentNotFound
from tongban.identity import queries as identity
from tongban.licences import queries as licences
from tongban.licences.actions import change_state, register_licence
from tongban.licences.types import LicenceState
from tongban.messages import queries as messages

LATER, PLAN, HELD = "safety-rules", "layout-plan", "identity-card"


def guide():
    return catalogue.guide(catalogue.code_of(LICENSED))


def named(code: str):
    return next(each for each in guide().materials if each.code == code)


def promise(code: str) -> GivenMaterial:
    return GivenMaterial(code=code, name=named(code).name, way=Way.LATER, trust=TrustLevel.D, due_on=date(2026, 3, 16))


def draft_with(person, *given: GivenMaterial, without: tuple[str, ...] = ()) -> str:
    """A complete draft, some of its papers given otherwise or not at all."""
    key = journeys.new_draft(person, LICENSED)
    for code in without:
        act(person, cases.attach_to_draft, key=key, material=None, code=code)
    for each in given:
        act(person, cases.attach_to_draft, key=key, material=each, code=each.code)
    return key


def sent(person, key: str) -> Matter:
    return Matter(number=act(person, submit_draft, key=key).number, person=person,
                  staff=staff(journeys.authority_of(LICENSED)))


def ready_to_decide(matter: Matter) -> None:
    matter.by("clerk", cases.accept_case)
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    matter.by("inspector", cases.examine_case, recommends=True, **journeys.check("inspect", matter.staff.clerk))


@pytest.fixture
def person(db):
    return journeys.with_firm(journeys.citizen())


@requirement("MAT-06")
def test_a_promised_paper_lets_the_case_be_accepted_and_examined_but_not_granted(person):
    matter = sent(person, draft_with(person, promise(LATER)))
    kept = next(each for each in materials_of(matter.row.id) if each.code == LATER)
    assert (kept.way, kept.document) == (Way.LATER, None)
    ready_to_decide(matter)
    refused(LaterMaterialsOutstanding, matter.staff.decider, cases.decide_case, number=matter.number,
            outcome=Outcome.GRANTED)
    assert matter.state is State.UNDER_REVIEW


@requirement("MAT-06")
def test_once_the_promised_paper_has_come_the_case_can_be_granted(person):
    matter = sent(person, draft_with(person, promise(LATER)))
    ready_to_decide(matter)
    matter.by("clerk", cases.request_corrections, items=missing(LATER))
    kept = act(person, journeys.picture_of, party=person.entities[0])
    matter.by("person", cases.answer_corrections, answers={}, materials=(
        GivenMaterial(code=LATER, name=named(LATER).name, way=Way.UPLOAD, trust=TrustLevel.C, document=kept.id),))
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED)
    assert matter.state is State.DECIDED


def upload(person, code: str) -> GivenMaterial:
    kept = act(person, journeys.picture_of, party=person.entities[0])
    return GivenMaterial(code=code, name=named(code).name, way=Way.UPLOAD, trust=TrustLevel.C, document=kept.id)


@requirement("MAT-06")
def test_a_promised_paper_is_brought_without_being_asked(person):
    matter = sent(person, draft_with(person, promise(LATER)))
    ready_to_decide(matter)
    brought = upload(person, LATER)
    matter.by("person", cases.bring_promised, materials=(brought,))
    kept = next(each for each in materials_of(matter.row.id) if each.code == LATER)
    assert (kept.way, kept.document) == (Way.UPLOAD, brought.document)
    assert queries.timeline(matter.number)[-1].happened == PromiseKept(materials=[LATER])
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED)
    refused(MoveNotAllowed, person, cases.bring_promised, number=matter.number, materials=(upload(person, LATER),))


def test_only_what_was_promised_is_taken_as_promised(person):
    matter = sent(person, draft_with(person, promise(LATER)))
    for given in ((), (upload(person, PLAN),), (promise(LATER),)):
        refused(NothingPromised, person, cases.bring_promised, number=matter.number, materials=given)
    assert next(each for each in materials_of(matter.row.id) if each.code == LATER).way is Way.LATER


def overdue(person) -> Matter:
    """A case of which the promised paper did not come by its day, noted by the tick."""
    matter = sent(person, draft_with(person, promise(LATER)))
    matter.by("clerk", cases.accept_case)
    return matter


@requirement("MAT-06")
def test_a_promise_is_broken_when_its_last_day_is_over_and_not_before(person, at):
    matter = overdue(person)
    at(shanghai(3, 16, 23, 59))
    note_broken_promises()
    assert "PromiseBroken" not in matter.happened
    at(shanghai(3, 17))
    note_broken_promises()
    note_broken_promises()
    assert matter.happened.count("PromiseBroken") == 1
    told = matter.events[-1]
    assert (told.happened, told.actor, told.party) == (PromiseBroken(materials=[LATER]), "system:tick", person.entities[0])
    assert next(each for each in materials_of(matter.row.id) if each.code == LATER).overdue_at == shanghai(3, 17)


@requirement("MAT-06")
def test_a_broken_promise_is_told_and_mended_by_bringing_the_paper(person, at, catch_up):
    matter = overdue(person)
    at(shanghai(3, 17, 9))
    note_broken_promises()
    catch_up()
    with as_actor(person):
        letters = [each for each in messages.inbox(person.entities) if each.about == matter.number]
    assert "到期没有收到" in letters[0].title.zh and "overdue" in letters[0].title.en
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    matter.by("inspector", cases.examine_case, recommends=True, **journeys.check("inspect", matter.staff.clerk))
    refused(LaterMaterialsOutstanding, matter.staff.decider, cases.decide_case, number=matter.number,
            outcome=Outcome.GRANTED)
    matter.by("person", cases.bring_promised, materials=(upload(person, LATER),))
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED)
    assert matter.state is State.DECIDED


def test_a_promise_in_a_case_that_is_over_is_not_broken(person, at):
    matter = overdue(person)
    matter.by("person", cases.withdraw_case)
    at(shanghai(3, 17))
    note_broken_promises()
    assert cases.break_promises(RULE, number=matter.number) is False and "PromiseBroken" not in matter.happened


@requirement("MAT-07")
def test_who_owes_an_overdue_paper_promises_no_other_until_it_has_come(person, at):
    matter = overdue(person)
    at(shanghai(3, 17))
    key = draft_with(person, GivenMaterial(code=LATER, name=named(LATER).name, way=Way.LATER, trust=TrustLevel.D,
                                           due_on=date(2026, 3, 31)))
    note_broken_promises()
    error = refused(Incomplete, person, submit_draft, key=key)
    assert [(each.code, each.field) for each in error.problems] == [("promise_broken", f"m-{LATER}")]
    matter.by("person", cases.bring_promised, materials=(upload(person, LATER),))
    assert act(person, submit_draft, key=key).number


def test_a_broken_promise_bars_no_one_for_ever(person, at):
    overdue(person)
    at(shanghai(3, 17))
    note_broken_promises()
    at(datetime(2027, 3, 18, 9, tzinfo=SHANGHAI))
    assert sent(person, draft_with(person, promise(LATER))).state is State.SUBMITTED


def test_a_case_can_be_refused_without_the_promised_paper(person):
    matter = sent(person, draft_with(person, promise(LATER)))
    ready_to_decide(matter)
    matter.by("decider", cases.decide_case, outcome=Outcome.REFUSED, reason="场所不符合卫生要求。")
    assert matter.state is State.DECIDED


@requirement("MAT-06")
def test_only_what_the_item_marks_may_come_later(person):
    key = draft_with(person, promise(PLAN))
    error = refused(Incomplete, person, submit_draft, key=key)
    assert [problem.field for problem in error.problems] == [f"m-{PLAN}"]


@requirement("MAT-06")
def test_a_paper_that_may_come_later_must_still_be_promised(person):
    error = refused(Incomplete, person, submit_draft, key=draft_with(person, without=(LATER,)))
    assert [problem.field for problem in error.problems] == [f"m-{LATER}"]


@requirement("CAT-40", "CASE-31", "MAT-04")
def test_a_licence_the_state_holds_stands_for_a_paper(person):
    holder = identity.party(person.party)
    assert holder is not None
    kind = named(HELD).exempt_by.licence_type
    fields = {each.name: "示例" for each in licences.licence_type(kind).definition.fields}
    code = register_licence(journeys.TESTER, type_code=kind, holder=person.party, fields=fields, number=holder.code,
                            valid_from=date(2020, 1, 1), valid_to=date(2040, 1, 1))
    with as_actor(person):
        (evidence,) = licences.usable_for([person.party], [kind])
    assert evidence.identifier == licences.licence(code).identifier
    stands = GivenMaterial(code=HELD, name=named(HELD).name, way=Way.LICENCE, trust=TrustLevel(evidence.trust),
                           licence=evidence.identifier, source=evidence.source)
    matter = sent(person, draft_with(person, stands, without=(HELD,)))
    kept = next(each for each in materials_of(matter.row.id) if each.code == HELD)
    assert (kept.way, kept.trust, kept.licence) == (Way.LICENCE, TrustLevel.A, evidence.identifier)
    assert kept.document is None
    assert kept.source == evidence.source


@requirement("CAT-40")
@pytest.mark.parametrize("ended", ["revoked", "expired", "another's"])
def test_a_licence_that_lapsed_before_the_draft_was_sent_stands_for_nothing(person, at, ended):
    holder = journeys.citizen() if ended == "another's" else person
    kind = named(HELD).exempt_by.licence_type
    code = register_licence(journeys.TESTER, type_code=kind, holder=holder.party, number=journeys.new_id_number(),
                            fields={each.name: "示例" for each in licences.licence_type(kind).definition.fields},
                            valid_from=date(2020, 1, 1), valid_to=date(2026, 3, 2))
    stands = GivenMaterial(code=HELD, name=named(HELD).name, way=Way.LICENCE, trust=TrustLevel.A,
                           licence=licences.licence(code).identifier)
    key = draft_with(person, stands, without=(HELD,))
    if ended == "revoked":
        change_state(journeys.TESTER, code=code, state=LicenceState.REVOKED, reason="登记有误，撤销。")
    if ended == "expired":
        at(shanghai(3, 3, 10))
    error = refused(Incomplete, person, submit_draft, key=key)
    assert [(problem.field, problem.code) for problem in error.problems] == [(f"m-{HELD}", "licence_lapsed")]


@requirement("CAT-40")
def test_without_licence_and_without_upload_the_paper_is_missing(person):
    error = refused(Incomplete, person, submit_draft, key=draft_with(person, without=(HELD,)))
    assert [problem.field for problem in error.problems] == [f"m-{HELD}"]


@requirement("MAT-01")
def test_each_paper_carries_how_far_it_may_be_relied_on(person):
    matter = sent(person, draft_with(person))
    trust = {each.code: (each.way, each.trust) for each in materials_of(matter.row.id)}
    form = next(each.code for each in guide().materials if each.from_form)
    assert trust[form] == (Way.FORM, TrustLevel.D)
    assert trust[PLAN] == (Way.UPLOAD, TrustLevel.C)


def test_papers_nobody_asks_for_are_left_out_and_each_is_kept_once(person):
    made_up = GivenMaterial(code="made-up", name=named(PLAN).name, way=Way.LATER, trust=TrustLevel.D)
    matter = sent(person, draft_with(person, made_up))
    codes = [each.code for each in materials_of(matter.row.id)]
    assert "made-up" not in codes
    assert len(codes) == len(set(codes))


def test_nobody_attaches_the_file_of_another(person):
    stranger = journeys.citizen()
    theirs = act(stranger, journeys.picture_of, party=stranger.party)
    key = draft_with(person, GivenMaterial(code=PLAN, name=named(PLAN).name, way=Way.UPLOAD, trust=TrustLevel.C,
                                           document=theirs.id))
    refused(DocumentNotFound, person, submit_draft, key=key)
