"""Keys for signing in a cryptographic module (PKCS#11): born there, and never outside it. Ed25519 and ES256.

The label of a key in the module is its name, `ed25519-0002`. Whether a module is certified, or more than a program, nobody
can ask it: what it signs is labelled as signed by software.
"""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error
from pkcs11.exceptions import (
    MultipleTokensReturned,
    NoSuchToken,
    PinExpired,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
)

from tongban.config.signing_keys import IN_MODULES, ModuleAway, PinRefused, TokenKey, purpose_of
from tongban.kernel.crypto import tokens
from tongban.kernel.crypto.keys import KeyPurpose
from tongban.kernel.crypto.signing import (
    Algorithm,
    PayloadKind,
    Signature,
    Signer,
    VerifyingKey,
    key_id_of,
    signed_bytes,
    verify_signature,
)

WRONG_PIN = (PinExpired, PinIncorrect, PinInvalid, PinLenRange, PinLocked)
OURS = re.compile(rf"({'|'.join(IN_MODULES)})-[0-9]{{4}}")
LONGEST_PIN = 256
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How PKCS#11 calls a curve, and how many bytes a public key on it has."""

    kind: KeyType
    born_by: Mechanism
    parameters: bytes
    size: int


CURVES = {
    KeyPurpose.ED25519: Curve(kind=KeyType.EC_EDWARDS, born_by=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                              parameters=b"\x13\x0cedwards25519", size=32),
    KeyPurpose.TOKEN: Curve(kind=KeyType.EC, born_by=Mechanism.EC_KEY_PAIR_GEN,
                            parameters=bytes.fromhex("06082a8648ce3d030107"), size=65),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSigner:
    """Signs with an Ed25519 key of the module."""

    module: "Module"
    name: str
    verifying_key: VerifyingKey

    @property
    def is_software(self) -> bool:
        return self.verifying_key.is_software

    def sign(self, kind: PayloadKind, payload: bytes, proof: Sequence[bytes] = ()) -> Signature:
        key = self.verifying_key
        return Signature(algorithm=key.algorithm, key_id=key.key_id, is_software=key.is_software,
                         value=self.module.sign(self.name, Mechanism.EDDSA, signed_bytes(kind, payload)))

    def verify(self, kind: PayloadKind, payload: bytes, signature: Signature) -> bool:
        return verify_signature(self.verifying_key, kind, payload, signature)


class Module:
    """One token of a module. A session takes no two threads, so that one at a time is let in.

    `names` alone opens it, and opens it anew where it was lost; whoever signs meanwhile hears `ModuleAway` at once.
    """

    def __init__(self, path: str, token: str, pin_file: Path) -> None:
        self._path, self._token, self._pin_file = path, token, pin_file
        self._lock = Lock()
        self._session: Any = None
        self._keys: dict[str, tuple[Any, bytes]] = {}
        self._refused = False

    @property
    def answers(self) -> bool:
        return self._session is not None

    def names(self) -> frozenset[str]:
        with self._lock:
            if self._session is None or not self._has_what_it_had():
                self._open()
            return frozenset(self._keys)

    def make(self, purpose: KeyPurpose, number: int) -> None:
        curve, name = CURVES[purpose], f"{purpose}-{number:04d}"

        def bear() -> None:
            parameters = self._session.create_domain_parameters(curve.kind, {Attribute.EC_PARAMS: curve.parameters}, local=True)
            parameters.generate_keypair(
                mechanism=curve.born_by, store=True, id=name.encode(), label=name, public_template={Attribute.PRIVATE: False},
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True})
            self._keys = self._read()

        with self._lock:
            self._ask(bear)

    def signer(self, name: str) -> Signer:
        public = self._public(name)
        return ModuleSigner(module=self, name=name, verifying_key=VerifyingKey(
            algorithm=Algorithm.ED25519, key_id=key_id_of(Algorithm.ED25519, public), is_software=True, value=public))

    def token_key(self, name: str) -> TokenKey:
        public = tokens.public_key(self._public(name))

        def made(text: bytes) -> bytes:
            return self.sign(name, Mechanism.ECDSA, hashlib.sha256(text).digest())

        def sign(kind: str, claims: Mapping[str, Any]) -> str:
            return tokens.sign_elsewhere(public["kid"], kind, claims, made)

        return TokenKey(public=public, sign=sign)

    def sign(self, name: str, mechanism: Mechanism, message: bytes) -> bytes:
        """What the key of this name makes of the message."""
        with self._lock:
            key, _ = self._keys.get(name, (None, b""))
            if self._session is None or key is None:
                raise ModuleAway(f"The module {self._path} does not answer.")
            return bytes(self._ask(lambda: key.sign(message, mechanism=mechanism)))

    def _public(self, name: str) -> bytes:
        with self._lock:
            if name not in self._keys:
                raise ModuleAway(f"The module {self._path} does not answer.")
            return self._keys[name][1]

    def _ask(self, act: Callable[[], Given]) -> Given:
        """Do it; where the module fails, forget the session, which `names` opens anew."""
        try:
            return act()
        except PKCS11Error as error:
            self._session = None
            raise ModuleAway(f"The module {self._path} answers {_told(error)}.") from error

    def _has_what_it_had(self) -> bool:
        """Are all keys there that were? A new one is read at once."""
        try:
            names = self._labels()
            if names > set(self._keys):
                self._keys = self._read()
        except PKCS11Error:
            return False
        return names == set(self._keys)

    def _open(self) -> None:
        self._session = None
        if self._refused:
            raise PinRefused(self._about_pin())
        pin = read_pin(self._pin_file)
        try:
            library = pkcs11.lib(self._path)
            library.reinitialize()
            self._session = library.get_token(token_label=self._token).open(rw=True, user_pin=pin)
        except (NoSuchToken, MultipleTokensReturned) as error:
            raise ModuleAway(f"The module {self._path} has no token, or more than one, that is called {self._token}. Connect it, or "
                             "name another by TONGBAN_PKCS11_TOKEN.") from error
        except WRONG_PIN as error:
            self._refused = True
            raise PinRefused(self._about_pin()) from error
        except PKCS11Error as error:
            raise ModuleAway(f"The module {self._path} cannot be used: {_told(error)}. See that it is installed and connected, and "
                             "that TONGBAN_PKCS11_MODULE names its file.") from error
        self._keys = self._ask(self._read)

    def _labels(self) -> set[str]:
        return {key.label for key in self._session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
                if OURS.fullmatch(key.label or "")}

    def _read(self) -> dict[str, tuple[Any, bytes]]:
        """The keys of ours; `ModuleAway` where one of them may leave the module."""
        found = {}
        for name in sorted(self._labels()):
            key = self._session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=name)
            if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
                raise ModuleAway(f"The key {name} in the module {self._path} can be taken out of it. Only keys born by "
                                 "`tongban keys rotate` sign: call that one otherwise.")
            public = self._session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=name)
            found[name] = key, bytes(public[Attribute.EC_POINT])[-CURVES[purpose_of(name)].size:]
        return found

    def _about_pin(self) -> str:
        return (f"The module {self._path} does not take the PIN in {self._pin_file}. Put the right one there and start again by hand: "
                "a module locks itself after a few wrong ones.")


def read_pin(path: Path) -> str:
    """The PIN, from a file that nobody else can open."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), encoding="utf-8") as file:
            status, pin = os.fstat(file.fileno()), file.read(LONGEST_PIN).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ModuleAway(f"The PIN of the module cannot be read from {path}. Put it there, alone, for this user only.") from error
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
        raise ModuleAway(f"{path} with the PIN of the module can be read by others. Say: chmod 600 {path}")
    if not pin:
        raise ModuleAway(f"{path} is empty. Put the PIN of the module there.")
    return pin


def _told(error: PKCS11Error) -> str:
    return f"{type(error).__name__} {error}".removeprefix("PKCS11Error ").strip()
