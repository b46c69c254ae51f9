"""While nothing is sealed nothing is decided or issued, unless a supervisor allows one act on one case (security 5.4)."""

from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from tests.cases.given import LICENSED, REASON, examined, received, refused
from tests.cases.test_deciding import run_licence_jobs
from tests.conftest import MONDAY
from tests.counter import given as desk
from tests.oversight import given as oversight
from tests.portal.test_signed_in_pages import browser
from tongban.cases import actions as cases
from tongban.cases.errors import Incomplete, MoveNotAllowed, RightMissing
from tongban.cases.types import Outcome
from tongban.config import metrics
from tongban.identity.types import Role
from tongban.kernel import database
from tongban.ledger import queries as ledger
from tongban.ledger.errors import LeaveGiven, NotSealing, RecordSeals
from tongban.ledger.types import StoppedAct
from tongban.portal.timeline import words

GRANT = {"outcome": Outcome.GRANTED, "reason": ""}


@contextmanager
def unsealed(since=MONDAY - timedelta(minutes=16)):
    """The last seal is too old."""
    with database.serving(database.OWNER):
        database.execute("update ledger_state set sealed_at = %s", [since])
    yield
    with database.serving(database.OWNER):
        database.execute("update ledger_state set sealed_at = '9999-01-01'")


def allow(matter, act=StoppedAct.DECIDE):
    matter.by("supervisor", cases.allow_unsealed, act=act, reason=REASON)


def counted(act):
    return next(sample.value for family in metrics._shown() if family.name == "tongban_unsealed_acts_allowed"
                for sample in family.samples if sample.labels["status"] == act)


def test_one_decision_on_one_case_may_be_allowed_and_the_record_of_the_case_says_so(db):
    matter, other = examined(), examined()
    before = counted("DECIDE")
    with unsealed():
        refused(NotSealing, matter.staff.decider, cases.decide_case, number=matter.number, **GRANT)
        allow(matter)
        refused(NotSealing, other.staff.decider, cases.decide_case, number=other.number, **GRANT)
        matter.by("decider", cases.decide_case, **GRANT)
    assert counted("DECIDE") == before + 1
    allowed, done = matter.events[-3], matter.events[-2]
    assert matter.happened[-3:] == ["UnsealedActAllowed", "UnsealedActDone", "CaseDecided"]
    assert (allowed.payload["act"], datetime.fromisoformat(allowed.payload["until"])) == ("DECIDE", MONDAY + timedelta(hours=1))
    assert allowed.actor == matter.staff.supervisor.actor_id and REASON not in str(allowed.payload)
    assert (done.payload, done.party, done.authority) == ({"act": "DECIDE"}, matter.person.party, matter.row.authority_id)
    assert words(allowed) == "公开存证没有封存，监督人员单独放行了一次"
    page = browser(matter.person).get(f"/cases/{matter.number}/").content.decode()
    assert words(allowed) in page and words(done) in page


def test_it_holds_for_an_hour_and_for_one_act_only(db, at):
    matter = examined()
    with unsealed():
        allow(matter)
        at(MONDAY + timedelta(minutes=60))
        refused(NotSealing, matter.staff.decider, cases.decide_case, number=matter.number, **GRANT)
        allow(matter)
        refused(LeaveGiven, matter.staff.supervisor, cases.allow_unsealed, number=matter.number, act=StoppedAct.DECIDE, reason=REASON)
        matter.by("decider", cases.decide_case, **GRANT)
        with pytest.raises(NotSealing):
            ledger.require_sealing(subject=matter.number, act=StoppedAct.DECIDE)


def test_the_licence_of_a_case_is_issued_by_a_leave_of_its_own(db, catch_up):
    matter = examined(LICENSED)
    with unsealed():
        allow(matter)
        matter.by("decider", cases.decide_case, **GRANT)
        catch_up()
        with pytest.raises(NotSealing):
            run_licence_jobs(matter.number)
        allow(matter, StoppedAct.ISSUE)
        assert run_licence_jobs(matter.number)
    assert database.rows("select state from licences_licence where case_number = %s", [matter.number]) == [("ISSUED",)]
    assert [each.payload["act"] for each in matter.events if each.name == "UnsealedActDone"] == ["DECIDE", "ISSUE"]


def test_it_is_refused_without_a_reason_to_other_posts_in_other_states_and_while_everything_is_sealed(db):
    matter, early = examined(), received()
    supervisor = matter.staff.supervisor
    refused(RecordSeals, supervisor, cases.allow_unsealed, number=matter.number, act=StoppedAct.DECIDE, reason=REASON)
    with unsealed():
        refused(Incomplete, supervisor, cases.allow_unsealed, number=matter.number, act=StoppedAct.DECIDE, reason="短")
        for actor in (matter.staff.clerk, matter.staff.reviewer, matter.staff.decider, matter.person):
            refused(RightMissing, actor, cases.allow_unsealed, number=matter.number, act=StoppedAct.DECIDE, reason=REASON)
        refused(MoveNotAllowed, early.staff.supervisor, cases.allow_unsealed, number=early.number, act=StoppedAct.DECIDE, reason=REASON)
        refused(MoveNotAllowed, supervisor, cases.allow_unsealed, number=matter.number, act=StoppedAct.ISSUE, reason=REASON)


def test_a_leave_is_used_once_and_never_changed_not_even_in_the_database(db):
    matter = examined()
    with unsealed():
        allow(matter)
        matter.by("decider", cases.decide_case, **GRANT)
    for statement in ("update ledger_leave set used_at = null where subject = %s", "delete from ledger_leave where subject = %s",
                      "update ledger_leave set until = until + interval '1 day' where subject = %s"):
        with pytest.raises(DatabaseError), database.serving(database.OWNER), transaction.atomic(using=database.OWNER):
            database.execute(statement, [matter.number])


def test_the_desk_says_that_a_supervisor_can_allow_it_and_the_supervisor_does(db):
    matter = examined()
    place = matter.row.authority_id
    decider = desk.officer(place, Role.DECIDER)
    supervisor = oversight.officer({place: Role.SUPERVISOR})
    path = f"/oversight/cases/{matter.number}/"
    assert "未封存时同意作决定" not in supervisor.get(path).words
    assert "正常封存" in supervisor.get("/oversight/record/").words
    with unsealed():
        reason = "材料齐全，符合条件，同意。"
        page = decider.post(f"/desk/{matter.number}/decide/", outcome="REFUSED", reason=reason)
        assert page.status == 422 and page.says("请监督人员说明理由，单独放行这一件") and page.says(reason)
        assert "现在不能作决定，也不能发证" in supervisor.get("/oversight/record/").words
        assert "未封存时同意作决定" in supervisor.get(path).words and "60 分钟" in supervisor.get(path).words
        short = supervisor.post(path, act="unsealed", unsealed_reason="短")
        assert short.status == 422 and ">\n短</textarea>" in short.source
        assert supervisor.post(path, act="unsealed", unsealed_reason=REASON).where == path
        assert decider.post(f"/desk/{matter.number}/decide/", outcome="GRANTED").status == 303
        assert f'href="{path}"' in supervisor.get("/oversight/record/").source
        elsewhere = oversight.officer({place + 1: Role.SUPERVISOR})
        assert f'href="{path}"' not in elsewhere.get("/oversight/record/").source
    told = supervisor.get(path).words
    assert "公开存证没有封存，监督人员单独放行了一次" in told and "公开存证没有封存，经监督人员放行后办理" in told
    assert "经监督人员放行后办理" in decider.get(f"/desk/{matter.number}/").text


def test_what_witnesses_say_stands_on_the_supervisors_page(db):
    supervisor = oversight.officer({received().row.authority_id: Role.SUPERVISOR})
    assert "还没有外部单位" in supervisor.get("/oversight/record/").words
    database.execute(
        "insert into ledger_witness (name, url, key, size, refused, refused_at, agreed, disagreed, failures) values "
        "('w.example', '', %s, 900, 'MOVED', kernel_now(), 0, 0, 1)",
        ["w.example+e533421d+BAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"])
    try:
        page = supervisor.get("/en/oversight/record/").words
        assert "w.example does not find entries 1 to 900" in page and "No restore explains this" in page
    finally:
        database.execute("update ledger_witness set retired_at = kernel_now() where name = 'w.example'")
