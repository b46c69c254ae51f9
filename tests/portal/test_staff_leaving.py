"""What is kept of a member of staff ends with their account, and with it whoever had already left as a citizen."""

import pytest

from tests import journeys
from tests.portal.test_provisioning import STAFF, Personnel, account_of, held
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.events import AccountChanged, AccountRemoved, PersonErased
from tongban.kernel import database, events


@pytest.fixture
def personnel(db):
    return Personnel()


def number_of(person):
    with journeys.as_actor(person):
        return queries.party(person.party).code


def ended(personnel, key, how):
    if how is AccountRemoved:
        assert personnel.ask("delete", f"Users/{key}").status_code == 204
    else:
        assert personnel.patch(f"Users/{key}", {"op": "replace", "path": "active", "value": False}).status_code == 200


@requirement("SEC-04")
@pytest.mark.parametrize("how", [AccountRemoved, AccountChanged])
def test_whoever_closed_their_own_account_first_is_erased_when_that_of_staff_ends(personnel, catch_up, how):
    person, login = journeys.citizen(), f"left-first-{how.__name__.lower()}"
    number = number_of(person)
    key = personnel.bring(login, **{STAFF: {"identityNumber": number}})
    journeys.act(person, cases.close_account)
    catch_up()
    assert queries.party(person.party).code == number and held(login) == (person.party, 1), "they decide here still"
    ended(personnel, key, how)
    last = events.of_subject(f"account:{account_of(login)[0]}")[-1]
    assert isinstance(last.happened, how) and last.party == person.party
    catch_up()
    assert PersonErased(party=person.party) in [each.happened for each in events.of_subject(f"party:{person.party}")]
    assert queries.party(person.party).name == "" and held(login) == (None, 0)
    assert database.row("select count(*) from messages_message where party = %s", [person.party]) == (0,), "told to nobody"


def test_whoever_is_a_citizen_still_loses_nothing_when_their_account_of_staff_ends(personnel, catch_up):
    person = journeys.citizen()
    number = number_of(person)
    key = personnel.bring("citizen-still", **{STAFF: {"identityNumber": number}})
    ended(personnel, key, AccountChanged)
    catch_up()
    assert held("citizen-still") == (person.party, 1), "it may work again"
    ended(personnel, key, AccountRemoved)
    catch_up()
    assert held("citizen-still") == (None, 0) and queries.party(person.party).code == number


@requirement("IDN-14")
def test_whoever_comes_back_gets_an_account_also_where_two_administrators_had_said_who_they_were(personnel):
    person = journeys.citizen()
    key = personnel.bring("confirmed-once")
    with database.serving("worker"):
        identity.identify_staff(journeys.TESTER, account=account_of("confirmed-once")[0], number=number_of(person))
    ended(personnel, key, AccountRemoved)
    assert held("confirmed-once") == (None, 0)
    personnel.bring("back-again", **{STAFF: {"identityNumber": number_of(person)}})
    assert held("back-again") == (person.party, 1)


def test_an_account_that_works_again_is_whose_it_is_said_to_be_then(personnel, catch_up):
    person = journeys.citizen()
    number = number_of(person)
    key = personnel.bring("works-again", **{STAFF: {"identityNumber": number}})
    journeys.act(person, cases.close_account)
    catch_up()
    ended(personnel, key, AccountChanged)
    catch_up()
    again = identity.register_person(journeys.TESTER, name="张示例", id_number=number, phone=journeys.new_phone(), region="511602000000")
    assert personnel.patch(f"Users/{key}", {"op": "replace", "path": "active", "value": True},
                           {"op": "replace", "path": f"{STAFF}:identityNumber", "value": number}).status_code == 200
    assert held("works-again") == (again, 1)
