"""How values are written: one-to-one plainness, numerals, parts."""

import re
from collections.abc import Iterator

PLAIN = str.maketrans({
    **{chr(0xFF01 + number): chr(0x21 + number) for number in range(94)},
    "　": " ", "。": ".", "、": ",", "—": "-", "–": "-", "－": "-", "―": "-", "～": "~", "〔": "[", "〕": "]"})
"""Full-width signs as their plain ones, one for one, so that a place in the plain text is one in the source."""
DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"两": 2, "零": 0}
MOST = 9999
NUMERAL = r"(?:[0-9]{1,4}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"


def plain(text: str) -> str:
    """The text in plain signs, of the same length."""
    return text.translate(PLAIN)


def number(written: str) -> int:
    """The value of a `NUMERAL`."""
    if written.isascii():
        return int(written)
    tens, ten, ones = written.rpartition("十")
    return (DIGITS[tens] if tens else 1) * 10 + (DIGITS[ones] if ones else 0) if ten else DIGITS[written]


def parts(text: str, separators: str) -> Iterator[str]:
    """The source's words between separators that stand outside parentheses, without blanks around them."""
    depth, start, even = 0, 0, plain(text)
    for place, sign in enumerate(even):
        depth += (sign == "(") - (sign == ")" and depth > 0)
        if not depth and sign in separators:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


def squeezed(text: str) -> str:
    """The text without any blanks."""
    return re.sub(r"\s+", "", text)
