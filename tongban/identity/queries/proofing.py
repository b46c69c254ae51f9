"""What is known of a person's proof, of accounts that may be one person's, and of how many people there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tongban.identity.types import BlockReason, ConflictState, Proofing, Way
from tongban.kernel import database


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How surely an account's person is known, until when, and whether another account has the same credential."""

    level: Proofing
    until: date | None
    credential_type: str
    waits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRow:
    """Two accounts with one credential; names partly covered."""

    id: int
    party: int
    holder: int
    name: str
    holder_name: str
    holder_has_account: bool
    way: Way
    level: Proofing
    same_name: bool
    same_phone: bool
    state: ConflictState
    reason: BlockReason | None
    raised_at: datetime
    raised_by: int | None
    decided_by: int | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """The figures of one day (IDN-15)."""

    day: date
    registered: int
    real_name: int
    visits: int


def new_phone_due(party: int) -> datetime | None:
    """From when the phone that a clerk entered for a person is theirs; None where none waits."""
    found = database.row("select due_at from identity_new_phone where party_id = %s", [party])
    return found[0] if found else None


CONFLICT = """
select c.id, c.party_id, c.holder_id,
  coalesce((select a.display from identity_account a where a.party_id = c.party_id order by a.id limit 1), ''),
  coalesce((select a.display from identity_account a where a.party_id = c.holder_id order by a.id limit 1), ''),
  exists (select from identity_account a where a.party_id = c.holder_id and a.kind = 'CITIZEN'),
  c.way, c.level, c.same_name, c.same_phone, c.state, c.reason, c.raised_at, c.raised_by_id, c.decided_by_id, c.decided_at
from identity_conflict c
"""


def standing(account: int, party: int) -> Standing:
    """How surely someone is known; for themselves."""
    found = database.row(
        "select case when a.proofing_until < kernel_today() then least(a.proofing, 1) else a.proofing end, a.proofing_until, "
        "coalesce((select credential_type from identity_person where party_id = %(party)s and id_number_index is not null), ''), "
        "exists (select from identity_conflict where party_id = %(party)s and state = 'OPEN') "
        "from identity_account a where a.id = %(account)s", {"party": party, "account": account})
    level, until, kind, waits = found or (0, None, "", False)
    return Standing(level=Proofing(level), until=until, credential_type=kind, waits=waits)


def conflicts(state: ConflictState, *, before: int | None = None, limit: int = 20) -> list[ConflictRow]:
    """Accounts that may be one person's, newest first; officers may ask."""
    found = database.rows(f"{CONFLICT} where c.state = %s and (%s::bigint is null or c.id < %s) order by c.id desc limit %s",
                          [state, before, before, limit])
    return [_conflict(row) for row in found]


def conflict(key: int) -> ConflictRow | None:
    """One of them."""
    found = database.row(f"{CONFLICT} where c.id = %s", [key])
    return _conflict(found) if found else None


def days(*, limit: int = 31) -> list[DayRow]:
    """The figures of the last days, newest first."""
    return [DayRow(day=day, registered=registered, real_name=real, visits=visits) for day, registered, real, visits in
            database.rows("select day, registered, real_name, visits from identity_day order by day desc limit %s", [limit])]


def peak() -> DayRow | None:
    """The day with the most visits."""
    found = database.row("select day, registered, real_name, visits from identity_day order by visits desc, day desc limit 1")
    return DayRow(day=found[0], registered=found[1], real_name=found[2], visits=found[3]) if found else None


def _conflict(row: Sequence[Any]) -> ConflictRow:
    (key, party, holder, name, holder_name, has_account, way, level, same_name, same_phone, state, reason, raised, raiser, by,
     decided) = row
    return ConflictRow(
        id=key, party=party, holder=holder, name=name, holder_name=holder_name, holder_has_account=has_account,
        way=Way(way), level=Proofing(level), same_name=same_name, same_phone=same_phone,
        state=ConflictState(state), reason=BlockReason(reason) if reason else None, raised_at=raised, raised_by=raiser,
        decided_by=by, decided_at=decided)
