#!/usr/bin/env python3
"""Check, offline, that a receipt of Tongban's public record is genuine and unchanged.

    python verify.py RECEIPT --keys KEYS [WITNESS-KEYS ...] [--witnesses N] [--older CHECKPOINT --proof PROOF]

RECEIPT is the file that the case page gives; KEYS holds public keys, one a line: the node's, as it publishes them at
/ledger/keys, and those of witnesses, as they publish them. Needs Python 3.9 and the package `cryptography`; shares no
code with what it checks. Formats: C2SP tlog-proof, tlog-checkpoint, signed-note, tlog-cosignature; RFC 6962; GB/T 32918.

It shows that the record was entered and not changed since. It cannot show that what was entered was true.
"""

import argparse
import base64
import hashlib
import json
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519, COSIGNATURE, SM2 = 0x01, 0x04, 0xFF
DASH = "\N{EM DASH}"


class Bad(Exception):
    """Why the receipt does not hold."""


def key_hash(name, kind, public):
    named = bytes([kind]) + (b"sm2-with-sm3" if kind == SM2 else b"") + public
    return hashlib.sha256(name.encode() + b"\n" + named).digest()[:4]


def read_keys(text):
    """Lines of name+hash+key; empty lines and lines that begin with # are left out."""
    keys = []
    for line in text.split("\n"):
        if line.strip() and not line.startswith("#"):
            name, hashed, key = [*line.strip().split("+", 2), "", ""][:3]
            kind, public = decode(key)[:1], decode(key)[1:]
            if not kind or key_hash(name, kind[0], public).hex() != hashed:
                raise Bad("a line of the keys is not name+hash+key: " + line)
            keys.append((name, kind[0], public))
    return keys


def read_note(note):
    text, mark, below = note.rpartition("\n\n")
    if not mark or not below.endswith("\n"):
        raise Bad("the checkpoint is not a signed note")
    lines = []
    for line in below[:-1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != DASH:
            raise Bad("a signature line is damaged")
        value = decode(parts[2])
        lines.append((parts[1], value[:4], value[4:]))
    return text + "\n", lines


def check_note(note, keys):
    """The checkpoint's origin, size, root; the witnesses who cosigned it: by key, each with name and time."""
    text, lines = read_note(note)
    parts = text.split("\n")
    if len(parts) < 4 or not parts[0] or not parts[1].isdecimal():
        raise Bad("the checkpoint has not origin, size and root")
    origin, size, root = parts[0], int(parts[1]), decode(parts[2])
    suites, witnesses = set(), {}
    for name, hashed, value in lines:
        for known, kind, public in keys:
            if (known, key_hash(known, kind, public)) != (name, hashed):
                continue
            signed, proof = text.encode(), value
            if kind == COSIGNATURE:
                witnesses[public] = name, int.from_bytes(value[:8], "big")
                signed, proof = b"cosignature/v1\ntime %d\n" % witnesses[public][1] + signed, value[8:]
            else:
                suites.add((known, kind))
            if not (sm2_holds if kind == SM2 else ed25519_holds)(public, signed, proof):
                raise Bad("a signature of " + name + " does not hold")
    if not suites >= ({(known, kind) for known, kind, _ in keys if known == origin and kind != COSIGNATURE} or {None}):
        raise Bad("the checkpoint lacks a signature by a key given for " + origin)
    return origin, size, root, witnesses


def ed25519_holds(public, message, value):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(value, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def upwards(at, last, over_the_edge):
    while over_the_edge and at % 2 == 0 and at:
        at, last = at // 2, last // 2
    return at // 2, last // 2


def root_of_inclusion(leaf, index, size, path):
    """RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        raise Bad("the place of the record is not in the tree")
    at, last, found = index, size - 1, leaf
    for each in path:
        if last == 0:
            raise Bad("the path is too long")
        on_the_left = at % 2 or at == last
        found = node(each, found) if on_the_left else node(found, each)
        at, last = upwards(at, last, on_the_left)
    if last:
        raise Bad("the path is too short")
    return found


def roots_of_growth(old, new, old_root, proof):
    """RFC 9162, 2.1.4.2: the roots of both trees that a proof of growth leads to."""
    path = ([old_root] if old & (old - 1) == 0 else []) + list(proof)
    if not path:
        raise Bad("the proof of growth is empty")
    at, last = old - 1, new - 1
    while at % 2:
        at, last = at // 2, last // 2
    first = second = path[0]
    for each in path[1:]:
        if last == 0:
            raise Bad("the proof of growth is too long")
        on_the_left = at % 2 or at == last
        first, second = (node(each, first), node(each, second)) if on_the_left else (first, node(second, each))
        at, last = upwards(at, last, on_the_left)
    if last:
        raise Bad("the proof of growth is too short")
    return first, second


def read_receipt(text):
    head, mark, note = text.partition("\n\n")
    lines = head.split("\n")
    if not mark or len(lines) < 3 or [lines[0], lines[1][:6], lines[2][:6]] != ["c2sp.org/tlog-proof@v1", "extra ", "index "]:
        raise Bad("this is not a receipt (c2sp.org/tlog-proof@v1)")
    try:
        extra = json.loads(decode(lines[1][6:]))
        if json.dumps(extra, ensure_ascii=False, separators=(",", ":")).encode() != decode(lines[1][6:]):
            raise Bad("the record is not written as it should be")
        salt, record, sm3_given = decode(extra["salt"]), extra["record"].encode(), extra["sm3"]
        index, path = int(lines[2][6:]), [decode(each) for each in lines[3:]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Bad("the receipt is damaged") from error
    return salt, record, sm3_given, index, path, note


def check(receipt, keys, witnesses=0):
    """Everything about one receipt; the record, the checkpoint's head and the witnesses."""
    salt, record, sm3_given, index, path, note = read_receipt(receipt)
    salted = salt + record
    if sm3(salted).hex() != sm3_given:
        raise Bad("the record is not the one that was entered (SM3)")
    origin, size, root, seen = check_note(note, keys)
    leaf = hashlib.sha256(b"\x00" + hashlib.sha256(salted).digest() + sm3(salted)).digest()
    if root_of_inclusion(leaf, index, size, path) != root:
        raise Bad("the record is not the one that was entered at this place")
    if json.loads(record)["position"] != index + 1:
        raise Bad("the record belongs to another place")
    if len(seen) < witnesses:
        raise Bad("only {} known witnesses signed, {} were asked for".format(len(seen), witnesses))
    return json.loads(record), (origin, size, root), seen


def check_growth(older, head, proof, keys):
    """That the tree of the receipt and an older checkpoint are one history."""
    origin, size, root, _ = check_note(older, keys)
    if origin != head[0]:
        raise Bad("the older checkpoint is of another log")
    if size > head[1]:
        raise Bad("the older checkpoint is the larger one")
    if size and (size, root) != head[1:] and roots_of_growth(size, head[1], root, proof) != (root, head[2]):
        raise Bad("two histories: the tree does not begin with the older one")


def decode(text):
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Bad("not base64: " + text[:40]) from error
    if base64.b64encode(value).decode() != text:
        raise Bad("not base64 as it is written: " + text[:40])
    return value


# SM3 and SM2, where the machine's libraries lack them ----------------------------------------------------------------

def sm3(message):
    try:
        return hashlib.new("sm3", message).digest()
    except ValueError:
        return plain_sm3(message)


def plain_sm3(message):
    """GB/T 32905."""
    def left(x, n):
        return ((x << n % 32) | (x >> (32 - n % 32))) & 0xFFFFFFFF
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = message + b"\x80" + bytes((55 - len(message)) % 64) + (len(message) * 8).to_bytes(8, "big")
    for start in range(0, len(padded), 64):
        w = [int.from_bytes(padded[start + at:start + at + 4], "big") for at in range(0, 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ left(w[j - 3], 15)
            w.append(x ^ left(x, 15) ^ left(x, 23) ^ left(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            s1 = left((left(a, 12) + e + left(0x79CC4519 if j < 16 else 0x7A879D8A, j)) & 0xFFFFFFFF, 7)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
            t1 = (ff + d + (s1 ^ left(a, 12)) + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
            t2 = (gg + h + s1 + w[j]) & 0xFFFFFFFF
            a, b, c, d, e, f, g, h = t1, a, left(b, 9), c, t2 ^ left(t2, 9) ^ left(t2, 17), e, left(f, 19), g
        state = [x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h))]
    return b"".join(each.to_bytes(4, "big") for each in state)


P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)


def add(one, two):
    if one is None or two is None:
        return one or two
    if one[0] == two[0] and (one[1] + two[1]) % P == 0:
        return None
    slope = (3 * one[0] * one[0] + A) * pow(2 * one[1], -1, P) if one == two else (two[1] - one[1]) * pow(two[0] - one[0], -1, P)
    x = (slope * slope - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def times(number, point):
    found = None
    while number:
        found, point, number = add(found, point) if number & 1 else found, add(point, point), number >> 1
    return found


def sm2_holds(public, message, value):
    """GB/T 32918.2 with the usual identity; the signature is DER of two integers."""
    try:
        r, s = read_der(value)
        x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    except (ValueError, IndexError):
        return False
    if len(public) != 65 or public[0] != 4 or (y * y - x * x * x - A * x - B) % P or not (0 < r < N and 0 < s < N):
        return False
    z = sm3(b"\x00\x801234567812345678" + b"".join(each.to_bytes(32, "big") for each in (A, B, *G, x, y)))
    e, t = int.from_bytes(sm3(z + message), "big"), (r + s) % N
    point = add(times(s, G), times(t, (x, y))) if t else None
    return point is not None and (e + point[0]) % N == r


def read_der(value):
    middle = 4 + value[3]
    if value[0] != 0x30 or value[1] != len(value) - 2 or value[2] != 2 or value[middle:middle + 2] != bytes([2, len(value) - middle - 2]):
        raise ValueError("not two integers")
    return int.from_bytes(value[4:middle], "big"), int.from_bytes(value[middle + 2:], "big")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("receipt", type=argparse.FileType(encoding="utf-8"))
    arguments.add_argument("--keys", type=argparse.FileType(encoding="utf-8"), required=True, nargs="+")
    arguments.add_argument("--witnesses", type=int, default=0, help="how many of the witnesses must have signed")
    arguments.add_argument("--older", type=argparse.FileType(encoding="utf-8"), help="a checkpoint kept from before")
    arguments.add_argument("--proof", type=argparse.FileType(encoding="utf-8"), help="its proof of growth")
    given = arguments.parse_args()
    try:
        keys = [key for file in given.keys for key in read_keys(file.read())]
        record, head, seen = check(given.receipt.read(), keys, given.witnesses)
        if given.older:
            check_growth(given.older.read(), head, list(map(decode, given.proof.read().split() if given.proof else "")), keys)
    except Bad as bad:
        print("NOT GENUINE: {}".format(bad))
        return 1
    known = {public for _, kind, public in keys if kind == COSIGNATURE}
    print("GENUINE: entry {} of {}, tree of {} entries, {} of {} witnesses".format(record["position"], *head[:2], len(seen), len(known)))
    for name, when in sorted(seen.values()):
        print("  cosigned by {} at {} UTC".format(name, time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when))))
    print(json.dumps(record, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
