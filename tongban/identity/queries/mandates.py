"""Mandates as both sides see them, and who is being helped at a counter."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tongban.identity.queries.callers import token_hash
from tongban.identity.queries.parties import party
from tongban.identity.types import Actor, Extent, Terms
from tongban.kernel import database, vault

COLUMNS = """m.id, m.key, m.principal_id, m.principal_name, m.agent_id, m.agent_name, m.firm, m.extent, m.items, m.valid_from,
 m.valid_to, m.offered_until, m.accepted_at, m.ended_at,
 m.accepted_at is not null and m.ended_at is null and m.valid_to >= kernel_today(),
 m.accepted_at is null and m.ended_at is null and m.offered_until > kernel_now(),
 exists (select from identity_acting g where g.id = m.id and g.frozen)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateRow:
    """A mandate; the side that has not taken it up yet has a name and no party.

    `rests`: an account of either side is frozen, so nobody acts by it until that works again.
    """

    id: int
    key: str
    principal: int | None
    principal_name: str
    agent: int | None
    agent_name: str
    firm: bool
    terms: Terms
    offered_until: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    in_force: bool
    waiting: bool
    rests: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpingRow:
    """A clerk who helps a person now, or a code that waits for one."""

    id: int
    principal: int
    name: str
    helper: str
    offered_until: datetime
    started_at: datetime | None


def mandates_of(*parties: int) -> list[MandateRow]:
    """The mandates a person gave, received, offered or asked for: those in force and those that wait, newest first."""
    return _rows("(m.principal_id = any(%s) or m.agent_id = any(%s)) and m.ended_at is null and (m.accepted_at is null "
                 "and m.offered_until > kernel_now() or m.accepted_at is not null and m.valid_to >= kernel_today()) "
                 "order by m.id desc limit 200", [list(parties), list(parties)])


def agents_of(entity: int) -> list[MandateRow]:
    """Everybody a firm appointed or is about to, those whose time is over at the end."""
    return _rows("m.principal_id = %s and m.firm order by (m.ended_at is null and m.valid_to >= kernel_today()) desc, m.id desc "
                 "limit 200", [entity])


def mandate(key: str) -> MandateRow | None:
    """One mandate the current scope may see."""
    return next(iter(_rows("m.key = %s", [key])), None)


def mandate_by_id(key: int) -> MandateRow | None:
    """One mandate by the key that events name, for followers."""
    return next(iter(_rows("m.id = %s", [key])), None)


def invitation(actor: Actor, code: str) -> MandateRow | None:
    """What waits under a code for exactly this person: the name and the phone they are known by are the ones written there."""
    hashed, own = code_hash(code), party(actor.party or 0)
    if own is None or not own.phone:
        return None
    database.execute("select set_config('app.invitation', %s, true)", [hashed])
    return next(iter(_rows(
        "m.code_hash = %s and m.accepted_at is null and m.ended_at is null and m.offered_until > kernel_now() "
        "and exists (select from identity_person p where p.party_id = %s and m.phone_token = %s "
        "and p.name = case when m.agent_id is null then m.agent_name else m.principal_name end) for update of m",
        [hashed, actor.party, phone_token(own.phone)])), None)


def phone_token(phone: str) -> str:
    """What a mandate keeps of the phone it was offered to; it outlives every change of the keys of fields."""
    return vault.token("mandate_phone", phone)


def in_force_for(agents: list[int], principals: list[int]) -> list[tuple[int, int, int, tuple[str, ...]]]:
    """Which of these accounts act today for which of these parties: account, its party, the principal, the items."""
    return [(account, party, principal, tuple(items.split())) for account, party, principal, items in database.rows(
        "select a.id, a.party_id, g.principal_id, g.items from identity_account a join identity_acting g "
        "on g.agent_id = a.party_id where a.id = any(%s) and g.principal_id = any(%s) and not g.frozen", [agents, principals])]


def accounts_of(party: int) -> list[int]:
    """The accounts of a person."""
    return [key for (key,) in database.rows("select id from identity_account where party_id = %s and kind = 'CITIZEN'", [party])]


def acting_name(account: int, applicant: int) -> str:
    """Who acted for an applicant, as accounts are shown; empty if it was the applicant."""
    found = database.planned_row("select display from identity_account where id = %s and party_id is distinct from %s",
                         [account, applicant])
    return str(found[0]) if found else ""


def shown_names(accounts: list[int]) -> dict[int, str]:
    """How accounts are shown to others: masked for people, in full for staff."""
    return dict(database.planned_rows("select id, display from identity_account where id = any(%s)", [accounts]))


def helping_of(party: int) -> HelpingRow | None:
    """Who helps this person now, or the code that waits, latest first."""
    found = database.row(
        "select h.id, h.principal_id, h.principal_name, coalesce(a.display, ''), h.offered_until, h.started_at "
        "from identity_helping h left join identity_account a on a.id = h.helper_id where h.principal_id = %s "
        "and h.ended_at is null and (h.started_at is null and h.offered_until > kernel_now() "
        "or h.last_seen_at > kernel_now() - h.idle) order by h.id desc limit 1", [party])
    return HelpingRow(id=found[0], principal=found[1], name=found[2], helper=found[3], offered_until=found[4],
                      started_at=found[5]) if found else None


def code_hash(code: str) -> str:
    """What is kept of a code: as people read it aloud, spaces and look-alikes do not matter."""
    read = "".join(code.split()).replace("-", "").upper().translate(str.maketrans("OIL", "011"))
    return token_hash(f"mandate:{read}")


def _rows(where: str, parameters: list[Any]) -> list[MandateRow]:
    return [_as_row(row) for row in database.rows(f"select {COLUMNS} from identity_mandate m where {where}", parameters)]


def _as_row(row: Any) -> MandateRow:
    key, public, principal, principal_name, agent, agent_name, firm, extent, items, first, last, until, accepted, ended, runs, \
        waits, rests = row
    terms = Terms(extent=Extent(extent), items=tuple(items.split()), valid_from=first, valid_to=last)
    return MandateRow(
        id=key, key=public, principal=principal, principal_name=principal_name, agent=agent, agent_name=agent_name,
        firm=firm, terms=terms, offered_until=until, accepted_at=accepted, ended_at=ended, in_force=runs, waiting=waits, rests=rests)
