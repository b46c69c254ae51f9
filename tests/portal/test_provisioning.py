"""Staff that a personnel system brings and takes away (SCIM 2.0): only its own, never administrators, gone at once."""

import json
from functools import partial

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server, filling
from structlog.testing import capture_logs

from tests import journeys, relying
from tests.relying import BUS, administrators
from tests.requirements import requirement
from tongban.authorities import queries as authorities
from tongban.identity import actions as identity
from tongban.identity import followers, queries
from tongban.identity.actions import open_session
from tongban.identity.errors import AccountNotProvisioned, RegistrationNotValid
from tongban.identity.types import ClientKind, Duty, Role
from tongban.kernel import database, events
from tongban.kernel.types import Channel
from tongban.messages import queries as messages

inbox = partial(messages.inbox, before=None, limit=9)
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
STAFF = "urn:ietf:params:scim:schemas:extension:tongban:2.0:User"
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
        made = self.ask("post", "Users", {"schemas": [USER, *({STAFF} & set(more))], "userName": login, "displayName": "王新来", **more})
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


def of_what_is_never_told(found):
    """The tester reads back what it wrote at the extension as a whole, though all there is in it is for writing only."""
    return isinstance(found.data, dict) and found.data.get("urn") == STAFF and "unexpected value" in found.reason


def test_a_tester_of_another_author_finds_nothing_wrong(personnel, monkeypatch):
    made_up = filling.get_random_example_value
    monkeypatch.setattr(filling, "get_random_example_value", lambda path: journeys.new_id_number() if
                        str(path).endswith(":identityNumber") else made_up(path))
    client = WSGISCIMClient(WSGIHandler(), base_url="http://testserver/scim/v2",
                            environ={"HTTP_AUTHORIZATION": f"Bearer {personnel.secret}"})
    found = check_server(client, resource_types=["User"])
    wrong = [f"{each.title} {each.status}: {each.reason}" for each in found if each.status not in
             (Status.SUCCESS, Status.SKIPPED, Status.ACCEPTABLE) and not of_what_is_never_told(each)]
    assert "\n".join(wrong) == ""
    assert sum(each.status is Status.SUCCESS for each in found) > 20


@requirement("SEC-14")
def test_what_bears_a_mark_of_secrecy_is_refused_and_nothing_of_it_is_kept(personnel):
    key = personnel.bring("marked-officer")
    marked = {"schemas": [USER], "userName": "marked-two", "displayName": "机密★5年"}
    with capture_logs() as said:
        refused = [personnel.ask("post", "Users", marked), personnel.ask("put", f"Users/{key}", marked | {"userName": "marked-officer"}),
                   personnel.patch(f"Users/{key}", {"op": "replace", "path": "displayName", "value": "机密★5年"})]
    assert [(each.status_code, each.json()["scimType"]) for each in refused] == [(400, "invalidValue")] * 3
    assert account_of("marked-two") is None and personnel.ask("get", f"Users/{key}").json()["displayName"] == "王新来"
    assert [each["mark"] for each in said if each["event"] == "secret_kept_out"] == ["state-star"] * 3


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


def held(login):
    """Who an account is known to be, and since when nobody says it."""
    with database.serving("worker"):
        return database.row("select party_id, (select count(*) from identity_staff where account_id = id) from identity_account "
                            "where login = %s", [login])


@requirement("IDN-14")
def test_whoever_a_personnel_system_says_holds_an_account_keeps_off_their_own_and_no_answer_tells_it(personnel):
    person = journeys.citizen()
    with journeys.as_actor(person):
        number = queries.party(person.party).code
    made = personnel.ask("post", "Users", {"schemas": [USER, STAFF], "userName": "told-officer", "displayName": "王新来",
                                           STAFF: {"identityNumber": number}})
    key, answers = made.json()["id"], [made]
    assert made.status_code == 201 and held("told-officer") == (person.party, 1)
    answers += [personnel.ask("get", f"Users/{key}?attributes={STAFF}:identityNumber"), personnel.ask("get", "Users"),
                personnel.patch(f"Users/{key}", {"op": "replace", "path": f"{STAFF}:identityNumber", "value": number}),
                personnel.ask("put", f"Users/{key}", {"schemas": [USER], "userName": "told-officer", "displayName": "王新",
                                                      "active": True}),
                personnel.patch(f"Users/{key}", {"op": "remove", "path": f"{STAFF}:identityNumber"}),
                personnel.ask("post", "Users/.search", {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
                                                        "filter": f'{STAFF}:identityNumber eq "{number}"'})]
    assert {each.status_code for each in answers} <= {200, 201, 400}
    assert not [each.content for each in answers if number in each.content.decode() or "dentityNumber" in each.content.decode()]
    assert answers[-1].status_code == 400 or answers[-1].json()["totalResults"] == 0
    assert held("told-officer") == (person.party, 1), "what was not said again is gone"
    names = [each.name for each in events.of_subject(f"account:{account_of('told-officer')[0]}")]
    assert names.count("StaffIdentified") == 1 and number not in str(
        [each.payload for each in events.of_subject(f"account:{account_of('told-officer')[0]}")])
    described = personnel.ask("get", f"Schemas/{STAFF}").json()["attributes"]
    assert [(each["name"], each["mutability"], each["returned"]) for each in described] == [("identityNumber", "writeOnly", "never")]


@requirement("IDN-14")
def test_a_system_puts_right_whom_it_brought_and_never_what_two_administrators_said(personnel):
    wrong, right, third = (journeys.new_id_number() for _ in range(3))
    key = personnel.bring("mended-officer", **{STAFF: {"identityNumber": wrong}})
    say = lambda number: personnel.patch(f"Users/{key}", {"op": "replace", "path": f"{STAFF}:identityNumber", "value": number})  # noqa: E731
    assert say(right).status_code == 200
    party = identity.register_person(journeys.TESTER, name="王新来", id_number=right, phone=journeys.new_phone(), region="511602000000")
    assert held("mended-officer") == (party, 1)
    for number, status, word in (("12345", 400, "invalidValue"), (personnel_number(personnel), 409, "uniqueness")):
        refused = say(number)
        assert (refused.status_code, refused.json()["scimType"]) == (status, word) and number not in refused.content.decode()
        assert held("mended-officer") == (party, 1)
    with database.serving("worker"):
        identity.identify_staff(journeys.TESTER, account=account_of("mended-officer")[0], number=right)
    assert say(third).status_code == 409 and held("mended-officer") == (party, 1)
    assert say(right).status_code == 200


def known_person():
    """Somebody with a number."""
    number = journeys.new_id_number()
    return number, identity.register_person(journeys.TESTER, name="王新来", id_number=number, phone=journeys.new_phone(),
                                            region="511602000000")


def untied(login):
    """The persons an account of staff was said to be, and no longer is."""
    return [each.party for each in events.of_subject(f"account:{account_of(login)[0]}") if each.name == "StaffUntied"]


@requirement("IDN-14")
def test_whoever_is_no_longer_said_to_hold_an_account_is_told(personnel):
    (first, once), (second, now) = known_person(), known_person()
    key = personnel.bring("passed-on", **{STAFF: {"identityNumber": first}})
    say = {"op": "replace", "path": f"{STAFF}:identityNumber", "value": second}
    for _twice in range(2):
        assert personnel.patch(f"Users/{key}", say).status_code == 200
        assert held("passed-on") == (now, 1) and untied("passed-on") == [once]
    with database.serving("worker"):
        followers.tell_of_untying([each for each in events.of_subject(f"account:{account_of('passed-on')[0]}")
                                   if each.name == "StaffUntied"])
        assert [each.title.zh for each in inbox([once])] == ["一个工作人员账号不再登记在您名下"] and not inbox([now])
    assert personnel.ask("delete", f"Users/{key}").status_code == 204
    assert held("passed-on") == (None, 0) and untied("passed-on") == [once, now]


@requirement("IDN-14")
def test_no_system_undoes_what_two_administrators_said_or_took_back(personnel):
    three, (number, party) = administrators(), known_person()
    key = personnel.bring("taken-back", **{STAFF: {"identityNumber": number}})
    account = account_of("taken-back")[0]
    with database.serving("worker"):
        identity.doubt_staff(three[Duty.SYSTEM], login="taken-back")
        identity.untie_staff(three[Duty.SECURITY], login="taken-back")
    say = {"op": "replace", "path": f"{STAFF}:identityNumber", "value": number}
    refused = personnel.patch(f"Users/{key}", say)
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue") and number not in refused.content.decode()
    assert held("taken-back") == (None, 0)
    personnel.bring("rightly-so", **{STAFF: {"identityNumber": number}})
    assert held("rightly-so") == (party, 1), "only for that account"
    with database.serving("worker"):
        other = journeys.new_id_number()
        identity.identify_staff(journeys.TESTER, account=account, number=other)
    assert personnel.ask("delete", f"Users/{key}").status_code == 204
    assert held("taken-back") == (None, 0), "closed for good, it is nobody's"


def personnel_number(personnel):
    """The number of somebody who has an account already."""
    number = journeys.new_id_number()
    personnel.bring(f"holder-{number[-6:-1]}", **{STAFF: {"identityNumber": number}})
    return number


def test_an_account_that_is_not_made_because_of_its_number_leaves_nothing(personnel):
    taken = personnel_number(personnel)
    for number, status in ((taken, 409), ("1" * 18, 400)):
        sent = personnel.ask("post", "Users", {"schemas": [USER, STAFF], "userName": "never-made", "displayName": "王新来",
                                               STAFF: {"identityNumber": number}})
        assert sent.status_code == status and account_of("never-made") is None
