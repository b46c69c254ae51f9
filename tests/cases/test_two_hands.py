"""What two people must do is not done by one who holds both posts, nor by the clerk who helped the applicant."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError

from tests import journeys
from tests.cases.given import LICENSED, REASON, accepted, examined, missing, received, refused, shanghai
from tests.cases.test_two_officers import waiting_for
from tests.cases.test_unsealed import GRANT, unsealed
from tests.journeys import act
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.access import colleagues_at, is_own
from tongban.cases.errors import NobodyElseDecides, OwnCase, OwnLeave
from tongban.cases.types import Outcome
from tongban.identity import actions as identity
from tongban.identity.queries import party
from tongban.identity.types import Extent, Helping, Mandate, Proofing, Role, Terms
from tongban.kernel import database
from tongban.ledger.types import StoppedAct


@requirement("IDN-14")
def test_whoever_allows_an_act_without_a_seal_does_not_do_it(db):
    matter = examined()
    both = journeys.officer(matter.row.authority_id, Role.DECIDER, Role.SUPERVISOR)
    with unsealed():
        act(both, cases.allow_unsealed, number=matter.number, act=StoppedAct.DECIDE, reason=REASON)
        refused(OwnLeave, both, cases.decide_case, number=matter.number, **GRANT)
        matter.by("decider", cases.decide_case, **GRANT)


@requirement("IDN-14")
def test_whoever_worked_on_a_case_does_not_allow_its_next_act_without_a_seal(db):
    matter = accepted()
    both = journeys.officer(matter.row.authority_id, Role.REVIEWER, Role.SUPERVISOR)
    act(both, cases.examine_case, number=matter.number, recommends=True, opinion="")
    with unsealed():
        refused(OwnLeave, both, cases.allow_unsealed, number=matter.number, act=StoppedAct.DECIDE, reason=REASON)


@requirement("CASE-17")
@pytest.mark.parametrize("first", [True, False], ids=["asked first", "asks again"])
def test_whoever_asks_for_corrections_does_not_allow_the_second_notice(db, first):
    matter = received()
    both = journeys.officer(matter.row.authority_id, Role.RECEPTIONIST, Role.SUPERVISOR)
    asking = both if first else matter.staff.clerk
    act(asking, cases.request_corrections, number=matter.number, items=missing())
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    if first:
        refused(OwnLeave, both, cases.allow_second_notice, number=matter.number, reason=REASON)
    else:
        act(both, cases.allow_second_notice, number=matter.number, reason=REASON)
        refused(OwnLeave, both, cases.request_corrections, number=matter.number, items=missing())


@requirement("TIM-09")
@pytest.mark.parametrize("first", [True, False], ids=["stopped first", "stops again"])
def test_whoever_stops_the_clock_does_not_allow_the_second_stop(db, at, first):
    matter = examined()
    both = journeys.officer(matter.row.authority_id, Role.REVIEWER, Role.SUPERVISOR)
    stop = {"number": matter.number, "procedure": "expert_review", "announced_end": date(2026, 3, 20)}
    allow = {"number": matter.number, "procedure": "expert_review", "reason": REASON}
    act(both if first else matter.staff.reviewer, cases.suspend_case, **stop)
    at(shanghai(3, 3, 10))
    matter.by("reviewer", cases.resume_case)
    if first:
        refused(OwnLeave, both, cases.allow_second_stop, **allow)
        act(matter.staff.supervisor, cases.allow_second_stop, **allow)
        act(both, cases.suspend_case, **stop)
    else:
        act(both, cases.allow_second_stop, **allow)
        refused(OwnLeave, both, cases.suspend_case, **stop)
        matter.by("reviewer", cases.suspend_case, procedure="expert_review", announced_end=date(2026, 3, 20))


@requirement("IDN-14")
@pytest.mark.parametrize("how", ["asked for corrections", "stopped the clock"])
def test_whoever_sent_a_case_back_or_stopped_its_clock_worked_on_it(db, how):
    matter = examined()
    both = journeys.officer(matter.row.authority_id, Role.RECEPTIONIST, Role.REVIEWER, Role.SUPERVISOR)
    if how == "asked for corrections":
        act(both, cases.request_corrections, number=matter.number, items=missing())
        matter.by("person", cases.answer_corrections, answers={}, materials=())
    else:
        act(both, cases.suspend_case, number=matter.number, procedure="hearing", announced_end=date(2026, 3, 20))
        matter.by("reviewer", cases.resume_case)
    with unsealed():
        refused(OwnLeave, both, cases.allow_unsealed, number=matter.number, act=StoppedAct.DECIDE, reason=REASON)


@requirement("IDN-14")
def test_whoever_answered_at_home_for_the_applicant_does_not_accept_at_work(db):
    owner, agent = journeys.with_firm(journeys.citizen()), journeys.citizen()
    identity.appoint_agent(journeys.TESTER, agent=agent.party or 0, entity=owner.entities[0], valid_from=date(2026, 1, 1))
    matter = replace(received(LICENSED), number=journeys.submitted(owner, LICENSED), person=owner)
    matter.by("clerk", cases.request_corrections, items=missing())
    act(replace(agent, entities=owner.entities), cases.answer_corrections, number=matter.number, answers={}, materials=())
    at_work = replace(journeys.officer(matter.row.authority_id, Role.RECEPTIONIST), party=agent.party)
    database.execute("update identity_account set party_id = %s where id = %s", [agent.party, at_work.account])
    refused(OwnCase, at_work, cases.accept_case, number=matter.number)
    matter.by("clerk", cases.accept_case)


@requirement("IDN-14")
def test_a_clerk_who_answered_for_the_applicant_does_not_accept_what_they_answered(db):
    matter = received()
    matter.by("clerk", cases.request_corrections, items=missing())
    clerk = journeys.officer(matter.row.authority_id, Role.RECEPTIONIST)
    helper = replace(clerk, helping=Helping(key=1, principal=matter.person.party or 0, name="张示例",
                                            proofing=Proofing.L3)).as_helper()
    act(helper, cases.answer_corrections, number=matter.number, answers={}, materials=())
    refused(OwnCase, clerk, cases.accept_case, number=matter.number)
    matter.by("clerk", cases.accept_case)


@requirement("IDN-14")
@pytest.mark.parametrize("at_home", [True, False], ids=["at home", "helping at the counter"])
def test_whoever_answered_for_the_applicant_does_not_count_as_a_colleague_who_decides(db, at_home):
    matter = received()
    place = matter.row.authority_id
    matter.by("clerk", cases.request_corrections, items=missing())
    first, second = (journeys.officer(place, Role.DECIDER) for _ in range(2))
    helper = replace(second, helping=Helping(key=1, principal=matter.person.party or 0, name="张示例",
                                             proofing=Proofing.L3)).as_helper()
    if at_home:
        agent = journeys.citizen()
        database.execute("update identity_account set party_id = %s where id = %s", [agent.party, second.account])
        second = replace(second, party=agent.party)
        helper = replace(agent, mandates=(Mandate(principal=matter.person.party or 0, firm=False, extent=Extent.SIGN),))
    act(helper, cases.answer_corrections, number=matter.number, answers={}, materials=())
    matter.by("clerk", cases.accept_case)
    with journeys.alone_deciding(place, first.account, second.account):
        refused(NobodyElseDecides, first, cases.examine_case, number=matter.number, recommends=True, opinion="")
        assert list(colleagues_at(matter.row, [Role.DECIDER])) == [first.account]
        matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    refused(OwnCase, second, cases.decide_case, number=matter.number, outcome=Outcome.GRANTED)
    assert matter.number not in waiting_for(second) and matter.number in waiting_for(first)
    with pytest.raises(IntegrityError, match="cases_case_not_own"), database.atomic():
        database.execute("update cases_case set decided_by_id = %s where number = %s", [second.account, matter.number])
    act(first, cases.decide_case, number=matter.number, outcome=Outcome.GRANTED)


@requirement("IDN-14")
def test_whoever_helped_to_send_it_is_no_colleague_and_whoever_acts_for_the_sender_in_other_matters_is(db):
    matter, sender = received(), journeys.citizen()
    place = matter.row.authority_id
    helper, friend = (journeys.officer(place, Role.DECIDER) for _ in range(2))
    home = journeys.citizen("周小雨")
    database.execute("update identity_account set party_id = %s where id = %s", [home.party, friend.account])
    with journeys.as_actor(home):
        phone = party(home.party).phone
    terms = Terms(extent=Extent.SIGN, items=(), valid_from=date(2026, 3, 2), valid_to=date(2026, 3, 2))
    code = act(sender, identity.offer_mandate, principal=sender.party, name="周小雨", phone=phone, terms=terms)
    act(home, identity.accept_mandate, code=code)
    for agent, left in ((helper.account, {friend.account}), (sender.account, {helper.account, friend.account})):
        database.execute("update cases_case set agent_id = %s where number = %s", [agent, matter.number])
        assert colleagues_at(matter.row, [Role.DECIDER]).keys() & {helper.account, friend.account} == left
        for officer in (helper, replace(friend, party=home.party, mandates=(
                Mandate(principal=sender.party or 0, firm=False, extent=Extent.SIGN),))):
            assert is_own(officer, matter.row) == (officer.account not in left), "offer and rule differ"
