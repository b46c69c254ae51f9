"""A desk of our own: an item, a citizen and staff made for one test, and cases taken through their verbs."""

import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import msgspec

from tests.catalogue.given import EDITOR, FOOD, form, publish
from tongban.authorities import queries as authorities
from tongban.cases import actions as cases
from tongban.cases.types import Outcome
from tongban.catalogue import actions as catalogue
from tongban.catalogue.rules import code_of
from tongban.catalogue.types import LimitSpec, ResultKind, ServiceObject
from tongban.identity import actions as identity
from tongban.identity.types import Actor, ActorKind, Post, Proofing, Role
from tongban.kernel import clock, codes, database
from tongban.kernel.types import Channel, System, Text

TESTER = System(name="tester")
ANSWERS = {"premises_name": "示例小馆"}
_next = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who is there, and for which item."""

    authority: int
    other: int
    item: str
    citizen: Actor
    reception: Actor
    reviewer: Actor
    decider: Actor
    supervisor: Actor
    stranger: Actor
    numbers: list[str] = field(default_factory=list)


def desk(*, promised: int = 10, statutory: int = 20, unit: str = "WORKDAY") -> Desk:
    """An item of its own with these limits, nothing to attach and no licence; staff at its authority and at another."""
    number = next(_next)
    home = authorities.authority_by_uscc(FOOD.authority)
    other = next(each for each in authorities.authorities() if each.id != home.id)
    paper = next(each for each in FOOD.materials if each.from_form)
    catalogue.publish_form(EDITOR, definition=form("own-note"))
    definition = msgspec.structs.replace(
        FOOD, slug=f"own-desk-{number}", basic_code=f"00013198{number:04}", form="own-note", process="standard",
        situation=None, objects=(ServiceObject.PERSON,), themes_person=("12",), themes_entity=(),
        materials=(msgspec.structs.replace(paper, situations=()),),
        statutory_limit=LimitSpec(count=statutory, unit=unit), promised_limit=LimitSpec(count=promised, unit=unit),
        result=msgspec.structs.replace(FOOD.result, kind=ResultKind.OTHER, name=Text(zh="登记", en="An entry"),
                                       licence_type="", validity_years=None, field_map={}))
    publish(definition)
    return Desk(authority=home.id, other=other.id, item=code_of(definition), citizen=citizen(),
                reception=officer(home.id, Role.RECEPTIONIST), reviewer=officer(home.id, Role.REVIEWER),
                decider=officer(home.id, Role.DECIDER), supervisor=officer(home.id, Role.SUPERVISOR),
                stranger=officer(other.id, Role.RECEPTIONIST, Role.DECIDER, Role.SUPERVISOR))


def citizen() -> Actor:
    """A person with an account."""
    number = next(_next)
    body = f"1101011985{number // 1000 % 12 + 1:02d}01{number % 1000:03d}"
    party = identity.register_person(TESTER, name="测试人员", id_number=body + codes.id_check_character(body),
                                     phone=f"1990008{number:04d}", region="110101000000", proofing=Proofing.L3,
                                     sample=True)
    account = identity.open_account(TESTER, kind=ActorKind.CITIZEN, login=f"own-{secrets.token_hex(8)}", party=party,
                                    password="secret-of-a-test", name="测试人员", proofing=Proofing.L3, sample=True)
    return Actor(account=account, kind=ActorKind.CITIZEN, party=party, proofing=Proofing.L3, channel=Channel.WEB)


def officer(authority: int, *roles: Role) -> Actor:
    """A member of staff with posts at an authority."""
    account = identity.open_account(TESTER, kind=ActorKind.OFFICER, login=f"own-{secrets.token_hex(8)}",
                                    password="secret-of-a-test", name="测试职员", sample=True)
    for role in roles:
        identity.give_post(TESTER, account=account, authority=authority, role=role, valid_from=date(2026, 1, 1))
    return Actor(account=account, kind=ActorKind.OFFICER, party=None,
                 posts=tuple(Post(authority=authority, role=role) for role in roles))


@contextmanager
def as_(actor: Actor | None) -> Iterator[None]:
    """The login and the rows of an actor; None: someone who has not signed in."""
    if actor is None:
        with database.serving("public"), database.acting():
            yield
    elif actor.kind is ActorKind.CITIZEN:
        with database.serving("citizen"), database.acting(parties=actor.parties, account=actor.account):
            yield
    else:
        with database.serving("officer"), database.acting(authorities=actor.authorities, account=actor.account):
            yield


def submitted(given: Desk) -> str:
    """A new case."""
    with as_(given.citizen):
        number = cases.submit_case(
            given.citizen, item_code=given.item, item_version=1, situation="", answers=ANSWERS, materials=(),
            applicant=given.citizen.parties[0], key=secrets.token_hex(8), now=clock.now()).number
    given.numbers.append(number)
    return number


def accepted(given: Desk) -> str:
    """A case whose clock runs."""
    number = submitted(given)
    with as_(given.reception):
        cases.accept_case(given.reception, number=number)
    return number


def examined(given: Desk) -> str:
    """A case that waits for its decision."""
    number = accepted(given)
    examine(given, number)
    return number


def examine(given: Desk, number: str) -> None:
    with as_(given.reviewer):
        cases.examine_case(given.reviewer, number=number, recommends=True, opinion="")


def decide(given: Desk, number: str, outcome: Outcome = Outcome.GRANTED) -> None:
    with as_(given.decider):
        cases.decide_case(given.decider, number=number, outcome=outcome, reason="不符合规定的条件。")


def decided(given: Desk) -> str:
    """A case that is finished as soon as followers catch up."""
    number = examined(given)
    decide(given, number)
    return number
