"""Signed tokens for other systems (JWT): ES256 under a named key of our own, one kind of token never taken for another.

Only ES256 is made and only ES256 is read, whatever a token says of itself, and only keys that we hold or were told of
are tried: a key or an address of a key inside a token is never looked at (RFC 8725).
"""

import hashlib
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from tongban.kernel.crypto.keys import KeyRing, new_secret

ALGORITHM = "ES256"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
FOREIGN = ("ES256", "PS256", "RS256")
"""What a token of another node may be signed with: nothing that a public key would pass for a secret of."""
LONGEST = 16_000


def new_scalar() -> bytes:
    """A secret that is a private key on the curve P-256."""
    while not 0 < int.from_bytes(secret := new_secret()) < ORDER:
        continue
    return secret


def sign(ring: KeyRing, kind: str, claims: Mapping[str, Any]) -> str:
    """A token of a kind (its header `typ`) under the newest key."""
    key = _key(ring.current.secret)
    return jwt.encode({"alg": ALGORITHM, "typ": kind, "kid": key.kid}, dict(claims), key, algorithms=[ALGORITHM])


def read(keys: Mapping[str, Any], kind: str, token: str) -> Mapping[str, Any] | None:
    """The claims of a token of this kind that one of the public keys signed, or None."""
    if len(token) > LONGEST:
        return None
    try:
        told = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=[ALGORITHM])  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    header = told.header
    if header.get("typ") != kind or "kid" not in header or {"jwk", "jku", "x5u", "x5c", "crit", "b64"} & set(header):
        return None
    return told.claims


def read_foreign(keys: Mapping[str, Any], token: str, kinds: Collection[str] = ("JWT",)) -> Mapping[str, Any] | None:
    """The claims of a token of one of these kinds that one of the public keys of another node signed, or None."""
    if len(token) > LONGEST:
        return None
    try:
        told = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=list(FOREIGN))  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    header = told.header
    if header.get("typ", "JWT") not in kinds or {"jwk", "jku", "x5u", "x5c", "crit", "b64"} & set(header):
        return None
    return told.claims


def public_keys(ring: KeyRing) -> Mapping[str, Any]:
    """The public halves of all keys, newest first."""
    return {"keys": [{**_key(each.secret).as_dict(private=False), "use": "sig", "alg": ALGORITHM}
                     for each in reversed(ring.keys)]}


@lru_cache(maxsize=16)
def _key(secret: bytes) -> ECKey:
    private = ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1())
    point = private.public_key().public_numbers()
    name = hashlib.sha256(f"{point.x:064x}{point.y:064x}".encode()).hexdigest()[:16]
    return ECKey.import_key(private, {"kid": f"es256-{name}"})
