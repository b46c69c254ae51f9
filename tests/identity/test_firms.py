"""A firm registered by whoever represents it by law (IDN-04, IDN-08, IDN-10)."""

import os

import pytest

from tests import journeys
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import clients, queries
from tongban.identity.errors import FirmKnown, NotMatching, ProofingTooLow, TooManyProofs
from tongban.identity.types import EntityKind, Proofing
from tongban.kernel import database, events, vault
from tongban.kernel.codes import CodeNotValid, make_uscc


def code():
    return make_uscc("9", "1", "511602", f"F{os.getpid() % 1000:03d}{next(journeys.COUNTER):04d}")


def register(who, *, uscc=None, name="示例自办有限公司"):
    return journeys.act(who, identity.register_own_firm, uscc=uscc or code(), name=name, kind=EntityKind.COMPANY, address="示例路8号",
                        business_scope="零售")


@requirement("IDN-04", "IDN-10")
def test_the_representative_registers_a_firm_with_its_fields_and_acts_for_it(db):
    who, uscc = journeys.citizen(proofing=Proofing.L2), code()
    firm = register(who, uscc=f" {uscc.lower()} ")
    assert queries.represents(who.party, firm) and queries.party_by_uscc(uscc) == firm
    found = queries.party(firm)
    assert (found.name, found.code, found.representative, found.region) == ("示例自办有限公司", uscc, "张示例", "511602000000")
    assert database.row("select kind, status, business_scope, registered_on is not null from identity_entity where party_id = %s",
                        [firm]) == ("COMPANY", "ACTIVE", "零售", True)
    assert [each.name for each in events.of_subject(f"party:{firm}")] == ["EntityRegistered", "AgentAppointed"]


@requirement("IDN-08")
def test_a_wrong_code_a_known_one_and_a_level_too_low_register_nothing(db):
    who, uscc = journeys.citizen(proofing=Proofing.L2), code()
    before = database.row("select count(*) from identity_entity")
    with pytest.raises(CodeNotValid):
        register(who, uscc=uscc[:-1] + ("0" if uscc[-1] != "0" else "1"))
    with pytest.raises(ProofingTooLow):
        register(journeys.unproved(), uscc=uscc)
    assert database.row("select count(*) from identity_entity") == before
    register(who, uscc=uscc)
    with pytest.raises(FirmKnown):
        register(journeys.citizen(), uscc=uscc)


def test_the_register_of_firms_in_use_refuses_what_does_not_belong_together(db):
    who = journeys.citizen()
    for _ in range(5):
        with journeys.as_actor(who), pytest.raises(NotMatching):
            identity.register_own_firm(who, uscc=code(), name=clients.UNKNOWN, kind=EntityKind.COMPANY, address="示例路8号")
    with pytest.raises(TooManyProofs):
        register(who)
    known = clients._written()["entities"][0]
    person = next(each for each in clients._written()["persons"] if each["login"] == known["representative"])
    asked = {"uscc": known["uscc"], "name": known["name"], "representative": person["name"], "number": person["id_number"]}
    assert clients.entity_register().matches(**asked)
    assert not clients.entity_register().matches(**{**asked, "representative": "别人"})


def test_whoever_only_bears_the_name_of_a_representative_registers_no_firm(db):
    known = clients._written()["entities"][0]
    name = next(each["name"] for each in clients._written()["persons"] if each["login"] == known["representative"])
    database.execute("update identity_entity set uscc_index = 'moved-' || party_id where uscc_index = %s",
                     [vault.index("uscc", known["uscc"])])
    namesake = journeys.citizen(name)
    with journeys.as_actor(namesake), pytest.raises(NotMatching):
        identity.register_own_firm(namesake, uscc=known["uscc"], name=known["name"], kind=EntityKind.COMPANY, address="示例路8号")
