"""A town with cases in time and late, signals, reviews good and poor; supervisors with a browser."""

import html
import itertools
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.test import Client

from tests.catalogue import given as catalogue_given
from tests.reviews import given as desks
from tests.reviews.conftest import token_of
from tests.reviews.given import Desk
from tongban.authorities import queries as authorities
from tongban.catalogue.rules import code_of
from tongban.catalogue.types import LimitSpec, ResultKind, ServiceObject
from tongban.identity import actions as identity
from tongban.identity.types import Actor, ActorKind, Post, Role
from tongban.kernel import database, ticking
from tongban.kernel.types import Channel, System, Text
from tongban.reviews import actions as reviews
from tongban.reviews.types import TokenHolder

TESTER = System(name="tester")
NUMBERS = itertools.count(1)
Clock = Callable[[datetime | None], None]


def day(number: int, hour: int = 10, month: int = 3) -> datetime:
    """A moment of 2026 in Shanghai; 2 March is a Monday."""
    return datetime(2026, month, number, hour, tzinfo=ZoneInfo("Asia/Shanghai"))


@dataclass(slots=True, kw_only=True)
class Town:
    """A desk and its cases by what became of them."""

    desk: Desk
    numbers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Browser:
    """Someone with a session."""

    actor: Actor
    client: Client

    def get(self, path: str, **query: object) -> "Page":
        return page(self.client.get(path, query) if query else self.client.get(path))

    def post(self, path: str, **typed: str) -> "Page":
        return page(self.client.post(path, typed))


@dataclass(slots=True, kw_only=True)
class Page:
    """An answer as people see it."""

    status: int
    words: str
    source: str
    where: str

    def links(self, start: str) -> list[tuple[str, str]]:
        """Address and words of every link that begins so."""
        found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', self.source, re.DOTALL)
        return [(html.unescape(href), re.sub(r"<[^>]+>", "", text).strip()) for href, text in found
                if href.startswith(start)]


def page(response: Any) -> Page:
    source = response.content.decode()
    words = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", source)))
    return Page(status=response.status_code, words=words, source=source, where=response.get("Location", ""))


def officer(posts: dict[int, Role], name: str = "孙监察") -> Browser:
    """A new member of staff with these posts, signed in now."""
    account = identity.open_account(TESTER, kind=ActorKind.OFFICER, login=f"over-{secrets.token_hex(8)}", name=name,
                                    password="secret-of-a-test", sample=True)
    for authority, role in posts.items():
        identity.give_post(TESTER, account=account, authority=authority, role=role, valid_from=date(2026, 1, 1))
    actor = Actor(account=account, kind=ActorKind.OFFICER, party=None,
                  posts=tuple(Post(authority=authority, role=role) for authority, role in posts.items()))
    return Browser(actor=actor, client=browser_of(actor.account))


def browser_of(account: int) -> Client:
    """A browser with a session of this account, opened now."""
    client = Client(SERVER_NAME="localhost")
    client.cookies[settings.SESSION_COOKIE_NAME] = identity.open_session(account=account, channel=Channel.WEB)
    return client


def build(at: Clock, catch_up: Callable[[], None], desk: Desk | None = None) -> Town:
    """Cases received, accepted, overdue, overdue by law, finished in time and late; reviews of those finished.

    The promise is three working days, the law's limit five; afterwards it is Tuesday 10 March.
    """
    town = Town(desk=desk or desks.desk(promised=3, statutory=5))
    given = town.desk
    at(day(2))
    town.numbers["late"] = desks.examined(given)
    town.numbers["overdue_by_law"] = desks.accepted(given)
    for name in ("quick", "prompt", "good", "bad"):
        town.numbers[name] = desks.decided(given)
        at(day(3, 9))
    catch_up()
    at(day(4))
    town.numbers["overdue"] = desks.examined(given)
    at(day(9, 16))
    desks.decide(given, town.numbers["late"])
    catch_up()
    say(town.numbers["good"], 1, "办得快")
    say(town.numbers["prompt"], 2, "")
    say(town.numbers["bad"], 5, "等了很久，打我电话13800138000")
    say(town.numbers["late"], 4, "太慢")
    at(day(10))
    town.numbers["open"] = desks.accepted(given)
    town.numbers["received"] = desks.submitted(given)
    catch_up()
    ticking.tick()
    catch_up()
    return town


def busy(town: Town, at: Clock, catch_up: Callable[[], None]) -> None:
    """More cases at another authority than fit on a page, some of them finished."""
    at(day(9))
    desk = desk_elsewhere(town)
    for _case in range(3):
        desks.decided(desk)
    catch_up()
    for _case in range(20):
        desks.submitted(desk)
    catch_up()


def walk(browser: Browser, path: str, part: str) -> list[str]:
    """The records of a list, page after page: the addresses of one kind in the order shown."""
    rows = re.compile(rf'<tr[^>]*>.*?href="(/(?:en/)?oversight/{part}/[^"/]+/)"', re.DOTALL)
    return [key for body in bodies(browser, path) for key in rows.findall(body)]


def bodies(browser: Browser, path: str) -> Iterator[str]:
    """The rows of a list as written, page after page."""
    while path:
        shown = browser.get(path)
        assert shown.status == 200, shown.words
        yield shown.source.partition("<tbody")[2].partition("</tbody>")[0]
        after = re.search(r'href="([^"]+)" rel="next"', shown.source)
        path = html.unescape(after[1]) if after else ""


def desk_elsewhere(town: Town, *, promised: int = 3, statutory: int = 5) -> Desk:
    """A desk for an item of its own at the other authority that the supervisor of the town supervises."""
    office = authorities.authority(town.desk.other)
    model = catalogue_given.item()
    paper = next(each for each in model.materials if each.from_form)
    number = next(NUMBERS)
    definition = msgspec.structs.replace(
        model, authority=office.uscc, slug=f"own-elsewhere-{number}", basic_code=f"00013299{number:04}",
        form="own-note", process="standard", situation=None, objects=(ServiceObject.PERSON,), themes_person=("12",),
        themes_entity=(), materials=(msgspec.structs.replace(paper, situations=()),),
        statutory_limit=LimitSpec(count=statutory, unit="WORKDAY"),
        promised_limit=LimitSpec(count=promised, unit="WORKDAY"),
        result=msgspec.structs.replace(model.result, kind=ResultKind.OTHER, name=Text(zh="登记", en="An entry"),
                                       licence_type="", validity_years=None, field_map={}))
    catalogue_given.publish(definition)
    staff = {role.lower(): desks.officer(office.id, role) for role in
             (Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER, Role.SUPERVISOR)}
    return Desk(authority=office.id, other=town.desk.authority, item=code_of(definition), citizen=desks.citizen(),
                reception=staff["receptionist"], reviewer=staff["reviewer"], decider=staff["decider"],
                supervisor=staff["supervisor"], stranger=staff["supervisor"])


def say(number: str, grade: int, text: str) -> None:
    """Review a finished case by its link."""
    token = token_of(number)
    with desks.as_(None):
        reviews.submit_review(TokenHolder(), token=token, grade=grade, text=text)


def one(sql: str, parameters: list[Any]) -> Any:
    """The single value of a statement."""
    found = database.row(sql, parameters)
    return found[0] if found else None
