"""Two zones with a signer each: what one's own publishes, and a copy of what the other's does, brought by the operator.

Each kind but tokens is signed in one zone. What one's own signer signs is believed under its own keys only, whatever the copy
says of itself: whoever holds the keys of the other zone makes nothing of it. Tokens of both are tokens of this site.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import structlog

from tongban.kernel.crypto import tokens
from tongban.kernel.crypto.remote import TOKEN, Published, published
from tongban.kernel.crypto.signing import PayloadKind, VerifyingKey, key_id_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What came of reading a copy: which file it was, what it said when it was last good, and why it is not now."""

    mark: tuple[int, ...] = ()
    good: Published | None = None
    fault: str = ""


_read: dict[str, Read] = {}


def keys_for(kind: PayloadKind, path: str, copy: str) -> tuple[VerifyingKey, ...]:
    """The public halves of every key that is good for this kind, also while the signer is away."""
    own, other = published(path), copied(copy)
    if kind in own.kinds:
        return own.keys
    return other.keys if other and kind in other.kinds else ()


def token_keys(path: str, copy: str) -> dict[str, Any]:
    """The public halves of the keys for tokens of both zones as RFC 7517 has them, one's own first."""
    found = [each for each in (published(path), copied(copy)) if each and TOKEN in each.kinds]
    return {"keys": list({key["kid"]: key for each in found for key in each.tokens["keys"]}.values())}


def copied(path: str) -> Published | None:
    """The copy, read again when it changed; one that is bad is said once, and what it said before goes on."""
    if not path:
        return None
    last = _read.get(path, Read())
    try:
        found = Path(path).stat()
        mark = (found.st_ino, found.st_ctime_ns, found.st_size)
        if mark == last.mark:
            return last.good
        now = Read(mark=mark, good=_sound(Path(path).read_bytes()))
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        now = Read(good=last.good, fault=f"{type(error).__name__}: {error}")
        if now.fault != last.fault:
            log.warning("signer_copy_not_read", path=path, why=now.fault, goes_on_with_the_last=last.good is not None)
    _read[path] = now
    return now.good


def _sound(content: bytes) -> Published:
    told = msgspec.json.decode(content, type=Published)
    if not told.keys or any(key.key_id != key_id_of(key.algorithm, key.value) for key in told.keys):
        raise ValueError("a key is not the one it is named for")
    if not tokens.are_published(told.tokens):
        raise ValueError("a key for tokens is not as a signer publishes it")
    return told
