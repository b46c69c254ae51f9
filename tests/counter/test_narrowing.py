"""A queue narrowed, sorted and saved: what is asked for goes from the list into the case and back."""

import html
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connections

from tests import journeys
from tests.counter import given
from tests.counter.given import counts, links_of, listed, through
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.errors import TooManyViews, ViewNotFound
from tongban.cases.events import ViewRemoved, ViewSaved
from tongban.cases.types import CorrectionItem, Wanted
from tongban.catalogue import queries as catalogue
from tongban.identity import actions as identity
from tongban.identity.types import Role
from tongban.kernel import clock, database
from tongban.kernel.types import Text

SHANGHAI = ZoneInfo("Asia/Shanghai")


def when(*parts):
    return datetime(2026, *parts, tzinfo=SHANGHAI)


def corrected(slug, clerk):
    """A case that the applicant has just corrected."""
    person = journeys.citizen()
    number = journeys.submitted(person, slug)
    journeys.act(clerk.actor, cases.request_corrections, number=number,
                 items=[CorrectionItem(target="form", name=Text(zh="申请表", en="Form"), what="电话少一位。")])
    journeys.act(person, cases.answer_corrections, number=number, answers={}, materials=())
    return number


@pytest.fixture
def both(db):
    """A clerk of two authorities, so that two items wait."""
    clerk = given.clerk(given.PLAIN)
    identity.give_post(journeys.TESTER, account=clerk.actor.account, role=Role.RECEPTIONIST, valid_from=clock.today(),
                       authority=journeys.authority_of(given.INSTANT))
    return clerk


def test_a_queue_is_narrowed_to_an_item_and_says_so(both):
    plain, instant = given.received(given.PLAIN), given.received(given.INSTANT)
    code = catalogue.code_of(given.PLAIN)
    page = both.get("/desk/", item=code)
    found, totals = through(both, f"/desk/?item={code}")
    assert plain in found and instant not in found and totals == {len(found)}
    assert re.search(rf'<option value="{code}" selected', page.response.content.decode())
    assert listed(both.get("/desk/", item="nothing")) == [] and both.get("/desk/", item="nothing").says("没有办件")


def test_a_queue_is_narrowed_to_the_act_a_case_waits_for(db):
    reviewer = given.reviewer(given.SITE)
    visited, untouched = given.accepted(given.SITE), given.accepted(given.SITE)
    reviewer.post(f"/desk/{visited}/examine/", **{"pass": "inspect"}, **given.visit(given.SITE))
    waiting, _totals = through(reviewer, "/desk/?act=inspect")
    assert untouched in waiting and visited not in waiting
    waiting, _totals = through(reviewer, "/desk/?act=examine")
    assert {untouched, visited} <= set(waiting)


def test_a_queue_is_narrowed_by_the_clock(db, at):
    at(when(2, 24, 9, 30))
    late = given.received(given.PLAIN)
    at(when(3, 2, 10))
    soon, stopped, reviewer = given.received(given.PLAIN), given.accepted(given.SITE), given.reviewer(given.SITE)
    reviewer.post(f"/desk/{stopped}/examine/", **{"pass": "examine"})
    reviewer.post(f"/desk/{stopped}/suspend/", procedure="testing", ends="2026-03-20")
    at(when(3, 4, 10))
    fresh, clerk = given.received(given.PLAIN), given.clerk(given.PLAIN)
    narrowed = {view: set(through(clerk, f"/desk/?view={view}")[0]) & {late, soon, fresh}
                for view in ("", "overdue", "soon", "stopped")}
    assert narrowed == {"": {late, soon, fresh}, "overdue": {late}, "soon": {soon}, "stopped": set()}
    given.sign_in_again(reviewer)
    found = reviewer.get("/desk/", view="stopped")
    assert stopped in listed(found) and found.says("时钟已停")
    at(when(6, 4, 10))
    given.sign_in_again(reviewer)
    assert stopped not in through(reviewer, "/desk/?view=overdue")[0]


def test_what_the_applicant_corrected_is_marked_with_a_word_until_somebody_acts_on_it(db, at):
    clerk = given.clerk(given.PLAIN)
    number, other = corrected(given.PLAIN, clerk), given.received(given.PLAIN)
    found, _totals = through(clerk, "/desk/?corrected=1")
    assert number in found and other not in found
    row = next(each for each in clerk.get("/desk/", corrected="1").response.content.decode().split("<tr")
               if f"/desk/{number}/" in each)
    assert ">已补正<" in row
    at(when(3, 2, 11))
    given.sign_in_again(clerk)
    clerk.post(f"/desk/{number}/accept/")
    reviewer = given.reviewer(given.PLAIN)
    assert number in through(reviewer, "/desk/")[0]
    assert number not in through(reviewer, "/desk/?corrected=1")[0]


@pytest.mark.parametrize(("sort", "order"), [("", "due"), ("received", "received"), ("newest", "newest")])
def test_pages_are_whole_in_every_order_though_cases_leave_meanwhile(db, at, sort, order):
    numbers = []
    for minute in range(30):
        at(when(3, 2, 9, minute // 2))
        numbers.append(given.received(given.INSTANT))
    clerk = given.clerk(given.INSTANT)
    everything, totals = through(clerk, f"/desk/?sort={sort}")
    assert len(everything) == len(set(everything)) and set(numbers) <= set(everything) and totals == {len(everything)}
    mine = [number for number in everything if number in numbers]
    assert mine == (numbers[::-1] if order == "newest" else numbers)
    first = clerk.get(f"/desk/?sort={sort}")
    going = html.unescape(re.search(r'href="([^"]+)" rel="next"', first.response.content.decode()).group(1))
    for number in (listed(first)[0], everything[25]):
        journeys.act(clerk.actor, cases.accept_case, number=number)
    assert listed(clerk.get(going)) == everything[26:51]


def test_the_list_goes_along_into_the_case_its_acts_and_back(both, at):
    at(when(3, 2, 9, 10))
    first, between = given.received(given.PLAIN), given.received(given.INSTANT)
    second = given.received(given.PLAIN)
    at(when(3, 2, 10))
    given.sign_in_again(both)
    code = catalogue.code_of(given.PLAIN)
    path = next(link for link in links_of(both.get("/desk/", item=code, sort="newest")) if first in link)
    page = both.get(path)
    body = html.unescape(page.response.content.decode())
    assert f'href="/desk/?item={code}&sort=newest"' in body
    assert re.search(rf'href="/desk/{second}/\?item={code}&sort=newest&on=[^"]+">上一件', body)
    act = re.search(r'formaction="([^"]+/accept/[^"]+)"', body).group(1)
    back = both.get(act)
    assert f'href="{path}"' in html.unescape(back.response.content.decode())
    done = both.post(act)
    assert done.status == 303 and f"item={code}" in done.where and "done=accept" in done.where
    after = html.unescape(both.get(done.where).response.content.decode())
    following = re.search(r'href="/desk/([^/"]+)/\?item=[^"]+"[^>]*data-key="N"', after)
    assert following is None or following.group(1) not in (first, between)


def test_the_next_case_is_the_next_of_this_list_also_once_the_case_has_left_it(db, at):
    numbers = []
    for minute in range(3):
        at(when(3, 2, 9, minute))
        numbers.append(given.received(given.PLAIN))
    at(when(3, 2, 10))
    clerk = given.clerk(given.PLAIN)
    path = next(link for link in links_of(clerk.get("/desk/", sort="newest")) if numbers[1] in link)
    number, _slash, query = path.removeprefix("/desk/").partition("/")
    done = clerk.post(f"/desk/{number}/accept/{query}")
    body = clerk.get(done.where).response.content.decode()
    assert re.search(r'href="/desk/([^/"]+)/[^"]*"[^>]*data-key="N"', body).group(1) == numbers[0]


def test_an_opened_case_is_marked_and_in_sight_however_far_down_it_stands(db):
    numbers = [given.received(given.INSTANT) for _ in range(40)]
    clerk = given.clerk(given.INSTANT)
    everything, _totals = through(clerk, "/desk/")
    page = clerk.get(f"/desk/{numbers[-1]}/")
    pane = page.response.content.decode().partition('id="queue"')[2].partition("</aside>")[0]
    chosen = re.findall(r'<li[^>]*class="is-chosen".*?href="/desk/([^/"]+)/', pane)
    assert chosen == [numbers[-1]]
    assert re.findall(r'<li.*?href="/desk/([^/"]+)/', pane).index(numbers[-1]) == 3
    assert page.says(f"第 {everything.index(numbers[-1]) + 1} 件，共 {len(everything)} 件")


def test_a_list_is_saved_under_a_name_shown_with_its_count_and_removed(both):
    given.received(given.PLAIN)
    code = catalogue.code_of(given.PLAIN)
    path = f"/desk/?item={code}&sort=newest"
    saved = both.post(path, name=" 津贴 最新 ")
    assert (saved.status, saved.where) == (303, path)
    page = both.get("/desk/")
    found, _totals = through(both, path)
    assert page.says(f"津贴 最新 {len(found)} ") and f'href="{html.escape(path)}"' in page.response.content.decode()
    given.received(given.PLAIN)
    assert both.get("/desk/").says(f"津贴 最新 {len(found) + 1} ")
    key = re.search(r'name="remove" value="(\d+)"', both.get(path).response.content.decode()).group(1)
    assert both.post(path, remove=key).status == 303
    assert not both.get("/desk/").says("津贴 最新")
    assert given.events_of(f"account:{both.actor.account}")[-2:] == [ViewSaved.__name__, ViewRemoved.__name__]


def test_a_name_saved_again_leads_to_the_new_list(both):
    both.post("/desk/?view=soon", name="我的")
    both.post("/desk/?corrected=1", name="我的")
    page = both.get("/desk/").response.content.decode()
    assert 'href="/desk/?corrected=1"' in page and 'href="/desk/?view=soon"' not in page


def test_a_list_without_a_name_is_not_saved_and_the_page_says_why(both):
    given.received(given.PLAIN)
    for typed, told in (("  ", "请给列表起个名称"), ("长" * 31, "名称最多 30 个字。")):
        refused = both.post("/desk/?view=soon", name=typed)
        assert refused.status == 422 and refused.says(told)
    with journeys.as_actor(both.actor):
        assert queries.views_of(both.actor) == []
    assert ViewSaved.__name__ not in given.events_of(f"account:{both.actor.account}")


def test_only_so_many_lists_are_saved(both):
    for number in range(8):
        both.post("/desk/?view=soon", name=f"列表{number}")
    assert both.post("/desk/?view=soon", name="又一个").status == 422
    with pytest.raises(TooManyViews):
        journeys.act(both.actor, cases.save_view, name="又一个", wanted=Wanted(corrected=True))
    assert both.post("/desk/?corrected=1", name="列表3").status == 303


def test_nobody_sees_or_removes_what_a_colleague_saved(both):
    both.post("/desk/?view=soon", name="我那几件")
    with journeys.as_actor(both.actor):
        key = queries.views_of(both.actor)[0].id
    colleague = given.clerk(given.PLAIN)
    assert not colleague.get("/desk/").says("我那几件")
    assert colleague.post("/desk/", remove=str(key)).status == 422
    with pytest.raises(ViewNotFound):
        journeys.act(colleague.actor, cases.remove_view, key=key)
    with journeys.as_actor(colleague.actor):
        assert database.row("select count(*) from cases_view") == (0,)
        assert database.execute("delete from cases_view where id = %s", [key]) == 0
    assert both.get("/desk/").says("我那几件")


def test_steps_of_other_posts_are_a_list_of_their_own_and_not_counted_as_mine(db):
    reviewer = given.reviewer(given.PLAIN)
    before, _late = counts(reviewer.get("/desk/"))
    number = given.received(given.PLAIN)
    page = reviewer.get("/desk/")
    assert counts(page)[0] == before and number not in listed(page)
    told = int(re.search(r"其他岗的 (\d+)", page.text).group(1))
    found, totals = through(reviewer, "/desk/?shared=1")
    assert number in found and totals == {len(found)} == {told}
    assert not given.clerk(given.PLAIN).get("/desk/").says("其他岗的")


@pytest.mark.parametrize("query", ["view=x", "sort=x", "act=%00", "act=pay", "corrected=yes", "item=%27%3B--", "at=x~1&on=~",
                                   "at=~1&sort=newest", "on=~9223372036854775808"])
def test_an_address_that_makes_no_sense_gets_the_list(db, query):
    number = given.received(given.PLAIN)
    clerk = given.clerk(given.PLAIN)
    assert clerk.browser.get(f"/desk/?{query}").status_code == 200
    assert clerk.browser.get(f"/desk/{number}/?{query}").status_code == 200


def test_the_list_is_one_statement_however_long_it_is(both):
    asked = []

    def note(execute, sql, *rest):
        asked.append(sql)
        return execute(sql, *rest)

    for _turn in range(2):
        for _each in range(5):
            given.received(given.INSTANT)
        asked.clear()
        with connections["officer"].execute_wrapper(note):
            both.get("/desk/", view="soon")
        assert sum("shown as" in sql for sql in asked) == 1
        assert sum("cases_" in sql for sql in asked) == 4, "the list, the counts, what it can be narrowed to, saved lists"
