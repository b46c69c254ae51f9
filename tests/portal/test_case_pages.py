"""The page of a case says plainly what is so, and offers only what may be done."""

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.http import content_disposition_header
from lxml import html

from tests import journeys
from tests.cases.given import accepted, asked_to_correct, decided, own, received, staff
from tests.portal.public import text_of
from tests.portal.test_signed_in_pages import browser
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.types import DeclineGround, State

REASON = "这件事不需要办理许可。"


@pytest.fixture(autouse=True)
def own_rows():
    """The items and staff made here are of this database; others make theirs."""
    own.cache_clear()
    staff.cache_clear()
    yield
    own.cache_clear()
    staff.cache_clear()


def shown(matter, name="case"):
    return browser(matter.person).get(reverse(f"portal:{name}", args=[matter.number]))


@requirement("CASE-24")
@pytest.mark.parametrize(("bring", "why"), [
    (received, ""), (accepted, ""), (lambda: asked_to_correct(after_acceptance=True), ""),
    (decided, "已经作出决定"), ("withdrawn", "您已经撤回了这份申请")])
def test_withdrawing_is_offered_exactly_while_it_may_be_done(db, bring, why):
    matter = received() if bring == "withdrawn" else bring()
    if bring == "withdrawn":
        matter.by("person", cases.withdraw_case)
    link = reverse("portal:withdraw", args=[matter.number])
    assert (f'href="{link}"' in shown(matter).content.decode()) is not bool(why)
    asked = shown(matter, "withdraw")
    assert ("<h1>这份申请不能撤回</h1>" in asked.content.decode()) is bool(why) and why in text_of(asked)
    sent = browser(matter.person).post(link)
    assert sent.status_code == (422 if why else 303)
    assert matter.state is (State.DECIDED if bring is decided else State.WITHDRAWN)


def test_what_was_missing_is_no_longer_asked_of_a_case_taken_back(db):
    matter = asked_to_correct()
    link = reverse("portal:corrections", args=[matter.number])
    assert f'href="{link}"' in shown(matter).content.decode()
    matter.by("person", cases.withdraw_case)
    assert f'href="{link}"' not in shown(matter).content.decode()


@requirement("CASE-17")
def test_once_is_promised_for_the_stage_and_not_for_ever(db):
    assert "这一阶段要补的都在这里" in text_of(shown(asked_to_correct(), "corrections"))


@requirement("CASE-16")
@pytest.mark.parametrize(("ground", "words"), [
    (DeclineGround.NO_PERMIT_NEEDED, "该事项依法不需要许可"), (DeclineGround.NOT_OUR_POWER, "这件事不归这个部门管"),
    (DeclineGround.BARRED, "依法您现在不能提出这项申请")])
def test_the_ground_is_told_and_the_competent_organ_only_with_its_ground(db, ground, words):
    matter = received()
    matter.by("clerk", cases.decline_case, ground=ground, reason=REASON, right_organ="市教育局")
    said = text_of(shown(matter))
    assert words in said and REASON in said
    assert ("市教育局" in said) is (ground is DeclineGround.NOT_OUR_POWER)


@pytest.mark.parametrize("name", ["平面图 1.png", 'a"; x=y.png', "plan.png"])
def test_a_file_comes_back_under_its_own_name(db, name):
    person = journeys.citizen()
    kept = journeys.act(person, journeys.picture_of, party=person.party, name=name)
    told = browser(person).get(reverse("portal:file", args=[kept.id]), follow=True)["Content-Disposition"]
    assert told == content_disposition_header(as_attachment=True, filename=kept.name)
    assert told.startswith("attachment; filename") and "file-" not in told


@requirement("CASE-22")
def test_whoever_was_granted_something_reads_until_when_it_has_to_come(db):
    assert "法律规定最迟 2026年3月16日（周一）送达" in text_of(shown(decided()))


def test_the_result_is_noted_as_seen_and_not_as_opened(db, catch_up):
    matter = decided()
    catch_up()
    assert matter.state is State.COMPLETED
    shown(matter)
    assert matter.state is State.DELIVERED and "您已看到结果" in text_of(shown(matter))


def test_what_is_asked_of_someone_is_said_once_beside_the_one_main_button(db):
    matter = asked_to_correct()
    tree = html.document_fromstring(shown(matter).content.decode())
    link = reverse("portal:corrections", args=[matter.number])
    assert tree.xpath("//*[@class='banner-act']//@href") == [link]
    assert tree.xpath("//main//a[@class='btn']/@href") == [link]


def test_a_state_that_asks_for_nothing_draws_no_place_for_a_button(db):
    tree = html.document_fromstring(shown(received()).content.decode())
    assert len(tree.xpath("//*[@class='banner banner-info']")) == 1
    assert tree.xpath("//*[@class='banner-act']") == []


@pytest.mark.parametrize(("bring", "told"), [
    (received, "前答复 · "), (accepted, "前办好 · "), (asked_to_correct, "前补齐 · "), (decided, "收件 ")])
def test_a_matter_in_the_list_says_first_who_has_to_do_what_by_when(db, bring, told):
    matter = bring()
    translation.activate("zh-hans")
    tree = html.document_fromstring(browser(matter.person).get(reverse("portal:matters")).content.decode())
    line = tree.xpath(f"string(//main//li[a[contains(@href, '{matter.number}')]]/p)")
    assert told in line and line.index(told) < 30, line
