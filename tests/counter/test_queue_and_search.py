"""What waits for an officer, and finding a case."""

import re
from datetime import date, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from tests import journeys
from tests.counter import given
from tests.counter.given import counts, through
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity.types import Role

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_what_is_due_today_has_its_own_list_with_a_true_count(db, at):
    at(datetime(2026, 2, 24, 9, 30, tzinfo=SHANGHAI))
    first = given.received(given.PLAIN)
    at(datetime(2026, 2, 25, 9, 30, tzinfo=SHANGHAI))
    second = given.received(given.PLAIN)
    at(datetime(2026, 3, 2, 10, 0, tzinfo=SHANGHAI))
    page = given.clerk(given.PLAIN).get("/desk/", view="today")
    told = int(re.search(r"今天到期 (\d+)", page.text).group(1))
    rows = page.response.content.decode().partition("<tbody")[2]
    assert first in rows and second not in rows
    assert rows.count("<tr") == told


@requirement("HALL-09")
def test_an_application_sent_online_waits_in_the_queue_of_the_window(db):
    clerk = given.clerk(given.PLAIN)
    before, _ = counts(clerk.get("/desk/"))
    number = given.received(given.PLAIN, "欧阳示例")
    queue = clerk.get("/desk/", sort="newest")
    assert counts(queue)[0] == before + 1
    assert number in queue.response.content.decode()
    assert re.search(r"欧\*\*\* ?、[^欧]{4,40} 受理", queue.text)
    assert clerk.get(f"/desk/{number}/").status == 200


def test_each_post_sees_its_own_steps_only(db):
    number = given.received(given.SITE)
    assert number not in given.decider(given.SITE).get("/desk/").response.content.decode()
    assert number not in given.clerk(given.PLAIN).get("/desk/").response.content.decode()


@requirement("SEC-06")
def test_a_search_lists_no_case_of_an_authority_where_i_only_edit_the_catalogue(db):
    number, own = given.received(given.PLAIN, "钟离示例"), given.received(given.SITE, "钟离示例")
    editor = given.officer(journeys.authority_of(given.PLAIN), Role.CATALOGUE_EDITOR)
    assert editor.get("/desk/search/", q="钟离").status == 403
    identity.give_post(journeys.TESTER, account=editor.actor.account, authority=journeys.authority_of(given.SITE),
                       role=Role.REVIEWER, valid_from=date(2026, 1, 1))
    found = editor.get("/desk/search/", q="公共").response.content.decode()
    assert own in found
    assert number not in editor.get("/desk/search/", q="钟离").response.content.decode()
    assert editor.get("/desk/search/", q=number).status == 200 and editor.get("/desk/search/", q=own).status == 302


def test_the_most_urgent_step_is_on_top_and_a_passed_limit_is_told_in_working_days(db, at):
    at(datetime(2026, 2, 24, 9, 30, tzinfo=SHANGHAI))
    late = given.received(given.PLAIN)
    at(datetime(2026, 3, 2, 10, 0, tzinfo=SHANGHAI))
    fresh = given.received(given.PLAIN)
    at(datetime(2026, 3, 6, 10, 0, tzinfo=SHANGHAI))
    clerk = given.clerk(given.PLAIN)
    queue, _totals = through(clerk, "/desk/")
    assert queue.index(late) < queue.index(fresh)
    assert clerk.get("/desk/").says("超 4 个工作日") and clerk.get("/desk/", view="soon").says("剩 1 个工作日")
    overdue = clerk.get("/desk/", view="overdue")
    assert late in overdue.response.content.decode() and fresh not in overdue.response.content.decode()
    assert counts(overdue)[1] >= 1


def test_pages_follow_each_other_without_gap_or_repeat_and_the_count_is_exact(db):
    for _ in range(27):
        given.received(given.INSTANT)
    clerk = given.clerk(given.INSTANT)
    seen, path = [], "/desk/"
    for _ in range(10):
        page = clerk.get(path)
        seen += re.findall(r'<span><a href="/desk/([^"/]+)/', page.response.content.decode())
        found = re.search(r'href="(/desk/\?at=[^"]+)" rel="next"', page.response.content.decode())
        if found is None:
            break
        path = found.group(1).replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == counts(page)[0] >= 27


def test_the_steps_of_one_case_stand_in_one_row_and_count_as_one_case(db):
    reviewer = given.reviewer(given.SITE)
    waiting, _ = counts(reviewer.get("/desk/"))
    number = given.accepted(given.SITE)
    queue = reviewer.get("/desk/", sort="newest")
    assert counts(queue)[0] == waiting + 1
    rows = queue.response.content.decode().partition("<tbody")[2].partition("</tbody>")[0]
    assert rows.count(f"/desk/{number}/") == 1
    assert queue.says("审查材料、现场核查")


def test_the_queue_says_first_what_waits_and_what_is_most_urgent(db, at):
    at(datetime(2026, 2, 25, 9, 30, tzinfo=SHANGHAI))
    late = given.received(given.PLAIN, "端木示例")
    at(datetime(2026, 3, 10, 10, 0, tzinfo=SHANGHAI))
    clerk = given.clerk(given.PLAIN)
    said = re.search(r'<p class="sentence num">(.*?)</p>', clerk.get("/desk/").response.content.decode()).group(1)
    waiting, overdue = counts(clerk.get("/desk/"))
    assert f"<b>{waiting}</b>" in said
    assert f"<b>{overdue}</b>" in said
    first = re.search(r'<tbody.*?href="(/desk/[^"]+)"', clerk.get("/desk/").response.content.decode(), re.DOTALL).group(1)
    assert first in said and late in clerk.get("/desk/", view="overdue").response.content.decode()


@pytest.mark.parametrize("place", ["x", "~", "20260302T100000.000000~9" + "9" * 40, "20260302T100000.000000~-1",
                                   "99999999T999999.0~1", "\x00~1", "20260302T100000.000000~１"])
def test_a_place_in_the_list_that_makes_no_sense_begins_at_its_top(db, place):
    number = given.received(given.PLAIN)
    assert given.clerk(given.PLAIN).get("/desk/", at=place).status == 200, number


def test_an_empty_queue_says_why_and_an_editor_of_the_catalogue_is_not_lost(db):
    editor = given.officer(journeys.authority_of(given.PLAIN), Role.CATALOGUE_EDITOR)
    assert editor.get("/desk/").says("没有待办")
    assert editor.get("/en/desk/").says("Nothing waits for you")
    assert editor.get("/desk/search/", q="示例").status == 403


def test_whoever_only_supervises_is_led_to_oversight(db):
    place = journeys.authority_of(given.PLAIN)
    led = given.officer(place, Role.SUPERVISOR).get("/en/desk/")
    assert (led.status, led.where) == (302, "/en/oversight/")
    assert given.officer(place, Role.SUPERVISOR, Role.DECIDER).get("/desk/").status == 200


def test_cases_are_found_by_name_number_and_words_of_the_item_together(db):
    number = given.received(given.PLAIN, "诸葛示例")
    clerk = given.clerk(given.PLAIN)
    for asked in ("诸葛示例", "诸葛", "高龄津贴 诸葛", number[-12:] + " 诸葛", number[-4:] + " 诸葛"):
        found = clerk.get("/desk/search/", q=asked)
        assert number in found.response.content.decode(), asked
    whole = clerk.get("/desk/search/", q=f" {number.lower()} ")
    assert (whole.status, whole.where) == (302, f"/desk/{number}/")


def test_another_authority_finds_nothing_of_it(db):
    number = given.received(given.PLAIN, "司马示例")
    stranger = given.clerk(given.SITE)
    for asked in ("司马示例", number, number[-12:] + " 司马"):
        found = stranger.get("/desk/search/", q=asked)
        assert found.status == 200 and found.says("没有查到"), asked


@pytest.mark.parametrize("asked", ["", "   ", "'; drop table cases_case; --", "<script>alert(1)</script>", "\x00",
                                   "示" * 3000, "%", "（）"])
def test_whatever_is_typed_into_the_search_gets_a_page(db, asked):
    page = given.clerk(given.PLAIN).browser.get(f"/desk/search/?q={quote(asked)}")
    assert page.status_code == 200 and b"<script>alert" not in page.content


def test_people_without_a_post_are_kept_out_and_strangers_sign_in(db):
    person = journeys.citizen()
    outside = given.page(given.Client(SERVER_NAME="localhost").get("/desk/"))
    assert outside.status == 401 and outside.says("登录")
    assert person.party


def test_signing_out_closes_the_session(db):
    clerk = given.clerk(given.PLAIN)
    assert clerk.get("/desk/sign-out/").where == "/desk/"
    gone = clerk.post("/desk/sign-out/")
    assert gone.status == 303 and gone.response["Clear-Site-Data"]
    clerk.browser.cookies["session"] = clerk.token
    assert clerk.get("/desk/").status == 401


def test_a_reviewer_finds_what_they_may_accept_in_the_queue(db):
    number, reviewer = given.received(given.PLAIN), given.reviewer(given.PLAIN)
    assert f'href="/desk/{number}/' in reviewer.get("/desk/?shared=1&sort=newest").response.content.decode()
    assert f'href="/desk/{number}/' not in given.decider(given.PLAIN).get("/desk/").response.content.decode()
    assert reviewer.post(f"/desk/{number}/accept/").status == 303


def test_many_authorities_are_counted_at_the_top_of_the_page_and_few_are_named(db):
    many = given.officer(given.journeys.authority_of(given.PLAIN), given.Role.SUPERVISOR)
    for slug in (given.SITE, given.INSTANT):
        identity.give_post(given.journeys.TESTER, account=many.actor.account, role=given.Role.SUPERVISOR,
                           authority=given.journeys.authority_of(slug), valid_from=date(2026, 1, 1))
    assert many.get("/desk/signals/").says("3 个部门 · 监督")
    assert not given.clerk(given.PLAIN).get("/desk/").says("个部门")
