"""Nobody acts on an application of their own: what is offered, what is refused and what the database keeps are one rule."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError

from tests import journeys
from tests.cases.given import LICENSED, PLAIN, examined
from tests.cases.test_two_officers import waiting_for
from tests.journeys import act
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.access import colleagues_at
from tongban.cases.errors import OwnCase
from tongban.cases.types import Outcome
from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.types import Extent, Role, Terms
from tongban.kernel import database
from tongban.kernel.types import Channel


def tie(officer, party):
    """Say who a member of staff is at home."""
    database.execute("update identity_account set party_id = %s where id = %s", [party, officer.account])


def applicant(officer, matter):
    tie(officer, matter.person.party)


def merged(officer, matter):
    home = journeys.citizen()
    tie(officer, home.party)
    with database.serving(database.OWNER):
        database.execute("update identity_party set merged_into_id = %s where id = %s", [home.party, matter.person.party])


def sender(officer, matter):
    database.execute("update cases_case set agent_id = %s where number = %s", [officer.account, matter.number])


def sender_at_home(officer, matter):
    home = journeys.citizen()
    tie(officer, home.party)
    database.execute("update cases_case set agent_id = %s where number = %s", [home.account, matter.number])


def mandated(officer, matter):
    home = journeys.citizen("周小雨")
    tie(officer, home.party)
    with journeys.as_actor(home):
        phone = known.party(home.party).phone
    terms = Terms(extent=Extent.SIGN, items=(), valid_from=date(2026, 3, 2), valid_to=date(2026, 3, 2))
    code = act(matter.person, identity.offer_mandate, principal=matter.person.party, name="周小雨", phone=phone, terms=terms)
    act(home, identity.accept_mandate, code=code)


def mandated_and_frozen(officer, matter):
    mandated(officer, matter)
    database.execute("update identity_account set frozen_at = kernel_now() where id = %s", [matter.person.account])


def agent(officer, matter):
    home = journeys.citizen()
    tie(officer, home.party)
    identity.appoint_agent(journeys.TESTER, agent=home.party, entity=matter.row.applicant_id, valid_from=date(2026, 1, 1))


def corrected(officer, matter):
    database.execute(
        "insert into cases_correction (case_id, party, authority, phase, notice, items, requested_at, due_at, requested_by_id, "
        "answered_by_id, answered_at) select id, applicant_id, authority_id, 'BEFORE', 1, '[]', kernel_now(), kernel_now(), %s, %s, "
        "kernel_now() from cases_case where number = %s", [matter.staff.clerk.account, officer.account, matter.number])


STAKES = (applicant, merged, sender, sender_at_home, mandated, mandated_and_frozen, agent, corrected)


def at_work(officer):
    """The officer as a session knows them."""
    token = identity.open_session(account=officer.account, channel=Channel.WEB)
    return replace(known.actor_by_session(token), proved_seconds=officer.proved_seconds)


@requirement("IDN-14")
@pytest.mark.parametrize("stake", STAKES, ids=lambda each: each.__name__)
def test_whoever_has_a_stake_is_neither_offered_nor_allowed_nor_counted_and_the_database_says_so_too(db, stake):
    matter = examined(LICENSED if stake is agent else PLAIN)
    officer = journeys.officer(matter.row.authority_id, Role.DECIDER)
    before = at_work(officer)
    assert matter.number in waiting_for(before) and officer.account in colleagues_at(matter.row, [Role.DECIDER])
    stake(officer, matter)
    after = at_work(officer)
    assert matter.number not in waiting_for(after) and officer.account not in colleagues_at(matter.row, [Role.DECIDER])
    with pytest.raises(OwnCase):
        act(after, cases.decide_case, number=matter.number, outcome=Outcome.GRANTED)
    for statement in ("update cases_case set decided_by_id = %s where number = %s",
                      ("update cases_task t set done_by_id = %s from cases_case c where c.id = t.case_id and t.done_at is null "
                       "and c.number = %s")):
        with pytest.raises(IntegrityError, match="not_own"), database.atomic():
            database.execute(statement, [officer.account, matter.number])


@pytest.mark.parametrize("stake", STAKES, ids=lambda each: each.__name__)
def test_a_stake_that_comes_after_the_act_keeps_nobody_else_from_acting(db, stake):
    matter = examined(LICENSED if stake is agent else PLAIN)
    stake(matter.staff.clerk, matter)
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED)
    database.execute("update cases_task set opinion = '' where case_id = (select id from cases_case where number = %s)", [matter.number])
