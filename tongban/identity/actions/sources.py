"""Signing in with the identity of another node: let in by two administrators, joined to an account by its holder.

A node elsewhere never says which account here is somebody's: only whoever is signed in to it does, once.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tongban.identity.access import require_duty
from tongban.identity.actions.admitting import may_return_to
from tongban.identity.actions.assessing import agree_to_assessment, write_assessment
from tongban.identity.actions.attempts import GATE, check_place, note_place
from tongban.identity.actions.factors import UNUSED
from tongban.identity.actions.sessions import open_session, stay_signed_in
from tongban.identity.actions.telling import LOGOUT_EVENT
from tongban.identity.clients import identity_source
from tongban.identity.errors import (
    LinkNotYours,
    RegistrationNotValid,
    SourceNotBelieved,
    SourceNotProposed,
    SourceTaken,
    SourceUnknown,
)
from tongban.identity.events import (
    SourceClosed,
    SourceConfirmed,
    SourceLinked,
    SourceProposed,
    SourceSignedOut,
    SourceUnlinked,
    SourceUsed,
)
from tongban.identity.queries import token_hash
from tongban.identity.rules import strength_of
from tongban.identity.types import Actor, Arrived, Duty, SourceTold, SourceView, Strength
from tongban.kernel import clock, database, events, ids, parameters, vault
from tongban.kernel.types import Channel, Who

LOGOUTS = "source-logouts"
WHOSE = """source = %(source)s and (%(subject)s = '' or source_subject = %(subject)s)
  and (%(sid)s = '' or source_sid = %(sid)s or (source_sid = '' and %(subject)s <> ''))"""
"""A node that names a session means that one alone, unless it never told us its name."""
ENDED = f"update identity_session set closed_at = kernel_now() where closed_at is null and {WHOSE} returning account_id"
UNANSWERED = f"update identity_pairing set allowed = false where allowed and used_at is null and {WHOSE}"
"""A computer that its phone just let in is signed in no more."""


def propose_source(actor: Actor, *, told: SourceTold) -> str:
    """The system administrator proposes to believe the sign-in of another node; returns its key."""
    require_duty(actor, Duty.SYSTEM)
    if not (told.name.zh and told.name.en and told.basis and told.client_id and told.secret):
        raise RegistrationNotValid(why="name in both languages, legal basis, client_id and secret are written in full")
    if not may_return_to(told.issuer) or "?" in told.issuer or told.issuer.endswith("/"):
        raise RegistrationNotValid(why=f"{told.issuer} is no plain https address without a stroke at its end")
    key, hours = ids.public_id(), parameters.value("identity.founding_hours", clock.today())
    with database.atomic():
        database.execute(
            "insert into identity_source (key, issuer, client_id, secret, name, name_en, basis, private, strength, "
            "proposed_by_id, expires_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, kernel_now() + %s)",
            [key, told.issuer, told.client_id, vault.seal("identity_source", "secret", key, told.secret), told.name.zh,
             told.name.en, told.basis, told.private, int(min(told.strength, Strength.S2)), actor.account, timedelta(hours=hours)])
        write_assessment(actor, source=key, assessment=told.assessment)
        events.record(actor, SourceProposed(source=key), subject=f"source:{key}")
    return key


def confirm_source(actor: Actor, *, key: str, assessment: int) -> None:
    """The security administrator agrees that people may sign in with a node's identity, with the assessment they read."""
    require_duty(actor, Duty.SECURITY)
    with database.atomic():
        if not database.row("select 1 from identity_source where key = %s and confirmed_at is null and closed_at is null "
                            "and expires_at > kernel_now() for update", [key]):
            raise SourceNotProposed
        agree_to_assessment(actor, key=key, assessment=assessment)
        database.execute("update identity_source set confirmed_by_id = %s, confirmed_at = kernel_now() where key = %s",
                         [actor.account, key])
        events.record(actor, SourceConfirmed(source=key), subject=f"source:{key}")


def close_source(actor: Actor, *, key: str) -> None:
    """The system or the security administrator believes a node no more: nobody signs in with its identity, and who did is signed out."""
    require_duty(actor, Duty.SYSTEM, Duty.SECURITY)
    with database.atomic():
        if not database.execute("update identity_source set closed_at = kernel_now() where key = %s and closed_at is null", [key]):
            raise SourceUnknown
        _end(actor, source=key)
        events.record(actor, SourceClosed(source=key), subject=f"source:{key}")


def address_of_source(source: SourceView, *, address: str) -> str:
    """Where a node signs people in; it is asked for that, so this is called outside a transaction. `address`: who asks."""
    _count(address)
    return identity_source().endpoints(source).authorize


def receive_from_source(source: SourceView, *, code: str, verifier: str, nonce: str, back: str, address: str) -> Arrived:
    """Whom the node signed in, once it changed the code for a token we can check; called outside a transaction.

    Only a sign-in of the last minutes counts, however long a session there lasts.
    """
    _count(address)
    claims = identity_source().redeem(source, code=code, verifier=verifier, back=back)
    now = clock.now().timestamp()
    slack = parameters.value("identity.source_seconds", clock.today())
    audience, subject, proved = claims.get("aud"), claims.get("sub"), claims.get("auth_time")
    if (claims.get("iss") != source.issuer or audience not in (source.client_id, [source.client_id]) or not nonce
            or claims.get("nonce") != nonce or not _named(subject)
            or not _instant(claims.get("exp")) > now - 60 or not _instant(claims.get("iat")) < now + 60
            or not now - slack - 60 < _instant(proved) < now + 60):
        raise SourceNotBelieved(source=source.name)
    sid = claims.get("sid")
    return Arrived(source=source.key, subject=_kept(source, subject), sid=_kept(source, sid) if _named(sid) else "",
                   strength=min(source.strength, strength_of(str(claims.get("acr", "")))))


def sign_in_by_source(*, arrived: Arrived, browser: str) -> str:
    """Open the account that this identity was joined to; returns the session's token, nothing if there is none."""
    with database.atomic():
        found = database.row("select identity_use_link(%s, %s)", [arrived.source, arrived.subject])
        if found is None or found[0] is None:
            return ""
        account = int(found[0])
        token = open_session(account=account, channel=Channel.WEB, browser=browser, strength=arrived.strength, arrived=arrived)
        events.record(GATE, SourceUsed(account=account, source=arrived.source), subject=f"account:{account}")
    return token


def end_by_source(source: SourceView, *, token: str, address: str) -> int:
    """End what a node opened here and says has ended there (Back-Channel Logout 1.0); called outside a transaction.

    Returns how many sessions ended. A place that sends what we cannot check is not listened to for a while.
    """
    today = clock.today()
    check_place(LOGOUTS, address, most=parameters.value("identity.address_failures", today),
                minutes=parameters.value("identity.lockout_minutes", today))
    try:
        claims = _heard(source, token)
    except SourceNotBelieved:
        note_place(LOGOUTS, address)
        raise
    subject, sid = (_kept(source, claims[claim]) if claim in claims else "" for claim in ("sub", "sid"))
    with database.atomic():
        if not database.execute(UNUSED, [token_hash(f"logout:{source.key}:{claims['jti']}")]):
            raise SourceNotBelieved(source=source.name)
        return _end(GATE, source=source.key, subject=subject, sid=sid)


def link_source(actor: Actor, *, token: str, arrived: Arrived) -> None:
    """Let an identity of another node open one's own account from now on; it opens no other one. `token`: of the session that asks."""
    with database.atomic():
        stay_signed_in(token)
        made = database.row(
            "insert into identity_link (source_id, subject_hash, account_id, party_id, linked_at) select key, %s, %s, %s, "
            "kernel_now() from identity_source where key = %s and confirmed_at is not null and closed_at is null "
            "on conflict do nothing returning id", [arrived.subject, actor.account, actor.party, arrived.source])
        if made is None:
            raise SourceTaken
        events.record(actor, SourceLinked(link=made[0], source=arrived.source), subject=f"account:{actor.account}",
                      party=actor.party)


def unlink_source(actor: Actor, *, link: int) -> None:
    """That identity opens the account no more, and what it opened ends."""
    with database.atomic():
        ended = database.row("update identity_link set ended_at = kernel_now() where id = %s and account_id = %s "
                             "and ended_at is null returning source_id, subject_hash", [link, actor.account])
        if ended is None:
            raise LinkNotYours
        source, subject = ended
        events.record(actor, SourceUnlinked(link=link, source=source), subject=f"account:{actor.account}", party=actor.party)
        _end(actor, source=source, subject=subject)


def _end(who: Who, *, source: str, subject: str = "", sid: str = "") -> int:
    """End what an identity of a node opened here, all of it without one; returns how many sessions that were.

    Sessions come first, so that nobody answers for a computer from one; then the answers given, so that none is used; then
    sessions again: those that another transaction made of one of these while we waited for it.
    """
    told = {"source": source, "subject": subject, "sid": sid}
    ended = Counter(account for (account,) in database.rows(ENDED, told))
    database.execute(UNANSWERED, told)
    ended.update(account for (account,) in database.rows(ENDED, told))
    events.record_all(who, [events.Entry(happened=SourceSignedOut(account=account, source=source, count=count),
                                         subject=f"account:{account}") for account, count in sorted(ended.items())])
    return ended.total()


def _count(address: str) -> None:
    """Nobody has other nodes asked without end."""
    today = clock.today()
    check_place("sources", address, most=parameters.value("identity.address_failures", today),
                minutes=parameters.value("identity.lockout_minutes", today))
    note_place("sources", address)


def _heard(source: SourceView, token: str) -> Mapping[str, Any]:
    """What the node says has ended, by the keys we remember or those it shows now; it is asked for these seldom enough."""
    node = identity_source()
    claims = node.heard(source, token=token) or node.heard(source, token=token, anew=True)
    if claims is None or not _is_logout(source, claims):
        raise SourceNotBelieved(source=source.name)
    return claims


def _is_logout(source: SourceView, claims: Mapping[str, Any]) -> bool:
    """Is it a word of this node, to us, of the last minutes, that somebody has signed out?"""
    now = clock.now().timestamp()
    slack = parameters.value("identity.source_seconds", clock.today())
    happened, whose = claims.get("events"), [claims[name] for name in ("sub", "sid") if name in claims]
    return (claims.get("iss") == source.issuer and claims.get("aud") in (source.client_id, [source.client_id]) and "nonce" not in claims
            and isinstance(happened, dict) and isinstance(happened.get(LOGOUT_EVENT), dict)
            and bool(whose) and all(_named(each) for each in (*whose, claims.get("jti")))
            and _instant(claims.get("exp")) > now - 60 and now - slack - 60 < _instant(claims.get("iat")) < now + 60)


def _named(told: object) -> bool:
    """Can it be a name of somebody or something there?"""
    return isinstance(told, str) and 0 < len(told) <= 255


def _kept(source: SourceView, name: object) -> str:
    """What is kept of a name that the node gives somebody, or a session of theirs."""
    return vault.token(f"source:{source.key}", str(name))


def _instant(told: object) -> float:
    """Seconds since 1970; never, if it is no number."""
    return float(told) if isinstance(told, int | float) and not isinstance(told, bool) else float("nan")
