"""SM2 signatures with SM3 (GB/T 32918, GB/T 32905) by the system's libcrypto, version 3.

The only file of the house that knows ctypes. Keys are 32-byte scalars and 65-byte points, signatures DER as in
GM/T 0009. Where the library is missing or was built without SM2, everything here raises `Sm2Unavailable`.
"""

import ctypes
import secrets
import weakref
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_ubyte, c_void_p
from functools import cache

from tongban.kernel.errors import Refusal, Unavailable

SIGNER_ID = b"1234567812345678"
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

_LIBRARIES = ("libcrypto.so.3", "libcrypto.3.dylib", "libcrypto-3-x64.dll")
_ALGORITHM = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")
_PRIVATE = bytes.fromhex("3041020100") + _ALGORITHM + bytes.fromhex("042730250201010420")
_PUBLIC = bytes.fromhex("3059") + _ALGORITHM + bytes.fromhex("034200")
_POINT = 65

_SIGNATURES: dict[str, tuple[object, list[object]]] = {
    "OpenSSL_version_num": (c_long, []),
    "EVP_sm3": (c_void_p, []),
    "d2i_AutoPrivateKey": (c_void_p, [c_void_p, POINTER(c_char_p), c_long]),
    "d2i_PUBKEY": (c_void_p, [c_void_p, POINTER(c_char_p), c_long]),
    "i2d_PUBKEY": (c_int, [c_void_p, POINTER(POINTER(c_ubyte))]),
    "EVP_PKEY_free": (None, [c_void_p]),
    "EVP_PKEY_CTX_new": (c_void_p, [c_void_p, c_void_p]),
    "EVP_PKEY_CTX_set1_id": (c_int, [c_void_p, c_char_p, c_int]),
    "EVP_PKEY_CTX_free": (None, [c_void_p]),
    "EVP_MD_CTX_new": (c_void_p, []),
    "EVP_MD_CTX_set_pkey_ctx": (None, [c_void_p, c_void_p]),
    "EVP_MD_CTX_free": (None, [c_void_p]),
    "EVP_DigestSignInit": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "EVP_DigestSign": (c_int, [c_void_p, c_void_p, POINTER(c_size_t), c_char_p, c_size_t]),
    "EVP_DigestVerifyInit": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "EVP_DigestVerify": (c_int, [c_void_p, c_char_p, c_size_t, c_char_p, c_size_t]),
    "ERR_clear_error": (None, []),
}


class Sm2Unavailable(Unavailable):
    """SM2 signatures need OpenSSL 3 with SM2 on this machine, and it is not there."""


class Sm2KeyNotValid(Refusal):
    """The SM2 key is not a scalar or point of the curve."""


def is_available() -> bool:
    """Whether this machine can make and verify SM2 signatures."""
    try:
        _library()
    except Sm2Unavailable:
        return False
    return True


def new_scalar() -> bytes:
    """A fresh private key."""
    return (secrets.randbelow(ORDER - 2) + 1).to_bytes(32, "big")


class PrivateKey:
    """A private key inside libcrypto; may be shared by threads."""

    __slots__ = ("__weakref__", "_key", "public_point")

    def __init__(self, scalar: bytes) -> None:
        if len(scalar) != 32 or not 1 <= int.from_bytes(scalar, "big") <= ORDER - 2:
            raise Sm2KeyNotValid
        self._key = _parse("d2i_AutoPrivateKey", _PRIVATE + scalar)
        weakref.finalize(self, _library().EVP_PKEY_free, self._key)
        self.public_point = _point_of(self._key)

    def sign(self, message: bytes) -> bytes:
        """DER signature over the message with the default signer id."""
        lib = _library()
        size = c_size_t(128)
        out = ctypes.create_string_buffer(size.value)
        with _DigestContext(self._key, "EVP_DigestSignInit") as context:
            if lib.EVP_DigestSign(context, out, byref(size), message, len(message)) != 1:
                raise Sm2Unavailable
        return out.raw[: size.value]


class PublicKey:
    """A public key inside libcrypto; may be shared by threads."""

    __slots__ = ("__weakref__", "_key", "public_point")

    def __init__(self, point: bytes) -> None:
        if len(point) != _POINT or point[0] != 4:
            raise Sm2KeyNotValid
        self._key = _parse("d2i_PUBKEY", _PUBLIC + point)
        weakref.finalize(self, _library().EVP_PKEY_free, self._key)
        self.public_point = point

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the DER signature was made over the message by this key's owner."""
        lib = _library()
        with _DigestContext(self._key, "EVP_DigestVerifyInit") as context:
            holds: bool = lib.EVP_DigestVerify(context, signature, len(signature), message, len(message)) == 1
        lib.ERR_clear_error()
        return holds


class _DigestContext:
    """One SM3 digest-and-sign context with the signer id set; freed on leaving."""

    __slots__ = ("_digest", "_init", "_key", "_options")
    _digest: int
    _options: int

    def __init__(self, key: int, init: str) -> None:
        self._key, self._init = key, init

    def __enter__(self) -> int:
        lib = _library()
        self._digest = lib.EVP_MD_CTX_new()
        self._options = lib.EVP_PKEY_CTX_new(self._key, None)
        ready = (
            self._digest and self._options and lib.EVP_PKEY_CTX_set1_id(self._options, SIGNER_ID, len(SIGNER_ID)) == 1
        )
        if ready:
            lib.EVP_MD_CTX_set_pkey_ctx(self._digest, self._options)
            ready = getattr(lib, self._init)(self._digest, None, lib.EVP_sm3(), None, self._key) == 1
        if not ready:
            self.__exit__()
            raise Sm2Unavailable
        return self._digest

    def __exit__(self, *_: object) -> None:
        lib = _library()
        lib.EVP_MD_CTX_free(self._digest)
        lib.EVP_PKEY_CTX_free(self._options)


def _parse(function: str, der: bytes) -> int:
    lib = _library()
    pointer = c_char_p(der)
    key: int | None = getattr(lib, function)(None, byref(pointer), len(der))
    if not key:
        lib.ERR_clear_error()
        raise Sm2KeyNotValid
    return key


def _point_of(key: int) -> bytes:
    buffer = (c_ubyte * 256)()
    cursor = ctypes.cast(buffer, POINTER(c_ubyte))
    size: int = _library().i2d_PUBKEY(key, byref(cursor))
    if size < _POINT:
        raise Sm2Unavailable
    return bytes(buffer[size - _POINT : size])


@cache
def _library() -> ctypes.CDLL:
    for name in _LIBRARIES:
        try:
            lib = ctypes.CDLL(name)
            for function, (result, arguments) in _SIGNATURES.items():
                entry = getattr(lib, function)
                entry.restype, entry.argtypes = result, arguments
        except (OSError, AttributeError):
            continue
        if lib.OpenSSL_version_num() >> 28 >= 3 and _knows_sm2(lib):
            return lib
    raise Sm2Unavailable


def _knows_sm2(lib: ctypes.CDLL) -> bool:
    """A build with no-sm2 has every function and still refuses the curve."""
    der = _PRIVATE + bytes(31) + b"\x02"
    pointer = c_char_p(der)
    key = lib.d2i_AutoPrivateKey(None, byref(pointer), len(der))
    lib.ERR_clear_error()
    if not key:
        return False
    lib.EVP_PKEY_free(key)
    return bool(lib.EVP_sm3())
