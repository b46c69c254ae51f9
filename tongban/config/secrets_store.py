"""Secrets in files of mode 0600 below `var`, made on first use; the environment wins where it names one."""

import json
import os
import secrets
from pathlib import Path

NAME = "tongban"


def secret(var: Path, name: str) -> str:
    """The secret called `name`; made of 256 random bits when it is asked for first."""
    given = os.environ.get("TONGBAN_SECRET_" + name.upper().replace("-", "_"))
    if given:
        return given
    folder = var / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    made = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(made)
    return made


def database_url(var: Path) -> str:
    """`DATABASE_URL`, or the database of the embedded cluster (which the command line starts)."""
    given = os.environ.get("DATABASE_URL")
    if given:
        return given
    note = var / "postgres" / "connection.json"
    if not note.exists():
        return f"postgresql://nobody@127.0.0.1:1/{NAME}"
    known = json.loads(note.read_text())
    return f"postgresql://{known['user']}:{known['password']}@{known['host']}:{known['port']}/{NAME}"
