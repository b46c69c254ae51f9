"""Signing in, and being kept out for a while without keeping out anyone else (IDN-16)."""

import json

import pytest
from django.contrib.auth.hashers import make_password

from tests import journeys
from tests.cases.given import shanghai
from tests.identity.given import PASSWORD, person, seen, sign_in
from tests.requirements import requirement
from tongban.config import samples
from tongban.identity import actions as identity
from tongban.identity.actions.attempts import digest
from tongban.identity.errors import TooManyAttempts, TriedEverywhere, WrongCredentials
from tongban.identity.queries import token_hash
from tongban.identity.tasks import clean_daily
from tongban.identity.types import ActorKind, Proofing
from tongban.kernel import database

HERE, THERE = "203.0.113.7", "198.51.100.9"


def sessions_of(account: int) -> int:
    return database.row("select count(*) from identity_session where account_id = %s", [account])[0]


def fail(who, times: int, address: str = HERE) -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            sign_in(who, password="wrong", address=address)


def test_the_right_password_opens_a_session_of_that_person(db):
    who = person()
    actor = seen(sign_in(who))
    assert actor is not None
    assert (actor.account, actor.party, actor.kind) == (who.account, who.party, ActorKind.CITIZEN)
    assert actor.proofing is Proofing.L2
    assert actor.parties == (who.party,)
    assert actor.posts == ()
    assert database.rows("select name from kernel_event where subject = %s order by id",
                         [f"account:{who.account}"]) == [("AccountOpened",), ("SignedIn",)]


def test_a_password_counts_character_by_character(db):
    who = person()
    long = " Ein Satz, so lang wie 64 Zeichen und noch etwas mehr, damit nichts fehlt x "
    database.execute("update identity_account set password = %s where id = %s", [make_password(long), who.account])
    assert sign_in(who, password=long)
    for other in (long.strip(), long.lower(), long[:64], f"{long} "):
        with pytest.raises(WrongCredentials):
            sign_in(who, password=other, address=other[-9:])


@pytest.mark.parametrize("desk", ["gaoling-market-decision", "guichi-civil-review", "guangan-police-review"])
def test_staff_are_known_to_be_the_person_of_their_private_account_and_see_none_of_their_rows(db, desk):
    home = {"gaoling-market-decision": "sun-siqi", "guichi-civil-review": "feng-jianing",
            "guangan-police-review": "jiang-lixin"}[desk]
    with database.serving("public"):
        at_work, at_home = (seen(identity.sign_in(login=login, password=samples.PASSWORD, address=HERE))
                            for login in (desk, home))
    assert at_work is not None and at_home is not None
    assert at_work.kind is ActorKind.OFFICER and at_work.party == at_home.party
    assert at_work.parties == () and at_work.stakes == at_home.parties


def test_the_header_shows_a_masked_name(db):
    actor = seen(sign_in(person("诸葛示例")))
    assert actor is not None
    assert actor.display != "诸葛示例"
    assert "示例" not in actor.display


def test_a_wrong_name_and_a_wrong_password_are_refused_alike_and_open_nothing(db):
    who = person()
    with pytest.raises(WrongCredentials) as known:
        sign_in(who, password="wrong")
    with database.serving("public"), pytest.raises(WrongCredentials) as unknown:
        identity.sign_in(login="nobody-of-this-name", password=PASSWORD, address=HERE)
    assert str(known.value) == str(unknown.value)
    assert known.value.facts == unknown.value.facts == {}
    assert sessions_of(who.account) == 0
    last = database.rows("select name, payload::text, subject from kernel_event where name = 'SignInFailed' "
                         "order by id desc limit 2")
    assert [row[2] for row in last] == ["sign-in", "sign-in"]
    assert who.login not in str(last)


@requirement("IDN-16")
def test_five_failures_pause_this_name_from_this_address_for_fifteen_minutes(db, at):
    who = person()
    fail(who, 5)
    with pytest.raises(TooManyAttempts) as told:
        sign_in(who)
    assert told.value.facts == {"minutes": 15}
    assert told.value.status == 429
    assert sessions_of(who.account) == 0
    at(shanghai(3, 2, 10, 14, 59))
    with pytest.raises(TooManyAttempts):
        sign_in(who)
    at(shanghai(3, 2, 10, 15))
    assert seen(sign_in(who)) is not None


@requirement("IDN-16")
def test_four_failures_pause_nothing(db):
    who = person()
    fail(who, 4)
    assert seen(sign_in(who)) is not None


@requirement("IDN-16")
def test_nobody_can_lock_out_someone_else(db):
    who, neighbour = person(), person()
    fail(who, 5, address=THERE)
    assert seen(sign_in(who, address=HERE)) is not None
    assert seen(sign_in(neighbour, address=THERE)) is not None


def test_failures_are_counted_for_the_name_however_it_is_written(db):
    who = person()
    fail(who, 4)
    with database.serving("public"), pytest.raises(WrongCredentials):
        identity.sign_in(login=f" {who.login.upper()} ", password="wrong", address=HERE)
    with pytest.raises(TooManyAttempts):
        sign_in(who)


def test_a_closed_account_opens_no_session_and_its_sessions_end(db):
    who = person()
    token = sign_in(who)
    database.execute("update identity_account set active = false where id = %s", [who.account])
    assert seen(token) is None
    with pytest.raises(WrongCredentials):
        sign_in(who)


@requirement("SEC-06")
def test_passwords_tokens_and_addresses_are_not_kept(db):
    who = person()
    token = sign_in(who)
    fail(who, 1)
    stored = " ".join(database.row(f"select string_agg(x::text, ' ') from {table} x")[0]
                      for table in ("identity_account", "identity_session", "identity_attempt", "kernel_event"))
    assert token_hash(token) in stored
    for secret in (PASSWORD, token, HERE):
        assert secret not in stored


def test_an_officer_is_known_with_the_posts_held_today(db):
    place = journeys.authority_of("old-age-allowance-guichi")
    staff = journeys.officer(place)
    for role, start, end in (("REVIEWER", (3, 1), None), ("DECIDER", (3, 3), None), ("SUPERVISOR", (1, 1), (3, 1)),
                             ("ISSUER", (1, 1), (3, 2))):
        identity.give_post(journeys.TESTER, account=staff.account, authority=place, role=role,
                           valid_from=shanghai(*start).date(), valid_to=shanghai(*end).date() if end else None)
    token = identity.open_session(account=staff.account, channel=staff.channel)
    actor = seen(token)
    assert actor is not None
    assert actor.kind is ActorKind.OFFICER
    assert {str(role) for role in actor.roles} == {"REVIEWER", "ISSUER"}
    assert {row[0] for row in database.rows("select name from kernel_event where subject = %s",
                                            [f"account:{staff.account}"])} >= {"PostGiven"}


@requirement("IDN-16")
def test_many_failures_from_everywhere_slow_a_new_device_and_lock_nobody_out(db, at):
    who = person()
    for number in range(20):
        fail(who, 1, address=f"198.51.100.{number}")
    with pytest.raises(TriedEverywhere) as told:
        sign_in(who, address="192.0.2.1")
    assert (told.value.facts, told.value.status) == ({"seconds": 60}, 429)
    assert sessions_of(who.account) == 0
    with database.serving("public"):
        assert identity.sign_in(login=who.login, password=PASSWORD, address="192.0.2.1", device="known")
    at(shanghai(3, 2, 10, 1))
    assert seen(sign_in(who, address="192.0.2.1")) is not None


@requirement("IDN-16")
def test_failures_behind_a_shared_address_do_not_pause_a_known_device_there(db):
    who = person()
    fail(who, 5)
    with database.serving("public"):
        assert identity.sign_in(login=who.login, password=PASSWORD, address=HERE, device="known")


@requirement("IDN-16")
def test_a_known_device_is_paused_by_its_own_failures(db):
    who = person()
    with database.serving("public"):
        for _ in range(5):
            with pytest.raises(WrongCredentials):
                identity.sign_in(login=who.login, password="wrong", address=HERE, device="known")
        with pytest.raises(TooManyAttempts):
            identity.sign_in(login=who.login, password=PASSWORD, address=THERE, device="known")


def test_old_attempts_and_ended_sessions_go_once_a_day(db, at):
    who = person()
    at(shanghai(6, 1, 10))
    clean_daily()
    fail(who, 1)
    closed, idle = token_hash(sign_in(who)), token_hash(sign_in(who))
    database.execute("update identity_session set closed_at = kernel_now() where token_hash = %s", [closed])
    left = "select count(*) from identity_session where token_hash = any(%s)"
    at(shanghai(6, 2, 9))
    assert clean_daily() == 0
    at(shanghai(6, 3, 10))
    running = token_hash(sign_in(who))
    assert clean_daily() == 2, "the failure by its name, and by its place"
    assert database.row(left, [[closed, idle, running]]) == (3,)
    at(shanghai(7, 2, 10))
    last = token_hash(sign_in(who))
    assert clean_daily() == 2
    assert database.row(left, [[closed, idle]]) == (0,) and database.row(left, [[running, last]]) == (2,)
    assert clean_daily() == 0
    found = database.rows("select payload from kernel_event where name = 'SignInsCleaned' order by id desc limit 2")
    assert [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in found] == [
        {"attempts": 0, "sessions": 2}, {"attempts": 2, "sessions": 0}]


@requirement("IDN-16")
def test_one_place_tries_no_long_list_of_names_but_known_devices_there_go_on(db):
    who, place = person(), "192.0.2.77"
    database.execute("insert into identity_attempt (login_hash, address_hash, at) select %s, %s, kernel_now() "
                     "from generate_series(1, 199)", [digest("sign-ins:any"), digest(place)])
    fail(person(), 1, address=place)
    with pytest.raises(TooManyAttempts):
        sign_in(who, address=place)
    assert sessions_of(who.account) == 0
    with database.serving("public"):
        assert identity.sign_in(login=who.login, password=PASSWORD, address=place, device="known")
    assert seen(sign_in(who, address="192.0.2.79")) is not None


@requirement("IDN-16")
def test_tries_for_one_name_at_one_place_go_one_after_the_other(db):
    who = person()
    held = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
    with database.serving("public"), database.atomic():
        with pytest.raises(WrongCredentials):
            identity.sign_in(login=who.login, password="wrong", address=HERE)
        assert database.row(held) == (1,)
