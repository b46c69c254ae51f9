"""Where tiles lie: plain files that can be made of the leaves anew; and the way to witnesses elsewhere."""

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings

from tongban.kernel.errors import HouseError
from tongban.kernel.outgoing import Target, send_to
from tongban.ledger import rules
from tongban.ledger.errors import AddressNotAllowed
from tongban.ledger.types import Hash

HASH = 32
CHECKPOINT = "checkpoint"
ANSWER_SECONDS, ANSWER_BYTES = 3, 16 * 1024
HERE = frozenset({"127.0.0.1", "::1", "localhost"})
NAME = re.compile(r"tile/[0-9]{1,2}/(x[0-9]{3}/){0,5}[0-9]{3}(\.p/[0-9]{1,3})?")


class TileMissing(Exception):
    """A tile is not there, or shorter than it must be."""


class Tiles:
    """One folder of tiles; full ones never change, so readers may keep them for good."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._full = lru_cache(maxsize=4096)(self._load)

    def read(self, level: int, number: int, width: int) -> Sequence[Hash]:
        """The first `width` hashes of a tile: of the tile of that width, or of the next wider one."""
        if width == rules.TILE_WIDTH:
            return self._full(level, number, width)
        for wider in sorted(each for each in {width, *self._partial(level, number)} if each >= width):
            try:
                return self._load(level, number, wider)[:width]
            except TileMissing:
                continue
        return self._full(level, number, rules.TILE_WIDTH)[:width]

    def write(self, level: int, number: int, hashes: Sequence[Hash]) -> None:
        """Publish a tile as it is now; of its narrower states only the last one stays, for whoever is reading it."""
        self.publish(rules.tile_path(level, number, len(hashes)), b"".join(hashes))
        if len(hashes) == rules.TILE_WIDTH:
            self.forget()
        for narrower in sorted(each for each in self._partial(level, number) if each < len(hashes))[:-1]:
            (self.folder / rules.tile_path(level, number, narrower)).unlink(missing_ok=True)

    def publish(self, name: str, content: bytes) -> None:
        """Put a complete file in place of what was there."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".draft")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o644)
        Path(draft).replace(path)

    def published(self, name: str) -> bytes | None:
        """The bytes of a published file; None where there is none of that name."""
        if name != CHECKPOINT and not NAME.fullmatch(name):
            return None
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            return None

    def forget(self) -> None:
        """Read everything afresh from now on."""
        self._full.cache_clear()

    def _partial(self, level: int, number: int) -> set[int]:
        folder = (self.folder / rules.tile_path(level, number, 1)).parent
        try:
            return {int(path.name) for path in folder.iterdir() if path.name.isdecimal()}
        except FileNotFoundError:
            return set()

    def _load(self, level: int, number: int, width: int) -> tuple[Hash, ...]:
        try:
            content = (self.folder / rules.tile_path(level, number, width)).read_bytes()
        except FileNotFoundError as error:
            raise TileMissing(f"{level}/{number}") from error
        if len(content) != width * HASH:
            raise TileMissing(f"{level}/{number}")
        return tuple(content[at:at + HASH] for at in range(0, len(content), HASH))


@lru_cache(maxsize=1)
def tiles() -> Tiles:
    """The node's own tiles."""
    return Tiles(settings.LEDGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back from a witness."""

    status: int
    text: str


class Silent(Exception):
    """Nothing came back, or not in time."""


class Carrier(Protocol):
    """Whoever can bring a request to a witness; raises `Silent`."""

    def __call__(self, url: str, body: bytes) -> Reply: ...


def check_address(url: str) -> None:
    """`AddressNotAllowed` unless this is a plain HTTPS address, or one of this machine."""
    try:
        found = urlsplit(url)
        _port = found.port
    except ValueError as error:
        raise AddressNotAllowed from error
    plain = found.hostname and not (found.username or found.password or found.query or found.fragment)
    if not plain or not (found.scheme == "https" or (found.scheme == "http" and found.hostname in HERE)):
        raise AddressNotAllowed


def submit(url: str, body: bytes) -> Reply:
    """Bring a request to a witness's address."""
    check_address(url)
    try:
        return _send(url, body)
    except (HouseError, ValueError) as error:
        raise Silent(type(error).__name__) from error


def _send(url: str, body: bytes) -> Reply:
    """Through the only way out: no proxies, no redirects, an answer of a few lines within a few seconds."""
    there = Target(name="witness", address=url, private=urlsplit(url).hostname in HERE)
    answer = send_to(there, method="POST", body=body, headers={"Content-Type": "text/plain; charset=utf-8"},
                     seconds=ANSWER_SECONDS, most=ANSWER_BYTES)
    return Reply(status=answer.status, text=answer.body.decode())
