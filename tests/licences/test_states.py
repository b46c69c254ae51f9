"""The life of a licence: every legal move, no other, by whom, and seen by verifiers at once."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError

from tests.licences.conftest import TESTER, officer
from tests.requirements import requirement
from tongban.identity.errors import PasskeyNeeded
from tongban.identity.types import Role
from tongban.kernel import database, events, ticking
from tongban.licences import actions, queries, rules, tasks
from tongban.licences.errors import (
    LicenceCheckDayUnknown,
    LicenceMoveNotAllowed,
    LicenceNotFound,
    LicenceNotYours,
    LicenceOutOfDate,
    LicenceReasonMissing,
)
from tongban.licences.events import LicenceCheckDue, LicenceRunsOut
from tongban.licences.types import LicenceState, TrustLevel
from tongban.messages import queries as messages

REGISTERED = tasks
SHANGHAI = ZoneInfo("Asia/Shanghai")
REACHED_BY = {
    LicenceState.ISSUED: (),
    LicenceState.SUSPENDED: (LicenceState.SUSPENDED,),
    LicenceState.REVOKED: (LicenceState.REVOKED,),
    LicenceState.CANCELLED: (LicenceState.CANCELLED,),
}


def moved(issued, path):
    licence = issued()
    for state in path:
        actions.change_state(TESTER, code=licence.code, state=state, reason="测试理由")
    return licence.code


@requirement("LIC-10", "LIC-13")
@pytest.mark.parametrize(("here", "there"), list(product(REACHED_BY, sorted(rules.BY_DECISION))))
def test_only_legal_moves_happen_and_verifiers_see_them_with_the_commit(issued, here, there, given):
    code = moved(issued, REACHED_BY[here])
    if there in rules.MOVES[here]:
        actions.change_state(TESTER, code=code, state=there, reason="测试理由")
        expected = there
    else:
        with pytest.raises(LicenceMoveNotAllowed):
            actions.change_state(TESTER, code=code, state=there, reason="测试理由")
        expected = here
    assert queries.licence(code).state is expected
    with database.serving("public"):
        answer = queries.verifiable(code)
        assert answer.state is expected
        assert answer.verdict == ("VALID" if expected is LicenceState.ISSUED else expected)
        assert queries.state_of(answer.shown.identifier) is expected


@requirement("LIC-10")
@pytest.mark.parametrize("state", sorted(set(LicenceState) - rules.BY_DECISION))
def test_nobody_decides_what_issue_and_time_bring(issued, state, given):
    licence = issued()
    with pytest.raises(LicenceMoveNotAllowed):
        actions.change_state(TESTER, code=licence.code, state=state, reason="测试理由")
    assert queries.licence(licence.code).state is LicenceState.ISSUED


@requirement("LIC-10")
def test_the_database_knows_the_same_moves_and_refuses_the_rest(issued, order, given):
    legal = {(here, there) for here, targets in rules.MOVES.items() for there in targets}
    with database.serving("owner"):
        assert set(database.rows("select from_state, to_state from licences_move")) == legal
        for here, there in product(LicenceState, LicenceState):
            if here is there or (here, there) in legal:
                continue
            code = order() if here in {"DRAFT", "SIGNED"} else issued().code
            with pytest.raises(IntegrityError, match="cannot move"), database.atomic():
                if here in {"SUSPENDED", "EXPIRED", "REPLACED", "REVOKED", "CANCELLED", "SIGNED"}:
                    database.execute("alter table licences_licence disable trigger licences_licence_move")
                    database.execute("alter table licences_licence drop constraint licences_licence_rendered")
                    database.execute("update licences_licence set state = %s where code = %s", [here, code])
                    database.execute("alter table licences_licence enable trigger licences_licence_move")
                database.execute("update licences_licence set state = %s where code = %s", [there, code])


def test_a_draft_cannot_be_moved_or_verified(order, given):
    code = order()
    with pytest.raises(LicenceMoveNotAllowed):
        actions.change_state(TESTER, code=code, state=LicenceState.REVOKED, reason="测试理由")
    with pytest.raises(LicenceNotFound):
        queries.verifiable(code)


def test_a_change_needs_a_reason_which_the_event_keeps_only_as_hash(issued):
    licence = issued()
    with pytest.raises(LicenceReasonMissing):
        actions.change_state(TESTER, code=licence.code, state=LicenceState.SUSPENDED, reason="  ")
    actions.change_state(TESTER, code=licence.code, state=LicenceState.SUSPENDED, reason="卫生不合格")
    happened = [each for each in events.of_subject(f"licence:{licence.code}") if each.name == "LicenceStateChanged"]
    assert len(happened) == 1
    assert "卫生不合格" not in str(happened[0].payload)
    assert (happened[0].happened.old, happened[0].happened.new) == ("ISSUED", "SUSPENDED")
    assert len(happened[0].happened.reason_hash) == 64


@requirement("LIC-10")
def test_only_a_decider_of_the_issuing_authority_changes_a_licence(issued, given):
    licence = issued()
    wanted = {"code": licence.code, "state": LicenceState.SUSPENDED, "reason": "测试理由"}
    with database.serving("officer"):
        with database.acting(authorities=[given.authority]), pytest.raises(LicenceNotYours):
            actions.change_state(officer(given.authority, Role.RECEPTIONIST), **wanted)
        with database.acting(authorities=[given.authority]), pytest.raises(LicenceNotYours):
            actions.change_state(given.stranger, **wanted)
        with database.acting(authorities=[given.other]), pytest.raises(LicenceNotFound):
            actions.change_state(given.stranger, **wanted)
        with database.acting(authorities=[given.authority]):
            actions.change_state(given.decider, **wanted)
    assert queries.verifiable(licence.code).verdict == "SUSPENDED"


def test_a_licence_is_ended_for_good_only_with_a_passkey_used_in_the_last_two_minutes(issued, given):
    licence = issued()
    wanted = {"code": licence.code, "reason": "测试理由"}
    with database.serving("officer"), database.acting(authorities=[given.authority]):
        for seconds in (None, 121):
            for state in (LicenceState.REVOKED, LicenceState.CANCELLED):
                with pytest.raises(PasskeyNeeded):
                    actions.change_state(replace(given.decider, passkey_seconds=seconds), state=state, **wanted)
        assert queries.licence(licence.code).state is LicenceState.ISSUED
        actions.change_state(given.decider, state=LicenceState.SUSPENDED, **wanted)
        actions.change_state(replace(given.decider, passkey_seconds=120), state=LicenceState.REVOKED, **wanted)
    assert queries.verifiable(licence.code).verdict == "REVOKED"


def test_an_officer_cannot_touch_the_public_row_of_another_authority(issued, given):
    licence = issued()
    with database.serving("officer"), pytest.raises(Exception, match="row-level security"), \
            database.acting(authorities=[given.other]):
        database.execute("update licences_verifiable set state = 'REVOKED' where code = %s", [licence.code])
    for column in ("payload = ''", "signatures = '[]'", "issuer = 1", "identifier = 'x'"):
        with database.serving("officer"), pytest.raises(Exception, match="permission denied"), \
                database.acting(authorities=[given.authority]):
            database.execute(f"update licences_verifiable set {column} where code = %s", [licence.code])
    with database.serving("owner"), pytest.raises(IntegrityError, match="stays as it is"):
        database.execute("update licences_verifiable set payload = '' where code = %s", [licence.code])
    assert queries.verifiable(licence.code).verdict == "VALID"


@requirement("LIC-10")
def test_time_expires_a_licence_and_verifiers_know_before_the_tick(issued, at, given):
    licence = issued(years=1)
    at(datetime(2027, 3, 1, 23, 59, tzinfo=SHANGHAI))
    ticking.TICKS["licences.expire"]()
    assert queries.verifiable(licence.code).verdict == "VALID"
    at(datetime(2027, 3, 2, 0, 0, 1, tzinfo=SHANGHAI))
    assert queries.verifiable(licence.code).verdict == "EXPIRED"
    assert queries.verifiable(licence.code).state is LicenceState.ISSUED
    assert queries.usable_for([given.firm], [licence.type_code]) == []
    assert ticking.TICKS["licences.expire"]() >= 1
    assert queries.licence(licence.code).state is LicenceState.EXPIRED
    assert queries.verifiable(licence.code).state is LicenceState.EXPIRED
    assert ticking.TICKS["licences.expire"]() == 0
    assert not actions.expire_licence(TESTER, code=licence.code)


@requirement("LIC-15")
def test_the_holder_is_reminded_once_at_ninety_sixty_and_thirty_days_before_the_end(issued, at, given, catch_up):
    licence = issued(years=1)
    last = licence.valid_to
    told = []
    for left in (91, 90, 89, 60, 45, 30, 1, 0):
        at(datetime.combine(last - timedelta(days=left), time(9), SHANGHAI))
        ticking.TICKS["licences.remind"]()
        ticking.TICKS["licences.remind"]()
        catch_up()
        with database.serving("citizen"), database.acting(parties=[given.firm]):
            letters = [each for each in messages.inbox([given.firm], limit=100) if each.title.zh.startswith("快到期了")]
        told.append((left, len(letters)))
    assert told == [(91, 0), (90, 1), (89, 1), (60, 2), (45, 2), (30, 3), (1, 3), (0, 3)]
    newest, first = letters[0], letters[-1]
    assert "90 天到期" in first.body.zh and "30 days" in newest.body.en and "2027年" in first.body.zh
    happened = [each.happened for each in events.of_subject(f"licence:{licence.code}") if each.name == "LicenceRunsOut"]
    assert happened == [LicenceRunsOut(code=licence.code, days=days, valid_to=last.isoformat()) for days in (90, 60, 30)]


@requirement("LIC-15")
@pytest.mark.parametrize("state", [LicenceState.SUSPENDED, LicenceState.REVOKED, LicenceState.CANCELLED])
def test_nobody_is_reminded_of_a_licence_that_is_not_in_use(issued, at, given, state):
    licence = issued(years=1)
    actions.change_state(TESTER, code=licence.code, state=state, reason="测试理由")
    at(datetime.combine(licence.valid_to - timedelta(days=60), time(9), SHANGHAI))
    ticking.TICKS["licences.remind"]()
    assert not actions.remind_holder(TESTER, code=licence.code)


@requirement("LIC-15")
def test_the_holder_is_reminded_of_each_annual_check_but_not_in_the_first_year_nor_after_the_end(issued, publish, at, given, catch_up):
    licence = issued(type_code=publish(annual_check="05-31"), years=2)
    told = []
    for day in (date(2026, 5, 1), date(2027, 3, 1), date(2027, 3, 2), date(2027, 4, 1), date(2027, 4, 2), date(2027, 5, 31),
                date(2027, 6, 1), date(2027, 9, 1), date(2028, 2, 20)):
        at(datetime.combine(day, time(0, 30), SHANGHAI))
        ticking.TICKS["licences.check"]()
        ticking.TICKS["licences.check"]()
        catch_up()
        with database.serving("citizen"), database.acting(parties=[given.firm]):
            letters = [each for each in messages.inbox([given.firm], limit=100) if each.title.zh.startswith("该年检了")]
        told.append(len(letters))
    assert told == [0, 0, 1, 2, 2, 3, 3, 3, 3]
    assert "90 天" in letters[-1].body.zh and "2027年5月31日" in letters[-1].body.zh and "31 May 2027" in letters[0].body.en
    happened = [each.happened for each in events.of_subject(f"licence:{licence.code}") if each.name == "LicenceCheckDue"]
    assert happened == [LicenceCheckDue(code=licence.code, days=days, on="2027-05-31") for days in (90, 60, 30)]


@requirement("LIC-15")
def test_the_next_annual_check_is_one_of_each_year_of_the_licence(issued, publish, at):
    endless = issued(type_code=publish(annual_check="05-31"), years=None)
    assert rules.next_check(date(2026, 3, 2), endless) == date(2027, 5, 31)
    assert rules.next_check(date(2027, 5, 31), endless) == date(2027, 5, 31)
    assert rules.next_check(date(2027, 6, 1), endless) == date(2028, 5, 31)
    assert rules.next_check(date(2027, 6, 1), replace(endless, valid_to=date(2028, 5, 30))) is None
    assert rules.next_check(date(2027, 6, 1), replace(endless, annual_check="")) is None
    actions.change_state(TESTER, code=endless.code, state=LicenceState.SUSPENDED, reason="测试理由")
    at(datetime(2027, 5, 1, 9, 0, tzinfo=SHANGHAI))
    assert not actions.remind_of_check(TESTER, code=endless.code)
    for written in ("02-29", "13-01", "5-31", "2027-05-31", "x"):
        with pytest.raises(LicenceCheckDayUnknown):
            publish(annual_check=written)


def test_a_short_licence_is_not_called_running_out_on_the_day_it_begins():
    start = date(2026, 3, 2)
    assert rules.reminder(start, start, start + timedelta(days=60), [90, 60, 30]) is None
    assert rules.reminder(start + timedelta(days=30), start, start + timedelta(days=60), [90, 60, 30]) == 30
    assert rules.reminder(start, start, None, [90]) is None
    assert rules.reminder(start, date(2020, 1, 1), date(2026, 3, 1), [90]) is None


@requirement("LIC-10")
def test_one_licence_that_cannot_expire_holds_up_no_other(issued, at):
    broken, sound = issued(years=1), issued(years=1)
    at(datetime(2027, 3, 3, 9, 0, tzinfo=SHANGHAI))
    with database.serving("owner"):
        database.execute("alter table licences_verifiable add constraint broken "
                         f"check (code <> '{broken.code}' or state <> 'EXPIRED') not valid")
    try:
        ticking.TICKS["licences.expire"]()
    finally:
        with database.serving("owner"):
            database.execute("alter table licences_verifiable drop constraint broken")
    assert queries.licence(broken.code).state is LicenceState.ISSUED
    assert queries.licence(sound.code).state is LicenceState.EXPIRED


@requirement("LIC-10", "LIC-05")
def test_an_expired_licence_is_renewed_by_a_new_version_only(issued, publish, at, given):
    kind = publish(single=True)
    licence = issued(type_code=kind, years=1)
    at(datetime(2027, 4, 1, 9, 0, tzinfo=SHANGHAI))
    ticking.TICKS["licences.expire"]()
    for state in (LicenceState.ISSUED, LicenceState.SUSPENDED, LicenceState.REVOKED):
        with pytest.raises(LicenceMoveNotAllowed):
            actions.change_state(TESTER, code=licence.code, state=state, reason="测试理由")
    renewed = issued(type_code=kind, years=1)
    assert renewed.version == 2
    assert queries.verifiable(licence.code).verdict == "REPLACED"
    assert queries.verifiable(renewed.code).verdict == "VALID"


def test_a_suspended_licence_past_its_last_day_is_not_resumed(issued, at, given):
    licence = issued(years=1)
    actions.change_state(TESTER, code=licence.code, state=LicenceState.SUSPENDED, reason="测试理由")
    at(datetime(2027, 3, 2, 9, 0, tzinfo=SHANGHAI))
    with pytest.raises(LicenceOutOfDate):
        actions.change_state(TESTER, code=licence.code, state=LicenceState.ISSUED, reason="测试理由")
    assert queries.licence(licence.code).state is LicenceState.SUSPENDED


@requirement("MAT-01")
@pytest.mark.parametrize(("trust", "usable"), [(TrustLevel.A, True), (TrustLevel.B, True), (TrustLevel.C, False),
                                               (TrustLevel.D, False)])
def test_only_what_the_issuer_or_a_counter_vouches_for_stands_for_a_material(publish, trust, usable, given):
    kind = publish()
    actions.register_licence(TESTER, type_code=kind, holder=given.firm, fields={"name": "示例"}, number="示例1",
                             valid_from=date(2026, 1, 1), trust=trust)
    found = queries.usable_for([given.firm], [kind])
    assert [each.trust for each in found] == ([trust] if usable else [])
    if usable:
        assert (found[0].source.zh, found[0].fields["name"], found[0].number) == ("测试总局", "示例", "示例1")


@pytest.mark.parametrize(("start", "end", "usable"), [
    (date(2026, 3, 2), date(2026, 3, 2), True), (date(2026, 3, 3), None, False),
    (date(2025, 1, 1), date(2026, 3, 1), False), (date(2025, 1, 1), None, True)])
def test_evidence_is_within_its_period(publish, start, end, usable, given):
    kind = publish()
    actions.register_licence(TESTER, type_code=kind, holder=given.firm, fields={}, number="示例1", valid_from=start,
                             valid_to=end)
    assert bool(queries.usable_for([given.firm], [kind])) is usable


@pytest.mark.parametrize("state", [LicenceState.SUSPENDED, LicenceState.REVOKED, LicenceState.CANCELLED])
def test_a_licence_out_of_force_is_no_evidence(issued, state, given):
    licence = issued()
    assert len(queries.usable_for([given.firm], [licence.type_code])) == 1
    actions.change_state(TESTER, code=licence.code, state=state, reason="测试理由")
    assert queries.usable_for([given.firm], [licence.type_code]) == []


def test_another_citizen_sees_nothing_and_the_public_only_what_was_signed(issued, given):
    licence = issued()
    tables = ("licences_licence", "licences_change", "documents_document", "licences_serial", "seals_stamp")
    with database.serving("citizen"):
        with database.acting(parties=[given.firm]):
            assert [each.code for each in queries.licences_of([given.firm])] == [licence.code]
        with database.acting(parties=[given.person]):
            assert queries.licences_of([given.firm]) == []
            with pytest.raises(LicenceNotFound):
                queries.licence(licence.code)
        assert queries.licences_of([given.firm]) == []
    with database.serving("officer"), database.acting(authorities=[given.other]), pytest.raises(LicenceNotFound):
        queries.licence(licence.code)
    with database.serving("public"):
        for table in tables:
            with pytest.raises(Exception, match="permission denied"):
                database.row(f"select * from {table}")
        assert queries.verifiable(licence.code).verdict == "VALID"


@pytest.mark.parametrize("login", ["public", "citizen", "officer", "auditor"])
def test_only_the_worker_may_create_licences_and_only_in_draft(issued, login, given):
    licence = issued()
    with database.serving(login), pytest.raises(Exception, match="permission denied"):
        database.execute("insert into licences_licence (code) values ('x')")
    with database.serving(login), pytest.raises(Exception, match="permission denied"):
        database.execute("update licences_licence set holder_id = %s where code = %s", [given.person, licence.code])
    with pytest.raises(Exception, match="permission denied"):
        database.execute("update licences_licence set holder_id = %s where code = %s", [given.person, licence.code])
    with pytest.raises(Exception, match="permission denied"):
        database.execute("delete from licences_licence where code = %s", [licence.code])
