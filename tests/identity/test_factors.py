"""Second factors of one's own: an app, passkeys, recovery codes; none is taken twice, none from another site (T28, T38)."""

import json
from datetime import timedelta

import pyotp
import pytest

from tests import journeys
from tests.conftest import MONDAY
from tests.identity.authenticator import Authenticator
from tests.identity.given import person, seen
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.errors import FactorUnknown, TooManyGuessesToday, WayNotOpen, WrongProof
from tongban.identity.events import FactorAdded, FactorRemoved, RecoveryCodesMade
from tongban.identity.queries.passkeys import site
from tongban.identity.types import ActorKind, Factor, Strength
from tongban.kernel import clock, database, events, parameters
from tongban.kernel.types import Channel
from tongban.messages.queries import inbox


class Browser:
    """Someone with a session; whatever they do goes through their own database login."""

    def __init__(self, who, strength=Strength.S2):
        self.who = who
        self.token = identity.open_session(account=who.account, channel=Channel.WEB, strength=strength)

    @property
    def actor(self):
        return seen(self.token)

    def act(self, verb, /, **given):
        refused = None
        with journeys.as_actor(self.actor):
            try:
                return verb(self.actor, **given)
            except WrongProof as error:  # caught inside, as the page does, so that the wrong try stays counted
                refused = error
        raise refused

    def set_up_app(self, secret):
        made = self.act(identity.add_totp, token=self.token, secret=secret, code=shown(secret), name="手机")
        self.token = made.token
        return made

    def set_up_passkey(self, key):
        with journeys.as_actor(self.actor):
            options = queries.new_passkey(self.actor)
        made = self.act(identity.add_passkey, token=self.token, answer=key.make(options), name="手机")
        self.token = made.token
        return made

    def prove(self, verb, **given):
        self.token = self.act(verb, token=self.token, **given)


def shown(secret, steps=0):
    """What the app shows now, or some half-minutes away."""
    return pyotp.TOTP(secret).at(int(clock.now().timestamp()) + 30 * steps)


def sign_in(key):
    with database.serving("public"):
        return identity.sign_in_by_passkey(answer=key.use(queries.request_options()), given="cookie", browser="Chrome")


@pytest.fixture
def browser(db):
    return Browser(person(sample=False))


@pytest.fixture
def key(db):
    return Authenticator(origin=site())


def happened(browser):
    return [each.happened for each in events.of_subject(f"account:{browser.who.account}")]


def test_an_app_is_set_up_by_its_code_and_its_secret_is_kept_sealed(browser):
    secret = queries.new_secret()
    elsewhere, before = Browser(browser.who), browser.token
    with pytest.raises(WrongProof):
        browser.act(identity.add_totp, token=browser.token, secret=secret, code="000000", name="x")
    made = browser.set_up_app(secret)
    assert len(set(made.recovery_codes)) == 8 and elsewhere.actor is None and seen(before) is None
    kept = database.row("select string_agg(f::text, ' ') from identity_factor f where account_id = %s", [browser.who.account])[0]
    codes = database.row("select string_agg(r::text, ' ') from identity_recovery r where account_id = %s", [browser.who.account])[0]
    assert secret not in kept and not any(code.replace("-", "") in codes for code in made.recovery_codes)
    assert {FactorAdded(account=browser.who.account, kind=Factor.TOTP), RecoveryCodesMade(account=browser.who.account)} <= \
        set(happened(browser))


@requirement("IDN-16")
def test_a_code_of_the_app_proves_it_once_and_for_half_a_minute_around(browser, at):
    secret = queries.new_secret()
    browser.set_up_app(secret)
    at(MONDAY + timedelta(minutes=5))
    weak = Browser(browser.who, Strength.S1)
    for steps in (-2, 2):
        with pytest.raises(WrongProof):
            weak.prove(identity.prove_by_totp, code=shown(secret, steps))
    code = shown(secret, -1)
    weak.prove(identity.prove_by_totp, code=code)
    assert weak.actor.strength is Strength.S2
    with pytest.raises(WrongProof):
        weak.prove(identity.prove_by_totp, code=code)
    weak.prove(identity.prove_by_totp, code=shown(secret))


@requirement("IDN-16")
def test_guesses_at_the_app_are_counted_in_a_day(browser, monkeypatch, at):
    browser.set_up_app(queries.new_secret())
    real = parameters.value
    monkeypatch.setattr(parameters, "value", lambda name, on: 3 if name == "identity.totp_tries_day" else real(name, on))
    weak = Browser(browser.who, Strength.S1)
    for _ in range(3):
        with pytest.raises(WrongProof):
            weak.prove(identity.prove_by_totp, code="000000")
    with pytest.raises(TooManyGuessesToday):
        weak.prove(identity.prove_by_totp, code="000000")


def test_a_recovery_code_is_good_once_however_it_is_typed_and_new_ones_void_it(browser):
    first, second, *_ = browser.set_up_app(queries.new_secret()).recovery_codes
    browser.prove(identity.prove_by_recovery, code=first.upper().replace("-", ""))
    with pytest.raises(WrongProof):
        browser.prove(identity.prove_by_recovery, code=first)
    fresh = browser.act(identity.make_recovery_codes)
    with pytest.raises(WrongProof):
        browser.prove(identity.prove_by_recovery, code=second)
    browser.prove(identity.prove_by_recovery, code=fresh[0])
    assert queries.recovery_left(browser.who.account) == 7


def test_recovery_codes_belong_to_one_account(browser):
    other = Browser(person())
    codes = browser.set_up_app(queries.new_secret()).recovery_codes
    with pytest.raises(WrongProof):
        other.prove(identity.prove_by_recovery, code=codes[0])


@requirement("IDN-12")
def test_a_passkey_alone_signs_in_with_two_factors(browser, key):
    browser.set_up_passkey(key)
    token = sign_in(key)
    assert seen(token).account == browser.who.account and seen(token).strength is Strength.S2
    weak = Browser(browser.who, Strength.S1)
    with journeys.as_actor(weak.actor):
        assert Factor.PASSKEY in queries.ways(weak.actor)
        answer = key.use(queries.request_options())
    weak.prove(identity.prove_by_passkey, answer=answer)
    assert weak.actor.strength is Strength.S2


def test_a_passkey_of_another_site_or_without_the_person_s_gesture_is_not_taken(browser, key, db):
    other = Authenticator(origin="https://evil.example")
    with pytest.raises(WrongProof):
        browser.set_up_passkey(other)
    silent = Authenticator(origin=site())
    silent.verifies = False
    with pytest.raises(WrongProof):
        browser.set_up_passkey(silent)
    browser.set_up_passkey(key)
    key.verifies = False
    with pytest.raises(WrongProof):
        sign_in(key)
    key.verifies, key.origin = True, "https://evil.example"
    with pytest.raises(WrongProof):
        sign_in(key)
    key.origin = site()
    assert sign_in(key)


def test_a_copied_passkey_is_found_by_its_count(browser, key):
    browser.set_up_passkey(key)
    sign_in(key)
    key.count = 0
    with pytest.raises(WrongProof):
        sign_in(key)
    assert sign_in(key)


def test_an_answer_is_good_once_and_for_five_minutes(browser, key, at):
    browser.set_up_passkey(key)
    old = queries.request_options()
    key.count, answer = 5, None
    answer = key.use(old)
    with database.serving("public"):
        identity.sign_in_by_passkey(answer=answer)
        database.execute("select 1")
    with database.serving("worker"):
        database.execute("update identity_factor set count = 0 where account_id = %s", [browser.who.account])
    with database.serving("public"), pytest.raises(WrongProof):
        identity.sign_in_by_passkey(answer=answer)
    late = key.use(queries.request_options())
    at(MONDAY + timedelta(minutes=5, seconds=2))
    with database.serving("public"), pytest.raises(WrongProof):
        identity.sign_in_by_passkey(answer=late)


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"rawId": 3}', '{"rawId": "AA", "response": {}}', "\x00", "x" * 30_000,
                                    json.dumps({"rawId": "AA", "id": "AA", "type": "public-key", "response": {
                                        "clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA"}})])
def test_made_up_answers_are_refused(db, answer):
    with database.serving("public"), pytest.raises(WrongProof):
        identity.sign_in_by_passkey(answer=answer)


def test_a_passkey_of_a_closed_account_opens_nothing(browser, key):
    browser.set_up_passkey(key)
    database.execute("update identity_account set active = false where id = %s", [browser.who.account])
    with pytest.raises(WrongProof):
        sign_in(key)


def test_one_passkey_is_not_set_up_for_two_accounts(browser, key):
    browser.set_up_passkey(key)
    with pytest.raises(WrongProof):
        Browser(person()).set_up_passkey(key)


def test_a_removed_factor_opens_nothing_and_its_sessions_elsewhere_end(browser, key, catch_up):
    browser.set_up_passkey(key)
    elsewhere = sign_in(key)
    mine, = queries.factors_of(browser.who.account)
    with pytest.raises(FactorUnknown):
        Browser(person()).act(identity.remove_factor, token="", key=mine.key)
    browser.act(identity.remove_factor, token=browser.token, key=mine.key)
    assert seen(elsewhere) is None and browser.actor is not None
    with pytest.raises(WrongProof):
        sign_in(key)
    assert queries.recovery_left(browser.who.account) == 0
    assert FactorRemoved(account=browser.who.account, kind=Factor.PASSKEY) in happened(browser)
    catch_up()
    told = [each.title.zh for each in inbox([browser.who.party])]
    assert "您的账号新增了一种验证方式" in told and "您的账号少了一种验证方式" in told


def test_staff_may_use_what_the_installation_names(db, key, monkeypatch):
    account = identity.open_account(journeys.TESTER, kind=ActorKind.OFFICER, login="staff-with-key", password="x", name="王示例")
    who = Browser(type("Staff", (), {"account": account})(), Strength.S1)
    with journeys.as_actor(who.actor):
        assert queries.ways(who.actor) == (Factor.PASSWORD,)
    who.set_up_passkey(key)
    assert who.actor.strength is Strength.S2
    real = parameters.value
    monkeypatch.setattr(parameters, "value", lambda name, on: ["TOTP"] if name == "identity.staff_factors" else real(name, on))
    with pytest.raises(WrongProof):
        who.prove(identity.prove_by_passkey, answer=key.use(queries.request_options()))
    with pytest.raises(WrongProof):
        sign_in(key)
    with pytest.raises(WayNotOpen):
        who.set_up_passkey(Authenticator(origin=site()))
