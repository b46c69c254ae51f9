"""From the guide to the receipt: the pages agree with each other and take nothing back."""

import re
from datetime import datetime

import msgspec
import pytest
from django.urls import reverse

from tests import journeys
from tests.cases.given import own_item
from tests.catalogue.given import EDITOR, FOOD, limit, publish
from tests.portal.public import client, text_of
from tests.portal.test_signed_in_pages import SLUG, browser, first_page
from tests.requirements import requirement
from tongban.calendars.types import SHANGHAI
from tongban.cases import actions as cases
from tongban.cases.access import draft_to_read
from tongban.catalogue import queries as catalogue
from tongban.catalogue.actions import publish_form
from tongban.catalogue.rules import code_of
from tongban.catalogue.types import Necessity
from tongban.forms import rules as forms
from tongban.forms.types import FormDefinition

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
    assert f"最迟 {answer}告诉您是否受理（5 个工作日）" in asked and answer in receipt
    for page in (asked, receipt):
        assert (f"从下一个工作日 {counted}起算收到" in page) is bool(counted)


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


def form_of(code, *names):
    """A form that asks one required question a page."""
    return msgspec.convert({
        "code": code, "version": 1, "title": {"zh": "申请", "en": "Apply"},
        "schema": {"type": "object", "additionalProperties": False, "required": list(names),
                   "properties": {name: {"type": "string", "maxLength": 100} for name in names}},
        "fields": {name: {"label": {"zh": f"问{name}", "en": name}} for name in names},
        "pages": [{"code": f"page-{name}", "title": {"zh": f"问{name}？", "en": name}, "fields": [name]}
                  for name in names]}, FormDefinition)


@requirement("CAT-43", "CASE-29")
def test_a_new_version_is_told_in_plain_words_and_takes_no_answer_away(person):
    publish_form(EDITOR, definition=form_of("renewed-form", "shop", "nickname"))
    item = own_item(form="renewed-form")
    tab = browser(person)
    with journeys.as_actor(person):
        key = cases.start_draft(person, item_code=code_of(item), applicant=person.party,
                                answers={"shop": "老店名", "nickname": "小名"})
    pages = {name: reverse(f"portal:{name}", args=[key]) for name in ("draft", "check")}
    assert "新规定" not in text_of(tab.get(pages["draft"]))
    publish_form(EDITOR, definition=form_of("renewed-form", "shop", "phone"))
    publish(msgspec.structs.replace(item, promised_limit=limit(3)))
    for page in pages.values():
        told = text_of(tab.get(page))
        assert "您填的内容都还在" in told and "新增的问题 问phone" in told and "3 个工作日（原来是10 个工作日）" in told
        assert "问nickname 小名 现在不问了" in told
    late = tab.post(reverse("portal:question", args=[key, "page-nickname"]), {"nickname": "新小名"})
    assert late.status_code == 303 and late["Location"] == pages["draft"]
    assert open_draft(person, key).typed == {"shop": "老店名", "nickname": "新小名"}
    asked = reverse("portal:question", args=[key, "page-shop"])
    assert "新规定" in text_of(tab.get(asked))
    on = tab.post(asked, {"shop": "老店名"})
    assert on["Location"] == reverse("portal:question", args=[key, "page-phone"])
    assert tab.post(on["Location"], {"phone": "029"})["Location"] == pages["check"]
    sent = tab.post(pages["check"], {"true": "on"})["Location"]
    assert "/receipt/" in sent
    assert tab.get(pages["draft"])["Location"] == sent


@requirement("CAT-43")
def test_a_paper_that_became_required_is_told(person):
    papers = [msgspec.structs.replace(each, situations=()) for each in FOOD.materials if each.exempt_by is None][:2]
    may, must = ([msgspec.structs.replace(each, necessity=need) if not each.from_form else each for each in papers]
                 for need in (Necessity.OPTIONAL, Necessity.REQUIRED))
    item = own_item(materials=tuple(may))
    with journeys.as_actor(person):
        key = cases.start_draft(person, item_code=code_of(item), applicant=person.party, answers={})
    publish(msgspec.structs.replace(item, materials=tuple(must)))
    told = text_of(browser(person).get(reverse("portal:draft", args=[key])))
    assert f"现在必须交的材料 {papers[1].name.zh}" in told and "新增的材料" not in told


def test_uploading_without_a_file_or_with_one_kept_back_says_what_happened(person):
    guide = catalogue.guide(catalogue.code_of(SLUG))
    paper = next(each for each in guide.materials if not each.from_form)
    key = journeys.new_draft(person, SLUG)
    tab, path = browser(person), reverse("portal:materials", args=[key])
    tab.post(path, {f"remove-{paper.code}": "1"})
    page = tab.post(path, {}, follow=True)
    assert "没有选文件，所以没有上传" in text_of(page) and f'href="#m-{paper.code}"' in page.content.decode()
    for more in ({}, {"continue": "1"}):
        page = tab.post(path, {f"too-large-m-{paper.code}": "big.pdf", **more}, follow=True)
        assert "文件超过 20 MB" in text_of(page) and "<title>有误：" in page.content.decode()
    assert tab.post(path, {"continue": "1"})["Location"] == reverse("portal:check", args=[key])


@requirement("MAT-06")
def test_a_paper_that_may_follow_says_so_and_until_when_before_it_is_promised(person):
    paper = next(each for each in FOOD.materials if each.necessity is Necessity.DEFERRABLE)
    key = journeys.new_draft(person, SLUG)
    tab, named = browser(person), paper.name.zh
    tasks, papers, check = (reverse(f"portal:{name}", args=[key]) for name in ("draft", "materials", "check"))
    assert "可以后补" not in "".join(text_of(tab.get(path)) for path in (tasks, papers, check))
    tab.post(papers, {f"remove-{paper.code}": "1"})
    assert f"可以后补，最迟 2026年3月16日（周一）：{named}" in text_of(tab.get(tasks))
    for path in (papers, check):
        assert "可以后补，最迟 2026年3月16日（周一）交来" in text_of(tab.get(path))
    assert f"请附上，或者选择稍后补交：{named}" in text_of(tab.get(check))
    assert "This may follow later, by Monday 16 March 2026 at the latest." in text_of(tab.get("/en" + papers))
    tab.post(papers, {f"later-{paper.code}": "1"})
    assert "请在2026年3月16日（周一）前补交" in text_of(tab.get(papers))
    assert "可以后补" not in "".join(text_of(tab.get(path)) for path in (tasks, papers, check))


@requirement("CASE-30")
def test_a_planned_day_in_the_past_is_told_on_its_page_and_on_the_check_page_and_not_sent(person, at):
    key = journeys.new_draft(person, SLUG, answers={"opens_on": "1850-02-03"})
    tab, asked = browser(person), reverse("portal:question", args=[key, "delivery"])
    posted = {"has_delivery": "false", "opens_on-year": "1850", "opens_on-month": "2", "opens_on-day": "3"}
    page = tab.post(asked, posted, follow=True)
    assert "<title>有误：" in page.content.decode() and "请填今天或以后的日期" in text_of(page)
    assert 'value="1850"' in page.content.decode()
    check = reverse("portal:check", args=[key])
    assert "请填今天或以后的日期" in text_of(tab.get(check))
    assert "/check/" in tab.post(check, {"true": "on"})["Location"]
    tab.post(asked, posted | {"opens_on-year": "2026", "opens_on-month": "3", "opens_on-day": "2"})
    assert "请填今天或以后的日期" not in text_of(tab.get(check))
    at(SATURDAY)
    assert "请填今天或以后的日期" in text_of(browser(person).get(check))


def test_a_service_without_papers_has_no_step_for_them(person):
    guide = catalogue.guide(code_of(own_item()))
    key = journeys.new_draft(person, guide.slug, answers={})
    tab = browser(person)
    form = catalogue.form(guide.form_code, guide.form_version)
    asked = reverse("portal:question", args=[key, form.pages[-1].code])
    papers, check = (reverse(f"portal:{name}", args=[key]) for name in ("materials", "check"))
    tasks = tab.get(reverse("portal:draft", args=[key])).content.decode()
    assert papers not in tasks and check in tasks
    assert tab.post(asked, {"premises_name": "没有材料的店"})["Location"] == check
    assert tab.get(papers)["Location"] == check
    page = tab.get(check).content.decode()
    assert papers not in page and f'href="{asked}"' in page and "材料还没" not in page
    assert "/receipt/" in tab.post(check, {"true": "on"})["Location"]


def test_where_no_paper_is_left_no_upload_is_offered(person):
    form = next(each for each in FOOD.materials if each.from_form)
    paper = next(each for each in FOOD.materials if not each.from_form)
    item = own_item(materials=tuple(msgspec.structs.replace(each, situations=()) for each in (form, paper)))
    guide = catalogue.guide(code_of(item))
    key = journeys.new_draft(person, guide.slug, answers={})
    tab, path = browser(person), reverse("portal:materials", args=[key])
    assert "只上传选好的文件" not in text_of(tab.get(path)) and "保存并继续" in text_of(tab.get(path))
    tab.post(path, {f"remove-{paper.code}": "1"})
    assert "只上传选好的文件" in text_of(tab.get(path))


def test_a_question_that_waits_for_another_says_so_and_is_never_missing_unasked(person):
    key = journeys.new_draft(person, SLUG, answers={"has_delivery": False})
    path, tab = reverse("portal:question", args=[key, "delivery"]), browser(person)
    text = text_of(tab.get(path))
    assert "选“是”时才填" in text
    on = tab.post(path, {"has_delivery": "false", "delivery_platforms": "", "opens_on": "2026-05-01"})
    assert "again" not in on["Location"] and "/questions/safety/" in on["Location"]
    back = tab.post(path, {"has_delivery": "true", "delivery_platforms": "", "opens_on": "2026-05-01"}, follow=True)
    assert '<a href="#f-delivery_platforms">' in back.content.decode()
    assert "delivery_platforms" not in [each.field for each in forms.check(form_now(), open_draft(person, key).typed | {
        "has_delivery": False})]


def form_now():
    guide = catalogue.guide(catalogue.code_of(SLUG))
    return catalogue.form(guide.form_code, guide.form_version)


@pytest.mark.parametrize("opened", ["guide", "home"])
def test_a_draft_is_offered_on_guide_and_start_page_to_its_owner_only(person, opened):
    key = journeys.new_draft(person, SLUG)
    path = "/" if opened == "home" else reverse("portal:guide", args=[catalogue.code_of(SLUG)])
    link = f'href="{reverse("portal:draft", args=[key])}"'
    assert link in browser(person).get(path).content.decode()
    assert link not in client().get(path).content.decode()
    assert link not in browser(journeys.citizen()).get(path).content.decode()
