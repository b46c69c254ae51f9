"""Making people and firms known: what the record says of it, and what it never says."""

import json

import pytest

from tests import journeys
from tests.identity.given import person
from tongban.identity import actions, queries
from tongban.identity.errors import PersonKnown
from tongban.identity.types import Proofing
from tongban.kernel import database
from tongban.kernel.codes import make_uscc


def entries(party: int) -> list[tuple[object, ...]]:
    found = database.rows("select name, party, payload::text from kernel_event where subject = %s order by id",
                         [f"party:{party}"])
    return [(first, second, json.loads(payload)) for first, second, payload in found]


def test_registering_a_person_is_recorded_without_anything_about_them(db):
    who = person("诸葛示例")
    assert entries(who.party) == [("PersonRegistered", who.party, {"party": who.party, "proofing": Proofing.L2})]
    known = queries.party(who.party)
    assert (known.name, known.code, known.phone, known.address) == ("诸葛示例", who.id_number, who.phone, who.address)


def test_a_person_is_registered_once(db):
    who = person()
    before = database.row("select count(*) from kernel_event where name = 'PersonRegistered'")
    with pytest.raises(PersonKnown):
        actions.register_person(journeys.TESTER, name="重名", id_number=who.id_number, phone="19900000000",
                                region="511602000000")
    assert database.row("select count(*) from kernel_event where name = 'PersonRegistered'") == before


def test_registering_a_firm_is_recorded_and_its_representative_may_act_for_it(db):
    who = person()
    uscc = make_uscc("9", "1", "511602", f"MR{who.party % 10**6:06d}")
    firm = actions.register_entity(journeys.TESTER, name="示例登记有限公司", uscc=uscc, representative=who.party,
                                   phone="08260000001", address="示例路9号", region="511602000000", sample=True)
    assert entries(firm) == [
        ("EntityRegistered", firm, {"party": firm}),
        ("AgentAppointed", firm, {"agent": who.party, "entity": firm, "representative": True, "mandate": 0, "extent": 3,
                                  "valid_to": ""})]
    assert queries.party_by_uscc(uscc) == firm and queries.represents(who.party, firm)
