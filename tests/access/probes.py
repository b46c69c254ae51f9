"""What each of the two layers alone lets through: the database with every check in Python passed by, and the reverse."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from typing import Any

import psycopg
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from psycopg.types.json import Jsonb

from tests.access.mutants import BOUND
from tests.access.world import World
from tongban.cases import access as cases_access
from tongban.cases import actions
from tongban.cases import queries as cases
from tongban.cases.queries import Figure, Grouping, figures_by_authority, promises_kept
from tongban.cases.rules import words_of
from tongban.cases.types import Right, Wanted
from tongban.counter import licences as desk_licences
from tongban.counter import rectifications
from tongban.identity import actions as doing
from tongban.identity import queries as identity
from tongban.identity.types import Actor, Extent, Role, Terms
from tongban.kernel import clock, database, disclosures
from tongban.licences import access as licences_access
from tongban.licences import queries as licences
from tongban.messages import queries as messages
from tongban.portal import space
from tongban.reviews import access as reviews_access
from tongban.reviews import queries as reviews
from tongban.reviews.types import Duty
from tongban.supervision import access as supervision_access
from tongban.supervision import actions as raising
from tongban.supervision import queries as supervision
from tongban.supervision.types import Listing, Rule, Shown

LET_THROUGH = "let through"
ANYONE_WRITES = {("kernel_event", "public"), ("kernel_event", "citizen"), ("kernel_event", "officer"),
                 ("kernel_disclosure", "officer"), ("cases_word", "citizen")}
"""Rows that one person writes about another by design, and may not read: the log, reads of data, words to find by."""
BEGINNINGS = {"cases_case": {"state": "SUBMITTED"}, "licences_licence": {"state": "DRAFT"},
              "supervision_signal": {"state": "RAISED"}}
"""States in which a row may begin, so that it is row security that refuses it."""
PEOPLE = ("owner", "agent", "other", "reception", "decision", "elsewhere", "supervisor", "kin", "unrelated")
SINCE, UNTIL = date(2026, 1, 1), date(2026, 12, 31)
ENDED = {"closed": "closed_at = kernel_now()", "idle": "last_seen_at = kernel_now() - idle",
         "expired": "expires_at = kernel_now()"}
"""Sessions that are over, and how they ended."""
Seen = dict[str, Any]


def scopes(world: World) -> Mapping[str, dict[str, Any]]:
    """Whom a request may stand for: those concerned, strangers, nobody."""
    people = world.people
    return {
        "firm": {"parties": people["owner"].parties, "account": people["owner"].account},
        "stranger": {"parties": people["other"].parties, "account": people["other"].account},
        "office": {"authorities": people["decision"].authorities, "account": people["decision"].account},
        "other office": {"authorities": people["elsewhere"].authorities, "account": people["elsewhere"].account},
        "nobody": {}}


def read_tables(world: World, tables: Iterable[str], logins: Iterable[str] = BOUND) -> Seen:
    """How many rows of each table each login sees under each scope."""
    found: Seen = {}
    for login in logins:
        for scope, bound in scopes(world).items():
            with database.serving(login), database.acting(**bound):
                for table in tables:
                    found[f"{table} by {login} for {scope}"] = _counted(table)
                transaction.set_rollback(True, using=database.alias())
    return found


def _counted(table: str) -> int | str:
    try:
        with database.atomic():
            return int(database.row(f"select count(*) from {table}")[0])  # type: ignore[index]
    except DatabaseError as error:
        return type(error.__cause__ or error).__name__


def write_tables(world: World, owner: psycopg.Connection[Any], tables: Iterable[str],
                 logins: Iterable[str] = BOUND) -> Seen:
    """Whether each login may add a copy of someone else's row, or hand its own over to someone else."""
    found: Seen = {}
    for table in tables:
        row = owner.execute(f"select to_jsonb(t) from {table} t order by 1 desc limit 1").fetchone()
        for login in logins:
            bound = scopes(world)["other office" if login == "officer" else "stranger"]
            with database.serving(login), database.acting(**bound):
                found[f"{table} by {login} added"] = _added(owner, table, login, row[0] if row else None)
                transaction.set_rollback(True, using=database.alias())
            bound = scopes(world)["office" if login == "officer" else "firm"]
            with database.serving(login), database.acting(**bound):
                found[f"{table} by {login} handed over"] = _handed_over(world, owner, table, login)
                transaction.set_rollback(True, using=database.alias())
    return found


def _added(owner: psycopg.Connection[Any], table: str, login: str, row: dict[str, Any] | None) -> str:
    columns = _writable(owner, table, login, "insert")
    if row is None or not columns:
        return "nothing to write"
    written = row | BEGINNINGS.get(table, {})
    listed = ", ".join(columns)
    return _told(f"insert into {table} ({listed}) overriding system value select {listed} "
                 f"from jsonb_populate_record(null::{table}, %s)", [Jsonb(written)])


def _handed_over(world: World, owner: psycopg.Connection[Any], table: str, login: str) -> str:
    """Every row the login sees, given to strangers."""
    away = world.people["other"].party if login != "officer" else world.people["elsewhere"].authorities[0]
    names = (("party", "party_id", "applicant_id", "holder_id", "holder") if login != "officer"
             else ("authority", "authority_id", "issuer_id", "issuer", "account_id"))
    columns = [each for each in _writable(owner, table, login, "update") if each in names]
    if not columns:
        return "nothing to write"
    return _told(f"update {table} set {columns[0]} = %s", [away])


def _writable(owner: psycopg.Connection[Any], table: str, login: str, right: str) -> list[str]:
    return [name for (name,) in owner.execute(
        "select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped "
        "and has_column_privilege(%s, attrelid, attnum, %s) and attgenerated = ''",
        [table, f"tongban_{login}", right]).fetchall()]


def _told(statement: str, parameters: list[Any]) -> str:
    """What the database says; a row that only its key keeps out was let through."""
    try:
        with database.atomic():
            touched = database.execute(statement, parameters)
    except DatabaseError as error:
        cause = error.__cause__ or error
        return LET_THROUGH if isinstance(cause, psycopg.errors.UniqueViolation) else type(cause).__name__
    return LET_THROUGH if touched else "no rows"


def secured(owner: psycopg.Connection[Any]) -> list[str]:
    """Tables with row security."""
    return [name for (name,) in owner.execute(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity "
        "and relkind in ('r', 'p') order by 1").fetchall()]


def ask_code(world: World, near: str = "") -> Iterator[tuple[str, str]]:
    """What access and queries answer to each actor while the database shows every row; what is `near` comes first."""
    database.execute("insert into identity_administrator (account_id, duty) values (%s, 'SYSTEM')",
                     [world.at_work["runs_system"].account])
    database.execute("update cases_material set overdue_at = kernel_now() where way = 'LATER' and party = %s", [world.firm])
    database.execute(
        "insert into licences_licence select (jsonb_populate_record(null::licences_licence, to_jsonb(l) || %s)).* "
        "from licences_licence l where l.code = %s",
        [Jsonb({"id": -1, "code": "of-another", "identifier": "of-another", "number": "of-another", "case_number": "of-another",
                "state": "DRAFT", "version": 999, "holder_id": world.people["other"].party}), world.things["licence"]])
    database.execute("update identity_account set active = false where id = %s", [world.people["editor"].account])
    for ended, change in ENDED.items():
        database.execute("insert into identity_session select (jsonb_populate_record(null::identity_session, to_jsonb(s) || "
                         "jsonb_build_object('token_hash', %s))).* from identity_session s where token_hash = %s",
                         [identity.token_hash(ended), identity.token_hash(world.sessions["owner"])])
        database.execute(f"update identity_session set {change} where token_hash = %s", [identity.token_hash(ended)])
    world.things |= _besides(world)
    asked = {name: _calls(world, (world.people | world.at_work)[name]) for name in PEOPLE}
    for call in sorted(asked["owner"], key=lambda each: each.split()[0] != near):
        for name in PEOPLE:
            yield f"{call} by {name}", _answer(asked[name][call])


def _besides(world: World) -> dict[str, Any]:
    """What a call needs that is good once, or that no other test may find."""
    owner, other, unrelated = world.people["owner"], world.people["other"], world.at_work["unrelated"]
    for agent, stage in ((unrelated, "examined"), (world.people["reception"], "by_agent")):
        database.execute("update cases_case set agent_id = %s where number = %s", [agent.account, world.things[stage]])
    database.execute(
        "insert into cases_correction (case_id, party, authority, phase, notice, items, requested_at, due_at, requested_by_id, "
        "answered_by_id, answered_at) select id, applicant_id, authority_id, 'BEFORE', 1, '[]', kernel_now(), kernel_now(), %s, %s, "
        "kernel_now() from cases_case where number = %s",
        [world.people["reception"].account, other.account, world.things["promised"]])
    database.execute("update identity_client set logout_uri = 'https://x.example/out' where key = 'of-the-world'")
    database.execute("insert into identity_sign_on (sid, session_hash, client_id, subject, at) "
                     "values ('probe', %s, 'of-the-world', 'x', kernel_now())", [identity.token_hash("closed")])
    agent, person = identity.party(world.people["agent"].party or 0), identity.party(owner.party or 0)
    terms = Terms(extent=Extent.SIGN, items=(), valid_from=clock.today(), valid_to=clock.today())
    return {
        "help": doing.ask_help(owner), "last": person.code[-4:] if person else "",
        "offered": doing.offer_mandate(owner, principal=owner.party or 0, name="赵旁人", phone=agent.phone if agent else "", terms=terms)}


def _answer(ask: Callable[[], Any]) -> str:
    with suppress(transaction.TransactionManagementError), database.atomic():
        try:
            told = repr(ask())
        except Exception as error:  # noqa: BLE001 - to break is an answer too
            told = type(error).__name__
        transaction.set_rollback(True, using=database.alias())
        return told
    return "broken"


def _calls(world: World, actor: Actor) -> dict[str, Callable[[], Any]]:
    things, own, ours = world.things, actor.parties, actor.authorities
    words = words_of("示例有主餐饮有限公司")
    calls: dict[str, Callable[[], Any]] = {
        "cases_of": lambda: [each.number for each in cases.cases_of(own)],
        "drafts_of": lambda: [each.key for each in cases.drafts_of(own)],
        "cases_at": lambda: [each.number for each in cases.cases_at(ours)],
        "find": lambda: [each.number for each in cases.find(ours, list(words))],
        "figures_by_authority": lambda: figures_by_authority(since=SINCE, until=UNTIL, authorities=ours),
        "promises_kept": lambda: promises_kept(Grouping.AUTHORITY, since=SINCE, until=UNTIL, authorities=ours),
        "queue": lambda: [row.case.number for row in cases.queue(actor, Wanted(), today=UNTIL).rows],
        "count_queue": lambda: cases.count_queue(actor, [Wanted(), Wanted(shared=True)], today=UNTIL),
        "items_waiting": lambda: cases.items_waiting(actor, shared=False, today=UNTIL),
        "views_of": lambda: [each.name for each in cases.views_of(actor)],
        "owes_papers": lambda: [cases.owes_papers(each, UNTIL) for each in own],
        "holders_of": lambda: cases.holders_of(actor, world.firm),
        "party": lambda: [identity.party(each) for each in own],
        "represents": lambda: identity.represents(actor.party or 0, world.firm),
        "sessions_of": lambda: [each.key for each in identity.sessions_of(actor.account)],
        "links_of": lambda: [each.id for each in identity.links_of(actor.account)],
        "grants_of": lambda: [each.key for each in identity.grants_of(actor.account)],
        "standing": lambda: str(identity.standing(actor.account, actor.party or 0)),
        "keys_of": lambda: [each.key for each in identity.keys_of(actor.account)],
        "actor_by_session": lambda: [_known(token) for token in (*world.sessions.values(), *ENDED, "no token")],
        "second_ways": lambda: identity.second_ways(actor),
        "factors_of": lambda: [each.key for each in identity.factors_of(actor.account)],
        "devices_of": lambda: [each.key for each in identity.devices_of(actor.account, "no token")],
        "recovery_left": lambda: identity.recovery_left(actor.account),
        "one_factor_is_enough": lambda: identity.one_factor_is_enough(actor.account, "a browser"),
        "number_for_codes": lambda: identity.number_for_codes(actor),
        "new_phone_due": lambda: [str(identity.new_phone_due(each)) for each in own],
        "phone_end": lambda: identity.phone_end(actor),
        "has_account": lambda: [identity.has_account(each) for each in own],
        "granted_scopes": lambda: identity.granted_scopes(actor.account, "of-the-world"),
        "waiting_for_logout": lambda: len(identity.waiting_for_logout(actor.account)),
        "exchange_person": lambda: str(identity.exchange_person(actor.party or 0)),
        "invitation": lambda: identity.invitation(actor, things["offered"]) is not None,
        "start_help": lambda: doing.start_help(actor, token="no token", code=things["help"], last=things["last"]),
        "duty_of": lambda: identity.duty_of(actor.account),
        "acts_of": lambda: [len(cases.acts_of(each, [world.people["owner"].account])) for each in own],
        "draft_papers": lambda: [things["file"] in cases.draft_papers(each) for each in own],
        "file_to_read": lambda: cases_access.file_to_read(actor, things["file"]),
        "file_to_read loose": lambda: cases_access.file_to_read(actor, things["loose"]),
        "cases_behind": lambda: [row.number for each in ours for figure in Figure for row in cases.cases_behind(
            figure, authority=each, since=SINCE, until=UNTIL)],
        "start_draft": lambda: bool(actions.start_draft(actor, item_code=things["item"], applicant=world.firm)),
        "submit_case": lambda: actions.submit_case(
            actor, item_code=things["item"], item_version=1, situation="", answers={}, materials=(), applicant=world.firm,
            key="probe", now=clock.now()),
        "raise_signal": lambda: bool(raising.raise_signal(
            actor, case_number=things["finished"], rule=Rule.ILLEGAL_REFUSAL, description="多收了费用，请说明")),
        "licence page": lambda: space._licence(actor, things["licence"]).code,
        "rectification page": lambda: _page(rectifications.rectification, actor, things["rectification"]),
        "licence at the desk": lambda: _page(desk_licences.licence, actor, things["licence"]),
        "posted_at": lambda: [identity.posted_at(each, [Role.DECIDER]) for each in ours],
        "staff_at": lambda: [identity.staff_at(each, [world.people["decision"].account], list(Role)) for each in ours],
        "inbox": lambda: [each.id for each in messages.inbox(own)],
        "unread": lambda: messages.unread(own),
        "licences_of": lambda: [each.code for each in licences.licences_of(own)],
        "usable_for": lambda: licences.usable_for(own, _licence_types()),
        "disclosures": lambda: [disclosures.of_party(each) for each in own],
        "signals": lambda: [each.number for each in supervision.signals(authorities=ours)],
        "orders": lambda: [each.id for each in supervision.orders(authorities=ours)],
        "awaited": lambda: [each.id for each in supervision.awaited(ours)],
        "count_awaited": lambda: supervision.count_awaited(ours),
        "oversight": lambda: supervision.figures(since=SINCE, until=UNTIL, authorities=ours),
        "exports": lambda: [each.key for show in Shown for each in supervision.exports(
            show, account=actor.account, authorities=ours)],
        "export": lambda: [bool(supervision.export(things[each], authorities=ours)) for each in ("file_asked", "file_made")],
        "listed": lambda: [each.number for each in supervision.listed(Listing(authorities=tuple(ours)))],
        "count_listed": lambda: supervision.count_listed(Listing(authorities=tuple(ours)), most=1000),
        "keys_listed": lambda: [sorted(supervision.keys_listed(
            Listing(authorities=tuple(ours), figure=each, since=SINCE, until=UNTIL), most=1000)) for each in ("", Figure.RECEIVED)],
        "cases_among": lambda: [each.number for each in cases.cases_among(
            [each.id for each in (cases.by_number(things["received"]),) if each], authorities=ours)],
        "export_of_supervisor": lambda: supervision_access.export_of_supervisor(actor, things["file_asked"]).key,
        "export_of_asker": lambda: supervision_access.export_of_asker(actor, things["file_made"]).key,
        "fetch_export": lambda: len(raising.fetch_export(actor, key=things["file_made"]).content),
        "reviews": lambda: [each.id for each in reviews.reviews(authorities=ours)],
        "review_counts": lambda: reviews.counts(authorities=ours),
        "rectifications": lambda: [each.id for each in reviews.rectifications(authorities=ours)],
        "review_figures": lambda: reviews.figures(since=SINCE, until=UNTIL, authorities=ours),
        "draft_to_read": lambda: cases_access.draft_to_read(actor, things["draft"]).applicant,
        "draft_for_update": lambda: cases_access.draft_for_update(actor, things["draft"]).applicant,
        "sent_draft": lambda: cases_access.sent_draft(actor, things["sent"]),
        "case_to_read": lambda: cases_access.case_to_read(actor, things["received"]).number,
        "signal_of_unit": lambda: supervision_access.signal_of_unit(actor, things["signal"]).number,
        "signal_of_supervisor": lambda: supervision_access.signal_of_supervisor(actor, things["signal"]).number,
        "order_of_unit": lambda: supervision_access.order_of_unit(actor, things["order_sent"]).id,
        "order_of_supervisor": lambda: supervision_access.order_of_supervisor(actor, things["order_sent"]).id,
        "licence_for_update": lambda: licences_access.licence_for_update(actor, things["licence"]).code,
        "versions_for_update": lambda: [each.code for each in licences_access.versions_for_update(_licence(world))],
    }
    calls["is_own"] = lambda: cases_access.case_for_update(actor, things["by_agent"], Right.ACCEPT).number
    calls |= {f"case_for_update {right}": lambda right=right: cases_access.case_for_update(
        actor, things["received"], right).number for right in Right}
    calls |= {f"rectification_for_update {duty}": lambda duty=duty: reviews_access.rectification_for_update(
        actor, things["rectification"], duty).id for duty in Duty}
    return calls


def _known(token: str) -> tuple[Any, ...] | None:
    """Whom a token stands for."""
    found = identity.actor_by_session(token)
    return found and (found.account, found.entities, found.posts)


def _page(view: Callable[..., HttpResponse], actor: Actor, key: int | str) -> int:
    """A page behind its gate."""
    request = RequestFactory().get("/")
    request.actor = actor  # type: ignore[attr-defined]
    return inspect.unwrap(view)(request, key).status_code


def _licence(world: World) -> Any:
    """A licence of the firm, as whoever may change it gets it."""
    return licences.licence(world.things["licence"])


def _licence_types() -> list[str]:
    return [code for (code,) in database.rows("select distinct code from licences_type order by 1")]
