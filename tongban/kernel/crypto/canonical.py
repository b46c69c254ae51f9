"""Canonical JSON in the manner of RFC 8785: one value, one sequence of bytes, so that it can be signed and hashed."""

import json
from collections.abc import Mapping, Sequence

from tongban.kernel.errors import Refusal

LARGEST_INTEGER = 2**53 - 1


class NotCanonical(Refusal):
    """A {kind} cannot be written canonically."""


def canonical_json(value: object) -> bytes:
    """UTF-8 without white space, keys in order of their UTF-16 units.

    Narrower than RFC 8785 on purpose: a float, an integer beyond 2^53 - 1, a key that is no string and a lone
    surrogate are refused with `NotCanonical`. Money is in fen, times are text: nothing signed needs a fraction.
    """
    text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(kind="lone surrogate") from error


def _ordered(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int) and abs(value) <= LARGEST_INTEGER:
        return int(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise NotCanonical(kind="key that is not text")
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_ordered(item) for item in value]
    raise NotCanonical(kind=type(value).__name__)


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")
