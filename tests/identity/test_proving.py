"""The second step: codes, wrong tries, a new token for the session (table 5.8, T28, T38)."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest

from tests import journeys
from tests.conftest import MONDAY
from tests.identity.given import PASSWORD, Person, person, seen
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.errors import DeviceUnknown, TooManyCodes, TooManyGuessesToday, WayNotOpen, WrongProof
from tongban.identity.events import CodeAsked, CodeSent, DeviceAdded, DeviceRemoved, ProofFailed, Proved
from tongban.identity.types import Actor, ActorKind, Factor, Purpose, Strength
from tongban.kernel import database, events, parameters, vault
from tongban.kernel.errors import SignInRequired
from tongban.kernel.types import Channel, System
from tongban.messages.queries import inbox
from tongban.messages.types import DeliveryState

JOB = System(name="test")


class Phone:
    """A provider that is no simulation and remembers what it was given."""

    simulated = False

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, *, recipient: str, text: str) -> DeliveryState:
        self.sent.append((recipient, text))
        return DeliveryState.SENT


class Browser:
    """Someone signed in with a password, in a browser that has a cookie of its own."""

    def __init__(self, who: Person, *, cookie: str) -> None:
        self.who, self.cookie = who, cookie
        self.sign_in()

    def sign_in(self) -> None:
        with database.serving("public"):
            self.token = identity.sign_in(login=self.who.login, password=PASSWORD, address=f"ip-{self.cookie}", given=self.cookie,
                                           browser="Chrome · Windows")

    @property
    def actor(self) -> Actor:
        found = seen(self.token)
        assert found is not None
        return found

    def ask(self) -> str:
        """Ask for a code; returns what the message says."""
        with journeys.as_actor(self.actor):
            identity.ask_code(self.actor, token=self.token)
        return self.code

    @property
    def code(self) -> str:
        nonce = database.row("select nonce from identity_code where session_hash = %s order by id desc limit 1",
                             [queries.token_hash(self.token)])[0]
        return vault.digits(Purpose.PROVE, nonce)

    def give(self, code: str) -> str:
        """Type a code in; the browser has the new token from then on."""
        refused: WrongProof | None = None
        with journeys.as_actor(self.actor):
            try:
                self.token = identity.prove_by_code(self.actor, token=self.token, code=code)
            except WrongProof as error:  # caught inside, as the page does, so that the wrong try stays counted
                refused = error
        if refused:
            raise refused
        return self.token

    def fail(self, times: int) -> None:
        for _ in range(times):
            with pytest.raises(WrongProof):
                self.give("no")


@pytest.fixture
def browser(db):
    return Browser(person(), cookie="first")


def test_a_password_alone_makes_a_session_of_one_factor_and_a_code_one_of_two(browser):
    assert browser.actor.strength is Strength.S1 and not browser.actor.known_device
    old = browser.token
    browser.give(browser.ask())
    assert browser.actor.strength is Strength.S2 and browser.actor.proved_seconds == 0
    assert seen(old) is None
    happened = [each.happened for each in events.of_subject(f"account:{browser.who.account}")]
    assert Proved(account=browser.who.account, factor=Factor.CODE, strength=2) in happened
    assert any(isinstance(each, CodeAsked) for each in happened)


def test_whoever_holds_the_older_token_gains_nothing_by_the_proof(browser):
    stolen, code, actor = browser.token, browser.ask(), browser.actor
    browser.give(code)
    with journeys.as_actor(actor), pytest.raises((SignInRequired, WrongProof)):
        identity.prove_by_code(actor, token=stolen, code=code)
    assert seen(stolen) is None


@requirement("IDN-16")
def test_a_code_is_good_once_and_in_its_session_only(browser):
    other = Browser(browser.who, cookie="second")
    code = browser.ask()
    with pytest.raises(WrongProof):
        other.give(code)
    browser.give(code)
    with pytest.raises(WrongProof):
        browser.give(code)
    assert isinstance([each.happened for each in events.of_subject(f"account:{browser.who.account}")][-1], ProofFailed)


def test_the_code_before_the_last_is_no_longer_good(browser):
    first, second = browser.ask(), browser.ask()
    if first != second:
        with pytest.raises(WrongProof):
            browser.give(first)
    browser.give(second)


def test_a_code_is_good_for_ten_minutes(browser, at):
    code = browser.ask()
    at(MONDAY + timedelta(minutes=10))
    with pytest.raises(WrongProof):
        browser.give(code)
    code = browser.ask()
    at(MONDAY + timedelta(minutes=19, seconds=59))
    browser.give(code)


@requirement("IDN-16")
def test_after_five_wrong_tries_a_code_is_void(browser):
    code = browser.ask()
    browser.fail(4)
    spare = Browser(browser.who, cookie="other")
    right = spare.ask()
    browser.fail(1)
    with pytest.raises(WrongProof):
        browser.give(code)
    spare.give(right)


def in_a_day_at_most(monkeypatch: pytest.MonkeyPatch, name: str, value: int) -> None:
    """As if the figure were smaller, so that a test need not try forty times."""
    real = parameters.value
    monkeypatch.setattr(parameters, "value", lambda asked, on: value if asked == name else real(asked, on))


@requirement("IDN-16")
def test_wrong_tries_everywhere_are_counted_together_and_on_a_known_device_apart(browser, monkeypatch, at):
    browser.give(browser.ask())
    in_a_day_at_most(monkeypatch, "identity.code_tries_day", 3)
    thief = Browser(browser.who, cookie="thief")
    thief.fail(2)
    another = Browser(browser.who, cookie="another")
    another.fail(1)
    with pytest.raises(TooManyGuessesToday):
        another.give(another.ask())
    browser.sign_in()
    browser.give(browser.ask())
    at(MONDAY + timedelta(days=1))
    thief.sign_in()
    thief.give(thief.ask())


def test_guessing_all_day_succeeds_at_most_once_in_ten_thousand(db):
    """Of a million codes one is right, of TOTP three: the one before and the one after are taken too."""
    day = MONDAY.date()
    codes, totp = (parameters.value(f"identity.{name}_tries_day", day) for name in ("code", "totp"))
    assert (codes * 1 + totp * 3) / 1_000_000 <= 1e-4


@requirement("IDN-16")
def test_a_number_gets_five_codes_an_hour_and_the_last_only_a_known_device(db, at):
    owner = Browser(person(sample=False), cookie="owner")
    owner.give(owner.ask())
    thief = Browser(owner.who, cookie="thief")
    for _ in range(3):
        thief.ask()
    with pytest.raises(TooManyCodes):
        thief.ask()
    owner.sign_in()
    owner.ask()
    with pytest.raises(TooManyCodes):
        owner.ask()
    at(MONDAY + timedelta(hours=1))
    thief.sign_in()
    thief.ask()


def test_a_number_gets_twenty_codes_a_day(db, at):
    who = Browser(person(sample=False), cookie="own")
    who.give(who.ask())
    for hour in range(1, 6):
        at(MONDAY + timedelta(hours=hour))
        who.sign_in()
        for _ in range(4 if hour == 5 else 5 if hour < 4 else 0):
            who.ask()
    with pytest.raises(TooManyCodes):
        who.ask()


def test_the_message_goes_out_once_by_a_job_and_says_that_nobody_asks_for_it(db):
    who = Browser(person(sample=False), cookie="own")
    code = who.ask()
    key = database.row("select max(id) from identity_code where account_id = %s", [who.who.account])[0]
    phone = Phone()
    for _ in range(2):
        identity.send_code(JOB, code=key, provider=phone)
    [(recipient, text)] = phone.sent
    assert recipient == f"party:{who.who.party}" and code in text and "10 分钟" in text and "工作人员也不会要" in text
    assert [each.happened for each in events.of_subject(f"code:{key}")] == [CodeSent(code=key, state="SENT")]
    kept = database.row("select string_agg(x::text, ' ') from identity_code x where id = %s", [key])[0]
    assert code not in kept


def test_a_code_that_a_failing_provider_did_not_take_is_sent_by_the_next_try(db):
    who = Browser(person(sample=False), cookie="own")
    code, phone = who.ask(), Phone()
    key = database.row("select max(id) from identity_code where account_id = %s", [who.who.account])[0]
    with pytest.raises(OSError):
        identity.send_code(JOB, code=key, provider=Mock(send=Mock(side_effect=OSError)))
    identity.send_code(JOB, code=key, provider=phone)
    assert [code in text for _, text in phone.sent] == [True]


def test_asking_queues_the_job(db, catch_up):
    who = Browser(person(sample=False), cookie="own")
    who.ask()
    catch_up()
    key = database.row("select max(id) from identity_code where account_id = %s", [who.who.account])[0]
    assert database.row("select count(*) from procrastinate_jobs where task_name = 'identity.send_code' "
                        "and (args->>'code')::bigint = %s", [key]) == (1,)


def test_only_a_sample_sees_its_code_on_the_page_and_nobody_sends_it(db):
    sample, real = Browser(person(), cookie="a"), Browser(person(sample=False), cookie="b")
    shown = {}
    for name, each in (("sample", sample), ("real", real)):
        code = each.ask()
        with journeys.as_actor(each.actor):
            shown[name] = queries.shown_code(each.actor, each.token) == code
    assert shown == {"sample": True, "real": False}
    phone = Phone()
    identity.send_code(JOB, code=database.row("select max(id) from identity_code where account_id = %s",
                                              [sample.who.account])[0], provider=phone)
    assert phone.sent == []


def test_staff_get_no_codes_unless_they_are_samples(db):
    made = {}
    for sample in (True, False):
        account = identity.open_account(journeys.TESTER, kind=ActorKind.OFFICER, login=f"staff-code-{sample}", password=PASSWORD,
                                        name="王示例", sample=sample)
        token = identity.open_session(account=account, channel=Channel.WEB, strength=Strength.S1)
        actor = seen(token)
        with journeys.as_actor(actor):
            made[sample] = queries.ways(actor)
            if not sample:
                with pytest.raises(WayNotOpen):
                    identity.ask_code(actor, token=token)
    assert made == {True: (Factor.CODE,), False: (Factor.PASSWORD,)}


def test_a_device_someone_proved_themselves_on_is_known_and_told_about_once(browser, catch_up):
    browser.give(browser.ask())
    browser.sign_in()
    assert browser.actor.known_device and browser.actor.strength is Strength.S1
    browser.give(browser.ask())
    stranger = Browser(browser.who, cookie="elsewhere")
    assert not stranger.actor.known_device
    catch_up()
    assert [each.title.zh for each in inbox([browser.who.party])] == ["您的账号在新设备上登录：Chrome · Windows"]
    happened = [each.happened for each in events.of_subject(f"account:{browser.who.account}")]
    assert sum(isinstance(each, DeviceAdded) for each in happened) == 1


def test_where_one_factor_is_enough_a_new_device_still_needs_two(browser, monkeypatch):
    in_a_day_at_most(monkeypatch, "identity.strength_personal", 1)
    assert queries.wanted_strength(browser.actor) is Strength.S2
    with journeys.as_actor(browser.actor):
        assert Factor.PASSWORD not in queries.ways(browser.actor)
    browser.give(browser.ask())
    browser.sign_in()
    assert queries.wanted_strength(browser.actor) is Strength.S1
    assert queries.one_factor_is_enough(browser.who.account, browser.cookie)
    assert not queries.one_factor_is_enough(journeys.citizen().account, browser.cookie), "the cookie is that of one account"
    with journeys.as_actor(browser.actor):
        assert Factor.PASSWORD in queries.ways(browser.actor)
        token = identity.prove_by_password(browser.actor, token=browser.token, password=PASSWORD)
        with pytest.raises(WrongProof):
            identity.prove_by_password(seen(token), token=token, password="wrong")
    assert seen(token).strength is Strength.S1


def test_a_password_never_proves_the_second_factor(browser):
    with journeys.as_actor(browser.actor), pytest.raises(WrongProof):
        identity.prove_by_password(browser.actor, token=browser.token, password=PASSWORD)
    assert browser.actor.strength is Strength.S1


@requirement("IDN-12")
def test_proving_again_does_not_move_the_end_of_a_session(browser, at):
    browser.give(browser.ask())
    for minutes in range(10, 12 * 60, 10):
        at(MONDAY + timedelta(minutes=minutes))
        assert seen(browser.token) is not None
        if minutes == 660:
            browser.give(browser.ask())
    at(MONDAY + timedelta(hours=12))
    assert seen(browser.token) is None


@requirement("IDN-12")
def test_a_session_of_the_third_strength_ends_after_ten_minutes_or_two_hours(browser, at):
    from tongban.identity.actions.stepping_up import raise_session

    with journeys.as_actor(browser.actor):
        token = raise_session(browser.actor, token=browser.token, factor=Factor.PASSKEY, strength=Strength.S3)
    at(MONDAY + timedelta(minutes=9, seconds=59))
    assert seen(token) is not None and seen(token).strength is Strength.S3
    for minutes in range(15, 120, 5):
        at(MONDAY + timedelta(minutes=minutes))
        assert seen(token) is not None, minutes
    at(MONDAY + timedelta(hours=2))
    assert seen(token) is None


@requirement("IDN-12")
def test_an_officer_s_session_ends_after_eight_hours(db, at):
    staff = journeys.officer(journeys.authority_of("old-age-allowance-guichi"))
    token = identity.open_session(account=staff.account, channel=Channel.WEB)
    for minutes in range(10, 8 * 60, 10):
        at(MONDAY + timedelta(minutes=minutes))
        assert seen(token) is not None, minutes
    at(MONDAY + timedelta(hours=8))
    assert seen(token) is None


def test_old_codes_are_cleaned_away(browser, at):
    browser.ask()
    at(MONDAY + timedelta(days=1, seconds=1))
    identity.clean_up(JOB)
    assert database.row("select count(*) from identity_code where account_id = %s", [browser.who.account]) == (0,)


def test_someone_else_s_session_is_not_raised(browser):
    other = Browser(person(), cookie="x")
    actor = replace(browser.actor, account=other.who.account)
    code = browser.ask()
    with journeys.as_actor(actor), pytest.raises(WrongProof):
        identity.prove_by_code(actor, token=browser.token, code=code)


def test_a_removed_device_is_unknown_again_and_signed_out_there_only(browser):
    browser.give(browser.ask())
    here = Browser(browser.who, cookie="second")
    here.give(here.ask())
    with journeys.as_actor(here.actor):
        rows = queries.devices_of(here.who.account, here.token)
        assert [row.here for row in rows] in ([True, False], [False, True])
        gone = next(row.key for row in rows if not row.here)
        identity.remove_device(here.actor, token=here.token, key=gone)
        with pytest.raises(DeviceUnknown):
            identity.remove_device(here.actor, token=here.token, key=gone)
    assert seen(browser.token) is None and seen(here.token) is not None
    browser.sign_in()
    assert not browser.actor.known_device
    happened = [each.happened for each in events.of_subject(f"account:{browser.who.account}")]
    assert DeviceRemoved(account=browser.who.account, device=gone) in happened
    browser.give(browser.ask())
    assert sum(isinstance(each.happened, DeviceAdded) for each in events.of_subject(f"account:{browser.who.account}")) == 3


def test_nobody_removes_someone_else_s_device(browser):
    browser.give(browser.ask())
    key = database.row("select id from identity_device where account_id = %s", [browser.who.account])[0]
    other = Browser(person(), cookie="x")
    with journeys.as_actor(other.actor), pytest.raises(DeviceUnknown):
        identity.remove_device(other.actor, token=other.token, key=key)
    browser.sign_in()
    assert browser.actor.known_device
