"""National codes: identity numbers, credit codes, item codes, case numbers, licence identifiers, and their masks.

Pure arithmetic over text. Every check returns a bool; every constructor refuses with `CodeNotValid`,
which names the kind of code and never the code itself, because some of them are personal data.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import NewType

from tongban.kernel.errors import Refusal

BasicCode = NewType("BasicCode", str)
ImplementationCode = NewType("ImplementationCode", str)
CaseNumber = NewType("CaseNumber", str)
LicenceIdentifier = NewType("LicenceIdentifier", str)

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Thirty-one characters of GB 32100: capitals without I O S V Z."""

LICENCE_ROOT = "1.2.156.3005.2"
IMPORTED_LICENCE_ROOT = "1.2.156.3003.2"
NATIONAL = "00"
PUBLIC_SERVICE = "20"
LAST_SEQUENCE = len(ALPHABET) * 1000 - 1

# First two digits of GB/T 2260; 66 is what the Xinjiang Production and Construction Corps uses in practice.
PROVINCES = frozenset(
    f"{n}"
    for n in (
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 67),
        71,
        81,
        82,
    )
)

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_MOD36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_C = "[0-9A-HJ-NP-RTUWXY]"
_ID_BODY = re.compile(r"[1-9][0-9]{16}")
_USCC_BODY = re.compile(rf"{_C}{{2}}[0-9]{{6}}{_C}{{9}}")
_ORGANISATION_BODY = re.compile(r"[0-9A-Z]{8}")
_TWO_DIGITS = re.compile(r"[0-9]{2}")
_MAIN_ITEM = re.compile(rf"{_C}{{2}}(?!000)[0-9]{{3}}")
_MAIN_SERVICE = re.compile(rf"{_C}{{2}}(?!000){_C}[0-9]{{2}}")
_SUB_ITEM = re.compile(r"[0-9]{3}")
_SEQUENCE = re.compile(rf"(?!0000){_C}[0-9]{{3}}")
_SERIAL = re.compile(r"[0-9A-Z]{1,20}")
_VERSION = re.compile(r"(?!000)[0-9]{3}")

_MOBILE = re.compile(r"(\+?86)?1[3-9][0-9]{9}")
_PERSONAL = re.compile(
    rf"(?<![0-9A-Za-z])(?:[0-9]{{6}} ?[0-9]{{8}} ?[0-9]{{3}}[0-9Xx]|{_C}{{2}}[0-9]{{6}}{_C}{{10}}"
    r"|(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4})(?![0-9A-Za-z])"
)

# Prefecture and county of a free-text address. A name of more than four characters is a county only when it is
# an autonomous one, so that a housing estate (小区) far into the address cannot be taken for a district.
_TO_COUNTY = re.compile(
    r"(?:.{2,6}?(?:省|自治区|特别行政区))?"
    r"(?:[^县区旗路街号0-9]{1,8}?(?:自治州|地区|盟|(?<![超门夜])市))?"
    r"(?:[^路街号0-9]{2,14}?自治[县旗]|[^0-9号]{1,4}?(?:县|旗|(?<![超门夜])市|(?<![小社园厂校片住院])区))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicCodeParts:
    """The four parts of a basic code."""

    division: str
    item_type: str
    main_item: str
    sub_item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImplementationCodeParts:
    """Who implements, at which level (1-7), which basic item."""

    uscc: str
    level: int
    basic: BasicCode


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNumberParts:
    """Item, day of receipt and running number of that day."""

    implementation: ImplementationCode
    day: date
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceIdentifierParts:
    """What a licence identifier says; `issuer` is empty in the imported short form."""

    type_code: str
    issuer: str
    serial: str
    version: int

    @property
    def stem(self) -> str:
        """What stays the same for the life of the licence: no version, no check character."""
        return ".".join(part for part in (LICENCE_ROOT, self.type_code, self.issuer, self.serial) if part)


class CodeNotValid(Refusal):
    """The {kind} is not valid. Please check it character by character."""


# -- people and organisations ---------------------------------------------------------------------------------------


def normalise_code(text: str) -> str:
    """What people type as the standards write it: plain-width capitals without spaces and hyphens."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()


def id_check_character(body: str) -> str:
    """Eighteenth character for the first seventeen digits of a resident ID (GB 11643, ISO 7064 MOD 11-2)."""
    if not _ID_BODY.fullmatch(body):
        raise CodeNotValid(kind="ID number")
    return _ID_CHECKS[sum(w * int(c) for w, c in zip(_ID_WEIGHTS, body, strict=True)) % 11]


def is_id_number(text: str) -> bool:
    """Whether this is a well-formed resident ID: digits, a day that exists, the right check character."""
    if len(text) != 18 or not _ID_BODY.fullmatch(text[:17]) or _day(text[6:14]) is None:
        return False
    return text[17] == id_check_character(text[:17])


def uscc_check_character(body: str) -> str:
    """Eighteenth character for the first seventeen of a unified social credit code (GB 32100, weights 3^i mod 31)."""
    if not _USCC_BODY.fullmatch(body):
        raise CodeNotValid(kind="unified social credit code")
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return ALPHABET[-total % 31]


def is_uscc(text: str) -> bool:
    """Whether the code is well formed and its check character right.

    The embedded organisation code is judged apart (`is_organisation_code(organisation_code(text))`): a firm is
    not turned away for an old organisation code whose own check character is off.
    """
    return len(text) == 18 and bool(_USCC_BODY.fullmatch(text[:17])) and text[17] == uscc_check_character(text[:17])


def make_uscc(registrar: str, category: str, region: str, organisation_body: str) -> str:
    """A full credit code from its parts: both check characters are computed (8 characters of organisation code)."""
    body = registrar + category + region + organisation_body + organisation_check_character(organisation_body)
    return body + uscc_check_character(body)


def organisation_code(uscc: str) -> str:
    """The nine characters of organisation code inside a credit code."""
    if not is_uscc(uscc):
        raise CodeNotValid(kind="unified social credit code")
    return uscc[8:17]


def organisation_check_character(body: str) -> str:
    """Ninth character for the first eight of an organisation code (GB 11714)."""
    if not _ORGANISATION_BODY.fullmatch(body):
        raise CodeNotValid(kind="organisation code")
    total = sum(w * int(c, 36) for w, c in zip(_ORGANISATION_WEIGHTS, body, strict=True))
    return "0X987654321"[total % 11]


def is_organisation_code(text: str) -> bool:
    """Whether nine characters without hyphen form an organisation code."""
    return (
        len(text) == 9
        and bool(_ORGANISATION_BODY.fullmatch(text[:8]))
        and text[8] == organisation_check_character(text[:8])
    )


# -- items and cases ------------------------------------------------------------------------------------------------


def make_basic_code(division: str, item_type: str, main_item: str, sub_item: str = "000") -> BasicCode:
    """Basic code, 12 characters: division 2, item type 2, main item 5, sub-item 3 (C0109.1)."""
    code = division + item_type + main_item + sub_item
    parse_basic_code(code)
    return BasicCode(code)


def parse_basic_code(code: str) -> BasicCodeParts:
    """The parts of a basic code. From type 20 on, the third character of the main item may be a business class."""
    parts = BasicCodeParts(division=code[:2], item_type=code[2:4], main_item=code[4:9], sub_item=code[9:])
    main_item = _MAIN_SERVICE if parts.item_type >= PUBLIC_SERVICE else _MAIN_ITEM
    valid = (
        (parts.division == NATIONAL or parts.division in PROVINCES)
        and _TWO_DIGITS.fullmatch(parts.item_type)
        and main_item.fullmatch(parts.main_item)
        and _SUB_ITEM.fullmatch(parts.sub_item)
    )
    if not valid:
        raise CodeNotValid(kind="basic code")
    return parts


def implementation_code(uscc: str, level: int, basic: str) -> ImplementationCode:
    """Implementation code, 31 characters: implementing body 18, level 1 (1-7), basic code 12."""
    code = f"{uscc}{level}{basic}"
    parse_implementation_code(code)
    return ImplementationCode(code)


def parse_implementation_code(code: str) -> ImplementationCodeParts:
    """The parts of an implementation code."""
    if len(code) != 31 or not is_uscc(code[:18]) or code[18] not in "1234567":
        raise CodeNotValid(kind="implementation code")
    parse_basic_code(code[19:])
    return ImplementationCodeParts(uscc=code[:18], level=int(code[18]), basic=BasicCode(code[19:]))


def parse_handling_item_code(code: str) -> tuple[ImplementationCode, int]:
    """Implementation code and sequence of a business-handling item."""
    parse_implementation_code(code[:31])
    if not _TWO_DIGITS.fullmatch(code[31:]) or code[31:] == "00":
        raise CodeNotValid(kind="business-handling-item code")
    return ImplementationCode(code[:31]), int(code[31:])


def sequence_text(n: int) -> str:
    """Four characters for the n-th case of a day: 0001-9999, then A000 to Y999 (n = 10,000 to 30,999)."""
    if not 1 <= n <= LAST_SEQUENCE:
        raise CodeNotValid(kind="daily sequence")
    return f"{ALPHABET[n // 1000]}{n % 1000:03d}"


def sequence_number(text: str) -> int:
    """The n of `sequence_text(n)`."""
    if not _SEQUENCE.fullmatch(text):
        raise CodeNotValid(kind="daily sequence")
    return ALPHABET.index(text[0]) * 1000 + int(text[1:])


def case_number(implementation: str, day: date, sequence: int) -> CaseNumber:
    """Case number, 43 characters: implementation code 31, day of receipt 8, sequence of that day 4."""
    parse_implementation_code(implementation)
    return CaseNumber(f"{implementation}{day.year:04d}{day.month:02d}{day.day:02d}{sequence_text(sequence)}")


def parse_case_number(number: str) -> CaseNumberParts:
    """The parts of a case number."""
    day = _day(number[31:39])
    if len(number) != 43 or day is None:
        raise CodeNotValid(kind="case number")
    parse_implementation_code(number[:31])
    return CaseNumberParts(
        implementation=ImplementationCode(number[:31]), day=day, sequence=sequence_number(number[39:])
    )


# -- licences -------------------------------------------------------------------------------------------------------


def licence_type_code(authority: str, sequence: int) -> str:
    """Licence type code, 21 characters: credit code of the defining authority and 001-999."""
    if not is_uscc(authority) or not 1 <= sequence <= 999:
        raise CodeNotValid(kind="licence type code")
    return f"{authority}{sequence:03d}"


def is_licence_type_code(text: str) -> bool:
    """Whether this is a credit code followed by 001-999."""
    return len(text) == 21 and is_uscc(text[:18]) and bool(_VERSION.fullmatch(text[18:]))


def licence_check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 over digits and capitals."""
    p = 36
    for character in text:
        value = _MOD36.find(character)
        if value < 0:
            raise CodeNotValid(kind="licence identifier")
        p = ((p + value) % 36 or 36) * 2 % 37
    return _MOD36[(37 - p) % 36]


def licence_identifier(type_code: str, issuer: str, serial: str, version: int) -> LicenceIdentifier:
    """Electronic licence identifier (GB/T 36904): root, type, issuer, serial, version and check, joined with dots."""
    if not (is_licence_type_code(type_code) and is_uscc(issuer) and _SERIAL.fullmatch(serial) and 1 <= version <= 999):
        raise CodeNotValid(kind="licence identifier")
    check = licence_check_character(f"{type_code}{issuer}{serial}{version:03d}")
    return LicenceIdentifier(f"{LICENCE_ROOT}.{type_code}.{issuer}.{serial}.{version:03d}.{check}")


def is_licence_identifier(text: str) -> bool:
    """Whether the identifier has our full form and the right check character."""
    try:
        parse_licence_identifier(text)
    except CodeNotValid:
        return False
    return True


def parse_licence_identifier(text: str) -> LicenceIdentifierParts:
    """The parts of a licence identifier in its full form."""
    fields = text.removeprefix(LICENCE_ROOT + ".").split(".")
    if len(fields) != 5 or not _VERSION.fullmatch(fields[3]):
        raise CodeNotValid(kind="licence identifier")
    type_code, issuer, serial, version, _check = fields
    if licence_identifier(type_code, issuer, serial, int(version)) != text:
        raise CodeNotValid(kind="licence identifier")
    return LicenceIdentifierParts(type_code=type_code, issuer=issuer, serial=serial, version=int(version))


def parse_imported_licence_identifier(text: str) -> LicenceIdentifierParts:
    """Like `parse_licence_identifier`, and also the older form met in the field: other root, no issuer. Import only."""
    if not text.startswith(IMPORTED_LICENCE_ROOT + "."):
        return parse_licence_identifier(text)
    fields = text[len(IMPORTED_LICENCE_ROOT) + 1 :].split(".")
    if len(fields) != 4 or not _VERSION.fullmatch(fields[2]):
        raise CodeNotValid(kind="licence identifier")
    type_code, serial, version, check = fields
    right = is_licence_type_code(type_code) and _SERIAL.fullmatch(serial)
    if not right or check != licence_check_character(type_code + serial + version):
        raise CodeNotValid(kind="licence identifier")
    return LicenceIdentifierParts(type_code=type_code, issuer="", serial=serial, version=int(version))


# -- masks ----------------------------------------------------------------------------------------------------------


def mask_name(name: str) -> str:
    """First character kept, a star for each further one (at least one)."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""


def mask_id(number: str) -> str:
    """First six and last four kept; a shorter number keeps nothing that would let it be guessed."""
    return _keep(number, first=6, last=4)


def mask_phone(number: str) -> str:
    """First three and last four kept."""
    return _keep(number, first=3, last=4)


def mask_address(address: str) -> str:
    """Kept down to the county; what cannot be read as province, city or county is masked."""
    found = _TO_COUNTY.match(address)
    return (found.group() if found else "") + "***" if address else ""


def conceal(text: str) -> str:
    """The text with every identity number, credit code and mobile number in it masked."""
    return _PERSONAL.sub(lambda found: _concealed(found.group()), text)


def _concealed(found: str) -> str:
    plain = normalise_code(found)
    if is_id_number(plain) or is_uscc(plain):
        return mask_id(plain)
    return mask_phone(plain) if _MOBILE.fullmatch(plain) else found


def _keep(text: str, *, first: int, last: int) -> str:
    if len(text) < first + last + 3:
        return "*" * len(text)
    return text[:first] + "*" * (len(text) - first - last) + text[-last:]


def _day(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
