"""The whole table of states and verbs: what the law does not know is refused by name without a trace (CASE-12)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import journeys
from tests.cases.given import (
    INSTANT,
    REASON,
    RULE,
    Matter,
    accepted,
    asked_to_correct,
    decided,
    examined,
    missing,
    received,
    shanghai,
    suspended,
    written,
)
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.errors import CorrectionsAlreadyRequested, MoveNotAllowed
from tongban.cases.types import CODES, MOVES, DeclineGround, Outcome, State
from tongban.kernel import database

S = State
SPECIFIED = {
    S.SUBMITTED: {S.SUPPLEMENT_BEFORE, S.ACCEPTED, S.NOT_ACCEPTED, S.WITHDRAWN, S.TRANSFERRED},
    S.SUPPLEMENT_BEFORE: {S.SUBMITTED, S.CLOSED_NO_SUPPLEMENT, S.WITHDRAWN},
    S.ACCEPTED: {S.UNDER_REVIEW, S.DECIDED, S.WITHDRAWN, S.VOID},
    S.UNDER_REVIEW: {S.SUPPLEMENT_AFTER, S.SUSPENDED, S.DECIDED, S.TRANSFERRED, S.WITHDRAWN, S.VOID},
    S.SUPPLEMENT_AFTER: {S.UNDER_REVIEW, S.CLOSED_NO_SUPPLEMENT, S.WITHDRAWN},
    S.SUSPENDED: {S.UNDER_REVIEW},
    S.DECIDED: {S.COMPLETED},
    S.COMPLETED: {S.DELIVERED},
}
"""CASE-12, without the draft, the pre-review and the deletion, which are no states of a case here; and CASE-24."""
VERBS: dict[str, tuple[str, Callable[..., Any], dict[str, Any], set[State]]] = {
    "accepted": ("clerk", cases.accept_case, {}, {S.SUBMITTED}),
    "declined": ("clerk", cases.decline_case, {"ground": DeclineGround.BARRED, "reason": REASON}, {S.SUBMITTED}),
    "sent back for corrections": ("clerk", cases.request_corrections, {"items": missing()},
                                  {S.SUBMITTED, S.UNDER_REVIEW}),
    "corrected": ("person", cases.answer_corrections, {"answers": {}, "materials": ()},
                  {S.SUPPLEMENT_BEFORE, S.SUPPLEMENT_AFTER}),
    "examined": ("reviewer", cases.examine_case, {"recommends": True, "opinion": ""}, {S.ACCEPTED, S.UNDER_REVIEW}),
    "suspended": ("reviewer", cases.suspend_case,
                  {"procedure": "hearing", "announced_end": shanghai(3, 20).date()}, {S.UNDER_REVIEW}),
    "resumed": ("reviewer", cases.resume_case, {}, {S.SUSPENDED}),
    "extended": ("decider", cases.extend_case, {"days": 5, "reason": REASON},
                 {S.ACCEPTED, S.UNDER_REVIEW, S.SUPPLEMENT_AFTER, S.SUSPENDED}),
    "returned to examination": ("decider", cases.return_case, {"node": "examine", "reason": REASON}, {S.UNDER_REVIEW}),
    "decided": ("decider", cases.decide_case, {"outcome": Outcome.GRANTED}, {S.ACCEPTED, S.UNDER_REVIEW}),
    "voided": ("supervisor", cases.void_case, {"reason": REASON}, {S.ACCEPTED, S.UNDER_REVIEW}),
    "withdrawn": ("person", cases.withdraw_case, {},
                  {S.SUBMITTED, S.SUPPLEMENT_BEFORE, S.ACCEPTED, S.UNDER_REVIEW, S.SUPPLEMENT_AFTER}),
}
"""Each act as a refusal names it: who does it, and in which states."""


def ended(state: State) -> Matter:
    matter = received()
    if state is S.NOT_ACCEPTED:
        matter.by("clerk", cases.decline_case, ground=DeclineGround.BARRED, reason=REASON)
    elif state is S.WITHDRAWN:
        matter.by("person", cases.withdraw_case)
    elif state is S.VOID:
        matter.by("clerk", cases.accept_case)
        matter.by("supervisor", cases.void_case, reason=REASON)
    else:
        database.execute("update cases_case set state = 'TRANSFERRED' where number = %s", [matter.number])
    return matter


def concluded(*, delivered: bool) -> Matter:
    matter = decided()
    cases.conclude_case(RULE, number=matter.number, completion_kind="6")
    if delivered:
        matter.by("person", cases.deliver_case)
    return matter


def closed(at) -> Matter:
    matter = asked_to_correct()
    at(shanghai(3, 31))
    assert cases.close_unanswered(RULE, number=matter.number)
    at(shanghai(3, 2, 10))
    return matter


def in_state(state: State, at) -> Matter:
    made: dict[State, Callable[[], Matter]] = {
        S.SUBMITTED: received, S.SUPPLEMENT_BEFORE: asked_to_correct, S.ACCEPTED: accepted, S.UNDER_REVIEW: examined,
        S.SUPPLEMENT_AFTER: lambda: asked_to_correct(after_acceptance=True), S.SUSPENDED: suspended,
        S.DECIDED: decided, S.COMPLETED: lambda: concluded(delivered=False),
        S.DELIVERED: lambda: concluded(delivered=True), S.CLOSED_NO_SUPPLEMENT: lambda: closed(at),
    }
    matter = made.get(state, lambda: ended(state))()
    assert matter.state is state
    return matter


@requirement("CASE-12")
def test_the_moves_are_those_of_the_specification(db):
    assert frozenset((here, there) for here, all_ in SPECIFIED.items() for there in all_) == MOVES
    stored = database.rows("select from_state, to_state from cases_move")
    assert {(S(here), S(there)) for here, there in stored} == MOVES


@requirement("CASE-11")
def test_each_state_has_its_code():
    assert CODES == {
        S.SUBMITTED: "10", S.SUPPLEMENT_BEFORE: "12", S.ACCEPTED: "20", S.UNDER_REVIEW: "30",
        S.SUPPLEMENT_AFTER: "31", S.SUSPENDED: "32", S.DECIDED: "40", S.COMPLETED: "50", S.DELIVERED: "60",
        S.NOT_ACCEPTED: "90", S.WITHDRAWN: "91", S.CLOSED_NO_SUPPLEMENT: "92", S.TRANSFERRED: "93", S.VOID: "94"}


@requirement("CASE-12")
@pytest.mark.parametrize("state", list(State))
def test_every_act_that_does_not_belong_to_a_state_is_refused_by_name(db, at, state):
    matter = in_state(state, at)
    before = written()
    for name, (who, action, arguments, states) in VERBS.items():
        if state in states:
            continue
        with pytest.raises((MoveNotAllowed, CorrectionsAlreadyRequested)) as caught:
            matter.by(who, action, **arguments)
        if name != "sent back for corrections" or state is not S.SUPPLEMENT_AFTER:
            assert caught.value.facts == MoveNotAllowed(state=str(state), act=name).facts
    assert written() == before


@requirement("CASE-12")
@pytest.mark.parametrize(("name", "state"), [(name, state) for name, (*_, states) in VERBS.items()
                                             for state in sorted(states)])
def test_every_act_that_belongs_to_a_state_is_taken(db, at, name, state):
    who, action, arguments, _ = VERBS[name]
    if name == "decided" and state is S.ACCEPTED:
        matter = accepted(INSTANT)
    elif name == "examined" and state is S.UNDER_REVIEW:
        matter = accepted("site")
        matter.by("inspector", cases.examine_case, recommends=True, **journeys.check("inspect", matter.staff.clerk))
    else:
        matter = in_state(state, at)
    known = len(matter.events)
    matter.by(who, action, **arguments)
    assert len(matter.events) == known + 1


@requirement("CASE-12")
@pytest.mark.parametrize("state", [state for state in State if state is not S.DECIDED])
def test_only_a_decided_case_is_concluded(db, at, state):
    matter = in_state(state, at)
    before = written()
    if state in (S.COMPLETED, S.DELIVERED):
        cases.conclude_case(RULE, number=matter.number, completion_kind="0")
    else:
        with pytest.raises(MoveNotAllowed):
            cases.conclude_case(RULE, number=matter.number, completion_kind="0")
    assert written() == before


@requirement("CASE-12")
def test_time_and_delivery_do_nothing_where_they_have_nothing_to_do(db, at):
    waiting = {state: in_state(state, at) for state in State if state is not S.COMPLETED}
    before = written()
    for state, matter in waiting.items():
        matter.by("person", cases.deliver_case)
        if state is not S.SUBMITTED:
            assert not cases.deem_accepted(RULE, number=matter.number)
        if state not in (S.SUPPLEMENT_BEFORE, S.SUPPLEMENT_AFTER):
            assert not cases.close_unanswered(RULE, number=matter.number)
    assert written() == before
    assert journeys.open_verbs(waiting[S.VOID].number) == set()
