"""The matrix in depth: more callers, whose right has ended or not begun, and what belongs to others elsewhere.

Every route that names a thing is asked for the thing of the table, for three of other people (at the same desk, at another
department of one region, in another region) and for one that does not exist; by GET, HEAD, POST and DELETE.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from tests import journeys
from tests.access import world as town
from tests.access.asking import UNKNOWN, comparable, outcome, taken_back
from tests.access.cells import LISTS, signs
from tests.access.routes import routes
from tests.access.test_matrix import FINDING, PROFILES, ROWS, expected, filled
from tests.access.world import ACTORS, STRANGERS, TESTER, World
from tongban.counter import disclosing
from tongban.identity import actions as identity
from tongban.identity.queries import token_hash
from tongban.identity.types import Role
from tongban.kernel import clock, database
from tongban.kernel.types import Channel
from tongban.supervision import actions as supervision
from tongban.supervision.types import Rule

NEXT_DOOR, BEYOND = "labour-dispatch-guangan", "drug-retail-guangan"
"""Items of two departments of one region, which is not that of the town's item."""
LIKE = {"agent_until_yesterday": "other", "agent_from_tomorrow": "other", "officer_until_yesterday": "editor",
        "officer_from_tomorrow": "editor", "officer_suspended": "anonymous", "signed_out": "anonymous",
        "idle_too_long": "anonymous", "token_expired": "anonymous", "next_door": ""}
"""Further callers, and which actor of the table each is answered like; next door works at a desk of its own."""
CALLERS = (*ACTORS, *LIKE)
OTHERS = ("same_desk", "other_department", "other_region")
METHODS = ("GET", "HEAD", "POST", "DELETE")
DESK = ("reception", "review", "decision", "supervisor", "officer_token")
CONCERNED = {"table": {*ACTORS} - {*STRANGERS, "editor"}, "same_desk": {"other", "other_token", *DESK},
             "other_department": {"other", "other_token"}, "other_region": {"other", "other_token", "next_door"}}
"""Whose a thing is, by where it is: everybody else is a stranger to it."""
OPEN = {name for name, told in PROFILES.items() if told[0] in ("ok", "redirect")}
ALIKE = {name: told[0] for name, told in PROFILES.items() if len(set(told)) == 1}
"""What everybody is answered, so that the answer tells nothing."""
NOBODYS = {("oversight:account_pair", "GET"), ("oversight:account_pair", "POST")}
"""What belongs to no authority, so that whoever supervises next door may do it as well."""
TOLD_BEFORE = {("portal:inbox", "expired"), ("portal:my_data", "expired")}
"""Where somebody reads of the mandate they once had, which names the firm."""
NOWHERE = {"hidden", "denied", "sign_in", "method"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One question of the deep matrix."""

    route: str
    method: str
    caller: str
    thing: str = "table"
    query: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.route}{self.query} as {self.caller}, thing: {self.thing}"


@dataclass(slots=True, kw_only=True)
class Crowd:
    """The town with everybody in it, and what there is of others."""

    world: World
    sessions: dict[str, str]
    tokens: dict[str, str]
    things: dict[str, dict[str, Any]] = field(default_factory=dict)


def cells() -> list[Cell]:
    """Every cell that has an answer to expect."""
    return list(_cells())


def _cells() -> Iterator[Cell]:
    for name, row in ROWS.items():
        methods = ["GET", "HEAD", "DELETE"] if "GET" in row else []
        for method in [*methods, *(["POST"] if "POST" in row else [])]:
            places = ("table", *OTHERS, "none") if (name, "POST" if method == "POST" else "GET") in FINDING else ("table",)
            for caller in CALLERS:
                yield from (Cell(route=name, method=method, caller=caller, thing=place) for place in places)
                if method == "GET":
                    yield from (Cell(route=name, method=method, caller=caller, query=query)
                                for query in LISTS.get(name, ()))


def gather(world: World) -> Crowd:
    """Let the further callers in, and give other people things of their own (worker login)."""
    today, firm = clock.today(), world.firm
    day = timedelta(days=1)
    until, coming = (journeys.citizen(name) for name in ("钱曾经", "孙将来"))
    identity.appoint_agent(TESTER, agent=until.party or 0, entity=firm, valid_from=date(2026, 1, 1), valid_to=today - day)
    identity.appoint_agent(TESTER, agent=coming.party or 0, entity=firm, valid_from=today + day)
    place = world.people["decision"].authorities[0]
    former = town.staff(place)
    later, suspended = town.staff(place), town.staff(place, *Role)
    for role in Role:
        identity.give_post(TESTER, account=former.account, authority=place, role=role, valid_from=date(2026, 1, 1),
                           valid_to=today - day)
        identity.give_post(TESTER, account=later.account, authority=place, role=role, valid_from=today + day)
    door = town.staff(journeys.authority_of(NEXT_DOOR), Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER, Role.SUPERVISOR)
    accounts = {"agent_until_yesterday": until, "agent_from_tomorrow": coming, "officer_until_yesterday": former,
                "officer_from_tomorrow": later, "officer_suspended": suspended, "next_door": door,
                "signed_out": world.people["owner"], "idle_too_long": world.people["owner"]}
    opened = {name: identity.open_session(account=actor.account, channel=Channel.WEB) for name, actor in accounts.items()}
    expired = identity.open_session(account=world.people["owner"].account, channel=Channel.API, days=1)
    database.execute("update identity_account set active = false where id = %s", [suspended.account])
    identity.sign_out(world.people["owner"], token=opened["signed_out"])
    for token, change in ((opened["idle_too_long"], "last_seen_at = kernel_now() - idle"),
                          (expired, "expires_at = kernel_now()")):
        database.execute(f"update identity_session set {change} where token_hash = %s", [token_hash(token)])
    crowd = Crowd(world=world, sessions=world.sessions | opened, tokens=world.tokens | {"token_expired": expired})
    other = world.people["other"]
    crowd.things = {"table": world.things, "none": {},
                    "same_desk": _of(world, other, town.ITEM, world.people["supervisor"]),
                    "other_department": _of(world, other, BEYOND, town.staff(journeys.authority_of(BEYOND), Role.SUPERVISOR)),
                    "other_region": _of(world, other, NEXT_DOOR, door)}
    return crowd


def _of(world: World, owner: Any, item: str, supervisor: Any) -> dict[str, Any]:
    """A case of someone else with what hangs on it; wherever the table names a stage, it is this case."""
    number = journeys.submitted(owner, item)
    paper = database.row("select m.id, m.document_id from cases_material m join cases_case c on c.id = m.case_id "
                         "where c.number = %s and m.document_id is not null order by 1", [number])
    signal = journeys.act(supervisor, supervision.raise_signal, case_number=number, description="多收了费用，请说明",
                          rule=next(rule for rule in Rule if rule.by_hand))
    stages = dict.fromkeys(("received", "promised", "asked", "examined", "undecided", "stopped", "finished"), number)
    return {**stages, "draft": journeys.new_draft(owner, item), "material": paper[0], "file": paper[1], "signal": signal}


def asked(crowd: Crowd, cell: Cell) -> tuple[HttpResponse, str, dict[str, Any]] | None:
    """The answer with its address and what was asked for; None where there is no such thing of other people."""
    row, things = ROWS[cell.route], crowd.things[cell.thing]
    wanted = row.get("with") or {}
    if cell.thing in OTHERS and not any(name in things for name in wanted.values()):
        return None
    values = {key: _unknown(key, crowd.world.things.get(name, name)) if cell.thing == "none"
              else things.get(name, crowd.world.things.get(name, name)) for key, name in wanted.items()}
    route = routes()[cell.route]
    query = (row.get("query", "") + cell.query).format_map(crowd.world.things) if cell.method != "POST" else ""
    disclosing._noted.clear()
    return _asked(crowd, cell, route.at(values) + query), route.at(values), values


def _unknown(key: str, known: Any) -> Any:
    return 999_999_999 if isinstance(known, int) else UNKNOWN.get(key, known)


def _asked(crowd: Crowd, cell: Cell, path: str) -> HttpResponse:
    headers = {"accept-language": "en"}
    if cell.caller in crowd.tokens:
        headers["authorization"] = f"Bearer {crowd.tokens[cell.caller]}"
    client = Client(headers=headers, SERVER_NAME="127.0.0.1")
    if cell.caller in crowd.sessions:
        client.cookies[settings.SESSION_COOKIE_NAME] = crowd.sessions[cell.caller]
    body = filled(crowd.world, ROWS[cell.route].get("body"))
    with taken_back():
        if cell.method != "POST":
            return client.generic(cell.method, path)
        if cell.route.startswith("api:"):
            return client.post(path, body, content_type="application/json", headers={"idempotency-key": "access"})
        return client.post(path, body)


def wrong(crowd: Crowd, cell: Cell) -> str:
    """What is wrong with the answer of a cell; empty if nothing is."""
    try:
        found = asked(crowd, cell)
    except Exception as error:  # noqa: BLE001 - a page that breaks is a fault of its cell
        return f"breaks: {type(error).__name__}"
    if found is None:
        return ""
    response, path, values = found
    told = outcome(response)
    profile = ROWS[cell.route].get("GET" if cell.method in ("HEAD", "DELETE") else cell.method, "")
    like = LIKE.get(cell.caller, cell.caller)
    if cell.thing == "table" and like:
        wanted = expected(cell.route, "POST" if cell.method == "POST" else "GET")[like]
        found_at_once = cell.query and (wanted, told) == ("ok", "redirect") and cell.caller in CONCERNED["table"]
        if told != wanted and not (cell.method in ("HEAD", "DELETE") and told == "method") and not found_at_once:
            return f"{told} instead of {wanted}"
    if profile in OPEN or cell.caller in CONCERNED.get(cell.thing, ()):
        return ""
    tells = told not in NOWHERE and told != ALIKE.get(profile)
    if tells and (cell.thing != "table" or (not like and (cell.route, cell.method) in {*FINDING} - NOBODYS)):
        return f"{told} for a thing of others" if cell.thing != "none" else f"{told} for what does not exist"
    if cell.thing in OTHERS:
        nothing = asked(crowd, Cell(route=cell.route, method=cell.method, caller=cell.caller, thing="none"))
        if nothing is None or comparable(response, path, values) != comparable(nothing[0], nothing[1], nothing[2]):
            return "told from what does not exist"
    return _shown(crowd, cell, response, values)


def _shown(crowd: Crowd, cell: Cell, response: HttpResponse, values: dict[str, Any]) -> str:
    """The first sign of the firm in the answer to a stranger, but for what they said themselves."""
    if cell.caller in CONCERNED["table"] or response.streaming or (cell.route, cell.caller) in TOLD_BEFORE:
        return ""
    said = {*map(str, values.values()), *re.findall(r"=([^&]+)", cell.query.format_map(crowd.world.things))}
    text = response.content.decode(errors="replace")
    return next((f"shows {name}" for name, sign in signs(crowd.world).items() if sign in text and sign not in said), "")

