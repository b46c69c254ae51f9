"""The third strength: a passkey a moment ago, then the face; keys of programs never have it (table 5.8)."""

from contextlib import suppress
from datetime import timedelta

import pytest

from tests import journeys
from tests.conftest import MONDAY
from tests.identity.authenticator import Authenticator
from tests.identity.given import person, seen
from tests.identity.test_factors import Browser
from tongban.identity import actions as identity
from tongban.identity import clients, queries
from tongban.identity.access import require
from tongban.identity.actions import facing
from tongban.identity.errors import FaceNotSeen, PasskeyNeeded, ProofingTooLow, StepUpNeeded, TooManyProofs, WayNotOpen
from tongban.identity.events import ProofFailed, Proved
from tongban.identity.queries.passkeys import site
from tongban.identity.types import Factor, Proofing, Role, Strength
from tongban.kernel import database, events
from tongban.kernel.types import Channel


class Faceless:
    """A check that finds nobody."""

    simulated = False

    def is_same(self, *, kind: str, number: str) -> bool:
        return False


@pytest.fixture
def browser(db):
    return Browser(person())


@pytest.fixture
def key(browser):
    made = Authenticator(origin=site())
    browser.set_up_passkey(made)
    use(browser, made)
    return made


def use(browser, key):
    browser.prove(identity.prove_by_passkey, answer=key.use(queries.request_options()))


def face(browser):
    browser.prove(identity.strengthen_by_face)


def test_a_passkey_and_then_the_face_make_the_third_strength(browser, key):
    before = browser.token
    face(browser)
    assert browser.actor.strength is Strength.S3 and seen(before) is None
    assert [each.happened for each in events.of_subject(f"account:{browser.who.account}")][-1] == Proved(
        account=browser.who.account, factor=Factor.FACE, strength=3)
    require(browser.actor, strength=Strength.S3)


def test_the_face_counts_only_within_five_minutes_of_a_passkey(browser, key, at):
    at(MONDAY + timedelta(minutes=5, seconds=1))
    with pytest.raises(PasskeyNeeded):
        face(browser)
    use(browser, key)
    at(MONDAY + timedelta(minutes=10, seconds=1))
    face(browser)
    assert browser.actor.strength is Strength.S3


def test_the_face_is_compared_anew_after_five_minutes(browser, key, at):
    face(browser)
    at(MONDAY + timedelta(minutes=5))
    require(browser.actor, strength=Strength.S3)
    at(MONDAY + timedelta(minutes=5, seconds=1))
    use(browser, key)
    assert browser.actor.strength is Strength.S3
    with pytest.raises(StepUpNeeded) as refused:
        require(browser.actor, strength=Strength.S3)
    assert refused.value.facts == {"needed": 3}
    face(browser)
    require(browser.actor, strength=Strength.S3)


def test_a_passkey_that_was_only_made_is_no_use_of_it(browser):
    made = Authenticator(origin=site())
    browser.set_up_passkey(made)
    with pytest.raises(PasskeyNeeded):
        face(browser)
    use(browser, made)
    browser.set_up_passkey(Authenticator(origin=site()))
    face(browser)
    assert browser.actor.strength is Strength.S3


def test_two_factors_without_a_passkey_do_not_lead_there(db):
    browser = Browser(person(sample=False))
    with pytest.raises(PasskeyNeeded):
        face(browser)
    assert browser.actor.strength is Strength.S2
    with pytest.raises(StepUpNeeded):
        require(browser.actor, strength=Strength.S3)


def test_signing_in_with_a_passkey_is_a_use_of_it(browser, key, at):
    at(MONDAY + timedelta(hours=1))
    with database.serving("public"):
        browser.token = identity.sign_in_by_passkey(answer=key.use(queries.request_options()), given="cookie", browser="Chrome")
    face(browser)
    assert browser.actor.strength is Strength.S3


def test_whoever_has_no_credential_on_record_has_no_face_to_compare(db):
    who = Browser(journeys.unproved())
    who.set_up_passkey(Authenticator(origin=site()))
    with pytest.raises(ProofingTooLow):
        face(who)


def test_a_face_that_does_not_agree_is_counted_and_changes_nothing(browser, key, monkeypatch):
    monkeypatch.setattr(facing, "face_check", Faceless)
    for _ in range(5):
        with journeys.as_actor(browser.actor), suppress(FaceNotSeen):  # caught inside, as the page does
            identity.strengthen_by_face(browser.actor, token=browser.token)
    assert browser.actor.strength is Strength.S2
    assert [each.happened for each in events.of_subject(f"account:{browser.who.account}")][-1] == ProofFailed(
        account=browser.who.account, factor=Factor.FACE)
    monkeypatch.setattr(facing, "face_check", clients.face_check)
    with pytest.raises(TooManyProofs):
        face(browser)


def test_staff_are_not_compared_with_any_credential(db):
    staff = journeys.officer(journeys.authority_of("old-age-allowance-guichi"), Role.DECIDER)
    with journeys.as_actor(staff), pytest.raises(WayNotOpen):
        identity.strengthen_by_face(staff, token="any")


def test_no_key_of_a_program_and_no_other_browser_takes_the_third_strength_with_it(browser, key):
    elsewhere = Browser(browser.who)
    face(browser)
    with journeys.as_actor(browser.actor):
        identity.give_key(browser.actor, token=browser.token, key="a-key-of-a-program", days=30)
    assert seen("a-key-of-a-program").strength is Strength.S2
    assert seen("a-key-of-a-program").channel is Channel.API
    assert elsewhere.actor.strength is Strength.S2 and elsewhere.actor.proofing is Proofing.L2
