"""Who is calling."""

import hashlib
import re

from tongban.identity import rules
from tongban.identity.types import Actor, ActorKind, Extent, Helping, Mandate, Post, Proofing, Role, Strength
from tongban.kernel import database, vault
from tongban.kernel.types import Channel

ACTOR = """
with seen as (
  update identity_session set last_seen_at = kernel_now()
  where token_hash = %(token)s and closed_at is null
    and (last_seen_at < kernel_now() - interval '60 seconds' or (channel = 'api' and last_seen_at = opened_at))
    and last_seen_at > kernel_now() - idle and expires_at > kernel_now()
)
select a.id, a.kind, a.party_id,
  case when a.proofing_until < kernel_today() then least(a.proofing, 1) else a.proofing end, a.display, a.display_en, s.channel,
  array(select g.entity_id from identity_agency g where g.agent_id = a.party_id
        and g.valid_from <= kernel_today() and (g.valid_to is null or g.valid_to >= kernel_today()) order by 1),
  array(select p.authority_id || ':' || p.role from identity_post p where p.account_id = a.id
        and p.valid_from <= kernel_today() and (p.valid_to is null or p.valid_to >= kernel_today()) order by 1),
  extract(epoch from least(s.expires_at - kernel_now(), case
    when s.last_seen_at < kernel_now() - interval '60 seconds' then s.idle
    else s.idle - (kernel_now() - s.last_seen_at) end))::int,
  s.strength, extract(epoch from kernel_now() - s.proved_at)::int,
  s.strength > 1 or exists(select from identity_device d where d.account_id = a.id and d.device_hash = s.device_hash
                           and d.removed_at is null),
  array(select m.id from identity_party m where m.merged_into_id = a.party_id order by 1),
  case when s.channel <> 'api' then array(select array[m.principal_id::text, m.firm::text, m.extent::text, m.items]
    from identity_acting m where m.agent_id = a.party_id order by m.id)::text[] else '{}' end,
  case when a.kind = 'OFFICER' then identity_helped(s.token_hash) end
from identity_session s join identity_account a on a.id = s.account_id
where s.token_hash = %(token)s and s.closed_at is null and a.active
  and s.last_seen_at > kernel_now() - s.idle and s.expires_at > kernel_now()
"""


def token_hash(token: str) -> str:
    """What the table keeps of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def actor_by_session(token: str) -> Actor | None:
    """The caller behind a session token, or None if it is unknown, idle too long, expired or closed."""
    found = database.row(ACTOR, {"token": token_hash(token)})
    if found is None:
        return None
    (account, kind, party, proofing, display, display_en, channel, entities, posts, seconds_left, strength, proved, known,
     merged, mandates, helping) = found
    return Actor(
        account=account, kind=ActorKind(kind), party=party, proofing=Proofing(proofing), display=display, display_en=display_en,
        channel=Channel(channel), entities=tuple(entities), seconds_left=seconds_left,
        strength=Strength(strength), proved_seconds=proved, known_device=known, merged=tuple(merged),
        mandates=tuple(Mandate(principal=int(principal), firm=firm == "true", extent=Extent(int(extent)),
                               items=tuple(items.split())) for principal, firm, extent, items in mandates),
        helping=Helping(key=int(helping[0]), principal=int(helping[1]), name=helping[2],
                        proofing=Proofing(int(helping[3]))) if helping else None,
        posts=tuple(Post(authority=int(authority), role=Role(role))
                    for authority, role in (post.split(":") for post in posts)))


def login_of(typed: str) -> str:
    """The name an account is kept under: whoever registered by phone types the phone, which is not kept in clear."""
    number = re.sub(r"^\+?86(?=1[0-9]{10}$)", "", re.sub(r"[\s-]", "", typed))
    return f"phone:{vault.token('login', number)}" if rules.is_mobile(number) else typed


def kind_of(login: str) -> ActorKind | None:
    """Whether a login is a citizen's or an officer's."""
    found = database.row("select kind from identity_account where login = %s and active", [login_of(login)])
    return ActorKind(found[0]) if found else None


def account_of(login: str) -> int | None:
    """The account of a login."""
    found = database.row("select id from identity_account where login = %s and active", [login_of(login)])
    return found[0] if found else None
