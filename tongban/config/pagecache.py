"""Public pages answered before Django: the same page for everyone who asks without a session.

A page is kept under its path, its query, the reader's look and area, and the edition of the catalogue. The edition is
asked for once a second; a new one empties the cache, so that a published change shows on every worker at once. What
comes from elsewhere (names of authorities, published ratings) is at most a minute old. Personal pages never come here:
a session cookie passes by, and an answer that sets a cookie or says `no-store` is not kept.
"""

import gzip
import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import structlog
from django.conf import settings
from django.db import Error
from django.http.cookie import parse_cookie

from tongban.catalogue import queries as catalogue
from tongban.kernel import clock, database, modes
from tongban.portal import places
from tongban.web.pages import MODES

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ASK_SECONDS = 1.0
KEEP_SECONDS = 60.0
LONGEST_QUERY = 200
CHOICES = frozenset({"audience", "theme", "stage", "department", "region", "level", "form", "online", "all", "after"})
PAGES: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(rf"(?:/en)?{path}"), queries) for path, queries in (
        (r"/", frozenset()),
        (r"/services/", CHOICES),
        (r"/services/[0-9A-Z]{1,40}/", frozenset({"situation"})),
        (r"/services/[0-9A-Z]{1,40}/notice/", frozenset({"situation"})),
        (r"/listed/", frozenset({"region", "department", "after"})),
        (r"/listed/L[0-9A-F]{15}/", frozenset()),
        (r"/accessibility/", frozenset()),
        (r"/open-data/", frozenset()),
        (r"/who-answers/", frozenset()),
    ))
"""Which pages may be kept, and which names their query may have; any other query is answered by Django."""

KEPT_HEADERS = frozenset({"content-security-policy", "content-type", "content-language", "cross-origin-opener-policy",
                          "cross-origin-resource-policy", "permissions-policy", "referrer-policy",
                          "strict-transport-security", "x-content-type-options"})
Key = tuple[str, str, str, str]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page as it goes out, plain and packed, and when it was kept."""

    kept_at: float
    tag: str
    plain: tuple[list[tuple[str, str]], bytes]
    packed: tuple[list[tuple[str, str]], bytes]
    unchanged: list[tuple[str, str]]

    @property
    def size(self) -> int:
        return len(self.plain[1]) + len(self.packed[1])


class Shelf:
    """The pages kept by one process, the least recently asked for going first once `limit` bytes are reached."""

    def __init__(self, limit: int, ask: Callable[[], str], now: Callable[[], float] = monotonic) -> None:
        self.limit, self._ask, self.now = limit, ask, now
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._size, self._edition, self._asked, self._reachable = 0, "", float("-inf"), True

    def find(self, key: Key) -> Entry | None:
        """The page if it is fresh; while the database cannot be asked, as it was last."""
        self._look_for_a_new_edition()
        entry = self._entries.get(key)
        if entry is None or (self._reachable and self.now() > entry.kept_at + KEEP_SECONDS):
            return None
        if self._size > self.limit // 2:
            with self._lock:
                if key in self._entries:
                    self._entries.move_to_end(key)
        return entry

    def edition(self) -> str:
        """The edition under which a page that is being drawn now will be kept."""
        return self._edition

    def keep(self, key: Key, entry: Entry, edition: str) -> None:
        """Keep a page, unless a new edition came out while it was drawn."""
        with self._lock:
            if edition != self._edition or not self._reachable or entry.size > self.limit // 8:
                return
            former = self._entries.pop(key, None)
            self._entries[key] = entry
            self._size += entry.size - (former.size if former else 0)
            while self._size > self.limit:
                _, gone = self._entries.popitem(last=False)
                self._size -= gone.size

    def _look_for_a_new_edition(self) -> None:
        now = self.now()
        if now - self._asked < ASK_SECONDS:
            return
        with self._lock:
            if now - self._asked < ASK_SECONDS:
                return
            self._asked = now
        try:
            edition = self._ask()
        except Error as error:
            log.warning("pages_wait", error=type(error).__name__)
            self._reachable = False
            return
        with self._lock:
            self._reachable = True
            if edition != self._edition:
                catalogue.forget()
                self._entries.clear()
                self._size, self._edition = 0, edition


def edition() -> str:
    """What the public pages are made of now: the edition of the catalogue, how far the house is open, on this day."""
    with database.serving("public"):
        try:
            number, notice = catalogue.edition(), modes.current()
        except Error:
            database.connection().close()
            raise
    return f"{number} {notice.id} {notice.until} {clock.today()}"


def cached(application: "WSGIApplication", shelf: Shelf,
           note: Callable[[str], object] = str) -> "WSGIApplication":
    """The application with its public pages kept on a shelf; `note` hears of each whether it was there."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        bare = _bare_key(environ)
        entry = shelf.find(bare) if bare else None
        key = bare if entry else key_of(environ)
        if key is None:
            return application(environ, start_response)
        entry = entry or shelf.find(key)
        note("drawn" if entry is None else "kept")
        if entry is None:
            return _drawn(application, environ, start_response, shelf, key)
        if environ.get("HTTP_IF_NONE_MATCH") == entry.tag:
            start_response("304 Not Modified", entry.unchanged)
            return []
        headers, body = entry.packed if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "") else entry.plain
        start_response("200 OK", headers)
        return [body]

    return answer


def _bare_key(environ: "WSGIEnvironment") -> Key | None:
    """The key of a request that is nothing but an address, as most are; whether it may be kept is not asked here."""
    if environ["REQUEST_METHOD"] != "GET" or "HTTP_AUTHORIZATION" in environ or "HTTP_COOKIE" in environ \
            or environ.get("QUERY_STRING"):
        return None
    return environ.get("PATH_INFO", ""), "", MODES[0], ""


def key_of(environ: "WSGIEnvironment") -> Key | None:
    """Under what a request's answer may be kept; None if it may not."""
    if environ["REQUEST_METHOD"] != "GET" or "HTTP_AUTHORIZATION" in environ:
        return None
    path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    names = next((names for pattern, names in PAGES if pattern.fullmatch(path)), None)
    if names is None or not _may_ask(query, names):
        return None
    mode, region = MODES[0], ""
    if written := environ.get("HTTP_COOKIE", ""):
        cookies = parse_cookie(written)
        if settings.SESSION_COOKIE_NAME in cookies:
            return None
        mode, region = cookies.get("mode", mode), cookies.get(places.COOKIE, "")
        if mode not in MODES or not (region == "" or places.CODE.fullmatch(region)):
            return None
    return path, query, mode, region


def _may_ask(query: str, names: frozenset[str]) -> bool:
    if not query:
        return True
    given = [name for name, _ in parse_qsl(query, keep_blank_values=True)] if len(query) <= LONGEST_QUERY else []
    return bool(given) and len(set(given)) == len(given) and names.issuperset(given)


def _drawn(application: "WSGIApplication", environ: "WSGIEnvironment", start_response: "StartResponse", shelf: Shelf,
           key: Key) -> Iterable[bytes]:
    """Let Django answer; keep the page if it is one for everyone."""
    edition = shelf.edition()
    caught: list[Any] = []

    def note(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        caught[:] = [status, headers]
        return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

    result = application(environ, note)
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    status, headers = caught
    named = {name.lower(): value for name, value in headers}
    if status.startswith("200 ") and "set-cookie" not in named and "no-store" not in named.get("cache-control", "") \
            and named.get("content-type", "").startswith("text/html"):
        shelf.keep(key, entry_of(headers, body, kept_at=shelf.now()), edition)
    return [body]


def entry_of(headers: Iterable[tuple[str, str]], body: bytes, *, kept_at: float) -> Entry:
    """A page ready to go out; browsers keep it and ask each time whether it is still the same."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    kept = [(name, value) for name, value in headers if name.lower() in KEPT_HEADERS]
    shared = [("ETag", tag), ("Cache-Control", "no-cache"), ("Vary", "Accept-Encoding, Cookie")]
    packed = gzip.compress(body, mtime=0)
    return Entry(
        kept_at=kept_at, tag=tag,
        unchanged=[*((name, value) for name, value in kept if not name.lower().startswith("content-t")), *shared],
        plain=([*kept, *shared, ("Content-Length", str(len(body)))], body),
        packed=([*kept, *shared, ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))], packed))
