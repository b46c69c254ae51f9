"""Codes of items and bodies in a foreign list: read part by part, and only if every part holds."""

import re

from tongban.catalogue.types.listings import ReadCode
from tongban.kernel.codes import (
    CodeNotValid,
    is_organisation_code,
    is_uscc,
    normalise_code,
    parse_basic_code,
    parse_handling_item_code,
    parse_implementation_code,
)

REGIONAL = re.compile(r"(?P<basic>[0-9A-Z]{1,14}(?:-[0-9]{1,6}){0,2})-(?P<area>[1-9][0-9]{11})-[0-9]{3}-"
                      r"(?P<body>[0-9A-Za-z]{5,22}(?:-[0-9X])?)-[0-9]-[0-9]{2}")
EARLIER_BASIC, EARLIER = (re.compile(rf"(?=.*[0-9])[0-9A-Z]{{{least},{most}}}")
                           for least, most in ((8, 10), (16, 24)))
"""Codes in the widths of GB/T 39046, before those of C0109: taken from lists, never given (CAT-05); shorter is a name."""
AREA_CODE = re.compile("[1-9][0-9]{5}(?:[0-9]{3}(?:[0-9]{3})?)?")


def read_code(text: str) -> ReadCode | None:
    """The code of an implemented item: the national one, that of a business-handling item, or a region's own."""
    code = text.strip()
    try:
        if len(code) == 33:
            implementation, number = parse_handling_item_code(code)
            parts = parse_implementation_code(implementation)
            return ReadCode(kind="HANDLING", code=code, body=parts.uscc, level=parts.level, basic=parts.basic,
                            number=number)
        parts = parse_implementation_code(code)
        return ReadCode(kind="IMPLEMENTATION", code=code, body=parts.uscc, level=parts.level, basic=parts.basic)
    except CodeNotValid:
        return _regional(code) or _earlier(code)


def read_basic_code(text: str) -> str | None:
    """A national basic code, also in its earlier width; a region's own is not one."""
    code = text.strip()
    if EARLIER_BASIC.fullmatch(code):
        return code
    try:
        parse_basic_code(code)
    except CodeNotValid:
        return None
    return code if len(code) == 12 else None


def read_body(text: str) -> tuple[str, str] | None:
    """Whose code it is: (credit code, "") or ("", organisation code)."""
    code = normalise_code(text)
    if is_uscc(code):
        return code, ""
    return ("", code) if is_organisation_code(code) else None


def read_area(text: str) -> str | None:
    """A division code of six, nine or twelve digits, as twelve."""
    code = text.strip()
    return code.ljust(12, "0") if AREA_CODE.fullmatch(code) else None


def _earlier(code: str) -> ReadCode | None:
    return ReadCode(kind="EARLIER", code=code) if EARLIER.fullmatch(code) else None


def _regional(code: str) -> ReadCode | None:
    found = REGIONAL.fullmatch(code)
    if found is None:
        return None
    body = read_body(found["body"])
    return ReadCode(kind="REGIONAL", code=code, area=found["area"], basic=found["basic"],
                    body="".join(body) if body else "")
