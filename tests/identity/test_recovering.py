"""A way back after a forgotten password: no less is asked than what was once proved, and nobody learns who has an account (T28)."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from tests import journeys
from tests.identity.given import PASSWORD, person, seen, sign_in
from tests.identity.test_enrolling import Phone, enrol
from tests.identity.test_enrolling import ask as ask_to_enrol
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.actions import recovering
from tongban.identity.actions.enrolling import code_hash
from tongban.identity.actions.pairing import code_of
from tongban.identity.errors import (
    CodeNotRight,
    CredentialNotValid,
    NotMatching,
    PasswordTooCommon,
    PasswordTooShort,
    TooManyEnrolments,
    TooManyProofs,
    WrongCredentials,
)
from tongban.identity.events import PasswordRecovered, RecoveryAsked, RecoveryFailed
from tongban.identity.rules import credential_text
from tongban.identity.types import Factor, Proofing, Strength
from tongban.kernel import database, events, vault
from tongban.messages.queries import inbox

NEW = "新的一句话，也只有我知道"
HERE = "203.0.113.60"


def ask(phone, address=HERE):
    with database.serving("public"):
        return identity.ask_to_recover(phone=phone, address=address)


def prove(asked, who, *, name="诸葛示例", number=None, kind="111", code=None):
    with database.serving("public"):
        identity.prove_for_recovery(key=asked.key, code=asked.simulated if code is None else code, name=name, kind=kind,
                                    number=who.id_number if number is None else number)


def choose(asked, *, password=NEW, code=None):
    with database.serving("public"):
        return identity.recover(key=asked.key, code=asked.simulated if code is None else code, password=password)


def raised_to(who, level):
    database.execute("update identity_person set proofing = %s where party_id = %s", [int(level), who.party])
    return who


def works(who, password):
    try:
        return bool(sign_in(who, password=password))
    except WrongCredentials:
        return False


@requirement("IDN-16")
def test_whoever_proves_who_they_are_gets_a_new_password_and_everything_else_ends(db, catch_up):
    who = person()
    before = sign_in(who)
    with database.serving("citizen"):
        identity.give_key(queries.actor_by_session(before), token=before, key="program", days=3)
    asked = ask(who.phone)
    with database.serving("public"):
        assert identity.recovery_level(key=asked.key, code=asked.simulated) is Proofing.L2
    prove(asked, who)
    assert choose(asked) == who.account
    assert (works(who, PASSWORD), works(who, NEW)) == (False, True)
    assert seen(before) is None and seen("program") is None
    assert seen(sign_in(who, password=NEW)).strength is Strength.S1, "a second factor is still asked for"
    [told] = [each for each in events.of_subject(f"account:{who.account}") if each.name == "PasswordRecovered"]
    assert (told.happened, told.party) == (PasswordRecovered(account=who.account, level=2), who.party)
    catch_up()
    assert "您的密码改了" in [each.title.zh for each in inbox([who.party])]
    with pytest.raises(CodeNotRight):
        choose(asked)


def test_at_level_one_the_name_is_asked_for_and_no_document(db):
    phone = journeys.new_phone()
    account = enrol(ask_to_enrol(phone))
    database.execute("update identity_account set sample = true where id = %s", [account])
    asked = ask(phone)
    with database.serving("public"):
        assert identity.recovery_level(key=asked.key, code=asked.simulated) is Proofing.L1
        with pytest.raises(NotMatching):
            identity.prove_for_recovery(key=asked.key, code=asked.simulated, name="赵示例")
        identity.prove_for_recovery(key=asked.key, code=asked.simulated, name="钱示例")
    assert choose(asked) == account


@pytest.mark.parametrize("given", [{"name": "王示例"}, {"number": ""}, {"number": "123"}, {"number": "11010519491231002X"},
                                   {"kind": "511"}])
def test_who_holds_the_phone_but_says_something_else_changes_nothing(db, given):
    who = person()
    asked = ask(who.phone)
    with pytest.raises((NotMatching, CredentialNotValid)):
        prove(asked, who, **given)
    with pytest.raises(CodeNotRight):
        choose(asked)
    assert works(who, PASSWORD)


def test_the_register_and_the_face_have_their_say_as_they_had_before(db, monkeypatch):
    class Says:
        simulated = True

        def __init__(self, answer):
            self.asked, self.answer = [], answer

        def matches(self, **given):
            self.asked.append(given)
            return self.answer

        def is_same(self, **given):
            self.asked.append(given)
            return self.answer

    second, third = person(), raised_to(person(), Proofing.L3)
    for who, register, face in ((second, False, True), (third, True, False)):
        asked_register, asked_face = Says(register), Says(face)
        monkeypatch.setattr(recovering, "population_register", lambda it=asked_register: it)
        monkeypatch.setattr(recovering, "face_check", lambda it=asked_face: it)
        asked = ask(who.phone)
        with pytest.raises(NotMatching):
            prove(asked, who)
        with pytest.raises(CodeNotRight):
            choose(asked)
        assert asked_register.asked == [{"name": "诸葛示例", "kind": "111", "number": who.id_number, "phone": who.phone}]
        assert len(asked_face.asked) == (who is third)


def test_a_level_raised_after_the_proof_asks_for_more(db):
    who = person()
    asked = ask(who.phone)
    prove(asked, who)
    raised_to(who, Proofing.L3)
    with pytest.raises(CodeNotRight):
        choose(asked)
    prove(asked, who)
    assert choose(asked) == who.account


def test_what_did_not_fit_is_counted_and_the_holder_told(db, catch_up):
    who = person()
    asked = ask(who.phone)
    for _ in range(5):
        with pytest.raises(NotMatching):
            prove(asked, who, name="王示例")
    with pytest.raises(TooManyProofs):
        prove(asked, who)
    failed = [each for each in events.of_subject(f"enrolment:{queries.token_hash(asked.key)}") if each.name == "RecoveryFailed"]
    assert [(each.happened, each.party) for each in failed] == [(RecoveryFailed(), who.party)] * 5
    catch_up()
    assert "有人想重设您的密码，没有成功" in [each.title.zh for each in inbox([who.party])]


def test_many_tries_at_once_are_no_more_than_few_one_by_one(db):
    who = person()
    asked, start = ask(who.phone), threading.Barrier(12)

    def guess():
        start.wait()
        try:
            with pytest.raises((NotMatching, TooManyProofs)):
                prove(asked, who, name="王示例")
        finally:
            connections.close_all()

    guessing = [threading.Thread(target=guess) for _ in range(12)]
    for each in guessing:
        each.start()
    for each in guessing:
        each.join()
    heard = [each for each in events.of_subject(f"enrolment:{queries.token_hash(asked.key)}") if each.name == "RecoveryFailed"]
    assert len(heard) == 5


def test_an_unknown_phone_gets_no_code_that_works_and_the_same_answer(db, catch_up):
    who, stranger = person(sample=False), journeys.new_phone()
    known, unknown = ask(who.phone), ask(stranger)
    assert known.simulated is unknown.simulated is None, "of people who are no samples no code is shown"
    asked = [each.happened for each in (events.of_subject(f"enrolment:{queries.token_hash(it.key)}")[0] for it in (known, unknown))]
    assert asked == [RecoveryAsked(known=True), RecoveryAsked(known=False)]
    catch_up()
    phone = Phone()
    for each in (known, unknown, known):
        identity.send_enrolment_code(journeys.TESTER, enrolment=queries.token_hash(each.key), provider=phone)
    [(recipient, text)] = phone.sent
    assert recipient == f"enrolment:{queries.token_hash(known.key)}" and "密码没有变" in text
    queued = database.rows("select args->>'enrolment' from procrastinate_jobs where task_name = 'identity.send_enrolment_code'")
    assert (queries.token_hash(known.key),) in queued and (queries.token_hash(unknown.key),) not in queued


def test_a_code_for_one_purpose_is_no_good_for_the_other(db):
    who, phone = person(), journeys.new_phone()
    back, new = ask(who.phone), ask_to_enrol(phone)
    with database.serving("public"):
        assert identity.phone_of(key=back.key, code=back.simulated) is None
        assert identity.recovery_level(key=new.key, code=new.simulated) is None
    with pytest.raises(CodeNotRight):
        enrol(back)
    with pytest.raises(CodeNotRight):
        choose(new)


def test_a_frozen_account_an_officers_and_a_number_given_up_lead_nowhere(db):
    frozen, moved = person(), person()
    database.execute("update identity_account set active = false, frozen_at = kernel_now() where id = %s", [frozen.account])
    database.execute("update identity_account set kind = 'OFFICER' where id = %s", [moved.account])
    assert [ask(each.phone).simulated for each in (frozen, moved)] == [None, None]
    late = person()
    asked = ask(late.phone)
    prove(asked, late)
    database.execute("update identity_person set phone_index = 'another' where party_id = %s", [late.party])
    with pytest.raises(CodeNotRight):
        choose(asked)


def test_wrong_tries_end_the_code_and_a_right_one_gives_time_once(db, at):
    who = person()
    asked, slow = ask(who.phone), ask(person().phone)
    wrong = f"{(int(asked.simulated) + 1) % 10**6:06d}"
    for _ in range(5):
        with pytest.raises(CodeNotRight):
            prove(asked, who, code=wrong)
    with pytest.raises(CodeNotRight):
        prove(asked, who)
    begun = database.row("select kernel_now()")[0]

    def level():
        with database.serving("public"):
            return identity.recovery_level(key=slow.key, code=slow.simulated)

    at(begun.replace(minute=begun.minute + 9))
    assert level() is Proofing.L2
    at(begun.replace(minute=begun.minute + 28))
    assert level() is Proofing.L2, "whoever types slowly is not sent back"
    at(begun.replace(minute=begun.minute + 30))
    assert level() is None, "and typing it again gives no more time"


def test_the_new_password_obeys_the_rules_and_the_way_back_stays_open(db):
    who = person()
    asked = ask(who.phone)
    prove(asked, who)
    for password, refusal in (("short", PasswordTooShort), (who.phone * 2, PasswordTooCommon)):
        with pytest.raises(refusal):
            choose(asked, password=password)
    assert choose(asked)


def test_a_phone_gets_five_codes_an_hour_for_both_purposes_together(db):
    phone = person().phone
    for turn in range(5):
        (ask if turn % 2 else ask_to_enrol)(phone, f"198.51.100.{turn}")
    with pytest.raises(TooManyEnrolments):
        ask(phone, "198.51.100.9")


def test_two_people_with_one_phone_each_come_back_by_what_is_theirs(db):
    mother, son = person(), person("诸葛小例")
    database.execute("update identity_person set phone_index = (select phone_index from identity_person where party_id = %s) "
                     "where party_id = %s", [mother.party, son.party])
    asked = ask(mother.phone)
    with pytest.raises(NotMatching):
        prove(asked, mother, name="诸葛小例")
    prove(asked, son, name="诸葛小例")
    assert choose(asked) == son.account
    assert works(mother, PASSWORD) and works(son, NEW)


def test_whoever_is_not_signed_in_reads_nothing_of_it(db):
    who = person()
    asked = ask(who.phone)
    stored = database.row("select string_agg(x::text, ' ') from identity_enrolment x")[0]
    assert who.phone not in stored and asked.simulated not in stored
    with database.serving("public"):
        assert database.row("select has_function_privilege('identity_recoverable(text, text)', 'execute')") == (False,)
        found = [database.rows("select party from identity_whose_recovery(%s, %s, %s, %s)", [
            queries.token_hash(asked.key), code, "诸葛示例", vault.sole_index("id_number", credential_text("111", who.id_number))])
            for code in ("0" * 64, code_hash(asked.key, asked.simulated))]
    assert found == [[], [(who.party,)]], "the browser's key alone tells nothing"


def test_whoever_has_an_app_or_a_passkey_is_asked_for_it_for_a_day_after_coming_back(db, at):
    who, plain = person(), person()
    with database.serving("citizen"), database.acting(parties=(who.party,), account=who.account):
        database.execute("insert into identity_factor (account_id, kind, name, credential, sealed, count, step, added_at) "
                         "values (%s, 'TOTP', 'app', '', '', 0, 0, kernel_now())", [who.account])

    def open_to(each):
        with database.serving("citizen"):
            actor = queries.actor_by_session(sign_in(each, password=NEW))
            with database.acting(parties=(each.party,), account=each.account):
                return queries.second_ways(actor)

    for each in (who, plain):
        asked = ask(each.phone)
        prove(asked, each)
        choose(asked)
    assert (open_to(who), open_to(plain)) == ((Factor.TOTP,), (Factor.CODE,)), "the phone alone is not both steps"
    at(database.row("select kernel_now()")[0] + timedelta(days=1))
    assert open_to(who) == (Factor.TOTP, Factor.CODE)


def test_a_computer_that_waits_is_signed_in_by_nobody_who_had_the_account_before(db):
    who = person()
    for end in ("recovered", "changed"):
        password = PASSWORD if end == "recovered" else NEW
        with database.serving("public"):
            kept = identity.ask_to_pair(browser="", place="")
        token = sign_in(who, password=password)
        database.execute("update identity_session set strength = 2 where account_id = %s", [who.account])
        with journeys.as_actor(seen(token)), database.serving("citizen"):
            identity.answer_pairing(seen(token), token=token, code=code_of(kept), allowed=True)
        if end == "recovered":
            asked = ask(who.phone)
            prove(asked, who)
            choose(asked)
        else:
            with journeys.as_actor(seen(token)), database.serving("citizen"):
                identity.change_password(seen(token), present=NEW, new=f"{NEW}啊", address=HERE, keep=token)
        with database.serving("public"):
            assert identity.use_pairing(kept=kept, browser="") == "", end
