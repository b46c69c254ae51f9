"""The way to other nodes: one request, vouched for by an envelope that this node signs."""

from http import HTTPStatus
from typing import Protocol

import msgspec
from django.conf import settings

from tongban.federation.errors import ReportRefused, SuperiorHolds, SuperiorSilent
from tongban.federation.rules import MOST_VERSIONS, envelope, may_have_been
from tongban.federation.types import ENVELOPE, Peer, Receipt, Report
from tongban.kernel import clock, ids, vault
from tongban.kernel.errors import HouseError
from tongban.kernel.outgoing import Target, send_to

INCIDENTS = "/gateway/incidents"
ENVELOPE_SECONDS = 120
"""How long an envelope of ours may be opened: the shortest that survives two clocks and a slow line."""


class Superior(Protocol):
    """Takes reports of incidents; raises `SuperiorSilent`."""

    def report(self, peer: Peer, report: Report) -> Receipt: ...


class OverHttps:
    """Posts the report to the node's gateway and believes nothing but a receipt for this very report."""

    def report(self, peer: Peer, report: Report) -> Receipt:
        """Bring a report; the receipt says when its first version came."""
        body = msgspec.json.encode(report)
        claims = envelope(sender=settings.SITE_URL, receiver=peer.site, method="POST", path=INCIDENTS, body=body,
                          now=int(clock.now().timestamp()), seconds=ENVELOPE_SECONDS, name=ids.public_id())
        token = vault.sign_token(ENVELOPE, claims)
        there = Target(name=f"node:{peer.code}", address=peer.site + INCIDENTS, private=peer.private)
        try:
            answer = send_to(there, method="POST", body=body,
                             headers={"Authorization": f"Node {token}", "Content-Type": "application/json"})
        except HouseError as error:
            raise SuperiorSilent(why=error.code) from error
        if answer.status != HTTPStatus.OK:
            raise _refusal(answer.status, answer.body)
        receipt = _receipt_of(answer.body)
        if not may_have_been(receipt.received_at, clock.now()):
            raise SuperiorSilent(why="its receipt names no instant of these years")
        if (receipt.incident, receipt.version) != (report.incident, report.version):
            raise SuperiorSilent(why="its receipt is for something else")
        return receipt


def superior_node() -> Superior:
    """The way in use."""
    return OverHttps()


def _receipt_of(body: bytes) -> Receipt:
    try:
        return msgspec.json.decode(body, type=Receipt)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SuperiorSilent(why="its receipt cannot be read") from error


def _refusal(status: int, body: bytes) -> HouseError:
    """What a superior node says no with: what it holds already, what no repeating mends, or silence."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        told = None
    held = told.get("held") if isinstance(told, dict) else None
    if status == HTTPStatus.CONFLICT and type(held) is int and 0 < held < MOST_VERSIONS:
        return SuperiorHolds(held=held)
    if status in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
        return ReportRefused(why=f"it answered {status}")
    return SuperiorSilent(why=f"it answered {status}")
