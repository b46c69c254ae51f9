"""When the working days change, open clocks are counted anew, and only those (TIM-13, TIM-R11)."""

from datetime import date

import msgspec
import pytest

from tests.cases.given import (
    LICENSED,
    Matter,
    accepted,
    asked_to_correct,
    decided,
    received,
    shanghai,
    suspended,
    written,
)
from tests.journeys import as_actor
from tests.requirements import requirement
from tongban.calendars.actions import set_days
from tongban.calendars.types import DayKind
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.tasks import act_on_due, recalculate
from tongban.cases.types import Outcome, State
from tongban.kernel import database
from tongban.kernel.types import System, Text
from tongban.portal.timeline import entries

EDITOR, TICK = System(name="editor"), System(name="tick")
THURSDAY, SATURDAY = date(2026, 3, 5), date(2026, 3, 7)


@pytest.fixture
def moves(catch_up):
    """Give a day of 2026 another kind and let everything follow, the job included; the year is put back afterwards."""
    days = {day: (DayKind(kind), msgspec.json.decode(name, type=Text)) for day, kind, name in database.rows(
        "select day, kind, name::text from calendars_day where year_id = 2026")}
    noticed, notice, noticed_on, source = database.row(
        "select noticed, notice, noticed_on, source from calendars_year where year = 2026")
    said = {"year": 2026, "noticed": noticed, "notice": notice, "noticed_on": noticed_on, "source": source}

    def move(day: date, kind: DayKind) -> None:
        set_days(EDITOR, days={**days, day: (kind, Text(zh="临时调整", en="Moved"))}, **said)
        catch_up()
        recalculate()

    yield move
    set_days(EDITOR, days=days, **said)
    catch_up()
    recalculate()


def changes(matter: Matter) -> list[dict[str, list[str]]]:
    return [event.payload["changes"] for event in matter.events if event.name == "CaseDueChanged"]


def steps_due(matter: Matter) -> list[object]:
    return [due for due, in database.rows(
        "select due_at from cases_task where case_id = %s and done_at is null", [matter.row.id])]


@requirement("TIM-13", "TIM-R11")
def test_a_new_holiday_moves_promise_law_and_steps_and_the_record_keeps_old_and_new(db, moves):
    matter = accepted()
    moves(THURSDAY, DayKind.HOLIDAY)
    case = matter.row
    assert (case.promised_due_at, case.statutory_due_at) == (shanghai(3, 18), shanghai(4, 1))
    assert steps_due(matter) == [shanghai(3, 18)]
    assert changes(matter) == [{"promised": ["2026-03-17T00:00:00+08:00", "2026-03-18T00:00:00+08:00"],
                                "statutory": ["2026-03-31T00:00:00+08:00", "2026-04-01T00:00:00+08:00"]}]
    assert matter.events[-1].actor == "system:cases"
    with as_actor(matter.person):
        shown = entries(queries.timeline(matter.number), queries.by_number(matter.number), "某局")
    assert (shown[1]["what"], shown[1]["note"]) == ("工作日有调整，期限重新计算了", "现在到 2026年3月17日（周二）为止")


@requirement("TIM-13")
def test_counting_again_changes_nothing(db, moves):
    matter = accepted()
    moves(THURSDAY, DayKind.HOLIDAY)
    before = written()
    recalculate()
    assert not cases.recalculate_case(TICK, number=matter.number)
    assert written() == before


@requirement("TIM-13")
def test_the_recount_waits_until_no_process_remembers_the_calendar_as_it_was(db, moves):
    queued = ("select count(*), min(scheduled_at) > now() + interval '30 seconds' from procrastinate_jobs "
              "where task_name = 'cases.recalculate' and id > %s")
    last = database.row("select coalesce(max(id), 0) from procrastinate_jobs")[0]
    moves(THURSDAY, DayKind.HOLIDAY)
    assert database.row(queued, [last]) == (1, True)


@requirement("TIM-13", "TIM-R11")
def test_the_time_to_answer_moves_with_what_the_tick_waits_for(db, at, moves):
    matter = received()
    moves(THURSDAY, DayKind.HOLIDAY)
    case = matter.row
    assert (case.intake_due_at, case.next_due_at) == (shanghai(3, 11), shanghai(3, 11))
    assert steps_due(matter) == [shanghai(3, 11)]
    at(shanghai(3, 10))
    act_on_due()
    assert matter.state is State.SUBMITTED


@requirement("TIM-13")
@pytest.mark.parametrize("after_acceptance", [False, True])
def test_the_time_to_correct_moves(db, moves, after_acceptance):
    matter = asked_to_correct(after_acceptance=after_acceptance)
    moves(THURSDAY, DayKind.HOLIDAY)
    case = matter.row
    assert (case.correction_due_at, case.next_due_at) == (shanghai(4, 1), shanghai(4, 1))
    notice, = queries.corrections_of(case.id)
    assert notice.due_at == shanghai(4, 1)
    assert set(changes(matter)[0]) == ({"correction", "promised", "statutory"} if after_acceptance else {"correction"})


@requirement("TIM-R11")
def test_what_silence_has_accepted_is_not_taken_back(db, at, moves):
    matter = received()
    at(shanghai(3, 10, 9))
    moves(THURSDAY, DayKind.HOLIDAY)
    assert changes(matter) == []
    act_on_due()
    assert matter.state is State.ACCEPTED


@requirement("TIM-R11")
@pytest.mark.parametrize(("now", "due"), [((3, 10, 9), (3, 14)), ((3, 14, 9), (3, 17))])
def test_a_day_becomes_earlier_but_never_lies_in_the_past(db, at, moves, now, due):
    matter = accepted()
    at(shanghai(*now))
    moves(SATURDAY, DayKind.MAKE_UP_WORKDAY)
    assert matter.row.promised_due_at == shanghai(*due)


@requirement("TIM-R11")
def test_what_is_decided_or_over_is_not_judged_again(db, moves):
    waiting, refused, withdrawn = decided(LICENSED), decided(outcome=Outcome.REFUSED), received()
    withdrawn.by("person", cases.withdraw_case)
    law = waiting.row.statutory_due_at
    moves(THURSDAY, DayKind.HOLIDAY)
    assert waiting.state is State.DECIDED
    assert (set(changes(waiting)[0]), waiting.row.statutory_due_at) == ({"promised"}, law)
    for matter in (refused, withdrawn):
        assert not cases.recalculate_case(TICK, number=matter.number)
        assert changes(matter) == []


@requirement("TIM-13")
def test_a_stopped_clock_is_counted_anew_when_it_runs_again(db, at, moves):
    matter = suspended()
    moves(THURSDAY, DayKind.HOLIDAY)
    assert changes(matter) == []
    at(shanghai(3, 3, 10))
    matter.by("reviewer", cases.resume_case)
    assert matter.row.promised_due_at == shanghai(3, 19)


def test_one_case_that_cannot_be_counted_holds_up_no_other_and_the_job_is_tried_again(db, moves):
    broken, sound = accepted(), accepted()
    version = broken.row.item_version
    rewrite = "update cases_case set item_version = %s where id = %s"
    database.execute(rewrite, [99, broken.row.id])
    with pytest.raises(RuntimeError, match="1 cases"):
        moves(THURSDAY, DayKind.HOLIDAY)
    assert sound.row.promised_due_at == shanghai(3, 18)
    database.execute(rewrite, [version, broken.row.id])
    recalculate()
    assert broken.row.promised_due_at == shanghai(3, 18)


@requirement("TIM-13", "CASE-28")
@pytest.mark.parametrize(("begun", "what", "old", "new"), [
    (received, "告诉您是否受理的最后一天", "3月9日（周一）", "3月10日（周二）"),
    (accepted, "承诺办好的最后一天", "3月16日（周一）", "3月17日（周二）")])
def test_a_letter_tells_the_old_and_the_new_day(db, moves, catch_up, begun, what, old, new):
    matter = begun()
    moves(THURSDAY, DayKind.HOLIDAY)
    catch_up()
    letters = database.rows("select title->>'zh', body->>'zh', body->>'en' from messages_message where about = %s "
                            "and title->>'zh' like '日期变了%%'", [matter.number])
    assert len(letters) == 1
    _, zh, en = letters[0]
    assert f"{what}原来是 {old}，现在是 {new}" in zh and "the official working days changed" in en.lower()
