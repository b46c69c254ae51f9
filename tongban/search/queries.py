"""Questions to the index, answered with rows of the catalogue."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from django.conf import settings

from tongban.authorities import queries as authorities
from tongban.catalogue import queries as catalogue
from tongban.catalogue.rules import is_listed_code
from tongban.catalogue.types import Guide, ItemRow
from tongban.catalogue.types.listings import ListedRow
from tongban.kernel.types import Language, Text
from tongban.search import clients
from tongban.search.rules import document, plan, reachable, suggestion
from tongban.search.types import Described, Hit, Results, Tokens

MOST = 200
"""Beyond this many, results are not counted."""
WORTH_SHOWING = 0.22
"""Items that fit less than this share of the best one are left out."""
ONLY_LISTED = 0.7
"""How much worse an item fits that one cannot apply for here, so that of two with the same words ours comes first."""
ASKED_FOR_SUGGESTION = 5
PAGE = 200


def find(text: str, *, language: Language = "zh-hans", region: str | None = None, near: str = "", level: str = "",
         handling_form: str = "", online: bool = False, limit: int = 10, offset: int = 0) -> Results:
    """The open items that fit a text best (POR-06); any text is allowed, one without words finds nothing.

    `region` leaves only what can be used there, `near` brings that forward. Facets are codes of the catalogue.
    """
    asked = plan(text)
    if not asked.groups:
        return Results(rows=(), exact=0)
    facets: list[tuple[str, ...]] = [each for each in (
        reachable(region) if region else (), (f"level:{level}",) if level else (),
        (f"form:{handling_form}",) if handling_form else (), ("online",) if online else ()) if each]
    index = clients.reader(settings.SEARCH_INDEX, documents)
    close = reachable(near) if near else ()
    hits = [*clients.find(index, asked, facets=[*facets, ("open",)], near=close, limit=MOST + 1),
            *(replace(hit, score=hit.score * ONLY_LISTED) for hit in
              clients.find(index, asked, facets=[*facets, ("listed",)], near=close, limit=MOST + 1))]
    hits.sort(key=lambda hit: -hit.score)
    worth = [hit for hit in hits if hit.score >= hits[0].score * WORTH_SHOWING]
    shown = worth[:MOST][offset:offset + limit]
    rows = _rows([hit.code for hit in shown])
    meant = "" if all(not clients.unknown(index, token) for token in asked.tokens) else _meant(text, language, worth)
    return Results(rows=tuple(rows[hit.code] for hit in shown if hit.code in rows),
                   exact=len(worth) if len(worth) <= MOST else None,
                   more_than=MOST if len(worth) > MOST else None, did_you_mean=meant)


def _rows(codes: list[str]) -> dict[str, ItemRow | ListedRow]:
    listed = [code for code in codes if is_listed_code(code)]
    ours = catalogue.items_by_code(codes) if len(listed) < len(codes) else {}
    return {**ours, **({code: item.row for code, item in catalogue.listed(listed).items()} if listed else {})}


def documents() -> Iterator[Tokens]:
    """Every open item and every listed one as the index keeps it."""
    after = ""
    while True:
        page = catalogue.items(after=after, limit=PAGE)
        for row in page.rows:
            yield document_of(row.code)
        if not page.after:
            break
        after = page.after
    after = ""
    while True:
        some = catalogue.listed_items(after=after, limit=PAGE)
        yield from listed_documents(row.code for row in some.rows)
        if not some.after:
            return
        after = some.after


def document_of(code: str) -> Tokens:
    """One item as the index keeps it; refuses with `ItemUnknown`."""
    return document(_described(catalogue.guide(code)))


def listed_documents(codes: Iterable[str]) -> Iterator[Tokens]:
    """Listed items as the index keeps them, read in one go."""
    paths = lru_cache(maxsize=512)(authorities.region_path)
    for item in catalogue.listed(codes).values():
        row = item.row
        regions = tuple(each.name for each in paths(row.region)) if row.region else ()
        yield document(Described(
            code=row.code, name=row.name, aliases=(), summary=Text(zh=""), themes=(), region=row.region,
            authority=(Text(zh=row.department), *regions), level=row.level, is_online=False, handling_forms=(),
            materials=tuple(Text(zh=each.name) for each in item.listing.materials), is_listed=True))


def _described(guide: Guide) -> Described:
    names = catalogue.themes()
    themes = (*(each.name for each in names.person if each.code in guide.themes_person),
              *(each.name for each in names.entity if each.code in guide.themes_entity),
              *(text for each in names.life_stages if each.code == guide.life_stage for text in (each.name, each.hint)))
    regions = tuple(each.name for each in authorities.region_path(guide.region))
    return Described(
        code=guide.code, name=guide.name, aliases=guide.aliases, summary=guide.summary, themes=themes,
        authority=(guide.authority_name, guide.authority_short, *regions), region=guide.region, level=guide.level,
        materials=tuple(each.name for each in guide.materials), is_online=guide.is_online,
        handling_forms=tuple(guide.handling_forms))


def _meant(text: str, language: Language, hits: list[Hit]) -> str:
    """The phrase of one of the best items that the text comes close to; of the reader's language if it is as close."""
    phrases = [phrase for hit in hits[:ASKED_FOR_SUGGESTION] for phrase in hit.phrases]
    phrases.sort(key=lambda phrase: phrase.isascii() != (language == "en"))
    return suggestion(text, phrases)
