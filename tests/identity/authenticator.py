"""A passkey in software: signs as phones do, and can misbehave."""

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


class Authenticator:
    """One passkey; `verifies` says whether it asked for finger, face or PIN."""

    def __init__(self, *, origin: str) -> None:
        self.origin, self.credential, self.count, self.verifies = origin, secrets.token_bytes(32), 0, True
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.handle = b""

    def make(self, options: dict[str, Any]) -> str:
        """The answer to `navigator.credentials.create`."""
        public = self.private.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32), -3: public.y.to_bytes(32)}
        self.handle = _bytes(options["user"]["id"])
        data = (self._data(options["rp"]["id"], ATTESTED) + b"\0" * 16 + struct.pack(">H", len(self.credential)) + self.credential
                + cbor.encode(key))
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(clientDataJSON=self._client("webauthn.create", options["challenge"]), attestationObject=made)

    def use(self, options: dict[str, Any]) -> str:
        """The answer to `navigator.credentials.get`."""
        self.count += 1
        data, client = self._data(options["rpId"], 0), self._client("webauthn.get", options["challenge"])
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature, userHandle=self.handle)

    def _data(self, host: str, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(host.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **response: bytes) -> str:
        return json.dumps({"id": _text(self.credential), "rawId": _text(self.credential), "type": "public-key",
                           "response": {name: _text(value) for name, value in response.items()}})


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
