"""With somebody's sessions ends what they showed at a counter, and what a clerk was doing for them there."""

import pytest

from tests import journeys
from tests.cases.given import PAPERS
from tests.identity.test_helping import asked, helped, session, start
from tests.relying import administrators
from tongban.identity import actions as identity
from tongban.identity.errors import HelpCodeNotValid
from tongban.identity.types import Duty, Role
from tongban.kernel import database, events


def with_code():
    """Somebody who shows a clerk two codes: one to be helped, one to be proved by."""
    who = journeys.unproved()
    with journeys.as_actor(who):
        identity.give_proofing_code(who)
    return journeys.citizen("周示例"), who


def codes_of(people):
    return {party for (party,) in database.rows("select party_id from identity_proofing_code where party_id = any(%s)",
                                                [[each.party for each in people]])}


def test_help_and_codes_shown_at_a_counter_end_with_the_sessions(db):
    security = administrators()[Duty.SECURITY]
    (first, shows), (second, shows_too) = with_code(), with_code()
    clerks = [journeys.officer(journeys.authority_of(PAPERS), Role.RECEPTIONIST) for _ in range(3)]
    tokens = [session(each) for each in clerks]
    for clerk, token, who in zip(clerks, tokens, (first, second), strict=False):
        start(clerk, token, *asked(who))
    for each in (first, shows):
        identity.end_sessions(security, account=each.account)
    assert [helped(token) for token in tokens] == [None, second.party, None]
    assert codes_of((shows, shows_too)) == {shows_too.party}
    key = database.row("select id from identity_helping where principal_id = %s", [first.party])[0]
    assert [(each.name, each.actor) for each in events.of_subject(f"help:{key}")][-1] == ("HelpEnded", security.actor_id)
    waits = asked(first)
    identity.end_sessions(security, account=first.account)
    with pytest.raises(HelpCodeNotValid):
        start(clerks[2], tokens[2], *waits)
    identity.end_sessions(security)
    assert codes_of((shows_too,)) == set()
    assert database.row("select count(*) from identity_helping where ended_at is null") == (0,)
