"""Who is served when not everyone can be: a line in front of Django, in the order of what cannot wait.

Every process has a few places: threads that run Django, each with its own database connections. Whoever finds none free
stands in line; checking a licence goes before applying, applying before the desk, the desk before following a case, and
that before looking around. When someone has stood in line for longer than `TARGET` over a whole `INTERVAL`, the lowest
class still let in is turned away at the door until the line moves again; when the line is full, whoever matters more
takes the place of who matters less. Turning away costs no place: a few hundred bytes that say when to come back.

The server must call us from more threads than there are places, or it would be its own backlog that waits, unseen and
without an order; see `capacity.SERVER_THREADS`. Bodies are read before a place is taken, so that a slow sender holds none.
"""

import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import IO, TYPE_CHECKING, Any

import structlog

from tongban.config import capacity, turned_away
from tongban.web.gate import address_in

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

TARGET_SECONDS = 0.1
"""A line in which nobody waits longer is no line worth the name: a page itself takes about ten milliseconds."""

INTERVAL_SECONDS = 0.5
"""Shorter than people notice, longer than a burst of clicks or a collection of garbage takes."""

READ_BYTES, KEPT_BYTES = 256 * 1024, 1024 * 1024
log = structlog.get_logger(__name__)


class Rank(IntEnum):
    """What cannot wait, first."""

    VERIFY = 0
    SUBMIT = 1
    DESK = 2
    STATUS = 3
    BROWSE = 4


RANKS: tuple[tuple[re.Pattern[str], Rank], ...] = tuple((re.compile(pattern), rank) for pattern, rank in (
    (r"(/en)?/verify/|/api/v1/(licences/|health|readyz)", Rank.VERIFY),
    (r"(/en)?/(apply|drafts|sign-in|register|prove|sign-out|stay|oidc|ledger/witness)/|/api/v1/files|(/en)?/[.]well-known/",
     Rank.SUBMIT),
    (r"(/en)?/(desk|oversight)/|/(scim|gateway)/", Rank.DESK),
    (r"(/en)?/(status|cases|files|me|reviews)/|/api/v1/(cases|me)", Rank.STATUS),
))
ACTING = frozenset({(Rank.STATUS, "POST")})
"""Handing in corrections, withdrawing, rating, applying as a program: acts on a case rank with applying."""


def rank_of(environ: "WSGIEnvironment") -> Rank:
    """How long a request can wait."""
    path = environ.get("PATH_INFO", "")
    rank = next((rank for pattern, rank in RANKS if pattern.match(path)), Rank.BROWSE)
    looks_up = path.removeprefix("/en").startswith("/status/")
    return Rank.SUBMIT if (rank, environ["REQUEST_METHOD"]) in ACTING and not looks_up else rank


@dataclass(slots=True, kw_only=True, eq=False)
class Turn:
    """One request from the door to its answer; `refusal` is the status it is turned away with."""

    environ: "WSGIEnvironment"
    rank: Rank
    address: str
    arrived: float
    settled: threading.Event = field(default_factory=threading.Event)
    refusal: int = 0
    answer: tuple[str, list[tuple[str, str]], bytes] | None = None

    def refuse(self, status: int) -> None:
        self.refusal = status
        self.settled.set()


Noted = Callable[[Rank, str, float], None]


def _unnoted(rank: Rank, outcome: str, waited: float) -> None:
    """Where nobody counts."""


class Line:
    """The application behind its line."""

    def __init__(self, application: "WSGIApplication", *, places: int, limit: int, now: Callable[[], float] = monotonic,
                 note: Noted = _unnoted) -> None:
        self._application, self._places, self.limit, self._now, self._note = application, places, limit, now, note
        self._waiting: dict[Rank, deque[Turn]] = {rank: deque() for rank in Rank}
        self._by_address: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._started = False
        self._late, self._since = False, now()
        self.shut = len(Rank)
        """Ranks from this one on are turned away at the door."""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        turn = Turn(environ=environ, rank=rank_of(environ), address=address_in(environ), arrived=self._now())
        if not self._is_shut_for(turn.rank):
            with SpooledTemporaryFile(max_size=KEPT_BYTES) as kept:
                turn.refusal = receive(environ, kept)
                if not turn.refusal:
                    self._join(turn)
                    turn.settled.wait()
        else:
            turn.refusal = HTTPStatus.SERVICE_UNAVAILABLE
        if turn.answer is None:
            self._note(turn.rank, "refused", self._now() - turn.arrived)
            return turned_away.answer(environ, start_response, turn.refusal or HTTPStatus.SERVICE_UNAVAILABLE)
        status, headers, body = turn.answer
        start_response(status, headers)
        return [body]

    def waiting(self) -> int:
        """How many stand in line."""
        return sum(map(len, self._waiting.values()))

    def _is_shut_for(self, rank: Rank) -> bool:
        with self._changed:
            self._look_at_the_line()
            return rank >= self.shut

    def _join(self, turn: Turn) -> None:
        with self._changed:
            self._start()
            turn.arrived = self._now()
            if self._floods(turn.address):
                turn.refuse(HTTPStatus.TOO_MANY_REQUESTS)
                return
            if self.waiting() >= self.limit and not self._make_room(turn.rank):
                turn.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
                return
            self._waiting[turn.rank].append(turn)
            self._by_address[turn.address] += 1
            self._changed.notify()

    def _floods(self, address: str) -> bool:
        """Does one address alone hold most of a line that is more than half full?"""
        return self.waiting() > self.limit // 2 and self._by_address[address] > self.limit // 2

    def _make_room(self, rank: Rank) -> bool:
        """Send away the last comer of the lowest class below `rank`."""
        for lower in sorted(self._waiting, reverse=True):
            if lower <= rank:
                return False
            if self._waiting[lower]:
                self._leave(self._waiting[lower].pop()).refuse(HTTPStatus.SERVICE_UNAVAILABLE)
                return True
        return False

    def _leave(self, turn: Turn) -> Turn:
        self._by_address[turn.address] -= 1
        if not self._by_address[turn.address]:
            del self._by_address[turn.address]
        return turn

    def _look_at_the_line(self) -> None:
        """Shut the door to one class more when someone waits too long for too long, to one less when nobody does."""
        now = self._now()
        oldest = min((each[0].arrived for each in self._waiting.values() if each), default=now)
        late = now - oldest > TARGET_SECONDS
        if late is not self._late:
            self._late, self._since = late, now
        intervals = int((now - self._since) / INTERVAL_SECONDS)
        if not intervals:
            return
        self._since = now
        if not late:
            self.shut = min(self.shut + intervals, len(Rank))
        elif self.shut > Rank.SUBMIT:
            self.shut -= 1
            turned = [turn for rank, turns in self._waiting.items() if rank >= self.shut for turn in turns]
            for turn in turned:
                self._waiting[turn.rank].remove(turn)
                self._leave(turn).refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def _start(self) -> None:
        if not self._started:
            self._started = True
            for number in range(self._places):
                threading.Thread(target=self._serve, name=f"place-{number}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not (ranks := [each for each in self._waiting.values() if each]):
                    self._look_at_the_line()
                    self._changed.wait()
                turn = self._leave(ranks[0].popleft())
                self._look_at_the_line()
            self._note(turn.rank, "admitted", self._now() - turn.arrived)
            try:
                turn.answer = drawn(self._application, turn.environ)
            except BaseException:
                log.exception("place_failed")
            turn.settled.set()


def drawn(application: "WSGIApplication", environ: "WSGIEnvironment") -> tuple[str, list[tuple[str, str]], bytes]:
    """The whole answer, so that a slow reader holds no place."""
    environ.pop("wsgi.file_wrapper", None)
    caught: list[Any] = []

    def note(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        caught[:] = [status, headers]
        return caught.append

    result = application(environ, note)
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    return caught[0], caught[1], body


def receive(environ: "WSGIEnvironment", kept: IO[bytes]) -> int:
    """Read the body while no place is held; the status to refuse with where it is too large or breaks off, else 0."""
    written = environ.get("CONTENT_LENGTH") or "0"
    length = int(written) if written.isascii() and written.isdecimal() and len(written) < 12 else -1
    if not 0 <= length <= capacity.LARGEST_BODY:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    while length and (piece := environ["wsgi.input"].read(min(length, READ_BYTES))):
        kept.write(piece)
        length -= len(piece)
    kept.seek(0)
    environ["wsgi.input"] = kept
    return HTTPStatus.BAD_REQUEST if length else 0
