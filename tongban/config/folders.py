"""Where things lie: the programs, a node's own folder, and what was built of the pages."""

import fcntl
import os
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]


def var() -> Path:
    """The node's own folder: database, files, keys, secrets."""
    return Path(os.environ.get("TONGBAN_VAR", ROOT / "var"))


def built() -> Path:
    """Styles, scripts and words as built: the node's own, or those beside the programs where it has none."""
    own = var() / "build"
    return own if own.is_dir() else ROOT / "var" / "build"


STORES = ("files", "made", "inside")
"""Sealed bytes of documents: what people brought, what the house made for them, what came over the gate (ADR 14)."""


def hold(folder: Path, name: str = "held") -> IO[str] | None:
    """Keep a folder for one process until the file given back is closed; None if another holds it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = (folder / name).open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
