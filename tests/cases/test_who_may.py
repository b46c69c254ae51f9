"""Who may do what to a case: the permissions matrix, and strangers who learn nothing (27.1)."""

import pytest

from tests import journeys
from tests.cases.given import (
    PLAIN,
    REASON,
    accepted,
    asked_to_correct,
    examined,
    missing,
    own,
    received,
    refused,
    suspended,
)
from tests.requirements import requirement
from tongban.authorities import queries as authorities
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.access import case_to_read
from tongban.cases.errors import CaseNotFound, RightMissing
from tongban.cases.types import DeclineGround, Outcome
from tongban.catalogue.rules import code_of
from tongban.identity.types import Role
from tongban.kernel import database

R = Role


def corrected():
    """A case whose first notice was answered."""
    matter = asked_to_correct()
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    return matter


WINDOW, OFFICE = {R.RECEPTIONIST, R.REVIEWER}, {R.REVIEWER, R.DECIDER}
MATRIX = [
    ("accept", WINDOW, received, cases.accept_case, {}),
    ("decline", WINDOW, received, cases.decline_case, {"ground": DeclineGround.BARRED, "reason": REASON}),
    ("ask for corrections", WINDOW, received, cases.request_corrections, {"items": missing()}),
    ("examine", OFFICE, accepted, cases.examine_case, {"recommends": True, "opinion": ""}),
    ("resume", OFFICE, suspended, cases.resume_case, {}),
    ("decide", {R.DECIDER}, examined, cases.decide_case, {"outcome": Outcome.GRANTED}),
    ("return", {R.DECIDER}, examined, cases.return_case, {"node": "examine", "reason": REASON}),
    ("extend", {R.DECIDER}, accepted, cases.extend_case, {"days": 3, "reason": REASON}),
    ("allow a second notice", {R.SUPERVISOR}, corrected, cases.allow_second_notice, {"reason": REASON}),
    ("void", {R.SUPERVISOR}, accepted, cases.void_case, {"reason": REASON}),
]
READERS = {R.RECEPTIONIST, R.REVIEWER, R.DECIDER, R.ISSUER, R.SUPERVISOR}


def at_work(matter, role: Role):
    return journeys.officer(matter.row.authority_id, role)


@requirement("IDN-14")
@pytest.mark.parametrize(("posts", "bring", "action", "arguments"), [row[1:] for row in MATRIX],
                         ids=[row[0] for row in MATRIX])
def test_each_act_belongs_to_its_posts_and_to_no_other(db, posts, bring, action, arguments):
    matter = bring()
    for role in set(Role) - posts:
        refused(RightMissing, at_work(matter, role), action, number=matter.number, **arguments)
    refused(RightMissing, matter.person, action, number=matter.number, **arguments)
    for role in sorted(posts):
        own_case = bring()
        journeys.act(at_work(own_case, role), action, number=own_case.number, **arguments)


@requirement("IDN-14")
def test_an_officer_without_a_post_at_the_authority_learns_nothing(db):
    matter = received()
    other = next(each.id for each in authorities.authorities() if each.id != matter.row.authority_id)
    stranger = journeys.officer(other, *Role)
    for _, _, _, action, arguments in MATRIX:
        refused(CaseNotFound, stranger, action, number=matter.number, **arguments)
    with journeys.as_actor(stranger):
        assert queries.by_number(matter.number) is None


@requirement("IDN-14")
def test_another_citizen_learns_nothing(db):
    matter = received()
    stranger = journeys.citizen()
    for action, arguments in ((cases.withdraw_case, {}), (cases.deliver_case, {}),
                              (cases.answer_corrections, {"answers": {}, "materials": ()})):
        refused(CaseNotFound, stranger, action, number=matter.number, **arguments)
    with journeys.as_actor(stranger):
        assert queries.by_number(matter.number) is None
        with pytest.raises(CaseNotFound):
            case_to_read(stranger, matter.number)


@requirement("IDN-14")
@pytest.mark.parametrize("role", list(Role))
def test_case_data_is_read_by_those_who_work_on_cases(db, role):
    matter = received()
    reader = at_work(matter, role)
    with journeys.as_actor(reader):
        if role in READERS:
            assert case_to_read(reader, matter.number).number == matter.number
        else:
            with pytest.raises(RightMissing):
                case_to_read(reader, matter.number)


@requirement("IDN-14")
def test_a_post_counts_only_where_it_is_held(db):
    matter = received()
    other = next(each.id for each in authorities.authorities() if each.id != matter.row.authority_id)
    here, there = journeys.officer(matter.row.authority_id, R.SUPERVISOR), journeys.officer(other, R.RECEPTIONIST)
    both = type(here)(account=here.account, kind=here.kind, party=None, posts=(*here.posts, *there.posts))
    refused(RightMissing, both, cases.accept_case, number=matter.number)


def test_an_agent_of_the_firm_acts_on_the_firms_case(db):
    person = journeys.with_firm(journeys.citizen())
    colleague = journeys.citizen()
    colleague = type(colleague)(account=colleague.account, kind=colleague.kind, party=colleague.party,
                                entities=person.entities, proofing=colleague.proofing, channel=colleague.channel)
    with journeys.as_actor(person):
        number = cases.submit_case(
            person, item_code=code_of(own(PLAIN)), item_version=1, situation="",
            answers={"premises_name": "示例小馆"}, materials=(), applicant=person.entities[0], key="firm",
            now=database.row("select kernel_now()")[0]).number
    event = queries.timeline(number)[0]
    assert event.on_behalf_of == f"party:{person.entities[0]}"
    journeys.act(colleague, cases.withdraw_case, number=number)
    assert queries.timeline(number)[-1].actor == colleague.actor_id


def test_a_machine_reaches_a_case_by_rule_and_a_person_never_does(db):
    matter = received()
    for who in ("person", "decider"):
        refused(RightMissing, matter.actor(who), cases.conclude_case, number=matter.number, completion_kind="0")
