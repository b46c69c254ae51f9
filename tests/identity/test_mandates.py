"""Acting for another person: given by one, taken up by the other, within limits, ended at once (IDN-11)."""

from datetime import date, timedelta

import pytest

from tests import journeys
from tests.cases.given import shanghai
from tests.identity.given import PASSWORD, person, seen, sign_in
from tests.portal.public import signed_in
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.errors import (
    InvitationNotValid,
    MandateNotFound,
    MandateTooLong,
    MandateToOneself,
    NotTheRepresentative,
    TooManyPrincipals,
)
from tongban.identity.types import ActorKind, Extent, Proofing, Role, Terms
from tongban.kernel import database, events
from tongban.kernel.types import Channel

TODAY = date(2026, 3, 2)


def terms(extent=Extent.SIGN, items=(), days=30, since=TODAY):
    return Terms(extent=extent, items=items, valid_from=since, valid_to=TODAY + timedelta(days=days))


def caller(who):
    actor = seen(sign_in(who))
    assert actor is not None
    return actor


def offer(giver, to, wanted=None, *, principal=None):
    actor, name = caller(giver), to_name(to)
    with journeys.as_actor(actor):
        return identity.offer_mandate(actor, principal=principal or giver.party, name=name, phone=to.phone,
                                      terms=wanted or terms())


def to_name(who):
    with journeys.as_actor(caller(who)):
        return queries.party(who.party).name


def accept(who, code):
    actor = caller(who)
    with journeys.as_actor(actor):
        return identity.accept_mandate(actor, code=code)


def end(who, key):
    actor = caller(who)
    with journeys.as_actor(actor):
        identity.end_mandate(actor, key=key)


def principals(who):
    return caller(who).principals


@requirement("IDN-11")
def test_nothing_is_in_force_until_the_other_accepts_and_it_ends_at_once(db):
    father, daughter = person("周父亲"), person("周女儿")
    code = offer(father, daughter)
    assert principals(daughter) == ()
    key = accept(daughter, code)
    actor = caller(daughter)
    assert actor.principals == (father.party,)
    assert father.party not in actor.parties
    end(father, key)
    assert principals(daughter) == ()
    assert [each.name for each in events.of_subject(f"party:{father.party}")][-1] == "MandateGiven"


def freeze(who):
    actor = caller(who)
    with journeys.as_actor(actor):
        identity.freeze_account(actor)


def unfreeze(who):
    clerk = journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.RECEPTIONIST)
    with database.serving("worker"):
        name, = database.row("select name from identity_person where party_id = %s", [who.party])
    journeys.act(clerk, identity.unfreeze_at_counter, name=name, kind="111", number=who.id_number)


@requirement("IDN-11", "IDN-16")
def test_nobody_acts_by_a_mandate_of_a_frozen_account_and_it_comes_back_with_the_account(db):
    father, daughter = person("周父亲"), person("周女儿")
    key = accept(daughter, offer(father, daughter))
    token = identity.open_session(account=daughter.account, channel=Channel.WEB)
    page = signed_in(token)
    freeze(father)
    asked = []
    with database.serving("citizen"), queries.entered(token) as actor:
        assert (actor.principals, actor.extent_for(father.party, "any"), actor.scopes) == ((), None, ())
        asked += database.row("select current_setting('app.scopes'), current_setting('app.reach')")
        assert queries.party(father.party) is None, "and reads nothing either"
    assert asked == ["", f"{{{daughter.party}}}"]
    with database.serving("worker"):
        assert queries.in_force_for([daughter.account], [father.party]) == []
    told = page.get(f"/me/mandates/{key}/").content.decode()
    assert "暂停" in told and "账号恢复之前" in told and "去办一件事" not in told
    assert "暂停" in page.get("/me/mandates/").content.decode()
    unfreeze(father)
    assert seen(token).principals == (father.party,)
    assert "暂停" not in page.get(f"/me/mandates/{key}/").content.decode()
    with database.serving("worker"):
        assert [each[2] for each in queries.in_force_for([daughter.account], [father.party])] == [father.party]


@requirement("IDN-11", "IDN-16")
def test_a_second_account_does_not_act_while_the_first_of_the_same_person_is_frozen(db):
    father, daughter = person("周父亲"), person("周女儿")
    accept(daughter, offer(father, daughter))
    second = identity.open_account(journeys.TESTER, kind=ActorKind.CITIZEN, login=f"second-{daughter.party}", password=PASSWORD,
                                   name="周女儿", party=daughter.party, proofing=Proofing.L2, sample=True)
    token = identity.open_session(account=second, channel=Channel.WEB)
    assert seen(token).principals == (father.party,)
    freeze(daughter)
    assert seen(token).principals == ()
    unfreeze(daughter)
    assert seen(token).principals == (father.party,)


@requirement("IDN-14")
def test_an_officer_keeps_off_what_they_act_for_at_home_while_that_account_is_frozen(db):
    father, daughter = person("周父亲"), person("周女儿")
    accept(daughter, offer(father, daughter))
    place = journeys.authority_of("food-operation-gaoling")
    officer = journeys.officer(place, Role.DECIDER)
    with database.serving("worker"):
        database.execute("update identity_account set party_id = %s where id = %s", [daughter.party, officer.account])
    token = identity.open_session(account=officer.account, channel=Channel.WEB)
    freeze(father)
    with database.serving("officer"):
        assert father.party in queries.actor_by_session(token).stakes


@requirement("IDN-11")
def test_who_is_to_act_may_ask_and_the_principal_accepts(db):
    father, daughter = person("周父亲"), person("周女儿")
    actor = caller(daughter)
    with journeys.as_actor(actor):
        code = identity.ask_mandate(actor, name="周父亲", phone=father.phone, terms=terms(Extent.READ))
    with pytest.raises(InvitationNotValid):
        accept(person("周父亲"), code)
    key = accept(father, code)
    assert caller(daughter).extent_for(father.party, "any") is Extent.READ
    end(daughter, key)
    assert principals(daughter) == ()


def test_a_code_serves_the_person_named_once_and_for_some_days(db, at):
    father, daughter, stranger = person("周父亲"), person("周女儿"), person("周女儿")
    code = offer(father, daughter)
    for who in (stranger, person("别人")):
        with pytest.raises(InvitationNotValid):
            accept(who, code)
    accept(daughter, code)
    with pytest.raises(InvitationNotValid):
        accept(daughter, code)
    late = offer(father, daughter)
    at(shanghai(3, 9, 12))
    with pytest.raises(InvitationNotValid):
        accept(daughter, late)


def test_nobody_gives_themselves_a_mandate(db):
    father = person("周父亲")
    with pytest.raises(MandateToOneself):
        accept(father, offer(father, father))


def test_a_mandate_has_a_last_day_and_not_too_late_a_one(db):
    father, daughter = person(), person()
    for days in (-1, 400):
        with pytest.raises(MandateTooLong):
            offer(father, daughter, terms(days=days))


@requirement("IDN-11")
def test_a_mandate_runs_out_by_itself(db, at):
    father, daughter = person("周父亲"), person("周女儿")
    accept(daughter, offer(father, daughter, terms(days=1)))
    at(shanghai(3, 3, 12))
    assert principals(daughter) == (father.party,)
    at(shanghai(3, 4, 0))
    assert principals(daughter) == ()


def test_nobody_acts_for_more_people_than_a_family_has(db):
    daughter = person("周女儿")
    for _ in range(5):
        accept(daughter, offer(person(), daughter))
    with pytest.raises(TooManyPrincipals):
        accept(daughter, offer(person(), daughter))
    asked, sixth = caller(daughter), person("第六人")
    with journeys.as_actor(asked):
        code = identity.ask_mandate(asked, name="第六人", phone=sixth.phone, terms=terms())
    with pytest.raises(TooManyPrincipals):
        accept(sixth, code)


def test_only_the_two_sides_end_a_mandate(db):
    father, daughter, stranger = person("周父亲"), person("周女儿"), person()
    key = accept(daughter, offer(father, daughter))
    with pytest.raises(MandateNotFound):
        end(stranger, key)
    assert principals(daughter) == (father.party,)


def test_an_invitation_is_taken_back(db):
    father, daughter = person("周父亲"), person("周女儿")
    code = offer(father, daughter)
    with journeys.as_actor(caller(father)):
        [waiting] = queries.mandates_of(father.party)
    end(father, waiting.key)
    with pytest.raises(InvitationNotValid):
        accept(daughter, code)
    names = [each.name for each in events.of_subject(f"mandate:{waiting.id}")]
    assert names == ["MandateOffered", "MandateEnded"]


@requirement("IDN-10")
def test_the_representative_appoints_an_agent_for_named_items_who_accepts(db):
    boss, clerk = person("王老板"), person("李经办")
    actor = caller(boss)
    entity = journeys.with_firm(actor).entities[0]
    wanted = terms(Extent.PREPARE, items=("one", "two"))
    with pytest.raises(NotTheRepresentative):
        offer(clerk, boss, wanted, principal=entity)
    key = accept(clerk, offer(boss, clerk, wanted, principal=entity))
    agent = caller(clerk)
    assert agent.entities == ()
    assert [agent.extent_for(entity, item) for item in ("one", "three")] == [Extent.PREPARE, None]
    assert agent.is_firm(entity)
    end(boss, key)
    assert principals(clerk) == ()
    assert [each.name for each in events.of_subject(f"party:{entity}")][-1] == "AgentAppointed"
    with journeys.as_actor(caller(boss)):
        [gone] = queries.agents_of(entity)
    assert (gone.agent_name, gone.in_force) == ("李经办", False)
    assert [each.name for each in events.of_subject(f"mandate:{gone.id}")] == ["MandateOffered", "AgentEnded"]


def test_a_program_does_not_inherit_mandates(db):
    father, daughter = person("周父亲"), person("周女儿")
    accept(daughter, offer(father, daughter))
    token = sign_in(daughter)
    with journeys.as_actor(seen(token)):
        identity.give_key(seen(token), token=token, key="k" * 43, days=1)
    assert seen("k" * 43).principals == ()
