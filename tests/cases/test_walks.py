"""Random walks of one case against a model of the law that shares no code with ours: states, ends, refusals."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

import pytest
import yaml
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.cases.given import REASON, SHANGHAI, Matter, applied, missing, own, shanghai, written
from tests.catalogue.given import DATA
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.tasks import act_on_due
from tongban.cases.types import DeclineGround, Outcome
from tongban.kernel.errors import HouseError

DAY = timedelta(days=1)
STEPS = [timedelta(minutes=7), timedelta(hours=5), DAY, timedelta(days=2), timedelta(days=4), timedelta(days=15)]
NAMED = {day["date"]: day["kind"] for year in yaml.safe_load((DATA / "calendar.yaml").read_text())["years"]
         for day in year["days"]}
ENDED = {"NOT_ACCEPTED", "WITHDRAWN", "CLOSED_NO_SUPPLEMENT", "VOID", "DECIDED"}


def is_worked(day: date) -> bool:
    kind = NAMED.get(day)
    return kind == "make_up_workday" if kind else day.weekday() < 5


def counted_from(day: date, count: int, stopped: set[date]) -> datetime:
    """Midnight after the `count`-th worked and not suspended day after `day`."""
    while count:
        day += DAY
        count -= is_worked(day) and day not in stopped
    return datetime.combine(day + DAY, time(), SHANGHAI)


def receipt_of(moment: datetime) -> date:
    day = moment.date()
    if is_worked(day) and moment.time() < time(17, 30):
        return day
    while not is_worked(day := day + DAY):
        pass
    return day


class Model:
    """What the law says of one case of an item with ten promised and twenty legal working days."""

    def __init__(self, now: datetime) -> None:
        self.now, self.state, self.told = now, "SUBMITTED", set()
        self.stopped: set[date] = set()
        self.stop_began: datetime | None = None
        self.procedures: set[str] = set()
        self.extension = 0
        self.accepted_on: date | None = None
        self.examined = self.deemed = False
        self.receive()

    def receive(self) -> None:
        self.received = receipt_of(self.now)
        self.answer_by = counted_from(self.received, 5, set())

    @property
    def ends(self) -> tuple[datetime, datetime] | None:
        if self.accepted_on is None:
            return None
        return (counted_from(self.accepted_on, 10, self.stopped),
                counted_from(self.accepted_on, 20 + self.extension, self.stopped))

    def accept(self, day: date, *, deemed: bool) -> None:
        self.state, self.accepted_on, self.deemed = "ACCEPTED", day, deemed

    def time_passes(self) -> None:
        """What the tick brings."""
        if self.state == "SUBMITTED" and self.now >= self.answer_by:
            self.accept(self.received, deemed=True)
        elif self.state.startswith("SUPPLEMENT") and self.now >= self.correct_by:
            self.state = "CLOSED_NO_SUPPLEMENT"

    def resume(self) -> None:
        begun = self.stop_began
        assert begun is not None
        limit = counted_from(self.accepted_on, 20 + self.extension, self.stopped) if self.accepted_on else self.now
        if begun < self.now and begun < limit:
            self.stopped |= {begun.date() + n * DAY for n in range((self.now.date() - begun.date()).days + 1)}
        self.stop_began = None


class Walk(RuleBasedStateMachine):
    """One case and its model; without the tick, time is noticed by the verbs alone."""

    at: Callable[[datetime], None]
    ticking = True

    @initialize(start=st.sampled_from(["fresh", "under way", "forgotten"]))
    def begin(self, start: str) -> None:
        self.at(shanghai(3, 2, 10))
        self.matter: Matter = applied(own("plain"))
        self.model = Model(shanghai(3, 2, 10))
        if start == "under way":
            self.accept()
            self.examine()
        elif start == "forgotten":
            self.wait(timedelta(days=15))

    def attempt(self, allowed: bool, who: str, action: Callable[..., None], **arguments: object) -> bool:
        """Do it; it must be taken or refused as the model says, and a refusal leaves no trace."""
        before = None if allowed else written()
        try:
            self.matter.by(who, action, **arguments)
        except HouseError:
            assert not allowed, f"{action.__name__} in {self.model.state} should have been taken"
            assert written() == before
            return False
        assert allowed, f"{action.__name__} in {self.model.state} should have been refused"
        return True

    @precondition(lambda self: self.model.state not in ENDED)
    @rule(step=st.sampled_from(STEPS))
    def wait(self, step: timedelta) -> None:
        self.model.now += step
        self.at(self.model.now)
        if self.ticking:
            act_on_due()
            self.model.time_passes()

    @rule()
    def accept(self) -> None:
        model = self.model
        if self.attempt(model.state == "SUBMITTED" and model.now < model.answer_by, "clerk", cases.accept_case):
            model.accept(model.now.date(), deemed=False)

    @rule(sure=st.integers(0, 9))
    def decline(self, sure: int) -> None:
        model = self.model
        allowed = model.state == "SUBMITTED" and model.now < model.answer_by
        if allowed and sure:
            return
        if self.attempt(allowed, "clerk", cases.decline_case, ground=DeclineGround.BARRED, reason=REASON):
            model.state = "NOT_ACCEPTED"

    @rule()
    def ask_for_corrections(self) -> None:
        model = self.model
        phase = {"SUBMITTED": "BEFORE", "UNDER_REVIEW": "AFTER"}.get(model.state, "")
        allowed = bool(phase) and phase not in model.told and not (
            phase == "BEFORE" and model.now >= model.answer_by)
        if self.attempt(allowed, "clerk", cases.request_corrections, items=missing()):
            model.state = f"SUPPLEMENT_{phase}"
            model.told.add(phase)
            model.correct_by = counted_from(model.now.date(), 20, set())

    @rule()
    def correct(self) -> None:
        model = self.model
        allowed = model.state.startswith("SUPPLEMENT") and model.now < model.correct_by
        before = model.state == "SUPPLEMENT_BEFORE"
        if self.attempt(allowed, "person", cases.answer_corrections, answers={}, materials=()):
            model.state = "SUBMITTED" if before else "UNDER_REVIEW"
            if before:
                model.receive()

    @rule()
    def examine(self) -> None:
        model = self.model
        allowed = model.state in ("ACCEPTED", "UNDER_REVIEW") and not model.examined
        if self.attempt(allowed, "reviewer", cases.examine_case, recommends=True, opinion=""):
            model.state, model.examined = "UNDER_REVIEW", True

    @rule(procedure=st.sampled_from(["hearing", "testing", "a break"]))
    def suspend(self, procedure: str) -> None:
        model = self.model
        allowed = model.state == "UNDER_REVIEW" and procedure not in model.procedures and procedure != "a break"
        if self.attempt(allowed, "reviewer", cases.suspend_case, procedure=procedure,
                        announced_end=model.now.date() + 5 * DAY):
            model.state, model.stop_began, model.running = "SUSPENDED", model.now, procedure

    @rule()
    def resume(self) -> None:
        model = self.model
        if self.attempt(model.state == "SUSPENDED", "reviewer", cases.resume_case):
            model.state = "UNDER_REVIEW"
            if model.stop_began != model.now:
                model.procedures.add(model.running)
            model.resume()

    @precondition(lambda self: self.model.state == "UNDER_REVIEW")
    @rule(step=st.sampled_from(STEPS), procedure=st.sampled_from(["appraisal", "auction", "inspection"]))
    def rest(self, step: timedelta, procedure: str) -> None:
        """Stop the clock for a while, which random single steps seldom do."""
        self.suspend(procedure)
        if self.model.state == "SUSPENDED":
            self.wait(step)
            self.resume()

    @precondition(lambda self: self.model.state != "SUSPENDED")
    @rule(days=st.integers(1, 14))
    def extend(self, days: int) -> None:
        model = self.model
        allowed = (model.state in ("ACCEPTED", "UNDER_REVIEW", "SUPPLEMENT_AFTER") and not model.extension
                   and model.ends is not None and model.now < model.ends[1])
        if self.attempt(allowed, "decider", cases.extend_case, days=days, reason=REASON):
            model.extension = min(days, 10)

    @rule(sure=st.integers(0, 5))
    def decide(self, sure: int) -> None:
        allowed = self.model.state == "UNDER_REVIEW" and self.model.examined
        if allowed and sure:
            return
        if self.attempt(allowed, "decider", cases.decide_case, outcome=Outcome.GRANTED):
            self.model.state = "DECIDED"

    @rule(sure=st.integers(0, 9))
    def withdraw(self, sure: int) -> None:
        allowed = self.model.state in ("SUBMITTED", "SUPPLEMENT_BEFORE", "ACCEPTED", "UNDER_REVIEW", "SUPPLEMENT_AFTER")
        if allowed and sure:
            return
        if self.attempt(allowed, "person", cases.withdraw_case):
            self.model.state = "WITHDRAWN"

    @rule(sure=st.integers(0, 9))
    def void(self, sure: int) -> None:
        allowed = self.model.state in ("ACCEPTED", "UNDER_REVIEW")
        if allowed and sure:
            return
        if self.attempt(allowed, "supervisor", cases.void_case, reason=REASON):
            self.model.state = "VOID"

    @invariant()
    def the_case_stands_as_the_model_says(self) -> None:
        case, model = self.matter.row, self.model
        assert case.state == model.state
        assert case.deemed == model.deemed
        assert (case.received_on, case.intake_due_at) == (model.received, model.answer_by)
        if model.ends is not None:
            assert (case.promised_due_at, case.statutory_due_at) == model.ends

    def teardown(self) -> None:
        names = self.matter.happened
        assert names.count("CaseAccepted") <= 1
        assert names.count("CaseExtended") <= 1
        assert names.count("CorrectionsRequested") == len(self.model.told)


def walk(at: Callable[[datetime], None], *, ticking: bool) -> type[RuleBasedStateMachine]:
    """The machine with this test's clock."""
    return type("Walk", (Walk,), {"at": staticmethod(at), "ticking": ticking})


@pytest.fixture
def small() -> Iterator[settings]:
    yield settings(max_examples=12, stateful_step_count=25, deadline=None, database=None, derandomize=True,
                   phases=[Phase.generate], suppress_health_check=list(HealthCheck))


@requirement("CASE-12", "CASE-15", "CASE-17", "TIM-09", "TIM-R3", "TIM-R9")
def test_a_case_goes_no_other_way_than_the_law_knows(db, at, small):
    run_state_machine_as_test(walk(at, ticking=True), settings=small)


@requirement("CASE-12", "CASE-15", "CASE-17")
def test_without_the_tick_no_act_gains_from_the_delay(db, at, small):
    run_state_machine_as_test(walk(at, ticking=False), settings=small)
