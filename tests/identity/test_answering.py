"""Who answers for the node and its data: named by two people, never written over, and missed aloud (SEC-03)."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import Error, IntegrityError
from django.test import Client

from tests import database as test_database
from tests import journeys
from tests.conftest import MONDAY
from tests.portal.public import signed_in, text_of
from tests.relying import PASSWORD, administrators, nothing_stays
from tests.requirements import requirement
from tongban.config import administering, answering, cli, deployment
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.actions import give_post, open_account, open_session
from tongban.identity.errors import AccountUnknown, DutyMissing, NamingNotValid, ResponsibleNotProposed
from tongban.identity.types import DATA_SETS, ActorKind, Charge, Duty, Named, Role
from tongban.kernel import clock, database, events
from tongban.kernel.types import Channel, System, Text

TESTER = System(name="tester")


def named(charge=Charge.KEYS, **changes):
    return Named(**{"charge": charge, "unit": Text(zh="高陵区数据局", en="Gaoling Data Bureau"), "person": Text(zh="贺一", en="He Yi"),
                    "post": Text(zh="科长", en="Head of section"), "line": "029-86910000",
                    "name": Text(zh="高陵政务网", en="Gaoling services") if charge in (Charge.NODE, Charge.SUPERIOR) else None, **changes})


@pytest.fixture
def three(db):
    with database.serving("worker"), nothing_stays():
        yield administrators()


def say(three, *given):
    return identity.confirm_responsible(three[Duty.SECURITY], keys=identity.propose_responsible(three[Duty.SYSTEM], named=given))


def officer_account(login):
    return open_account(TESTER, kind=ActorKind.OFFICER, login=login, password="", name="贺一", encoded="!")


@requirement("SEC-03")
def test_every_table_belongs_to_one_data_set(house):
    with psycopg.connect(test_database.owner_url(house)) as connection:
        tables = [name for (name,) in connection.execute(
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
            "and not relispartition and relname <> 'test_clock'").fetchall()]
    assert set(answering.TABLES) == set(DATA_SETS)
    held = {charge: [each for each in tables if each.startswith(begins)] for charge, begins in answering.TABLES.items()}
    assert sorted(each for those in held.values() for each in those) == sorted(tables)
    assert all(any(each.startswith(begin) for each in tables) for begins in answering.TABLES.values() for begin in begins)


@requirement("SEC-03")
def test_one_administrator_names_and_another_agrees_and_who_answered_before_stays_on_record(three):
    with pytest.raises(DutyMissing):
        identity.propose_responsible(three[Duty.SECURITY], named=[named()])
    keys = identity.propose_responsible(three[Duty.SYSTEM], named=[named()])
    assert queries.answering()[Charge.KEYS].sample and [each.key for each in queries.waiting_to_answer()] == keys
    for each in (Duty.SYSTEM, Duty.AUDIT):
        with pytest.raises(DutyMissing):
            identity.confirm_responsible(three[each], keys=keys)
    assert identity.confirm_responsible(three[Duty.SECURITY], keys=keys) == [Charge.KEYS]
    assert queries.answering()[Charge.KEYS].person.zh == "贺一"
    say(three, named(person=Text(zh="贺二", en="He Er")), named(Charge.NODE))
    known = queries.answering()
    assert (known[Charge.KEYS].person.zh, known[Charge.NODE].name.en) == ("贺二", "Gaoling services")
    assert [each.person.zh for each in queries.answered_before() if each.charge is Charge.KEYS] == ["贺二", "贺一", "示例癸"]
    assert [each.name for each in events.of_subject("responsible:KEYS")] == [
        "ResponsibleMadeUp", *["ResponsibleProposed", "ResponsibleConfirmed"] * 2]


@requirement("SEC-03")
def test_whoever_is_named_for_a_later_day_answers_from_then_on(three, at):
    say(three, named(since=clock.today() + timedelta(days=2)))
    assert queries.answering()[Charge.KEYS].sample
    at(MONDAY + timedelta(days=2))
    assert queries.answering()[Charge.KEYS].person.zh == "贺一"


@requirement("SEC-03")
def test_what_is_not_written_in_full_or_waits_too_long_names_nobody(three, at):
    for wrong in (named(person=Text(zh="贺一")), named(unit=Text(zh=" ", en="x")), named(line="call me"), named(Charge.NODE, name=None),
                  named(name=Text(zh="密", en="Keys")), named(since=clock.today() - timedelta(days=1))):
        with pytest.raises(NamingNotValid):
            identity.propose_responsible(three[Duty.SYSTEM], named=[named(), wrong])
    with pytest.raises(AccountUnknown):
        identity.propose_responsible(three[Duty.SYSTEM], named=[named(login="nobody-here")])
    assert queries.waiting_to_answer() == []
    keys = identity.propose_responsible(three[Duty.SYSTEM], named=[named()])
    for read in ([], [*keys, keys[0] + 1000]):
        with pytest.raises(ResponsibleNotProposed):
            identity.confirm_responsible(three[Duty.SECURITY], keys=read)
    at(MONDAY + timedelta(hours=25))
    with pytest.raises(ResponsibleNotProposed):
        identity.confirm_responsible(administrators()[Duty.SECURITY], keys=keys)
    assert queries.answering()[Charge.KEYS].sample


@requirement("SEC-03")
def test_the_database_takes_neither_one_hand_nor_a_word_back(three):
    key, = identity.propose_responsible(three[Duty.SYSTEM], named=[named()])
    with pytest.raises(IntegrityError, match="identity_responsibility_two_people"), database.atomic():
        database.execute("update identity_responsibility set confirmed_by_id = proposed_by_id, confirmed_at = kernel_now() where id = %s",
                         [key])
    identity.confirm_responsible(three[Duty.SECURITY], keys=[key])
    for statement in ("update identity_responsibility set line = '12345' where id = %s",
                      "delete from identity_responsibility where id = %s"):
        with pytest.raises(Error, match="permission denied"), database.atomic():
            database.execute(statement, [key])


@requirement("SEC-03")
def test_whoever_left_the_post_answers_no_more(three):
    account = officer_account("he-yi")
    say(three, named(login="he-yi"))
    assert queries.answering()[Charge.KEYS].has_left
    office = journeys.authority_of("food-operation-gaoling")
    give_post(TESTER, account=account, authority=office, role=Role.DATA_STEWARD, valid_from=clock.today())
    assert not queries.answering()[Charge.KEYS].has_left
    identity.take_post(TESTER, account=account, authority=office, role=Role.DATA_STEWARD)
    assert queries.answering()[Charge.KEYS].has_left


@requirement("SEC-03")
def test_an_installation_for_people_names_a_real_person_for_everything(house, db):
    with psycopg.connect(test_database.owner_url(house)) as owner:
        assert deployment.ask(owner).people.unanswered == tuple(f"{each} (sample)" for each in Charge)
        owner.execute("delete from identity_responsibility where charge = 'NODE'")
        owner.execute("update identity_responsibility set sample = false, proposed_by_id = (select min(id) from identity_account), "
                      "confirmed_by_id = (select max(id) from identity_account) where charge <> 'KEYS'")
        assert deployment.ask(owner).people.unanswered == ("NODE", "KEYS (sample)")
        owner.execute("insert into identity_account (kind, login, password, display, display_en, proofing, active, sample) "
                      "values ('OFFICER', 'left', '!', '走', '', 0, false, false)")
        owner.execute("update identity_responsibility set account_id = (select id from identity_account where login = 'left') "
                      "where charge = 'RECORD'")
        assert deployment.ask(owner).people.unanswered == ("NODE", "RECORD", "KEYS (sample)")
        owner.rollback()


@requirement("SEC-03")
def test_everyone_reads_the_chain_from_the_node_above_to_each_data_set(db):
    for path, language in (("/who-answers/", "zh"), ("/en/who-answers/", "en")):
        answer = Client().get(path)
        told = text_of(answer)
        with database.serving("worker"):
            known = queries.answering()
        places = [told.index(known[each].unit.in_(language)) for each in (Charge.SUPERIOR, Charge.NODE)]
        assert places == sorted(places)
        for row in known.values():
            assert row.person.in_(language) in told and row.unit.in_(language) in told
            assert f'href="tel:{row.line}"' in answer.content.decode()
        assert told.count("（示例）" if language == "zh" else "(sample)") == len(Charge)
        assert f'href="{path}"' in Client().get(path.replace("who-answers/", "")).content.decode()


@requirement("SEC-03")
def test_whoever_lacks_somebody_is_said_plainly_to_everyone_and_to_supervisors(db, monkeypatch):
    with database.serving("worker"):
        known = queries.answering()
    left = {**known, Charge.RECORD: replace(known[Charge.RECORD], has_left=True)}
    monkeypatch.setattr(queries, "answering", lambda: {key: row for key, row in left.items() if key is not Charge.KEYS})
    told = text_of(Client().get("/en/who-answers/"))
    assert told.count("Nobody is named yet.") == 1 and "whoever was has left the post" in told
    assert known[Charge.RECORD].person.en not in told and known[Charge.KEYS].person.en not in told
    supervisor = journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.SUPERVISOR)
    found = text_of(signed_in(open_session(account=supervisor.account, channel=Channel.WEB)).get("/en/oversight/answering/"))
    assert f"Nobody is named for 2 of {len(Charge)}" in found and "Nobody is named yet." in found


@requirement("SEC-03")
def test_above_the_topmost_node_nobody_is_asked_for_and_nobody_shown(db, monkeypatch, capsys):
    with database.serving("worker"):
        superior, others = queries.answering()[Charge.SUPERIOR], len(queries.charges()) - 1
    monkeypatch.setattr(settings, "HUB", True)
    supervisor = journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.SUPERVISOR)
    desk = signed_in(open_session(account=supervisor.account, channel=Channel.WEB))
    for visitor, path in ((Client(), "/who-answers/"), (desk, "/oversight/answering/")):
        for prefix, said, above in (("", "这里是最上级的节点", "上级节点"),
                                    ("/en", "This is the topmost node.", "The node above this one")):
            chain = text_of(visitor.get(prefix + path)).partition("Everybody named so far" if prefix else "历次指定")[0]
            assert said in chain and above not in chain and superior.unit.zh not in chain and superior.unit.en not in chain
    shown = text_of(desk.get("/en/oversight/answering/"))
    assert "For all of it somebody is named" in shown and "name somebody who is there for each" in shown
    assert cli.main(["responsible", "list"]) == 0
    listed = capsys.readouterr().out
    assert "SUPERIOR      This is the topmost node.\n" in listed and superior.unit.zh not in listed
    known = queries.answering
    monkeypatch.setattr(queries, "answering", lambda: {charge: row for charge, row in known().items() if charge is not Charge.KEYS})
    assert f"Nobody is named for 1 of {others}" in text_of(desk.get("/en/oversight/answering/"))
    assert cli.main(["responsible", "list"]) == 1


@requirement("SEC-03")
def test_the_two_say_it_at_the_machine(three, monkeypatch, tmp_path, capsys):
    file = tmp_path / "responsible.yaml"
    file.write_text("- {charge: KEYS, unit: {zh: 高陵区数据局, en: Gaoling Data Bureau}, person: {zh: 贺一, en: He Yi}, "
                    "post: {zh: 科长, en: Head}, line: 029-86910000}\n")
    read = []
    monkeypatch.setattr(administering, "ASK_SECRET", lambda prompt: PASSWORD)
    for login, words, code in (("relying-system", ["name", str(file)], 0), ("relying-system", ["confirm"], 1),
                               ("relying-security", ["confirm"], 0), ("relying-security", ["confirm"], 1), ("", ["list"], 0)):
        monkeypatch.setattr(administering, "ASK",
                            lambda prompt, login=login: login if "account" in prompt else (read.append(prompt), "yes")[1])
        assert cli.main(["responsible", *words]) == code
    assert all("贺一" in each and "029-86910000" in each for each in read) and len(read) == 1
    said = capsys.readouterr().out
    assert "KEYS          高陵区数据局 · 贺一" in said and "tables messages_*" in said and "SAMPLE" in said
    file.write_text("- {charge: WEATHER}\n")
    assert cli.main(["responsible", "name", str(file)]) == 1
