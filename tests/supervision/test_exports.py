"""Lists that leave as files: why, who lets them go, what they hold, who takes them away (SEC-11)."""

import csv
import io
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.requirements import requirement
from tests.reviews import given
from tests.reviews.given import TESTER, Desk, as_
from tongban.cases import actions as cases
from tongban.cases.queries import Figure
from tongban.cases.types import State
from tongban.identity import actions as identity
from tongban.identity.types import Actor, ActorKind, Post, Role
from tongban.kernel import clock, database, events, parameters, retention
from tongban.kernel.errors import HouseError
from tongban.supervision import actions, queries, tasks
from tongban.supervision.errors import (
    ExportEmpty,
    ExportNotAwaiting,
    ExportNotFound,
    ExportNotReady,
    ExportTooLong,
    OwnExport,
    SupervisorOnly,
)
from tongban.supervision.rules import file_of
from tongban.supervision.types import ExportState, Listing, Shown

WHY = "核对三月的超期办件"


def supervisor(*authorities: int, party: int | None = None) -> Actor:
    account = identity.open_account(TESTER, kind=ActorKind.OFFICER, login=f"exports-{secrets.token_hex(6)}", name="孙监察",
                                    password="secret-of-a-test", sample=True, party=party)
    for authority in authorities:
        identity.give_post(TESTER, account=account, authority=authority, role=Role.SUPERVISOR, valid_from=date(2026, 1, 1))
    return Actor(account=account, kind=ActorKind.OFFICER, party=party,
                 posts=tuple(Post(authority=each, role=Role.SUPERVISOR) for each in authorities))


@pytest.fixture
def limits(db: None) -> Iterator[Callable[..., None]]:
    """Set figures for one test: how many rows leave alone, in how many hours, how many at all."""
    def turn(**wanted: int) -> None:
        with database.serving("owner"):
            for name, value in wanted.items():
                database.execute("update kernel_parameter set value = %s where name = %s", [str(value), f"supervision.export_{name}"])
        parameters.forget()

    yield turn
    turn(rows_alone=1000, rows_most=100000, alone_hours=24)


@pytest.fixture
def asked(desk: Desk, limits: Callable[..., None]) -> tuple[Desk, Actor, Listing]:
    """A desk with three cases of an item of its own, its supervisor, and the list of these cases."""
    for _ in range(3):
        given.submitted(desk)
    today = clock.today()
    return desk, supervisor(desk.authority), Listing(authorities=(desk.authority,), figure=Figure.RECEIVED, since=today, until=today,
                                                     item=desk.item)


def ask(who: Actor, listing: Listing, reason: str = WHY, language: str = "zh-hans") -> str:
    with as_(who):
        return actions.ask_export(who, listing=listing, language=language, reason=reason)


def approve(who: Actor, key: str) -> None:
    with as_(who):
        actions.approve_export(who, key=key)


def row(who: Actor, key: str) -> Any:
    with as_(who):
        return queries.export(key, authorities=who.authorities)


def taken(who: Actor, key: str) -> list[list[str]]:
    with as_(who):
        content = actions.fetch_export(who, key=key).content
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def told(key: str) -> list[str]:
    return [each.name for each in events.of_subject(f"export:{key}")]


@requirement("SEC-11")
def test_a_short_list_is_made_at_once_by_a_job_and_says_first_and_last_who_took_it(asked, catch_up):
    desk, who, listing = asked
    key = ask(who, listing)
    assert row(who, key).state is ExportState.MAKING
    catch_up()
    assert database.row("select count(*) from procrastinate_jobs where task_name = 'supervision.make_export' "
                        "and args->>'export' = %s", [key]) == (1,)
    tasks.make_file(key)
    lines = taken(who, key)
    assert [line[1] for line in lines[2:-1]] == desk.numbers[::-1]
    assert lines[0] == lines[-1] and lines[1][:4] == ["事项", "办件编号", "部门", "状态"]
    for fact in (f"孙监察 {who.account}", "2026-03-02 10:00", key, WHY, "共 3 件", "不需要第二人批准"):
        assert fact in lines[0][0]
    assert told(key) == ["ExportAsked", "ExportMade", "ExportFetched"]
    made = row(who, key)
    assert (made.state, made.rows_asked, made.rows_made) == (ExportState.READY, 3, 3)


@requirement("SEC-11")
def test_the_file_names_no_applicant_lies_sealed_and_makes_nothing_twice(asked):
    desk, who, listing = asked
    key = ask(who, listing, language="en")
    tasks.make_file(key)
    tasks.make_file(key)
    assert told(key) == ["ExportAsked", "ExportMade"]
    content = bytes(database.row("select f.sealed from supervision_export_file f join supervision_export e on e.id = f.export_id "
                                 "where e.key = %s", [key])[0])  # type: ignore[index]
    assert desk.numbers[0].encode() not in content
    lines = taken(who, key)
    shown = database.row("select applicant_name from cases_case where number = %s", [desk.numbers[0]])
    assert lines[1][0] == "Item" and lines[2][3] == "received" and shown and not any(shown[0] in cell for line in lines for cell in line)


@requirement("SEC-11")
def test_a_longer_list_waits_for_a_second_supervisor_and_the_file_says_who_let_it_go(asked, limits):
    desk, who, listing = asked
    limits(rows_alone=2)
    key, second = ask(who, listing), supervisor(desk.authority)
    tasks.make_file(key)
    assert row(who, key).state is ExportState.AWAITING and row(who, key).rows_made is None
    with as_(who), pytest.raises(ExportNotReady):
        actions.fetch_export(who, key=key)
    with as_(second):
        assert queries.exports(Shown.AWAITING, account=second.account, authorities=second.authorities)[0].key == key
    approve(second, key)
    tasks.make_file(key)
    assert f"批准：孙监察 {second.account}，3 件" in taken(who, key)[0][0]
    assert told(key) == ["ExportAsked", "ExportApproved", "ExportMade", "ExportFetched"]
    made = events.of_subject(f"export:{key}")[2].payload
    assert (made["rows"], made["allowed"]) == (3, 3)


def refusals(desk: Desk, who: Actor, listing: Listing, key: str) -> list[tuple[type[HouseError], Callable[[], object]]]:
    own_other = supervisor(desk.authority, party=desk.citizen.party)
    reviewer = replace(desk.reviewer)
    elsewhere = supervisor(desk.other)
    same = ask(own_other, listing)
    also_own = supervisor(desk.authority, party=desk.citizen.party)
    return [
        (OwnExport, lambda: approve(who, key)),
        (OwnExport, lambda: approve(also_own, same)),
        (ExportNotFound, lambda: approve(reviewer, key)),
        (ExportNotFound, lambda: approve(elsewhere, key)),
        (ExportNotFound, lambda: taken(supervisor(desk.authority), key)),
        (SupervisorOnly, lambda: ask(reviewer, listing)),
        (SupervisorOnly, lambda: ask(who, replace(listing, authorities=(desk.authority, desk.other)))),
        (SupervisorOnly, lambda: ask(who, replace(listing, authorities=()))),
        (ExportEmpty, lambda: ask(who, replace(listing, item="0" * 31))),
    ]


@requirement("SEC-11")
@pytest.mark.parametrize("value", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"])
def test_no_value_of_a_file_is_a_formula_to_a_spreadsheet(value):
    lines = list(csv.reader(io.StringIO(file_of("导出", [value, "a"], [["b", value], ["", 'a";=1']]).decode("utf-8-sig"), newline="")))
    assert lines == [["导出"], [f"'{value}", "a"], ["b", f"'{value}"], ["", 'a";=1'], ["导出"]]


@requirement("SEC-11")
def test_what_is_refused_writes_nothing(asked, limits):
    desk, who, listing = asked
    limits(rows_alone=2)
    key = ask(who, listing)
    wrong = refusals(desk, who, listing, key)
    before = database.row("select count(*), (select max(id) from kernel_event where subject like 'export:%%') from supervision_export")
    for error, act in wrong:
        with pytest.raises(error):
            act()
    limits(rows_most=2)
    with pytest.raises(ExportTooLong):
        ask(who, listing)
    assert database.row("select count(*), (select max(id) from kernel_event where subject like 'export:%%') "
                        "from supervision_export") == before
    assert row(who, key).state is ExportState.AWAITING and told(key) == ["ExportAsked"]


FORGED = {
    "by whoever asked": "update supervision_export set state = 'MAKING', decided_by_id = asked_by_id, decided_at = kernel_now() "
                        "where key = %(key)s",
    "by somebody else's name": "update supervision_export set state = 'MAKING', decided_by_id = %(second)s, "
                               "decided_at = kernel_now() where key = %(key)s",
    "by nobody": "update supervision_export set state = 'MAKING' where key = %(key)s",
    "without a state": "update supervision_export set decided_by_id = %(second)s where key = %(key)s",
    "asked for as short": "insert into supervision_export (key, asked_by_id, asked_at, authorities, figure, case_state, item, region, "
                          "language, reason, reason_salt, state, cases, rows_asked, alone, due_at, decision, decision_salt) select 'x', "
                          "asked_by_id, asked_at, authorities, figure, case_state, item, region, language, reason, reason_salt, "
                          "'MAKING', cases, 3, 99999, due_at, '', '' from supervision_export where key = %(key)s",
}


@requirement("SEC-11")
@pytest.mark.parametrize("statement", FORGED.values(), ids=list(FORGED))
def test_the_database_itself_lets_no_list_go_without_a_second_person(asked, limits, statement):
    desk, who, listing = asked
    limits(rows_alone=2)
    key = ask(who, listing)
    second = supervisor(desk.authority)
    with pytest.raises(Exception, match=r"second person|cannot go|decision is made|two_people"), as_(who):
        database.execute(statement, {"key": key, "second": second.account})
    assert row(who, key).state is ExportState.AWAITING


@requirement("SEC-11")
def test_the_database_wants_a_decider_who_supervises_every_authority_of_the_list(asked, limits):
    desk, _who, listing = asked
    limits(rows_alone=2)
    who, half = supervisor(desk.authority, desk.other), supervisor(desk.authority)
    key = ask(who, replace(listing, authorities=(desk.authority, desk.other)))
    assert row(half, key) is None
    with pytest.raises(Exception, match="supervises every authority"), database.serving("officer"), database.acting(
            authorities=(desk.authority, desk.other), account=half.account):
        database.execute("update supervision_export set state = 'MAKING', decided_by_id = %s, decided_at = kernel_now() "
                         "where key = %s", [half.account, key])
    with pytest.raises(Exception, match="supervision_export_allowed"):
        database.execute("update supervision_export set state = 'LAPSED', rows_made = 3 where key = %s", [key])
    with pytest.raises(Exception, match="cannot go"):
        database.execute("update supervision_export set state = 'LAPSED', cases = '{}' where key = %s", [key])


@requirement("SEC-11")
@pytest.mark.parametrize("alone", [3, 2], ids=["alone", "by two people"])
def test_the_file_holds_what_was_listed_at_the_asking_however_the_list_goes_on(asked, limits, at, alone):
    desk, who, listing = asked
    limits(rows_alone=alone)
    key, wanted = ask(who, listing, language="en"), list(desk.numbers)
    at(clock.now() + timedelta(hours=1))
    given.submitted(desk)
    with as_(desk.reception):
        cases.accept_case(desk.reception, number=wanted[0])
    if alone < 3:
        approve(supervisor(desk.authority), key)
    tasks.make_file(key)
    lines = taken(who, key)
    assert [line[1] for line in lines[2:-1]] == wanted[::-1]
    assert [line[3] == "received" for line in lines[2:-1]] == [True, True, False], "each as it stands when the file is made"
    assert "3 cases; those listed when asked for, 2026-03-02 10:00, as they stood at 2026-03-02 11:00; for" in lines[0][0]


@requirement("SEC-11")
def test_a_case_stands_in_the_file_though_it_left_the_list_by_then(asked):
    desk, who, listing = asked
    key = ask(who, replace(listing, figure="", state=State.SUBMITTED, since=None, until=None, item=""))
    with as_(desk.reception):
        cases.accept_case(desk.reception, number=desk.numbers[-1])
    tasks.make_file(key)
    assert row(who, key).rows_made == row(who, key).rows_asked >= 3
    assert desk.numbers[-1] in {line[1] for line in taken(who, key)[2:-1]}


@requirement("SEC-11")
def test_what_the_asker_may_no_longer_see_is_left_out_and_counted(asked):
    desk, _who, listing = asked
    who = supervisor(desk.authority, desk.other)
    key = ask(who, replace(listing, authorities=(desk.authority, desk.other)))
    identity.take_post(TESTER, account=who.account, authority=desk.authority, role=Role.SUPERVISOR)
    tasks.make_file(key)
    lines = taken(who, key)
    assert len(lines) == 3 and "共 0 件，另有 3 件提出人已不能查看，未列入；" in lines[0][0]
    made = events.of_subject(f"export:{key}")[1].payload
    assert (made["rows"], made["allowed"]) == (0, 3)


@requirement("SEC-11")
def test_parts_of_a_long_list_wait_like_the_whole_however_many_accounts_the_person_has(asked, limits, at):
    desk, _who, listing = asked
    limits(rows_alone=5)
    who, own_other = (supervisor(desk.authority, party=desk.citizen.party) for _ in range(2))
    first, again, another = ask(who, listing), ask(own_other, listing), ask(supervisor(desk.authority), listing)
    assert [row(who, key).state for key in (first, again, another)] == [ExportState.MAKING, ExportState.AWAITING, ExportState.MAKING]
    assert row(who, again).alone == 2
    at(clock.now() + timedelta(hours=24))
    assert row(who, ask(own_other, listing)).state is ExportState.MAKING


@requirement("SEC-11")
def test_the_database_itself_adds_up_what_a_person_took_alone(asked, limits):
    _desk, who, listing = asked
    limits(rows_alone=5)
    key = ask(who, listing)
    with pytest.raises(Exception, match="second person"), as_(who):
        database.execute(FORGED["asked for as short"].replace("99999", "5"), {"key": key})
    with pytest.raises(Exception, match="does not begin like this"), as_(who):
        database.execute(FORGED["asked for as short"].replace("'MAKING', cases, 3, 99999", "'MAKING', cases, 1, 2"), {"key": key})


@requirement("SEC-11")
def test_what_waits_and_what_was_approved_lapse_in_time(asked, limits, at):
    desk, who, listing = asked
    limits(rows_alone=2)
    waiting, approved = ask(who, listing), ask(who, listing)
    second = supervisor(desk.authority)
    approve(second, approved)
    at(clock.now() + timedelta(hours=72))
    with pytest.raises(ExportNotAwaiting):
        approve(second, waiting)
    tasks.make_file(approved)
    assert tasks.end_waiting() >= 1
    assert {row(who, key).state for key in (waiting, approved)} == {ExportState.LAPSED}
    assert told(waiting) == ["ExportAsked", "ExportLapsed"]


@requirement("SEC-11")
def test_a_refusal_has_its_reason_and_no_file_follows(asked, limits):
    desk, who, listing = asked
    limits(rows_alone=2)
    key, second = ask(who, listing), supervisor(desk.authority)
    with as_(second):
        actions.refuse_export(second, key=key, reason="用途说得不清楚")
    tasks.make_file(key)
    found = row(who, key)
    assert (found.state, found.decision, found.decided_by) == (ExportState.REFUSED, "用途说得不清楚", second.account)
    assert told(key) == ["ExportAsked", "ExportRefused"] and "用途" not in str(events.of_subject(f"export:{key}")[-1].payload)
    with pytest.raises(ExportNotAwaiting):
        approve(second, key)


@requirement("SEC-11")
def test_whoever_lost_the_post_takes_nothing_away_and_after_some_days_nobody_does(asked, at):
    desk, who, listing = asked
    key = ask(who, listing)
    tasks.make_file(key)
    without = replace(who, posts=(Post(authority=desk.authority, role=Role.REVIEWER),))
    with pytest.raises(ExportNotFound):
        taken(without, key)
    second = supervisor(desk.authority)
    with as_(second):
        assert database.row("select count(*) from supervision_export_file f join supervision_export e on e.id = f.export_id "
                            "where e.key = %s", [key]) == (0,), "not even the sealed bytes are shown to another"
    at(clock.now() + timedelta(days=8))
    assert retention.apply(TESTER, "exports") >= 1
    assert row(who, key).state is ExportState.ERASED
    with pytest.raises(ExportNotReady):
        taken(who, key)


@requirement("SEC-11")
def test_rows_are_exactly_those_of_the_list(asked):
    desk, who, listing = asked
    for _ in range(4):
        given.accepted(desk)
    listing = replace(listing, figure=Figure.RECEIVED, item="")
    shown = [each.number for each in queries.listed(listing, limit=10_000)]
    key = ask(who, listing)
    tasks.make_file(key)
    assert [line[1] for line in taken(who, key)[2:-1]] == shown and len(shown) >= 7
