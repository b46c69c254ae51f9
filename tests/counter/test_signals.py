"""Signals and orders at the desk: what awaits an answer, who may give it, and what is refused."""

import html
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests import journeys
from tests.counter import given
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity.types import Role
from tongban.kernel import database, ticking
from tongban.supervision import actions
from tongban.supervision.types import Rule

SHANGHAI = ZoneInfo("Asia/Shanghai")
WORDS = "窗口误收，当天已经退还。"


def staff(*roles):
    return given.officer(journeys.authority_of(given.PLAIN), *roles)


@pytest.fixture
def card(db, catch_up):
    """Raise a card by hand about a case of its own, before the authority; returns its number."""

    def make(rule=Rule.UNAUTHORISED_CHARGE):
        number = journeys.act(staff(Role.SUPERVISOR).actor, actions.raise_signal,
                              case_number=given.received(given.PLAIN), rule=rule, description="多收了五十元。")
        catch_up()
        return number

    return make


@pytest.fixture
def order(card):
    """An order about a card; returns the signal and the order."""

    def make(due=date(2026, 3, 6)):
        signal = card()
        return signal, journeys.act(staff(Role.SUPERVISOR).actor, actions.send_order, signal=signal,
                                    content="两个工作日内说明收费依据。", due_on=due)

    return make


def state(number):
    return database.row("select state from supervision_signal where number = %s", [number])[0]


def listed(officer, view=""):
    """Addresses of what the list shows, in its order, page after page."""
    path, found = f"/desk/signals/?view={view}", []
    while path:
        source = officer.browser.get(path).content.decode()
        found += re.findall(r'<th scope="row".*?href="([^"]+)"', source, re.DOTALL)
        after = re.search(r'href="([^"]+)" rel="next"', source)
        path = html.unescape(after[1]) if after else ""
    return found


def announced(officer):
    """How many answers the navigation says are owed."""
    found = re.search(r"信号和督办\s*\((\d+)\)", officer.get("/desk/").text)
    return int(found[1]) if found else 0


@requirement("SUP-08")
def test_the_nearest_day_is_on_top_and_the_navigation_says_how_many(card, order):
    head = staff(Role.DECIDER)
    before, known = announced(head), set(listed(head))
    signal, late = order(date(2026, 3, 10))
    other, soon = order(date(2026, 3, 2))
    mine = [each for each in listed(head) if each not in known]
    assert mine == [f"/desk/signals/{other}/#order-{soon}", f"/desk/signals/{signal}/", f"/desk/signals/{other}/",
                    f"/desk/signals/{signal}/#order-{late}"]
    assert announced(head) == before + 4
    page = head.get("/desk/signals/")
    assert page.says("今天到期") and head.get(f"/desk/signals/{signal}/").says("剩 2 个工作日")
    head.post(f"/desk/signals/{signal}/", act="explain", words=WORDS)
    assert announced(head) == before + 3 and f"/desk/signals/{signal}/" not in listed(head)
    assert f"/desk/signals/{signal}/" in listed(head, view="all")


def test_a_page_of_the_list_goes_on_where_the_last_one_ended(card, order, monkeypatch):
    head = staff(Role.DECIDER)
    for _case in range(2):
        order()
    confirmed = card()
    head.post(f"/desk/signals/{confirmed}/", act="explain", words=WORDS)
    journeys.act(staff(Role.SUPERVISOR).actor, actions.confirm_signal, number=confirmed, reason=WORDS)
    whole = {view: listed(head, view) for view in ("", "all")}
    monkeypatch.setattr("tongban.counter.supervising.PAGE", 2)
    for view, expected in whole.items():
        assert listed(head, view) == expected and len(expected) > 3
    assert whole[""][-1] == f"/desk/signals/{confirmed}/"


@requirement("SUP-08")
@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER, Role.ISSUER])
def test_the_posts_that_work_on_cases_explain(card, role):
    number = card()
    path = f"/desk/signals/{number}/"
    assert staff(role).post(path, act="explain", words=WORDS).where == f"{path}?done=explain"
    assert state(number) == "EXPLAINED"


def test_a_supervisor_reads_and_has_nothing_to_fill_in(order):
    number, key = order()
    supervisor, path = staff(Role.SUPERVISOR), f"/desk/signals/{number}/"
    page = supervisor.get(path)
    assert page.says("由办件的岗位答复") and b"<textarea" not in page.response.content
    assert supervisor.post(path, act="explain", words=WORDS).status == 403
    assert supervisor.post(path, act="answer", order=str(key), words=WORDS).status == 403
    assert listed(supervisor) == [] and announced(supervisor) == 0
    assert supervisor.get("/desk/signals/").says("您的岗位不用答复")
    assert state(number) == "NOTIFIED" and path in listed(supervisor, view="all")


def test_another_authority_neither_sees_nor_answers_it(order):
    number, key = order()
    stranger, path = given.officer(journeys.authority_of(given.SITE), *Role), f"/desk/signals/{number}/"
    assert path not in listed(stranger, view="all") and not any(number in each for each in listed(stranger))
    assert stranger.get(path).status == 404
    assert stranger.post(path, act="explain", words=WORDS).status == 404
    assert stranger.post(path, act="answer", order=str(key), words=WORDS).status == 404
    assert state(number) == "NOTIFIED"


def test_a_post_without_cases_opens_no_signal(card):
    number = card()
    path, where = f"/desk/signals/{number}/", journeys.authority_of(given.PLAIN)
    assert staff(Role.CATALOGUE_EDITOR).get(path).status == 403
    elsewhere = given.officer(journeys.authority_of(given.SITE), Role.REVIEWER)
    identity.give_post(journeys.TESTER, account=elsewhere.actor.account, authority=where, role=Role.CATALOGUE_EDITOR,
                       valid_from=date(2026, 1, 1))
    assert elsewhere.get(path).status == 404 and path not in listed(elsewhere, view="all")


@pytest.mark.parametrize("typed", [{}, {"act": "close"}, {"act": "explain"}, {"act": "explain", "words": "好"},
                                   {"act": "correct", "words": WORDS}, {"act": "explain", "words": "长" * 2001}])
def test_what_is_out_of_turn_or_out_of_words_moves_nothing(card, typed):
    number = card()
    head = staff(Role.DECIDER)
    page = head.post(f"/desk/signals/{number}/", **typed)
    assert page.status == 422 and state(number) == "NOTIFIED"
    assert database.row("select count(*) from kernel_event where subject = %s and name = 'SignalMoved'",
                        [f"signal:{number}"])[0] == 0


def test_what_was_typed_stays_at_the_field_that_was_refused(order):
    number, key = order()
    page = staff(Role.REVIEWER).post(f"/desk/signals/{number}/", act="answer", order=str(key), words="短")
    source = page.response.content.decode()
    assert page.status == 422 and source.count(">\n短</textarea>") == 1
    assert f'href="#answer-{key}"' in source and f'id="answer-{key}--error"' in source
    assert 'id="explanation--error"' not in source


def test_an_order_is_answered_once_and_only_at_its_own_signal(order):
    number, key = order()
    other, _ = order()
    head = staff(Role.DECIDER)
    for where, named in ((other, str(key)), (number, "x"), (number, "9" * 30), (number, "")):
        assert head.post(f"/desk/signals/{where}/", act="answer", order=named, words=WORDS).status == 404
    path = f"/desk/signals/{number}/"
    assert head.post(path, act="answer", order=str(key), words=WORDS).status == 303
    again = head.post(path, act="answer", order=str(key), words="再答一次看看。")
    assert again.status == 422 and again.says("已经答复或办结")
    assert head.get(path).says(WORDS)


def test_a_refused_second_explanation_says_so_in_words(card):
    number = card()
    head, path = staff(Role.DECIDER), f"/desk/signals/{number}/"
    head.post(path, act="explain", words=WORDS)
    assert head.post(path, act="explain", words=WORDS).says("信号当前状态为 已说明，不能做这一步（说明）。")
    assert head.post(f"/en{path}", act="explain", words=WORDS).says("A signal that is explained cannot be explained.")


def test_an_explanation_may_come_late_until_the_supervisor_decides(card, at):
    number = card()
    at(datetime(2026, 3, 9, 10, 0, tzinfo=SHANGHAI))
    head, path = staff(Role.DECIDER), f"/desk/signals/{number}/"
    assert head.get(f"/en{path}").says("Until Wednesday 4 March there was time to explain.")
    assert head.get(f"/en{path}").says("3 working days over")
    assert head.post(path, act="explain", words=WORDS).status == 303


def test_a_reminder_is_shown_and_asks_for_nothing(db, catch_up, at):
    case = given.accepted(given.PLAIN)
    catch_up()
    at(datetime(2026, 3, 9, 10, 0, tzinfo=SHANGHAI))
    ticking.TICKS["supervision.signals"]()
    catch_up()
    number, = database.row("select number from supervision_signal where case_number = %s and rule = 'NO_STEP'", [case])
    clerk, path = staff(Role.RECEPTIONIST), f"/desk/signals/{number}/"
    page = clerk.get(path)
    assert page.says("不用答复，办件往下走就自动结束") and b"<textarea" not in page.response.content
    assert path not in listed(clerk) and path in listed(clerk, view="all")
    assert clerk.post(path, act="explain", words=WORDS).status == 422


@pytest.mark.parametrize("query", [
    {"view": "<script>"}, {"after": "x"}, {"after": "2026-03-02~ANSWER~" + "9" * 60}, {"after": "2026-03-02~X~1"},
    {"after": "2026-02-30~ANSWER~1"}, {"view": "all", "after": "9" * 60}, {"view": "all", "after": "\x00"}])
def test_the_list_takes_any_query(card, query):
    card()
    assert staff(Role.RECEPTIONIST).get("/desk/signals/", **query).status == 200


@pytest.mark.parametrize("number", ["S1", "X202603020000001", "S" + "9" * 19])
def test_an_unknown_number_is_not_found(db, number):
    assert staff(Role.RECEPTIONIST).get(f"/desk/signals/{number}/").status == 404
