"""The record of reads of personal data: who saw which fields of whom, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from psycopg.types.json import Jsonb

from tongban.kernel import database
from tongban.kernel.types import Who

LONGEST_REASON = 200
"""Characters of a reason (LIC-17), as wide as its column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One read as the person sees it."""

    id: int
    at: datetime
    actor: str
    role: str
    authority: int | None
    reason: str
    fields: tuple[str, ...]
    subject: str


def disclose(who: Who, *, party: int, fields: Sequence[str], reason: str, subject: str,
             authority: int | None = None) -> None:
    """Note that `who` read `fields` of `party` in connection with `subject` (a case number).

    `fields` and `reason` are codes that the portal has words for; only a reason typed by hand is kept as typed.
    """
    database.execute(
        "insert into kernel_disclosure (party, actor, role, authority, reason, fields, subject) "
        "values (%s, %s, %s, %s, %s, %s, %s)",
        [party, who.actor_id, who.role, authority, reason, Jsonb(list(fields)), subject])


def of_party(party: int, *, limit: int = 50) -> list[Disclosure]:
    """The latest reads of a party's data, newest first."""
    return of_parties([party], limit=limit)


def of_parties(parties: Sequence[int], *, before: int | None = None, limit: int = 50) -> list[Disclosure]:
    """Reads of the data of these parties, newest first; `before` is the id of the last one of the page before."""
    found = database.rows(
        "select id, at, actor, role, authority, reason, fields, subject from kernel_disclosure "
        "where party = any(%s) and (%s::bigint is null or id < %s) order by id desc limit %s",
        [list(parties), before, before, limit])
    return [Disclosure(id=key, at=at, actor=actor, role=role, authority=authority, reason=reason,
                       fields=tuple(msgspec.json.decode(fields) if isinstance(fields, str) else fields),
                       subject=subject)
            for key, at, actor, role, authority, reason, fields, subject in found]
