"""The index on this machine's disk: one folder a building, a pointer to the one in use, one builder at a time.

Readers look at the pointer before each question, so that what another process built or changed is seen at once.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from threading import Lock

import tantivy

from tongban.kernel.errors import Unavailable
from tongban.search.types import Field, Hit, Plan, Term, Tokens

POINTER = "current"
WRITER_BYTES = 32_000_000
BROKEN = (ValueError, OSError, KeyError)
RAW = (Field.EXACT, Field.PINYIN, Field.INITIALS, Field.FACET, Field.PHRASE, Field.CODE)
STORED = (Field.CODE, Field.PHRASE)
KNOWN_BY = (Field.ALIAS, Field.NAME, Field.SUMMARY, Field.PINYIN, Field.INITIALS)
NEARER = 1.25
"""How much better an item fits that can be used where the person lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """An index open for reading; `stamp` changes whenever the index does."""

    schema: tantivy.Schema
    searcher: tantivy.Searcher
    stamp: tuple[str, int]


Source = Callable[[], Iterable[Tokens]]
_readers: dict[Path, Reader] = {}
_opening = Lock()


class IndexUnavailable(Unavailable):
    """The search does not answer at the moment. Please try again, or look for the service by theme."""


def reader(folder: Path, source: Source) -> Reader:
    """The index in use; if it is absent or broken it is built of `source`, once for all processes."""
    return _current(folder) or _build_once(folder, source)


def rebuild(folder: Path, source: Source) -> None:
    """Build the index anew and put it in place of the one in use."""
    with _only_builder(folder):
        _build(folder, source())


def replace(folder: Path, source: Source, documents: Iterable[Tokens], gone: Iterable[str]) -> None:
    """Put in these documents instead of what the index holds under their codes, and take out the codes `gone`."""
    with _only_builder(folder):
        if _current(folder) is None:
            _build(folder, source())
            return
        index = tantivy.Index.open(str(folder / _named(folder)))
        writer = index.writer(WRITER_BYTES, 1)
        for code in gone:
            writer.delete_documents_by_term(Field.CODE, code)
        for document in documents:
            writer.delete_documents_by_term(Field.CODE, document[Field.CODE][0])
            writer.add_document(_as_document(document))
        writer.commit()
        writer.wait_merging_threads()
        os.utime(folder / POINTER)


def find(index: Reader, plan: Plan, *, facets: Sequence[Sequence[str]], near: Sequence[str], limit: int) -> list[Hit]:
    """The best items for a plan. They carry one facet of each of `facets`; one of `near` brings an item forward."""
    schema = index.schema
    groups = [_group(schema, group) for group in plan.groups if group]
    if not groups:
        return []
    wanted = [(tantivy.Occur.Must, tantivy.Query.boolean_query([(tantivy.Occur.Should, each) for each in groups]))]
    wanted += [(tantivy.Occur.Must, _silent(schema, each)) for each in facets]
    found = index.searcher.search(tantivy.Query.boolean_query(wanted), limit=limit, count=False).hits
    close = _codes(index, near, [address for _, address in found]) if near else frozenset()
    hits = [_hit(index, score, address, close) for score, address in found]
    return sorted(hits, key=lambda hit: -hit.score)


def unknown(index: Reader, token: str) -> bool:
    """Does no item carry this token in its names, aliases or summary, or sound like it?"""
    return not any(index.searcher.doc_freq(field, token) for field in KNOWN_BY)


def _group(schema: tantivy.Schema, terms: Sequence[Term]) -> tantivy.Query:
    made = [tantivy.Query.boost_query(_term(schema, term), term.weight) for term in terms]
    return made[0] if len(made) == 1 else tantivy.Query.disjunction_max_query(made, 0.2)


def _term(schema: tantivy.Schema, term: Term) -> tantivy.Query:
    if term.fuzzy:
        return tantivy.Query.fuzzy_term_query(schema, term.field, term.text, distance=1)
    return tantivy.Query.term_query(schema, term.field, term.text, index_option="freq")


def _silent(schema: tantivy.Schema, facets: Sequence[str]) -> tantivy.Query:
    return tantivy.Query.const_score_query(tantivy.Query.term_set_query(schema, Field.FACET, list(facets)), 0.0)


def _hit(index: Reader, score: float, address: tantivy.DocAddress, close: frozenset[str]) -> Hit:
    kept = index.searcher.doc(address)
    code = str(kept.get_first(Field.CODE))
    return Hit(code=code, score=score * (NEARER if code in close else 1.0), phrases=tuple(kept.get_all(Field.PHRASE)))


def _codes(index: Reader, near: Sequence[str], addresses: Sequence[tantivy.DocAddress]) -> frozenset[str]:
    codes = [str(index.searcher.doc(address).get_first(Field.CODE)) for address in addresses]
    query = tantivy.Query.boolean_query([
        (tantivy.Occur.Must, tantivy.Query.term_set_query(index.schema, Field.CODE, codes)),
        (tantivy.Occur.Must, _silent(index.schema, near))])
    found = index.searcher.search(query, limit=max(1, len(codes)), count=False).hits
    return frozenset(str(index.searcher.doc(address).get_first(Field.CODE)) for _, address in found)


def _current(folder: Path) -> Reader | None:
    try:
        stamp = (_named(folder), (folder / POINTER).stat().st_mtime_ns)
        known = _readers.get(folder)
        if known is not None and known.stamp == stamp:
            return known
        with _opening:
            index = tantivy.Index.open(str(folder / stamp[0]))
            searcher = index.searcher()
            searcher.search(tantivy.Query.term_query(index.schema, Field.CODE, ""), limit=1)
            _readers[folder] = Reader(schema=index.schema, searcher=searcher, stamp=stamp)
            return _readers[folder]
    except BROKEN:
        return None


def _named(folder: Path) -> str:
    name = (folder / POINTER).read_text(encoding="ascii").strip()
    if not name.isalnum():
        raise ValueError(name)
    return name


def _build_once(folder: Path, source: Source) -> Reader:
    with _only_builder(folder):
        found = _current(folder)
        if found is None:
            _build(folder, source())
            found = _current(folder)
    if found is None:
        raise IndexUnavailable
    return found


def _build(folder: Path, documents: Iterable[Tokens]) -> None:
    name = token_hex(8)
    made = folder / name
    made.mkdir()
    writer = tantivy.Index(_schema(), path=str(made)).writer(WRITER_BYTES, 1)
    for document in documents:
        writer.add_document(_as_document(document))
    writer.commit()
    writer.wait_merging_threads()
    pointer = folder / f"{name}.pointer"
    pointer.write_text(name, encoding="ascii")
    pointer.replace(folder / POINTER)
    for old in folder.iterdir():
        if old.is_dir() and old.name != name:
            shutil.rmtree(old, ignore_errors=True)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in Field:
        builder.add_text_field(field, stored=field in STORED, index_option="freq",
                               tokenizer_name="raw" if field in RAW else "whitespace")
    return builder.build()


def _as_document(tokens: Tokens) -> tantivy.Document:
    made = tantivy.Document()
    for field, words in tokens.items():
        for word in words if field in RAW else (" ".join(words),):
            made.add_text(field, word)
    return made


@contextmanager
def _only_builder(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
