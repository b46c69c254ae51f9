"""The invented history is the same every time, made by lawful acts alone, and never where people have cases."""

import psycopg
import pytest

from tests import database as test_database
from tests.journeys import authority_of
from tests.sample_cases.conftest import FEW, SEEN, TOLD
from tongban.cases.queries import Figure
from tongban.cases.types import MOVES, State
from tongban.config import cli, sample_cases, samples
from tongban.config.sample_cases import history, playing
from tongban.identity.queries import kind_of
from tongban.kernel import clock, database
from tongban.reviews.types import Grade
from tongban.supervision import queries as supervision

LEADS_TO = {
    "CaseSubmitted": "SUBMITTED", "CaseAccepted": "ACCEPTED", "CaseDeclined": "NOT_ACCEPTED",
    "CaseExamined": "UNDER_REVIEW", "CaseSuspended": "SUSPENDED", "CaseResumed": "UNDER_REVIEW",
    "CaseDecided": "DECIDED", "CaseConcluded": "COMPLETED", "CaseDelivered": "DELIVERED",
    "CaseWithdrawn": "WITHDRAWN", "CaseClosed": "CLOSED_NO_SUPPLEMENT", "CaseVoided": "VOID",
}
SUPPLEMENTS = {("CorrectionsRequested", "BEFORE"): "SUPPLEMENT_BEFORE",
               ("CorrectionsRequested", "AFTER"): "SUPPLEMENT_AFTER",
               ("CorrectionsAnswered", "BEFORE"): "SUBMITTED", ("CorrectionsAnswered", "AFTER"): "UNDER_REVIEW"}
CLOCK = "select pg_get_functiondef('kernel_now()'::regprocedure)"
EVENTS = """
select c.number, c.state, array(select e.name || ':' || coalesce(e.payload->>'phase', '') from kernel_event e
  where e.subject = c.number order by e.id) from cases_case c
"""


def test_the_same_seed_gives_the_same_cases(seen_before, seen):
    assert len(seen) > FEW
    assert seen == seen_before


def test_every_case_came_to_its_state_by_moves_the_law_allows(after):
    for number, state, happened in database.rows(EVENTS):
        stands = None
        for name, _, phase in (each.partition(":") for each in happened):
            to = LEADS_TO.get(name) or SUPPLEMENTS.get((name, phase))
            if to is None or to == stands:
                continue
            assert stands is None or (State(stands), State(to)) in MOVES, (number, stands, to)
            stands = to
        assert stands == state, (number, happened)


def test_no_life_was_broken_off_and_no_event_parked(after):
    assert TOLD[-1].startswith("sample history: ") and "unfinished" not in TOLD[-1]
    assert database.rows("select follower, error from kernel_parked") == []
    assert database.rows("select task_name from procrastinate_jobs where status <> 'succeeded' "
                         "and task_name <> 'cases.recalculate'") == []


def test_every_file_and_applicant_is_marked_as_a_sample(after):
    assert {made for (made,) in database.rows(
        "select distinct file_name like '%%（示例）.pdf' from cases_material where document_id is not null")} == {True}
    assert database.rows("select 1 from cases_case c where not exists (select from identity_person p where p.party_id = "
                         "c.applicant_id and p.sample) and not exists (select from identity_entity e where e.party_id = "
                         "c.applicant_id and e.sample)") == []


def test_time_ran_forwards_and_ended_now(after):
    found = database.row("select max(at), count(*) filter (where at > kernel_now()) from kernel_event "
                         "where subject in (select number from cases_case)")
    assert found is not None
    assert found[0] <= clock.now()
    assert found[1] == 0
    for (times,) in database.rows("select array_agg(at order by id) from kernel_event where subject in "
                                  "(select number from cases_case) group by subject"):
        assert times == sorted(times)


def test_the_first_citizen_finds_one_matter_of_each_kind(after):
    party = database.row("select party_id from identity_account where login = 'wang-xiaoman'")[0]
    hers = [party, *(key for (key,) in database.rows("select entity_id from identity_agency where agent_id = %s", [party]))]
    states = sorted(state for (state,) in database.rows("select state from cases_case where applicant_id = any(%s)", [hers]))
    assert states == ["COMPLETED", "DELIVERED", "SUPPLEMENT_BEFORE", "UNDER_REVIEW"]
    assert database.row("select count(*) from cases_draft where applicant_id = any(%s) and submitted_as = '' "
                        "and discarded_at is null", [hers]) == (1,)
    assert database.row("select count(*) from licences_licence where holder_id = any(%s) and case_number <> '' "
                        "and state = 'ISSUED'", [hers])[0] >= 1
    unreviewed = database.row("select count(*) from reviews_invitation i where party_id = any(%s) and not exists "
                              "(select from reviews_review r where r.invitation_id = i.id)", [hers])
    assert unreviewed == (1,)


def test_the_desks_have_work_that_is_late_and_work_that_is_nearly_due(after):
    place = authority_of("food-operation-gaoling")
    found = {(role, late): count for role, late, count in database.rows(
        "select t.role, t.due_at <= kernel_now(), count(*) from cases_task t join cases_case c on c.id = t.case_id "
        "where t.done_at is null and c.authority_id = %s and c.state in ('SUBMITTED', 'ACCEPTED', 'UNDER_REVIEW') "
        "and t.verb <> 'decide' or (t.done_at is null and t.verb = 'decide' and c.state = 'UNDER_REVIEW' and "
        "c.authority_id = %s and not exists (select from cases_task x where x.case_id = c.id and x.verb in "
        "('examine', 'inspect') and x.done_at is null)) group by 1, 2", [place, place])}
    assert found["RECEPTIONIST", False] >= 12
    assert found["REVIEWER", True] >= 1
    assert found["REVIEWER", False] >= 3
    assert found["DECIDER", True] >= 1


def test_signals_orders_and_reviews_are_there(after):
    assert database.row("select count(*) from supervision_signal where kind >= 3")[0] >= 3
    assert database.row("select count(*) from supervision_order where answered_at is not null")[0] >= 1
    assert database.row("select count(*) from reviews_review")[0] >= 5
    assert {grade for (grade,) in database.rows("select distinct grade from reviews_review")} <= set(Grade)


def test_what_oversight_counts_is_what_the_events_say(after):
    today = clock.today()
    since = today.replace(month=1, day=1)
    told = supervision.figures(since=since, until=today)
    names = ("CaseSubmitted", "CaseAccepted", "CaseDecided", "CaseConcluded")
    happened = dict(database.rows("select name, count(distinct subject) from kernel_event where name = any(%s) group by 1",
                                  [list(names)]))
    for figure, name in zip((Figure.RECEIVED, Figure.ACCEPTED, Figure.DECIDED, Figure.FINISHED), names, strict=True):
        assert sum(row.cases.counts[figure] for row in told) == happened[name], figure
    on_time = database.row(
        "select count(*) from (select e.subject, min(e.at) filter (where e.name = 'CaseConcluded') as done, "
        "(array_agg(e.payload->>'promised_due_at' order by e.id desc) filter (where e.payload->>'promised_due_at' <> ''))[1]"
        "::timestamptz as due from kernel_event e group by 1) x where done < due")
    assert on_time == (sum(row.cases.counts[Figure.ON_TIME] for row in told),)


def test_where_there_is_a_case_nothing_is_invented(after):
    before = database.rows(SEEN)
    assert not sample_cases.is_wanted()
    assert sample_cases.load(lambda text: None) == 0
    assert database.rows(SEEN) == before


@pytest.fixture
def real(house, after):
    """One firm of the history is no sample."""
    with psycopg.connect(test_database.owner_url(house), autocommit=True) as owner:
        firm = owner.execute("update identity_entity set sample = false where party_id = (select max(applicant_id) from "
                             "cases_case c join identity_entity e on e.party_id = c.applicant_id) returning party_id").fetchone()
        yield
        owner.execute("update identity_entity set sample = true where party_id = %s", firm)


def test_beside_the_case_of_a_real_firm_no_samples_come_whoever_calls(real):
    before = database.row("select count(*) from kernel_event")
    for load in (samples.load, sample_cases.load):
        with pytest.raises(samples.RealCases, match=r"holds [0-9]+ cases of people and firms that are no samples"):
            load(lambda text: None)
    assert database.row("select count(*) from kernel_event") == before


def test_nothing_is_invented_while_somebody_else_is_connected(house, after, monkeypatch):
    before = database.row(CLOCK), database.rows(SEEN)
    monkeypatch.setattr(history, "is_wanted", lambda: True)
    with psycopg.connect(test_database.owner_url(house)), pytest.raises(history.Served, match="1 other connections"):
        sample_cases.load(lambda text: None)
    assert (database.row(CLOCK), database.rows(SEEN)) == before


def test_the_clock_is_put_back_even_when_the_playing_fails(after, monkeypatch):
    before = database.row(CLOCK)
    monkeypatch.setattr(history, "is_wanted", lambda: True)

    def fail(*_arguments):
        assert playing.SETTING in database.row(CLOCK)[0]
        raise RuntimeError("the machine was stopped")

    monkeypatch.setattr(history, "Cast", fail)
    with pytest.raises(RuntimeError, match="stopped"):
        sample_cases.load(lambda text: None)
    assert database.row(CLOCK) == before
    assert kind_of("wang-xiaoman")


def test_a_clock_that_was_left_behind_is_put_right(after):
    before = database.row(CLOCK)
    try:
        playing._own(playing.PLAYED)
        assert sample_cases.put_clock_right()
        assert database.row(CLOCK)[0].count("statement_timestamp") == 1
        assert playing.SETTING not in database.row(CLOCK)[0]
        assert not sample_cases.put_clock_right()
    finally:
        playing._own(before[0])


def test_the_history_can_be_left_out_on_the_command_line(monkeypatch):
    asked: list[bool] = []
    monkeypatch.setattr(cli, "run_all", lambda *_place, sample_cases, **_other: asked.append(sample_cases) or 0)
    assert cli.main(["run"]) == cli.main(["run", "--no-sample-cases"]) == 0
    assert asked == [True, False]
