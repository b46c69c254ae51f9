"""The only way out over the network (T21): to targets registered by name, never to an address that came with a request.

A target's name is resolved once, every address it has must be allowed, and the connection goes to one of those and nowhere
else. Redirects are not followed; an answer has a time and a size (resolving the name keeps the system's own time). Nothing
is called inside a transaction.
"""

import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from time import monotonic
from urllib.parse import urlencode

import structlog
from django.conf import settings

from tongban.kernel import addresses, database, events
from tongban.kernel.addresses import Address, Place
from tongban.kernel.errors import NotFound, Refusal, Unavailable
from tongban.kernel.events import event
from tongban.kernel.types import Who

SECONDS = 10.0
MOST_BYTES = 1024 * 1024
SHORTEST = 0.001
NAME = re.compile(r"[a-z][a-z0-9.:-]{1,79}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT"})
OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
LAST = "select address, private from kernel_target where name = %s order by id desc limit 1"
EVERY = """
select distinct on (name) name, address, private from kernel_target order by name, id desc
"""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A system outside; `private` if it may stand in this installation's own networks."""

    name: str
    address: str
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a target answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@event()
class TargetRegistered:
    """A system outside may be called from now on at this address."""

    name: str
    address: str
    private: bool


@event()
class TargetClosed:
    """A system outside is called no more."""

    name: str


class TargetAddressNotAllowed(Refusal):
    """“{target}” cannot be called at this address. Write https://, the plain name and a path, nothing else."""


class TargetNameNotAllowed(Refusal):
    """A target's name has 2 to 80 small letters, digits, dots, colons and hyphens, and begins with a letter."""


class TargetUnknown(NotFound):
    """No system outside is registered under “{target}”."""


class TargetNotAnswering(Unavailable):
    """“{target}” does not answer as agreed. Nothing was lost; please try again in a few minutes."""


class CalledInTransaction(RuntimeError):
    """A call over the network would hold rows for as long as a stranger likes."""


def register(who: Who, *, name: str, address: str, private: bool = False) -> None:
    """Say at which address a target is called from now on; the last row of a name holds."""
    if not NAME.fullmatch(name):
        raise TargetNameNotAllowed
    _place_of(Target(name=name, address=address, private=private))
    with database.atomic():
        database.execute("insert into kernel_target (name, address, private, actor) values (%s, %s, %s, %s)",
                         [name, address, private, who.actor_id])
        events.record(who, TargetRegistered(name=name, address=address, private=private), subject=f"target:{name}")


def close(who: Who, *, name: str) -> None:
    """Call a target no more."""
    target(name)
    with database.atomic():
        database.execute("insert into kernel_target (name, address, private, actor) values (%s, '', false, %s)",
                         [name, who.actor_id])
        events.record(who, TargetClosed(name=name), subject=f"target:{name}")


def target(name: str) -> Target:
    """The target of a name."""
    found = database.row(LAST, [name])
    if found is None or not found[0]:
        raise TargetUnknown(target=name)
    return Target(name=name, address=found[0], private=found[1])


def targets() -> tuple[Target, ...]:
    """Every target that may be called."""
    return tuple(Target(name=name, address=address, private=private) for name, address, private in database.rows(EVERY)
                 if address)


def send(to: str, *, method: str = "GET", path: str = "", query: Mapping[str, str] | None = None, body: bytes = b"",
         headers: Mapping[str, str] | None = None, seconds: float = SECONDS, most: int = MOST_BYTES) -> Answer:
    """Ask the target of a name; `path` continues its address. Any status but a redirect is an answer."""
    return send_to(target(to), method=method, path=path, query=query, body=body, headers=headers, seconds=seconds, most=most)


def send_to(to: Target, *, method: str = "GET", path: str = "", query: Mapping[str, str] | None = None, body: bytes = b"",
            headers: Mapping[str, str] | None = None, seconds: float = SECONDS, most: int = MOST_BYTES) -> Answer:
    """Ask a target whose row the caller has read; for callers that keep their targets in rows of their own."""
    if database.connection().in_atomic_block:
        raise CalledInTransaction(to.name)
    there = _place_of(to)
    given = {name.lower(): value for name, value in (headers or {}).items()}
    if method not in METHODS or not addresses.PATH.fullmatch(path) or given.keys() & OWN_HEADERS:
        raise TargetAddressNotAllowed(target=to.name)
    line = (there.path + path or "/") + (f"?{urlencode(query)}" if query else "")
    until = monotonic() + seconds
    try:
        with _connected(_resolved(to, there), there.port, until) as plain, _ended_by(plain, until):
            status, told, content, whole = _asked(_proven(plain, there), there, method, line, body, given, most)
    except (OSError, HTTPException) as error:
        raise _silent(to, type(error).__name__) from error
    if not whole or not 200 <= status < 600 or 300 <= status < 400 or monotonic() >= until:
        raise _silent(to, str(status) if whole else "late, broken off or too large")
    return Answer(status=status, headers=told, body=content)


def _asked(wire: socket.socket, there: Place, method: str, line: str, body: bytes, headers: Mapping[str, str],
           most: int) -> tuple[int, Mapping[str, str], bytes, bool]:
    """One question on an open connection: status, headers and body of the answer, and whether the body is whole."""
    asking = HTTPConnection(there.host, there.port)
    asking.auto_open = 0
    asking.sock = wire
    with wire:
        asking.request(method, line, body=body or None, headers={
            "Host": there.authority, "Accept-Encoding": "identity", "Connection": "close", "User-Agent": "tongban", **headers})
        response = asking.getresponse()
        content = response.read(most + 1)
        told = {name.lower(): value for name, value in response.getheaders()}
        return response.status, told, content, len(content) <= most and not response.length


def _connected(found: Sequence[Address], port: int, until: float) -> socket.socket:
    """A connection to the first of these addresses that takes it."""
    refused = OSError("no address")
    for address in found:
        wire = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
        wire.settimeout(max(until - monotonic(), SHORTEST))
        try:
            wire.connect((str(address), port))
        except OSError as error:
            wire.close()
            refused = error
        else:
            return wire
    raise refused


def _proven(plain: socket.socket, there: Place) -> socket.socket:
    """The connection itself, or, for https, one whose other end has proved its name."""
    if there.scheme == "http":
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=there.host)


@contextmanager
def _ended_by(wire: socket.socket, until: float) -> Iterator[None]:
    """End the connection under whoever reads from it, however slowly the other side speaks."""
    handle = wire.dup()
    clock = threading.Timer(max(until - monotonic(), SHORTEST), _cut, [handle])
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()
        clock.join()
        handle.close()


def _resolved(to: Target, there: Place) -> list[Address]:
    """The addresses of a target, asked for once; one that is not allowed forbids all."""
    known = addresses.literal(there.host)
    if known is None:
        told = socket.getaddrinfo(there.host, there.port, type=socket.SOCK_STREAM)
        found = list(dict.fromkeys(ip_address(each[4][0]) for each in told))
    else:
        found = [known]
    for each in found:
        plainly = there.scheme == "https" or (addresses.is_loopback(each) and not settings.HTTPS)
        if not plainly or not addresses.may_call(each, private=to.private):
            log.warning("target_refused", target=to.name)
            raise TargetAddressNotAllowed(target=to.name)
    return found


def _place_of(to: Target) -> Place:
    """The parts of a target's address; refused if it is not written plainly, or is a number that may not be called."""
    found = addresses.place(to.address)
    if found is None or (addresses.literal(found.host) is None and found.scheme == "http" and found.host != "localhost"):
        raise TargetAddressNotAllowed(target=to.name)
    if addresses.literal(found.host) is not None:
        _resolved(to, found)
    return found


def _cut(wire: socket.socket) -> None:
    with suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)


def _silent(to: Target, why: str) -> TargetNotAnswering:
    log.warning("target_silent", target=to.name, why=why)
    return TargetNotAnswering(target=to.name)
