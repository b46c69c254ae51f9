"""Who plays: the staff of people.yaml, and invented applicants beside its people; what they write and hand in."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from io import BytesIO
from typing import Any

import typst
import yaml
from django.conf import settings
from pylopdf_fonts_zh_cn import sans_path

from tongban.authorities import queries as authorities
from tongban.cases.queries import known_materials
from tongban.cases.types import GivenMaterial, TrustLevel, Way
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide, Necessity
from tongban.config.sample_cases.playing import Play
from tongban.documents import actions as documents
from tongban.documents.types import ExaminedFile
from tongban.forms import rules as forms
from tongban.identity import queries as identity
from tongban.identity.actions import open_account, register_entity, register_person
from tongban.identity.types import Actor, ActorKind, Post, Proofing, Role
from tongban.kernel import database
from tongban.kernel.codes import id_check_character, make_uscc
from tongban.kernel.types import Channel, System

LOADER = System(name="loader")
PEOPLE = 60
PAPER = """
#set page(width: 148mm, height: 210mm, margin: 18mm)
#set text(size: 15pt)
#align(center + horizon)[*示例材料* \\ Sample paper \\ #v(8mm)
#text(size: 10pt)[为试用生成，不是真实材料。 \\ Made for a trial; nothing here is real.]]
"""
STAFF = """
select a.id, a.party_id, a.display, a.login, array_agg(p.authority_id || ':' || p.role order by p.id)
from identity_account a join identity_post p on p.account_id = a.id
where a.kind = 'OFFICER' and a.sample group by a.id order by a.id
"""
CITIZENS = """
select a.id, a.party_id, a.login, a.display,
  array(select g.entity_id from identity_agency g where g.agent_id = a.party_id order by 1)
from identity_account a where a.kind = 'CITIZEN' and a.sample order by a.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who works on the cases of an authority."""

    clerk: Actor
    reviewer: Actor
    decider: Actor


class Cast:
    """Everybody who acts, by what they do."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.words = yaml.load((settings.DATA / "sample_history.yaml").read_bytes(), Loader=yaml.CSafeLoader)
        with play.by_rule():
            self.known = {login: Actor(account=key, kind=ActorKind.CITIZEN, party=party, entities=tuple(firms),
                                       display=shown, proofing=Proofing.L3, channel=Channel.WEB)
                          for key, party, login, shown, firms in database.rows(CITIZENS)}
            self.offices, self.supervisor = _staff()
            self.people = [self._person(number) for number in range(PEOPLE)]
            self.firms = {slug: [self._firm(slug, place["place"], name, number) for number, name in
                                 enumerate(place.get("firms", ()))]
                          for slug, place in self.words["items"].items()}

    def applicant(self, slug: str, number: int) -> Actor:
        """Someone who applies for an item; firms in turn, so that none applies twice before all did."""
        firms = self.firms[slug]
        found = firms[number % len(firms)] if firms else self.play.random.choice(self.people)
        return replace(found, channel=Channel.MOBILE if self.play.random.random() < 0.4 else Channel.WEB)

    def office(self, guide: Guide) -> Office:
        """The staff an item is handled by."""
        return self.offices[guide.authority_id]

    def say(self, *path: Any) -> str:
        """One of the sentences people write."""
        found: Any = self.words
        for part in path:
            found = found[part]
        return found if isinstance(found, str) else str(self.play.random.choice(found))

    def _person(self, number: int) -> Actor:
        words, rng = self.words, self.play.random
        name = words["surnames"][number % len(words["surnames"])] + rng.choice(words["given"])
        body = f"610117{1950 + number % 50}{1 + number % 12:02}{1 + number % 28:02}{940 + number % 60}"
        party = register_person(LOADER, name=name, id_number=body + id_check_character(body),
                                phone=f"1991000{number:04}", region="610117000000", address=f"示例路{number + 10}号",
                                proofing=Proofing.L3, sample=True)
        account = open_account(LOADER, kind=ActorKind.CITIZEN, login=f"sample-{number + 1:03}", password="",
                               encoded="!", name=name, party=party, proofing=Proofing.L3, sample=True)
        return Actor(account=account, kind=ActorKind.CITIZEN, party=party, proofing=Proofing.L3)

    def _firm(self, slug: str, place: str, name: str, number: int) -> Actor:
        person = self.people[(len(slug) * 7 + number) % len(self.people)]
        region = catalogue.guide(catalogue.code_of(slug)).region[:6]
        code = f"MA9X{list(self.words['items']).index(slug) + 70:02}{number:02}"
        firm = register_entity(
            LOADER, name=f"{place}示例{name}", uscc=make_uscc("9", "1", region, code),
            representative=person.party or 0, phone="029-86910000", address=f"{place}示例街{number + 1}号",
            region=region.ljust(12, "0"), sample=True, since=self.play.now.date())
        return replace(person, entities=(firm,))

    @cached_property
    def paper(self) -> ExaminedFile:
        """The one file everybody hands in: it says of itself that it is a sample."""
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False,
                            font_paths=[str(sans_path().parent)])
        made = typst.Compiler(PAPER.encode(), font_paths=fonts).compile(format="pdf")
        if not isinstance(made, bytes):
            raise TypeError("typst gave no single PDF")
        return documents.examine_upload(name="sample.pdf", content=BytesIO(made))

    def hand_in(self, actor: Actor, guide: Guide, applicant: int, situation: str, *, promised: bool = False,
                only: str = "") -> list[GivenMaterial]:
        """Every paper a situation asks for: from the licences we hold, else as a file. `promised`: one comes later."""
        wanted = [each for each in guide.materials_for(situation) if not each.from_form and only in ("", each.code)]
        held = {} if only else {each.code: each for each in known_materials(guide, actor.parties)}
        with_file = [each for each in wanted if each.code not in held]
        if not with_file:
            return [held[each.code] for each in wanted]
        kept = documents.keep_upload(actor, party=applicant, file=self.paper)
        given = [held[each.code] for each in wanted if each.code in held]
        for each in with_file:
            if promised and each.necessity is Necessity.DEFERRABLE:
                given.append(GivenMaterial(code=each.code, name=each.name, way=Way.LATER, trust=TrustLevel.D,
                                           due_on=self.play.next_day()))
                promised = False
            elif each.necessity is not Necessity.OPTIONAL:
                given.append(GivenMaterial(
                    code=each.code, name=each.name, way=Way.UPLOAD, trust=TrustLevel.C, document=kept.id,
                    file_name=f"{each.name.zh}（示例）.pdf", media_type=kept.media_type, size=kept.size))
        return given

    def answers(self, actor: Actor, guide: Guide, applicant: int) -> dict[str, Any]:
        """Answers that the form of an item accepts, in the applicant's own words where we know them."""
        schema = catalogue.form_definition(guide.form_code, guide.form_version).schema
        form = catalogue.form(guide.form_code, guide.form_version)
        party, person = identity.party(applicant), identity.party(actor.party or 0)
        if party is None or person is None:
            raise LookupError("an applicant is unknown to themselves")
        shown = {"name": party.name, "address": party.address, "phone": person.phone, "id": person.code,
                 "uscc": party.code, "person": person.name}
        wanted = {name: self._answer(name, spec, shown) for name, spec in schema["properties"].items()}
        answers = {name: wanted[name] for name in schema.get("required", ())}
        while missing := [each.field for each in forms.check(form, answers) if each.field not in answers]:
            answers |= {name: wanted[name] for name in missing}
        return forms.visible_answers(form, answers)

    def _answer(self, name: str, spec: dict[str, Any], shown: dict[str, str]) -> Any:
        words, rng = self.words["answers"], self.play.random
        if "enum" in spec:
            return spec["enum"][0]
        match spec["type"]:
            case "boolean":
                return name == "tracking"
            case "number" | "integer":
                low = spec.get("minimum", spec.get("exclusiveMinimum", 0))
                most = spec.get("maximum", 1000)
                return min(most, low + 1 + rng.randrange(20))
            case "array":
                return [self._item(spec["items"], place, shown) for place in range(max(1, spec.get("minItems", 1)))]
            case "object":
                return {part: self._answer(part, spec["properties"][part], shown) for part in spec["required"]}
        return self._text(name, spec, shown) or words["trade"].ljust(spec.get("minLength", 1), "一")

    def _item(self, spec: dict[str, Any], place: int, shown: dict[str, str]) -> Any:
        if "enum" in spec:
            return spec["enum"][place]
        if spec["type"] == "string":
            return f"陕A示例{place:02}".ljust(spec.get("minLength", 1), "0")
        return self._answer("", spec, shown)

    def _text(self, name: str, spec: dict[str, Any], shown: dict[str, str]) -> str:
        known = {"cn-phone": shown["phone"], "cn-id": shown["id"], "cn-uscc": shown["uscc"], "cn-postcode": "710200",
                 "cn-region": "610117000000", "email": "sample@example.cn"}
        if spec.get("format") == "date":
            ahead = {"from": 14, "starts": 14, "felling": 14, "wanted": 14, "to": 44, "ends": 44, "opens": 30}.get(
                name.partition("_")[0], -120)
            return str(self.play.now.date() + timedelta(days=ahead))
        if "format" in spec:
            return known[spec["format"]]
        if "pattern" in spec:
            return PATTERNED[spec["pattern"]]
        if name.endswith("_name") and not name.startswith(("manager", "contact")):
            return shown["name"] if len(shown["name"]) >= spec.get("minLength", 0) else f"{shown['name']}（示例）"
        if any(part in name for part in ("address", "place", "location", "premises")):
            return shown["address"]
        return shown["person"] if any(part in name for part in PERSONS) else ""


PERSONS = ("manager", "contact", "representative", "officer", "technician", "responsible", "author")
PATTERNED = {
    "^[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}$": "2603-511602-04-01-123456", "^[0-9]{6,20}$": "10203040",
    "^[0-9]{4}-[0-9]{2}$": "2010-07", "^[0-9]{12,19}$": "6222020200112230", "^[0-9]{12,24}$": "6222020200112230",
}


def _staff() -> tuple[dict[int, Office], Actor]:
    """The offices of the node, and the supervisor of them all."""
    held: dict[tuple[int, str], Actor] = {}
    supervisor = None
    for key, party, shown, _login, posts in database.rows(STAFF):
        kept = tuple(Post(authority=int(place), role=Role(role)) for place, role in (post.split(":") for post in posts))
        actor = Actor(account=key, kind=ActorKind.OFFICER, party=party, posts=kept, display=shown)
        supervisor = actor if Role.SUPERVISOR in actor.roles else supervisor
        held |= {(post.authority, post.role): actor for post in kept}
    if supervisor is None:
        raise LookupError("nobody supervises")
    places = [each.id for each in authorities.authorities() if (each.id, Role.DECIDER) in held]
    return {place: Office(clerk=held[place, Role.RECEPTIONIST], reviewer=held[place, Role.REVIEWER],
                          decider=held[place, Role.DECIDER]) for place in places}, supervisor
