"""When an application counts as received, and until when the authority may answer (TIM-03, TIM-R5)."""

from datetime import date

import pytest

from tests.cases.given import applied, own_item, shanghai
from tests.requirements import requirement

MONDAY = date(2026, 3, 2)


@requirement("TIM-03", "TIM-R5")
@pytest.mark.parametrize(("sent", "received", "due"), [
    pytest.param((3, 2, 10), MONDAY, (3, 10), id="in office hours"),
    pytest.param((3, 2, 6, 30), MONDAY, (3, 10), id="before the office opens"),
    pytest.param((3, 2, 12, 30), MONDAY, (3, 10), id="at lunch"),
    pytest.param((3, 2, 17, 29, 59), MONDAY, (3, 10), id="a second before it closes"),
    pytest.param((3, 2, 17, 30), date(2026, 3, 3), (3, 11), id="when it closes"),
    pytest.param((3, 7, 11), date(2026, 3, 9), (3, 17), id="on a Saturday"),
    pytest.param((4, 3, 18), date(2026, 4, 7), (4, 15), id="on the evening before Tomb-Sweeping"),
    pytest.param((5, 9, 11), date(2026, 5, 9), (5, 16), id="on a Saturday that is worked"),
])
def test_the_day_of_receipt_and_the_end_of_the_time_to_answer(db, at, sent, received, due):
    at(shanghai(*sent))
    case = applied(own_item()).row
    assert case.submitted_at == shanghai(*sent)
    assert case.received_on == received
    assert case.intake_due_at == shanghai(*due)
    assert case.next_due_at == case.intake_due_at
