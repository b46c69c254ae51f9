"""Which addresses the house may call (T21): values in, values out. A target is written in one way only.

What is refused whatever an operator allows: this machine's neighbours (link-local), the services that tell a machine in a
cloud its own keys, groups (multicast), reserved ranges, and IPv6 addresses that only wrap one of IPv4.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_ADDRESS = 300
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"(?=.{{1,253}}$)(?:{LABEL}\.)*[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
"""The last part begins with a letter, so that no spelling of a number passes for a name."""

PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~+-]+)*/?")
ADDRESS = re.compile(r"(https?)://(\[[0-9a-f:]{2,39}\]|[a-z0-9.-]{1,253})(?::([1-9][0-9]{0,4}))?(/.*)?")
PORTS = {"https": 443, "http": 80}

LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
PRIVATE: tuple[Network, ...] = (*LOOPBACK, IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"),
                                IPv4Network("192.168.0.0/16"), IPv4Network("100.64.0.0/10"), IPv6Network("fc00::/7"))
METADATA = frozenset(map(ip_address, ("169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254",
                                      "168.63.129.16")))
"""Where clouds answer a machine's questions about itself; some lie in ranges that are otherwise private or public."""

NEVER: tuple[Network, ...] = tuple(map(IPv4Network, (
    "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")))
GLOBAL6 = IPv6Network("2000::/3")
NEVER6: tuple[Network, ...] = tuple(map(IPv6Network, (
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
"""Within what is global: tunnels that hold an address of IPv4, and addresses for documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address as it was written, in its parts."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the other side reads them."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == PORTS[self.scheme] else f"{shown}:{self.port}"


def place(written: str) -> Place | None:
    """The parts of a target's address; None unless it is written plainly, without name, password, query or tricks."""
    found = ADDRESS.fullmatch(written) if len(written) <= LONGEST_ADDRESS else None
    if found is None:
        return None
    scheme, host, port, path = found[1], found[2].strip("[]"), int(found[3] or PORTS[found[1]]), found[4] or ""
    if found[2].startswith("[") and ":" not in host:
        return None
    if not (_is_plain_number(host) or HOST.fullmatch(host)) or port > 65535 or not PATH.fullmatch(path):
        return None
    return Place(scheme=scheme, host=host, port=port, path=path.rstrip("/"))


def literal(host: str) -> Address | None:
    """The number a host is, if it is one."""
    return ip_address(host) if _is_plain_number(host) else None


def may_call(address: Address, *, private: bool) -> bool:
    """May a target be here? `private`: its row allows this installation's own networks."""
    if address in METADATA or getattr(address, "scope_id", None):
        return False
    if _within(address, PRIVATE):
        return private
    if isinstance(address, IPv4Address):
        return not _within(address, NEVER)
    return address in GLOBAL6 and not _within(address, NEVER6)


def is_loopback(address: Address) -> bool:
    """Is it this machine itself?"""
    return _within(address, LOOPBACK)


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _is_plain_number(host: str) -> bool:
    try:
        return str(ip_address(host)) == host
    except ValueError:
        return False
