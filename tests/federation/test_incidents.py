"""An incident is reported to the superior node by itself, a major one within the hour, and nobody overlooks one that is not (SEC-12)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import override_settings

from tests.conftest import MONDAY
from tests.federation.nodes import Elsewhere, Hub, let_in
from tests.oversight import given
from tests.relying import administrators
from tests.requirements import requirement
from tongban.config import cli, organisation
from tongban.federation import actions, queries, tasks
from tongban.federation.errors import IncidentNotValid, IncidentOver, IncidentUnknown, ReportRefused, SuperiorSilent
from tongban.federation.types import IncidentTold, Kind, Receipt, Rehearsal, Severity
from tongban.identity.errors import DutyMissing
from tongban.identity.types import Duty, Role
from tongban.kernel import database, events, vault
from tongban.kernel.types import System
from tongban.ledger.events import LogRefused, WitnessRefused

OPERATOR, TICK = System(name="operator"), System(name="tick")
TOLD = IncidentTold(kind=Kind.ATTACK, severity=Severity.MAJOR, what="登录名单被批量尝试", measures="", people=None)


@pytest.fixture
def three(db):
    made = administrators()
    with database.serving("worker"):
        database.execute("update federation_peer set closed_at = kernel_now() where closed_at is null")
        database.execute("update federation_incident set closed_at = kernel_now(), reported_version = version, reported_at = known_at")
    return made


@pytest.fixture
def hub(three):
    """The node above: it knows us by our keys, and we know it as superior."""
    above = Hub()
    with override_settings(SITE_URL=above.site):
        us = Elsewhere(site=settings.SITE_URL)
        above.us = let_in(us, site="http://127.0.0.1:8000", networks=("127.0.0.1/32",), keys=vault.token_keys())
    with database.serving("worker"):
        key = actions.propose_peer(three[Duty.SYSTEM], told=above.told())
        actions.confirm_peer(three[Duty.SECURITY], key=key)
    yield above
    above.shutdown()
    above.server_close()


def heard(hub):
    with database.serving("worker"):
        return [each for each in queries.heard() if each.peer == hub.us]


def noted(three, **changes):
    told = IncidentTold(**{name: getattr(TOLD, name) for name in TOLD.__slots__} | changes)
    with database.serving("worker"):
        return actions.note_incident(three[Duty.SECURITY], told=told)


def names_of(key):
    return [each.name for each in events.of_subject(f"incident:{key}")]


def queued():
    return [key for (key,) in database.rows(
        "select args->>'incident' from procrastinate_jobs where task_name = 'federation.report' and status = 'todo' order by id")]


@requirement("SEC-12")
def test_an_incident_goes_to_the_superior_node_by_itself_and_again_whenever_more_is_known(three, hub, catch_up):
    key = noted(three)
    catch_up()
    assert key in queued()
    tasks.bring_report(incident=key)
    (there,) = heard(hub)
    assert (there.report.incident, there.report.what, there.report.severity, there.received_at) == (key, TOLD.what, Severity.MAJOR, MONDAY)
    assert queries.incident(key).reported_at == MONDAY
    assert names_of(key) == ["IncidentNoted", "IncidentReported"]
    actions.correct_incident(three[Duty.SYSTEM], key=key, what=TOLD.what, measures="已停用口令登录", people=3)
    actions.close_incident(three[Duty.SECURITY], key=key, what=TOLD.what, measures="已停用口令登录；三人已改密码", people=3)
    tasks.bring_report(incident=key)
    (there,) = heard(hub)
    assert (there.report.version, there.report.people, there.report.closed_at, there.received_at) == (3, 3, MONDAY, MONDAY)
    sent = len(hub.bodies)
    tasks.bring_report(incident=key)
    assert len(hub.bodies) == sent
    assert names_of(key) == ["IncidentNoted", "IncidentReported", "IncidentCorrected", "IncidentClosed", "IncidentReported"]
    with pytest.raises(IncidentOver):
        actions.correct_incident(three[Duty.SYSTEM], key=key, what="x", measures="", people=None)


@requirement("SEC-12")
def test_a_major_incident_is_due_within_the_hour_and_one_that_nobody_heard_of_is_told(three, hub, at, capsys):
    hub.silent = True
    key, minor = noted(three), noted(three, severity=Severity.ORDINARY)
    assert [queries.incident(each).due_at - MONDAY for each in (key, minor)] == [timedelta(hours=1), timedelta(hours=4)]
    with pytest.raises(SuperiorSilent):
        tasks.bring_report(incident=key)
    at(MONDAY + timedelta(minutes=59))
    with database.serving("worker"):
        actions.tell_overdue(TICK, key=key)
    assert names_of(key) == ["IncidentNoted"] and tasks.tell_what_is_overdue() == 0 and cli.main(["incidents", "list"]) == 0
    at(MONDAY + timedelta(minutes=60))
    assert tasks.tell_what_is_overdue() == 1 and tasks.tell_what_is_overdue() == 0
    assert names_of(key) == ["IncidentNoted", "IncidentOverdue"] and names_of(minor) == ["IncidentNoted"]
    assert cli.main(["incidents", "list"]) == 1 and "NOT REPORTED IN TIME" in capsys.readouterr().out
    hub.silent = False
    at(MONDAY + timedelta(minutes=70))
    with database.serving("worker"):
        tasks.bring_report(incident=key)
        assert queries.incident(key).is_late(MONDAY + timedelta(days=3)) and len(heard(hub)) == 1


@requirement("SEC-12")
def test_whoever_becomes_the_superior_node_hears_what_nobody_heard_before(three, catch_up):
    key = noted(three)
    with database.serving("worker"):
        tasks.bring_report(incident=key)
        assert queries.incident(key).reported_at is None
        database.execute("delete from procrastinate_jobs where task_name = 'federation.report'")
        catch_up()
        database.execute("delete from procrastinate_jobs where task_name = 'federation.report'")
    above = Hub()
    with database.serving("worker"):
        actions.confirm_peer(three[Duty.SECURITY], key=actions.propose_peer(three[Duty.SYSTEM], told=above.told()))
    catch_up()
    assert queued() == [key]
    above.shutdown()
    above.server_close()


def test_the_instant_of_the_first_report_stays_whoever_hears_the_next(three, hub, at):
    class Another:
        def report(self, peer, report):
            return Receipt(incident=report.incident, version=report.version, received_at=MONDAY + timedelta(hours=9))

    key = noted(three)
    with database.serving("worker"):
        tasks.bring_report(incident=key)
        actions.correct_incident(three[Duty.SYSTEM], key=key, what="x", measures="", people=None)
    actions.report_incident(TICK, key=key, superior=Another())
    assert queries.incident(key).reported_at == MONDAY and not queries.incident(key).is_late(MONDAY + timedelta(hours=10))


@requirement("SEC-12")
def test_a_receipt_for_something_else_is_none(three, hub, monkeypatch):
    key = noted(three)
    monkeypatch.setattr("tongban.federation.clients._receipt_of", lambda body: Receipt(
        incident="other", version=1, received_at=MONDAY), raising=True)
    with pytest.raises(SuperiorSilent):
        tasks.bring_report(incident=key)
    assert queries.incident(key).reported_at is None


@requirement("SEC-12")
@pytest.mark.parametrize("instant", ["2026-03-02T10:00:00", "9999-12-31T23:59:59Z", "2026-03-09T10:00:00+08:00"])
def test_a_receipt_of_no_instant_of_these_years_is_none(three, hub, monkeypatch, instant):
    key = noted(three)
    monkeypatch.setattr("tongban.federation.clients._receipt_of", lambda body: Receipt(
        incident=key, version=1, received_at=datetime.fromisoformat(instant)))
    with pytest.raises(SuperiorSilent):
        tasks.bring_report(incident=key)
    assert queries.incident(key).reported_at is None


@requirement("SEC-12")
def test_a_node_restored_to_an_earlier_hour_goes_on_above_what_is_held(three, hub, catch_up):
    key = noted(three)
    tasks.bring_report(incident=key)
    with database.serving("worker"):
        actions.correct_incident(three[Duty.SYSTEM], key=key, what="第二版", measures="", people=None)
        tasks.bring_report(incident=key)
        database.execute("update federation_incident set version = 1, reported_version = 0, reported_at = null where key = %s", [key])
        actions.correct_incident(three[Duty.SYSTEM], key=key, what="恢复以后的第二版", measures="", people=None)
        tasks.bring_report(incident=key)
        assert queries.incident(key).version == 3 and names_of(key)[-1] == "IncidentCorrected"
        tasks.bring_report(incident=key)
    assert queries.incident(key).reported_at == MONDAY
    (there,) = heard(hub)
    assert (there.report.version, there.report.what) == (3, "恢复以后的第二版")


def test_what_the_superior_node_refuses_for_good_is_not_sent_without_end(three, hub, monkeypatch):
    key = noted(three)
    monkeypatch.setattr("tests.federation.nodes.Line.say", lambda line, status, body: (
        line.send_response(422), line.send_header("Content-Length", "2"), line.end_headers(), line.wfile.write(b"{}")))
    with pytest.raises(ReportRefused):
        tasks.bring_report(incident=key)
    assert queries.incident(key).reported_at is None


def test_the_topmost_node_reports_to_nobody_and_is_never_late(three, at, capsys):
    key = noted(three)
    at(MONDAY + timedelta(days=2))
    with override_settings(HUB=True):
        assert tasks.tell_what_is_overdue() == 0 and cli.main(["incidents", "list"]) == 0
        assert "nobody above to tell" in capsys.readouterr().out
        reader = given.officer({given.one("select min(id) from authorities_authority", []): Role.SUPERVISOR})
        page = reader.get("/en/oversight/incidents/")
        assert "This is the topmost node" in page.words and "Not reported in time" not in page.words
    assert cli.main(["incidents", "list"]) == 1 and names_of(key) == ["IncidentNoted"]


@requirement("SEC-12")
@pytest.mark.parametrize("found", [WitnessRefused(name="w.example", verdict="FORKED", known=9, size=7),
                                   LogRefused(origin="elsewhere.example/1", verdict="FORKED", known=9, size=7)],
                         ids=["ours", "another's"])
def test_a_record_that_was_bent_is_a_major_incident_once_while_it_is_open(three, catch_up, found):
    def stands():
        return [each for each in queries.incidents() if each.closed_at is None]

    for _ in range(2):
        with database.serving("worker"):
            events.record(OPERATOR, found, subject="witness:w")
        catch_up()
    (made,) = stands()
    assert (made.kind, made.severity) == (Kind.ATTACK, Severity.MAJOR) and "9" in made.what and "7" in made.what
    actions.close_incident(three[Duty.SECURITY], key=made.key, what=made.what, measures="从备份核对", people=0)
    with database.serving("worker"):
        events.record(OPERATOR, found, subject="witness:w")
    catch_up()
    assert len(stands()) == 1


@requirement("SEC-12")
def test_faults_found_by_the_daily_comparison_are_an_incident(three, monkeypatch):
    from tongban.config import auditing
    from tongban.ledger.types import Fault

    monkeypatch.setattr(auditing, "faults", lambda: iter([Fault(place="state", position=4, what="decided_at")]))
    auditing.audit(say=lambda fault: None)
    (made,) = [each for each in queries.incidents() if each.closed_at is None]
    assert "1 faults" in made.what and names_of(made.key) == ["IncidentNoted"]


def test_only_administrators_speak_of_incidents_and_only_security_closes_one(three):
    with pytest.raises(DutyMissing):
        actions.note_incident(three[Duty.AUDIT], told=TOLD)
    key = noted(three)
    with pytest.raises(DutyMissing):
        actions.close_incident(three[Duty.SYSTEM], key=key, what="x", measures="y", people=None)
    with pytest.raises(IncidentNotValid):
        actions.close_incident(three[Duty.SECURITY], key=key, what="x", measures=" ", people=None)
    with pytest.raises(IncidentNotValid):
        actions.correct_incident(three[Duty.SECURITY], key=key, what="", measures="", people=None)
    with pytest.raises(IncidentUnknown):
        actions.correct_incident(three[Duty.SECURITY], key="nothing", what="x", measures="", people=None)
    assert names_of(key) == ["IncidentNoted"] and queries.incident(key).version == 1
    stored = database.row("select what, measures from federation_incident where key = %s", [key])
    assert all("登录" not in each for each in stored)


@requirement("SEC-02")
def test_a_node_without_a_drill_a_quarter_and_an_exercise_a_year_is_not_ready(three, at, house):
    import psycopg

    from tests import database as test_database

    def said(*, hub=True):
        with psycopg.connect(test_database.owner_url(house)) as connection:
            return " ".join(organisation.judge(replace(organisation.ask(connection, hub=hub), unanswered=())))

    with database.serving("worker"):
        database.execute("update federation_incident set rehearsal = ''")
    assert "No drill" in said() and "No exercise" in said() and "superior" not in said() and "superior" in said(hub=False)
    for rehearsal in Rehearsal:
        key = noted(three, rehearsal=rehearsal, kind=Kind.INCIDENT)
        assert ("No drill" if rehearsal is Rehearsal.DRILL else "No exercise") in said()
        with database.serving("worker"):
            actions.close_incident(three[Duty.SECURITY], key=key, what="演练：丢失一台服务器", measures="恢复用时 41 分钟", people=0)
    assert said() == ""
    at(MONDAY + timedelta(days=92))
    assert said() == ""
    at(MONDAY + timedelta(days=93))
    assert "No drill" in said() and "No exercise" not in said()
    at(MONDAY + timedelta(days=367))
    assert "No exercise" in said()


@requirement("SEC-12")
def test_a_supervisor_reads_what_happened_who_was_told_and_what_others_report(three, hub, at):
    key = noted(three, rehearsal=Rehearsal.DRILL, kind=Kind.INCIDENT, what="演练：机房断电", people=4)
    with database.serving("worker"):
        tasks.bring_report(incident=key)
    with database.serving("worker"):
        actions.close_incident(three[Duty.SECURITY], key=key, what="演练：机房断电", measures="切换用时九分钟", people=4)
    late = noted(three, what="口令攻击尚未了结")
    at(MONDAY + timedelta(hours=2))
    reader = given.officer({given.one("select min(id) from authorities_authority", []): Role.SUPERVISOR})
    page = reader.get("/en/oversight/incidents/")
    for words in ("Drill: Incident, major", "演练：机房断电", "Reported on", "Not reported in time", "1 was not reported in time",
                  "切换用时九分钟", "Northern province", "The hub"):
        assert words in page.words, words
    assert "口令攻击尚未了结" not in page.words, "what is still open is for those who mend it"
    chinese = reader.get("/oversight/incidents/").words
    for words in ("演练", "总枢纽", "没有按时报告"):
        assert words in chinese, words
    assert queries.incident(late).reported_at is None
