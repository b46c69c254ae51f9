"""Signed tokens for other systems (JWT): ES256 under a named key of our own, one kind of token never taken for another.

Only ES256 is made and only ES256 is read, whatever a token says of itself, and only keys that we hold or were told of
are tried: a key or an address of a key inside a token is never looked at (RFC 8725).
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from joserfc.util import urlsafe_b64encode

from tongban.kernel.crypto.canonical import canonical_json
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


def sign_elsewhere(kid: str, kind: str, claims: Mapping[str, Any], made: Callable[[bytes], bytes]) -> str:
    """A token of a kind under a key that lies elsewhere: `made` gives r and s, 64 bytes, for what it is handed (RFC 7515)."""
    head = {"alg": ALGORITHM, "typ": kind, "kid": kid}
    text = b".".join(urlsafe_b64encode(canonical_json(each)) for each in (head, dict(claims)))
    return b".".join((text, urlsafe_b64encode(made(text)))).decode()


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
    return {"keys": [_published(_key(each.secret)) for each in reversed(ring.keys)]}


def public_key(point: bytes) -> dict[str, Any]:
    """The public half of a key that lies elsewhere, from its uncompressed point."""
    return _published(_named(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)))


def are_published(keys: Mapping[str, Any]) -> bool:
    """Are these keys for tokens just as a signer publishes them: public, each under the name that belongs to it?"""
    try:
        return list(keys) == ["keys"] and all(each == _published(_named(ECKey.import_key(dict(each)).public_key)) for each in keys["keys"])
    except (JoseError, ValueError, TypeError, KeyError):
        return False


def thumbprints(keys: Mapping[str, Any]) -> list[str]:
    """Of each public key its thumbprint (RFC 7638), which no other key can have, as it can its name."""
    return [each.thumbprint() for each in KeySet.import_key_set(dict(keys)).keys]  # type: ignore[arg-type]


def _published(key: ECKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}


@lru_cache(maxsize=16)
def _key(secret: bytes) -> ECKey:
    return _named(ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1()))


def _named(key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) -> ECKey:
    point = (key.public_key() if isinstance(key, ec.EllipticCurvePrivateKey) else key).public_numbers()
    name = hashlib.sha256(f"{point.x:064x}{point.y:064x}".encode()).hexdigest()[:16]
    return ECKey.import_key(key, {"kid": f"es256-{name}"})
