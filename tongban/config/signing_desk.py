"""What the signer signs: a kind and its text, and nothing that it cannot read.

Each kind has a shape and a budget of signatures a minute; whatever is signed stands in a log on the disk before the
signature leaves. A record is sealed where it is proved to begin with what was sealed before, or with the very same words again.
"""

import base64
import hashlib
import os
import re
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from time import monotonic

import msgspec

from tongban.config.signing_keys import ModuleAway, SigningKeys
from tongban.federation.types import ENVELOPE
from tongban.kernel import clock
from tongban.kernel.crypto.canonical import canonical_json
from tongban.kernel.crypto.keys import KeyMissing
from tongban.kernel.crypto.remote import KINDS, NOT_GROWN, NOT_PROVED, PUBLIC, REPLACED, TOKEN, Published
from tongban.kernel.crypto.signing import BEGINNINGS, PayloadKind
from tongban.kernel.errors import HouseError
from tongban.ledger import rules as ledger
from tongban.ledger.types import Head
from tongban.licences import rules as licences

TOKEN_KINDS = ("JWT", "logout+jwt", ENVELOPE)
LONGEST_TOKEN = 86_400
TOKEN_SLACK = 60
"""How many seconds off this machine's clock a token may say it was made: none is signed for another day."""

LOGS = "signatures-*.jsonl"
MONTH = 31
MINUTE = 60.0
MOST_RECORDS = 1000
"""How many records of others are cosigned: the size each had last is remembered."""


class Refused(Exception):
    """A word for why nothing was signed, and what the caller needs to know to ask better."""

    def __init__(self, word: str, **facts: int | str) -> None:
        super().__init__(word)
        self.facts = facts


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes over the line."""

    kind: str
    payload: str
    key: str = ""
    proof: tuple[bytes, ...] = ()


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """The last checkpoint signed or cosigned of a record: only one that grew from it, or this very one, is signed after it."""

    size: int
    root: bytes
    sha256: str


class Desk:
    """Checks, counts, notes and signs; one at a time."""

    def __init__(self, var: Path, *, site: str, origin: str, budgets: Mapping[str, int], kinds: Collection[str] = KINDS,
                 keys: SigningKeys | None = None, now: Callable[[], float] = monotonic) -> None:
        self._keys, self._folder, self._site, self._origin = keys or SigningKeys(var / "keys"), var / "signer", site, origin
        self._budgets, self._kinds, self._now = budgets, kinds, now
        self._made: dict[str, deque[float]] = {kind: deque() for kind in KINDS}
        self.counts: Counter[str] = Counter()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sealed = read_sealed(self._folder)
        self._seen: frozenset[str] = frozenset()
        self._last: tuple[str, dict[str, dict[str, object]]] = ("", {})
        self._log: tuple[str, int] | None = None

    def look(self, beside: Path) -> None:
        """Take up the keys there are, if they are not those there were, and publish the public halves.

        Keys are born only where nothing was ever signed. Elsewhere `KeyMissing` names what is gone, and nothing changes.
        """
        names = self._keys.names()
        if names and names == self._seen:
            return
        if not self._seen and not any(self._folder.glob(LOGS)):
            self._keys.make_first()
            names = self._keys.names()
        for gone in sorted(self._seen - names):
            raise KeyMissing(purpose=gone)
        held = self._keys.held()
        known = {*(each.key_id for each in held.keys), *(each.public["kid"] for each in held.tokens)}
        for gone in sorted(signed_last(self._folder) - known if not self._seen else ()):
            raise KeyMissing(purpose=gone)
        signers = {each.verifying_key.key_id: each for each in held.signers}
        public = Published(keys=held.keys, current=tuple(signers), tokens=held.public_tokens, kinds=tuple(sorted(self._kinds)))
        _replace(beside / PUBLIC, msgspec.json.encode(public), mode=0o644)
        self._signers, self._token, self._seen = signers, held.tokens[0], names

    def answer(self, body: bytes) -> dict[str, object]:
        """The answer to one frame: a signature, or the word for why there is none."""
        kind = "unknown"
        try:
            asked = self._read(body)
            kind = asked.kind
            made = self._signed(asked)
        except Refused as refused:
            self.counts[f"refused {kind} {refused}"] += 1
            return {"error": str(refused), **refused.facts}
        return made

    def _read(self, body: bytes) -> Asked:
        if not self._keys.answers:
            raise Refused("module_away")
        try:
            asked = msgspec.json.decode(body, type=Asked)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Refused("malformed") from error
        if asked.kind not in KINDS:
            raise Refused("unknown_kind")
        if asked.kind not in self._kinds:
            raise Refused("other_kind")
        return asked

    def _signed(self, asked: Asked) -> dict[str, object]:
        record = self._check(asked)
        if asked.kind != TOKEN and asked.key not in self._signers:
            raise Refused(REPLACED)
        if asked.payload == self._last[0] and asked.key in self._last[1]:
            self.counts[f"repeated {asked.kind}"] += 1
            return self._last[1][asked.key]
        self._spend(asked.kind)
        sha256 = hashlib.sha256(asked.payload.encode()).hexdigest()
        public = self._token.public["kid"] if asked.kind == TOKEN else asked.key
        try:
            if record and self._sealed.get(record[0]) != record[1]:
                write_sealed(self._folder, self._sealed | {record[0]: record[1]})
                self._sealed[record[0]] = record[1]
            self._note({"kind": asked.kind, "sha256": sha256, "key": public})
        except OSError as error:
            self._close()
            raise Refused("no_log") from error
        try:
            answer: dict[str, object] = {"value": self._value(asked)}
        except ModuleAway as error:
            raise Refused("module_away") from error
        self.counts[f"signed {asked.kind}"] += 1
        if asked.kind == PayloadKind.CHECKPOINT:
            self._last = (asked.payload, {**(self._last[1] if self._last[0] == asked.payload else {}), asked.key: answer})
        return answer

    def _value(self, asked: Asked) -> str:
        if asked.kind == TOKEN:
            told = msgspec.json.decode(asked.payload)
            return self._token.sign(told["typ"], told["claims"])
        return base64.b64encode(self._signers[asked.key].sign(PayloadKind(asked.kind), asked.payload.encode()).value).decode()

    def _spend(self, kind: str) -> None:
        made, now = self._made[kind], self._now()
        while made and made[0] <= now - MINUTE:
            made.popleft()
        if len(made) >= self._budgets[kind]:
            raise Refused("over_budget")
        made.append(now)

    def _check(self, asked: Asked) -> tuple[str, Sealed] | None:
        """Refuse what is not of the shape of its kind; of a checkpoint, which record it seals and how far."""
        try:
            match asked.kind:
                case PayloadKind.LICENCE:
                    fits = licences.read_payload(asked.payload.encode()) is not None
                case PayloadKind.RECEIPT:
                    fits = is_receipt(asked.payload)
                case PayloadKind.CHECKPOINT | PayloadKind.COSIGNATURE:
                    return self._grown(asked)
                case _:
                    fits = is_token(asked.payload, self._site, clock.of_this_machine().timestamp())
        except (HouseError, msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Refused("wrong_shape") from error
        if not fits:
            raise Refused("wrong_shape")
        return None

    def _grown(self, asked: Asked) -> tuple[str, Sealed]:
        kind = PayloadKind(asked.kind)
        text = asked.payload
        if not text.encode().startswith(BEGINNINGS[kind]):
            raise Refused("wrong_shape")
        if kind is PayloadKind.COSIGNATURE:
            _, time, text = text.split("\n", 2)
            if ledger.cosigned_bytes(text, int(time.removeprefix("time "))) != asked.payload.encode():
                raise Refused("wrong_shape")
        head = ledger.read_checkpoint(text)
        if kind is PayloadKind.CHECKPOINT and ledger.checkpoint_text(head) != text:
            raise Refused("wrong_shape")
        if kind is PayloadKind.CHECKPOINT and head.origin != self._origin:
            raise Refused("other_origin")
        name = f"{kind} {head.origin}"
        known = self._sealed.get(name)
        new = Sealed(size=head.size, root=head.root, sha256=hashlib.sha256(text.encode()).hexdigest())
        if known is None and kind is PayloadKind.COSIGNATURE and self._cosigned() >= MOST_RECORDS:
            raise Refused("too_many_records")
        if known is None or new == known:
            return name, new
        last: dict[str, int | str] = {"size": known.size, "root": base64.b64encode(known.root).decode()}
        if new.size <= known.size:
            raise Refused(NOT_GROWN, **last)
        if not ledger.grows(Head(origin=head.origin, size=known.size, root=known.root), head, asked.proof):
            raise Refused(NOT_PROVED, **last)
        return name, new

    def _cosigned(self) -> int:
        """How many records of others are remembered."""
        return sum(name.startswith(PayloadKind.COSIGNATURE) for name in self._sealed)

    def _note(self, line: Mapping[str, str]) -> None:
        """A line of the log, on the disk when this returns."""
        now = clock.of_this_machine()
        name = LOGS.replace("*", f"{now:%Y-%m-%d}")
        if self._log is None or self._log[0] != name:
            self._close()
            self._log = (name, open_log(self._folder / name))
        written = msgspec.json.encode({"at": now.isoformat(), **line}) + b"\n"
        if os.write(self._log[1], written) != len(written):
            raise OSError
        os.fdatasync(self._log[1])

    def _close(self) -> None:
        if self._log is not None:
            os.close(self._log[1])
        self._log = None


def is_receipt(text: str) -> bool:
    """Flat canonical JSON that says it is a receipt. Nothing signs any yet: the budget of the kind is nought."""
    told = msgspec.json.decode(text)
    return (isinstance(told, dict) and told.get("kind") == PayloadKind.RECEIPT and canonical_json(told) == text.encode()
            and all(isinstance(each, str | int) for each in told.values()))


def is_token(text: str, site: str, now: float) -> bool:
    """A kind of token and its claims: by this site, made now, for a time, and that no longer than a day."""
    told = msgspec.json.decode(text)
    if not isinstance(told, dict) or set(told) != {"typ", "claims"} or canonical_json(told) != text.encode():
        return False
    claims = told["claims"]
    return (told["typ"] in TOKEN_KINDS and isinstance(claims, dict) and claims.get("iss") == site
            and type(claims.get("iat")) is int and type(claims.get("exp")) is int
            and abs(claims["iat"] - now) <= TOKEN_SLACK and 0 < claims["exp"] - claims["iat"] <= LONGEST_TOKEN)


def open_log(path: Path) -> int:
    """The log of a day, to be written at its end only; a line that was cut short stays a line of its own."""
    torn = path.exists() and path.stat().st_size and not path.read_bytes().endswith(b"\n")
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    if torn:
        os.write(log, b"\n")
    return log


def signed_last(folder: Path) -> set[str]:
    """The key of each suite that signed last, as the logs of a month have it: without it an older one would sign in its place."""
    last: dict[str, str] = {}
    for log in sorted(folder.glob(LOGS))[-MONTH:]:
        last |= {suite: key for key, suite in re.findall(r'"key":"((\w+)-\w+)"}', log.read_text())}
    return set(last.values())


def read_sealed(folder: Path) -> dict[str, Sealed]:
    """How far each record was signed."""
    path = folder / "sealed.json"
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Sealed]) if path.exists() else {}


def write_sealed(folder: Path, sealed: Mapping[str, Sealed]) -> None:
    """Keep it, on the disk when this returns."""
    _replace(folder / "sealed.json", msgspec.json.encode(sealed), mode=0o600)


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def begin_anew(folder: Path, origin: str) -> bool:
    """Forget how far a record was signed, because it was restored or its operator told why; False if none was."""
    known = read_sealed(folder)
    kept = {name: each for name, each in known.items() if name.partition(" ")[2] != origin}
    if kept != known:
        write_sealed(folder, kept)
    return kept != known


def is_behind(folder: Path, origin: str, entered: int) -> bool:
    """Was more of this record signed here than was ever entered into it? So it is after a restore, and never after a crash."""
    known = read_sealed(folder).get(f"{PayloadKind.CHECKPOINT} {origin}")
    return known is not None and entered < known.size
