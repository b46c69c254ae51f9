"""Licences as frozen rows: of a holder, as evidence, by code, and what anyone with the code may know."""

import base64
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.conf import settings
from msgspec import structs

from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.codes import is_licence_identifier
from tongban.kernel.crypto.signing import (
    PayloadKind,
    Signature,
    can_check,
    verify_signature,
    verify_signatures,
)
from tongban.kernel.types import Text
from tongban.licences import rules
from tongban.licences.errors import LicenceNotFound, LicenceTypeUnknown
from tongban.licences.events import LicenceStateChanged
from tongban.licences.types import (
    ChangeRow,
    Evidence,
    LicenceState,
    LicenceTypeDefinition,
    LicenceTypeView,
    LicenceView,
    SignatureCheck,
    TrustLevel,
    Verification,
)

TABLE = "licences_licence"
LICENCE = """
select l.id, l.code, l.identifier, l.type_code, t.definition::text, l.holder_id, l.holder_name, l.holder_code,
       l.holder_code_type, l.number, l.issuer_id, l.issuer_name::text, l.issuer_uscc, l.issued_on, l.valid_from,
       l.valid_to, l.state, l.version, l.case_number, l.trust, l.document_id, l.sample, l.fields
from licences_licence l join licences_type t on t.id = l.type_id
"""
TYPE = "select id, version, active, definition::text from licences_type"
CODE = re.compile(r"[A-Za-z0-9_-]{22}")
VERIFIABLE = "select code, state, changed_at, payload, signatures::text from licences_verifiable"


class StoredSignature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature as the table keeps it."""

    algorithm: str
    key_id: str
    is_software: bool
    value: str


def licence_type(code: str) -> LicenceTypeView:
    """The version of a licence type that is in use; `LicenceTypeUnknown` if there is none."""
    found = database.row(f"{TYPE} where code = %s and active order by version desc limit 1", [code])
    if found is None:
        raise LicenceTypeUnknown(code=code)
    return _as_type(found)


def licence_types() -> list[LicenceTypeView]:
    """Every licence type in the version in use, by code."""
    found = database.rows(f"select distinct on (code) {TYPE.removeprefix('select ')} where active "
                          "order by code, version desc")
    return [_as_type(row) for row in found]


def licence(code: str) -> LicenceView:
    """A licence in clear by its code; `LicenceNotFound` where the scope may not see it."""
    found = database.row(f"{LICENCE} where l.code = %s", [code])
    if found is None:
        raise LicenceNotFound
    return as_licence(found)


def licences_of(parties: Iterable[int]) -> list[LicenceView]:
    """What these parties hold or held, newest first; drafts are not licences yet."""
    found = database.planned_rows(f"{LICENCE} where l.holder_id = any(%s) and l.state not in ('DRAFT', 'SIGNED') "
                          "order by l.id desc", [list(parties)])
    return [as_licence(row) for row in found]


def licence_of_case(case_number: str, type_code: str) -> str | None:
    """The code of the licence a case ordered, if it did and the scope may see it."""
    found = database.row("select code from licences_licence where case_number = %s and type_code = %s",
                         [case_number, type_code])
    return found[0] if found else None


def codes_of(asked: str) -> list[str]:
    """Codes of the licences that this is the code, the identifier, the number or the case of, if the scope may see them.

    Of a renewed licence the version asked for, or the newest; a number is one licence's among those of its type alone.
    """
    return [code for (code,) in database.rows(
        "select distinct on (stem) code from licences_licence where (code = %(asked)s or identifier = %(asked)s "
        "or case_number = %(asked)s or number_index = any(%(numbers)s)) and state not in ('DRAFT', 'SIGNED') order by stem, id desc",
        {"asked": asked, "numbers": vault.indexes("licences.number", asked)})]


def changes_of(licence: LicenceView, *, named: bool = False) -> list[ChangeRow]:
    """What was decided about a licence after it was issued, newest first; `named`: and who decided it, as the record has it."""
    actors = {each.payload["reason_hash"]: each.actor for each in (events.of_subject(f"licence:{licence.code}") if named else ())
              if each.name == LicenceStateChanged.__name__}
    return [ChangeRow(at=clock.local(at), new=LicenceState(new), reason=reason, by=actors.get(rules.commitment(salt, reason), ""))
            for at, new, reason, salt in database.rows(
                "select changed_at, new, reason, salt from licences_change where licence_id = %s order by id desc", [licence.id])]


def usable_for(parties: Iterable[int], type_codes: Sequence[str]) -> list[Evidence]:
    """What these parties hold today that may stand for a material (CAT-40): issued, in its period, level A or B."""
    today = clock.today()
    found = database.rows(f"{LICENCE} where l.holder_id = any(%s) and l.type_code = any(%s) and l.state = 'ISSUED' "
                          "order by l.id desc", [list(parties), list(type_codes)])
    held = [as_licence(row) for row in found]
    return [Evidence(code=each.code, identifier=each.identifier, type_code=each.type_code, type_name=each.type_name,
                     source=each.issuer_name, holder=each.holder, number=each.number, valid_to=each.valid_to,
                     trust=each.trust, fields={field.name: field.value for field in each.fields})
            for each in held if rules.is_usable(each.state, each.trust, today, each.valid_from, each.valid_to)]


def verifiable(code: str) -> Verification:
    """What a verifier is told of a code or identifier, with both signatures recomputed; any login may ask.

    Identifiers can be counted through: whoever has no more than that learns what the licence is, from whom and whether it
    holds, and nothing that leads to its holder.
    """
    column = "code" if CODE.fullmatch(code) else "identifier"
    if column == "identifier" and not is_licence_identifier(code):
        raise LicenceNotFound
    found = database.row(f"{VERIFIABLE} where {column} = %s", [code])
    if found is None:
        raise LicenceNotFound
    own_code, state, changed_at, payload, signatures = found
    content = bytes(payload)
    checks, genuine = check_signatures(content, msgspec.json.decode(signatures, type=list[StoredSignature]))
    shown = rules.read_payload(content) if genuine else None
    if shown is not None and shown.code != own_code:
        shown = None
    known = rules.verdict(LicenceState(state), shown, clock.today())
    if column == "identifier":
        own_code, content = "", b""
        shown = shown and structs.replace(shown, code="", number="", holder="", fields=())
    return Verification(code=own_code, verdict=known,
                        state=LicenceState(state), changed_at=clock.local(changed_at), shown=shown, payload=content,
                        signatures=checks)


def state_of(identifier: str) -> LicenceState:
    """The state of an issued licence by its identifier, for anyone (LIC-17); `LicenceNotFound` if there is none."""
    if not is_licence_identifier(identifier):
        raise LicenceNotFound
    found = database.row("select state from licences_verifiable where identifier = %s", [identifier])
    if found is None:
        raise LicenceNotFound
    return LicenceState(found[0])


def verify_url(code: str) -> str:
    """Where the code on a licence leads."""
    return f"{getattr(settings, 'SITE_URL', 'http://127.0.0.1:8000').rstrip('/')}/verify/{code}/"


def due_to_expire(limit: int) -> list[str]:
    """Codes of licences in force whose last day is over."""
    found = database.rows("select code from licences_licence where state in ('ISSUED', 'SUSPENDED') "
                          "and valid_to < kernel_today() order by valid_to, id limit %s", [limit])
    return [code for (code,) in found]


def due_to_remind(limit: int) -> list[str]:
    """Codes of licences that reached a mark before their last day of which the holder was not told yet."""
    marks = parameters.value("licences.reminder_days", clock.today())
    found = database.rows(
        "select l.code from licences_licence l, unnest(%s::int[]) as m(mark) where l.state = 'ISSUED' "
        "and l.valid_to between kernel_today() and kernel_today() + %s and l.valid_to - kernel_today() <= m.mark "
        "and m.mark < l.valid_to - l.valid_from and m.mark < coalesce(l.reminded_days, 32767) "
        "group by l.code, l.valid_to, l.id order by l.valid_to, l.id limit %s",
        [marks, max(marks, default=0), limit])
    return [code for (code,) in found]


def due_to_check(limit: int) -> list[str]:
    """Codes of licences that reached a mark before their next annual check of which the holder was not told yet."""
    marks = parameters.value("licences.reminder_days", clock.today())
    found = database.rows(
        "select l.code from licences_type t join licences_licence l on l.type_id = t.id cross join lateral (select min(d) as on "
        "from generate_series(0, 1) y, lateral (select to_date(extract(year from kernel_today())::int + y || '-' || "
        "(t.definition->>'annual_check'), 'YYYY-MM-DD') as d) x where d >= kernel_today() "
        "and extract(year from d) > extract(year from l.valid_from)) c, unnest(%s::int[]) as m(mark) "
        "where t.definition->>'annual_check' <> '' and l.state = 'ISSUED' and (l.valid_to is null or c.on <= l.valid_to) "
        "and c.on - kernel_today() <= m.mark and m.mark < c.on - l.valid_from "
        "and (l.check_on is distinct from c.on or m.mark < l.check_days) group by l.code, c.on, l.id order by c.on, l.id limit %s",
        [marks, limit])
    return [code for (code,) in found]


def check_signatures(payload: bytes, stored: Sequence[StoredSignature]) -> tuple[tuple[SignatureCheck, ...], bool]:
    """Each signature recomputed under the node's own keys, and whether together they make the payload genuine."""
    signatures = [_as_signature(each) for each in stored]
    keys = vault.verifying_keys(PayloadKind.LICENCE)
    if not {each.key_id for each in signatures} <= {key.key_id for key in keys}:
        vault.forget_signers()
        keys = vault.verifying_keys(PayloadKind.LICENCE)
    by_id = {key.key_id: key for key in keys}
    checks = tuple(
        SignatureCheck(algorithm=each.algorithm, key_id=each.key_id, is_software=each.is_software,
                       holds=each.key_id in by_id and can_check(by_id[each.key_id].algorithm)
                       and verify_signature(by_id[each.key_id], PayloadKind.LICENCE, payload, each))
        for each in signatures)
    genuine = all(check.holds for check in checks) and verify_signatures(keys, PayloadKind.LICENCE, payload, signatures)
    return checks, genuine


def as_licence(row: Any) -> LicenceView:
    """A row in the order of `LICENCE`, opened."""
    (key, code, identifier, type_code, definition, holder, holder_name, holder_code, holder_code_type, number, issuer,
     issuer_name, issuer_uscc, issued_on, valid_from, valid_to, state, version, case_number, trust, document, sample,
     fields) = row
    known = msgspec.json.decode(definition, type=LicenceTypeDefinition)
    values = msgspec.json.decode(_open(code, "fields", fields), type=dict[str, str])
    return LicenceView(
        id=key, code=code, identifier=identifier, type_code=type_code, type_name=known.name, category=known.category,
        holder=holder, holder_name=_open(code, "holder_name", holder_name),
        holder_code=_open(code, "holder_code", holder_code), holder_code_type=holder_code_type,
        number=_open(code, "number", number), issuer=issuer, issuer_name=msgspec.json.decode(issuer_name, type=Text),
        issuer_uscc=issuer_uscc, issued_on=issued_on, valid_from=valid_from, valid_to=valid_to,
        state=LicenceState(state), version=version, case_number=case_number, trust=TrustLevel(trust),
        document=document, sample=sample, fields=rules.filled_fields(known, values),
        annual_check=known.annual_check)


def _open(code: str, column: str, sealed: str) -> str:
    return vault.unseal(TABLE, column, code, sealed)


def _as_type(row: Any) -> LicenceTypeView:
    key, version, active, definition = row
    return LicenceTypeView(id=key, version=version, active=active,
                           definition=msgspec.json.decode(definition, type=LicenceTypeDefinition))


def _as_signature(stored: StoredSignature) -> Signature:
    try:
        value = base64.b64decode(stored.value, validate=True)
    except ValueError:
        value = b""
    return Signature(algorithm=stored.algorithm, key_id=stored.key_id, is_software=stored.is_software, value=value)
