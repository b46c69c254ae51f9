"""Numbers, phones and addresses lie encrypted, and are found by blind index (IDN-03)."""

import pytest

from tests import journeys
from tests.identity.given import person
from tests.requirements import requirement
from tongban.identity import queries
from tongban.identity.actions import register_person
from tongban.identity.errors import PersonKnown
from tongban.identity.types import PartyKind
from tongban.kernel import database
from tongban.kernel.crypto.fields import FieldNotReadable


def every_text_of(pattern: str) -> str:
    """All rows of all tables whose name begins so, as text."""
    tables = [name for (name,) in database.rows(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
        "and not relispartition and relname like %s and has_table_privilege(oid, 'select') order by relname",
        [pattern])]
    return "\n".join(database.row(f"select coalesce(string_agg(x::text, ' '), '') from {table} x")[0]
                     for table in tables)


@requirement("SEC-06")
def test_no_table_and_no_event_holds_a_number_a_phone_or_an_address_in_clear(db):
    who = person()
    stored = every_text_of("identity%") + every_text_of("kernel%")
    assert f"account:{who.account}" in stored
    for secret in (who.id_number, who.phone, who.address):
        assert secret not in stored
        assert secret.encode().hex() not in stored


@requirement("SEC-06")
def test_a_firms_phone_is_not_in_clear(db):
    entity = journeys.with_firm(journeys.citizen()).entities[0]
    found = queries.party(entity)
    assert found is not None
    assert found.phone == "08260000000"
    row, = database.row("select e::text from identity_entity e where party_id = %s", [entity])
    assert found.phone not in row


def test_the_same_number_twice_does_not_look_the_same(db):
    one, two = journeys.with_firm(journeys.citizen()), journeys.with_firm(journeys.citizen())
    sealed = database.rows("select phone from identity_entity where party_id = any(%s)",
                           [[one.entities[0], two.entities[0]]])
    assert len({row[0] for row in sealed}) == 2


def test_who_may_see_a_person_reads_them_in_clear(db):
    who = person()
    found = queries.party(who.party)
    assert found is not None
    assert (found.kind, found.code, found.phone, found.address) == (PartyKind.PERSON, who.id_number, who.phone,
                                                                     who.address)


@requirement("SEC-06")
def test_another_citizen_and_officers_read_nothing_of_a_person(db):
    who, stranger = person(), journeys.citizen()
    with journeys.as_actor(stranger):
        assert queries.party(who.party) is None
        assert queries.party_by_id_number(who.id_number) is None
    with database.serving("officer"):
        assert database.row("select has_table_privilege('identity_person', 'select')") == (False,)


@requirement("IDN-03")
def test_a_person_is_found_by_number_and_registered_once(db):
    who = person()
    assert queries.party_by_id_number(who.id_number) == who.party
    assert queries.party_by_id_number(who.id_number.lower()) == who.party
    before = database.row("select count(*) from identity_party")
    with pytest.raises(PersonKnown), database.atomic():
        register_person(journeys.TESTER, name="同号示例", id_number=who.id_number, phone="19900000000",
                        region="511602000000", sample=True)
    assert database.row("select count(*) from identity_party") == before


def test_ciphertext_moved_to_another_row_cannot_be_read(db):
    one, two = person(), person()
    database.execute("update identity_person set phone = (select phone from identity_person where party_id = %s) "
                     "where party_id = %s", [one.party, two.party])
    with pytest.raises(FieldNotReadable):
        queries.party(two.party)
