"""Law of licences: moves of their life, validity, the single-instance rule, what is signed, what a verifier is told."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import msgspec
from lxml import etree

from tongban.kernel.codes import mask_id, mask_name
from tongban.kernel.crypto.canonical import canonical_json
from tongban.kernel.types import Text
from tongban.licences.errors import (
    LicenceFieldUnknown,
    LicenceHolderNotAllowed,
    LicenceMoveNotAllowed,
    LicencePeriodNotValid,
)
from tongban.licences.types import (
    FieldValue,
    HolderKind,
    LicenceState,
    LicenceTypeDefinition,
    LicenceView,
    Payload,
    PublicField,
    PublicIssuer,
    TrustLevel,
    Verdict,
)

MOVES: Mapping[LicenceState, frozenset[LicenceState]] = {
    LicenceState.DRAFT: frozenset({LicenceState.SIGNED}),
    LicenceState.SIGNED: frozenset({LicenceState.ISSUED}),
    LicenceState.ISSUED: frozenset({LicenceState.SUSPENDED, LicenceState.REPLACED, LicenceState.EXPIRED,
                                    LicenceState.REVOKED, LicenceState.CANCELLED}),
    LicenceState.SUSPENDED: frozenset({LicenceState.ISSUED, LicenceState.REPLACED, LicenceState.EXPIRED,
                                       LicenceState.REVOKED, LicenceState.CANCELLED}),
    LicenceState.EXPIRED: frozenset({LicenceState.REPLACED, LicenceState.CANCELLED}),
    LicenceState.REPLACED: frozenset(),
    LicenceState.REVOKED: frozenset(),
    LicenceState.CANCELLED: frozenset(),
}
"""LIC-10. An expired licence is renewed by a new version or struck off (行政许可法第七十条); nothing leads back."""

IN_FORCE = frozenset({LicenceState.ISSUED, LicenceState.SUSPENDED})
RENEWABLE = IN_FORCE | {LicenceState.DRAFT, LicenceState.SIGNED, LicenceState.EXPIRED}
"""States whose identifier lives on in the next version; after revocation or striking off a new licence begins."""
BY_DECISION = frozenset({LicenceState.SUSPENDED, LicenceState.ISSUED, LicenceState.REVOKED, LicenceState.CANCELLED})
"""What an officer decides; replacing and expiring follow from issue and from time."""
SHORTEST_REASON = 4
"""Letters and figures that why a licence changes takes at least."""
FOR_GOOD = frozenset({LicenceState.REVOKED, LicenceState.CANCELLED})
CHANGED: Mapping[LicenceState, Text] = {
    LicenceState.ISSUED: Text(zh="已恢复使用", en="may be used again"),
    LicenceState.SUSPENDED: Text(zh="已暂扣，暂时不能使用", en="suspended, not to be used for now"),
    LicenceState.REVOKED: Text(zh="已撤销，不能再用", en="revoked, no longer in force"),
    LicenceState.CANCELLED: Text(zh="已注销，不能再用", en="cancelled, no longer in force"),
}
HOLDER_CODE_TYPES = {HolderKind.ENTITY: "001", HolderKind.PERSON: "111", HolderKind.BOTH: ""}
PROVING = frozenset({TrustLevel.A, TrustLevel.B})


def next_state(state: LicenceState, target: LicenceState) -> LicenceState:
    """The target, or `LicenceMoveNotAllowed`."""
    if target not in MOVES[state]:
        raise LicenceMoveNotAllowed(state=str(state), target=str(target))
    return target


def reminder(today: date, valid_from: date, valid_to: date | None, marks: Iterable[int]) -> int | None:
    """The mark reached, in days before the last one (LIC-15); a mark as long as the licence itself says nothing."""
    if valid_to is None or today > valid_to:
        return None
    left, whole = (valid_to - today).days, (valid_to - valid_from).days
    return min((mark for mark in marks if left <= mark < whole), default=None)


def is_check_day(written: str) -> bool:
    """Is this the day of an annual check: a month and a day that every year has, or none?"""
    try:
        return not written or f"{date.fromisoformat(f'2001-{written}'):%m-%d}" == written
    except ValueError:
        return False


def next_check(today: date, licence: LicenceView) -> date | None:
    """The day up to which a licence is next to be checked; none without an annual check or after its last day (LIC-15)."""
    if not licence.annual_check:
        return None
    year = max(today.year, licence.valid_from.year + 1)
    days = (date.fromisoformat(f"{each}-{licence.annual_check}") for each in (year, year + 1))
    found = next(day for day in days if day >= today)
    return found if is_within(found, licence.valid_from, licence.valid_to) else None


def check_near(name: Text, on: date, days: int) -> tuple[Text, Text]:
    """Title and body of the reminder of an annual check."""
    return (Text(zh=f"该年检了：{name.zh}", en=f"Annual check: {name.in_('en')}"),
            Text(zh=f"还有 {days} 天。请在 {on.year}年{on.month}月{on.day}日前办好年检；发证机关会告诉您要交什么。",
                 en=f"{days} days are left: the annual check has to be done by {on.day} {on:%B %Y}. The issuing authority tells you "
                    "what to hand in."))


def running_out(name: Text, valid_to: date, days: int, renewal_days: int) -> tuple[Text, Text]:
    """Title and body of the reminder: until when the licence holds, and until when to apply for its renewal (LAL art. 50)."""
    last = valid_to - timedelta(days=renewal_days)
    return (Text(zh=f"快到期了：{name.zh}", en=f"Running out: {name.in_('en')}"),
            Text(zh=f"还有 {days} 天到期，有效期到 {valid_to.year}年{valid_to.month}月{valid_to.day}日。"
                    + (f"要继续用，请在 {last.year}年{last.month}月{last.day}日前申请延续。" if days > renewal_days else
                       "要继续用，请马上申请延续。"),
                 en=f"It runs out in {days} days: the last day is {valid_to.day} {valid_to:%B %Y}. "
                    + (f"To go on using it, apply for its renewal by {last.day} {last:%B %Y}." if days > renewal_days else
                       "To go on using it, apply for its renewal now.")))


def commitment(salt: str, reason: str) -> str:
    """Salted hash of why a licence changed: the event keeps it, the words can be erased."""
    return hashlib.sha256(f"{salt}|{reason}".encode()).hexdigest()


def changed_letter(name: Text, state: LicenceState, issuer: Text) -> tuple[Text, Text]:
    """Title and body of the letter that tells the holder what was decided about a licence, and by which authority."""
    said = CHANGED[state]
    return (Text(zh=f"{name.zh}：{said.zh}", en=f"{name.in_('en')}: {said.in_('en')}"),
            Text(zh=f"这是{issuer.zh}的决定，理由写在证照页面上。不服的，可以在 60 日内申请行政复议，或者在 6 个月内提起行政诉讼。",
                 en=f"Decided by {issuer.in_('en')}. The reason stands on the page of the licence. You may ask for administrative "
                    "review within 60 days or go to court within 6 months."))


def check_period(valid_from: date, valid_to: date | None) -> None:
    """Refuses a licence that would end before it begins."""
    if valid_to is not None and valid_to < valid_from:
        raise LicencePeriodNotValid


def is_within(day: date, valid_from: date, valid_to: date | None) -> bool:
    """Whether the period of validity covers the day, both ends included."""
    return valid_from <= day and (valid_to is None or day <= valid_to)


def has_expired(day: date, valid_to: date | None) -> bool:
    """Whether the last day lies before `day`."""
    return valid_to is not None and valid_to < day


def stands_in_the_way(definition: LicenceTypeDefinition, states: Iterable[LicenceState]) -> bool:
    """Whether a holder with licences in these states may not be given a further one (LIC-14)."""
    return definition.single and any(state in IN_FORCE for state in states)


def is_usable(state: LicenceState, trust: TrustLevel, day: date, valid_from: date, valid_to: date | None) -> bool:
    """Whether a licence may stand for a material on that day: issued, in its period, level A or B (MAT-01)."""
    return state is LicenceState.ISSUED and trust in PROVING and is_within(day, valid_from, valid_to)


def check_fields(definition: LicenceTypeDefinition, fields: Mapping[str, str]) -> dict[str, str]:
    """Every field of the type by name, empty where nothing was given; refuses names the type does not have."""
    unknown = sorted(set(fields) - {field.name for field in definition.fields})
    if unknown:
        raise LicenceFieldUnknown(names=", ".join(unknown))
    return {field.name: fields.get(field.name, "") for field in definition.fields}


def check_holder(definition: LicenceTypeDefinition, kind: HolderKind) -> str:
    """The holder-code type of this kind of holder (LIC-07); refuses a kind the type does not allow."""
    if definition.holder not in {HolderKind.BOTH, kind}:
        raise LicenceHolderNotAllowed
    return HOLDER_CODE_TYPES[kind]


def filled_fields(definition: LicenceTypeDefinition, fields: Mapping[str, str]) -> tuple[FieldValue, ...]:
    """The fields in the order of the type."""
    return tuple(FieldValue(name=field.name, label=field.label, value=fields.get(field.name, ""), public=field.public)
                 for field in definition.fields)


def payload_of(licence: LicenceView, pdf_sha256: str) -> bytes:
    """The canonical bytes that are signed and that a verifier is shown."""
    masks = _masks(licence)
    payload = Payload(
        code=licence.code, identifier=licence.identifier, version=licence.version, type_code=licence.type_code,
        type_name=licence.type_name, number=_masked(licence.number, masks),
        issuer=PublicIssuer(name=licence.issuer_name, uscc=licence.issuer_uscc),
        holder=_masked(licence.holder_name, masks),
        fields=tuple(PublicField(name=field.name, label=field.label, value=_masked(field.value, masks))
                     for field in licence.fields if field.public and field.value),
        issued_on=licence.issued_on, valid_from=licence.valid_from, valid_to=licence.valid_to, pdf_sha256=pdf_sha256,
        sample=licence.sample)
    return canonical_json(msgspec.to_builtins(payload))


def read_payload(content: bytes) -> Payload | None:
    """The payload of bytes that are exactly its canonical form; None for anything else."""
    try:
        payload = msgspec.json.decode(content, type=Payload)
    except (msgspec.MsgspecError, ValueError):
        return None
    canonical = canonical_json(msgspec.to_builtins(payload))
    return payload if canonical == content and (payload.kind, payload.format) == ("licence", 1) else None


def verdict(state: LicenceState, payload: Payload | None, day: date) -> Verdict:
    """What a verifier is told; the day decides over a state that time has overtaken."""
    if payload is None or state in {LicenceState.DRAFT, LicenceState.SIGNED}:
        return Verdict.NOT_GENUINE
    if state is not LicenceState.ISSUED:
        return Verdict(state)
    if has_expired(day, payload.valid_to):
        return Verdict.EXPIRED
    return Verdict.VALID if is_within(day, payload.valid_from, payload.valid_to) else Verdict.NOT_YET_VALID


def national_metadata(licence: LicenceView) -> dict[str, str]:
    """The licence under the names of GB/T 36903 (LIC-06); own fields of the type carry the prefix KZ_."""
    known = {
        "ZZBS": licence.identifier, "ZZMC": licence.type_name.zh, "ZZLXDM": licence.type_code,
        "ZZBH": licence.number, "ZZBFJG": licence.issuer_name.zh, "ZZBFJGDM": licence.issuer_uscc,
        "ZZBFRQ": licence.issued_on.isoformat(), "CZZT": licence.holder_name, "CZZTDM": licence.holder_code,
        "CZZTDMLX": HOLDER_CODE_NAMES[licence.holder_code_type].zh, "CZZTDMLXDM": licence.holder_code_type,
        "ZZYXQQSRQ": licence.valid_from.isoformat(),
        "ZZYXQJZRQ": licence.valid_to.isoformat() if licence.valid_to else "",
    }
    return known | {f"KZ_{field.name.upper()}": field.value for field in licence.fields}


def metadata_file(licence: LicenceView) -> bytes:
    """The same as an XML file, one element a name in the order of the standard (LIC-06); signs XML cannot hold are left out."""
    root = etree.Element("ZZ")
    for name, value in national_metadata(licence).items():
        etree.SubElement(root, name).text = "".join(each for each in value if each.isprintable() or each == "\n")
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


HOLDER_CODE_NAMES = {"001": Text(zh="统一社会信用代码", en="Unified social credit code"),
                     "111": Text(zh="公民身份号码", en="Citizen identity number")}


def _masks(licence: LicenceView) -> dict[str, str]:
    """What must not be read by strangers, and what they read instead: of persons their name and their number."""
    if licence.holder_code_type != HOLDER_CODE_TYPES[HolderKind.PERSON]:
        return {}
    return {licence.holder_code: mask_id(licence.holder_code), licence.holder_name: mask_name(licence.holder_name)}


def _masked(text: str, masks: Mapping[str, str]) -> str:
    for secret, shown in masks.items():
        if secret:
            text = text.replace(secret, shown)
    return text
