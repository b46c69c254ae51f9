"""The page on which a member of staff chooses a password with a one-time secret."""

from dataclasses import replace

import pytest
from django.conf import settings

from tests import journeys
from tests.portal.public import client, text_of
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.actions import first_secrets
from tongban.identity.types import Role, Strength
from tongban.kernel import database

PAGE = "/sign-in/first/"
NEW = "another sentence for the desk"
SECRET = "a-secret-of-one-day"


@pytest.fixture
def login(db):
    """A member of staff who was given a secret."""
    officer = journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.RECEPTIONIST)
    database.execute("insert into identity_first_secret (account_id, secret_hash, expires_at) "
                     "values (%s, %s, kernel_now() + interval '1 day')", [officer.account, queries.token_hash(SECRET)])
    return database.row("select login from identity_account where id = %s", [officer.account])[0]


def test_a_password_is_chosen_and_the_second_factor_asked_for(login):
    made = client()
    assert f'href="{PAGE}"' in made.get("/sign-in/forgotten/").content.decode()
    assert "一次性口令" in text_of(made.get(PAGE))
    done = made.post(PAGE, {"login": login, "secret": f" {SECRET} ", "password": NEW, "again": NEW})
    assert (done.status_code, done["Location"]) == (303, "/prove/?next=%2Fdesk%2F")
    assert queries.actor_by_session(done.cookies[settings.SESSION_COOKIE_NAME].value).strength is Strength.S1
    assert client().post("/sign-in/", {"login": login, "password": NEW}).status_code == 303


@pytest.mark.parametrize(("given", "field"), [
    ({"login": ""}, "login"), ({"secret": "x"}, "secret"), ({"secret": ""}, "secret"), ({"password": "short"}, "password"),
    ({"again": "x"}, "again"), ({"password": "woaini1314520", "again": "woaini1314520"}, "password")])
def test_what_is_wrong_is_said_at_its_field_and_the_secret_stays_good(login, given, field):
    made, said = client(), {"login": login, "secret": SECRET, "password": NEW, "again": NEW}
    wrong = made.post(PAGE, said | given)
    page = wrong.content.decode()
    assert wrong.status_code == 422 and f'id="{field}--error"' in page and NEW not in page and SECRET not in page
    assert made.post(PAGE, said).status_code == 303


def test_whoever_begins_anew_is_proved_by_nothing_they_had(login, monkeypatch):
    monkeypatch.setattr(first_secrets, "require_duty", lambda actor, duty: None)
    system, security = (journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.SUPERVISOR) for _ in range(2))
    account = database.row("select id from identity_account where login = %s", [login])[0]
    owner = replace(system, account=account)
    with journeys.as_actor(owner):
        database.execute("insert into identity_factor (account_id, kind, name, credential, sealed, count, step, added_at) "
                         "values (%s, 'TOTP', 'app', '', '', 0, 0, kernel_now())", [account])
        database.execute("insert into identity_device (account_id, device_hash, browser, first_at, last_at) "
                         "values (%s, %s, '', kernel_now(), kernel_now())", [account, "d" * 64])
        identity.make_recovery_codes(owner)
    identity.propose_reset(system, login=login)
    secret = identity.confirm_reset(security, login=login)
    assert queries.factors_of(account) == [] and queries.recovery_left(account) == 0 and queries.devices_of(account, "") == []
    assert client().post(PAGE, {"login": login, "secret": SECRET, "password": NEW, "again": NEW}).status_code == 422
    assert client().post(PAGE, {"login": login, "secret": secret, "password": NEW, "again": NEW}).status_code == 303
