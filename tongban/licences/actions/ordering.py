"""What comes before a licence exists: its type, its number, its draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import msgspec
from psycopg.types.json import Jsonb

from tongban.authorities import queries as authorities
from tongban.calendars.rules import last_day_of_term
from tongban.identity import queries as identity
from tongban.identity.queries import PartyView
from tongban.kernel import clock, codes, database, events, vault
from tongban.kernel.crypto.canonical import canonical_json
from tongban.kernel.ids import public_id
from tongban.kernel.types import Text, Who
from tongban.licences import queries, rules
from tongban.licences.errors import LicenceCheckDayUnknown, LicenceHolderNotAllowed, LicenceTypeUnknown
from tongban.licences.events import LicenceOrdered, LicenceTypePublished
from tongban.licences.types import HolderKind, LicenceState, LicenceTypeDefinition, LicenceTypeView, TrustLevel

INSERT = """
insert into licences_licence (code, identifier, stem, version, type_id, type_code, single, holder_id, holder_name,
  holder_code, holder_code_type, number, number_index, fields, issuer_id, issuer_uscc, issuer_name, issued_on,
  valid_from, valid_to, state, changed_at, case_number, trust, sample)
values (%(code)s, %(identifier)s, %(stem)s, %(version)s, %(type)s, %(type_code)s, %(single)s, %(holder)s,
  %(holder_name)s, %(holder_code)s, %(holder_code_type)s, %(number)s, %(number_index)s, %(fields)s, %(issuer)s,
  %(issuer_uscc)s, %(issuer_name)s, %(issued_on)s, %(valid_from)s, %(valid_to)s, %(state)s, kernel_now(),
  %(case_number)s, %(trust)s, %(sample)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuing:
    """Who issues: an authority of this node, or another body known by name and code only."""

    authority: int | None
    uscc: str
    name: Text
    sample: bool
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All of a licence before it has a number."""

    type: LicenceTypeView
    holder: PartyView
    issuing: Issuing
    fields: Mapping[str, str]
    valid_from: date
    valid_to: date | None
    case_number: str
    trust: TrustLevel


def publish_licence_type(who: Who, *, definition: LicenceTypeDefinition) -> int:
    """Publish a licence type or its next version; one that says the same stays. Returns the version."""
    if not codes.is_licence_type_code(definition.code):
        raise LicenceTypeUnknown(code=definition.code)
    if not rules.is_check_day(definition.annual_check):
        raise LicenceCheckDayUnknown
    with database.atomic():
        database.execute("select pg_advisory_xact_lock(hashtextextended(%s, 7020010))", [definition.code])
        found = database.row("select version, definition::text from licences_type where code = %s "
                             "order by version desc limit 1", [definition.code])
        last = 0
        if found is not None:
            last = int(found[0])
            known = msgspec.json.decode(found[1], type=LicenceTypeDefinition)
            if canonical_json(msgspec.to_builtins(known)) == canonical_json(msgspec.to_builtins(definition)):
                return last
        database.execute(
            "insert into licences_type (code, version, definition, single, active, published_at) "
            "values (%s, %s, %s, %s, true, kernel_now())",
            [definition.code, last + 1, Jsonb(msgspec.to_builtins(definition)), definition.single])
        events.record(who, LicenceTypePublished(code=definition.code, licence_version=last + 1),
                      subject=f"licence-type:{definition.code}")
    return last + 1


def order_licence(who: Who, *, case_number: str, type_code: str, holder: int, issuer: int, fields: Mapping[str, str],
                  validity_years: int | None) -> str:
    """Promise the licence of a granted case: number, identifier and dates are given today, the rest is a job's.

    Once for each case and type; asked again, it returns the same code. A holder's earlier licence of a
    single-instance type lives on in the next version of its identifier where the issuer is the same (LIC-05).
    """
    today = clock.today()
    kind = queries.licence_type(type_code)
    authority = authorities.authority(issuer)
    draft = Draft(
        type=kind, holder=holder_of(kind.definition, holder), fields=rules.check_fields(kind.definition, fields),
        issuing=Issuing(authority=issuer, uscc=authority.uscc, name=authority.name, sample=authority.sample,
                        prefix=authority.region[:6]),
        valid_from=today, valid_to=None if validity_years is None else last_day_of_term(today, validity_years), case_number=case_number,
        trust=TrustLevel.A)
    with database.atomic():
        lock_serial(draft.issuing.uscc, type_code, today.year)
        known = queries.licence_of_case(case_number, type_code)
        if known is not None:
            return known
        code = write_draft(draft, today)
        events.record(who, LicenceOrdered(case_number=case_number, code=code, type_code=type_code),
                      subject=f"licence:{code}", party=holder, authority=issuer)
    return code


def holder_of(definition: LicenceTypeDefinition, party: int) -> PartyView:
    """The holder, if this kind of party may hold this type."""
    found = identity.party(party)
    if found is None:
        raise LicenceHolderNotAllowed
    rules.check_holder(definition, HolderKind(found.kind))
    return found


def lock_serial(uscc: str, type_code: str, year: int) -> None:
    """Make others who number licences of this issuer, type and year wait until we are done."""
    database.execute("insert into licences_serial (issuer_uscc, type_code, year, last) values (%s, %s, %s, 0) "
                     "on conflict do nothing", [uscc, type_code, year])
    database.row("select last from licences_serial where issuer_uscc = %s and type_code = %s and year = %s for update",
                 [uscc, type_code, year])


def write_draft(draft: Draft, today: date, number: str = "") -> str:
    """Insert the draft under a fresh code, with the next free number or as the next version; returns the code."""
    code = public_id()
    kind, holder = draft.type, draft.holder
    serial, version = _earlier(draft) or (_next_serial(draft, today), 1)
    identifier = codes.licence_identifier(kind.code, draft.issuing.uscc, serial, version)
    shown = number or serial
    sealed = {"holder_name": holder.name, "holder_code": holder.code, "number": shown,
              "fields": msgspec.json.encode(draft.fields).decode()}
    database.execute(INSERT, {
        "code": code, "identifier": identifier, "stem": codes.parse_licence_identifier(identifier).stem,
        "version": version, "type": kind.id, "type_code": kind.code, "single": kind.definition.single,
        "holder": holder.party, "holder_code_type": rules.HOLDER_CODE_TYPES[HolderKind(holder.kind)],
        "number_index": vault.index("licences.number", shown), "issuer": draft.issuing.authority,
        "issuer_uscc": draft.issuing.uscc, "issuer_name": Jsonb(msgspec.to_builtins(draft.issuing.name)),
        "issued_on": draft.valid_from, "valid_from": draft.valid_from, "valid_to": draft.valid_to,
        "state": LicenceState.DRAFT, "case_number": draft.case_number, "trust": draft.trust,
        "sample": kind.definition.sample or draft.issuing.sample or holder.sample,
        **{column: vault.seal(queries.TABLE, column, code, plain, party=holder.party) for column, plain in sealed.items()}})
    return code


def _earlier(draft: Draft) -> tuple[str, int] | None:
    """Serial and version under which a licence of this holder lives on; None where a new life begins."""
    if not draft.type.definition.single or not draft.case_number:
        return None
    found = database.row(
        "select identifier, version from licences_licence where holder_id = %s and type_code = %s and issuer_uscc = %s "
        "and state = any(%s) order by version desc, id desc limit 1",
        [draft.holder.party, draft.type.code, draft.issuing.uscc, sorted(rules.RENEWABLE)])
    if found is None:
        return None
    return codes.parse_licence_identifier(found[0]).serial, found[1] + 1


def _next_serial(draft: Draft, today: date) -> str:
    found = database.row("update licences_serial set last = last + 1 where issuer_uscc = %s and type_code = %s "
                         "and year = %s returning last", [draft.issuing.uscc, draft.type.code, today.year])
    return f"{draft.issuing.prefix}{today.year:04d}{int(found[0]) if found else 0:06d}"
