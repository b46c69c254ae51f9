"""Officers at a desk: signed in with posts of their own, their pages as a browser gets them."""

import html
import itertools
import json
import os
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.test import Client

from tests import journeys
from tongban.documents import actions as documents
from tongban.identity import actions as identity
from tongban.identity.types import Actor, ActorKind, Post, Role
from tongban.kernel import clock, database
from tongban.kernel.types import Channel

NUMBERS = itertools.count(1)
FAMILY = ("陆", "邵", "洪", "庄", "阎", "薛", "侯", "白", "段", "雷")
SITE, PLAIN, INSTANT = "public-hygiene-guangan", "old-age-allowance-guichi", "graduate-registration-zhangzhuang"
"""Items with a visit to the site, with one examination, and done on the spot."""


@dataclass
class Page:
    """An answer as people see it."""

    status: int
    text: str
    where: str
    response: Any

    def says(self, words: str) -> bool:
        return words in self.text


@dataclass
class Officer:
    """A member of staff with a browser."""

    actor: Actor
    browser: Client
    name: str
    token: str

    def get(self, path: str, **query: str) -> Page:
        return page(self.browser.get(path, query))

    def post(self, path: str, **typed: str) -> Page:
        return page(self.browser.post(path, typed))


def page(response: Any) -> Page:
    """The words of an answer, without tags and with single spaces."""
    body = response.content.decode(errors="replace")
    words = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))
    return Page(status=response.status_code, text=words, where=response.get("Location", ""), response=response)


def officer(authority: int, *roles: Role, party: int | None = None) -> Officer:
    """A new member of staff who has signed in."""
    number = next(NUMBERS)
    name = f"{FAMILY[number % len(FAMILY)]}示例{number}"
    account = identity.open_account(journeys.TESTER, kind=ActorKind.OFFICER, login=f"desk-{os.getpid()}-{number}",
                                    password="secret-word", name=name, party=party, sample=True)
    for role in roles:
        identity.give_post(journeys.TESTER, account=account, authority=authority, role=role,
                           valid_from=date(2026, 1, 1))
    token = identity.open_session(account=account, channel=Channel.WEB)
    browser = Client(SERVER_NAME="localhost")
    browser.cookies[settings.SESSION_COOKIE_NAME] = token
    actor = Actor(account=account, kind=ActorKind.OFFICER, party=party,
                  posts=tuple(Post(authority=authority, role=role) for role in roles))
    return Officer(actor=actor, browser=browser, name=name, token=token)


def clerk(slug: str) -> Officer:
    return officer(journeys.authority_of(slug), Role.RECEPTIONIST)


def reviewer(slug: str) -> Officer:
    return officer(journeys.authority_of(slug), Role.REVIEWER)


def decider(slug: str) -> Officer:
    return officer(journeys.authority_of(slug), Role.DECIDER)


def received(slug: str, name: str = "张示例") -> str:
    """A case just received; its applicant has a firm where the item is for firms."""
    person = journeys.citizen(name)
    guide_is_for_firms = slug == SITE
    return journeys.submitted(journeys.with_firm(person) if guide_is_for_firms else person, slug)


def accepted(slug: str) -> str:
    number = received(slug)
    clerk(slug).post(f"/desk/{number}/accept/")
    return number


def visit(slug: str, findings: str = "现场与平面图一致。") -> dict[str, str]:
    """What is typed about a visit to the site that a clerk joined."""
    return {"visited": clock.today().isoformat(), "companion": str(clerk(slug).actor.account), "findings": findings}


def state_of(number: str) -> str:
    found = database.row("select state from cases_case where number = %s", [number])
    return found[0] if found else ""


def events_of(number: str) -> list[str]:
    return [name for (name,) in database.rows("select name from kernel_event where subject = %s order by id", [number])]


def reads_of(number: str) -> list[tuple[str, str, list[str]]]:
    """Noted reads of a case: by whom, why, what."""
    found = database.rows("select actor, reason, fields from kernel_disclosure where subject = %s order by id",
                          [number])
    return [(actor, reason, list(fields) if isinstance(fields, list) else json.loads(fields))
            for actor, reason, fields in found]


def sign_in_again(who: Officer) -> str:
    """A new session of the same officer, after the clock moved."""
    token = identity.open_session(account=who.actor.account, channel=Channel.WEB)
    who.browser.cookies[settings.SESSION_COOKIE_NAME] = token
    return token


def shared_file(number: str) -> int:
    """The plan of a case, readable by its authority."""
    material, document, authority = database.row(
        "select m.id, m.document_id, c.authority_id from cases_material m join cases_case c on c.id = m.case_id "
        "where c.number = %s and m.code = 'location-plan'", [number])
    documents.share_with(journeys.TESTER, documents=[document], authority=authority)
    return material


def counts(page: Page) -> tuple[int, int]:
    """How many cases wait and how many of them are overdue, as the tabs say."""
    mine, late = re.search(r"我的待办 (\d+) 已超期 (\d+)", page.text).groups()  # type: ignore[union-attr]
    return int(mine), int(late)


def links_of(page: Page) -> list[str]:
    """Addresses of the cases in the list, in its order."""
    body = page.response.content.decode().partition("<tbody")[2].partition("</tbody>")[0]
    return [html.unescape(each) for each in re.findall(r'href="(/desk/[^"]+)"', body)]


def listed(page: Page) -> list[str]:
    """Numbers of the cases in the list, in its order."""
    return [link.split("/")[2] for link in links_of(page)]


def through(clerk: Officer, path: str) -> tuple[list[str], set[int]]:
    """Every case of a list, page after page, and how many there are as each page says."""
    seen: list[str] = []
    totals: set[int] = set()
    for _turn in range(20):
        page = clerk.get(path)
        seen += listed(page)
        totals |= {int(each) for each in re.findall(r"共 (\d+) 件", page.text)}
        found = re.search(r'href="([^"]+)" rel="next"', page.response.content.decode())
        if found is None:
            return seen, totals
        path = html.unescape(found.group(1))
    raise AssertionError("the pages do not end")
