"""What the tests of licences stand on: an authority with a seal, a person, a firm, and types of our own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from tongban.authorities import queries as authorities
from tongban.identity.actions import register_entity, register_person
from tongban.identity.types import Actor, ActorKind, Post, Proofing, Role
from tongban.kernel import codes
from tongban.kernel.types import System, Text
from tongban.licences import actions
from tongban.licences.types import Category, HolderKind, LicenceField, LicenceTypeDefinition, LicenceView

TESTER = System(name="tester")
NAMES = {"name": "经营者名称", "premises": "经营场所", "note": "备注"}
_next = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """An authority, another one, a person and a firm made for one test, and a decider of each authority."""

    authority: int
    other: int
    person: int
    person_code: str
    firm: int
    firm_code: str
    decider: Actor
    stranger: Actor


@pytest.fixture
def given(db: None) -> Iterator[House]:
    first, second = authorities.authorities()[:2]
    n = next(_next)
    body = f"11010119900101{n:03d}"
    number = body + codes.id_check_character(body)
    person = register_person(TESTER, name="测试人员", id_number=number, phone=f"1990009{n:04d}", region="110101000000",
                             proofing=Proofing.L3, sample=True)
    uscc = codes.make_uscc("9", "1", "110101", f"MA9T{n:04d}")
    firm = register_entity(TESTER, name=f"测试示例餐饮有限公司{n}", uscc=uscc, representative=person,
                           phone="19900009999", address="北京市东城区示例路1号", region="110101000000", sample=True)
    yield House(authority=first.id, other=second.id, person=person, person_code=number, firm=firm, firm_code=uscc,
                decider=officer(first.id), stranger=officer(second.id))


def officer(authority: int, role: Role = Role.DECIDER) -> Actor:
    return Actor(account=900_000 + authority, kind=ActorKind.OFFICER, party=None,
                 posts=(Post(authority=authority, role=role),))


@pytest.fixture
def publish(db: None) -> Callable[..., str]:
    """Publish a licence type of its own for each test."""

    def make(*, single: bool = False, holder: HolderKind = HolderKind.BOTH, annual_check: str = "") -> str:
        code = codes.licence_type_code(codes.make_uscc("1", "1", "100000", f"MB9T{next(_next):04d}"), 1)
        actions.publish_licence_type(TESTER, definition=LicenceTypeDefinition(
            code=code, name=Text(zh="测试经营许可证", en="Test operating licence"),
            defining_authority=Text(zh="测试总局", en="Test administration"), category=Category.LICENCE, holder=holder,
            fields=tuple(LicenceField(name=name, label=Text(zh=zh, en=name), public=name != "note")
                         for name, zh in NAMES.items()),
            validity_years=5, single=single, sample=True, annual_check=annual_check))
        return code

    return make


@pytest.fixture
def order(given: House, publish: Callable[..., str]) -> Callable[..., str]:
    """Order a licence for a case of its own; returns the code."""

    def make(*, type_code: str = "", holder: int | None = None, case_number: str = "", years: int | None = 5,
             issuer: int | None = None) -> str:
        return actions.order_licence(
            TESTER, case_number=case_number or f"CASE-{next(_next):06d}", type_code=type_code or publish(),
            holder=given.firm if holder is None else holder, issuer=issuer or given.authority,
            fields={"name": "测试示例餐饮有限公司", "premises": "北京市东城区示例路1号", "note": "仅供内部"},
            validity_years=years)

    return make


@pytest.fixture
def issued(order: Callable[..., str]) -> Callable[..., LicenceView]:
    """Issue a licence; returns it in clear."""

    def make(**wanted: object) -> LicenceView:
        return actions.issue_licence(TESTER, code=order(**wanted))

    return make
