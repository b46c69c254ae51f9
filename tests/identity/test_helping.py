"""Help at a counter begins with a code the person shows, is for one person at a time, and ends by itself (HALL-08)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests import journeys
from tests.cases.given import PAPERS
from tests.conftest import MONDAY
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import HelpCodeNotValid, HelpingAlready, HelpNotFound, HelpNotYours, TooManyAttempts
from tongban.identity.types import Role
from tongban.kernel import events
from tongban.kernel.errors import NotPermitted
from tongban.kernel.types import Channel, System


@pytest.fixture
def person(db):
    return journeys.citizen("周示例")


@pytest.fixture
def clerk(db):
    return journeys.officer(journeys.authority_of(PAPERS), Role.RECEPTIONIST)


def asked(person):
    with journeys.as_actor(person):
        return identity.ask_help(person), known.party(person.party).code[-4:]


def session(clerk):
    return identity.open_session(account=clerk.account, channel=Channel.WEB)


def start(clerk, token, code, last):
    return journeys.act(known.actor_by_session(token), identity.start_help, token=token, code=code, last=last)


def helped(token):
    found = known.actor_by_session(token)
    return found.helping.principal if found.helping else None


@requirement("HALL-08")
def test_a_code_binds_one_person_to_one_session(person, clerk):
    token, elsewhere = session(clerk), session(clerk)
    assert start(clerk, token, *asked(person)) == "周示例"
    assert (helped(token), helped(elsewhere)) == (person.party, None)
    helper = known.actor_by_session(token).as_helper()
    assert (helper.reach, helper.parties, helper.posts) == ((person.party,), (), ())
    assert (helper.proofing, helper.channel) == (person.proofing, Channel.WINDOW)
    for other in (token, elsewhere):
        with pytest.raises(HelpingAlready):
            start(clerk, other, *asked(journeys.citizen()))


def test_a_code_works_once_with_the_right_number_and_only_for_some_minutes(person, clerk, at):
    token = session(clerk)
    code, last = asked(person)
    for wrong in ((code, "0000"), (f"{(int(code) + 1) % 10**6:06d}", last)):
        with pytest.raises(HelpCodeNotValid):
            start(clerk, token, *wrong)
    newer, last = asked(person)
    if newer != code:
        with pytest.raises(HelpCodeNotValid):
            start(clerk, token, code, last)
    at(MONDAY + timedelta(minutes=10))
    with pytest.raises(HelpCodeNotValid):
        start(clerk, token, newer, last)


def test_who_guesses_codes_is_stopped(person, clerk):
    token = session(clerk)
    actor = known.actor_by_session(token)
    code, last = asked(person)
    with journeys.as_actor(actor):
        for _ in range(5):
            with pytest.raises(HelpCodeNotValid):
                identity.start_help(actor, token=token, code="000000", last="000x")
        with pytest.raises(TooManyAttempts):
            identity.start_help(actor, token=token, code=code, last=last)


@requirement("HALL-08")
def test_it_ends_after_three_idle_minutes_and_the_person_is_told(person, clerk, at):
    token = session(clerk)
    start(clerk, token, *asked(person))
    key = known.actor_by_session(token).helping.key
    at(MONDAY + timedelta(seconds=170))
    assert helped(token) == person.party
    at(MONDAY + timedelta(seconds=340))
    assert helped(token) == person.party
    at(MONDAY + timedelta(seconds=520))
    assert helped(token) is None
    assert identity.end_idle_help(System(name="tick")) > 0
    assert identity.end_idle_help(System(name="tick")) == 0
    happened = events.of_subject(f"help:{key}")
    assert [(each.name, each.payload.get("idle")) for each in happened][-1] == ("HelpEnded", True)
    with journeys.as_actor(person):
        assert known.helping_of(person.party) is None


def test_only_the_two_of_them_end_it(person, clerk):
    token = session(clerk)
    start(clerk, token, *asked(person))
    key = known.actor_by_session(token).helping.key
    stranger = journeys.citizen()
    with pytest.raises(HelpNotFound):
        journeys.act(stranger, identity.end_help, key=key)
    journeys.act(clerk, identity.end_help, key=key)
    assert helped(token) is None
    assert [each.name for each in events.of_subject(f"help:{key}")] == ["HelpAsked", "HelpStarted", "HelpEnded"]


def test_only_reception_helps(person):
    reviewer = journeys.officer(journeys.authority_of(PAPERS), Role.REVIEWER)
    code, last = asked(person)
    with pytest.raises(NotPermitted):
        journeys.act(reviewer, identity.start_help, token=session(reviewer), code=code, last=last)


def test_nobody_helps_themselves(person, clerk):
    token = session(clerk)
    code, last = asked(person)
    own = replace(clerk, party=person.party)
    with pytest.raises(HelpNotYours):
        journeys.act(own, identity.start_help, token=token, code=code, last=last)
