"""Questions to the index, answered with rows of the catalogue."""

from collections.abc import Iterator

from django.conf import settings

from tongban.authorities import queries as authorities
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide
from tongban.kernel.types import Language
from tongban.search import clients
from tongban.search.rules import document, plan, prefix_key, reachable, suggestion
from tongban.search.types import Described, Hit, Results, Tokens

MOST = 200
"""Beyond this many, results are not counted."""
WORTH_SHOWING = 0.22
"""Items that fit less than this share of the best one are left out."""
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
    facets = [each for each in (
        reachable(region) if region else (), (f"level:{level}",) if level else (),
        (f"form:{handling_form}",) if handling_form else (), ("online",) if online else ()) if each]
    index = clients.reader(settings.SEARCH_INDEX, documents)
    hits = clients.find(index, asked, facets=facets, near=reachable(near) if near else (), limit=MOST + 1)
    worth = [hit for hit in hits if hit.score >= hits[0].score * WORTH_SHOWING]
    shown = worth[:MOST][offset:offset + limit]
    rows = catalogue.items_by_code(hit.code for hit in shown) if shown else {}
    meant = "" if all(not clients.unknown(index, token) for token in asked.tokens) else _meant(text, language, worth)
    return Results(rows=tuple(rows[hit.code] for hit in shown if hit.code in rows),
                   exact=len(worth) if len(worth) <= MOST else None,
                   more_than=MOST if len(worth) > MOST else None, did_you_mean=meant)


def suggest(prefix: str, *, limit: int = 8) -> tuple[str, ...]:
    """Phrases that begin with what was typed, in characters, pinyin or initials."""
    key = prefix_key(prefix)
    return tuple(clients.phrases(clients.reader(settings.SEARCH_INDEX, documents), key, limit)) if key else ()


def documents() -> Iterator[Tokens]:
    """Every open item as the index keeps it."""
    after = ""
    while True:
        page = catalogue.items(after=after, limit=PAGE)
        for row in page.rows:
            yield document_of(row.code)
        if not page.after:
            return
        after = page.after


def document_of(code: str) -> Tokens:
    """One item as the index keeps it; refuses with `ItemUnknown`."""
    return document(_described(catalogue.guide(code)))


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
