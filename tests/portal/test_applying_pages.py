"""From the guide to the receipt: the pages agree with each other and take nothing back."""

import re
from datetime import datetime

import pytest
from django.urls import reverse

from tests import journeys
from tests.portal.public import client, text_of
from tests.portal.test_signed_in_pages import SLUG, browser
from tests.requirements import requirement
from tongban.calendars.types import SHANGHAI
from tongban.cases.access import draft_to_read
from tongban.catalogue import queries as catalogue

SATURDAY = datetime(2026, 3, 7, 11, tzinfo=SHANGHAI)


@pytest.fixture
def person(db):
    return journeys.with_firm(journeys.citizen())


def open_draft(person, key):
    with journeys.as_actor(person):
        return draft_to_read(person, key)


@requirement("TIM-R5")
@pytest.mark.parametrize(("moment", "answer", "counted"), [
    (None, "2026年3月9日（周一）", ""), (SATURDAY, "2026年3月16日（周一）", "2026年3月9日（周一）")])
def test_the_check_page_promises_the_day_the_receipt_then_names(person, at, moment, answer, counted):
    if moment:
        at(moment)
    key = journeys.new_draft(person, SLUG)
    path, asking = reverse("portal:check", args=[key]), browser(person)
    asked = text_of(asking.get(path))
    receipt = text_of(asking.get(asking.post(path, {"true": "on"})["Location"]))
    assert f"最迟 {answer} 告诉您是否受理（5 个工作日）" in asked and answer in receipt
    for page in (asked, receipt):
        assert (f"从下一个工作日 {counted} 起算收到" in page) is bool(counted)


def test_the_guide_gives_acceptance_the_time_that_its_clock_runs(db):
    code = catalogue.code_of(SLUG)
    steps = text_of(client().get(f"/services/{code}/"))
    accepting = steps[steps.index("材料齐了就受理"):steps.index("现场核查 两名")]
    assert "5 个工作日内告诉您是否受理" in accepting and "最多" not in accepting
    assert "最多 5 个工作日" in steps[steps.index("现场核查 两名"):]


@pytest.mark.parametrize(("asked", "taken"), [("second", True), ("nowhere", False), ("", False)])
def test_the_situation_chosen_in_the_guide_is_the_drafts(person, asked, taken):
    guide = catalogue.guide(catalogue.code_of(SLUG))
    wanted = guide.situation.options[1].code if asked == "second" else asked
    apply = reverse("portal:start", args=[guide.code]) + (f"?situation={wanted}" if wanted else "")
    started = browser(person).post(apply, {"applicant": person.entities[0]})
    key = started["Location"].rstrip("/").rsplit("/", 1)[1]
    assert open_draft(person, key).situation == (wanted if taken else "")
    asking = browser(person).get(reverse("portal:question", args=[key, "situation"])).content.decode()
    assert (re.search(f'value="{wanted}"[^>]* checked', asking) is not None) is taken
