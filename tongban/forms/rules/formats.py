"""Our own formats beside those of JSON Schema, and the characters no answer may hold."""

import re
from collections.abc import Callable, Mapping

from tongban.forms.types import day_of
from tongban.kernel.codes import is_id_number, is_uscc

UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
"""Controls, marks that reverse or hide text, and half characters: no database keeps or screen shows them faithfully."""

_PHONE = re.compile(
    r"1[3-9][0-9]{9}|(?:0[12][0-9]|0[3-9][0-9]{2})-[2-9][0-9]{6,7}(?:-[0-9]{1,6})?"
    r"|[48]00[0-9]{7}|\+85[23][0-9]{8}|\+886[0-9]{8,9}"
)


def is_phone(text: str) -> bool:
    """A mobile number, a landline as 029-86912222, a 400 number, or one of Hong Kong, Macao or Taiwan with its code."""
    return bool(_PHONE.fullmatch(text))


def is_postcode(text: str) -> bool:
    """Six digits, not all nought."""
    return bool(re.fullmatch(r"(?!000000)[0-9]{6}", text))


def is_region(text: str) -> bool:
    """Twelve digits of the statistical division code."""
    return bool(re.fullmatch(r"[1-9][0-9]{11}", text))


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date": lambda text: day_of(text) is not None,
    "cn-phone": is_phone,
    "cn-id": is_id_number,
    "cn-uscc": is_uscc,
    "cn-postcode": is_postcode,
    "cn-region": is_region,
}
