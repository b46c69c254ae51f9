"""The outside registers of people and firms: none is connected, so what was loaded here answers for them."""

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from tongban.kernel.simulations import Simulation, declare
from tongban.kernel.types import Text

SECONDS = 5

declare(Simulation(
    name="tongban.identity.queries.party",
    stands_for=Text(zh="人口库、法人库", en="The registers of people and of legal entities"),
    pretends=Text(zh="用本系统自己登记的姓名、证件号和企业资料代替，预填时注明“模拟”；没有人核对过实名等级。",
                  en="What was registered in this system is taken for what they say, and forms filled with it say so; nobody "
                     "verified the real-name levels."),
    replaced_by=Text(zh="国家人口、法人单位基础信息库，经政务信息资源交换平台（GB/T 21062）查询；刷脸核验另经公安核验服务。",
                     en="The national registers of people and legal entities, asked through the exchange platform "
                        "(GB/T 21062); faces through the verification service of the police."),
    seam="tongban.identity.queries.party",
    proof="tests/portal/test_signed_in_pages.py::test_what_registers_know_is_filled_in_and_named",
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
    parts = urlsplit(address)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), body,
                           {"Content-Type": "application/x-www-form-urlencoded"})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()
