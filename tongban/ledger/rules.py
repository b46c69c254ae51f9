"""The tree of RFC 6962, its proofs and tiles, and notes in the form of C2SP: values in, values out."""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tongban.ledger.errors import NoteNotReadable, ProofNotValid
from tongban.ledger.types import Hash, Head, Note, NoteKey, NoteLine, ReadHashes, Submission, Verdict

ORIGIN = "tongban-ledger/"
"""Every checkpoint's text begins so: no other bytes this node signs do."""

NOTHING = hashlib.sha256(b"").digest()
"""The root of no leaves."""

TILE_BITS = 8
TILE_WIDTH = 1 << TILE_BITS
DASH = "\N{EM DASH} "
ED25519, COSIGNATURE, SM2 = 0x01, 0x04, 0xFF
SM2_NAME = b"sm2-with-sm3"
TIME_BYTES = 8
MOST_PROOF = 63
_RECORD = msgspec.json.Encoder(order="sorted")


def record_bytes(record: Mapping[str, str | int | None]) -> bytes:
    """A record as it is digested: canonical JSON (RFC 8785) of flat text and integers; its payload is text as well."""
    return _RECORD.encode(record)


def digests(salt: bytes, record: bytes) -> tuple[bytes, bytes]:
    """SHA-256 and SM3 of the salted record."""
    salted = salt + record
    return hashlib.sha256(salted).digest(), hashlib.new("sm3", salted).digest()


def leaf_hash(sha256: bytes, sm3: bytes) -> Hash:
    """RFC 6962 section 2.1 over both digests."""
    return hashlib.sha256(b"\x00" + sha256 + sm3).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def tile_width(size: int, level: int, number: int) -> int:
    """How many hashes a tile holds in a tree of `size` leaves."""
    return max(0, min(TILE_WIDTH, (size >> (TILE_BITS * level)) - number * TILE_WIDTH))


def tile_path(level: int, number: int, width: int = TILE_WIDTH) -> str:
    """The name of a tile (C2SP tlog-tiles): groups of three digits, all but the last with an x; `.p/W` when partial."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    return f"tile/{level}/{'/'.join(groups)}" + ("" if width == TILE_WIDTH else f".p/{width}")


def combined(hashes: Sequence[Hash]) -> Hash:
    """The root over 2^n neighbours."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def root(size: int, read: ReadHashes) -> Hash:
    """The root of the first `size` leaves; of none, the hash of nothing."""
    return _range_root(0, size, size, read) if size else NOTHING


def inclusion(index: int, size: int, read: ReadHashes) -> list[Hash]:
    """The path of RFC 6962 section 2.1.1 from leaf `index` to the root of `size` leaves, lowest first."""
    if not 0 <= index < size:
        raise ProofNotValid
    path, low, high = [], 0, size
    while high - low > 1:
        middle = low + split(high - low)
        if index < middle:
            path.append(_range_root(middle, high, size, read))
            high = middle
        else:
            path.append(_range_root(low, middle, size, read))
            low = middle
    return path[::-1]


def consistency(old: int, new: int, read: ReadHashes) -> list[Hash]:
    """The proof of RFC 6962 section 2.1.2 that the tree of `new` leaves begins with the tree of `old`."""
    if not 0 < old <= new:
        raise ProofNotValid
    proof: list[Hash] = []
    low, high, whole = 0, new, True
    while high - low > 1 and old != high:
        middle = low + split(high - low)
        if old <= middle:
            proof.append(_range_root(middle, high, new, read))
            high = middle
        else:
            proof.append(_range_root(low, middle, new, read))
            low, whole = middle, False
    if not whole:
        proof.append(_range_root(low, high, new, read))
    return proof[::-1]


def _range_root(low: int, high: int, size: int, read: ReadHashes) -> Hash:
    count = high - low
    if count & (count - 1):
        middle = low + split(count)
        return node_hash(_range_root(low, middle, size, read), _range_root(middle, high, size, read))
    level = (count.bit_length() - 1) // TILE_BITS
    first, last = low >> (TILE_BITS * level), high >> (TILE_BITS * level)
    number, at = divmod(first, TILE_WIDTH)
    return combined(read(level, number, tile_width(size, level, number))[at:at + last - first])


def root_of_inclusion(leaf: Hash, index: int, size: int, path: Sequence[Hash]) -> Hash:
    """The root that a path leads to (RFC 9162 section 2.1.3.2); `ProofNotValid` where its length does not fit."""
    if not 0 <= index < size:
        raise ProofNotValid
    at, last, found = index, size - 1, leaf
    for each in path:
        if last == 0:
            raise ProofNotValid
        if at & 1 or at == last:
            found = node_hash(each, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, each)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofNotValid
    return found


def grows(old: Head, new: Head, proof: Sequence[Hash]) -> bool:
    """Does the new tree begin with the old one (RFC 9162 section 2.1.4.2)?"""
    if old.size > new.size or old.origin != new.origin:
        return False
    if old.size in (0, new.size):
        return not proof and (old.size == 0 or old.root == new.root)
    path = list(proof)
    if old.size & (old.size - 1) == 0:
        path.insert(0, old.root)
    if not path:
        return False
    at, last = old.size - 1, new.size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, each)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old.root and second == new.root


def checkpoint_text(head: Head) -> str:
    """A checkpoint's text (C2SP tlog-checkpoint): origin, size, root, each on a line."""
    return f"{head.origin}\n{head.size}\n{_text(head.root)}\n"


def read_checkpoint(text: str) -> Head:
    """The head that a checkpoint's text names; further lines are for others."""
    try:
        origin, size, written = text.split("\n")[:3]
        found = base64.b64decode(written, validate=True)
        if not origin or not text.endswith("\n") or str(int(size)) != size or int(size) < 0 or len(found) != 32:
            raise NoteNotReadable
    except ValueError as error:
        raise NoteNotReadable from error
    return Head(origin=origin, size=int(size), root=found)


def key_hash(key: NoteKey) -> bytes:
    """The four bytes by which a note's line names its key."""
    named = bytes([key.kind]) + (SM2_NAME if key.kind == SM2 else b"") + key.public
    return hashlib.sha256(key.name.encode() + b"\n" + named).digest()[:4]


def written_key(key: NoteKey) -> str:
    """A key as C2SP writes it: name, hash, and the kind with the key."""
    return f"{key.name}+{key_hash(key).hex()}+{_text(bytes([key.kind]) + key.public)}"


def read_key(written: str) -> NoteKey:
    """A key from `written_key`; `NoteNotReadable` where its hash is not the key's."""
    try:
        name, hashed, rest = written.strip().split("+", 2)
        decoded = base64.b64decode(rest, validate=True)
        key = NoteKey(name=name, kind=decoded[0], public=decoded[1:])
    except (ValueError, IndexError) as error:
        raise NoteNotReadable from error
    if not name or " " in name or key_hash(key).hex() != hashed:
        raise NoteNotReadable
    return key


def written_line(line: NoteLine) -> str:
    """One signature as a line."""
    return f"{DASH}{line.name} {_text(line.key_hash + line.value)}\n"


def written_note(text: str, lines: Iterable[NoteLine]) -> str:
    """A note: text, an empty line, signatures."""
    return text + "\n" + "".join(map(written_line, lines))


def read_note(written: str) -> Note:
    """A note and its lines; `NoteNotReadable` where it has not this form."""
    text, mark, below = written.rpartition("\n\n")
    if not mark or not below.endswith("\n"):
        raise NoteNotReadable
    return Note(text=text + "\n", lines=tuple(read_line(each) for each in below[:-1].split("\n")))


def read_line(written: str) -> NoteLine:
    """One signature from its line."""
    try:
        dash, name, value = written.split(" ")
        decoded = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NoteNotReadable from error
    if dash != DASH.strip() or not name or len(decoded) < 5:
        raise NoteNotReadable
    return NoteLine(name=name, key_hash=decoded[:4], value=decoded[4:])


def written_proof(*, extra: bytes, index: int, path: Iterable[Hash], note: str) -> str:
    """A proof as a file (C2SP tlog-proof): the record, its place, the path and the checkpoint it leads to."""
    lines = ["c2sp.org/tlog-proof@v1", f"extra {_text(extra)}", f"index {index}", *map(_text, path)]
    return "\n".join(lines) + "\n\n" + note


def written_submission(given: Submission) -> bytes:
    """What a log posts to a witness (C2SP tlog-witness): the old size, the proof, an empty line, the note."""
    return "\n".join([f"old {given.old}", *map(_text, given.proof), "", given.note]).encode()


def read_submission(body: bytes) -> Submission:
    """What a log posted; `NoteNotReadable` where it has not this form."""
    try:
        head, mark, note = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        word, _, old = first.partition(" ")
        proof = tuple(base64.b64decode(line, validate=True) for line in lines)
        if not mark or word != "old" or str(int(old)) != old or int(old) < 0:
            raise NoteNotReadable
    except ValueError as error:
        raise NoteNotReadable from error
    if len(proof) > MOST_PROOF or any(len(each) != len(NOTHING) for each in proof):
        raise NoteNotReadable
    return Submission(old=int(old), proof=proof, note=note)


def judged(known: Head, new: Head, given: Submission) -> Verdict:
    """What a witness that saw the tree `known` last says of a new one."""
    if given.old > new.size:
        return Verdict.MALFORMED
    if given.old != known.size:
        return Verdict.MOVED
    if given.old == new.size and new.root != known.root:
        return Verdict.FORKED
    return Verdict.COSIGNED if grows(known, new, given.proof) else Verdict.UNPROVED


def cosigned_bytes(text: str, seconds: int) -> bytes:
    """What a witness signs (C2SP tlog-cosignature): when, and the whole text of the checkpoint."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def cosignature(key: NoteKey, seconds: int, signature: bytes) -> NoteLine:
    """A witness's line: the time stands before the signature."""
    return NoteLine(name=key.name, key_hash=key_hash(key), value=seconds.to_bytes(TIME_BYTES, "big") + signature)


def time_of(line: NoteLine) -> int:
    """When a witness says that it signed."""
    return int.from_bytes(line.value[:TIME_BYTES], "big")


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
