"""Where tiles lie: plain files that anyone may fetch and that can be made of the leaves anew."""

import os
import re
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from tongban.ledger import rules
from tongban.ledger.types import Hash

HASH = 32
CHECKPOINT = "checkpoint"
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
