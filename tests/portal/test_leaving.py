"""Details put right, an account frozen or closed, and what is left of a person then."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import signing

from tests import journeys
from tests.conftest import MONDAY
from tests.portal.public import signed_in, text_of
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.events import CasesErased, DraftsErased
from tongban.cases.models import Case
from tongban.cases.queries import answers_of
from tongban.identity import actions, queries
from tongban.identity.errors import (
    CodeNotRight,
    HelpCodeNotValid,
    InvitationNotValid,
    NotFrozen,
    TooManyProofs,
    WrongCredentials,
)
from tongban.identity.events import (
    AccountClosed,
    AccountFrozen,
    AccountUnfrozen,
    ContactErased,
    DetailsCorrected,
    MandateEnded,
    PersonErased,
)
from tongban.identity.types import ActorKind, Extent, Proofing, Role, Terms
from tongban.kernel import database, events, vault
from tongban.kernel.types import Channel, System
from tongban.messages.clients import SimulatedShortMessages
from tongban.messages.events import MessagesErased
from tongban.messages.queries import inbox

PASSWORD = "一句好记的短话，不告诉别人"
ITEM = "residence-permit-guangan"
NEW_PHONE = "13912345678"
KEY = re.compile('name="key" value="([^"]+)"')
CODE = re.compile(r'<b class="num">(\d{6})</b>')


@pytest.fixture
def person(db):
    """Someone who can sign in, and does."""
    number = next(journeys.COUNTER)
    id_number, phone = journeys.new_id_number(), f"188{number % 10**8:08d}"
    party = actions.register_person(journeys.TESTER, name="陶示例", id_number=id_number, phone=phone, region="511602000000",
                                    address="告别路1号", proofing=Proofing.L3, sample=True)
    login = f"leaver-{party}"
    account = actions.open_account(System(name="test"), kind=ActorKind.CITIZEN, login=login, password=PASSWORD, name="陶示例",
                                   party=party, proofing=Proofing.L3, sample=True)
    token = actions.open_session(account=account, channel=Channel.WEB)
    key = actions.open_session(account=account, channel=Channel.API, days=30)
    return {"party": party, "login": login, "account": account, "token": token, "key": key, "phone": phone, "id": id_number}


def actor(person):
    return queries.actor_by_session(person["token"])


def happened(subject):
    return [each.happened for each in events.of_subject(subject)]


def page(person):
    return signed_in(person["token"])


def with_code(person, wanted):
    """Post the details, then the code that went to the new phone."""
    asked = page(person).post("/me/details/", wanted).content.decode()
    return page(person).post("/me/details/", {**wanted, "key": KEY.search(asked)[1], "code": CODE.search(asked)[1]})


def can_sign_in(person):
    try:
        actions.sign_in(login=person["login"], password=PASSWORD, address="10.0.0.9")
    except WrongCredentials:
        return False
    return True


def decided(person):
    """A case of this person that is over."""
    number = journeys.submitted(actor(person), ITEM)
    journeys.act(actor(person), cases.withdraw_case, number=number)
    return number


@requirement("SEC-04")
def test_a_corrected_detail_is_recorded_without_what_it_holds_and_told_on_the_old_phone(person, catch_up, monkeypatch):
    number = journeys.submitted(actor(person), ITEM)
    before = answers_of(Case.objects.get(number=number))
    answer = with_code(person, {"phone": "139 1234 5678", "address": "新路2号", "name_en": "TAO", "present": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (303, "/me/details/?done=changed")
    found = queries.party(person["party"])
    assert (found.phone, found.address, found.name_en) == (NEW_PHONE, "新路2号", "TAO")
    assert DetailsCorrected(fields=("phone", "address", "name_en")) in [
        type(each)(fields=tuple(each.fields)) for each in happened(f"party:{person['party']}") if isinstance(each, DetailsCorrected)]
    assert answers_of(Case.objects.get(number=number)) == before
    former, = database.row("select former_phone from identity_person where party_id = %s", [person["party"]])
    assert vault.unseal("identity_person", "phone", person["party"], former) == person["phone"]
    catch_up()
    told = database.row("select id, recipient from messages_message where party = %s and link = '/me/details/'", [person["party"]])
    assert told[1] == f"party:{person['party']}:former-phone"
    sent = []
    monkeypatch.setattr(SimulatedShortMessages, "send", lambda self, *, recipient, text: sent.append(recipient) or "SIMULATED")
    from tongban.messages.actions import deliver
    deliver(journeys.TESTER, message=told[0], provider=SimulatedShortMessages())
    assert sent == [told[1]]


def test_a_wrong_password_or_phone_changes_nothing_and_says_where(person):
    for given, said in (({"present": "wrong"}, "#present"), ({"phone": "12345"}, "#phone"), ({"address": "x" * 201}, "#address")):
        answer = page(person).post("/me/details/", {"phone": NEW_PHONE, "address": "y", "name_en": "", "present": PASSWORD, **given})
        assert answer.status_code == 422
        assert f'href="{said}"' in answer.content.decode()
    for path in ("/me/details/", "/me/data/close/", "/me/security/freeze/"):
        assert "请输入现在的密码" in page(person).post(path, {"phone": NEW_PHONE, "sure": "1", "present": ""}).content.decode(), path
    assert queries.party(person["party"]).phone == person["phone"]


def test_a_new_phone_is_on_record_only_once_the_code_sent_to_it_was_typed(person):
    new, other = journeys.new_phone(), journeys.new_phone()
    wanted = {"phone": new, "address": "y", "name_en": "", "present": PASSWORD}
    asked = page(person).post("/me/details/", wanted).content.decode()
    key, code = KEY.search(asked)[1], CODE.search(asked)[1]
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert page(person).post("/me/details/", {**wanted, "key": key, "code": wrong}).status_code == 422
    assert page(person).post("/me/details/", {**wanted, "phone": other, "key": key, "code": code}).status_code == 422
    unasked = actions.ask_to_enrol(phone=new, address="10.0.0.9")
    for forged in ("", unasked.key, key[:-1] + ("A" if key[-1] != "A" else "B")):
        assert page(person).post("/me/details/", {**wanted, "key": forged, "code": unasked.simulated}).status_code == 422
    assert queries.party(person["party"]).phone == person["phone"]
    assert page(person).post("/me/details/", {**wanted, "key": key, "code": code}).status_code == 303
    assert queries.party(person["party"]).phone == new


def test_who_registered_by_phone_can_put_that_phone_back_on_record(person):
    old, new = person["phone"], journeys.new_phone()
    database.execute("update identity_account set login = %s where id = %s", [queries.login_of(old), person["account"]])
    for phone in (new, old):
        with journeys.as_actor(actor(person)):
            asked = actions.ask_for_phone(actor(person), phone=phone, address="here")
            actions.correct_details(actor(person), phone=phone, address="x", name_en="", key=asked.key, code=asked.simulated)
        assert queries.party(person["party"]).phone == phone
    assert actions.ask_to_enrol(phone=old, address="here").simulated == "", "registered a second time"


def test_a_clerk_gives_back_every_account_a_person_froze_and_the_record_names_each(person):
    second = actions.open_account(System(name="test"), kind=ActorKind.CITIZEN, login=f"{person['login']}-2", password=PASSWORD,
                                  name="陶示例", party=person["party"], proofing=Proofing.L3, sample=True)
    both = (person["account"], second)
    for account in both:
        journeys.act(queries.actor_by_session(actions.open_session(account=account, channel=Channel.WEB)), actions.freeze_account)
    clerk = journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.RECEPTIONIST)
    journeys.act(clerk, actions.unfreeze_at_counter, name="陶示例", kind="111", number=person["id"])
    for account in both:
        assert AccountUnfrozen(account=account) in happened(f"account:{account}")


def test_the_phone_of_somebody_else_cannot_be_put_on_record_nor_be_proved_with(person):
    victim, attacker = journeys.citizen("钱示例"), journeys.unproved("钱示例")
    number, phone = queries.party(victim.party).code, queries.party(victim.party).phone
    browser = signed_in(actions.open_session(account=attacker.account, channel=Channel.WEB))
    wanted = {"phone": phone, "address": "", "name_en": ""}
    with journeys.as_actor(attacker):
        asked = actions.ask_for_phone(attacker, phone=phone, address="10.0.0.9")
    assert asked.simulated == "", "a code that works went to somebody else's phone"
    for more in ({}, {"key": asked.key, "code": "000000"}):
        with journeys.as_actor(attacker), pytest.raises(CodeNotRight):
            actions.correct_details(attacker, **wanted, **more)
    assert browser.post("/me/details/", {**wanted, "present": "wrong"}).status_code == 422
    assert queries.party(attacker.party).phone != phone
    assert queries.party(victim.party).code == number


def test_details_ask_for_a_proof_of_the_last_minutes_and_carry_no_password_through_it(at, person):
    at(MONDAY + timedelta(minutes=6))
    asked = page(person).post("/me/details/", {"phone": NEW_PHONE, "address": "y", "name_en": "", "present": PASSWORD})
    carried = re.search('name="carried" value="([^"]+)"', asked.content.decode())[1]
    assert asked.status_code == 403
    assert signing.loads(carried, salt="proved") == [person["account"], {"phone": [NEW_PHONE], "address": ["y"], "name_en": [""]}]


@requirement("IDN-16")
def test_a_frozen_account_is_of_no_use_to_anyone_until_it_is_unfrozen(person, catch_up):
    assert "冻结" in text_of(page(person).get("/me/security/freeze/"))
    assert page(person).post("/me/security/freeze/", {"present": "wrong"}).status_code == 422
    assert actor(person) is not None
    answer = page(person).post("/me/security/freeze/", {"present": PASSWORD})
    assert answer.status_code == 200
    assert answer.cookies["session"].value == ""
    assert not can_sign_in(person)
    assert queries.actor_by_session(person["token"]) is None and queries.actor_by_session(person["key"]) is None
    assert AccountFrozen(account=person["account"]) in happened(f"account:{person['account']}")
    clerk = journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.RECEPTIONIST)
    card = {"name": "陶示例", "kind": "111", "number": person["id"]}
    for wrong in ({"name": "陶某某"}, {"number": journeys.new_id_number()}):
        with pytest.raises(NotFrozen):
            journeys.act(clerk, actions.unfreeze_at_counter, **{**card, **wrong})
    with pytest.raises(NotFrozen):
        journeys.act(replace(clerk, party=person["party"]), actions.unfreeze_at_counter, **card)
    assert not can_sign_in(person)
    journeys.act(clerk, actions.unfreeze_at_counter, **card)
    assert AccountUnfrozen(account=person["account"]) in happened(f"account:{person['account']}")
    assert can_sign_in(person)
    assert queries.actor_by_session(person["key"]) is None, "what was ended came back"
    with pytest.raises(NotFrozen):
        journeys.act(clerk, actions.unfreeze_at_counter, **card)
    for _ in range(5):
        with journeys.as_actor(clerk), pytest.raises(NotFrozen):
            actions.unfreeze_at_counter(clerk, **card)
    with pytest.raises(TooManyProofs):
        journeys.act(clerk, actions.unfreeze_at_counter, **card)
    catch_up()
    assert "您的账号已解冻" in [each.title.zh for each in inbox([person["party"]])]


@requirement("IDN-16")
def test_a_clerk_lets_a_frozen_account_work_again_at_the_desk(person):
    page(person).post("/me/security/freeze/", {"present": PASSWORD})
    clerk = journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.RECEPTIONIST)
    desk = signed_in(actions.open_session(account=clerk.account, channel=Channel.WEB))
    card = {"name": "陶示例", "kind": "111", "number": person["id"], "seen": "1"}
    assert desk.post("/desk/unfreezing/", {name: value for name, value in card.items() if name != "seen"}).status_code == 422
    assert desk.post("/desk/unfreezing/", {**card, "name": "陶某某"}).status_code == 422
    assert not can_sign_in(person)
    answer = desk.post("/desk/unfreezing/", card)
    assert answer.status_code == 200 and "已解冻" in text_of(answer) and can_sign_in(person)


def test_whoever_is_not_known_by_a_card_cannot_freeze_what_no_clerk_could_give_back(db):
    who = journeys.unproved()
    mine = signed_in(actions.open_session(account=who.account, channel=Channel.WEB))
    assert mine.get("/me/security/freeze/").status_code == 403
    assert mine.post("/me/security/freeze/", {"present": PASSWORD}).status_code == 403


@requirement("IDN-16")
def test_an_account_is_not_closed_while_a_case_is_open(person):
    number = journeys.submitted(actor(person), ITEM)
    refused = page(person).get("/me/data/close/")
    assert f'href="/cases/{number}/">居住证办理' in refused.content.decode() and number not in text_of(refused)
    assert page(person).post("/me/data/close/", {"sure": "1", "present": PASSWORD}).status_code == 422
    assert can_sign_in(person)


@requirement("IDN-16", "SEC-04")
def test_whoever_never_applied_is_gone_wholly_when_they_close_their_account(person, catch_up):
    draft = journeys.new_draft(actor(person), ITEM)
    paper, = database.row("select max(id) from documents_document where party = %s", [person["party"]])
    before = text_of(page(person).get("/me/data/close/"))
    erased, kept = before.split("依法要保存的")
    assert all(each in erased and each not in kept for each in ("草稿", "消息")) and "登录记录" in kept and "登录记录" not in erased
    assert 'name="present"' in page(person).post("/me/data/close/", {"on": "1"}).content.decode()
    assert can_sign_in(person), "closed without being asked twice"
    assert page(person).post("/me/data/close/", {"sure": "1", "present": PASSWORD}).status_code == 200
    assert not can_sign_in(person)
    assert database.row("select answers, discarded_at is not null from cases_draft where key = %s", [draft]) == ("", True)
    catch_up()
    assert queries.party_by_id_number(person["id"]) is None
    assert database.row("select name, id_number, phone, address from identity_person where party_id = %s", [person["party"]]) == (
        "", "", "", "")
    with pytest.raises(vault.Erased):
        vault.seal("identity_person", "phone", person["party"], "x", party=person["party"])
    assert database.row("select count(*) from messages_message where party = %s", [person["party"]]) == (0,)
    assert database.row("select count(*) from documents_document where id = %s", [paper]) == (0,)
    assert PersonErased(party=person["party"]) in happened(f"party:{person['party']}")
    assert ContactErased(party=person["party"]) in happened(f"party:{person['party']}")
    assert {type(each) for each in happened(f"account:{person['account']}")} >= {AccountClosed, DraftsErased}
    again = actions.register_person(journeys.TESTER, name="陶示例", id_number=person["id"], phone=person["phone"],
                                    region="511602000000", sample=True)
    assert queries.party(again).code == person["id"], "they may come back as someone new"


@pytest.mark.parametrize("still", [True, False])
def test_an_account_of_staff_keeps_a_person_only_while_it_works(person, catch_up, still):
    staff = journeys.officer(journeys.authority_of(ITEM), Role.REVIEWER)
    database.execute("update identity_account set party_id = %s, active = %s where id = %s", [person["party"], still, staff.account])
    assert page(person).post("/me/data/close/", {"sure": "1", "present": PASSWORD}).status_code == 200
    catch_up()
    assert queries.has_left(person["party"]) is not still
    assert (queries.party(person["party"]).name == "") is not still


@requirement("SEC-04")
def test_what_the_law_keeps_of_a_closed_account_stays_readable_and_goes_when_its_time_is_over(person, catch_up, at):
    number = decided(person)
    catch_up()
    page(person).post("/me/data/close/", {"sure": "1", "present": PASSWORD})
    catch_up()
    found = queries.party(person["party"])
    assert (found.name, found.code, found.phone, found.address) == ("陶示例", person["id"], "", "")
    assert answers_of(Case.objects.get(number=number))
    assert any(isinstance(each, MessagesErased) for each in happened(f"party:{person['party']}"))
    from tongban.kernel import clock, retention
    at(clock.now() + retention.timedelta(days=3651))
    assert retention.apply(journeys.TESTER, "other cases") >= 1
    case = Case.objects.get(number=number)
    assert (case.answers, case.applicant_name, case.state) == ("", "", "WITHDRAWN")
    assert answers_of(case) == {}
    assert CasesErased() in happened(number)
    assert database.row("select name from identity_person where party_id = %s", [person["party"]]) == ("",)
    assert database.row("select destroyed_at is not null from kernel_data_key where party = %s", [person["party"]]) == (True,)


def test_the_file_of_ones_data_can_be_had_before_one_leaves(person):
    assert json.loads(page(person).get("/me/data/").content)["person"]["name"] == "陶示例"


@requirement("IDN-11", "IDN-16")
def test_nobody_acts_for_whoever_closed_their_account_nor_takes_up_what_they_offered(person):
    agent, me = journeys.citizen("周小雨"), actor(person)
    with journeys.as_actor(agent):
        phone = queries.party(agent.party).phone
    terms = Terms(extent=Extent.SIGN, items=(), valid_from=MONDAY.date(), valid_to=MONDAY.date())
    given, waiting = (journeys.act(me, actions.offer_mandate, principal=me.party, name="周小雨", phone=phone, terms=terms)
                      for _ in range(2))
    key = journeys.act(agent, actions.accept_mandate, code=given)
    assert me.party in again(agent).principals
    help_code = journeys.act(me, actions.ask_help)
    assert page(person).post("/me/data/close/", {"sure": "1", "present": PASSWORD}).status_code == 200
    assert again(agent).principals == ()
    with pytest.raises(InvitationNotValid):
        journeys.act(agent, actions.accept_mandate, code=waiting)
    ended = database.row("select id from identity_mandate where key = %s", [key])[0]
    assert MandateEnded(mandate=ended, agent=agent.party, principal=me.party) in happened(f"mandate:{ended}")
    clerk = journeys.officer(journeys.authority_of(ITEM), Role.RECEPTIONIST)
    with pytest.raises(HelpCodeNotValid):
        journeys.act(clerk, actions.start_help, token="t", code=help_code, last=person["id"][-4:])


def test_nobody_is_helped_any_more_whose_account_is_frozen(person):
    clerk = journeys.officer(journeys.authority_of(ITEM), Role.RECEPTIONIST)
    token = actions.open_session(account=clerk.account, channel=Channel.WINDOW)
    code = journeys.act(actor(person), actions.ask_help)
    journeys.act(clerk, actions.start_help, token=token, code=code, last=person["id"][-4:])
    assert queries.actor_by_session(token).helping is not None
    assert page(person).post("/me/security/freeze/", {"present": PASSWORD}).status_code == 200
    assert queries.actor_by_session(token).helping is None


def again(agent):
    return queries.actor_by_session(actions.open_session(account=agent.account, channel=Channel.WEB))


def test_whoever_looks_whether_the_clerk_has_begun_is_told_that_the_code_still_works(person):
    asking = page(person)
    assert "还没有开始" not in asking.get("/me/help/").content.decode()
    assert "还没有开始" not in asking.post("/me/help/").content.decode()
    assert "刚才的帮办码还能用" in asking.get("/me/help/").content.decode()
