"""Poor reviews at the desk: assign, look into, put right, answer."""

import pytest

from tests import journeys
from tests.counter import given
from tongban.cases import actions as cases
from tongban.identity.types import Role
from tongban.kernel import database
from tongban.reviews import actions, queries
from tongban.reviews.types import TokenHolder

DONE = "已经当面说明，并且改了流程。"


@pytest.fixture
def poor(db, catch_up):
    """A poor review of a finished case; returns the rectification and the case."""
    number = journeys.granted(journeys.citizen(), given.PLAIN)
    catch_up()
    finish(number, catch_up)
    token = queries.link_of(number).split("/")[2]
    with database.serving("default"), database.acting():
        actions.submit_review(TokenHolder(), token=token, grade=5, text="等了<b>很久</b>，没有人接电话。请回 13800138000。")
    catch_up()
    found, = database.row("select id from reviews_rectification where case_number = %s", [number])
    return found, number


def finish(number, catch_up):
    """Do by hand what the job that issues licences does."""
    if given.state_of(number) == "DECIDED":
        cases.conclude_case(journeys.TESTER, number=number, completion_kind="0")
        catch_up()


def staff(*roles):
    return given.officer(journeys.authority_of(given.PLAIN), *roles)


def state(key):
    return database.row("select state from reviews_rectification where id = %s", [key])[0]


def test_a_poor_review_goes_from_assignment_to_a_published_answer(poor):
    key, number = poor
    head, clerk = staff(Role.DECIDER), staff(Role.RECEPTIONIST)
    path = f"/desk/rectifications/{key}/"
    assert path in head.get("/desk/rectifications/").response.content.decode()
    page = head.get(path)
    assert page.says("等了<b>很久</b>，没有人接电话。") and b"<b>" not in page.response.content.split(b"main")[1]
    assert page.says("谁办理、谁负责。") and page.says("王示例")
    assert head.post(path, act="assign", account=str(clerk.actor.account)).status == 303 and state(key) == "ASSIGNED"
    assert clerk.post(path, act="verify", finding="TRUE", reason="电话确实没有人接。").status == 303
    silent = clerk.post(path, act="rectify", remedy="IMMEDIATE", done="")
    assert silent.status == 422 and state(key) == "VERIFIED"
    assert clerk.post(path, act="rectify", remedy="IMMEDIATE", done=DONE).status == 303 and state(key) == "RECTIFYING"
    short = clerk.post(path, act="answer", answer="好")
    assert short.status == 422 and "好</textarea>" in short.response.content.decode()
    assert clerk.post(path, act="answer", answer="已经安排专人接听电话，并向您致歉。").status == 303
    assert state(key) == "FED_BACK"
    page = clerk.get(path)
    assert page.says("已经安排专人接听电话") and page.says("按时") and page.says(clerk.name)
    assert clerk.get(f"/en{path}").says("In time") and number in page.response.content.decode()


@pytest.mark.parametrize("typed", [{}, {"act": "close"}, {"act": "assign", "account": "x"},
                                   {"act": "assign", "account": "9" * 40}, {"act": "assign", "account": "0"},
                                   {"act": "verify", "finding": "PERHAPS"}, {"act": "verify", "finding": "TRUE"},
                                   {"act": "rectify", "remedy": "\x00"}, {"act": "answer", "answer": "答复写在这里。"}])
def test_a_step_out_of_turn_or_out_of_words_moves_nothing(poor, typed):
    key, _ = poor
    page = staff(Role.DECIDER).post(f"/desk/rectifications/{key}/", **typed)
    assert page.status == 422 and state(key) == "RECEIVED"


def test_only_a_supervisor_finds_a_review_malicious(poor):
    key, _ = poor
    head, clerk = staff(Role.DECIDER), staff(Role.RECEPTIONIST)
    path = f"/desk/rectifications/{key}/"
    assert clerk.post(path, act="assign", account=str(clerk.actor.account)).status == 403
    head.post(path, act="assign", account=str(clerk.actor.account))
    page = clerk.get(path).response.content.decode()
    assert 'value="TRUE"' in page and 'value="MALICIOUS"' not in page and 'value="MISTAKEN"' not in page
    page = clerk.post(path, act="verify", finding="MALICIOUS", reason="没有来过本单位。")
    assert page.status == 403 and "\n没有来过本单位。</textarea>" in page.response.content.decode()
    assert state(key) == "ASSIGNED"
    assert 'value="MALICIOUS"' in staff(Role.SUPERVISOR).get(path).response.content.decode()


def test_a_number_in_a_review_is_blotted_out_at_the_desk_too(poor):
    key, _ = poor
    page = staff(Role.DECIDER).get(f"/desk/rectifications/{key}/")
    assert page.says("请回 138****8000。") and not page.says("13800138000")


def test_a_forged_account_of_another_authority_is_not_made_responsible(poor):
    key, _ = poor
    head = staff(Role.DECIDER)
    elsewhere = given.officer(journeys.authority_of(given.SITE), Role.RECEPTIONIST, Role.REVIEWER)
    page = head.post(f"/desk/rectifications/{key}/", act="assign", account=str(elsewhere.actor.account))
    assert page.status == 422 and page.says("请选一位能承办的工作人员。") and state(key) == "RECEIVED"


def test_another_authority_neither_sees_nor_touches_it(poor):
    key, _ = poor
    stranger = given.officer(journeys.authority_of(given.SITE), *Role)
    path = f"/desk/rectifications/{key}/"
    assert path not in stranger.get("/desk/rectifications/", view="all").response.content.decode()
    assert stranger.get(path).status == 404 and stranger.post(path, act="assign", account="1").status == 404
    assert stranger.get(f"/desk/rectifications/{'9' * 25}/").status == 404


@pytest.mark.parametrize("query", [{"view": "<script>"}, {"before": "x"}, {"before": "9" * 60}, {"view": "overdue"}])
def test_the_list_takes_any_query(db, query):
    assert staff(Role.RECEPTIONIST).get("/desk/rectifications/", **query).status == 200
