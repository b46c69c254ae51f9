"""One real town: a firm with a case in every stage, those who may see it, and those who may not."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from tests import journeys, relying
from tongban.authorities import queries as authorities
from tongban.cases import actions as cases
from tongban.cases import queries
from tongban.cases.types import CorrectionItem, Outcome, Wanted
from tongban.catalogue import actions as editing
from tongban.catalogue import queries as catalogue
from tongban.catalogue.rules import listed_code
from tongban.catalogue.rules.reading import read_file
from tongban.identity import actions as identity
from tongban.identity import queries as queries_of_people
from tongban.identity.types import Actor, ActorKind, Arrived, Extent, Post, Role, Strength, Terms
from tongban.kernel import clock, database, disclosures, following, sequencing, vault
from tongban.kernel.types import Channel, System, Text
from tongban.ledger import actions as ledger
from tongban.licences import actions as licences
from tongban.licences.types import LicenceState
from tongban.messages import actions as messages
from tongban.reviews import actions as reviews
from tongban.reviews import queries as reviews_known
from tongban.reviews.types import TokenHolder
from tongban.supervision import actions as supervision
from tongban.supervision.types import Listing, Rule

ITEM = "food-operation-gaoling"
TESTER = System(name="tester")
COOKIES = ("owner", "agent", "other", "reception", "review", "decision", "elsewhere", "supervisor", "editor")
TOKENS = {"token": "owner", "other_token": "other", "officer_token": "decision"}
MANDATED = {"daughter": (Extent.SIGN, 30), "expired": (Extent.SIGN, -1), "preparer": (Extent.PREPARE, 30)}
"""People with a mandate of the firm for the item: how far it goes, how many days from now it ends."""
ACTORS = ("anonymous", *COOKIES, *TOKENS, *MANDATED)
STRANGERS = ("anonymous", "other", "elsewhere", "other_token", "expired")
OFFICERS = ("reception", "review", "decision", "elsewhere", "supervisor", "editor")


@dataclass(slots=True, kw_only=True)
class World:
    """Who is there with which session, and what there is to ask for."""

    people: dict[str, Actor]
    sessions: dict[str, str]
    tokens: dict[str, str]
    things: dict[str, Any] = field(default_factory=dict)
    at_work: dict[str, Actor] = field(default_factory=dict)
    """Staff beyond the columns of the table: the owner and another citizen at their desk, and one without a post."""

    @property
    def firm(self) -> int:
        return self.people["owner"].entities[0]


def settle() -> None:
    """Let every follower react until nothing moves."""
    sequencing.take_turn()
    while following.catch_up_all():
        sequencing.take_turn()


def known_elsewhere(owner: Actor) -> None:
    """A system that knows who somebody is, and a node whose identity opens their account."""
    database.execute(
        "insert into identity_client (key, kind, name, name_en, purpose, purpose_en, basis, redirects, returns, scopes, sector, "
        "logout_uri, authorities, confidential, secret_hash, proofing, strength, proposed_by_id, expires_at) "
        "select 'of-the-world', 'SIGN_IN', 'x', 'x', 'x', 'x', 'x', '{}', '{}', array['openid'], 'x.example', '', '{}', "
        "false, '', 1, 1, min(id), kernel_now() from identity_account on conflict do nothing")
    database.execute(
        "insert into identity_source (key, issuer, client_id, secret, name, name_en, basis, private, strength, proposed_by_id, "
        "expires_at) select 'of-the-world', 'https://x.example', 'x', '', 'x', 'x', 'x', false, 2, "
        "min(id), kernel_now() from identity_account on conflict do nothing")
    for table in ("identity_client", "identity_source"):
        relying.settle(database.execute, table, "of-the-world")
    client = queries_of_people.client("of-the-world")
    assert client is not None
    journeys.act(owner, identity.give_grant, client=client, scopes=("openid",))
    token = identity.open_session(account=owner.account, channel=Channel.WEB)
    journeys.act(owner, identity.link_source, token=token, arrived=Arrived(source="of-the-world", subject=secrets.token_hex(16),
                                                                           strength=Strength.S2))


def proofs(person: Actor, officer: Actor) -> None:
    """How the two prove who they are, and what a person shows a clerk: at a counter, and to be helped."""
    both, when = [person.account, officer.account], "kernel_now(), kernel_now()"
    with database.serving("owner"):
        database.execute("insert into identity_factor (account_id, kind, name, credential, sealed, count, step, added_at) "
                         "select a, 'TOTP', 'x', '', '', 0, 0, kernel_now() from unnest(%s::bigint[]) a", [both])
        database.execute("insert into identity_recovery (account_id, code_index, made_at) "
                         "select a, 'x', kernel_now() from unnest(%s::bigint[]) a", [both])
        database.execute("insert into identity_device (account_id, device_hash, browser, first_at, last_at) "
                         f"select a, %s, 'x', {when} from unnest(%s::bigint[]) a", [queries_of_people.token_hash("a browser"), both])
        database.execute("insert into identity_helping (principal_id, principal_name, code_hash, offered_until, helper_id, session, "
                         f"idle, started_at, last_seen_at) values (%s, 'x', '', kernel_now(), %s, %s, '15 minutes', {when})",
                         [person.party, officer.account, secrets.token_hex(16)])
        database.execute("insert into identity_proofing_code (party_id, code_hash, expires_at) values (%s, %s, kernel_now())",
                         [person.party, secrets.token_hex(16)])
        database.execute("insert into identity_new_phone (party_id, phone, named_by_id, due_at) "
                         "values (%s, '', %s, kernel_now() + interval '1 day')", [person.party, officer.account])


def build() -> World:
    """The town on the day the clock shows; run with the worker's login."""
    place = journeys.authority_of(ITEM)
    away = next(each.id for each in authorities.authorities() if each.id != place)
    owner = journeys.with_firm(journeys.citizen("王所有"), "示例有主餐饮有限公司")
    agent, other = journeys.citizen("李经办"), journeys.with_firm(journeys.citizen("赵旁人"), "示例别家餐饮有限公司")
    identity.appoint_agent(TESTER, agent=agent.party or 0, entity=owner.entities[0], valid_from=date(2026, 1, 1))
    people = {
        "owner": owner, "agent": replace(agent, entities=owner.entities), "other": other,
        "reception": staff(place, Role.RECEPTIONIST), "review": staff(place, Role.REVIEWER),
        "decision": staff(place, Role.DECIDER),
        "elsewhere": staff(away, Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER, Role.SUPERVISOR),
        "supervisor": staff(place, Role.SUPERVISOR), "editor": staff(place, Role.CATALOGUE_EDITOR),
    }
    world = World(
        people=people,
        sessions={name: identity.open_session(account=people[name].account, channel=Channel.WEB) for name in COOKIES},
        tokens={name: identity.open_session(account=people[who].account, channel=Channel.API, days=2)
                for name, who in TOKENS.items()})
    for name, (extent, days) in MANDATED.items():
        _entrust(world, name, extent, days)
    everything = (Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER)
    world.at_work = {"kin": staff(place, *everything, person=owner), "unrelated": staff(place, *everything, person=other),
                     "postless": staff(place), "runs_system": staff(place)}
    yesterday, tomorrow = clock.today() - timedelta(days=1), clock.today() + timedelta(days=1)
    for begins, ends in ((date(2026, 1, 1), yesterday), (tomorrow, None)):
        identity.appoint_agent(TESTER, agent=other.party or 0, entity=owner.entities[0], valid_from=begins, valid_to=ends)
    for role, begins, ends in ((Role.DECIDER, date(2026, 1, 1), yesterday), (Role.REVIEWER, tomorrow, None)):
        identity.give_post(TESTER, account=world.at_work["postless"].account, authority=place, role=role, valid_from=begins,
                           valid_to=ends)
    world.sessions["postless"] = identity.open_session(account=world.at_work["postless"].account, channel=Channel.WEB)
    known_elsewhere(owner)
    proofs(people["owner"], people["decision"])
    stages = _stages(world)
    world.things |= {"draft": journeys.new_draft(owner, ITEM), "loose": journeys.act(
        owner, journeys.picture_of, party=owner.party).id, **stages, **_papers(world, stages)}
    return world


def _entrust(world: World, name: str, extent: Extent, days: int) -> None:
    """Somebody with a mandate of the firm for the one item, in force or over."""
    agent, owner, today = journeys.citizen("周代办"), world.people["owner"], clock.today()
    with journeys.as_actor(agent):
        known = queries_of_people.party(agent.party or 0)
    terms = Terms(extent=extent, items=(catalogue.code_of(ITEM),), valid_from=today, valid_to=today + timedelta(days=30))
    code = journeys.act(owner, identity.offer_mandate, principal=world.firm, name="周代办", phone=known.phone if known else "",
                        terms=terms)
    key = journeys.act(agent, identity.accept_mandate, code=code)
    database.execute("update identity_mandate set valid_from = least(valid_from, %(last)s), valid_to = %(last)s where key = %(key)s",
                     {"last": today + timedelta(days=days), "key": key})
    world.sessions[name] = identity.open_session(account=agent.account, channel=Channel.WEB)
    world.people[name] = queries_of_people.actor_by_session(world.sessions[name]) or agent
    if name == "daughter":
        world.things["mandate"] = key


def staff(authority: int, *roles: Role, person: Actor | None = None) -> Actor:
    """A member of staff whose posts stand in the register; `person`: who they are outside the office."""
    account = identity.open_account(TESTER, kind=ActorKind.OFFICER, login=f"staff-{secrets.token_hex(6)}",
                                    password="secret-word", name="王示例", sample=True,
                                    party=person.party if person else None)
    for role in roles:
        identity.give_post(TESTER, account=account, authority=authority, role=role, valid_from=date(2026, 1, 1))
    return Actor(account=account, kind=ActorKind.OFFICER, party=person.party if person else None,
                 entities=person.entities if person else (), posts=tuple(Post(authority=authority, role=role) for role in roles))


def _stages(world: World) -> dict[str, str]:
    """A case of the firm in every stage in which some act is lawful."""
    owner, who = world.people["owner"], world.people
    found = {stage: (journeys.promising if stage == "promised" else journeys.submitted)(owner, ITEM) for stage in
             ("received", "promised", "asked", "examined", "undecided", "stopped", "finished", "rated")}
    found["by_agent"] = journeys.submitted(who["agent"], ITEM, applicant=world.firm)
    asked = CorrectionItem(target="layout-plan", name=Text(zh="布局图", en="Plan"), what="看不清，请重拍")
    journeys.act(who["reception"], cases.request_corrections, number=found["asked"], items=[asked])
    for stage in ("examined", "undecided", "stopped", "finished", "rated"):
        journeys.act(who["reception"], cases.accept_case, number=found[stage])
    for stage in ("undecided", "stopped", "finished", "rated"):
        _examine(world, found[stage])
    journeys.act(who["review"], cases.suspend_case, number=found["stopped"], procedure="hearing",
                 announced_end=date(2026, 4, 1))
    for stage in ("finished", "rated"):
        journeys.act(who["decision"], cases.decide_case, number=found[stage], outcome=Outcome.GRANTED)
    settle()
    for code in codes_of(world.firm):
        licences.issue_licence(TESTER, code=code)
    settle()
    return found


def _examine(world: World, number: str) -> None:
    for verb in ("inspect", "examine"):
        if verb in journeys.open_verbs(number):
            journeys.act(world.people["review"], cases.examine_case, number=number, recommends=True,
                         **journeys.check(verb, world.people["reception"]))


def _papers(world: World, stages: dict[str, str]) -> dict[str, Any]:
    """What hangs on the cases: licence, file, message, invitation, rectification, signal."""
    invitations = dict(database.rows("select case_number, id from reviews_invitation where party_id = %s",
                                     [world.firm]))
    open_one, rated = (reviews_known.token_for(invitations[number]) for number in (stages["finished"], stages["rated"]))
    reviews.submit_review(TokenHolder(), token=rated, grade=5, text="等得太久")
    settle()
    messages.send(TESTER, party=world.firm, title=Text(zh="说一声", en="A word"), body=Text(zh="内容", en="Words"))
    with database.serving("owner"):
        database.execute("insert into messages_delivery (message_id, party, channel, state, at) select max(id), party, 'SMS', "
                         "'SIMULATED', kernel_now() from messages_message where party = %s group by party", [world.firm])
    guide = catalogue.guide(catalogue.code_of(ITEM))
    case = queries.by_number(stages["received"])
    paper = next(each for each in queries.materials_of(case.id if case else 0) if each.document)
    signal, answered = (journeys.act(world.people["supervisor"], supervision.raise_signal, case_number=stages["received"],
                                     rule=rule, description="多收了费用，请说明")
                        for rule in (Rule.UNAUTHORISED_CHARGE, Rule.REASON_MISSING))
    order = journeys.act(world.people["supervisor"], supervision.send_order, signal=answered,
                         content="请在期限内说明收费依据", due_on=date(2026, 3, 10))
    journeys.act(world.people["decision"], cases.save_view, name="只给自己看", wanted=Wanted(shared=True))
    journeys.act(world.people["reception"], disclosures.disclose, party=world.firm, fields=("name",), reason="contact",
                 subject=stages["received"], authority=case.authority if case else 0)
    file_made = _list_as_file(world.people["supervisor"], case.authority if case else 0)
    supervision.make_export(TESTER, key=file_made)
    _rows_alone(0)
    file_asked = _list_as_file(staff(case.authority if case else 0, Role.SUPERVISOR), case.authority if case else 0)
    _rows_alone(1000)
    licences.change_state(TESTER, code=codes_of(world.firm)[-1], state=LicenceState.SUSPENDED, reason="核查期间暂停")
    settle()
    return {
        "licence": codes_of(world.firm)[0], "file": paper.document, "material": paper.id, "invitation": open_one,
        "rectification": database.row("select id from reviews_rectification where party_id = %s", [world.firm])[0],
        "pair": _pair(), "signal": signal, "order_sent": order, "file_made": file_made,
        "file_asked": file_asked, "sent": database.row(
            "select key from cases_draft where submitted_as = %s", [stages["received"]])[0],
        "entry": _entry(stages["received"]), "item": guide.code, "listed": _listed(),
        "page": catalogue.form(guide.form_code, guide.form_version).pages[0].code,
        "node": database.row("select t.node from cases_task t join cases_case c on c.id = t.case_id "
                             "where c.number = %s and t.done_at is null", [stages["examined"]])[0],
        "authority": authorities.authority(guide.authority_id).uscc,
        "firm": world.firm, "login": f"citizen-{world.people['owner'].party}",
        "query_code": vault.query_code(stages["received"]), "review_account": world.people["review"].account,
    }


def _list_as_file(who: Actor, authority: int) -> str:
    """A supervisor's request for the cases of their authority as a file."""
    return str(journeys.act(who, supervision.ask_export, listing=Listing(authorities=(authority,)), language="en",
                            reason="核对三月的办件"))


def _rows_alone(value: int) -> None:
    """Beyond so many rows a second person decides."""
    with database.serving("owner"):
        database.execute("update kernel_parameter set value = %s where name = 'supervision.export_rows_alone'", [str(value)])


def _pair() -> int:
    """Two accounts that claim one credential."""
    number = journeys.new_id_number()
    identity.register_person(TESTER, name="孙先来", id_number=number, phone="19900000088", region="511602000000")
    later = journeys.unproved("孙先来")
    journeys.act(later, identity.prove_by_data, name="孙先来", kind="111", number=number)
    return int(database.row("select id from identity_conflict where party_id = %s", [later.party])[0])


def _entry(number: str) -> int:
    """The place of a case's receipt in the sealed record."""
    settle()
    while ledger.enter():
        continue
    ledger.seal("tongban-ledger/town")
    found = database.row("select p.position from kernel_position p join kernel_event e on e.id = p.event where e.subject = %s "
                         "order by 1", [number])
    return int(found[0])


def _listed() -> str:
    """A service that another system's list names."""
    content = '[{"id": "one", "name": "放风筝备案", "department": "示例局"}]'.encode()
    editing.list_items(TESTER, source="access", file="access.json", records=read_file(content, name="access.json"))
    return listed_code("access", "one")


def codes_of(party: int) -> list[str]:
    """Codes of the licences of a party."""
    return [row[0] for row in database.rows("select code from licences_licence where holder_id = %s order by id",
                                            [party])]
