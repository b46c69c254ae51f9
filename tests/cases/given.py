"""What the tests of cases stand on: staff by item, cases in a state, and proof that nothing was written."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests import journeys
from tests.catalogue.given import EDITOR, FOOD, form, limit, publish, text
from tests.journeys import act
from tongban.cases import actions as cases
from tongban.cases.types import CorrectionItem, Outcome, State
from tongban.catalogue import actions as catalogue
from tongban.catalogue.rules import code_of
from tongban.catalogue.types import ItemDefinition, Pace, ResultKind, ServiceObject
from tongban.identity.types import Actor, Role
from tongban.kernel import clock, database
from tongban.kernel.errors import HouseError
from tongban.kernel.events import Event, of_subject
from tongban.kernel.types import System, Text

SHANGHAI = ZoneInfo("Asia/Shanghai")
RULE = System(name="tester")
PLAIN, SITE, INSTANT, FIVE_DAYS, THREE_DAYS = "plain", "site", "instant", "five-days", "three-days"
"""Items of our own without papers: one examination; a visit to the site besides; done on the spot; short promises."""
PAPERS, LICENSED = "old-age-allowance-guichi", "food-operation-gaoling"
"""Real items: one with papers and a document as result, one for firms with a licence."""
REASON = "不符合规定的条件，理由如下。"
ANSWERS = {"premises_name": "示例小馆"}
TABLES = ("cases_case", "cases_material", "cases_task", "cases_correction", "cases_decision", "cases_stop",
          "cases_word", "cases_draft", "cases_sequence", "messages_message", "licences_licence", "documents_document",
          "kernel_event")
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Who works on the cases of an authority."""

    clerk: Actor
    reviewer: Actor
    inspector: Actor
    decider: Actor
    supervisor: Actor


@lru_cache
def staff(place: int) -> Staff:
    """Five members of staff of an authority, one post each."""
    return Staff(clerk=journeys.officer(place, Role.RECEPTIONIST), reviewer=journeys.officer(place, Role.REVIEWER),
                 inspector=journeys.officer(place, Role.REVIEWER), decider=journeys.officer(place, Role.DECIDER),
                 supervisor=journeys.officer(place, Role.SUPERVISOR))


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A case, its applicant and the staff that may act on it."""

    number: str
    person: Actor
    staff: Staff

    def by(self, who: str, action: Callable[..., Any], **arguments: Any) -> Any:
        """Let the applicant or a member of staff act on the case through their own login."""
        return act(self.actor(who), action, number=self.number, **arguments)

    def actor(self, who: str) -> Actor:
        return self.person if who == "person" else getattr(self.staff, who)

    @property
    def row(self) -> Any:
        """The case as stored (worker login)."""
        return stored(self.number)

    @property
    def state(self) -> State:
        return State(self.row.state)

    @property
    def happened(self) -> list[str]:
        return [event.name for event in self.events]

    @property
    def events(self) -> list[Event]:
        return of_subject(self.number)


class Row:
    """A row with its columns as attributes."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def stored(number: str) -> Row:
    with database.connection().cursor() as cursor:
        cursor.execute("select * from cases_case where number = %s", [number])
        found = cursor.fetchone()
        assert found is not None
        return Row({column.name: value for column, value in zip(cursor.description, found, strict=True)})


def shanghai(*parts: int) -> datetime:
    """An instant of 2026 as people read it: month, day, hour, minute ..."""
    return datetime(2026, *parts, tzinfo=SHANGHAI)


@lru_cache
def own(kind: str) -> ItemDefinition:
    """The item of a kind, published once a run."""
    return own_item(**{
        PLAIN: {},
        SITE: {"process": "site-check", "statutory_limit": limit(15)},
        INSTANT: {"process": "instant", "pace": Pace.INSTANT, "promised_limit": limit(0)},
        FIVE_DAYS: {"promised_limit": limit(5), "statutory_limit": limit(5)},
        THREE_DAYS: {"promised_limit": limit(3)},
    }[kind])


def received(slug: str = PLAIN) -> Matter:
    """An application that waits to be accepted."""
    if slug not in (PAPERS, LICENSED):
        return applied(own(slug))
    person = journeys.citizen()
    if slug == LICENSED:
        person = journeys.with_firm(person)
    return Matter(number=journeys.submitted(person, slug), person=person, staff=staff(journeys.authority_of(slug)))


def accepted(slug: str = PLAIN) -> Matter:
    matter = received(slug)
    matter.by("clerk", cases.accept_case)
    return matter


def examined(slug: str = PLAIN) -> Matter:
    """Every step of the examination is done; the decision is next."""
    matter = accepted(slug)
    matter.by("reviewer", cases.examine_case, recommends=True, opinion="")
    if slug in (SITE, LICENSED):
        matter.by("inspector", cases.examine_case, recommends=True, **journeys.check("inspect", matter.staff.clerk))
    return matter


def decided(slug: str = PLAIN, outcome: Outcome = Outcome.GRANTED) -> Matter:
    matter = accepted(slug) if slug == INSTANT else examined(slug)
    matter.by("decider", cases.decide_case, outcome=outcome, reason=REASON)
    return matter


def suspended(slug: str = PLAIN) -> Matter:
    matter = examined(slug)
    matter.by("reviewer", cases.suspend_case, procedure="expert_review", announced_end=clock.today())
    return matter


def asked_to_correct(slug: str = PLAIN, *, after_acceptance: bool = False) -> Matter:
    matter = examined(slug) if after_acceptance else received(slug)
    matter.by("clerk", cases.request_corrections, items=missing())
    return matter


def missing(target: str = "identity-card") -> tuple[CorrectionItem, ...]:
    """A notice of one thing."""
    return (CorrectionItem(target=target, name=Text(zh="身份证", en="Identity card"), what="照片看不清，请重新拍。"),)


def own_item(**changes: Any) -> ItemDefinition:
    """An item of its own: one question, nothing to attach, the standard process, no licence, open to people and firms."""
    number = next(_numbers)
    paper = next(each for each in FOOD.materials if each.from_form)
    catalogue.publish_form(EDITOR, definition=form("own-question"))
    definition = msgspec.structs.replace(FOOD, **{
        "slug": f"own-case-{number}", "basic_code": f"00013196{number:04}", "form": "own-question",
        "process": "standard", "situation": None, "objects": (ServiceObject.PERSON, ServiceObject.ENTERPRISE), "themes_person": ("12",),
        "materials": (msgspec.structs.replace(paper, situations=()),),
        "promised_limit": limit(10), "statutory_limit": limit(20),
        "result": msgspec.structs.replace(FOOD.result, kind=ResultKind.OTHER, name=text("登记", "An entry"),
                                          licence_type="", validity_years=None, field_map={}), **changes})
    publish(definition)
    return definition


def applied(definition: ItemDefinition, person: Actor | None = None, *, key: str = "", version: int = 1,
            answers: dict[str, Any] | None = None) -> Matter:
    """An application for an item of its own."""
    person = person or journeys.citizen()
    with journeys.as_actor(person):
        sent = cases.submit_case(person, item_code=code_of(definition), item_version=version, situation="",
                                 answers=answers or ANSWERS, materials=(), applicant=person.parties[0],
                                 key=key or secrets.token_hex(8), now=clock.now())
    place = authority_id(definition)
    return Matter(number=sent.number, person=person, staff=staff(place))


def authority_id(definition: ItemDefinition) -> int:
    found = database.row("select id from authorities_authority where uscc = %s", [definition.authority])
    assert found is not None
    return int(found[0])


def written() -> dict[str, str]:
    """A fingerprint of everything a verb of a case could write (worker login)."""
    return {table: database.row(f"select count(*) || coalesce(md5(string_agg(x::text, '' order by x::text)), '') "
                                f"from {table} x")[0] for table in TABLES}


def refused(error: type[HouseError], actor: Actor, action: Callable[..., Any], /, **arguments: Any) -> HouseError:
    """Do it and be refused, with no row and no event written."""
    before = written()
    with pytest.raises(error) as caught:
        act(actor, action, **arguments)
    assert written() == before
    return caught.value


def problems_of(error: HouseError) -> set[str]:
    """The codes of what is missing."""
    return {problem.code for problem in error.problems}
