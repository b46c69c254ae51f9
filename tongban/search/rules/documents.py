"""An item as tokens: what the index keeps of it."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from tongban.kernel.types import Text
from tongban.search.rules.words import (
    initials,
    is_chinese,
    normalise,
    phrasings,
    runs,
    segments,
    stem,
    syllables,
    tokens_of,
    without_fillers,
)
from tongban.search.types import Described, Field, Tokens

PREFIXES = (2, 4, 6, 9, 12)
LONGEST_INITIALS = 12
NATIONAL = "1"
EVERYWHERE = "at:everywhere"
"""What an item of the whole country may be narrowed by, whatever the region."""


def document(item: Described) -> Tokens:
    """What the index keeps of an item, field by field."""
    phrases = phrases_of(item)
    chinese = [run for phrase in phrases for run in runs(normalise(phrase)) if is_chinese(run)]
    return {
        Field.CODE: (item.code,),
        Field.EXACT: tuple(dict.fromkeys(exact_key(phrase) for phrase in phrases)),
        Field.ALIAS: tokens_of(item.aliases),
        Field.NAME: tokens_of((item.name.zh, item.name.en)),
        Field.SUMMARY: tokens_of((item.summary.zh, item.summary.en)),
        Field.THEME: _both(item.themes),
        Field.AUTHORITY: _both(item.authority),
        Field.MATERIAL: _both(item.materials),
        Field.PINYIN: tuple(dict.fromkeys(_pinyin(chinese))),
        Field.INITIALS: tuple(dict.fromkeys(_initials(chinese))),
        Field.FACET: facets(item),
        Field.PHRASE: phrases,
    }


def phrases_of(item: Described) -> tuple[str, ...]:
    """The names and aliases an item is known by."""
    return tuple(dict.fromkeys(each for each in (item.name.zh, item.name.en, *item.aliases) if normalise(each)))


def exact_key(phrase: str) -> str:
    """A phrase without fillers and spaces, English in its stems: two texts with the same key ask for the same."""
    found = runs(without_fillers(normalise(phrase)))
    return " ".join(each if is_chinese(each) else stem(each) for each in found)


def facets(item: Described) -> tuple[str, ...]:
    """What an item may be narrowed by: open or only listed, region and all above it, or everywhere; level, forms, online."""
    standing = "listed" if item.is_listed else "open"
    everywhere = (EVERYWHERE,) if item.level == NATIONAL else ()
    return (standing, f"at:{item.region}", *everywhere, *(f"in:{each}" for each in above(item.region)),
            f"level:{item.level}",
            *(f"form:{each}" for each in item.handling_forms), *(("online",) if item.is_online else ()))


def above(region: str) -> tuple[str, ...]:
    """The codes of a region and of all it lies in, by their prefixes (ARC-05)."""
    return tuple(dict.fromkeys(region[:length].ljust(12, "0") for length in PREFIXES)) if region else ()


def _both(texts: Iterable[Text]) -> tuple[str, ...]:
    return tokens_of(language for text in texts for language in (text.zh, text.en))


def _pinyin(chinese: Iterable[str]) -> Iterator[str]:
    """Whole stretches, words and pairs of syllables, each written as one."""
    for run in chinese:
        spoken = syllables(run)
        yield "".join(spoken)
        for word in segments(run):
            if len(word) > 1:
                yield "".join(syllables(word))
        for first, second in pairwise(spoken):
            yield first + second


def _initials(chinese: Iterable[str]) -> Iterator[str]:
    """First letters of every stretch in all its orders, and of each part of two letters or more."""
    for run in chinese:
        for said in phrasings(run):
            letters = initials(said)[:LONGEST_INITIALS]
            for start in range(len(letters)):
                for end in range(start + 2, len(letters) + 1):
                    yield letters[start:end]
