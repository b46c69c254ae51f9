"""Signing people in to other systems: what they allow, the code, the tokens that come of it, and their end (T29).

Everything that depends on chance or on a stranger's word is bound: a code to system, address, verifier and session; a
token to code, grant and session. Nothing here tells a caller why it was refused.
"""

import base64
import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from tongban.identity.errors import GrantNotYours
from tongban.identity.events import (
    AccessGranted,
    AttributesReleased,
    GrantWithdrawn,
    SystemSignedIn,
    TokensClosed,
    TokensIssued,
)
from tongban.identity.queries import ClientView, party, token_hash
from tongban.identity.types import Actor, Issued, Scope, acr_of
from tongban.kernel import clock, database, disclosures, events, parameters, vault
from tongban.kernel.types import Channel, System

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
ACCESS, REFRESH = "ACCESS", "REFRESH"
IDENTITY_TOKEN = "JWT"  # noqa: S105 - the kind of a token, not one
FIELDS = {Scope.PROFILE: "name", Scope.LEVEL: "level", Scope.REGION: "region", Scope.PHONE: "phone",
          Scope.ID_NUMBER: "id_number_masked"}
HELD = """
select g.id, g.client_id, g.account_id, g.party_id, g.subject, c.code_hash, c.session_hash, c.acr, c.proved_at, t.scopes,
       t.ends_at, t.used_at is not null, a.proofing,
       t.closed_at is null and t.expires_at > kernel_now() and g.withdrawn_at is null and a.active
       and exists (select from identity_client x where x.key = g.client_id and x.closed_at is null)
       and exists (select from identity_session s where s.token_hash = c.session_hash and s.closed_at is null)
from identity_grant_token t join identity_grant_code c on c.code_hash = t.code_id join identity_grant g on g.id = c.grant_id
join identity_account a on a.id = g.account_id
where t.token_hash = %s and t.kind = %s for update of c, t
"""


def give_grant(actor: Actor, *, client: ClientView, scopes: tuple[str, ...]) -> None:
    """Let a system know what these scopes name, and no more than it is registered for; what was allowed before stays."""
    wanted = [each for each in client.scopes if each in scopes]
    subject = pairwise(actor.account, client.sector)
    with database.atomic():
        made = database.row(
            "insert into identity_grant (account_id, party_id, client_id, scopes, subject, given_at) "
            "values (%s, %s, %s, %s, %s, kernel_now()) on conflict (account_id, client_id) where withdrawn_at is null "
            "do update set scopes = array(select distinct unnest(identity_grant.scopes || excluded.scopes) order by 1) "
            "returning id, scopes, xmax = 0", [actor.account, actor.party, client.key, wanted, subject])
        key, held, first = made or (0, [], True)
        events.record(actor, AccessGranted(grant=key, client=client.key, scopes=tuple(held), first=first),
                      subject=f"grant:{key}", party=actor.party)


def withdraw_grant(actor: Actor, *, grant: int) -> None:
    """Let a system know no more; whatever tokens it holds of this stop working with this transaction."""
    with database.atomic():
        found = database.row("update identity_grant set withdrawn_at = kernel_now() where id = %s and account_id = %s "
                             "and withdrawn_at is null returning client_id", [grant, actor.account])
        if found is None:
            raise GrantNotYours
        events.record(actor, GrantWithdrawn(grant=grant, client=found[0]), subject=f"grant:{grant}", party=actor.party)


def issue_code(actor: Actor, *, client: ClientView, session: str, redirect: str, scopes: tuple[str, ...], nonce: str,
               challenge: str) -> str:
    """A code that a system can change for tokens once, within a minute; of it only the hash is kept."""
    code = secrets.token_urlsafe(32)
    seconds = parameters.value("identity.code_seconds", clock.today())
    with database.atomic():
        made = database.row(
            "insert into identity_grant_code (code_hash, grant_id, party_id, session_hash, redirect, scopes, nonce, "
            "challenge, acr, proved_at, expires_at) select %s, g.id, g.party_id, s.token_hash, %s, %s, %s, %s, %s, "
            "s.proved_at, kernel_now() + %s from identity_grant g, identity_session s where g.account_id = %s "
            "and g.client_id = %s and g.withdrawn_at is null and g.scopes @> %s::varchar[] and s.token_hash = %s "
            "and s.account_id = g.account_id returning grant_id",
            [token_hash(code), redirect, list(scopes), nonce, challenge, acr_of(actor.proofing, actor.strength),
             timedelta(seconds=seconds), actor.account, client.key, list(scopes), token_hash(session)])
        if made is None:
            raise GrantNotYours
        events.record(actor, SystemSignedIn(grant=made[0], client=client.key), subject=f"grant:{made[0]}",
                      party=actor.party)
    return code


def redeem_code(client: ClientView, *, code: str, redirect: str, verifier: str) -> Issued | None:
    """Tokens for a code, or nothing; one that comes a second time ends what came of it the first time."""
    with database.atomic():
        found = database.row(
            "select g.id, g.client_id, g.account_id, g.subject, c.code_hash, c.session_hash, c.redirect, c.scopes, c.nonce, "
            "c.challenge, c.acr, c.proved_at, c.used_at is not null, c.expires_at > kernel_now() and g.withdrawn_at is null "
            "and a.active and exists (select from identity_session s where s.token_hash = c.session_hash "
            "and s.closed_at is null) from identity_grant_code c join identity_grant g on g.id = c.grant_id "
            "join identity_account a on a.id = g.account_id where c.code_hash = %s for update of c", [token_hash(code)])
        if found is None or found[1] != client.key:
            return None
        (grant, _key, _account, subject, family, session, registered, scopes, nonce, challenge, acr, proved_at, used,
         holds) = found
        if used:
            _close_family(client, grant, family, replayed=True)
            return None
        database.execute("update identity_grant_code set used_at = kernel_now() where code_hash = %s", [family])
        if not holds or registered != redirect or not answers(verifier, challenge):
            return None
        sid = sid_of(session, client.key)
        database.execute(
            "insert into identity_sign_on (sid, session_hash, client_id, subject, at) values (%s, %s, %s, %s, kernel_now()) "
            "on conflict do nothing", [sid, session, client.key, subject])
        hours = parameters.value("identity.refresh_hours", clock.today())
        return _issue(client, grant, family, scopes, clock.now() + timedelta(hours=hours),
                      {"sub": subject, "acr": acr, "auth_time": int(proved_at.timestamp()), "sid": sid,
                       **({"nonce": nonce} if nonce else {})}, renewed=False)


def renew_tokens(client: ClientView, *, refresh: str, scopes: tuple[str, ...] = ()) -> Issued | None:
    """New tokens for a token of renewal, or nothing; one that comes a second time ends the whole family."""
    with database.atomic():
        found = database.row(HELD, [token_hash(refresh), REFRESH])
        if found is None or found[1] != client.key:
            return None
        (grant, _key, _account, _party, subject, family, session, acr, proved_at, held, ends_at, used, _proofing,
         holds) = found
        if used:
            _close_family(client, grant, family, replayed=True)
            return None
        if not holds or not set(scopes) <= set(held):
            return None
        database.execute("update identity_grant_token set used_at = kernel_now() where token_hash = %s",
                         [token_hash(refresh)])
        return _issue(client, grant, family, held, ends_at,
                      {"sub": subject, "acr": acr, "auth_time": int(proved_at.timestamp()),
                       "sid": sid_of(session, client.key)}, renewed=True, narrowed=scopes)


def give_back_token(client: ClientView, *, token: str) -> None:
    """A system is done: whatever came of the same sign-in ends; of a token that is not its own nothing is said."""
    with database.atomic():
        found = (database.row(HELD, [token_hash(token), REFRESH]) or database.row(HELD, [token_hash(token), ACCESS]))
        if found is not None and found[1] == client.key:
            _close_family(client, found[0], found[5], replayed=False)


def release_attributes(*, token: str) -> dict[str, Any] | None:
    """What the person lets the bearer of this token know, noted where the person can read it; nothing for a dead token."""
    with database.atomic():
        found = database.row(HELD, [token_hash(token), ACCESS])
        if found is None or not found[13]:
            return None
        grant, client, _account, who, subject, *_rest, scopes, _ends, _used, proofing, _holds = found
        told = {"sub": subject, **_attributes(who, proofing, scopes)}
        system = _system(client)
        fields = [FIELDS[Scope(each)] for each in scopes if each in FIELDS]
        database.execute("update identity_grant set used_at = kernel_now() where id = %s", [grant])
        if fields:
            disclosures.disclose(system, party=who, fields=fields, reason="authorised", subject=f"client:{client}")
        events.record(system, AttributesReleased(grant=grant, client=client, scopes=tuple(scopes)),
                      subject=f"grant:{grant}", party=who)
    return told


def pairwise(account: int, sector: str) -> str:
    """What the systems of one sector call a person: nobody can join two sectors by it."""
    known = database.row(
        "select g.subject from identity_grant g join identity_client c on c.key = g.client_id where g.account_id = %s "
        "and c.sector = %s order by g.id limit 1", [account, sector])
    return str(known[0]) if known else vault.token(f"subject:{sector}", f"account:{account}")


def answers(verifier: str, challenge: str) -> bool:
    """Does the verifier belong to the challenge (RFC 7636, S256 and nothing else)?"""
    if not VERIFIER.fullmatch(verifier):
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return secrets.compare_digest(made, challenge)


def sid_of(session_hash: str, client: str) -> str:
    """What one system calls one session of ours."""
    return hashlib.sha256(f"{session_hash}|{client}".encode()).hexdigest()[:32]


def _issue(client: ClientView, grant: int, family: str, scopes: list[str], ends_at: datetime, claims: dict[str, Any], *,
           renewed: bool, narrowed: tuple[str, ...] = ()) -> Issued:
    seconds = parameters.value("identity.access_seconds", clock.today())
    access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    good_for = [each for each in scopes if not narrowed or each in narrowed]
    for kind, token, held in ((ACCESS, access, good_for), (REFRESH, refresh, scopes)):
        database.execute(
            "insert into identity_grant_token (token_hash, kind, code_id, party_id, scopes, expires_at, ends_at) "
            "select %s, %s, code_hash, party_id, %s, case when %s = 'ACCESS' then least(kernel_now() + %s, %s) else %s end, %s "
            "from identity_grant_code where code_hash = %s",
            [token_hash(token), kind, held, kind, timedelta(seconds=seconds), ends_at, ends_at, ends_at, family])
    events.record(_system(client.key), TokensIssued(grant=grant, client=client.key, renewed=renewed),
                  subject=f"grant:{grant}")
    now = int(clock.now().timestamp())
    half = hashlib.sha256(access.encode()).digest()[:16]
    identity = vault.sign_token(IDENTITY_TOKEN, {
        "iss": settings.SITE_URL, "aud": client.key, "iat": now, "exp": now + seconds,
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(), **claims})
    return Issued(access=access, refresh=refresh, identity=identity, seconds=seconds, scopes=tuple(good_for))


def _close_family(client: ClientView, grant: int, family: str, *, replayed: bool) -> None:
    """End every token of one sign-in."""
    database.execute("update identity_grant_token set closed_at = kernel_now() where code_id = %s and closed_at is null",
                     [family])
    events.record(_system(client.key), TokensClosed(grant=grant, client=client.key, replayed=replayed),
                  subject=f"grant:{grant}")


def _attributes(who: int, proofing: int, scopes: list[str]) -> dict[str, Any]:
    known = party(who)
    if known is None:
        return {}
    every: dict[Scope, dict[str, Any]] = {
        Scope.PROFILE: {"name": known.name}, Scope.LEVEL: {"proofing": f"L{proofing}"}, Scope.REGION: {"region": known.region},
        Scope.PHONE: {"phone_number": f"+86{known.phone}" if re.fullmatch(r"1[0-9]{10}", known.phone) else known.phone},
        Scope.ID_NUMBER: {"id_number_masked": f"{'*' * (len(known.code) - 4)}{known.code[-4:]}"}}
    return {name: value for scope, told in every.items() if scope in scopes for name, value in told.items()}


def _system(client: str) -> System:
    return System(name=f"client:{client}", role="CLIENT", channel=Channel.API)
