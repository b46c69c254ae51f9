"""The law of supervision with values: when to look again, and that looking early or late changes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tongban.calendars.rules import due, promised_due
from tongban.calendars.types import SHANGHAI, Calendar, Clock, Limit, Unit, WarningThreshold
from tongban.cases.types import State
from tongban.kernel.types import Channel
from tongban.supervision.rules import judge
from tongban.supervision.types import Kind, Rule

CALENDAR = Calendar(days={}, noticed=frozenset(range(2020, 2040)))
THRESHOLD = WarningThreshold(share=Fraction(1, 5), working_days=Fraction(1))
START = datetime(2026, 3, 2, 10, 0, tzinfo=SHANGHAI)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case as its clock tells it."""

    accepted_at: datetime
    promised_due_at: datetime
    statutory_due_at: datetime
    last_step_at: datetime
    state: State = State.UNDER_REVIEW
    decided_at: datetime | None = None
    completed_at: datetime | None = None


@st.composite
def clocks(draw):
    unit = draw(st.sampled_from([Unit.WORKDAY, Unit.DAY, Unit.HOUR]))
    channel = draw(st.sampled_from([Channel.WEB, Channel.WINDOW]))
    start = START + timedelta(minutes=draw(st.integers(0, 60 * 24 * 20)))
    count = draw(st.integers(1, 45))
    promised = Clock(start=start, limit=Limit(count=count, unit=unit), channel=channel)
    statutory = Clock(start=start, limit=Limit(count=count + draw(st.integers(0, 30)), unit=unit), channel=channel)
    case = Case(accepted_at=start, last_step_at=start, statutory_due_at=due(statutory, calendar=CALENDAR).at,
                promised_due_at=promised_due(promised, statutory, calendar=CALENDAR).at)
    return case, promised, statutory


def judged(made, now):
    case, promised, statutory = made
    return judge(case, promised=promised, statutory=statutory, calendar=CALENDAR, now=now, idle_days=3,
                 threshold=THRESHOLD)


@settings(max_examples=150, deadline=None)
@given(clocks(), st.floats(0, 1))
def test_between_two_looks_nothing_changes_and_at_the_next_something_does(made, share):
    now, seen = made[0].accepted_at, []
    while True:
        found = judged(made, now)
        seen.append(found.rules)
        if found.next_at is None:
            break
        assert found.next_at > now
        between = now + (found.next_at - now) * share
        if between < found.next_at:
            assert judged(made, between).rules == found.rules
        assert judged(made, found.next_at - timedelta(seconds=1)).rules == found.rules or (
            found.next_at - timedelta(seconds=1) < now)
        now = found.next_at
    assert len(seen) <= 6
    kinds = [max((rule.kind for rule in rules if rule is not Rule.NO_STEP), default=0) for rules in seen]
    assert kinds == sorted(kinds)
    assert kinds[-1] is Kind.RED


@settings(max_examples=50, deadline=None)
@given(clocks(), st.integers(0, 60 * 24 * 90))
def test_a_judgement_needs_no_memory_of_earlier_ones(made, minutes):
    now = made[0].accepted_at + timedelta(minutes=minutes)
    found = judged(made, now)
    case = made[0]
    card = {rule for rule in found.rules if rule is not Rule.NO_STEP}
    if now >= case.statutory_due_at:
        assert card == {Rule.LAW_EXCEEDED}
    elif now >= case.promised_due_at:
        assert card == {Rule.PROMISE_EXCEEDED}
    else:
        assert card <= {Rule.PROMISE_NEAR}
