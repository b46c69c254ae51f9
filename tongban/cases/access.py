"""From an identifier and an actor to a row: fetch, authorise, lock in one call; the only way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from tongban.cases.errors import CaseNotFound, DraftNotFound, MandateTooNarrow, OwnCase, RightMissing
from tongban.cases.models import Case
from tongban.cases.queries import StatusRow, status
from tongban.cases.rules import may
from tongban.cases.types import GivenMaterial, Right
from tongban.catalogue import queries as catalogue
from tongban.documents import queries as documents
from tongban.documents.errors import DocumentNotFound
from tongban.identity import actions as guesses
from tongban.identity import queries as identity
from tongban.identity.types import Actor, ActorKind, Extent, Role
from tongban.kernel import clock, database, events, vault
from tongban.kernel.types import Who

COLUMNS = ", ".join(str(field.column) for field in Case._meta.concrete_fields)  # noqa: SLF001
CASE = f"select {COLUMNS} from cases_case where number = %s"
OWN = "select o from unnest(%s::bigint[]) o where cases_is_own(array[o], %s)"
"""Which of these officers may not touch the case, because it is their own or that of someone they act for."""


@dataclass(slots=True, kw_only=True)
class OpenDraft:
    """A draft in the hands of its owner; answers in clear.

    It follows its item: `item_version` is the one in force, `begun_version` the one it was begun under.
    """

    key: str
    applicant: int
    item_code: str
    item_version: int
    begun_version: int
    situation: str
    typed: dict[str, Any]
    given: list[GivenMaterial]
    revision: int
    updated_at: datetime
    now: datetime


class LockedCase(Case):
    """A case with the database's time beside it."""

    now: datetime

    class Meta:
        proxy = True
        managed = False


def case_for_update(actor: Actor, number: str, right: Right) -> LockedCase:
    """The case, locked, if the actor may do this to it; a stranger learns nothing of its existence."""
    case = _fetch(number, lock=True)
    _authorise(actor, case, right)
    return case


def case_to_read(actor: Actor, number: str) -> LockedCase:
    """The case, if the actor may read it."""
    case = _fetch(number, lock=False)
    _authorise(actor, case, Right.READ)
    return case


def case_by_rule(who: Who, number: str) -> LockedCase:
    """The case, locked, for the machine acting by rule (a follower or the tick)."""
    if isinstance(who, Actor):
        raise RightMissing
    return _fetch(number, lock=True)


def cases_to_follow(who: Who, numbers: Iterable[str]) -> dict[str, LockedCase]:
    """Cases by number as they stand, not locked, for followers that only read of them."""
    if isinstance(who, Actor):
        raise RightMissing
    found = {case.number: case for case in LockedCase.objects.filter(number__in=set(numbers))}
    now = clock.now()
    for case in found.values():
        case.now = now
    return found


def draft_for_update(actor: Actor, key: str) -> OpenDraft:
    """The actor's own draft or one they may prepare for another, locked."""
    draft = _draft(actor, key, "for update of d")
    if (actor.extent_for(draft.applicant, draft.item_code) or 0) < Extent.PREPARE:
        raise MandateTooNarrow
    return draft


def draft_to_send(actor: Actor, key: str) -> OpenDraft:
    """A draft the actor may send, locked: whoever only prepares for another hands it back to them (IDN-10)."""
    draft = draft_for_update(actor, key)
    if (actor.extent_for(draft.applicant, draft.item_code) or 0) < Extent.SIGN:
        raise MandateTooNarrow
    return draft


def draft_to_read(actor: Actor, key: str) -> OpenDraft:
    """The actor's own draft, or one of somebody they act for."""
    return _draft(actor, key, "")


def sent_draft(actor: Actor, key: str) -> str:
    """The number of the case that the actor's own draft became; empty if it did not."""
    found = database.row("select applicant_id, submitted_as, item_code from cases_draft where key = %s", [key])
    return found[1] if found and actor.extent_for(found[0], found[2]) else ""


def file_to_read(actor: Actor, key: int) -> int:
    """A file of the actor's own, or one handed in with what they may read of somebody they act for."""
    if documents.document(key).party in actor.parties:
        return key
    held = database.rows(
        "select c.applicant_id, c.item_code from cases_material m join cases_case c on c.id = m.case_id where m.document_id = %s "
        "union select d.applicant_id, d.item_code from cases_draft d, jsonb_to_recordset(d.materials) as m(document bigint) "
        "where m.document = %s and d.discarded_at is null", [key, key])
    if not any(actor.extent_for(applicant, item) for applicant, item in held):
        raise DocumentNotFound
    return key


def may_hand_in(actor: Actor, key: int) -> bool:
    """Did the actor bring this file themselves, or may they read it? What is handed in is read by whoever acts in that matter."""
    if any(each.actor == actor.actor_id and each.name == "DocumentKept" for each in events.of_subject(f"document:{key}")):
        return True
    try:
        return file_to_read(actor, key) == key
    except DocumentNotFound:
        return False


def status_by_code(number: str, code: str, *, address: str) -> StatusRow | None:
    """The status for number and query code; wrong codes are counted, and after some of them none is heard for a while."""
    guesses.check_look_up(number=number, address=address)
    found = status(number, code)
    if found is None:
        guesses.note_wrong_look_up(number=number, address=address)
    return found


def _fetch(number: str, *, lock: bool) -> LockedCase:
    """The case with the time beside it, read once the lock is held: whoever was waited for acted before."""
    rows = LockedCase.objects
    case = next(iter(rows.select_for_update().filter(number=number) if lock else rows.raw(database.planned(CASE), [number])), None)
    if case is None:
        raise CaseNotFound
    case.now = clock.now()
    return case


def _authorise(actor: Actor, case: Case, right: Right) -> None:
    """Refuse strangers as if the case did not exist, colleagues without the post by name, and one's own case."""
    seen = (actor.extent_for(case.applicant_id, case.item_code) is not None if actor.kind is ActorKind.CITIZEN
            else case.authority_id in actor.authorities)
    if not seen:
        raise CaseNotFound
    if not may(actor, right, applicant=case.applicant_id, authority=case.authority_id, item=case.item_code):
        raise RightMissing
    if right is not Right.READ and is_own(actor, case):
        raise OwnCase


def is_own(actor: Actor, case: Case) -> bool:
    """Did this officer make or correct the application, helping or at home, or is it theirs or that of someone they act for?

    `cases_is_own` is the rule, which the database keeps by itself as well; the queue leaves the same cases out.
    """
    return actor.kind is ActorKind.OFFICER and bool(database.planned_row(OWN, [[actor.account], case.id]))


def colleagues_at(case: Case, roles: Iterable[Role]) -> dict[int, str]:
    """Names of those who hold one of the posts where the case is, by account; not those whose own it is."""
    posted = identity.posted_at(case.authority_id, roles)
    own = {account for (account,) in database.planned_rows(OWN, [list(posted), case.id])}
    return {account: name for account, name in posted.items() if account not in own}


def _draft(actor: Actor, key: str, lock: str) -> OpenDraft:
    found = database.row(
        "select d.applicant_id, d.item_code, d.situation, d.answers, d.materials::text, d.revision, "
        "d.updated_at, kernel_now(), d.item_version from cases_draft d "
        f"where d.key = %s and d.submitted_as = '' and d.discarded_at is null {lock}", [key])
    if found is None or actor.extent_for(found[0], found[1]) is None:
        raise DraftNotFound
    applicant, item_code, situation, answers, materials, revision, updated_at, now, begun = found
    return OpenDraft(
        key=key, applicant=applicant, item_code=item_code, item_version=catalogue.guide(item_code).version,
        begun_version=begun, situation=situation,
        typed=msgspec.json.decode(vault.unseal("cases_draft", "answers", key, answers)) if answers else {},
        given=msgspec.json.decode(materials, type=list[GivenMaterial]), revision=revision, updated_at=updated_at,
        now=now)
