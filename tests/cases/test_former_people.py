"""Whoever left and was kept for something is looked at again every day, and erased once it is gone."""

from datetime import timedelta

import pytest

from tests import journeys
from tests.conftest import MONDAY
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.events import PersonErased
from tongban.identity.types import Role
from tongban.kernel import database, events, retention

PLACE = "food-operation-gaoling"


def firm(person):
    """A firm they represent until Wednesday."""
    entity = journeys.with_firm(journeys.citizen()).party
    identity.appoint_agent(journeys.TESTER, agent=person.party, entity=entity, valid_from=MONDAY.date(),
                           valid_to=MONDAY.date() + timedelta(days=2), representative=True)
    return lambda at: at(MONDAY + timedelta(days=3))


def post(person):
    """An account of staff that no system brought."""
    staff = journeys.officer(journeys.authority_of(PLACE), Role.REVIEWER).account
    database.execute("update identity_account set party_id = %s where id = %s", [person.party, staff])
    return lambda at: database.execute("update identity_account set active = false where id = %s", [staff])


def paper(person):
    """A paper of theirs in a case of somebody else."""
    case = database.row("select id from cases_case where number = %s", [
        journeys.submitted(journeys.citizen(), "residence-permit-guangan")])[0]
    picture = journeys.picture_of(person, party=person.party)
    database.execute("update cases_material set document_id = %s where id = (select min(id) from cases_material where case_id = %s)",
                     [picture.id, case])
    return lambda at: database.execute("update cases_material set document_id = null where document_id = %s", [picture.id])


def erased(person):
    return PersonErased(party=person.party) in [each.happened for each in events.of_subject(f"party:{person.party}")]


@requirement("SEC-04", "IDN-16")
@pytest.mark.parametrize("reason", [firm, post, paper])
def test_whoever_was_kept_for_a_reason_is_erased_the_day_it_is_gone(db, catch_up, at, reason):
    person, stays = journeys.citizen(), journeys.citizen()
    ends = reason(person)
    journeys.act(person, cases.close_account)
    catch_up()
    at(MONDAY + timedelta(days=2))
    retention.apply(journeys.TESTER, "former people")
    assert not erased(person) and queries.party(person.party).name, "nothing has ended yet"
    ends(at)
    assert retention.apply(journeys.TESTER, "former people") >= 1
    assert erased(person) and queries.party(person.party).name == ""
    assert database.row("select destroyed_at is not null from kernel_data_key where party = %s", [person.party]) == (True,)
    assert not erased(stays) and queries.party(stays.party).name
    assert retention.apply(journeys.TESTER, "former people") == 0
    assert not [each for each in retention.report() if each.name == "former people" and each.overdue]
