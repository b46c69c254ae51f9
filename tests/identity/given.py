"""People who sign in."""

import itertools
import os
from dataclasses import dataclass
from datetime import date

from tests import journeys
from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.types import ActorKind, Proofing
from tongban.kernel import database

PASSWORD = "correct-horse"
TODAY = date(2026, 3, 2)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone with an account, and what must never be seen of them."""

    party: int
    account: int
    login: str
    id_number: str
    phone: str
    address: str


def person(name: str = "诸葛示例", *, sample: bool = True) -> Person:
    """A new person with an account."""
    number = next(_numbers)
    id_number, address = journeys.new_id_number(), f"藏身路{number}号"
    phone = f"1987{os.getpid() % 1000:03d}{number:04d}"
    party = identity.register_person(journeys.TESTER, name=name, id_number=id_number, phone=phone, address=address,
                                     region="511602000000", proofing=Proofing.L2, sample=sample)
    login = f"who-{os.getpid()}-{number}"
    account = identity.open_account(journeys.TESTER, kind=ActorKind.CITIZEN, login=login, password=PASSWORD, name=name,
                                    party=party, proofing=Proofing.L2, sample=sample)
    return Person(party=party, account=account, login=login, id_number=id_number, phone=phone, address=address)


def sign_in(who: Person, *, password: str = PASSWORD, address: str = "203.0.113.7") -> str:
    """A session's token, through the login that serves people without one."""
    with database.serving("public"):
        return identity.sign_in(login=who.login, password=password, address=address)


def seen(token: str):
    """Who a token stands for, as the gate asks."""
    with database.serving("citizen"):
        return queries.actor_by_session(token)
