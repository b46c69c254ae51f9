"""Raising how surely someone is known: by data, by face, at the counter; each step recorded and told (IDN-05, IDN-06)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests import journeys
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import clients, queries
from tongban.identity.errors import (
    CodeNotRight,
    CredentialNotValid,
    NotMatching,
    OtherCredential,
    ProofingTooLow,
    TooManyProofs,
    YourselfAtTheCounter,
)
from tongban.identity.events import PersonProved, ProofingCodeGiven, ProofingFailed
from tongban.identity.types import Proofing, Role, Way
from tongban.kernel import database, events
from tongban.kernel.types import Channel
from tongban.messages.queries import inbox

NAME = "钱示例"


def prove(who, *, name=NAME, kind="111", number=None):
    return journeys.act(who, identity.prove_by_data, name=name, kind=kind, number=number or journeys.new_id_number())


def now(who):
    """Who they are by a session of today."""
    return queries.actor_by_session(identity.open_session(account=who.account, channel=Channel.WEB))


def levels(who):
    return database.row("select p.proofing, a.proofing from identity_person p join identity_account a on a.party_id = p.party_id "
                        "where a.id = %s", [who.account])


@pytest.fixture
def clerk(db):
    return journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.RECEPTIONIST)


def at_counter(clerk, code, *, name=NAME, number=None, kind="111"):
    return journeys.act(clerk, identity.prove_at_counter, code=code, name=name, kind=kind, number=number or journeys.new_id_number())


def code_of(who):
    return journeys.act(who, identity.give_proofing_code)


@requirement("IDN-05")
def test_name_number_and_phone_that_agree_raise_to_level_two_and_are_told(db, catch_up):
    who, number = journeys.unproved(), journeys.new_id_number()
    assert prove(who, number=number)
    assert levels(who) == (2, 2) and now(who).proofing is Proofing.L2
    assert queries.party_by_id_number(number) == who.party
    assert events.of_subject(f"party:{who.party}")[-1].happened == PersonProved(party=who.party, level=2, way=Way.DATA)
    assert number not in database.row("select string_agg(x::text, ' ') from identity_person x")[0]
    catch_up()
    assert [each.title.zh for each in inbox([who.party])] == ["您的实名等级已是 L2"]
    assert queries.party(who.party).code == number


@requirement("IDN-05")
def test_the_register_in_use_refuses_what_does_not_belong_together(db):
    register, number = clients.population_register(), "610117198805129016"
    assert register.matches(name="王小满", kind="111", number=number, phone="19900000001")
    assert not register.matches(name="王小满", kind="111", number=number, phone="19900000002")
    assert not register.matches(name="王大满", kind="111", number=number, phone="19900000001")
    assert not register.matches(name=clients.UNKNOWN, kind="414", number="E12345678", phone="19900000001")
    who = journeys.unproved()
    with pytest.raises(NotMatching):
        prove(who, name=clients.UNKNOWN)
    assert levels(who) == (1, 1)


def test_five_failures_a_day_are_all_and_no_one_else_is_held_up(db, at):
    who = journeys.unproved()
    for _ in range(5):
        with journeys.as_actor(who), pytest.raises(NotMatching):
            identity.prove_by_data(who, name=clients.UNKNOWN, kind="111", number=journeys.new_id_number())
    assert events.of_subject(f"party:{who.party}")[-1].happened == ProofingFailed(party=who.party, way=Way.DATA)
    with pytest.raises(TooManyProofs):
        prove(who)
    assert prove(journeys.unproved())
    moment = database.row("select kernel_now()")[0]
    at(moment + timedelta(days=1, seconds=1))
    assert prove(who)


@requirement("IDN-06", "IDN-07")
@pytest.mark.parametrize(("kind", "number", "good"), [
    ("111", "11010519491231002X", True), ("111", "110105194912310021", False), ("111", "E12345678", False),
    ("414", "e1234 5678", True), ("414", "E1", False), ("511", "12345678", True), ("511", "1234567", False),
    ("516", "H12345678", True), ("516", "X12345678", False), ("553", "CHN110012345678", True), ("999", "E12345678", False)])
def test_each_kind_of_credential_has_its_own_check(db, kind, number, good):
    who = journeys.unproved()
    if good:
        assert prove(who, kind=kind, number=number)
        written = number.upper().replace(" ", "")
        assert queries.party_by_id_number(written, kind) == who.party
        assert (queries.party_by_id_number(written) is None) is (kind != "111")
        assert database.row("select credential_type from identity_person where party_id = %s", [who.party]) == (kind,)
    else:
        with pytest.raises(CredentialNotValid):
            prove(who, kind=kind, number=number)


def test_a_level_once_proved_is_not_proved_with_another_number(db):
    who, number = journeys.unproved(), journeys.new_id_number()
    prove(who, number=number)
    for other in ({"name": "钱二例", "number": number}, {}):
        with pytest.raises(OtherCredential):
            prove(who, **other)
    assert queries.party_by_id_number(number) == who.party


@requirement("IDN-05")
def test_a_face_is_only_compared_with_a_credential_already_proved(db):
    who = journeys.unproved()
    with pytest.raises(ProofingTooLow):
        journeys.act(who, identity.prove_by_face)
    forged = replace(who, proofing=Proofing.L2)
    journeys.act(forged, identity.prove_by_face)
    assert levels(who) == (1, 1), "the database itself asks for a credential"
    prove(who)
    journeys.act(now(who), identity.prove_by_face)
    assert levels(who) == (3, 3)
    assert events.of_subject(f"party:{who.party}")[-1].happened == PersonProved(party=who.party, level=3, way=Way.FACE)


@requirement("IDN-05")
def test_a_clerk_who_saw_the_card_raises_the_account_of_the_code_and_both_stand_in_the_record(db, clerk):
    who, number = journeys.unproved(), journeys.new_id_number()
    code = code_of(who)
    assert events.of_subject(f"party:{who.party}")[-1].happened == ProofingCodeGiven(party=who.party)
    assert at_counter(clerk, code, number=number)
    assert levels(who) == (3, 3) and queries.party_by_id_number(number) == who.party
    last = events.of_subject(f"party:{who.party}")[-1]
    assert (last.actor, last.party, last.happened.way) == (clerk.actor_id, who.party, "COUNTER")
    with pytest.raises(CodeNotRight):
        at_counter(clerk, code, number=number)


def test_an_old_code_and_a_wrong_one_do_nothing_and_a_clerk_has_five_wrong_ones_a_day(db, clerk, at):
    who = journeys.unproved()
    first, second = code_of(who), code_of(who)
    at(database.row("select kernel_now()")[0] + timedelta(minutes=10))
    for code in (first, second, "00000000", "1", ""):
        with journeys.as_actor(clerk), pytest.raises(CodeNotRight):
            identity.prove_at_counter(clerk, code=code, name=NAME, kind="111", number=journeys.new_id_number())
    with pytest.raises(TooManyProofs):
        at_counter(clerk, code_of(who))
    assert levels(who) == (1, 1)


def test_a_card_of_somebody_else_raises_nobody(db, clerk):
    who = journeys.unproved()
    prove(who)
    with pytest.raises(OtherCredential):
        at_counter(clerk, code_of(who))
    assert levels(who) == (2, 2)


def test_a_clerk_does_not_prove_themselves(db, clerk):
    who = journeys.unproved()
    with pytest.raises(YourselfAtTheCounter):
        at_counter(replace(clerk, party=who.party), code_of(who))


def test_a_citizen_calls_no_function_of_the_counter_and_an_officer_none_of_the_citizen(db):
    for login, function in (("citizen", "identity_prove_at_counter(text,text,text,text,text,text,text,date)"),
                            ("citizen", "identity_merge(bigint)"), ("officer", "identity_raise(int,date)"),
                            ("public", "identity_raise(int,date)"),
                            ("citizen", "identity_settle_proof(bigint,text,int,text,text,text,text,text,text,date)")):
        with database.serving(login):
            assert database.row("select has_function_privilege(%s, 'execute')", [function]) == (False,)


def test_a_level_ends_after_five_years_and_is_proved_again_with_the_same_number(db, at):
    who, number = journeys.unproved(), journeys.new_id_number()
    prove(who, number=number)
    day = database.row("select kernel_now()")[0]
    at(day + timedelta(days=1825))
    assert now(who).proofing is Proofing.L2
    at(day + timedelta(days=1826))
    assert now(who).proofing is Proofing.L1
    prove(who, number=number)
    assert now(who).proofing is Proofing.L2
