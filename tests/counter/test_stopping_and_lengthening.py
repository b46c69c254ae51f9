"""What stops, restarts and lengthens the clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.cases.given import own_item
from tests.catalogue.given import text
from tests.counter import given
from tests.requirements import requirement
from tongban.catalogue.types import Procedure
from tongban.kernel import database

SHANGHAI = ZoneInfo("Asia/Shanghai")


def under_examination() -> str:
    """A case with the documents passed and the visit still to come."""
    number = given.accepted(given.SITE)
    given.reviewer(given.SITE).post(f"/desk/{number}/examine/", **{"pass": "examine"})
    return number


def test_a_procedure_of_the_law_stops_the_clock_and_its_end_is_announced(db, at):
    number = under_examination()
    reviewer = given.reviewer(given.SITE)
    stopped = reviewer.post(f"/desk/{number}/suspend/", procedure="testing", ends="2026-03-12")
    assert stopped.status == 303 and given.state_of(number) == "SUSPENDED"
    page = reviewer.get(f"/desk/{number}/")
    assert page.says("时钟已停") and page.says("检测，预计 3月12日（周四）结束") and page.says("停过 1 次。")
    at(datetime(2026, 3, 4, 10, 0, tzinfo=SHANGHAI))
    reviewer = given.reviewer(given.SITE)
    assert reviewer.post(f"/desk/{number}/resume/").where == f"/desk/{number}/?done=resume"
    assert given.state_of(number) == "UNDER_REVIEW"
    assert reviewer.get(f"/desk/{number}/").says("承诺 3月12日（周四）前办好")


@requirement("TIM-R2")
def test_a_procedure_the_service_lists_is_offered_with_its_article_and_told_by_its_name(db, at):
    slug = own_item(procedures=(Procedure(code="public_notice", name=text("公示", "Public notice"),
                                          article="某条例第八条"),)).slug
    number = given.accepted(slug)
    reviewer = given.reviewer(slug)
    reviewer.post(f"/desk/{number}/examine/", **{"pass": "examine"})
    form = reviewer.get(f"/desk/{number}/suspend/")
    assert form.says("公示（某条例第八条）") and form.says("听证")
    typed = {"procedure": "public_notice", "ends": "2026-03-12"}
    assert reviewer.post(f"/desk/{number}/suspend/", **typed).status == 303
    assert reviewer.get(f"/desk/{number}/").says("公示（某条例第八条），预计 3月12日（周四）结束")
    at(datetime(2026, 3, 2, 10, 5, tzinfo=SHANGHAI))
    reviewer.post(f"/desk/{number}/resume/")
    again = reviewer.post(f"/desk/{number}/suspend/", **typed)
    assert again.status == 422 and again.says("时限已经因为“公示（某条例第八条）”停过一次。")
    other = given.reviewer(given.SITE).get(f"/desk/{under_examination()}/suspend/")
    assert other.says("听证") and not other.says("公示")


@pytest.mark.parametrize(("typed", "field"), [
    ({"procedure": "", "ends": "2026-03-12"}, "procedure"),
    ({"procedure": "tea-break", "ends": "2026-03-12"}, "procedure"),
    ({"procedure": "testing", "ends": ""}, "ends"), ({"procedure": "testing", "ends": "2026-02-30"}, "ends"),
    ({"procedure": "testing", "ends": "9999-12-31"}, "ends"), ({"procedure": "testing", "ends": "2026-03-01"}, "ends"),
    ({"procedure": "testing", "ends": "\x00"}, "ends")])
def test_without_a_procedure_and_a_real_day_the_clock_runs_on(db, typed, field):
    number = under_examination()
    page = given.reviewer(given.SITE).post(f"/desk/{number}/suspend/", **typed)
    assert page.status == 422 and f'id="{field}--error"' in page.response.content.decode()
    assert given.state_of(number) == "UNDER_REVIEW"
    if typed["procedure"] == "testing":
        assert 'value="testing" checked' in page.response.content.decode()


def test_a_stopped_clock_is_not_stopped_again_and_a_running_one_not_started(db):
    number = under_examination()
    reviewer = given.reviewer(given.SITE)
    assert reviewer.post(f"/desk/{number}/resume/").status == 422
    reviewer.post(f"/desk/{number}/suspend/", procedure="hearing", ends="2026-03-20")
    assert reviewer.post(f"/desk/{number}/suspend/", procedure="testing", ends="2026-03-20").status == 422
    assert given.events_of(number).count("CaseSuspended") == 1


def test_a_clerk_does_not_stop_the_clock(db):
    number = under_examination()
    clerk = given.clerk(given.SITE)
    for part in ("suspend", "resume"):
        assert clerk.post(f"/desk/{number}/{part}/", procedure="testing", ends="2026-03-20").status == 403


def test_the_legal_limit_is_extended_once_with_a_reason(db):
    number = under_examination()
    decider = given.decider(given.SITE)
    done = decider.post(f"/desk/{number}/extend/", days="10", reason="需要等待检测机构的报告。")
    assert done.status == 303
    days, = database.row("select extension_days from cases_case where number = %s", [number])
    assert days == 10
    assert decider.get(f"/desk/{number}/").says("延长 10 个工作日")
    again = decider.post(f"/desk/{number}/extend/", days="5", reason="还是需要更多时间。")
    assert again.status == 422 and "还是需要更多时间。" in again.response.content.decode()
    assert given.events_of(number).count("CaseExtended") == 1


@pytest.mark.parametrize("days", ["", "0", "-3", "11", "1e3", "９", "x" * 50, "\x00"])
def test_only_a_lawful_number_of_days_extends(db, days):
    number = under_examination()
    page = given.decider(given.SITE).post(f"/desk/{number}/extend/", days=days, reason="需要等待检测机构的报告。")
    assert page.status == 422 and "需要等待检测机构的报告。" in page.response.content.decode()
    assert "CaseExtended" not in given.events_of(number)


def test_an_extension_without_a_reason_keeps_the_days_typed(db):
    number = under_examination()
    page = given.decider(given.SITE).post(f"/desk/{number}/extend/", days="7", reason="")
    assert page.status == 422 and 'value="7"' in page.response.content.decode()
    assert 'id="reason--error"' in page.response.content.decode()


def test_a_day_of_another_year_is_written_with_its_year_and_one_too_far_away_is_told_so(db):
    number, reviewer = given.accepted(given.PLAIN), given.reviewer(given.PLAIN)
    reviewer.post(f"/desk/{number}/examine/", **{"pass": "examine"})
    path = f"/desk/{number}/suspend/"
    assert reviewer.post(path, procedure="testing", ends="2020-01-01").says("2020年1月1日（周三）")
    assert reviewer.post(f"/en{path}", procedure="testing", ends="2020-01-01").says("Wednesday 1 January 2020")
    assert reviewer.post(path, procedure="testing", ends="9999-12-31").says("日期太远。请填写不晚于 2031 年的日期。")
    assert reviewer.post(path, procedure="testing", ends="2026-03-20").status == 303
    assert "2026年" not in reviewer.get(f"/desk/{number}/").text.split("历史")[-1]


def test_what_the_examination_makes_possible_is_told_before_it_begins(db):
    number = given.accepted(given.PLAIN)
    assert given.reviewer(given.PLAIN).get(f"/desk/{number}/").text.count("开始审查以后才可以。") == 2
    given.reviewer(given.PLAIN).post(f"/desk/{number}/examine/", **{"pass": "examine"})
    assert not given.reviewer(given.PLAIN).get(f"/desk/{number}/").says("开始审查以后才可以。")
