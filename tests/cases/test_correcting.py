"""What is missing is told once, completely; what comes is taken, what does not come closes the case (CASE-17)."""

from datetime import date, datetime

import pytest

from tests import journeys
from tests.cases.given import (
    PAPERS,
    PLAIN,
    REASON,
    RULE,
    SITE,
    Matter,
    accepted,
    applied,
    asked_to_correct,
    decided,
    missing,
    own_item,
    received,
    refused,
    shanghai,
)
from tests.catalogue.given import limit
from tests.journeys import act
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.access import case_by_rule, case_to_read
from tongban.cases.actions.clock import sent_at
from tongban.cases.errors import (
    CorrectionsAlreadyRequested,
    CorrectionsTooLate,
    Incomplete,
    MoveNotAllowed,
    NoSecondNotice,
    NothingToCorrect,
)
from tongban.cases.queries import Figure, answers_of, cases_behind, corrections_of, materials_of
from tongban.cases.tasks import act_on_due
from tongban.cases.types import CorrectionItem, GivenMaterial, State, TrustLevel, Way
from tongban.documents import queries as files
from tongban.kernel import database
from tongban.kernel.types import Text
from tongban.messages import queries as messages
from tongban.supervision.queries import signals_of_case
from tongban.supervision.types import Kind, Rule


def picture(matter, code: str) -> GivenMaterial:
    party = matter.row.applicant_id
    kept = act(matter.person, journeys.picture_of, party=party)
    return GivenMaterial(code=code, name=Text(zh="身份证", en="Identity card"), way=Way.UPLOAD, trust=TrustLevel.C,
                         document=kept.id, file_name=kept.name, media_type=kept.media_type, size=kept.size)


@requirement("CASE-15")
def test_everything_missing_is_told_in_one_notice_with_the_last_day(db):
    matter = received()
    items = (*missing(), CorrectionItem(target="carer-identity-card", name=Text(zh="证件", en="Card"), what="缺一页。"))
    matter.by("clerk", cases.request_corrections, items=items)
    assert matter.state is State.SUPPLEMENT_BEFORE
    (notice,) = corrections_of(matter.row.id)
    assert [each["target"] for each in notice.items] == ["identity-card", "carer-identity-card"]
    assert notice.due_at == matter.row.correction_due_at == matter.row.next_due_at == shanghai(3, 31)
    event = matter.events[-1]
    assert (event.name, event.payload["phase"], event.payload["count"]) == ("CorrectionsRequested", "BEFORE", 2)
    assert "照片" not in str(event.payload)


def test_a_notice_of_nothing_is_refused(db):
    matter = received()
    blank = CorrectionItem(target="identity-card", name=Text(zh="身份证"), what="  ")
    for items in ((), (blank,)):
        refused(NothingToCorrect, matter.staff.clerk, cases.request_corrections, number=matter.number, items=items)


@requirement("CASE-17")
def test_a_second_notice_before_acceptance_is_refused(db):
    matter = asked_to_correct()
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    assert matter.state is State.SUBMITTED
    refused(CorrectionsAlreadyRequested, matter.staff.clerk, cases.request_corrections, number=matter.number,
            items=missing())
    matter.by("clerk", cases.accept_case)


@requirement("CASE-17")
def test_after_acceptance_there_is_one_more_notice_and_no_second(db):
    matter = asked_to_correct(after_acceptance=True)
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    assert matter.state is State.UNDER_REVIEW
    refused(CorrectionsAlreadyRequested, matter.staff.clerk, cases.request_corrections, number=matter.number,
            items=missing())


def answered(*, after_acceptance: bool = False) -> Matter:
    """A case whose first notice was answered."""
    matter = asked_to_correct(after_acceptance=after_acceptance)
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    return matter


@requirement("CASE-17")
@pytest.mark.parametrize("after_acceptance", [False, True])
def test_a_supervisor_may_allow_one_second_notice_in_a_phase_and_no_third(db, after_acceptance):
    matter = answered(after_acceptance=after_acceptance)
    phase = "AFTER" if after_acceptance else "BEFORE"
    matter.by("supervisor", cases.allow_second_notice, reason=REASON)
    told = matter.events[-1]
    assert (told.name, told.payload["phase"]) == ("SecondNoticeAllowed", phase) and REASON not in str(told.payload)
    refused(NoSecondNotice, matter.staff.supervisor, cases.allow_second_notice, number=matter.number, reason=REASON)
    matter.by("clerk", cases.request_corrections, items=missing())
    assert (matter.events[-1].name, matter.events[-1].payload["notice"]) == ("CorrectionsRequested", 2)
    assert [(each.notice, each.again_allowed, each.answered_at is None) for each in corrections_of(matter.row.id)] == [
        (1, True, False), (2, False, True)]
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    assert all(each.answered_at for each in corrections_of(matter.row.id))
    refused(CorrectionsAlreadyRequested, matter.staff.clerk, cases.request_corrections, number=matter.number,
            items=missing())
    refused(NoSecondNotice, matter.staff.supervisor, cases.allow_second_notice, number=matter.number, reason=REASON)


@requirement("CASE-17")
def test_a_second_notice_is_allowed_only_with_a_reason_and_after_a_first(db):
    matter = received()
    refused(NoSecondNotice, matter.staff.supervisor, cases.allow_second_notice, number=matter.number, reason=REASON)
    matter = answered()
    error = refused(Incomplete, matter.staff.supervisor, cases.allow_second_notice, number=matter.number, reason="短")
    assert [each.field for each in error.problems] == ["reason"]


@requirement("CASE-17")
def test_a_second_notice_is_a_yellow_card_and_a_first_one_is_not(db, catch_up):
    matter = answered()
    catch_up()
    assert signals_of_case(matter.number) == []
    matter.by("supervisor", cases.allow_second_notice, reason=REASON)
    matter.by("clerk", cases.request_corrections, items=missing())
    catch_up()
    assert [(each.rule, each.kind) for each in signals_of_case(matter.number)] == [(Rule.SECOND_NOTICE, Kind.YELLOW)]
    with journeys.as_actor(matter.person):
        letters = [each for each in messages.inbox(matter.person.parties) if each.about == matter.number]
    assert letters[0].title.zh.startswith("请再补充材料") and "second time" in letters[0].body.en


@requirement("CASE-17", "TIM-R5")
def test_after_a_second_notice_the_five_days_begin_with_its_answer(db, at):
    matter = answered()
    matter.by("supervisor", cases.allow_second_notice, reason=REASON)
    matter.by("clerk", cases.request_corrections, items=missing())
    at(shanghai(3, 5, 18))
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    assert matter.row.received_on == date(2026, 3, 6)
    with database.atomic():
        assert sent_at(case_by_rule(RULE, matter.number)) == shanghai(3, 5, 18)


@requirement("TIM-R5")
def test_corrections_before_acceptance_begin_a_new_five_days(db, at):
    matter = asked_to_correct()
    at(shanghai(3, 5, 18))
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    case = matter.row
    assert case.received_on == date(2026, 3, 6)
    assert case.intake_due_at == case.next_due_at == shanghai(3, 14)
    assert case.correction_due_at is None
    assert case.submitted_at == shanghai(3, 2, 10)
    assert database.rows("select due_at from cases_task where case_id = %s and done_at is null", [case.id]) == [
        (case.intake_due_at,)]
    assert corrections_of(case.id)[0].answered_at == shanghai(3, 5, 18)


@requirement("TIM-09")
def test_corrections_after_acceptance_do_not_stop_the_clock(db, at):
    matter = asked_to_correct(after_acceptance=True)
    due = matter.row.promised_due_at, matter.row.statutory_due_at
    at(shanghai(3, 6, 10))
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    assert (matter.row.promised_due_at, matter.row.statutory_due_at) == due
    assert matter.row.next_due_at is None


def lenient_of(state):
    """A case of five days, corrections to which stop the clock, in which they are awaited or were never asked for."""
    matter = applied(own_item(corrections_stop_clock=True, promised_limit=limit(5), statutory_limit=limit(5)))
    matter.by("clerk", cases.accept_case)
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    if state is State.SUPPLEMENT_AFTER:
        matter.by("clerk", cases.request_corrections, items=missing())
    return matter


@requirement("TIM-09")
def test_corrections_after_acceptance_stop_the_clock_where_the_service_says_so(db, at, catch_up):
    matter = lenient_of(State.UNDER_REVIEW)
    at(shanghai(3, 4, 10))
    matter.by("clerk", cases.request_corrections, items=missing())
    at(shanghai(3, 12, 10))
    catch_up()
    assert signals_of_case(matter.number) == [] and not cases.recalculate_case(RULE, number=matter.number)
    with journeys.as_actor(matter.staff.supervisor):
        overdue = cases_behind(Figure.OVERDUE, authority=matter.row.authority_id, since=date(2026, 1, 1), until=date(2027, 1, 1))
    assert matter.number not in str(overdue)
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    assert matter.row.promised_due_at == matter.row.statutory_due_at == shanghai(3, 19)
    assert datetime.fromisoformat(matter.events[-1].payload["statutory_due_at"]) == shanghai(3, 19)
    assert database.rows("select due_at from cases_task where case_id = %s and done_at is null", [matter.row.id]) == [
        (matter.row.promised_due_at,)]


@requirement("TIM-09")
@pytest.mark.parametrize("ending", ["withdrawn", "closed"])
def test_a_case_that_ends_while_corrections_are_awaited_leaves_no_clock_stopped(db, at, ending):
    matter = lenient_of(State.SUPPLEMENT_AFTER)
    if ending == "withdrawn":
        matter.by("person", cases.withdraw_case)
    else:
        at(shanghai(4, 20, 10))
        assert cases.close_unanswered(RULE, number=matter.number)
    assert database.rows("select ended_at is null from cases_stop where case_id = %s", [matter.row.id]) == [(False,)]


def test_a_new_file_takes_the_place_of_the_old_one_and_the_authority_may_read_it(db):
    matter = asked_to_correct(PAPERS)
    given = picture(matter, "identity-card")
    matter.by("person", cases.answer_corrections, answers={}, materials=(given,))
    current = {each.code: each.document for each in materials_of(matter.row.id)}
    assert current["identity-card"] == given.document
    with journeys.as_actor(matter.staff.clerk):
        assert files.document(given.document).id == given.document
    kept = database.rows("select count(*), count(replaced_at) from cases_material where case_id = %s and code = %s",
                         [matter.row.id, "identity-card"])
    assert kept == [(2, 1)]


def test_changed_answers_are_merged_into_the_old_ones(db):
    matter = asked_to_correct()
    before = answers_of(case_to_read(matter.person, matter.number))
    name = next(name for name, value in before.items() if isinstance(value, str) and value.startswith("示例"))
    matter.by("person", cases.answer_corrections, answers={name: "改正后的内容"}, materials=())
    assert answers_of(case_to_read(matter.person, matter.number)) == {**before, name: "改正后的内容"}


def test_a_wrong_answer_is_refused_and_all_is_kept(db):
    matter = asked_to_correct(PAPERS)
    before = answers_of(case_to_read(matter.person, matter.number))
    name = next(iter(before))
    given = picture(matter, "identity-card")
    refused(Incomplete, matter.person, cases.answer_corrections, number=matter.number, answers={name: {"not": "this"}},
            materials=(given,))
    assert matter.state is State.SUPPLEMENT_BEFORE


def test_a_required_paper_cannot_be_put_off_by_a_correction(db):
    matter = asked_to_correct(PAPERS)
    later = GivenMaterial(code="identity-card", name=Text(zh="身份证"), way=Way.LATER, trust=TrustLevel.D)
    refused(Incomplete, matter.person, cases.answer_corrections, number=matter.number, answers={}, materials=(later,))


def test_papers_nobody_asks_for_are_left_out(db):
    matter = asked_to_correct()
    matter.by("person", cases.answer_corrections, answers={}, materials=(picture(matter, "made-up"),))
    assert "made-up" not in {each.code for each in materials_of(matter.row.id)}


@requirement("CASE-17", "TIM-R10")
@pytest.mark.parametrize(("after", "phase"), [(False, "BEFORE"), (True, "AFTER")])
def test_what_does_not_come_in_time_closes_the_case(db, at, after, phase):
    matter = asked_to_correct(after_acceptance=after)
    at(shanghai(3, 30, 23, 59, 59))
    act_on_due()
    assert matter.state in (State.SUPPLEMENT_BEFORE, State.SUPPLEMENT_AFTER)
    at(shanghai(3, 31))
    act_on_due()
    assert matter.state is State.CLOSED_NO_SUPPLEMENT
    assert matter.state.code == "92"
    assert matter.row.completed_at == shanghai(3, 31)
    event = matter.events[-1]
    assert (event.name, event.payload, event.actor) == ("CaseClosed", {"phase": phase}, "system:tick")
    assert journeys.open_verbs(matter.number) == set()


@requirement("CASE-17")
def test_an_answer_after_the_term_is_refused_even_before_the_tick_came_by(db, at):
    matter = asked_to_correct()
    at(shanghai(3, 31))
    refused(CorrectionsTooLate, matter.person, cases.answer_corrections, number=matter.number, answers={}, materials=())
    act_on_due()
    assert matter.state is State.CLOSED_NO_SUPPLEMENT


def test_an_answer_in_the_last_second_counts(db, at):
    matter = asked_to_correct()
    at(shanghai(3, 30, 23, 59, 59))
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    at(shanghai(3, 31))
    act_on_due()
    assert matter.state is State.SUBMITTED


@requirement("CASE-12")
def test_nobody_corrects_what_was_not_asked(db):
    for matter in (received(PLAIN), accepted(SITE), decided(PLAIN)):
        refused(MoveNotAllowed, matter.person, cases.answer_corrections, number=matter.number, answers={}, materials=())
