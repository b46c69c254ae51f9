"""Applying for somebody else: the applicant stays the principal, both are named, and nothing goes beyond the mandate."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError

from tests import journeys
from tests.cases.given import PAPERS, shanghai
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.access import case_for_update, case_to_read, draft_for_update, draft_to_read, file_to_read
from tongban.cases.errors import ApplicantNotYours, CaseNotFound, DraftNotFound, MandateTooNarrow, OwnCase, RightMissing
from tongban.cases.types import Right
from tongban.catalogue import queries as catalogue
from tongban.documents.errors import DocumentNotFound
from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.types import Extent, Role, Terms
from tongban.kernel import database, events
from tongban.kernel.types import Channel
from tongban.messages import queries as messages

OTHER = "household-move-guangan"
TODAY = date(2026, 3, 2)


def code_of(slug):
    return catalogue.code_of(slug)


def signed_in(account):
    token = identity.open_session(account=account, channel=Channel.WEB)
    actor = known.actor_by_session(token)
    assert actor is not None
    return actor


def entrusted(principal, agent, extent=Extent.SIGN, slugs=(), until=TODAY + timedelta(days=30), firm=None):
    """The agent as they come in once the mandate is in force."""
    wanted = Terms(extent=extent, items=tuple(code_of(slug) for slug in slugs), valid_from=TODAY, valid_to=until)
    with journeys.as_actor(agent):
        name, phone = known.party(agent.party).name, known.party(agent.party).phone
    code = journeys.act(principal, identity.offer_mandate, principal=firm or principal.party, name=name, phone=phone, terms=wanted)
    journeys.act(agent, identity.accept_mandate, code=code)
    return signed_in(agent.account)


@pytest.fixture
def father(db):
    return signed_in(journeys.citizen("周父亲").account)


@pytest.fixture
def daughter(db):
    return signed_in(journeys.citizen("周女儿").account)


def sent_by(agent, principal, slug=PAPERS):
    key = journeys.new_draft(agent, slug, applicant=principal.party)
    return journeys.act(agent, cases.submit_draft, key=key).number


@requirement("IDN-11")
def test_the_case_is_the_fathers_and_the_record_names_both(father, daughter, catch_up):
    agent = entrusted(father, daughter, slugs=(PAPERS,))
    number = sent_by(agent, father)
    with journeys.as_actor(father):
        case = case_to_read(father, number)
        assert known.acting_name(case.agent_id, case.applicant_id) == "周**"
    assert (case.applicant_id, case.agent_id) == (father.party, daughter.account)
    [happened] = [each for each in events.of_subject(number) if each.name == "CaseSubmitted"]
    assert (happened.actor, happened.on_behalf_of) == (f"account:{daughter.account}", f"party:{father.party}")
    journeys.act(agent, cases.withdraw_case, number=number)
    assert events.of_subject(number)[-1].on_behalf_of == f"party:{father.party}"
    with journeys.as_actor(father):
        assert [each.name for each in queries.acts_of(father.party, [daughter.account])] == ["CaseWithdrawn", "CaseSubmitted"]
    catch_up()
    for who in (father, daughter):
        with journeys.as_actor(who):
            assert [each.about for each in messages.inbox([who.party], limit=9)].count(number) == 1


@requirement("IDN-11")
def test_what_the_mandate_does_not_name_stays_hidden(father, daughter):
    other = journeys.submitted(father, OTHER)
    draft = journeys.new_draft(father, OTHER)
    own = journeys.submitted(father, PAPERS)
    agent = entrusted(father, daughter, slugs=(PAPERS,))
    assert case_to_read(agent, own).number == own
    with pytest.raises(CaseNotFound):
        case_to_read(agent, other)
    with pytest.raises(DraftNotFound):
        draft_to_read(agent, draft)
    with pytest.raises(ApplicantNotYours):
        journeys.act(agent, cases.start_draft, item_code=code_of(OTHER), applicant=father.party)
    with journeys.as_actor(agent):
        assert {each.number for each in queries.cases_of(agent.reach)} == {own}
        assert queries.drafts_of(agent.reach) == []
        assert database.row("select count(*) from cases_case")[0] == 1
        assert database.row("select count(*) from cases_draft where discarded_at is null and submitted_as = ''")[0] == 0


def test_the_database_takes_no_case_or_draft_beyond_the_mandate(father, daughter):
    agent = entrusted(father, daughter, slugs=(PAPERS,))
    forged = ("insert into cases_draft (key, applicant_id, account_id, item_code, item_version, situation, answers, materials, "
              "revision, created_at, updated_at, submitted_as) values ('forged', %s, %s, %s, 1, '', '', '[]', 0, kernel_now(), "
              "kernel_now(), '')")
    with journeys.as_actor(agent), pytest.raises(ProgrammingError), database.atomic():
        database.execute(forged, [father.party, agent.account, code_of(OTHER)])


@requirement("IDN-11")
@pytest.mark.parametrize("ended", ["by the father", "by time"])
def test_once_it_is_over_nothing_can_be_read(father, daughter, at, ended):
    agent = entrusted(father, daughter, until=TODAY + timedelta(days=1))
    number = sent_by(agent, father)
    if ended == "by time":
        at(shanghai(3, 4, 10))
    else:
        with journeys.as_actor(father):
            [row] = known.mandates_of(father.party)
        journeys.act(father, identity.end_mandate, key=row.key)
    late = signed_in(daughter.account)
    for actor in (late, late.as_helper()):
        with pytest.raises(CaseNotFound):
            case_to_read(actor, number)
    with journeys.as_actor(late):
        assert database.row("select count(*) from cases_case")[0] == 0
        assert known.party(father.party) is None


def test_after_the_end_no_copy_is_written(father, daughter, catch_up):
    agent = entrusted(father, daughter)
    number = sent_by(agent, father)
    catch_up()
    with journeys.as_actor(father):
        [row] = known.mandates_of(father.party)
    journeys.act(father, identity.end_mandate, key=row.key)
    journeys.act(journeys.officer(journeys.authority_of(PAPERS), Role.RECEPTIONIST), cases.accept_case, number=number)
    catch_up()
    with journeys.as_actor(father):
        assert len([each for each in messages.inbox([father.party], limit=9) if each.about == number]) == 2
    with journeys.as_actor(daughter):
        told = list(messages.inbox([daughter.party], limit=9))
    assert [each.title.zh for each in told if not each.about] == ["代办授权已结束", "代办授权已生效"]
    assert len([each for each in told if each.about == number]) == 1


@requirement("IDN-10")
def test_who_only_prepares_hands_it_back_to_be_sent(father, daughter):
    boss = journeys.with_firm(father)
    firm = boss.entities[0]
    agent = entrusted(signed_in(father.account), daughter, Extent.PREPARE, slugs=("food-operation-gaoling",), firm=firm)
    key = journeys.new_draft(agent, "food-operation-gaoling", applicant=firm)
    with pytest.raises(MandateTooNarrow):
        journeys.act(agent, cases.submit_draft, key=key)
    assert database.row("select count(*) from cases_case where applicant_id = %s", [firm]) == (0,)
    number = journeys.act(boss, cases.submit_draft, key=key).number
    assert case_to_read(agent, number).number == number
    with pytest.raises(RightMissing):
        journeys.act(agent, case_for_update, number=number, right=Right.APPLY)


@requirement("IDN-11")
def test_who_may_only_read_prepares_nothing(father, daughter):
    key = journeys.new_draft(father, PAPERS)
    agent = entrusted(father, daughter, Extent.READ)
    assert draft_to_read(agent, key).applicant == father.party
    with pytest.raises(MandateTooNarrow):
        draft_for_update(agent, key)
    with pytest.raises(ApplicantNotYours):
        journeys.act(agent, cases.start_draft, item_code=code_of(PAPERS), applicant=father.party)


@requirement("IDN-11")
def test_files_are_read_with_the_matter_they_belong_to(father, daughter):
    paper, hidden = (next(each.document for each in queries.materials_of(queries.by_number(journeys.submitted(father, slug)).id)
                          if each.document) for slug in (PAPERS, OTHER))
    agent = entrusted(father, daughter, slugs=(PAPERS,))
    assert file_to_read(father, hidden) == hidden
    assert file_to_read(agent, paper) == paper
    with pytest.raises(DocumentNotFound):
        file_to_read(agent, hidden)


@requirement("HALL-08")
def test_a_clerk_acts_for_the_person_who_read_out_the_code_and_then_keeps_off_the_case(father, catch_up):
    place = journeys.authority_of(PAPERS)
    clerk = journeys.officer(place, Role.RECEPTIONIST)
    token = identity.open_session(account=clerk.account, channel=Channel.WEB)
    with journeys.as_actor(father):
        code, last = identity.ask_help(father), known.party(father.party).code[-4:]
    journeys.act(clerk, identity.start_help, token=token, code=code, last=last)
    helper = known.actor_by_session(token).as_helper()
    number = sent_by(helper, father)
    with journeys.as_actor(father):
        case = case_to_read(father, number)
    assert (case.applicant_id, case.agent_id, case.channel) == (father.party, clerk.account, "window")
    happened = events.of_subject(number)[0]
    assert (happened.role, happened.on_behalf_of) == ("HELPER", f"party:{father.party}")
    with pytest.raises(OwnCase):
        journeys.act(clerk, cases.accept_case, number=number)
    with pytest.raises(IntegrityError, match="cases_case_not_own"), database.atomic():
        database.execute("update cases_case set accepted_by_id = %s where number = %s", [clerk.account, number])
    journeys.act(father, identity.end_help, key=known.actor_by_session(token).helping.key)
    assert known.actor_by_session(token).helping is None
    catch_up()
    with journeys.as_actor(father):
        told = [each.body.zh for each in messages.inbox([father.party], limit=9) if each.title.zh == "窗口帮办已结束"]
    assert len(told) == 1
    assert number in told[0]
