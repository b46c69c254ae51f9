"""One case: read with the name masked and the reading recorded; voided only by a supervisor and with a reason."""

import json
from datetime import timedelta

from tests.oversight import given
from tests.oversight.given import Browser, Town
from tests.requirements import requirement
from tests.reviews.given import as_, examined
from tongban.cases import actions as cases
from tongban.cases.types import CorrectionItem
from tongban.identity.types import Role
from tongban.kernel import database
from tongban.kernel.types import Text


def state_of(number: str) -> str:
    return given.one("select state from cases_case where number = %s", [number])


def own_supervisor(town: Town) -> Browser:
    return given.officer({town.desk.authority: Role.SUPERVISOR})


def test_a_case_shows_its_course_and_its_clocks_and_masks_the_name(town: Town, supervisor: Browser):
    number = town.numbers["late"]
    name = given.one("select name from identity_person where party_id = %s", [town.desk.citizen.party])
    found = supervisor.get(f"/en/oversight/cases/{number}/")
    assert name not in found.source and name[0] + "*" * (len(name) - 1) in found.words
    for words in ("2 working days over", "5 working days used", "Application sent", "Accepted by the authority",
                  "Granted by the authority", "Result ready", "The promised time is over", "测试职员"):
        assert words in found.words, words


@requirement("CASE-22")
def test_a_decided_case_shows_the_time_to_issue_its_result(town: Town, supervisor: Browser):
    found = supervisor.get(f"/en/oversight/cases/{town.numbers['late']}/").words
    assert "Time to issue the result" in found and "of 10 working days used" in found
    assert "Time to issue the result" not in supervisor.get(f"/en/oversight/cases/{town.numbers['open']}/").words


def test_the_clocks_of_an_open_case_say_what_is_left(town: Town, supervisor: Browser):
    found = supervisor.get(f"/en/oversight/cases/{town.numbers['open']}/")
    assert "3 working days left" in found.words and "5 working days left" in found.words
    assert "working days left" not in supervisor.get(f"/en/oversight/cases/{town.numbers['received']}/").words


def test_a_promise_that_ended_before_the_weekend_is_overdue_and_not_nought_days_over(own_town: Town, at: given.Clock):
    browser = own_supervisor(own_town)
    at(given.day(14))
    browser.client = given.browser_of(browser.actor.account)
    for path in (f"/en/oversight/cases/{own_town.numbers['open']}/", "/en/oversight/cases/?show=figure-overdue"):
        found = browser.get(path).words
        assert "Overdue" in found and "0 working days over" not in found, path


def test_reading_a_case_is_recorded_for_its_applicant(town: Town, supervisor: Browser):
    number = town.numbers["quick"]
    before = given.one("select count(*) from kernel_disclosure where subject = %s", [number])
    supervisor.get(f"/oversight/cases/{number}/")
    rows = database.rows("select party, actor, authority, reason, fields from kernel_disclosure where subject = %s "
                         "order by id desc", [number])
    assert len(rows) == before + 1
    party, actor, authority, reason, fields = rows[0]
    assert (party, actor, authority) == (town.desk.citizen.party, supervisor.actor.actor_id, town.desk.authority)
    assert reason == "supervision"
    assert (fields if isinstance(fields, list) else json.loads(fields)) == ["name_masked", "steps", "opinions_masked"]


def test_a_supervisor_of_another_authority_learns_nothing(town: Town):
    stranger = given.officer({town.desk.other: Role.SUPERVISOR})
    number = town.numbers["late"]
    assert stranger.get(f"/oversight/cases/{number}/").status == 404
    assert stranger.post(f"/oversight/cases/{number}/", act="void", reason="不该有这一件").status == 404
    assert given.one("select count(*) from kernel_disclosure where subject = %s and actor = %s",
                     [number, stranger.actor.actor_id]) == 0


def test_a_supervisor_voids_a_case_with_a_reason_and_a_proof_of_the_last_two_minutes(own_town: Town, at: given.Clock):
    number, browser = own_town.numbers["open"], own_supervisor(own_town)
    path = f"/oversight/cases/{number}/"
    at(given.one("select kernel_now()", []) + timedelta(seconds=121))
    asked = browser.post(path, act="void", reason="重复申请，已另案办理")
    assert asked.status == 403 and "填的内容没有丢" in asked.words and state_of(number) == "ACCEPTED"
    browser.client = given.browser_of(browser.actor.account)
    assert "作废这件" in browser.get(path).words
    assert browser.post(path, act="void", reason="重复申请，已另案办理").where == path
    assert state_of(number) == "VOID"
    after = browser.get(path)
    assert "监督岗作废" in after.words and "作废这件" not in after.words
    assert given.one("select actor from kernel_event where subject = %s and name = 'CaseVoided'",
                     [number]) == browser.actor.actor_id


def test_without_a_reason_nothing_is_voided_and_nothing_typed_is_lost(own_town: Town):
    number, browser = own_town.numbers["open"], own_supervisor(own_town)
    found = browser.post(f"/en/oversight/cases/{number}/", act="void", reason="短")
    assert found.status == 422 and ">\n短</textarea>" in found.source
    assert 'href="#void-reason"' in found.source and 'id="void-reason--error"' in found.source
    assert state_of(number) == "ACCEPTED"
    assert given.one("select count(*) from kernel_event where subject = %s and name = 'CaseVoided'", [number]) == 0


@requirement("CASE-17")
def test_a_supervisor_allows_a_second_notice_once_and_with_a_reason(own_town: Town):
    desk, browser = own_town.desk, own_supervisor(own_town)
    number = own_town.numbers["received"]
    path = f"/oversight/cases/{number}/"
    assert "同意再次告知" not in browser.get(path).words
    items = (CorrectionItem(target="identity-card", name=Text(zh="身份证"), what="照片看不清，请重新拍。"),)
    with as_(desk.reception):
        cases.request_corrections(desk.reception, number=number, items=items)
    with as_(desk.citizen):
        cases.answer_corrections(desk.citizen, number=number, answers={}, materials=())
    assert "同意再次告知" in browser.get(path).words
    refused = browser.post(path, act="allow", why="短")
    assert refused.status == 422 and 'href="#allow-why"' in refused.source and ">\n短</textarea>" in refused.source
    assert browser.post(path, act="allow", why="首次告知漏了一页，经核实").where == path
    after = browser.get(path).words
    assert "监督人员同意再次告知" in after
    assert browser.post(path, act="allow", why="首次告知漏了一页，经核实").status == 422
    with as_(desk.reception):
        cases.request_corrections(desk.reception, number=number, items=items)
    assert "再次告知申请人补正" in browser.get(path).words


def test_a_finished_case_cannot_be_voided(own_town: Town):
    number, browser = own_town.numbers["quick"], own_supervisor(own_town)
    assert browser.post(f"/oversight/cases/{number}/", act="void", reason="重复申请，已另案办理").status == 422
    assert state_of(number) in ("COMPLETED", "DELIVERED")


def test_other_posts_void_nothing(own_town: Town):
    number = own_town.numbers["open"]
    decider = given.officer({own_town.desk.authority: Role.DECIDER})
    assert decider.post(f"/oversight/cases/{number}/", act="void", reason="重复申请，已另案办理").status == 403
    assert state_of(number) == "ACCEPTED"


def test_unknown_acts_are_refused(own_town: Town):
    number, browser = own_town.numbers["open"], own_supervisor(own_town)
    for act in ("", "accept", "decide", "\x00"):
        assert browser.post(f"/oversight/cases/{number}/", act=act, reason="不该有这一件").status == 422
    assert state_of(number) == "ACCEPTED"


def test_a_supervisor_raises_a_signal_they_found(own_town: Town, catch_up):
    number, browser = own_town.numbers["quick"], own_supervisor(own_town)
    path = f"/oversight/cases/{number}/"
    assert browser.post(path, act="raise", rule="PROMISE_EXCEEDED", description="承诺时限已过").status == 422
    assert browser.post(path, act="raise", rule="UNAUTHORISED_CHARGE", description="多收了五十元").where == path
    assert "收了不该收的钱" in browser.get(path).words
    assert browser.post(path, act="raise", rule="UNAUTHORISED_CHARGE", description="多收了五十元").status == 422
    assert given.one("select count(*) from supervision_signal where case_number = %s and rule = 'UNAUTHORISED_CHARGE'",
                     [number]) == 1


@requirement("TIM-09")
def test_a_supervisor_allows_the_clock_to_be_stopped_again_for_a_procedure_that_stopped_it(own_town: Town, at: given.Clock):
    desk, browser = own_town.desk, own_supervisor(own_town)
    number = examined(desk)
    path = f"/oversight/cases/{number}/"
    assert "同意再次暂停计时" not in browser.get(path).words
    with as_(desk.reviewer):
        cases.suspend_case(desk.reviewer, number=number, procedure="testing", announced_end=given.day(20).date())
    at(given.day(11))
    with as_(desk.reviewer):
        cases.resume_case(desk.reviewer, number=number)
    browser.client = given.browser_of(browser.actor.account)
    shown = browser.get(path)
    assert "同意再次暂停计时" in shown.words and 'value="testing"' in shown.source and 'value="hearing"' not in shown.source
    assert browser.post(path, act="again", procedure="hearing", again_why="检测样品损坏，要重做").status == 422
    assert browser.post(path, act="again", procedure="testing", again_why="短").status == 422
    assert browser.post(path, act="again", procedure="testing", again_why="检测样品损坏，要重做").where == path
    after = browser.get(path)
    assert "监督人员同意再次暂停计时" in after.words and 'value="testing"' not in after.source
