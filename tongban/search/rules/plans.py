"""A question as a plan for the index, and what was probably meant where its words are unknown."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from tongban.search.rules.documents import EVERYWHERE, above, exact_key
from tongban.search.rules.synonyms import GROUPS
from tongban.search.rules.words import (
    is_chinese,
    normalise,
    pairs,
    runs,
    segments,
    split_pinyin,
    stem,
    syllables,
    without_fillers,
)
from tongban.search.types import Field, Plan, Term

WEIGHTS = ((Field.ALIAS, 2.4), (Field.NAME, 2.0), (Field.SUMMARY, 1.2), (Field.THEME, 0.6), (Field.AUTHORITY, 0.6),
           (Field.MATERIAL, 0.3))
MOST_GROUPS = 48
FUZZY_FROM = 4
CLOSE = 0.8
SAYS_LITTLE = frozenset("证件费钱书表人事单")
"""Characters that too many services share to tell one by."""
INITIALS = re.compile("[a-hj-tw-z]{2,12}")
"""No syllable begins with i, u or v."""


def plan(text: str) -> Plan:
    """What a text asks of the index; no groups if it asks nothing."""
    normal = normalise(text)
    wanted = without_fillers(normal)
    groups: list[tuple[Term, ...]] = []
    tokens: list[str] = []
    if normal:
        groups.append((Term(field=Field.EXACT, text=exact_key(normal), weight=6.0),))
    for run in runs(wanted):
        groups.extend(_chinese(run, tokens) if is_chinese(run) else _latin(run, tokens))
    spelt = [run for run in runs(normal) if not is_chinese(run)]
    if len(spelt) > 1 and all(split_pinyin(run) for run in spelt):
        groups.extend(_spoken("".join(spelt), 0.8))
    groups.extend(_same_meaning(wanted, tokens))
    return Plan(text=wanted, groups=tuple(dict.fromkeys(groups))[:MOST_GROUPS], tokens=tuple(dict.fromkeys(tokens)))


def reachable(region: str) -> tuple[str, ...]:
    """The facets of items that can be used in a region: in it, itself, above it and in the whole country."""
    return (f"in:{region}", *(f"at:{each}" for each in above(region)), EVERYWHERE)


def suggestion(text: str, phrases: Iterable[str]) -> str:
    """The phrase that was probably meant, judged by sound and letters; empty if none is close."""
    wanted = without_fillers(normalise(text)).replace(" ", "")
    best, found = CLOSE, ""
    for phrase in phrases:
        plain = _plain(phrase)
        if wanted in plain or plain in wanted:
            continue
        if _sound(plain) == _sound(wanted):
            return "" if plain == wanted or wanted.isascii() else phrase
        if wanted.isascii() and wanted in _sound(plain):
            continue
        likeness = max(SequenceMatcher(None, wanted, plain).ratio(),
                       SequenceMatcher(None, _sound(wanted), _sound(plain)).ratio())
        if likeness > best:
            best, found = likeness, phrase
    return found


def _chinese(run: str, tokens: list[str]) -> list[tuple[Term, ...]]:
    words = [word for word in segments(run) if len(word) > 1 or len(run) == 1]
    singles = [word for word in segments(run) if len(word) == 1 and len(run) > 1 and word not in SAYS_LITTLE]
    tokens.extend((*words, *pairs(run)))
    spoken = syllables(run)
    sounds = [first + second for first, second in pairwise(spoken)]
    return [*(_everywhere(token, 1.0) for token in dict.fromkeys((*words, *pairs(run)))),
            *(_everywhere(token, 0.35) for token in singles),
            *((Term(field=Field.PINYIN, text=sound, weight=0.5),) for sound in sounds)]


def _latin(run: str, tokens: list[str]) -> list[tuple[Term, ...]]:
    root = stem(run)
    tokens.append(root)
    groups = [_everywhere(root, 1.0)]
    if len(root) >= FUZZY_FROM and not run.isdigit():
        groups.append(tuple(Term(field=field, text=root, weight=weight * 0.4, fuzzy=True)
                            for field, weight in WEIGHTS[:3]))
    if INITIALS.fullmatch(run):
        groups.append((Term(field=Field.INITIALS, text=run, weight=2.0),))
        if len(run) > 4:
            groups.extend((Term(field=Field.INITIALS, text=run[start:start + 4], weight=0.4),)
                          for start in range(len(run) - 3))
    return [*groups, *_spoken(run, 1.0)]


def _spoken(word: str, weight: float) -> list[tuple[Term, ...]]:
    """A Latin word read as pinyin: as a whole, forgivingly, and by pairs of syllables."""
    groups: list[tuple[Term, ...]] = [(Term(field=Field.PINYIN, text=word, weight=2.0 * weight),)]
    if len(word) > FUZZY_FROM:
        groups.append((Term(field=Field.PINYIN, text=word, weight=0.8 * weight, fuzzy=True),))
    parts = split_pinyin(word)
    groups.extend((Term(field=Field.PINYIN, text=first + second, weight=1.0 * weight),)
                  for first, second in pairwise(parts))
    return groups


def _same_meaning(wanted: str, tokens: list[str]) -> list[tuple[Term, ...]]:
    """For each group of synonyms the question names, one group of all its other members."""
    stems = " ".join(stem(run) for run in runs(wanted))
    found: list[tuple[Term, ...]] = []
    for group in _groups():
        named = [member for member in group if _names(stems, wanted, member)]
        if named:
            tokens.extend(named)
            found.append(tuple(term for member in group if member not in named
                               for run in runs(member) for term in _everywhere(run, 0.6)))
    return found


def _names(stems: str, wanted: str, member: str) -> bool:
    return member in wanted if is_chinese(member) else f" {member} " in f" {stems} "


@lru_cache(maxsize=1)
def _groups() -> tuple[tuple[str, ...], ...]:
    """The groups with English members in their stems."""
    return tuple(tuple(dict.fromkeys(member if is_chinese(member) else
                                     " ".join(stem(word) for word in runs(member)) for member in group))
                 for group in GROUPS)


def _everywhere(token: str, weight: float) -> tuple[Term, ...]:
    return tuple(Term(field=field, text=token, weight=weight * factor) for field, factor in WEIGHTS)


@lru_cache(maxsize=65536)
def _plain(phrase: str) -> str:
    return normalise(phrase).replace(" ", "")


@lru_cache(maxsize=65536)
def _sound(plain: str) -> str:
    return "".join("".join(syllables(run)) if is_chinese(run) else run for run in runs(plain))
