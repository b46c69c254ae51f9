"""One account for other systems: asked once, told only what was allowed, seen and taken back by the person (IDN-01, IDN-17)."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import msgspec
import pytest
from django.test import Client

from tests import journeys, relying
from tests.conftest import MONDAY
from tests.portal.test_signed_in_pages import browser
from tests.portal.test_who_looked import cells
from tests.relying import BACK, BUS, heading, let_in, read, sent_back, session_of, userinfo
from tests.requirements import requirement
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.actions import tell_logout
from tongban.identity.errors import ClientNotProposed, DutyMissing, LogoutNotHeard, RegistrationNotValid
from tongban.identity.queries import waiting_for_logout
from tongban.identity.tasks import clean_grants_daily
from tongban.identity.types import Duty, Proofing, Role, Scope, Strength
from tongban.kernel import database, events, sequencing, vault
from tongban.kernel.types import Text
from tongban.messages import queries as inbox


@pytest.fixture
def person(db):
    return journeys.citizen()


@pytest.fixture
def system(db):
    return let_in()


def names_of(subject):
    return [each.name for each in events.of_subject(subject)]


@requirement("IDN-01")
def test_a_person_is_asked_once_and_the_system_knows_them_from_then_on(person, system):
    client = browser(person, english=True)
    asked = client.get("/en" + system.address(scope="openid profile phone"))
    text = asked.content.decode()
    assert asked.status_code == 200 and heading(asked) == "Let Bus card know who you are?"
    assert "Your name" in text and "Your phone number" in text and "identity number" not in text.split("<form")[0]
    assert BUS.basis in text and "bus.example.gov.cn" in text and asked["Cache-Control"] == "no-store"
    back = sent_back(client.post(system.address(scope="openid profile phone"), {"allow": "1"}))
    assert back["state"] == system.state and back["iss"] == "http://127.0.0.1:8000"
    issued = system.redeem(back["code"]).json()
    claims = vault.read_token("JWT", issued["id_token"])
    assert claims["aud"] == system.key and claims["nonce"] == "n-1" and claims["acr"] == "urn:tongban:acr:L3S2"
    told = userinfo(issued["access_token"]).json()
    assert told["sub"] == claims["sub"] and set(told) == {"sub", "name", "phone_number"} and told["name"] == "张示例"
    again = client.get(system.address(scope="openid profile"))
    assert again.status_code == 303 and "code" in sent_back(again)


@requirement("IDN-17")
def test_only_what_was_asked_for_and_allowed_is_told(person, system):
    issued = system.sign_in(browser(person), scope="openid id_number region level")
    told = userinfo(issued["access_token"]).json()
    assert set(told) == {"sub", "id_number_masked", "region", "proofing"}
    assert told["id_number_masked"].count("*") == 14 and told["proofing"] == "L3"
    less = let_in(scopes=(Scope.OPENID, Scope.REGION))
    answer = browser(person).get(less.address(scope="openid region phone"))
    assert sent_back(answer)["error"] == "invalid_scope"


def test_asking_for_more_later_asks_the_person_again(person, system):
    client = browser(person)
    system.sign_in(client, scope="openid region")
    assert client.get(system.address(scope="openid region")).status_code == 303
    asked = client.get(system.address(scope="openid phone"))
    assert asked.status_code == 200 and "知道您是谁" in heading(asked)
    assert sent_back(client.post(system.address(scope="openid phone"), {"refuse": "1"}))["error"] == "access_denied"
    assert client.get(system.address(scope="openid phone")).status_code == 200


def test_systems_of_one_sector_know_a_person_by_one_number_and_those_of_others_by_another(person):
    same, also, other = let_in(sector="one.example.cn"), let_in(sector="one.example.cn"), let_in(sector="two.example.cn")
    client = browser(person)
    subs = [vault.read_token("JWT", each.sign_in(client)["id_token"])["sub"] for each in (same, also, other)]
    assert subs[0] == subs[1] != subs[2] and str(person.account) not in subs


def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(db, system):
    asked = Client().get(system.address())
    assert asked.status_code == 401 and "redirect_uri=https" in asked.content.decode()
    for prompt, error in (("none", "login_required"),):
        assert sent_back(Client().get(system.address(prompt=prompt)))["error"] == error


def test_what_needs_the_person_is_refused_in_silence_where_silence_was_asked_for(person, system):
    client = browser(person)
    assert sent_back(client.get(system.address(prompt="none")))["error"] == "consent_required"
    system.sign_in(client)
    assert "code" in sent_back(client.get(system.address(prompt="none")))
    assert client.get(system.address(prompt="consent")).status_code == 200
    strict = let_in(strength=Strength.S3)
    assert sent_back(client.get(strict.address(prompt="none")))["error"] == "login_required"
    assert sent_back(client.get(strict.address(prompt="none login")))["error"] == "invalid_request"


def test_a_level_is_asked_for_and_never_less_than_registered(db, at):
    weak = journeys.citizen(proofing=Proofing.L1)
    strict = let_in(proofing=Proofing.L2)
    assert browser(weak).get(strict.address()).status_code == 403
    lax = let_in()
    client = browser(weak)
    assert client.get(lax.address(acr_values="urn:tongban:acr:L3S1")).status_code == 403
    assert client.get(lax.address(acr_values="something urn:tongban:acr:L1S2")).status_code == 200
    assert client.get(lax.address(acr_values="urn:tongban:acr:L1S3")).status_code == 403
    at(MONDAY + timedelta(minutes=5))
    assert client.get(lax.address(max_age="299")).status_code == 403
    assert client.get(lax.address(max_age="300")).status_code == 200


def test_signing_in_anew_is_asked_for_and_an_older_proof_does_not_count(person, system, at):
    client = browser(person)
    at(MONDAY + timedelta(minutes=1))
    marked = client.get(system.address(prompt="login"))
    assert marked.status_code == 303 and "since=" in marked["Location"]
    assert client.get(marked["Location"]).status_code == 403
    fresh = browser(person)
    assert fresh.get(marked["Location"]).status_code == 200
    assert fresh.get(system.address(prompt="login", since="forged")).status_code == 303


def test_staff_are_not_signed_in_to_systems_of_citizens(db, system):
    officer = journeys.officer(journeys.authority_of("food-operation-gaoling"))
    assert browser(officer).get(system.address()).status_code == 403


@requirement("IDN-17")
def test_a_person_sees_what_each_system_got_and_takes_it_back(person, system, catch_up):
    client = browser(person)
    issued = system.sign_in(client)
    assert userinfo(issued["access_token"]).status_code == 200
    shown = client.get("/me/authorisations/").content.decode()
    assert "公交一卡通" in shown and "您的姓名" in shown and "您的手机号" not in shown and "最近使用" in shown
    with database.serving("worker"):
        grant = database.row("select id from identity_grant where account_id = %s", [person.account])[0]
    stranger = browser(journeys.citizen())
    assert stranger.post("/me/authorisations/", {"withdraw": str(grant)}).status_code == 404
    assert userinfo(issued["access_token"]).status_code == 200
    assert client.post("/me/authorisations/", {"withdraw": str(grant)}).status_code == 303
    assert userinfo(issued["access_token"]).status_code == 401
    assert system.renew(issued["refresh_token"]).json() == {"error": "invalid_grant"}
    assert "有效" in client.get("/me/authorisations/?done=withdrawn").content.decode()
    assert client.get(system.address()).status_code == 200, "and it has to ask again"
    assert names_of(f"grant:{grant}") == ["AccessGranted", "SystemSignedIn", "TokensIssued", "AttributesReleased",
                                         "AttributesReleased", "GrantWithdrawn"]


def test_the_person_is_told_of_a_first_authorisation_and_reads_each_release(person, system, catch_up):
    client = browser(person)
    issued = system.sign_in(client, scope="openid profile phone")
    userinfo(issued["access_token"])
    system.sign_in(client, scope="openid profile phone")
    catch_up()
    with database.serving("worker"):
        told = [each.title.zh for each in inbox.inbox((person.party,), before=None, limit=20)]
    assert told == ["您授权了“公交一卡通”"]
    assert cells(person, "/me/disclosures/") == [
        ["2026年3月2日 10:00", "公交一卡通", "您的姓名或名称、您的手机号", "您登录该系统时同意它知道"]]


@requirement("IDN-12")
def test_signing_out_ends_what_every_system_holds_and_tells_those_that_want_to_know(person, catch_up):
    system = let_in(logout_uri="https://bus.example.gov.cn/out")
    client = browser(person)
    issued = system.sign_in(client)
    sid = vault.read_token("JWT", issued["id_token"])["sid"]
    page = client.get("/oidc/sign-out/?" + urlencode({"id_token_hint": issued["id_token"], "state": "s 1",
                                                      "post_logout_redirect_uri": BUS.returns[0]}))
    assert heading(page) == "这里也要退出吗？" and "公交一卡通" in page.content.decode()
    assert userinfo(issued["access_token"]).status_code == 200
    gone = client.post("/oidc/sign-out/?" + urlencode({"id_token_hint": issued["id_token"], "state": "s 1",
                                                       "post_logout_redirect_uri": BUS.returns[0]}))
    assert gone["Refresh"] == f"0;url={BUS.returns[0]}?state=s+1"
    assert userinfo(issued["access_token"]).status_code == 401
    assert system.renew(issued["refresh_token"]).status_code == 400
    with database.serving("worker"):
        sequencing.take_turn()
        [waiting] = waiting_for_logout(person.account)

        class Deaf:
            def tell(self, *, address, token):
                return False

        class Hears:
            heard: list = []

            def tell(self, *, address, token):
                self.heard.append((address, token))
                return True

        with pytest.raises(LogoutNotHeard):
            tell_logout(journeys.TESTER, sign_on=waiting, receiver=Deaf())
        tell_logout(journeys.TESTER, sign_on=waiting, receiver=Hears())
        tell_logout(journeys.TESTER, sign_on=waiting, receiver=Hears())
        [(address, token)] = Hears.heard
        assert waiting_for_logout(person.account) == [] and "SystemSignedOut" in names_of(f"client:{system.key}")
    claims = vault.read_token("logout+jwt", token)
    assert address == "https://bus.example.gov.cn/out" and claims["sid"] == sid and "nonce" not in claims
    assert list(claims["events"]) == ["http://schemas.openid.net/event/backchannel-logout"]
    assert vault.read_token("JWT", token) is None, "and it is no identity token"


def test_a_follower_queues_the_telling_once_the_session_has_ended(person, catch_up):
    system = let_in(logout_uri="https://bus.example.gov.cn/out")
    client = browser(person)
    system.sign_in(client)
    with database.serving("worker"):
        catch_up()
        before = database.row("select count(*) from procrastinate_jobs where task_name = 'identity.tell_logout'")[0]
        actor = queries.actor_by_session(session_of(client))
    with journeys.as_actor(person):
        identity.sign_out(actor, token=session_of(client))
    catch_up()
    with database.serving("worker"):
        assert database.row("select count(*) from procrastinate_jobs where task_name = 'identity.tell_logout'")[0] == before + 1


@pytest.mark.parametrize("ended", [identity.freeze_account, identity.close_account])
def test_systems_hear_as_well_of_a_session_that_ended_with_its_account(person, catch_up, ended):
    system, client = let_in(logout_uri="https://bus.example.gov.cn/out"), browser(person)
    system.sign_in(client)
    queued = "select count(*) from procrastinate_jobs where task_name = 'identity.tell_logout'"
    with database.serving("worker"):
        catch_up()
        before = database.row(queued)[0]
        actor = queries.actor_by_session(session_of(client))
    with journeys.as_actor(actor):
        ended(actor)
    catch_up()
    with database.serving("worker"):
        assert database.row(queued)[0] == before + 1


def test_two_administrators_let_a_system_in_and_either_shuts_it_out(person):
    three = relying.administrators()
    with database.serving("worker"):
        with pytest.raises(DutyMissing):
            identity.propose_client(three[Duty.SECURITY], registration=BUS)
        key = identity.propose_client(three[Duty.SYSTEM], registration=BUS)
        assert queries.client(key) is None and "公交一卡通" in queries.proposed_client(key)
        for each in (Duty.SYSTEM, Duty.AUDIT):
            with pytest.raises(DutyMissing):
                identity.confirm_client(three[each], key=key, assessment=read(key))
        system = relying.Relying(key=key, secret=identity.confirm_client(three[Duty.SECURITY], key=key, assessment=read(key)))
        with pytest.raises(ClientNotProposed):
            identity.confirm_client(three[Duty.SECURITY], key=key, assessment=read(key))
        assert database.row("select count(*) from identity_client where secret_hash like %s", [f"%{system.secret}%"]) == (0,)
    issued = system.sign_in(browser(person))
    with database.serving("worker"):
        with pytest.raises(DutyMissing):
            identity.close_client(three[Duty.AUDIT], key=key)
        identity.close_client(three[Duty.SYSTEM], key=key)
        assert names_of(f"client:{key}") == ["ClientProposed", "ClientConfirmed", "ClientClosed"]
    assert userinfo(issued["access_token"]).status_code == 401
    assert browser(person).get(system.address()).status_code == 404


def test_what_was_proposed_long_ago_cannot_be_confirmed(db, at):
    three = relying.administrators()
    with database.serving("worker"):
        key = identity.propose_client(three[Duty.SYSTEM], registration=BUS)
        at(MONDAY + timedelta(hours=25))
        with pytest.raises(ClientNotProposed):
            identity.confirm_client(relying.administrators()[Duty.SECURITY], key=key, assessment=read(key))


@pytest.mark.parametrize("changes", [
    {"redirects": ("http://bus.example.gov.cn/back",)}, {"redirects": ("https://*.example.gov.cn/back",)},
    {"redirects": ("https://bus.example.gov.cn/back#x",)}, {"redirects": ("https://user@bus.example.gov.cn/",)},
    {"redirects": ("https://bus.example.gov.cn/a/../back",)}, {"redirects": ("javascript:alert(1)",)}, {"redirects": ()},
    {"redirects": ("https://localhost/back",)}, {"logout_uri": "http://10.0.0.1/"}, {"basis": ""}, {"sector": "x"},
    {"scopes": (Scope.PROFILE,)}, {"purpose": Text(zh="有", en="")}, {"returns": ("//bus.example.gov.cn/bye",)},
])
def test_a_registration_that_others_could_abuse_is_refused(db, changes):
    with pytest.raises(RegistrationNotValid):
        let_in(**changes)


def test_supervisors_read_which_systems_there_are(db, system):
    supervisor = journeys.officer(journeys.authority_of("food-operation-gaoling"), Role.SUPERVISOR)
    text = browser(supervisor).get("/oversight/systems/").content.decode()
    assert "公交一卡通" in text and BUS.basis in text and BACK in text and system.secret not in text


def test_what_this_provider_says_of_itself_is_true(db):
    told = Client().get("/.well-known/openid-configuration").json()
    assert told["issuer"] == "http://127.0.0.1:8000" and told["code_challenge_methods_supported"] == ["S256"]
    assert told["token_endpoint"].endswith("/oidc/token") and "none" not in told["id_token_signing_alg_values_supported"]
    keys = Client(headers={"accept-language": "en"}).get("/oidc/keys").json()["keys"]
    assert keys and all(set(each) == {"kty", "crv", "x", "y", "kid", "use", "alg"} for each in keys)
    assert json.dumps(keys).count('"d"') == 0


def test_what_is_left_of_old_sign_ins_goes(person, system, at):
    system.sign_in(browser(person))
    at(MONDAY + timedelta(days=32))
    with database.serving("worker"):
        assert clean_grants_daily() >= 1 and clean_grants_daily() == 0
        assert database.row("select count(*) from identity_grant_token where ends_at < kernel_now() - interval '30 days'") == (0,)
        assert "GrantsCleaned" in names_of("sign-in")


def test_a_registration_reads_from_a_file(tmp_path, db, monkeypatch, capsys):
    import argparse

    from tongban.config import administering, admitting
    from tongban.kernel import database as logins

    relying.administrators()
    file = tmp_path / "bus.yaml"
    file.write_text("name: {zh: 公交, en: Bus}\npurpose: {zh: 办卡, en: Cards}\nbasis: 规定\nsector: bus.example.cn\n"
                    "redirects: ['https://bus.example.cn/back']\nscopes: [openid, phone]\nproofing: 2\n"
                    + msgspec.yaml.encode({"assessment": relying.ASSESSED}).decode())
    answers = iter([relying.FOUNDERS[Duty.SYSTEM].login, relying.FOUNDERS[Duty.SECURITY].login, "yes"])
    monkeypatch.setattr(administering, "ASK", lambda _text: next(answers))
    monkeypatch.setattr(administering, "ASK_SECRET", lambda _text: relying.PASSWORD)
    assert admitting.propose(argparse.Namespace(file=str(file))) == 0
    key = capsys.readouterr().out.split()[-1]
    assert admitting.confirm(argparse.Namespace(key=key)) == 0
    secret = capsys.readouterr().out.split()[3]
    with logins.serving("public"):
        found = queries.client(key)
    assert found.scopes == ("openid", "phone") and found.proofing is Proofing.L2 and queries.token_hash(secret) == found.secret_hash
    file.write_text("name: 1")
    assert admitting.propose(argparse.Namespace(file=str(file))) == 1
