"""Where things lie: the programs, a node's own folder, and what was built of the pages."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def var() -> Path:
    """The node's own folder: database, files, keys, secrets."""
    return Path(os.environ.get("TONGBAN_VAR", ROOT / "var"))


def built() -> Path:
    """Styles, scripts and words as built: the node's own, or those beside the programs where it has none."""
    own = var() / "build"
    return own if own.is_dir() else ROOT / "var" / "build"
