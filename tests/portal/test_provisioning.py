"""Staff that a personnel system brings and takes away (SCIM 2.0): only its own, never administrators, gone at once."""

import json

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from tests import journeys, relying
from tests.relying import BUS
from tests.requirements import requirement
from tongban.authorities import queries as authorities
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.actions import open_session
from tongban.identity.errors import AccountNotProvisioned, RegistrationNotValid
from tongban.identity.types import ClientKind, Duty, Role
from tongban.kernel import database, events
from tongban.kernel.types import Channel

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


PROVISIONING = {"kind": ClientKind.PROVISIONING, "redirects": (), "returns": (), "scopes": (), "sector": ""}


def home():
    """The authority whose posts the system fills."""
    return authorities.authority(journeys.authority_of("food-operation-gaoling"))


class Personnel:
    """A personnel system with its secret."""

    def __init__(self):
        made = relying.let_in(**PROVISIONING, authorities=(home().uscc,))
        self.key, self.secret = made.key, made.secret
        self.client = Client(headers={"authorization": f"Bearer {made.secret}"})

    def ask(self, method, path, body=None):
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/scim+json"}
        return getattr(self.client, method)(f"/scim/v2/{path}", **sent)

    def bring(self, login, **more):
        made = self.ask("post", "Users", {"schemas": [USER], "userName": login, "displayName": "王新来", **more})
        assert made.status_code == 201, made.content
        return made.json()["id"]

    def patch(self, path, *operations):
        return self.ask("patch", path, {"schemas": [PATCH], "Operations": list(operations)})


@pytest.fixture
def personnel(db):
    return Personnel()


def account_of(login):
    with database.serving("worker"):
        return database.row("select id, active, password from identity_account where login = %s", [login])


def test_a_tester_of_another_author_finds_nothing_wrong(personnel):
    client = WSGISCIMClient(WSGIHandler(), base_url="http://testserver/scim/v2",
                            environ={"HTTP_AUTHORIZATION": f"Bearer {personnel.secret}"})
    found = check_server(client, resource_types=["User"])
    wrong = [f"{each.title} {each.status}: {each.reason}" for each in found if each.status not in
             (Status.SUCCESS, Status.SKIPPED, Status.ACCEPTABLE)]
    assert "\n".join(wrong) == ""
    assert sum(each.status is Status.SUCCESS for each in found) > 20


@requirement("IDN-14")
def test_an_account_is_brought_without_a_password_and_its_posts_are_groups(personnel):
    key = personnel.bring("new-officer", externalId="hr-7")
    account, active, _password = account_of("new-officer")
    place = authorities.authority(journeys.authority_of("food-operation-gaoling"))
    post = f"Groups/{place.uscc}:RECEPTIONIST"
    assert active
    given = personnel.patch(post, {"op": "add", "path": "members", "value": [{"value": key}]})
    assert given.status_code == 200 and [each["value"] for each in given.json()["members"]] == [key]
    with database.serving("officer"):
        token = open_session(account=account, channel=Channel.WEB)
        assert queries.actor_by_session(token).holds(Role.RECEPTIONIST, place.id)
    assert personnel.patch(post, {"op": "remove", "path": f'members[value eq "{key}"]'}).status_code == 200
    with database.serving("officer"):
        assert queries.actor_by_session(token).posts == ()
    whole = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "members": [{"value": key}]}
    assert personnel.ask("put", post, whole).status_code == 200
    with database.serving("officer"):
        assert queries.actor_by_session(token).holds(Role.RECEPTIONIST, place.id), "a post that ended opens again"
    names = [each.name for each in events.of_subject(f"account:{account}")]
    assert names[:2] == ["AccountOpened", "AccountProvisioned"] and "PostGiven" in names and "PostTaken" in names


@requirement("IDN-14")
def test_whoever_is_no_longer_active_is_signed_out_at_once(personnel):
    key = personnel.bring("leaver")
    account = account_of("leaver")[0]
    with database.serving("officer"):
        token = open_session(account=account, channel=Channel.WEB)
        assert queries.actor_by_session(token)
    assert personnel.patch(f"Users/{key}", {"op": "replace", "path": "active", "value": False}).json()["active"] is False
    with database.serving("officer"):
        assert queries.actor_by_session(token) is None
        assert database.row("select closed_at is not null from identity_session where account_id = %s", [account]) == (True,)
    names = [each.name for each in events.of_subject(f"account:{account}")]
    assert names[-2:] == ["SessionsClosed", "AccountChanged"]
    back = personnel.patch(f"Users/{key}", {"op": "replace", "path": "active", "value": True})
    assert back.json()["active"] is True
    with database.serving("officer"):
        assert queries.actor_by_session(token) is None, "and an old session does not wake up"


def test_an_account_that_is_removed_is_gone_for_good_and_keeps_no_post(personnel):
    key = personnel.bring("retired")
    account = account_of("retired")[0]
    place = authorities.authority(journeys.authority_of("food-operation-gaoling"))
    personnel.patch(f"Groups/{place.uscc}:DECIDER", {"op": "add", "path": "members", "value": [{"value": key}]})
    assert personnel.ask("delete", f"Users/{key}").status_code == 204
    assert personnel.ask("get", f"Users/{key}").status_code == 404
    assert account_of("retired")[1] is False
    names = [each.name for each in events.of_subject(f"account:{account}")]
    assert names[-2:] == ["PostTaken", "AccountRemoved"]
    again = personnel.ask("post", "Users", {"schemas": [USER], "userName": "retired", "displayName": "另一人"})
    assert again.status_code == 409 and again.json()["scimType"] == "uniqueness"


def test_a_system_reaches_the_accounts_it_brought_and_no_other(personnel):
    other = Personnel()
    key = other.bring("of-another")
    place = authorities.authority(journeys.authority_of("food-operation-gaoling"))
    group = f"Groups/{place.uscc}:REVIEWER"
    assert personnel.ask("get", f"Users/{key}").status_code == 404
    assert personnel.ask("delete", f"Users/{key}").status_code == 404
    assert personnel.patch(f"Users/{key}", {"op": "replace", "path": "active", "value": False}).status_code == 404
    assert personnel.patch(group, {"op": "add", "path": "members", "value": [{"value": key}]}).status_code == 404
    assert personnel.ask("get", "Users").json()["totalResults"] == 0
    three = relying.administrators()
    login = relying.FOUNDERS[Duty.SYSTEM].login
    taken = personnel.ask("post", "Users", {"schemas": [USER], "userName": login.upper(), "displayName": "冒名"})
    assert taken.status_code == 409 and account_of(login)[0] == three[Duty.SYSTEM].account
    assert account_of("of-another")[1] is True


def test_no_post_is_that_of_an_administrator(personnel):
    place = authorities.authority(journeys.authority_of("food-operation-gaoling"))
    for name in (f"{place.uscc}:SYSTEM", f"{place.uscc}:SECURITY", f"{place.uscc}:", "nowhere:DECIDER", "x"):
        assert personnel.ask("get", f"Groups/{name}").status_code == 404
    found = personnel.ask("get", f'Groups?filter=displayName eq "{place.uscc}:DECIDER"').json()
    assert found["totalResults"] == 1 and found["Resources"][0]["id"] == f"{place.uscc}:DECIDER"
    assert personnel.ask("post", "Groups", {"displayName": "mine"}).status_code == 405


def test_only_the_secret_of_a_provisioning_system_opens(db, personnel):
    reader = relying.let_in()
    for token in ("", "x", reader.secret, reader.key, personnel.key, "é"):
        asked = Client(headers={"authorization": f"Bearer {token}"}).get("/scim/v2/Users")
        assert asked.status_code == 401 and asked["Content-Type"] == "application/scim+json"
    assert reader.ask("token", grant_type="authorization_code", client_id=personnel.key, client_secret=personnel.secret,
                      code="x", redirect_uri="x", code_verifier="x").status_code == 401
    with database.serving("worker"):
        identity.close_client(relying.administrators()[Duty.SECURITY], key=personnel.key)
    assert personnel.ask("get", "Users").status_code == 401


@pytest.mark.parametrize("body", [
    {"userName": "x" * 61, "displayName": "长"}, {"userName": "a\u202eb", "displayName": "反"}, {"userName": " ", "displayName": "空"},
    {"userName": "a\x00b", "displayName": "零"}, {"displayName": "无名"}, {"userName": "nobody-shown"}, [], "x",
])
def test_what_cannot_be_kept_is_refused_and_nothing_is_made(personnel, body):
    with database.serving("worker"):
        before = database.row("select count(*) from identity_account")
    sent = personnel.ask("post", "Users", {"schemas": [USER], **body} if isinstance(body, dict) else body)
    assert sent.status_code == 400 and sent.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert personnel.client.post("/scim/v2/Users", "{", content_type="application/scim+json").status_code == 400
    assert personnel.client.post("/scim/v2/Users", "userName=x", content_type="text/plain").status_code == 415
    with database.serving("worker"):
        assert database.row("select count(*) from identity_account") == before


def test_a_provisioning_system_signs_nobody_in(db):
    with pytest.raises(RegistrationNotValid):
        relying.let_in(kind=ClientKind.PROVISIONING)
    assert BUS.kind is ClientKind.SIGN_IN


def test_a_system_fills_no_post_of_an_authority_it_was_not_let_in_for(personnel):
    key, account = personnel.bring("climbing-officer"), account_of("climbing-officer")[0]
    other = next(each for each in authorities.authorities() if each.id != home().id)
    for role in (Role.DECIDER, Role.SUPERVISOR):
        answer = personnel.patch(f"Groups/{other.uscc}:{role}", {"op": "add", "path": "members", "value": [{"value": key}]})
        assert answer.status_code == 404
        with database.serving("worker"), pytest.raises(AccountNotProvisioned):
            identity.set_post_holders(queries.provisioning_client(personnel.secret), authority=other.id, role=role,
                                      keys=frozenset({key}))
    listed = {each["id"].partition(":")[0] for each in personnel.ask("get", "Groups").json()["Resources"]}
    assert listed == {home().uscc}
    with database.serving("worker"):
        assert database.row("select count(*) from identity_post where account_id = %s", [account]) == (0,)


@pytest.mark.parametrize("named", [(), ("nowhere",), ("twenty-one",) * 21])
def test_two_administrators_name_the_authorities_of_a_provisioning_system(db, named):
    with pytest.raises(RegistrationNotValid):
        relying.let_in(**PROVISIONING, authorities=named)
    with pytest.raises(RegistrationNotValid):
        relying.let_in(authorities=(home().uscc,))
