"""Registering by phone: a code, then a name and a password; nobody learns who has an account (IDN-05, T28)."""

from contextlib import suppress

import pytest

from tests import journeys
from tests.identity.given import person, seen
from tests.portal.public import client
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import clients, queries
from tongban.identity.errors import (
    CodeNotRight,
    PasswordTooCommon,
    PasswordTooShort,
    TooManyAttempts,
    TooManyEnrolments,
    WrongCredentials,
)
from tongban.identity.events import EnrolmentAsked, EnrolmentCodeSent
from tongban.identity.rules import is_common
from tongban.identity.types import Proofing
from tongban.kernel import database, events
from tongban.messages.clients import SimulatedShortMessages
from tongban.messages.queries import inbox
from tongban.messages.types import DeliveryState

SECRET = "一句好记的话，只有我知道"
HERE = "203.0.113.50"


def ask(phone, address=HERE):
    with database.serving("public"):
        return identity.ask_to_enrol(phone=phone, address=address)


def enrol(asked, *, code=None, name="钱示例", password=SECRET):
    with database.serving("public"):
        return identity.enrol(key=asked.key, code=asked.simulated if code is None else code, name=name, password=password)


def wrong(asked):
    return f"{(int(asked.simulated) + 1) % 10**6:06d}"


def counts():
    return database.row("select (select count(*) from identity_party), (select count(*) from identity_account)")


@requirement("IDN-05")
def test_a_phone_a_code_a_name_and_a_password_make_an_account_of_level_one(db):
    phone = journeys.new_phone()
    account = enrol(ask(phone))
    with database.serving("public"):
        token = identity.sign_in(login=f"+86 {phone[:3]} {phone[3:]}", password=SECRET, address=HERE)
    actor = seen(token)
    assert (actor.account, actor.proofing, actor.display) == (account, Proofing.L1, "钱**")
    known = queries.party(actor.party)
    assert (known.name, known.phone, known.code) == ("钱示例", phone, "")
    assert [each.name for each in events.of_subject(f"party:{actor.party}")] == ["PersonRegistered"]
    assert [each.name for each in events.of_subject(f"account:{account}")] == ["AccountOpened", "SignedIn"]
    stored = " ".join(database.row(f"select string_agg(x::text, ' ') from {table} x")[0] for table in
                      ("identity_account", "identity_person", "identity_enrolment", "identity_attempt", "kernel_event"))
    assert phone not in stored


def test_a_code_works_once_and_only_for_the_browser_that_asked(db):
    asked, other = ask(journeys.new_phone()), ask(journeys.new_phone())
    before = counts()
    for key, code in ((other.key, asked.simulated), ("x", asked.simulated), (asked.key, "")):
        with database.serving("public"), pytest.raises(CodeNotRight):
            identity.enrol(key=key, code=code, name="钱示例", password=SECRET)
    assert counts() == before
    enrol(asked)
    with pytest.raises(CodeNotRight):
        enrol(asked)


def test_five_wrong_tries_end_a_code_and_ten_minutes_do(db, at):
    asked, late = ask(journeys.new_phone()), ask(journeys.new_phone())
    for _ in range(5):
        with pytest.raises(CodeNotRight):
            enrol(asked, code=wrong(asked))
    with pytest.raises(CodeNotRight):
        enrol(asked)
    found = database.row("select kernel_now()")[0]
    at(found.replace(minute=found.minute + 10))
    with pytest.raises(CodeNotRight):
        enrol(late)


def test_a_phone_with_an_account_gets_a_message_and_no_code(db, catch_up):
    who = person()
    asked = ask(who.phone)
    assert asked.simulated == ""
    tried = database.row("select leads_on, tries from identity_enrolment where key_hash = %s", [queries.token_hash(asked.key)])
    assert tried == (False, 0)
    last = database.row("select party, payload::text from kernel_event where name = 'EnrolmentAsked' order by id desc limit 1")
    assert last == (who.party, '{"known": true}') and EnrolmentAsked(known=True)
    catch_up()
    assert [each.title.zh for each in inbox([who.party])] == ["有人用您的手机号注册"]


class Phone(SimulatedShortMessages):
    simulated = False

    def __init__(self):
        self.sent = []

    def send(self, *, recipient, text):
        self.sent.append((recipient, text))
        return DeliveryState.SENT


def test_the_code_goes_out_once_by_a_job_and_only_to_a_phone_that_may_register(db, catch_up):
    asked, known = ask(journeys.new_phone()), ask(person().phone)
    catch_up()
    phone = Phone()
    for key in (asked.key, asked.key, known.key):
        identity.send_enrolment_code(journeys.TESTER, enrolment=queries.token_hash(key), provider=phone)
    enrolment = queries.token_hash(asked.key)
    [(recipient, text)] = phone.sent
    assert recipient == f"enrolment:{enrolment}" and asked.simulated in text and "10 分钟" in text
    assert events.of_subject(recipient)[-1].happened == EnrolmentCodeSent(state="SENT")
    queued = database.rows("select args->>'enrolment' from procrastinate_jobs where task_name = 'identity.send_enrolment_code'")
    assert (enrolment,) in queued and (queries.token_hash(known.key),) not in queued


class Down(SimulatedShortMessages):
    def send(self, *, recipient, text):
        raise TimeoutError


def test_a_code_that_a_failing_provider_did_not_take_is_sent_by_the_next_try(db):
    asked, phone = ask(journeys.new_phone()), Phone()
    for provider in (Down(), phone):
        with suppress(TimeoutError):
            identity.send_enrolment_code(journeys.TESTER, enrolment=queries.token_hash(asked.key), provider=provider)
    assert len(phone.sent) == 1


def test_where_a_provider_brings_codes_the_page_shows_none(db, monkeypatch):
    monkeypatch.setattr(clients, "short_messages", Phone)
    said = client().post("/register/", {"phone": journeys.new_phone()}).content.decode()
    assert "输入验证码" in said and "模拟短信" not in said
    assert ask(journeys.new_phone()).simulated is ask(person().phone).simulated is None


def test_a_number_gets_five_codes_an_hour_whoever_asks_and_known_or_not(db):
    for phone in (journeys.new_phone(), person().phone):
        for turn in range(5):
            ask(phone, f"198.51.100.{turn}")
        with pytest.raises(TooManyEnrolments):
            ask(phone, "198.51.100.9")


def test_one_address_asks_for_sixty_codes_an_hour(db):
    for _ in range(60):
        ask(journeys.new_phone(), "198.51.100.77")
    with pytest.raises(TooManyEnrolments):
        ask(journeys.new_phone(), "198.51.100.77")
    assert ask(journeys.new_phone(), "198.51.100.78").simulated


def test_whoever_is_not_signed_in_writes_no_people_and_makes_no_officers(db):
    asked = ask(journeys.new_phone())
    with database.serving("public"):
        assert database.row("select has_table_privilege('identity_account', 'insert') or has_table_privilege('identity_person', 'insert') "
                            "or has_table_privilege('identity_enrolment', 'select')") == (False,)
    account = enrol(asked)
    made = database.row("select kind, proofing, sample from identity_account where id = %s", [account])
    assert made == ("CITIZEN", 1, queries.is_trial())


@pytest.mark.parametrize(("password", "refusal"), [
    ("short", PasswordTooShort), ("woaini1314520", PasswordTooCommon), ("Password 123456!", PasswordTooCommon),
    ("Sunshine-20261122", PasswordTooCommon), ("qwertyqwerty", PasswordTooCommon), ("12 dragon 345678", PasswordTooCommon),
    ("aaaaaaaaaaaaaaaa", PasswordTooCommon), ("一一一一一一一一一一一一一", PasswordTooCommon)])
def test_short_and_common_passwords_are_refused_and_the_code_stays_good(db, password, refusal):
    asked = ask(journeys.new_phone())
    with pytest.raises(refusal):
        enrol(asked, password=password)
    assert enrol(asked)


def test_a_password_of_ones_own_phone_and_name_is_common_and_a_long_one_is_welcome(db):
    phone = journeys.new_phone()
    asked = ask(phone)
    with pytest.raises(PasswordTooCommon):
        enrol(asked, password=f"{phone}钱示例")
    assert not is_common("correct horse battery", queries.common_passwords())
    assert len(queries.common_passwords()) > 20_000
    assert enrol(asked, password="雨" + "长安一片月万户捣衣声" * 19)


@requirement("IDN-16")
def test_wrong_passwords_are_counted_for_the_phone_however_it_is_written(db):
    phone = journeys.new_phone()
    enrol(ask(phone))
    spellings = [phone, f"+86{phone}", f"86 {phone}", f"{phone[:3]}-{phone[3:]}", " ".join(phone)]
    with database.serving("public"):
        for each in spellings:
            with pytest.raises(WrongCredentials):
                identity.sign_in(login=each, password="wrong", address=HERE)
        for each in [*spellings, f"{phone[:5]} {phone[5:]}"]:
            with pytest.raises(TooManyAttempts):
                identity.sign_in(login=each, password=SECRET, address=HERE)
