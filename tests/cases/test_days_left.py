"""How many working days are left, on every page alike (TIM-R6)."""

from datetime import date

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.cases.given import FIVE_DAYS, accepted, shanghai, suspended
from tests.requirements import requirement
from tongban.calendars import queries as calendars
from tongban.cases.rules import as_heard, days_left
from tongban.cases.types import State
from tongban.identity.actions import open_session
from tongban.kernel import vault
from tongban.kernel.types import Channel


@pytest.mark.parametrize(("now", "left"), [
    pytest.param((3, 4, 10), 3, id="Wednesday to Monday"),
    pytest.param((3, 7, 10), 1, id="on the weekend before"),
    pytest.param((3, 9, 23, 59), 0, id="on the last day"),
    pytest.param((3, 10), -1, id="from the instant it is late"),
    pytest.param((3, 12, 10), -3, id="three working days over"),
])
def test_days_left_until_the_end_of_monday(db, now, left):
    asked = {"now": shanghai(*now), "calendar": calendars.calendar(), "received_on": date(2026, 3, 2)}
    assert days_left(shanghai(3, 10), state=State.UNDER_REVIEW, **asked) == left
    assert days_left(shanghai(3, 10), state=State.SUSPENDED, **asked) is None
    assert days_left(None, state=State.DECIDED, **asked) is None


@requirement("TIM-R6")
def test_what_was_sent_after_closing_time_has_its_whole_time_left_until_it_counts_as_received(db):
    asked = {"calendar": calendars.calendar(), "received_on": date(2026, 3, 3), "state": State.SUBMITTED}
    assert days_left(shanghai(3, 11), now=shanghai(3, 2, 19), **asked) == 5
    assert days_left(shanghai(3, 11), now=shanghai(3, 3, 9), **asked) == 5
    assert days_left(shanghai(3, 11), now=shanghai(3, 4, 9), **asked) == 4
    accepted_that_evening = {**asked, "state": State.ACCEPTED}
    assert days_left(shanghai(3, 10), now=shanghai(3, 2, 19), **accepted_that_evening) == 5


@pytest.mark.parametrize("given", [accepted, suspended])
def test_the_applicants_page_and_the_page_for_number_and_code_count_alike(db, given):
    matter = given(FIVE_DAYS)
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    status = client.post("/status/", {"number": matter.number, "code": vault.query_code(matter.number)})
    client.cookies[settings.SESSION_COOKIE_NAME] = open_session(account=matter.person.account, channel=Channel.WEB)
    case = client.get(reverse("portal:case", args=[matter.number]))
    for page in (status, case):
        assert page.status_code == 200
        assert ("个工作日" in page.content.decode().split("</main>")[0].split("<main")[1]) is (given is accepted)


def test_a_query_code_is_read_as_it_is_heard():
    assert as_heard(" o1-iL aB0 ") == "0111AB0"
