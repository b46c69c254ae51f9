"""Examining and deciding."""

import pytest

from tests.cases import test_materials as materials
from tests.cases.given import shanghai
from tests.counter import given
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.kernel import database


def examined(slug: str = given.SITE) -> str:
    """A case of which every step before the decision is done."""
    number = given.accepted(slug)
    reviewer = given.reviewer(slug)
    for verb in ("examine", "inspect"):
        if verb in given.journeys.open_verbs(number):
            reviewer.post(f"/desk/{number}/examine/", **{"pass": node_of(number, verb)}, **given.visit(slug))
    return number


def node_of(number: str, verb: str) -> str:
    return database.row("select t.node from cases_task t join cases_case c on c.id = t.case_id where c.number = %s "
                        "and t.verb = %s and t.done_at is null", [number, verb])[0]


@requirement("CASE-05")
def test_each_step_is_recorded_with_its_result_its_officer_its_opinion_and_its_times(db):
    number = given.accepted(given.SITE)
    reviewer = given.reviewer(given.SITE)
    assert reviewer.get(f"/desk/{number}/").says("审查材料：通过 ：之后还有：现场核查。")
    opinion = "消毒间和布草间齐全，与平面图一致。"
    done = reviewer.post(f"/desk/{number}/examine/", opinion=opinion, **{"pass": "examine"})
    assert done.status == 303
    refused = reviewer.post(f"/desk/{number}/examine/", fail="inspect", **given.visit(given.SITE, "现场没有消毒设备。"))
    assert refused.status == 303
    case = queries.by_number(number)
    steps = {step.verb: step for step in queries.steps_of(case.id)}
    assert (steps["examine"].recommends, steps["examine"].opinion) == (True, opinion)
    assert (steps["inspect"].recommends, steps["inspect"].opinion) == (False, "现场没有消毒设备。")
    assert {steps[verb].done_by for verb in ("examine", "inspect")} == {reviewer.actor.account}
    assert all(step.opened_at <= step.done_at for verb, step in steps.items() if verb != "decide")
    page = given.decider(given.SITE).get(f"/desk/{number}/")
    assert page.says(opinion) and page.says("不通过：现场没有消毒设备。") and page.says(reviewer.name)


@requirement("CASE-19")
def test_a_visit_is_written_down_with_its_day_two_officers_and_what_was_found(db):
    number = given.accepted(given.SITE)
    reviewer, clerk = given.reviewer(given.SITE), given.clerk(given.SITE)
    assert 'value="inspect"' not in reviewer.get(f"/desk/{number}/").response.content.decode()
    form = reviewer.get(f"/desk/{number}/examine/").response.content.decode()
    assert clerk.name in form and f'<option value="{reviewer.actor.account}"' not in form
    typed = {"visited": "2026-03-02", "companion": str(clerk.actor.account), "findings": "现场有两间消毒间。"}
    for name, wrong in {"visited": "2026-03-03", "companion": "", "findings": "好"}.items():
        page = reviewer.post(f"/desk/{number}/examine/", **typed | {name: wrong}, **{"pass": "inspect"})
        body = page.response.content.decode()
        assert page.status == 422 and f'id="{name}--error"' in body and body.count('class="error"') == 1
        assert all(value in body for key, value in typed.items() if key != name)
    assert reviewer.post(f"/desk/{number}/examine/", **typed, **{"pass": "inspect"}).status == 303
    page = given.decider(given.SITE).get(f"/desk/{number}/")
    assert page.says("现场有两间消毒间。") and page.says(f"{reviewer.name}、{clerk.name} · 3月2日（周一）去的现场")
    assert page.says("3月2日（周一）两名人员到现场核查")


def test_a_check_not_passed_stands_above_the_decision_and_a_grant_needs_a_reason(db):
    number, decider = given.accepted(given.PLAIN), given.decider(given.PLAIN)
    given.reviewer(given.PLAIN).post(f"/desk/{number}/examine/", opinion="户籍材料与登记不一致。", fail="examine")
    assert 'value="GRANTED"' not in decider.get(f"/desk/{number}/").response.content.decode()
    page = decider.get(f"/desk/{number}/decide/")
    assert page.says("有一项审查没有通过") and page.says("户籍材料与登记不一致。")
    page = decider.post(f"/desk/{number}/decide/", outcome="GRANTED", reason="行吧")
    body = page.response.content.decode()
    assert page.status == 422 and 'id="grant-reason--error"' in body and body.count("\n行吧</textarea>") == 1
    reason = "申请人补来了派出所的证明，登记有误。"
    assert decider.post(f"/desk/{number}/decide/", outcome="GRANTED", reason=reason).status == 303
    assert decider.get(f"/desk/{number}/").says(reason)


def test_a_passed_step_may_carry_a_short_opinion_and_one_not_passed_is_explained_to_colleagues(db):
    number, reviewer = given.accepted(given.PLAIN), given.reviewer(given.PLAIN)
    page = reviewer.post(f"/desk/{number}/examine/", opinion="不行", fail="examine")
    assert page.says("请向同事写明哪里不符合，至少五个字。")
    assert reviewer.post(f"/desk/{number}/examine/", opinion="可", **{"pass": "examine"}).status == 303


def test_a_step_not_passed_needs_a_reason_and_keeps_what_was_typed(db):
    number = given.accepted(given.SITE)
    reviewer = given.reviewer(given.SITE)
    for opinion in ("", "不行"):
        page = reviewer.post(f"/desk/{number}/examine/", opinion=opinion, fail="examine")
        assert page.status == 422 and 'id="opinion--error"' in page.response.content.decode()
        assert f"\n{opinion}</textarea>" in page.response.content.decode()
    assert "CaseExamined" not in given.events_of(number)


@pytest.mark.parametrize("typed", [{}, {"pass": ""}, {"pass": "nowhere"}, {"pass": "decide"}, {"fail": "\x00"},
                                   {"step": "examine"}])
def test_a_step_that_is_not_open_is_not_finished(db, typed):
    number = given.accepted(given.PLAIN)
    page = given.reviewer(given.PLAIN).post(f"/desk/{number}/examine/", opinion="意见写得足够长", **typed)
    assert page.status in (303, 422)
    assert given.journeys.open_verbs(number) <= {"examine", "decide"}
    if typed.get("pass") != "":
        assert "CaseExamined" not in given.events_of(number)


def test_whoever_examined_does_not_decide_and_is_told_why(db):
    number = given.accepted(given.PLAIN)
    both = given.officer(given.journeys.authority_of(given.PLAIN), given.Role.REVIEWER, given.Role.DECIDER)
    both.post(f"/desk/{number}/examine/", **{"pass": "examine"})
    queue = both.get("/desk/").response.content.decode()
    assert f'href="/desk/{number}/"' not in queue
    for typed in ({"outcome": "GRANTED"}, {"outcome": "REFUSED", "reason": "不符合规定的条件。"}):
        page = both.post(f"/desk/{number}/decide/", **typed)
        assert page.status == 422
    assert both.get(f"/desk/{number}/decide/").says("现在不能办")
    assert both.get(f"/desk/{number}/return/").says("审查过这个办件的人不能再作决定")
    assert "CaseDecided" not in given.events_of(number)


@requirement("IDN-14")
def test_a_decider_is_offered_the_examination_only_where_a_colleague_can_decide(db):
    number, place = given.accepted(given.PLAIN), given.journeys.authority_of(given.PLAIN)
    decider, colleague = given.decider(given.PLAIN), given.decider(given.PLAIN)
    with given.journeys.alone_deciding(place, decider.actor.account):
        page = decider.get(f"/desk/{number}/")
        assert page.says("审查之后这里就没有别人可以决定了") and 'name="pass"' not in page.response.content.decode()
        assert decider.get(f"/desk/{number}/examine/").says("审查之后这里就没有别人可以决定了")
        assert decider.post(f"/desk/{number}/examine/", **{"pass": "examine"}).status == 422
    assert "CaseExamined" not in given.events_of(number)
    with given.journeys.alone_deciding(place, decider.actor.account, colleague.actor.account):
        page = decider.get(f"/desk/{number}/")
        assert page.says("之后必须由同事来决定。") and 'name="pass"' in page.response.content.decode()
    assert not given.reviewer(given.PLAIN).get(f"/desk/{number}/").says("之后必须由同事来决定。")


@requirement("IDN-14")
def test_the_desk_offers_no_act_on_ones_own_application_and_says_why(db):
    person = given.journeys.citizen()
    number = given.journeys.submitted(person, given.PLAIN)
    desk = given.officer(given.journeys.authority_of(given.PLAIN), *given.Role, party=person.party)
    page = desk.get(f"/desk/{number}/")
    assert page.says("这是您自己的申请")
    for name in ("accept", "corrections", "decline", "examine", "decide", "return", "suspend", "extend"):
        assert f'/desk/{number}/{name}/"' not in page.response.content.decode(), name
        assert desk.get(f"/desk/{number}/{name}/").says("由同事办理。"), name
    assert desk.post(f"/desk/{number}/accept/").status == 422
    assert given.events_of(number) == ["CaseSubmitted"]


@requirement("IDN-14")
def test_no_examiner_is_offered_the_decision_whoever_examined_last(db):
    number = given.accepted(given.SITE)
    both = given.officer(given.journeys.authority_of(given.SITE), given.Role.REVIEWER, given.Role.DECIDER)
    for officer, verb in zip((both, given.reviewer(given.SITE)), ("examine", "inspect"), strict=True):
        officer.post(f"/desk/{number}/examine/", **{"pass": node_of(number, verb)}, **given.visit(given.SITE))
    page = both.get(f"/desk/{number}/")
    assert page.says("审查过这个办件的人不能再作决定") and 'value="GRANTED"' not in page.response.content.decode()
    assert 'value="GRANTED"' in given.decider(given.SITE).get(f"/desk/{number}/").response.content.decode()


def test_a_grant_takes_one_press_and_ends_the_case(db):
    number = examined()
    decider = given.decider(given.SITE)
    page = decider.get(f"/desk/{number}/")
    assert page.says("准予 ：办件完成：自动制发公共场所卫生许可证，并通知申请人。")
    done = decider.post(f"/desk/{number}/decide/", outcome="GRANTED")
    assert (done.status, done.where) == (303, f"/desk/{number}/?done=grant")
    assert given.state_of(number) == "DECIDED"
    assert decider.get(done.where).says("批准了，后面的自动办。")


@requirement("CASE-18")
def test_a_refusal_states_its_reasons_and_the_ways_to_challenge_it(db):
    number = examined(given.PLAIN)
    decider = given.decider(given.PLAIN)
    form = decider.get(f"/desk/{number}/decide/")
    assert form.says("60 日内申请复议") and form.says("6 个月内起诉")
    for reason in ("", "不行", "x" * 2001):
        page = decider.post(f"/desk/{number}/decide/", outcome="REFUSED", reason=reason)
        assert page.status == 422 and f"\n{reason}</textarea>" in page.response.content.decode()
    assert given.state_of(number) != "DECIDED"
    reason = "户籍不在本区，不符合第三条的条件。"
    assert decider.post(f"/desk/{number}/decide/", outcome="REFUSED", reason=reason).status == 303
    assert decider.get(f"/desk/{number}/").says(reason)


@pytest.mark.parametrize("outcome", ["", "granted", "MAYBE", "\x00"])
def test_an_outcome_that_does_not_exist_decides_nothing(db, outcome):
    number = examined(given.PLAIN)
    page = given.decider(given.PLAIN).post(f"/desk/{number}/decide/", outcome=outcome, reason="理由写在这里。")
    assert page.status == 422 and "理由写在这里。" in page.response.content.decode()
    assert "CaseDecided" not in given.events_of(number)


@pytest.mark.parametrize("part", ["decide", "extend"])
def test_a_clerk_and_a_reviewer_may_not_decide(db, part):
    number = examined(given.PLAIN)
    for someone in (given.clerk(given.PLAIN), given.reviewer(given.PLAIN)):
        assert someone.get(f"/desk/{number}/{part}/").status == 403
        assert someone.post(f"/desk/{number}/{part}/", outcome="GRANTED").status == 403
    assert given.clerk(given.PLAIN).post(f"/desk/{number}/examine/", **{"pass": "examine"}).status == 403


def test_a_case_is_not_decided_before_its_steps_are_done(db):
    number = given.accepted(given.SITE)
    page = given.decider(given.SITE).post(f"/desk/{number}/decide/", outcome="GRANTED")
    assert page.status == 422 and "CaseDecided" not in given.events_of(number)


def test_the_next_case_is_one_key_away_once_something_is_done(db):
    first, second = given.received(given.PLAIN), given.received(given.PLAIN)
    clerk = given.clerk(given.PLAIN)
    done = clerk.post(f"/desk/{first}/accept/")
    page = clerk.get(done.where).response.content.decode()
    assert 'data-key="N"' in page and second
    assert clerk.get(f"/desk/{first}/", done="<script>").status == 200


@requirement("CASE-22")
def test_a_decided_case_whose_result_is_not_issued_shows_the_time_for_it(db, at):
    number, decider = examined(), given.decider(given.SITE)
    assert not decider.get(f"/desk/{number}/").says("送达期限")
    assert decider.post(f"/desk/{number}/decide/", outcome="GRANTED").status == 303
    page = decider.get(f"/desk/{number}/")
    assert page.says("送达期限") and page.says("从作出决定到送达，法律规定最多 10 个工作日。")
    assert page.says("还剩 10 个工作日") and page.says("3月16日（周一）前")


def brought_after_examination(at):
    """A case whose promised paper came the day after its papers had been examined, and what the paper is called."""
    matter = materials.sent(person := given.journeys.with_firm(given.journeys.citizen()),
                            materials.draft_with(person, materials.promise(materials.LATER)))
    materials.ready_to_decide(matter)
    at(shanghai(3, 3, 10))
    matter.by("person", cases.bring_promised, materials=(materials.upload(person, materials.LATER),))
    return matter, materials.named(materials.LATER).name.zh


@requirement("MAT-06")
def test_a_promised_paper_that_came_after_the_examination_is_marked_where_it_is_decided_and_can_be_returned(db, at):
    matter, paper = brought_after_examination(at)
    decider, number = given.decider(materials.LICENSED), matter.number
    told = f"审查以后才交来的材料 {paper} 3月3日 10:00"
    for path in (f"/desk/{number}/", f"/desk/{number}/decide/", f"/desk/{number}/return/"):
        assert decider.get(path).says(told), path
    page = decider.post(f"/desk/{number}/return/", node="", reason="请核对补交的材料")
    assert page.status == 422 and 'id="node--error"' in page.response.content.decode()
    assert page.response.content.decode().count("\n请核对补交的材料</textarea>") == 1
    page = decider.post(f"/desk/{number}/return/", node="examine", reason="看")
    assert page.status == 422 and 'id="reason--error"' in page.response.content.decode()
    done = decider.post(f"/desk/{number}/return/", node="examine", reason="请核对补交的材料")
    assert (done.status, done.where) == (303, f"/desk/{number}/?done=return")
    reviewer = given.reviewer(materials.LICENSED)
    page = reviewer.get(f"/desk/{number}/")
    assert page.says("退回审查 请核对补交的材料") and page.says(decider.name) and page.says("退回审查：审查材料")
    assert not page.says("审查以后才交来的材料")
    at(shanghai(3, 3, 10, 5))
    reviewer.post(f"/desk/{number}/examine/", **{"pass": "examine"})
    page = decider.get(f"/desk/{number}/")
    assert not page.says("审查以后才交来的材料") and page.says("退回审查")


def test_a_promised_paper_that_came_before_the_examination_is_not_marked(db, at):
    person = given.journeys.with_firm(given.journeys.citizen())
    matter = materials.sent(person, materials.draft_with(person, materials.promise(materials.LATER)))
    matter.by("person", cases.bring_promised, materials=(materials.upload(person, materials.LATER),))
    at(shanghai(3, 3, 10))
    materials.ready_to_decide(matter)
    assert not given.decider(materials.LICENSED).get(f"/desk/{matter.number}/").says("审查以后才交来的材料")


def test_a_case_that_nobody_examines_cannot_be_returned(db):
    number = given.accepted(given.INSTANT)
    decider = given.decider(given.INSTANT)
    assert f"/desk/{number}/return/" not in decider.get(f"/desk/{number}/").response.content.decode()
    assert decider.get(f"/desk/{number}/return/").says("现在不能办")
