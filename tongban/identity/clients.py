"""The outside registers of people and firms and the check of a face: none is connected, so stand-ins answer for them."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

import yaml
from django.conf import settings

from tongban.identity.errors import SourceNotBelieved, SourceSilent
from tongban.identity.types import SourceView
from tongban.kernel import vault
from tongban.kernel.codes import is_id_number, is_uscc
from tongban.kernel.errors import HouseError
from tongban.kernel.outgoing import Target, TargetNotAnswering, send_to
from tongban.kernel.simulations import Simulation, declare
from tongban.kernel.types import Text
from tongban.messages.clients import short_messages


def texts_are_simulated() -> bool:
    """Does the provider in use only pretend to send text messages?"""
    return short_messages().simulated


UNKNOWN = "不符"
"""Whoever is called so, in the trial, is not found in any register."""


class PopulationRegister(Protocol):
    """Says whether a name, a credential and a phone belong to one person; never what it holds instead."""

    simulated: bool

    def matches(self, *, name: str, kind: str, number: str, phone: str) -> bool: ...


class FaceCheck(Protocol):
    """Compares the face before the camera with the picture of a credential; the picture never reaches us."""

    simulated: bool

    def is_same(self, *, kind: str, number: str) -> bool: ...


class LegalEntityRegister(Protocol):
    """Says whether a credit code, a firm's name and its legal representative belong together; people share names, not numbers."""

    simulated: bool

    def matches(self, *, uscc: str, name: str, representative: str, number: str) -> bool: ...


class SimulatedPopulationRegister:
    """Knows the sample people; of others it believes any well-formed number unless the name is 不符."""

    simulated = True

    def matches(self, *, name: str, kind: str, number: str, phone: str) -> bool:
        """Of sample people name and phone must be right; of others the check character of a resident's card."""
        known = _samples("persons", "id_number").get(number) if kind == "111" else None
        if known:
            return bool(known["name"] == name and known["phone"] == phone)
        return name != UNKNOWN and (kind != "111" or is_id_number(number))


class SimulatedFaceCheck:
    """Looks at nobody: no picture is taken, sent or kept. It agrees whenever it is asked."""

    simulated = True

    def is_same(self, *, kind: str, number: str) -> bool:
        """Agree."""
        return True


class SimulatedLegalEntityRegister:
    """Knows the sample firms; of others it believes any well-formed code unless the name is 不符."""

    simulated = True

    def matches(self, *, uscc: str, name: str, representative: str, number: str) -> bool:
        """Of sample firms name and representative must be right; of others the check character of the code."""
        known = _samples("entities", "uscc").get(uscc)
        if known:
            people = {each["login"]: (each["name"], each["id_number"]) for each in _written().get("persons", [])}
            return bool(known["name"] == name and people.get(known["representative"]) == (representative, number))
        return name != UNKNOWN and is_uscc(uscc)


def population_register() -> PopulationRegister:
    """The register in use."""
    return SimulatedPopulationRegister()


def face_check() -> FaceCheck:
    """The check in use."""
    return SimulatedFaceCheck()


def entity_register() -> LegalEntityRegister:
    """The register in use."""
    return SimulatedLegalEntityRegister()


@lru_cache(maxsize=1)
def _written() -> dict[str, Any]:
    path = settings.DATA / "people.yaml"
    return (yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) or {}) if path.exists() else {}


def _samples(group: str, key: str) -> dict[str, dict[str, Any]]:
    return {each[key]: each for each in _written().get(group, [])}


SECONDS = 5
DISCOVERED_SECONDS = 300
KEYS_SECONDS = 60
ANEW_SECONDS = 5
"""How often at most a node's keys are asked for because those we remember do not fit, whoever sends what."""
LOGOUT_KINDS = ("logout+jwt", "JWT")
"""What other nodes write as the kind of a token that says a session has ended; the older ones name it like any other."""
SILENT_SECONDS = 15
"""How long a node that did not answer is not asked again, so that it holds nobody else up."""

declare(Simulation(
    name="tongban.identity.queries.party",
    stands_for=Text(zh="人口库、法人库", en="The registers of people and of legal entities"),
    pretends=Text(zh="用本系统自己登记的姓名、证件号和企业资料代替，预填时注明“模拟”。",
                  en="What was registered in this system is taken for what they say, and forms filled with it say so."),
    replaced_by=Text(zh="国家人口、法人单位基础信息库，经政务信息资源交换平台（GB/T 21062）查询。",
                     en="The national registers of people and legal entities, asked through the exchange platform "
                        "(GB/T 21062)."),
    seam="tongban.identity.queries.party",
    proof="tests/portal/test_signed_in_pages.py::test_what_registers_know_is_filled_in_and_named",
))
declare(Simulation(
    name="tongban.identity.clients.SimulatedPopulationRegister",
    stands_for=Text(zh="实名信息比对", en="The comparison of names and numbers with the population register"),
    pretends=Text(zh="只认得示例人员；其他人只要证件号码格式正确、姓名不是“不符”就算一致。页面上注明“模拟”。",
                  en="It knows the sample people; of anybody else it believes every well-formed number unless the name is 不符. "
                     "The page says that it is simulated."),
    replaced_by=Text(zh="国家人口基础信息库或公安“互联网+”可信身份认证平台的姓名、证件、手机号比对。",
                     en="The national population register, or the trusted identity platform of the police, compared by name, number "
                        "and phone."),
    seam="tongban.identity.clients.PopulationRegister",
    proof="tests/identity/test_proofing.py::test_the_register_in_use_refuses_what_does_not_belong_together",
    in_use=lambda: population_register().simulated,
))
declare(Simulation(
    name="tongban.identity.clients.SimulatedFaceCheck",
    stands_for=Text(zh="人脸核验", en="The check of a face against the picture of a credential"),
    pretends=Text(zh="不开摄像头，不取、不传、不存任何照片，一律算通过；页面上注明“模拟”。",
                  en="It opens no camera, takes, sends and keeps no picture, and agrees every time; the page says that it is simulated."),
    replaced_by=Text(zh="公安“互联网+”可信身份认证平台的活体人脸核验。",
                     en="The live face check of the trusted identity platform of the police."),
    seam="tongban.identity.clients.FaceCheck",
    proof="tests/identity/test_proofing.py::test_a_face_is_only_compared_with_a_credential_already_proved",
    in_use=lambda: face_check().simulated,
))
declare(Simulation(
    name="tongban.identity.clients.SimulatedLegalEntityRegister",
    stands_for=Text(zh="企业信息比对", en="The comparison of firms with the register of legal entities"),
    pretends=Text(zh="只认得示例企业；其他企业只要统一社会信用代码校验正确、名称不是“不符”就算一致。页面上注明“模拟”。",
                  en="It knows the sample firms; of others it believes every well-formed credit code unless the name is 不符. The page "
                     "says that it is simulated."),
    replaced_by=Text(zh="国家法人单位基础信息库的名称、代码、法定代表人姓名和证件号码比对。",
                     en="The national register of legal entities, compared by name, code and the legal representative's name and number."),
    seam="tongban.identity.clients.LegalEntityRegister",
    proof="tests/identity/test_firms.py::test_the_register_of_firms_in_use_refuses_what_does_not_belong_together",
    in_use=lambda: entity_register().simulated,
))


class LogoutReceiver(Protocol):
    """Tells another system that a session has ended (OpenID Connect Back-Channel Logout)."""

    def tell(self, *, address: str, token: str) -> bool: ...


class OverHttp:
    """Posts the logout token to the address that two people registered; follows no redirect, waits five seconds."""

    def tell(self, *, address: str, token: str) -> bool:
        """Did the system say that it heard?"""
        return _send(address, urlencode({"logout_token": token})) in (200, 204)


def logout_receiver() -> LogoutReceiver:
    """The way in use."""
    return OverHttp()


def _send(address: str, body: str) -> int:
    """The status a registered address answers a form with; 0 where it does not answer."""
    there = Target(name="logout", address=address, private=True)
    try:
        return send_to(there, method="POST", body=body.encode(), headers={"Content-Type": "application/x-www-form-urlencoded"},
                       seconds=SECONDS).status
    except HouseError:
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where a node signs people in, changes codes for tokens, and shows its public keys."""

    authorize: str
    token: str
    keys: str


class IdentitySource(Protocol):
    """Speaks with another node that signs people in (OpenID Connect, code flow)."""

    def endpoints(self, source: SourceView) -> Endpoints: ...

    def redeem(self, source: SourceView, *, code: str, verifier: str, back: str) -> Mapping[str, Any]: ...

    def heard(self, source: SourceView, *, token: str, anew: bool = False) -> Mapping[str, Any] | None: ...


class OverOpenId:
    """Asks the node itself, over the one way out; everything it names must stand on the issuer's own host."""

    def endpoints(self, source: SourceView) -> Endpoints:
        """What the node says of itself (OpenID Connect Discovery), kept for some minutes."""
        return _endpoints(source, int(monotonic() / DISCOVERED_SECONDS), "")

    def redeem(self, source: SourceView, *, code: str, verifier: str, back: str) -> Mapping[str, Any]:
        """The claims of the signed token a code is good for; the caller judges what they say."""
        there = self.endpoints(source)
        secret = b64encode(f"{quote(source.client_id, safe='')}:{quote(source.secret, safe='')}".encode()).decode()
        told = _asked(source, there.token, body=urlencode({
            "grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}),
            headers={"Authorization": f"Basic {secret}", "Content-Type": "application/x-www-form-urlencoded"})
        claims = vault.read_foreign_token(_asked(source, there.keys), str(told.get("id_token", "")))
        if claims is None:
            raise SourceNotBelieved(source=source.name)
        return claims

    def heard(self, source: SourceView, *, token: str, anew: bool = False) -> Mapping[str, Any] | None:
        """The claims of a logout token the node signed, if the keys we remember fit; `anew`: those it shows now.

        Anybody may send such tokens: a node that does not answer then is still asked for those who sign in.
        """
        there = _endpoints(source, int(monotonic() / DISCOVERED_SECONDS), "logout").keys
        keys = (_keys(source, there, int(monotonic() / ANEW_SECONDS), "anew") if anew
                else _keys(source, there, int(monotonic() / KEYS_SECONDS), "logout"))
        return vault.read_foreign_token(keys, token, LOGOUT_KINDS)


def identity_source() -> IdentitySource:
    """The way in use."""
    return OverOpenId()


_silent_until: dict[tuple[str, str], float] = {}


@lru_cache(maxsize=64)
def _endpoints(source: SourceView, moment: int, about: str) -> Endpoints:
    told = _asked(source, f"{source.issuer}/.well-known/openid-configuration", about=about)
    found = Endpoints(authorize=str(told.get("authorization_endpoint", "")), token=str(told.get("token_endpoint", "")),
                      keys=str(told.get("jwks_uri", "")))
    if told.get("issuer") != source.issuer or not all(
            each.startswith(_origin(source.issuer) + "/") for each in (found.authorize, found.token, found.keys)):
        raise SourceNotBelieved(source=source.name)
    return found


@lru_cache(maxsize=64)
def _keys(source: SourceView, address: str, moment: int, about: str) -> dict[str, Any]:
    return _asked(source, address, about=about)


def _asked(source: SourceView, address: str, *, body: str = "", headers: Mapping[str, str] | None = None,
           about: str = "") -> dict[str, Any]:
    """The JSON object that an address of a node answers. `about`: what for, as silence then is no silence for the rest."""
    if monotonic() < _silent_until.get((source.key, about), 0):
        raise SourceSilent(source=source.name)
    there = Target(name=f"source:{source.key}", address=address, private=source.private)
    try:
        answer = send_to(there, method="POST" if body else "GET", body=body.encode(), headers=headers, seconds=SECONDS)
    except TargetNotAnswering as error:
        _silent_until[source.key, about] = monotonic() + SILENT_SECONDS
        raise SourceSilent(source=source.name) from error
    try:
        told = json.loads(answer.body) if answer.status == 200 else None
    except ValueError:
        told = None
    if not isinstance(told, dict):
        if about:
            _silent_until[source.key, about] = monotonic() + SILENT_SECONDS
        raise SourceNotBelieved(source=source.name)
    return told


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
