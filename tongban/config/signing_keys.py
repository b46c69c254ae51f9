"""Where the keys for signing live: files of a folder, and a cryptographic module beside them where the operator names one.

A key is called `<purpose>-NNNN` wherever it lives. The newest of a purpose signs, all others verify; new ones are born in the
module, but for SM2, which stays in files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tongban.kernel.crypto import sm2, tokens
from tongban.kernel.crypto.keys import SIGNING, KeyMissing, KeyPurpose, KeyRing, load_ring, new_secret, write_new
from tongban.kernel.crypto.signing import Ed25519Signer, Signer, Sm2Signer, VerifyingKey

MAKE = {KeyPurpose.ED25519: new_secret, KeyPurpose.SM2: sm2.new_scalar, KeyPurpose.TOKEN: tokens.new_scalar}
SIGNERS: Mapping[KeyPurpose, Callable[[bytes], Signer]] = {KeyPurpose.ED25519: Ed25519Signer, KeyPurpose.SM2: Sm2Signer}
IN_MODULES = (KeyPurpose.ED25519, KeyPurpose.TOKEN)
"""Kinds of keys that common modules know; SM2 is spoken by those of GM/T 0018, which is not built."""


class ModuleAway(Exception):
    """The module does not do what it is asked; the text says to whoever runs the node what to do."""


class PinRefused(ModuleAway):
    """The module does not take the PIN. It counts wrong ones and locks itself: nothing tries again by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """A key for tokens: its public half as RFC 7517 has it, and what makes a token of a kind out of claims."""

    public: Mapping[str, Any]
    sign: Callable[[str, Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a signer works with: one signer a suite, the public halves of all keys, and the keys for tokens, newest first."""

    signers: tuple[Signer, ...]
    keys: tuple[VerifyingKey, ...]
    tokens: tuple[TokenKey, ...]

    @property
    def public_tokens(self) -> dict[str, Any]:
        return {"keys": [dict(each.public) for each in self.tokens]}


class Place(Protocol):
    """Where keys for signing live. All but `answers` may raise `ModuleAway`."""

    @property
    def answers(self) -> bool:
        """Could it sign when it was asked last?"""
        ...

    def names(self) -> frozenset[str]: ...

    def make(self, purpose: KeyPurpose, number: int) -> None:
        """Bear a key in place."""
        ...

    def signer(self, name: str) -> Signer: ...

    def token_key(self, name: str) -> TokenKey: ...


class Files:
    """Keys in files of one folder."""

    answers = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> frozenset[str]:
        return frozenset(path.stem for purpose in SIGNING for path in self._folder.glob(f"{purpose}-[0-9][0-9][0-9][0-9].key"))

    def make(self, purpose: KeyPurpose, number: int) -> None:
        write_new(self._folder, purpose, number, MAKE[purpose]())

    def signer(self, name: str) -> Signer:
        ring = self._only(name)
        return SIGNERS[ring.purpose](ring.current.secret)

    def token_key(self, name: str) -> TokenKey:
        ring = self._only(name)
        return TokenKey(public=tokens.public_keys(ring)["keys"][0], sign=lambda kind, claims: tokens.sign(ring, kind, claims))

    def _only(self, name: str) -> KeyRing:
        purpose = purpose_of(name)
        return KeyRing(purpose=purpose, keys=(load_ring(self._folder, purpose).numbered(number_of(name)),))


class SigningKeys:
    """All keys for signing of a signer, in the order of their numbers; of two with one number the one in the module is newer."""

    def __init__(self, folder: Path, module: Place | None = None) -> None:
        self._files, self._module = Files(folder), module
        self._places: tuple[Place, ...] = (self._files, module) if module else (self._files,)

    @property
    def answers(self) -> bool:
        return all(place.answers for place in self._places)

    def names(self) -> frozenset[str]:
        """Of all keys, wherever they live."""
        return frozenset[str]().union(*(place.names() for place in self._places))

    def in_module(self, purpose: KeyPurpose) -> list[int]:
        """The numbers of the keys of this purpose that live in the module."""
        return [number_of(name) for name in sorted(self._module.names()) if purpose_of(name) is purpose] if self._module else []

    def make_first(self) -> None:
        """A first key of every purpose that has none; without SM2 where libcrypto lacks it (SEAL-09)."""
        for purpose in SIGNING:
            if not self._kept(purpose) and (purpose is not KeyPurpose.SM2 or sm2.is_available()):
                self.add(purpose)

    def add(self, purpose: KeyPurpose) -> int:
        """Bear the next key of this purpose, which signs from now on; its number."""
        kept = self._kept(purpose)
        number = number_of(kept[-1][0]) + 1 if kept else 1
        (self._module if self._module and purpose in IN_MODULES else self._files).make(purpose, number)
        return number

    def held(self) -> Held:
        """What a signer works with; `KeyMissing` where a purpose has no key."""
        seals = [place.signer(name) for name, place in self._kept(KeyPurpose.ED25519)]
        others = [place.signer(name) for name, place in self._kept(KeyPurpose.SM2)]
        made = [place.token_key(name) for name, place in self._kept(KeyPurpose.TOKEN)]
        for purpose, found in ((KeyPurpose.ED25519, seals), (KeyPurpose.SM2, others), (KeyPurpose.TOKEN, made)):
            if not found and (purpose is not KeyPurpose.SM2 or sm2.is_available()):
                raise KeyMissing(purpose=str(purpose))
        return Held(signers=(*seals[-1:], *others[-1:]), keys=tuple(each.verifying_key for each in (*seals, *others)),
                    tokens=tuple(reversed(made)))

    def _kept(self, purpose: KeyPurpose) -> list[tuple[str, Place]]:
        """Oldest first; the place decides between two of one number, as `sorted` keeps the order of equals."""
        kept = [(name, place) for place in self._places for name in place.names() if purpose_of(name) is purpose]
        return sorted(kept, key=lambda each: each[0])


def purpose_of(name: str) -> KeyPurpose:
    """What the key of this name is for."""
    return KeyPurpose(name.partition("-")[0])


def number_of(name: str) -> int:
    """The number in the name of a key."""
    return int(name.partition("-")[2])


def signing_keys(folder: Path, environment: Mapping[str, str]) -> SigningKeys:
    """The keys of this folder, and of the module that the operator names."""
    path = environment.get("TONGBAN_PKCS11_MODULE")
    if not path:
        return SigningKeys(folder)
    named = {name: environment.get(f"TONGBAN_PKCS11_{name}", "") for name in ("TOKEN", "PIN_FILE")}
    for name, value in named.items():
        if not value:
            raise ModuleAway(f"TONGBAN_PKCS11_MODULE is set and TONGBAN_PKCS11_{name} is not. Set both, or neither for keys in files.")
    from tongban.config.key_module import Module  # only where a module is named: others need not load what speaks to it

    return SigningKeys(folder, Module(path, named["TOKEN"], Path(named["PIN_FILE"])))
