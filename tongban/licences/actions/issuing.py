"""From draft to issued: render, sign, stamp, publish, once."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import date

from psycopg.types.json import Jsonb

from tongban.documents import actions as documents
from tongban.documents.types import KeptDocument
from tongban.kernel import clock, database, events, vault
from tongban.kernel.crypto.signing import PayloadKind, sign_with_all
from tongban.kernel.types import Who
from tongban.ledger.actions import use_leave
from tongban.ledger.queries import require_sealing
from tongban.ledger.types import StoppedAct
from tongban.licences import access, queries, rules
from tongban.licences.actions.changing import move
from tongban.licences.actions.ordering import Draft, Issuing, holder_of, lock_serial, write_draft
from tongban.licences.errors import LicenceAlreadyHeld
from tongban.licences.events import LicenceIssued, LicenceRegistered
from tongban.licences.rendering.pdf import render_licence
from tongban.licences.rendering.types import SAMPLE_NOTE, LicenceSheet, SheetField
from tongban.licences.types import LicenceState, LicenceView, TrustLevel
from tongban.seals import actions as seals
from tongban.seals.queries import active_seal
from tongban.seals.types import Seal

PUBLISH = """
insert into licences_verifiable (code, identifier, issuer, state, changed_at, payload, signatures)
select code, identifier, issuer_id, state, changed_at, %s, %s from licences_licence where code = %s
"""


def issue_licence(who: Who, *, code: str) -> LicenceView:
    """Issue an ordered licence; run again or by two at once, it is issued once.

    Rendering, storing and signing come first; a crash before the last transaction leaves a draft and a stored file
    that the next run finds again, because the same draft gives the same bytes.
    """
    draft = queries.licence(code)
    if draft.state is not LicenceState.DRAFT or draft.issuer is None:
        return draft
    unsealed = require_sealing(subject=draft.case_number, act=StoppedAct.ISSUE)
    for earlier in _earlier_drafts(draft):
        issue_licence(who, code=earlier)
    seal = active_seal(draft.issuer)
    document = _document(who, draft, seal)
    payload, signatures = _signed(draft, document.sha256)
    with database.atomic():
        licence = access.licence_for_update(who, code)
        if licence.state is not LicenceState.DRAFT:
            return licence
        if unsealed:
            use_leave(who, subject=licence.case_number, act=StoppedAct.ISSUE, party=licence.holder, authority=licence.issuer)
        seals.stamp_document(who, seal=seal.id, authority=draft.issuer, document_hash=document.sha256,
                             case_number=licence.case_number)
        _replace_earlier(who, licence)
        database.execute("update licences_licence set state = 'SIGNED', document_id = %s where code = %s",
                         [document.id, code])
        database.execute("update licences_licence set state = 'ISSUED', changed_at = kernel_now() where code = %s",
                         [code])
        database.execute(PUBLISH, [payload, signatures, code])
        issued = LicenceIssued(case_number=licence.case_number, identifier=licence.identifier, code=code,
                               type_code=licence.type_code, document=document.id,
                               payload_sha256=hashlib.sha256(payload).hexdigest())
        events.record(who, issued, subject=f"licence:{code}", party=licence.holder, authority=licence.issuer)
    return queries.licence(code)


def register_licence(who: Who, *, type_code: str, holder: int, fields: Mapping[str, str], number: str,
                     valid_from: date, valid_to: date | None = None, trust: TrustLevel = TrustLevel.A) -> str:
    """Enter a licence that exists already, as its defining authority knows it; returns its code.

    The same number again returns the licence that is there, and finishes one whose signer was away. It has no PDF of ours; its
    entry is signed all the same.
    """
    today = clock.today()
    rules.check_period(valid_from, valid_to)
    kind = queries.licence_type(type_code)
    body = kind.definition
    draft = Draft(
        type=kind, holder=holder_of(body, holder), fields=rules.check_fields(body, fields), valid_from=valid_from,
        valid_to=valid_to, case_number="", trust=trust,
        issuing=Issuing(authority=None, uscc=type_code[:18], name=body.defining_authority, sample=body.sample,
                        prefix="000000"))
    with database.atomic():
        lock_serial(draft.issuing.uscc, type_code, today.year)
        known = database.row(
            "select code from licences_licence where type_code = %s and holder_id = %s and case_number = '' "
            "and number_index = any(%s)", [type_code, holder, vault.indexes("licences.number", number)])
        if known is None:
            _check_alone(draft)
        code = str(known[0]) if known else write_draft(draft, today, number)
    _enter(who, code, draft, expired=rules.has_expired(today, valid_to))
    return code


def _enter(who: Who, code: str, draft: Draft, *, expired: bool) -> None:
    """Sign what was written and publish it, once; nothing is locked while the signer is asked."""
    licence = queries.licence(code)
    if licence.state is not LicenceState.DRAFT:
        return
    payload, signatures = _signed(licence, "")
    with database.atomic():
        if not database.execute("update licences_licence set state = 'SIGNED' where code = %s and state = 'DRAFT'", [code]):
            return
        _check_alone(draft)
        database.execute("update licences_licence set state = 'ISSUED', changed_at = kernel_now() where code = %s", [code])
        database.execute(PUBLISH, [payload, signatures, code])
        events.record(who, LicenceRegistered(identifier=licence.identifier, code=code, type_code=licence.type_code,
                                             trust=licence.trust, payload_sha256=hashlib.sha256(payload).hexdigest()),
                      subject=f"licence:{code}", party=licence.holder)
        if expired:
            move(who, queries.licence(code), LicenceState.EXPIRED)


def _check_alone(draft: Draft) -> None:
    states = [LicenceState(state) for (state,) in database.rows(
        "select state from licences_licence where type_code = %s and holder_id = %s",
        [draft.type.code, draft.holder.party])]
    if rules.stands_in_the_way(draft.type.definition, states):
        raise LicenceAlreadyHeld


def _earlier_drafts(draft: LicenceView) -> list[str]:
    stem = draft.identifier.rsplit(".", 2)[0]
    return [code for (code,) in database.rows(
        "select code from licences_licence where stem = %s and version < %s and state = 'DRAFT' order by version",
        [stem, draft.version])]


def _replace_earlier(who: Who, licence: LicenceView) -> None:
    """Earlier versions of this licence, and of a single-instance type whatever the holder has in force, give way."""
    single = queries.licence_type(licence.type_code).definition.single
    stem = licence.identifier.rsplit(".", 2)[0]
    for other in access.versions_for_update(licence):
        same = other.identifier.rsplit(".", 2)[0] == stem and other.version < licence.version
        if LicenceState.REPLACED in rules.MOVES[other.state] and (same or (single and other.state in rules.IN_FORCE)):
            move(who, other, LicenceState.REPLACED, case_number=licence.case_number)


def _document(who: Who, licence: LicenceView, seal: Seal) -> KeptDocument:
    pdf = render_licence(LicenceSheet(
        title=licence.type_name, number=licence.number, identifier=licence.identifier, holder=licence.holder_name,
        fields=tuple(SheetField(label=field.label, value=field.value) for field in licence.fields if field.value),
        issuer=licence.issuer_name, issued_on=licence.issued_on, valid_from=licence.valid_from,
        valid_to=licence.valid_to, seal=seal.picture, code=licence.code, verify_url=queries.verify_url(licence.code),
        note=SAMPLE_NOTE))
    return documents.keep_made(who, party=licence.holder, name=f"{licence.type_name.zh}.pdf", content=pdf,
                               authorities=[] if licence.issuer is None else [licence.issuer])


def _signed(licence: LicenceView, pdf_sha256: str) -> tuple[bytes, Jsonb]:
    payload = rules.payload_of(licence, pdf_sha256)
    signatures = sign_with_all(vault.signers(), PayloadKind.LICENCE, payload)
    return payload, Jsonb([{"algorithm": each.algorithm, "key_id": each.key_id, "is_software": each.is_software,
                            "value": base64.b64encode(each.value).decode()} for each in signatures])
