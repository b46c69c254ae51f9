"""From the guide to the receipt: the pages agree with each other and take nothing back."""

import re
from datetime import datetime

import pytest
from django.urls import reverse

from tests import journeys
from tests.portal.public import client, text_of
from tests.portal.test_signed_in_pages import SLUG, browser, first_page
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


def seen(page):
    """The revision of the draft that a page shows."""
    return re.search(r'name="_revision" value="(\d+)"', page.content.decode()).group(1)


def name_in(person, key):
    return open_draft(person, key).typed["premises_name"]


def test_of_two_windows_on_a_draft_the_second_is_told_and_decides(person):
    key = journeys.new_draft(person, SLUG)
    page, path = first_page(key, person)
    save, tab = reverse("portal:save", args=[key, page.code]), browser(person)
    stale = seen(tab.get(path))
    first = tab.post(save, {"premises_name": "第一个窗口", "_revision": stale})
    assert first.status_code == 204 and first["Draft-Revision"] == seen(tab.get(path)) != stale
    assert tab.post(save, {"premises_name": "第二个窗口", "_revision": stale}).status_code == 409
    for step in ({}, {"later": "1"}):
        told = tab.post(path, {"premises_name": "第二个窗口", "_revision": stale, **step})
        assert told.status_code == 409 and name_in(person, key) == "第一个窗口"
        assert "3月2日 10:00" in text_of(told) and "第一个窗口" in text_of(told)
        assert 'value="第二个窗口"' in told.content.decode()
    again = tab.post(path, {"premises_name": "第二个窗口", "later": "1", "_revision": seen(told)})
    assert again.status_code == 303 and name_in(person, key) == "第二个窗口"


def test_the_situation_chosen_in_another_window_is_not_overwritten_either(person):
    key = journeys.new_draft(person, SLUG)
    path, tab = reverse("portal:question", args=[key, "situation"]), browser(person)
    mine, theirs = (option.code for option in catalogue.guide(catalogue.code_of(SLUG)).situation.options[:2])
    stale = seen(tab.get(path))
    assert tab.post(path, {"situation": theirs, "_revision": stale}).status_code == 303
    told = tab.post(path, {"situation": mine, "_revision": stale})
    assert told.status_code == 409 and open_draft(person, key).situation == theirs
    assert tab.post(path, {"situation": mine, "_revision": seen(told)}).status_code == 303
    assert open_draft(person, key).situation == mine


def test_the_same_answers_and_attached_files_are_no_change_elsewhere(person):
    key = journeys.new_draft(person, SLUG)
    _, path = first_page(key, person)
    tab = browser(person)
    stale = seen(tab.get(path))
    material = catalogue.guide(catalogue.code_of(SLUG)).materials[-1].code
    tab.post(reverse("portal:materials", args=[key]), {f"remove-{material}": "1"})
    typed = {"premises_name": "只改一次", "later": "1", "_revision": stale}
    assert tab.post(path, typed).status_code == tab.post(path, typed).status_code == 303


def test_what_was_refused_is_shown_as_typed_and_marked_as_no_answer(person):
    key = journeys.new_draft(person, SLUG, answers={"area": "四十二平"})
    shown = browser(person).get(reverse("portal:check", args=[key])).content.decode()
    row = shown[shown.index("四十二平") - 120:shown.index("四十二平") + 200]
    assert "这样填不行" in row and "请用数字填写" in row[row.index("四十二平"):]
    assert shown.count("这样填不行") == 1
