"""Not accepting needs one of three grounds, in writing (LAL art. 32; CASE-16)."""

import pytest

from tests.cases.given import problems_of, received, refused
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.errors import Incomplete
from tongban.cases.queries import decision_of
from tongban.cases.rules import commitment
from tongban.cases.types import DeclineGround, State
from tongban.kernel import database

REASON = "这件事不需要办理许可。"


@requirement("CASE-16")
@pytest.mark.parametrize("ground", list(DeclineGround))
def test_each_ground_of_the_law_ends_the_case_in_writing(db, ground):
    matter = received()
    matter.by("clerk", cases.decline_case, ground=ground, reason=REASON, right_organ="市教育局")
    assert matter.state is State.NOT_ACCEPTED
    assert matter.state.code == "90"
    found = decision_of(matter.row.id)
    assert found is not None
    assert (found.kind, found.ground, found.reason, found.right_organ) == (
        "DECLINED", ground, REASON, "市教育局" if ground is DeclineGround.NOT_OUR_POWER else "")
    assert found.by == matter.staff.clerk.account
    assert matter.row.completed_at == found.at
    assert database.row("select count(*) from cases_task where case_id = %s and done_at is null",
                        [matter.row.id]) == (0,)


@requirement("CASE-16")
def test_missing_papers_are_no_ground(db):
    matter = received()
    error = refused(Incomplete, matter.staff.clerk, cases.decline_case, number=matter.number, ground=None,
                    reason="缺少身份证复印件。")
    assert problems_of(error) == {"ground_missing"}
    assert "MISSING" not in " ".join(DeclineGround)


@requirement("CASE-16")
def test_the_wrong_authority_names_the_right_one(db):
    matter = received()
    error = refused(Incomplete, matter.staff.clerk, cases.decline_case, number=matter.number,
                    ground=DeclineGround.NOT_OUR_POWER, reason=REASON, right_organ="  ")
    assert problems_of(error) == {"right_organ_missing"}


@pytest.mark.parametrize("reason", ["不行", "😀😀😀😀😀😀", "。。。。。。"])
def test_a_reason_is_given_in_words(db, reason):
    matter = received()
    error = refused(Incomplete, matter.staff.clerk, cases.decline_case, number=matter.number,
                    ground=DeclineGround.BARRED, reason=reason)
    assert problems_of(error) == {"reason_missing"}


def test_the_record_keeps_a_hash_of_the_reason_and_not_the_reason(db):
    matter = received()
    matter.by("clerk", cases.decline_case, ground=DeclineGround.BARRED, reason=f" {REASON} ")
    event = matter.events[-1]
    salt, = database.row("select salt from cases_decision where case_id = %s", [matter.row.id])
    assert event.name == "CaseDeclined"
    assert event.payload == {"ground": "BARRED", "reason_hash": commitment(salt, REASON)}
