"""Passkeys as WebAuthn has them: what a browser is asked, and what may be believed of its answer."""

import secrets
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from django.conf import settings
from django.core import signing
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
)

from tongban.identity.errors import WrongProof
from tongban.kernel import clock, vault

SECONDS = 300
ALGORITHMS = (-7, -8, -257)
LONGEST = 20_000
GARBLED = (ValueError, KeyError, TypeError, IndexError, AttributeError, AssertionError, struct.error, InvalidSignature)
"""What the reader of foreign bytes raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an authenticator showed: which credential, how often it was used, the challenge it answered."""

    credential: str
    count: int
    challenge: bytes
    key: str = ""


def creation_options(account: int, *, name: str, known: Sequence[str]) -> dict[str, Any]:
    """What the browser needs to make a passkey: one that asks for finger, face or PIN, and is found without a name."""
    return {
        "rp": {"id": _host(), "name": "通办 Tongban"}, "challenge": _challenge(), "timeout": SECONDS * 1000,
        "user": {"id": websafe_encode(_handle(account).encode()), "name": name, "displayName": name},
        "pubKeyCredParams": [{"type": "public-key", "alg": each} for each in ALGORITHMS], "attestation": "none",
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"},
        "excludeCredentials": [{"type": "public-key", "id": each} for each in known]}


def request_options() -> dict[str, Any]:
    """What the browser needs to use a passkey of this site; nobody is named, so nothing is told of who has one."""
    return {"challenge": _challenge(), "rpId": _host(), "timeout": SECONDS * 1000, "userVerification": "required"}


def read_new(answer: str) -> Seen:
    """The passkey a browser made, if it holds against the challenge, this site and the person's own gesture."""
    try:
        read = RegistrationResponse.from_dict(_decoded(answer))
        challenge = read.response.client_data.challenge
        made = _server().register_complete(_state(challenge), read)
        credential = made.credential_data
        if credential is None or credential.public_key[3] not in ALGORITHMS:
            raise WrongProof
        return Seen(credential=websafe_encode(credential.credential_id), count=made.counter, challenge=challenge,
                    key=websafe_encode(bytes(credential)))
    except GARBLED as error:
        raise WrongProof from error


def credential_of(answer: str) -> str:
    """Which passkey an answer says it is of."""
    try:
        return websafe_encode(AuthenticationResponse.from_dict(_decoded(answer)).raw_id)
    except GARBLED as error:
        raise WrongProof from error


def read_use(answer: str, *, key: str, account: int) -> Seen:
    """The use of a passkey, if it holds under its public key, the challenge, this site and the person's own gesture."""
    try:
        read = AuthenticationResponse.from_dict(_decoded(answer))
        challenge, handle = read.response.client_data.challenge, read.response.user_handle
        if handle and handle != _handle(account).encode():
            raise WrongProof
        _server().authenticate_complete(_state(challenge), [AttestedCredentialData(websafe_decode(key))], read)
        return Seen(credential=websafe_encode(read.raw_id), count=read.response.authenticator_data.counter, challenge=challenge)
    except GARBLED as error:
        raise WrongProof from error


def site() -> str:
    """The origin under which people know this installation; passkeys need a name, so a trial is `localhost`."""
    parts = urlsplit(settings.SITE_URL)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{_host()}{port}"


def _host() -> str:
    host = urlsplit(settings.SITE_URL).hostname or ""
    return "localhost" if host in ("127.0.0.1", "::1", "") else host


def _server() -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(id=_host(), name="Tongban"), verify_origin=lambda origin: origin == site(),
                       attestation=AttestationConveyancePreference.NONE)


def _challenge() -> str:
    """A challenge that says when we gave it out, under our own signature: nothing is stored until it is used."""
    made = signing.dumps([secrets.token_urlsafe(16), int(clock.now().timestamp())], salt="passkey")
    return websafe_encode(made.encode())


def _state(challenge: bytes) -> dict[str, str]:
    """What `fido2` compares with, once the challenge is known to be ours and of the last minutes."""
    try:
        _once, given = signing.loads(challenge.decode(), salt="passkey")
    except signing.BadSignature as error:
        raise WrongProof from error
    if not 0 <= clock.now().timestamp() - given + 1 <= SECONDS + 1:
        raise WrongProof
    return {"challenge": websafe_encode(challenge), "user_verification": "required"}


def _handle(account: int) -> str:
    """What the authenticator keeps of the account: it says nothing to anybody else."""
    return vault.token("passkey", str(account))


def _decoded(answer: str) -> Mapping[str, Any]:
    if len(answer) > LONGEST:
        raise WrongProof
    found = msgspec.json.decode(answer, type=dict[str, Any])
    return {name: value for name, value in found.items() if name in ("id", "rawId", "response", "type")}
