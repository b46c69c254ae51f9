"""A person as other nodes are told of them: keyed by a hash, nothing in clear (IDN-02, IDN-03); and the day's figures (IDN-15)."""

from datetime import timedelta

from tests import journeys
from tests.identity.given import person
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.rules import cert_key
from tongban.kernel import clock, database
from tongban.kernel.types import Channel


def sealed(name, value):
    return f"{name}:{len(value)}"


@requirement("IDN-03")
def test_a_person_goes_out_under_a_hash_with_level_and_region_and_only_sealed_attributes(db):
    who = person()
    told = queries.exchange_person(who.party, asked_for=("name", "id_number", "salary"), seal=sealed)
    assert (told.cert_key, told.user_real_lvl, told.region) == (cert_key("111", who.id_number), 2, "511602000000")
    assert told.attributes == {"name": "name:4", "id_number": "id_number:18"}
    assert queries.exchange_person(who.party).attributes == {}
    assert who.id_number not in str(told)
    assert cert_key("111", "11010519491231002X") != cert_key("414", "11010519491231002X")
    assert queries.exchange_person(journeys.unproved().party) is None


@requirement("IDN-02")
def test_a_proved_person_has_the_fields_of_a_natural_persons_account(db):
    who, number = journeys.unproved(), "510105199003078124"
    number = number[:17] + journeys.id_check_character(number[:17])
    assert journeys.act(who, identity.prove_by_data, name="钱示例", kind="111", number=number)
    assert database.row("select credential_type, sex, ethnicity, email, registered_on is not null, credential_from, credential_to "
                        "from identity_person where party_id = %s", [who.party]) == ("111", "2", "", "", True, None, None)


def visits_of(day):
    """Sign-ins of people that day, also those of other tests."""
    return database.row("select count(*) from identity_session s join identity_account a on a.id = s.account_id where "
                        "a.kind = 'CITIZEN' and s.channel <> 'api' and (s.opened_at at time zone 'Asia/Shanghai')::date = %s",
                        [day])[0]


@requirement("IDN-15")
def test_every_day_has_one_row_of_figures_and_nothing_about_anyone(db, at, catch_up):
    moment = clock.now()
    day = moment.date()
    identity.count_people(journeys.TESTER)
    who = person()
    for _ in range(3):
        identity.open_session(account=who.account, channel=Channel.WEB)
    identity.open_session(account=who.account, channel=Channel.API, days=1)
    visits = visits_of(day)
    at(moment + timedelta(days=3))
    assert identity.count_people(journeys.TESTER) == 3
    assert identity.count_people(journeys.TESTER) == 0
    rows = {each.day: each for each in queries.days()}
    assert rows[day].visits == visits >= 3
    assert rows[day + timedelta(days=1)].visits == visits_of(day + timedelta(days=1)) < visits
    assert rows[day].registered > rows[day].real_name > 0
    assert queries.peak().visits >= visits
    assert database.row("select name, payload::text from kernel_event where name = 'PeopleCounted' order by id desc limit 1") == (
        "PeopleCounted", '{"days": 3}')
