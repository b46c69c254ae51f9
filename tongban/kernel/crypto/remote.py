"""The signer as other processes see it: a socket to ask at, and the public halves of its keys in a file beside it.

One connection, one frame each way: four bytes of length, then JSON. A signature is checked before anybody uses it.
"""

import base64
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec

from tongban.kernel.crypto.canonical import canonical_json
from tongban.kernel.crypto.signing import (
    PayloadKind,
    Signature,
    VerifyingKey,
    signed_bytes,
    verify_signature,
)
from tongban.kernel.errors import Unavailable

SECONDS = 2.0
"""How long whoever asks waits for the answer, in all."""

LENGTH_BYTES = 4
LONGEST = 256 * 1024
"""Of a frame: a licence with every field full is a tenth of it."""
TOKEN = "token"  # noqa: S105 - a name, no secret
KINDS = (*PayloadKind, TOKEN)
PUBLIC = "public.json"
REPLACED, NOT_ALLOWED, NOT_GROWN, NOT_PROVED = "key_replaced", "not_allowed", "not_grown", "not_proved"


class SignerAway(Unavailable):
    """What signs for this installation does not answer. Nothing was lost; please try again in a few minutes."""


class SignerBusy(Unavailable):
    """More is waiting for a signature than may be signed in a minute. Nothing was lost; please try again in a few minutes."""


class SignerRefuses(Unavailable):
    """What signs for this installation did not sign this. Nothing was lost, and it is tried again."""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """All that the signer publishes: every key, the ids of those that sign now, keys for tokens as RFC 7517 has it, what it signs.

    One that does not say what it signs was written before that was said, and signs everything.
    """

    keys: tuple[VerifyingKey, ...]
    current: tuple[str, ...]
    tokens: dict[str, Any]
    kinds: tuple[str, ...] = KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSigner:
    """A signer whose key lies in another process; bound to one key, so that a change of keys is told and never guessed."""

    path: str
    verifying_key: VerifyingKey
    replaced: Callable[[], None]

    @property
    def is_software(self) -> bool:
        return self.verifying_key.is_software

    def sign(self, kind: PayloadKind, payload: bytes, proof: Sequence[bytes] = ()) -> Signature:
        signed_bytes(kind, payload)
        key = self.verifying_key
        try:
            answer = ask(self.path, {"kind": kind, "key": key.key_id, "payload": payload.decode(), "proof": proof})
        except SignerRefuses as refused:
            if refused.facts["reason"] == REPLACED:
                self.replaced()
            raise
        made = Signature(algorithm=key.algorithm, key_id=key.key_id, is_software=key.is_software,
                         value=base64.b64decode(str(answer.get("value", ""))))
        if not verify_signature(key, kind, payload, made):
            raise SignerRefuses(reason="signature_does_not_hold")
        return made

    def verify(self, kind: PayloadKind, payload: bytes, signature: Signature) -> bool:
        return verify_signature(self.verifying_key, kind, payload, signature)


def remote_signers(path: str, *, replaced: Callable[[], None]) -> tuple[RemoteSigner, ...]:
    """One signer a suite, for the keys that sign now; `replaced` is called when one of them no longer does."""
    public = published(path)
    return tuple(RemoteSigner(path=path, verifying_key=each, replaced=replaced)
                 for each in public.keys if each.key_id in public.current)


def remote_token(path: str, kind: str, claims: Mapping[str, Any]) -> str:
    """A token of a kind under the signer's newest key for tokens."""
    answer = ask(path, {"kind": TOKEN, "payload": canonical_json({"typ": kind, "claims": claims}).decode()})
    return str(answer["value"])


def published(path: str) -> Published:
    """What the signer at this socket publishes; read again when it changed."""
    try:
        found = Path(path).with_name(PUBLIC).stat()
        return _published(path, (found.st_ino, found.st_mtime_ns))
    except (OSError, msgspec.MsgspecError) as error:
        raise SignerAway from error


@lru_cache(maxsize=2)
def _published(path: str, mark: tuple[int, int]) -> Published:
    return msgspec.json.decode(Path(path).with_name(PUBLIC).read_bytes(), type=Published)


def ask(path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The signer's answer; asked once more where the line broke, as a signature made twice does no harm."""
    body = msgspec.json.encode(asked)
    if len(body) > LONGEST:
        raise SignerRefuses(reason="too_long")
    until = monotonic() + SECONDS
    try:
        try:
            answer = _exchange(path, body, until)
        except ConnectionError:
            answer = _exchange(path, body, until)
    except (OSError, msgspec.MsgspecError) as error:
        raise SignerAway from error
    match answer.get("error"):
        case None:
            return answer
        case "over_budget":
            raise SignerBusy
        case "module_away":
            raise SignerAway
        case reason:
            raise SignerRefuses(reason=reason, **{name: answer[name] for name in ("size", "root") if name in answer})


def answers(path: str) -> bool:
    """Does the signer at this socket answer, and does it answer us?"""
    try:
        ask(path, {"kind": "nothing", "payload": ""})
    except SignerRefuses as refused:
        return refused.facts["reason"] != NOT_ALLOWED
    except SignerAway:
        return False
    return True


def framed(body: bytes) -> bytes:
    """A message as it goes over the line."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def _exchange(path: str, body: bytes, until: float) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        _wait_no_longer(line, until)
        line.connect(path)
        _wait_no_longer(line, until)
        line.sendall(framed(body))
        size = int.from_bytes(_received(line, LENGTH_BYTES, until), "big")
        if size > LONGEST:
            raise ConnectionAbortedError
        return msgspec.json.decode(_received(line, size, until), type=dict[str, Any])


def _wait_no_longer(line: socket.socket, until: float) -> None:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    line.settimeout(left)


def _received(line: socket.socket, count: int, until: float) -> bytes:
    got = b""
    while len(got) < count:
        _wait_no_longer(line, until)
        piece = line.recv(count - len(got))
        if not piece:
            raise ConnectionAbortedError
        got += piece
    return got
