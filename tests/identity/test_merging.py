"""Two accounts with one credential: decided by an officer; nothing lost, nothing doubled, nobody sees what is not theirs (IDN-13)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests import journeys
from tests.conftest import MONDAY
from tests.identity.given import TODAY, person, seen, sign_in
from tests.portal.public import signed_in
from tests.requirements import requirement
from tongban.cases import queries as cases
from tongban.cases.actions import close_account, withdraw_case
from tongban.cases.errors import ApplicantNotYours
from tongban.cases.events import DraftsMoved
from tongban.cases.models import Case
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.errors import ConflictDecided, OwnConflict, WrongCredentials
from tongban.identity.events import AccountBlocked, AccountsConflicted, AccountsMerged, PersonErased
from tongban.identity.followers import tell_of_mandate
from tongban.identity.types import BlockReason, ConflictState, Extent, Role, Terms
from tongban.kernel import clock, database, events, retention, vault
from tongban.kernel.types import Channel, Text
from tongban.messages import actions as messages
from tongban.messages.queries import inbox

ITEM = "residence-permit-guangan"


@pytest.fixture
def supervisor(db):
    return journeys.officer(journeys.authority_of(ITEM), Role.SUPERVISOR)


@pytest.fixture
def pair(db):
    """Someone known, and a later account that claims their credential."""
    first, later = person("钱示例"), journeys.unproved()
    assert journeys.act(later, identity.prove_by_data, name="钱示例", kind="111", number=first.id_number) is False
    key = database.row("select id from identity_conflict where party_id = %s", [later.party])[0]
    return first, later, key


def fresh(account):
    return queries.actor_by_session(identity.open_session(account=account, channel=Channel.WEB))


@requirement("IDN-13")
def test_a_second_account_with_a_credential_waits_and_nothing_is_taken_over(pair):
    first, later, key = pair
    assert fresh(later.account).proofing == 1 and fresh(first.account).proofing == 2
    assert queries.party_by_id_number(first.id_number) == first.party
    found = queries.conflict(key)
    assert (found.party, found.holder, found.same_name, found.same_phone, found.state) == (
        later.party, first.party, True, False, ConflictState.OPEN)
    last = events.of_subject(f"party:{later.party}")[-1].happened
    assert last == AccountsConflicted(party=later.party, holder=first.party, way="DATA")
    journeys.act(later, identity.prove_by_data, name="钱示例", kind="111", number=first.id_number)
    assert database.row("select count(*) from identity_conflict where party_id = %s", [later.party]) == (1,)


@requirement("IDN-13")
def test_merged_accounts_lead_to_one_party_with_everything_of_both_and_nothing_twice(pair, supervisor, catch_up):
    first, later, key = pair
    draft = journeys.act(later, journeys.cases.start_draft, item_code=journeys.catalogue.code_of(ITEM), applicant=later.party)
    messages.send(journeys.TESTER, party=later.party, title=Text(zh="以前的", en="Old"), body=Text(zh="内容", en="Words"))
    number = journeys.submitted(fresh(first.account), ITEM)
    before = [each.id for each in events.of_subject(f"party:{later.party}")]
    assert journeys.act(supervisor, identity.merge_accounts, key=key) == first.party
    catch_up()
    for account in (first.account, later.account):
        actor = fresh(account)
        assert (actor.party, actor.merged, actor.proofing) == (first.party, (later.party,), 2)
        with journeys.as_actor(actor):
            assert [each.key for each in cases.drafts_of(actor.parties)] == [draft]
            assert [each.number for each in cases.cases_of(actor.parties)] == [number]
            assert sorted(each.title.zh for each in inbox(actor.parties)).count("以前的") == 1
            assert {each.name for each in events.of_subject(f"party:{later.party}")} >= {"PersonRegistered", "AccountsConflicted"}
    assert [each.id for each in events.of_subject(f"party:{later.party}")] == before, "the log stays as it was"
    assert events.of_subject(f"party:{first.party}")[-2].happened == AccountsMerged(kept=first.party, merged=later.party)
    with journeys.as_actor(journeys.citizen()):
        assert cases.drafts_of([first.party, later.party]) == []


@requirement("IDN-13")
def test_what_was_begun_goes_on_for_the_party_that_stays_and_nothing_new_begins_for_the_other(pair, supervisor, catch_up):
    first, later, key = pair
    draft = journeys.act(later, journeys.cases.start_draft, item_code=journeys.catalogue.code_of(ITEM), applicant=later.party)
    journeys.act(supervisor, identity.merge_accounts, key=key)
    catch_up()
    assert database.row("select applicant_id from cases_draft where key = %s", [draft]) == (first.party,)
    assert events.of_subject(f"party:{first.party}")[-1].happened == DraftsMoved(merged=later.party, count=1)
    actor = fresh(later.account)
    assert actor.applicants == (first.party,)
    with pytest.raises(ApplicantNotYours):
        journeys.act(actor, journeys.cases.start_draft, item_code=journeys.catalogue.code_of(ITEM), applicant=later.party)


@requirement("IDN-13")
def test_one_sign_in_ends_with_the_decision_and_both_are_told(pair, supervisor, catch_up):
    first, later, key = pair
    token, phone = identity.open_session(account=later.account, channel=Channel.WEB), queries.party(later.party).phone
    journeys.act(supervisor, identity.merge_accounts, key=key)
    assert queries.actor_by_session(token) is None
    assert seen(sign_in(first)).party == first.party
    catch_up()
    assert "您的两个账号已合并" in [each.title.zh for each in inbox([first.party])]
    with database.serving("public"):
        assert identity.ask_to_enrol(phone=phone, address="203.0.113.8").simulated == "", "its phone still has an account"


@requirement("IDN-13")
def test_an_account_that_is_not_the_same_persons_is_closed_with_a_reason(pair, supervisor, catch_up):
    first, later, key = pair
    token = identity.open_session(account=later.account, channel=Channel.WEB)
    journeys.act(supervisor, identity.refuse_merge, key=key, reason=BlockReason.ANOTHER_PERSON)
    assert queries.actor_by_session(token) is None
    phone = queries.party(later.party).phone
    with database.serving("public"), pytest.raises(WrongCredentials):
        identity.sign_in(login=phone, password="一句好记的话，只有我知道", address="203.0.113.9")
    assert fresh(first.account).merged == ()
    assert events.of_subject(f"party:{later.party}")[-1].happened == AccountBlocked(party=later.party, reason="ANOTHER_PERSON")
    for verb, more in ((identity.merge_accounts, {}), (identity.refuse_merge, {"reason": BlockReason.NOT_SHOWN})):
        with pytest.raises(ConflictDecided):
            journeys.act(supervisor, verb, key=key, **more)
    catch_up()
    assert "您的账号已停用" in [each.title.zh for each in inbox([later.party])]


def test_nobody_decides_about_their_own_account(pair, supervisor):
    _first, later, key = pair
    with pytest.raises(OwnConflict):
        journeys.act(replace(supervisor, party=later.party), identity.merge_accounts, key=key)
    assert queries.conflict(key).state is ConflictState.OPEN


def test_an_officer_whose_earlier_account_was_merged_keeps_off_its_cases_too(db):
    actor = replace(journeys.citizen(), merged=(77,))
    assert 77 in actor.stakes and 77 in actor.parties and 77 not in actor.applicants


def agent_of(principal):
    """Somebody who may sign for this person, and the mandate."""
    agent = journeys.citizen("周小雨")
    with journeys.as_actor(agent):
        phone = queries.party(agent.party).phone
    terms = Terms(extent=Extent.SIGN, items=(), valid_from=TODAY, valid_to=TODAY)
    code = journeys.act(principal, identity.offer_mandate, principal=principal.party, name="周小雨", phone=phone, terms=terms)
    return agent, journeys.act(agent, identity.accept_mandate, code=code)


@requirement("IDN-11")
def test_a_mandate_given_before_two_accounts_became_one_is_seen_and_ended_after(pair, supervisor):
    first, later, key = pair
    agent, mandate = agent_of(later)
    journeys.act(supervisor, identity.merge_accounts, key=key)
    assert fresh(agent.account).principals == (later.party,)
    mine = signed_in(identity.open_session(account=first.account, channel=Channel.WEB))
    assert mandate in mine.get("/me/mandates/").content.decode()
    assert mine.post(f"/me/mandates/{mandate}/", {"end": "1"}).status_code == 303
    assert fresh(agent.account).principals == ()


@requirement("IDN-11", "IDN-16")
def test_a_mandate_given_before_two_accounts_became_one_rests_while_either_is_frozen(pair, supervisor):
    first, later, key = pair
    agent, _ = agent_of(later)
    journeys.act(supervisor, identity.merge_accounts, key=key)
    assert fresh(agent.account).principals == (later.party,)
    journeys.act(fresh(first.account), identity.freeze_account)
    assert fresh(agent.account).principals == ()


@requirement("IDN-13")
def test_closing_one_of_two_ways_to_sign_in_erases_nothing_of_the_other(pair, supervisor, catch_up):
    first, later, key = pair
    journeys.act(supervisor, identity.merge_accounts, key=key)
    messages.send(journeys.TESTER, party=first.party, title=Text(zh="留下的", en="Kept"), body=Text(zh="内容", en="Words"))
    journeys.act(fresh(later.account), close_account)
    catch_up()
    with journeys.as_actor(fresh(first.account)):
        assert queries.party(first.party).phone == first.phone
        assert "留下的" in [each.title.zh for each in inbox([first.party])]


def is_gone(party):
    """Is nothing of this party left to read, and its key destroyed?"""
    left = database.row("select name || name_en || id_number || phone || former_phone || address || email || sex || region "
                        "from identity_person where party_id = %s", [party])[0]
    counts = [database.row(f"select count(*) from {table} where {column} = %s", [party])[0] for table, column in (
        ("messages_message", "party"), ("messages_delivery", "party"), ("documents_document", "party"))]
    drafts = [answers for (answers,) in database.rows("select answers from cases_draft where applicant_id = %s", [party])]
    names = database.rows("select principal_name from identity_mandate where principal_id = %s union all "
                          "select agent_name from identity_mandate where agent_id = %s", [party, party])
    gone = {*counts, *drafts, *(name for (name,) in names), left} <= {0, ""}
    if gone:
        with pytest.raises(vault.Erased):
            vault.seal("identity_person", "phone", party, "x", party=party)
    assert gone == (PersonErased(party=party) in [each.happened for each in events.of_subject(f"party:{party}")])
    return gone


@requirement("IDN-13", "SEC-04")
def test_with_both_accounts_closed_nothing_of_either_can_be_read(pair, supervisor, catch_up):
    first, later, key = pair
    terms = Terms(extent=Extent.SIGN, items=(), valid_from=TODAY, valid_to=TODAY)
    agent = journeys.citizen("周小雨")
    with journeys.as_actor(agent):
        phone = queries.party(agent.party).phone
    for who in (fresh(first.account), later):
        journeys.new_draft(who, ITEM)
        journeys.act(who, identity.offer_mandate, principal=who.party, name="周小雨", phone=journeys.new_phone(), terms=terms)
        code = journeys.act(who, identity.offer_mandate, principal=who.party, name="周小雨", phone=phone, terms=terms)
        journeys.act(agent, identity.accept_mandate, code=code)
        messages.send(journeys.TESTER, party=who.party, title=Text(zh="以前的", en="Old"), body=Text(zh="内容", en="Words"))
    mandates = [each.id for each in queries.mandates.mandates_of(agent.party)]
    journeys.act(supervisor, identity.merge_accounts, key=key)
    catch_up()
    for account, gone in ((first.account, False), (later.account, True)):
        journeys.act(fresh(account), close_account)
        catch_up()
        assert [is_gone(party) for party in (first.party, later.party)] == [gone, gone]
    for mandate in mandates:
        tell_of_mandate(events.of_subject(f"mandate:{mandate}")[-1:])
    assert len(mandates) == 2 and is_gone(first.party) and is_gone(later.party), "told of an end when they were gone"
    assert queries.party_by_id_number(first.id_number) is None


@requirement("IDN-13", "SEC-04")
@pytest.mark.parametrize("later_case", [True, False], ids=["one sent after the merge too", "only one sent before"])
def test_what_the_law_keeps_of_merged_accounts_stays_until_its_time_and_then_goes_with_them(
        pair, supervisor, catch_up, at, later_case):
    first, later, key = pair
    database.execute("update identity_account set proofing = 2 where id = %s", [later.account])
    before = journeys.submitted(fresh(later.account), ITEM)
    journeys.act(fresh(later.account), withdraw_case, number=before)
    draft = journeys.new_draft(fresh(later.account), ITEM)
    journeys.act(supervisor, identity.merge_accounts, key=key)
    catch_up()
    at(MONDAY + timedelta(days=30))
    sent = [(before, later.party)]
    if later_case:
        sent.append((journeys.act(fresh(first.account), journeys.submit_draft, key=draft).number, first.party))
        journeys.act(fresh(first.account), withdraw_case, number=sent[-1][0])
        assert database.row("select bool_and(d.party = %s) from cases_material m join cases_case c on c.id = m.case_id "
                            "join documents_document d on d.id = m.document_id where c.number = %s", [later.party, sent[-1][0]])[0]
    for account in (later.account, first.account):
        journeys.act(fresh(account), close_account)
    catch_up()
    assert [queries.party(party).phone for party in (first.party, later.party)] == ["", ""]
    assert queries.party(first.party).code == first.id_number, "who sent it is known as long as it is kept"
    for number, party in sent:
        case = Case.objects.get(number=number)
        assert case.applicant_id == party and cases.answers_of(case)
    days = retention.parameters.value("retention.other_days", clock.today())
    for after in (1, 31)[:len(sent)]:
        assert not is_gone(first.party) and not is_gone(later.party)
        at(MONDAY + timedelta(days=days + after))
        assert retention.apply(journeys.TESTER, "other cases") >= 1
    assert is_gone(first.party) and is_gone(later.party)


@requirement("IDN-13", "SEC-04")
def test_of_merged_accounts_the_one_kept_for_a_firm_goes_the_day_it_is_another_persons(pair, supervisor, catch_up, at):
    first, later, key = pair
    identity.appoint_agent(journeys.TESTER, agent=later.party, entity=journeys.with_firm(journeys.citizen()).party,
                           valid_from=MONDAY.date(), valid_to=MONDAY.date() + timedelta(days=2), representative=True)
    journeys.act(supervisor, identity.merge_accounts, key=key)
    catch_up()
    for account in (later.account, first.account):
        journeys.act(fresh(account), close_account)
    catch_up()
    for days, gone in ((2, [False, True]), (3, [True, True])):
        at(MONDAY + timedelta(days=days))
        retention.apply(journeys.TESTER, "former people")
        assert [is_gone(party) for party in (first.party, later.party)] == gone, "the firm is that of the party that stayed"


def test_whoever_compared_the_card_does_not_merge_the_accounts(db):
    first, later = person("钱示例"), journeys.unproved()
    both = journeys.officer(journeys.authority_of(ITEM), Role.RECEPTIONIST, Role.SUPERVISOR)
    code = journeys.act(later, identity.give_proofing_code)
    assert journeys.act(both, identity.prove_at_counter, code=code, name="钱示例", kind="111", number=first.id_number) is False
    key = database.row("select id from identity_conflict where party_id = %s", [later.party])[0]
    for verb, more in ((identity.merge_accounts, {}), (identity.refuse_merge, {"reason": BlockReason.NOT_SHOWN})):
        with pytest.raises(OwnConflict):
            journeys.act(both, verb, key=key, **more)
    assert queries.conflict(key).state is ConflictState.OPEN
