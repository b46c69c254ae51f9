"""A case from draft to decision, through the logins that people's requests use."""

from tests import journeys
from tongban.cases import queries
from tongban.cases.types import State


def test_an_application_is_received_accepted_examined_and_granted(db, catch_up):
    person = journeys.with_firm(journeys.citizen())
    number = journeys.granted(person, "food-operation-gaoling")
    catch_up()
    found = queries.by_number(number)
    assert found is not None and found.state in (State.DECIDED, State.COMPLETED)
    names = [event.name for event in queries.timeline(number)]
    assert names[:2] == ["CaseSubmitted", "CaseAccepted"]
    assert "CaseDecided" in names
