"""Other nodes: let in by two administrators, believed one envelope at a time, heard once (SEC-09, T22)."""

from datetime import timedelta

import msgspec
from django.conf import settings
from psycopg.types.json import Jsonb

from tongban.federation import queries, rules
from tongban.federation.errors import (
    EnvelopeNotBelieved,
    EnvelopeUsed,
    PeerNotProposed,
    PeerNotValid,
    PeerTooQuick,
    PeerUnknown,
    ReportNotReadable,
    ReportOutdated,
)
from tongban.federation.events import IncidentHeard, PeerClosed, PeerConfirmed, PeerProposed
from tongban.federation.types import ENVELOPE, Peer, PeerTold, Receipt, Report
from tongban.identity.access import require_duty
from tongban.identity.actions import check_place, note_place
from tongban.identity.types import Actor, Duty
from tongban.kernel import clock, database, events, ids, parameters, vault
from tongban.kernel.types import System, Who

PLACES = "gateway"
HOLD = "select from federation_peer where key = %s for update"
BEFORE = f"update federation_peer set closed_at = kernel_now() where key <> %(key)s and {queries.OPEN} and {queries.SAME}"
KEEP = """
insert into federation_heard (code, peer_id, incident, version, report, received_at)
values (%(code)s, %(peer)s, %(incident)s, %(version)s, %(report)s, kernel_now())
on conflict (code, incident) do update set peer_id = excluded.peer_id, version = excluded.version, report = excluded.report
where federation_heard.version < excluded.version returning received_at
"""


def propose_peer(actor: Actor, *, told: PeerTold) -> str:
    """The system administrator proposes to speak with another node; returns its key, or that of the very same which waits already."""
    require_duty(actor, Duty.SYSTEM)
    why = rules.why_not(told)
    if why or told.site == settings.SITE_URL:
        raise PeerNotValid(why=why or "this is the node itself")
    same = [each.key for each in queries.waiting_peers() if _as_told(each) == told]
    if same:
        return same[0]
    key, hours = ids.public_id(), parameters.value("identity.founding_hours", clock.today())
    with database.atomic():
        database.execute(
            "insert into federation_peer (key, code, site, name, name_en, networks, keys, basis, superior, private, proposed_by, "
            "expires_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, kernel_now() + %s)",
            [key, told.code, told.site, told.name.zh, told.name.en, list(told.networks), Jsonb(dict(told.keys)), told.basis, told.superior,
             told.private, actor.account, timedelta(hours=hours)])
        events.record(actor, PeerProposed(peer=key), subject=f"peer:{key}")
    return key


def confirm_peer(actor: Actor, *, key: str) -> None:
    """The security administrator agrees; what was known of the same node before, such as older keys, ends with it.

    There is one superior node: a new one takes the place of the other.
    """
    require_duty(actor, Duty.SECURITY)
    with database.atomic():
        told = queries.proposed_peer(key)
        if told is None or database.row(HOLD, [key]) is None:
            raise PeerNotProposed
        database.execute(BEFORE, {"key": key, "code": told.code, "site": told.site, "superior": told.superior})
        if not database.execute("update federation_peer set confirmed_by = %s, confirmed_at = kernel_now() where key = %s "
                                "and confirmed_at is null and closed_at is null", [actor.account, key]):
            raise PeerNotProposed
        events.record(actor, PeerConfirmed(peer=key, superior=told.superior), subject=f"peer:{key}")


def close_peer(actor: Actor, *, key: str) -> None:
    """The system or the security administrator believes a node no more, at once."""
    require_duty(actor, Duty.SYSTEM, Duty.SECURITY)
    with database.atomic():
        if not database.execute("update federation_peer set closed_at = kernel_now() where key = %s and closed_at is null", [key]):
            raise PeerUnknown
        events.record(actor, PeerClosed(peer=key), subject=f"peer:{key}")


def open_envelope(*, token: str, method: str, path: str, body: bytes, address: str) -> Peer:
    """The node that vouches for this request, once: its key, from where it stands, within the window, not too often.

    Whoever brings what is not believed is not listened to for a while; nothing says which of these it was.
    """
    today = clock.today()
    check_place(PLACES, address, most=parameters.value("identity.address_failures", today),
                minutes=parameters.value("identity.lockout_minutes", today))
    peer = queries.peer_at(rules.speaker(token))
    claims = vault.read_foreign_token(peer.keys, token, (ENVELOPE,)) if peer and rules.may_call_from(address, peer.networks) else None
    if peer is None or claims is None or not rules.is_believed(
            claims, sender=peer.site, receiver=settings.SITE_URL, method=method, path=path, body=body, now=clock.now().timestamp(),
            seconds=parameters.value("federation.window_minutes", today) * 60):
        note_place(PLACES, address)
        raise EnvelopeNotBelieved
    with database.atomic():
        if database.row("select from federation_peer where key = %s and closed_at is null for share", [peer.key]) is None:
            raise EnvelopeNotBelieved
        if not database.execute("insert into federation_envelope (peer_id, name, at) values (%s, %s, kernel_now()) on conflict do nothing",
                                [peer.key, claims["jti"]]):
            raise EnvelopeUsed
        found = database.row("select count(*) from federation_envelope where peer_id = %s and at > kernel_now() - interval '1 minute'",
                             [peer.key])
        if found and found[0] > parameters.value("federation.requests_minute", today):
            raise PeerTooQuick
    return peer


def hear_incident(peer: Peer, *, body: bytes) -> Receipt:
    """Keep what another node reports of an incident of its own; the same again gives the same receipt."""
    try:
        told = msgspec.json.decode(body, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ReportNotReadable(why=str(error)[:200]) from error
    why = rules.why_not_heard(told, clock.now())
    if why:
        raise ReportNotReadable(why=why)
    cell = f"{peer.code}:{told.incident}"
    with database.atomic():
        made = database.row(KEEP, {"code": peer.code, "peer": peer.key, "incident": told.incident, "version": told.version,
                                   "report": vault.seal("federation_heard", "report", cell, msgspec.json.encode(told).decode())})
        if made is None:
            return _held(peer, told, cell)
        events.record(System(name=f"node:{peer.code}"),
                      IncidentHeard(peer=peer.key, incident=told.incident, version=told.version, severity=told.severity),
                      subject=f"peer:{peer.key}")
    return Receipt(incident=told.incident, version=told.version, received_at=made[0])


def forget_envelopes(who: Who) -> int:
    """Forget envelopes that would not be believed any more."""
    minutes = parameters.value("federation.window_minutes", clock.today())
    return database.execute("delete from federation_envelope where at < kernel_now() - %s",
                            [timedelta(minutes=2 * minutes, seconds=2 * rules.AHEAD_SECONDS)])


def _as_told(peer: Peer) -> PeerTold:
    return PeerTold(code=peer.code, site=peer.site, name=peer.name, networks=peer.networks, keys=peer.keys, basis=peer.basis,
                    superior=peer.superior, private=peer.private)


def _held(peer: Peer, told: Report, cell: str) -> Receipt:
    """The receipt of what is held already, if it is the very same."""
    found = database.row("select version, report, received_at from federation_heard where code = %s and incident = %s",
                         [peer.code, told.incident])
    if found is None or msgspec.json.decode(vault.unseal("federation_heard", "report", cell, found[1]), type=Report) != told:
        raise ReportOutdated(held=found[0] if found else told.version)
    return Receipt(incident=told.incident, version=told.version, received_at=found[2])
