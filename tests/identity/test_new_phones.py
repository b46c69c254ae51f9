"""A lost phone: a clerk enters the new one, the old one is told and may stop it, and only a day later it counts (T28)."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError, connections

from tests import journeys
from tests.identity.given import person, seen, sign_in
from tests.identity.test_enrolling import Phone, enrol
from tests.identity.test_enrolling import ask as ask_to_enrol
from tests.identity.test_recovering import NEW, choose
from tests.identity.test_recovering import ask as ask_to_recover
from tests.identity.test_recovering import prove as prove_for_recovery
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.actions.enrolling import code_hash
from tongban.identity.errors import CardNotKnown, CodeNotRight, PhoneWaits, TooManyProofs
from tongban.identity.events import DetailsCorrected, EnrolmentAsked, NewPhoneNamed, NewPhoneStopped
from tongban.identity.rules import credential_text
from tongban.identity.types import Role
from tongban.kernel import database, events, vault
from tongban.messages.queries import inbox

HERE = "203.0.113.70"


def clerk():
    return journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.RECEPTIONIST)


def card(who, **other):
    return {"name": "诸葛示例", "kind": "111", "number": who.id_number} | other


def enter(officer, who, phone):
    asked = journeys.act(officer, identity.ask_for_new_phone, **card(who), phone=phone, address=HERE)
    return journeys.act(officer, identity.name_new_phone, **card(who), key=asked.key, code=asked.simulated)


def later(at, hours):
    at(database.row("select kernel_now()")[0] + timedelta(hours=hours))
    return identity.take_new_phones(journeys.TESTER)


def told(who):
    return [each.title.zh for each in inbox([who.party])]


@requirement("IDN-16")
def test_a_new_phone_counts_a_day_later_and_then_leads_back_into_the_account(db, at, catch_up):
    who, phone = person(), journeys.new_phone()
    due = enter(clerk(), who, phone)
    assert due - database.row("select kernel_now()")[0] == timedelta(hours=24)
    assert events.of_subject(f"party:{who.party}")[-1].happened == NewPhoneNamed(party=who.party, due=due.isoformat())
    catch_up()
    assert told(who) == ["窗口为您登记了新手机号，不是您本人请马上停下"], "of a message the phone shows the title alone"
    assert later(at, 23) == 0
    assert queries.party(who.party).phone == who.phone and ask_to_recover(phone).simulated is None
    assert later(at, 1) == 1
    assert queries.party(who.party).phone == phone
    assert events.of_subject(f"party:{who.party}")[-1].happened == DetailsCorrected(fields=("phone",))
    asked = ask_to_recover(phone)
    prove_for_recovery(asked, who)
    assert choose(asked) == who.account and sign_in(who, password=NEW)
    assert ask_to_recover(who.phone).simulated is None
    assert later(at, 1) == 0


def test_whoever_has_the_old_phone_stops_it(db, at, catch_up):
    who, phone = person(), journeys.new_phone()
    enter(clerk(), who, phone)
    owner, stranger = seen(sign_in(who)), seen(sign_in(person()))
    with journeys.as_actor(stranger):
        assert queries.new_phone_due(who.party) is None
        assert not database.execute("delete from identity_new_phone where party_id = %s", [who.party])
    with journeys.as_actor(owner):
        assert queries.new_phone_due(who.party) is not None
        assert identity.stop_new_phone(owner)
        assert not identity.stop_new_phone(owner)
    assert events.of_subject(f"party:{who.party}")[-1].happened == NewPhoneStopped(party=who.party)
    assert later(at, 30) == 0
    assert queries.party(who.party).phone == who.phone
    catch_up()
    assert "新手机号没有换上" in told(who)


@pytest.mark.parametrize("happens", ["frozen", "closed", "taken by another"])
def test_what_happened_in_the_day_between_may_end_it(db, at, happens):
    who, phone = person(), journeys.new_phone()
    enter(clerk(), who, phone)
    if happens == "taken by another":
        database.execute("update identity_person set phone_index = %s where party_id = %s",
                         [vault.sole_index("phone", phone), person().party])
    else:
        database.execute(f"update identity_account set active = false, {happens}_at = kernel_now() where id = %s", [who.account])
    assert later(at, 24) == 1
    assert events.of_subject(f"party:{who.party}")[-1].happened == NewPhoneStopped(party=who.party)
    assert database.row("select phone_index from identity_person where party_id = %s", [who.party]) == (
        vault.sole_index("phone", who.phone),)


def test_freezing_ends_it_for_good_also_when_the_clerk_lets_the_account_work_again(db, at, catch_up):
    who, phone, officer = person(), journeys.new_phone(), clerk()
    enter(officer, who, phone)
    journeys.act(seen(sign_in(who)), identity.freeze_account)
    assert NewPhoneStopped(party=who.party) in [each.happened for each in events.of_subject(f"party:{who.party}")]
    journeys.act(officer, identity.unfreeze_at_counter, **card(who))
    later(at, 24)
    assert queries.party(who.party).phone == who.phone
    catch_up()
    assert "新手机号没有换上" in told(who)


def test_whoever_left_takes_the_new_phone_along_and_holds_up_nobody(db, at, catch_up):
    gone, merged, stays = person(), person(), person()
    phones = [journeys.new_phone() for _ in range(3)]
    for who, phone in zip((gone, merged, stays), phones, strict=True):
        enter(clerk(), who, phone)
    journeys.act(seen(sign_in(gone)), identity.close_account)
    catch_up()
    assert database.rows("select 1 from identity_new_phone where party_id = %s", [gone.party]) == []
    database.execute("update identity_account set active = false, closed_at = kernel_now() where party_id = %s", [merged.party])
    vault.destroy_key(journeys.TESTER, party=merged.party)
    later(at, 24)
    assert queries.party(stays.party).phone == phones[2]


def test_a_phone_one_entered_oneself_meanwhile_stays(db, at):
    who, entered, own = person(), journeys.new_phone(), journeys.new_phone()
    enter(clerk(), who, entered)
    actor = seen(sign_in(who))
    with journeys.as_actor(actor):
        asked = identity.ask_for_phone(actor, phone=own, address=HERE)
        identity.correct_details(actor, phone=own, address="", name_en="", key=asked.key, code=asked.simulated)
    assert later(at, 24) == 0
    assert queries.party(who.party).phone == own


def test_ones_own_phone_entered_while_the_other_one_is_taken_stays_and_nothing_fails(db, at):
    who, entered, own = person(), journeys.new_phone(), journeys.new_phone()
    enter(clerk(), who, entered)
    actor = seen(sign_in(who))
    with journeys.as_actor(actor):
        asked = identity.ask_for_phone(actor, phone=own, address=HERE)
    failed = []

    def change():
        try:
            journeys.act(actor, identity.correct_details, phone=own, address="", name_en="", key=asked.key, code=asked.simulated)
        except OperationalError as error:
            failed.append(error)
        finally:
            connections.close_all()

    changing = threading.Thread(target=change)
    with database.atomic():
        database.execute("delete from identity_new_phone where party_id = %s", [who.party])
        changing.start()
        time.sleep(0.3)
        database.execute("update identity_person set phone_index = 'being taken' where party_id = %s", [who.party])
    changing.join()
    assert not failed and queries.party(who.party).phone == own


def test_the_second_phone_a_clerk_enters_replaces_the_first_and_waits_its_own_day(db, at):
    who, first, second = person(), journeys.new_phone(), journeys.new_phone()
    enter(clerk(), who, first)
    later(at, 20)
    enter(clerk(), who, second)
    assert later(at, 10) == 0
    assert later(at, 14) == 1 and queries.party(who.party).phone == second


def test_cards_nobody_has_and_ones_own_are_refused_and_counted_against_the_clerk(db):
    who, officer, phone = person(), clerk(), journeys.new_phone()
    own = replace(officer, party=who.party)
    frozen = person()
    database.execute("update identity_account set active = false where id = %s", [frozen.account])
    for actor, given in ((officer, card(who, name="王示例")), (officer, card(who, number=journeys.new_id_number())),
                         (officer, card(frozen)), (own, card(who)), (officer, card(who, name=""))):
        with journeys.as_actor(actor), pytest.raises(CardNotKnown):
            identity.ask_for_new_phone(actor, **given, phone=phone, address=HERE)
    with journeys.as_actor(officer), pytest.raises(TooManyProofs):
        identity.ask_for_new_phone(officer, **card(who), phone=phone, address=HERE)


def test_the_record_says_which_clerk_asked_for_the_code(db):
    officer = clerk()
    asked = journeys.act(officer, identity.ask_for_new_phone, **card(person()), phone=journeys.new_phone(), address=HERE)
    [told] = events.of_subject(f"enrolment:{queries.token_hash(asked.key)}")
    assert (told.happened, told.actor) == (EnrolmentAsked(known=False), f"account:{officer.account}")


def test_the_message_says_that_a_clerk_may_see_the_code_and_it_registers_nobody(db):
    who, phone = person(), Phone()
    asked = journeys.act(clerk(), identity.ask_for_new_phone, **card(who), phone=journeys.new_phone(), address=HERE)
    identity.send_enrolment_code(journeys.TESTER, enrolment=queries.token_hash(asked.key), provider=phone)
    [(_recipient, text)] = phone.sent
    assert "请给面前的工作人员看" in text and "骗子" not in text and asked.simulated in text
    with pytest.raises(CodeNotRight):
        enrol(asked)


def test_the_code_must_be_of_that_phone_right_and_fresh(db):
    who, other, officer = person(), person(), clerk()
    asked = journeys.act(officer, identity.ask_for_new_phone, **card(who), phone=journeys.new_phone(), address=HERE)
    back, new = ask_to_recover(other.phone), ask_to_enrol(journeys.new_phone())
    known = journeys.act(officer, identity.ask_for_new_phone, **card(who), phone=other.phone, address=HERE)
    assert known.simulated == "", "a phone with an account is nobody else's"
    for key, code in ((asked.key, "x"), ("x", asked.simulated), (back.key, back.simulated), (new.key, new.simulated), (known.key, "")):
        with journeys.as_actor(officer), pytest.raises(CodeNotRight):
            identity.name_new_phone(officer, **card(who), key=key, code=code)
    journeys.act(officer, identity.name_new_phone, **card(who), key=asked.key, code=asked.simulated)
    another = clerk()
    with journeys.as_actor(another), pytest.raises(CodeNotRight):
        identity.name_new_phone(another, **card(who), key=asked.key, code=asked.simulated)


def test_the_database_lets_nobody_name_a_phone_for_another_than_the_card_says_nor_hold_up_the_rest(db, at):
    who, victim, waits, officer, phone = person(), person("王示例"), person(), clerk(), journeys.new_phone()
    asked = journeys.act(officer, identity.ask_for_new_phone, **card(who), phone=journeys.new_phone(), address=HERE)
    indexes = vault.indexes("id_number", credential_text("111", who.id_number))
    with journeys.as_actor(officer), database.serving("officer"):
        named = [database.row("select identity_name_new_phone(%s, %s, %s, %s, %s, %s, %s, interval '0') is not null", [
            queries.token_hash(asked.key), code_hash(asked.key, asked.simulated), indexes, "诸葛示例", [], party, "sealed"])
            for party in (victim.party, who.party)]
    assert named == [(False,), (True,)]
    enter(officer, waits, phone)
    later(at, 24)
    assert queries.party(waits.party).phone == phone
    assert database.execute("delete from identity_new_phone where party_id = %s", [who.party])


def test_a_second_phone_for_the_same_person_needs_another_clerk(db):
    who, one, phone = person(), clerk(), journeys.new_phone()
    enter(one, who, phone)
    with journeys.as_actor(one), pytest.raises(PhoneWaits):
        identity.ask_for_new_phone(one, **card(who), phone=journeys.new_phone(), address=HERE)
    asked = journeys.act(clerk(), identity.ask_for_new_phone, **card(who), phone=journeys.new_phone(), address=HERE)
    with journeys.as_actor(one), database.serving("officer"):
        indexes = vault.indexes("id_number", credential_text("111", who.id_number))
        assert database.row("select identity_name_new_phone(%s, %s, %s, %s, %s, %s, %s, interval '0')", [
            queries.token_hash(asked.key), code_hash(asked.key, asked.simulated), indexes, "诸葛示例", [], who.party, "sealed"]) == (None,)
    enter(clerk(), who, journeys.new_phone())
