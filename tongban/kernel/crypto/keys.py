"""Key files: one folder, one file a key, mode 0600; the highest number of a purpose is the key in use.

`<purpose>-0001.key` holds the secret in base64. A new number is a rotation: the older ones still open and verify.
"""

import base64
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tongban.kernel.errors import Unavailable

KEY_SIZE = 32


class KeyPurpose(StrEnum):
    """What a key is for; a key serves one purpose only."""

    FIELD = "field"
    INDEX = "index"
    CODE = "code"
    ED25519 = "ed25519"
    SM2 = "sm2"
    TOKEN = "token"  # noqa: S105 - a name, no secret


SIGNING = (KeyPurpose.ED25519, KeyPurpose.SM2, KeyPurpose.TOKEN)
"""Keys whose public halves others keep: only the signer reads them where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """One secret; its text form never shows the secret."""

    purpose: KeyPurpose
    number: int
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """All keys of one purpose, oldest first."""

    purpose: KeyPurpose
    keys: tuple[SecretKey, ...]

    @property
    def current(self) -> SecretKey:
        if not self.keys:
            raise KeyMissing(purpose=str(self.purpose))
        return self.keys[-1]

    def numbered(self, number: int) -> SecretKey:
        """The key of that number; `KeyMissing` where this folder has none."""
        for key in self.keys:
            if key.number == number:
                return key
        raise KeyMissing(purpose=str(self.purpose))


class KeyMissing(Unavailable):
    """A key for {purpose} is missing on this machine."""


class KeyInUse(Unavailable):
    """Key {number} is in use. Only a key that was replaced can be destroyed."""


class KeyExposed(Unavailable):
    """The key file {name} can be read by others, or does not hold 32 secret bytes."""


def load_ring(folder: Path, purpose: KeyPurpose) -> KeyRing:
    """All keys of the purpose found in the folder; may be empty. `KeyExposed` where one lies open."""
    pattern = re.compile(rf"{purpose}-([0-9]{{4}})\.key")
    found = sorted((int(m[1]), path) for path in folder.glob("*.key") if (m := pattern.fullmatch(path.name)))
    return KeyRing(
        purpose=purpose,
        keys=tuple(SecretKey(purpose=purpose, number=number, secret=_read(path)) for number, path in found),
    )


def ensure_ring(folder: Path, purpose: KeyPurpose, make: Callable[[], bytes] | None = None) -> KeyRing:
    """The ring of the folder, with a first key born in place if there was none; two processes may start at once."""
    ring = load_ring(folder, purpose)
    if ring.keys:
        return ring
    write_new(folder, purpose, 1, (make or new_secret)())
    return load_ring(folder, purpose)


def rotate(folder: Path, purpose: KeyPurpose, make: Callable[[], bytes] | None = None) -> KeyRing:
    """Adds the next key, which is the one in use from now on. The index key is changed on an incident only."""
    ring = load_ring(folder, purpose)
    write_new(folder, purpose, ring.keys[-1].number + 1 if ring.keys else 1, (make or new_secret)())
    return load_ring(folder, purpose)


def destroy(folder: Path, purpose: KeyPurpose, number: int) -> None:
    """Write over the file of an old key and remove it; the key in use is never destroyed, one that is gone stays so."""
    if load_ring(folder, purpose).current.number == number:
        raise KeyInUse(number=number)
    path = folder / f"{purpose}-{number:04d}.key"
    if not path.exists():
        return
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def new_secret() -> bytes:
    return secrets.token_bytes(KEY_SIZE)


def _read(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        raise KeyExposed(name=path.name) from error
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        content = file.read(1024)
    try:
        secret = base64.b64decode(content.strip(), validate=True)
    except ValueError as error:
        raise KeyExposed(name=path.name) from error
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077 or len(secret) != KEY_SIZE:
        raise KeyExposed(name=path.name)
    return secret


def write_new(folder: Path, purpose: KeyPurpose, number: int, secret: bytes) -> None:
    """Writes a complete file under a name nobody else may take; where another process was first, its key stands."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=folder, suffix=".draft")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(secret) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, folder / f"{purpose}-{number:04d}.key")
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()
