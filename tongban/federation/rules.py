"""The law between nodes: what a registration must be, when an envelope is believed, how long a report may take. Values in, values out."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from tongban.federation.types import SCHEMA, PeerTold, Report
from tongban.kernel import addresses
from tongban.kernel.codes import is_uscc

CODE = re.compile(r"[0-9]{6}")
AHEAD_SECONDS = 120
"""How far the clock of another node may be ahead of ours (security design 2.3, row 32)."""
WIDEST = {4: 16, 6: 32}
"""The shortest length of a network that a node may be called from: a wider one is no list of addresses."""
LONGEST_TEXT = 4000
LONGEST_ID = 64
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_PEOPLE, MOST_VERSIONS = 2**31, 2**15
PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})


def why_not(told: PeerTold) -> str:
    """What is wrong with a registration; nothing if it is good (ARC-01, SEC-09)."""
    place = addresses.place(told.site)
    listed = told.keys.get("keys")
    if not (CODE.fullmatch(told.code) or is_uscc(told.code)):
        return "code is the six digits of a province or the credit code of a ministry"
    if not (told.name.zh and told.name.en and told.basis):
        return "name in both languages and the legal basis are written in full"
    if place is None or place.path or place.authority == "" or told.site.endswith("/"):
        return f"{told.site} is no plain address of a site, such as https://www.example.gov.cn"
    if not told.networks or not all(_is_narrow(each) for each in told.networks):
        return "networks lists the addresses it calls from, such as 10.1.2.3/32; none may be wider than /16 or, of IPv6, /32"
    if not isinstance(listed, list) or not listed or not all(_is_public(each) for each in listed):
        return "keys are the public keys it shows at /oidc/keys, copied whole, each with its name (kid)"
    return ""


def _is_narrow(written: str) -> bool:
    try:
        network = ip_network(written)
    except ValueError:
        return False
    return network.prefixlen >= WIDEST[network.version]


def _is_public(key: object) -> bool:
    return (isinstance(key, dict) and isinstance(key.get("kid"), str) and key.get("kty") in ("EC", "RSA")
            and not PRIVATE_PARTS & key.keys())


def may_call_from(address: str, networks: Sequence[str]) -> bool:
    """Is a node called from where it was said to stand (SEC-09)?"""
    try:
        place = ip_address(address)
    except ValueError:
        return False
    return any(place in network for network in map(ip_network, networks) if network.version == place.version)


def speaker(token: str) -> str:
    """The site an envelope says it comes from, before anything of it is believed; nothing if it cannot be read."""
    try:
        part = token.split(".")[1]
        told = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError, RecursionError):
        return ""
    said = told.get("iss") if isinstance(told, dict) else None
    return said if isinstance(said, str) and len(said) <= addresses.LONGEST_ADDRESS else ""


def envelope(*, sender: str, receiver: str, method: str, path: str, body: bytes, now: int, seconds: int, name: str) -> dict[str, Any]:
    """The claims that vouch for one request: from whom to whom, what, when and once. `name` is used for nothing else."""
    return {"iss": sender, "aud": receiver, "iat": now, "exp": now + seconds, "jti": name, "htm": method, "htu": path,
            "sha256": hashlib.sha256(body).hexdigest()}


def is_believed(claims: Mapping[str, Any], *, sender: str, receiver: str, method: str, path: str, body: bytes, now: float,
                seconds: int) -> bool:
    """Do signed claims vouch for just this request, to us, within the window (SEC-09: five minutes)?"""
    made, ends, name = claims.get("iat"), claims.get("exp"), claims.get("jti")
    return (claims.get("iss") == sender and claims.get("aud") == receiver and claims.get("htm") == method and claims.get("htu") == path
            and claims.get("sha256") == hashlib.sha256(body).hexdigest()
            and type(made) is int and type(ends) is int and now - seconds <= made <= now + AHEAD_SECONDS and now < ends
            and isinstance(name, str) and 16 <= len(name) <= LONGEST_ID)


def why_not_noted(what: str, measures: str, people: int | None) -> str:
    """What is wrong with what is told of an incident; nothing if it is good."""
    if not what.strip() or len(what) > LONGEST_TEXT or len(measures) > LONGEST_TEXT:
        return f"say what happened and what was done, each in {LONGEST_TEXT} characters at most"
    if people is not None and not 0 <= people < MOST_PEOPLE:
        return "people is how many people it concerns"
    return ""


def may_have_been(instant: datetime, now: datetime) -> bool:
    """Is it an instant with its offset, of these years and not of the future?"""
    return instant.tzinfo is not None and EARLIEST <= instant <= now + timedelta(seconds=AHEAD_SECONDS)


def why_not_heard(told: Report, now: datetime) -> str:
    """What is wrong with a report of another node; nothing if it is good."""
    if told.schema != SCHEMA:
        return f"this node reads schema {SCHEMA}"
    if not 1 <= told.version < MOST_VERSIONS or not NAME.fullmatch(told.incident):
        return "incident is 1 to 64 letters, digits, hyphens and underscores; version counts from 1"
    if not all(may_have_been(each, now) for each in (told.known_at, told.closed_at) if each is not None):
        return "instants have their offset and are not of the future"
    return why_not_noted(told.what, told.measures, told.people)
