"""The words of searching: what is known of an item, what is asked of the index, what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tongban.catalogue.types import ItemRow
from tongban.catalogue.types.listings import ListedRow
from tongban.kernel.types import Text


class Field(StrEnum):
    """What is indexed of an item; the tokens of both languages stand in one field."""

    EXACT = "exact"
    ALIAS = "alias"
    NAME = "name"
    SUMMARY = "summary"
    THEME = "theme"
    AUTHORITY = "authority"
    MATERIAL = "material"
    PINYIN = "pinyin"
    INITIALS = "initials"
    FACET = "facet"
    PHRASE = "phrase"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An item as far as searching cares; for one that is only `listed` nobody can apply here."""

    code: str
    name: Text
    aliases: tuple[str, ...]
    summary: Text
    themes: tuple[Text, ...]
    authority: tuple[Text, ...]
    materials: tuple[Text, ...]
    region: str
    level: str
    handling_forms: tuple[str, ...]
    is_online: bool
    is_listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One token to look for in one field; `fuzzy` forgives one slip of the finger."""

    field: Field
    text: str
    weight: float
    fuzzy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a text asks of the index: of each group of terms the best one counts; `tokens` are its words."""

    text: str
    groups: tuple[tuple[Term, ...], ...]
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An item the index found, how well it fits, and the phrases it is known by."""

    code: str
    score: float
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One page of results. Either `exact` is how many there are, or there are more than `more_than`."""

    rows: tuple[ItemRow | ListedRow, ...]
    exact: int | None
    more_than: int | None = None
    did_you_mean: str = ""


Tokens = Mapping[Field, tuple[str, ...]]
