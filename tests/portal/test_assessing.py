"""Before anybody else may know who people are, somebody writes what that means for them and somebody else reads it (SEC-04)."""

import types
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest
from django.db import Error, IntegrityError

from tests import database as test_database
from tests import journeys
from tests.conftest import MONDAY
from tests.portal.public import signed_in, text_of
from tests.relying import ASSESSED, BUS, PASSWORD, administrators, let_in, nothing_stays, read
from tests.requirements import requirement
from tongban.authorities import queries as authorities
from tongban.config import administering, cli, deployment
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.actions import open_session
from tongban.identity.errors import AssessedNotConfirmed, AssessmentNotProposed, AssessmentNotValid, DutyMissing
from tongban.identity.types import ClientKind, Duty, Role, Scope, SourceTold
from tongban.kernel import database, events, retention
from tongban.kernel.types import Channel, System, Text

SOURCE = SourceTold(name=Text(zh="示例省政务网", en="Sample province"), issuer="https://id.province.example", client_id="tongban",
                    secret="known to two", basis="示例省政务数据共享办法", assessment=ASSESSED)
PERSONNEL = {"kind": ClientKind.PROVISIONING, "redirects": (), "returns": (), "scopes": (), "sector": ""}
AGAIN = replace(ASSESSED, effect="对方停用了两项，影响更小，风险更低。", assessed_on=date(2026, 3, 2), next_look=date(2027, 3, 1))


@pytest.fixture
def three(db):
    with database.serving("worker"), nothing_stays():
        yield administrators()


def personnel():
    office = authorities.authority(journeys.authority_of("food-operation-gaoling"))
    return replace(BUS, **PERSONNEL, authorities=(office.uscc,))


def propose(three, kind):
    if kind == "source":
        return identity.propose_source(three[Duty.SYSTEM], told=SOURCE)
    return identity.propose_client(three[Duty.SYSTEM], registration=personnel() if kind == "personnel" else BUS)


def confirm(three, kind, key, assessment):
    verb = identity.confirm_source if kind == "source" else identity.confirm_client
    return verb(three[Duty.SECURITY], key=key, assessment=assessment)


def is_let_in(kind, key):
    return (queries.source(key) if kind == "source" else queries.client(key)) is not None


@requirement("SEC-04")
@pytest.mark.parametrize("kind", ["system", "personnel", "source"])
def test_each_is_let_in_only_with_the_assessment_that_was_read(three, kind):
    key, another = propose(three, kind), propose(three, "system")
    for wrong in (0, read(another)):
        with pytest.raises(AssessmentNotProposed):
            confirm(three, kind, key, wrong)
        assert not is_let_in(kind, key)
    told = queries.proposed_assessment(key)
    assert (told.purpose, told.effect, told.measures, told.assessor) == (
        ASSESSED.purpose, ASSESSED.effect, ASSESSED.measures, ASSESSED.assessor)
    confirm(three, kind, key, told.id)
    assert is_let_in(kind, key) and queries.assessments()[key].id == told.id
    assert [each.name for each in events.of_subject(f"assessment:{told.id}")] == ["AssessmentWritten", "AssessmentConfirmed"]


@requirement("SEC-04")
@pytest.mark.parametrize("wrong", [
    {"purpose": "合法"}, {"effect": " " * 20}, {"measures": ""}, {"assessor": " "}, {"assessed_on": date(2026, 3, 3)},
    {"next_look": date(2026, 3, 2)}, {"next_look": date(2027, 2, 28)}])
def test_an_assessment_that_says_nothing_or_never_looks_again_proposes_nothing(three, wrong):
    bad, before = replace(ASSESSED, **wrong), database.row("select count(*) from identity_client")
    with pytest.raises(AssessmentNotValid):
        identity.propose_client(three[Duty.SYSTEM], registration=replace(BUS, assessment=bad))
    with pytest.raises(AssessmentNotValid):
        identity.propose_source(three[Duty.SYSTEM], told=replace(SOURCE, assessment=bad))
    assert database.row("select count(*) from identity_client") == before


@requirement("SEC-04")
def test_a_next_look_too_late_is_told_the_latest_day_and_one_made_too_long_ago_is_made_anew(three):
    for changes, said in (({"next_look": date(2027, 2, 28)}, "2027-02-27"), ({"next_look": date(2026, 3, 2)}, "2027-02-27"),
                          ({"assessed_on": date(2025, 3, 1)}, "made anew")):
        with pytest.raises(AssessmentNotValid, match=said):
            identity.propose_source(three[Duty.SYSTEM], told=replace(SOURCE, assessment=replace(ASSESSED, **changes)))


@requirement("SEC-04")
@pytest.mark.parametrize("kind", ["system", "source"])
def test_the_database_lets_nobody_in_on_no_assessment_on_anothers_or_on_one_that_is_over(three, kind):
    key, another = propose(three, kind), propose(three, kind)
    confirm(three, kind, another, read(another))
    table = "identity_source" if kind == "source" else "identity_client"
    letting_in = f"update {table} set confirmed_at = kernel_now(), confirmed_by_id = %s, assessment_id = %s where key = %s"
    for assessment in (None, read(key), queries.assessments()[another].id):
        with pytest.raises(IntegrityError), database.atomic():
            database.execute(letting_in, [three[Duty.SECURITY].account, assessment, key])
    assert not is_let_in(kind, key)


@requirement("SEC-04")
def test_what_is_released_cannot_become_more_than_was_assessed(three, house):
    key = propose(three, "system")
    confirm(three, "system", key, read(key))
    with pytest.raises(Error, match="permission denied"), database.atomic():
        database.execute("update identity_client set scopes = scopes || array['phone'] where key = %s", [key])
    narrow = identity.propose_client(three[Duty.SYSTEM], registration=replace(BUS, scopes=(Scope.OPENID,)))
    with pytest.raises(AssessmentNotProposed):
        confirm(three, "system", narrow, read(key))


@requirement("SEC-04")
def test_not_even_the_owner_of_the_database_widens_it(db, house):
    key = let_in().key
    with psycopg.connect(test_database.owner_url(house)) as owner:
        for more in ("scopes = array['openid']", "authorities = array['11610117MB9A000146']", "assessment_id = null"):
            with pytest.raises(psycopg.errors.CheckViolation), owner.transaction():
                owner.execute(f"update identity_client set {more} where key = %s", [key])
        owner.rollback()
    with database.serving("worker"):
        identity.close_client(administrators()[Duty.SYSTEM], key=key)


@requirement("SEC-04")
def test_it_is_looked_at_again_by_two_and_the_newest_counts(three, at):
    key = propose(three, "system")
    confirm(three, "system", key, read(key))
    first = queries.assessments()[key]
    with pytest.raises(DutyMissing):
        identity.assess_again(three[Duty.SECURITY], key=key, assessment=AGAIN)
    with pytest.raises(AssessmentNotProposed):
        identity.assess_again(three[Duty.SYSTEM], key="nothing-like-it", assessment=AGAIN)
    second = identity.assess_again(three[Duty.SYSTEM], key=key, assessment=AGAIN)
    assert queries.assessments()[key].id == first.id
    with pytest.raises(DutyMissing):
        identity.confirm_assessment(three[Duty.SYSTEM], key=key, assessment=second)
    identity.confirm_assessment(three[Duty.SECURITY], key=key, assessment=second)
    assert queries.assessments()[key].effect == AGAIN.effect
    third = identity.assess_again(three[Duty.SYSTEM], key=key, assessment=AGAIN)
    at(MONDAY + timedelta(hours=25))
    with pytest.raises(AssessmentNotProposed):
        identity.confirm_assessment(administrators()[Duty.SECURITY], key=key, assessment=third)
    identity.close_client(administrators()[Duty.SECURITY], key=key)
    assert key not in queries.assessments()
    with pytest.raises(AssessmentNotProposed):
        identity.assess_again(administrators()[Duty.SYSTEM], key=key, assessment=AGAIN)


@requirement("SEC-04")
@pytest.mark.parametrize(("kind", "command"), [("system", "clients"), ("personnel", "clients"), ("source", "sources")])
def test_what_is_not_let_in_yet_is_agreed_to_with_its_assessment_and_not_before(three, kind, command):
    key = propose(three, kind)
    newest = identity.assess_again(three[Duty.SYSTEM], key=key, assessment=AGAIN)
    for each in (read(key), newest):
        with pytest.raises(AssessedNotConfirmed, match=f"tongban {command} confirm {key}"):
            identity.confirm_assessment(three[Duty.SECURITY], key=key, assessment=each)
    confirm(three, kind, key, newest)
    assert is_let_in(kind, key) and queries.assessments()[key].effect == AGAIN.effect


@requirement("SEC-04")
def test_one_past_its_next_look_is_said_to_supervisors_and_by_the_check(db, house, at):
    key = let_in().key
    supervisor = journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.SUPERVISOR)

    def shown():
        return text_of(signed_in(open_session(account=supervisor.account, channel=Channel.WEB)).get("/en/oversight/systems/"))

    def stale():
        with psycopg.connect(test_database.owner_url(house)) as owner:
            return deployment.ask(owner).people.stale
    assert all(part in shown() for part in (ASSESSED.purpose, ASSESSED.effect, ASSESSED.measures, ASSESSED.assessor))
    assert "past its next look" not in shown() and "公交一卡通" not in stale()
    at(MONDAY + timedelta(days=190))
    assert "look again" in shown() and "公交一卡通" in stale()
    with database.serving("worker"):
        identity.close_client(administrators()[Duty.SYSTEM], key=key)
    assert queries.client(key) is None


@requirement("SEC-04")
def test_it_is_kept_three_years_after_the_sharing_ended_and_no_longer(three, at):
    key, forgotten = propose(three, "system"), propose(three, "source")
    confirm(three, "system", key, read(key))

    def kept():
        return {each for (each,) in database.rows("select coalesce(client_id, source_id) from identity_assessment where "
                                                  "%s in (client_id, source_id) or %s in (client_id, source_id)", [key, forgotten])}
    at(MONDAY + timedelta(days=1097 + 1))
    retention.apply(System(name="retention"), "assessments")
    assert kept() == {key}, "what was never agreed to ended when it expired; what is let in goes on"
    identity.close_client(administrators()[Duty.SYSTEM], key=key)
    at(MONDAY + timedelta(days=1098 + 1095))
    retention.apply(System(name="retention"), "assessments")
    assert kept() == {key} and queries.oldest_ended_sharing() is not None
    at(MONDAY + timedelta(days=1098 + 1097))
    retention.apply(System(name="retention"), "assessments")
    assert kept() == set()


FILE = """
name: {zh: 公交一卡通, en: Bus card}
purpose: {zh: 给您办优惠卡, en: To give you a discount card}
basis: 《城市公共汽车和电车客运管理规定》
redirects: [https://bus.example.gov.cn/back]
sector: bus.example.gov.cn
"""
WRITTEN = """
  purpose: 为发放优惠卡核对年龄，合法、正当、必要。
  effect: 对方会知道姓名，泄露的风险低。
  measures: 本人同意后才给，随时可以收回，与风险相适应。
  assessor: 评估员示例
  assessed_on: 2026-02-27
  next_look: 2026-08-31
"""


@requirement("SEC-04")
def test_at_the_machine_it_is_written_with_the_proposal_and_read_whole_before_agreeing(three, monkeypatch, tmp_path, capsys):
    file, again, asked = tmp_path / "bus.yaml", tmp_path / "again.yaml", []
    says = types.SimpleNamespace(login="", answer="no")
    monkeypatch.setattr(administering, "ASK_SECRET", lambda prompt: PASSWORD)
    monkeypatch.setattr(administering, "ASK",
                        lambda prompt: says.login if "account" in prompt else (asked.append(prompt), says.answer)[1])

    def say(login, *words):
        says.login = login
        return cli.main([*words])
    file.write_text(FILE)
    assert say("relying-system", "clients", "propose", str(file)) == 1
    assert "assessment" in capsys.readouterr().err
    file.write_text(f"{FILE}assessment:{WRITTEN}")
    assert say("relying-system", "clients", "propose", str(file)) == 0
    key = capsys.readouterr().out.split()[-1]
    assert say("relying-system", "clients", "confirm", key) == 1 and asked == []
    assert say("relying-security", "clients", "confirm", key) == 0 and queries.client(key) is None
    for part in ("核对年龄", "泄露的风险低", "随时可以收回", "评估员示例", "2026-02-27", "2026-08-31"):
        assert part in asked[-1]
    says.answer = "yes"
    assert say("relying-security", "clients", "confirm", key) == 0 and queries.client(key) is not None
    again.write_text(WRITTEN.replace("风险低", "风险更低"))
    assert say("relying-system", "assessments", "write", key, str(again)) == 0
    assert say("relying-security", "assessments", "confirm", key) == 0 and "风险更低" in asked[-1]
    assert "风险更低" in queries.assessments()[key].effect
    assert say("relying-security", "assessments", "confirm", key) == 1
    again.write_text("purpose: x")
    assert say("relying-system", "assessments", "write", key, str(again)) == 1
    assert say("relying-system", "clients", "propose", str(file)) == 0
    waiting = capsys.readouterr().out.split()[-1]
    again.write_text(WRITTEN)
    assert say("relying-system", "assessments", "write", waiting, str(again)) == 0
    assert capsys.readouterr().out.endswith(f"tongban clients confirm {waiting}\n")
    assert say("relying-security", "assessments", "confirm", waiting) == 1
    assert f"tongban clients confirm {waiting}" in capsys.readouterr().err
