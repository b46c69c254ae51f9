"""The security administrator signs somebody out everywhere, or everybody: at once, and nobody is kept out by it."""

from datetime import timedelta

import pytest

from tests import journeys
from tests.conftest import MONDAY
from tests.identity.test_administrators import founded, undone  # noqa: F401 - a node is founded once
from tests.requirements import requirement
from tongban.config import administering, cli
from tongban.identity import actions as identity
from tongban.identity import followers
from tongban.identity.actions.pairing import code_of
from tongban.identity.errors import AccountUnknown, DutyMissing
from tongban.identity.events import SessionsClosed
from tongban.identity.queries import actor_by_session, token_hash
from tongban.identity.types import ActorKind, Duty, Proofing, Role
from tongban.kernel import database, events
from tongban.kernel.types import Channel, System
from tongban.messages.queries import inbox

PASSWORD = "tongban-2026-old"


def person():
    """A citizen with two sessions and a key of a program: account, login and the three tokens."""
    made = journeys.citizen()
    login = f"person-{made.party}"
    account = identity.open_account(System(name="test"), kind=ActorKind.CITIZEN, login=login, password=PASSWORD, name="张示例",
                                    party=made.party, proofing=made.proofing, sample=True)
    tokens = [identity.open_session(account=account, channel=channel, days=days)
              for channel, days in ((Channel.WEB, None), (Channel.WEB, None), (Channel.API, 30))]
    return made.party, account, login, tokens


def working(tokens):
    return [actor_by_session(each) is not None for each in tokens]


@requirement("IDN-16")
def test_one_person_is_signed_out_everywhere_and_nobody_else():
    three = founded()
    _, account, login, tokens = person()
    *_, others = person()
    for duty in (Duty.SYSTEM, Duty.AUDIT):
        with pytest.raises(DutyMissing):
            identity.end_sessions(three[duty], login=login)
    for unknown in ("nobody", ""):
        with pytest.raises(AccountUnknown):
            identity.end_sessions(three[Duty.SECURITY], login=unknown)
    assert working(tokens) == working(others) == [True] * 3
    assert identity.end_sessions(three[Duty.SECURITY], login=login) == 3
    assert (working(tokens), working(others)) == ([False] * 3, [True] * 3)
    said = events.of_subject(f"account:{account}")[-1]
    assert (said.happened, said.actor) == (SessionsClosed(account=account, count=3), three[Duty.SECURITY].actor_id)
    assert identity.end_sessions(three[Duty.SECURITY], login=login) == 0
    assert events.of_subject(f"account:{account}")[-1] == said, "nothing ended, nothing is said"
    assert identity.sign_in(login=login, password=PASSWORD, address="there")


def test_everybody_is_signed_out_some_at_a_time_and_what_is_opened_since_stays(at, monkeypatch):
    three = founded()
    monkeypatch.setattr("tongban.identity.actions.ending.AT_ONCE", 2)
    *_, first = person()
    *_, second = person()
    at(MONDAY + timedelta(minutes=2))
    account = actor_by_session(second[0]).account
    later = identity.open_session(account=account, channel=Channel.WEB)
    at(MONDAY + timedelta(minutes=1))
    open_before = database.row("select count(*) from identity_session where closed_at is null and expires_at > kernel_now() "
                               "and last_seen_at + idle > kernel_now() and opened_at <= kernel_now()")[0]
    assert identity.end_sessions(three[Duty.SECURITY]) == open_before > 6
    at(MONDAY + timedelta(minutes=2))
    assert working([*first, *second, later]) == [False] * 6 + [True]


def test_all_accounts_of_a_person_end_and_of_staff_the_one_that_was_named():
    three = founded()
    party, account, login, tokens = person()
    second = identity.open_account(System(name="test"), kind=ActorKind.CITIZEN, login=f"{login}-2", password=PASSWORD, name="张示例",
                                   party=party, proofing=Proofing.L2, sample=True)
    elsewhere = identity.open_session(account=second, channel=Channel.WEB)
    clerk = journeys.officer(journeys.authority_of("public-hygiene-guangan"), Role.RECEPTIONIST)
    database.execute("update identity_account set party_id = %s where id = %s", [party, clerk.account])
    at_work = identity.open_session(account=clerk.account, channel=Channel.WEB)
    assert identity.end_sessions(three[Duty.SECURITY], account=account) == 4
    assert working([*tokens, elsewhere, at_work]) == [False] * 4 + [True]
    again = identity.open_session(account=account, channel=Channel.WEB)
    assert identity.end_sessions(three[Duty.SECURITY], account=clerk.account) == 1
    assert working([again, at_work]) == [True, False]
    assert events.of_subject(f"account:{clerk.account}")[-1].party is None
    assert events.of_subject(f"account:{account}")[-2].party == party


def test_a_session_that_ran_out_is_closed_for_other_systems_and_not_counted(at):
    three = founded()
    party, account, login, tokens = person()
    at(MONDAY + timedelta(hours=13))
    assert working(tokens) == [False, False, True]
    assert identity.end_sessions(three[Duty.SECURITY], login=login) == 1
    assert database.row("select count(*) from identity_session where account_id = %s and closed_at is null", [account]) == (0,)
    old = identity.open_session(account=account, channel=Channel.WEB)
    at(MONDAY + timedelta(hours=26))
    assert identity.end_sessions(three[Duty.SECURITY], login=login) == 0
    last = events.of_subject(f"account:{account}")[-1]
    assert last.happened == SessionsClosed(account=account, count=0) and not working([old])[0]
    followers.tell_of_closing([last])
    assert inbox([party]) == [], "who was signed in nowhere is told nothing"


def test_a_computer_that_a_phone_let_in_is_not_signed_in_afterwards():
    three = founded()
    _, account, login, _ = person()
    _, stranger, *_ = person()
    with database.serving("public"):
        kept, other = (identity.ask_to_pair(browser="", place="") for _ in range(2))
    for computer, whose in ((kept, account), (other, stranger)):
        assert database.execute("update identity_pairing set account_id = %s, strength = 2, allowed = true, answered_at = kernel_now() "
                                "where code_hash = %s", [whose, token_hash(code_of(computer))]) == 1
    identity.end_sessions(three[Duty.SECURITY], login=login)
    assert not identity.use_pairing(kept=kept, browser="")
    assert identity.use_pairing(kept=other, browser="")


def test_what_was_opened_while_the_first_sessions_ended_ends_too(monkeypatch):
    three = founded()
    _, account, login, tokens = person()
    monkeypatch.setattr("tongban.identity.actions.ending.end_help_of", lambda *_: tokens.append(
        identity.open_session(account=account, channel=Channel.WEB)))
    assert identity.end_sessions(three[Duty.SECURITY], login=login) == 4
    assert working(tokens) == [False] * 4


def test_the_person_is_told_by_whom_and_the_command_says_how_many(monkeypatch, capsys):
    founded()
    party, account, login, tokens = person()
    assert identity.close_sessions(actor_by_session(tokens[0]), keep=tokens[0]) == 1
    followers.tell_of_closing(events.of_subject(f"account:{account}")[-1:])
    assert inbox([party]) == [], "what one ends oneself one knows"
    monkeypatch.setattr("tongban.config.bootstrap.start_database", lambda var: None)
    monkeypatch.setattr(administering, "ASK_SECRET", lambda _text: "three people, three secrets")
    for admin, words, code in (("first-system", ["--login", login], 1), ("first-security", ["--login", "nobody"], 1),
                               ("first-security", ["--login", login], 0)):
        monkeypatch.setattr(administering, "ASK", lambda _text, admin=admin: admin)
        assert cli.main(["sessions", "end", *words]) == code
    assert "Ended: 2." in capsys.readouterr().out
    followers.tell_of_closing(events.of_subject(f"account:{account}")[-1:])
    assert [each.title.zh for each in inbox([party])] == ["管理员让您的账号在各处退出了登录"]
    again = identity.open_session(account=account, channel=Channel.WEB)
    for words, code in ((["--account", "0"], 1), (["--account", str(account)], 0), (["--everybody"], 0)):
        assert cli.main(["sessions", "end", *words]) == code
    assert working([again]) == [False] and capsys.readouterr().out.startswith("Ended: 1.")
    for words in ([], ["--login", login, "--everybody"], ["--account", str(account), "--everybody"]):
        with pytest.raises(SystemExit):
            cli.main(["sessions", "end", *words])
