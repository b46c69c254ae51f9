"""Who is calling, and what is known of a party."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from tongban.identity.types import Actor, ActorKind, Duty, PartyKind, Post, Proofing, Role
from tongban.kernel import database, vault
from tongban.kernel.types import Channel

ACTOR = """
with seen as (
  update identity_session set last_seen_at = kernel_now()
  where token_hash = %(token)s and closed_at is null
    and (last_seen_at < kernel_now() - interval '60 seconds' or (channel = 'api' and last_seen_at = opened_at))
    and last_seen_at > kernel_now() - idle and expires_at > kernel_now()
)
select a.id, a.kind, a.party_id, a.proofing, a.display, a.display_en, s.channel,
  array(select g.entity_id from identity_agency g where g.agent_id = a.party_id
        and g.valid_from <= kernel_today() and (g.valid_to is null or g.valid_to >= kernel_today()) order by 1),
  array(select p.authority_id || ':' || p.role from identity_post p where p.account_id = a.id
        and p.valid_from <= kernel_today() and (p.valid_to is null or p.valid_to >= kernel_today()) order by 1),
  extract(epoch from least(s.expires_at - kernel_now(), case
    when s.last_seen_at < kernel_now() - interval '60 seconds' then s.idle
    else s.idle - (kernel_now() - s.last_seen_at) end))::int
from identity_session s join identity_account a on a.id = s.account_id
where s.token_hash = %(token)s and s.closed_at is null and a.active
  and s.last_seen_at > kernel_now() - s.idle and s.expires_at > kernel_now()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyView:
    """What forms and licences may know of a party; numbers in clear, so handle with care."""

    party: int
    kind: PartyKind
    name: str
    name_en: str
    code: str
    phone: str
    address: str
    region: str
    representative: str
    sample: bool


def token_hash(token: str) -> str:
    """What the table keeps of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def actor_by_session(token: str) -> Actor | None:
    """The caller behind a session token, or None if it is unknown, idle too long, expired or closed."""
    found = database.row(ACTOR, {"token": token_hash(token)})
    if found is None:
        return None
    account, kind, party, proofing, display, display_en, channel, entities, posts, seconds_left = found
    return Actor(
        account=account, kind=ActorKind(kind), party=party, proofing=Proofing(proofing), display=display, display_en=display_en,
        channel=Channel(channel), entities=tuple(entities), seconds_left=seconds_left,
        posts=tuple(Post(authority=int(authority), role=Role(role))
                    for authority, role in (post.split(":") for post in posts)))


def party(key: int) -> PartyView | None:
    """A party the current scope may see, decrypted."""
    person = database.row(
        "select name, name_en, id_number, phone, address, region, sample from identity_person where party_id = %s",
        [key])
    if person:
        name, name_en, number, phone, address, region, sample = person
        return PartyView(party=key, kind=PartyKind.PERSON, name=name, name_en=name_en, representative="",
                         code=vault.unseal("identity_person", "id_number", key, number),
                         phone=vault.unseal("identity_person", "phone", key, phone),
                         address=vault.unseal("identity_person", "address", key, address) if address else "",
                         region=region, sample=sample)
    entity = database.row(
        "select e.name, e.name_en, e.uscc, e.phone, e.address, e.region, e.sample, "
        "(select name from identity_person p where p.party_id = e.representative_id) "
        "from identity_entity e where e.party_id = %s", [key])
    if entity is None:
        return None
    name, name_en, uscc, phone, address, region, sample, representative = entity
    return PartyView(party=key, kind=PartyKind.ENTITY, name=name, name_en=name_en, code=uscc,
                     phone=vault.unseal("identity_entity", "phone", key, phone), address=address,
                     region=region, representative=representative or "", sample=sample)


def party_by_id_number(number: str) -> int | None:
    """The person with an identity number, found by blind index."""
    found = database.row("select party_id from identity_person where id_number_index = %s",
                         [vault.index("id_number", number)])
    return found[0] if found else None


def party_by_uscc(uscc: str) -> int | None:
    """The legal entity with a unified social credit code."""
    found = database.row("select party_id from identity_entity where uscc = %s", [uscc])
    return found[0] if found else None


def staff_names(accounts: list[int]) -> dict[int, str]:
    """Names of members of staff by account, for case records."""
    found = database.rows("select id, display from identity_account where id = any(%s) and kind = 'OFFICER'",
                          [accounts])
    return dict(found)


def staff_at(authority: int, accounts: list[int], roles: Iterable[Role]) -> dict[int, str]:
    """Names of those among the accounts who hold one of the posts at the authority today."""
    found = database.rows(
        "select a.id, a.display from identity_account a where a.id = any(%s) and a.kind = 'OFFICER' and a.active "
        "and exists (select from identity_post p where p.account_id = a.id and p.authority_id = %s and p.role = any(%s) "
        "and p.valid_from <= kernel_today() and (p.valid_to is null or p.valid_to >= kernel_today()))",
        [accounts, authority, [str(role) for role in roles]])
    return dict(found)


def posted_at(authority: int, roles: Iterable[Role], *, without: Iterable[int] = ()) -> dict[int, str]:
    """Names of everybody who holds one of the posts at the authority today and has no stake in any of the parties."""
    found = database.rows(
        "select a.id, a.display from identity_account a where a.kind = 'OFFICER' and a.active "
        "and a.id in (select p.account_id from identity_post p where p.authority_id = %(authority)s "
        "and p.role = any(%(roles)s) and p.valid_from <= kernel_today() "
        "and (p.valid_to is null or p.valid_to >= kernel_today())) "
        "and (a.party_id is null or (a.party_id <> all(%(parties)s) and not exists (select from identity_agency g "
        "where g.agent_id = a.party_id and g.entity_id = any(%(parties)s) and g.valid_from <= kernel_today() "
        "and (g.valid_to is null or g.valid_to >= kernel_today())))) order by a.display, a.id",
        {"authority": authority, "roles": [str(role) for role in roles], "parties": list(without)})
    return dict(found)


def kind_of(login: str) -> ActorKind | None:
    """Whether a login is a citizen's or an officer's."""
    found = database.row("select kind from identity_account where login = %s and active", [login])
    return ActorKind(found[0]) if found else None


def is_sample(party: int) -> bool:
    """Was the party made up for a trial, as the accounts of whoever acts for it say? Officers may ask."""
    return database.row(
        "select 1 from identity_account where sample and (party_id = %(party)s or party_id in "
        "(select agent_id from identity_agency where entity_id = %(party)s)) limit 1", {"party": party}) is not None


def duty_of(account: int) -> Duty | None:
    """Which of the three administrators an account is; the worker's login may ask."""
    found = database.row("select duty from identity_administrator d join identity_account a on a.id = d.account_id "
                         "where d.account_id = %s and a.active", [account])
    return Duty(found[0]) if found else None


@lru_cache(maxsize=1)
def holds_samples() -> bool:
    """Are there sample accounts? Asked once a process: samples come only before anybody is served."""
    return database.row("select 1 from identity_account where sample limit 1") is not None


def is_trial() -> bool:
    """Are there samples and no administrators? Only then one hand may give posts; the worker's login may ask."""
    return database.row("select 1 where exists (select from identity_account where sample) "
                        "and not exists (select from identity_administrator)") is not None


def represents(person: int, entity: int) -> bool:
    """Is the person the legal representative of the firm today (IDN-10)?"""
    return database.row(
        "select 1 from identity_agency where agent_id = %s and entity_id = %s and representative "
        "and valid_from <= kernel_today() and (valid_to is null or valid_to >= kernel_today())",
        [person, entity]) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session in force; `key` is the hash of its token."""

    key: str
    opened_at: datetime
    seen_at: datetime
    browser: str


def sessions_of(account: int) -> list[SessionRow]:
    """Where an account is signed in now, latest first."""
    return [SessionRow(key=key, opened_at=opened, seen_at=seen, browser=browser) for key, opened, seen, browser in
            database.rows(
                "select token_hash, opened_at, last_seen_at, browser from identity_session where account_id = %s "
                "and channel <> %s and closed_at is null and expires_at > kernel_now() "
                "and last_seen_at > kernel_now() - idle order by last_seen_at desc, token_hash limit 50",
                [account, Channel.API])]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key of a program in force; `key` is its hash, `used_at` is None until a program came with it."""

    key: str
    opened_at: datetime
    used_at: datetime | None
    expires_at: datetime


def keys_of(account: int) -> list[KeyRow]:
    """The keys for programs that an account has given out and that still work, newest first."""
    return [KeyRow(key=key, opened_at=opened, used_at=used, expires_at=expires) for key, opened, used, expires in
            database.rows(
                "select token_hash, opened_at, nullif(last_seen_at, opened_at), expires_at from identity_session where account_id = %s "
                "and channel = %s and closed_at is null and expires_at > kernel_now() "
                "and last_seen_at > kernel_now() - idle order by opened_at desc, token_hash limit 50",
                [account, Channel.API])]
