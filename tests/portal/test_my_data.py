"""A person takes away everything that is held about them, and nothing of anyone else."""

import json

from tests import journeys
from tests.portal.public import client
from tests.portal.test_signed_in_pages import browser
from tests.relying import let_in
from tongban.identity import actions
from tongban.identity import queries as identity
from tongban.identity.types import Extent, Terms
from tongban.kernel import clock
from tongban.kernel.disclosures import disclose
from tongban.kernel.types import System


def taken(person):
    answer = browser(person).get("/me/data/")
    assert answer["Content-Disposition"].startswith('attachment; filename="tongban-')
    assert answer["Cache-Control"] == "no-store"
    return json.loads(answer.content)


def test_the_file_holds_what_every_module_keeps_of_the_person(db, catch_up):
    person = journeys.citizen("李样例")
    number = journeys.submitted(person, "residence-permit-guangan")
    journeys.new_draft(person, "residence-permit-guangan")
    disclose(System(name="test"), party=person.party, fields=["name"], reason="contact", subject=number)
    catch_up()
    found = taken(person)
    party = identity.party(person.party)
    assert found["person"]["name"] == "李样例" == party.name
    assert found["person"]["phone"] == party.phone
    case, = found["cases"]
    assert case["number"] == number
    assert case["answers"] and case["materials"]
    assert case["happened"][0]["what"] == "CaseSubmitted"
    assert found["drafts"][0]["answers"]
    assert found["messages"]
    assert [each["about"] for each in found["who_looked"]] == [number]
    assert found["signed_in"]
    assert found["identities_elsewhere"] == [] and found["systems"] == []
    assert not {"id", "applicant", "authority"} & set(case)


def test_it_names_whom_one_entrusted_and_which_systems_know_what(db):
    father, daughter = journeys.citizen("王老伯"), journeys.citizen("王小女")
    let_in().sign_in(browser(father), scope="openid region")
    terms = Terms(extent=Extent.READ, items=("residence-permit-guangan",), valid_from=clock.today(), valid_to=clock.today())
    phone = identity.party(daughter.party).phone
    code = journeys.act(father, actions.offer_mandate, principal=father.party, name="王小女", phone=phone, terms=terms)
    journeys.act(daughter, actions.accept_mandate, code=code)
    for who, given in ((father, True), (daughter, False)):
        mandate, = taken(who)["mandates"]
        assert (mandate["for"], mandate["by"], mandate["given_by_me"], mandate["extent"]) == ("王老伯", "王小女", given, "READ")
        assert mandate["services"] == ["residence-permit-guangan"]
    system, = taken(father)["systems"]
    assert system["name"]["en"] == "Bus card" and set(system["told"]) == {"openid", "region"}
    assert taken(daughter)["systems"] == []


def test_neither_another_person_nor_a_firm_of_ones_own_is_in_it(db):
    other = journeys.citizen("别人")
    theirs = journeys.submitted(other, "residence-permit-guangan")
    person = journeys.with_firm(journeys.citizen())
    firms = journeys.submitted(person, "food-operation-gaoling")
    written = json.dumps(taken(person), ensure_ascii=False)
    assert theirs not in written and "别人" not in written
    assert firms not in written


def test_a_stranger_gets_nothing(db):
    assert client().get("/me/data/").status_code == 401
