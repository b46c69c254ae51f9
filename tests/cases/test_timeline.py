"""Every act leaves exactly one entry, with who, in which role, when, and on whose behalf (CASE-10)."""

from tests.cases.given import REASON, RULE, accepted, asked_to_correct, received, shanghai
from tests.journeys import as_actor
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.types import DeclineGround, Outcome
from tongban.kernel import database
from tongban.kernel.events import of_subject


def entries(matter) -> list[tuple[str, str, str]]:
    return [(event.name, event.actor, event.role) for event in queries.timeline(matter.number)]


@requirement("CASE-10")
def test_a_case_from_receipt_to_delivery_is_told_without_a_gap(db, at):
    matter = asked_to_correct()
    person, clerk, reviewer, decider = (matter.actor(who).actor_id
                                        for who in ("person", "clerk", "reviewer", "decider"))
    at(shanghai(3, 3, 10))
    matter.by("person", cases.answer_corrections, answers={}, materials=())
    matter.by("clerk", cases.accept_case)
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    matter.by("reviewer", cases.suspend_case, procedure="hearing", announced_end=shanghai(3, 9).date())
    at(shanghai(3, 4, 10))
    matter.by("reviewer", cases.resume_case)
    matter.by("decider", cases.extend_case, days=2, reason=REASON)
    matter.by("decider", cases.decide_case, outcome=Outcome.GRANTED)
    cases.conclude_case(RULE, number=matter.number, completion_kind="6")
    matter.by("person", cases.deliver_case)
    assert entries(matter) == [
        ("CaseSubmitted", person, "APPLICANT"), ("CorrectionsRequested", clerk, "STAFF"),
        ("CorrectionsAnswered", person, "APPLICANT"), ("CaseAccepted", clerk, "STAFF"),
        ("CaseExamined", reviewer, "STAFF"), ("CaseSuspended", reviewer, "STAFF"),
        ("CaseResumed", reviewer, "STAFF"), ("CaseExtended", decider, "STAFF"), ("CaseDecided", decider, "STAFF"),
        ("CaseConcluded", "system:tester", "SYSTEM"), ("CaseDelivered", person, "APPLICANT")]
    found = queries.timeline(matter.number)
    assert [event.at.day for event in found] == [2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4]
    assert {event.party for event in found} == {matter.row.applicant_id}
    assert {event.authority for event in found} == {matter.row.authority_id}
    assert {event.channel for event in found} == {"web", "system"}


@requirement("CASE-10")
def test_cases_that_end_early_say_how(db):
    gone, barred, void = received(), received(), accepted()
    gone.by("person", cases.withdraw_case)
    barred.by("clerk", cases.decline_case, ground=DeclineGround.BARRED, reason=REASON)
    void.by("supervisor", cases.void_case, reason=REASON)
    assert [matter.happened[-1] for matter in (gone, barred, void)] == ["CaseWithdrawn", "CaseDeclined", "CaseVoided"]


@requirement("CASE-10")
def test_applicant_and_authority_read_the_same_record_and_strangers_none(db):
    matter, stranger = accepted(), received().person
    whole = [event.id for event in of_subject(matter.number)]
    for who in ("person", "clerk", "supervisor"):
        with as_actor(matter.actor(who)):
            assert [event.id for event in queries.timeline(matter.number)] == whole
    with as_actor(stranger):
        assert queries.timeline(matter.number) == []


@requirement("CASE-10", "SEC-06")
def test_the_record_holds_no_names_and_no_words_anyone_typed(db):
    matter = accepted()
    matter.by("reviewer", cases.examine_case, recommends=False, opinion=REASON)
    matter.by("decider", cases.decide_case, outcome=Outcome.REFUSED, reason=REASON)
    text, = database.row("select string_agg(payload::text, '') from kernel_event where subject = %s", [matter.number])
    for secret in ("示例", REASON, "张"):
        assert secret not in text
