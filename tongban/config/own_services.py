"""`tongban items new`, `check`, `publish`: a service of one's own in one file, from the template to the public page."""

import argparse
import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import jsonschema_rs
import msgspec
import yaml
from django.conf import settings

from tongban.authorities.actions import add_authority
from tongban.authorities.errors import AuthorityUnknown
from tongban.authorities.queries import authority_by_uscc
from tongban.authorities.types import Level
from tongban.catalogue.actions import publish_form, publish_item
from tongban.catalogue.errors import ItemNotPublishable
from tongban.catalogue.queries import deviations, latest_version, themes
from tongban.catalogue.queries import form as forms
from tongban.catalogue.rules import check_deferrals, check_item, check_references, code_of, completeness
from tongban.catalogue.types import ItemDefinition
from tongban.config.service_files import Fault, Service, read
from tongban.forms.rules import compile_form
from tongban.forms.types import FormDefinition
from tongban.identity.actions import give_post, open_account
from tongban.identity.queries import is_trial, kind_of
from tongban.identity.types import ActorKind, Role
from tongban.kernel import clock, database, parameters
from tongban.kernel.codes import is_uscc, licence_type_code, make_uscc
from tongban.kernel.errors import HouseError, Problem
from tongban.kernel.types import Audience, System, Text
from tongban.licences.actions import publish_licence_type
from tongban.licences.queries import licence_types
from tongban.licences.types import LicenceTypeDefinition

PUBLISHER = System(name="publisher")
TEMPLATE = "templates/service.yaml"
FIRST_SAMPLE = "11610117MB9A000146"
SLUG = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")
PARTS = frozenset({"item", "form", "licence_type", "authority", "staff"})
LEFT = re.compile(r"示例服务|示例办理|自己编写|029-1234[56]|example\.org|某某|^示例$|^sample$|^my-(reception|review|decision)$"
                  "|^(A s|S)ample service|the sample service$|^undated$|^政务服务中心一楼$|^Service centre, first floor$"
                  "|示例证|Sample permit")
"""Words of the template that nobody means to publish."""
TEXTS = frozenset({"name", "summary", "title", "label", "hint", "text", "gist", "must_come_reason", "appointment", "intermediary",
                   "address", "hours", "q", "a"})
KINDS = {"object": "a group of names and values", "array": "a list", "string": "words, in quotation marks", "integer": "a whole number",
         "number": "a number", "boolean": "true or false"}


class NewStaff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member of staff to be given an account."""

    login: str
    name: str
    name_en: str
    posts: tuple[Role, ...]


class NewAuthority(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An authority to be made known."""

    uscc: str
    name: Text
    short: Text
    region: str
    level: Level
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Misshapen:
    """A fault the schema finds in a field of a part."""

    part: str
    field: str
    fault: Fault


class Undone(Exception):
    """Nothing of a trial stays."""


def new(options: argparse.Namespace) -> int:
    """Write the template under a name of one's own."""
    path = Path(options.file or f"{options.slug}.yaml")
    if not SLUG.fullmatch(options.slug):
        return _refuse(f"{options.slug}: use small letters, digits and single hyphens, like dog-registration")
    if path.exists():
        return _refuse(f"{path} is there already; give another name with --file")
    number = int(hashlib.sha256(options.slug.encode()).hexdigest(), 16)
    basic_code = f"0020{number % 89 + 10}{number // 89 % 999 + 1:03}{number // 99999 % 999 + 1:03}"
    text = (settings.DATA / TEMPLATE).read_text(encoding="utf-8")
    authority = options.authority or FIRST_SAMPLE
    if not is_uscc(authority):
        return _refuse(f"{authority}: this is no unified social credit code; its 18 characters stand in data/authorities.yaml")
    own = {"my-service": options.slug, "MY-BASIC-CODE": basic_code, "MY-AUTHORITY": authority,
           "2026-01-01": clock.today().isoformat(), "MY-NEW-AUTHORITY": make_uscc("1", "1", "610117", f"MC{number % 10**6:06}"),
           "MY-LICENCE-TYPE": licence_type_code(authority, 900 + number % 100)}
    for word, value in own.items():
        text = text.replace(word, value)
    path.write_text(text, encoding="utf-8")
    _say(f"{path} is written. Change what is marked with <-, then: tongban items check {path}")
    return 0


def check(options: argparse.Namespace) -> int:
    """Say everything that is wrong with the files."""
    with database.serving(Audience.WORKER):
        return 0 if _checked(options.files) is not None else 1


def publish(options: argparse.Namespace) -> int:
    """Publish the files if nothing is wrong with any of them and, but for a trial, nothing is left of the template."""
    with database.serving(Audience.WORKER):
        who = System(name=f"publisher:{options.account}") if options.account else PUBLISHER
        if options.account and kind_of(options.account) is not ActorKind.OFFICER:
            return _refuse(f"There is no member of staff with the account {options.account}.")
        services = _checked(options.files)
        if services is None:
            return 1
        if not options.trial and any(any(left_over(service)) for service in services):
            return _refuse("Nothing is published: words of the template are left, see above. For a trial say --trial.")
        with database.atomic():
            said = [line for service in services for line in _publish(who, service)]
    for line in said:
        _say(line)
    return 0


def _checked(files: Iterable[str]) -> list[Service] | None:
    """The files as they were read; None, and every fault told, if anything is wrong."""
    services, count = [], 0
    for name in files:
        service, faults = read(Path(name))
        if service is not None:
            services.append(service)
            faults = [*faults, *faults_of(service)]
        for fault in sorted(faults, key=lambda each: each.line):
            sys.stderr.write(f"{name}:{fault.line}: {fault.text}\n")
        count += len(faults)
        left = list(left_over(service)) if service is not None else []
        for fault in (*left, *(following_late(service) if service is not None and not faults else ())):
            sys.stderr.write(f"{name}:{fault.line}: warning: {fault.text}\n")
        if not faults:
            _say(f"{name}: nothing is wrong" + (f", but {len(left)} lines are still the template's" if left else ""))
            for line in lacking(service) if service is not None else ():
                _say(f"{name}: {line}")
    if count:
        sys.stderr.write(f"{count} to mend\n")
    return None if count else services


def faults_of(service: Service) -> list[Fault]:
    """Everything that keeps a service from being published, all at once."""
    if not isinstance(service.written, dict):
        return [Fault(line=1, text="Write the parts item: and form:, as tongban items new does.")]
    found = [Fault(line=service.line(each), text=f"“{each}” is no part of a service. Take it out.")
             for each in service.written if each not in PARTS]
    shape = [*_shape(service, "item"), *_shape(service, "form")]
    others = [*_people(service), *_references(service), *_licence(service)]
    if not shape and not others:
        return [*found, *_trial(service)]
    if not others and not any(each.part == "form" for each in shape):
        others += _form(service)
    faulty = frozenset(each.field for each in shape if each.part == "item")
    return [*found, *others, *(each.fault for each in shape), *_rules(service, faulty)]


def left_over(service: Service) -> Iterator[Fault]:
    """The lines that still stand as in the template, each with all its words."""
    lines: dict[int, list[str]] = {}
    for place, text in _texts(service.written):
        if LEFT.search(text):
            lines.setdefault(service.line(*place), []).append(f"“{text}”")
    for line, texts in lines.items():
        yield Fault(line=line, text=f"{', '.join(texts)}: this stands as in the template. Write your own.")


def following_late(service: Service) -> Iterator[Fault]:
    """The papers of a sound service that may come after the day promised for its decision (MAT-06)."""
    item = msgspec.convert(service.written["item"], ItemDefinition)
    for problem in check_deferrals(item, deferral_days=parameters.value("cases.deferral_days", clock.today())):
        yield _of_item(service, problem)


def lacking(service: Service) -> Iterator[str]:
    """The elements of a guide that a sound service leaves out (GUI-02)."""
    found = completeness(msgspec.convert(service.written["item"], ItemDefinition))
    for names, of in ((found.missing_core, "fourteen core"), (found.missing_extended, "six further")):
        if names:
            yield f"of the {of} elements of a guide these are missing: {', '.join(names)}"


def _texts(written: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    parts = written.items() if isinstance(written, dict) else enumerate(written) if isinstance(written, list) else ()
    for name, part in parts:
        yield from _texts(part, (*place, name))
    if isinstance(written, str):
        yield place, written


def _references(service: Service) -> Iterator[Fault]:
    """Fields of the form that its parts do not agree on, as far as these can be read at all."""
    properties, layouts, pages = (_within(service.written, "form", *path) for path in (("schema", "properties"), ("fields",),
                                                                                        ("pages",)))
    if not isinstance(properties, dict) or not isinstance(layouts, dict) or not isinstance(pages, list):
        return
    required = _within(service.written, "form", "schema", "required")
    asked = [(name, ("form", "pages", page, "fields", number)) for page, written in enumerate(pages)
             for number, name in enumerate(_listed(_within(written, "fields")))]
    named = [*asked, *((name, ("form", "schema", "required", number)) for number, name in enumerate(_listed(required))),
             *((str(name).partition(".")[0], ("form", "fields", name)) for name in layouts)]
    for name, place in named:
        if name not in properties:
            yield Fault(line=service.line(*place), text=f"{_shown(place)}: the schema has no field “{name}”. Add it under "
                        "properties, or mend its name.")
    for name in properties:
        times = [each for each, _ in asked].count(name)
        if times != 1:
            yield Fault(line=service.line("form", "schema", "properties", name), text=f"form.pages: “{name}” stands on "
                        f"{times} pages. Let it stand on exactly one.")
        if name not in layouts:
            yield Fault(line=service.line("form", "schema", "properties", name), text=f"form.fields: “{name}” has no label. "
                        "Add it with label: {zh: , en: }.")


def _licence(service: Service) -> Iterator[Fault]:
    """Fields of the licence that nothing fills, and what fills fields that it has not."""
    result, own = (_within(service.written, *path) for path in (("item", "result"), ("licence_type",)))
    code = _within(result, "licence_type")
    known = {each.code: {field.name for field in each.definition.fields} for each in licence_types()}
    if isinstance(own, dict):
        known[str(own.get("code"))] = {str(_within(each, "name")) for each in own.get("fields") or ()}
    filled = _within(result, "field_map")
    if code not in known or not isinstance(filled, dict):
        return
    for name in sorted(known[code] - filled.keys()):
        yield Fault(line=service.line("item", "result", "field_map"), text=f"item.result.field_map: the licence shows “{name}”. "
                    "Say what fills it: a question of the form, or applicant.name, .uscc, .id_number, .address, .phone, .representative.")
    for name in sorted(filled.keys() - known[code]):
        yield Fault(line=service.line("item", "result", "field_map", name), text=f"item.result.field_map: the licence has no field "
                    f"“{name}”. It has {', '.join(sorted(known[code]))}.")


def _within(written: Any, *path: str) -> Any:
    for name in path:
        written = written.get(name) if isinstance(written, dict) else None
    return written


def _listed(written: Any) -> list[str]:
    return [each for each in written if isinstance(each, str)] if isinstance(written, list) else []


def _shape(service: Service, part: str) -> Iterator[Misshapen]:
    """What the schema finds wrong with a part, in words."""
    if not isinstance(service.written.get(part), dict):
        yield Misshapen(part=part, field="", fault=Fault(
            line=service.line(part), text=f"The part {part}: is missing. tongban items new shows how it looks."))
        return
    path = settings.DATA / "schema" / f"{part}.schema.json"
    validator = jsonschema_rs.Draft202012Validator(msgspec.json.decode(path.read_bytes()), validate_formats=True)
    for error in validator.iter_errors(service.written[part]):
        place = (part, *error.instance_path)
        extra = getattr(error.kind, "unexpected", [])
        field = str([*error.instance_path, *extra, getattr(error.kind, "property", "")][0])
        yield Misshapen(part=part, field=field, fault=Fault(
            line=service.line(*place, *extra[:1]), text=f"{_shown(place)}: {_words(error.kind, error.message, place)}"))


def _words(kind: Any, message: str, place: tuple[str | int, ...]) -> str:
    """What a schema says, and how to mend it."""
    said: dict[str, Callable[[], str]] = {
        "required": lambda: f"“{kind.property}” is missing. Add it.",
        "additionalProperties": lambda: f"{', '.join(kind.unexpected)} is not known here. Take it out, or mend its "
                                        "spelling.",
        "enum": lambda: f"Choose one of {', '.join(map(str, kind.options))}; put figures in quotation marks.",
        "pattern": lambda: "This is not written as it has to be. Write it like the template does.",
        "type": lambda: "Write it in Chinese and English: {zh: ..., en: ...}." if place[-1] in TEXTS
                        else f"This has to be {KINDS.get(str(kind.types[0]), 'something else')}.",
        "format": lambda: f"This is no {kind.format}.", "minItems": lambda: f"Write at least {kind.limit}.",
        "maxLength": lambda: f"Write at most {kind.limit} characters.", "minLength": lambda: "This is too short.",
        "maxItems": lambda: f"A page carries at most {kind.limit} questions. Begin another page for the rest."
                            if place[:2] == ("form", "pages") else f"Write at most {kind.limit}.",
        "uniqueItems": lambda: "One is written twice. Take it out.",
    }
    other = "This is not written as it has to be. docs/own-service.md shows how this part is written."
    return said.get(kind.name, lambda: other)()


def _people(service: Service) -> Iterator[Fault]:
    """What is wrong with a new authority and its staff."""
    for part, kind in (("authority", NewAuthority), ("staff", tuple[NewStaff, ...]), ("licence_type", LicenceTypeDefinition)):
        if part in service.written:
            try:
                msgspec.convert(service.written[part], kind)
            except msgspec.ValidationError as error:
                yield Fault(line=service.line(part), text=f"{part}: {error}")
    if "staff" in service.written and "authority" not in service.written:
        yield Fault(line=service.line("staff"), text="staff: belongs to a new authority. Add the part authority:.")
    code = _within(service.written, "authority", "uscc")
    with suppress(AuthorityUnknown):
        known = authority_by_uscc(str(code)).name.zh if code else ""
        if known and known != _within(service.written, "authority", "name", "zh"):
            yield Fault(line=service.line("authority", "uscc"), text=f"authority.uscc: This is the code of {known}. Write your "
                        "authority's own, or take authority: and staff: out and leave the service to those who hold the code.")


def _rules(service: Service, faulty: frozenset[str] = frozenset()) -> Iterator[Fault]:
    """What the rules of the catalogue find in an item, parts of which cannot be read: these are taken as sound."""
    if "" in faulty:
        return
    sound = yaml.load((settings.DATA / TEMPLATE).read_bytes(), Loader=yaml.CSafeLoader)["item"]
    written = {name: value for name, value in service.written["item"].items() if name in sound or name not in faulty}
    definition = msgspec.convert({**written, **{name: sound[name] for name in faulty if name in sound}}, ItemDefinition)
    skipped = faulty | ({"basic_code"} if faulty & {"authority", "basic_code", "level"} else set())
    known = {**_licence_types(), **_own_type(service.written)}
    for problem in (*check_item(definition, licence_types=known), *check_references(definition, themes())):
        if problem.field not in skipped:
            yield _of_item(service, problem)


def _of_item(service: Service, problem: Problem) -> Fault:
    return Fault(line=service.line("item", problem.field),
                 text=f"item.{problem.field}: {problem.message.format_map(dict(problem.facts))}")


def _trial(service: Service) -> Iterator[Fault]:
    """What publishing would refuse: it is done, and undone."""
    if faults := list(_form(service)):
        yield from (*faults, *_rules(service))
        return
    try:
        _publish_and_undo(service)
    except ItemNotPublishable as refused:
        yield from (_of_item(service, problem) for problem in refused.problems)
    except HouseError as error:
        yield Fault(line=service.line("authority"), text=str(error))


def _form(service: Service) -> Iterator[Fault]:
    """What keeps a form of the right shape from being asked."""
    try:
        compile_form(msgspec.convert(service.written["form"], FormDefinition))
    except HouseError as error:
        yield Fault(line=service.line("form", "fields", str(error.facts.get("field", ""))), text=f"form: {error}")


def _publish_and_undo(service: Service) -> None:
    with suppress(Undone), database.atomic():
        try:
            _publish(PUBLISHER, service)
        finally:
            forms.cache_clear()
        raise Undone


def _publish(who: System, service: Service) -> list[str]:
    """Publish one file in the caller's transaction; returns what to say of it."""
    said = list(_settle(who, service.written))
    if "licence_type" in service.written:
        publish_licence_type(who, definition=msgspec.convert(service.written["licence_type"], LicenceTypeDefinition))
    definition = msgspec.convert(service.written["item"], ItemDefinition)
    publish_form(who, definition=msgspec.convert(service.written["form"], FormDefinition))
    before = latest_version(code_of(definition))
    version = publish_item(who, definition=definition, licence_types=_licence_types())
    where = f"/services/{code_of(definition)}/"
    if version == before:
        return [*said, f"{definition.slug}: nothing has changed, version {version} stays, at {where}"]
    return [*said, f"{definition.slug}: version {version}, from {max(definition.effective_from, clock.today())}, at {where}",
            *_deviating(definition)]


def _deviating(definition: ItemDefinition) -> Iterator[str]:
    """In what the service differs from the same one elsewhere; the law wants it the same, so someone should look."""
    own = code_of(definition)
    for each in deviations(definition.basic_code):
        values = dict(each.values)
        others = next((f"{value} ({code})" for code, value in values.items() if value != values[own]), "")
        yield f"  the same service elsewhere has another {each.field}: {values[own]} here, {others}"


def _settle(who: System, written: dict[str, Any]) -> Iterator[str]:
    """Make a new authority known, and in a trial its staff; elsewhere two administrators give posts."""
    if "authority" not in written:
        return
    one = msgspec.convert(written["authority"], NewAuthority)
    add_authority(who, uscc=one.uscc, name=one.name, short_name=one.short, region_code=one.region, level=one.level,
                  field=one.field, sample=False, source="own service")
    office = authority_by_uscc(one.uscc).id
    staff = [each for each in msgspec.convert(written.get("staff", ()), tuple[NewStaff, ...]) if kind_of(each.login) is None]
    if staff and not is_trial():
        yield "Two administrators give posts. One says these, the other then: tongban staff confirm LOGIN"
        yield from (f"  tongban staff add {each.login} {each.name} {one.uscc} {post}" for each in staff for post in each.posts)
    elif staff:
        for each in staff:
            password = token_urlsafe(12)
            account = open_account(who, kind=ActorKind.OFFICER, login=each.login, password=password, name=each.name,
                                   name_en=each.name_en)
            for post in each.posts:
                give_post(who, account=account, authority=office, role=post, valid_from=clock.today())
            yield f"  {each.login}  {password}  {', '.join(each.posts).lower()}; shown only now"


def _own_type(written: dict[str, Any]) -> dict[str, str]:
    """The type of licence the file itself describes: code -> Chinese name."""
    own = _within(written, "licence_type")
    return {str(own.get("code")): str(_within(own, "name", "zh"))} if isinstance(own, dict) else {}


def _licence_types() -> dict[str, str]:
    return {each.code: each.definition.name.zh for each in licence_types()}


def _shown(place: tuple[str | int, ...]) -> str:
    return ".".join(str(each + 1) if isinstance(each, int) else each for each in place)


def _refuse(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
