"""Who may act for a firm, and from when to when (IDN-10)."""

from datetime import date

import pytest

from tests import journeys
from tests.cases.given import shanghai
from tests.identity.given import person, seen, sign_in
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity.queries import party, party_by_uscc
from tongban.identity.types import PartyKind
from tongban.kernel import database


def firm(representative: int, since: date | None = None) -> int:
    actor = journeys.citizen()
    made = journeys.with_firm(actor)
    database.execute("update identity_agency set agent_id = %s, valid_from = coalesce(%s, valid_from) "
                     "where entity_id = %s", [representative, since, made.entities[0]])
    return made.entities[0]


def acts_for(who) -> tuple[int, ...]:
    actor = seen(sign_in(who))
    assert actor is not None
    return actor.entities


@requirement("IDN-10")
def test_the_representative_acts_for_the_firm_from_the_first_day(db, at):
    who = person()
    entity = firm(who.party)
    assert acts_for(who) == (entity,)
    at(shanghai(3, 1, 12))
    assert acts_for(who) == ()


@requirement("IDN-10")
@pytest.mark.parametrize(("day", "acts"), [((3, 4), False), ((3, 5), True), ((3, 20), True), ((3, 21), False)])
def test_an_agent_acts_between_two_dates_both_included(db, at, day, acts):
    who = person()
    entity = firm(person().party)
    identity.appoint_agent(journeys.TESTER, agent=who.party, entity=entity, valid_from=date(2026, 3, 5),
                           valid_to=date(2026, 3, 20))
    assert database.row("select count(*) from kernel_event where name = 'AgentAppointed' and subject = %s",
                        [f"party:{entity}"]) == (2,)
    at(shanghai(*day, 12))
    assert (acts_for(who) == (entity,)) is acts


@requirement("IDN-10")
def test_what_an_agent_sees_ends_with_the_appointment(db, at):
    who = person()
    entity = firm(person().party)
    identity.appoint_agent(journeys.TESTER, agent=who.party, entity=entity, valid_from=date(2026, 3, 2),
                           valid_to=date(2026, 3, 2))
    token = sign_in(who)
    actor = seen(token)
    assert actor is not None
    with journeys.as_actor(actor):
        assert party(entity) is not None
    at(shanghai(3, 3, 0))
    actor = seen(sign_in(who))
    assert actor is not None
    with journeys.as_actor(actor):
        assert party(entity) is None


@requirement("IDN-08")
def test_a_firm_is_known_by_its_code_and_only_once(db):
    entity = journeys.with_firm(journeys.citizen()).entities[0]
    found = party(entity)
    assert found is not None
    assert (found.kind, found.representative) == (PartyKind.ENTITY, "张示例")
    assert party_by_uscc(found.code) == entity
