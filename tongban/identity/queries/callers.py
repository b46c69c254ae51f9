"""Who is calling."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from tongban.identity import rules
from tongban.identity.types import Actor, ActorKind, Extent, Helping, Mandate, Post, Proofing, Role, Strength
from tongban.kernel import database, vault
from tongban.kernel.types import Channel

ACTOR = """
select a.id as account, a.kind, a.party_id as party,
  case when a.proofing_until < kernel_today() then least(a.proofing, 1) else a.proofing end as proofing,
  a.display, a.display_en, s.channel,
  array(select g.entity_id from identity_agency g where g.agent_id = a.party_id
        and g.valid_from <= kernel_today() and (g.valid_to is null or g.valid_to >= kernel_today()) order by 1) as entities,
  array(select p.authority_id || ':' || p.role from identity_post p where p.account_id = a.id
        and p.valid_from <= kernel_today() and (p.valid_to is null or p.valid_to >= kernel_today()) order by 1) as posts,
  extract(epoch from least(s.expires_at - kernel_now(), s.idle - (kernel_now() - s.last_seen_at)))::int as seconds_left,
  s.strength, extract(epoch from kernel_now() - s.proved_at)::int as proved_seconds,
  extract(epoch from kernel_now() - s.passkey_at)::int as passkey_seconds,
  extract(epoch from kernel_now() - s.faced_at)::int as faced_seconds,
  s.strength > 1 or exists(select from identity_device d where d.account_id = a.id and d.device_hash = s.device_hash
                           and d.removed_at is null) as known_device,
  array(select m.id from identity_party m where m.merged_into_id = a.party_id order by 1) as merged,
  case when s.channel <> 'api' then array(select array[m.principal_id::text, m.firm::text, m.extent::text, m.items]
    from identity_acting m where m.agent_id = a.party_id and (a.kind = 'OFFICER' or not m.frozen)
    order by m.id)::text[] else '{}' end as mandates,
  case when a.kind = 'OFFICER' then identity_helped(s.token_hash) end as helping,
  s.last_seen_at < kernel_now() - interval '60 seconds' or (s.channel = 'api' and s.last_seen_at = s.opened_at) as unnoted
from identity_session s join identity_account a on a.id = s.account_id
where s.token_hash = $1 and s.closed_at is null and a.active
  and s.last_seen_at > kernel_now() - s.idle and s.expires_at > kernel_now()
"""
"""While either side is frozen nobody acts by a mandate, but an officer keeps off what it is about all the same."""
KNOWN = f"with caller as materialized ({ACTOR}) select row_to_json(c) from caller c"
ENTERED = f"""
with caller as materialized ({ACTOR})
select row_to_json(c), set_config('app.account', c.account::text, true), set_config('app.parties', m.parties::text, true),
  set_config('app.authorities', case when h.principal is null then
    array(select distinct split_part(p, ':', 1)::bigint from unnest(c.posts) p order by 1)::text else '{{}}' end, true),
  set_config('app.scopes', m.scopes, true), set_config('app.reach', (m.parties || m.principals)::text, true)
from caller c
cross join lateral (select case when $2::boolean then c.helping[2] end as principal) h
cross join lateral (
  select case when c.kind = 'CITIZEN' then array_remove(c.party || c.merged || c.entities, null) else '{{}}' end as parties,
    coalesce(string_agg(e.principal || ':' || e.item, ','), '') as scopes,
    array_agg(distinct e.principal::bigint) filter (where e.principal is not null) as principals
  from (select h.principal, '*' as item where h.principal is not null
        union all select c.mandates[i][1], unnest(coalesce(nullif(string_to_array(c.mandates[i][4], ' '), '{{}}'), '{{*}}'))
        from generate_subscripts(c.mandates, 1) i where c.kind = 'CITIZEN') e) m
where not ($3::boolean and c.channel = 'api')
"""
"""The scope is that of `Actor.parties`, `authorities` and `scopes`: what a caller may see is set as they become known."""
SEEN = """
with seen as (
  update identity_session set last_seen_at = kernel_now()
  where token_hash = %(token)s and closed_at is null
    and (last_seen_at < kernel_now() - interval '60 seconds' or (channel = 'api' and last_seen_at = opened_at))
    and last_seen_at > kernel_now() - idle and expires_at > kernel_now()
)
select identity_help_seen(%(token)s)
"""


class Known(msgspec.Struct, frozen=True):
    """The row of a caller; `unnoted`: that they were here should be written down again."""

    account: int
    kind: ActorKind
    party: int | None
    proofing: Proofing
    display: str
    display_en: str
    channel: Channel
    entities: tuple[int, ...]
    posts: tuple[str, ...]
    seconds_left: int
    strength: Strength
    proved_seconds: int
    passkey_seconds: int | None
    faced_seconds: int | None
    known_device: bool
    merged: tuple[int, ...]
    mandates: tuple[tuple[str, str, str, str], ...]
    helping: tuple[str, str, str, str, str] | None
    unnoted: bool


DECODER = msgspec.json.Decoder(Known)


def token_hash(token: str) -> str:
    """What the table keeps of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def actor_by_session(token: str) -> Actor | None:
    """The caller behind a session token, or None if it is unknown, idle too long, expired or closed."""
    with _known(KNOWN, token_hash(token)) as actor:
        return actor


@contextmanager
def entered(token: str, *, helped: bool = False, page: bool = False) -> Iterator[Actor | None]:
    """A transaction of the caller behind a session token, on their rows and no others; on nobody's if there is none.

    `helped`: a clerk who helps a person has that person's rights in it. `page`: the keys of programs stand for nobody.
    """
    with _known(ENTERED, token_hash(token), "yes" if helped else "no", "yes" if page else "no") as actor:
        yield actor


@contextmanager
def _known(sql: str, hashed: str, *values: str) -> Iterator[Actor | None]:
    """That they were here is noted once a minute, and outlives a transaction that is taken back."""
    with database.beginning(sql, hashed, *values) as told:
        found = DECODER.decode(told) if told else None
        if found is None or not _is_unnoted(found):
            yield _actor(found) if found else None
            return
    database.execute(SEEN, {"token": hashed})
    with database.beginning(sql, hashed, *values) as told:
        yield _actor(DECODER.decode(told)) if told else None


def _is_unnoted(found: Known) -> bool:
    return found.unnoted or (found.helping is not None and found.helping[4] == "true")


def _actor(found: Known) -> Actor:
    return Actor(
        account=found.account, kind=found.kind, party=found.party, proofing=found.proofing, display=found.display,
        display_en=found.display_en, channel=found.channel, entities=found.entities, seconds_left=found.seconds_left,
        strength=found.strength, proved_seconds=found.proved_seconds, passkey_seconds=found.passkey_seconds,
        faced_seconds=found.faced_seconds, known_device=found.known_device, merged=found.merged,
        mandates=tuple(Mandate(principal=int(principal), firm=firm == "true", extent=Extent(int(extent)),
                               items=tuple(items.split())) for principal, firm, extent, items in found.mandates),
        helping=Helping(key=int(found.helping[0]), principal=int(found.helping[1]), name=found.helping[2],
                        proofing=Proofing(int(found.helping[3]))) if found.helping else None,
        posts=tuple(Post(authority=int(authority), role=Role(role))
                    for authority, _, role in (post.partition(":") for post in found.posts)))


def login_of(typed: str) -> str:
    """The name an account is kept under: whoever registered by phone types the phone, which is not kept in clear."""
    number = re.sub(r"^\+?86(?=1[0-9]{10}$)", "", re.sub(r"[\s-]", "", typed))
    return f"phone:{vault.token('login', number)}" if rules.is_mobile(number) else typed


def kind_of(login: str) -> ActorKind | None:
    """Whether a login is a citizen's or an officer's."""
    found = database.row("select kind from identity_account where login = %s and active", [login_of(login)])
    return ActorKind(found[0]) if found else None


def shown_login(account: int) -> str:
    """The name an account signs in with; empty for one that signs in with its phone, of which only an index is kept."""
    found = database.row("select login from identity_account where id = %s", [account])
    return found[0] if found and not found[0].startswith("phone:") else ""


def account_of(login: str) -> int | None:
    """The account of a login."""
    found = database.row("select id from identity_account where login = %s and active", [login_of(login)])
    return found[0] if found else None
