"""A real case through the actions: for tests that need one. Everything goes the way people's acts go."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any

from tongban.cases import actions as cases
from tongban.cases.actions import submit_draft
from tongban.cases.types import GivenMaterial, Outcome, TrustLevel, Visit, Way
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide, Necessity
from tongban.documents import actions as documents
from tongban.documents.types import ExaminedFile, Folder, KeptDocument
from tongban.forms import rules as forms
from tongban.identity.actions import (
    ask_to_enrol,
    enrol,
    give_post,
    open_account,
    register_entity,
    register_person,
)
from tongban.identity.types import Actor, ActorKind, Post, Proofing, Role
from tongban.kernel import clock, database
from tongban.kernel.codes import id_check_character, make_uscc
from tongban.kernel.types import Channel, System

TESTER = System(name="tester")
COUNTER = itertools.count(1)
PLANNED = "2199-12-31"
PATTERNED = {
    "^[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}$": "2603-511602-04-01-123456", "^[0-9]{6,20}$": "10203040",
    "^[0-9]{4}-[0-9]{2}$": "2010-07", "^[0-9]{12,19}$": "6222020200112230", "^[0-9]{12,24}$": "6222020200112230",
}
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000" "1f15c4890000000d49444154789c6360606060"
                    "000000050001a5f645400000000049454e44ae426082")


def new_id_number() -> str:
    """An identity number nobody has, with a valid check character."""
    number = next(COUNTER) + (os.getpid() % 500) * 2000
    day = 1 + number % 28
    body = f"5116021{900 + number // 28000:03d}"[:6] + f"{1950 + number // 28 // 900 % 50:04d}01{day:02d}" + \
        f"{number // 28 % 900:03d}"
    return body + id_check_character(body)


def citizen(name: str = "张示例", proofing: Proofing = Proofing.L3) -> Actor:
    """A new person with an account."""
    number = next(COUNTER)
    party = register_person(TESTER, name=name, id_number=new_id_number(), phone=f"199{number % 10**8:08d}",
                            region="511602000000", address="示例路1号", proofing=proofing, sample=True)
    account = open_account(TESTER, kind=ActorKind.CITIZEN, login=f"citizen-{party}", password="secret-word",
                           name=name, party=party, proofing=proofing, sample=True)
    return Actor(account=account, kind=ActorKind.CITIZEN, party=party, proofing=proofing, channel=Channel.WEB)


def unproved(name: str = "钱示例") -> Actor:
    """Someone who registered by phone and proved nothing yet."""
    number = next(COUNTER)
    with database.serving("public"):
        asked = ask_to_enrol(phone=new_phone(), address=f"2001:db8::{number}")
        account = enrol(key=asked.key, code=asked.simulated, name=name, password="一句好记的话，只有我知道")
    found = database.row("select party_id from identity_account where id = %s", [account])
    return Actor(account=account, kind=ActorKind.CITIZEN, party=found[0] if found else None, proofing=Proofing.L1, channel=Channel.WEB)


def new_phone() -> str:
    """A mobile number nobody has."""
    return f"17{os.getpid() % 10000:04d}{next(COUNTER):05d}"


def with_firm(person: Actor, name: str = "示例餐饮有限公司") -> Actor:
    """The person with a new firm they represent."""
    organisation = f"M{os.getpid() % 1000:03d}{next(COUNTER):04d}"
    entity = register_entity(TESTER, name=name, uscc=make_uscc("9", "1", "511602", organisation),
                             representative=person.party or 0, phone="08260000000", address="示例路2号",
                             region="511602000000", sample=True)
    return Actor(account=person.account, kind=person.kind, party=person.party, entities=(entity,),
                 proofing=person.proofing, channel=person.channel)


def officer(authority: int, *roles: Role) -> Actor:
    """A member of staff with posts at an authority."""
    number = next(COUNTER)
    account = open_account(TESTER, kind=ActorKind.OFFICER, login=f"officer-{os.getpid()}-{number}",
                           password="secret-word", name="王示例", sample=True)
    for role in roles:
        give_post(TESTER, account=account, authority=authority, role=role, valid_from=date(2026, 1, 1))
    return Actor(account=account, kind=ActorKind.OFFICER, party=None,
                 posts=tuple(Post(authority=authority, role=role) for role in roles))


@contextmanager
def as_actor(actor: Actor) -> Iterator[None]:
    """The database as this actor's requests see it."""
    login = "citizen" if actor.kind is ActorKind.CITIZEN else "officer"
    with database.serving(login), database.acting(parties=actor.parties, authorities=actor.authorities,
                                                      account=actor.account, scopes=actor.scopes):
        yield


def sample_answers(guide: Guide) -> dict[str, Any]:
    """Answers that an item's form accepts, made from its schema."""
    definition = catalogue.form_definition(guide.form_code, guide.form_version)
    form = catalogue.form(guide.form_code, guide.form_version)
    answers = {name: sample_value(spec) for name, spec in definition.schema["properties"].items()
               if name in definition.schema.get("required", ())}
    while missing := [each for each in forms.check(form, answers) if each.field not in answers]:
        answers.update({each.field: sample_value(definition.schema["properties"][each.field]) for each in missing})
    answers.update({name: PLANNED for name in answers if form.fields[name].not_past})
    return forms.visible_answers(form, answers)


def sample_value(spec: dict[str, Any]) -> Any:
    """A value that fits one property of a schema."""
    if "enum" in spec:
        return spec["enum"][0]
    if "const" in spec:
        return spec["const"]
    kind = spec["type"]
    if kind == "boolean":
        return True
    if kind in ("number", "integer"):
        low = spec.get("minimum", spec.get("exclusiveMinimum", 0))
        return int(low) + 1 if "maximum" not in spec or low + 1 <= spec["maximum"] else low
    if kind == "array":
        return [sample_value(spec["items"])]
    if kind == "object":
        return {name: sample_value(inner) for name, inner in spec["properties"].items()
                if name in spec.get("required", ())}
    if "pattern" in spec:
        return PATTERNED[spec["pattern"]]
    return {
        "date": "2026-03-20", "cn-phone": "13800000000", "cn-id": "11010519491231002X",
        "cn-uscc": "11100000000013338W", "cn-postcode": "638000", "cn-region": "511602000000", "email": "a@example.cn",
    }.get(spec.get("format", ""), "示例内容" + "示" * max(0, spec.get("minLength", 1) - 4))


def upload_all(actor: Actor, guide: Guide, applicant: int, situation: str) -> list[GivenMaterial]:
    """Every paper a situation asks for, as small pictures."""
    given = []
    for material in guide.materials_for(situation):
        if material.from_form:
            continue
        kept = picture_of(actor, party=applicant, name=f"{material.code}.png")
        given.append(GivenMaterial(code=material.code, name=material.name, way=Way.UPLOAD, trust=TrustLevel.C,
                                   document=kept.id, file_name=kept.name, media_type=kept.media_type, size=kept.size))
    return given


def picture_of(actor: Actor, *, party: int, name: str = "new.png") -> KeptDocument:
    """A small picture kept for a party, sealed anew each time."""
    sha256, stored, key = documents._put(Folder.FILES, PNG)
    file = replace(_examined(), name=name, sha256=sha256, stored=stored, key=key)
    return documents.keep_upload(actor, party=party, file=file)


@cache
def _examined() -> ExaminedFile:
    """The one picture all these tests hand in, looked at once: each look costs a process of its own."""
    return documents.examine_upload(name="new.png", content=BytesIO(PNG))


def new_draft(actor: Actor, slug: str, *, applicant: int | None = None, answers: dict[str, Any] | None = None) -> str:
    """A complete draft of an item, ready to be sent; `answers` replace the samples."""
    with as_actor(actor):
        guide = catalogue.guide(catalogue.code_of(slug))
        party = applicant or (actor.entities[0] if actor.entities else actor.party) or 0
        situation = guide.situation.options[0].code if guide.situation else ""
        key = cases.start_draft(actor, item_code=guide.code, applicant=party)
        cases.save_draft(actor, key=key, answers=sample_answers(guide) | (answers or {}), situation=situation)
        for material in upload_all(actor, guide, party, situation):
            cases.attach_to_draft(actor, key=key, material=material, code=material.code)
        return key


def submitted(actor: Actor, slug: str, *, applicant: int | None = None, answers: dict[str, Any] | None = None) -> str:
    """A case just received; returns its number."""
    key = new_draft(actor, slug, applicant=applicant, answers=answers)
    with as_actor(actor):
        return submit_draft(actor, key=key).number


def promising(actor: Actor, slug: str) -> str:
    """A case just received, one of its papers promised for later; returns its number."""
    guide = catalogue.guide(catalogue.code_of(slug))
    paper = next(each for each in guide.materials if each.necessity is Necessity.DEFERRABLE)
    key = new_draft(actor, slug)
    act(actor, cases.attach_to_draft, key=key, code=paper.code, material=GivenMaterial(
        code=paper.code, name=paper.name, way=Way.LATER, trust=TrustLevel.D, due_on=date(2026, 3, 16)))
    with as_actor(actor):
        return submit_draft(actor, key=key).number


def authority_of(slug: str) -> int:
    """The authority that handles an item."""
    return catalogue.guide(catalogue.code_of(slug)).authority_id


def act(actor: Actor, action: Any, /, **arguments: Any) -> Any:
    """Do something as this actor's request would."""
    with as_actor(actor):
        return action(actor, **arguments)


def granted(actor: Actor, slug: str) -> str:
    """A case granted by three officers, with every step of its process done; returns its number."""
    number = submitted(actor, slug)
    place = authority_of(slug)
    clerk, reviewer = officer(place, Role.RECEPTIONIST), officer(place, Role.REVIEWER)
    decider = officer(place, Role.DECIDER)
    act(clerk, cases.accept_case, number=number)
    for verb in ("examine", "inspect"):
        if verb in open_verbs(number):
            act(reviewer, cases.examine_case, number=number, recommends=True, **check(verb, clerk))
    act(decider, cases.decide_case, number=number, outcome=Outcome.GRANTED)
    return number


def check(verb: str, companion: Actor, *, on: date | None = None, findings: str = "现场与平面图一致。") -> dict[str, Any]:
    """What a passed step of the examination says: of a visit the day, the second officer and what was found."""
    if verb != "inspect":
        return {"verb": verb, "opinion": ""}
    return {"verb": verb, "opinion": findings,
            "visit": Visit(on=on or clock.today(), companion=companion.account)}


def open_verbs(number: str) -> set[str]:
    """The verbs of the open steps of a case (worker login)."""
    return {verb for (verb,) in database.rows(
        "select t.verb from cases_task t join cases_case c on c.id = t.case_id where c.number = %s and t.done_at is "
        "null", [number])}


@contextmanager
def alone_deciding(place: int, *accounts: int) -> Iterator[None]:
    """Only these accounts hold the deciding post at an authority (worker login)."""
    gone = [key for (key,) in database.rows(
        "update identity_post set valid_to = '2026-01-02' where authority_id = %s and role = 'DECIDER' "
        "and valid_to is null and account_id <> all(%s) returning id", [place, list(accounts)])]
    try:
        yield
    finally:
        database.execute("update identity_post set valid_to = null where id = any(%s)", [gone])
