"""Secrets with which staff choose a password: good once, for a day, and nobody else learns the password (T12, T28)."""

from datetime import timedelta

import pytest

from tests import journeys
from tests.conftest import MONDAY
from tests.identity.test_administrators import began, founded, undone  # noqa: F401 - a node is founded once
from tests.requirements import requirement
from tongban.authorities import queries as authorities
from tongban.config import administering, cli
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.errors import (
    DutyMissing,
    PasswordTooCommon,
    PasswordTooShort,
    ProposalNotFound,
    SecretNotValid,
    TooManyAttempts,
    WrongCredentials,
)
from tongban.identity.events import FirstPasswordChosen, StaffReset, StaffResetProposed
from tongban.identity.types import Duty, Role
from tongban.kernel import database, events
from tongban.kernel.types import Channel

NEW = "another sentence for the desk"
HERE = "203.0.113.90"


def let_in(three, login="new-desk"):
    """The secret of a new member of staff."""
    identity.propose_staff(three[Duty.SYSTEM], login=login, name="丁四", number=journeys.new_id_number(), role=Role.RECEPTIONIST,
                           authority=authorities.authorities()[0].id)
    return identity.confirm_staff(three[Duty.SECURITY], login=login)


def use(secret, *, login="new-desk", password=NEW, address=HERE):
    return identity.use_first_secret(login=login, secret=secret, password=password, address=address)


@requirement("IDN-14")
def test_a_secret_is_good_once_for_a_day_and_for_its_own_account(at):
    three = founded()
    secret, other = let_in(three), let_in(three, "other-desk")
    for wrong in ("", "x", other):
        with pytest.raises(SecretNotValid):
            use(wrong)
    with pytest.raises(WrongCredentials):
        identity.sign_in(login="new-desk", password=secret, address="there")
    for password, refusal in (("short", PasswordTooShort), ("new-desk new-desk", PasswordTooCommon)):
        with pytest.raises(refusal):
            use(secret, password=password)
    account = use(secret)
    assert events.of_subject(f"account:{account}")[-1].happened == FirstPasswordChosen(account=account)
    assert identity.sign_in(login="new-desk", password=NEW, address="there")
    with pytest.raises(SecretNotValid):
        use(secret)
    at(MONDAY + timedelta(hours=24))
    with pytest.raises(SecretNotValid):
        use(other, login="other-desk")
    stored = database.row("select string_agg(x::text, ' ') from identity_first_secret x")[0]
    assert secret not in stored and other not in stored


def test_wrong_secrets_are_counted_by_place_and_keep_nobody_out():
    three = founded()
    secret, other = let_in(three), let_in(three, "other-desk")
    for turn in range(20):
        with pytest.raises(SecretNotValid):
            use("x", login=("new-desk", "nobody")[turn % 2])
    with pytest.raises(TooManyAttempts):
        use(other, login="other-desk")
    for turn in range(30):
        with pytest.raises(SecretNotValid):
            use("x", address=f"198.51.100.{turn}")
    assert use(secret, address="203.0.113.91")
    assert identity.sign_in(login="new-desk", password=NEW, address="203.0.113.92")


@requirement("IDN-14", "IDN-16")
def test_two_administrators_let_somebody_begin_anew_and_all_that_opened_the_account_is_void():
    three = founded()
    actor = began("new-desk", let_in(three))
    open_there = identity.open_session(account=actor.account, channel=Channel.WEB)
    for duty in (Duty.SECURITY, Duty.AUDIT):
        with pytest.raises(DutyMissing):
            identity.propose_reset(three[duty], login="new-desk")
    with pytest.raises(ProposalNotFound):
        identity.confirm_reset(three[Duty.SECURITY], login="new-desk")
    identity.propose_reset(three[Duty.SYSTEM], login="new-desk")
    assert queries.actor_by_session(open_there) is not None, "one alone changes nothing"
    with pytest.raises(SecretNotValid):
        use("")
    unused = let_in(three, "other-desk")
    identity.propose_reset(three[Duty.SYSTEM], login="other-desk")
    assert use(unused, login="other-desk"), "nor takes a secret away that was not used yet"
    for duty in (Duty.SYSTEM, Duty.AUDIT):
        with pytest.raises(DutyMissing):
            identity.confirm_reset(three[duty], login="new-desk")
    secret = identity.confirm_reset(three[Duty.SECURITY], login="new-desk")
    assert queries.actor_by_session(open_there) is None
    with pytest.raises(WrongCredentials):
        identity.sign_in(login="new-desk", password="three people, three secrets", address="there")
    assert [each.happened for each in events.of_subject(f"account:{actor.account}")][-2:] == [
        StaffResetProposed(account=actor.account), StaffReset(account=actor.account)]
    with pytest.raises(ProposalNotFound):
        identity.confirm_reset(three[Duty.SECURITY], login="new-desk")
    assert use(secret) == actor.account


def test_nobody_resets_themselves_a_citizen_or_after_a_day(at):
    three = founded()
    for login in ("first-system", "wang-xiaoman", "nobody"):
        with pytest.raises(ProposalNotFound):
            identity.propose_reset(three[Duty.SYSTEM], login=login)
    identity.propose_reset(three[Duty.SYSTEM], login="first-security")
    with pytest.raises(ProposalNotFound):
        identity.confirm_reset(three[Duty.SECURITY], login="first-security")
    identity.propose_reset(three[Duty.SYSTEM], login="first-audit")
    at(MONDAY + timedelta(hours=24))
    with pytest.raises(ProposalNotFound):
        identity.confirm_reset(three[Duty.SECURITY], login="first-audit")


def test_the_commands_let_somebody_begin_anew(monkeypatch, capsys):
    three = founded()
    began("new-desk", let_in(three))
    monkeypatch.setattr("tongban.config.bootstrap.start_database", lambda var: None)
    monkeypatch.setattr(administering, "ASK_SECRET", lambda _text: "three people, three secrets")
    for login, words, code in (("first-security", ["staff", "renew", "new-desk"], 1), ("first-system", ["staff", "reset", "new-desk"], 0),
                               ("first-security", ["staff", "renew", "new-desk"], 0)):
        monkeypatch.setattr(administering, "ASK", lambda _text, login=login: login)
        assert cli.main(words) == code
    said = capsys.readouterr().out
    secret = next(line.split()[1] for line in said.splitlines() if line.startswith("new-desk"))
    assert "/sign-in/first/" in said and use(secret)
